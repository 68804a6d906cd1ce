"""
Keystores as Java's keytool sees and changes them, written with our care: verified, backed up, read back, recorded.

Rules kept here:
- an alias is lower case, and an entry without one is called by its number;
- what Java does not see is neither listed nor named, and stays where it is;
- messages say what keytool's say, the exception's name included, since scripts look for them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from anchorkeep import formats
from anchorkeep.actions import store as stores
from anchorkeep.actions import store_write
from anchorkeep.errors import FileError, RefusedError, StoreFormatError, StoreIntegrityError
from anchorkeep.host import file
from anchorkeep.model import alias as aliases
from anchorkeep.model.edit import Change, Renaming
from anchorkeep.model.truststore import (
    Entry,
    Integrity,
    OtherEntry,
    PrivateKeyEntry,
    SecretKeyEntry,
    TrustedCertEntry,
    TrustStore,
)
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from anchorkeep.actions.store import Opened
    from anchorkeep.actions.store_write import Terms, Written
    from anchorkeep.model.certificate import Certificate

#: The type that keytool gives each format, and who provides it.
TYPES = {"pkcs12": ("PKCS12", "SUN"), "jks": ("JKS", "SUN"), "jceks": ("JCEKS", "SunJCE")}
#: Under each type's name the formats that it opens: JKS and PKCS12 open each other's files.
_OPENED_AS = {"PKCS12": ("pkcs12", "jks"), "JKS": ("jks", "pkcs12"), "JCEKS": ("jceks",)}
_WRONG = {
    "pkcs12": "java.io.IOException: keystore password was incorrect",
    "jks": "java.io.IOException: Keystore was tampered with, or password was incorrect",
    "jceks": "java.io.IOException: Keystore was tampered with, or password was incorrect",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Keystore:
    """
    A store that was read.

    Attributes:
        store: what it holds; without a password nothing where even certificates are encrypted, as Java reads it.
        type: what keytool calls its type.
        provider: what keytool calls the provider of that type.
    """

    store: TrustStore
    type: str
    provider: str

    @property
    def entries(self) -> dict[str, Entry]:
        """The entries that Java sees, by alias, in the store's order."""
        found: dict[str, Entry] = {}
        unnamed = 0
        for entry in self.store.entries:
            if not _is_seen(entry):
                continue
            if entry.alias is None:
                unnamed += 1
            found[aliases.folded(entry.alias) if entry.alias is not None else str(unnamed)] = entry
        return found

    def entry(self, alias: str) -> Entry:
        """
        Return the entry of an alias, in whatever case.

        Raises:
            RefusedError: there is none.
        """
        found = self.entries.get(aliases.folded(alias))
        if found is None:
            raise RefusedError(f"java.lang.Exception: Alias <{visible(alias)}> does not exist")
        return found

    def alias_of(self, certificate: Certificate) -> str | None:
        """Return the alias under which a certificate is, None where it is not there."""
        for alias, entry in self.entries.items():
            first = entry.certificate if isinstance(entry, TrustedCertEntry) else None
            if isinstance(entry, PrivateKeyEntry) and entry.chain:
                first = entry.chain[0]
            if first == certificate:
                return alias
        return None


def read(path: Path, *, password: str | None, type_name: str | None = None) -> Keystore:
    """
    Read a store.

    Args:
        path: where it is.
        password: its password, None to read without one what can be.
        type_name: what type it is to be opened as, in whatever case; None goes by its content.

    Raises:
        FileError: it is not there.
        StoreFormatError: it is none that keytool knows, or not of that type.
        StoreIntegrityError: the password is wrong or the store was changed.
    """
    require(path)
    if path.is_dir():
        raise FileError(f"java.io.FileNotFoundException: {visible(str(path))} (Is a directory)")
    data = file.read(path)
    found = formats.detect(data)
    if type_name is not None and found not in opened_as(type_name):
        raise StoreFormatError("java.io.IOException: Invalid keystore format")
    if found not in TYPES:
        message = "java.security.KeyStoreException: Unrecognized keystore format. Please load it with a specified type"
        raise StoreFormatError(message)
    shown, provider = TYPES[found]
    try:
        store = formats.loads(data, password=password, name=str(path))
    except StoreIntegrityError:
        if password is not None:
            raise StoreIntegrityError(_WRONG[found]) from None
        store = TrustStore(format=found, entries=(), integrity=Integrity.NOT_CHECKED)
    return Keystore(store=store, type=(type_name or shown).upper(), provider=provider)


