"""Standard output of a command that writes for a long time beside connections, whose clocks must not stop for a slow reader."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
import threading
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

#: Characters that wait for a reader before the command waits too.
MAX_WAITING = 1 << 20


class Outlet:
    """
    Writes whole pieces of text to standard output, in their order.

    A pipe or a terminal is written to in a thread: a pager that pauses would else stop the event loop, and observations that are
    under way would run out of time while nobody listens to them. Files and buffers take what they are given at once.
    """

    def __init__(self) -> None:
        """Look at what standard output is now."""
        self._descriptor = _slow_descriptor(sys.stdout)
        self._waiting: list[str] = []
        self._size = 0
        self._writing: asyncio.Future[None] | None = None

    async def write(self, piece: str) -> None:
        """
        Write a piece, sooner or later; waits only where too much is waiting already.

        Raises:
            OSError: of this piece or of one before; `BrokenPipeError` where the reader has gone.
        """
        if self._descriptor is None:
            sys.stdout.write(piece)
            sys.stdout.flush()
            return
        self._waiting.append(piece)
        self._size += len(piece)
        while self._writing is not None and (self._writing.done() or self._size > MAX_WAITING):
            await asyncio.shield(self._writing)
            await asyncio.sleep(0)  # `_go_on` has its turn, also where the end was there already.
        if self._writing is None:
            self._begin(self._descriptor)

    async def drain(self) -> None:
        """
        Wait until all is written.

        Raises:
            OSError: it cannot be.
        """
        while self._writing is not None:
            await asyncio.shield(self._writing)
            await asyncio.sleep(0)  # `_go_on` has its turn, also where the end was there already.

    def _begin(self, descriptor: int) -> None:
        data = "".join(self._waiting).encode(sys.stdout.encoding, sys.stdout.errors or "strict")
        self._waiting, self._size = [], 0
        self._writing = _in_daemon_thread(lambda: _write(descriptor, data))
        self._writing.add_done_callback(lambda end: self._go_on(descriptor, end))

    def _go_on(self, descriptor: int, end: asyncio.Future[None]) -> None:
        """Write what has come in the meantime; an error stays for who writes or drains next."""
        if end.cancelled() or end.exception() is not None:
            return
        self._writing = None
        if self._waiting:
            self._begin(descriptor)


def _slow_descriptor(stream: TextIO) -> int | None:
    """Return the descriptor of a stream whose reader may be slow; None for a file and for what is none of the system's."""
    try:
        stream.flush()
        descriptor = stream.fileno()
        return None if stat.S_ISREG(os.fstat(descriptor).st_mode) else descriptor
    except (OSError, ValueError):
        return None


def _write(descriptor: int, data: bytes) -> None:
    # Past Python's buffer, whose lock a thread that is left behind would hold at the end.
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _in_daemon_thread(work: Callable[[], None]) -> asyncio.Future[None]:
    loop = asyncio.get_running_loop()
    end: asyncio.Future[None] = loop.create_future()

    def tell(error: OSError | None) -> None:
        if end.done():
            return
        if error is None:
            end.set_result(None)
        else:
            end.set_exception(error)

    def run() -> None:
        found: OSError | None = None
        try:
            work()
        except OSError as error:
            found = error
        try:
            loop.call_soon_threadsafe(tell, found)
        except RuntimeError:
            # The loop is closed: whoever asked has given up.
            return

    threading.Thread(target=run, name="outlet", daemon=True).start()
    return end
