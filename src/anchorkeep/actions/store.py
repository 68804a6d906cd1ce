"""
Open a store as people do: with the password they give, else with the two that stores come with, and say what was done.

Rules kept here:
- a password that was given is the only one tried; else `changeit`, then the empty one and nothing else, and it is said which;
- content decides the format, and a suffix that says otherwise is noted;
- what nobody vouches for is said: a JKS store that no password was there for is read, and its integrity not checked.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from anchorkeep import formats
from anchorkeep.errors import StoreIntegrityError
from anchorkeep.formats.capability import CAPABILITIES
from anchorkeep.host import file
from anchorkeep.model.truststore import Integrity, TrustStore
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
        notes: what is to be said of the reading, one sentence each, safe to print: a suffix that says something else, links
            that were followed, an integrity that was not checked, a password that everybody knows.
        data: the file's bytes.
    """

    path: Path
    store: TrustStore
    password: str | None = field(repr=False)
    origin: Origin
    notes: tuple[str, ...] = ()
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
    notes = (*notes, *_of_suffix(path, store), *_of_password(store, origin))
    return Opened(path=path, store=store, password=used, origin=origin, notes=notes, data=data)


def require_verified(opened: Opened) -> None:
    """
    Refuse to write a store whose integrity nobody vouches for: what is written would be, by a password that was guessed.

    Raises:
        StoreIntegrityError: its integrity could have been checked and was not.
    """
    if opened.store.integrity is Integrity.NOT_CHECKED:
        message = f"{visible(str(opened.path))}: {_UNTRIED}, and a store is verified before it is rewritten."
        raise StoreIntegrityError(message, remedy=_GIVE)


def _open(data: bytes, *, name: str, password: str | None) -> tuple[TrustStore, str | None, Origin]:
    """Return the store, the password that it needed and where that came from."""
    tried = ((DEFAULT_PASSWORD, Origin.DEFAULT), ("", Origin.EMPTY)) if password is None else ((password, Origin.GIVEN),)
    for candidate, origin in tried:
        try:
            store = formats.loads(data, password=candidate, name=name)
        except StoreIntegrityError:
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


def _of_password(store: TrustStore, origin: Origin) -> tuple[str, ...]:
    capability = CAPABILITIES.get(store.format)
    if capability is None or not capability.has_password:
        return ()
    if store.integrity is Integrity.NOT_CHECKED:
        return (f"Its integrity was not checked: {_UNTRIED}.",)
    match origin:
        case Origin.GIVEN:
            return ()
        case Origin.DEFAULT:
            return ("It was opened with the password 'changeit', which everybody knows and which protects nothing.",)
        case Origin.EMPTY:
            return ("It was opened with the empty password, which protects nothing.",)
        case Origin.NONE:
            return ("It needs no password, and nothing protects it.",)
