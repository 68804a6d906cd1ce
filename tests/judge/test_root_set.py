from datetime import date, timedelta

import pytest

from anchorkeep.judge import operators, strategy
from anchorkeep.judge.operator_table import Reference
from anchorkeep.judge.strategy import Role, Selection, Strategy
from anchorkeep.mint import Authority
from anchorkeep.mint import name as names
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.pool import Pool
from tests.judge.conftest import AT, START, below, build, ca_template, leaf, pool, public, root

BROKEN = Certificate(b"\x30\x00")


def of(organization: str, number: int = 1, **changes: object) -> Authority:
    """Return a root whose subject names an organization."""
    return root(names.build(("O", organization), ("CN", f"{organization} Root {number}")), **changes)  # type: ignore[arg-type]


ONE, NEXT, OTHER = of("One"), of("One", 2), of("Other")
CA = below(ONE)
SENT = (leaf(CA), CA.certificate)


def select(known: Pool, *sent: Certificate, named: tuple[Certificate, ...] = ()) -> Selection:
    """Select the set for what was sent, or the tests' chain."""
    listed = frozenset(item for item in known.certificates if known.is_public(item))
    search = build(sent or SENT, known)
    return strategy.select(search, Strategy.ROOT_SET, at=AT, public=listed, named=named)


def roles(selection: Selection) -> dict[Certificate, Role]:
    """Return the anchors with their roles."""
    return {anchor.certificate: anchor.role for anchor in selection.anchors}


def certificates(*authorities: Authority) -> list[Certificate]:
    """Return the certificates of authorities."""
    return [authority.certificate for authority in authorities]


def test_public_set_is_the_operators() -> None:
    """The set holds the operator's other roots of Mozilla's list and nobody else's; it says that all of them are trusted."""
    found = select(public(*certificates(ONE, NEXT, OTHER)))
    assert roles(found) == {ONE.certificate: Role.ROOT, NEXT.certificate: Role.OPERATOR_ROOT}
    assert "trusts the whole operator: whatever One issues" in found.warnings[0]


def test_equal_organization_is_said_to_be_all_that_tells() -> None:
    """Where no table lists the root, the set by O= says so, of the whole and of each."""
    found = select(public(*certificates(ONE, NEXT)))
    assert "is in no table" in found.warnings[1]
    assert "no table says who operates it" in found.anchors[1].reason


def test_listed_operator_is_told_with_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the table lists the roots, the source and its day are named, and only what it lacks counts by O=."""
    rows = {item.certificate.sha256.hex(): ("Owner", "source") for item in (ONE, OTHER)}
    monkeypatch.setattr(operators, "ROWS", rows)
    source = Reference(name="a source", dated=date(2026, 1, 2), url="https://example.com/")
    monkeypatch.setattr(operators, "SOURCES", {"source": source})
    found = select(public(*certificates(ONE, NEXT, OTHER)))
    reasons = {anchor.certificate: anchor.reason for anchor in found.anchors}
    assert "operated by Owner too (a source, 2026-01-02)" in reasons[OTHER.certificate]
    assert "no table says who operates it" in reasons[NEXT.certificate]
    assert found.warnings[1].startswith("1 root of the set counted by an equal organization alone")
    only = select(public(*certificates(ONE, OTHER)))
    assert not any("table" in warning for warning in only.warnings)


def test_end_of_another_path_is_in_the_set() -> None:
    """A root of Mozilla's list to which another path of the chain leads is taken; the cross-certificate itself is not."""
    crossed = OTHER.sign(ca_template(ONE.certificate.subject), ONE.certificate.public_key)
    found = select(public(*certificates(ONE, OTHER)), *SENT, crossed)
    assert roles(found) == {ONE.certificate: Role.ROOT, OTHER.certificate: Role.CROSS_SIGN}


