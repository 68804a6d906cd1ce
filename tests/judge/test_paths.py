from datetime import timedelta

import pytest

from anchorkeep.judge.paths import Limits, PathSearch
from anchorkeep.mint import Authority
from anchorkeep.mint import key as keys
from anchorkeep.mint import name as names
from anchorkeep.mint.template import EMPTY_NAME
from anchorkeep.model import oid
from anchorkeep.model.certificate import Certificate
from anchorkeep.tlv import writer
from tests.judge.conftest import (
    AT,
    HOST,
    LEAF_KEY,
    START,
    below,
    build,
    ca_template,
    changed,
    extension,
    leaf,
    pool,
    public,
    root,
    template,
)

ROOT = root()
CA = below(ROOT)
LEAF = leaf(CA)
LATER = START + timedelta(days=7300)


def certificates(search: PathSearch) -> list[tuple[Certificate, ...]]:
    """Return the paths, best first, as certificates alone."""
    return [path.certificates for path in search.paths]


def again(authority: Authority, issuer: Authority, **changes: object) -> Certificate:
    """Return one more certificate for the name and key of an authority, by an issuer."""
    template_ = ca_template(authority.certificate.subject, **changes)
    return issuer.sign(template_, authority.certificate.public_key)


def test_path_is_built_to_the_root_of_a_pool() -> None:
    """From leaf and intermediate the path goes on to a root that was not sent."""
    search = build([LEAF, CA.certificate], pool(ROOT.certificate))
    (path,) = search.paths
    assert path.certificates == (LEAF, CA.certificate, ROOT.certificate)
    assert (path.root, path.is_complete, path.is_public, path.not_sent, path.verifies) == (ROOT.certificate, True, False, 1, True)
    assert (search.best, search.exhausted, search.rejected) == (path, None, ())


def test_path_without_its_root_is_incomplete() -> None:
    """A path whose last issuer is not known ends in the air and does not verify."""
    (path,) = build([LEAF, CA.certificate]).paths
    assert (path.certificates, path.is_complete, path.verifies, path.root) == ((LEAF, CA.certificate), False, False, None)


def test_path_to_a_root_of_mozillas_list_is_public() -> None:
    """Mozilla's list makes a root public."""
    assert build([LEAF, CA.certificate], public(ROOT.certificate)).paths[0].is_public


def test_intermediate_is_taken_from_a_pool() -> None:
    """An intermediate that was not sent is found in a pool, and counted."""
    (path,) = build([LEAF], pool(CA.certificate, ROOT.certificate)).paths
    assert (path.certificates, path.not_sent) == ((LEAF, CA.certificate, ROOT.certificate), 2)


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (0, 1, 1, 2, 2)])
def test_order_of_what_was_sent_does_not_matter(order: tuple[int, ...]) -> None:
    """The path is the same in whatever order, and however often, its certificates were sent."""
    sent = (LEAF, CA.certificate, ROOT.certificate)
    assert certificates(build([sent[index] for index in order])) == [sent]


def test_another_leaf_may_be_named() -> None:
    """The search starts at the leaf that is named, wherever it was sent."""
    assert certificates(build([ROOT.certificate, CA.certificate, LEAF], leaf=LEAF))[0][0] == LEAF


def test_no_certificate_is_no_path() -> None:
    """From nothing, nothing is built."""
    search = build([])
    assert (search.paths, search.best, search.steps) == ((), None, 0)


def test_leaf_that_cannot_be_read_is_a_path_of_its_own() -> None:
    """A leaf that cannot be read is an incomplete path that does not verify."""
    (path,) = build([Certificate(b"\x30\x00")], public(ROOT.certificate)).paths
    assert (path.is_complete, [problem.id for problem in path.problems]) == (False, ["not-understood"])


def test_certificates_that_cannot_be_read_are_passed_over() -> None:
    """What cannot be read in a pool or in what was sent keeps nobody from finding the path."""
    broken = Certificate(b"\x30\x00")
    assert certificates(build([LEAF, broken, CA.certificate], pool(broken, ROOT.certificate)))[0][-1] == ROOT.certificate


