"""
The entries of JKS and JCEKS: a kind, an alias, a date, and what the kind asks for.

Rules kept here:
- keys are carried as they stand, never opened; a secret key of JCEKS ends where the grammar of its stream says;
- what nobody touched is written as it stood: alias, date, key, types and bytes of certificates;
- aliases that were found are kept, also those that Java cannot find again (upper case, twice the same). A new one is lower case,
  for Java looks for no other, never says that it came with a JDK, and hides no other entry.
"""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from anchorkeep import tlv
from anchorkeep.errors import StoreFormatError, TLVError, UnsupportedEntryError, UnsupportedFormatError
from anchorkeep.formats import java_key, java_object, javaio, limits
from anchorkeep.formats.javaio import DataInput, encode_utf
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import (
    KeyForm,
    OtherEntry,
    PrivateKeyEntry,
    ProtectedKey,
    Protection,
    SecretKeyEntry,
    TrustedCertEntry,
)
from anchorkeep.text import visible

if TYPE_CHECKING:
    from datetime import datetime

    from anchorkeep.model.truststore import Entry

#: Versions of the container; from the second on each certificate has a type.
VERSIONS = (1, 2)
LATEST = 2

_PRIVATE_KEY, _TRUSTED_CERTIFICATE, _SECRET_KEY = 1, 2, 3
_KINDS = {PrivateKeyEntry: _PRIVATE_KEY, TrustedCertEntry: _TRUSTED_CERTIFICATE, SecretKeyEntry: _SECRET_KEY}
_CERTIFICATE_TYPE = "X.509"
_CERTIFICATE_TYPES = frozenset({_CERTIFICATE_TYPE, "X509"})
_DATE = struct.Struct(">q")
#: What an alias of a JDK's own roots says; Java trusts SHA-1 less under such a root (sun.security.util.AnchorCertificates).
_JDK = " [jdk"

_Named = TrustedCertEntry | PrivateKeyEntry | SecretKeyEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """
    What tells the two kinds of store apart.

    Attributes:
        format: `jks` or `jceks`.
        magic: how a file begins.
        protectors: the algorithms of private keys that Java opens in it.
        has_secrets: whether it holds secret keys.
    """

    format: str
    magic: bytes
    protectors: frozenset[str]
    has_secrets: bool

    @property
    def label(self) -> str:
        """What people call it."""
        return self.format.upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """
    The `native` of an entry: its bytes, and what they said, so that a change can be told.

    Attributes:
        raw: the entry from its kind to its last byte.
        body: where in `raw` the date ends.
        chain: where in `raw` the number of certificates stands; of no meaning but for a private key.
        version: of the store, which decides whether certificates have types.
    """

    raw: bytes
    body: int
    chain: int
    version: int
    format: str
    alias: str
    created: datetime | None
    certificates: tuple[Certificate, ...]
    key: bytes

    @property
    def kind(self) -> int:
        return self.raw[3]


class Place(NamedTuple):
    """An entry in messages: most are never written, and to make an alias printable takes a while."""

    label: str
    number: int
    alias: str | None = None

    def __str__(self) -> str:
        alias = f" ('{visible(self.alias, limit=60)}')" if self.alias is not None else ""
        return f"{self.label} {self.number}{alias}"


