"""
Join the bags of a PKCS#12 store to entries: each private key with its chain, and every other bag by itself.

Rules kept here:
- a key's own certificate is the one with the same localKeyId (RFC 7292 §4.2), else one that Java finds without it: by its name,
  or the first of a safe behind the only key;
- the chain goes on by issuer as in Java (PKCS12KeyStore), by names alone: signatures are for judges;
- a certificate that Java is told to trust stays an entry of its own, also when it is part of a chain;
- Java writes an issuer once for each key below it: a copy belongs to one key and goes with it, and is no entry.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anchorkeep.errors import CertificateError, StoreFormatError
from anchorkeep.formats import javaio, limits
from anchorkeep.formats.pkcs12_bags import Bag, CertificateBag, CrlBag, KeyBag, SecretBag
from anchorkeep.model import alias as aliases
from anchorkeep.model.truststore import OtherEntry, OtherKind, PrivateKeyEntry, SecretKeyEntry, TrustedCertEntry

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.truststore import Entry

# Java writes the time an entry was made as its localKeyId.
_JAVA_TIME = b"Time "
_MAX_TIME_DIGITS = 15


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeyOrigin:
    """
    The bags of a private key's entry.

    Attributes:
        key: with the key.
        chain: with its certificates, leaf first; one after the leaf may be of other entries too.
        spare: with copies of these certificates that no chain asks for.
    """

    key: KeyBag
    chain: tuple[CertificateBag, ...]
    spare: tuple[CertificateBag, ...] = ()

    @property
    def alias(self) -> str | None:
        """The name of the key, or where it has none of its leaf."""
        alias = self.key.attributes.alias
        return self.chain[0].attributes.alias if alias is None and self.chain else alias

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The certificates of the chain."""
        return tuple(bag.certificate for bag in self.chain)


def entries(bags: Sequence[Bag], *, leads: Collection[Bag] = ()) -> tuple[Entry, ...]:
    """
    Return the entries of a store; in `native` each has its bag, and a private key the `KeyOrigin`.

    A key's entry stands where the first of its bags stood, the key or its own certificate.

    Args:
        bags: of all safes, in order.
        leads: of these the first of each safe.

    Raises:
        StoreFormatError: the chains hold more than the bounds allow.
    """
    keys = [bag for bag in bags if isinstance(bag, KeyBag)]
    origins = _origins(keys, bags, leads) if keys else []
    in_chains = {bag.certificate for origin in origins for bag in origin.chain}
    leaves = {origin.chain[0]: index for index, origin in enumerate(origins) if origin.chain}
    numbers = {key: index for index, key in enumerate(keys)}
    found: list[Entry] = []
    written: set[int] = set()
    for bag in bags:
        index = numbers.get(bag) if isinstance(bag, KeyBag) else leaves.get(bag) if isinstance(bag, CertificateBag) else None
        if index is not None and index not in written:
            written.add(index)
            found.append(_key_entry(origins[index]))
        is_copy = isinstance(bag, CertificateBag) and not bag.attributes.is_trusted and bag.certificate in in_chains
        if not isinstance(bag, KeyBag) and not is_copy:
            found.append(_entry(bag))
    return tuple(found)


def created(key_id: bytes | None) -> datetime | None:
    """Return the time that Java wrote into a localKeyId, in milliseconds since 1970; None where it is no time."""
    digits = (key_id or b"").removeprefix(_JAVA_TIME)
    if key_id == digits or not digits.isdigit() or len(digits) > _MAX_TIME_DIGITS:
        return None
    return javaio.moment(int(digits))


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
        first = max(0, javaio.milliseconds(moment))
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
            return SecretKeyEntry(alias=alias, created=created(bag.attributes.key_id), key=bag.key, native=bag)
        case CrlBag():
            return OtherEntry(kind=OtherKind.CRL, data=bag.crl, alias=alias, native=bag)
        case _:
            return OtherEntry(kind=OtherKind.UNKNOWN, data=bag.raw, alias=alias, native=bag)


def _key_entry(origin: KeyOrigin) -> PrivateKeyEntry:
    key = origin.key
    return PrivateKeyEntry(
        alias=origin.alias,
        chain=origin.certificates,
        created=created(key.attributes.key_id),
        key=key.key,
        native=origin,
    )


