from ipaddress import ip_address, ip_network

import pytest

from anchorkeep.errors import CertificateError, TLVError
from anchorkeep.judge import constraints
from anchorkeep.mint import key as keys
from anchorkeep.mint import name as names
from anchorkeep.mint.template import EMPTY_NAME
from anchorkeep.model import oid
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.extension import NameConstraints
from anchorkeep.model.extension import name_constraints as decode
from anchorkeep.model.name import Name
from anchorkeep.tlv import writer
from tests.judge.conftest import LEAF_KEY, alt_names, extension, general_name, leaf, name_constraints, root, template

ROOT = root()
Pair = tuple[str, str | bytes]


def bearing(*pairs: Pair, subject: Name = EMPTY_NAME) -> Certificate:
    """Return a certificate that bears these names in its subjectAltName."""
    extensions = (alt_names(*pairs),) if pairs else ()
    return leaf(ROOT, subject, dns_names=(), extensions=extensions)


def permitting(*pairs: Pair) -> NameConstraints:
    """Return constraints with permitted subtrees."""
    return decode(name_constraints(permitted=pairs).value)


def excluding(*pairs: Pair) -> NameConstraints:
    """Return constraints with excluded subtrees."""
    return decode(name_constraints(excluded=pairs).value)


def network(text: str) -> bytes:
    """Return a network as a constraint holds it: address and mask."""
    parsed = ip_network(text)
    return parsed.network_address.packed + parsed.netmask.packed


def directory(*pairs: tuple[str, str]) -> bytes:
    """Return a directory name's encoding."""
    return names.build(*pairs).der


def dns(name: str) -> Pair:
    """Return a DNS name."""
    return "dNSName", name


def address(text: str) -> Pair:
    """Return an address."""
    return "iPAddress", ip_address(text).packed


def within(text: str) -> Pair:
    """Return a network."""
    return "iPAddress", network(text)


def mail(text: str) -> Pair:
    """Return a mailbox, or a host or domain of mailboxes."""
    return "rfc822Name", text


def called(*pairs: tuple[str, str]) -> Pair:
    """Return a directory name."""
    return "directoryName", directory(*pairs)


# Pairs of a name and a subtree in which it lies.
INSIDE = [
    (dns("example.com"), dns("example.com")),
    (dns("www.example.com"), dns("example.com")),
    (dns("a.b.EXAMPLE.com"), dns("Example.COM")),
    (dns("www.example.com"), dns(".example.com")),
    (dns("www.example.com."), dns("example.com")),
    (dns("*.example.com"), dns("example.com")),
    (dns("*.example.com"), dns(".example.com")),
    (dns("any.name"), dns("")),
    (address("192.0.2.77"), within("192.0.2.0/24")),
    (address("192.0.2.77"), within("0.0.0.0/0")),
    (address("2001:db8::77"), within("2001:db8::/32")),
    (address("2001:db8:0:1::"), within("2001:db8::/63")),
    (mail("me@example.com"), mail("example.com")),
    (mail("me@EXAMPLE.com"), mail("me@example.com")),
    (mail("me@mail.example.com"), mail(".example.com")),
    (called(("C", "DE"), ("O", "Example")), called(("C", "DE"))),
    (called(("C", "DE"), ("O", "Example  Ltd")), called(("C", "de"), ("O", "EXAMPLE LTD"))),
    (called(("C", "DE")), called()),
]
# Pairs of a name and a subtree of the same kind in which it does not lie.
OUTSIDE = [
    (dns("example.org"), dns("example.com")),
    (dns("com"), dns("example.com")),
    (dns("notexample.com"), dns("example.com")),
    (dns("example.com"), dns(".example.com")),
    (dns("*.com"), dns("www.example.com")),
    (address("192.0.3.77"), within("192.0.2.0/24")),
    (address("2001:db9::77"), within("2001:db8::/32")),
    (address("2001:db8:0:2::"), within("2001:db8::/63")),
    (address("192.0.2.77"), within("::/0")),
    (address("2001:db8::77"), within("0.0.0.0/0")),
    (mail("me@example.org"), mail("example.com")),
    (mail("me@mail.example.com"), mail("example.com")),
    (mail("me@example.com"), mail(".example.com")),
    (mail("Me@example.com"), mail("me@example.com")),
    (called(("C", "DE"), ("O", "Example")), called(("O", "Example"))),
    (called(("C", "DE")), called(("C", "DE"), ("O", "Example"))),
]


