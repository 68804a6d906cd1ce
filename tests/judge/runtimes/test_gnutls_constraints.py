import pytest

from anchorkeep.judge.budget import Budget, BudgetExceededError
from anchorkeep.judge.runtimes import gnutls_constraints
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.extension import GeneralName, NameConstraints
from tests.judge.conftest import HOST, alt_names, leaf, root

ROOT = root()


def tree(kind: str, value: str, raw: bytes | None = None) -> GeneralName:
    """Return a subtree."""
    return GeneralName(kind=kind, value=value, raw=value.encode() if raw is None else raw)


def violation(
    certificate: Certificate, *, permitted: GeneralName | None = None, excluded: GeneralName | None = None
) -> str | None:
    """Return why a leaf breaks the constraints."""
    trees = NameConstraints(permitted=(permitted,) if permitted else (), excluded=(excluded,) if excluded else ())
    return gnutls_constraints.violation(certificate, trees, Budget())


@pytest.mark.parametrize(
    ("domain", "is_in"),
    [("example.com", True), (".example.com", True), ("", True), ("ample.com", False), (".www.example.com", False)],
)
def test_dns_name_lies_in_a_domain(domain: str, is_in: bool) -> None:  # noqa: FBT001 (pytest's way)
    """A DNS name lies in its domain and those above it, at a dot."""
    assert (violation(leaf(ROOT), permitted=tree("dNSName", domain)) is None) is is_in
    assert (violation(leaf(ROOT), excluded=tree("dNSName", domain)) is None) is not is_in


def test_common_name_counts_without_dns_names() -> None:
    """Where there is no dNSName the common name is held against DNS subtrees."""
    assert violation(leaf(ROOT, HOST, dns_names=()), permitted=tree("dNSName", "other.test")) is not None
    assert violation(leaf(ROOT, "other.test", dns_names=(HOST,)), permitted=tree("dNSName", HOST)) is None


@pytest.mark.parametrize(
    ("wanted", "is_in"), [("a@b.test", True), ("b.test", True), (".test", True), ("x@b.test", False), ("c.test", False)]
)
def test_mailbox_lies_in_a_domain(wanted: str, is_in: bool) -> None:  # noqa: FBT001 (pytest's way)
    """A mail address lies in its own mailbox, its host and the domains above it."""
    odd = leaf(ROOT, dns_names=(), extensions=(alt_names(("rfc822Name", "a@b.test")),))
    assert (violation(odd, permitted=tree("rfc822Name", wanted)) is None) is is_in


@pytest.mark.parametrize("raw", [bytes(3), b"\0\0\0\0\xff\0\xff\0", bytes(9)])
def test_broken_network_is_broken_by_all(raw: bytes) -> None:
    """A network that is none is broken by every leaf."""
    assert violation(leaf(ROOT), permitted=tree("iPAddress", "", raw)) is not None


def test_other_kinds_break_constraints_of_their_kind() -> None:
    """A URI breaks a constraint on URIs, which is not compared; a DNS name does not."""
    odd = leaf(ROOT, dns_names=(), extensions=(alt_names(("URI", "https://a.test")),))
    assert violation(odd, excluded=tree("URI", "b.test")) is not None
    assert violation(leaf(ROOT), excluded=tree("URI", "b.test")) is None
    assert violation(leaf(ROOT), excluded=tree("otherName", "")) is not None


def test_comparisons_are_counted() -> None:
    """Each name costs a step for each subtree."""
    trees = NameConstraints(permitted=(tree("dNSName", "example.com"),) * 100, excluded=())
    with pytest.raises(BudgetExceededError):
        gnutls_constraints.violation(leaf(ROOT), trees, Budget(steps=99))
    assert gnutls_constraints.violation(leaf(ROOT), trees, Budget(steps=100)) is None
