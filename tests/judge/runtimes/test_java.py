from dataclasses import replace
from datetime import timedelta

import pytest

from anchorkeep.judge.assess import assess
from anchorkeep.judge.budget import SIGNATURE_CHECKS, STEPS
from anchorkeep.judge.runtimes import java_table
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.runtime import Distrust, JavaRuntime
from anchorkeep.model.trust_anchors import TrustAnchors
from anchorkeep.model.verdict import Kind, Outcome, Question, Verdict
from tests.judge.conftest import AT, HOST, below, leaf, root


def known(label: str = "java25") -> JavaRuntime:
    """Return a release by its name."""
    runtime = java_table.known(label)
    assert runtime is not None
    return runtime


ROOT = root()
CA = below(ROOT)
LEAF = leaf(CA)
PLAIN = Question(chain=(LEAF, CA.certificate), anchors=TrustAnchors((ROOT.certificate,)), name=HOST, at=AT)


def judge(question: Question = PLAIN, runtime: JavaRuntime | None = None) -> Verdict:
    """Return the verdict within a usual budget."""
    return assess(question, runtime or known())


def test_chain_is_trusted_by_its_root() -> None:
    """A plain chain is trusted with its path, for its name alone."""
    assert judge().path == (LEAF, CA.certificate, ROOT.certificate)
    assert judge().anchor == ROOT.certificate
    assert judge(replace(PLAIN, name="other.example.com")).kind is Kind.NAME_MISMATCH


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        (replace(PLAIN, anchors=TrustAnchors(())), Kind.EMPTY_STORE),
        (replace(PLAIN, chain=(LEAF,)), Kind.UNKNOWN_ISSUER),
        (replace(PLAIN, at=LEAF.not_after + timedelta(seconds=1)), Kind.EXPIRED),
        (replace(PLAIN, at=LEAF.not_before - timedelta(seconds=1)), Kind.NOT_YET_VALID),
        (replace(PLAIN, chain=(Certificate(b"0"), CA.certificate)), Kind.NOT_READ),
        (replace(PLAIN, chain=(LEAF, *[CA.certificate] * 10)), Kind.TOO_MANY),
    ],
)
def test_refusal_has_a_kind(question: Question, kind: Kind) -> None:
    """Each refusal says what kind of fault it is."""
    assert judge(question).kind is kind
    assert judge().is_trusted


def test_builder_tells_what_ended_each_attempt() -> None:
    """Where Java only says that it finds no path, the certificates that ended its attempts are named after that."""
    old = below(ROOT, not_after=AT - timedelta(days=1))
    verdict = judge(replace(PLAIN, chain=(LEAF, root("Other").certificate, old.certificate)))
    assert [reason.kind for reason in verdict.reasons][:2] == [Kind.UNKNOWN_ISSUER, Kind.EXPIRED]


def test_distrusted_root_refuses_by_the_leafs_day() -> None:
    """A policy refuses leaves issued after its day, spares those before, and those below an exempt CA until its own."""

    def runtime(days: int, *, exempt: bool = False) -> JavaRuntime:
        later = ((CA.certificate.sha256, LEAF.not_before + timedelta(days=1)),) if exempt else ()
        after = LEAF.not_before + timedelta(days=days)
        policy = Distrust(name="SOME_TLS", roots=frozenset({ROOT.certificate.sha256}), after=after, exempt=later)
        return replace(known(), distrust=(policy,))

    assert judge(runtime=runtime(-1)).kind is Kind.DISTRUSTED
    assert judge(runtime=runtime(0)).is_trusted
    assert judge(runtime=runtime(-1, exempt=True)).is_trusted
    policy = replace(runtime(0).distrust[0], after=None)
    assert judge(runtime=replace(known(), distrust=(policy,))).kind is Kind.DISTRUSTED


