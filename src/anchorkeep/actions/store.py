"""
Open a store as people do: with the password they give, else with the two that stores come with, and say what was done.

Rules kept here:
- a password that was given is the only one tried; else `changeit`, then the empty one and nothing else, and it is said which;
- guesses share what they may cost: a store that asks for more is one that they do not open;
- content decides the format, and a suffix that says otherwise is noted;
- what nobody vouches for is said: a JKS store that no password was there for is read, and its integrity not checked.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from anchorkeep import formats
from anchorkeep.errors import StoreIntegrityError, TooMuchWorkError
from anchorkeep.formats.capability import CAPABILITIES, TITLES, promised
from anchorkeep.formats.work import Work
from anchorkeep.host import file
from anchorkeep.model import naming
from anchorkeep.model.truststore import Integrity, TrustedCertEntry, TrustStore
from anchorkeep.text import visible

#: The password that Java's own trust stores come with; everybody knows it.
DEFAULT_PASSWORD = "changeit"  # noqa: S105 (it is no secret)

_UNTRIED = "no password was given, and neither 'changeit' nor the empty one opens it"
_GIVE = "Give its password."


class Origin(StrEnum):
    """Where the password that opened a store came from."""

    GIVEN = "given"
    DEFAULT = "changeit"
    EMPTY = "empty"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """
    A store that was read.

    Attributes:
        path: where it was looked for, as it was named.
        store: what it held.
        password: what opened it, None where nothing did or nothing had to.
        origin: where that password came from.
        is_unconfirmed: whether a password was given and nothing in the store needs it or is proved by it, though its name does
            not say that it has none.
        notes: what is to be said of the reading, one sentence each, safe to print: a suffix that says something else, links
            that were followed, an integrity that was not checked or proves little, a password that everybody knows.
        doubts: those of the notes that are findings too where the store is judged: on its integrity.
        data: the file's bytes.
    """

    path: Path
    store: TrustStore
    password: str | None = field(repr=False)
    origin: Origin
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    is_unconfirmed: bool = False
    data: bytes = field(repr=False, default=b"")


def read(path: Path, *, password: str | None = None) -> Opened:
    """
    Read a store.

    Args:
        path: where it is; links are followed and said.
        password: the only one to try; None tries `changeit` and the empty one, then reads without one what can be.

    Raises:
        StoreIntegrityError: no password that was tried opens it, or it was changed; nobody can tell which. Where `password` is
            None a person may be asked for one.
        StoreFormatError: it is no store, or a broken one.
        FileError: it cannot be read.
    """
    return loads(file.read(path), path=path, password=password, notes=_links(path))


def loads(data: bytes, *, path: Path, password: str | None = None, notes: tuple[str, ...] = ()) -> Opened:
    """
    Read a store's bytes as `read` does.

    Args:
        data: the bytes.
        path: what to call them, and whose suffix to look at.
        password: as for `read`.
        notes: what is to be said before what is found here.

    Raises:
        StoreIntegrityError: as for `read`.
        StoreFormatError: as for `read`.
    """
    store, used, origin = _open(data, name=str(path), password=password)
    is_idle = bool(password) and used is None and store.integrity is Integrity.NONE
    doubts = _of_check(store)
    notes = (*notes, *_of_suffix(path, store), *_of_password(store, origin, is_idle=is_idle), *doubts, *_of_keys(store))
    return Opened(
        path=path,
        store=store,
        password=used,
        origin=origin,
        notes=notes,
        doubts=doubts,
        is_unconfirmed=is_idle and not _is_open_by_name(path, store),
        data=data,
    )


def require_verified(opened: Opened) -> None:
    """
    Refuse to write a store whose integrity nobody vouches for: what is written would be, by a password that was guessed.

    Raises:
        StoreIntegrityError: its integrity could have been checked and was not, or a password was given that proves nothing.
    """
    if opened.is_unconfirmed:
        raise unconfirmed(str(opened.path), opened.store)
    if opened.store.integrity is Integrity.NOT_CHECKED:
        message = f"{visible(str(opened.path))}: {_UNTRIED}, or it was changed; nobody can tell which. Nothing was written."
        raise StoreIntegrityError(message, remedy=_GIVE)


def untagged(opened: Opened) -> str:
    """
    Return a sentence, safe to print, on certificates that Java does not see in a store and will where they are taken over.

    Empty where there is none; beside a private key none is taken over.
    """
    store = opened.store
    unseen = [entry for entry in store.entries if isinstance(entry, TrustedCertEntry) and not entry.is_visible_to_java]
    if not unseen or store.has_private_keys:
        return ""
    shown = visible(str(opened.path))
    return f"{shown}: Java does not see {naming.described(unseen)} there, and trusts what is taken over."


def unconfirmed(name: str, store: TrustStore) -> StoreIntegrityError:
    """Return the error for a store that the password which was given proves nothing of: another may stand in its place."""
    has_check = _has_password(store)
    what = "the store has no integrity check" if has_check else f"it is {TITLES[store.format]}, which has no password"
    message = f"{visible(name)}: the password that was given vouches for nothing here: {what}."
    return StoreIntegrityError(message, remedy="If that is right, leave the password out; else look who replaced the store.")


def _has_password(store: TrustStore) -> bool:
    capability = CAPABILITIES.get(store.format)
    return capability is not None and capability.has_password


def _is_open_by_name(path: Path, store: TrustStore) -> bool:
    """Tell whether a file's name says that it has no password, so that it stands in the place of none that has one."""
    return not _has_password(store) and store.format in promised(path.name)


