"""
Write a store so that at every moment there is the old one or the new one, and so that it can be undone.

The story: hold the file, open it, edit, write to bytes, read those back, have them proved where somebody wants that, keep the old
ones with a line in the history, replace.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from anchorkeep import formats
from anchorkeep.actions import store as stores
from anchorkeep.actions import store_encoding as encoding
from anchorkeep.errors import FileError, RefusedError, UsageError
from anchorkeep.formats.capability import CAPABILITIES, TITLES
from anchorkeep.formats.recipe import Recipe
from anchorkeep.host import debian, hold
from anchorkeep.host.archive import Archive
from anchorkeep.judge import opening
from anchorkeep.model import naming
from anchorkeep.model.edit import Change
from anchorkeep.model.truststore import Entry, PrivateKeyEntry, SecretKeyEntry, TrustStore
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from anchorkeep.actions.store import Opened
    from anchorkeep.host.hold import Held
    from anchorkeep.model.java import JavaVersion

T = TypeVar("T")

#: Line of a change after which the store has another password.
NEW_PASSWORD = "password changed"  # noqa: S105 (it is none)
#: Lines of a change that its summary names, one an entry; the rest is counted.
_MAX_LINES = 20
#: Aliases named in one sentence.
_MAX_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    How a store is to be written, whatever the edit.

    Attributes:
        at: the date of new entries, aware, UTC: SOURCE_DATE_EPOCH where it is set, else now.
        now: the moment for the history, aware, UTC.
        state: the folder of backups and histories.
        command: what was asked for, for the history: `store add`, the names of files; never a secret.
        java: the runtime that is to read it; None keeps the algorithms found, and makes a new store for Java 17 and later.
        is_reproducible: whether salts are derived from content and password, so that the same store is the same bytes.
        is_dry_run: whether everything is done but the write.
        patience: seconds to wait for another process that holds the folder.
        entropy: chance for salts and initialization vectors.
    """

    at: datetime
    now: datetime
    state: Path
    command: tuple[str, ...]
    java: JavaVersion | None = None
    is_reproducible: bool = False
    is_dry_run: bool = False
    patience: float = hold.PATIENCE
    entropy: Callable[[int], bytes] = field(default=secrets.token_bytes, repr=False)

    def recipe(self, password: str | None, *, is_new: bool = False) -> Recipe:
        """Return what a codec needs to write a store under a password; `is_new` where it had another one."""
        return Recipe(at=self.at, entropy=self.entropy, password=password, java=self.java, is_new_password=is_new)


class State(StrEnum):
    """What became of a store."""

    CREATED = "created"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    PLANNED = "would be written"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """
    What a store's file is about to hold, for whoever is to prove it before anything is recorded or replaced.

    Attributes:
        path: the file, links followed.
        data: its bytes; those that are there where nothing changes.
        store: what was read back from them.
        password: what opens them, None where nothing does.
    """

    path: Path
    data: bytes = field(repr=False)
    store: TrustStore
    password: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """
    A store with what was done to it.

    Attributes:
        path: the file itself, links followed.
        state: what became of it.
        change: which entries came, went and were renamed.
        before: the store as it was found, None where there was none.
        after: the store as it was read back, or would be.
        notes: what is to be said beside it, one sentence each; safe to print.
    """

    path: Path
    state: State
    change: Change
    before: TrustStore | None
    after: TrustStore
    notes: tuple[str, ...] = ()


