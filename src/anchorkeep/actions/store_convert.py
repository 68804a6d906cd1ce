"""
Write a store in another format.

Rules kept here:
- what the new format cannot hold is named first;
- an entry, or what a file holds beside its entries, is left out only when that is asked for;
- a lost alias or date is named and no more: hardly a store keeps both, and a leave that is always needed is always given.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from anchorkeep import formats
from anchorkeep.actions import store as stores
from anchorkeep.actions import store_edit, store_password, store_write
from anchorkeep.actions.store_encoding import beside_alias
from anchorkeep.errors import UnsupportedEntryError, UsageError
from anchorkeep.formats.capability import CAPABILITIES, TITLES
from anchorkeep.model import alias as aliases
from anchorkeep.model import naming
from anchorkeep.model.edit import Change
from anchorkeep.model.truststore import (
    Entry,
    OtherEntry,
    PrivateKeyEntry,
    SecretKeyEntry,
    TrustedCertEntry,
    TrustStore,
    certificate_of,
)
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from anchorkeep.actions.store import Opened
    from anchorkeep.actions.store_write import Terms, Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """
    What a format cannot hold.

    Attributes:
        what: `entry`, `alias`, `date`, `properties` or `besides`, for what the file holds and no entry says.
        message: which entries it concerns, one sentence; safe to print.
        entries: those entries, in the store's order; none for `besides`.
    """

    what: str
    message: str
    entries: tuple[Entry, ...]

    @property
    def needs_leave(self) -> bool:
        """Whether nothing is written unless it may be left out; an alias or a date is lost with a note."""
        return self.what not in {"alias", "date"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A store that was written in another format, and what that one could not hold."""

    written: Written
    losses: tuple[Loss, ...]


