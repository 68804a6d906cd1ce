"""
Read and write BKS, the key store of Bouncy Castle and of Android (versions 0, 1 and 2).

A version, salt and iterations; entries; a zero; HMAC-SHA-1 over those with a key from RFC 7292's derivation. Before version 2
that key has 2 octets instead of 20, for octets were taken for bits (CVE-2018-5382): anybody can change such a store unseen,
whatever its password.

Rules kept here:
- with a password the integrity is verified before anything is believed; without one, all is readable, nothing vouched for;
- what nobody touched is written as it stood, and the store keeps its version;
- UBER, which begins the same and is encrypted from there on, is told from BKS by reading the first entry.

Source: org.bouncycastle.jcajce.provider.keystore.bc.BcKeyStoreSpi of Bouncy Castle.
"""

from __future__ import annotations

import hmac
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anchorkeep.errors import StoreFormatError, StoreIntegrityError, UnsupportedFormatError, UsageError
from anchorkeep.formats import bks_entry, bks_key, limits, pbe
from anchorkeep.formats.javaio import DataInput
from anchorkeep.model.truststore import Entry, Integrity, Part, Protection, Scheme, TrustStore

if TYPE_CHECKING:
    from anchorkeep.formats.recipe import Recipe
    from anchorkeep.formats.work import Work

