"""
A store as bytes that were proved: what is read back from them is what was to be written, entry by entry.

Rules kept here:
- nothing that was written is believed before it was read back, by the same reader that reads everybody's stores;
- a reproducible store has the salts that follow from what it holds and its password, and never holds a key: salts of keys must
  be chance.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, assert_never

from anchorkeep import formats
from anchorkeep.errors import RefusedError
from anchorkeep.formats.capability import CAPABILITIES
from anchorkeep.model.truststore import (
    Entry,
    OtherEntry,
    PrivateKeyEntry,
    SecretKeyEntry,
    StoreProperty,
    TrustedCertEntry,
    TrustStore,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from datetime import datetime

    from anchorkeep.formats.recipe import Recipe

#: Formats that do not keep the order in which entries were given: PKCS#12 groups them in its parts.
_UNORDERED = frozenset({"pkcs12"})
#: The property of a serialized store that is the alias.
_FRIENDLY_NAME = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """
    A store's bytes, and what reading them back must give.

    Attributes:
        data: the bytes.
        wanted: the store that they are to hold.
        format: its format.
        password: what opens it, None where nothing does.
    """

    data: bytes = field(repr=False)
    wanted: TrustStore
    format: str
    password: str | None = field(repr=False)

    def read_back(self, data: bytes) -> TrustStore:
        """
        Return the store that bytes hold, which must be the one wanted: the same entries, in their order if the format keeps it.

        Raises:
            RefusedError: they hold something else.
            InputError: they cannot be read.
        """
        found = formats.loads(data, password=self.password, name="what was just written")
        compared = _with_chains_of(self.wanted, found) if self.format == "pkcs12" else found
        got, wanted = (_meanings(store, format_name=self.format) for store in (compared, self.wanted))
        is_same = Counter(got) == Counter(wanted) if self.format in _UNORDERED else got == wanted
        if not is_same or found.format != self.format:
            message = f"Reading back what was written gave {len(got)} entries that are not the {len(wanted)} to be written."
            raise RefusedError(message, remedy="Nothing was replaced. This is a fault of Anchorkeep: please report it.")
        return found


def encode(store: TrustStore, *, format: str, recipe: Recipe, is_reproducible: bool = False) -> Encoded:  # noqa: A002 (what it is)
    """
    Return a store's bytes; entries without a date get the recipe's where the format keeps one.

    Args:
        store: the store.
        format: one of `formats.capability.CAPABILITIES`.
        recipe: what it is written with.
        is_reproducible: whether chance is replaced by what follows from content and password.

    Raises:
        RefusedError: it is to be reproducible and holds a key.
        UsageError: no such format, or a password that cannot be used.
        UnsupportedEntryError: an entry that the format cannot hold.
    """
    if CAPABILITIES[format].has_dates:
        store = _dated(store, recipe.at)
    if is_reproducible:
        recipe = _reproducible(store, format_name=format, recipe=recipe)
    data = formats.write(store, format=format, recipe=recipe)
    return Encoded(data=data, wanted=store, format=format, password=recipe.password)


def meaning(entry: Entry, *, has_aliases: bool = True, has_dates: bool = True) -> Hashable:
    """Return what must be the same of an entry before and after it is written; a secret key's octets may be its codec's own."""
    alias = entry.alias if has_aliases else None
    match entry:
        case TrustedCertEntry():
            kept: Hashable = (entry.certificate, entry.is_visible_to_java, entry.is_distrusted, beside_alias(entry))
        case PrivateKeyEntry():
            kept = (entry.chain, entry.key)
        case SecretKeyEntry():
            kept = entry.key
        case OtherEntry():
            return (OtherEntry, alias, entry.kind, entry.data, entry.encoding, beside_alias(entry))
        case _:
            assert_never(entry)
    return (type(entry), alias, entry.created if has_dates else None, kept)


def beside_alias(entry: TrustedCertEntry | OtherEntry) -> tuple[StoreProperty, ...]:
    """Return an entry's properties beside the friendly name, which its alias says."""
    return tuple(item for item in entry.properties if item.id != _FRIENDLY_NAME)


def _dated(store: TrustStore, at: datetime) -> TrustStore:
    """Give new entries their date, in whole milliseconds as Java keeps it."""
    at = at.replace(microsecond=at.microsecond // 1_000 * 1_000)
    return replace(store, entries=tuple(_with_date(entry, at) for entry in store.entries))


def _with_date(entry: Entry, at: datetime) -> Entry:
    if isinstance(entry, OtherEntry) or entry.created is not None or entry.native is not None:
        return entry  # One that was found without a date has one that no calendar holds.
    return replace(entry, created=at)


def _reproducible(store: TrustStore, *, format_name: str, recipe: Recipe) -> Recipe:
    """
    Return the recipe with salts that follow from the content and the password (HKDF-Expand, RFC 5869 §2.3, with SHA-256).

    The key of the expansion is the hash of the store as it is under salts of zeros. So whoever guesses passwords by these salts
    has to derive the keys with all their iterations for each guess, as by the store itself.
    """
    if any(isinstance(entry, PrivateKeyEntry | SecretKeyEntry) for entry in store.entries):
        message = "A store that holds a key is not written reproducibly: its salts must be chance."
        raise RefusedError(message, remedy="Leave --reproducible out.")
    first = formats.write(store, format=format_name, recipe=replace(recipe, entropy=bytes))
    return replace(recipe, entropy=_expansion(hashlib.sha256(first).digest()))


def _expansion(key: bytes) -> Callable[[int], bytes]:
    calls = itertools.count()

    def entropy(size: int) -> bytes:
        info, block, blocks = f"anchorkeep reproducible store {next(calls)}".encode(), b"", b""
        for number in range(1, -(-size // 32) + 1):
            block = hmac.digest(key, block + info + bytes((number,)), "sha256")
            blocks += block
        return blocks[:size]

    return entropy


def _with_chains_of(wanted: TrustStore, found: TrustStore) -> TrustStore:
    """
    Return what was found, each key's chain as long as the one wanted.

    PKCS#12 keeps no chains: readers find them by the issuers' names. A chain goes on where an issuer came into the store.
    """
    lengths = {entry.key: len(entry.chain) for entry in wanted.entries if isinstance(entry, PrivateKeyEntry)}
    entries = (
        replace(entry, chain=entry.chain[: lengths.get(entry.key)]) if isinstance(entry, PrivateKeyEntry) else entry
        for entry in found.entries
    )
    return replace(found, entries=tuple(entries))


def _meanings(store: TrustStore, *, format_name: str) -> list[Hashable]:
    capability = CAPABILITIES[format_name]
    return [meaning(entry, has_aliases=capability.has_aliases, has_dates=capability.has_dates) for entry in store.entries]
