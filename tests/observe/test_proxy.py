import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.errors import UsageError
from anchorkeep.model.chain import Failure, Stage
from anchorkeep.model.endpoint import Address
from anchorkeep.observe import proxy
from anchorkeep.observe.approach import Proxy, ProxyKind
from anchorkeep.observe.proxy import MAX_HEADERS
from anchorkeep.observe.tunnel import Tunnel

USER, PASSWORD = "kim", "s3cret-pa55"
#: base64 of `kim:s3cret-pa55`.
BASIC = "a2ltOnMzY3JldC1wYTU1"
AT = Address(host="192.0.2.1", port=3128)
NAME = Address(host="service.test", port=443)
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
# RFC 1928 §6: succeeded, with an IPv4 address as the one bound.
SUCCEEDED = bytes.fromhex("05000001 c0000201 0c38")


def way(kind: str, target: Address = NAME, *, user: str | None = None, password: str | None = None) -> Tunnel:
    """Return a way that has not begun."""
    return proxy.tunnel(Proxy(kind=ProxyKind(kind), address=AT, username=user, password=password), target)


def asked(kind: str, answer: bytes, **settings: str) -> Tunnel:
    """Return a way after the first answer of its proxy."""
    tunnel = way(kind, **settings)  # type: ignore[arg-type]
    tunnel.start()
    tunnel.receive(answer)
    return tunnel


def failed(tunnel: Tunnel) -> Failure:
    """Return why a way is not open."""
    assert tunnel.is_done
    assert tunnel.failure is not None
    assert tunnel.failure.stage is Stage.PROXY
    assert tunnel.failure.message.isprintable()
    assert tunnel.failure.remedy
    assert not any(secret in f"{tunnel.failure} {tunnel!r}" for secret in (PASSWORD, BASIC))
    return tunnel.failure


@pytest.mark.parametrize(
    ("target", "written"),
    [
        (NAME, "service.test:443"),
        (Address(host="192.0.2.7", port=8443), "192.0.2.7:8443"),
        (Address(host="2001:db8::1", port=443), "[2001:db8::1]:443"),
    ],
)
def test_request_of_connect(target: Address, written: str) -> None:
    """CONNECT names host and port, an IPv6 address in brackets, as target and as Host, and tells nothing else."""
    assert way("http", target).start() == f"CONNECT {written} HTTP/1.1\r\nHost: {written}\r\n\r\n".encode()


def test_basic_credentials_are_sent_at_once() -> None:
    """User name and password go with the first request, as RFC 7617 §2 has them."""
    assert f"\r\nProxy-Authorization: Basic {BASIC}\r\n".encode() in way("http", user=USER, password=PASSWORD).start()


@pytest.mark.parametrize(
    "answer",
    [
        ESTABLISHED,
        b"HTTP/1.0 200 Connection established\r\nProxy-agent: x\r\n\r\n",
        b"HTTP/1.1 200\r\n\r\n",
        b"HTTP/1.1 204 No Content\n\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
    ],
)
def test_way_is_open_after_any_success(answer: bytes) -> None:
    """Any 2xx opens the way (RFC 9110 §9.3.6), whatever its headers say, after interim responses too."""
    tunnel = asked("http", answer)
    assert (tunnel.is_done, tunnel.failure, tunnel.rest) == (True, None, b"")


@pytest.mark.parametrize(("kind", "before"), [("http", ESTABLISHED), ("socks5", b"\x05\x00" + SUCCEEDED)])
def test_first_words_of_the_service_are_kept(kind: str, before: bytes) -> None:
    """What follows the proxy's last word is the service's: a mail server speaks first."""
    assert asked(kind, before + b"220 mail.test\r\n").rest == b"220 mail.test\r\n"


