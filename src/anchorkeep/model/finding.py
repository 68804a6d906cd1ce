"""What was noticed: a stable identifier, how bad it is, what it means and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate


class Severity(IntEnum):
    """How bad a finding is; higher is worse."""

    NOTE = 0
    WARNING = 1
    ERROR = 2

    @property
    def label(self) -> str:
        """The word on the command line and in JSON."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    One thing noticed about one subject.

    Attributes:
        id: stable, lower case with hyphens; listed in the reference of findings.
        severity: note, warning or error.
        message: what is so, one sentence; safe to print.
        remedy: what to do, one sentence or an empty string; safe to print.
        certificates: the certificates it is about, empty where it is about the whole.
    """

    id: str
    severity: Severity
    message: str
    remedy: str = ""
    certificates: tuple[Certificate, ...] = ()
