import asyncio
import ssl

import pytest

from anchorkeep.errors import UsageError
from anchorkeep.lab import Cloud, Mode, proxy, running, site
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.endpoint import Address
from tests.conftest import require_tool
from tests.peers.authorities import openssl_verify

PING = f"GET {site.PORTAL_PATHS[0]} HTTP/1.1\r\nHost: {site.hosts('uat')[0]}\r\n\r\n".encode()
HOST = site.hosts("uat")[0]


def ask(head: bytes, *, name: str = "tunnel", rest: bytes = b"") -> bytes:
    """Return all that a proxy of a new lab answers to a request until it closes."""

    async def story() -> bytes:
        async with asyncio.timeout(60), running() as cloud:
            address = getattr(cloud, name)
            reader, writer = await asyncio.open_connection(address.host, address.port)
            try:
                writer.write(head + rest)
                writer.write_eof()
                return await reader.read(-1)
            finally:
                writer.transport.abort()

    return asyncio.run(story())


async def through(address: Address, target: str) -> tuple[Certificate, bytes]:
    """Speak TLS with a target through a proxy, and return its certificate and the answer to a ping."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        writer.write(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        context = ssl._create_unverified_context()  # noqa: S323 (nothing is secret here)
        await writer.start_tls(context, server_hostname=HOST)
        presented = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.write(PING)
        return Certificate(presented), await reader.read(-1)
    finally:
        writer.transport.abort()


def seen(name: str, *, mode: Mode = Mode.NONE, by_name: bool = True) -> tuple[Cloud, Certificate, bytes]:
    """Return the lab, the certificate and the answer that come through one of its proxies."""

    async def story() -> tuple[Cloud, Certificate, bytes]:
        async with asyncio.timeout(60), running({"uat": mode}) as cloud:
            service = cloud.endpoints("uat")[0]
            target = f"{HOST}:443" if by_name else str(service.connect)
            return cloud, *await through(getattr(cloud, name), target)

    return asyncio.run(story())


@pytest.mark.parametrize("by_name", [True, False])
@pytest.mark.parametrize("name", ["tunnel", "inspection"])
def test_what_is_said_passes_both_ways(name: str, *, by_name: bool) -> None:
    """Through either proxy a request reaches the service, by its name or its address, and the answer comes back."""
    _, _, answer = seen(name, by_name=by_name)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"OK\n")


def test_tunnel_shows_the_services_own_certificate() -> None:
    """The proxy that tunnels changes nothing."""
    cloud, certificate, _ = seen("tunnel")
    assert certificate == cloud.chain("uat")[0]


@pytest.mark.interop
def test_inspection_shows_a_copy_under_its_own_ca(tmp_path: object) -> None:
    """The proxy that inspects presents the service's names under a CA named like a product, with a key of its own."""
    require_tool("openssl")
    cloud, certificate, _ = seen("inspection")
    original = cloud.chain("uat")[0]
    assert certificate.issuer.common_name == "mitmproxy"
    assert certificate.subject == original.subject
    assert certificate.subject_alt_names == original.subject_alt_names
    assert certificate.public_key != original.public_key
    inspector = cloud.state.inspector.certificate
    verdict = openssl_verify((certificate,), [inspector], tmp_path, host=HOST, at=certificate.not_before)
    assert verdict == "leaf: OK"


def test_copy_stays_until_the_service_has_a_new_certificate() -> None:
    """A product keeps what it signed: the same certificate is copied once, a new one anew."""

    async def story() -> list[Certificate]:
        async with asyncio.timeout(60), running() as cloud:
            target = f"{HOST}:443"
            found = [(await through(cloud.inspection, target))[0] for _ in range(2)]
            cloud.rotate("leaf", "uat")
            return [*found, (await through(cloud.inspection, target))[0]]

    first, second, renewed = asyncio.run(story())
    assert first == second != renewed


def test_service_that_misbehaves_is_inspected_all_the_same() -> None:
    """An expired certificate is copied with its names; a product that looks the other way hides it."""
    _, certificate, _ = seen("inspection", mode=Mode.EXPIRED)
    assert certificate.issuer.common_name == "mitmproxy"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"CONNECT www.example.com:443 HTTP/1.1\r\n\r\n", b"403"),
        (b"CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n", b"403"),
        (b"CONNECT nonsense HTTP/1.1\r\n\r\n", b"400"),
        (b"CONNECT  HTTP/1.1\r\n\r\n", b"400"),
        (b"GET http://127.0.0.1/ HTTP/1.1\r\n\r\n", b"405"),
    ],
)
@pytest.mark.parametrize("name", ["tunnel", "inspection"])
def test_proxies_lead_nowhere_else(head: bytes, status: bytes, name: str) -> None:
    """What is not the lab's is refused: nobody gets out through a lab."""
    assert ask(head, name=name).startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize("head", [b"", b"CONNECT a:1", b"x" * 20_000])
def test_half_a_request_ends_the_connection(head: bytes) -> None:
    """A head that never ends, or is too long, gets no answer."""
    assert ask(head) == b""


def test_service_that_speaks_no_tls_cannot_be_inspected() -> None:
    """Where the service's handshake fails there is nothing to copy: 502."""

    async def story() -> bytes:
        async with asyncio.timeout(60), running({"uat": Mode.GARBAGE}) as cloud:
            reader, writer = await asyncio.open_connection(cloud.inspection.host, cloud.inspection.port)
            try:
                writer.write(f"CONNECT {HOST}:443 HTTP/1.1\r\n\r\n".encode())
                return await reader.read(-1)
            finally:
                writer.transport.abort()

    assert asyncio.run(story()).startswith(b"HTTP/1.1 502 ")


def test_connections_end_with_the_proxy() -> None:
    """A tunnel that is open when the proxy ends is cut."""

    async def story() -> bytes:
        async with asyncio.timeout(60), running() as cloud:
            reader, writer = await asyncio.open_connection(cloud.tunnel.host, cloud.tunnel.port)
            writer.write(f"CONNECT {HOST}:443 HTTP/1.1\r\n\r\n".encode())
            await reader.readuntil(b"\r\n\r\n")
        try:
            return await reader.read(-1)
        finally:
            writer.transport.abort()

    assert asyncio.run(story()) == b""


def test_port_that_is_taken_is_refused() -> None:
    """A proxy that cannot listen says so."""

    async def story() -> None:
        async with proxy.serve(lambda _: None) as port, proxy.serve(lambda _: None, port=port):
            pass

    with pytest.raises(UsageError, match="cannot be listened on"):
        asyncio.run(story())
