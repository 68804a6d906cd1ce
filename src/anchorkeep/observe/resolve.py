"""
Names into addresses, without ever hanging: the system's resolver runs in a thread that nobody waits for.

`getaddrinfo` cannot be interrupted, and a thread of asyncio's executor is joined when the program ends, so that a resolver that
hangs would hang the program. A daemon thread of ours is not joined.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from itertools import chain, zip_longest
from typing import NamedTuple, TypeAlias

from anchorkeep.model.endpoint import Address, as_ip_address

#: Addresses of one name that are tried; names of large services have about a dozen.
MAX_ADDRESSES = 16


class SocketAddress(NamedTuple):
    """Where to connect: the address family, and the address as the socket module wants it."""

    family: socket.AddressFamily
    sockaddr: tuple[str, int] | tuple[str, int, int, int]

    @property
    def address(self) -> Address:
        """The same for people: IP address and port."""
        return Address(host=self.sockaddr[0], port=self.sockaddr[1])


#: Takes host and port, blocks, and returns what `socket.getaddrinfo` returns or raises what it raises.
Resolver: TypeAlias = Callable[[str, int], Sequence[SocketAddress]]


def system_resolver(host: str, port: int) -> Sequence[SocketAddress]:
    """
    Ask the system, files and DNS as it is set up; blocks.

    Raises:
        socket.gaierror: it does not know, or could not be asked.
        UnicodeError: the name is none that could be asked for.
    """
    # As bytes, since Python would load its IDNA tables for text; names are in A-labels here.
    found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    return [SocketAddress(family, sockaddr) for family, _, _, _, sockaddr in found]  # type: ignore[arg-type]


async def resolve(target: Address, resolver: Resolver, *, limit: int | None = MAX_ADDRESSES) -> tuple[SocketAddress, ...]:
    """
    Return the addresses of a target in the order in which to try them, families in turn (RFC 8305 §4).

    An IP address is not looked up.

    Args:
        target: host and port.
        resolver: looks names up.
        limit: how many addresses at most, None for all.

    Raises:
        OSError: of the resolver; `socket.gaierror` among them.
        UnicodeError: of the resolver.
    """
    literal = as_ip_address(target.host)
    if literal is not None and not getattr(literal, "scope_id", None):
        family = socket.AF_INET if literal.version == 4 else socket.AF_INET6  # noqa: PLR2004 (IPv4)
        return (SocketAddress(family, (target.host, target.port)),)
    return interleave(await _in_daemon_thread(target, resolver), limit=limit)


def interleave(found: Sequence[SocketAddress], *, limit: int | None = MAX_ADDRESSES) -> tuple[SocketAddress, ...]:
    """Return at most `limit` distinct addresses, the first one's family and the other in turn (RFC 8305 §4)."""
    distinct = tuple(dict.fromkeys(found))
    preferred = tuple(item for item in distinct if item.family == distinct[0].family)
    others = tuple(item for item in distinct if item.family != distinct[0].family)
    ordered = chain.from_iterable(zip_longest(preferred, others))
    return tuple(item for item in ordered if item is not None)[:limit]


async def _in_daemon_thread(target: Address, resolver: Resolver) -> Sequence[SocketAddress]:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Sequence[SocketAddress]] = loop.create_future()

    def deliver(found: Sequence[SocketAddress] | OSError | UnicodeError) -> None:
        if answer.done():
            return
        if isinstance(found, (OSError, UnicodeError)):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def ask() -> None:
        found: Sequence[SocketAddress] | OSError | UnicodeError
        try:
            found = resolver(target.host, target.port)
        except (OSError, UnicodeError) as error:
            found = error
        try:
            loop.call_soon_threadsafe(deliver, found)
        except RuntimeError:
            # The loop is closed: whoever asked has given up.
            return

    threading.Thread(target=ask, name=f"resolve {target}", daemon=True).start()
    return await answer
