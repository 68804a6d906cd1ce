"""What one judgement may cost, so that no chain or store keeps it busy: certificates looked at, signatures verified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anchorkeep.judge import signature
from anchorkeep.judge.signature import Signature

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate


#: What one judgement may cost where the caller does not say.
STEPS = 5_000
SIGNATURE_CHECKS = 256


class BudgetExceededError(Exception):
    """The budget ran out before the question could be answered; never leaves the judge."""


@dataclass(slots=True, kw_only=True)
class Budget:
    """
    What is left for one judgement.

    Attributes:
        steps: certificates that may still be looked at; real chains need below 50.
        signature_checks: signatures that may still be verified; one takes 20 to 400 microseconds, 8 milliseconds with keys made
            to be slow, and next to nothing where the answer is remembered, which costs the same here.
    """

    steps: int = STEPS
    signature_checks: int = SIGNATURE_CHECKS

    def look(self) -> None:
        """
        Take one step.

        Raises:
            BudgetExceededError: none is left.
        """
        if self.steps <= 0:
            raise BudgetExceededError
        self.steps -= 1

    def is_signed(self, certificate: Certificate, issuer: Certificate) -> bool:
        """
        Return whether `certificate` was signed with the key of `issuer`; what could not be verified is not.

        Raises:
            BudgetExceededError: no signature check is left.
        """
        if self.signature_checks <= 0:
            raise BudgetExceededError
        self.signature_checks -= 1
        return signature.check(certificate, issuer) is Signature.VALID
