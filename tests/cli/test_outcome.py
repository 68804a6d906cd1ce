import itertools

import pytest

from anchorkeep import errors
from anchorkeep.cli import outcome
from anchorkeep.cli.outcome import Exit
from anchorkeep.model.finding import Finding, Severity
from tests.peers import reports
from tests.peers.reports import pki

WORST_FIRST = [2, 1, 4, 3, 0]


@pytest.mark.parametrize(("worse", "better"), list(itertools.combinations(WORST_FIRST, 2)))
def test_worst_counts(worse: int, better: int) -> None:
    """Of two codes the worse one counts, in either order: 2, 1, 4, 3, 0."""
    assert outcome.worst([Exit(better), Exit(worse)]) == worse
    assert outcome.worst([Exit(worse), Exit(better), Exit(better)]) == worse


def test_nothing_is_fine() -> None:
    """Of no targets nothing is bad."""
    assert outcome.worst([]) is Exit.FINE


@pytest.mark.parametrize("fail_on", list(Severity))
@pytest.mark.parametrize("severity", list(Severity))
def test_finding_counts_from_its_severity_on(severity: Severity, fail_on: Severity) -> None:
    """A finding makes the code 1 where it is as bad as asked, or worse."""
    finding = Finding(id="some-finding", severity=severity, message="So it is.")
    assert outcome.of_findings([finding], fail_on) is (Exit.FINDING if severity >= fail_on else Exit.FINE)


def test_no_findings_are_fine() -> None:
    """Without findings nothing is bad, whatever is asked."""
    assert outcome.of_findings([], Severity.NOTE) is Exit.FINE


def test_unreachable_service_is_unknown() -> None:
    """A service that could not be looked at is one we cannot tell about."""
    assert outcome.of_report(reports.failed(), Severity.NOTE) is Exit.UNKNOWN


def test_report_counts_by_its_findings() -> None:
    """A report of a good chain under a private root is a note; one of an expired certificate is an error."""
    assert outcome.of_report(reports.good(), Severity.WARNING) is Exit.FINE
    assert outcome.of_report(reports.good(), Severity.NOTE) is Exit.FINDING
    expired = reports.report((pki().expired, pki().intermediate), reports.pool(pki().root))
    assert outcome.of_report(expired, Severity.ERROR) is Exit.FINDING


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError("x"), 2),
        (errors.InputError("x"), 1),
        (errors.TLVError("x", offset=1), 1),
        (errors.CertificateError("x"), 1),
        (errors.StoreFormatError("x"), 1),
        (errors.UnsupportedFormatError("x"), 1),
        (errors.StoreIntegrityError("x"), 1),
        (errors.EvidenceError("x"), 1),
        (errors.UnsupportedEntryError("x"), 1),
        (errors.RefusedError("x"), 1),
        (errors.FileError("x"), 3),
    ],
)
def test_error_has_its_code(error: errors.AnchorkeepError, code: int) -> None:
    """Usage is 2, what cannot be read from the disk is 3, and what was refused or is broken is 1."""
    assert outcome.of_error(error) == code


@pytest.mark.parametrize("severity", list(Severity))
def test_severity_is_read_by_its_label(severity: Severity) -> None:
    """The word on the command line is the label of the severity."""
    assert outcome.severity(severity.label) is severity


def test_path_that_does_not_verify_is_never_fine() -> None:
    """A chain that leads nowhere known is a failure even where only errors are to fail; one that verifies is not."""
    pki = reports.pki()
    airborne = reports.report([pki.leaf, pki.intermediate])
    assert max(item.severity for item in airborne.findings) < Severity.ERROR
    assert outcome.of_report(airborne, Severity.ERROR) == outcome.Exit.FINDING
    assert outcome.of_report(reports.good(), Severity.ERROR) == outcome.Exit.FINE