def test_issuer_whose_key_cannot_be_read_is_passed_over() -> None:
    """A candidate with a broken key identifier is tried last and does no harm."""
    broken = extension(oid.SUBJECT_KEY_IDENTIFIER, b"\x05\x00")
    odd = again(CA, ROOT, has_subject_key_identifier=False, extensions=(broken,))
    found = certificates(build([LEAF], pool(odd, CA.certificate, ROOT.certificate)))
    assert {path[1] for path in found} == {odd, CA.certificate}


def test_path_ends_in_an_unreadable_end_of_validity() -> None:
    """A path with a certificate whose dates cannot be read is ranked, and does not verify."""
    timeless = leaf(CA, not_after=writer.encode(0x17, b"never"))
    (path,) = build([timeless, CA.certificate], pool(ROOT.certificate)).paths
    assert (path.is_complete, path.verifies) == (True, False)


def test_issuer_by_name_alone_is_rejected() -> None:
    """A certificate of the issuer's name with another key is no issuer, and is reported."""
    impostor = root("Example Root").certificate
    search = build([LEAF, CA.certificate], public(impostor))
    assert certificates(search) == [(LEAF, CA.certificate)]
    assert search.rejected == ((CA.certificate, impostor),)


def test_forged_leaf_has_no_issuer() -> None:
    """A leaf with a flipped bit does not lead to the CA it names."""
    forged = changed(LEAF)
    search = build([forged, CA.certificate], public(ROOT.certificate))
    assert (certificates(search), search.rejected) == ([(forged,)], ((forged, CA.certificate),))


def test_forged_root_is_no_root() -> None:
    """A self-issued CA whose own signature is wrong ends no path."""
    forged = changed(ROOT.certificate)
    (path,) = build([LEAF, CA.certificate], pool(forged)).paths
    assert (path.certificates[-1], path.is_complete) == (forged, False)


def test_self_signed_leaf_that_is_no_ca_is_incomplete() -> None:
    """A self-signed certificate that is no CA is no root."""
    authority = root(HOST, is_ca=False)
    assert not build([authority.certificate]).paths[0].is_complete


def test_self_signed_ca_is_its_own_path() -> None:
    """A self-signed CA that answers as a server is a path of one, and complete."""
    certificate = root(HOST, dns_names=(HOST,)).certificate
    (path,) = build([certificate]).paths
    assert (path.certificates, path.is_complete) == ((certificate,), True)


def test_public_root_needs_no_signature_of_its_own() -> None:
    """A root of Mozilla's list ends the path for standing in the list."""
    forged = changed(ROOT.certificate)
    assert build([LEAF, CA.certificate], public(forged)).paths[0].is_public


def test_names_that_are_empty_are_names() -> None:
    """A CA without a name is found by its empty name."""
    nameless = root(EMPTY_NAME)
    assert certificates(build([leaf(nameless)], pool(nameless.certificate)))[0][-1] == nameless.certificate


def test_certificates_that_strict_parsers_refuse_are_built_into_paths() -> None:
    """A negative serial number, NULL parameters and version 2 are no obstacle."""
    odd_root = root("Odd Root", serial_number=-1, null_parameters=True)
    odd = below(odd_root, "Odd CA", serial_number=-2, null_parameters=True)
    certificate = leaf(odd, serial_number=-3, null_parameters=True)
    assert build([certificate, odd.certificate], pool(odd_root.certificate)).paths[0].verifies


def test_all_paths_over_cross_signatures_are_found() -> None:
    """Every way up is found: to the own root, to the root that cross-signed it, and through both intermediates."""
    new = root("New Root")
    crossed = again(ROOT, new)
    second = again(CA, new)
    search = build([LEAF], pool(CA.certificate, second, crossed, ROOT.certificate, new.certificate))
    assert set(certificates(search)) == {
        (LEAF, CA.certificate, ROOT.certificate),
        (LEAF, CA.certificate, crossed, new.certificate),
        (LEAF, second, new.certificate),
    }


