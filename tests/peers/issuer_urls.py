"""Certificates that name where their issuer is to be had, a server that gives it, and how tests complete a path with it."""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from anchorkeep import mint
from anchorkeep.actions import issuers
from anchorkeep.actions.show import Report, Subject, judge
from anchorkeep.lab import aia as served
from anchorkeep.lab.aia import Answer, Server
from anchorkeep.mint import Authority, Template, name
from anchorkeep.mint.template import CA_KEY_USAGE
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.chain import ObservedChain
from anchorkeep.model.endpoint import Address, Endpoint
from anchorkeep.model.pool import Pool
from anchorkeep.observe.address_policy import PORTS, Policy
from anchorkeep.observe.aia import Retriever
from anchorkeep.observe.resolve import SocketAddress
from tests.peers.reports import pool

AT = datetime(2026, 11, 1, tzinfo=UTC)
HOST = "service.test"


def entropy(size: int) -> bytes:
    """Return bytes for serial numbers; nothing here goes by them."""
    return b"s" * size


def ladder(depth: int, where: Callable[[Certificate], tuple[str, ...]]) -> tuple[Certificate, ...]:
    """
    Return a chain from the leaf over `depth` intermediates to the root.

    Each certificate but the root names the URLs that `where` gives for its issuer.
    """
    authority = Authority.root("Ladder Root", at=AT - timedelta(days=9), days=99, entropy=entropy)
    for step in range(depth):
        key = mint.key.generate()
        template = Template(
            subject=name.build(("CN", f"Ladder CA {step}")),
            serial_number=step + 1,
            not_before=AT - timedelta(days=9),
            not_after=AT + timedelta(days=90),
            is_ca=True,
            key_usage=CA_KEY_USAGE,
            extensions=(served.extension(*where(authority.certificate)),),
        )
        certificate = authority.sign(template, mint.key.public_key(key))
        authority = Authority(certificate=certificate, key=key, issuers=(authority.certificate, *authority.issuers))
    template = mint.server_template(HOST, dns_names=(HOST,), at=AT - timedelta(days=1), days=30, entropy=entropy)
    template = replace(template, extensions=(served.extension(*where(authority.certificate)),))
    identity = authority.identity(template, mint.key.generate())
    return (*identity.chain, authority.issuers[-1] if authority.issuers else authority.certificate)


def report(*sent: Certificate, known: Pool | None = None) -> Report:
    """Return what is to be said about a service that sent these, before any issuer is fetched."""
    endpoint, address = Endpoint.parse(HOST), Address(host="192.0.2.1", port=443)
    observed = ObservedChain(endpoint=endpoint, certificates=sent, observed_at=AT, address=address)
    return judge(Subject(label=HOST, endpoint=endpoint), observed, pool=known or Pool(), at=AT)


def retriever(*ports: int, allow_private: bool = True, **settings: object) -> Retriever:
    """Return a retriever that may ask this machine, at these ports besides those of HTTP."""
    return Retriever(Policy(allow_private=allow_private, ports=PORTS | frozenset(ports)), **settings)


@contextlib.asynccontextmanager
async def ladder_served(
    depth: int, *answers: Answer, drip_seconds: float = 1.0
) -> AsyncIterator[tuple[tuple[Certificate, ...], Server]]:
    """Serve a ladder's CAs, and give it with the server; each certificate names a URL for every one of the answers."""
    known: list[Certificate] = []
    async with served.serve(lambda: known, drip_seconds=drip_seconds) as server:
        chain = ladder(depth, lambda issuer: tuple(served.url(issuer, answer, port=server.port) for answer in answers))
        known += chain[1:]
        yield chain, server


def completed(
    depth: int, *answers: Answer, known: bool = False, **settings: object
) -> tuple[tuple[Certificate, ...], Report, Server]:
    """
    Return a ladder of which the leaf alone was sent, its report with what could be fetched, and the server.

    Args:
        depth: intermediates between leaf and root.
        answers: how every issuer is given.
        known: whether the root is in a pool.
        settings: of the retriever.
    """

    async def run() -> tuple[tuple[Certificate, ...], Report, Server]:
        async with ladder_served(depth, *answers) as (chain, server):
            first = report(chain[0], known=pool(chain[-1]) if known else None)
            return chain, await issuers.complete(first, retriever(server.port, **settings)), server

    return asyncio.run(run())


def resolving(*addresses: str) -> Callable[[str, int], list[SocketAddress]]:
    """Return a resolver that knows these addresses for every name."""

    def resolve(_: str, port: int) -> list[SocketAddress]:
        return [
            SocketAddress(socket.AF_INET, (text, port))
            if ipaddress.ip_address(text).version == 4
            else SocketAddress(socket.AF_INET6, (text, port, 0, 0))
            for text in addresses
        ]

    return resolve


class Watched:
    """A port of this machine that listens and answers nothing."""

    def __init__(self, listener: socket.socket) -> None:
        """Keep the listener."""
        self._listener = listener
        self.port: int = listener.getsockname()[1]

    @property
    def accepted(self) -> int:
        """Return how many connections were opened; a connection stands in the queue before anybody takes it."""
        count = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                self._listener.accept()[0].close()
                count += 1
        return count


@contextlib.contextmanager
def watched() -> Iterator[Watched]:
    """Give a port on which every connection is counted."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)  # noqa: FBT003 (the name of the method says what it is)
        yield Watched(listener)
