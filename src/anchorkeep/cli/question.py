"""
Questions on a terminal: the only door to questionary and prompt_toolkit.

Text on its way to them passes through `_one_line`, as all other text passes through `render`: one line, no control character of
a stranger, no wider than the terminal. Ctrl-C raises KeyboardInterrupt, the end of the input `click.Abort`; either way the
terminal is left as it was found.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import click
from rich.cells import cell_len, set_cell_size

from anchorkeep.cli import render
from anchorkeep.text import plain

if TYPE_CHECKING:
    from questionary import Choice, Question

T = TypeVar("T")

#: Columns that questionary needs beside a choice: pointer, indicator and blanks before it, or, once it is the answer and stands
#: behind the question, marks around it.
_MARGIN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[T]):
    """
    One of the answers to choose from.

    Attributes:
        title: what to show, a line.
        value: what it stands for.
        is_chosen: whether it is chosen beforehand.
        is_possible: whether it can be chosen at all.
    """

    title: str
    value: T
    is_chosen: bool = False
    is_possible: bool = True


def can_be_asked() -> bool:
    """Whether somebody sits at a terminal, to read questions and to answer them."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def one_of(message: str, answers: Sequence[Answer[T]]) -> T:
    """Ask for one of the answers; the pointer stands on the one chosen beforehand, else on the first."""
    import questionary

    choices = _choices(answers, margin=_MARGIN + cell_len(message), check=False)
    asked = questionary.select(
        _one_line(message),
        choices=choices,
        default=next((choice for choice, item in zip(choices, answers, strict=True) if item.is_chosen), None),
        instruction="(arrows, Enter)",
    )
    chosen: int = _ask(asked)
    return answers[chosen].value


def some_of(message: str, answers: Sequence[Answer[T]]) -> tuple[T, ...]:
    """Ask for any of the answers, maybe none, in the order of the answers."""
    import questionary

    asked = questionary.checkbox(
        _one_line(message),
        choices=_choices(answers, margin=_MARGIN + cell_len(message), check=True),
        instruction="(space marks, Enter goes on)",
    )
    chosen: list[int] = _ask(asked)
    return tuple(answers[index].value for index in sorted(chosen))


def line(message: str, *, default: str = "") -> str:
    """Ask for a line of text; blanks around it are dropped."""
    import questionary

    text: str = _ask(questionary.text(_one_line(message), default=default))
    return text.strip()


def _choices(answers: Sequence[Answer[T]], *, margin: int, check: bool) -> list[Choice]:
    from questionary import Choice

    return [
        Choice(
            title=_one_line(item.title, margin=margin),
            value=index,
            disabled=None if item.is_possible else "not here",
            checked=check and item.is_chosen and item.is_possible,
        )
        for index, item in enumerate(answers)
    ]


def _ask(question: Question) -> Any:  # noqa: ANN401 (what questionary returns)
    sys.stdout.flush()
    try:
        return question.unsafe_ask()
    except EOFError:
        raise click.Abort from None


def _one_line(content: str, *, margin: int = 0) -> str:
    """Return text without control characters and line ends, no wider than the terminal."""
    shown = plain(content).replace("\n", " ")
    room = render.width() - margin
    return shown if cell_len(shown) <= room else f"{set_cell_size(shown, room - 1).rstrip()}…"