def revise(
    path: Path,
    edit: Callable[[Opened], tuple[TrustStore, Change]],
    *,
    password: str | None,
    terms: Terms,
    new_password: str | None = None,
    prove: Callable[[Candidate], tuple[str, ...]] | None = None,
    settle: Callable[[Written], None] | None = None,
) -> Written:
    """
    Edit a store that is there and write it.

    Where the edit changes nothing, nothing is written, unless the runtime that the terms name does not open the store as it is.

    Args:
        path: the store.
        edit: returns the store that is to be, and what changes; everything it raises ends the story with nothing written.
        password: the store's, as for `store.read`; it must have verified the store where it can.
        terms: how it is written.
        new_password: the password that it is to have, None for the one it has.
        prove: called with the bytes before anything is recorded or replaced, in a dry run and where nothing changes too; what it
            raises ends the story with nothing written, what it returns are notes, which the history keeps too.
        settle: called last, while the store is still held; what it raises is raised though the store was written.

    Raises:
        RefusedError: the store cannot be replaced as it is, or what was read back is not what was to be written.
        InputError: it cannot be opened.
        UsageError: there is a store of this format, but it is not written.
        UnsupportedEntryError: an entry that the format cannot hold.
        FileError: it is not there, or cannot be read or written.
    """
    with hold.hold(path, patience=terms.patience) as held:
        if held.data is None:
            message = f"There is no store {visible(str(path))}."
            raise FileError(message, remedy="Make it with `store new`, or check the path.")
        opened = stores.loads(held.data, path=path, password=password, notes=of_place(held))
        stores.require_verified(opened)
        _require_writable(opened)
        wanted, change = edit(opened)
        notes = (*opened.notes, *_of_debian(held, change))
        is_closed = _is_closed(opened.store, terms, password=opened.password)
        if change.is_empty and new_password is None and not is_closed:
            before = opened.store
            if prove is not None:
                notes += prove(Candidate(path=held.path, data=held.data, store=before, password=opened.password))
            written = Written(path=held.path, state=State.UNCHANGED, change=change, before=before, after=before, notes=notes)
            return _settled(settle, written)
        lines = summary(change, has_new_password=new_password is not None)
        secret = opened.password if new_password is None else new_password
        recipe = terms.recipe(secret, is_new=secret != opened.password)
        bound = encoding.encode(wanted, format=opened.store.format, recipe=recipe, is_reproducible=terms.is_reproducible)
        if is_closed and terms.java is not None:
            notes += (f"As it was, {terms.java.label} did not open it; it is written for that now.",)
        if prove is not None:
            told = prove(Candidate(path=held.path, data=bound.data, store=bound.read_back(bound.data), password=secret))
            notes, lines = (*notes, *told), (*told, *lines)
        state, after = carry_out(held, bound.data, read_back=bound.read_back, summary=lines, terms=terms)
        return _settled(
            settle, Written(path=held.path, state=state, change=change, before=opened.store, after=after, notes=notes)
        )


def create(
    path: Path,
    wanted: TrustStore,
    *,
    format: str,  # noqa: A002 (what it is)
    password: str | None,
    change: Change,
    terms: Terms,
    is_rekeyed: bool = False,
    prove: Callable[[Candidate], tuple[str, ...]] | None = None,
    settle: Callable[[Written], None] | None = None,
) -> Written:
    """
    Write a store where there is no file; one with keys is for its owner's eyes only.

    Args:
        path: where.
        wanted: its entries.
        format: one of `formats.capability.CAPABILITIES`.
        password: its password, None for none.
        change: what to say of it.
        terms: how it is written.
        is_rekeyed: whether the entries come from a store of this format that had another password.
        prove: as for `revise`.
        settle: as for `revise`.

    Raises:
        RefusedError: something has that name, or what was read back is not what was to be written.
        UsageError: the format cannot be written so.
        UnsupportedEntryError: an entry that the format cannot hold.
        FileError: it cannot be written.
    """
    with hold.hold(path, patience=terms.patience) as held:
        if held.data is not None:
            message = f"{visible(str(path))} is there already; nothing was written."
            raise RefusedError(message, remedy="Choose another name, or add to it.")
        recipe = terms.recipe(password, is_new=is_rekeyed)
        bound = encoding.encode(wanted, format=format, recipe=recipe, is_reproducible=terms.is_reproducible)
        notes = (*of_place(held), *filter(None, (formats.suffix_note(path.name, format=format),)))
        lines, mode = summary(change), mode_of(wanted)
        if prove is not None:
            told = prove(Candidate(path=held.path, data=bound.data, store=bound.read_back(bound.data), password=password))
            notes, lines = (*notes, *told), (*told, *lines)
        state, after = carry_out(held, bound.data, read_back=bound.read_back, summary=lines, terms=terms, mode=mode)
        return _settled(settle, Written(path=held.path, state=state, change=change, before=None, after=after, notes=notes))


