"""`anchorkeep store list`: what stores hold, an entry a line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from anchorkeep.cli import columns, options, outcome, settings, store_entry, store_options, store_password
from anchorkeep.cli.store_entry import NAMELESS, Row
from anchorkeep.errors import AnchorkeepError
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anchorkeep.actions.store import Opened

_COLUMNS = ("alias", "kind", "subject", "left", "SHA-256")
#: Columns below which only names and time left have room.
_NARROW = 60
_LEFT_OUT = ("kind", "SHA-256")
#: Columns from which there is room for more of a fingerprint, and how many of its digits are shown.
_WIDE = 100
_DIGITS = {False: 8, True: 16}


@click.command("list")
@store_options.PATHS
@store_options.storepass
@store_options.JSON
@options.AT
def command(
    *, paths: tuple[Path, ...], storepass_file: Path | None, storepass_env: str | None, as_json: bool, at: str | None
) -> int:
    """
    List the entries of each store: alias, kind, subject, days left and SHA-256, in the store's order.

    On a terminal fingerprints are cut to fit; into a pipe every entry is one whole line. A file of certificates is a store too.
    Of a private key, subject and fingerprint are those of its certificate.
    """
    moment = options.moment(at) or options.now()
    password = store_password.given(storepass_file, storepass_env)
    opened: list[Opened] = []
    codes: list[outcome.Exit] = []
    for path in paths:
        try:
            found = store_password.read(path, password)
        except AnchorkeepError as error:
            codes.append(_complain(error))
            continue
        if not as_json:
            for note in found.notes:
                columns.say(f"! {visible(str(path))}: {note}" if len(paths) > 1 else f"! {note}")
            if opened:
                columns.out("\n")
            _print(found, [store_entry.row(entry, at=moment) for entry in found.store.entries])
        opened.append(found)
    if as_json:
        from anchorkeep.cli import store_record

        store_record.out(store_record.stores(opened, at=moment))
    return outcome.worst(codes)


def _complain(error: AnchorkeepError) -> outcome.Exit:
    """Say that a store cannot be listed; the others still are."""
    from anchorkeep.cli import render

    render.error(error)
    return outcome.of_error(error)


def _print(opened: Opened, rows: Sequence[Row]) -> None:
    if sys.stdout.isatty() or settings.columns() is not None:
        _table(opened, rows)
        return
    columns.out(f"{store_entry.heading(opened)}\n")
    if rows:
        names = _names(rows)
        columns.out(columns.lines([names, *(_cells(item, names, digits=len(item.digest)) for item in rows)]))


def _names(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the columns that rows have; formats without aliases need none for them."""
    return _COLUMNS if any(item.alias != NAMELESS for item in rows) else _COLUMNS[1:]


def _cells(item: Row, names: Sequence[str], *, digits: int) -> list[str]:
    cells = dict(zip(_COLUMNS, (item.alias, item.kind, item.subject, item.left, item.digest[:digits]), strict=True))
    return [cells[name] for name in names]


def _table(opened: Opened, rows: Sequence[Row]) -> None:
    """Draw the entries for a person, folded into the width there is."""
    from rich.table import Table

    from anchorkeep.cli import render

    render.out(render.text(store_entry.heading(opened), "bold"))
    if not rows:
        return
    is_narrow = render.width() < _NARROW
    if is_narrow:
        columns.say(f"! {' and '.join(_LEFT_OUT)} have no room here; a wider screen, a pipe and --json show them.")
    names = [name for name in _names(rows) if not (is_narrow and name in _LEFT_OUT)]
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for name in names:
        if name in {"alias", "subject"}:
            table.add_column(name, overflow="fold")
        else:
            table.add_column(name, no_wrap=True, justify="right" if name == "left" else "left")
    styles = dict.fromkeys(_COLUMNS, "") | {"SHA-256": "dim"}
    for item in rows:
        styles["left"] = "bold red" if item.is_bad else "yellow" if item.is_near else ""
        cells = _cells(item, names, digits=_DIGITS[render.width() >= _WIDE])
        table.add_row(*(render.text(cell, styles[name]) for name, cell in zip(names, cells, strict=True)))
    render.out(table)
