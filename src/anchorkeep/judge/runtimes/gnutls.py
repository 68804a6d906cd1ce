"""
What a client on GnuTLS 3.7 says of a chain, with its default priorities: Debian's git and apt, wget, many mail clients.

Our own rules, measured against the library. In its order: the chain is sorted; a root it ends in is left out; it is cut at a
certificate whose name and key are trusted; the last that is left must be signed by the trusted certificate of its issuer's name
that lasts longest, and each below by the one above. There is no building of other paths: what was sent decides.

Not checked: revocation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.errors import CertificateError
from anchorkeep.judge.runtimes import gnutls_names, gnutls_purpose, gnutls_step
from anchorkeep.judge.runtimes.gnutls_step import Descent
from anchorkeep.model.verdict import Kind, Outcome, Reason, Verdict, refused
from anchorkeep.text import visible

if TYPE_CHECKING:
    from anchorkeep.judge.budget import Budget
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.runtime import GnuTLSRuntime
    from anchorkeep.model.verdict import Question

#: Certificates that a client takes (DEFAULT_MAX_VERIFY_DEPTH); a longer chain is refused before it is looked at.
MAX_CHAIN = 16
#: After these the library looks a second time, elsewhere; the first answer counts only where nothing is found there.
_ASKED_AGAIN = frozenset({Kind.UNKNOWN_ISSUER, Kind.EXPIRED, Kind.WEAK})


def judge(question: Question, _runtime: GnuTLSRuntime, budget: Budget) -> Verdict:
    """
    Return what GnuTLS says of a chain.

    Raises:
        BudgetExceededError: the budget ran out.
    """
    for _ in question.chain:
        budget.look()
    if len(question.chain) > MAX_CHAIN:
        return refused(Kind.TOO_MANY, f"The chain has {len(question.chain)} certificates, GnuTLS takes {MAX_CHAIN}.")
    for certificate in question.chain:
        if not _is_read(certificate):
            return refused(Kind.NOT_READ, "GnuTLS cannot read it.", certificate)
    if not question.anchors.certificates:
        return refused(Kind.EMPTY_STORE, "The store holds no certificate.")
    try:
        path, reasons = _verify(_without_root(_sorted(question.chain)), question, budget)
        if not reasons:
            reasons = _on_the_leaf(question)
    except CertificateError as error:
        return refused(Kind.NOT_READ, f"A certificate cannot be read: {visible(error.message, limit=200)}")
    return Verdict(outcome=Outcome.REFUSED if reasons else Outcome.TRUSTED, path=path, reasons=reasons)


def _on_the_leaf(question: Question) -> tuple[Reason, ...]:
    leaf, reasons = question.chain[0], []
    if not gnutls_purpose.is_for_servers(leaf):
        message = "Its extended key usage lacks serverAuth."
        reasons.append(Reason(kind=Kind.WRONG_PURPOSE, message=message, certificate=leaf))
    if question.name is not None and not gnutls_names.matches(leaf, question.name):
        message = f"The leaf is not for {visible(question.name)}."
        reasons.append(Reason(kind=Kind.NAME_MISMATCH, message=message, certificate=leaf))
    return tuple(reasons)


def _sorted(chain: tuple[Certificate, ...]) -> tuple[Certificate, ...]:
    """Follow the issuers from the leaf, of several the one that was sent first; what does not belong to the path is left out."""
    path = [chain[0]]
    while len(path) < len(chain):
        above = next((item for item in chain[1:] if item is not path[-1] and gnutls_step.is_issuer(path[-1], item)), None)
        if above is None or above in path:
            break
        path.append(above)
    return tuple(path)


def _without_root(path: tuple[Certificate, ...]) -> tuple[Certificate, ...]:
    return path[:-1] if len(path) > 1 and gnutls_step.is_issuer(path[-1], path[-1]) else path


def _verify(
    sent: tuple[Certificate, ...], question: Question, budget: Budget
) -> tuple[tuple[Certificate, ...], tuple[Reason, ...]]:
    """
    Return the path, leaf first, and what ends it.

    The library keeps its anchors by name. It looks among those of the last issuer's name, then among those of the last
    certificate's own: an anchor in the middle of what was sent is never met.
    """
    last = sent[-1]
    refusal: tuple[Reason, ...] = ()
    reached = sent
    for name in (last.issuer, last.subject):
        anchors = []
        for anchor in question.anchors.by_subject(name.canonical):
            budget.look()
            anchors.append(anchor)
        path, reason = _attempt(sent, anchors, question, budget)
        if reason is None or reason.kind not in _ASKED_AGAIN:
            return path, () if reason is None else (reason,)
        if not refusal or reason.kind is not Kind.UNKNOWN_ISSUER:
            refusal, reached = (reason,), path
    return reached, refusal


def _attempt(
    sent: tuple[Certificate, ...], anchors: list[Certificate], question: Question, budget: Budget
) -> tuple[tuple[Certificate, ...], Reason | None]:
    """Cut what was sent at a trusted certificate and verify what is left, from the top down."""
    for number in range(0 if len(sent) == 1 else 1, len(sent)):
        trusted = next((anchor for anchor in anchors if _is_same(sent[number], anchor, is_leaf=number == 0)), None)
        if trusted is not None:
            problem = gnutls_step.outdated(trusted, question.at)
            if problem is not None or number == 0:
                return (*sent[:number], trusted), problem
            sent = sent[:number]
            break
    issuers = [anchor for anchor in anchors if gnutls_step.is_issuer(sent[-1], anchor)]
    if not issuers:
        return sent, Reason(kind=Kind.UNKNOWN_ISSUER, message="Its issuer is not in the store.", certificate=sent[-1])
    # Of several the one that lasts longest, of equals the last: whose key it is, is not asked.
    path = (*sent, max(reversed(issuers), key=lambda issuer: issuer.not_after))
    descent = Descent(at=question.at, budget=budget)
    for number in range(len(sent) - 1, -1, -1):
        reason = descent.step(path[number], path[number + 1], is_trusted=number == len(sent) - 1, is_leaf=number == 0)
        if reason is not None:
            return path, reason
    return path, None


def _is_same(certificate: Certificate, anchor: Certificate, *, is_leaf: bool) -> bool:
    """Whether a sent certificate is a trusted one: the leaf itself, of a CA its name and key."""
    if is_leaf:
        return certificate == anchor
    return certificate.subject.der == anchor.subject.der and certificate.public_key == anchor.public_key


def _is_read(certificate: Certificate) -> bool:
    """Whether the library takes it: every field can be read, no extension is there twice, both algorithms are the same."""
    if certificate.problem is not None or not certificate.has_matching_algorithms:
        return False
    kinds = [item.oid for item in certificate.extensions]
    return len(kinds) == len(set(kinds))
