"""
The entries of BKS: each of a kind, with an alias, a date, a chain of certificates, and what its kind asks for.

Rules kept here:
- keys are carried as they stand, never opened;
- what nobody touched is written as it stood; of what was touched, every part that says the same;
- aliases that were found are kept; a new one hides no other entry.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from anchorkeep.errors import StoreFormatError, UnsupportedEntryError, UnsupportedFormatError
from anchorkeep.formats import bks_key, capability, javaio, limits
from anchorkeep.formats.bks_key import KeyKind
from anchorkeep.formats.javaio import encode_utf
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import (
    Entry,
    KeyForm,
    OtherEntry,
    OtherKind,
    Part,
    PrivateKeyEntry,
    ProtectedKey,
    Protection,
    Scheme,
    SecretKeyEntry,
    TrustedCertEntry,
)
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence
    from datetime import datetime

    from anchorkeep.formats.javaio import DataInput

_CERTIFICATE_TYPE = "X.509"
_CERTIFICATE_TYPES = frozenset({_CERTIFICATE_TYPE, "X509"})


class _Kind(IntEnum):
    """What an entry holds: a certificate, a key as it is, octets that somebody sealed, or a key sealed by Bouncy Castle."""

    CERTIFICATE = 1
    KEY = 2
    SECRET = 3
    SEALED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """
    The `native` of an entry: its bytes, and what they said, so that a change can be told.

    Attributes:
        raw: the entry from its kind to its last byte; a key that is not sealed is in it.
        date: where in `raw` the alias ends.
        chain: where in `raw` the date ends.
        body: where in `raw` the chain ends.
    """

    raw: bytes = field(repr=False)
    date: int
    chain: int
    body: int
    alias: str
    created: datetime | None
    certificates: tuple[Certificate, ...]
    key: ProtectedKey | None = None

    @property
    def kind(self) -> int:
        return self.raw[0]


def read(source: DataInput, *, kind: int, label: str) -> Entry:
    """
    Read an entry behind its kind.

    Args:
        source: stands behind the octet of the kind.
        kind: that octet.
        label: what to call the entry in messages.

    Raises:
        UnsupportedFormatError: a certificate that is not X.509.
        StoreFormatError: it is broken, of an unknown kind, or beyond the bounds.
    """
    source.place = label
    start = source.position - 1
    alias = source.utf(what="alias")
    source.place = f"{label} ('{visible(alias, limit=60)}')"
    date = source.position
    created = javaio.moment(source.int64(what="creation date"))
    after_date = source.position
    chain = _chain(source)
    body = source.position
    certificates, key = chain, None
    if kind == _Kind.CERTIFICATE:
        certificates = (_certificate(source),)
    elif kind in {_Kind.SECRET, _Kind.SEALED}:
        form = KeyForm.BKS if kind == _Kind.SEALED else KeyForm.ENCRYPTED
        key = ProtectedKey(form=form, data=source.counted(what="key"))
    elif kind == _Kind.KEY:
        plain = bks_key.read_plain(source)
        key = ProtectedKey(form=KeyForm.PLAIN, data=plain.octets) if plain.is_pkcs8 else None
    else:
        message = f"{source.place}: kind {kind}; 1 (certificate), 2 (key), 3 (secret) and 4 (sealed key) are known."
        raise StoreFormatError(message)
    found = _Found(
        raw=source.since(start),
        date=date - start,
        chain=after_date - start,
        body=body - start,
        alias=alias,
        created=created,
        certificates=certificates,
        key=key,
    )
    return _value(found)


def _value(found: _Found) -> Entry:
    """Return what an entry is to others: without a chain, a sealed key may be of any kind and is taken for a secret one."""
    alias, created, certificates = found.alias, found.created, found.certificates
    if found.kind == _Kind.CERTIFICATE:
        return TrustedCertEntry(certificate=certificates[0], alias=alias, created=created, native=found)
    if found.key and (certificates or found.key.form is KeyForm.PLAIN):
        return PrivateKeyEntry(alias=alias, chain=certificates, created=created, key=found.key, native=found)
    if found.kind == _Kind.KEY and found.raw[found.body] == KeyKind.PUBLIC:
        return OtherEntry(kind=OtherKind.UNKNOWN, data=found.raw[found.body :], alias=alias, native=found)
    return SecretKeyEntry(alias=alias, created=created, native=found)


def _chain(source: DataInput) -> tuple[Certificate, ...]:
    count = source.int32(what="length of the chain")
    if not 0 <= count <= limits.MAX_CHAIN:
        raise StoreFormatError(f"{source.place}: a chain of {count:,} certificates; at most {limits.MAX_CHAIN} are read.")
    return tuple(_certificate(source) for _ in range(count))


def _certificate(source: DataInput) -> Certificate:
    kind = source.utf(what="certificate type")
    if kind not in _CERTIFICATE_TYPES:
        message = f"{source.place}: a certificate of type '{visible(kind, limit=60)}'; only X.509 is read."
        raise UnsupportedFormatError(message)
    return Certificate(source.counted(what="certificate"))


def key_protection(entries: Sequence[Entry]) -> list[Protection]:
    """Return how the entries' keys are protected; of iterations, which Bouncy Castle takes by chance for each key, the fewest."""
    found = [entry.native for entry in entries if isinstance(entry.native, _Found)]
    protection = []
    sealed = [item.key.data for item in found if item.key and item.key.form is KeyForm.BKS]
    if sealed:
        fewest = min((count for data in sealed if (count := bks_key.iterations(data))), default=None)
        algorithm = "PBEWithSHA1AndDESede"
        protection.append(Protection(part=Part.KEYS, scheme=Scheme.PBES1, algorithm=algorithm, iterations=fewest))
    if any(item.kind == _Kind.KEY for item in found):
        protection.append(Protection(part=Part.KEYS, scheme=Scheme.PLAIN, algorithm="none"))
    return protection


