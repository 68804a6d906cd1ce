import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.errors import UsageError
from anchorkeep.model.endpoint import Address, Endpoint, as_ip_address

LABEL_63 = "a" * 63
NAME_253 = ".".join([LABEL_63] * 3 + ["a" * 61])


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("example.com", "example.com", 443),
        ("example.com:8443", "example.com", 8443),
        ("example.com:1", "example.com", 1),
        ("example.com:65535", "example.com", 65_535),
        ("EXAMPLE.com", "example.com", 443),
        ("example.com.", "example.com", 443),
        ("example.com.:8443", "example.com", 8443),
        ("  example.com\n", "example.com", 443),
        ("localhost", "localhost", 443),
        ("a_b.example", "a_b.example", 443),
        ("a--b.example", "a--b.example", 443),
        ("1.example", "1.example", 443),
        ("192.0.2.1", "192.0.2.1", 443),
        ("192.0.2.1:8443", "192.0.2.1", 8443),
        ("2001:db8::1", "2001:db8::1", 443),
        ("2001:DB8:0:0::1", "2001:db8::1", 443),
        ("[2001:db8::1]", "2001:db8::1", 443),
        ("[2001:db8::1]:8443", "2001:db8::1", 8443),
        ("a\u200b.example", "a.example", 443),
        ("fe80::1%eth0", "fe80::1%eth0", 443),
        ("[fe80::1%eth0.1]:8443", "fe80::1%eth0.1", 8443),
        ("zürich.example", "xn--zrich-kva.example", 443),
        ("ZÜRICH.example:8443", "xn--zrich-kva.example", 8443),
        ("faß.example", "xn--fa-hia.example", 443),
        ("日本。example", "xn--wgv71a.example", 443),
        ("xn--zrich-kva.example", "xn--zrich-kva.example", 443),
        (LABEL_63, LABEL_63, 443),
        (NAME_253, NAME_253, 443),
    ],
)
def test_endpoint_is_read(text: str, host: str, port: int) -> None:
    """A host with or without port, an address of either version and an internationalized name are read."""
    assert Endpoint.parse(text) == Endpoint(host=host, port=port)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", ".", ":443", "..", "example..com", ".example.com", "example.com..", "exa mple.com", "a\tb"),
        *("example.com:", "example.com:0", "example.com:65536", "example.com:99999", "example.com:-1", "example.com:+1"),
        *("example.com:0443000", "example.com:44a", "example.com:4 43", "example.com:٤٤٣", "example.com:443:443"),
        *("example.com/", "https://example.com", "user@example.com", "example.com?x", "a\\b", "a\0b", "a\x1b[31m", "*.a"),
        *("-example.com", "example-.com", "a.-b", "-oProxyCommand=x", "--help"),
        *(
            LABEL_63 + "a",
            NAME_253 + "a",
            "a." * 150,
            "a" * 300,
            "ü" * 300,
            "ü" * 1_000_000,
            "a.example" + "\u200b" * 250 + ".example",
        ),
        *(
            "127.1",
            "2130706433",
            "0x7f.1",
            "0x7f000001",
            "256.1.1.1",
            "1.2.3.4.5",
            "example.1",
            "\uff11\uff12\uff17.\uff10.\uff10.\uff11",
        ),
        *("[", "[]", "[::1", "[::1]443", "[::1]:", "[::1]:0", "[::1]x", "[example.com]", "[192.0.2.1]", "::1]", "[[::1]]"),
        *("2001:db8::1::", "1:2:3:4:5:6:7:8:9", "fe80::1%", "fe80::1%eth0:443", "fe80::1%a b", "[fe80::1%\x1b[31m]"),
        *(
            "[fe80::1%" + "a" * 33 + "]",
            "192.0.2.1%eth0",
            "\u202eexample.com",
            "😀.example",
            "ex\u00adample\u2028.com",
        ),
    ],
)
def test_what_is_no_endpoint_is_refused(text: str) -> None:
    """What is no host, no port or something else is refused, in one printable line of bounded length."""
    with pytest.raises(UsageError) as caught:
        Endpoint.parse(text)
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 2_000


