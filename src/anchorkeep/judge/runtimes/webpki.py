"""
What a strict verifier of the Web PKI says of a chain: the one of `cryptography`, close to Go's and Rust's.

The verdict is the library's own. It names no kind of fault but in a text that is not looked at, so the kind is what our own
rules find first: the name, the leaf's dates, a missing issuer; everything else is the profile, told in the library's words.

Not checked: revocation.
"""

from __future__ import annotations

from datetime import UTC
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError

from anchorkeep.errors import CertificateError
from anchorkeep.judge import identity, parsers
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.endpoint import as_ip_address
from anchorkeep.model.trust_anchors import TrustAnchors
from anchorkeep.model.verdict import Kind, Outcome, Reason, Verdict, refused
from anchorkeep.text import visible

if TYPE_CHECKING:
    from anchorkeep.judge.budget import Budget
    from anchorkeep.model.runtime import WebPKIRuntime
    from anchorkeep.model.verdict import Question

#: Intermediates that the library follows where it is not told otherwise.
_MAX_DEPTH = 8


def judge(question: Question, runtime: WebPKIRuntime, budget: Budget) -> Verdict:
    """
    Return what the verifier says of a chain; without a name in the question, for the first that the leaf presents.

    Raises:
        BudgetExceededError: by their names more paths are possible than the budget allows.
    """
    leaf = question.chain[0]
    refusal = parsers.refusal(leaf)
    problem = refusal.cryptography or refusal.ours
    if problem is not None:
        return refused(Kind.NOT_READ, f"The leaf cannot be read: {visible(problem, limit=200)}.", leaf)
    if not question.anchors.certificates:
        return refused(Kind.EMPTY_STORE, "The store holds no certificate.")
    name = question.name or ""
    try:
        _count_paths(question, budget)
        name = name or next(iter(identity.presented(leaf)), "")
        path = _verify(question, name, runtime, budget)
    except CertificateError as error:
        return refused(Kind.NOT_READ, f"A certificate cannot be read: {visible(error.message, limit=200)}")
    except VerificationError as error:
        return _refused(question, name, visible(str(error), limit=200))
    except ValueError:  # What `cryptography` takes for no name at all.
        return refused(Kind.NAME_MISMATCH, f"{visible(name) or 'Nothing'} is no name that a certificate can be for.", leaf)
    return Verdict(outcome=Outcome.TRUSTED, path=path)


def _verify(question: Question, name: str, runtime: WebPKIRuntime, budget: Budget) -> tuple[Certificate, ...]:
    address = as_ip_address(name)
    subject = x509.DNSName(name) if address is None else x509.IPAddress(address)
    anchors = _reachable_anchors(question, budget)
    if not anchors:
        raise VerificationError("no issuer is known")
    builder = PolicyBuilder().store(Store(anchors)).time(question.at.astimezone(UTC).replace(tzinfo=None))
    if runtime.is_permissive:
        builder = builder.extension_policies(ca_policy=_any(x509.BasicConstraints), ee_policy=_any(x509.SubjectAlternativeName))
    leaf, *others = (loaded for loaded in map(_loaded, question.chain) if loaded is not None)
    path = builder.build_server_verifier(subject).verify(leaf, others)
    return tuple(Certificate(item.public_bytes(Encoding.DER)) for item in path)


def _any(least: type[x509.ExtensionType]) -> ExtensionPolicy:
    """Allow any extensions, and ask for the one without which the library takes no CA, or finds no name."""
    return ExtensionPolicy.permit_all().require_present(least, Criticality.AGNOSTIC, None)


def _refused(question: Question, name: str, words: str) -> Verdict:
    leaf, above = question.chain[0], question.chain[0].issuer.canonical
    reasons = []
    if not identity.matches(leaf, name):
        reasons.append(Reason(kind=Kind.NAME_MISMATCH, message=f"The leaf is not for {visible(name)}.", certificate=leaf))
    if question.at > leaf.not_after:
        reasons.append(Reason(kind=Kind.EXPIRED, message="The leaf has expired.", certificate=leaf))
    if question.at < leaf.not_before:
        reasons.append(Reason(kind=Kind.NOT_YET_VALID, message="The leaf is not valid yet.", certificate=leaf))
    if not question.anchors.by_subject(above) and all(item.subject.canonical != above for item in question.chain[1:]):
        message = "The leaf's issuer is neither sent nor in the store."
        reasons.append(Reason(kind=Kind.UNKNOWN_ISSUER, message=message, certificate=leaf))
    if not reasons:
        reasons.append(Reason(kind=Kind.PROFILE, message=f"The verifier says: {words}."))
    return Verdict(outcome=Outcome.REFUSED, reasons=tuple(reasons))


def _count_paths(question: Question, budget: Budget) -> None:
    """
    Go every way that the library could go, so that what it would take for ever is never asked of it.

    It follows any issuer by name whose key verifies, and gives up for good at the first path that is too deep. Where no name is
    borne twice there is one way, and nothing to count.
    """
    sent = TrustAnchors(tuple(item for item in question.chain[1:] if _loaded(item) is not None))
    names = {item.subject.canonical for item in sent.certificates}
    if all(len(sent.by_subject(name)) + len(question.anchors.by_subject(name)) == 1 for name in names):
        return
    _follow(question.chain[0], _MAX_DEPTH, anchors=question.anchors, sent=sent, budget=budget)


def _follow(certificate: Certificate, depth: int, *, anchors: TrustAnchors, sent: TrustAnchors, budget: Budget) -> bool:
    """Go up from a certificate, in the library's order, and return whether it would have given up for good."""
    if certificate in anchors:
        return False
    if depth < 0:
        return True
    name = certificate.issuer.canonical
    for issuer in (*anchors.by_subject(name), *sent.by_subject(name)):
        budget.look()
        if budget.is_signed(certificate, issuer) and _follow(issuer, depth - 1, anchors=anchors, sent=sent, budget=budget):
            return True
    return False


def _reachable_anchors(question: Question, budget: Budget) -> list[x509.Certificate]:
    """Return the anchors that a path can come to; loading a whole store takes long."""
    names = {name.canonical for item in question.chain for name in (item.subject, item.issuer)}
    found = []
    for anchor in (anchor for name in names for anchor in question.anchors.by_subject(name)):
        budget.look()
        found.append(_loaded(anchor))
    return [loaded for loaded in found if loaded is not None]


@lru_cache(maxsize=512)  # Enough for the CAs of a scan, and too few for its leaves to weigh anything.
def _loaded(certificate: Certificate) -> x509.Certificate | None:
    if parsers.refusal(certificate).cryptography is not None:
        return None
    return x509.load_der_x509_certificate(certificate.der)