class EntryReader:
    """Reads entries, and notes each way in which keys are protected once."""

    def __init__(self, source: DataInput, *, dialect: Dialect, version: int) -> None:
        self._source = source
        self._dialect = dialect
        self._version = version
        self._protection: dict[Protection, None] = {}

    @property
    def protection(self) -> tuple[Protection, ...]:
        """The ways in which the keys so far are protected, each once; those that nobody but their maker knows are left out."""
        return tuple(self._protection)

    def entry(self, place: Place) -> _Named:
        """
        Read the next entry; `place` tells where it stands.

        Raises:
            UnsupportedFormatError: a certificate that is not X.509.
            StoreFormatError: the structure is broken or beyond the bounds.
        """
        source = self._source
        source.place = place
        start = source.position
        kind = source.int32(what="kind")
        alias = source.utf(what="alias")
        source.place = place._replace(alias=alias)
        created = javaio.moment(source.int64(what="creation date"))
        body = chain = source.position
        certificates: tuple[Certificate, ...] = ()
        key = b""
        if kind == _TRUSTED_CERTIFICATE:
            certificates = (self._certificate(),)
        elif kind == _PRIVATE_KEY:
            key = source.counted(what="private key")
            self._note(java_key.protection(key))
            chain = source.position
            certificates = self._chain()
        elif kind == _SECRET_KEY and self._dialect.has_secrets:
            self._note(_sealed_protection(java_object.read(source)))
        else:
            secret = ", 3 (secret key)" if self._dialect.has_secrets else ""
            raise StoreFormatError(f"{source.place}: kind {kind}; 1 (private key), 2 (trusted certificate){secret} are known.")
        found = _Found(
            raw=source.since(start),
            body=body - start,
            chain=chain - start,
            version=self._version,
            format=self._dialect.format,
            alias=alias,
            created=created,
            certificates=certificates,
            key=key,
        )
        if kind == _TRUSTED_CERTIFICATE:
            return TrustedCertEntry(certificate=certificates[0], alias=alias, created=created, native=found)
        if kind == _SECRET_KEY:
            return SecretKeyEntry(alias=alias, created=created, native=found)
        sealed = ProtectedKey(form=KeyForm.ENCRYPTED, data=key)
        return PrivateKeyEntry(alias=alias, chain=certificates, created=created, key=sealed, native=found)

    def _note(self, protection: Protection | None) -> None:
        if protection:
            self._protection[protection] = None

    def _chain(self) -> tuple[Certificate, ...]:
        count = self._source.int32(what="length of the chain")
        if not 0 <= count <= limits.MAX_CHAIN:
            message = f"{self._source.place}: a chain of {count:,} certificates; at most {limits.MAX_CHAIN} are read."
            raise StoreFormatError(message)
        return tuple(self._certificate() for _ in range(count))

    def _certificate(self) -> Certificate:
        source = self._source
        if self._version == LATEST:
            kind = source.utf(what="certificate type")
            if kind not in _CERTIFICATE_TYPES:
                message = f"{source.place}: a certificate of type '{visible(kind, limit=60)}'; only X.509 is read."
                raise UnsupportedFormatError(message)
        return Certificate(source.counted(what="certificate"))