@pytest.mark.parametrize(
    ("kind", "whole"),
    [("http", b"HTTP/1.1 100 Continue\r\n\r\n" + ESTABLISHED), ("socks5", b"\x05\x00" + SUCCEEDED)],
)
def test_single_bytes_are_enough(kind: str, whole: bytes) -> None:
    """It does not matter how the network cuts the proxy's answer, and it is not over before its last byte."""
    tunnel = way(kind)
    tunnel.start()
    for position in range(len(whole)):
        assert not tunnel.is_done
        tunnel.receive(whole[position : position + 1])
    assert (tunnel.is_done, tunnel.failure) == (True, None)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("403 Filtered", "forbidden"),
        ("451 Unavailable For Legal Reasons", "forbidden"),
        ("405 Method Not Allowed", "tunnel-not-supported"),
        ("501 Not Implemented", "tunnel-not-supported"),
        ("502 Bad Gateway", "target-unreachable"),
        ("503 Service Unavailable", "target-unreachable"),
        ("504 Gateway Timeout", "target-timeout"),
        ("500 Unable to connect", "failed"),
        ("400 Bad Request", "failed"),
        ("302 Found", "failed"),
        ("999", "failed"),
    ],
)
def test_refusal_is_named(line: str, reason: str) -> None:
    """A proxy that does not open the way is quoted, with a reason."""
    failure = failed(asked("http", f"HTTP/1.1 {line}\r\nContent-Length: 2\r\n\r\nno".encode()))
    assert (failure.reason, f"HTTP {line}" in failure.message) == (reason, True)


@pytest.mark.parametrize(
    ("headers", "reason", "words"),
    [
        (["NTLM"], "authentication-ntlm", "NTLM"),
        (["Negotiate"], "authentication-negotiate", "Negotiate"),
        (["Negotiate", "NTLM"], "authentication-ntlm", "NTLM and Negotiate"),
        (["Negotiate, NTLM"], "authentication-ntlm", "NTLM and Negotiate"),
        (["NTLM TlRMTVNTUAACAAAA=="], "authentication-ntlm", "NTLM"),
        (["negotiate", 'basic realm="x"'], "authentication-required", "user name"),
        (['Basic realm="NTLM, Negotiate"'], "authentication-required", "user name"),
        (['Digest realm="a, NTLM ", nonce=basic, qop="auth"'], "authentication-unsupported", "digest"),
        ([], "authentication-unsupported", "does not name"),
    ],
)
def test_wanted_authentication_is_named(headers: list[str], reason: str, words: str) -> None:
    """A proxy that wants to know who asks is told by the way in which it wants to know, of those that are done the first."""
    lines = "".join(f"Proxy-Authenticate: {value}\r\n" for value in headers)
    failure = failed(asked("http", f"HTTP/1.1 407 Denied\r\n{lines}\r\n".encode()))
    assert (failure.reason, words in failure.message) == (reason, True)


def test_ntlm_has_a_remedy() -> None:
    """For NTLM and Negotiate there are local proxies that speak them."""
    assert "cntlm" in failed(asked("http", b"HTTP/1.1 407 x\r\nproxy-AUTHENTICATE:NTLM\r\n\r\n")).remedy


def test_wrong_credentials_are_told() -> None:
    """A proxy that asks for what it was given has refused it; it is not asked in a circle."""
    answer = b'HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n'
    assert failed(asked("http", answer, user=USER, password=PASSWORD)).reason == "credentials-refused"


@pytest.mark.parametrize(
    ("credentials", "reason"), [({"user": USER, "password": PASSWORD}, "credentials-refused"), ({}, "failed")]
)
def test_401_is_about_credentials_where_there_were_some(credentials: dict[str, str], reason: str) -> None:
    """Some proxies refuse a password in a web server's words."""
    assert failed(asked("http", b"HTTP/1.1 401 Unauthorized\r\n\r\n", **credentials)).reason == reason


@pytest.mark.parametrize("repeated", [PASSWORD, f"Basic {BASIC}"])
def test_words_that_repeat_a_password_are_left_out(repeated: str) -> None:
    """A proxy that quotes the request does not get the password into a message."""
    failure = failed(asked("http", f"HTTP/1.1 403 You are {repeated}\r\n\r\n".encode(), user=USER, password=PASSWORD))
    assert failure.reason == "forbidden"


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("http", b"SSH-2.0-OpenSSH_9.2\r\n"),
        ("http", b"\x05\x00"),
        ("http", b"HTTP/2 200\r\n\r\n"),
        ("http", b"HTTP/1.1 OK\r\n\r\n"),
        ("http", b"HTTP/1.1 2000 OK\r\n\r\n"),
        ("http", b"HTTP/1.1 020 OK\r\n\r\n"),
        ("http", b"\xff\xfe\x00\x1b[2J"),
        ("socks5", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        ("socks5", b"\x00\x5a\x00\x00\x00\x00\x00\x00"),
        ("socks5", b"\x05\x00\x04\x00\x00\x01\x00\x00"),
        ("socks5", b"\x05\x00\x05\x00\x00\x02\x00\x00"),
    ],
)
def test_what_is_no_proxy_is_told(kind: str, answer: bytes) -> None:
    """An answer that is none of the proxy's protocol is told at once, and shown harmlessly."""
    assert failed(asked(kind, answer)).reason == "not-a-proxy"