def require(path: Path) -> None:
    """
    Look whether there is a file that could be a store.

    Raises:
        FileError: it is not there.
        StoreFormatError: it is empty.
    """
    try:
        size = path.stat().st_size
    except OSError:
        raise FileError(f"java.lang.Exception: Keystore file does not exist: {visible(str(path))}") from None
    if not size:
        raise StoreFormatError(f"java.lang.Exception: Keystore file exists, but is empty: {visible(str(path))}")


def opened_as(type_name: str) -> tuple[str, ...]:
    """
    Return the formats that a type opens, the one that it writes first.

    Raises:
        StoreFormatError: there is no such type here.
    """
    if type_name.upper() not in _OPENED_AS:
        raise StoreFormatError(f"java.security.KeyStoreException: {visible(type_name)} not found")
    return _OPENED_AS[type_name.upper()]


def put(path: Path, alias: str, certificate: Certificate, *, password: str, type_name: str | None, terms: Terms) -> Written:
    """
    Put a trusted certificate into a store, which is made where there is none.

    Raises:
        AnchorkeepError: as for `store_write.revise` and `create`.
    """
    entry = TrustedCertEntry(certificate=certificate, alias=aliases.folded(alias))
    return put_all(path, (entry,), password=password, type_name=type_name, terms=terms)


def put_all(path: Path, new: tuple[Entry, ...], *, password: str, type_name: str | None, terms: Terms) -> Written:
    """Put entries into a store, which is made where there is none; those of the same aliases go."""
    if not path.exists():
        name = opened_as(type_name or "PKCS12")[0]
        wanted = TrustStore(format=name, entries=new)
        return store_write.create(path, wanted, format=name, password=password, change=Change(added=new), terms=terms)
    taken = {entry.alias for entry in new}

    def edit(opened: Opened) -> tuple[TrustStore, Change]:
        gone = tuple(entry for entry in opened.store.entries if entry.alias is not None and aliases.folded(entry.alias) in taken)
        left = tuple(entry for entry in opened.store.entries if not any(entry is item for item in gone))
        return replace(opened.store, entries=(*left, *new)), Change(added=new, removed=gone)

    return _revise(path, edit, password=password, terms=terms)


def delete(path: Path, alias: str, *, password: str, terms: Terms) -> Written:
    """
    Take an entry out of a store, whatever it is.

    Raises:
        RefusedError: there is none of that alias.
        AnchorkeepError: as for `store_write.revise`.
    """

    def edit(opened: Opened) -> tuple[TrustStore, Change]:
        gone = _view(opened).entry(alias)
        left = tuple(entry for entry in opened.store.entries if entry is not gone)
        return replace(opened.store, entries=left), Change(removed=(gone,))

    return _revise(path, edit, password=password, terms=terms)


def rename(path: Path, alias: str, destination: str, *, password: str, terms: Terms) -> Written:
    """
    Give an entry another alias.

    Raises:
        RefusedError: there is none of that alias, or one of the other.
        AnchorkeepError: as for `store_write.revise`.
    """

    def edit(opened: Opened) -> tuple[TrustStore, Change]:
        view = _view(opened)
        before = view.entry(alias)
        if aliases.folded(destination) in view.entries:
            raise RefusedError(f"java.lang.Exception: Destination alias <{visible(destination)}> already exists")
        after = replace(before, alias=aliases.folded(destination))
        entries = tuple(after if entry is before else entry for entry in opened.store.entries)
        return replace(opened.store, entries=entries), Change(renamed=(Renaming(before=before, after=after),))

    return _revise(path, edit, password=password, terms=terms)


def _revise(path: Path, edit: Callable[[Opened], tuple[TrustStore, Change]], *, password: str, terms: Terms) -> Written:
    """Revise a store; a password that a store without protection does not ask for is left alone, as Java leaves it."""
    is_idle = stores.read(path, password=password).is_unconfirmed
    return store_write.revise(path, edit, password=None if is_idle else password, terms=terms)


def _view(opened: Opened) -> Keystore:
    shown, provider = TYPES[opened.store.format]
    return Keystore(store=opened.store, type=shown, provider=provider)


def _is_seen(entry: Entry) -> bool:
    match entry:
        case TrustedCertEntry():
            return entry.is_visible_to_java and not entry.is_distrusted
        case PrivateKeyEntry() | SecretKeyEntry():
            return True
        case OtherEntry():
            return False
