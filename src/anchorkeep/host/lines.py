"""
Lines of a file or of standard input, one after the other, however many there are and however slowly they come.

Files are read in a thread that nobody waits for: a pipe may say nothing for hours, and neither the event loop nor the end of the
program may hang on it.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

from anchorkeep.errors import FileError
from anchorkeep.text import visible

#: Bytes of one line; an endpoint needs less than 300, and as much again for a comment.
MAX_LINE = 4096
#: Bytes of one read; some thousand lines.
_CHUNK = 64 * 1024


class Line(NamedTuple):
    """A line: its number from 1 on, and its bytes without the end of line; None where it was longer than `MAX_LINE`."""

    number: int
    data: bytes | None


async def read(path: Path | None) -> AsyncIterator[Line]:
    """
    Yield the lines of a file, a pipe or, for None, of standard input; a line ends with LF or CRLF.

    What is not yet asked for is not read, except for one chunk.

    Raises:
        FileError: it cannot be opened or read.
    """
    name = "standard input" if path is None else visible(str(path))
    pull, close = _open(path, name)
    try:
        number, rest, is_skipping = 1, b"", False
        while chunk := await _in_daemon_thread(lambda: _pull(pull, name)):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield _line(number, line, is_skipping=is_skipping)
                number, is_skipping = number + 1, False
            if len(rest) > MAX_LINE:
                rest, is_skipping = b"", True
        if rest or is_skipping:
            yield _line(number, rest, is_skipping=is_skipping)
    finally:
        close()


def _line(number: int, data: bytes, *, is_skipping: bool) -> Line:
    content = data.removesuffix(b"\r")
    return Line(number, None if is_skipping or len(content) > MAX_LINE else content)


def _open(path: Path | None, name: str) -> tuple[Callable[[], bytes], Callable[[], None]]:
    """Return what reads the next bytes, and what closes."""
    try:
        if path is None:
            return _standard_input(), lambda: None
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from error
    return lambda: os.read(descriptor, _CHUNK), lambda: os.close(descriptor)


def _standard_input() -> Callable[[], bytes]:
    if sys.stdin is None:
        raise FileError("Standard input is closed.", remedy="Give a file instead of `-`.")
    try:
        descriptor = sys.stdin.fileno()
    except (OSError, ValueError):  # Not the system's own: a buffer in memory.
        buffer = sys.stdin.buffer
        return lambda: buffer.read(_CHUNK)
    # Not through Python's buffer: its lock would be held by a thread that is left behind at the end.
    return lambda: os.read(descriptor, _CHUNK)


def _pull(pull: Callable[[], bytes], name: str) -> bytes:
    try:
        return pull()
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from error


def _unreadable(name: str, error: OSError | ValueError) -> FileError:
    reason = (error.strerror or "it failed").lower() if isinstance(error, OSError) else "no path is like this"
    return FileError(f"Cannot read {name}: {reason}.")


async def _in_daemon_thread(read_: Callable[[], bytes]) -> bytes:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes] = loop.create_future()

    def deliver(found: bytes | FileError) -> None:
        if answer.done():
            return
        if isinstance(found, FileError):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def ask() -> None:
        found: bytes | FileError
        try:
            found = read_()
        except FileError as error:
            found = error
        try:
            loop.call_soon_threadsafe(deliver, found)
        except RuntimeError:
            # The loop is closed: whoever asked has given up.
            return

    threading.Thread(target=ask, name="lines", daemon=True).start()
    return await answer
