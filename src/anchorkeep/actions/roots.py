"""
Gather the certificates known beforehand into one pool, each with the place it was found in.

A place of this machine that cannot be read is said and left out; it never stops the story. A file that a person named is another
matter: the answer without it would not be the one that was asked for. As it vouches for roots, others may not write it, and its
integrity check, where it has one, must have been made. Only Mozilla's list makes a root public.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep import formats
from anchorkeep.errors import AnchorkeepError, FileError, StoreIntegrityError, TooMuchWorkError
from anchorkeep.formats.work import Work
from anchorkeep.host import file, jre, roots
from anchorkeep.model import naming
from anchorkeep.model.pool import Pool, Source, SourceKind
from anchorkeep.model.truststore import Integrity
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from datetime import date

    from anchorkeep.model.truststore import TrustStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """
    Where to look for certificates.

    Attributes:
        mozilla: take Mozilla's list from certifi's wheel.
        java: look into the trust stores of the Java runtimes on this machine.
        system: look into the system's bundle.
        files: files a person named; what is in them was their decision.
        java_home: the value of JAVA_HOME.
    """

    mozilla: bool = True
    java: bool = True
    system: bool = True
    files: tuple[Path, ...] = ()
    java_home: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Roots:
    """
    What was gathered.

    Attributes:
        pool: the certificates with their sources.
        list_version: the version of Mozilla's list, None where there is none.
        list_date: its day.
        notes: what could not be read or checked and why, one sentence each; safe to print.
    """

    pool: Pool
    list_version: str | None
    list_date: date | None
    notes: tuple[str, ...]


def gather(places: Places) -> Roots:
    """
    Read every place and return the pool; a place of this machine that cannot be read becomes a note.

    Raises:
        StoreIntegrityError: the integrity of a file that a person named cannot be checked.
        RefusedError: others may write such a file.
        AnchorkeepError: such a file cannot be read.
    """
    pool, notes = Pool(), list[str]()
    listed = roots.mozilla() if places.mozilla else None
    if isinstance(listed, roots.RootList):
        pool |= _from_bytes(listed.data, Source(kind=SourceKind.MOZILLA, name=f"Mozilla's list ({listed.label})"), notes)
    elif listed is not None:
        notes.append(f"Mozilla's list is not to be had, so no root counts as public: {listed.reason} {listed.remedy}")
    for path in places.files:
        named = _open_named(path)
        if not named.trusted:
            notes.append(f"{visible(str(path))} holds no trusted certificate, so nothing is known from it.")
        notes.extend(filter(None, [beside(named, name=str(path)), rejected(named, name=str(path))]))
        pool |= Pool.of(named.trusted, Source(kind=SourceKind.FILE, name=str(path)))
    for path, source in _stores_of_this_machine(places):
        try:
            pool |= _from_bytes(file.read(path), source, notes)
        except AnchorkeepError as error:
            notes.append(f"{visible(source.name)} was left out: {error.message}")
    return Roots(
        pool=pool,
        list_version=listed.version if isinstance(listed, roots.RootList) else None,
        list_date=listed.dated if isinstance(listed, roots.RootList) else None,
        notes=tuple(notes),
    )


def open_store(data: bytes, *, name: str, password: str | None = None) -> TrustStore:
    """
    Read a store or certificate file; without a password `changeit` and the empty one are tried, nothing else.

    Where neither fits and the certificates can be read all the same, they are returned with integrity `NOT_CHECKED`: say so, see
    `unchecked`, and believe nothing of it.

    Raises:
        AnchorkeepError: it is no such file, or its password is another.
    """
    if password is not None:
        return formats.loads(data, password=password, name=name)
    work = Work.of_guesses()
    for guess in ("changeit", ""):
        try:
            return formats.loads(data, password=guess, name=name, work=work)
        except (StoreIntegrityError, TooMuchWorkError):
            continue
    return formats.loads(data, password=None, name=name)


def beside(store: TrustStore, *, name: str) -> str:
    """Return a sentence, safe to print, that names what a store holds beside certificates and keys; empty where it is nothing."""
    kinds = Counter(entry.kind for entry in store.others)
    if not kinds:
        return ""
    found = " and ".join(counted(number, kind) for kind, number in kinds.items())
    return f"{visible(name)} holds {found} too; that is left alone."


def rejected(store: TrustStore, *, name: str) -> str:
    """Return a sentence, safe to print, that names what a store itself rejects for TLS servers; empty where it is nothing."""
    if not store.distrusted:
        return ""
    return f"{visible(name)} rejects {naming.described(store.distrusted)} for TLS servers; left out."


def unchecked(store: TrustStore, *, name: str) -> str:
    """Return a sentence, safe to print, that a store's integrity check was not made; empty where it was made or there is none."""
    if store.integrity is not Integrity.NOT_CHECKED:
        return ""
    return f"{visible(name)}: integrity not checked: password unknown or the file was changed."


def _open_named(path: Path) -> TrustStore:
    """Read a file that vouches for roots."""
    shown = visible(str(path))
    try:
        data = file.read_protected(path)
    except FileError as error:
        raise FileError(error.message, remedy=f"pools.files of the settings names it: {visible(str(path.absolute()))}") from error
    store = open_store(data, name=str(path))
    if store.integrity is Integrity.NOT_CHECKED:
        message = (
            f"{shown} vouches for roots, and its integrity cannot be checked: the password is unknown or the file was changed."
        )
        options = "--storepass-file FILE --select sent --format bundle --out roots.pem"
        command = f"anchorkeep export {visible(str(path.absolute()))} {options}"
        remedy = f"Take it out of pools.files, and put there what this writes with its password: {command}"
        raise StoreIntegrityError(message, remedy=remedy)
    return store


def _from_bytes(data: bytes, source: Source, notes: list[str]) -> Pool:
    """Return the pool of one place; a broken one becomes a note."""
    try:
        store = open_store(data, name=source.name)
    except AnchorkeepError as error:
        notes.append(f"{visible(source.name)} was left out: {error.message}")
        return Pool()
    notes.extend(filter(None, [unchecked(store, name=source.name), rejected(store, name=source.name)]))
    return Pool.of(store.trusted, source)


def _stores_of_this_machine(places: Places) -> list[tuple[Path, Source]]:
    """Return the stores to read, each file once though several runtimes may share it."""
    found: dict[Path, Source] = {}
    if places.system:
        for path in roots.system_bundles():
            found.setdefault(path.resolve(), Source(kind=SourceKind.SYSTEM, name=f"the system's bundle ({path})"))
    if places.java:
        for runtime in jre.find(places.java_home):
            name = f"Java's cacerts ({runtime.cacerts})"
            found.setdefault(runtime.cacerts.resolve(), Source(kind=SourceKind.JAVA, name=name))
    return list(found.items())
