"""
The CPU of one observed endpoint beside that of a bare handshake of the same library, in turn in one process.

Ours is what `anchorkeep show --json` does for each of many endpoints: handshake, parsing, paths, findings, record, JSON. The bare
loop is pyOpenSSL over a memory BIO: handshake and nothing else. No certificate is met twice, so that nothing is cached by leaf.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import statistics
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from OpenSSL import SSL

from anchorkeep.actions import evidence, roots, show
from anchorkeep.cli import main
from anchorkeep.model.endpoint import Address, Endpoint
from anchorkeep.model.pool import Pool, Source, SourceKind
from bench import estate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.estate import Estate

#: Endpoints of one turn: enough for CPU times in milliseconds, few enough for many turns.
TURN = 100
_READ = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """
    Microseconds of CPU, user and system, for one endpoint.

    Attributes:
        bare: median over the turns.
        ours: median over the turns.
        ratio: median of the ratios of each turn.
        turns: how many there were.
        facts: what both shook hands with.
    """

    bare: float
    ours: float
    ratio: float
    turns: int
    facts: str


def measure(count: int) -> Measured:
    """Observe `count` endpoints, and shake hands with as many others, in turn."""
    main.set_up()
    with estate.running(2 * count + 2) as services:
        names = iter(services.names)
        context = _context()
        facts = _compare(services, context, next(names), next(names))
        pool = roots.gather(roots.Places()).pool | Pool.of([services.root], Source(kind=SourceKind.FILE, name="root.pem"))
        turns: list[tuple[float, float]] = []
        for _ in range(count // TURN):
            first, second = ([next(names) for _ in range(TURN)] for _ in range(2))
            began = time.process_time()
            for name in first:
                _shake_hands(services.port, name, context)
            between = time.process_time()
            asyncio.run(_observe(services.port, second, pool))
            turns.append((between - began, time.process_time() - between))
    return Measured(
        bare=statistics.median(bare for bare, _ in turns) / TURN * 1e6,
        ours=statistics.median(ours for _, ours in turns) / TURN * 1e6,
        ratio=statistics.median(ours / bare for bare, ours in turns),
        turns=len(turns),
        facts=facts,
    )


def openssl(seconds: int) -> tuple[int, float] | None:
    """Return how many handshakes `openssl s_time` made and its user CPU for one in microseconds; None where it cannot run."""
    with estate.running(1) as services:
        target = f"{estate.ADDRESS}:{services.port}"
        command = ["openssl", "s_time", "-connect", target, "-new", "-time", str(seconds), "-tls1_3"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds * 10)
        except FileNotFoundError:
            return None
    found = re.search(r"(\d+) connections in ([\d.]+)s;", done.stdout)
    return (int(found[1]), float(found[2]) / int(found[1]) * 1e6) if found else None


def _context() -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_verify(SSL.VERIFY_NONE)
    context.set_min_proto_version(SSL.TLS1_3_VERSION)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    return context


def _shake_hands(port: int, name: str, context: SSL.Context) -> SSL.Connection:
    with socket.socket() as connection:
        connection.connect((estate.ADDRESS, port))
        tls = SSL.Connection(context, None)
        tls.set_tlsext_host_name(name.encode())
        tls.set_connect_state()
        while True:
            try:
                tls.do_handshake()
            except SSL.WantReadError:
                connection.sendall(tls.bio_read(_READ))
                tls.bio_write(connection.recv(_READ))
            else:
                connection.sendall(tls.bio_read(_READ))
                return tls


async def _observe(port: int, names: Sequence[str], pool: Pool) -> list[str]:
    target = Address(host=estate.ADDRESS, port=port)
    subjects = [show.Subject(label=name, endpoint=Endpoint(host=name, connect=target)) for name in names]
    reports = await show.show(subjects, pool, clock=lambda: datetime.now(UTC))
    return [json.dumps(evidence.document([report])) for report in reports]


def _compare(services: Estate, context: SSL.Context, bare: str, ours: str) -> str:
    """Return what both sides shake hands with; a measurement of two different things is refused."""
    tls = _shake_hands(services.port, bare, context)
    [record] = asyncio.run(_observe(services.port, [ours], Pool.of([services.root], Source(kind=SourceKind.FILE, name="root"))))
    [seen] = json.loads(record)["observations"]
    facts = (tls.get_protocol_version_name(), tls.get_cipher_name() or "")
    if (seen["tls_version"], seen["cipher"]) != facts or not seen["verifies"]:
        message = f"expected {facts} and a path that verifies, got {seen['tls_version']}, {seen['cipher']}: {seen['findings']}"
        raise RuntimeError(message)
    return ", ".join((*facts, tls.get_group_name() or ""))
