import asyncio
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from random import Random
from typing import TypeVar

import pytest

from anchorkeep.errors import UsageError
from anchorkeep.mint import Authority, Identity
from anchorkeep.observe import listener as listener_module
from anchorkeep.observe.listener import MAX_REQUEST, Fault, Listener, Service, serve
from anchorkeep.observe.serve import Presentation
from tests.conftest import require_tool

AT = datetime(2026, 11, 1, tzinfo=UTC)
T = TypeVar("T")


def issue(seed: int = 1) -> Identity:
    """Return a server below an intermediate."""
    entropy = Random(seed).randbytes
    root = Authority.root("Root", at=AT, days=30, entropy=entropy)
    below = root.intermediate("CA", at=AT, days=20, entropy=entropy)
    return below.issue(dns_names=("a.test",), at=AT, days=10, entropy=entropy)


def service(identity: Identity, *, fault: Fault | None = None) -> Service:
    """Return a service that answers each line with itself in capitals."""
    presentation = Presentation.of(identity)
    return Service(
        present=lambda _: presentation,
        respond=lambda data: data.upper() if data.endswith(b"\n") else None,
        fault=fault,
        drip_seconds=0,
    )


def run(story: Callable[[Listener], Awaitable[T]], choose: Callable[[], Service], *, port: int = 0) -> T:
    """Run a story beside a listener."""

    async def tell() -> T:
        async with asyncio.timeout(60), serve(choose, port=port) as listener:
            return await story(listener)

    return asyncio.run(tell())


async def exchange(listener: Listener, data: bytes, *, tls: bool = False) -> bytes:
    """Send bytes and return all that comes until the server closes."""
    context = ssl._create_unverified_context() if tls else None  # noqa: S323 (nothing is secret here)
    reader, writer = await asyncio.open_connection(listener.address.host, listener.address.port, ssl=context)
    try:
        writer.write(data)
        return await reader.read(-1)
    finally:
        writer.transport.abort()


def test_answer_is_given_over_tls() -> None:
    """What a client sends over TLS comes to the handler, and its answer back, also when it comes in parts."""
    chosen = service(issue())
    assert run(lambda listener: exchange(listener, b"hello\n", tls=True), lambda: chosen) == b"HELLO\n"


@pytest.mark.interop
def test_openssl_reads_the_chain() -> None:
    """`openssl s_client` sees the certificates that were given, in their order."""
    identity = issue()
    chosen = service(identity)
    openssl = str(require_tool("openssl"))

    async def ask(listener: Listener) -> bytes:
        process = await asyncio.create_subprocess_exec(
            *(openssl, "s_client", "-connect", str(listener.address), "-showcerts"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        return (await process.communicate())[0]

    shown = run(ask, lambda: chosen).decode()
    blocks = shown.split("-----BEGIN CERTIFICATE-----")[1:]
    sent = [
        ssl.PEM_cert_to_DER_cert("-----BEGIN CERTIFICATE-----" + b.split("-----END")[0] + "-----END CERTIFICATE-----")
        for b in blocks[: len(identity.chain)]
    ]
    assert sent == [certificate.der for certificate in identity.chain]


def test_service_is_chosen_at_each_connection() -> None:
    """What is served changes under a running listener, from one connection to the next."""
    chosen = [service(issue()), service(issue(), fault=Fault.HTTP)]

    async def ask_twice(listener: Listener) -> tuple[bytes, bytes]:
        return (
            await exchange(listener, b"hello\n", tls=True),
            await exchange(listener, b"hello\n"),
        )

    first, second = run(ask_twice, lambda: chosen.pop(0))
    assert first == b"HELLO\n"
    assert second.startswith(b"HTTP/1.1 400")


def test_port_is_used_again() -> None:
    """A port that a listener has left can be listened on at once, even after connections over it."""
    chosen = service(issue())

    async def ask(listener: Listener) -> int:
        await exchange(listener, b"hello\n", tls=True)
        return listener.address.port

    port = run(ask, lambda: chosen)
    assert run(ask, lambda: chosen, port=port) == port


def test_taken_port_is_refused() -> None:
    """A port in use is an error that names it."""
    chosen = service(issue())

    async def take(listener: Listener) -> None:
        async with serve(lambda: chosen, port=listener.address.port):
            pass

    with pytest.raises(UsageError, match="cannot be listened on"):
        run(take, lambda: chosen)


@pytest.mark.parametrize(
    ("fault", "start"), [(Fault.HTTP, b"HTTP/1.1 400 "), (Fault.BANNER, b"220 "), (Fault.GARBAGE, b"\xff\xfe")]
)
def test_answers_that_are_not_tls(fault: Fault, start: bytes) -> None:
    """Each such fault answers with what it is named after, and closes."""
    chosen = service(issue(), fault=fault)
    assert run(lambda listener: exchange(listener, b"\x16\x03\x01"), lambda: chosen).startswith(start)


def test_closing_early_says_nothing() -> None:
    """A service that closes early reads and closes without a byte."""
    chosen = service(issue(), fault=Fault.CLOSES_EARLY)
    assert run(lambda listener: exchange(listener, b"\x16\x03\x01"), lambda: chosen) == b""


def test_never_answering_keeps_the_connection_open() -> None:
    """A service that never answers has sent nothing and closed nothing when the client gives up."""
    chosen = service(issue(), fault=Fault.NEVER_ANSWERS)

    async def wait(listener: Listener) -> None:
        async with asyncio.timeout(0.2):
            await exchange(listener, b"\x16\x03\x01")

    with pytest.raises(TimeoutError):
        run(wait, lambda: chosen)


def test_dripping_sends_a_true_handshake() -> None:
    """A service that drips sends a valid ServerHello: a client with patience comes to its certificates."""
    identity = issue()
    chosen = service(identity, fault=Fault.DRIP)

    async def ask(listener: Listener) -> bytes:
        context = ssl._create_unverified_context()  # noqa: S323 (nothing is secret here)
        _, writer = await asyncio.open_connection(listener.address.host, listener.address.port, ssl=context)
        der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.transport.abort()
        return der

    assert run(ask, lambda: chosen) == identity.leaf.der


def test_connections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit a connection is closed without a byte, and the first one goes on."""
    monkeypatch.setattr(listener_module, "MAX_CONNECTIONS", 1)
    chosen = service(issue())

    async def ask(listener: Listener) -> bytes:
        _, writer = await asyncio.open_connection(listener.address.host, listener.address.port)
        try:
            return await exchange(listener, b"")
        finally:
            writer.transport.abort()

    assert run(ask, lambda: chosen) == b""


def test_endless_request_is_cut() -> None:
    """A request beyond the limit that the handler never finds whole ends the connection."""
    chosen = service(issue())
    with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
        assert run(lambda listener: exchange(listener, b"x" * (4 * MAX_REQUEST), tls=True), lambda: chosen)
