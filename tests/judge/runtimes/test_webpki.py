from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from anchorkeep.judge.budget import Budget, BudgetExceededError
from anchorkeep.judge.runtimes import webpki
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.runtime import WebPKIRuntime
from anchorkeep.model.trust_anchors import TrustAnchors
from anchorkeep.model.verdict import Kind, Question, Verdict
from tests.judge.conftest import AT, HOST, alt_names, below, extension, leaf, root

STRICT, PERMISSIVE = WebPKIRuntime(label="webpki"), WebPKIRuntime(label="webpki-permissive", is_permissive=True)
ROOT = root()
CA = below(ROOT)
LEAF = leaf(CA)
PLAIN = Question(chain=(LEAF, CA.certificate), anchors=TrustAnchors((ROOT.certificate,)), name=HOST, at=AT)


def judge(question: Question = PLAIN, runtime: WebPKIRuntime = STRICT) -> Verdict:
    """Return the verdict within a usual budget."""
    return webpki.judge(question, runtime, Budget())


def test_chain_of_the_profile_is_trusted() -> None:
    """A chain that keeps the profile is trusted, with its path; without a name for the first that it presents."""
    assert judge().path == (LEAF, CA.certificate, ROOT.certificate)
    assert judge(replace(PLAIN, name=None)).is_trusted


def test_private_form_needs_permissive_policies() -> None:
    """A critical SAN beside a subject is refused by the strict profile and accepted by the permissive."""
    odd = leaf(CA, dns_names=(), extensions=(replace(alt_names(("dNSName", HOST)), critical=True),))
    question = replace(PLAIN, chain=(odd, CA.certificate))
    assert judge(question).kind is Kind.PROFILE
    assert judge(question, PERMISSIVE).is_trusted


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        (replace(PLAIN, anchors=TrustAnchors(())), Kind.EMPTY_STORE),
        (replace(PLAIN, name="other.example.com"), Kind.NAME_MISMATCH),
        (replace(PLAIN, name="no name!"), Kind.NAME_MISMATCH),
        (replace(PLAIN, name="192.0.2.1"), Kind.NAME_MISMATCH),
        (replace(PLAIN, at=LEAF.not_after + timedelta(days=1)), Kind.EXPIRED),
        (replace(PLAIN, at=LEAF.not_before - timedelta(days=1)), Kind.NOT_YET_VALID),
        (replace(PLAIN, chain=(LEAF,)), Kind.UNKNOWN_ISSUER),
        (replace(PLAIN, anchors=TrustAnchors((root("Other").certificate,))), Kind.PROFILE),
        (replace(PLAIN, chain=(Certificate(b"0"), CA.certificate)), Kind.NOT_READ),
        (replace(PLAIN, chain=(leaf(CA, dns_names=()), CA.certificate), name=None), Kind.NAME_MISMATCH),
    ],
)
def test_refusal_has_a_kind(question: Question, kind: Kind) -> None:
    """What can be told of a refusal without the library's words is told."""
    verdict = judge(question)
    assert (verdict.kind, verdict.is_trusted) == (kind, False)


def test_unreadable_certificates_are_refused() -> None:
    """A leaf whose subjectAltName cannot be read is refused, and so is a chain with something that is no certificate."""
    odd = leaf(CA, dns_names=(), extensions=(extension("2.5.29.17", b"\x30\x78\x82\x01a"),))
    assert judge(replace(PLAIN, chain=(odd, CA.certificate))).kind is Kind.NOT_READ
    assert judge(replace(PLAIN, chain=(*PLAIN.chain, Certificate(b"0")))).kind is Kind.NOT_READ


def test_unreadable_anchor_is_left_out() -> None:
    """An anchor that the library cannot read does not keep the others from being used."""
    negative = root("Example Root", serial_number=-1).certificate
    assert judge(replace(PLAIN, anchors=TrustAnchors((negative, ROOT.certificate)))).is_trusted
    assert not judge(replace(PLAIN, anchors=TrustAnchors((negative,)))).is_trusted


def test_loops_are_refused_at_the_first_path_that_is_too_deep() -> None:
    """Hundreds of certificates cross-signed between two names end at once: the library gives up on the first path too deep."""
    one, two = root("One"), root("Two")
    crossed = tuple(below(*pair, key=key).certificate for pair, key in (((one, "Two"), two.key), ((two, "One"), one.key)) * 90)
    budget = Budget()
    assert not webpki.judge(replace(PLAIN, chain=(leaf(one), *crossed)), STRICT, budget).is_trusted
    assert budget.steps > 4_900


def test_layers_of_cross_signs_end_in_the_budget() -> None:
    """Six names with eight certificates each, a quarter of a million ways up, are not handed to the library."""
    levels = [root(f"Level {number}") for number in range(7)]
    sent = [
        below(upper, f"Level {number}", key=lower.key).certificate
        for number, (lower, upper) in enumerate(pairwise(levels))
        for _ in range(8)
    ]
    with pytest.raises(BudgetExceededError):
        judge(replace(PLAIN, chain=(leaf(levels[0]), *sent)))
