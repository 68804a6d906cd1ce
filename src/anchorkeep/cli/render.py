"""
The only way text reaches a person: results on stdout, talk on stderr, never markup, never a control character of a stranger.

Styles are put on by `Text` objects, so that square brackets in a name stay square brackets. Whatever is printed passes through
`plain`, the last wall: it lets line ends through and no other control character, even where a caller forgot to escape.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from anchorkeep.cli import settings
from anchorkeep.model.finding import Severity
from anchorkeep.text import plain, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from anchorkeep.errors import AnchorkeepError
    from anchorkeep.model.finding import Finding

#: Columns where neither a terminal nor COLUMNS says how many there are.
DEFAULT_WIDTH = 80
_LEAST_WIDTH = 40
#: Columns that no line has.
_NO_END = 1 << 24
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_MARKS = {Severity.ERROR: "✗", Severity.WARNING: "!", Severity.NOTE: "·"}


@cache
def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    console = Console(file=stream, stderr=stderr, highlight=False, markup=False, emoji=False)
    width = settings.columns() or (console.width if stream.isatty() else DEFAULT_WIDTH)
    console.width = max(width, _LEAST_WIDTH)
    return console


def forget_streams() -> None:
    """Look at stdout and stderr anew; for callers that replace them between two commands."""
    _console.cache_clear()


def width() -> int:
    """Return the columns of stdout."""
    return _console(stderr=False).width


def out(item: RenderableType) -> None:
    """Print a result: a string, safe already, or something composed of `text`, tables and groups."""
    sys.stdout.write(_lines(item, _console(stderr=False)))


def out_whole(item: RenderableType) -> None:
    """
    Print a result in which names are looked for: as `out` on a terminal, else with nothing folded, however long a line gets.

    Where COLUMNS is set it counts, as everywhere.
    """
    console = _console(stderr=False)
    if settings.columns() is None and not sys.stdout.isatty():
        needed = Measurement.get(console, console.options.update(max_width=_NO_END), item).maximum
        console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False, width=max(needed, console.width))
    sys.stdout.write(_lines(item, console))


def screen(item: RenderableType) -> str:
    """Return what `out` would print."""
    return _lines(item, _console(stderr=False))


def out_raw(line: str) -> None:
    """Print a machine's line on stdout, neither wrapped nor styled."""
    sys.stdout.write(line + "\n")


def out_bytes(data: bytes) -> None:
    """Write bytes on stdout as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def say(item: RenderableType) -> None:
    """Print talk on stderr."""
    sys.stderr.write(_lines(item, _console(stderr=True)))


def _lines(item: RenderableType, console: Console) -> str:
    """Return what the console makes of an item, without blanks at the ends of lines."""
    with console.capture() as capture:
        console.print(text(item) if isinstance(item, str) else item)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def error(problem: AnchorkeepError | str) -> None:
    """Print an error, and its remedy on a line of its own."""
    message = problem if isinstance(problem, str) else problem.message
    line = Text.assemble(("✗ ", "bold red"), text(message))
    advice = "" if isinstance(problem, str) else problem.remedy
    say(Group(line, indented(remedy(advice))) if advice else line)


def text(content: str, style: str = "") -> Text:
    """Return text without any meaning but its characters."""
    return Text(plain(content), style=style)


def findings(items: Iterable[Finding]) -> Table:
    """Return findings as a table: severity, what is so, what to do."""
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for item in items:
        style = _STYLES[item.severity]
        body: list[RenderableType] = [Text.assemble(text(item.message), text(f"  [{item.id}]", "dim"))]
        if item.remedy:
            body.append(remedy(item.remedy))
        table.add_row(text(_MARKS[item.severity], style), text(item.severity.label, style), Group(*body))
    return table


def facts(rows: Iterable[tuple[str, RenderableType | str]]) -> Table:
    """Return pairs of a name and a value as a table of two columns."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(ratio=1, overflow="fold")
    for name, value in rows:
        table.add_row(text(name), text(value) if isinstance(value, str) else value)
    return table


def indented(item: RenderableType, by: int = 2) -> Padding:
    """Return the item moved to the right."""
    return Padding(item, (0, 0, 0, by))


def path(location: Path) -> str:
    """Return a path made safe to print."""
    return visible(str(location))


@contextmanager
def progress(total: int, what: str, *, least: int) -> Iterator[Callable[[], None]]:
    """Show a progress bar on stderr while work goes on, if there is much and a terminal; yield what to call at each step."""
    if total < least or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.progress import Progress

    with Progress(console=_console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


@contextmanager
def counter(what: str) -> Iterator[Callable[[int, int], None]]:
    """
    Count on stderr while work of unknown length goes on; yield what to call with how many are done, and failed.

    Only where stderr is a terminal and stdout is none: results that pass by on a terminal are progress enough.
    """
    if not sys.stderr.isatty() or sys.stdout.isatty():
        yield lambda _done, _failed: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"), TimeElapsedColumn())
    # Stdout is the results', and goes where it always went.
    with Progress(*columns, console=_console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task(what, total=None, told="")
        yield lambda done, failed: bar.update(task, told=f"{done:,} done" + (f", {failed:,} failed" if failed else ""))


def remedy(advice: str) -> Table:
    """Return what to do behind an arrow."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1, overflow="fold")
    grid.add_row(text("→", "green"), text(advice, "green"))
    return grid
