import pytest

from anchorkeep.judge.assess import assess
from anchorkeep.model.trust_anchors import TrustAnchors
from anchorkeep.model.verdict import Kind, Outcome, Question
from tests.judge.conftest import AT, HOST, below, leaf, root, runtime

ROOT = root()
CA = below(ROOT)
LEAF = leaf(CA)
PLAIN = Question(chain=(LEAF, CA.certificate), anchors=TrustAnchors((ROOT.certificate,)), name=HOST, at=AT)
PARTIAL = Question(chain=PLAIN.chain, anchors=TrustAnchors((CA.certificate,)), name=HOST, at=AT)


@pytest.mark.parametrize("label", ["openssl", "openssl-partial", "webpki", "gnutls"])
def test_each_family_judges(label: str) -> None:
    """Every family trusts a plain chain, names its anchor, and counts what it took."""
    verdict = assess(PLAIN, runtime(label))
    assert (verdict.outcome, verdict.anchor) == (Outcome.TRUSTED, ROOT.certificate)
    assert verdict.steps >= 0


def test_families_differ() -> None:
    """An intermediate alone is an anchor with partial chains, and none without."""
    assert assess(PARTIAL, runtime("openssl-partial")).is_trusted
    assert assess(PARTIAL, runtime("openssl")).kind is Kind.UNKNOWN_ISSUER
    assert assess(PARTIAL, runtime("gnutls")).is_trusted


def test_budget_that_ran_out_is_no_refusal() -> None:
    """Where the budget runs out it could not be told, and the reason says so."""
    verdict = assess(PLAIN, runtime("gnutls"), steps=0, signature_checks=0)
    assert (verdict.outcome, verdict.kind, verdict.anchor) == (Outcome.UNKNOWN, Kind.BUDGET, None)
