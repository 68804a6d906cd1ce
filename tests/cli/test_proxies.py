import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.cli import proxies
from anchorkeep.cli.proxies import Variables, is_exempt, parse
from anchorkeep.errors import FileError, RefusedError, UsageError
from anchorkeep.model.endpoint import Address

TARGET = Address(host="portal.example.test", port=443)
SECRET = "s3cret-pa55"


@pytest.mark.parametrize(
    ("text", "kind", "address"),
    [
        ("http://proxy.test:3128", "http", "proxy.test:3128"),
        ("http://proxy.test:3128/", "http", "proxy.test:3128"),
        ("HTTP://Proxy.Test:3128", "http", "proxy.test:3128"),
        ("proxy.test:3128", "http", "proxy.test:3128"),
        ("http://[2001:db8::1]:3128", "http", "[2001:db8::1]:3128"),
        ("http://192.0.2.1:8080", "http", "192.0.2.1:8080"),
        ("socks5://proxy.test", "socks5", "proxy.test:1080"),
        ("socks5h://proxy.test:1081", "socks5", "proxy.test:1081"),
        ("socks://proxy.test", "socks5", "proxy.test:1080"),
        ("  socks5://proxy.test\n", "socks5", "proxy.test:1080"),
    ],
)
def test_proxy_is_read(text: str, kind: str, address: str) -> None:
    """A URL of HTTP or SOCKS5 is a proxy, and so is HOST:PORT."""
    proxy = parse(text, where="--proxy")
    assert proxy is not None
    assert (proxy.kind, str(proxy.address), proxy.username) == (kind, address, None)


@pytest.mark.parametrize("text", ["none", "NONE", " none "])
def test_none_is_no_proxy(text: str) -> None:
    """`none` stands for a direct connection."""
    assert parse(text, where="--proxy") is None


@pytest.mark.parametrize(
    ("text", "user", "password"),
    [
        ("http://kim:s3cret@p.test:1", "kim", "s3cret"),
        ("socks5://kim:s3%40c%3Aret@p.test", "kim", "s3@c:ret"),
        ("kim:s3cret@p.test:1", "kim", "s3cret"),
        ("http://kim@p.test:1", "kim", None),
        ("http://dom%5Ckim:@p.test:1", "dom\\kim", ""),
    ],
)
def test_credentials_are_read(text: str, user: str, password: str | None) -> None:
    """User name and password stand before the host, percent-encoded where they must be."""
    proxy = parse(text, where="x")
    assert proxy is not None
    assert (proxy.username, proxy.password) == (user, password)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is no URL"),
        ("http://", "is no URL"),
        ("http://p.test:3128/path", "is no URL"),
        ("http://p.test:3128?x", "is no URL"),
        ("http://p.test:99999", "is no URL"),
        ("http://[::1:3128", "is no URL"),
        ("http://p.test", "names no port"),
        ("p.test", "names no port"),
        ("http://a b:1", "names no host"),
        ("https://p.test:3128", "over TLS"),
        ("socks4://p.test:1080", "kind 'socks4'"),
        ("file:///etc/passwd", "kind 'file'"),
        (f"http://kim%3Ax:{SECRET}@p.test:1", "no colon"),
        (f"http://:{SECRET}@p.test:1", "1 to 255"),
        (f"http://kim:{SECRET}%0A@p.test:1", "control character"),
        (f"ftp://kim:{SECRET}@p.test:1", "kind 'ftp'"),
        (f"http://kim:{SECRET}@p.test:x", "is no URL"),
        (f"http://kim:{SECRET}@p.test", "names no port"),
    ],
)
def test_what_is_no_proxy_is_refused(text: str, reason: str) -> None:
    """What is no proxy, or of a kind that is not spoken, is refused without repeating it, for it may hold a password."""
    with pytest.raises(UsageError, match=reason) as caught:
        parse(text, where="The variable HTTPS_PROXY")
    assert str(caught.value).startswith("The variable HTTPS_PROXY")
    assert SECRET not in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_a_proxy_or_an_error(text: str) -> None:
    """No text raises anything but the error of this house."""
    with contextlib.suppress(UsageError):
        parse(text, where="x")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://a:1"}, "a:1"),
        ({"https_proxy": "http://a:1"}, "a:1"),
        ({"https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:1"}, "a:1"),
        ({"https_proxy": "", "HTTPS_PROXY": "http://b:1"}, None),
        ({"ALL_PROXY": "socks5://c:1"}, "c:1"),
        ({"all_proxy": "socks5://c:1"}, "c:1"),
        ({"ALL_PROXY": "socks5://c:1", "HTTPS_PROXY": "http://a:1"}, "a:1"),
        ({"ALL_PROXY": "socks5://c:1", "HTTPS_PROXY": "none"}, None),
        ({"HTTP_PROXY": "http://a:1"}, None),
        ({"HTTPS_PROXY": "http://a:1", "NO_PROXY": "example.test"}, None),
        ({"HTTPS_PROXY": "http://a:1", "no_proxy": "example.test"}, None),
        ({"HTTPS_PROXY": "http://a:1", "no_proxy": "", "NO_PROXY": "*"}, "a:1"),
        ({"HTTPS_PROXY": "http://a:1", "NO_PROXY": "other.test"}, "a:1"),
    ],
)
def test_variables_of_a_service(environment: dict[str, str], expected: str | None) -> None:
    """HTTPS_PROXY counts for TLS, else ALL_PROXY; the lower case wins, also where it is empty; NO_PROXY exempts."""
    proxy = Variables.of(environment).for_service(TARGET)
    assert (str(proxy.address) if proxy else None) == expected


