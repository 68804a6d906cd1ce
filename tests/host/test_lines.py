import asyncio
import os
import threading
from pathlib import Path

import pytest

from anchorkeep.errors import FileError
from anchorkeep.host import lines
from anchorkeep.host.lines import MAX_LINE, Line


def all_of(path: Path | None) -> list[Line]:
    """Return every line."""

    async def run() -> list[Line]:
        return [line async for line in lines.read(path)]

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"a", [(1, b"a")]),
        (b"a\n", [(1, b"a")]),
        (b"a\r\n\r\nb", [(1, b"a"), (2, b""), (3, b"b")]),
        (b"a\rb\n", [(1, b"a\rb")]),
        (b"\n\n", [(1, b""), (2, b"")]),
    ],
)
def test_lines_have_numbers_and_no_ends(data: bytes, expected: list[tuple[int, bytes]], tmp_path: Path) -> None:
    """Lines end with LF, CRLF or the file, and are counted from one."""
    (tmp_path / "list").write_bytes(data)
    assert all_of(tmp_path / "list") == expected


def test_many_chunks_are_whole_lines(tmp_path: Path) -> None:
    """A line that lies across two reads is one line."""
    written = [b"line %d" % number for number in range(20_000)]
    (tmp_path / "list").write_bytes(b"\r\n".join(written))
    assert [line.data for line in all_of(tmp_path / "list")] == written


@pytest.mark.parametrize("length", [MAX_LINE + 1, 200_000])
@pytest.mark.parametrize("end", [b"\n", b""])
def test_long_line_is_one_without_bytes(length: int, end: bytes, tmp_path: Path) -> None:
    """A line that is too long is told as such, once, and its neighbours are read."""
    (tmp_path / "list").write_bytes(b"a\n" + b"x" * length + end + b"b" * bool(end))
    assert all_of(tmp_path / "list") == [(1, b"a"), (2, None), *([(3, b"b")] if end else [])]


def test_longest_line_is_read(tmp_path: Path) -> None:
    """A line of just the allowed length is read."""
    (tmp_path / "list").write_bytes(b"x" * MAX_LINE + b"\r\n")
    assert all_of(tmp_path / "list") == [(1, b"x" * MAX_LINE)]


@pytest.mark.parametrize("name", ["nowhere", ".", "a\0b"])
def test_what_cannot_be_read_is_told(name: str, tmp_path: Path) -> None:
    """A file that is not there, a directory, and a path that cannot be are errors of ours."""
    with pytest.raises(FileError):
        all_of(tmp_path / name)


def test_pipe_that_says_nothing_stops_nothing(tmp_path: Path) -> None:
    """While nobody writes into a pipe, the event loop goes on, and the reader can be cancelled."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)

    async def run() -> list[Line]:
        source = lines.read(pipe)
        reading = asyncio.ensure_future(anext(source))
        await asyncio.sleep(0)  # The loop is here, though nobody has written yet.
        os.write(writer, b"a\n")
        found = [await reading]
        waiting = asyncio.ensure_future(anext(source))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        return found

    try:
        assert asyncio.run(run()) == [(1, b"a")]
    finally:
        os.write(writer, b"\n")  # Lets the thread that was left behind go.
        os.close(writer)


def test_reading_stops_where_nobody_asks(tmp_path: Path) -> None:
    """Who stops asking stops the reading; no thread stays where there is something to read."""
    (tmp_path / "list").write_bytes(b"a\n" * 1_000_000)

    async def run() -> Line:
        found = lines.read(tmp_path / "list")
        line = await anext(found)
        await found.aclose()
        return line

    assert asyncio.run(run()) == (1, b"a")
    for thread in [thread for thread in threading.enumerate() if thread.name == "lines"]:
        thread.join(60)  # It has answered; its end may be a moment later.
        assert not thread.is_alive()
