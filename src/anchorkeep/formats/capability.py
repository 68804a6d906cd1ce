"""What each format is called, how its files are named, and what it can hold, known before a byte is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anchorkeep.errors import UnsupportedEntryError
from anchorkeep.model.truststore import Entry, OtherEntry, OtherKind, PrivateKeyEntry, SecretKeyEntry, TrustedCertEntry
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """
    What a format can hold.

    Attributes:
        kinds: the kinds of entry it can be given; others of its own are carried where they were found, and only there.
        others: of `OtherEntry`, the kinds it can be given.
        has_aliases: whether an entry has a name that is kept.
        has_dates: whether an entry has the date it was made.
        has_password: whether a store has a password.
        needs_password: whether a store cannot be written without one.
        can_be_empty: whether a store without an entry is a store.
    """

    kinds: frozenset[type[Entry]]
    others: frozenset[OtherKind] = frozenset()
    has_aliases: bool = True
    has_dates: bool = False
    has_password: bool = False
    needs_password: bool = False
    can_be_empty: bool = True

    def can_hold(self, entry: Entry) -> bool:
        """Return whether such an entry can be put into a store of this format."""
        return entry.kind in self.others if isinstance(entry, OtherEntry) else type(entry) in self.kinds


_CERTIFICATES: frozenset[type[Entry]] = frozenset({TrustedCertEntry})
_WITH_KEYS = _CERTIFICATES | {PrivateKeyEntry}
_WITH_SECRETS = _WITH_KEYS | {SecretKeyEntry}

#: Each format that a store can be written in, by its name. A secret key is carried within JCEKS, PKCS#12 or BKS, never between.
CAPABILITIES = {
    "pem": Capability(kinds=_CERTIFICATES, has_aliases=False, can_be_empty=False),
    "pkcs7": Capability(kinds=_CERTIFICATES, has_aliases=False, can_be_empty=False),
    "sst": Capability(kinds=_CERTIFICATES, others=frozenset({OtherKind.CRL, OtherKind.CTL})),
    "jks": Capability(kinds=_WITH_KEYS, has_dates=True, has_password=True, needs_password=True),
    "jceks": Capability(kinds=_WITH_SECRETS, has_dates=True, has_password=True, needs_password=True),
    "pkcs12": Capability(kinds=_WITH_SECRETS, has_password=True),
    "bks": Capability(kinds=_WITH_SECRETS, has_dates=True, has_password=True, needs_password=True),
}

#: What a file of each format is called in a sentence.
TITLES = {
    "pem": "a PEM file",
    "der": "a DER file",
    "pkcs7": "a PKCS#7 file",
    "sst": "a serialized certificate store (SST)",
    "jks": "a JKS store",
    "jceks": "a JCEKS store",
    "pkcs12": "a PKCS#12 store",
    "bks": "a Bouncy Castle store (BKS)",
}

# The formats that a file name ending so promises, the usual one first. Endings that promise nothing, as .keystore, are not here.
_SUFFIXES = {
    ".pem": ("pem",),
    ".crt": ("pem", "der"),
    ".cer": ("pem", "der"),
    ".der": ("der",),
    ".p7b": ("pkcs7", "pem"),
    ".p7c": ("pkcs7", "pem"),
    ".sst": ("sst",),
    ".jks": ("jks",),
    ".jceks": ("jceks",),
    ".p12": ("pkcs12",),
    ".pfx": ("pkcs12",),
    ".pkcs12": ("pkcs12",),
    ".bks": ("bks",),
}

_KINDS: dict[type[Entry] | OtherKind, str] = {
    TrustedCertEntry: "a certificate",
    PrivateKeyEntry: "a private key with its certificates",
    SecretKeyEntry: "a secret key",
    OtherKind.CRL: "a certificate revocation list",
    OtherKind.CTL: "a certificate trust list",
    OtherKind.UNKNOWN: "an entry of an unknown kind",
}


def promised(name: str) -> tuple[str, ...]:
    """Return the formats that a file's name promises by its suffix, the usual one first; none where it promises nothing."""
    _, dot, suffix = name.rpartition(".")
    return _SUFFIXES.get(dot + suffix.lower(), ())


def suffix_note(name: str, *, format: str) -> str | None:  # noqa: A002 (what it is)
    """
    Return what is to be said of a file whose name promises another format than its content has, None where nothing is.

    Content decides, here and in Java (JEP 229), so that this is a note and never an error.

    Args:
        name: the file's name, with or without folders.
        format: what `formats.detect` says.
    """
    names = promised(name)
    if not names or format in names:
        return None
    suffix = name[name.rindex(".") :].lower()
    return f"The name ends in {suffix}, but the file is {TITLES[format]}; its content decides."


def refusal(entry: Entry, *, number: int, format: str) -> UnsupportedEntryError:  # noqa: A002 (what it is)
    """
    Return the error for an entry that a store of that format cannot be given.

    Args:
        entry: the entry.
        number: its place in the store, from 1.
        format: one of `CAPABILITIES`.
    """
    what = _KINDS[entry.kind if isinstance(entry, OtherEntry) else type(entry)]
    alias = "" if entry.alias is None else f" ('{visible(entry.alias, limit=60)}')"
    message = f"Entry {number}{alias} is {what}, which {TITLES[format]} cannot be given."
    return UnsupportedEntryError(message, remedy="Leave it out, or choose another format.")


def certificates(entries: Iterable[Entry], *, format: str) -> Iterator[TrustedCertEntry]:  # noqa: A002 (what it is)
    """Yield the entries of a format that holds certificates alone; any other kind is an UnsupportedEntryError."""
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, TrustedCertEntry):
            raise refusal(entry, number=number, format=format)
        yield entry
