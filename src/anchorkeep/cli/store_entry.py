"""What there is to say of one entry of a store, as words for screens and lines: kind, subject, days left, fingerprint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anchorkeep.errors import CertificateError
from anchorkeep.model import naming
from anchorkeep.model.truststore import (
    Integrity,
    OtherEntry,
    OtherKind,
    PrivateKeyEntry,
    SecretKeyEntry,
    TrustedCertEntry,
    certificate_of,
)
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from anchorkeep.actions.store import Opened
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.truststore import Entry, TrustStore

#: What an entry without an alias is shown as.
NAMELESS = "-"
#: What an alias without a character is shown as, which is an alias all the same.
_EMPTY = "''"
#: Formats by their names for people.
FORMATS = {
    "der": "DER",
    "pem": "PEM",
    "pkcs7": "PKCS#7",
    "pkcs12": "PKCS#12",
    "jks": "JKS",
    "jceks": "JCEKS",
    "bks": "BKS",
    "sst": "SST",
}
_OTHERS = {OtherKind.CRL: "CRL", OtherKind.CTL: "CTL", OtherKind.UNKNOWN: "unknown"}
#: Days from which on an end is near: two weeks.
_SOON = 15
_NOT_YET = "not yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    An entry in a line; every text is safe to print.

    Attributes:
        alias: its name, `NAMELESS` where it has none.
        kind: `trusted`, `certificate` (one that Java does not take for trusted, or of a format without trust), `key`, ...
        subject: its certificate's title, what else there is to say, or an empty string.
        left: days until its certificate is over, negative where it is; empty without a certificate.
        is_bad: whether it is over, or not yet valid.
        is_near: whether it will be over soon.
        digest: the SHA-256 by which it can be named, in hexadecimal digits; empty where it has none.
    """

    alias: str
    kind: str
    subject: str
    left: str = ""
    is_bad: bool = False
    is_near: bool = False
    digest: str = ""


def row(entry: Entry, *, at: datetime) -> Row:
    """Return an entry as a row, its days counted from `at`."""
    certificate = certificate_of(entry)
    if certificate is None:
        size = counted(len(entry.data), "octet") if isinstance(entry, OtherEntry) else ""
        return Row(alias=alias(entry), kind=kind(entry), subject=size, digest=naming.fingerprint(entry))
    left, days = _left(certificate, at)
    return Row(
        alias=alias(entry),
        kind=kind(entry),
        subject=certificate.title,
        left=left,
        is_bad=days is not None and (days < 0 or left == _NOT_YET),
        is_near=days is not None and 0 <= days < _SOON,
        digest=certificate.sha256.hex(),
    )


def alias(entry: Entry) -> str:
    """Return an entry's alias, safe to print."""
    return called(entry.alias)


def called(name: str | None) -> str:
    """Return an alias, safe to print; one of no characters is quoted, to be seen."""
    return NAMELESS if name is None else visible(name) or _EMPTY


def kind(entry: Entry) -> str:
    """Return what an entry is, in a word."""
    match entry:
        case TrustedCertEntry(is_distrusted=True):
            return "rejected"
        case TrustedCertEntry():
            return "trusted" if entry.is_visible_to_java and entry.alias is not None else "certificate"
        case PrivateKeyEntry():
            return "key"
        case SecretKeyEntry():
            return "secret"
        case OtherEntry():
            return _OTHERS[entry.kind]


def heading(opened: Opened) -> str:
    """Return a store in a line: its path, format, number of entries, and whether its integrity was checked."""
    store = opened.store
    integrity = "" if store.integrity is Integrity.NONE else f", integrity {store.integrity}"
    return f"{visible(str(opened.path))}  {described(store)}{integrity}"


def described(store: TrustStore) -> str:
    """Return a store's format and how many entries it has."""
    number = len(store.entries)
    return f"{FORMATS[store.format]}, {number:,} {'entry' if number == 1 else 'entries'}"


def counts(entries: Sequence[Entry]) -> str:
    """Return how many entries of each kind there are."""
    found: dict[str, int] = {}
    for entry in entries:
        found[kind(entry)] = found.get(kind(entry), 0) + 1
    return ", ".join(f"{number:,} {word}" for word, number in found.items()) or "none"


def _left(certificate: Certificate, at: datetime) -> tuple[str, int | None]:
    """Return the days until a certificate is over, signed; None where its dates cannot be read."""
    try:
        first, last = certificate.not_before, certificate.not_after
    except CertificateError:
        return "?", None
    days = (last - at).days
    return (_NOT_YET if at < first else f"{days:,} d"), days