def written(entry: Entry, number: int, *, at: datetime, names: Counter[str | None]) -> tuple[bytes, ...]:
    """
    Return kind, alias, date, chain and body of an entry, each as it was found where it says the same.

    Args:
        entry: what to write; a private key is sealed as `bks_key.lock` does, or stands as it was found.
        number: its place in the store, from 1.
        at: the date of an entry that has none.
        names: how often each alias stands in the store.

    Raises:
        UnsupportedEntryError: an entry that BKS cannot hold, or an alias that would hide another entry.
    """
    found = entry.native if isinstance(entry.native, _Found) else None
    place = f"Entry {number}" + (f" ('{visible(entry.alias, limit=60)}')" if entry.alias is not None else "")
    alias = _alias(entry, found, place=place, names=names)
    match entry:
        case TrustedCertEntry():
            kind, chain, body = _trusted(entry, found)
        case PrivateKeyEntry():
            kind, chain, body = _private(entry, found, place=place)
        case SecretKeyEntry() | OtherEntry() if found is None:
            raise capability.refusal(entry, number=number, format="bks")
        case _:
            kind, chain, body = found.kind, found.raw[found.chain : found.body], found.raw[found.body :]
    return bytes((kind,)), alias, _date(entry, found, at=at), chain, body


def _alias(entry: Entry, found: _Found | None, *, place: str, names: Counter[str | None]) -> bytes:
    if found and found.alias == entry.alias:
        return found.raw[1 : found.date]
    if entry.alias is None:
        raise UnsupportedEntryError(f"{place} has no alias, which a BKS store asks for.", remedy="Give it one.")
    if names[entry.alias] > 1:
        message = f"{place}: another entry has this alias, and Bouncy Castle would read the later one alone."
        raise UnsupportedEntryError(message, remedy="Choose another alias.")
    try:
        return encode_utf(entry.alias)
    except ValueError as error:
        raise UnsupportedEntryError(f"{place}: the alias is too long: {error}.") from None


def _date(entry: Entry, found: _Found | None, *, at: datetime) -> bytes:
    # An entry of another kind has no date of its own to be changed.
    if found and (isinstance(entry, OtherEntry) or found.created == entry.created):
        return found.raw[found.date : found.chain]
    created = None if isinstance(entry, OtherEntry) else entry.created
    return javaio.milliseconds(created or at).to_bytes(8, "big", signed=True)


def _trusted(entry: TrustedCertEntry, found: _Found | None) -> tuple[int, bytes, bytes]:
    if found and found.kind == _Kind.CERTIFICATE and found.certificates == (entry.certificate,):
        return _Kind.CERTIFICATE, found.raw[found.chain : found.body], found.raw[found.body :]
    return _Kind.CERTIFICATE, _int32(0), _encoded(entry.certificate)


def _private(entry: PrivateKeyEntry, found: _Found | None, *, place: str) -> tuple[int, bytes, bytes]:
    if entry.key is None:
        raise UnsupportedEntryError(f"{place}: the private key itself is not at hand.")
    if found and found.certificates == entry.chain:
        chain = found.raw[found.chain : found.body]
    else:
        chain = _int32(len(entry.chain)) + b"".join(map(_encoded, entry.chain))
    if found and found.key == entry.key:
        return found.kind, chain, found.raw[found.body :]
    if entry.key.form is not KeyForm.BKS:
        message = f"{place}: Bouncy Castle opens no private key in a BKS store that is protected like this one."
        raise UnsupportedEntryError(message, remedy="Open it with its password and seal it as BKS does.")
    if not entry.chain:
        message = f"{place}: a private key without a certificate, which Bouncy Castle does not take."
        raise UnsupportedEntryError(message, remedy="Give it its certificate, or leave it out.")
    return _Kind.SEALED, chain, _int32(len(entry.key.data)) + entry.key.data


def _encoded(certificate: Certificate) -> bytes:
    return encode_utf(_CERTIFICATE_TYPE) + _int32(len(certificate.der)) + certificate.der


def _int32(value: int) -> bytes:
    return value.to_bytes(4, "big")
