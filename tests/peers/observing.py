"""How tests call `observe`: in a loop of their own, with a clock that stands still and a timeout no healthy peer meets."""

import asyncio
import datetime as dt
from typing import Any

from anchorkeep.model.chain import FailedObservation, ObservedChain
from anchorkeep.model.endpoint import Endpoint
from anchorkeep.observe import observe
from anchorkeep.observe.approach import DIRECT, Approach
from tests.peers.command import run

NOON = dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)
PATIENCE = 60.0


def look(endpoint: Endpoint, *, timeout: float = PATIENCE, **settings: Any) -> ObservedChain | FailedObservation:
    """Observe an endpoint."""
    return asyncio.run(observe(endpoint, clock=lambda: NOON, timeout=timeout, **settings))


def at(port: int, *, host: str = "127.0.0.1", name: str = "service.test") -> Endpoint:
    """Return the endpoint of a service of that name that listens on a port of this machine."""
    return Endpoint.parse(f"{name}:443", connect=f"[{host}]:{port}" if ":" in host else f"{host}:{port}")


def chain_at(port: int, *, approach: Approach = DIRECT, **settings: Any) -> ObservedChain:
    """Observe a port of this machine that must send a chain."""
    seen = look(at(port, **settings), approach=approach)
    assert isinstance(seen, ObservedChain), seen
    return seen


def der(seen: ObservedChain) -> tuple[bytes, ...]:
    """Return the bytes of the certificates in the order in which they came."""
    return tuple(certificate.der for certificate in seen.certificates)


def exported(port: int, *, name: str = "service.test") -> bytes:
    """Return what `anchorkeep export --select sent --format pem --clean` writes for a port of this machine."""
    target = ("export", name, "--connect", f"127.0.0.1:{port}", "--timeout", PATIENCE)
    return run(*target, "--select", "sent", "--format", "pem", "--clean", "--out", "-").raw
