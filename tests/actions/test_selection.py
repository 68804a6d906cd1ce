from functools import cache

import pytest

from anchorkeep.actions.selection import Part, choose, unvouched
from anchorkeep.actions.show import Report
from anchorkeep.errors import RefusedError
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.pool import SourceKind
from tests.peers import reports
from tests.peers.reports import pki


def chosen(report: Report, *parts: Part, accepted: tuple[Certificate, ...] = ()) -> list[tuple[str, Certificate]]:
    """Return roles and certificates that were chosen."""
    fingerprints = {item.sha256 for item in accepted}
    return [(item.role, item.certificate) for item in choose(report, parts, accepted=fingerprints)]


def hearsay() -> Report:
    """Return a report of a chain whose root the server alone brought."""
    return reports.report((pki().leaf, pki().intermediate, pki().root))


@pytest.mark.parametrize(
    ("part", "roles"),
    [
        (Part.LEAF, ["leaf"]),
        (Part.INTERMEDIATES, ["intermediate"]),
        (Part.ROOT, ["root"]),
        (Part.PATH, ["leaf", "intermediate", "root"]),
        (Part.SENT, ["leaf", "intermediate"]),
        (Part.ALL, ["leaf", "intermediate", "root"]),
    ],
)
def test_part_is_what_its_name_says(part: Part, roles: list[str]) -> None:
    """Each part of a chain is chosen by its role, leaf first."""
    expected = {"leaf": pki().leaf, "intermediate": pki().intermediate, "root": pki().root}
    assert chosen(reports.good(), part) == [(role, expected[role]) for role in roles]


def test_parts_are_chosen_once() -> None:
    """A certificate of several parts is chosen once."""
    assert [role for role, _ in chosen(reports.good(), Part.LEAF, Part.ROOT, Part.LEAF, Part.PATH)] == [
        "leaf",
        "root",
        "intermediate",
    ]


def test_sent_keeps_order_and_repetitions() -> None:
    """What was sent is chosen exactly as it was sent."""
    sent = (pki().intermediate, pki().leaf, pki().intermediate)
    report = reports.report(sent, reports.pool(pki().root))
    assert [certificate for _, certificate in chosen(report, Part.SENT)] == list(sent)


def test_path_goes_from_leaf_to_root_whatever_was_sent() -> None:
    """The path is in its own order though the server's was another."""
    report = reports.report((pki().intermediate, pki().leaf), reports.pool(pki().root))
    assert [role for role, _ in chosen(report, Part.PATH)] == ["leaf", "intermediate", "root"]


def test_no_intermediates_is_no_error() -> None:
    """A leaf that its root issued has no intermediates to choose."""
    identity = reports.identity("direct.example.test", with_intermediate=False)
    report = reports.report(identity.chain, reports.pool(identity.root), target="direct.example.test")
    assert chosen(report, Part.INTERMEDIATES) == []


@pytest.mark.parametrize("part", [Part.ROOT, Part.PATH])
def test_missing_root_is_refused(part: Part) -> None:
    """A root that nobody knows cannot be chosen, and what to do about it is said."""
    report = reports.report((pki().leaf, pki().intermediate))
    with pytest.raises(RefusedError, match="ends at Steady TLS CA 1, whose issuer was not sent") as caught:
        choose(report, [part])
    assert "pools" in caught.value.remedy


@pytest.mark.parametrize("part", list(Part))
def test_nothing_is_chosen_of_a_failed_observation(part: Part) -> None:
    """Of a service that could not be looked at nothing is chosen, and the reason and remedy are the observation's."""
    with pytest.raises(RefusedError, match=r"It refused\.") as caught:
        choose(reports.failed(), [part])
    assert caught.value.remedy == "Look at the port."


@pytest.mark.parametrize("part", sorted(set(Part) - {Part.INTERMEDIATES}))
def test_nothing_is_chosen_of_nothing_sent(part: Part) -> None:
    """Of a service that sent no certificate nothing is chosen, and no root is blamed for it."""
    with pytest.raises(RefusedError, match="no certificate was sent") as caught:
        choose(reports.report(()), [part])
    assert not caught.value.remedy


