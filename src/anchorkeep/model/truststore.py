"""
A store of certificates as it was read: entries in their order, and what the reading can vouch for.

What a value does not say, its codec keeps in `native`, so that an entry nobody touched is written as it stood.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from anchorkeep.model.certificate import Certificate


class Integrity(StrEnum):
    """Whether a store's own integrity check was made."""

    VERIFIED = "verified"
    NOT_CHECKED = "not checked"
    NONE = "none"


class OtherKind(StrEnum):
    """What an entry is that is neither a certificate nor a key."""

    CRL = "certificate revocation list"
    CTL = "certificate trust list"
    UNKNOWN = "entry of an unknown kind"


class KeyForm(StrEnum):
    """How the octets of a key are to be read."""

    PLAIN = "PrivateKeyInfo (RFC 5958)"
    ENCRYPTED = "EncryptedPrivateKeyInfo (RFC 5958)"
    BKS = "a key sealed by Bouncy Castle"


class Part(StrEnum):
    """A part of a store that is protected, or not, by itself."""

    INTEGRITY = "integrity"
    CERTIFICATES = "certificates"
    KEYS = "keys"


class Scheme(StrEnum):
    """By which family of algorithms a part is protected; runtimes differ in the families they know."""

    PLAIN = "none"
    DIGEST = "SHA-1 of password and content"
    PBES1 = "PBES1"
    PBES2 = "PBES2"
    MAC_SHA1 = "HMAC-SHA-1"
    MAC_SHA2 = "HMAC-SHA-2"
    PBMAC1 = "PBMAC1"
    JAVA = "Sun's own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """
    How one part of a store is protected.

    Attributes:
        part: which; a part that differs within a store is listed once for each way.
        scheme: the family.
        algorithm: its standard name, for people (`PBEWithHmacSHA256AndAES_256`); printable.
        iterations: of the key derivation, None where there is none.
    """

    part: Part
    scheme: Scheme
    algorithm: str
    iterations: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedKey:
    """
    A private or secret key as it stands in a store, mostly encrypted; never shown.

    Attributes:
        form: how the octets are to be read.
        data: the octets.
    """

    form: KeyForm
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreProperty:
    """
    What a serialized store says of an entry beside it, carried as it stands ([MS-GPEF] 2.2.1.1.1.1).

    Attributes:
        id: which property, 1 to 65,535.
        value: its bytes; not checked against the entry.
    """

    id: int
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedCertEntry:
    """
    A certificate that the store's owner trusts, or one of a file that only lists certificates.

    Attributes:
        certificate: the certificate.
        alias: its name in the store (friendlyName in PKCS#12), None where the format or the entry has none.
        created: when it was put in, aware, UTC; None where the format keeps no date.
        is_visible_to_java: whether Java takes it for a trusted certificate; False for PKCS#12 bags without trustedKeyUsage.
        is_distrusted: whether the file says that it is not to be trusted for TLS servers, as OpenSSL's TRUSTED CERTIFICATE can.
        properties: of a serialized store's entry, in order, the friendly name included; empty for other formats.
        native: how it stood in its file, for the codec that put it here and for nobody else; no part of the meaning.
    """

    certificate: Certificate
    alias: str | None = None
    created: datetime | None = None
    is_visible_to_java: bool = True
    is_distrusted: bool = False
    properties: tuple[StoreProperty, ...] = ()
    native: object | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateKeyEntry:
    """
    A private key with its certificates; the key is carried as it stands and opened only where it must be.

    Attributes:
        alias: its name in the store, None where there is none.
        chain: leaf first.
        created: when it was put in, aware, UTC; None where the format keeps no date.
        key: the key, None where a value was made without one; it belongs to no comparison, for it differs with every encryption.
        native: as for `TrustedCertEntry`.
    """

    alias: str | None
    chain: tuple[Certificate, ...]
    created: datetime | None = None
    key: ProtectedKey | None = field(default=None, compare=False, repr=False)
    native: object | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretKeyEntry:
    """
    A secret key, such as one for AES: carried, and opened only where it must be.

    Attributes:
        alias: its name in the store, None where there is none.
        created: when it was put in, aware, UTC; None where the format keeps no date.
        key: the key, None where only its codec knows how it is kept; as for `PrivateKeyEntry` no part of a comparison.
        native: as for `TrustedCertEntry`; without it the entry cannot be written.
    """

    alias: str | None
    created: datetime | None = None
    key: ProtectedKey | None = field(default=None, compare=False, repr=False)
    native: object | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherEntry:
    """
    What is neither certificate nor key, as a revocation list or a bag of an unknown type: carried, never read.

    Attributes:
        kind: what it is.
        data: its bytes.
        encoding: in a serialized store the encoding type beside them, 1 for ASN.1 ([MS-OSHARED] 2.3.2.5.1).
        properties: in a serialized store, in order.
        alias: its name in the store, None where there is none.
        native: as for `TrustedCertEntry`.
    """

    kind: OtherKind
    data: bytes
    encoding: int = 1
    properties: tuple[StoreProperty, ...] = ()
    alias: str | None = None
    native: object | None = field(default=None, compare=False, repr=False)


#: What a store can hold.
Entry = TrustedCertEntry | PrivateKeyEntry | SecretKeyEntry | OtherEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustStore:
    """
    What a file of certificates held.

    Attributes:
        format: `pem`, `der`, `pkcs7`, `pkcs12`, `jks`, `jceks`, `bks` or `sst`.
        entries: in the file's order.
        integrity: whether the store's own check was made; `NONE` for formats that have none.
        protection: how its parts are protected, each way once, in the file's order; empty for formats without any.
        native: of the file as a whole, for the codec that put it here and for nobody else; no part of the meaning.
    """

    format: str
    entries: tuple[Entry, ...]
    integrity: Integrity = Integrity.NONE
    protection: tuple[Protection, ...] = field(default=(), compare=False)
    native: object | None = field(default=None, compare=False, repr=False)

    @property
    def trusted(self) -> tuple[Certificate, ...]:
        """The certificates of the trusted entries, in order; without those that the file distrusts or that are `accompanying`."""
        entries = [entry for entry in self.entries if isinstance(entry, TrustedCertEntry) and not entry.is_distrusted]
        has_keys = self.has_private_keys
        return tuple(entry.certificate for entry in entries if entry.is_visible_to_java or not has_keys)

    @property
    def has_private_keys(self) -> bool:
        """Whether there is an entry with a private key."""
        return any(isinstance(entry, PrivateKeyEntry) for entry in self.entries)

    @property
    def accompanying(self) -> tuple[TrustedCertEntry, ...]:
        """
        The entries that a PKCS#12 store with private keys does not say to be trusted, in order.

        They are what somebody's chain left over, and no anchors, as the chains themselves are none; in a store without private
        keys such certificates are what it is about.
        """
        if not self.has_private_keys:
            return ()
        entries = (entry for entry in self.entries if isinstance(entry, TrustedCertEntry))
        return tuple(entry for entry in entries if not entry.is_visible_to_java)

    @property
    def distrusted(self) -> tuple[TrustedCertEntry, ...]:
        """The entries that the file says are not to be trusted for TLS servers, in order."""
        return tuple(entry for entry in self.entries if isinstance(entry, TrustedCertEntry) and entry.is_distrusted)

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """Every certificate in the file, in order, those that accompany a private key included."""
        return tuple(certificate for entry in self.entries for certificate in _certificates(entry))

    @property
    def others(self) -> tuple[OtherEntry, ...]:
        """What the file held that is neither certificate nor key, in order."""
        return tuple(entry for entry in self.entries if isinstance(entry, OtherEntry))


def certificate_of(entry: Entry) -> Certificate | None:
    """Return the certificate that an entry is about, a key's own included; None where there is none."""
    match entry:
        case TrustedCertEntry():
            return entry.certificate
        case PrivateKeyEntry():
            return entry.chain[0] if entry.chain else None
        case SecretKeyEntry() | OtherEntry():
            return None


def _certificates(entry: Entry) -> tuple[Certificate, ...]:
    match entry:
        case TrustedCertEntry():
            return (entry.certificate,)
        case PrivateKeyEntry():
            return entry.chain
        case SecretKeyEntry() | OtherEntry():
            return ()
