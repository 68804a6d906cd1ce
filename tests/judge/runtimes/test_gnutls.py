from dataclasses import replace
from datetime import timedelta

import pytest

from anchorkeep.judge.budget import Budget, BudgetExceededError
from anchorkeep.judge.runtimes import gnutls
from anchorkeep.model import oid
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.runtime import GnuTLSRuntime
from anchorkeep.model.trust_anchors import TrustAnchors
from anchorkeep.model.verdict import Kind, Question, Verdict
from tests.judge.conftest import AT, HOST, below, changed, extension, leaf, root

GNUTLS = GnuTLSRuntime(label="gnutls", version=(3, 7))
ROOT = root()
CA = below(ROOT)
LEAF = leaf(CA)
PLAIN = Question(chain=(LEAF, CA.certificate), anchors=TrustAnchors((ROOT.certificate,)), name=HOST, at=AT)


def judge(question: Question = PLAIN) -> Verdict:
    """Return the verdict within a usual budget."""
    return gnutls.judge(question, GNUTLS, Budget())


def test_chain_to_a_trusted_root_is_trusted() -> None:
    """A chain is trusted by the path that ends in the store's root, in whatever order it was sent."""
    deep = below(CA, "Deep CA")
    end = leaf(deep)
    assert judge().path == (LEAF, CA.certificate, ROOT.certificate)
    shuffled = replace(PLAIN, chain=(end, ROOT.certificate, CA.certificate, deep.certificate))
    assert judge(shuffled).path == (end, deep.certificate, CA.certificate, ROOT.certificate)


def test_intermediate_at_the_end_is_an_anchor() -> None:
    """An intermediate that ends what was sent may be the anchor, one in the middle may not."""
    deep = below(CA, "Deep CA")
    end = leaf(deep)
    sent = replace(PLAIN, chain=(end, deep.certificate, CA.certificate))
    assert judge(replace(sent, anchors=TrustAnchors((CA.certificate,)))).is_trusted
    assert judge(replace(sent, anchors=TrustAnchors((deep.certificate,)))).kind is Kind.UNKNOWN_ISSUER


def test_leaf_is_an_anchor_when_it_is_sent_alone() -> None:
    """A trusted leaf is accepted by itself while it is valid, and not with a chain."""
    pinned = replace(PLAIN, chain=(LEAF,), anchors=TrustAnchors((LEAF,)))
    assert judge(pinned).path == (LEAF,)
    assert judge(replace(pinned, chain=PLAIN.chain)).kind is Kind.UNKNOWN_ISSUER
    assert judge(replace(pinned, at=LEAF.not_after + timedelta(seconds=1))).kind is Kind.EXPIRED


def test_longest_lasting_anchor_is_taken() -> None:
    """Of two roots of one name and key the one that lasts longest decides, wherever it stands in the store."""
    old = root("Example Root", key=ROOT.key, not_after=AT - timedelta(days=1)).certificate
    for anchors in ((old, ROOT.certificate), (ROOT.certificate, old)):
        assert judge(replace(PLAIN, anchors=TrustAnchors(anchors))).is_trusted
    assert judge(replace(PLAIN, anchors=TrustAnchors((old,)))).kind is Kind.EXPIRED


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        (replace(PLAIN, anchors=TrustAnchors(())), Kind.EMPTY_STORE),
        (replace(PLAIN, name="other.example.com"), Kind.NAME_MISMATCH),
        (replace(PLAIN, at=LEAF.not_before - timedelta(seconds=1)), Kind.NOT_YET_VALID),
        (replace(PLAIN, chain=(changed(LEAF), CA.certificate)), Kind.BAD_SIGNATURE),
        (replace(PLAIN, chain=(*PLAIN.chain, *PLAIN.chain * 8)), Kind.TOO_MANY),
        (replace(PLAIN, chain=(LEAF, Certificate(b"0"))), Kind.NOT_READ),
        (replace(PLAIN, chain=(leaf(CA, extensions=(extension("1.2.3", b""),) * 2), CA.certificate)), Kind.NOT_READ),
        (replace(PLAIN, chain=(leaf(CA, extended_key_usage=("1.2.3",)), CA.certificate)), Kind.WRONG_PURPOSE),
    ],
)
def test_refusal_has_a_kind(question: Question, kind: Kind) -> None:
    """Each way to fail has its kind."""
    verdict = judge(question)
    assert (verdict.kind, verdict.is_trusted) == (kind, False)


def test_empty_purposes_are_no_restriction() -> None:
    """An extended key usage without any purpose restricts nothing."""
    odd = leaf(CA, extended_key_usage=(), extensions=(extension(oid.EXTENDED_KEY_USAGE, b"\x30\x00"),))
    assert judge(replace(PLAIN, chain=(odd, CA.certificate))).is_trusted


def test_anchors_of_one_name_end_in_the_budget() -> None:
    """A store of thousands of certificates under the issuer's name ends in the budget, under other names it costs nothing."""
    many = tuple(root("Example Root", key=ROOT.key, serial_number=number).certificate for number in range(1, 60))
    with pytest.raises(BudgetExceededError):
        gnutls.judge(replace(PLAIN, anchors=TrustAnchors(many)), GNUTLS, Budget(steps=50))
    assert gnutls.judge(replace(PLAIN, anchors=TrustAnchors((*many, ROOT.certificate))), GNUTLS, Budget(steps=80)).is_trusted
