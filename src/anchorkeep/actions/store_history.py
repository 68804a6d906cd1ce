"""What was done to a store, and taking it back: an undo shows what it brings and what it loses, and is itself a change."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep.actions import readmission, store_write
from anchorkeep.actions import store as stores
from anchorkeep.actions.store_encoding import meaning
from anchorkeep.actions.store_write import State
from anchorkeep.errors import AnchorkeepError, FileError, RefusedError
from anchorkeep.host import file, hold, ledger, way
from anchorkeep.host.archive import Archive
from anchorkeep.model.edit import Change as Edit
from anchorkeep.model.edit import Renaming
from anchorkeep.model.truststore import SecretKeyEntry, TrustStore
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator, Sequence
    from typing import Never

    from anchorkeep.actions.readmission import Doubt
    from anchorkeep.actions.store_write import Terms
    from anchorkeep.host.history import Change, History
    from anchorkeep.host.hold import Held
    from anchorkeep.model.truststore import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """
    A change that was taken back.

    Attributes:
        path: the file itself, links followed.
        state: what became of it.
        change: the entries that came back and that went, and those with another alias; None where no password opens both.
        undone: the change taken back.
        lost: the later changes that are lost with it, the oldest first.
        is_foreign_lost: whether another program changed the file since, which is lost too.
        notes: what is to be said beside it, one sentence each; safe to print.
        waiting: of a dry run, the anchors that would come back and wait for a person's word.
    """

    path: Path
    state: State
    change: Edit | None
    undone: Change
    lost: tuple[Change, ...]
    is_foreign_lost: bool
    notes: tuple[str, ...] = ()
    waiting: tuple[Doubt, ...] = ()


def history(path: Path, *, state: Path) -> History:
    """
    Return the changes that Anchorkeep made to a store, the oldest first; at most as many as are kept.

    Their command and summary are text from outside: not yet fit for a terminal.

    Raises:
        FileError: the store or the state folder cannot be read, or there is neither such a store nor a history of one.
        RefusedError: others may write the state folder.
        InputError: the history is damaged.
    """
    real, _ = way.destination(path)
    is_there = file.is_present(real)
    found = Archive(state).history(real, data=file.read(real) if is_there else None)
    if not (is_there or found.changes):
        message = f"There is no store {visible(str(path))}, and no change of one of that name is recorded."
        raise FileError(message, remedy="Check the path.")
    return found


def undo(
    path: Path,
    *,
    number: int | None = None,
    password: str | None = None,
    accepted: Collection[bytes] = (),
    terms: Terms,
) -> Undone:
    """
    Put back the bytes from before a change.

    Args:
        path: the store.
        number: the id of the change to take back, with all later ones; None is the last.
        password: to show what comes and goes, tried beside those that everybody knows; the bytes are put back as they were,
            whatever their password.
        accepted: SHA-256 fingerprints of anchors that may come back though they are expired, rejected or no longer of Mozilla's
            list; what cannot be opened is not looked into.
        terms: how it is written; with `is_dry_run` everything is shown and nothing done.

    Raises:
        UsageError: there is no such change.
        RefusedError: there was no store before it, the file cannot be replaced as it is, or an anchor would come back that
            nobody would take today.
        InputError: history or backup are damaged.
        FileError: the backup is gone, or something cannot be read or written.
    """
    with hold.hold(path, patience=terms.patience) as held:
        archive = Archive(terms.state)
        is_current = archive.history(held.path, data=held.data).is_current
        found = archive.restoration(held.path, data=held.data, number=number)
        if found.data is None:
            _refuse(found.change, held)
        after = _opened(found.data, path, password)
        before = (
            TrustStore(format=after.format, entries=()) if held.data is None and after else _opened(held.data, path, password)
        )
        edit, mode = _between(before, after), store_write.mode_of(after)
        waiting = readmission.doubts(
            edit.added if edit else (),
            now=before,
            at=terms.now,
            ledger=ledger.read(terms.state, held.path),
            accepted=accepted,
        )
        if waiting and not terms.is_dry_run:
            raise readmission.refusal(waiting)
        taken = (found.change, *found.lost)
        renewals = [item.id for item in taken if store_write.NEW_PASSWORD in item.summary]
        lines = store_write.summary(edit, has_new_password=bool(renewals))
        # What comes back was here before: that its bytes are the same is all that has to be right.
        state, _ = store_write.carry_out(held, found.data, read_back=lambda _: None, summary=lines, terms=terms, mode=mode)
        return Undone(
            path=held.path,
            state=state,
            change=edit,
            undone=found.change,
            lost=found.lost,
            is_foreign_lost=held.data is not None and not is_current,
            notes=(
                *_notes(held, found.change, renewals=renewals, sides=(before, after), password=password),
                *(f"A person's word is needed for {item.certificate.title}: {item.reason}" for item in waiting),
            ),
            waiting=waiting,
        )


def _refuse(change: Change, held: Held) -> Never:
    """Refuse to undo the making of a store, after which there would be none."""
    shown = visible(str(held.path))
    if held.data is None:
        message = f"There is no store {shown}: change {change.id}, which made it, was not carried out, or it was removed since."
        raise RefusedError(message, remedy="Take back an earlier change with --id, if the history has one, or make it anew.")
    message = f"Change {change.id} made {shown}: there was nothing before it."
    raise RefusedError(message, remedy="Remove the file yourself if it is to go.")


def _notes(
    held: Held,
    change: Change,
    *,
    renewals: Sequence[int],
    sides: tuple[TrustStore | None, TrustStore | None],
    password: str | None,
) -> Iterator[str]:
    """Yield what is to be said beside an undo."""
    yield from store_write.of_place(held)
    if held.data is None:
        yield f"The store is gone. What comes back is its content before change {change.id}; what that one made was not kept."
    if renewals:
        yield f"The password is again the one from before change {renewals[0]}."
    given = "no password was given, and" if password is None else "the password given does not open it, and"
    for which, store in zip(("The store as it is now", "What comes back"), sides, strict=True):
        if store is None and (held.data is not None or which == "What comes back"):
            yield f"{which} was not looked into: {given} neither 'changeit' nor the empty one opens it."


def _opened(data: bytes | None, path: Path, password: str | None) -> TrustStore | None:
    """Return the store that bytes hold, by the password given or a known one, for a change of it may lie between; else None."""
    for candidate in dict.fromkeys((password, None)):
        with contextlib.suppress(AnchorkeepError):
            return None if data is None else stores.loads(data, path=path, password=candidate).store
    return None


def _between(before: TrustStore | None, after: TrustStore | None) -> Edit | None:
    if before is None or after is None:
        return None
    added, removed = list(_beyond(after, before)), list(_beyond(before, after))
    renamed: list[Renaming] = []
    for entry in tuple(removed):
        again = next((item for item in added if _but_alias(item) == _but_alias(entry)), None)
        if again is not None:
            added.remove(again)
            removed.remove(entry)
            renamed.append(Renaming(before=entry, after=again))
    return Edit(added=tuple(added), removed=tuple(removed), renamed=tuple(renamed))


def _but_alias(entry: Entry) -> Hashable:
    """Return what stays the same of an entry under another alias; a secret key, of which nothing is known, is itself alone."""
    return id(entry) if isinstance(entry, SecretKeyEntry) else meaning(entry, has_aliases=False)


def _beyond(store: TrustStore, other: TrustStore) -> tuple[Entry, ...]:
    """Return the entries of a store that another does not have, each as often as it is there more."""
    left = Counter(map(meaning, other.entries))
    found: list[Entry] = []
    for entry in store.entries:
        left[meaning(entry)] -= 1
        if left[meaning(entry)] < 0:
            found.append(entry)
    return tuple(found)
