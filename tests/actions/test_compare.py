import pytest

from anchorkeep.actions.compare import Aspect, compare
from anchorkeep.actions.show import Report
from anchorkeep.mint.key import public_key
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.finding import Severity
from tests.peers import reports
from tests.peers.reports import pki

NAMES = ["leaf", "key", "names", "intermediates", "root", "order"]


def aspects(left: Report, right: Report) -> dict[str, Aspect]:
    """Return the aspects of two reports by name."""
    (comparison,) = compare([left], [right])
    assert [aspect.name for aspect in comparison.aspects] == NAMES
    return {aspect.name: aspect for aspect in comparison.aspects}


def differing(left: Report, right: Report) -> dict[str, Severity]:
    """Return what differs, and how much that matters."""
    return {name: aspect.severity for name, aspect in aspects(left, right).items() if not aspect.is_same}


def chain(*certificates: Certificate) -> Report:
    """Return the report of a chain under the steady root."""
    return reports.report(certificates, reports.pool(pki().root))


def test_equal_chains_differ_in_nothing() -> None:
    """The same chain on both sides is the same in every aspect."""
    assert differing(reports.good(), reports.good("other.example.test")) == {}


def test_renewed_leaf_is_a_note() -> None:
    """Another leaf of the same key, names and issuer differs in the leaf alone, which is a note."""
    issuer = reports.authority("Same Root")
    first, second = (
        issuer.issue(dns_names=("a.example.test",), at=reports.AT, days=47, entropy=lambda size, fill=fill: fill * size)
        for fill in (b"1", b"2")
    )
    # The renewed certificate is for the key of the first.
    assert first.leaf != second.leaf
    known = reports.pool(issuer.certificate)
    found = differing(reports.report(first.chain, known), reports.report(second.chain, known))
    assert found == {"leaf": Severity.NOTE, "key": Severity.NOTE}


def test_names_beyond_those_shown_are_compared() -> None:
    """Two certificates whose names differ in the last of many differ, though only the first names are shown."""
    issuer = reports.authority("Same Root")
    names = tuple(f"host-{number}.example.test" for number in range(30))
    identities = [
        issuer.issue(dns_names=(*names, last), at=reports.AT, days=47, entropy=lambda size: b"n" * size)
        for last in ("one.example.test", "two.example.test")
    ]
    found = aspects(*(reports.report(item.chain, reports.pool(issuer.certificate)) for item in identities))
    assert not found["names"].is_same
    assert found["names"].left.endswith("and 11 more")


def test_other_intermediate_is_a_warning() -> None:
    """Another intermediate below the same root is a warning, the root is the same."""
    root = reports.authority("Same Root")
    sides = []
    for number in (b"1", b"2"):
        middle = root.intermediate("Same CA", at=reports.AT, days=100, entropy=lambda size, fill=number: fill * size)
        identity = middle.issue(dns_names=("a.example.test",), at=reports.AT, days=47, entropy=lambda size: b"l" * size)
        sides.append(reports.report(identity.chain, reports.pool(root.certificate)))
    found = differing(*sides)
    assert found["intermediates"] is Severity.WARNING
    assert "root" not in found
    assert "order" not in found


def test_other_root_is_a_warning() -> None:
    """Another root is a warning."""
    other = reports.identity("licenses.example.test")
    found = differing(reports.good(), reports.report(other.chain, reports.pool(other.root)))
    assert found["root"] is Severity.WARNING


def test_unknown_root_is_another_than_a_known_one() -> None:
    """A side whose path ends in the air has no root, and all above its leaf are intermediates."""
    found = aspects(reports.good(), reports.report((pki().leaf, pki().intermediate)))
    assert (found["root"].is_same, found["root"].right) == (False, "none")
    assert found["intermediates"].is_same


def test_order_is_a_note() -> None:
    """The same certificates in another order differ in the order alone."""
    found = aspects(chain(pki().leaf, pki().intermediate, pki().root), chain(pki().leaf, pki().root, pki().intermediate))
    assert [name for name, aspect in found.items() if not aspect.is_same] == ["order"]
    assert found["order"].severity is Severity.NOTE
    assert found["order"].left == "leaf, intermediate 1, root"
    assert found["order"].right == "leaf, root, intermediate 1"


def test_unrelated_certificate_is_named_as_other() -> None:
    """A certificate that lies on no path is part of the order, as another."""
    stray = reports.identity("stray.example.test").root
    assert aspects(chain(pki().leaf, stray), chain(pki().leaf))["order"].left == "leaf, other"


