from dataclasses import replace
from datetime import timedelta

import pytest

from anchorkeep.judge.budget import Budget, BudgetExceededError
from anchorkeep.judge.runtimes import openssl
from anchorkeep.mint import key as keys
from anchorkeep.model import oid
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.runtime import OpenSSLRuntime
from anchorkeep.model.trust_anchors import TrustAnchors
from anchorkeep.model.verdict import Kind, Question, Verdict
from tests.judge.conftest import AT, HOST, below, changed, extension, leaf, root

OPENSSL = OpenSSLRuntime(label="openssl", version=(4, 0))
PARTIAL = replace(OPENSSL, is_partial=True)
ROOT = root()
CA = below(ROOT)
LEAF = leaf(CA)
CHAIN = (LEAF, CA.certificate)
PLAIN = Question(chain=CHAIN, anchors=TrustAnchors((ROOT.certificate,)), name=HOST, at=AT)


def judge(question: Question = PLAIN, runtime: OpenSSLRuntime = OPENSSL) -> Verdict:
    """Return the verdict within a usual budget."""
    return openssl.judge(question, runtime, Budget())


def test_chain_to_a_trusted_root_is_trusted() -> None:
    """A chain is trusted by the path that ends in the store's root."""
    verdict = judge()
    assert verdict.is_trusted
    assert verdict.path == (*CHAIN, ROOT.certificate)
    assert verdict.anchor == ROOT.certificate


def test_intermediate_is_an_anchor_of_partial_chains_alone() -> None:
    """A store with the intermediate alone is enough for partial chains, and for nothing else."""
    question = replace(PLAIN, anchors=TrustAnchors((CA.certificate,)))
    assert judge(question, PARTIAL).is_trusted
    assert judge(question).kind is Kind.UNKNOWN_ISSUER


def test_strict_form_is_demanded_where_asked() -> None:
    """A CA without key usage is accepted, but not in strict form."""
    odd = below(ROOT, key_usage=())
    question = replace(PLAIN, chain=(leaf(odd), odd.certificate))
    assert judge(question).is_trusted
    assert judge(question, replace(OPENSSL, is_strict=True)).kind is Kind.PROFILE


def test_empty_store_trusts_nothing() -> None:
    """A store without certificates is a kind of its own."""
    assert judge(replace(PLAIN, anchors=TrustAnchors(()))).kind is Kind.EMPTY_STORE


def test_expired_path_is_shown() -> None:
    """Of a chain that has expired the path is told, and which certificate it is."""
    verdict = judge(replace(PLAIN, at=LEAF.not_after + timedelta(seconds=1)))
    assert verdict.path == (*CHAIN, ROOT.certificate)
    assert [(reason.kind, reason.certificate) for reason in verdict.reasons] == [(Kind.EXPIRED, LEAF)]
    assert verdict.anchor is None


def test_name_comes_before_dates() -> None:
    """Of a chain that has expired and is for another name the name is the first reason, the dates the last."""
    verdict = judge(replace(PLAIN, at=LEAF.not_after + timedelta(seconds=1), name="other.example.com"))
    assert [reason.kind for reason in verdict.reasons] == [Kind.NAME_MISMATCH, Kind.EXPIRED]


def test_expired_and_unknown_has_no_path() -> None:
    """Of a chain whose issuer is unknown there is no path to speak of."""
    verdict = judge(replace(PLAIN, anchors=TrustAnchors((root("Other").certificate,))))
    assert (verdict.kind, verdict.path) == (Kind.UNKNOWN_ISSUER, ())


def test_last_second_counts_from_4_0_on() -> None:
    """In the very second of notAfter OpenSSL 4.0 accepts and 3.0 refuses."""
    question = replace(PLAIN, at=LEAF.not_after + timedelta(microseconds=5))
    assert judge(question).is_trusted
    assert judge(question, replace(OPENSSL, version=(3, 0))).kind is Kind.EXPIRED


def test_flipped_signature_is_refused() -> None:
    """A leaf whose signature does not verify is refused for that, and its name is looked at all the same."""
    assert judge(replace(PLAIN, chain=(changed(LEAF), CA.certificate))).kind is Kind.BAD_SIGNATURE
    verdict = judge(replace(PLAIN, chain=(changed(LEAF), CA.certificate), name="other.example.com"))
    assert [reason.kind for reason in verdict.reasons] == [Kind.NAME_MISMATCH, Kind.BAD_SIGNATURE]


