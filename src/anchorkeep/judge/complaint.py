"""
Read a log or a stack trace: which text in it says why a program did not trust a service, and what that text can mean.

The text is somebody else's and may be hostile. It is bounded, and looked through line by line for fixed texts, with no
expression that could backtrack; nothing of it is carried out, and what is quoted is made safe to print.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anchorkeep.errors import InputError
from anchorkeep.judge.complaint_table import TABLE
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anchorkeep.judge.cause import Cause
    from anchorkeep.judge.complaint_table import Row

#: Bytes of a log that are read; a stack trace has 10 KiB.
MAX_BYTES = 1 << 20
#: Characters of a line that are looked at and quoted: `javax.net.debug` writes lines of many KiB.
_MAX_LINE = 4_096
_MAX_QUOTED = 300
#: Names of services taken out of a log.
_MAX_NAMES = 16
_MAX_NAME = 253
_URL = "https://"
_OF_NAMES = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-:[]")
#: What stands before a name in the texts about names.
_BEFORE_NAMES = (
    "no subject alternative dns name matching ",
    "no name matching ",
    "hostname/ip does not match certificate's altnames: host: ",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """
    What a program said.

    Attributes:
        program: whose text it is, for a person: `Java`.
        causes: what the text can mean, the likeliest first; never empty.
        line: where it stands, from 1.
        quoted: that line, cut and safe to print.
        others: further lines with other texts of the table, quoted likewise.
        names: hosts that the log names in URLs and in texts about names, lower case, in order; not all need have to do with it.
    """

    program: str
    causes: tuple[Cause, ...]
    line: int
    quoted: str
    others: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Hit:
    rank: int
    line: int
    text: str

    @property
    def row(self) -> Row:
        return TABLE[self.rank]


def read(data: bytes, *, name: str) -> Complaint | None:
    """
    Return what a log says about trust, None where no known text is in it.

    The more telling text speaks where there are several: Java's `PKIX path building failed` comes with what it was caused by.

    Args:
        data: the log; UTF-8, or UTF-16 with a byte order mark as PowerShell writes it. What is neither is read as far as may be.
        name: what to call it in errors.

    Raises:
        InputError: it is longer than `MAX_BYTES`.
    """
    if len(data) > MAX_BYTES:
        message = f"{name} has {len(data):,} bytes, expected at most {MAX_BYTES:,}"
        raise InputError(message, remedy="Give the lines around the error alone.")
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    lines = data.decode(encoding, errors="replace").splitlines()
    hits = sorted(_hits(lines), key=lambda hit: (hit.rank, hit.line))
    if not hits:
        return None
    first = hits[0]
    others = {hit.line: visible(hit.text.strip(), limit=_MAX_QUOTED) for hit in hits[1:] if hit.line != first.line}
    return Complaint(
        program=first.row.program,
        causes=first.row.causes,
        line=first.line,
        quoted=visible(first.text.strip(), limit=_MAX_QUOTED),
        others=tuple(others.values())[:5],
        names=tuple(dict.fromkeys(_names(lines)))[:_MAX_NAMES],
    )


def _hits(lines: list[str]) -> Iterator[_Hit]:
    """Yield for each text of the table the first line that it stands in."""
    wanted = list(enumerate(TABLE))
    for number, line in enumerate(lines, start=1):
        lowered = line[:_MAX_LINE].lower()
        found = [rank for rank, row in wanted if row.text in lowered]
        for rank in found:
            yield _Hit(rank=rank, line=number, text=line[:_MAX_LINE])
        if found:
            wanted = [(rank, row) for rank, row in wanted if rank not in found]


def _names(lines: list[str]) -> Iterator[str]:
    for line in lines:
        lowered = line[:_MAX_LINE].lower()
        for before in (*_BEFORE_NAMES, _URL):
            start = lowered.find(before)
            while start >= 0:
                start += len(before)
                end = next(
                    (at for at in range(start, min(len(lowered), start + _MAX_NAME)) if lowered[at] not in _OF_NAMES), None
                )
                if name := lowered[start:end].rstrip(".:"):
                    yield name
                start = lowered.find(before, start)
