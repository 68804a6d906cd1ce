"""What was done to a store, and taking it back: an undo shows what it brings and what it loses, and is itself a change."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep.actions import store as stores
from anchorkeep.actions import store_write
from anchorkeep.actions.store_encoding import meaning
from anchorkeep.actions.store_write import State
from anchorkeep.errors import AnchorkeepError, RefusedError
from anchorkeep.host import file, hold, way
from anchorkeep.host.archive import Archive
from anchorkeep.model.edit import Change as Edit
from anchorkeep.text import visible

if TYPE_CHECKING:
    from anchorkeep.actions.store_write import Terms
    from anchorkeep.host.history import Change, History
    from anchorkeep.model.truststore import Entry, TrustStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """
    A change that was taken back.

    Attributes:
        path: the file itself, links followed.
        state: what became of it.
        change: the entries that came back and that went, one under another alias in both; None where no password opens both.
        undone: the change taken back.
        lost: the later changes that are lost with it, the oldest first.
        is_foreign_lost: whether another program changed the file since, which is lost too.
        notes: what is to be said beside it, one sentence each; safe to print.
    """

    path: Path
    state: State
    change: Edit | None
    undone: Change
    lost: tuple[Change, ...]
    is_foreign_lost: bool
    notes: tuple[str, ...] = ()


def history(path: Path, *, state: Path) -> History:
    """
    Return the changes that Anchorkeep made to a store, the oldest first; at most as many as are kept.

    Their command and summary are text from outside: not yet fit for a terminal.

    Raises:
        FileError: the store or the state folder cannot be read.
        RefusedError: others may write the state folder.
        InputError: the history is damaged.
    """
    real, _ = way.destination(path)
    return Archive(state).history(real, data=file.read(real) if file.is_present(real) else None)


def undo(path: Path, *, number: int | None = None, password: str | None = None, terms: Terms) -> Undone:
    """
    Put back the bytes from before a change.

    Args:
        path: the store.
        number: the id of the change to take back, with all later ones; None is the last.
        password: to show what comes and goes; the bytes are put back as they were, whatever their password.
        terms: how it is written; with `is_dry_run` everything is shown and nothing done.

    Raises:
        UsageError: there is no such change.
        RefusedError: there was no store before it, or the file cannot be replaced as it is.
        InputError: history or backup are damaged.
        FileError: the backup is gone, or something cannot be read or written.
    """
    with hold.hold(path, patience=terms.patience) as held:
        archive = Archive(terms.state)
        is_current = archive.history(held.path, data=held.data).is_current
        found = archive.restoration(held.path, data=held.data, number=number)
        if found.data is None:
            message = f"Change {found.change.id} made {visible(str(held.path))}: there was nothing before it."
            raise RefusedError(message, remedy="Remove the file yourself if it is to go.")
        before, after = (_opened(data, path, password) for data in (held.data, found.data))
        edit, mode = _between(before, after), store_write.mode_of(after)
        # What comes back was here before: that its bytes are the same is all that has to be right.
        state, _ = store_write.carry_out(
            held, found.data, read_back=lambda _: None, change=edit or Edit(), terms=terms, mode=mode
        )
        return Undone(
            path=held.path,
            state=state,
            change=edit,
            undone=found.change,
            lost=found.lost,
            is_foreign_lost=not is_current,
            notes=store_write.of_place(held),
        )


def _opened(data: bytes | None, path: Path, password: str | None) -> TrustStore | None:
    """Return the store that bytes hold, None where they do not open: then what comes and goes is not shown."""
    if data is None:
        return None
    try:
        return stores.loads(data, path=path, password=password).store
    except AnchorkeepError:
        return None


def _between(before: TrustStore | None, after: TrustStore | None) -> Edit | None:
    if before is None or after is None:
        return None
    return Edit(added=_beyond(after, before), removed=_beyond(before, after))


def _beyond(store: TrustStore, other: TrustStore) -> tuple[Entry, ...]:
    """Return the entries of a store that another does not have, each as often as it is there more."""
    left = Counter(map(meaning, other.entries))
    found: list[Entry] = []
    for entry in store.entries:
        left[meaning(entry)] -= 1
        if left[meaning(entry)] < 0:
            found.append(entry)
    return tuple(found)
