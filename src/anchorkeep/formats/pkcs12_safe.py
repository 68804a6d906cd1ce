"""
Which bag stands in which safe of a PKCS#12 store (RFC 7292 §4.1), as it was found and as it is to be written.

Rules kept here:
- a bag of an entry that stays keeps its octets and its safe, and the safes keep their order; an entry that was touched changes in
  the attribute or the key that was touched and in nothing else;
- a removed entry takes its own bags with it, and the last one its safe; a certificate that a key's chain still needs stays,
  without its name and without Java's mark of trust;
- a new alias is no other entry's, for Java would show one of the two alone;
- new certificates go where certificates are, new keys where keys are, each before the entry that it stands before in the store;
- where there is no such safe, certificates get an encrypted one and keys a plain one, for they are encrypted themselves.

What is found and in which order it is written, `pkcs12_layout` knows; here is what becomes of each entry.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from anchorkeep.errors import UnsupportedEntryError
from anchorkeep.formats import limits, pkcs8, pkcs12_bags, pkcs12_entries
from anchorkeep.formats.pkcs12_bags import Attributes, Bag, CertificateBag, KeyBag, SecretBag
from anchorkeep.formats.pkcs12_entries import KeyIds, KeyOrigin
from anchorkeep.formats.pkcs12_layout import Layout, Order
from anchorkeep.model import alias as aliases
from anchorkeep.model.truststore import KeyForm, OtherEntry, PrivateKeyEntry, ProtectedKey, SecretKeyEntry, TrustedCertEntry
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from anchorkeep.formats.pbe_cipher import Encryption
    from anchorkeep.formats.pkcs12_layout import Safe
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.truststore import Entry

_JDK = " [jdk"


def arranged(found: Layout, entries: Sequence[Entry], *, at: datetime, encryption: Encryption | None) -> tuple[Safe, ...]:
    """
    Return the safes that hold these entries, made of those that were found.

    Args:
        found: the store as it was; without safes for a new one.
        entries: of the store that is to be, in order.
        at: the time of new keys without one, aware, UTC.
        encryption: of a new safe for certificates.

    Raises:
        UnsupportedEntryError: an entry that cannot be written, or that would not be read back as it is.
    """
    names = Counter(aliases.folded(entry.alias) for entry in entries if entry.alias is not None)
    plan = _Plan(found, at=at, encryption=encryption, names=names)
    claimed = [(entry, plan.claim(entry)) for entry in entries]
    for entry, bag in claimed:
        if bag:
            plan.keep(entry, bag)
        else:
            plan.make(entry)
    return plan.safes(count=len(entries))


class _Plan:
    """A store being arranged: what each found bag becomes, and what is new."""

    def __init__(self, found: Layout, *, at: datetime, encryption: Encryption | None, names: Counter[str]) -> None:
        self._at = at
        self._encryption = encryption
        self._names = names
        self._ids = KeyIds(found.bags)
        self._order = Order(found, encryption=encryption)
        # Found bags that stand for an entry; and what those become that stay.
        self._entries: set[Bag] = set()
        self._kept: dict[Bag, Bag] = {}
        # Certificates that any chain may use, and the keys with what their chains must be.
        self._shared: set[Certificate] = set()
        self._keys: list[tuple[KeyBag, PrivateKeyEntry]] = []

    def claim(self, entry: Entry) -> Bag | None:
        """Return the bag that was found for an entry, which then stays; None where there is none, or another entry has it."""
        bag = _origin(entry)
        if bag is None or bag not in self._order or bag in self._entries:
            return None
        self._entries.add(bag)
        self._kept.setdefault(bag, bag)
        if isinstance(entry.native, KeyOrigin):
            origin = entry.native
            self._kept.update((item, item) for item in (*origin.chain, *origin.spare) if item not in self._kept)
            self._shared.update(entry.native.certificates)
        elif isinstance(bag, CertificateBag) and bag.attributes.is_trusted:
            self._shared.add(bag.certificate)
        return bag

    def keep(self, entry: Entry, bag: Bag) -> None:
        """Take an entry in that stands in a bag that was found, with what was changed of it."""
        if isinstance(entry, PrivateKeyEntry) and isinstance(entry.native, KeyOrigin):
            self._keep_key(entry, entry.native)
            return
        if entry.alias != bag.attributes.alias:
            self._require_alias(entry)
            self._kept[bag] = pkcs12_bags.renamed(self._kept[bag], entry.alias)
        if isinstance(entry, TrustedCertEntry) and entry.is_visible_to_java is not bag.attributes.is_trusted:
            self._kept[bag] = pkcs12_bags.with_trust(self._kept[bag], is_trusted=entry.is_visible_to_java)
        if isinstance(entry, SecretKeyEntry) and isinstance(kept := self._kept[bag], SecretBag):
            self._kept[bag] = self._secret(entry, kept)
        self._order.keep(bag)

    def make(self, entry: Entry) -> None:
        """Take an entry in that has no bags here."""
        if entry.alias is not None:
            self._require_alias(entry)
        match entry:
            case TrustedCertEntry():
                attributes = Attributes(alias=entry.alias, is_trusted=entry.is_visible_to_java)
                bag: Bag = pkcs12_bags.certificate_bag(entry.certificate, attributes)
                self._order.add(bag)
                if entry.is_visible_to_java:
                    self._shared.add(entry.certificate)
            case PrivateKeyEntry():
                self._make_key(entry)
            case SecretKeyEntry(native=SecretBag() as secret):
                self._order.add(self._secret(entry, pkcs12_bags.renamed(secret, entry.alias)))
            case OtherEntry(native=Bag() as other) if pkcs12_entries.is_of(entry, other):
                self._order.add(pkcs12_bags.renamed(other, entry.alias))
            case _:
                message = f"{_label(entry)} was not read from a PKCS#12 store, and cannot be put into one."
                raise UnsupportedEntryError(message, remedy="Leave it out.")

    def safes(self, *, count: int) -> tuple[Safe, ...]:
        """Return the safes that are to be, of that many entries; one in which nothing changed is the one that was found."""
        for bag, kept in self._kept.items():
            if bag.attributes.is_trusted and kept is bag and bag not in self._entries:
                # Bouncy Castle takes whatever has a name for an entry.
                self._kept[bag] = pkcs12_bags.renamed(pkcs12_bags.with_trust(bag, is_trusted=False), None)
        safes = self._order.safes(self._kept)
        self._require_entries(Layout(safes=safes, mac=None), count=count)
        return safes

    def _keep_key(self, entry: PrivateKeyEntry, origin: KeyOrigin) -> None:
        bag, leaf = origin.key, origin.chain[:1]
        if entry.alias != origin.alias:
            self._require_alias(entry)
            for item in (bag, *_named(origin)):
                self._kept[item] = pkcs12_bags.renamed(self._kept[item], entry.alias)
        if _is_redated(entry, bag):
            key_id = self._ids.take(entry.created or self._at)
            for item in (bag, *leaf):
                self._kept[item] = pkcs12_bags.with_key_id(self._kept[item], key_id)
        changed = self._kept[bag]
        if entry.key is not None and entry.key != bag.key and isinstance(changed, KeyBag):
            self._kept[bag] = pkcs12_bags.with_key(changed, self._key(entry))
        # The entry stands where the first of the two stands, as it was read.
        self._order.keep(bag, *(item for item in leaf if not item.attributes.is_trusted))
        self._keys.append((bag, entry))

    def _make_key(self, entry: PrivateKeyEntry) -> None:
        key = self._key(entry)
        attributes = Attributes(alias=entry.alias, key_id=self._ids.take(entry.created or self._at))
        bag = pkcs12_bags.key_bag(key, attributes)
        chain: list[Bag] = []
        for number, certificate in enumerate(entry.chain):
            if number == 0:
                chain.append(pkcs12_bags.certificate_bag(certificate, attributes))
            elif certificate not in self._shared:
                chain.append(pkcs12_bags.certificate_bag(certificate))
            self._shared.add(certificate)
        self._order.add(*chain)
        self._order.add(bag)
        self._kept[bag] = bag
        self._keys.append((bag, entry))

    def _key(self, entry: PrivateKeyEntry) -> ProtectedKey:
        """Return an entry's key, which must be in a form that this store has."""
        if entry.key is None:
            raise UnsupportedEntryError(f"{_label(entry)} has no private key to write.")
        if entry.key.form is KeyForm.PLAIN and self._encryption:
            message = f"{_label(entry)} has a private key that is not encrypted; it would stand bare in a store with a password."
            raise UnsupportedEntryError(message, remedy="Have it encrypted with the store's password.")
        if entry.key.form is KeyForm.BKS or (entry.key.form is KeyForm.ENCRYPTED and pkcs8.encryption(entry.key.data) is None):
            message = f"{_label(entry)} has a private key that is not encrypted with an algorithm that PKCS#12 has."
            raise UnsupportedEntryError(message, remedy="Convert it with its password.")
        return entry.key

    def _secret(self, entry: SecretKeyEntry, bag: SecretBag) -> SecretBag:
        """Return a secret key's bag with the key and the date of its entry."""
        if entry.key is not None and entry.key != bag.key:
            if entry.key.form is not KeyForm.ENCRYPTED or pkcs8.encryption(entry.key.data) is None:
                message = f"{_label(entry)} has a secret key that is not encrypted as PKCS#12 keeps one."
                raise UnsupportedEntryError(message, remedy="Give the store a password, or leave the key out.")
            bag = pkcs12_bags.with_secret(bag, entry.key)
        return pkcs12_bags.with_key_id(bag, self._ids.take(entry.created or self._at)) if _is_redated(entry, bag) else bag

    def _require_alias(self, entry: Entry) -> None:
        """Refuse an alias that must not be written anew."""
        alias = entry.alias or ""
        if alias != alias.lower():
            message = f"{_label(entry)}: an alias with an upper-case letter is not written, for Java compares them in lower case."
            raise UnsupportedEntryError(message, remedy="Write it in lower case.")
        if _JDK in alias:
            message = (
                f"{_label(entry)}: '{_JDK}' in an alias marks a root that came with Java, which holds it to rules of its own."
            )
            raise UnsupportedEntryError(message, remedy="Choose another alias.")
        if len(alias) > limits.MAX_ALIAS:
            message = f"{_label(entry)}: an alias of {len(alias):,} characters; at most {limits.MAX_ALIAS:,} are read."
            raise UnsupportedEntryError(message)
        if self._names[aliases.folded(alias)] > 1:
            message = f"{_label(entry)}: another entry has this alias, as Java compares them, and one of the two would be hidden."
            raise UnsupportedEntryError(message, remedy="Choose another alias.")

    def _require_entries(self, written: Layout, *, count: int) -> None:
        """Refuse a key whose chain would be read back as another, as where two certificates have its issuer's name."""
        if not self._keys:
            return
        entries = written.entries
        read: dict[Bag, tuple[Certificate, ...]] = {}
        for item in entries:
            if isinstance(item.native, KeyOrigin):
                read[item.native.key] = item.native.certificates
        for bag, entry in self._keys:
            # A certificate that was added may lengthen a chain, as it does in Java.
            if read.get(self._kept[bag], ())[: len(entry.chain)] != entry.chain:
                message = f"{_label(entry)} cannot keep its chain: the store has two certificates with the name of one issuer."
                raise UnsupportedEntryError(message, remedy="Remove one of the two, or keep the key in a store of its own.")
        if len(entries) != count:
            message = "A certificate that Java does not see by itself would come to be in the chain of a private key."
            raise UnsupportedEntryError(message, remedy="Remove it first, or keep the key in a store of its own.")


