"""What a runtime says of a chain: trusted, refused, or that it could not be told; by which path, and why not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.trust_anchors import TrustAnchors


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """
    What a runtime is asked: whether it trusts a service that presents a chain.

    Attributes:
        chain: the certificates that were sent, in the server's order, the leaf first; never empty.
        anchors: what the program trusts.
        name: the host's name in A-labels, or its address, that the client connects to; None to check no name.
        at: the moment to judge for, aware.
    """

    chain: tuple[Certificate, ...]
    anchors: TrustAnchors
    name: str | None
    at: datetime


class Outcome(StrEnum):
    """What became of a judgement."""

    TRUSTED = "trusted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """
    Why a chain is refused, in words common to all runtimes; the runtimes' own words differ.

    A runtime that finds several faults names the first that it comes to, so the same chain can be refused for different kinds.
    """

    EMPTY_STORE = "empty-store"
    UNKNOWN_ISSUER = "unknown-issuer"
    BAD_SIGNATURE = "bad-signature"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    NOT_A_CA = "not-a-ca"
    PATH_TOO_LONG = "path-too-long"
    NAME_CONSTRAINT = "name-constraint"
    UNKNOWN_CRITICAL = "unknown-critical-extension"
    WRONG_KEY_USAGE = "wrong-key-usage"
    WRONG_PURPOSE = "wrong-purpose"
    WEAK = "weak-algorithm"
    DISTRUSTED = "distrusted"
    NOT_READ = "not-read"
    TOO_MANY = "too-many-certificates"
    NAME_MISMATCH = "name-mismatch"
    PROFILE = "profile"
    BUDGET = "budget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """
    One reason for a refusal.

    Attributes:
        kind: what kind of fault it is.
        message: what is so, one sentence; safe to print.
        certificate: the certificate at fault, None where it is none of them.
    """

    kind: Kind
    message: str
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    What one runtime says of one chain, for one name, at one time.

    Attributes:
        outcome: trusted, refused, or unknown, where the budget ran out before it could be told.
        path: leaf first, the anchor last; of a refused chain the path that came farthest, empty where there was none.
        reasons: why it is refused or could not be told, the one the runtime comes to first ahead; empty when it is trusted.
        steps: certificates looked at.
        signature_checks: signatures verified, whether or not the answer was remembered.
    """

    outcome: Outcome
    path: tuple[Certificate, ...] = ()
    reasons: tuple[Reason, ...] = ()
    steps: int = 0
    signature_checks: int = 0

    @property
    def is_trusted(self) -> bool:
        """Whether the runtime connects."""
        return self.outcome is Outcome.TRUSTED

    @property
    def anchor(self) -> Certificate | None:
        """The certificate of the store that the path ends in, None where it was refused or there is no path."""
        return self.path[-1] if self.path and self.is_trusted else None

    @property
    def kind(self) -> Kind | None:
        """The kind of the first reason, None when it is trusted."""
        return self.reasons[0].kind if self.reasons else None


def refused(kind: Kind, message: str, certificate: Certificate | None = None, *, path: tuple[Certificate, ...] = ()) -> Verdict:
    """Return a refusal for one reason."""
    return Verdict(outcome=Outcome.REFUSED, path=path, reasons=(Reason(kind=kind, message=message, certificate=certificate),))
