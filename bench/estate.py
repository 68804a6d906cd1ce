"""
The services that are measured against: as many names as asked for, each with a certificate of its own, on one loopback port.

    python -m bench.estate 3000 [SECONDS]

writes what a client needs as one JSON line on stdout, serves until its stdin ends, and is a process of its own so that its CPU is
never counted as the client's. Each service waits so many seconds before its ServerHello, as one far away does: it is the server
that delays and not the kernel, whose netem is not to be had everywhere.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from anchorkeep.mint import Authority, key, server_template
from anchorkeep.model.certificate import Certificate
from anchorkeep.observe.listener import Service, serve
from anchorkeep.observe.serve import Presentation

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Clients that name no service, as `openssl s_time` and `keytool` at an address, get the first one's certificate.
DOMAIN = "bench.test"
ADDRESS = "127.0.0.1"
#: Of 184 chains recorded at seven large sites from 2023 to 2026, 160 were signed by an RSA key, and 132 leaf keys were P-256.
ISSUER_KEY, SERVICE_KEY = "RSA 2048", "EC P-256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """
    Services that run.

    Attributes:
        port: where they all listen, on loopback.
        names: what they are called.
        root: above all of them; they do not send it.
    """

    port: int
    names: tuple[str, ...]
    root: Certificate


@contextlib.contextmanager
def running(count: int, *, delay_seconds: float = 0.0) -> Iterator[Estate]:
    """Run `count` services in another process until the block ends, each with that delay before its ServerHello."""
    command = [sys.executable, "-m", "bench.estate", str(count), str(delay_seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None  # noqa: S101 (asked for above)
            told = json.loads(process.stdout.readline())
            yield Estate(port=told["port"], names=_names(count), root=Certificate(base64.b64decode(told["root"])))
        finally:
            process.terminate()


def _names(count: int) -> tuple[str, ...]:
    return tuple(f"service-{number:05d}.{DOMAIN}" for number in range(count))


def _presentations(count: int) -> tuple[Certificate, dict[str, Presentation]]:
    """Return the root, and what each service presents: a certificate of its own, and the CA below the root that issued all."""
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    root = Authority.root("Bench Root", at=at, days=3650, entropy=os.urandom, key_type=ISSUER_KEY)
    issuing = root.intermediate("Bench Issuing CA", at=at, days=1825, entropy=os.urandom, key_type=ISSUER_KEY)
    private = key.generate(SERVICE_KEY)
    public = key.public_key(private)
    found: dict[str, Presentation] = {}
    for name in _names(count):
        # Only the service that clients without a name get is asked for by its address.
        addresses = () if found else (ADDRESS,)
        template = server_template(
            name, dns_names=(name, f"www.{name}"), ip_addresses=addresses, at=at, days=90, entropy=os.urandom
        )
        leaf = issuing.sign(template, public)
        found[name] = Presentation(certificates=(leaf, issuing.certificate), key=private)
        _ = found[name].context  # OpenSSL's form, made before the clock runs.
    return root.certificate, found


async def _serve(count: int, delay_seconds: float) -> None:
    root, presented = _presentations(count)
    default = next(iter(presented.values()))
    service = Service(present=lambda name: presented.get(name or "", default), delay_seconds=delay_seconds)
    async with serve(lambda: service, host=ADDRESS) as listener:
        sys.stdout.write(json.dumps({"port": listener.address.port, "root": base64.b64encode(root.der).decode()}) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2]) if sys.argv[2:] else 0.0))
