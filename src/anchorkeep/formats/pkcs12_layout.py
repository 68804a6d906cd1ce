"""
The parts of a PKCS#12 store with their bags (RFC 7292 §4.1): as they were found, and in the order in which they are written.

Rules kept here:
- a part in which nothing changed is the one that was found, octet for octet; one of which every bag is gone goes too;
- new bags stand before the found one of the next entry, or behind all others, in a part that has bags of their kind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from anchorkeep.formats import pkcs12_bags, pkcs12_entries
from anchorkeep.formats.pkcs12_bags import Bag, CertificateBag, KeyBag, Nest, SecretBag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anchorkeep.formats.pbe import Mac, Pbmac1
    from anchorkeep.formats.pbe_cipher import Encryption
    from anchorkeep.model.truststore import Entry

# Where a bag stands: in a safe, by its number, or in a nest.
_Place = int | Nest
_OF_KEYS = (KeyBag, SecretBag)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Safe:
    """
    One part of a store.

    Attributes:
        encryption: how it is encrypted, None where it is not.
        contents: its SafeContents, in DER or BER.
        bags: the bags of these.
    """

    encryption: Encryption | None
    contents: bytes = field(repr=False)
    bags: tuple[Bag, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """
    A store as it was found.

    Attributes:
        safes: its parts, in order.
        mac: its integrity check, None where it has none.
        padding: white space and zeros behind it.
    """

    safes: tuple[Safe, ...]
    mac: Mac | Pbmac1 | None
    padding: bytes = b""

    @property
    def bags(self) -> tuple[Bag, ...]:
        """All bags, in order."""
        return tuple(bag for safe in self.safes for bag in pkcs12_bags.flat(safe.bags))

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries that the bags make up; `StoreFormatError` where their chains are beyond the bounds."""
        return pkcs12_entries.entries(self.bags, leads=frozenset(safe.bags[0] for safe in self.safes if safe.bags))


class Order:
    """
    In which safe each bag is to stand, and behind which others.

    A bag stands for an entry, or for none as a certificate that only a chain needs. Those that do are named one after the other,
    in the order of the entries, by `keep` and `add`.
    """

    def __init__(self, found: Layout, *, encryption: Encryption | None) -> None:
        """Begin with a store as it was found; `encryption` is that of a new safe for certificates."""
        self._found = found
        self._encryption = encryption
        self._places: dict[Bag, _Place] = {}
        for number, safe in enumerate(found.safes):
            self._locate(safe.bags, number)
        self._positions = {bag: position for position, bag in enumerate(self._places)}
        # The encryption of each safe that is to be, the found ones first; and where new bags go.
        self._encryptions = [safe.encryption for safe in found.safes]
        self._for_certificates = self._last_with(CertificateBag)
        self._for_keys = self._last_with(_OF_KEYS)
        # For each place what stands for an entry there, in the order of the entries: a found bag, or new ones.
        self._orders: dict[_Place, list[Bag | tuple[Bag, ...]]] = {}

    def __contains__(self, bag: Bag) -> bool:
        """Return whether the bag was found in this store."""
        return bag in self._places

    def keep(self, *bags: Bag) -> None:
        """Let the first of these bags that were found stand for the next entry, where it stood."""
        first = min(bags, key=self._positions.__getitem__)
        self._orders.setdefault(self._places[first], []).append(first)

    def add(self, *bags: Bag) -> None:
        """Let new bags of one kind, if any, stand for the next entry: keys and secrets among such, others among certificates."""
        if not bags:
            return
        place = self._key_safe() if isinstance(bags[0], _OF_KEYS) else self._certificates()
        self._orders.setdefault(place, []).append(bags)

    def safes(self, kept: Mapping[Bag, Bag]) -> tuple[Safe, ...]:
        """Return the safes that are to be; of the found bags those that are kept, each as what it becomes."""
        safes = []
        for number, encryption in enumerate(self._encryptions):
            safe = self._found.safes[number] if number < len(self._found.safes) else None
            before = safe.bags if safe else ()
            bags = self._filled(number, before, kept)
            if safe and not bags and before and self._found.mac:
                # Java recognizes a store without parts by its first octets, but not every one with an empty part.
                continue
            if safe is None or bags != before:
                safe = Safe(encryption=encryption, contents=pkcs12_bags.safe_contents(bags), bags=bags)
            safes.append(safe)
        return tuple(safes)

    def _filled(self, place: _Place, before: tuple[Bag, ...], kept: Mapping[Bag, Bag]) -> tuple[Bag, ...]:
        """Return what a place holds: each bag that stands for an entry in its turn, new ones before the next of them."""
        order = self._orders.get(place, [])
        standing = {item for item in order if isinstance(item, Bag)}
        position = 0
        bags: list[Bag] = []
        for bag in before:
            if bag in standing:
                while isinstance(new := order[position], tuple):
                    bags += new
                    position += 1
                bags.append(kept[new])
                position += 1
            elif isinstance(bag, Nest):
                inner = self._filled(bag, bag.bags, kept)
                if inner == bag.bags:
                    bags.append(bag)
                elif inner:
                    bags.append(pkcs12_bags.with_bags(bag, inner))
            elif bag in kept:
                bags.append(kept[bag])
        for new in order[position:]:
            bags += new if isinstance(new, tuple) else (kept[new],)
        return tuple(bags)

    def _locate(self, bags: tuple[Bag, ...], place: _Place) -> None:
        for bag in bags:
            if isinstance(bag, Nest):
                self._locate(bag.bags, bag)
            else:
                self._places[bag] = place

    def _last_with(self, kinds: type[Bag] | tuple[type[Bag], ...]) -> int | None:
        """Return the last safe that holds such a bag by itself, None where none does."""
        safes = enumerate(self._found.safes)
        return max((number for number, safe in safes if any(isinstance(bag, kinds) for bag in safe.bags)), default=None)

    def _certificates(self) -> int:
        """Return the safe for new certificates."""
        if self._for_certificates is None:
            self._for_certificates = self._new_safe(self._encryption)
        return self._for_certificates

    def _key_safe(self) -> int:
        """Return the safe for new keys and secrets."""
        if self._for_keys is None:
            self._for_keys = self._new_safe(None)
        return self._for_keys

    def _new_safe(self, encryption: Encryption | None) -> int:
        self._encryptions.append(encryption)
        return len(self._encryptions) - 1