def _origins(keys: list[KeyBag], bags: Sequence[Bag], leads: Collection[Bag]) -> list[KeyOrigin]:
    """Return the bags of each key, each copy of a certificate with one key as far as there are copies."""
    leaves = _leaves(keys, bags, leads)
    issuers = _Issuers((bag for bag in bags if isinstance(bag, CertificateBag)), leaves=set(leaves.values()))
    chains = [_chain(leaf, issuers) if (leaf := leaves.get(key)) else () for key in keys]
    if sum(len(bag.certificate.der) for chain in chains for bag in chain) > limits.MAX_CHAINS_BYTES:
        message = (
            f"The chains of the private keys have more than {limits.MAX_CHAINS_BYTES:,} bytes, each key's counted by itself."
        )
        raise StoreFormatError(message, remedy="Put the keys into several stores.")
    used = {bag for chain in chains for bag in chain}
    first: dict[Certificate, int] = {}
    for number, chain in enumerate(chains):
        for used_bag in chain:
            first.setdefault(used_bag.certificate, number)
    spare: list[list[CertificateBag]] = [[] for _ in keys]
    for bag in bags:
        if not isinstance(bag, CertificateBag) or bag in used or bag.attributes.is_trusted:
            continue
        if (index := first.get(bag.certificate)) is not None:
            spare[index].append(bag)
    return [KeyOrigin(key=key, chain=chains[index], spare=tuple(spare[index])) for index, key in enumerate(keys)]


def _leaves(keys: list[KeyBag], bags: Sequence[Bag], leads: Collection[Bag]) -> dict[KeyBag, CertificateBag]:
    """Return the certificates of the keys themselves, as Java matches them (PKCS12KeyStore.findMatchedCertificate)."""
    own: dict[bytes, CertificateBag] = {}
    named: dict[str, CertificateBag] = {}
    for bag in bags:
        if not isinstance(bag, CertificateBag):
            continue
        if bag.attributes.key_id is not None:
            own.setdefault(bag.attributes.key_id, bag)
        if bag.attributes.alias is not None and not bag.attributes.is_trusted:
            named[aliases.folded(bag.attributes.alias)] = bag
    leaves = {key: own.pop(key.attributes.key_id) for key in keys if key.attributes.key_id in own}
    taken = set(leaves.values())
    for key in keys:
        # Java passes over a key without an id, but for the first one.
        if key not in leaves and (key.attributes.key_id is not None or key is keys[0]):
            leaf = _next(keys, bags, leads) or named.get(aliases.folded(key.attributes.alias or ""))
            if leaf and leaf not in taken:
                leaves[key] = leaf
                taken.add(leaf)
    return leaves


def _next(keys: list[KeyBag], bags: Sequence[Bag], leads: Collection[Bag]) -> CertificateBag | None:
    """Return the first certificate of a safe behind the only key, where neither says whose it is; a trusted one is nobody's."""
    if len(keys) > 1 or keys[0].attributes.key_id is not None:
        return None
    behind = (bag for bag in bags[bags.index(keys[0]) :] if isinstance(bag, CertificateBag) and bag in leads)
    return next((bag for bag in behind if bag.attributes.key_id is None and not bag.attributes.is_trusted), None)


class _Issuers:
    """The certificates of a store by subject, of several with one name the first as in Java; each key gets a copy of its own."""

    def __init__(self, bags: Iterable[CertificateBag], *, leaves: set[CertificateBag]) -> None:
        self._first: dict[bytes, CertificateBag] = {}
        self._copies: dict[Certificate, deque[CertificateBag]] = {}
        for bag in bags:
            subject = _subject(bag)
            if subject is not None:
                self._first.setdefault(subject, bag)
            if not (bag.attributes.is_trusted or bag in leaves):
                self._copies.setdefault(bag.certificate, deque()).append(bag)

    def take(self, name: bytes) -> CertificateBag | None:
        """Return a bag with the certificate of that subject; the last copy is for all who still ask."""
        first = self._first.get(name)
        copies = self._copies.get(first.certificate) if first else None
        if not copies:
            return first
        return copies.popleft() if len(copies) > 1 else copies[0]


def _chain(leaf: CertificateBag, issuers: _Issuers) -> tuple[CertificateBag, ...]:
    chain = [leaf]
    seen = {leaf.certificate}
    while len(chain) < limits.MAX_CHAIN:
        issuer = _issuer(chain[-1])
        if issuer is None or issuer == _subject(chain[-1]):
            break
        parent = issuers.take(issuer)
        if parent is None or parent.certificate in seen:
            break
        chain.append(parent)
        seen.add(parent.certificate)
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