def _named(origin: KeyOrigin) -> tuple[CertificateBag, ...]:
    """Return the certificates of a chain that have the key's own name, by which Java may have found them."""
    if origin.alias is None:
        return ()
    wanted = aliases.folded(origin.alias)
    return tuple(
        bag
        for bag in origin.chain
        if not bag.attributes.is_trusted and bag.attributes.alias is not None and aliases.folded(bag.attributes.alias) == wanted
    )


def _origin(entry: Entry) -> Bag | None:
    """Return the bag that an entry was read from, where it still says what the entry says."""
    match entry:
        case PrivateKeyEntry(native=KeyOrigin() as origin) if origin.certificates == entry.chain:
            return origin.key
        case TrustedCertEntry(native=CertificateBag() as bag) if bag.certificate == entry.certificate:
            return bag
        case SecretKeyEntry(native=SecretBag() as secret):
            return secret
        case OtherEntry(native=Bag() as other) if pkcs12_entries.is_of(entry, other):
            return other
    return None


def _is_redated(entry: PrivateKeyEntry | SecretKeyEntry, bag: Bag) -> bool:
    return entry.created is not None and entry.created != pkcs12_entries.created(bag.attributes.key_id)


def _label(entry: Entry) -> str:
    return f"The entry '{visible(entry.alias or '', limit=60)}'"
