"""
What a runtime says of a chain: the one way into the rules of all families.

Pure: the verdict follows from the bytes, the time and the runtime's value, and can be repeated years later. Not checked for
any of them: revocation, certificate policies, Certificate Transparency.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from anchorkeep.judge.budget import SIGNATURE_CHECKS, STEPS, Budget, BudgetExceededError
from anchorkeep.judge.runtimes import gnutls, java, openssl, webpki
from anchorkeep.model.runtime import GnuTLSRuntime, JavaRuntime, OpenSSLRuntime, WebPKIRuntime
from anchorkeep.model.verdict import Kind, Outcome, Reason, Verdict

if TYPE_CHECKING:
    from anchorkeep.model.verdict import Question

#: The runtimes whose rules are here.
Judged: TypeAlias = JavaRuntime | OpenSSLRuntime | GnuTLSRuntime | WebPKIRuntime


def assess(question: Question, runtime: Judged, *, steps: int = STEPS, signature_checks: int = SIGNATURE_CHECKS) -> Verdict:
    """
    Return what a runtime says of a chain.

    Args:
        question: the chain, the trusted certificates, the name and the time.
        runtime: whose rules are applied.
        steps: certificates that may be looked at.
        signature_checks: signatures that may be verified. Where either runs out the outcome is unknown, which is no refusal.
    """
    budget = Budget(steps=steps, signature_checks=signature_checks)
    try:
        verdict = _judge(question, runtime, budget)
    except BudgetExceededError:
        message = f"It could not be told within {steps} certificates and {signature_checks} signatures."
        verdict = Verdict(outcome=Outcome.UNKNOWN, reasons=(Reason(kind=Kind.BUDGET, message=message),))
    return replace(verdict, steps=steps - budget.steps, signature_checks=signature_checks - budget.signature_checks)


def _judge(question: Question, runtime: Judged, budget: Budget) -> Verdict:
    if isinstance(runtime, JavaRuntime):
        return java.judge(question, runtime, budget)
    if isinstance(runtime, OpenSSLRuntime):
        return openssl.judge(question, runtime, budget)
    if isinstance(runtime, GnuTLSRuntime):
        return gnutls.judge(question, runtime, budget)
    return webpki.judge(question, runtime, budget)