def carry_out(
    held: Held, data: bytes, *, read_back: Callable[[bytes], T], summary: tuple[str, ...], terms: Terms, mode: int = 0o644
) -> tuple[State, T]:
    """
    Replace or create a file that is held, backup and history first, or say that it would be.

    Args:
        held: the file.
        data: what it is to hold.
        read_back: makes a value of what was read back from the disk, or raises.
        summary: what to say of it in the history, as `summary` returns it.
        terms: how it is written.
        mode: permissions of a file that was not there.

    Returns:
        What became of the file, and what `read_back` made of it.

    Raises:
        AnchorkeepError: what `Held.write`, `Archive.record` and `read_back` raise; nothing was replaced then.
    """
    if data == held.data:
        return State.UNCHANGED, read_back(data)
    if terms.is_dry_run:
        return State.PLANNED, read_back(data)
    read: list[T] = []

    def record() -> hold.Settle:
        return Archive(terms.state).record(
            held.path, before=held.data, after=data, moment=terms.now, command=terms.command, summary=summary
        )

    held.write(data, verify=lambda written: read.append(read_back(written)), record=record, mode=mode)
    return State.CREATED if held.data is None else State.REPLACED, read[0]


def mode_of(store: TrustStore | None) -> int:
    """Return the permissions of a new file: for its owner alone where it holds a key, or where nobody knows what it holds."""
    is_public = store is not None and not any(isinstance(entry, PrivateKeyEntry | SecretKeyEntry) for entry in store.entries)
    return 0o644 if is_public else 0o600


def of_place(held: Held) -> tuple[str, ...]:
    """Return what is to be said of the links that led to a file, one sentence each."""
    return tuple(
        f"{visible(str(link.path))} is a link to {visible(link.target)}; what it leads to is meant." for link in held.links
    )


def summary(change: Change | None, *, has_new_password: bool = False) -> tuple[str, ...]:
    """
    Return what a change did, one line an entry; text from outside is escaped in it.

    Args:
        change: the entries that came, went and were renamed; None where nobody can tell.
        has_new_password: whether the store has another password since.
    """
    said = (NEW_PASSWORD,) if has_new_password else ()
    if change is None:
        return said or ("which entries changed is not known",)
    lines = [
        *(f"added {_title(entry)}" for entry in change.added),
        *(f"removed {_title(entry)}" for entry in change.removed),
        *(f"renamed {_title(item.before)} to '{visible(item.after.alias or '', limit=100)}'" for item in change.renamed),
    ]
    if len(lines) > _MAX_LINES:
        lines = [*lines[:_MAX_LINES], f"and {counted(len(lines) - _MAX_LINES, 'change')} more"]
    return (*said, *lines) or ("no entry changed",)


def _title(entry: Entry) -> str:
    alias = f"'{visible(entry.alias, limit=100)}'" if entry.alias is not None else "an entry without alias"
    mark = naming.fingerprint(entry)
    return f"{alias} ({naming.KINDS[type(entry)]}{f', SHA-256 {mark}' if mark else ''})"


def _settled(settle: Callable[[Written], None] | None, written: Written) -> Written:
    if settle is not None:
        settle(written)
    return written


def _is_closed(store: TrustStore, terms: Terms, *, password: str | None) -> bool:
    """Whether a store of one of Java's own formats is written so that the runtime it is to be for does not open it."""
    if terms.java is None or store.format not in opening.OWN:
        return False
    return not opening.opening(store, terms.java, password=password).opens


def _require_writable(opened: Opened) -> None:
    """Refuse a format that is only read, before anything is done."""
    if opened.store.format not in CAPABILITIES:
        message = f"{visible(str(opened.path))} is {TITLES[opened.store.format]}, which is read and not edited."
        raise UsageError(message, remedy="Convert it into a store first.")


def _of_debian(held: Held, change: Change) -> tuple[str, ...]:
    """Return the way to change Debian's own trust store that lasts, where it is the one."""
    found = debian.recognise(held.path, removed=tuple(entry.alias for entry in change.removed if entry.alias is not None))
    if found is None:
        return ()
    lasting = (
        "This is Debian's trust store of Java, which ca-certificates-java fills: to add a root so that it lasts, put it as a "
        f".crt file into {found.certificates} and run {' '.join(found.update)}."
    )
    if not found.returning:
        return (lasting,)
    names = ", ".join(f"'{visible(alias, limit=60)}'" for alias in found.returning[:_MAX_NAMED])
    return (lasting, f"The package brings back what is removed here by hand: {names}; deselect it in {found.selection}.")