@pytest.mark.parametrize(("name", "tree"), INSIDE)
def test_name_inside_keeps_a_permission(name: Pair, tree: Pair) -> None:
    """A name in a permitted subtree keeps the constraints."""
    assert constraints.violation(bearing(name), permitting(tree)) is None


@pytest.mark.parametrize(("name", "tree"), INSIDE)
def test_name_inside_breaks_an_exclusion(name: Pair, tree: Pair) -> None:
    """A name in an excluded subtree breaks the constraints."""
    assert "lies in an excluded subtree" in (constraints.violation(bearing(name), excluding(tree)) or "")


@pytest.mark.parametrize(("name", "tree"), OUTSIDE)
def test_name_outside_breaks_a_permission(name: Pair, tree: Pair) -> None:
    """A name in no permitted subtree breaks the constraints."""
    assert "lies in no permitted subtree" in (constraints.violation(bearing(name), permitting(tree)) or "")


@pytest.mark.parametrize(("name", "tree"), OUTSIDE)
def test_name_outside_keeps_an_exclusion(name: Pair, tree: Pair) -> None:
    """A name in no excluded subtree keeps the constraints."""
    assert constraints.violation(bearing(name), excluding(tree)) is None


@pytest.mark.parametrize("tree", ["www.example.com", "WWW.example.com"])
def test_wildcard_that_may_stand_for_an_excluded_name_is_refused(tree: str) -> None:
    """A wildcard that stands for the excluded name, among others, breaks the constraints."""
    assert constraints.violation(bearing(dns("*.example.com")), excluding(dns(tree)))


@pytest.mark.parametrize("tree", ["a.www.example.com", ".www.example.com", "www.example.org"])
def test_wildcard_that_cannot_stand_for_an_excluded_name_is_kept(tree: str) -> None:
    """A wildcard is one label, so that nothing below that label can be meant."""
    assert constraints.violation(bearing(dns("*.example.com")), excluding(dns(tree))) is None


def test_one_permitted_subtree_of_many_is_enough() -> None:
    """A name has to lie in one permitted subtree only."""
    assert constraints.violation(bearing(dns("b.com")), permitting(dns("a.com"), dns("b.com"))) is None


def test_every_name_must_keep_the_constraints() -> None:
    """One name outside is enough to break them."""
    certificate = bearing(dns("a.com"), dns("b.com"))
    assert "b.com" in (constraints.violation(certificate, permitting(dns("a.com"))) or "")


def test_exclusion_goes_before_permission() -> None:
    """A name both permitted and excluded breaks the constraints."""
    both = NameConstraints(permitted=permitting(dns("com")).permitted, excluded=excluding(dns("a.com")).excluded)
    assert constraints.violation(bearing(dns("a.com")), both)


def test_constraint_of_another_kind_does_not_apply() -> None:
    """A constraint on addresses says nothing about DNS names."""
    assert constraints.violation(bearing(dns("a.com")), permitting(within("192.0.2.0/24"))) is None


def test_constraint_on_a_kind_not_understood_fails_closed() -> None:
    """A name of a kind whose constraints are not understood breaks them."""
    names_ = bearing(("URI", "https://a.com/"))
    assert "not understood" in (constraints.violation(names_, permitting(("URI", "a.com"))) or "")


def test_name_of_a_kind_not_understood_is_kept_where_nothing_constrains_it() -> None:
    """A URI breaks no constraint on DNS names."""
    assert constraints.violation(bearing(("URI", "https://a.com/")), permitting(dns("b.com"))) is None


@pytest.mark.parametrize("tree", [bytes(9), bytes(7), b"", bytes(33)])
def test_network_of_a_wrong_length_fails_closed(tree: bytes) -> None:
    """A constraint on addresses that is no network breaks, whether it permits or excludes."""
    assert all(
        "cannot be compared" in (constraints.violation(bearing(address("0.0.0.0")), kind(("iPAddress", tree))) or "")
        for kind in (permitting, excluding)
    )


def test_address_of_a_wrong_length_fails_closed() -> None:
    """An address of five octets breaks a constraint that would exclude it if it were one."""
    assert constraints.violation(bearing(("iPAddress", bytes(5))), excluding(within("10.0.0.0/8")))


@pytest.mark.parametrize("name", ["", ".", ".example.com", "a..example.com"])
def test_dns_name_with_an_empty_label_fails_closed(name: str) -> None:
    """A DNS name that is none lies in no permitted subtree, though it may end like one."""
    assert constraints.violation(bearing(dns(name)), permitting(dns("example.com")))


