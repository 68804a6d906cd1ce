import pytest

from anchorkeep.judge.runtimes import openssl_names
from anchorkeep.mint import name as names
from tests.judge.conftest import leaf, root

ROOT = root()


@pytest.mark.parametrize(
    ("pattern", "reference"),
    [
        ("www.Example.com", "WWW.example.com"),
        ("*.example.com", "a.example.com"),
        ("*.example.com", "xn--a.example.com"),
        ("w*.example.com", "www.example.com"),
        ("*w.example.com", "www.example.com"),
        ("w*.example.com", "w.example.com"),
        ("a_b.example.com", "a_b.example.com"),
    ],
)
def test_pattern_matches(pattern: str, reference: str) -> None:
    """A name matches itself in any case, and a wildcard in the first label a part of it."""
    assert openssl_names.matches(leaf(ROOT, "x", dns_names=(pattern,)), reference)


@pytest.mark.parametrize(
    ("pattern", "reference"),
    [
        ("*.example.com", "example.com"),
        ("*.example.com", "a.b.example.com"),
        ("*.example.com", "a_b.example.com"),
        ("*.com", "a.com"),
        ("a.*.example.com", "a.b.example.com"),
        ("w*w.example.com", "www.example.com"),
        ("xn--*.example.com", "xn--a.example.com"),
        ("x*.example.com", "xn--a.example.com"),
        ("-*.example.com", "-a.example.com"),
        ("*-.example.com", "a-.example.com"),
        ("*..com", "a..com"),
        ("www.example.com.", "www.example.com"),
        ("", "www.example.com"),
    ],
)
def test_pattern_does_not_match(pattern: str, reference: str) -> None:
    """A wildcard stands for one label at most and in few places; nothing is normalized but the case of ASCII."""
    assert not openssl_names.matches(leaf(ROOT, "x", dns_names=(pattern,)), reference)


def test_common_name_counts_without_dns_names() -> None:
    """A common name, the first as the last, counts where there is no dNSName, and only there."""
    subject = names.build(("CN", "www.example.com"), ("CN", "b.example.com"))
    assert openssl_names.matches(leaf(ROOT, subject, dns_names=()), "www.example.com")
    assert openssl_names.matches(leaf(ROOT, subject, dns_names=(), ip_addresses=("192.0.2.1",)), "b.example.com")
    assert not openssl_names.matches(leaf(ROOT, subject, dns_names=("a.example.com",)), "www.example.com")


def test_address_matches_addresses_alone() -> None:
    """An address is held against iPAddress entries, never against text."""
    assert openssl_names.matches(leaf(ROOT, "x", dns_names=(), ip_addresses=("192.0.2.1",)), "192.0.2.1")
    assert not openssl_names.matches(leaf(ROOT, "192.0.2.1", dns_names=("192.0.2.1",)), "192.0.2.1")
