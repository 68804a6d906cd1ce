"""
Read and write Microsoft's serialized certificate stores: the .sst files of certutil, certmgr and Windows Update.

A header, then elements of `id encoding-type length value`, all numbers of four bytes, little endian; an element of zeros ends the
file ([MS-OSHARED] 2.3.2.5.1 to 2.3.2.5.5). Properties stand before the certificate that they belong to. What is stored behind the
ids 33 and 34, revocation and trust lists, has the same shape; [MS-OSHARED] does not name them, CertSaveStore writes them.

Rules kept here:
- nothing is lost: certificates, lists and properties are kept byte for byte in the file's order, understood or not, and what was
  read is written as the same bytes;
- two properties have a meaning: the friendly name, and the purposes for which Windows takes the certificate, which can be no TLS
  servers. Hashes and key identifiers among the others are neither believed nor compared.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from anchorkeep import tlv
from anchorkeep.errors import StoreFormatError, TLVError
from anchorkeep.formats import limits
from anchorkeep.formats.capability import refusal
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import OtherEntry, OtherKind, StoreProperty, TrustedCertEntry, TrustStore
from anchorkeep.text import visible
from anchorkeep.tlv import reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from anchorkeep.formats.recipe import Recipe
    from anchorkeep.model.truststore import Entry

#: Version 0, then "CERT" (0x54524543) as the type of file.
MAGIC = b"\0\0\0\0CERT"

_HEADER = struct.Struct("<III")
_END = bytes(_HEADER.size)
_CERTIFICATE = 32
_OTHERS = {33: OtherKind.CRL, 34: OtherKind.CTL}
_IDS = {kind: id_ for id_, kind in _OTHERS.items()}
_CONTENTS = frozenset({_CERTIFICATE, *_OTHERS})
_ASN1 = 1
_LAST_PROPERTY = 0xFFFF
#: FRIENDLY_NAME: UTF-16, ended by NUL ([MS-GPEF] 2.2.1.1.1.1).
_FRIENDLY_NAME = 11
#: ENHKEY_USAGE (CTL_USAGE in wincrypt.h): the purposes that are left of those the certificate has.
_PURPOSES = 9
#: The purposes that speak of TLS servers: serverAuth, and anyExtendedKeyUsage.
_OF_SERVERS = frozenset({"1.3.6.1.5.5.7.3.1", "2.5.29.37.0"})


class _Element(NamedTuple):
    """An element as it stands; `offset` is where its head begins."""

    number: int
    offset: int
    id: int
    encoding: int
    value: bytes

    @property
    def place(self) -> str:
        return f"SST element {self.number} at byte {self.offset}"


def loads(data: bytes, *, name: str) -> TrustStore:
    """
    Read a serialized store, its certificates and lists in the file's order, each with its properties.

    Args:
        data: the file's bytes.
        name: what to call the file, printable.

    Raises:
        StoreFormatError: it is broken, ends early, goes on behind its end, or is beyond the bounds.
    """
    entries: list[TrustedCertEntry | OtherEntry] = []
    properties: list[StoreProperty] = []
    total = 0
    for element in _elements(data, name=name):
        if element.id in _CONTENTS:
            if len(entries) == limits.MAX_ENTRIES:
                raise StoreFormatError(f"{name}: more than {limits.MAX_ENTRIES:,} certificates and lists.")
            entries.append(_entry(element, tuple(properties), name=name))
            properties.clear()
            continue
        item = StoreProperty(id=element.id, value=element.value)
        problem = _wrong_encoding(element.encoding) or _wrong_property(item, number=len(properties) + 1)
        if problem:
            raise StoreFormatError(f"{name}: {element.place}: {problem}.")
        properties.append(item)
        total += 1
        if total > limits.MAX_TOTAL_PROPERTIES:
            raise StoreFormatError(f"{name}: more than {limits.MAX_TOTAL_PROPERTIES:,} properties.")
    if properties:
        raise StoreFormatError(f"{name}: the store ends after a property, before the certificate it belongs to.")
    return TrustStore(format="sst", entries=tuple(entries))


def dump(store: TrustStore, recipe: Recipe) -> bytes:  # noqa: ARG001 (nothing here is protected or dated)
    """
    Return a serialized store of the store's entries, as `dumps` does.

    Raises:
        UnsupportedEntryError: a key, or an entry of an unknown kind.
        StoreFormatError: as `dumps`.
    """
    return dumps(store.entries)


def dumps(entries: Iterable[Entry]) -> bytes:
    """
    Return a serialized store of the entries in their order; those of a store that was read give its bytes again.

    Properties are written as they are. An alias that they do not say becomes the friendly name, in place of any other.

    Raises:
        UnsupportedEntryError: a key, or an entry of an unknown kind.
        StoreFormatError: a property no store can hold, or an alias with a NUL inside.
    """
    parts = [MAGIC]
    for number, entry in enumerate(entries, start=1):
        if not (isinstance(entry, TrustedCertEntry) or (isinstance(entry, OtherEntry) and entry.kind in _IDS)):
            raise refusal(entry, number=number, format="sst")
        for count, item in enumerate(_properties(entry, number=number), start=1):
            if problem := _wrong_property(item, number=count):
                raise StoreFormatError(f"Entry {number}: {problem}.")
            parts += _element(item.id, _ASN1, item.value)
        match entry:
            case TrustedCertEntry():
                parts += _element(_CERTIFICATE, _ASN1, entry.certificate.der)
            case OtherEntry():
                parts += _element(_IDS[entry.kind], entry.encoding, entry.data)
    parts.append(_END)
    return b"".join(parts)


def _elements(data: bytes, *, name: str) -> Iterator[_Element]:
    """Yield each element up to the end element, which must be the last."""
    if not data.startswith(MAGIC):
        raise StoreFormatError(f"{name}: this is no serialized certificate store of version 0.")
    offset, number = len(MAGIC), 1
    while True:
        left = len(data) - offset - _HEADER.size
        if left < 0:
            message = f"{name}: SST element {number} at byte {offset} is cut off; the end element is missing."
            raise StoreFormatError(message, remedy="Was the file copied completely?")
        id_, encoding, length = _HEADER.unpack_from(data, offset)
        start = offset + _HEADER.size
        element = _Element(number, offset, id_, encoding, data[start : start + length])
        if id_ == 0:
            break
        if length > left:
            message = f"{name}: {element.place} (id {id_}): length {length:,} exceeds the {left:,} bytes left."
            raise StoreFormatError(message, remedy="Was the file copied completely?")
        yield element
        offset, number = start + length, number + 1
    if (encoding, length) != (0, 0):
        message = f"{name}: {element.place}: an end element whose other fields are {encoding} and {length}, not zero."
        raise StoreFormatError(message)
    if left:
        raise StoreFormatError(f"{name}: {left:,} bytes behind the end element.")


def _entry(element: _Element, properties: tuple[StoreProperty, ...], *, name: str) -> TrustedCertEntry | OtherEntry:
    if element.id in _OTHERS:
        kind = _OTHERS[element.id]
        return OtherEntry(kind=kind, data=element.value, encoding=element.encoding, properties=properties)
    alias = _friendly_name(properties)
    problem = _wrong_encoding(element.encoding)
    if alias is not None and len(alias) > limits.MAX_ALIAS:
        shown = visible(alias, limit=60)
        problem = f"a friendly name of {len(alias):,} characters ('{shown}'); at most {limits.MAX_ALIAS:,} are read"
    if problem:
        raise StoreFormatError(f"{name}: {element.place}: {problem}.")
    return TrustedCertEntry(
        certificate=Certificate(element.value), alias=alias, properties=properties, is_distrusted=_is_distrusted(properties)
    )


def _is_distrusted(properties: Sequence[StoreProperty]) -> bool:
    """
    Tell whether the purposes are restricted to others than TLS servers (wincrypt.h, CertGetEnhancedKeyUsage).

    An empty list leaves none; a broken one vouches for nothing.
    """
    return any(item.id == _PURPOSES and not _OF_SERVERS & _purposes(item.value) for item in properties)


def _purposes(value: bytes) -> set[str]:
    try:
        return {node.expect(reader.OID).oid() for node in tlv.read(value).children(reader.SEQUENCE)}
    except TLVError:
        return set()


def _wrong_encoding(encoding: int) -> str:
    """Return what is wrong with an encoding type, empty where nothing is."""
    return "" if encoding == _ASN1 else f"encoding type {encoding}; 1 (ASN.1) is known"


def _wrong_property(item: StoreProperty, *, number: int) -> str:
    """Return what keeps a property out of a store as the n-th of its entry, empty where nothing does."""
    if not 0 < item.id <= _LAST_PROPERTY or item.id in _CONTENTS:
        return f"property id {item.id}; ids go from 1 to {_LAST_PROPERTY} without 32, 33 and 34"
    if len(item.value) > limits.MAX_PROPERTY_BYTES:
        return f"property {item.id} has {len(item.value):,} bytes; at most {limits.MAX_PROPERTY_BYTES:,}"
    return f"more than {limits.MAX_PROPERTIES} properties of one entry" if number > limits.MAX_PROPERTIES else ""


def _friendly_name(properties: Sequence[StoreProperty]) -> str | None:
    """Return the friendly name up to its NUL, None where there is none or where it is no UTF-16; the last one counts."""
    values = [item.value for item in properties if item.id == _FRIENDLY_NAME]
    if not values or len(values[-1]) % 2:
        return None
    # Windows does not check surrogates, so a lone one is kept, as in Java's stores.
    return values[-1].decode("utf-16-le", "surrogatepass").partition("\0")[0]


def _properties(entry: TrustedCertEntry | OtherEntry, *, number: int) -> tuple[StoreProperty, ...]:
    """Return the properties to write, among which the friendly name says the entry's alias."""
    if isinstance(entry, OtherEntry) or _friendly_name(entry.properties) == entry.alias:
        return entry.properties
    others = tuple(item for item in entry.properties if item.id != _FRIENDLY_NAME)
    if entry.alias is None:
        return others
    if "\0" in entry.alias or len(entry.alias) > limits.MAX_ALIAS:
        shown = visible(entry.alias, limit=60)
        message = (
            f"Entry {number}: '{shown}' cannot be a friendly name: it has a NUL inside or over {limits.MAX_ALIAS:,} characters."
        )
        raise StoreFormatError(message)
    value = f"{entry.alias}\0".encode("utf-16-le", "surrogatepass")
    return (StoreProperty(id=_FRIENDLY_NAME, value=value), *others)


def _element(id_: int, encoding: int, value: bytes) -> tuple[bytes, bytes]:
    return _HEADER.pack(id_, encoding, len(value)), value
