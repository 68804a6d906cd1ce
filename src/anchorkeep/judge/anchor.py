"""What a strategy selects: anchors, each with its part in the plan, and what is to be said about the whole."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate


class Strategy(StrEnum):
    """Which certificates of a service's paths become anchors."""

    ROOT = "root"
    ROOT_SET = "root-set"
    ISSUING = "issuing"
    CHAIN = "chain"
    LEAF = "leaf"

    @property
    def is_partial(self) -> bool:
        """Whether none of its anchors is a root, so that OpenSSL takes them with X509_V_FLAG_PARTIAL_CHAIN only."""
        return self in {Strategy.ISSUING, Strategy.LEAF}


class Role(StrEnum):
    """Why a certificate is an anchor."""

    ROOT = "root"
    CROSS_SIGN = "cross-sign"
    OPERATOR_ROOT = "operator-root"
    NAMED = "named"
    INTERMEDIATE = "intermediate"
    ISSUING = "issuing"
    LEAF = "leaf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """
    A certificate that a strategy wants in the store.

    Attributes:
        certificate: the certificate.
        role: why it is wanted, in a word.
        reason: the same in a sentence; safe to print.
    """

    certificate: Certificate
    role: Role
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """
    What a strategy selects for one service.

    Attributes:
        strategy: the strategy.
        anchors: never empty, each certificate once; the root first where there is one, else from the root's side leaf-ward.
        reason: why one would choose the strategy, one sentence; safe to print.
        warnings: what it does not survive and what it widens, one sentence each; safe to print.
    """

    strategy: Strategy
    anchors: tuple[Anchor, ...]
    reason: str
    warnings: tuple[str, ...]
