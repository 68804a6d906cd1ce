import asyncio
import gzip
import socket
import ssl
from collections.abc import Callable

import pytest

from anchorkeep.mint import Authority
from anchorkeep.model.endpoint import Address
from anchorkeep.observe import fetch, listener
from anchorkeep.observe.address_policy import Policy
from anchorkeep.observe.approach import Proxy, ProxyKind
from anchorkeep.observe.fetch import MAX_BYTES, Answer, Body, Redirect, Refusal
from anchorkeep.observe.listener import Service
from anchorkeep.observe.location import Location
from anchorkeep.observe.resolve import system_resolver
from anchorkeep.observe.serve import Presentation
from tests.peers.authorities import pem
from tests.peers.issuer_urls import AT, entropy, resolving, watched

HOST = "issuers.test"


def response(body: bytes = b"data", *, status: str = "200 OK", fields: str = "") -> bytes:
    """Return a response with its length, and a cookie."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nSet-Cookie: a=b\r\n{fields}\r\n".encode() + body


def got(url: str, *, ports: tuple[int, ...] = (80,), private: bool = True, **settings: object) -> Answer:
    """Ask for a URL."""
    settings.setdefault("resolver", resolving("127.0.0.1"))
    policy = Policy(allow_private=private, ports=frozenset(ports))
    return asyncio.run(fetch.get(Location.parse(url), policy=policy, **settings))


def served(
    answer: bytes, *, path: str = "/a.cer", then: Callable[[asyncio.StreamWriter], object] | None = None
) -> tuple[Answer, bytes]:
    """Return what is had from a server that answers so, and the request it saw; `then` is what it does after."""
    seen: list[bytes] = []

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            seen.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(answer)
            await writer.drain()
            if then is not None:
                await then(writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def run() -> Answer:
        server = await asyncio.start_server(attend, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            policy = Policy(allow_private=True, ports=frozenset({port}))
            location = Location.parse(f"http://{HOST}:{port}{path}")
            return await fetch.get(location, policy=policy, resolver=resolving("127.0.0.1"))

    return asyncio.run(run()), b"".join(seen)


def reason(answer: Answer) -> str:
    """Return why nothing came."""
    assert isinstance(answer, Refusal), answer
    assert answer.message.endswith(".")
    return answer.reason


def test_answer_comes_from_the_address_with_the_name_asked_for() -> None:
    """The connection goes to the address that the resolver gave, the request names the host, and nothing tells who asks."""
    answer, request = served(response(), path="/dir/a.cer?x=1")
    line, *fields = request.decode().strip().split("\r\n")
    names = {field.partition(":")[0].lower() for field in fields}
    assert answer == Body(b"data")
    assert line == "GET /dir/a.cer?x=1 HTTP/1.1"
    assert names == {"host", "accept", "accept-encoding", "connection", "user-agent"}
    assert f"Host: {HOST}:" in request.decode()
    assert "Accept-Encoding: identity" in fields


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "NETRC"])
def test_environment_changes_nothing(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy or a file of roots that the environment names is not used."""
    monkeypatch.setenv(variable, "http://127.0.0.1:1")
    assert served(response())[0] == Body(b"data")


@pytest.mark.parametrize("size", [0, MAX_BYTES])
def test_answer_within_the_bound_is_read(size: int) -> None:
    """An answer of up to 64 KiB is read whole."""
    assert served(response(bytes(size)))[0] == Body(bytes(size))


@pytest.mark.parametrize("fields", ["", "Transfer-Encoding: chunked\r\n"])
def test_answer_beyond_the_bound_is_refused(fields: str) -> None:
    """An answer of a byte more is refused, whether its length is told or not."""
    body = bytes(MAX_BYTES + 1)
    chunked = f"HTTP/1.1 200 OK\r\n{fields}\r\n{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    assert reason(served(chunked if fields else response(body))[0]) == "too-large"