def test_directory_name_that_cannot_be_read_fails_closed() -> None:
    """A directory name that is none cannot be shown to lie outside of an excluded subtree."""
    broken: Pair = ("directoryName", writer.integer(1))
    assert constraints.violation(bearing(broken), excluding(called(("C", "DE"))))


@pytest.mark.parametrize(("subject", "kept"), [("DE", True), ("FR", False)])
def test_subject_is_a_directory_name(subject: str, *, kept: bool) -> None:
    """Constraints on directory names apply to the subject (§4.2.1.10)."""
    certificate = bearing(dns("a.com"), subject=names.build(("C", subject), ("O", "Example")))
    assert (constraints.violation(certificate, permitting(called(("C", "DE")))) is None) is kept


def test_empty_subject_is_no_directory_name() -> None:
    """A certificate without a subject has no directory name to break a constraint with."""
    assert constraints.violation(bearing(dns("a.com")), permitting(called(("C", "DE")))) is None


@pytest.mark.parametrize(("mailbox", "kept"), [("me@example.com", True), ("me@example.org", False)])
def test_mailbox_in_the_subject_counts_without_alternative_names(mailbox: str, *, kept: bool) -> None:
    """Without a subjectAltName, constraints on mailboxes apply to emailAddress in the subject (§4.2.1.10)."""
    certificate = bearing(subject=names.build(("CN", "me"), ("emailAddress", mailbox)))
    assert (constraints.violation(certificate, permitting(mail("example.com"))) is None) is kept


def test_mailbox_in_the_subject_does_not_count_beside_alternative_names() -> None:
    """With a subjectAltName, emailAddress in the subject is not looked at."""
    certificate = bearing(dns("a.com"), subject=names.build(("CN", "me"), ("emailAddress", "me@example.org")))
    assert constraints.violation(certificate, permitting(mail("example.com"))) is None


def test_subject_that_cannot_be_read_fails_closed() -> None:
    """Whether a broken subject holds a mailbox cannot be told, so it breaks the constraints."""
    subject = Name(writer.sequence(writer.set_of(writer.sequence(writer.oid(oid.COMMON_NAME)))))
    assert constraints.violation(bearing(subject=subject), excluding(mail("example.com")))


def test_alternative_names_that_cannot_be_read_are_no_names() -> None:
    """A certificate whose subjectAltName is broken cannot be judged at all."""
    broken = extension(oid.SUBJECT_ALT_NAME, b"\x30\x05")
    certificate = ROOT.sign(template(dns_names=(), extensions=(broken,)), keys.public_key(LEAF_KEY))
    with pytest.raises(CertificateError):
        constraints.violation(certificate, excluding(dns("a.com")))


def test_comparisons_are_bounded() -> None:
    """Names times subtrees beyond the bound break the constraints instead of being compared."""
    trees = permitting(*(dns(f"{number}.com") for number in range(1025)))
    certificate = bearing(*(dns("1.com") for _ in range(64)))
    assert "comparisons" in (constraints.violation(certificate, trees) or "")


def test_comparisons_up_to_the_bound_are_made() -> None:
    """As many comparisons as the bound allows are made."""
    trees = permitting(*(dns(f"{number}.com") for number in range(1024)))
    certificate = bearing(*(dns("1.com") for _ in range(64)))
    assert constraints.violation(certificate, trees) is None


@pytest.mark.parametrize("distance", [writer.implicit(0, b"\1"), writer.implicit(1, b"\0")], ids=["minimum", "maximum"])
def test_subtree_with_a_distance_is_not_understood(distance: bytes) -> None:
    """A minimum other than 0 and any maximum are refused and not passed over (§4.2.1.10)."""
    tree = writer.sequence(general_name("dNSName", "example.com"), distance)
    with pytest.raises(TLVError):
        decode(writer.sequence(writer.explicit(0, tree)))


def test_subtree_with_the_minimum_written_out_is_understood() -> None:
    """A minimum of 0, which DER leaves out, changes nothing."""
    tree = writer.sequence(general_name("dNSName", "example.com"), writer.implicit(0, b"\0"))
    assert decode(writer.sequence(writer.explicit(0, tree))) == permitting(dns("example.com"))


def test_subtrees_that_are_neither_permitted_nor_excluded_are_not_understood() -> None:
    """What is neither permitted nor excluded is refused and not passed over."""
    with pytest.raises(TLVError):
        decode(writer.sequence(writer.explicit(2, writer.sequence(general_name("dNSName", "example.com")))))
