"""
Join the bags of a PKCS#12 store to entries: each private key with its chain, and every other bag by itself.

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
from anchorkeep.formats.pkcs12_bags import Bag, CertificateBag, CrlBag, KeyBag, SecretBag
from anchorkeep.model.truststore import OtherEntry, OtherKind, PrivateKeyEntry, SecretKeyEntry, TrustedCertEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.truststore import Entry

# Java writes the time an entry was made as its localKeyId.
_JAVA_TIME = b"Time "
_MAX_TIME_DIGITS = 15
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeyOrigin:
    """
    The bags of a private key's entry.

    Attributes:
        key: with the key.
        chain: with its certificates, leaf first; one after the leaf may be of other entries too.
    """

    key: KeyBag
    chain: tuple[CertificateBag, ...]

    @property
    def alias(self) -> str | None:
        """The name of the key, or where it has none of its leaf."""
        alias = self.key.attributes.alias
        return self.chain[0].attributes.alias if alias is None and self.chain else alias

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The certificates of the chain."""
        return tuple(bag.certificate for bag in self.chain)


def entries(bags: Sequence[Bag]) -> tuple[Entry, ...]:
    """
    Return the entries of a store, given its bags in order; in `native` each has its bag, and a private key its `KeyOrigin`.

    A key's entry stands where the first of its bags stood, the key or its own certificate.
    """
    keys = [bag for bag in bags if isinstance(bag, KeyBag)]
    chains = _chains(keys, bags)
    in_chains = {bag for chain in chains for bag in chain if not bag.attributes.is_trusted}
    leaves = {chain[0]: index for index, chain in enumerate(chains) if chain}
    numbers = {key: index for index, key in enumerate(keys)}
    found: list[Entry] = []
    written: set[int] = set()
    for bag in bags:
        index = numbers.get(bag) if isinstance(bag, KeyBag) else leaves.get(bag) if isinstance(bag, CertificateBag) else None
        if index is not None and index not in written:
            written.add(index)
            found.append(_key_entry(keys[index], chains[index]))
        if not isinstance(bag, KeyBag) and bag not in in_chains:
            found.append(_entry(bag))
    return tuple(found)


def created(key_id: bytes | None) -> datetime | None:
    """Return the time that Java wrote into a localKeyId, in milliseconds since 1970; None where it is no time."""
    digits = (key_id or b"").removeprefix(_JAVA_TIME)
    if key_id == digits or not digits.isdigit() or len(digits) > _MAX_TIME_DIGITS:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=int(digits))
    except OverflowError:
        return None


def is_of(entry: OtherEntry, bag: Bag) -> bool:
    """Return whether an entry still says what its bag says."""
    found = _entry(bag)
    return isinstance(found, OtherEntry) and (entry.kind, entry.data) == (found.kind, found.data)


class KeyIds:
    """The values of localKeyId in a store, none of them twice: two keys with the same one would share a certificate."""

    def __init__(self, bags: Iterable[Bag]) -> None:
        """Take those of these bags."""
        self._taken = {bag.attributes.key_id for bag in bags}
        self._next: dict[int, int] = {}

    def take(self, moment: datetime) -> bytes:
        """Return one as Java makes it, for a time or the first millisecond after it that is not taken."""
        first = max(0, (moment - _EPOCH) // _MILLISECOND)
        number = self._next.get(first, first)
        while (found := _JAVA_TIME + b"%d" % number) in self._taken:
            number += 1
        self._next[first] = number + 1
        self._taken.add(found)
        return found


def _entry(bag: Bag) -> Entry:
    """Return the entry of a bag that belongs to no key."""
    alias = bag.attributes.alias
    match bag:
        case CertificateBag():
            is_trusted = bag.attributes.is_trusted
            return TrustedCertEntry(certificate=bag.certificate, alias=alias, is_visible_to_java=is_trusted, native=bag)
        case SecretBag():
            return SecretKeyEntry(alias=alias, created=created(bag.attributes.key_id), native=bag)
        case CrlBag():
            return OtherEntry(kind=OtherKind.CRL, data=bag.crl, alias=alias, native=bag)
        case _:
            return OtherEntry(kind=OtherKind.UNKNOWN, data=bag.raw, alias=alias, native=bag)


def _key_entry(key: KeyBag, chain: tuple[CertificateBag, ...]) -> PrivateKeyEntry:
    origin = KeyOrigin(key=key, chain=chain)
    return PrivateKeyEntry(
        alias=origin.alias,
        chain=origin.certificates,
        created=created(key.attributes.key_id),
        key=key.key,
        native=origin,
    )


def _chains(keys: list[KeyBag], bags: Sequence[Bag]) -> list[tuple[CertificateBag, ...]]:
    if not keys:
        return []
    own: dict[bytes, CertificateBag] = {}
    by_subject: dict[bytes, CertificateBag] = {}
    for bag in bags:
        if not isinstance(bag, CertificateBag):
            continue
        if bag.attributes.key_id is not None:
            own.setdefault(bag.attributes.key_id, bag)
        subject = _subject(bag)
        if subject is not None:
            by_subject.setdefault(subject, bag)
    chains = []
    for key in keys:
        leaf = own.pop(key.attributes.key_id, None) if key.attributes.key_id is not None else None
        chains.append(_chain(leaf, by_subject) if leaf else ())
    return chains


def _chain(leaf: CertificateBag, by_subject: dict[bytes, CertificateBag]) -> tuple[CertificateBag, ...]:
    chain = [leaf]
    seen = {leaf}
    while len(chain) < limits.MAX_CHAIN:
        issuer = _issuer(chain[-1])
        parent = None if issuer is None else by_subject.get(issuer)
        if parent is None or parent in seen:
            break
        chain.append(parent)
        seen.add(parent)
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
