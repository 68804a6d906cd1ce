"""
Read Java's own key stores (sun.security.provider.JavaKeyStore, versions 1 and 2).

Rules kept here:
- with a password the digest is verified before anything is believed; without one, all is readable, nothing vouched for;
- private keys are passed over, never decrypted; their chains are kept;
- aliases are kept as they stand, also those that Java cannot find again (upper case, twice the same).
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from anchorkeep.errors import StoreFormatError, StoreIntegrityError, UnsupportedFormatError
from anchorkeep.formats import limits
from anchorkeep.formats.javaio import DataInput
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import Integrity, PrivateKeyEntry, TrustedCertEntry, TrustStore
from anchorkeep.text import visible

MAGIC = b"\xfe\xed\xfe\xed"

_VERSIONS = (1, 2)
_VERSION_WITH_TYPES = 2
_PRIVATE_KEY = 1
_TRUSTED_CERTIFICATE = 2
_CERTIFICATE_TYPES = frozenset({"X.509", "X509"})
_DIGEST_SIZE = 20
_WHITENER = b"Mighty Aphrodite"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def loads(data: bytes, *, password: str | None, name: str) -> TrustStore:
    """
    Read a JKS store, its entries in the file's order.

    Args:
        data: the file's bytes.
        password: verifies the digest; None leaves it unchecked.
        name: what to call the file, printable.

    Raises:
        StoreIntegrityError: the digest is of another password or other bytes.
        UnsupportedFormatError: a certificate that is not X.509, or an unknown version.
        StoreFormatError: the structure is broken or beyond the bounds.
    """
    if password is not None:
        _raise_for_digest(data, password=password, name=name)
    source = DataInput(data, end=len(data) - _DIGEST_SIZE, place=f"{name}: JKS header")
    source.take(len(MAGIC), what="magic number")
    version = source.int32(what="version")
    if version not in _VERSIONS:
        raise UnsupportedFormatError(f"{name}: a JKS store of version {version}; versions 1 and 2 are known.")
    count = source.int32(what="number of entries")
    if not 0 <= count <= limits.MAX_ENTRIES:
        raise StoreFormatError(f"{name}: a JKS store with {count:,} entries; at most {limits.MAX_ENTRIES:,} are read.")
    entries = tuple(_entry(source, version=version, label=f"{name}: JKS entry {number}") for number in range(1, count + 1))
    if source.left:
        raise StoreFormatError(f"{name}: {source.left:,} bytes between the last JKS entry and the digest.")
    integrity = Integrity.NOT_CHECKED if password is None else Integrity.VERIFIED
    return TrustStore(format="jks", entries=entries, integrity=integrity)


def _raise_for_digest(data: bytes, *, password: str, name: str) -> None:
    """Verify the last 20 bytes: SHA-1 of password, whitener and everything before (JavaKeyStore.getPreKeyedHash)."""
    secret = password.encode("utf-16-be", "surrogatepass")
    body, expected = data[:-_DIGEST_SIZE], data[-_DIGEST_SIZE:]
    actual = hashlib.sha1(secret + _WHITENER + body, usedforsecurity=False).digest()
    if not hmac.compare_digest(actual, expected):
        message = f"{name}: the password is wrong, or the JKS store was changed or cut off; nobody can tell which."
        raise StoreIntegrityError(message, remedy="Try again with the right password.")


def _entry(source: DataInput, *, version: int, label: str) -> TrustedCertEntry | PrivateKeyEntry:
    source.place = label
    tag = source.int32(what="kind")
    alias = source.utf(what="alias")
    source.place = f"{label} ('{visible(alias, limit=60)}')"
    created = _moment(source.int64(what="creation date"))
    if tag == _TRUSTED_CERTIFICATE:
        certificate = _certificate(source, version=version)
        return TrustedCertEntry(certificate=certificate, alias=alias, created=created)
    if tag != _PRIVATE_KEY:
        message = f"{source.place}: kind {tag}; 1 (private key) and 2 (trusted certificate) are known."
        raise StoreFormatError(message)
    source.take(source.int32(what="private key"), what="private key")
    count = source.int32(what="length of the chain")
    if not 0 <= count <= limits.MAX_CHAIN:
        raise StoreFormatError(f"{source.place}: a chain of {count:,} certificates; at most {limits.MAX_CHAIN} are read.")
    chain = tuple(_certificate(source, version=version) for _ in range(count))
    return PrivateKeyEntry(alias=alias, chain=chain, created=created)


def _certificate(source: DataInput, *, version: int) -> Certificate:
    if version == _VERSION_WITH_TYPES:
        kind = source.utf(what="certificate type")
        if kind not in _CERTIFICATE_TYPES:
            message = f"{source.place}: a certificate of type '{visible(kind, limit=60)}'; only X.509 is read."
            raise UnsupportedFormatError(message)
    return Certificate(source.take(source.int32(what="certificate"), what="certificate"))


def _moment(milliseconds: int) -> datetime | None:
    """Return a time of Java, None for one beyond the years 1 to 9999."""
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None
