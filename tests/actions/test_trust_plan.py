from dataclasses import replace

import pytest

from anchorkeep.actions import trust_plan
from anchorkeep.actions.show import Report
from anchorkeep.actions.trust_plan import Left, Served, Wish
from anchorkeep.errors import RefusedError
from anchorkeep.judge.decision import Verdict
from anchorkeep.judge.strategy import Strategy
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.pool import SourceKind
from anchorkeep.model.truststore import TrustedCertEntry, TrustStore
from tests.peers import reports
from tests.peers.reports import pki

HOST = "licenses.example.test"


def public(target: str = HOST) -> Report:
    """Return the report of a service whose root is of Mozilla's list."""
    return reports.report((pki().leaf, pki().intermediate), reports.pool(pki().root, kind=SourceKind.MOZILLA), target=target)


def holding(*certificates: Certificate, **said: bool) -> TrustStore:
    """Return a store that trusts certificates, or not as its entries say."""
    entries = tuple(TrustedCertEntry(certificate=item, alias=str(number), **said) for number, item in enumerate(certificates))
    return TrustStore(format="pkcs12", entries=entries)


def verdicts(planned: trust_plan.Plan) -> list[tuple[str, str]]:
    """Return the role and the verdict of each certificate."""
    return [(str(choice.anchor.role), str(choice.decision.verdict)) for choice in planned.choices]


def test_public_root_needs_nobodys_word() -> None:
    """A root of Mozilla's list is taken without a question, and the plan can be carried out."""
    planned = trust_plan.plan([public()], Wish())
    assert verdicts(planned) == [("root", "public-root")]
    trust_plan.require_decided(planned)


def test_what_lies_below_a_public_root_needs_nobodys_word() -> None:
    """The whole of a path that verifies up to a root of Mozilla's list is taken without a question."""
    planned = trust_plan.plan([public()], Wish(strategy=Strategy.CHAIN))
    assert verdicts(planned) == [("root", "public-root"), ("intermediate", "verified-path"), ("leaf", "verified-path")]


def test_root_of_a_file_needs_a_fingerprint() -> None:
    """That a file of the settings names a root builds the path, and adds nothing: its fingerprint is needed, and enough."""
    planned = trust_plan.plan([reports.good()], Wish())
    assert verdicts(planned) == [("root", "needed")]
    with pytest.raises(RefusedError, match="Steady Root R1 was not added") as refused:
        trust_plan.require_decided(planned)
    assert f"--accept-fingerprint {pki().root.sha256.hex()}" in refused.value.remedy
    accepted = trust_plan.plan([reports.good()], Wish(accepted=frozenset({pki().root.sha256})))
    assert verdicts(accepted) == [("root", "accepted")]
    trust_plan.require_decided(accepted)


def test_fingerprint_of_another_certificate_of_the_chain_accepts_nothing() -> None:
    """Each certificate needs its own fingerprint; one that is of no certificate of the plan is told."""
    wish = Wish(accepted=frozenset({pki().intermediate.sha256, pki().leaf.sha256}))
    planned = trust_plan.plan([reports.good()], wish)
    assert verdicts(planned) == [("root", "needed")]
    assert set(planned.unused) == wish.accepted


def test_what_the_store_trusts_needs_no_word() -> None:
    """What is trusted already widens nothing; what is there unseen by Java, or rejected, is not trusted."""
    root = pki().root
    assert verdicts(trust_plan.plan([reports.good()], Wish(), held=holding(root))) == [("root", "held")]
    for said in ({"is_visible_to_java": False}, {"is_distrusted": True}):
        assert verdicts(trust_plan.plan([reports.good()], Wish(), held=holding(root, **said))) == [("root", "needed")]


def test_service_that_cannot_be_seen_stops_the_plan() -> None:
    """A service that nothing is known of keeps everything from being written, unless it may be left out."""
    both = [public(), reports.failed("down.example.test")]
    planned = trust_plan.plan(both, Wish())
    assert planned.is_stopped
    (left,) = planned.left
    assert left.is_unseen
    with pytest.raises(RefusedError, match=r"down\.example\.test: It refused\. Nothing was written\."):
        trust_plan.require_decided(planned)
    trust_plan.require_decided(trust_plan.plan(both, Wish(is_partial=True)))


@pytest.mark.parametrize("is_partial", [False, True])
def test_nothing_to_trust_is_refused(is_partial: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    """Where no service gives an anchor nothing is written, whatever may be left out."""
    for seen in ([], [reports.failed()]):
        with pytest.raises(RefusedError):
            trust_plan.require_decided(trust_plan.plan(seen, Wish(is_partial=is_partial)))


def test_chain_that_does_not_verify_is_no_source() -> None:
    """The chain for another name gives no anchor, not even with the fingerprint, until it is taken as it is."""
    known = reports.pool(pki().root, kind=SourceKind.MOZILLA)
    wrong = reports.report((pki().leaf, pki().intermediate), known, target="other.example.test")
    accepted = Wish(accepted=frozenset({pki().root.sha256}))
    (target,) = trust_plan.plan([wrong], accepted).targets
    assert isinstance(target, Left)
    assert "no source of anchors" in target.reason
    untrusted = trust_plan.plan([wrong], Wish(is_untrusted_taken=True))
    assert verdicts(untrusted) == [("root", "needed")]
    assert verdicts(trust_plan.plan([wrong], replace(accepted, is_untrusted_taken=True))) == [("root", "accepted")]


def test_suspected_interception_is_no_source() -> None:
    """A public name below a private root is suspected, and gives no anchor though a file names the root."""
    identity = reports.identity("licenses.acme.com")
    root = reports.authority("Other Root").certificate
    suspected = reports.report(identity.chain, reports.pool(root), target="licenses.acme.com")
    (target,) = trust_plan.plan([suspected], Wish(accepted=frozenset({root.sha256}))).targets
    assert isinstance(target, Left)
    assert "proxy that inspects TLS" in target.reason


def test_certificate_of_two_services_is_decided_by_the_stricter() -> None:
    """A root that one service vouches for and another does not is asked for, once, and both are named."""
    planned = trust_plan.plan([public(), reports.good()], Wish())
    (choice,) = planned.choices
    assert choice.decision.verdict is Verdict.NEEDED
    assert choice.targets == (HOST,)
    assert all(isinstance(target, Served) for target in planned.targets)


def test_certificates_that_belong_to_no_service_give_no_anchor() -> None:
    """A file with a heap of certificates is no chain, and says so."""
    heap = (reports.authority("A").certificate, reports.authority("B").certificate, pki().root, pki().wide)
    (target,) = trust_plan.plan([reports.report(heap, target=None)], Wish()).targets
    assert isinstance(target, Left)
    assert not target.is_unseen


def test_strategy_that_needs_what_is_not_there_gives_no_anchor() -> None:
    """The root of a path that ends in the air cannot be chosen; the leaf can, with its fingerprint."""
    air = reports.report((pki().leaf,))
    taken = Wish(is_untrusted_taken=True, accepted=frozenset({pki().leaf.sha256}))
    assert isinstance(trust_plan.plan([air], taken).targets[0], Left)
    assert verdicts(trust_plan.plan([air], replace(taken, strategy=Strategy.LEAF))) == [("leaf", "accepted")]
