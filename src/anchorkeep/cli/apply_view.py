"""What `anchorkeep apply` says: as JSON with what Ansible looks for (`changed`, `failed`, `diff`), or for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group

from anchorkeep.actions import apply
from anchorkeep.actions.proof_failure import UnprovedError
from anchorkeep.actions.trust import Trusted
from anchorkeep.cli import render, store_change, store_entry, store_record, trust_record
from anchorkeep.errors import AnchorkeepError, RefusedError
from anchorkeep.judge.decision import ASK
from anchorkeep.judge.strategy import Strategy
from anchorkeep.model import naming
from anchorkeep.text import shell_word

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from anchorkeep.actions.apply import Applied
    from anchorkeep.actions.desired import DesiredStore
    from anchorkeep.model.truststore import Entry

VERSION = 1
_FAILED = "failed"


def document(done: Sequence[Applied], *, is_check: bool) -> dict[str, Any]:
    """Return what became of each store; docs/reference/json.md says what is in it."""
    return {
        "format": "anchorkeep.apply",
        "version": VERSION,
        "is_check": is_check,
        "changed": any(item.is_changed for item in done),
        "failed": any(item.is_failed for item in done),
        "diff": [
            _difference(item.desired.path, item.outcome) for item in done if isinstance(item.outcome, Trusted) and item.is_changed
        ],
        "stores": [_store(item) for item in done],
    }


def screen(item: Applied) -> RenderableType:
    """Return what became of one store, for a person; what failed is said elsewhere."""
    outcome, path = item.outcome, render.path(item.desired.path)
    if isinstance(outcome, AnchorkeepError):
        return render.text(f"{_FAILED}  {path}", "bold red")
    written = outcome.written
    head = store_change.state(written.state, f"{path}  {store_entry.described(written.after)}")
    return head if written.change.is_empty else Group(head, render.indented(store_change.entries(written.change)))


def sentences(outcome: Trusted) -> tuple[str, ...]:
    """Return what is to be said beside a store that was brought there: services left out, warnings of a change, notes."""
    unused = (f"The settings accept {digest.hex()}, which is of no certificate that is wanted." for digest in outcome.plan.unused)
    left = (f"{item.report.subject.label} was left out: {item.reason}" for item in outcome.plan.left)
    warnings = () if outcome.written.change.is_empty else outcome.plan.warnings
    return (*left, *unused, *warnings, *outcome.written.notes)


def advised(item: Applied, config: Path | None) -> AnchorkeepError:
    """
    Return why a store failed, with what to write into the settings in place of options that only `trust` has.

    Args:
        item: the store that failed.
        config: the settings file, for the line that a person may run.
    """
    problem, planned = item.outcome, item.plan
    assert isinstance(problem, AnchorkeepError)  # noqa: S101 (it failed)
    if isinstance(problem, UnprovedError):
        otherwise = f"Writing it all the same is: {_trust_line(item.desired, config)}"
        return UnprovedError(problem.plan, problem.proofs, problem.failed, otherwise=otherwise)
    if planned is None:
        return problem
    if planned.is_stopped:
        partly = " --partial leaves such services out." if planned.served else ""
        return RefusedError(problem.message, remedy=f"Look at it with `anchorkeep show`.{partly}")
    if planned.needed:
        accept = ", ".join(f'"{choice.certificate.sha256.hex()}"' for choice in planned.needed)
        remedy = f"{ASK}; then write for this store: accept = "
        return RefusedError(problem.message, remedy=f"{remedy}[{accept}]")
    return problem


def _trust_line(desired: DesiredStore, config: Path | None) -> str:
    """Return the command that writes the same store without a proof, for a shell."""
    named: list[tuple[str, object]] = [
        *(("--env", name) for name in desired.environments),
        ("--config", config),
        ("--store", desired.path),
        ("--strategy", None if desired.strategy is Strategy.ROOT else desired.strategy),
        ("--for", desired.java),
        *(("--set", path) for path in desired.named),
        *(("--accept-fingerprint", digest.hex()) for digest in sorted(desired.accepted)),
        ("--storepass-file", desired.password_file),
        ("--storepass-env", desired.password_variable),
    ]
    options = [f"{option} {shell_word(str(value))}" for option, value in named if value is not None]
    flags = {"--with-default-roots": desired.has_default_roots, "--prune": desired.is_pruned, "--force-unproved": True}
    return " ".join(("anchorkeep trust", *options, *(flag for flag, is_set in flags.items() if is_set)))


def _difference(path: Path, outcome: Trusted) -> dict[str, str]:
    found = apply.difference(outcome)
    return {
        "before_header": str(path),
        "after_header": str(path),
        "before": _joined(found.before),
        "after": _joined(found.after),
    }


def _joined(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _store(item: Applied) -> dict[str, Any]:
    outcome = item.outcome
    record: dict[str, Any] = {
        "path": str(item.desired.path),
        "environments": list(item.desired.environments),
        "strategy": str(item.desired.strategy),
        "changed": item.is_changed,
        "failed": item.is_failed,
    }
    if isinstance(outcome, AnchorkeepError):
        proofs = outcome.proofs if isinstance(outcome, UnprovedError) else ()
        problem = {"message": outcome.message, "remedy": outcome.remedy}
        return record | {"state": _FAILED, **problem, "proofs": list(map(trust_record.proof, proofs))}
    written = outcome.written
    return record | {
        "state": str(written.state),
        "storetype": written.after.format,
        "added": list(map(_entry, written.change.added)),
        "removed": list(map(_entry, written.change.removed)),
        "left_out": [{"endpoint": each.report.subject.label, "reason": each.reason} for each in outcome.plan.left],
        "proofs": list(map(trust_record.proof, outcome.proofs)),
        "unused_fingerprints": [digest.hex() for digest in outcome.plan.unused],
        "warnings": list(outcome.plan.warnings),
        "notes": list(written.notes),
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {"alias": entry.alias, "kind": store_record.entry(entry)["kind"], "sha256": naming.fingerprint(entry) or None}
