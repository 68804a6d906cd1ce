"""Our verdicts for a Web PKI verifier against `cryptography`'s own, which is asked without anything of ours before it."""

import warnings
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError

from anchorkeep.judge.budget import Budget, BudgetExceededError
from anchorkeep.judge.runtimes import webpki
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.endpoint import as_ip_address
from anchorkeep.model.runtime import WebPKIRuntime
from anchorkeep.model.verdict import Question
from tests.conformance import variants

# A serial number of zero is let pass with a warning that a later version will not; here it is refused already.
_ZERO = "rfc5280::serial::zero"
# A hundred CAs of one name with keys of their own: the library tries ten thousand signatures and refuses; our budget ends before.
_NOT_TOLD = "pathological::pathological-chain-same-subject-distinct-key"


def theirs(question: Question, *, is_permissive: bool) -> bool:
    """Return whether the verifier accepts a chain."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            leaf, *others = map(_load, question.chain)
            store = Store([_load(anchor) for anchor in question.anchors.certificates])
            builder = PolicyBuilder().store(store).time(question.at.replace(tzinfo=None))
            if is_permissive:
                any_ca = ExtensionPolicy.permit_all().require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
                any_leaf = ExtensionPolicy.permit_all().require_present(x509.SubjectAlternativeName, Criticality.AGNOSTIC, None)
                builder = builder.extension_policies(ca_policy=any_ca, ee_policy=any_leaf)
            name = question.name or question.chain[0].subject_alt_names[0].value
            address = as_ip_address(name)
            subject = x509.DNSName(name) if address is None else x509.IPAddress(address)
            builder.build_server_verifier(subject).verify(leaf, others)
    except (VerificationError, ValueError, x509.InvalidVersion, IndexError):
        return False
    return True


def _load(certificate: Certificate) -> x509.Certificate:
    return x509.load_der_x509_certificate(certificate.der)


def differences(questions: dict[str, Question], *, is_permissive: bool) -> dict[str, str]:
    """Return the cases in which the verdicts differ, with both."""
    found = {}
    for label, question in questions.items():
        try:
            ours = webpki.judge(question, WebPKIRuntime(label="webpki", is_permissive=is_permissive), Budget())
        except BudgetExceededError:
            found[label] = "not told"
            continue
        expected = theirs(question, is_permissive=is_permissive)
        if ours.is_trusted != expected:
            found[label] = f"{ours.outcome} {ours.kind}, cryptography {expected}"
    return found


@pytest.mark.parametrize("is_permissive", [False, True])
def test_matrix_has_no_difference(is_permissive: bool) -> None:  # noqa: FBT001 (pytest's way)
    """On every chain of the matrix the verdict is the verifier's."""
    assert differences(dict(variants.matrix()), is_permissive=is_permissive) == {}


@pytest.mark.parametrize("is_permissive", [False, True])
def test_limbo_differs_in_two_named_cases(vectors: Path, is_permissive: bool) -> None:  # noqa: FBT001 (pytest's way)
    """On all of x509-limbo the verdict is the verifier's, but for two that are explained above."""
    assert set(differences(dict(variants.limbo(vectors)), is_permissive=is_permissive)) == {_ZERO, _NOT_TOLD}


def test_permissive_accepts_more() -> None:
    """Permissive policies accept what the strict ones refuse in private PKIs, and refuse what no policy allows."""
    answers = {
        label: (theirs(question, is_permissive=False), theirs(question, is_permissive=True))
        for label, question in variants.matrix().items()
    }
    assert (False, True) in answers.values()
    assert (True, False) not in answers.values()
    assert answers["no intermediate"] == (False, False)