def _sealed_protection(sealed: java_object.JavaObject) -> Protection | None:
    """Return how a secret key is protected, None where the object does not say it in Java's usual way."""
    parameters = sealed.fields.get("encodedParams")
    if not isinstance(parameters, bytes) or sealed.fields.get("sealAlg") != "PBEWithMD5AndTripleDES":
        return None
    try:
        return java_key.pbe_protection(java_key.pbe_parameters(tlv.read(parameters))[1])
    except TLVError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryWriter:
    """
    What entries are written with.

    Attributes:
        dialect: which kind of store it is.
        version: of the container.
        at: the date of entries that have none, aware.
        names: the aliases of the whole store as Java compares them, and how many entries have each.
    """

    dialect: Dialect
    version: int
    at: datetime
    names: Counter[str]

    def entry(self, entry: Entry, *, place: Place) -> bytes:
        """
        Return an entry as it was found where it says the same, and afresh where it does not.

        Raises:
            UnsupportedEntryError: an entry it cannot hold, or an alias that Java would not find or that would hide another entry.
        """
        if isinstance(entry, OtherEntry):
            raise UnsupportedEntryError(f"{place}: a {self.dialect.label} store holds no {entry.kind.value}.")
        kind = _KINDS[type(entry)]
        found = entry.native if isinstance(entry.native, _Found) and entry.native.kind == kind else None
        match entry:
            case TrustedCertEntry():
                body = self._trusted(entry, found)
            case PrivateKeyEntry():
                body = self._key(entry, found, place=place) + self._chain(entry, found, place=place)
            case _:
                body = self._secret(found, place=place)
        return kind.to_bytes(4, "big") + self._alias(entry, found, place=place) + self._date(entry, found) + body

    def _alias(self, entry: _Named, found: _Found | None, *, place: Place) -> bytes:
        alias = entry.alias
        if found and found.alias == alias:
            return found.raw[4 : found.body - _DATE.size]
        if not alias:
            raise UnsupportedEntryError(f"{place} has no alias, which a {self.dialect.label} store asks for.")
        if alias != alias.lower():
            message = f"{place}: Java finds no alias with an upper-case letter in a {self.dialect.label} store."
            raise UnsupportedEntryError(message, remedy="Choose one in lower case.")
        if _JDK in alias:
            message = f"{place}: '{_JDK}' in an alias marks a root that came with Java, which holds it to rules of its own."
            raise UnsupportedEntryError(message, remedy="Choose another alias.")
        if self.names[alias] > 1:
            message = f"{place}: another entry has this alias, as Java compares them, and one of the two would be hidden."
            raise UnsupportedEntryError(message, remedy="Choose another alias.")
        try:
            return encode_utf(alias)
        except ValueError as error:
            raise UnsupportedEntryError(f"{place}: the alias is too long: {error}.") from None

    def _date(self, entry: _Named, found: _Found | None) -> bytes:
        if found and found.created == entry.created:
            return found.raw[found.body - _DATE.size : found.body]
        return _DATE.pack(javaio.milliseconds(entry.created or self.at))

    def _trusted(self, entry: TrustedCertEntry, found: _Found | None) -> bytes:
        if found and found.version == self.version and found.certificates[0] == entry.certificate:
            return found.raw[found.body :]
        return self._certificate(entry.certificate)

    def _secret(self, found: _Found | None, *, place: Place) -> bytes:
        if not self.dialect.has_secrets:
            raise UnsupportedEntryError(f"{place}: a {self.dialect.label} store holds no secret key.", remedy="Leave it out.")
        if found is None:
            message = f"{place}: a secret key of another format cannot be written into a {self.dialect.label} store."
            raise UnsupportedEntryError(message, remedy="Leave it out.")
        return found.raw[found.body :]

    def _key(self, entry: PrivateKeyEntry, found: _Found | None, *, place: Place) -> bytes:
        key, label = entry.key, self.dialect.label
        if key is None:
            raise UnsupportedEntryError(f"{place}: the private key itself is not at hand.")
        # A key that stands in a store of this kind was put there by somebody; what opens it is not ours to judge.
        is_carried = found is not None and found.format == self.dialect.format and found.key == key.data
        if key.form is not KeyForm.ENCRYPTED or not (is_carried or java_key.algorithm(key.data) in self.dialect.protectors):
            message = f"{place}: Java opens no private key in a {label} store that is protected like this one."
            raise UnsupportedEntryError(message, remedy=f"Open it with its password and seal it as {label} does.")
        return len(key.data).to_bytes(4, "big") + key.data

    def _chain(self, entry: PrivateKeyEntry, found: _Found | None, *, place: Place) -> bytes:
        if found and found.version == self.version and found.certificates == entry.chain:
            return found.raw[found.chain :]
        if not entry.chain:
            message = f"{place}: a private key without a certificate, which Java takes for a secret key."
            raise UnsupportedEntryError(message, remedy="Give it its certificate, or leave it out.")
        return len(entry.chain).to_bytes(4, "big") + b"".join(self._certificate(item) for item in entry.chain)

    def _certificate(self, certificate: Certificate) -> bytes:
        kind = encode_utf(_CERTIFICATE_TYPE) if self.version == LATEST else b""
        return kind + len(certificate.der).to_bytes(4, "big") + certificate.der
