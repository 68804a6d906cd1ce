"""The history of a store: its changes as values and as JSON, and what undoing one brings back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from anchorkeep.errors import UsageError
from anchorkeep.host import envelope
from anchorkeep.text import counted, visible

#: Changes kept of one store, each with the content before it; the oldest is forgotten first.
MAX_CHANGES = 20
#: Lines kept of a change's summary; a merge may bring thousands of entries.
MAX_LINES = 50
#: Characters kept of a line or a word; a file may have an alias of 64 KiB.
MAX_CHARACTERS = 1_000

_FORMAT, _VERSION = "anchorkeep-history", 1
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    One change of a store.

    Attributes:
        id: counts from 1 for each store; never used again for another that was made.
        moment: when it was made, UTC.
        command: the words of the command, without secrets; from outside, so not yet fit for a terminal.
        summary: lines that say what it changed; from outside too.
        before: SHA-256 of the content before, hexadecimal; None where there was no store.
        after: SHA-256 of the content after, hexadecimal.
    """

    id: int
    moment: datetime
    command: tuple[str, ...]
    summary: tuple[str, ...]
    before: str | None
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """
    What was changed in a store, oldest first; at most `MAX_CHANGES`.

    Attributes:
        path: the store, links followed.
        changes: the changes.
        is_current: whether the store is as the last change left it; False after another program changed it. True without changes.
    """

    path: Path
    changes: tuple[Change, ...] = ()
    is_current: bool = True

    def seen(self, sha256: str | None) -> History:
        """
        Return the history as the store's content tells it, given by its SHA-256, None where there is no store.

        A change is recorded before it is carried out. Where the store is as it was before the last one, that one was not: the run
        was killed in between, or the store was put back by hand, which comes to the same. The making of a store that is not there
        is kept: more likely the store was removed since.
        """
        changes = self.changes
        if changes and sha256 is not None and sha256 != changes[-1].after and sha256 == changes[-1].before:
            changes = changes[:-1]
        return replace(self, changes=changes, is_current=not changes or changes[-1].after == sha256)

    def with_change(self, change: Change) -> History:
        """Return the history with one more change; the oldest go where there are too many, and lines where a summary has."""
        words = tuple(_cut(word) for word in change.command)
        lines = tuple(_cut(line) for line in change.summary[:MAX_LINES])
        if len(change.summary) > MAX_LINES:
            lines = (*lines[:-1], f"and {counted(len(change.summary) - MAX_LINES + 1, 'more line')}")
        kept = replace(change, command=words, summary=lines)
        return replace(self, changes=(*self.changes, kept)[-MAX_CHANGES:], is_current=True)

    def since(self, number: int | None) -> tuple[Change, ...]:
        """
        Return the change of a number and all later ones, or the last one alone for None.

        Raises:
            UsageError: there is no such change.
        """
        if not self.changes:
            message = f"There is nothing to undo: no change of {visible(str(self.path))} is recorded."
            raise UsageError(message, remedy="Check the path: only what this program changed can be taken back.")
        first = self.changes[-1].id if number is None else number
        found = tuple(change for change in self.changes if change.id >= first)
        if not found or found[0].id != first:
            known = f"{self.changes[0].id} to {self.changes[-1].id}"
            message = f"There is no change {first} of {visible(str(self.path))}; known are {known}."
            raise UsageError(message, remedy="See what each of them did with `anchorkeep store history`.")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration:
    """
    What undoing a change brings back.

    Attributes:
        change: the change that is undone.
        data: the content before it, checked against its SHA-256; None where there was no store.
        lost: later changes, oldest first, which are lost with it.
    """

    change: Change
    data: bytes | None = field(repr=False)
    lost: tuple[Change, ...]


def dumps(history: History) -> bytes:
    """Return a history as JSON, for `loads`."""
    document = {
        "path": str(history.path),
        "changes": [
            {
                "id": change.id,
                "moment": change.moment.astimezone(UTC).isoformat(),
                "command": change.command,
                "summary": change.summary,
                "before": change.before,
                "after": change.after,
            }
            for change in history.changes
        ],
    }
    return envelope.dumps(document, format=_FORMAT, version=_VERSION)


def loads(data: bytes, *, name: str) -> History:
    """
    Read a history; whether it is current nobody has asked yet.

    Args:
        data: what `dumps` returned.
        name: where it was read, for messages.

    Raises:
        InputError: it is no history, or of another version.
    """
    return envelope.loads(
        data,
        lambda document: History(path=Path(document["path"]), changes=tuple(map(_change, document["changes"]))),
        format=_FORMAT,
        version=_VERSION,
        title=f"The history {visible(name)}",
        remedy="Move it away to start a new one; the backups beside it can be copied back by hand.",
    )


def _change(item: dict[str, Any]) -> Change:
    before, after = item["before"], item["after"]
    # They become names of files.
    if not _SHA256.fullmatch(after) or not (before is None or _SHA256.fullmatch(before)):
        raise ValueError
    return Change(
        id=int(item["id"]),
        moment=datetime.fromisoformat(item["moment"]).astimezone(UTC),
        command=tuple(map(str, item["command"])),
        summary=tuple(map(str, item["summary"])),
        before=before,
        after=after,
    )


def _cut(text: str) -> str:
    return text if len(text) <= MAX_CHARACTERS else f"{text[: MAX_CHARACTERS - 1]}…"