def convert(
    source: Path,
    target: Path,
    *,
    format: str,  # noqa: A002 (what it is)
    password: str | None = None,
    new_password: str | None = None,
    key_password: str | None = None,
    drop: bool = False,
    terms: Terms,
) -> Converted:
    """
    Write a store's entries to a new file in another format, or in the same one for another runtime.

    Private keys are opened and sealed as the new format seals them; secret keys go only where the format stays the same, and in
    PKCS#12 are sealed anew as private ones are.

    Args:
        source: the store.
        target: the new file; nothing may have that name.
        format: one of `formats.capability.CAPABILITIES`.
        password: of the source, as for `store.read`.
        new_password: of the target; None keeps the source's, or gives `changeit` where the source has none.
        key_password: what opens the source's keys where it is not the store's.
        drop: whether entries and contents that the target cannot hold are left out; its aliases and dates need no leave.
        terms: how it is written.

    Raises:
        UnsupportedEntryError: the target cannot hold every entry and all contents, and `drop` is not given; the message names
            what would be lost.
        StoreIntegrityError: a key does not open.
        AnchorkeepError: as for `store_edit.new` and `store.read`.
    """
    if format not in CAPABILITIES:
        raise UsageError(f"No format '{visible(format)}' of a store; there are {', '.join(CAPABILITIES)}.")
    opened = stores.read(source, password=password)
    stores.require_verified(opened)
    losses = tuple(_losses(opened.store, format_name=format))
    if any(item.needs_leave for item in losses) and not drop:
        message = f"{visible(str(source))} holds what {TITLES[format]} cannot: {' '.join(item.message for item in losses)}"
        raise UnsupportedEntryError(message, remedy=_remedy(opened.store))
    secret = _secret(opened, format_name=format, new_password=new_password)
    opener = key_password if key_password is not None else opened.password
    writer = _Conversion(opened=opened, format=format, opener=opener, password=secret, terms=terms)
    wanted = writer.store()
    change = Change(added=wanted.entries)
    is_rekeyed = secret != opened.password
    written = store_write.create(
        target, wanted, format=format, password=secret, change=change, terms=terms, is_rekeyed=is_rekeyed
    )
    is_known = new_password is None and opened.password is None and secret is not None
    notes = (*opened.notes, *written.notes, *_told(opened.store, wanted), *((store_edit.KNOWN,) if is_known else ()))
    return Converted(written=replace(written, notes=notes), losses=losses)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Conversion:
    """
    One conversion.

    Attributes:
        opened: the source.
        format: of the target.
        opener: what opens the source's keys, None where nothing has to.
        password: the target's.
        terms: how it is written.
    """

    opened: Opened
    format: str
    opener: str | None = field(repr=False)
    password: str | None = field(repr=False)
    terms: Terms

    def store(self) -> TrustStore:
        """Return the target's entries: as they are where the format stays, else made anew."""
        store = self.opened.store
        kept = store.entries if self._is_same else _carried(store, self.format)
        found = kept if self._is_same else ()
        names = Counter(aliases.folded(entry.alias) for entry in found if entry.alias is not None)
        entries = tuple(self._entry(entry, names) for entry in kept)
        # What is wrong with the whole of a store is not carried on, as the short key of BKS before version 2, or no protection.
        is_bare = self.opened.password is None and self.password is not None
        is_kept = self._is_same and not is_bare and not formats.doubt(store)
        return TrustStore(format=self.format, entries=entries, native=store.native if is_kept else None)

    @property
    def _is_same(self) -> bool:
        return self.opened.store.format == self.format

    def _entry(self, entry: Entry, names: Counter[str]) -> Entry:
        if self._is_same:
            return self._resealed(self._seen(entry, names))
        alias = None
        if CAPABILITIES[self.format].has_aliases:
            alias = aliases.free(certificate_of(entry), taken=names, wanted=entry.alias)
            names[alias] += 1
        match entry:
            case TrustedCertEntry():
                return TrustedCertEntry(certificate=entry.certificate, alias=alias, created=entry.created)
            case _:
                return replace(self._resealed(entry), alias=alias, native=None)

    def _seen(self, entry: Entry, names: Counter[str]) -> Entry:
        """
        Return the entry so that Java sees it, for a store is written for one; it keeps all else that its codec knows.

        Of several with one name, of which Java would see one, the last keeps it, as Java has it, or one that it saw before.
        """
        if not isinstance(entry, TrustedCertEntry) or entry.is_visible_to_java or self.opened.store.has_private_keys:
            return entry
        alias = entry.alias
        if alias is None or names[aliases.folded(alias)] > 1:
            if alias is not None:
                names[aliases.folded(alias)] -= 1
            alias = aliases.free(entry.certificate, taken=names)
            names[alias] += 1
        return replace(entry, alias=alias, is_visible_to_java=True)

    def _resealed(self, entry: Entry) -> Entry:
        """Return the entry with its key sealed for the target, where that is not the same as it was."""
        is_kept = self._is_same and self.password == self.opened.password and self.terms.java is None
        # Secret keys of other formats than PKCS#12 have passwords of their own, and stay as they are.
        if is_kept or (isinstance(entry, SecretKeyEntry) and self.format != "pkcs12"):
            return entry
        return store_password.relocked(entry, self.opener or "", format=self.format, password=self.password, terms=self.terms)


def is_carried(entry: Entry, format: str) -> bool:  # noqa: A002 (what it is)
    """
    Return whether an entry can go to a store of another format.

    A secret key is its own codec's alone. Only PEM says that a certificate is not to be trusted; anywhere else it would be. Only
    PKCS#12 has private keys without a certificate, which other stores would take for secret keys.
    """
    is_distrusted = isinstance(entry, TrustedCertEntry) and entry.is_distrusted
    is_bare = isinstance(entry, PrivateKeyEntry) and not entry.chain and format != "pkcs12"
    return not (is_distrusted or is_bare or isinstance(entry, SecretKeyEntry)) and CAPABILITIES[format].can_hold(entry)


