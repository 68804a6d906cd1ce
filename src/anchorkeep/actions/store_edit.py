"""Make a store and edit its entries: add, remove, rename, merge. Nothing is written when nothing changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from anchorkeep.actions import store as stores
from anchorkeep.actions import store_write
from anchorkeep.errors import UsageError
from anchorkeep.formats.capability import CAPABILITIES, TITLES
from anchorkeep.judge import store as judged
from anchorkeep.model import edit
from anchorkeep.model.edit import Change
from anchorkeep.model.truststore import TrustedCertEntry, TrustStore
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from anchorkeep.actions.store import Opened
    from anchorkeep.actions.store_write import Terms, Written
    from anchorkeep.model.edit import Addition

#: What is said of a store that got the password of Java's own.
KNOWN = f"Its password is '{stores.DEFAULT_PASSWORD}', as that of Java's own: it protects nothing, for everybody knows it."


def new(path: Path, additions: Sequence[Addition] = (), *, format: str, password: str | None, terms: Terms) -> Written:  # noqa: A002
    """
    Make a store where there is no file yet.

    Args:
        path: where.
        additions: its certificates, in order; none makes an empty store.
        format: one of `formats.capability.CAPABILITIES`.
        password: the store's; None gives it `changeit` where the format has passwords, which protects nothing and is noted.
            An empty one makes a PKCS#12 store without any protection.
        terms: how it is written.

    Raises:
        RefusedError: something has that name.
        UsageError: a password for a format that has none, or one that the runtime cannot take; an alias that must not be written.
        UnsupportedEntryError: the format cannot hold it.
        FileError: it cannot be written.
    """
    if format not in CAPABILITIES:
        raise UsageError(f"No format '{visible(format)}' of a store; there are {', '.join(CAPABILITIES)}.")
    secret = new_password(format, password)
    empty = TrustStore(format=format, entries=())
    wanted, change = edit.added(empty, additions, has_aliases=CAPABILITIES[format].has_aliases)
    written = store_write.create(path, wanted, format=format, password=secret, change=change, terms=terms)
    known = (KNOWN,) if secret is not None and password is None else ()
    return replace(written, notes=(*written.notes, *known, *_of_nothing(written)))


def add(path: Path, additions: Sequence[Addition], *, password: str | None = None, terms: Terms) -> Written:
    """
    Add certificates to a store; one that it trusts already stays under its alias.

    Args:
        path: the store.
        additions: what to add; that nothing the network alone vouches for is among them is the caller's to see to.
        password: the store's, as for `store.read`; the store is verified with it before anything is written.
        terms: how it is written.

    Raises:
        RefusedError: an alias that is there, or a file that changes meanwhile or cannot be replaced as it is.
        UsageError: an alias that must not be written.
        UnsupportedEntryError: the format cannot hold what is to be written.
        InputError: the store cannot be opened.
        FileError: it cannot be read or written.
    """

    def added(opened: Opened) -> tuple[TrustStore, Change]:
        return edit.added(opened.store, additions, has_aliases=CAPABILITIES[opened.store.format].has_aliases)

    return store_write.revise(path, added, password=password, terms=terms)


def remove(
    path: Path,
    names: Sequence[str] = (),
    *,
    expired: bool = False,
    with_keys: bool = False,
    password: str | None = None,
    terms: Terms,
) -> Written:
    """
    Remove entries of a store.

    Args:
        path: the store.
        names: aliases or SHA-256 fingerprints, whole or their first 8 digits or more.
        expired: whether the trusted certificates that are over at `terms.now` go too.
        with_keys: whether keys may go.
        password: as for `add`.
        terms: how it is written.

    Raises:
        UsageError: nothing has that name.
        RefusedError: several entries have it, or it is a key's; and as for `add`.
    """

    def removed(opened: Opened) -> tuple[TrustStore, Change]:
        return edit.removed(opened.store, names, expired=terms.now if expired else None, with_keys=with_keys)

    written = store_write.revise(path, removed, password=password, terms=terms)
    return replace(written, notes=(*written.notes, *_of_nothing(written)))


def rename(path: Path, name: str, alias: str, *, password: str | None = None, terms: Terms) -> Written:
    """
    Give an entry, named as for `remove`, another alias.

    Raises:
        UsageError: nothing has that name, or the alias must not be written, or the format keeps none.
        RefusedError: several entries have the name, another has the alias; and as for `add`.
    """

    def renamed(opened: Opened) -> tuple[TrustStore, Change]:
        if not CAPABILITIES[opened.store.format].has_aliases:
            raise UsageError(f"{visible(str(path))} is {TITLES[opened.store.format]}, which keeps no aliases.")
        return edit.renamed(opened.store, name, alias)

    return store_write.revise(path, renamed, password=password, terms=terms)


def merge(
    path: Path,
    sources: Sequence[Opened],
    *,
    password: str | None = None,
    terms: Terms,
) -> Written:
    """
    Add the trusted certificates of other stores, each once by its content; keys are not taken over, which is noted.

    Args:
        path: the store.
        sources: the stores or certificate files to take from, in order; their integrity must have been checked where they
            have any.
        password: of the store, as for `add`.
        terms: how it is written.

    Raises:
        as for `add`.
    """
    for source in sources:
        stores.require_verified(source)

    def merged(opened: Opened) -> tuple[TrustStore, Change]:
        has_aliases = CAPABILITIES[opened.store.format].has_aliases
        whole, changes = opened.store, []
        for source in sources:
            whole, change = edit.merged(whole, source.store, has_aliases=has_aliases)
            changes.append(change)
        added = tuple(entry for change in changes for entry in change.added)
        # What one source brought, the next one finds there: it is added, and not kept as well.
        kept = tuple(entry for change in changes for entry in change.kept if entry not in added)
        return whole, Change(added=added, kept=kept)

    written = store_write.revise(path, merged, password=password, terms=terms)
    return replace(written, notes=(*written.notes, *(note for source in sources for note in _of_source(source))))


def new_password(format: str, password: str | None) -> str | None:  # noqa: A002 (what it is)
    """
    Return the password that a new store gets: the one given, else `changeit`; None for a PKCS#12 store without protection.

    Raises:
        UsageError: a password was given for a format without one.
    """
    if not CAPABILITIES[format].has_password:
        if password is not None:
            raise UsageError(f"The new store is {TITLES[format]}, which has no password.", remedy="Leave the password out.")
        return None
    if password is None:
        return stores.DEFAULT_PASSWORD
    return password if password or CAPABILITIES[format].needs_password else None


def _of_nothing(written: Written) -> tuple[str, ...]:
    return (judged.NOTHING_TRUSTED,) if judged.is_without_anchor(written.after) else ()


def _of_source(source: Opened) -> tuple[str, ...]:
    others = [entry for entry in source.store.entries if not isinstance(entry, TrustedCertEntry)]
    left = [*others, *source.store.accompanying]
    shown = visible(str(source.path))
    notes = [*(f"{shown}: {note}" for note in source.notes), *filter(None, (stores.untagged(source),))]
    if left:
        notes.append(f"{shown}: {counted(len(left), 'key')} or other that is no trusted certificate was not taken over.")
    return tuple(notes)
