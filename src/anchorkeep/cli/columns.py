"""
Columns of text for pipes: one whole line for each row, however long, so that the next program finds what it looks for.

The sister of `render` for what no terminal shows: no styles, nothing folded, and none of the weight of what draws on terminals.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from anchorkeep.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

_GAP = "  "


def lines(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of as many cells each as lines: cells stand below each other, two blanks apart, and end no line with blanks."""
    cells = [[plain(cell).replace("\n", " ") for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    return "".join(f"{_line(row, widths)}\n" for row in cells)


def out(text: str) -> None:
    """Print text whose lines are safe, as those of `lines`, on stdout."""
    sys.stdout.write(plain(text))


def say(sentence: str) -> None:
    """Print a sentence on stderr: in one line, or on a terminal folded into its width."""
    if sys.stderr.isatty():
        from anchorkeep.cli import render

        render.say(sentence)
    else:
        sys.stderr.write(plain(sentence) + "\n")


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _width(cell: str) -> int:
    if cell.isascii():
        return len(cell)
    from rich.cells import cell_len

    return cell_len(cell)
