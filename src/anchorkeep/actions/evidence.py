"""Write down what was seen: the evidence of reports as one document that `show` reads back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from anchorkeep import __version__
from anchorkeep.errors import AnchorkeepError, RefusedError
from anchorkeep.formats import evidence
from anchorkeep.host import file, replacement
from anchorkeep.model.view import ViewKind
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anchorkeep.actions.show import Report
    from anchorkeep.model.chain import CertificationPath
    from anchorkeep.model.finding import Finding

#: Under which key of an observation each kind of further look stands.
_VIEW_KEYS = {ViewKind.NODE: "nodes", ViewKind.KEY_TYPE: "key_types", ViewKind.WAY: "other_ways"}


def document(reports: Sequence[Report]) -> dict[str, Any]:
    """Return the evidence of reports as a JSON object: format, version, and an observation each with its judgement."""
    return {
        "format": evidence.FORMAT,
        "version": evidence.VERSION,
        "product": f"anchorkeep {__version__}",
        "not_checked": ["revocation"],
        "observations": [_observation(report) for report in reports],
    }


def bad_line(number: int, error: AnchorkeepError) -> dict[str, Any]:
    """Return what is told, among the evidence, of a line of a list that names no service: a JSON object."""
    return {
        "format": evidence.ERROR_FORMAT,
        "version": evidence.ERROR_VERSION,
        "product": f"anchorkeep {__version__}",
        "line": number,
        "message": error.message,
        "remedy": error.remedy,
    }


def save(path: Path, data: bytes, *, force: bool) -> None:
    """
    Write an evidence file; one that is there is kept unless `force`.

    Raises:
        RefusedError: the file exists.
        FileError: it cannot be written.
    """
    if file.is_present(path) and not force:
        raise RefusedError(f"{visible(str(path))} exists and was left alone.", remedy="Name another file, or use --force.")
    replacement.replace(path, data)


def finding(item: Finding) -> dict[str, Any]:
    """Return a finding as a JSON object."""
    return {
        "id": item.id,
        "severity": item.severity.label,
        "message": item.message,
        "remedy": item.remedy,
        "certificates": [certificate.sha256.hex() for certificate in item.certificates],
    }


def _observation(report: Report) -> dict[str, Any]:
    known = dict.fromkeys(
        certificate for path in (report.search.paths if report.search else ()) for certificate in path.certificates
    )
    return evidence.observation(report.outcome) | {
        "label": report.subject.label,
        "environment": report.subject.environment,
        "judged_at": evidence.timestamp(report.at),
        "verifies": bool(report.best and report.best.verifies),
        "paths": [_path(path) for path in (report.search.paths if report.search else ())],
        "found": [
            evidence.certificate(certificate)
            | {"sources": [{"kind": str(source.kind), "name": source.name} for source in report.sources(certificate)]}
            for certificate in known
            if certificate not in report.sent
        ],
        "findings": [finding(item) for item in report.findings],
        **_views(report),
    }


def _views(report: Report) -> dict[str, Any]:
    """Return the further looks by their kind, and the certificates that only they gave; nothing where there was none."""
    found: dict[str, Any] = {}
    for view in report.views:
        outcome = view.outcome
        record = evidence.observation(outcome)
        looked = {
            "label": view.label,
            "observed_at": record["observed_at"],
            "address": record["address"],
            "proxy": record["proxy"],
            "tls_version": record.get("tls_version"),
            "failure": record["failure"],
            "certificates": [certificate.sha256.hex() for certificate in view.certificates],
        }
        found.setdefault(_VIEW_KEYS[view.kind], []).append(looked)
    others = dict.fromkeys(item for view in report.views for item in view.certificates if item not in report.sent)
    return found | {"others": [evidence.certificate(item) for item in others]} if report.views else {}


def _path(path: CertificationPath) -> dict[str, Any]:
    return {
        "certificates": [certificate.sha256.hex() for certificate in path.certificates],
        "is_complete": path.is_complete,
        "is_public": path.is_public,
        "not_sent": path.not_sent,
        "verifies": path.verifies,
        "problems": [{"id": item.id, "position": item.position, "message": item.message} for item in path.problems],
    }
