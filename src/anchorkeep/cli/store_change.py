"""How a change of a store looks: what came, what went, what was renamed, what was there already; and the way that lasts."""

from __future__ import annotations

import io
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.table import Table

from anchorkeep.actions.store_write import State
from anchorkeep.cli import render, store_entry, store_record
from anchorkeep.errors import FileError
from anchorkeep.model import naming
from anchorkeep.model.truststore import certificate_of
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rich.console import RenderableType
    from rich.text import Text

    from anchorkeep.actions.store_convert import Loss
    from anchorkeep.actions.store_write import Written
    from anchorkeep.model.edit import Change
    from anchorkeep.model.truststore import Entry

#: Digits of a fingerprint beside an entry: as many as aliases made here end with.
_DIGITS = 8


def tell(written: Written, *, as_json: bool, losses: Sequence[Loss] = ()) -> None:
    """Print what was done to a store as JSON, or for a person with all that is to be said beside it on stderr."""
    with told(written.path, written.state):
        if as_json:
            store_record.out(store_record.change(written, losses=losses))
            return
        for sentence in (*written.notes, *(item.message for item in losses)):
            render.say(f"! {sentence}")
        render.out_whole(state(written.state, f"{render.path(written.path)}  {store_entry.described(written.after)}"))
        if not written.change.is_empty or written.change.kept:
            render.out_whole(render.indented(entries(written.change)))


@contextmanager
def told(path: Path, what: State) -> Iterator[None]:
    """
    Print a result within this: where it cannot be printed, it is said that the store was written all the same.

    Raises:
        FileError: it cannot be printed, and the store was written.
        OSError: it cannot be printed, and nothing was written; or its reader has gone, who wants to know no more.
    """
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        if what in {State.UNCHANGED, State.PLANNED}:
            raise
        # What waits in the old one would fail once more at the end.
        sys.stdout = io.StringIO()
        message = f"{render.path(path)} was {what}, but the result cannot be written: {visible(error.strerror or str(error))}."
        raise FileError(message, remedy="See what was changed with `store history`.") from error


def state(what: State, which: str) -> Text:
    """Return what became of a store in a line."""
    return render.text(f"{what}  {which}", "" if what is State.UNCHANGED else "bold")


def entries(done: Change) -> RenderableType:
    """Return a table of the entries that are concerned."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    table.add_column(no_wrap=True)
    for mark, style, name, entry in _rows(done):
        certificate = certificate_of(entry)
        title = store_entry.kind(entry) if certificate is None else certificate.title
        digits = naming.fingerprint(entry)[:_DIGITS]
        table.add_row(render.text(mark, style), render.text(name), render.text(title, "dim"), render.text(digits, "dim"))
    return table


def _rows(done: Change) -> Iterator[tuple[str, str, str, Entry]]:
    """Yield for each entry that is concerned its mark, the mark's style, what it is called, and itself."""
    for entry in done.added:
        yield "+", "green", store_entry.alias(entry), entry
    for entry in done.removed:
        yield "-", "red", store_entry.alias(entry), entry
    for item in done.renamed:
        yield "~", "yellow", f"{store_entry.alias(item.before)} → {store_entry.alias(item.after)}", item.after
    for entry in done.kept:
        yield "= there already", "dim", store_entry.alias(entry), entry
