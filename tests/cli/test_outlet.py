import asyncio
import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from anchorkeep.cli import outlet
from anchorkeep.cli.outlet import Outlet

#: More than any pipe holds.
LARGE = "x" * (1 << 20) + "\n"


@contextlib.contextmanager
def piped() -> Iterator[int]:
    """Make standard output a pipe until the block ends, and yield its other end."""
    reader, writer = os.pipe()
    with os.fdopen(writer, "w", encoding="utf-8") as stream, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        yield reader
    os.close(reader)


def read_all(reader: int, size: int) -> str:
    """Return so many characters out of a pipe."""
    data = b""
    while len(data) < size:
        data += os.read(reader, 65536)
    return data.decode()


def test_reader_who_pauses_does_not_stop_the_loop() -> None:
    """While a pipe is full the event loop goes on; when it is read, everything comes in its order."""

    async def run(pipe: int) -> str:
        out = Outlet()
        await out.write(LARGE)
        await out.write("last\n")  # The loop is here, though nobody has read yet.
        reading = asyncio.create_task(asyncio.to_thread(read_all, pipe, len(LARGE) + 5))
        await out.drain()
        return await reading

    with piped() as pipe:
        assert asyncio.run(run(pipe)) == LARGE + "last\n"


def test_piece_does_not_wait_for_the_next() -> None:
    """A piece that came while another was being written follows by itself."""

    async def run(pipe: int) -> str:
        out = Outlet()
        await out.write(LARGE)
        await out.write("last\n")
        return await asyncio.to_thread(read_all, pipe, len(LARGE) + 5)

    with piped() as pipe:
        assert asyncio.run(run(pipe)) == LARGE + "last\n"


def test_who_writes_too_much_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """With too much waiting for a reader, the writer waits too."""
    monkeypatch.setattr(outlet, "MAX_WAITING", 3)

    async def run(pipe: int) -> bool:
        out = Outlet()
        await out.write(LARGE)
        writing = asyncio.create_task(out.write("more\n"))
        for _ in range(10):
            await asyncio.sleep(0)
        is_waiting = not writing.done()
        reading = asyncio.create_task(asyncio.to_thread(read_all, pipe, len(LARGE) + 5))
        await writing
        await out.drain()
        await reading
        return is_waiting

    with piped() as pipe:
        assert asyncio.run(run(pipe))


def test_reader_who_has_gone_is_told() -> None:
    """A pipe that nobody reads any more is a broken pipe, at the latest when everything is to be written."""
    reader, writer = os.pipe()

    async def run() -> None:
        out = Outlet()
        os.close(reader)
        await out.write("a\n")
        await out.drain()

    with os.fdopen(writer, "w", encoding="utf-8") as stream, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        with pytest.raises(BrokenPipeError):
            asyncio.run(run())


def test_file_is_written_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file has what it was given when `write` returns."""
    with (tmp_path / "out").open("w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        asyncio.run(Outlet().write("ä\n"))
        monkeypatch.undo()
        assert (tmp_path / "out").read_text(encoding="utf-8") == "ä\n"
