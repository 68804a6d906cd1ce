"""What keeps a decided plan from being written: a service that a verifier refused, or that none could tell about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anchorkeep.actions.proof import State
from anchorkeep.errors import RefusedError
from anchorkeep.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from anchorkeep.actions.proof import Proof
    from anchorkeep.actions.show import Subject
    from anchorkeep.actions.trust_plan import Plan

#: How the verifier is called that has to prove every service.
_FIRST = "OpenSSL"
_NOTHING = "nothing was tried with it."
#: Services named in one sentence.
_MAX_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """
    Why services are not proved.

    Attributes:
        endpoints: the services for which it is the same, as their subjects are called, each once.
        reason: which verifier, and what it said; safe to print.
        is_refused: whether it refused them; else it could not tell.
    """

    endpoints: tuple[str, ...]
    reason: str
    is_refused: bool

    def __str__(self) -> str:
        """Return it as a sentence."""
        named, more = self.endpoints[:_MAX_NAMED], len(self.endpoints) - _MAX_NAMED
        others = f" and {counted(more, 'more service')}" if more > 0 else ""
        return f"{', '.join(named)}{others}: {self.reason}"


class UnprovedError(RefusedError):
    """
    A store was not written, for it was not proved.

    Attributes:
        plan: what was to be trusted.
        proofs: what the verifiers said.
        failed: why it is not proved.
    """

    def __init__(
        self,
        plan: Plan,
        proofs: tuple[Proof, ...],
        failed: tuple[Failure, ...],
        *,
        otherwise: str = "--force-unproved writes it all the same.",
    ) -> None:
        """Tell the first failure, and count the others; `otherwise` is a sentence on how it may be written all the same."""
        more = f" {counted(len(failed) - 1, 'more reason')} beside." if failed[1:] else ""
        message = f"The store was not written, for it was not proved: {failed[0]}{more}"
        super().__init__(message, remedy=f"{_advice(failed)} {otherwise}")
        self.plan, self.proofs, self.failed = plan, proofs, failed


def _advice(failed: Iterable[Failure]) -> str:
    if any(item.is_refused for item in failed):
        return "Look at what the service presents with `anchorkeep show`, and have it repaired."
    return "Try again; look at what the verifier says, and whether it reaches the service."


def failures(made: Iterable[Proof], subjects: Iterable[Subject]) -> tuple[Failure, ...]:
    """
    Return why a store is not proved for every service, each reason once; empty where it is.

    A service is proved where OpenSSL verified it in a new handshake, and every other verifier that was asked did too. That there
    is no Java to be asked, or none that opens stores of this format, is no failure.
    """
    made = tuple(made)
    found: dict[tuple[str, bool], list[str]] = {}
    for item in made:
        if item.state in {State.REFUSED, State.NOT_PROVED}:
            found.setdefault((f"{item.verifier}: {item.detail}", item.state is State.REFUSED), []).append(item.endpoint)
    tried = {item.endpoint for item in made if item.verifier.startswith(_FIRST) and item.state is not State.NOT_ASKED}
    untried = [subject.label for subject in subjects if subject.label not in tried]
    if untried:
        found[_NOTHING, False] = untried
    return tuple(
        Failure(endpoints=tuple(dict.fromkeys(endpoints)), reason=reason, is_refused=is_refused)
        for (reason, is_refused), endpoints in sorted(found.items(), key=lambda item: not item[0][1])
    )