def test_starttls_is_no_https() -> None:
    """A mail server is no matter of HTTPS_PROXY but of ALL_PROXY."""
    variables = Variables.of({"HTTPS_PROXY": "http://a:1", "ALL_PROXY": "socks5://c:1"})
    proxy = variables.for_service(TARGET, starttls="smtp")
    assert proxy is not None
    assert str(proxy.address) == "c:1"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"HTTP_PROXY": "http://a:1"}, "a:1"),
        ({"http_proxy": "http://a:1"}, "a:1"),
        ({"HTTPS_PROXY": "http://a:1"}, None),
        ({"ALL_PROXY": "http://c:1"}, "c:1"),
        ({"HTTP_PROXY": "http://a:1", "REQUEST_METHOD": "GET"}, None),
        ({"http_proxy": "http://a:1", "REQUEST_METHOD": "GET"}, "a:1"),
    ],
)
def test_variables_of_plain_http(environment: dict[str, str], expected: str | None) -> None:
    """HTTP_PROXY counts for plain HTTP; in a CGI program, where a client can set it, it does not."""
    proxy = Variables.of(environment).for_http(TARGET)
    assert (str(proxy.address) if proxy else None) == expected


def test_broken_variable_harms_nobody_who_does_not_need_it() -> None:
    """A variable that is no URL is an error where it counts, and nowhere else."""
    variables = Variables.of({"HTTPS_PROXY": f"kim:{SECRET}@"})
    assert variables.for_http(TARGET) is None
    with pytest.raises(UsageError, match="The variable HTTPS_PROXY") as caught:
        variables.for_service(TARGET)
    assert SECRET not in f"{caught.value}{variables!r}"


@pytest.mark.parametrize(
    ("host", "listed"),
    [
        ("portal.example.test", "*"),
        ("portal.example.test", "portal.example.test"),
        ("portal.example.test", "Example.Test"),
        ("portal.example.test", ".example.test"),
        ("portal.example.test", "*.example.test"),
        ("portal.example.test", "example.test."),
        ("portal.example.test", "other.test, example.test"),
        ("portal.example.test", "other.test example.test"),
        ("portal.example.test", "example.test:443"),
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7", "192.0.2.7:443"),
        ("192.0.2.7", "192.0.2.0/24"),
        ("192.0.2.7", "192.0.2.9/24"),
        ("192.0.2.7", "0.0.0.0/0"),
        ("2001:db8::7", "2001:db8::7"),
        ("2001:db8::7", "[2001:db8::7]"),
        ("2001:db8::7", "[2001:DB8::7]:443"),
        ("2001:db8::7", "2001:db8::/32"),
    ],
)
def test_what_is_listed_is_exempt(host: str, listed: str) -> None:
    """A name, all below it, an address, a network, or everything is reached directly."""
    assert is_exempt(Address(host=host, port=443), listed)


