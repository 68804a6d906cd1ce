import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from OpenSSL import SSL

from anchorkeep.model.chain import FailedObservation, Failure, Stage
from anchorkeep.model.endpoint import Endpoint
from anchorkeep.observe import observe
from anchorkeep.observe.resolve import SocketAddress, system_resolver
from tests.peers import sockets
from tests.peers.observing import NOON, PATIENCE, at, look
from tests.peers.process import free_port
from tests.peers.sockets import peer

#: Seconds after which a peer that never ends is given up; nothing is asserted about how long that took.
SHORT = 0.5
DESCRIPTORS = Path("/proc/self/fd")
TEXT = [
    (b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n<html>", "HTTP"),
    (b"<html><body>400</body></html>", "HTTP"),
    (b"220 mail.test ESMTP ready\r\n", "SMTP"),
    (b"SSH-2.0-OpenSSH_9.2p1\r\n", "SSH"),
    (b"* OK IMAP4rev1 ready\r\n", "IMAP"),
    (b"+OK POP3 ready\r\n", "POP3"),
    (b"hello, who is there?\n", "hello, who is there?"),
]


def failure_of(port: int, *, timeout: float = PATIENCE, host: str = "127.0.0.1") -> Failure:
    """Return why observing a port of this machine failed."""
    seen = look(at(port, host=host), timeout=timeout)
    assert isinstance(seen, FailedObservation), seen
    return seen.failure


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_closed_port_is_refused(host: str) -> None:
    """A port on which nothing listens is a failure of the connection, over IPv4 and IPv6, and names the address."""
    failure = failure_of(free_port(), host=host)
    assert (failure.stage, failure.reason) == (Stage.CONNECT, "refused")
    assert host in failure.message


@pytest.mark.parametrize(("answer", "protocol"), TEXT)
def test_plain_text_server_is_named(answer: bytes, protocol: str) -> None:
    """A server that answers without TLS is said to, with the protocol that its answer looks like."""
    with peer(sockets.says(answer)) as port:
        failure = failure_of(port)
    assert (failure.stage, failure.reason) == (Stage.HANDSHAKE, "not-tls")
    assert protocol in failure.message


@pytest.mark.parametrize("banner", [b"220 mail.test ESMTP\r\n", b"SSH-2.0-x\r\n", b"* OK\n"])
def test_banner_of_a_server_that_speaks_first(banner: bytes) -> None:
    """A server that greets and then waits is known by its banner, without waiting for more."""
    with peer(sockets.greets(banner)) as port:
        failure = failure_of(port)
    assert failure.reason == "not-tls"


def test_banner_that_is_shorter_than_a_record() -> None:
    """A server that says less than a TLS record has in its header is known by that when the time is over."""
    with peer(sockets.greets(b"+OK\n")) as port:
        failure = failure_of(port, timeout=2 * SHORT)
    assert failure.reason == "not-tls"


def test_hostile_banner_is_escaped() -> None:
    """What a server says reaches a person on one line, without terminal escapes."""
    with peer(sockets.says("220 \x1b[2J\u202evil [/red] \\".encode())) as port:
        failure = failure_of(port)
    assert (failure.reason, failure.message.isprintable()) == ("not-tls", True)


def test_silent_server_times_out() -> None:
    """A server that never answers is given up when the time is over."""
    with peer(sockets.is_silent) as port:
        failure = failure_of(port, timeout=SHORT)
    assert (failure.stage, failure.reason) == (Stage.HANDSHAKE, "timeout")


def test_dripping_server_times_out() -> None:
    """A server that sends a byte now and then is given up when the total time is over."""
    with peer(sockets.drips) as port:
        failure = failure_of(port, timeout=SHORT)
    assert (failure.stage, failure.reason) == (Stage.HANDSHAKE, "timeout")


@pytest.mark.parametrize("piece", [b"\x80\x81\xff\x00" * 4096, bytes(range(256)) * 4096], ids=["16 KiB", "1 MiB"])
def test_endless_garbage_ends_at_once(piece: bytes) -> None:
    """A server that floods with what is neither TLS nor text is named and left, not read to the end."""
    with peer(sockets.floods(piece)) as port:
        failure = failure_of(port)
    assert (failure.stage, failure.reason) == (Stage.HANDSHAKE, "garbage")


def test_endless_handshake_is_cut() -> None:
    """A server that sends well-formed records without end is left after a bounded number of bytes."""
    hello_request = b"\x16\x03\x03\x00\x04\x00\x00\x00\x00"
    with peer(sockets.floods(hello_request * 1000)) as port:
        failure = failure_of(port)
    assert (failure.stage, failure.reason) == (Stage.HANDSHAKE, "too-much-data")


def test_server_that_closes_early() -> None:
    """A server that closes after the ClientHello is said to have closed."""
    with peer(sockets.says(b"")) as port:
        failure = failure_of(port)
    assert (failure.stage, failure.reason) == (Stage.HANDSHAKE, "closed")


def test_server_that_closes_within_a_record() -> None:
    """A server that closes in the middle of its first record is said to have closed."""
    with peer(sockets.says(b"\x16\x03\x03\x00\x7a\x02\x00")) as port:
        failure = failure_of(port)
    assert (failure.stage, failure.reason) == (Stage.HANDSHAKE, "closed")


def test_server_that_resets() -> None:
    """A reset during the handshake is told apart from an orderly end."""
    with peer(sockets.resets) as port:
        failure = failure_of(port)
    assert (failure.stage, failure.reason) == (Stage.HANDSHAKE, "reset")


def test_address_that_was_reached_is_told() -> None:
    """A failed handshake names the address that was reached; a failed connection names none."""
    with peer(sockets.says(b"")) as port:
        reached = look(at(port))
    refused = look(at(free_port()))
    assert reached.address is not None
    assert refused.address is None


def test_time_is_that_of_the_clock() -> None:
    """An observation bears the time of the clock it was given."""
    assert look(at(free_port())).observed_at == NOON


def test_silent_network_times_out() -> None:
    """An address that answers no packet is a timeout of the connection, and named."""
    with sockets.full_listener() as port:
        failure = failure_of(port, timeout=SHORT)
    assert (failure.stage, failure.reason) == (Stage.CONNECT, "timeout")
    assert f"127.0.0.1:{port}" in failure.message


def test_unknown_host() -> None:
    """A name that cannot exist (RFC 6761 §6.4) fails while it is resolved, whatever the resolver of this machine says."""
    seen = look(Endpoint.parse("nonexistent.invalid"))
    assert isinstance(seen, FailedObservation)
    assert (seen.failure.stage, seen.failure.reason in {"name-not-found", "resolver-failed"}) == (Stage.RESOLVE, True)


def test_name_that_no_resolver_takes() -> None:
    """A name that cannot even be asked for is a failure of its resolution."""
    seen = look(Endpoint(host="\u00fc" * 70))
    assert isinstance(seen, FailedObservation)
    assert (seen.failure.stage, seen.failure.reason) == (Stage.RESOLVE, "resolver-failed")


def test_name_without_addresses() -> None:
    """A name for which the resolver has no address of IPv4 or IPv6 is not found."""
    seen = look(Endpoint(host="empty.test"), resolver=lambda _host, _port: [])
    assert isinstance(seen, FailedObservation)
    assert (seen.failure.stage, seen.failure.reason) == (Stage.RESOLVE, "name-not-found")


def test_resolver_that_hangs_times_out() -> None:
    """A resolver that does not answer costs no more than the total time."""
    release = threading.Event()

    def hang(_host: str, _port: int) -> Sequence[SocketAddress]:
        release.wait()
        return []

    seen = look(Endpoint(host="slow.test"), timeout=SHORT, resolver=hang)
    release.set()
    assert isinstance(seen, FailedObservation)
    assert (seen.failure.stage, seen.failure.reason) == (Stage.RESOLVE, "timeout")


def test_resolver_that_hangs_does_not_hold_the_program() -> None:
    """A program ends although its resolver still hangs."""
    program = """
import asyncio, datetime, threading
from anchorkeep.model.endpoint import Endpoint
from anchorkeep.observe import observe

def hang(host, port):
    threading.Event().wait()

now = datetime.datetime.now(datetime.UTC)
seen = asyncio.run(observe(Endpoint(host="slow.test"), clock=lambda: now, timeout=0.1, resolver=hang))
print(seen.failure.stage, seen.failure.reason)
"""
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    assert (ended.stdout.split(), ended.stderr) == (["resolve", "timeout"], "")


def addresses(*candidates: tuple[str, int]) -> Sequence[SocketAddress]:
    """Return what the system's resolver says about IP addresses."""
    return [found for host, port in candidates for found in system_resolver(host, port)]


def test_next_address_is_tried() -> None:
    """Where the first address refuses, the next one is asked."""
    with peer(sockets.says(b"220 here\r\n")) as port:
        found = addresses(("::1", port), ("127.0.0.1", port))
        seen = look(Endpoint(host="many.test", port=port), resolver=lambda _host, _port: found)
    assert str(seen.address) == f"127.0.0.1:{port}"


def test_address_that_does_not_answer_is_overtaken() -> None:
    """Where the first address does not answer, the next one is tried beside it."""
    with sockets.full_listener() as silent, peer(sockets.says(b"220 here\r\n")) as port:
        found = addresses(("127.0.0.1", silent), ("127.0.0.1", port))
        seen = look(Endpoint(host="many.test"), resolver=lambda _host, _port: found)
    assert str(seen.address) == f"127.0.0.1:{port}"


def test_errors_of_all_addresses_are_told() -> None:
    """Where every address fails, each is named with its error."""
    first, second = free_port(), free_port()
    found = addresses(("127.0.0.1", first), ("::1", second))
    seen = look(Endpoint(host="many.test"), resolver=lambda _host, _port: found)
    assert isinstance(seen, FailedObservation)
    assert all(part in seen.failure.message for part in (f"127.0.0.1:{first}", f"[::1]:{second}"))


def test_errors_before_a_timeout_are_told() -> None:
    """Where one address refuses and the other never answers, the timeout tells both."""
    refused = free_port()
    with sockets.full_listener() as silent:
        found = addresses(("127.0.0.1", refused), ("127.0.0.1", silent))
        seen = look(Endpoint(host="many.test"), timeout=SHORT, resolver=lambda _host, _port: found)
    assert isinstance(seen, FailedObservation)
    assert seen.failure.reason == "timeout"
    assert f"127.0.0.1:{refused} refused" in seen.failure.message


def test_cancelled_observation_leaves_nothing_open() -> None:
    """An observation that is cancelled closes its connection: the peer sees the end."""
    met, ended = threading.Event(), threading.Event()

    def watch(connection: socket.socket) -> None:
        connection.recv(65536)
        met.set()
        sockets.is_silent(connection)
        ended.set()

    async def cancel(port: int) -> None:
        task = asyncio.create_task(observe(at(port), clock=lambda: NOON, timeout=PATIENCE))
        await asyncio.to_thread(met.wait)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    with peer(watch) as port:
        asyncio.run(cancel(port))
        assert ended.wait(PATIENCE)


def test_no_descriptor_is_left() -> None:
    """Observations that succeed, fail and time out leave no file descriptor open."""
    look(at(free_port()))
    before = len(list(DESCRIPTORS.iterdir()))
    for behaviour in (sockets.says(b""), sockets.is_silent, sockets.resets):
        with peer(behaviour) as port:
            look(at(port), timeout=SHORT)
    assert len(list(DESCRIPTORS.iterdir())) == before


def test_defect_of_ours_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that is none of the network is not taken for one."""

    def fail(*_: object) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(SSL.Connection, "bio_write", fail)
    with peer(sockets.says(b"\x16\x03\x03\x00\x7a")) as port, pytest.raises(ZeroDivisionError):
        look(at(port))