def test_same_subject_and_key_never_stand_twice() -> None:
    """Two roots that cross-sign each other make no loop (RFC 4158 §2.4.2)."""
    new = root("New Root")
    there, back = again(ROOT, new), again(new, ROOT)
    search = build([LEAF], pool(CA.certificate, there, back, ROOT.certificate, new.certificate))
    for path in certificates(search):
        pairs = [(item.subject.canonical, item.public_key) for item in path]
        assert len(set(pairs)) == len(pairs)
    assert {path.certificates for path in search.paths if path.is_complete} == {
        (LEAF, CA.certificate, ROOT.certificate),
        (LEAF, CA.certificate, there, new.certificate),
    }


# Ranking: in each test the better path has one advantage, and its rival every later one.


def test_path_that_verifies_comes_before_a_public_one() -> None:
    """First comes what verifies at the time for the name, though another ends in a public root."""
    new = root("New Root")
    expired = again(CA, new, not_after=AT - timedelta(seconds=1))
    search = build([LEAF, expired], public(new.certificate) | pool(CA.certificate, ROOT.certificate))
    assert certificates(search) == [(LEAF, CA.certificate, ROOT.certificate), (LEAF, expired, new.certificate)]


def test_complete_path_comes_before_one_in_the_air() -> None:
    """Of paths that do not verify, one that ends in a root comes first."""
    stray = again(CA, root("Unknown Root"))
    search = build([LEAF, stray], pool(CA.certificate, ROOT.certificate), name="another.example.com")
    assert certificates(search) == [(LEAF, CA.certificate, ROOT.certificate), (LEAF, stray)]


def test_public_path_comes_before_one_that_was_sent() -> None:
    """Of paths that verify, one to a public root comes first, though it needs more that was not sent."""
    new = root("New Root")
    crossed = again(CA, new)
    search = build([LEAF, CA.certificate, ROOT.certificate], public(new.certificate) | pool(crossed))
    assert certificates(search)[0] == (LEAF, crossed, new.certificate)


def test_path_that_was_sent_comes_before_a_shorter_one() -> None:
    """Then the one for which the fewest certificates were not sent, though it is longer and ends earlier."""
    new = root("New Root", not_after=LATER)
    crossed, short = again(ROOT, new), again(CA, new, not_after=LATER)
    search = build([LEAF, CA.certificate, crossed], public(new.certificate) | pool(short))
    assert certificates(search) == [
        (LEAF, CA.certificate, crossed, new.certificate),
        (LEAF, short, new.certificate),
    ]


def test_shorter_path_comes_before_one_that_ends_later() -> None:
    """Then the shorter one, though it ends earlier."""
    new = root("New Root", not_after=LATER)
    long_lived = leaf(CA, not_after=LATER)
    direct = again(CA, new, not_after=START + timedelta(days=60))
    crossed = again(ROOT, new, not_after=LATER)
    indirect = again(CA, ROOT, not_after=LATER)
    search = build([long_lived, indirect, crossed, direct], public(new.certificate))
    assert certificates(search) == [
        (long_lived, direct, new.certificate),
        (long_lived, indirect, crossed, new.certificate),
    ]


def test_path_that_ends_later_comes_before_a_smaller_fingerprint() -> None:
    """Then the one whose first certificate to expire does so last."""
    long_lived = leaf(CA, not_after=LATER)
    soon = again(CA, ROOT, not_after=START + timedelta(days=60))
    late = again(CA, ROOT, not_after=START + timedelta(days=61))
    while late.sha256 < soon.sha256:
        late = again(CA, ROOT, not_after=START + timedelta(days=61))
    search = build([long_lived, soon, late], public(ROOT.certificate))
    assert [path[1] for path in certificates(search)] == [late, soon]


def test_fingerprint_decides_between_equals() -> None:
    """Between paths that are equal in all else the fingerprints decide, whatever the order they were sent in."""
    twins = sorted((again(CA, ROOT), again(CA, ROOT)), key=lambda item: item.sha256)
    for sent in ([LEAF, *twins], [LEAF, *reversed(twins)]):
        assert [path[1] for path in certificates(build(sent, public(ROOT.certificate)))] == twins


# Budgets: what is reported is counted, and a bound that is just not reached is no bound.


