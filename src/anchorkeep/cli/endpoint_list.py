"""
A list of services, one a line, read as far as it is needed.

A line is `host[:port]` or a URL; what follows a `#` at its begin or after a blank is a comment, and empty lines say nothing. A
service that was there before is left out; a line that cannot be read is told with its number, and the rest goes on.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anchorkeep.errors import AnchorkeepError, UsageError
from anchorkeep.host.lines import MAX_LINE
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable

    from anchorkeep.actions.show import Subject
    from anchorkeep.host.lines import Line

#: Services that are remembered to know their duplicates, some 25 MiB; of longer lists the rest is looked at as often as it is
#: named.
MAX_REMEMBERED = 250_000
# So many bytes that two services never have the same ones, by chance or made so.
_DIGEST = 16
_COMMENT = re.compile(r"(?:^|\s)#.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A line that names no service: its number, and what is wrong with it."""

    number: int
    error: AnchorkeepError


class EndpointList:
    """
    Reads services from lines.

    Attributes:
        duplicates: how many services were left out, since they were there before.
        is_full: whether duplicates of later services are no longer noticed.
    """

    def __init__(self, read: Callable[[str], Subject], tell: Callable[[BadLine], Awaitable[None]]) -> None:
        """
        Prepare a list.

        Args:
            read: makes a service of the text of a line; raises `AnchorkeepError`.
            tell: is told of each line that names none.
        """
        self.duplicates = 0
        self.is_full = False
        self._read = read
        self._tell = tell
        self._known: set[bytes] = set()

    async def subjects(self, lines: AsyncIterable[Line]) -> AsyncIterator[Subject]:
        """Yield the services of the lines in their order, each once."""
        async for line in lines:
            try:
                text = _text(line)
                subject = self._read(text) if text else None
            except AnchorkeepError as error:
                await self._tell(BadLine(number=line.number, error=error))
                continue
            if subject is not None and self._is_new(subject):
                yield subject

    def _is_new(self, subject: Subject) -> bool:
        key = hashlib.blake2b(repr(subject.endpoint).encode(), digest_size=_DIGEST).digest()
        if key in self._known:
            self.duplicates += 1
            return False
        if len(self._known) < MAX_REMEMBERED:
            self._known.add(key)
        else:
            self.is_full = True
        return True


def _text(line: Line) -> str:
    """Return what a line says without its comment, empty where that is nothing."""
    if line.data is None:
        raise UsageError(f"The line is longer than {MAX_LINE:,} bytes.", remedy="Write one service a line.")
    try:
        text = line.data.decode("utf-8-sig")  # A mark stands where files were put together, too.
    except UnicodeDecodeError:
        raise UsageError("The line is not UTF-8.", remedy="Save the list as UTF-8.") from None
    words = _COMMENT.sub("", text).split()
    if len(words) > 1:
        raise UsageError(f"'{visible(' '.join(words))}' is more than one service.", remedy="Write one service a line.")
    return words[0] if words else ""
