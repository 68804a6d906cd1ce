"""
Join the bags of a PKCS#12 store to entries: each private key with its chain, and every other certificate by itself.

Rules kept here:
- a key's own certificate is the one with the same localKeyId (RFC 7292 §4.2);
- the chain goes on by issuer as in Java (PKCS12KeyStore), by names alone: signatures are for judges;
- a certificate that Java is told to trust stays an entry of its own, also when it is part of a chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from anchorkeep.errors import CertificateError
from anchorkeep.formats import limits
from anchorkeep.model.truststore import PrivateKeyEntry, TrustedCertEntry

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate

# Java writes the time an entry was made as its localKeyId.
_JAVA_TIME = b"Time "
_MAX_TIME_DIGITS = 15
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateBag:
    """
    A certificate with what its attributes say.

    Attributes:
        certificate: the certificate.
        alias: friendlyName, None where there is none.
        key_id: localKeyId, None where there is none.
        is_trusted: whether it carries Java's trustedKeyUsage.
    """

    certificate: Certificate
    alias: str | None = None
    key_id: bytes | None = None
    is_trusted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyBag:
    """
    A private key, unread, with what its attributes say.

    Attributes:
        alias: friendlyName, None where there is none.
        key_id: localKeyId, None where there is none.
    """

    alias: str | None = None
    key_id: bytes | None = None


def entries(bags: tuple[CertificateBag | KeyBag, ...]) -> tuple[TrustedCertEntry | PrivateKeyEntry, ...]:
    """
    Return the entries of a store.

    A key's entry stands where the first of its bags stood, the key or its own certificate.
    """
    keys = [bag for bag in bags if isinstance(bag, KeyBag)]
    certificates = [bag for bag in bags if isinstance(bag, CertificateBag)]
    chains = _chains(keys, certificates)
    in_chains = {id(bag) for chain in chains for bag in chain if not bag.is_trusted}
    leaves = {id(chain[0]): index for index, chain in enumerate(chains) if chain}
    numbers = {id(key): index for index, key in enumerate(keys)}
    found: list[TrustedCertEntry | PrivateKeyEntry] = []
    written: set[int] = set()
    for bag in bags:
        index = numbers.get(id(bag), leaves.get(id(bag)))
        if index is not None and index not in written:
            written.add(index)
            found.append(_key_entry(keys[index], chains[index]))
        if isinstance(bag, CertificateBag) and id(bag) not in in_chains:
            found.append(_certificate_entry(bag))
    return tuple(found)


def _key_entry(key: KeyBag, chain: tuple[CertificateBag, ...]) -> PrivateKeyEntry:
    alias = key.alias if key.alias is not None or not chain else chain[0].alias
    return PrivateKeyEntry(alias=alias, chain=tuple(bag.certificate for bag in chain), created=_created(key.key_id))


def _certificate_entry(bag: CertificateBag) -> TrustedCertEntry:
    return TrustedCertEntry(certificate=bag.certificate, alias=bag.alias, is_visible_to_java=bag.is_trusted)


def _chains(keys: list[KeyBag], certificates: list[CertificateBag]) -> list[tuple[CertificateBag, ...]]:
    if not keys:
        return []
    own: dict[bytes, CertificateBag] = {}
    by_subject: dict[bytes, CertificateBag] = {}
    for bag in certificates:
        if bag.key_id is not None:
            own.setdefault(bag.key_id, bag)
        subject = _subject(bag)
        if subject is not None:
            by_subject.setdefault(subject, bag)
    chains = []
    for key in keys:
        leaf = own.pop(key.key_id, None) if key.key_id is not None else None
        chains.append(_chain(leaf, by_subject) if leaf else ())
    return chains


def _chain(leaf: CertificateBag, by_subject: dict[bytes, CertificateBag]) -> tuple[CertificateBag, ...]:
    chain = [leaf]
    seen = {id(leaf)}
    while len(chain) < limits.MAX_CHAIN:
        issuer = _issuer(chain[-1])
        parent = None if issuer is None else by_subject.get(issuer)
        if parent is None or id(parent) in seen:
            break
        chain.append(parent)
        seen.add(id(parent))
    return tuple(chain)


def _subject(bag: CertificateBag) -> bytes | None:
    try:
        return bag.certificate.subject.canonical
    except CertificateError:
        return None


def _issuer(bag: CertificateBag) -> bytes | None:
    try:
        return bag.certificate.issuer.canonical
    except CertificateError:
        return None


def _created(key_id: bytes | None) -> datetime | None:
    """Return the time that Java wrote into a localKeyId, in milliseconds since 1970."""
    digits = (key_id or b"").removeprefix(_JAVA_TIME)
    if key_id == digits or not digits.isdigit() or len(digits) > _MAX_TIME_DIGITS:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=int(digits))
    except OverflowError:
        return None
