"""`anchorkeep store diff`: two stores side by side, by the certificates in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from anchorkeep.actions import store_compare
from anchorkeep.cli import options, outcome, render, store_entry, store_options, store_password, store_record, store_view
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from anchorkeep.actions.store_compare import Difference, Standing

#: Digits of a fingerprint beside a certificate.
_DIGITS = 16


@click.command("diff")
@click.argument("first", type=options.PATH)
@click.argument("second", type=options.PATH)
@store_options.storepass
@store_options.other_password("deststorepass", "the password of SECOND, where it is not that of FIRST")
@click.option("--both", "with_both", is_flag=True, help="Show what both hold too, under which aliases.")
@store_options.JSON
def command(
    *,
    first: Path,
    second: Path,
    storepass_file: Path | None,
    storepass_env: str | None,
    deststorepass_file: Path | None,
    deststorepass_env: str | None,
    with_both: bool,
    as_json: bool,
) -> int:
    """
    Compare the stores FIRST and SECOND, of whatever formats, by the content of their certificates.

    Aliases, order and dates make no difference. The exit code is 1 where one holds a certificate that the other does not.
    """
    password = store_password.given(storepass_file, storepass_env)
    other = store_password.given(deststorepass_file, deststorepass_env, option="deststorepass")
    left = store_password.read(first, password)
    right = store_password.read(second, password if other is None else other, option="deststorepass")
    found = store_compare.compare(left.store, right.store)
    if as_json:
        store_record.out(store_record.difference(found, left, right))
    else:
        for opened in (left, right):
            store_view.notes(opened, is_one_of_several=True)
        _print(found, visible(str(first)), visible(str(second)), with_both=with_both)
    return outcome.Exit.FINE if found.is_empty else outcome.Exit.FINDING


def _print(found: Difference, first: str, second: str, *, with_both: bool) -> None:
    for mark, style, name, items in (("-", "red", first, found.only_first), ("+", "green", second, found.only_second)):
        if items:
            render.out_whole(render.text(f"{counted(len(items), 'certificate')} in {name} only", "bold"))
            render.out_whole(render.indented(_table(items, mark, style)))
    common = counted(len(found.both), "certificate")
    render.out_whole(render.text(f"{common} in both" + (", and no other" if found.is_empty else ""), "bold"))
    if with_both and found.both:
        render.out_whole(render.indented(_table(found.both, "=", "dim")))


def _table(items: Sequence[Standing], mark: str, style: str) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    table.add_column(no_wrap=True)
    for item in items:
        cells = (_aliases(item), item.certificate.title, item.certificate.sha256.hex()[:_DIGITS])
        table.add_row(render.text(mark, style), *(render.text(cell) for cell in cells))
    return table


def _aliases(item: Standing) -> str:
    """Return under which aliases a certificate stands in the first and in the second, once where they are the same."""
    sides = [", ".join(store_entry.called(alias) for alias in side) for side in (item.first, item.second) if side]
    shown = " / ".join(dict.fromkeys(sides))
    return f"{shown} (key)" if item.is_key else shown