@pytest.mark.parametrize("part", [Part.LEAF, Part.INTERMEDIATES, Part.ROOT, Part.PATH, Part.ALL])
def test_hearsay_is_refused(part: Part) -> None:
    """What is known from the server alone is refused, and the remedy names the fingerprint to compare."""
    with pytest.raises(RefusedError, match="the root Steady Root R1 is known from the server alone") as caught:
        choose(hearsay(), [part])
    assert "--accept-fingerprint " in caught.value.remedy


def test_leaf_below_an_unknown_root_is_refused() -> None:
    """A leaf whose path ends in the air is refused."""
    with pytest.raises(RefusedError, match="leads to no root that is known"):
        choose(reports.report((pki().leaf,)), [Part.LEAF])


def test_sent_asks_nothing() -> None:
    """What was sent can be had as it is, whoever vouches for it."""
    assert len(choose(hearsay(), [Part.SENT])) == 3


def test_hearsay_is_accepted_by_fingerprint() -> None:
    """A certificate whose fingerprint a person named is chosen though nobody else vouches for it."""
    assert chosen(hearsay(), Part.ROOT, accepted=(pki().root,)) == [("root", pki().root)]


def test_fingerprint_accepts_one_certificate_only() -> None:
    """To vouch for the root does not vouch for the leaf below it."""
    with pytest.raises(RefusedError, match=r"licenses\.example\.test was not exported") as caught:
        choose(hearsay(), [Part.PATH], accepted={pki().root.sha256})
    assert pki().leaf.sha256.hex() in caught.value.remedy


def test_all_fingerprints_accept_a_path() -> None:
    """A path is chosen when a person vouches for each of its certificates."""
    path = (pki().leaf, pki().intermediate, pki().root)
    assert [certificate for _, certificate in chosen(hearsay(), Part.PATH, accepted=path)] == list(path)


@pytest.mark.parametrize("kind", [SourceKind.FILE, SourceKind.JAVA, SourceKind.SYSTEM, SourceKind.MOZILLA])
def test_known_root_vouches(kind: SourceKind) -> None:
    """A root that was known before the connection vouches for a name that is not public."""
    report = reports.report((pki().leaf, pki().intermediate), reports.pool(pki().root, kind=kind))
    assert len(choose(report, [Part.PATH])) == 3


@pytest.mark.parametrize("kind", [SourceKind.JAVA, SourceKind.SYSTEM])
def test_interception_is_refused(kind: SourceKind) -> None:
    """A public name under a private root of this machine may be a proxy's work, and is refused."""
    identity = reports.identity("www.bank.com", authority_name="Proxy Root")
    report = reports.report(identity.chain, reports.pool(identity.root, kind=kind), target="www.bank.com")
    with pytest.raises(RefusedError, match="may have been intercepted"):
        choose(report, [Part.ROOT])


@pytest.mark.parametrize("kind", [SourceKind.FILE, SourceKind.MOZILLA])
def test_named_file_and_public_root_are_no_interception(kind: SourceKind) -> None:
    """A public name under a root that a person named, or under a public one, is chosen without a question."""
    identity = reports.identity("www.bank.com", authority_name="Proxy Root")
    report = reports.report(identity.chain, reports.pool(identity.root, kind=kind), target="www.bank.com")
    assert chosen(report, Part.ROOT) == [("root", identity.root)]


def test_interception_is_accepted_by_fingerprint() -> None:
    """A person may vouch for the root of an inspecting proxy."""
    identity = reports.identity("www.bank.com", authority_name="Proxy Root")
    known = reports.pool(identity.root, kind=SourceKind.SYSTEM)
    report = reports.report(identity.chain, known, target="www.bank.com")
    assert chosen(report, Part.ROOT, accepted=(identity.root,)) == [("root", identity.root)]


def test_unrelated_certificate_is_hearsay() -> None:
    """A certificate that was sent but lies on no path is not chosen with all, however good the path is."""
    stray = reports.identity("stray.example.test").root
    report = reports.report((pki().leaf, pki().intermediate, stray), reports.pool(pki().root))
    with pytest.raises(RefusedError, match="Other Root was not exported: it lies on no path"):
        choose(report, [Part.ALL])


