from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.errors import RefusedError
from anchorkeep.judge import decision, inspection, strategy
from anchorkeep.judge.decision import Decision, Evidence, Verdict
from anchorkeep.judge.paths import Limits
from anchorkeep.judge.strategy import Strategy
from anchorkeep.mint import key as keys
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.finding import Finding, Severity
from anchorkeep.model.pool import Pool
from tests.judge.conftest import AT, HOST, below, build, ca_template, changed, leaf, pool, public, root

ROOT = root()
CA = below(ROOT)
LEAF = leaf(CA)
SENT = (LEAF, CA.certificate)
STRANGER = root("Stranger")
SUSPICIONS = ("interception-suspected", "interception-known-issuer", "interception-difference")
BROKEN = Certificate(b"\x30\x00")
INTERNAL = "www.corp.internal"


def evidence(
    sent: tuple[Certificate, ...] = SENT,
    known: Pool | None = None,
    *,
    name: str | None = HOST,
    findings: tuple[Finding, ...] | None = None,
    limits: Limits | None = None,
) -> Evidence:
    """Return what is known of a service that sends certificates, with its findings unless others are given."""
    known = public(ROOT.certificate) if known is None else known
    search = build(sent, known, name=name, limits=limits)
    if findings is None:
        findings = inspection.inspect(sent, search, known, name=name)
    listed = frozenset(item for item in known.certificates if known.is_public(item))
    return Evidence(search=search, findings=findings, name=name, public=listed)


def verdict(certificate: Certificate, seen: Evidence, *, accepted: tuple[bytes, ...] = (), is_taken: bool = False) -> Verdict:
    """Return what is decided about a certificate for an empty store."""
    return decision.decide(certificate, seen, accepted=accepted, from_untrusted_chain=is_taken).verdict


def suspicion(identifier: str) -> Finding:
    """Return a finding that suggests interception."""
    return Finding(id=identifier, severity=Severity.WARNING, message="Somebody may be answering in its place.")


def test_public_root_goes_without_a_question() -> None:
    """A root of Mozilla's list needs no person, where the chain is a source of anchors."""
    assert decision.distrusted(evidence()) is None
    assert verdict(ROOT.certificate, evidence()) is Verdict.PUBLIC_ROOT


@pytest.mark.parametrize("certificate", SENT)
def test_certificate_on_a_verified_path_goes_without_a_question(certificate: Certificate) -> None:
    """What lies on a path that verifies up to a public root, now and for the name, needs no person."""
    found = decision.decide(certificate, evidence())
    assert found.verdict is Verdict.VERIFIED_PATH
    assert HOST in found.reason


def test_certificate_off_the_path_needs_a_person() -> None:
    """What was sent beside a good chain is vouched for by nobody."""
    assert verdict(STRANGER.certificate, evidence((*SENT, STRANGER.certificate))) is Verdict.NEEDED


def test_private_root_of_the_users_own_files_needs_a_person() -> None:
    """A file of the pools builds the path; to add what it holds takes a fingerprint all the same."""
    seen = evidence((leaf(CA, INTERNAL), CA.certificate), pool(ROOT.certificate), name=INTERNAL)
    assert seen.search.best is not None
    assert seen.search.best.verifies
    for certificate in seen.search.best.certificates:
        assert verdict(certificate, seen) is Verdict.NEEDED
        assert verdict(certificate, seen, accepted=(certificate.sha256,)) is Verdict.ACCEPTED


def test_fingerprint_of_another_certificate_accepts_nothing() -> None:
    """A fingerprint is of the very certificate that is added: its SHA-256, whole."""
    seen = evidence((leaf(CA, INTERNAL), CA.certificate), pool(ROOT.certificate), name=INTERNAL)
    certificate = ROOT.certificate
    others = (CA.certificate.sha256, certificate.sha1, certificate.sha256[:4], certificate.public_key.der, certificate.der, b"")
    assert verdict(certificate, seen, accepted=others) is Verdict.NEEDED


def test_held_certificate_widens_nothing() -> None:
    """What the store trusts already stays, whatever the chain is."""
    found = decision.decide(STRANGER.certificate, evidence(()), held={STRANGER.certificate})
    assert found.verdict is Verdict.HELD


RSA_ROOT = root("RSA Root", key=keys.generate("RSA 2048"))
WEAK = below(ROOT, "Weak CA", key=keys.generate("RSA 1024"))
OLD_ROOT = root("Old Root", not_after=AT - timedelta(days=1))
OLD_RSA_ROOT = root("Old RSA Root", key=RSA_ROOT.key, hash_name="sha1")