_VERSION = 2
_LAST_WITH_SHORT_KEY = 1
_MAC_SIZE = 20
_SHORT_KEY = 2
_SALT_SIZE = 20
_END = b"\0"
_DOUBT = (
    "Its integrity check has a key of 16 bits: one wrong password in 65,536 passes it, and anybody can change the store unseen. "
    "`anchorkeep store convert` to a new .bks file writes version 2, whose check is whole."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """
    What stands before the entries; the `native` of a store.

    Attributes:
        version: 0, 1 or 2.
        salt: of the integrity check.
        iterations: of its key's derivation.
        size: octets of all this.
    """

    version: int
    salt: bytes
    iterations: int
    size: int


def is_bks(data: bytes) -> bool:
    """
    Return whether data that begins as Bouncy Castle's stores do is BKS, where not UBER.

    UBER has version 1, and random octets where the first entry of BKS stands.
    """
    source = DataInput(data, end=len(data), place="BKS")
    try:
        if _head(source, name="").version == _VERSION:
            return True
        kind = source.uint8(what="kind")
        if not kind:
            return source.left == _MAC_SIZE
        bks_entry.read(source, kind=kind, label="")
    except StoreFormatError:
        # Version 2 was never written but for BKS, so that a broken one is called by its name.
        return data[:4] == b"\0\0\0\2"
    return True


def loads(data: bytes, *, password: str | None, name: str, work: Work | None = None) -> TrustStore:
    """
    Read a BKS store, its entries in the file's order.

    Args:
        data: the file's bytes.
        password: verifies the integrity; None leaves it unchecked.
        name: what to call the file, printable.
        work: what may be spent, where other passwords share it.

    Raises:
        StoreIntegrityError: the integrity check is of another password or other bytes.
        UnsupportedFormatError: a certificate that is not X.509, or an unknown version.
        StoreFormatError: the structure is broken or beyond the bounds.
    """
    source = DataInput(data, end=max(len(data) - _MAC_SIZE, 0), place=f"{name}: BKS header")
    head = _head(source, name=name)
    if password is not None:
        _raise_for_mac(data, head=head, password=pbe.Password(password, work=work), name=name)
    entries: list[Entry] = []
    while kind := source.uint8(what="kind"):
        if len(entries) == limits.MAX_ENTRIES:
            raise StoreFormatError(f"{name}: more than {limits.MAX_ENTRIES:,} BKS entries.")
        entries.append(bks_entry.read(source, kind=kind, label=f"{name}: BKS entry {len(entries) + 1}"))
        source.place = f"{name}: BKS store behind entry {len(entries)}"
    if source.left:
        raise StoreFormatError(f"{name}: {source.left:,} bytes between the end of the BKS entries and the integrity check.")
    return TrustStore(
        format="bks",
        entries=tuple(entries),
        integrity=Integrity.NOT_CHECKED if password is None else Integrity.VERIFIED,
        protection=(_integrity_protection(head), *bks_entry.key_protection(entries)),
        native=head,
    )


def dump(store: TrustStore, recipe: Recipe) -> bytes:
    """
    Return the file of a store: what nobody touched as it stood, the rest afresh, all in the store's order.

    Args:
        store: its private keys are sealed as `bks_key.lock` does, or stand as they were found.
        recipe: the password, chance for the salt, and the date of entries that have none. An old store keeps its version and its
            iterations, a new one gets version 2.

    Raises:
        UsageError: there is no password.
        UnsupportedEntryError: an entry it cannot hold, or an alias that would hide another entry.
    """
    if recipe.password is None:
        raise UsageError("A BKS store cannot be written without a password.", remedy="Give the one that it is to have.")
    found = store.native if isinstance(store.native, _Head) else None
    version = found.version if found else _VERSION
    salt = recipe.entropy(len(found.salt) if found else _SALT_SIZE)
    iterations = found.iterations if found else bks_key.ITERATIONS
    names = Counter(entry.alias for entry in store.entries)
    written = (bks_entry.written(entry, number, at=recipe.at, names=names) for number, entry in enumerate(store.entries, start=1))
    content = b"".join(part for parts in written for part in parts) + _END
    start = b"".join((_int32(version), _int32(len(salt)), salt, _int32(iterations)))
    head = _Head(version=version, salt=salt, iterations=iterations, size=len(start))
    # Bouncy Castle takes an empty password for no octets at all, where RFC 7292 has two.
    secret = pbe.Password(recipe.password).as_bmp[-1]
    return start + content + _mac(content, head=head, secret=secret)


def doubt(store: TrustStore) -> str:
    """Return a sentence on what the check of a store before version 2 is worth; empty for any other."""
    return _DOUBT if isinstance(store.native, _Head) and store.native.version <= _LAST_WITH_SHORT_KEY else ""


def _head(source: DataInput, *, name: str) -> _Head:
    version = source.int32(what="version")
    if not 0 <= version <= _VERSION:
        raise UnsupportedFormatError(f"{name}: a BKS store of version {version}; versions 0, 1 and 2 are known.")
    salt = source.counted(what="salt")
    iterations = source.int32(what="iterations")
    if not 0 < len(salt) <= limits.MAX_SALT or not 0 < iterations <= limits.MAX_ITERATIONS:
        message = f"{name}: a BKS store with a salt of {len(salt):,} octets and {iterations:,} iterations"
        bounds = f"1 to {limits.MAX_SALT:,} octets and 1 to {limits.MAX_ITERATIONS:,} iterations are read"
        raise StoreFormatError(f"{message}; {bounds}.")
    return _Head(version=version, salt=salt, iterations=iterations, size=source.position)


def _mac(content: bytes, *, head: _Head, secret: bytes) -> bytes:
    size = _SHORT_KEY if head.version <= _LAST_WITH_SHORT_KEY else _MAC_SIZE
    key = pbe.derive(secret, salt=head.salt, iterations=head.iterations, purpose=pbe.FOR_MAC, size=size, hash_name="sha1")
    return hmac.digest(key, content, "sha1")


def _raise_for_mac(data: bytes, *, head: _Head, password: pbe.Password, name: str) -> None:
    """Verify the last 20 bytes over the entries and the zero behind them."""
    content, expected = data[head.size : -_MAC_SIZE], data[-_MAC_SIZE:]
    for secret in password.as_bmp:
        password.work.spend(head.iterations)
        if hmac.compare_digest(_mac(content, head=head, secret=secret), expected):
            return
    message = f"{name}: the password is wrong, or the BKS store was changed or cut off; nobody can tell which."
    raise StoreIntegrityError(message, remedy="Try again with the right password.")


def _integrity_protection(head: _Head) -> Protection:
    short = " with a key of 16 bits" if head.version <= _LAST_WITH_SHORT_KEY else ""
    return Protection(part=Part.INTEGRITY, scheme=Scheme.MAC_SHA1, algorithm=f"HmacPBESHA1{short}", iterations=head.iterations)


def _int32(value: int) -> bytes:
    return value.to_bytes(4, "big")
