"""
Decide which exit code a command ends with.

0 fine, 1 refused or a finding, 2 usage, 3 could not tell, 4 fine now but a known event breaks it. Of several targets the worst
counts, in the order 2, 1, 4, 3, 0.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from anchorkeep.errors import AnchorkeepError, FileError, UsageError
from anchorkeep.model.chain import FailedObservation
from anchorkeep.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from anchorkeep.actions.show import Report
    from anchorkeep.model.finding import Finding


class Exit(IntEnum):
    """The exit codes."""

    FINE = 0
    FINDING = 1
    USAGE = 2
    UNKNOWN = 3
    FORESEEN = 4


_WORST_FIRST = (Exit.USAGE, Exit.FINDING, Exit.FORESEEN, Exit.UNKNOWN, Exit.FINE)


def worst(codes: Iterable[Exit]) -> Exit:
    """Return the worst of the codes; of none, fine."""
    return min(codes, key=_WORST_FIRST.index, default=Exit.FINE)


def of_findings(findings: Iterable[Finding], fail_on: Severity) -> Exit:
    """Return 1 if a finding is of the severity or above, else 0."""
    return Exit.FINDING if any(item.severity >= fail_on for item in findings) else Exit.FINE


def of_report(report: Report, fail_on: Severity) -> Exit:
    """
    Return the code of one report.

    A service that could not be observed is one we cannot tell about, as is one whose types of key were asked for and could not be
    told; a path that does not verify is never fine, whatever severity its findings have.
    """
    if isinstance(report.outcome, FailedObservation):
        return Exit.UNKNOWN
    if report.best is not None and not report.best.verifies:
        return Exit.FINDING
    code = of_findings(report.findings, fail_on)
    if report.views:
        from anchorkeep.judge import vantage

        return worst((code, Exit.UNKNOWN if vantage.leaves_open(report.views) else Exit.FINE))
    return code


def of_error(error: AnchorkeepError) -> Exit:
    """Return the code of an error that ended a command."""
    if isinstance(error, UsageError):
        return Exit.USAGE
    return Exit.UNKNOWN if isinstance(error, FileError) else Exit.FINDING


def severity(word: str) -> Severity:
    """Return the severity of a word of the command line."""
    return Severity[word.upper()]