def row(length: int) -> tuple[list[Certificate], Certificate]:
    """Return a chain of so many certificates without its root, and the root."""
    top = authority = root("Row 0")
    sent: list[Certificate] = []
    for number in range(1, length):
        authority = below(authority, f"Row {number}")
        sent.insert(0, authority.certificate)
    return [leaf(authority), *sent], top.certificate


def mesh(width: int) -> list[Certificate]:
    """Return a leaf and CAs of one name, each with a key of its own, of which each has signed every other."""
    name = names.build(("CN", "Mesh"))
    members = [root(name) for _ in range(width)]
    crossed = [again(one, other) for one in members for other in members if one is not other]
    return [leaf(members[0]), *crossed]


CHAIN, TOP = row(4)
MESH = mesh(5)
# What the path of CHAIN takes: a look at each certificate below the root, and a check of each signature.
EXACT = {"steps": 4, "signature_checks": 5, "depth": 5, "paths": 1}
NAMES = {"steps": "steps", "signature_checks": "signature checks", "depth": "depth", "paths": "paths"}


@pytest.mark.parametrize("bound", ["steps", "signature_checks", "depth"])
def test_budget_that_is_too_small_is_reported(bound: str) -> None:
    """A search that a bound ended says which, did no more than the bound allows, and calls the path incomplete."""
    search = build(CHAIN, pool(TOP), limits=Limits(**{bound: EXACT[bound] - 1}))
    assert search.exhausted == NAMES[bound]
    assert not any(path.is_complete for path in search.paths)
    assert getattr(search, bound, 0) <= EXACT[bound] - 1


@pytest.mark.parametrize("bound", ["steps", "signature_checks", "depth", "paths"])
def test_budget_that_is_just_enough_is_not_reported(bound: str) -> None:
    """A search that needs no more than a bound allows is complete."""
    search = build(CHAIN, pool(TOP), limits=Limits(**{bound: EXACT[bound]}))
    assert (search.exhausted, [path.verifies for path in search.paths]) == (None, [True])


def test_paths_beyond_the_bound_are_reported() -> None:
    """No more paths are kept than the bound allows, and that there are more is said."""
    known = pool(CA.certificate, again(CA, ROOT), again(CA, ROOT), ROOT.certificate)
    search = build([LEAF], known, limits=Limits(paths=2))
    assert (search.exhausted, len(search.paths)) == ("paths", 2)


def test_as_many_paths_as_the_bound_are_not_reported() -> None:
    """A search that finds just as many paths as the bound is complete."""
    known = pool(CA.certificate, again(CA, ROOT), again(CA, ROOT), ROOT.certificate)
    search = build([LEAF], known, limits=Limits(paths=3))
    assert (search.exhausted, len(search.paths)) == (None, 3)


@pytest.mark.parametrize("limits", [Limits(), Limits(steps=7), Limits(signature_checks=7), Limits(depth=3), Limits(paths=7)])
def test_mesh_is_searched_within_every_bound(limits: Limits) -> None:
    """A mesh of CAs that all signed each other, where the ways are without number, stays within each bound."""
    search = build(MESH, limits=limits)
    assert search.exhausted is not None
    assert search.steps <= limits.steps
    assert search.signature_checks <= limits.signature_checks
    assert len(search.paths) <= limits.paths
    assert max(len(path.certificates) for path in search.paths) <= limits.depth


def test_small_mesh_is_searched_whole() -> None:
    """A mesh of three is searched to its end."""
    search = build(mesh(3))
    assert (search.exhausted, len(search.paths)) == (None, 6)


def test_steps_are_bounded_where_paths_are_not() -> None:
    """With room for any number of paths, the steps end the search of a mesh."""
    search = build(mesh(6), limits=Limits(steps=500, signature_checks=100_000, paths=1_000_000))
    assert (search.exhausted, search.steps) == ("steps", 500)


def test_each_signature_is_verified_once() -> None:
    """However many paths cross a step, its signature is verified once."""
    search = build(MESH)
    assert search.signature_checks <= len(MESH) ** 2


def test_leaf_key_of_the_tests_signs_nothing() -> None:
    """What these tests call a leaf is no issuer of anything."""
    certificate = ROOT.sign(template(), keys.public_key(LEAF_KEY))
    assert not certificate.is_ca
