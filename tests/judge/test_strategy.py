from dataclasses import replace
from datetime import timedelta

import pytest

from anchorkeep.errors import RefusedError
from anchorkeep.judge import strategy
from anchorkeep.judge.paths import PathSearch
from anchorkeep.judge.strategy import Role, Selection, Strategy
from anchorkeep.mint import Authority, self_signed
from anchorkeep.mint import key as keys
from anchorkeep.model.certificate import Certificate
from tests.judge.conftest import AT, LEAF_KEY, START, below, build, leaf, public, root, template

ROOT = root()
UPPER = below(ROOT, "Upper CA")
CA = below(UPPER)
LEAF = leaf(CA)
SENT = [LEAF, CA.certificate, UPPER.certificate]
SEARCH = build(SENT, public(ROOT.certificate))
BROKEN = Certificate(b"\x30\x00")


def select(wanted: Strategy, search: PathSearch = SEARCH, *, roots: tuple[Certificate, ...] = (ROOT.certificate,)) -> Selection:
    """Select for the tests' time."""
    return strategy.select(search, wanted, at=AT, public=frozenset(roots))


def roles(selection: Selection) -> list[tuple[Certificate, Role]]:
    """Return the anchors with their roles."""
    return [(anchor.certificate, anchor.role) for anchor in selection.anchors]


def test_root_is_the_end_of_the_path() -> None:
    """The strategy root takes the root alone, and says until when it lives."""
    found = select(Strategy.ROOT)
    assert roles(found) == [(ROOT.certificate, Role.ROOT)]
    assert "a root of Mozilla's list" in found.anchors[0].reason
    assert f"expires on {ROOT.certificate.not_after:%Y-%m-%d}" in found.warnings[0]


def test_private_root_is_called_so() -> None:
    """A root that is not of Mozilla's list is not said to be."""
    assert "not of Mozilla's list" in select(Strategy.ROOT, build([*SENT, ROOT.certificate])).anchors[0].reason


def test_chain_is_the_whole_path_from_the_root() -> None:
    """The strategy chain takes all of the path, and says that this survives no change that the root does not survive."""
    found = select(Strategy.CHAIN)
    expected = [
        (ROOT.certificate, Role.ROOT),
        (UPPER.certificate, Role.INTERMEDIATE),
        (CA.certificate, Role.INTERMEDIATE),
        (LEAF, Role.LEAF),
    ]
    assert roles(found) == expected
    assert "`root` alone does not survive" in found.warnings[0]
    assert f"{LEAF.not_after:%Y-%m-%d}" in found.warnings[1]


def test_chain_of_a_lone_root_is_the_root() -> None:
    """A root that is its own leaf stands in the chain once."""
    found = select(Strategy.CHAIN, build([ROOT.certificate], name=None))
    assert roles(found) == [(ROOT.certificate, Role.ROOT)]


def test_issuing_is_the_leafs_issuer() -> None:
    """The strategy issuing takes the CA above the leaf, says when it ends, and that OpenSSL refuses."""
    found = select(Strategy.ISSUING)
    assert roles(found) == [(CA.certificate, Role.ISSUING)]
    assert f"{CA.certificate.not_after:%Y-%m-%d}" in found.warnings[0]
    assert "X509_V_FLAG_PARTIAL_CHAIN" in found.warnings[1]


def test_issuing_root_is_refused_by_nobody() -> None:
    """Where the issuer is the root, OpenSSL takes it, and no warning says otherwise."""
    found = select(Strategy.ISSUING, build([leaf(ROOT)], public(ROOT.certificate)))
    assert roles(found) == [(ROOT.certificate, Role.ISSUING)]
    assert "and is a root" in found.anchors[0].reason
    assert not any("PARTIAL" in warning for warning in found.warnings)


def test_leaf_is_the_leaf_alone() -> None:
    """The strategy leaf takes the leaf, says its last day, and how short the lives of public ones become."""
    found = select(Strategy.LEAF)
    assert roles(found) == [(LEAF, Role.LEAF)]
    assert f"{LEAF.not_after:%Y-%m-%d}" in found.warnings[0]
    assert "47 days" in found.warnings[0]
    assert "X509_V_FLAG_PARTIAL_CHAIN" in found.warnings[1]


