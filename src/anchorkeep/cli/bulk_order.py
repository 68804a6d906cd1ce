"""What the options say about many services; apart from the story of `bulk`, which a look at one service need not load."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from anchorkeep.actions.show import BULK_CONCURRENCY, CONCURRENCY, MAX_CONCURRENCY

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--from", "source", metavar="FILE", help="Look at the services that FILE lists, one a line; - reads standard input."
    ),
    click.option("--jsonl", is_flag=True, help="A line of JSON for each service as soon as it is finished."),
    click.option(
        "--concurrency",
        type=click.IntRange(1, MAX_CONCURRENCY),
        help=f"Services at a time.  [default: {BULK_CONCURRENCY} with --from or --jsonl, else {CONCURRENCY}]",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """
    What the options say about many services.

    Attributes:
        source: the file of the list, `-` for standard input, None for none.
        jsonl: whether lines of JSON are wanted.
        concurrency: services at a time, None for the default.
    """

    source: str | None
    jsonl: bool
    concurrency: int | None

    @property
    def is_stream(self) -> bool:
        """Whether each service is told as soon as it is finished."""
        return self.source is not None or self.jsonl


def options_of_bulk(command: F) -> F:
    """Add the options to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def order(values: dict[str, Any]) -> Order:
    """Take the options out of a command's keyword arguments."""
    return Order(**{name: values.pop(name) for name in ("source", "jsonl", "concurrency")})
