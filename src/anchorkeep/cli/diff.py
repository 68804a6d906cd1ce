"""`anchorkeep diff`: what two targets present, side by side."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from anchorkeep.actions import compare
from anchorkeep.cli import looking, options, outcome, render
from anchorkeep.errors import UsageError
from anchorkeep.model.chain import FailedObservation
from anchorkeep.model.finding import Severity

if TYPE_CHECKING:
    from anchorkeep.actions.compare import Aspect, Comparison
    from anchorkeep.actions.show import Report

SCHEMA = "anchorkeep.diff"
VERSION = 1


@click.command("diff")
@options.targets
@options.AT
@click.option("--json", "as_json", is_flag=True, help="The comparison as JSON on stdout.")
@options.FAIL_ON
def command(*, at: str | None, as_json: bool, fail_on: str, **shared: Any) -> int:  # noqa: ANN401
    """
    Compare what two TARGETs present: leaf, issuers, root, order.

    A differing leaf is a note; differing intermediates or another root are warnings, since clients may trust just those.
    """
    request = looking.request(shared)
    names = (*request.environments, *request.targets)
    if len(names) != 2:  # noqa: PLR2004 (a comparison has two sides)
        raise UsageError(f"Two targets are compared, {len(names)} are named.")
    sides = looking.look_at_each(request, at=options.moment(at))
    comparisons = compare.compare(*sides)
    if as_json:
        record = {"format": SCHEMA, "version": VERSION, "left": names[0], "right": names[1]}
        render.out_raw(json.dumps(record | {"comparisons": [_record(item) for item in comparisons]}, indent=2))
    else:
        shown: dict[tuple[Aspect, ...], str] = {}
        for item in comparisons:
            title = f"{_label(item.left)}  ↔  {_label(item.right)}"
            first = shown.setdefault(item.aspects, title)
            _print(item, title, same_as=first if item.aspects and first != title else None)
    return outcome.worst(_code(item, outcome.severity(fail_on)) for item in comparisons)


def _print(item: Comparison, title: str, *, same_as: str | None) -> None:
    render.out(render.text(title, "bold"))
    if same_as is not None:
        render.out(render.indented(render.text(f"as for {same_as}", "dim")))
        return
    for side in (item.left, item.right):
        if side is None:
            render.out(render.indented(render.text("! the other target has no endpoint to compare with", "yellow")))
        elif isinstance(side.outcome, FailedObservation):
            render.out(render.indented(render.text(f"✗ {side.subject.label}: {side.outcome.failure.message}", "red")))
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for aspect in item.aspects:
        style = "" if aspect.is_same else ("yellow" if aspect.severity >= Severity.WARNING else "cyan")
        mark = "=" if aspect.is_same else "≠"
        shown = aspect.left if aspect.is_same else f"{aspect.left}\n{aspect.right}"
        table.add_row(render.text(f"{mark} {aspect.name}", style), render.text(shown, "dim" if aspect.is_same else ""))
    render.out(render.indented(table))


def _code(item: Comparison, fail_on: Severity) -> outcome.Exit:
    if not item.is_known:
        return outcome.Exit.UNKNOWN
    differs = any(not aspect.is_same and aspect.severity >= fail_on for aspect in item.aspects)
    return outcome.Exit.FINDING if differs else outcome.Exit.FINE


def _label(side: Report | None) -> str:
    return side.subject.label if side is not None else "(nothing)"


def _record(item: Comparison) -> dict[str, Any]:
    return {
        "left": _label(item.left),
        "right": _label(item.right),
        "is_known": item.is_known,
        "aspects": [
            {
                "name": aspect.name,
                "is_same": aspect.is_same,
                "severity": aspect.severity.label,
                "left": aspect.left,
                "right": aspect.right,
            }
            for aspect in item.aspects
        ],
    }
