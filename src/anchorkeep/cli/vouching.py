"""A person's word for one certificate, on a terminal: the first digits of its SHA-256, which are not shown before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.cli import question, render
from anchorkeep.judge import decision

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate

#: How often a person may mistype the digits of one fingerprint.
_ATTEMPTS = 3


def is_vouched(certificate: Certificate, reason: str) -> bool:
    """
    Ask for the first digits of a certificate's fingerprint; whether they were typed.

    Args:
        certificate: the certificate.
        reason: why it is asked about, one sentence; safe to print.
    """
    render.out("")
    render.out(render.text(f"? {certificate.title}: {reason}", "yellow"))
    render.out("Have its SHA-256 told by whoever runs the service, by telephone or on their page: it is not shown here.")
    for _ in range(_ATTEMPTS):
        typed = question.line(f"First {decision.DIGITS} digits of it (none: refuse):")
        if not typed:
            return False
        if decision.confirms(typed, certificate):
            return True
        render.error(f"That is not how its SHA-256 begins, or fewer than {decision.DIGITS} digits.")
    return False
