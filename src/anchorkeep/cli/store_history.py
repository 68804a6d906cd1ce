"""`anchorkeep store history` and `undo`: what was changed in a store, and taking it back."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Group, RenderableType
from rich.table import Table

from anchorkeep.actions import store_history
from anchorkeep.cli import (
    options,
    outcome,
    question,
    render,
    settings,
    store_change,
    store_options,
    store_password,
    store_record,
    vouching,
)
from anchorkeep.errors import AnchorkeepError
from anchorkeep.host import file
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from anchorkeep.actions.store_history import Undone
    from anchorkeep.host.history import Change, History

#: Lines of what one change did that are shown without --details.
_LINES = 5


@click.command("history")
@store_options.PATHS
@click.option("--details", is_flag=True, help="Every line of what each change did.")
@store_options.JSON
def history(*, paths: tuple[Path, ...], details: bool, as_json: bool) -> int:
    """List the changes that were made to each store by this program, the oldest first; the last 20 of each are kept."""
    state = settings.archive_directory()
    codes: list[outcome.Exit] = []
    found: list[History] = []
    for path in paths:
        try:
            item = store_history.history(path, state=state)
        except AnchorkeepError as error:
            render.error(error)
            codes.append(outcome.of_error(error))
            continue
        if not as_json:
            if found:
                render.out("")
            render.out_whole(_view(item, details=details))
        found.append(item)
    if as_json:
        store_record.out(store_record.histories(found))
    return outcome.worst(codes)


@click.command("undo")
@store_options.PATH
@click.option("--id", "number", type=click.IntRange(min=1), help="Take back this change of the history, and all later ones.")
@click.option("--accept-fingerprint", "accepted", multiple=True, metavar="SHA256", help="Let an anchor come back; repeatable.")
@store_options.storepass
@store_options.writing
def undo(
    *,
    path: Path,
    number: int | None,
    accepted: tuple[str, ...],
    storepass_file: Path | None,
    storepass_env: str | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """
    Put the store at PATH back to what it was before its last change, byte for byte; that is a change itself.

    What comes back and which later changes are lost is shown; with --dry-run nothing else happens. An anchor that is expired,
    rejected or no longer of Mozilla's list comes back only with its fingerprint.
    """
    terms = store_options.terms(dry_run=dry_run)
    password = store_password.given(storepass_file, storepass_env)
    vouched = frozenset(map(options.fingerprint, accepted))
    if not (as_json or dry_run) and question.can_be_asked():
        looked = dataclasses.replace(terms, is_dry_run=True)
        planned = store_history.undo(path, number=number, password=password, accepted=vouched, terms=looked)
        vouched |= {item.certificate.sha256 for item in planned.waiting if vouching.is_vouched(item.certificate, item.reason)}
    undone = store_history.undo(path, number=number, password=password, accepted=vouched, terms=terms)
    with store_change.told(undone.path, undone.state):
        if as_json:
            store_record.out(store_record.undo(undone))
        else:
            _tell(undone)
    return outcome.Exit.FINE


def _tell(undone: Undone) -> None:
    for note in undone.notes:
        render.say(f"! {note}")
    if undone.is_foreign_lost:
        render.say("! Another program changed the store since, which is lost too.")
    parts: list[RenderableType] = [store_change.state(undone.state, render.path(undone.path))]
    parts += [render.indented(render.text("taken back", "dim")), render.indented(_change(undone.undone), by=4)]
    if undone.lost:
        parts.append(render.indented(render.text("lost with it", "dim")))
        parts += [render.indented(_change(item), by=4) for item in undone.lost]
    if undone.change is None:
        parts.append(render.indented(render.text("What comes and goes is not known: no password opens both.", "yellow")))
    elif not undone.change.is_empty:
        parts.append(render.indented(store_change.entries(undone.change)))
    render.out_whole(Group(*parts))


def _view(item: History, *, details: bool) -> RenderableType:
    parts: list[RenderableType] = [render.text(visible(str(item.path)), "bold")]
    if not item.changes:
        parts.append(render.indented(render.text("no changes by this program", "dim")))
    parts += [render.indented(_change(change, details=details)) for change in item.changes]
    if not item.is_current:
        is_there = file.is_present(item.path)
        what = "Another program has changed it since." if is_there else "It is not there now: removed since, or never made."
        parts.append(render.indented(render.text(f"! {what}", "yellow")))
    return Group(*parts)


def _change(item: Change, *, details: bool = False) -> RenderableType:
    command = " ".join(visible(word, limit=80) for word in item.command)
    lines = [render.text(f"{item.moment:%Y-%m-%d %H:%M:%S} UTC  {command}")]
    shown = item.summary if details else item.summary[:_LINES]
    # What was written there was escaped then; a backslash is not to be doubled each time that it is shown.
    lines += [render.text(line.replace("\n", " "), "dim") for line in shown]
    if len(shown) < len(item.summary):
        lines.append(render.text(f"and {counted(len(item.summary) - len(shown), 'line')} more (--details)", "dim"))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, justify="right")
    table.add_column(ratio=1, overflow="fold")
    table.add_row(render.text(str(item.id)), Group(*lines))
    return table
