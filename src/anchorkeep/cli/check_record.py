"""What runtimes say of services as JSON; docs/reference/schema/check-1.json says what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anchorkeep.formats import evidence
from anchorkeep.model.runtime import JavaRuntime
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from anchorkeep.actions.check import Checked
    from anchorkeep.actions.store import Opened
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.verdict import Reason, Verdict

FORMAT, VERSION = "anchorkeep.check", 1


def document(opened: Opened, found: Sequence[Checked], *, within: timedelta) -> dict[str, Any]:
    """Return what each runtime says of each service."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "path": visible(str(opened.path), limit=4096),
        "within_days": within.days,
        "verdicts": [_verdict(item, within) for item in found],
    }


def _verdict(item: Checked, within: timedelta) -> dict[str, Any]:
    runtime, outlook = item.runtime, item.outlook
    record: dict[str, Any] = {
        "target": item.report.subject.label,
        "environment": item.report.subject.environment,
        "at": evidence.timestamp(item.report.at),
        "runtime": runtime.label,
        "family": str(runtime.family),
        "is_proved": runtime.is_proved,
        "assumed": list(runtime.assumed) if isinstance(runtime, JavaRuntime) else [],
    }
    if outlook is None:
        return record | {"outcome": "not-seen", **_told(None), "until": None, "ends_within": False, "then": []}
    return record | {
        "outcome": str(outlook.verdict.outcome),
        **_told(outlook.verdict),
        "until": None if outlook.until is None else evidence.timestamp(outlook.until),
        "ends_within": outlook.ends_within(within, at=item.report.at),
        "then": [] if outlook.then is None else [_reason(reason) for reason in outlook.then.reasons],
    }


def _told(verdict: Verdict | None) -> dict[str, Any]:
    if verdict is None:
        return {"path": [], "anchor": None, "reasons": []}
    return {
        "path": [item.sha256.hex() for item in verdict.path],
        "anchor": None if verdict.anchor is None else _certificate(verdict.anchor),
        "reasons": [_reason(reason) for reason in verdict.reasons],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    certificate = None if reason.certificate is None else _certificate(reason.certificate)
    return {"kind": str(reason.kind), "message": reason.message, "certificate": certificate}


def _certificate(certificate: Certificate) -> dict[str, str]:
    return {"title": certificate.title, "sha256": certificate.sha256.hex()}
