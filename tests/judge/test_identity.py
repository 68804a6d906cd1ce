import pytest

from anchorkeep.judge import identity
from anchorkeep.mint import name as names
from anchorkeep.model.certificate import Certificate
from tests.judge.conftest import alt_names, leaf, root

ROOT = root()


def presenting(*dns_names: str, addresses: tuple[str, ...] = ()) -> Certificate:
    """Return a certificate that presents these names and addresses."""
    return leaf(ROOT, names.build(("CN", "common.example.com")), dns_names=dns_names, ip_addresses=addresses)


@pytest.mark.parametrize(
    ("pattern", "reference"),
    [
        ("www.example.com", "www.example.com"),
        ("WWW.Example.COM", "www.example.com"),
        ("www.example.com", "WWW.EXAMPLE.COM"),
        ("www.example.com", "www.example.com."),
        ("*.example.com", "www.example.com"),
        ("*.Example.com", "www.example.com."),
        ("*.example.com", "xn--bcher-kva.example.com"),
        ("xn--bcher-kva.example.com", "XN--bcher-kva.example.com"),
        ("*.xn--bcher-kva.example", "www.xn--bcher-kva.example"),
        ("_sip.example.com", "_sip.example.com"),
        ("*.example.com", "_dmarc.example.com"),
        ("localhost", "localhost"),
    ],
)
def test_dns_name_matches(pattern: str, reference: str) -> None:
    """A DNS name matches without regard to case, exactly or one whole label for a wildcard (RFC 9525 §6.3)."""
    assert identity.matches(presenting(pattern), reference)


@pytest.mark.parametrize(
    ("pattern", "reference"),
    [
        ("www.example.com", "example.com"),
        ("example.com", "www.example.com"),
        ("www.example.com.", "www.example.com"),
        ("*.example.com", "example.com"),
        ("*.example.com", "a.b.example.com"),
        ("*.example.com", ".example.com"),
        ("*.example.com", "*.example.com"),
        ("w*.example.com", "www.example.com"),
        ("*w.example.com", "www.example.com"),
        ("xn--*.example.com", "xn--bcher-kva.example.com"),
        ("www.*.com", "www.example.com"),
        ("*.*.com", "www.example.com"),
        ("*.com", "example.com"),
        ("*", "localhost"),
        ("*.", "localhost"),
        ("", ""),
        ("", "."),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("www.example.com\0.attacker.example", "www.example.com"),
        ("www.ex\N{KELVIN SIGN}ample.com", "www.exkample.com"),
        ("b\u00fccher.example.com", "xn--bcher-kva.example.com"),
    ],
)
def test_dns_name_does_not_match(pattern: str, reference: str) -> None:
    """Parts of labels, several labels, top-level wildcards, addresses as names and look-alikes never match."""
    assert not identity.matches(presenting(pattern), reference)


@pytest.mark.parametrize(
    ("presented", "reference"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:db8::1", "2001:0DB8:0:0::0001"),
        ("fe80::1", "fe80::1%eth0"),
    ],
)
def test_address_matches(presented: str, reference: str) -> None:
    """An address matches an iPAddress of the same bits, however it is written (RFC 9525 §6.5)."""
    assert identity.matches(presenting(addresses=(presented,)), reference)


@pytest.mark.parametrize(
    ("presented", "reference"),
    [("192.0.2.1", "192.0.2.2"), ("::ffff:192.0.2.1", "192.0.2.1"), ("192.0.2.1", "::ffff:192.0.2.1")],
)
def test_address_does_not_match(presented: str, reference: str) -> None:
    """Another address, also the same one mapped into IPv6, does not match."""
    assert not identity.matches(presenting(addresses=(presented,)), reference)


def test_one_name_of_many_is_enough() -> None:
    """It is enough that one of the names matches."""
    assert identity.matches(presenting("other.example.com", "*.example.com"), "www.example.com")


@pytest.mark.parametrize("reference", ["common.example.com", "192.0.2.1"])
def test_common_name_does_not_count(reference: str) -> None:
    """The common name identifies nothing (RFC 9525 §2), not even where there is no subjectAltName."""
    assert not identity.matches(presenting(), reference)


def test_presented_names_stand_in_their_order() -> None:
    """Names and addresses are listed as they stand, other kinds of name left out."""
    names_ = alt_names(("URI", "https://a.example"), ("dNSName", "b.example"), ("iPAddress", bytes(4)), ("dNSName", "a.example"))
    certificate = leaf(ROOT, dns_names=(), extensions=(names_,))
    assert identity.presented(certificate) == ("b.example", "0.0.0.0", "a.example")


@pytest.mark.parametrize(
    "reference", ["www.example.com", "example.com.", "a.test.com", "localhost.net", "8.8.8.8", "2606:4700::1111"]
)
def test_name_is_public(reference: str) -> None:
    """A name below a delegated top-level domain and a global address are public."""
    assert identity.is_public_name(reference)


@pytest.mark.parametrize(
    "reference",
    [
        *("localhost", "printer", "nas.local", "a.b.INTERNAL", "www.example", "x.home.arpa", "host.lan.", "x.onion", "corp"),
        *("127.0.0.1", "10.1.2.3", "192.168.0.1", "100.64.0.1", "::1", "fe80::1%eth0", "fd00::1", "192.0.2.1"),
    ],
)
def test_name_is_not_public(reference: str) -> None:
    """A single label, a reserved or private top-level name and an address that is not global are not public."""
    assert not identity.is_public_name(reference)
