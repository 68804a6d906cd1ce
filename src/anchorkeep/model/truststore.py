"""A store of certificates as it was read: entries in their order, and what the reading can vouch for."""

from __future__ import annotations

from dataclasses import dataclass
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
        properties: of a serialized store's entry, in order, the friendly name included; empty for other formats.
    """

    certificate: Certificate
    alias: str | None = None
    created: datetime | None = None
    is_visible_to_java: bool = True
    properties: tuple[StoreProperty, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateKeyEntry:
    """
    A private key with its certificates; the key itself is not read here.

    Attributes:
        alias: its name in the store, None where there is none.
        chain: leaf first.
        created: when it was put in, aware, UTC; None where the format keeps no date.
    """

    alias: str | None
    chain: tuple[Certificate, ...]
    created: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherEntry:
    """
    A revocation or trust list in a serialized store: carried, never read.

    Attributes:
        kind: what it is.
        data: its bytes.
        encoding: the encoding type beside them, 1 for ASN.1 ([MS-OSHARED] 2.3.2.5.1).
        properties: in order.
    """

    kind: OtherKind
    data: bytes
    encoding: int = 1
    properties: tuple[StoreProperty, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustStore:
    """
    What a file of certificates held.

    Attributes:
        format: `pem`, `der`, `pkcs7`, `pkcs12`, `jks` or `sst`.
        entries: in the file's order.
        integrity: whether the store's own check was made; `NONE` for formats that have none.
    """

    format: str
    entries: tuple[TrustedCertEntry | PrivateKeyEntry | OtherEntry, ...]
    integrity: Integrity = Integrity.NONE

    @property
    def trusted(self) -> tuple[Certificate, ...]:
        """The certificates of the trusted entries, in order."""
        return tuple(entry.certificate for entry in self.entries if isinstance(entry, TrustedCertEntry))

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """Every certificate in the file, in order, those that accompany a private key included."""
        return tuple(certificate for entry in self.entries for certificate in _certificates(entry))

    @property
    def others(self) -> tuple[OtherEntry, ...]:
        """What the file held that is neither certificate nor key, in order."""
        return tuple(entry for entry in self.entries if isinstance(entry, OtherEntry))


def _certificates(entry: TrustedCertEntry | PrivateKeyEntry | OtherEntry) -> tuple[Certificate, ...]:
    match entry:
        case TrustedCertEntry():
            return (entry.certificate,)
        case PrivateKeyEntry():
            return entry.chain
        case OtherEntry():
            return ()