@pytest.mark.parametrize("kind", list(ProxyKind))
def test_proxy_that_speaks_tls_is_told(kind: str) -> None:
    """A proxy that is spoken to over TLS answers with an alert, which is recognised."""
    assert failed(asked(kind, b"\x15\x03\x03\x00\x02\x02\x0a")).reason == "proxy-speaks-tls"


@pytest.mark.parametrize("piece", [b"X-Long: " + b"a" * 1000, b"\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 C\r\nA: b"])
def test_headers_are_bounded(piece: bytes) -> None:
    """A proxy that sends headers or interim responses without end is left."""
    tunnel = asked("http", b"HTTP/1.1 100 Continue\r\n")
    for _ in range(MAX_HEADERS // len(piece) + 2):
        tunnel.receive(piece)
    assert failed(tunnel).reason == "too-much-data"


def test_headers_of_the_largest_size_are_taken() -> None:
    """Headers within the bound open the way, in one piece with many bytes of the service."""
    head = b"HTTP/1.1 200 OK\r\nX: " + b"a" * (MAX_HEADERS - 24) + b"\r\n\r\n"
    assert asked("http", head + bytes(MAX_HEADERS)).rest == bytes(MAX_HEADERS)


@pytest.mark.parametrize(
    ("target", "address"),
    [
        (NAME, b"\x03\x0cservice.test\x01\xbb"),
        (Address(host="192.0.2.7", port=8443), b"\x01\xc0\x00\x02\x07\x20\xfb"),
        (Address(host="2001:db8::1", port=443), b"\x04\x20\x01\x0d\xb8" + bytes(11) + b"\x01\x01\xbb"),
    ],
)
def test_request_of_socks5(target: Address, address: bytes) -> None:
    """SOCKS5 is asked to connect to a name as a name and to an address as one (RFC 1928 §4 and §5)."""
    tunnel = way("socks5", target)
    assert tunnel.start() == b"\x05\x01\x00"
    assert tunnel.receive(b"\x05\x00") == b"\x05\x01\x00" + address


def test_login_of_socks5() -> None:
    """User name and password are sent when the proxy chose that method, and then the request (RFC 1929 §2)."""
    tunnel = way("socks5", user=USER, password=PASSWORD)
    assert tunnel.start() == b"\x05\x02\x00\x02"
    assert tunnel.receive(b"\x05\x02") == b"\x01\x03kim\x0bs3cret-pa55"
    assert tunnel.receive(b"\x01\x00").startswith(b"\x05\x01\x00\x03")
    tunnel.receive(SUCCEEDED)
    assert (tunnel.is_done, tunnel.failure) == (True, None)


def test_socks5_without_login_keeps_the_password() -> None:
    """A proxy that wants no password gets none."""
    tunnel = way("socks5", user=USER, password=PASSWORD)
    tunnel.start()
    assert PASSWORD.encode() not in tunnel.receive(b"\x05\x00")


@pytest.mark.parametrize(
    ("answer", "credentials", "reason"),
    [
        (b"\x05\xff", {}, "authentication-required"),
        (b"\x05\xff", {"user": USER, "password": PASSWORD}, "authentication-unsupported"),
        (b"\x05\x01", {}, "socks-protocol-error"),
        (b"\x05\x02", {}, "socks-protocol-error"),
        (b"\x05\x02\x01\x01", {"user": USER, "password": PASSWORD}, "credentials-refused"),
        (b"\x05\x00\x05\x01\x00\x01\x00", {}, "failed"),
        (b"\x05\x00\x05\x02\x00\x01\x00", {}, "forbidden"),
        (b"\x05\x00\x05\x03\x00\x01\x00", {}, "target-unreachable"),
        (b"\x05\x00\x05\x04\x00\x01\x00", {}, "target-unreachable"),
        (b"\x05\x00\x05\x05\x00\x01\x00", {}, "target-refused"),
        (b"\x05\x00\x05\x06\x00\x01\x00", {}, "target-timeout"),
        (b"\x05\x00\x05\x07\x00\x01\x00", {}, "tunnel-not-supported"),
        (b"\x05\x00\x05\x08\x00\x01\x00", {}, "target-unreachable"),
        (b"\x05\x00\x05\x63\x00\x01\x00", {}, "failed"),
    ],
)
def test_socks5_refusal_is_named(answer: bytes, credentials: dict[str, str], reason: str) -> None:
    """Every way in which a SOCKS5 proxy refuses has its reason (RFC 1928 §3 and §6)."""
    assert failed(asked("socks5", answer, **credentials)).reason == reason


@pytest.mark.parametrize("bound", [b"\x01" + bytes(6), b"\x04" + bytes(18), b"\x03\x00\x00\x00", b"\x03\x04test\x00\x00"])
def test_bound_address_of_every_kind_is_passed_over(bound: bytes) -> None:
    """The address in the reply is of any kind and length, and no byte after it is lost."""
    assert asked("socks5", b"\x05\x00\x05\x00\x00" + bound + b"hello").rest == b"hello"


@pytest.mark.parametrize("kind", list(ProxyKind))
@pytest.mark.parametrize("host", ["a b", "x\r\nProxy-Authorization: x", "ü.test", "", "a" * 256])
def test_name_that_would_break_the_request_is_not_sent(kind: str, host: str) -> None:
    """A name that could end a line, or that SOCKS5 cannot hold, never reaches the proxy."""
    tunnel = way(kind, Address(host=host, port=443))
    assert tunnel.start() == b""
    assert failed(tunnel).reason == "name-not-sendable"


@pytest.mark.parametrize("kind", list(ProxyKind))
@pytest.mark.parametrize(
    ("end", "reason"),
    [(lambda way: way.close(), "closed"), (lambda way: way.reset(), "reset"), (lambda way: way.expire(1.5), "timeout")],
)
def test_early_end_is_told(kind: str, end: object, reason: str) -> None:
    """A proxy that goes away or falls silent is told as one; after the end nothing changes it."""
    tunnel = way(kind)
    tunnel.start()
    end(tunnel)  # type: ignore[operator]
    assert failed(tunnel).reason == reason
    assert tunnel.receive(ESTABLISHED) == b""
    assert failed(tunnel).reason == reason


@given(st.sampled_from(list(ProxyKind)), st.lists(st.binary(max_size=40), max_size=6), st.booleans())
def test_whatever_a_proxy_says_is_an_answer(kind: str, pieces: list[bytes], known: bool) -> None:  # noqa: FBT001
    """No answer of a proxy raises anything."""
    tunnel = way(kind, user=USER, password=PASSWORD) if known else way(kind)
    tunnel.start()
    for piece in (b"\x05\x00" if kind == "socks5" else b"HTTP/1.1 ", *pieces):
        tunnel.receive(piece)
    tunnel.close()
    assert tunnel.is_done


@pytest.mark.parametrize(
    ("user", "password"),
    [(None, "x"), ("", "x"), ("a:b", "x"), ("a\nb", "x"), ("a", "x\r\n"), ("u" * 256, "x"), ("u", "é" * 128)],
)
def test_credentials_that_no_proxy_takes_are_refused(user: str | None, password: str) -> None:
    """Credentials that RFC 7617 or RFC 1929 cannot carry are refused beforehand, and not repeated."""
    with pytest.raises(UsageError) as caught:
        Proxy(kind=ProxyKind.HTTP, address=AT, username=user, password=password)
    assert re.search(r"u{9}|é|\n", str(caught.value)) is None


def test_credentials_are_not_shown() -> None:
    """Neither user name nor password is in what a debugger or a log shows of a proxy."""
    shown = repr(Proxy(kind=ProxyKind.HTTP, address=AT, username=USER, password=PASSWORD))
    assert (USER in shown, PASSWORD in shown) == (False, False)