def test_missing_intermediate_differs_in_order_only() -> None:
    """An intermediate that one side does not send but a pool knows is on both paths."""
    known = reports.pool(pki().root, pki().intermediate)
    found = differing(reports.good(), reports.report((pki().leaf,), known))
    assert found == {"order": Severity.NOTE}


def test_failed_side_is_not_known() -> None:
    """A service that could not be looked at is compared with nothing, and nothing is said to be the same."""
    (comparison,) = compare([reports.good()], [reports.failed()])
    assert (comparison.is_known, comparison.aspects) == (False, ())


@pytest.mark.parametrize("sides", [(1, 2), (2, 1), (0, 1)])
def test_unequal_numbers_of_endpoints_leave_a_side_empty(sides: tuple[int, int]) -> None:
    """An endpoint without a counterpart is kept, with nothing beside it."""
    left, right = (
        [reports.good(f"{side}{number}.example.test") for number in range(count)]
        for side, count in zip(("left", "right"), sides, strict=True)
    )
    last = compare(left, right)[-1]
    assert (last.left is None, last.right is None) == (sides[0] < sides[1], sides[0] > sides[1])
    assert not last.is_known


def test_same_service_is_compared_with_itself() -> None:
    """Two sides that hold the same services in another order are compared service by service."""
    first, second = reports.good("one.example.test"), reports.good("two.example.test:8443")
    pairs = compare([first, second], [second, first])
    assert [(pair.left, pair.right) for pair in pairs] == [(first, first), (second, second)]


def test_service_without_twin_stands_alone() -> None:
    """Beside services that are on both sides, one that is on one side only has nothing beside it."""
    both, left, right = (reports.good(f"{name}.example.test") for name in ("both", "left", "right"))
    pairs = compare([both, left], [right, both])
    assert [(pair.left, pair.right) for pair in pairs] == [(both, both), (left, None), (None, right)]


def test_service_that_is_there_twice_has_its_twin() -> None:
    """A service that one side holds twice is compared with the other side's, and is not said to be missing there."""
    once, twice = reports.good("one.example.test"), [reports.good("one.example.test"), reports.failed("one.example.test")]
    assert [(pair.left, pair.right) for pair in compare([once], twice)] == [(once, twice[1])]
    assert [(pair.left, pair.right) for pair in compare(twice, [once])] == [(twice[0], once), (twice[1], once)]


def test_file_among_services_stands_alone() -> None:
    """What is no service has no twin, on either side."""
    service, file = reports.good("one.example.test"), reports.good(None)
    pairs = compare([service, file], [file, service])
    assert [(pair.left, pair.right) for pair in pairs] == [(service, service), (file, None), (None, file)]


def test_thousands_are_compared_in_little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pairs are found by their place: no report is compared with every other."""
    left, right = ([reports.failed(f"{number}.example.test") for number in range(50)] for _ in range(2))

    def compared(*_: object) -> bool:
        raise AssertionError("compared")

    monkeypatch.setattr(Report, "__eq__", compared)
    assert len(compare(left, right)) == 50


def test_nothing_compared_with_nothing_is_nothing() -> None:
    """Two targets without endpoints have no comparisons."""
    assert compare([], []) == ()


def test_unreadable_leaf_is_compared_by_its_bytes() -> None:
    """A certificate that cannot be read is shown as its problem, and still differs from another."""
    found = aspects(chain(Certificate(b"0\x03\x02\x01\x01")), chain(Certificate(b"0\x03\x02\x01\x02")))
    assert not found["leaf"].is_same
    assert found["leaf"].left


def test_titles_are_harmless() -> None:
    """A hostile name reaches the comparison escaped."""
    shown = aspects(chain(pki().hostile), chain(pki().leaf))
    assert all(text.isprintable() for aspect in shown.values() for text in (aspect.left, aspect.right))


def test_pin_is_that_of_the_key() -> None:
    """The key is compared by its pin."""
    identity = reports.identity("a.example.test")
    found = aspects(reports.report(identity.chain, reports.pool(identity.root)), reports.good())
    assert found["key"].left == public_key(identity.key).pin


def test_lists_are_compared_by_what_they_hold() -> None:
    """Two files of roots in another order are the same; one root more is a warning that names it."""
    one, two, three = (reports.authority(f"Root {number}", f"r{number}").certificate for number in range(3))
    few, turned, many = (reports.report(items, target=None) for items in ((one, two), (two, one), (one, two, three)))
    (same,), (other,) = (
        comparison.aspects for left, right in ((few, turned), (few, many)) for comparison in compare([left], [right])
    )
    assert (same.name, same.is_same) == ("certificates", True)
    assert (other.is_same, other.severity, "Root 2" in other.right) == (False, Severity.WARNING, True)