@pytest.mark.parametrize(
    ("host", "listed"),
    [
        ("portal.example.test", ""),
        ("portal.example.test", ",, ,"),
        ("portal.example.test", "ample.test"),
        ("portal.example.test", "a.portal.example.test"),
        ("portal.example.test", "example.test:8443"),
        ("portal.example.test", "."),
        ("portal.example.test", "*."),
        ("portal.example.test", "0.0.0.0/0"),
        ("192.0.2.7", "192.0.2.8"),
        ("192.0.2.7", "192.0.2.7:8443"),
        ("192.0.2.7", "192.0.3.0/24"),
        ("192.0.2.7", "2.7"),
        ("192.0.2.7", "192.0.2.0/99"),
        ("192.0.2.7", "::/0"),
        ("2001:db8::7", "2001:db9::/32"),
        ("2001:db8::7", "2001:db8::8"),
    ],
)
def test_what_is_not_listed_is_not_exempt(host: str, listed: str) -> None:
    """A name that only ends alike, another port, another network: none of them is meant; names are not looked up."""
    assert not is_exempt(Address(host=host, port=443), listed)


def auth_file(directory: Path, text: str, *, mode: int = 0o600) -> Path:
    """Write a file with credentials."""
    path = directory / "proxy.auth"
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("text", "user", "password"),
    [("kim:s3:cret\n", "kim", "s3:cret"), ("kim:s3%41\r\nmore", "kim", "s3%41"), ("kim:", "kim", "")],
)
def test_credentials_come_from_a_file(text: str, user: str, password: str, tmp_path: Path) -> None:
    """The file's first line is user name and password as they are."""
    proxy = proxies.from_option("http://p.test:1", auth_file(tmp_path, text))
    assert proxy is not None
    assert (proxy.username, proxy.password) == (user, password)


@pytest.mark.parametrize("text", [f"http://kim:{SECRET}@p.test:1", f"kim:{SECRET}@p.test:1", "http://kim@p.test:1"])
def test_credentials_on_the_command_line_are_refused(text: str) -> None:
    """What everyone on the machine sees is no place for credentials, and the remedy names another."""
    with pytest.raises(UsageError, match="is refused") as caught:
        proxies.from_option(text, None)
    assert "--proxy-auth-file" in caught.value.remedy
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_credentials_that_others_may_read_are_refused(mode: int, tmp_path: Path) -> None:
    """A file with a password that others may read is refused, with the command that closes it."""
    with pytest.raises(RefusedError, match="may be read by others") as caught:
        proxies.from_option("http://p.test:1", auth_file(tmp_path, f"kim:{SECRET}", mode=mode))
    assert "chmod 600" in caught.value.remedy


@pytest.mark.parametrize(
    ("url", "text", "reason"),
    [
        (None, "kim:x", "goes with --proxy"),
        ("none", "kim:x", "not with --proxy none"),
        ("http://p.test:1", SECRET, "does not hold USER:PASSWORD"),
        ("http://p.test:1", f":{SECRET}", "1 to 255"),
    ],
)
def test_file_that_does_not_fit_is_refused(url: str | None, text: str, reason: str, tmp_path: Path) -> None:
    """A file without a proxy, or without both of its parts, is refused, and what it holds is not repeated."""
    with pytest.raises(UsageError, match=reason) as caught:
        proxies.from_option(url, auth_file(tmp_path, text))
    assert SECRET not in str(caught.value)


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    """A file that is not there is an error."""
    with pytest.raises(FileError):
        proxies.from_option("http://p.test:1", tmp_path / "missing")