def test_private_leaf_is_not_told_of_public_lifetimes() -> None:
    """The bound on public certificates is not said of one that no public root vouches for."""
    assert "47 days" not in select(Strategy.LEAF, build([*SENT, ROOT.certificate])).warnings[0]


def test_self_signed_leaf_is_taken_by_openssl() -> None:
    """A leaf that is its own issuer needs no partial chain, and no warning says so."""
    lone = self_signed(replace(template()), LEAF_KEY)
    found = select(Strategy.LEAF, build([lone]))
    assert not any("PARTIAL" in warning for warning in found.warnings)


@pytest.mark.parametrize("wanted", [Strategy.ROOT, Strategy.ROOT_SET, Strategy.CHAIN])
def test_path_without_its_root_has_no_anchor_there(wanted: Strategy) -> None:
    """What needs the root is refused where the path ends in the air, with what to do."""
    with pytest.raises(RefusedError) as refused:
        select(wanted, build(SENT))
    assert "path ends at Upper CA" in refused.value.message
    assert "pools" in refused.value.remedy


@pytest.mark.parametrize("wanted", [Strategy.ISSUING, Strategy.LEAF])
def test_path_without_its_root_has_what_is_below(wanted: Strategy) -> None:
    """What lies below the root can be selected without it; whether it may be added is another question."""
    assert len(select(wanted, build(SENT)).anchors) == 1


def test_leaf_without_an_issuer_has_none() -> None:
    """Where the leaf's issuer is not known there is none to select."""
    with pytest.raises(RefusedError, match="is not known, or it is its own"):
        select(Strategy.ISSUING, build([LEAF]))


@pytest.mark.parametrize("wanted", list(Strategy))
def test_nothing_gives_nothing(wanted: Strategy) -> None:
    """Where no certificate came, no strategy selects one."""
    with pytest.raises(RefusedError, match="no certificate"):
        select(wanted, build([]))


def test_certificate_that_cannot_be_read_has_an_unknown_end() -> None:
    """A leaf whose dates cannot be read is selected with a warning that says so."""
    assert "last day cannot be read" in select(Strategy.LEAF, build([BROKEN])).warnings[0]


@pytest.mark.parametrize("wanted", list(Strategy))
def test_every_strategy_has_a_reason_and_warns(wanted: Strategy) -> None:
    """No strategy goes without its price: a reason, a warning, and a reason for each anchor, all one line."""
    found = select(wanted)
    texts = [found.reason, *found.warnings, *(anchor.reason for anchor in found.anchors)]
    assert found.strategy is wanted
    assert found.warnings
    assert all(text.endswith(".") and text.isprintable() for text in texts)


def test_hostile_name_is_shown_escaped() -> None:
    """What a server writes into its names reaches no sentence raw."""
    evil = root("evil\x1b[2J\u202e")
    intermediate = below(evil, "also\nevil")
    search = build([leaf(intermediate), intermediate.certificate, evil.certificate])
    for wanted in Strategy:
        found = strategy.select(search, wanted, at=AT)
        texts = [found.reason, *found.warnings, *(anchor.reason for anchor in found.anchors)]
        assert all(text.isprintable() for text in texts)


def test_only_issuing_and_leaf_need_a_partial_chain() -> None:
    """OpenSSL takes the other strategies as it is set."""
    assert {item for item in Strategy if item.is_partial} == {Strategy.ISSUING, Strategy.LEAF}


def test_longer_lived_anchor_is_not_promised_more_than_it_lives() -> None:
    """The warning of the root names the root's own last day, not the leaf's."""
    brief = Authority(certificate=root("Brief", not_after=START + timedelta(days=20)).certificate, key=keys.generate())
    search = build([brief.certificate], name=None)
    assert f"{brief.certificate.not_after:%Y-%m-%d}" in select(Strategy.ROOT, search).warnings[0]
