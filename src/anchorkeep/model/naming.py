"""Which entries of a store a person means: by alias, or by the fingerprint of what they hold."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from anchorkeep.errors import RefusedError, UsageError
from anchorkeep.model.alias import folded
from anchorkeep.model.truststore import Entry, OtherEntry, PrivateKeyEntry, SecretKeyEntry, TrustedCertEntry
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anchorkeep.model.truststore import TrustStore

#: What to call an entry in a sentence.
KINDS = {
    TrustedCertEntry: "trusted certificate",
    PrivateKeyEntry: "private key",
    SecretKeyEntry: "secret key",
    OtherEntry: "other entry",
}
#: Entries named in one sentence.
_NAMED = 5
#: A SHA-256, whole or at least as much of its beginning as aliases made here end with.
_FINGERPRINT = re.compile(r"[0-9a-f]{8,64}")


def find(store: TrustStore, name: str) -> tuple[int, ...]:
    """
    Return the positions of the entries that a name means: the one with an alias, or all that hold one certificate.

    Args:
        store: the store.
        name: an alias, in the case it has or, where that means one entry alone, in any; or the SHA-256 of a certificate, of a
            key's leaf or of another entry's bytes: whole, or its first 8 digits or more, with or without colons.

    Raises:
        UsageError: no entry has that name.
        RefusedError: several entries have it and are not the same certificate; the message tells them apart.
    """
    named = [number for number, entry in enumerate(store.entries) if entry.alias == name]
    if not named:
        named = [number for number, entry in enumerate(store.entries) if entry.alias and folded(entry.alias) == folded(name)]
    digits = name.replace(":", "").lower()
    marked: list[int] = []
    if _FINGERPRINT.fullmatch(digits):
        marked = [number for number, entry in enumerate(store.entries) if fingerprint(entry).startswith(digits)]
    found = sorted({*named, *marked})
    if not found:
        message = f"No entry of the store is called '{visible(name, limit=100)}'."
        raise UsageError(message, remedy="Name an alias as the list of the store shows it, or the SHA-256 of its certificate.")
    is_one_certificate = len({fingerprint(store.entries[number]) for number in found}) == 1 and set(found) == set(marked)
    if len(found) > 1 and not is_one_certificate:
        raise ambiguous(name, [store.entries[number] for number in found])
    return tuple(found)


def fingerprint(entry: Entry) -> str:
    """Return the SHA-256, in hexadecimal, that an entry can be named by: of what `find` says; empty where it has none."""
    match entry:
        case TrustedCertEntry():
            return entry.certificate.sha256.hex()
        case PrivateKeyEntry():
            return entry.chain[0].sha256.hex() if entry.chain else ""
        case OtherEntry():
            return hashlib.sha256(entry.data).hexdigest()
        case SecretKeyEntry():
            return ""


def ambiguous(name: str, entries: Sequence[Entry]) -> RefusedError:
    """Return the error that a name means several entries, which tells them apart."""
    message = f"'{visible(name, limit=100)}' names {len(entries)} entries: {described(entries)}."
    return RefusedError(message, remedy="Name one by its whole alias, or by the fingerprint of its certificate.")


def described(entries: Sequence[Entry]) -> str:
    """Return entries as a part of a sentence: their aliases, kinds and fingerprints, as far as they have some; printable."""
    shown = [f"{_called(entry)} ({_mark(entry)})" for entry in entries[:_NAMED]]
    return ", ".join(shown) + (f" and {len(entries) - _NAMED} more" if len(entries) > _NAMED else "")


def _called(entry: Entry) -> str:
    return "an entry without alias" if entry.alias is None else f"'{visible(entry.alias, limit=60)}'"


def _mark(entry: Entry) -> str:
    kind = "" if isinstance(entry, TrustedCertEntry) else f"{KINDS[type(entry)]}, "
    return f"{kind}SHA-256 {fingerprint(entry)}" if fingerprint(entry) else kind.rstrip(", ")