@given(st.text() | st.text(st.sampled_from("a1.:[]%-é")))
def test_any_text_is_an_endpoint_or_refused(text: str) -> None:
    """Any text is an endpoint whose parts are safe to print and which is read back as itself, or a usage error."""
    try:
        endpoint = Endpoint.parse(text)
    except UsageError:
        return
    assert endpoint.host.isascii()
    assert endpoint.host.isprintable()
    assert " " not in endpoint.host
    assert 0 < endpoint.port <= 65_535
    assert Endpoint.parse(str(endpoint)) == Endpoint.parse(endpoint.label) == endpoint


def test_default_port_is_the_callers() -> None:
    """Another default port is used where none is named, and only there."""
    assert Endpoint.parse("a.example", default_port=636).port == 636
    assert Endpoint.parse("a.example:1", default_port=636).port == 1


def test_connection_goes_elsewhere() -> None:
    """With `connect` the connection is opened there, while the name that is asked for stays."""
    endpoint = Endpoint.parse("a.example", connect="[::1]:8443")
    assert (endpoint.target, endpoint.reference_identity) == (Address(host="::1", port=8443), "a.example")
    assert Endpoint.parse("a.example").target == Address(host="a.example", port=443)


def test_server_name_is_what_is_checked() -> None:
    """With `server_name` that name is sent and checked, in A-labels, while the host is connected to."""
    endpoint = Endpoint.parse("192.0.2.1", server_name="Zürich.example.")
    assert endpoint.reference_identity == "xn--zrich-kva.example"
    assert endpoint.target.host == "192.0.2.1"


@pytest.mark.parametrize(
    "options", [{"connect": ""}, {"connect": "a.example"}, {"connect": "a:0"}, {"server_name": ""}, {"server_name": "a b"}]
)
def test_broken_options_are_refused(options: dict[str, str]) -> None:
    """A place to connect to without port, or an empty name, is refused rather than left out."""
    with pytest.raises(UsageError):
        Endpoint.parse("a.example", **options)  # type: ignore[arg-type]


def test_missing_port_is_asked_for() -> None:
    """An address without a port, where there is no default, is refused with what to write."""
    with pytest.raises(UsageError, match="names no port") as caught:
        Address.parse("a.example")
    assert caught.value.remedy == "Write it as HOST:PORT."


@pytest.mark.parametrize(
    ("text", "line", "label"),
    [
        ("a.example", "a.example:443", "a.example"),
        ("a.example:8443", "a.example:8443", "a.example:8443"),
        ("[::1]:8443", "[::1]:8443", "[::1]:8443"),
        ("::1", "[::1]:443", "::1"),
    ],
)
def test_endpoint_is_written(text: str, line: str, label: str) -> None:
    """An endpoint is written with its port, and in short without the usual one; IPv6 stands in brackets."""
    assert (str(Endpoint.parse(text)), Endpoint.parse(text).label) == (line, label)


@pytest.mark.parametrize(
    ("host", "is_address"),
    [
        ("192.0.2.1", True),
        ("::1", True),
        ("fe80::1%eth0", True),
        ("example.com", False),
        ("127.1", False),
        ("fe80::1%a:b", False),
    ],
)
def test_address_is_told_from_a_name(host: str, is_address: bool) -> None:  # noqa: FBT001
    """An IP address in its usual form is one, anything else is a name."""
    assert (as_ip_address(host) is not None) is is_address


def test_addresses_have_an_order() -> None:
    """Addresses are sorted by host and then by port as a number."""
    addresses = [Address(host="b", port=1), Address(host="a", port=443), Address(host="a", port=80)]
    assert [str(item) for item in sorted(addresses)] == ["a:80", "a:443", "b:1"]