def test_purpose_of_every_certificate_counts() -> None:
    """A leaf or a CA for clients is refused, which is said of it."""
    client = leaf(CA, extended_key_usage=("1.3.6.1.5.5.7.3.2",))
    verdict = judge(replace(PLAIN, chain=(client, CA.certificate)))
    assert (verdict.kind, verdict.reasons[0].certificate) == (Kind.WRONG_PURPOSE, client)
    odd = below(ROOT, extended_key_usage=("1.3.6.1.5.5.7.3.2",))
    verdict = judge(replace(PLAIN, chain=(leaf(odd), odd.certificate)))
    assert (verdict.kind, verdict.reasons[0].certificate) == (Kind.WRONG_PURPOSE, odd.certificate)


@pytest.mark.parametrize(("level", "is_trusted"), [(0, True), (1, True), (2, False)])
def test_level_decides_on_short_keys(level: int, is_trusted: bool) -> None:  # noqa: FBT001 (pytest's way)
    """A root of RSA 1024 is enough for level 1 and too weak for level 2."""
    weak = root(key=keys.generate("RSA 1024"))
    question = replace(PLAIN, chain=(leaf(weak),), anchors=TrustAnchors((weak.certificate,)))
    verdict = judge(question, replace(OPENSSL, security_level=level))
    assert verdict.is_trusted is is_trusted
    assert is_trusted or verdict.kind is Kind.WEAK


def test_weak_leaf_ends_it_before_a_path() -> None:
    """A leaf's key that is too weak is the first that OpenSSL finds, whatever else there is."""
    assert judge(replace(PLAIN, anchors=TrustAnchors(())), replace(OPENSSL, security_level=5)).kind is Kind.WEAK


def test_message_over_100_kib_is_refused() -> None:
    """A chain whose message is larger than OpenSSL takes is refused before it is read."""
    padding = tuple(Certificate(bytes(9_000)) for _ in range(12))
    assert judge(replace(PLAIN, chain=(*CHAIN, *padding))).kind is Kind.TOO_MANY
    assert judge(replace(PLAIN, chain=(*CHAIN, *padding[:1]))).kind is Kind.NOT_READ


def test_anchor_that_cannot_be_read_is_left_out() -> None:
    """An anchor that OpenSSL cannot read does not keep the others from being used."""
    name = CA.certificate.issuer.der
    broken = Certificate(ROOT.certificate.der.replace(name, name[:-1] + b"\xff"))
    assert judge(replace(PLAIN, anchors=TrustAnchors((broken, Certificate(b"0"), ROOT.certificate)))).is_trusted


def test_usage_that_we_cannot_read_is_refused() -> None:
    """A leaf with an extension that cannot be read is refused: OpenSSL finds no issuer for what it cannot read."""
    odd = leaf(CA, extended_key_usage=(), extensions=(extension(oid.EXTENDED_KEY_USAGE, b"\x30\x03\x06\x01"),))
    assert judge(replace(PLAIN, chain=(odd, CA.certificate))).kind is Kind.UNKNOWN_ISSUER


def test_thousands_of_anchors_cost_nothing() -> None:
    """Of a store of ten thousand certificates only those that bear a name of the chain are looked at."""
    others = tuple(Certificate(number.to_bytes(4)) for number in range(10_000))
    budget = Budget(steps=10, signature_checks=2)
    question = replace(PLAIN, anchors=TrustAnchors((*others, ROOT.certificate)))
    assert openssl.judge(question, OPENSSL, budget).is_trusted
    assert (budget.steps, budget.signature_checks) == (7, 0)


def test_budget_ends_a_judgement() -> None:
    """Anchors of one name beyond the budget, or signatures beyond it, end the judgement."""
    with pytest.raises(BudgetExceededError):
        openssl.judge(PLAIN, OPENSSL, Budget(steps=2))
    with pytest.raises(BudgetExceededError):
        openssl.judge(PLAIN, OPENSSL, Budget(signature_checks=1))


def test_hundreds_of_cross_signs_end_within_the_budget() -> None:
    """Nearly two hundred cross-signed certificates between two names, sent or stored, end in OpenSSL's own bound on a path."""
    one, two = root("One"), root("Two")
    crossed = tuple(below(*pair, key=key).certificate for pair, key in (((one, "Two"), two.key), ((two, "One"), one.key)) * 90)
    end = leaf(one)
    assert judge(replace(PLAIN, chain=(end, *crossed))).kind is Kind.PATH_TOO_LONG
    assert judge(replace(PLAIN, chain=(end,), anchors=TrustAnchors(crossed))).kind is Kind.PATH_TOO_LONG
