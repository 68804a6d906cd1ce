"""
Editing a store: each edit is a function from a store to a new one and what changed.

Rules kept here:
- an entry that an edit does not name stays what it is, in its place, with all that its codec knows of it;
- a new entry never takes the place or the alias of another, and a certificate that is there is not put there again;
- what names several entries is no name: the edit is refused, and the message tells them apart;
- a certificate that its own file rejects is not taken over as trusted, nor put beside an entry that rejects it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from anchorkeep.errors import CertificateError, RefusedError, UsageError
from anchorkeep.model import alias as aliases
from anchorkeep.model import naming
from anchorkeep.model.truststore import Entry, PrivateKeyEntry, SecretKeyEntry, TrustedCertEntry, TrustStore
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from anchorkeep.model.certificate import Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """
    A certificate to be added.

    Attributes:
        certificate: the certificate.
        alias: the name it is to have; None makes one from its subject and fingerprint.
    """

    certificate: Certificate
    alias: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Renaming:
    """An entry under its old alias, and the same under its new one."""

    before: Entry
    after: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    What an edit did to a store.

    Attributes:
        added: the new entries, in the store's order.
        removed: the entries that are gone, as they were.
        renamed: the entries with another alias.
        kept: of what was to be added, the entries that hold it already, under whatever alias.
    """

    added: tuple[Entry, ...] = ()
    removed: tuple[Entry, ...] = ()
    renamed: tuple[Renaming, ...] = ()
    kept: tuple[Entry, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the store is what it was."""
        return not (self.added or self.removed or self.renamed)


def added(store: TrustStore, additions: Sequence[Addition], *, has_aliases: bool = True) -> tuple[TrustStore, Change]:
    """
    Return the store with certificates behind its entries, in their order; one that is trusted there already is kept as it is.

    A certificate that stands there unseen by Java, or in a key's chain alone, is not trusted there and is added.

    Args:
        store: the store.
        additions: what to add.
        has_aliases: whether the store's format keeps aliases; where not, none is made.

    Raises:
        UsageError: an alias that must not be written, or one for a format without any.
        RefusedError: an alias that another entry has, in whatever case; or a certificate that the store itself rejects.
    """
    present = _trusted(store)
    rejected = {entry.certificate: entry for entry in store.distrusted}
    taken = _by_alias(store.entries)
    new: list[Entry] = []
    kept: list[Entry] = []
    for item in additions:
        if item.alias is not None:
            _refuse_alias(item.alias, has_aliases=has_aliases)
        if item.certificate in rejected:
            raise _rejected([rejected[item.certificate]], where="The store", remedy="Remove that entry first.")
        if found := present.get(item.certificate):
            kept.append(found)
            continue
        if item.alias is not None and item.alias in taken:
            raise _taken(item.alias, taken[item.alias])
        alias = aliases.free(item.certificate, taken=taken, wanted=item.alias) if has_aliases else None
        entry = TrustedCertEntry(certificate=item.certificate, alias=alias)
        if alias is not None:
            taken[alias] = entry
        present[item.certificate] = entry
        new.append(entry)
    return replace(store, entries=(*store.entries, *new)), Change(added=tuple(new), kept=tuple(kept))


def removed(
    store: TrustStore, names: Sequence[str] = (), *, expired: datetime | None = None, with_keys: bool = False
) -> tuple[TrustStore, Change]:
    """
    Return the store without the entries named.

    Args:
        store: the store.
        names: an alias each, or a SHA-256 fingerprint, as `naming.find` takes them.
        expired: remove also the trusted certificates whose last moment is before this; None removes none for its date.
        with_keys: whether private and secret keys may be removed.

    Raises:
        UsageError: nothing was named, or no entry has that name.
        RefusedError: several entries have the alias, or several certificates the digits; or it is a key and may not be removed.
    """
    if not names and expired is None:
        raise UsageError("Nothing to remove was named.", remedy="Name aliases or SHA-256 fingerprints.")
    gone: set[int] = set()
    for name in names:
        found = naming.find(store, name)
        keys = [store.entries[number] for number in found if isinstance(store.entries[number], PrivateKeyEntry | SecretKeyEntry)]
        if keys and not with_keys:
            message = f"'{visible(name, limit=100)}' is a key, which cannot be got again: {naming.described(keys)}."
            raise RefusedError(message, remedy="Allow it with --keys, or name another entry.")
        gone.update(found)
    if expired is not None:
        gone.update(number for number, entry in enumerate(store.entries) if _is_over(entry, expired))
    left = tuple(entry for number, entry in enumerate(store.entries) if number not in gone)
    return replace(store, entries=left), Change(removed=tuple(store.entries[number] for number in sorted(gone)))


def renamed(store: TrustStore, name: str, alias: str) -> tuple[TrustStore, Change]:
    """
    Return the store with one entry under another alias.

    Args:
        store: the store.
        name: the entry, as `naming.find` takes it.
        alias: its new alias.

    Raises:
        UsageError: no entry has that name, or the alias must not be written.
        RefusedError: several entries have the name, or another entry has the alias.
    """
    aliases.refuse_unfit(alias)
    found = naming.find(store, name)
    if len(found) > 1:
        raise naming.ambiguous(name, [store.entries[number] for number in found])
    (position,) = found
    before = store.entries[position]
    if before.alias == alias:
        return store, Change()
    others = _by_alias((*store.entries[:position], *store.entries[position + 1 :]))
    if alias in others:
        raise _taken(alias, others[alias])
    after = replace(before, alias=alias)
    entries = (*store.entries[:position], after, *store.entries[position + 1 :])
    return replace(store, entries=entries), Change(renamed=(Renaming(before=before, after=after),))


def merged(store: TrustStore, other: TrustStore, *, has_aliases: bool = True) -> tuple[TrustStore, Change]:
    """
    Return the store with the trusted certificates of another that it does not trust yet, each once, with their dates.

    An alias of the other is kept in lower case where it is free and may be written, else one is made anew. Of its entries only
    trusted certificates are taken over.

    Args:
        store: the store.
        other: where to take from, of any format.
        has_aliases: as for `added`.

    Raises:
        RefusedError: a certificate that the other rejects, or the store itself.
    """
    require_trusted(other)
    wanted = frozenset(other.trusted)
    if found_rejected := [entry for entry in store.distrusted if entry.certificate in wanted]:
        raise _rejected(found_rejected, where="The store", remedy="Remove that entry first.")
    present = _trusted(store)
    taken = _by_alias(store.entries)
    new: list[Entry] = []
    kept: list[Entry] = []
    for entry in other.entries:
        if not isinstance(entry, TrustedCertEntry) or entry.certificate not in wanted:
            continue
        if found := present.get(entry.certificate):
            kept.append(found)
            continue
        alias = aliases.free(entry.certificate, taken=taken, wanted=entry.alias) if has_aliases else None
        taken_over = TrustedCertEntry(certificate=entry.certificate, alias=alias, created=entry.created)
        if alias is not None:
            taken[alias] = taken_over
        present[entry.certificate] = taken_over
        new.append(taken_over)
    return replace(store, entries=(*store.entries, *new)), Change(added=tuple(new), kept=tuple(kept))


def require_trusted(store: TrustStore, *, accepted: Collection[bytes] = ()) -> None:
    """
    Refuse a store that itself says of a certificate that it is not to be trusted for TLS servers.

    Args:
        store: where certificates are to be taken from.
        accepted: SHA-256 fingerprints of certificates that a person vouches for nevertheless.

    Raises:
        RefusedError: there is one; the message names it.
    """
    rejected = [entry for entry in store.distrusted if entry.certificate.sha256 not in accepted]
    if rejected:
        remedy = "Write the certificate without what OpenSSL says of it: `openssl x509 -in FILE -out PLAIN.pem`."
        raise _rejected(rejected, where="The file", remedy=remedy)


def _rejected(entries: Sequence[TrustedCertEntry], *, where: str, remedy: str) -> RefusedError:
    return RefusedError(f"{where} rejects {naming.described(entries)} for TLS servers; it was not added.", remedy=remedy)


def _trusted(store: TrustStore) -> dict[Certificate, Entry]:
    """Return what is trusted already, by content."""
    entries = (entry for entry in store.entries if isinstance(entry, TrustedCertEntry) and entry.is_visible_to_java)
    return {entry.certificate: entry for entry in entries if not entry.is_distrusted}


def _by_alias(entries: Iterable[Entry]) -> dict[str, Entry]:
    return {aliases.folded(entry.alias): entry for entry in entries if entry.alias is not None}


def _is_over(entry: Entry, at: datetime) -> bool:
    try:
        return isinstance(entry, TrustedCertEntry) and entry.certificate.not_after < at
    except CertificateError:
        return False  # Nobody knows when it ends.


def _refuse_alias(alias: str, *, has_aliases: bool) -> None:
    if not has_aliases:
        raise UsageError("The store's format keeps no aliases.", remedy="Leave the alias out.")
    aliases.refuse_unfit(alias)


def _taken(alias: str, entry: Entry) -> RefusedError:
    message = f"The alias '{visible(alias, limit=100)}' is another entry's: {naming.described([entry])}."
    return RefusedError(message, remedy="Choose another, or remove or rename that entry first.")