#: Chains that are no source of anchors, by what is wrong with them.
DISTRUSTED = {
    "nothing": evidence(()),
    "no name asked for": evidence(name=None),
    "another name": evidence(name="other.example.com"),
    "no root": evidence(known=Pool()),
    "expired": evidence((leaf(CA, not_after=AT - timedelta(seconds=1)), CA.certificate)),
    "not yet valid": evidence((leaf(CA, not_before=AT + timedelta(seconds=1)), CA.certificate)),
    "expired root": evidence((leaf(OLD_ROOT),), public(OLD_ROOT.certificate)),
    "forged": evidence((changed(LEAF), CA.certificate)),
    "unreadable": evidence((BROKEN,)),
    "unreadable though listed": evidence((BROKEN,), public(BROKEN)),
    "search stopped": evidence(limits=Limits(steps=0)),
    "weak key": evidence((leaf(WEAK), WEAK.certificate)),
    "weak signature": evidence((leaf(RSA_ROOT, hash_name="sha1"),), public(RSA_ROOT.certificate)),
    "private root for a public name": evidence(known=pool(ROOT.certificate)),
    "self-signed for a public name": evidence((STRANGER.certificate,), Pool()),
    **{name: evidence(findings=(suspicion(name),)) for name in SUSPICIONS},
}
#: Chains that are sources of anchors, and the certificates of each that need no person.
TRUSTED = {
    "public": (evidence((*SENT, STRANGER.certificate)), {LEAF, CA.certificate, ROOT.certificate}),
    "private": (evidence((leaf(CA, INTERNAL), CA.certificate), pool(ROOT.certificate), name=INTERNAL), set[Certificate]()),
    "own root sent": (
        evidence((leaf(CA, INTERNAL), CA.certificate, ROOT.certificate), Pool(), name=INTERNAL),
        set[Certificate](),
    ),
}
SCENARIOS = {name: (seen, set[Certificate](), True) for name, seen in DISTRUSTED.items()}
SCENARIOS |= {name: (seen, free, False) for name, (seen, free) in TRUSTED.items()}


@pytest.mark.parametrize("case", DISTRUSTED)
def test_chain_that_does_not_hold_is_no_source_of_anchors(case: str) -> None:
    """A chain that does not verify for its name and time, or suggests interception, says why it is no source, in one line."""
    reason = decision.distrusted(DISTRUSTED[case])
    assert reason
    assert reason.isprintable()


@pytest.mark.parametrize("case", TRUSTED)
def test_chain_that_holds_is_a_source_of_anchors(case: str) -> None:
    """A chain that verifies for its name and time is a source; for a private one each certificate is asked about."""
    assert decision.distrusted(TRUSTED[case][0]) is None


@pytest.mark.parametrize("case", DISTRUSTED)
def test_public_root_is_not_taken_from_a_bad_chain(case: str) -> None:
    """Not even a root of Mozilla's list is added on the word of a chain that does not hold, with its fingerprint or without."""
    known = ROOT.certificate
    assert verdict(known, DISTRUSTED[case]) is Verdict.NEEDED
    assert verdict(known, DISTRUSTED[case], accepted=(known.sha256,)) is Verdict.NEEDED
    assert verdict(known, DISTRUSTED[case], is_taken=True) is Verdict.NEEDED
    assert verdict(known, DISTRUSTED[case], accepted=(known.sha256,), is_taken=True) is Verdict.ACCEPTED


def test_old_signature_of_a_root_is_no_weakness() -> None:
    """A root's own signature vouches for nothing, so its hash does not matter."""
    seen = evidence((leaf(OLD_RSA_ROOT),), public(OLD_RSA_ROOT.certificate))
    assert decision.distrusted(seen) is None
    assert verdict(OLD_RSA_ROOT.certificate, seen) is Verdict.PUBLIC_ROOT


def test_certificate_of_another_path_is_vouched_for_by_that_one() -> None:
    """A certificate on a worse path is taken where that path verifies up to a public root, and not where it does not."""
    other = root("Other")
    old = other.sign(ca_template(ROOT.certificate.subject, not_after=AT - timedelta(days=1)), ROOT.certificate.public_key)
    good = other.sign(ca_template(ROOT.certificate.subject), ROOT.certificate.public_key)
    seen = evidence((*SENT, old, good), public(ROOT.certificate, other.certificate))
    assert verdict(good, seen) is Verdict.VERIFIED_PATH
    assert verdict(old, seen) is Verdict.NEEDED