def test_cross_sign_by_a_stranger_brings_nothing_in() -> None:
    """Anybody can sign a public root's key: a root that is not of Mozilla's list never comes in by that."""
    evil = of("One", 66)
    crossed = evil.sign(ca_template(ONE.certificate.subject), ONE.certificate.public_key)
    for known in (Pool(), pool(evil.certificate)):
        found = select(public(ONE.certificate) | known, *SENT, crossed, evil.certificate)
        assert roles(found) == {ONE.certificate: Role.ROOT}


def test_path_that_does_not_verify_brings_nothing_in() -> None:
    """The root that an expired cross-certificate leads to is not in the set for it."""
    old = ca_template(ONE.certificate.subject, not_after=AT - timedelta(days=1))
    crossed = OTHER.sign(old, ONE.certificate.public_key)
    assert roles(select(public(*certificates(ONE, OTHER)), *SENT, crossed)) == {ONE.certificate: Role.ROOT}


@pytest.mark.parametrize("changes", [{"not_after": AT - timedelta(seconds=1)}, {"not_before": AT + timedelta(seconds=1)}])
def test_root_that_is_not_valid_now_is_left_out(changes: dict[str, object]) -> None:
    """An expired root of the operator, or one not yet valid, is not in the set, and the plan says which."""
    stale = of("One", 3, **changes)
    found = select(public(*certificates(ONE, stale)))
    assert roles(found) == {ONE.certificate: Role.ROOT}
    assert any(f"{stale.certificate.title} was left out" in warning for warning in found.warnings)


def test_root_in_its_last_second_is_in_the_set() -> None:
    """A root is valid through its notAfter (RFC 5280 §4.1.2.5)."""
    last = of("One", 3, not_before=START, not_after=AT)
    assert last.certificate in roles(select(public(*certificates(ONE, last))))


def test_private_set_is_what_a_person_names() -> None:
    """Beside a root that is not public stands what was named, each once, and nothing of an equal O=."""
    known = pool(*certificates(ONE, NEXT))
    found = select(known, named=(OTHER.certificate, ONE.certificate, OTHER.certificate))
    assert roles(found) == {ONE.certificate: Role.ROOT, OTHER.certificate: Role.NAMED}
    assert "the set is what you name" in found.warnings[0]


def test_private_set_of_one_says_so() -> None:
    """Where nothing was named the set is the root, and a warning says that this is no more than `root`."""
    found = select(pool(ONE.certificate))
    assert roles(found) == {ONE.certificate: Role.ROOT}
    assert any("--set FILE" in warning for warning in found.warnings)


def test_named_certificate_that_is_not_valid_is_left_out() -> None:
    """What was named but cannot be read, or has expired, is not in the set, and the plan says so."""
    stale = of("Two", 3, not_after=AT - timedelta(days=1)).certificate
    found = select(pool(ONE.certificate), named=(stale, BROKEN))
    assert roles(found) == {ONE.certificate: Role.ROOT}
    assert sum("left out" in warning for warning in found.warnings) == 2


def test_named_certificates_are_not_for_public_roots() -> None:
    """Beside a public root nothing that was named is taken, and a warning says so."""
    found = select(public(ONE.certificate), named=(OTHER.certificate,))
    assert roles(found) == {ONE.certificate: Role.ROOT}
    assert any(warning.startswith("1 named certificate not taken") for warning in found.warnings)


def test_root_without_an_organization_is_a_set_of_its_own() -> None:
    """Roots without O= belong to no operator that could be told."""
    bare, other = root("Bare"), root("Bare too")
    issuer = below(bare)
    found = select(public(*certificates(bare, other)), leaf(issuer), issuer.certificate)
    assert roles(found) == {bare.certificate: Role.ROOT}
    assert "(no organization)" in found.warnings[0]


def test_root_that_cannot_be_read_ends_nobody_knows_when() -> None:
    """A listed root whose dates cannot be read selects itself, and says so."""
    found = select(public(BROKEN), BROKEN)
    assert roles(found) == {BROKEN: Role.ROOT}
    assert "cannot be read" in strategy.select(build([BROKEN], public(BROKEN)), Strategy.ROOT, at=AT).warnings[0]
