import pytest

from anchorkeep.errors import InputError
from anchorkeep.observe.location import MAX_URL, Location


@pytest.mark.parametrize(
    ("text", "usual", "host", "port", "target"),
    [
        ("http://ca.example.com/a.cer", "http://ca.example.com/a.cer", "ca.example.com", 80, "/a.cer"),
        ("HTTP://CA.Example.COM/A.cer", "http://ca.example.com/A.cer", "ca.example.com", 80, "/A.cer"),
        ("https://ca.example.com", "https://ca.example.com/", "ca.example.com", 443, "/"),
        ("http://ca.example.com:80/", "http://ca.example.com/", "ca.example.com", 80, "/"),
        ("http://ca.example.com:443/", "http://ca.example.com:443/", "ca.example.com", 443, "/"),
        ("http://ca.example.com:/x", "http://ca.example.com/x", "ca.example.com", 80, "/x"),
        ("http://ca.example.com./x?a=b&c#part", "http://ca.example.com/x?a=b&c", "ca.example.com", 80, "/x?a=b&c"),
        ("http://192.0.2.1:8080/%41", "http://192.0.2.1:8080/%41", "192.0.2.1", 8080, "/%41"),
        ("http://[2001:DB8::0:1]/", "http://[2001:db8::1]/", "2001:db8::1", 80, "/"),
        ("http://[::ffff:127.0.0.1]:443/", "http://[::ffff:7f00:1]:443/", "::ffff:7f00:1", 443, "/"),
    ],
)
def test_url_is_read(text: str, usual: str, host: str, port: int, target: str) -> None:
    """A URL is read into its parts, and written in its usual form."""
    found = Location.parse(text)
    assert str(found) in {usual, usual.replace("7f00:1", "127.0.0.1")}
    assert (found.address.port, found.target) == (port, target)
    assert found.address.host in {host, host.replace("7f00:1", "127.0.0.1")}


@pytest.mark.parametrize(
    "text",
    [
        *("", "http:", "http://", "http:///x", "//ca.example.com/x", "ca.example.com/x", "http:ca.example.com"),
        *("ldap://ca.example.com/x", "file:///etc/passwd", "ftp://ca.example.com/", "gopher://127.0.0.1:6379/_x"),
        *("http://user@ca.example.com/", "http://user:secret@ca.example.com/", "http://ca.example.com@127.0.0.1/"),
        *("http://ca.example.com\\@127.0.0.1/", "http://ca.example.com\t/", "http://ca.example.com/\r\nX: y", "http://a b/"),
        *("http://127.1/", "http://0x7f000001/", "http://2130706433/", "http://0177.0.0.1/", "http://0x7f.0.0.1/"),
        *("http://127.0.0.1./", "http://127.0.0.01/", "http://127.0.0.1%00.example.com/", "http://%31%32%37.0.0.1/"),
        *(
            "http://\uff11\uff12\uff17.\uff10.\uff10.\uff11/",
            "http://①②⑦.0.0.1/",
            "http://ca。example.com/",
            "http://ca.example.com/ü",
        ),
        *("http://[::1", "http://::1/", "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[v1.x]/"),
        *("http://ca.example.com:0/", "http://ca.example.com:65536/", "http://ca.example.com:8x/", "http://ca.example.com:-1/"),
        *("http://-ca.example.com/", "http://ca..example.com/", "http://" + "a" * 64 + ".example.com/"),
        "http://ca.example.com/" + "a" * MAX_URL,
    ],
)
def test_odd_url_is_refused(text: str) -> None:
    """What programs read differently is no URL, and neither is a scheme that is not HTTP's."""
    with pytest.raises(InputError):
        Location.parse(text)


def test_longest_url_is_read() -> None:
    """A URL of just the length that is allowed is read."""
    text = "http://ca.example.com/".ljust(MAX_URL, "a")
    assert str(Location.parse(text)) == text


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("/b.cer", "http://ca.example.com/b.cer"),
        ("b.cer", "http://ca.example.com/dir/b.cer"),
        ("../b.cer", "http://ca.example.com/b.cer"),
        ("//other.example.com/b", "http://other.example.com/b"),
        ("https://other.example.com/b", "https://other.example.com/b"),
        ("http://127.0.0.1/", "http://127.0.0.1/"),
        ("?x", "http://ca.example.com/dir/a.cer?x"),
    ],
)
def test_redirect_is_followed_from_where_it_came(reference: str, expected: str) -> None:
    """A redirect's target is absolute, or relative to what was asked for."""
    assert str(Location.parse("http://ca.example.com/dir/a.cer").follow(reference)) == expected


@pytest.mark.parametrize(
    "reference", ["file:///etc/passwd", "//127.1/", "http://a@b/", "/a b", "\\\\host\\x", "", "javascript:1"]
)
def test_odd_redirect_is_refused(reference: str) -> None:
    """A redirect to what is no URL here is refused."""
    with pytest.raises(InputError):
        Location.parse("http://ca.example.com/").follow(reference)