def test_weak_path_beside_a_good_one_vouches_for_nothing() -> None:
    """A cross-certificate that is signed with SHA-1 is not taken, though its path verifies."""
    crossed = RSA_ROOT.sign(ca_template(ROOT.certificate.subject, hash_name="sha1"), ROOT.certificate.public_key)
    seen = evidence((*SENT, crossed), public(ROOT.certificate, RSA_ROOT.certificate))
    assert any(crossed in path.certificates and path.verifies for path in seen.search.paths)
    assert verdict(crossed, seen) is Verdict.NEEDED


@given(data=st.data())
def test_every_way_to_widen_trust_without_a_fingerprint_is_refused(data: st.DataObject) -> None:
    """
    No strategy on no chain gives a certificate that nobody vouches for.

    Whatever a strategy selects or a server sends, and whatever fingerprints were accepted: a certificate is given only if a good
    chain to a public root vouches for it, or its own fingerprint was accepted, and that of a bad chain only if it was taken.
    """
    seen, free, is_bad = SCENARIOS[data.draw(st.sampled_from(sorted(SCENARIOS)))]
    everything = {item for path in seen.search.paths for item in path.certificates} | {STRANGER.certificate, ROOT.certificate}
    try:
        wanted = data.draw(st.sampled_from(Strategy))
        everything |= {anchor.certificate for anchor in strategy.select(seen.search, wanted, at=AT, public=seen.public).anchors}
    except RefusedError:
        pass
    ordered = sorted(everything, key=lambda item: item.der)
    named = data.draw(st.sets(st.sampled_from(ordered)))
    accepted = tuple(item.sha256 for item in named) + data.draw(st.tuples(st.binary(max_size=32)))
    is_taken = data.draw(st.booleans())
    for certificate in ordered:
        given_ = decision.decide(certificate, seen, accepted=accepted, from_untrusted_chain=is_taken).verdict.is_given
        vouched = certificate in free
        spoken_for = certificate.sha256 in accepted and (is_taken or not is_bad)
        assert given_ == (vouched or spoken_for)


def test_fingerprint_that_fits_nothing_is_told() -> None:
    """An accepted fingerprint of no certificate of the plan is a mistake or a trap, and is named once."""
    decisions = (decision.decide(ROOT.certificate, evidence()),)
    assert decision.unmatched((ROOT.certificate.sha256, b"x" * 32, b"x" * 32), decisions) == (b"x" * 32,)
    assert decision.unmatched((ROOT.certificate.sha256,), decisions) == ()


KNOWN = Certificate(b"the same in every run")
DIGITS = KNOWN.sha256.hex()


@pytest.mark.parametrize("typed", [DIGITS[:8], DIGITS[:8].upper(), DIGITS, f" {DIGITS[:2]}:{DIGITS[2:4]}:{DIGITS[4:8]}\n"])
def test_beginning_of_the_fingerprint_confirms(typed: str) -> None:
    """Eight digits or more of the SHA-256, however they are written, are a person's word."""
    assert decision.confirms(typed, KNOWN)


@pytest.mark.parametrize(
    "typed", ["", "y", "yes", DIGITS[:7], DIGITS[1:9], DIGITS + "0", DIGITS[:8][::-1] + "x", ":" * 8, "٣" * 8]
)
def test_anything_else_confirms_nothing(typed: str) -> None:
    """No yes, no seven digits, no other digits, and none too many are a person's word."""
    assert not decision.confirms(typed, KNOWN)


def test_reason_shows_hostile_text_escaped() -> None:
    """What a server writes into its names reaches no reason raw."""
    evil = root("evil\x1b[2J\u202e")
    search = build([leaf(evil)], Pool(), name="host\n\x1b[2J")
    seen = Evidence(search=search, findings=(), name="host\n\x1b[2J", public=frozenset({evil.certificate}))
    decided: list[Decision] = [decision.decide(item, seen) for path in search.paths for item in path.certificates]
    assert decided
    assert all(item.reason.isprintable() for item in decided)


def test_only_needed_is_not_given() -> None:
    """Every verdict but one lets the certificate be in the store."""
    assert [item for item in Verdict if not item.is_given] == [Verdict.NEEDED]
