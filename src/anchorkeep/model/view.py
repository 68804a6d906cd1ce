"""One more look at a service that was observed: at another of its addresses, for another type of key, by another way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from anchorkeep.model.certificate import Certificate
from anchorkeep.model.chain import FailedObservation, ObservedChain


class ViewKind(StrEnum):
    """What is different in the look."""

    NODE = "node"
    KEY_TYPE = "key-type"
    WAY = "way"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """
    One more look.

    Attributes:
        kind: what is different from the observation that it belongs to.
        label: which it is: `192.0.2.1:443`, `RSA`, `through http://proxy:3128`, `directly`; safe to print.
        outcome: what was seen.
    """

    kind: ViewKind
    label: str
    outcome: ObservedChain | FailedObservation

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The certificates as sent, empty where none came."""
        return self.outcome.certificates if isinstance(self.outcome, ObservedChain) else ()
