"""
A path as it was sent, validated as Java's PKIX validator does it: from the anchor down, each certificate through all checks.

The order of the checks is `PKIXCertPathValidator`'s, so that the first reason is the one the runtime gives: algorithms, key
usage, basic constraints, name constraints, dates, signature, critical extensions. Not checked: policies, revocation, the few
certificates that `blocked.certs` names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.judge.runtimes import java_algorithms, java_constraints
from anchorkeep.judge.runtimes.java_constraints import IncomparableError
from anchorkeep.judge.runtimes.java_facts import NO_CA, UNBOUNDED, anchors_named, facts
from anchorkeep.model.verdict import Kind, Reason
from anchorkeep.text import visible

if TYPE_CHECKING:
    from anchorkeep.judge.budget import Budget
    from anchorkeep.judge.runtimes.java_facts import Facts
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.extension import NameConstraints
    from anchorkeep.model.runtime import JavaRuntime
    from anchorkeep.model.verdict import Question

Path = tuple["Certificate", ...]


def validate(sent: Path, question: Question, runtime: JavaRuntime, budget: Budget) -> tuple[Path, Reason | None]:
    """
    Return the path with its anchor and None, or the path that was tried last and why it is refused.

    Every anchor of the last issuer's name whose identifiers agree is tried.

    Args:
        sent: the certificates below the anchor, in order, leaf first.
        question: the trusted certificates and the time.
        runtime: whose algorithms are disabled.
        budget: what may be spent.

    Raises:
        BudgetExceededError: the budget ran out.
        CertificateError: a certificate cannot be read.
    """
    last = sent[-1]
    message = "Its issuer is not in the store."
    refusal, reached = Reason(kind=Kind.UNKNOWN_ISSUER, message=message, certificate=last), sent
    for anchor in anchors_named(question.anchors, facts(last).issuer):
        budget.look()
        if not _has_identifiers(last, anchor):
            if reached is sent:
                message = "Its authority key identifier is not that of the anchor of its issuer's name."
                refusal = Reason(kind=Kind.UNKNOWN_ISSUER, message=message, certificate=last)
            continue
        path = (*sent, anchor)
        reason = _descend(path, question, runtime, budget)
        if reason is None:
            return path, None
        refusal, reached = reason, path
    return reached, refusal


def anchor_problem(anchor: Certificate, runtime: JavaRuntime) -> Reason | None:
    """
    Return why a path may not end in an anchor (`PKIXValidator.verifyTrustAnchor`): of version 3 it must be a CA.

    Raises:
        CertificateError: it cannot be read.
    """
    read = facts(anchor)
    if runtime.allows_non_ca_anchors or not read.is_v3:
        return None
    if read.path_length == NO_CA:
        return Reason(kind=Kind.NOT_A_CA, message="The trusted certificate is not a CA's.", certificate=anchor)
    if not read.signs:
        message = "The trusted certificate's key usage lacks keyCertSign."
        return Reason(kind=Kind.WRONG_KEY_USAGE, message=message, certificate=anchor)
    return None


def _has_identifiers(certificate: Certificate, anchor: Certificate) -> bool:
    """Whether the anchor has the key identifier and the serial number by which a certificate names its issuer, where both say."""
    wanted = certificate.authority_key_identifier
    if wanted is None:
        return True
    found = anchor.subject_key_identifier
    if wanted.key_identifier is not None and found is not None and wanted.key_identifier != found:
        return False
    return wanted.serial_number is None or not facts(anchor).is_v3 or wanted.serial_number == anchor.serial_number


def _descend(path: Path, question: Question, runtime: JavaRuntime, budget: Budget) -> Reason | None:
    """Check a path from its anchor down to the leaf, and return the first reason to refuse it."""
    budget.look()
    anchor = path[-1]
    is_jdk_ca = anchor.sha256 in runtime.jdk_cas
    weak = java_algorithms.anchor_problem(anchor, runtime, question.at)
    if weak is not None:
        return weak
    left = len(path) - 1
    constraints: list[NameConstraints] = []
    for number in range(len(path) - 2, -1, -1):
        budget.look()
        certificate, issuer = path[number], path[number + 1]
        read = facts(certificate)
        weak = java_algorithms.problem(certificate, runtime, question.at, is_jdk_ca=is_jdk_ca)
        if weak is not None:
            return weak
        if number:
            reason, left = _as_issuer(read, left, is_first=issuer is anchor)
            if reason is not None:
                return reason
        reason = constrained(certificate, constraints, runtime, budget, is_leaf=number == 0)
        if reason is not None:
            return reason
        reason = outdated(read, question) or unsigned(certificate, issuer, budget) or unresolved(read)
        if reason is not None:
            return reason
    return None


def _as_issuer(read: Facts, left: int, *, is_first: bool) -> tuple[Reason | None, int]:
    """Check a certificate that issued another; return how many more may follow."""
    if not read.signs:
        return Reason(kind=Kind.WRONG_KEY_USAGE, message="Its key usage lacks keyCertSign.", certificate=read.certificate), left
    bound = read.path_length
    if not read.is_v3:
        # Of versions 1 and 2 only one that renews the anchor's own name is taken for a CA.
        bound = UNBOUNDED if is_first and read.is_self_issued else NO_CA
    if bound == NO_CA:
        return Reason(kind=Kind.NOT_A_CA, message="It is not a CA's certificate.", certificate=read.certificate), left
    if not read.is_self_issued:
        if left <= 0:
            message = "A path length above it allows no further CA."
            return Reason(kind=Kind.PATH_TOO_LONG, message=message, certificate=read.certificate), left
        left -= 1
    return None, min(left, bound)


def constrained(
    certificate: Certificate, constraints: list[NameConstraints], runtime: JavaRuntime, budget: Budget, *, is_leaf: bool
) -> Reason | None:
    """
    Return why the constraints above a certificate forbid its names, and add its own to them (`ConstraintsChecker`).

    Raises:
        BudgetExceededError: the budget ran out.
        CertificateError: a name cannot be read.
    """
    above = tuple(constraints) if is_leaf or not facts(certificate).is_self_issued else ()
    if certificate.name_constraints is not None:
        constraints.append(certificate.name_constraints)
    for each in above:
        try:
            problem = java_constraints.violation(certificate, each, runtime.version, budget)
        except IncomparableError as error:
            problem = str(error)
        if problem is not None:
            message = f"The name constraints of a CA forbid it: {problem}."
            return Reason(kind=Kind.NAME_CONSTRAINT, message=message, certificate=certificate)
    return None


def outdated(read: Facts, question: Question) -> Reason | None:
    """Return why a certificate is not valid at the time asked for."""
    if question.at > read.not_after:
        return Reason(kind=Kind.EXPIRED, message=f"It expired on {read.not_after:%Y-%m-%d}.", certificate=read.certificate)
    if question.at < read.not_before:
        message = f"It is valid from {read.not_before:%Y-%m-%d} on."
        return Reason(kind=Kind.NOT_YET_VALID, message=message, certificate=read.certificate)
    return None


def unsigned(certificate: Certificate, issuer: Certificate, budget: Budget) -> Reason | None:
    """
    Return why a certificate's signature is not its issuer's.

    Raises:
        BudgetExceededError: no signature check is left.
    """
    if budget.is_signed(certificate, issuer):
        return None
    message = f"Its signature does not verify with the key of {visible(issuer.title, limit=100)}."
    return Reason(kind=Kind.BAD_SIGNATURE, message=message, certificate=certificate)


def unresolved(read: Facts) -> Reason | None:
    """Return why critical extensions refuse a certificate."""
    if not read.unresolved:
        return None
    message = f"It has a critical extension that Java does not know: {visible(read.unresolved[0], limit=100)}."
    return Reason(kind=Kind.UNKNOWN_CRITICAL, message=message, certificate=read.certificate)
