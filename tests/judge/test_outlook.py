from dataclasses import replace
from datetime import timedelta

from anchorkeep.judge.outlook import outlook
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.trust_anchors import TrustAnchors
from anchorkeep.model.verdict import Kind, Question
from tests.judge.conftest import AT, HOST, below, leaf, root, runtime

ROOT = root()
CA = below(ROOT)
LEAF = leaf(CA)
PLAIN = Question(chain=(LEAF, CA.certificate), anchors=TrustAnchors((ROOT.certificate,)), name=HOST, at=AT)
GNUTLS = runtime("gnutls")


def test_first_end_on_the_path_ends_trust() -> None:
    """The leaf ends first, so it is trusted until its last second, and expired after it."""
    found = outlook(PLAIN, GNUTLS)
    assert found.verdict.is_trusted
    assert found.until == LEAF.not_after
    assert found.then is not None
    assert found.then.kind is Kind.EXPIRED
    assert found.ends_within(timedelta(days=90), at=AT)
    assert not found.ends_within(timedelta(days=10), at=AT)


def test_refused_has_no_end() -> None:
    """What is refused now has no last second."""
    found = outlook(replace(PLAIN, anchors=TrustAnchors((root("Other").certificate,))), GNUTLS)
    assert (found.verdict.is_trusted, found.until, found.then) == (False, None, None)
    assert not found.ends_within(timedelta(days=90), at=AT)


def test_end_that_is_none_is_none() -> None:
    """Certificates without a known end (RFC 5280 §4.1.2.5) are trusted without one."""
    never = b"\x18\x0f99991231235959Z"
    top = root(not_after=never)
    issuing = below(top, not_after=never)
    server: Certificate = leaf(issuing, not_after=never)
    question = Question(chain=(server, issuing.certificate), anchors=TrustAnchors((top.certificate,)), name=HOST, at=AT)
    found = outlook(question, GNUTLS)
    assert (found.verdict.is_trusted, found.until) == (True, None)