def test_answer_without_an_end_is_refused() -> None:
    """A server that never stops sending is left once it has sent too much."""

    async def flood(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(bytes(4096))
            await writer.drain()

    assert reason(served(b"HTTP/1.1 200 OK\r\n\r\n", then=flood)[0]) == "too-large"


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "], ids=["body", "head"]
)
def test_answer_that_drips_is_given_up(head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """However steadily bytes come in, one request has its time and no more."""
    monkeypatch.setattr(fetch, "MAX_SECONDS", 0.5)

    async def drip(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    assert reason(served(head, then=drip)[0]) == "timeout"


def test_silence_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes the connection and says nothing costs the time of one request."""
    monkeypatch.setattr(fetch, "MAX_SECONDS", 0.5)
    with watched() as port:
        assert reason(got(f"http://{HOST}:{port.port}/", ports=(port.port,))) == "timeout"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "x-gzip", "gzip, identity"])
def test_encoded_answer_is_not_decoded(encoding: str) -> None:
    """An encoded answer, which may be a bomb, is refused by what its head says."""
    bomb = gzip.compress(bytes(1 << 24))
    assert len(bomb) < MAX_BYTES
    assert reason(served(response(bomb, fields=f"Content-Encoding: {encoding}\r\n"))[0]) == "encoded"


def test_encoding_that_is_none_is_read() -> None:
    """The encoding `identity` is none."""
    assert served(response(fields="Content-Encoding: identity\r\n"))[0] == Body(b"data")


@pytest.mark.parametrize(
    "status", ["204 No Content", "206 Partial Content", "304 Not Modified", "401 X", "404 X", "407 X", "500 X"]
)
def test_other_status_is_told(status: str) -> None:
    """Whatever is not 200 and no redirect is no answer, and its number is told."""
    answer, _ = served(response(b"", status=status))
    assert reason(answer) == "status"
    assert status[:3] in answer.message


@pytest.mark.parametrize("status", ["301 M", "302 F", "303 S", "307 T", "308 P"])
def test_redirect_is_an_answer(status: str) -> None:
    """A redirect is returned, not followed, however it is spelt."""
    answer, _ = served(response(b"", status=status, fields="Location: https://other.test/b\r\n"))
    assert answer == Redirect(Location.parse("https://other.test/b"))


@pytest.mark.parametrize("target", ["file:///etc/passwd", "http://a@b/", "http://127.1/", "ftp://a/", "//["])
def test_redirect_to_what_is_no_url_is_refused(target: str) -> None:
    """A redirect to another scheme or an odd URL ends there."""
    assert reason(served(response(b"", status="302 F", fields=f"Location: {target}\r\n"))[0]) == "url-refused"


def test_redirect_without_a_target_is_a_status() -> None:
    """A redirect that leads nowhere is an answer like any other that is not 200."""
    assert reason(served(response(b"", status="302 F"))[0]) == "status"


@pytest.mark.parametrize(
    "data", [b"\xff" * 300, b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", b"", b"HTTP/9"]
)
def test_what_is_no_http_is_refused(data: bytes) -> None:
    """A server that speaks something else, or stops too soon, gives a reason and no exception."""
    assert reason(served(data)[0]) == "protocol-error"


@pytest.mark.parametrize("port", [22, 25, 8080, 6379])
def test_other_port_is_refused_without_a_look_up(port: int) -> None:
    """A port that is not allowed is refused before the name is even resolved."""

    def resolver(*_: object) -> list[object]:
        raise AssertionError

    assert reason(got(f"http://{HOST}:{port}/", ports=(80, 443), resolver=resolver)) == "port-refused"


@pytest.mark.parametrize(
    "addresses",
    [("127.0.0.1",), ("1.1.1.1", "127.0.0.1"), ("127.0.0.1", "1.1.1.1"), ("1.1.1.1", "2606:4700::1", "::ffff:127.0.0.1")],
)
def test_name_with_a_refused_address_is_refused_before_a_connection(addresses: tuple[str, ...]) -> None:
    """A name that leads to a refused address, alone or among others and in whatever order, opens no connection at all."""
    with watched() as port:
        assert reason(got(f"http://{HOST}:{port.port}/", ports=(port.port,), private=False, resolver=resolving(*addresses))) == (
            "address-refused"
        )
        assert port.accepted == 0


def test_allowed_address_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same port is connected to once where private addresses are allowed."""
    monkeypatch.setattr(fetch, "MAX_SECONDS", 0.5)
    with watched() as port:
        got(f"http://{HOST}:{port.port}/", ports=(port.port,))
        assert port.accepted == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1", "[64:ff9b::7f00:1]"])
def test_refused_address_in_the_url_is_refused(host: str) -> None:
    """An address that stands in the URL itself is checked as well."""
    assert reason(got(f"http://{host}/", private=False)) == "address-refused"


def test_metadata_address_is_refused_even_where_private_ones_are_allowed() -> None:
    """A cloud's metadata service is not asked, whatever is allowed."""
    assert reason(got("http://169.254.169.254/latest/meta-data/")) == "address-refused"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST."])
def test_name_of_this_machine_is_refused(host: str) -> None:
    """The system's resolver is believed, and what it says is checked."""
    with watched() as port:
        answer = got(f"http://{host}:{port.port}/", ports=(port.port,), private=False, resolver=system_resolver)
        assert (reason(answer), port.accepted) == ("address-refused", 0)


def test_name_is_resolved_once() -> None:
    """The address that is connected to is the one that was checked: a second look-up, which might say otherwise, is not made."""
    asked: list[str] = []

    def resolver(host: str, port: int) -> object:
        asked.append(host)
        return resolving("127.0.0.1" if len(asked) == 1 else "169.254.169.254")(host, port)

    with watched() as port:
        port_number = port.port
    assert reason(got(f"http://{HOST}:{port_number}/", ports=(port_number,), resolver=resolver)) == "unreachable"
    assert asked == [HOST]


def test_next_address_is_tried() -> None:
    """Where nothing listens at the first address, the next one of the name is asked."""
    with watched() as port, pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetch, "MAX_SECONDS", 0.5)
        resolver = resolving("127.0.0.3", "127.0.0.1")
        assert reason(got(f"http://{HOST}:{port.port}/", ports=(port.port,), resolver=resolver)) == "timeout"
        assert port.accepted == 1


@pytest.mark.parametrize("error", [socket.gaierror(socket.EAI_NONAME, "x"), OSError("x"), UnicodeError("x")])
def test_name_that_is_not_known_is_told(error: Exception) -> None:
    """A resolver that knows nothing or fails gives a reason."""

    def resolver(*_: object) -> list[object]:
        raise error

    assert reason(got(f"http://{HOST}/", resolver=resolver)) == "name-not-found"
    assert reason(got(f"http://{HOST}/", resolver=resolving())) == "name-not-found"


def over_tls(name: str, *, trusted: bool) -> tuple[Answer, list[str | None]]:
    """Ask a TLS service of that name on loopback, by the name; return what came and the names it was asked for."""
    authority = Authority.root("Transport Root", at=AT, days=90, entropy=entropy)
    presented = Presentation.of(authority.issue(dns_names=(name,), at=AT, days=30, entropy=entropy))
    names: list[str | None] = []

    def present(asked: str | None) -> Presentation:
        names.append(asked)
        return presented

    def respond(_: bytes) -> bytes:
        return response()

    async def run() -> Answer:
        service = Service(present=present, respond=respond)
        async with listener.serve(lambda: service) as opened:
            policy = Policy(allow_private=True, ports=frozenset({opened.address.port}))
            location = Location.parse(f"https://{HOST}:{opened.address.port}/")
            return await fetch.get(location, policy=policy, resolver=resolving("127.0.0.1"))

    with pytest.MonkeyPatch.context() as patch:
        if trusted:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(cadata=pem([authority.certificate]).decode())
            patch.setattr(fetch, "_tls_context", lambda: context)
        return asyncio.run(run()), names


def test_https_asks_for_the_name_at_the_address() -> None:
    """Over TLS the server is asked for by its name, and its certificate must be for it, though the address was connected to."""
    assert over_tls(HOST, trusted=True) == (Body(b"data"), [HOST])


@pytest.mark.parametrize(("name", "trusted"), [(HOST, False), ("other.test", True)])
def test_https_with_a_certificate_that_does_not_verify_is_refused(name: str, *, trusted: bool) -> None:
    """A root that is not Mozilla's, or another name, ends the request."""
    assert reason(over_tls(name, trusted=trusted)[0]) == "tls-failed"


def through(kind: ProxyKind, url: str, **settings: object) -> tuple[Answer, bytes]:
    """Ask through a proxy that answers by itself; return what came and what it was sent."""
    seen: list[bytes] = []

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(response())
        await writer.drain()
        writer.close()

    async def run() -> Answer:
        server = await asyncio.start_server(attend, "127.0.0.1", 0)
        async with server:
            address = Address(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
            proxy = Proxy(kind=kind, address=address, **settings)
            return await fetch.get(Location.parse(url), policy=Policy(), resolver=resolving(), proxy=proxy)

    return asyncio.run(run()), b"".join(seen)


def test_proxy_is_asked_by_name() -> None:
    """An HTTP proxy is asked for the URL as it stands, with its credentials and no others; it resolves the name."""
    answer, request = through(ProxyKind.HTTP, f"http://{HOST}/a", username="me", password="secret")
    assert answer == Body(b"data")
    assert request.startswith(f"GET http://{HOST}/a HTTP/1.1\r\n".encode())
    assert b"Proxy-Authorization: Basic bWU6c2VjcmV0\r\n" in request
    assert b"\r\nAuthorization:" not in request


def test_proxy_is_not_asked_for_a_refused_address() -> None:
    """An address that stands in the URL is checked through a proxy as well."""
    answer, request = through(ProxyKind.HTTP, "http://169.254.169.254/")
    assert (reason(answer), request) == ("address-refused", b"")


def test_socks_proxy_is_not_asked() -> None:
    """Through SOCKS nothing is fetched, and it says so."""
    answer, request = through(ProxyKind.SOCKS5, f"http://{HOST}/")
    assert (reason(answer), request) == ("proxy-unsupported", b"")
