"""A plan of anchors and a store that trusts them as JSON; docs/reference/schema/trust-1.json says what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anchorkeep.actions.trust_plan import Served
from anchorkeep.cli import store_record
from anchorkeep.formats import evidence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from anchorkeep.actions.proof import Proof
    from anchorkeep.actions.trust import Trusted
    from anchorkeep.actions.trust_plan import Choice, Left, Plan

FORMAT, VERSION = "anchorkeep.trust", 1


def refused(planned: Plan, path: Path, *, proofs: Sequence[Proof] = ()) -> dict[str, Any]:
    """Return a plan that waits for a person's word, that a service keeps from being carried out, or that was not proved."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "path": str(path),
        "state": "refused",
        **_plan(planned),
        "proofs": list(map(proof, proofs)),
    }


def done(trusted: Trusted) -> dict[str, Any]:
    """Return what was done to a store, or would be: as `store_record.change`, with the plan, the proofs and the settings."""
    return {
        **store_record.change(trusted.written),
        "format": FORMAT,
        "version": VERSION,
        **_plan(trusted.plan),
        "proofs": list(map(proof, trusted.proofs)),
        "is_forced": trusted.is_forced,
        "pruned": [record.sha256.hex() for record in trusted.pruned],
        "settings": {"options": list(trusted.settings.options), "notes": list(trusted.settings.notes)},
    }


def proof(item: Proof) -> dict[str, str]:
    """Return what one verifier said of one service."""
    return {"endpoint": item.endpoint, "verifier": item.verifier, "state": str(item.state), "detail": item.detail}


def _plan(planned: Plan) -> dict[str, Any]:
    return {
        "strategy": str(planned.wish.strategy),
        "targets": [_target(item) for item in planned.targets],
        "anchors": [_choice(item) for item in planned.choices],
        "warnings": list(planned.warnings),
        "unused_fingerprints": [digest.hex() for digest in planned.unused],
    }


def _target(item: Served | Left) -> dict[str, Any]:
    record = {"label": item.report.subject.label, "environment": item.report.subject.environment}
    if isinstance(item, Served):
        return record | {"is_served": True, "reason": item.selection.reason, "distrust": item.distrust}
    return record | {"is_served": False, "reason": item.reason, "distrust": None}


def _choice(item: Choice) -> dict[str, Any]:
    return {
        "certificate": evidence.certificate(item.certificate),
        "role": str(item.anchor.role),
        "reason": item.anchor.reason,
        "verdict": str(item.decision.verdict),
        "decision": item.decision.reason,
        "targets": list(item.targets),
    }