def test_algorithms_of_the_jdks_own_roots_are_asked_more_of() -> None:
    """`jdkCA` hits only paths that end in a root which the runtime's own store marks as the JDK's."""
    strict = replace(known(), certpath_disabled="SHA256 jdkCA & usage TLSServer")
    assert judge(runtime=strict).is_trusted
    assert judge(runtime=replace(strict, jdk_cas=frozenset({ROOT.certificate.sha256}))).kind is Kind.WEAK
    client = replace(strict, certpath_disabled="SHA256 jdkCA & usage TLSClient")
    assert judge(runtime=replace(client, jdk_cas=frozenset({ROOT.certificate.sha256}))).is_trusted


@pytest.mark.parametrize(
    ("rule", "is_trusted"),
    [
        ("EC keySize < 257", False),
        ("EC keySize < 256", True),
        ("EC keySize >= 256", False),
        ("RSA keySize < 4096", True),
        ("secp256r1", False),
        ("secp384r1", True),
        ("SHA256withECDSA", False),
        ("ECDSA denyAfter 2000-01-01", False),
        ("ECDSA denyAfter 2199-01-01", True),
        ("EC denyAfter 2199-01-01", True),
        ("EC denyAfter 2026-11-23", False),
        ("EC denyAfter 2026-11-24", True),
        ("ECDSA denyAfter 2199-13-01", True),
        ("ECDSA someday maybe", True),
    ],
)
def test_property_switches_off(rule: str, is_trusted: bool) -> None:  # noqa: FBT001 (a column of the table)
    """Each form of an entry hits what it names, and nothing else; one that cannot be read hits nothing."""
    assert judge(runtime=replace(known(), certpath_disabled=rule)).is_trusted == is_trusted


def test_anchor_that_is_no_ca_needs_a_property() -> None:
    """A leaf below a trusted certificate that is no CA's is refused, unless the runtime was told to take such anchors."""
    stray = below(ROOT, key=CA.key, is_ca=False)
    question = replace(PLAIN, chain=(LEAF,), anchors=TrustAnchors((stray.certificate,)))
    assert judge(question).kind is Kind.NOT_A_CA
    assert judge(question, replace(known(), allows_non_ca_anchors=True)).is_trusted


@pytest.mark.parametrize("label", ["java11", "java25"])
def test_cross_signs_end_within_the_budget(label: str) -> None:
    """Ten CAs that sign each other, five hundred anchors of one name, and shuffled chains end; a budget that ran out says so."""
    first, second = root("A"), root("B")
    ring = [below(first, "B", key=second.key, serial_number=number) for number in range(1, 5)]
    ring += [below(second, "A", key=first.key, serial_number=number) for number in range(1, 5)]
    stray = leaf(second)
    verdict = judge(replace(PLAIN, chain=(stray, *(item.certificate for item in ring))), known(label))
    assert (verdict.outcome, verdict.signature_checks) == (Outcome.UNKNOWN, SIGNATURE_CHECKS)
    assert verdict.steps <= STEPS
    end = leaf(first)
    named = tuple(root("A", serial_number=number).certificate for number in range(1, 501))
    verdict = judge(replace(PLAIN, chain=(end,), anchors=TrustAnchors(named)), known(label))
    assert (verdict.kind, verdict.signature_checks) == (Kind.UNKNOWN_ISSUER, 0)
    nameless = tuple(root("A", serial_number=number, has_subject_key_identifier=False).certificate for number in range(1, 501))
    verdict = judge(replace(PLAIN, chain=(end,), anchors=TrustAnchors(nameless)), known(label))
    assert (verdict.outcome, verdict.signature_checks) == (Outcome.UNKNOWN, SIGNATURE_CHECKS)


def test_answer_needs_few_steps_in_a_large_store() -> None:
    """Among many anchors the one is found by its name: no store costs more steps than that of one anchor."""
    others = tuple(root(f"Other {number}").certificate for number in range(40))
    large = replace(PLAIN, anchors=TrustAnchors((*others, ROOT.certificate)))
    assert judge(large).is_trusted
    assert judge(large).steps == judge().steps