def _carried(store: TrustStore, format_name: str) -> tuple[Entry, ...]:
    """Return the entries that go to a store of another format, where all certificates are trusted."""
    beside = frozenset(store.accompanying)
    return tuple(entry for entry in store.entries if is_carried(entry, format_name) and entry not in beside)


def _secret(opened: Opened, *, format_name: str, new_password: str | None) -> str | None:
    """Return the password of the new store: the one given, else the one that the old one has, else as every new store gets it."""
    if new_password is None and CAPABILITIES[format_name].has_password:
        new_password = opened.password
    return store_edit.new_password(format_name, new_password)


def _losses(store: TrustStore, *, format_name: str) -> Iterator[Loss]:
    """Name what a format cannot hold; what stays within its format is all held."""
    if store.format == format_name:
        return
    capability = CAPABILITIES[format_name]
    rejected = store.distrusted
    if rejected:
        message = f"It would trust {naming.described(rejected)}, which the file rejects for TLS servers."
        yield Loss(what="entry", message=message, entries=rejected)
    if beside := store.accompanying:
        message = f"It would trust {naming.described(beside)}, which the store keeps beside a private key without saying so."
        yield Loss(what="entry", message=message, entries=beside)
    left = tuple(entry for entry in store.entries if not is_carried(entry, format_name) and entry not in rejected)
    if left:
        yield Loss(what="entry", message=f"It cannot be given {naming.described(left)}.", entries=left)
    kept = _carried(store, format_name)
    named = tuple(entry for entry in kept if entry.alias is not None)
    if named and not capability.has_aliases:
        yield Loss(what="alias", message=f"It keeps no aliases; {_number(named)} one.", entries=named)
    dated = tuple(entry for entry in kept if _loses_date(entry, format_name))
    if dated:
        yield Loss(what="date", message=f"It keeps no dates; {_number(dated)} one.", entries=dated)
    marked = tuple(entry for entry in kept if isinstance(entry, TrustedCertEntry | OtherEntry) and beside_alias(entry))
    if marked:
        yield Loss(what="properties", message=f"It keeps no properties of Windows; {_number(marked)} some.", entries=marked)
    if besides := formats.besides(store):
        yield Loss(what="besides", message=f"It has no place for {', '.join(besides)}.", entries=())


def _remedy(store: TrustStore) -> str:
    """Return what to do where a format cannot hold everything; leaving keys out is hardly what was meant."""
    if stores.keys_besides(store):
        return (
            "Private keys in PEM are carried and not read: `openssl pkcs12 -export -in FILE -out NEW.p12` makes a store that has "
            "them. Or leave them out with --drop."
        )
    return "Leave it out with --drop, or choose another format."


def _loses_date(entry: Entry, format_name: str) -> bool:
    if isinstance(entry, OtherEntry) or entry.created is None or CAPABILITIES[format_name].has_dates:
        return False
    # Java keeps the date of a key in PKCS#12, within its localKeyId, and none of a trusted certificate.
    return format_name != "pkcs12" or isinstance(entry, TrustedCertEntry)


def _number(entries: Sequence[Entry]) -> str:
    return "1 entry has" if len(entries) == 1 else f"{len(entries):,} entries have"


def _told(old: TrustStore, new: TrustStore) -> Iterator[str]:
    """Say what became of entries beyond what their format asks: what Java sees now, and what is called otherwise."""
    unseen = [entry for entry in old.entries if isinstance(entry, TrustedCertEntry) and not entry.is_visible_to_java]
    if unseen and not old.has_private_keys:
        yield f"In the old store Java did not see {naming.described(unseen)}; in the new one it trusts what it holds."
    known = {entry.alias for entry in old.entries}
    called = [entry for entry in new.entries if entry.alias is not None and entry.alias not in known]
    if called and any(known - {None}):
        yield f"Each entry must be found by its alias, so some have another: {naming.described(called)}."
