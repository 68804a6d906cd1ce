import asyncio
import socket
import threading
from collections.abc import Sequence

import pytest

from anchorkeep.model.endpoint import Address
from anchorkeep.observe.resolve import MAX_ADDRESSES, SocketAddress, interleave, resolve, system_resolver


def four(number: int) -> SocketAddress:
    """Return an address of IPv4."""
    return SocketAddress(socket.AF_INET, (f"192.0.2.{number}", 443))


def six(number: int) -> SocketAddress:
    """Return an address of IPv6."""
    return SocketAddress(socket.AF_INET6, (f"2001:db8::{number}", 443, 0, 0))


def forbidden(_host: str, _port: int) -> Sequence[SocketAddress]:
    """Fail when asked."""
    raise AssertionError("the resolver was asked")


def test_families_take_turns() -> None:
    """Addresses are tried with their families in turn, the first one's first, each once (RFC 8305 §4)."""
    found = [six(1), six(2), six(1), four(1), four(2), four(3)]
    assert interleave(found) == (six(1), four(1), six(2), four(2), four(3))


def test_addresses_are_bounded() -> None:
    """Of very many addresses the first are tried."""
    assert len(interleave([four(number) for number in range(200)])) == MAX_ADDRESSES


def test_all_addresses_are_had_when_asked_for() -> None:
    """Who wants every address of a name gets every one, each once."""
    found = [four(number) for number in range(200)]
    known = asyncio.run(resolve(Address(host="many.test", port=443), lambda _, __: [*found, *found], limit=None))
    assert known == tuple(found)


def test_no_addresses() -> None:
    """Of no addresses none is tried."""
    assert interleave([]) == ()


@pytest.mark.parametrize("host", ["192.0.2.7", "2001:db8::7"])
def test_ip_address_is_not_looked_up(host: str) -> None:
    """An IP address is where to connect, without asking anybody."""
    found = asyncio.run(resolve(Address(host=host, port=8443), forbidden))
    assert [str(item.address) for item in found] == [str(Address(host=host, port=8443))]


def test_system_knows_this_machine() -> None:
    """The system's resolver knows localhost as an address of the loopback."""
    found = system_resolver("localhost", 443)
    assert {item.address.host for item in found} & {"127.0.0.1", "::1"}


def test_error_of_the_resolver_is_raised() -> None:
    """An error of the resolver reaches who asked."""

    def unknown(_host: str, _port: int) -> Sequence[SocketAddress]:
        raise socket.gaierror(socket.EAI_NONAME, "")

    with pytest.raises(socket.gaierror):
        asyncio.run(resolve(Address(host="x.test", port=443), unknown))


def test_answer_that_comes_too_late() -> None:
    """An answer that comes when nobody waits any more, before or after the loop's end, does no harm."""
    release, asked = threading.Event(), threading.Event()

    def late(_host: str, _port: int) -> Sequence[SocketAddress]:
        asked.set()
        release.wait()
        return [four(1)]

    async def give_up() -> None:
        task = asyncio.create_task(resolve(Address(host="late.test", port=443), late))
        await asyncio.to_thread(asked.wait)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(give_up())
    waiting = [thread for thread in threading.enumerate() if "late.test" in thread.name]
    release.set()
    for thread in waiting:
        thread.join()
    assert waiting