def _open(data: bytes, *, name: str, password: str | None) -> tuple[TrustStore, str | None, Origin]:
    """Return the store, the password that it needed and where that came from."""
    tried = ((DEFAULT_PASSWORD, Origin.DEFAULT), ("", Origin.EMPTY)) if password is None else ((password, Origin.GIVEN),)
    work = Work.of_guesses() if password is None else None
    for candidate, origin in tried:
        try:
            store = formats.loads(data, password=candidate, name=name, work=work)
        except (StoreIntegrityError, TooMuchWorkError):
            if origin is Origin.GIVEN:
                raise
            continue
        if store.integrity is Integrity.VERIFIED or not _is_open(data, name=name):
            return store, candidate, origin
        return store, None, Origin.NONE
    try:
        return formats.loads(data, name=name), None, Origin.NONE
    except StoreIntegrityError as error:
        message = f"{visible(name)}: {_UNTRIED}, or it was changed; nobody can tell which."
        raise StoreIntegrityError(message, remedy=_GIVE) from error


def _is_open(data: bytes, *, name: str) -> bool:
    """Tell whether a store without an integrity check of its own needs no password, as PKCS#12 without a MAC may."""
    try:
        formats.loads(data, name=name)
    except StoreIntegrityError:
        return False
    return True


def _links(path: Path) -> tuple[str, ...]:
    real = Path(os.path.realpath(path))
    if real == Path(os.path.abspath(path)):  # noqa: PTH100 (`resolve` follows the links that are asked about)
        return ()
    return (f"{visible(str(path))} leads through links to {visible(str(real))}.",)


def _of_suffix(path: Path, store: TrustStore) -> tuple[str, ...]:
    note = formats.suffix_note(path.name, format=store.format)
    return () if note is None else (note,)


def keys_besides(store: TrustStore) -> tuple[str, ...]:
    """Return the private keys that a store's file holds beside its entries, unread; a phrase for each kind, safe to print."""
    return tuple(phrase for phrase in formats.besides(store) if "PRIVATE KEY" in phrase)


def _of_keys(store: TrustStore) -> tuple[str, ...]:
    keys = keys_besides(store)
    return (f"Beside its entries it holds {', '.join(keys)}: carried, and not read.",) if keys else ()


def _of_check(store: TrustStore) -> tuple[str, ...]:
    if store.integrity is Integrity.NOT_CHECKED:
        return (f"Its integrity was not checked: {_UNTRIED}.",)
    doubt = formats.doubt(store) if store.integrity is Integrity.VERIFIED else ""
    return (doubt,) if doubt else ()


def _of_password(store: TrustStore, origin: Origin, *, is_idle: bool) -> tuple[str, ...]:
    if not _has_password(store):
        return (
            (f"It is {TITLES[store.format]}, which has no password: the one that was given proves nothing.",) if is_idle else ()
        )
    if store.integrity is Integrity.NOT_CHECKED:
        return ()
    match origin:
        case Origin.GIVEN:
            return ()
        case Origin.DEFAULT:
            return ("It was opened with the password 'changeit', which everybody knows and which protects nothing.",)
        case Origin.EMPTY:
            return ("It was opened with the empty password, which protects nothing.",)
        case Origin.NONE:
            return ("It needs no password, and nothing protects it.",)
