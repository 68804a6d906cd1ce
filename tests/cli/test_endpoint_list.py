import asyncio
from collections.abc import AsyncIterator

import pytest

from anchorkeep.actions.show import Subject
from anchorkeep.cli import endpoint_list
from anchorkeep.cli.endpoint_list import BadLine, EndpointList
from anchorkeep.host.lines import Line
from anchorkeep.model.endpoint import Endpoint


def listed(*texts: bytes | None) -> tuple[list[str], list[int], EndpointList]:
    """Return the services of lines, the numbers of those that name none, and the list itself."""
    bad: list[int] = []

    async def lines() -> AsyncIterator[Line]:
        for number, text in enumerate(texts, start=1):
            yield Line(number, text)

    async def tell(line: BadLine) -> None:
        bad.append(line.number)

    def read(text: str) -> Subject:
        endpoint = Endpoint.parse(text)
        return Subject(label=endpoint.label, endpoint=endpoint)

    found = EndpointList(read, tell)

    async def run() -> list[str]:
        return [subject.label async for subject in found.subjects(lines())]

    return asyncio.run(run()), bad, found


def test_comments_and_blanks_say_nothing() -> None:
    """What follows a `#` at the begin or after a blank is a comment; within a word it is none."""
    labels, bad, _ = listed(b"# a", b"", b"  \t", b"b.test # c", b"b.test#c", b" d.test ")
    assert (labels, bad) == (["b.test", "d.test"], [5])


def test_mark_is_read_over() -> None:
    """A byte order mark is no part of a name or a comment, also where files were put together."""
    labels, bad, _ = listed(b"\xef\xbb\xbfa.test", b"\xef\xbb\xbf# b", b"\xef\xbb\xbfc.test")
    assert (labels, bad) == (["a.test", "c.test"], [])


@pytest.mark.parametrize("text", [None, b"a b", b"\xff", b"a:0"])
def test_bad_line_is_told_and_passed_over(text: bytes | None) -> None:
    """A line that names no service is told by its number, and the next one is read."""
    labels, bad, _ = listed(b"a.test", text, b"b.test")
    assert (labels, bad) == (["a.test", "b.test"], [2])


def test_duplicates_are_left_out() -> None:
    """A service that was there before is left out, however it is written."""
    labels, _, found = listed(b"a.test", b"A.test:443", b"a.test:444", b"a.test")
    assert (labels, found.duplicates, found.is_full) == (["a.test", "a.test:444"], 2, False)


def test_memory_of_duplicates_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond what is remembered every service is looked at, and the list says that it is full."""
    monkeypatch.setattr(endpoint_list, "MAX_REMEMBERED", 2)
    labels, _, found = listed(b"a.test", b"b.test", b"c.test", b"c.test", b"a.test")
    assert (labels, found.duplicates, found.is_full) == (["a.test", "b.test", "c.test", "c.test"], 1, True)