def test_unrelated_certificate_is_accepted_by_fingerprint() -> None:
    """A person may vouch for a certificate that lies on no path."""
    stray = reports.identity("stray.example.test").root
    report = reports.report((pki().leaf, pki().intermediate, stray), reports.pool(pki().root))
    assert chosen(report, Part.ALL, accepted=(stray,))[2] == ("sent", stray)


def test_unvouched_are_those_that_are_refused() -> None:
    """Exactly the certificates that need a fingerprint are named, leaf first, with the reason."""
    named = unvouched(hearsay(), [Part.ROOT, Part.LEAF])
    assert [certificate for certificate, _ in named] == [pki().leaf, pki().root]
    assert all("from the server alone" in reason for _, reason in named)
    assert choose(hearsay(), [Part.LEAF, Part.ROOT], accepted={item.sha256 for item, _ in named})


def test_nothing_is_unvouched_under_a_known_root() -> None:
    """A root in a file of the user's, and what was sent, need no fingerprint."""
    assert unvouched(reports.good(), [Part.PATH]) == ()
    assert unvouched(hearsay(), [Part.SENT]) == ()


def test_unvouched_part_that_is_not_there_is_refused() -> None:
    """A root that is not known cannot be vouched for."""
    with pytest.raises(RefusedError, match="root is not known"):
        unvouched(reports.report((pki().leaf, pki().intermediate)), [Part.ROOT])


def test_self_signed_leaf_has_no_root() -> None:
    """Of a self-signed certificate that is no CA no missing issuer is spoken of: it is self-signed."""
    with pytest.raises(RefusedError, match="it is self-signed") as caught:
        choose(reports.report((pki().lone,)), [Part.PATH])
    assert "issuer" not in caught.value.message


def test_self_signed_leaf_is_hearsay() -> None:
    """A self-signed leaf is refused for what it is, and is chosen by its fingerprint."""
    with pytest.raises(RefusedError, match="it is self-signed, and nobody vouches for it"):
        choose(reports.report((pki().lone,)), [Part.LEAF])
    assert chosen(reports.report((pki().lone,)), Part.LEAF, accepted=(pki().lone,)) == [("leaf", pki().lone)]


def test_file_without_its_root_is_no_server() -> None:
    """Of a chain in a file it is said that the issuer is not in the file, of a service that it was not sent."""
    with pytest.raises(RefusedError, match="whose issuer is neither in the file nor in a pool"):
        choose(reports.report((pki().leaf, pki().intermediate), target=None), [Part.ROOT])
    with pytest.raises(RefusedError, match="known from the file alone"):
        choose(reports.report((pki().leaf, pki().intermediate, pki().root), target=None), [Part.ROOT])


@cache
def strangers() -> tuple[Certificate, ...]:
    """Return roots that have nothing to do with each other."""
    return tuple(reports.authority(f"Root {number}", f"r{number}").certificate for number in range(4))


@pytest.mark.parametrize("part", [Part.ALL, Part.SENT])
def test_list_is_chosen_as_a_whole(part: Part) -> None:
    """Everything of a file of roots is chosen in its order, and nobody is asked to vouch for it."""
    listed = reports.report(strangers(), target=None)
    assert [item for _, item in chosen(listed, part)] == list(strangers())
    assert unvouched(listed, [part]) == ()


@pytest.mark.parametrize("part", [Part.LEAF, Part.INTERMEDIATES, Part.ROOT, Part.PATH])
def test_list_has_no_parts(part: Part) -> None:
    """A file of roots has neither leaf nor path; what can be had of it is said."""
    with pytest.raises(RefusedError, match=r"a list of 4 certificates that do not belong together has no ") as caught:
        choose(reports.report(strangers(), target=None), [part])
    assert "--select all" in caught.value.remedy


def test_service_that_sends_strangers_is_no_list() -> None:
    """What a service sends stays hearsay however little of it belongs together."""
    with pytest.raises(RefusedError, match="was not exported"):
        choose(reports.report(strangers()), [Part.ALL])
