"""
The container that JKS and JCEKS share: entries one behind the other, then a digest of password and content.

Rules kept here:
- with a password the digest is verified before anything is believed; without one, all is readable, nothing vouched for;
- an entry that nobody touched is written as it stood (`java_entry`), and an old store keeps its version.

Source: sun.security.provider.JavaKeyStore and com.sun.crypto.provider.JceKeyStore of OpenJDK, whose comments draw the format.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anchorkeep.errors import StoreFormatError, StoreIntegrityError, UnsupportedFormatError, UsageError
from anchorkeep.formats import limits
from anchorkeep.formats.java_entry import LATEST, VERSIONS, EntryReader, EntryWriter, Place
from anchorkeep.formats.javaio import DataInput
from anchorkeep.model.truststore import Integrity, Part, Protection, Scheme, TrustStore

if TYPE_CHECKING:
    from anchorkeep.formats.java_entry import Dialect
    from anchorkeep.formats.recipe import Recipe

_DIGEST_SIZE = 20
# Magic number, version, number of entries and digest: a store without entries.
_SMALLEST = 4 + 4 + 4 + _DIGEST_SIZE
_WHITENER = b"Mighty Aphrodite"


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """The `native` of a store."""

    version: int


def loads(data: bytes, *, dialect: Dialect, password: str | None, name: str) -> TrustStore:
    """
    Read a store, its entries in the file's order.

    Args:
        data: the file's bytes.
        dialect: which of the two it is.
        password: verifies the digest; None leaves it unchecked.
        name: what to call the file, printable.

    Raises:
        StoreIntegrityError: the digest is of another password or other bytes.
        UnsupportedFormatError: a certificate that is not X.509, or an unknown version.
        StoreFormatError: the structure is broken or beyond the bounds.
    """
    label = dialect.label
    if len(data) < _SMALLEST:
        message = f"{name} has {len(data):,} bytes, expected at least {_SMALLEST} of a {label} store."
        raise StoreFormatError(message, remedy="It was cut off: take it from a backup.")
    if password is not None:
        _raise_for_digest(data, password=password, place=f"{name}: the password is wrong, or the {label} store")
    source = DataInput(data, end=len(data) - _DIGEST_SIZE, place=f"{name}: {label} header")
    source.take(len(dialect.magic), what="magic number")
    version = source.int32(what="version")
    if version not in VERSIONS:
        raise UnsupportedFormatError(f"{name}: a {label} store of version {version}; versions 1 and 2 are known.")
    count = source.int32(what="number of entries")
    if not 0 <= count <= limits.MAX_ENTRIES:
        raise StoreFormatError(f"{name}: a {label} store with {count:,} entries; at most {limits.MAX_ENTRIES:,} are read.")
    reader = EntryReader(source, dialect=dialect, version=version)
    entries = tuple(reader.entry(Place(f"{name}: {label} entry", number)) for number in range(1, count + 1))
    if source.left:
        raise StoreFormatError(f"{name}: {source.left:,} bytes between the last {label} entry and the digest.")
    return TrustStore(
        format=dialect.format,
        entries=entries,
        integrity=Integrity.NOT_CHECKED if password is None else Integrity.VERIFIED,
        protection=(Protection(part=Part.INTEGRITY, scheme=Scheme.DIGEST, algorithm="SHA-1"), *reader.protection),
        native=_File(version=version),
    )


def dump(store: TrustStore, recipe: Recipe, *, dialect: Dialect) -> bytes:
    """
    Return the file of a store: what nobody touched as it stood, the rest afresh, all in the store's order.

    The same entries, dates and password give the same bytes.

    Args:
        store: its keys are under an algorithm that Java opens in this kind of store.
        recipe: the password, and the date of entries that have none; an old store keeps its version, a new one gets version 2.
        dialect: which of the two is written.

    Raises:
        UsageError: there is no password, without which such a store cannot be.
        UnsupportedEntryError: an entry it cannot hold, or an alias that Java would not find or that would hide another entry.
    """
    if recipe.password is None:
        message = f"A {dialect.label} store cannot be written without a password, which its digest is made of."
        raise UsageError(message, remedy="Give one; for certificates alone 'changeit' will do, for it protects nothing.")
    version = store.native.version if isinstance(store.native, _File) else LATEST
    names = Counter(entry.alias.lower() for entry in store.entries if entry.alias)
    writer = EntryWriter(dialect=dialect, version=version, at=recipe.at, names=names)
    head = dialect.magic + struct.pack(">ii", version, len(store.entries))
    body = head + b"".join(
        writer.entry(entry, place=Place("Entry", number, entry.alias)) for number, entry in enumerate(store.entries, start=1)
    )
    return body + _digest(body, password=recipe.password)


def _digest(body: bytes, *, password: str) -> bytes:
    """Return SHA-1 of password, whitener and everything before (JavaKeyStore.getPreKeyedHash)."""
    digest = hashlib.sha1(password.encode("utf-16-be", "surrogatepass") + _WHITENER, usedforsecurity=False)
    digest.update(body)
    return digest.digest()


def _raise_for_digest(data: bytes, *, password: str, place: str) -> None:
    """Verify the last 20 bytes."""
    if not hmac.compare_digest(_digest(data[:-_DIGEST_SIZE], password=password), data[-_DIGEST_SIZE:]):
        message = f"{place} was changed or cut off; nobody can tell which."
        raise StoreIntegrityError(message, remedy="Try again with the right password.")
