"""
What is to be said about a store: what Java does not open or see in it, what is over, what hides something.

Not checked: whether its certificates are to be trusted, and whether they make a path for anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.errors import CertificateError
from anchorkeep.judge import opening
from anchorkeep.model import naming
from anchorkeep.model.alias import folded
from anchorkeep.model.finding import Finding, Severity
from anchorkeep.model.truststore import (
    Entry,
    Integrity,
    KeyForm,
    OtherEntry,
    Part,
    PrivateKeyEntry,
    SecretKeyEntry,
    TrustedCertEntry,
    TrustStore,
    certificate_of,
)
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from anchorkeep.judge.opening import Opening
    from anchorkeep.model.certificate import Certificate

NOTE, WARNING, ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR
#: The two formats whose entries Java looks up by their alias in lower case and stores by the alias as it is.
_LOOKED_UP = frozenset({"jks", "jceks"})
#: The formats in which a certificate by itself is a trust anchor of Java's.
_ANCHORING = opening.OWN | {"bks"}
#: What is said of a store that is trusted for nothing.
NOTHING_TRUSTED = "Java trusts nothing by this store: every connection that uses it fails."
_VERSION_3 = 3
#: How the protection of a BKS store before version 2 is called.
_SHORT_KEY = " with a key of 16 bits"
#: Characters of an alias, escaped: what the codecs read at most.
_WHOLE = 1_000_000
_RENAME = "Rename it with `anchorkeep store rename`, naming it by its fingerprint where its alias is not its own."


def inspect(store: TrustStore, openings: Sequence[Opening], *, at: datetime, is_unconfirmed: bool = False) -> tuple[Finding, ...]:
    """
    Return the findings about a store, the worst first.

    Args:
        store: as it was read.
        openings: which Java opens it; where a person named one runtime, that one alone.
        at: the time at which certificates are over or not, aware.
        is_unconfirmed: whether a password was given that proves nothing of the store.
    """
    findings = (
        *_of_integrity(store, is_unconfirmed=is_unconfirmed),
        *_of_short_key(store),
        *_of_openings(store, openings),
        *_of_aliases(store),
        *_of_anchors(store),
        *_of_entries(store),
        *_of_dates(store, at),
    )
    return tuple(sorted(findings, key=lambda item: -item.severity))


def _finding(id_: str, severity: Severity, message: str, remedy: str = "", *, about: Sequence[Entry] = ()) -> Finding:
    certificates = tuple(dict.fromkeys(item for entry in about if (item := certificate_of(entry)) is not None))
    return Finding(id=id_, severity=severity, message=message, remedy=remedy, certificates=certificates)


def is_without_anchor(store: TrustStore) -> bool:
    """Whether a store is one of Java's, and holds neither a key nor a certificate that Java trusts."""
    if store.format not in _ANCHORING or any(isinstance(entry, PrivateKeyEntry | SecretKeyEntry) for entry in store.entries):
        return False
    return not any(isinstance(entry, TrustedCertEntry) and entry.is_visible_to_java for entry in store.entries)


def _of_integrity(store: TrustStore, *, is_unconfirmed: bool) -> Iterator[Finding]:
    if store.integrity is Integrity.NOT_CHECKED:
        message = "The store's integrity was not checked, for no password that was tried is its own: anybody may have changed it."
        yield _finding("integrity-not-checked", WARNING, message, "Give its password.")
    elif is_unconfirmed:
        message = "The password that was given proves nothing: the store has no integrity check; it may be another one."
        yield _finding("password-proves-nothing", WARNING, message, "Look who made the store; convert it to give it a password.")


def _of_short_key(store: TrustStore) -> Iterator[Finding]:
    """Look for the integrity check of BKS versions 0 and 1, whose key can be tried out (CVE-2018-5382)."""
    if any(item.part is Part.INTEGRITY and item.algorithm.endswith(_SHORT_KEY) for item in store.protection):
        message = "The store's integrity check has a key of 16 bits: anybody can change the store, and its password still fits."
        remedy = "Compare its certificates with those that whoever made it has, then convert it to a new BKS store."
        yield _finding("integrity-key-short", WARNING, message, remedy)


def _of_openings(store: TrustStore, openings: Sequence[Opening]) -> Iterator[Finding]:
    is_asked = len(openings) == 1
    if store.format not in opening.OWN and not is_asked:
        return  # A file of certificates is no store of Java's, and was not meant to be one.
    refused = [item for item in openings if not item.opens]
    severity = ERROR if len(refused) == len(openings) else NOTE
    for items in _by_reason(refused):
        message = f"{_told(items, 'does not open it', 'opens it')}: {items[0].reason}."
        yield _finding("store-not-opened", severity, message, items[0].remedy)
    sealed = [item for item in openings if item.opens and not item.opens_keys]
    severity = WARNING if len(sealed) == len(openings) else NOTE
    for items in _by_reason(sealed):
        message = f"{_told(items, 'does not open its private keys', 'opens its private keys')}: {items[0].reason}."
        yield _finding("key-not-opened", severity, message, items[0].remedy)


def _by_reason(openings: Sequence[Opening]) -> Iterator[list[Opening]]:
    """Yield runtimes that have the same reason together, for what helps with one need not help with another."""
    for reason in dict.fromkeys(item.reason for item in openings):
        yield [item for item in openings if item.reason == reason]


def _told(openings: Sequence[Opening], one: str, none: str) -> str:
    """Return runtimes, the oldest first, with what they do not do: `Java 8 does not open it`, `Neither ... nor ... opens it`."""
    labels = [item.java.label for item in openings]
    return f"{labels[0]} {one}" if len(labels) == 1 else f"Neither {', '.join(labels[:-1])} nor {labels[-1]} {none}"


def _of_aliases(store: TrustStore) -> Iterator[Finding]:
    """Look for entries that Java cannot find by their alias, or finds another in the place of."""
    named = [entry for entry in store.entries if entry.alias is not None]
    if store.format in _LOOKED_UP:
        high = [entry for entry in named if entry.alias != folded(entry.alias or "")]
        if high:
            why = "it looks up aliases in lower case, and keytool -list fails for the whole store"
            message = f"Java does not see {naming.described(high)}: {why}."
            yield _finding("alias-upper-case", ERROR, message, _RENAME, about=high)
    if store.format in opening.OWN:
        yield from _of_repeated([entry for entry in named if _is_seen(entry)], is_looked_up=store.format in _LOOKED_UP)
    hidden = [entry for entry in named if visible(entry.alias or "", limit=_WHOLE).replace("\\\\", "\\") != entry.alias]
    if hidden:
        message = (
            f"Aliases hold characters that are not seen, and can make a list show what is not there: {naming.described(hidden)}."
        )
        yield _finding("hostile-alias", WARNING, message, _RENAME, about=hidden)


def _of_repeated(named: Sequence[Entry], *, is_looked_up: bool) -> Iterator[Finding]:
    """Look for aliases that are the same but for case: Java finds one entry by them, of those it sees the last in the file."""
    groups: dict[str, list[Entry]] = {}
    for entry in named:
        groups.setdefault(folded(entry.alias or ""), []).append(entry)
    found: list[Entry] = []
    hidden: list[Entry] = []
    for alias, entries in groups.items():
        # PKCS#12 takes every alias in lower case; JKS and JCEKS as it is, and look it up in lower case.
        shown = next((entry for entry in reversed(entries) if not is_looked_up or entry.alias == alias), None)
        if len(entries) > 1:
            found += [] if shown is None else [shown]
            hidden += [entry for entry in entries if entry is not shown]
    if hidden:
        message = f"Java does not see {naming.described(hidden)}: of aliases that are the same but for case it finds one entry"
        message += f", {naming.described(found)}." if found else ", and none of these."
        yield _finding("alias-repeated", ERROR, message, _RENAME, about=hidden)


def _is_seen(entry: Entry) -> bool:
    """Tell whether Java sees an entry at all, if it has an alias of its own."""
    return not isinstance(entry, OtherEntry) and (not isinstance(entry, TrustedCertEntry) or entry.is_visible_to_java)


def _of_anchors(store: TrustStore) -> Iterator[Finding]:
    """Look for a store that makes no path end anywhere, and for anchors that are no CAs (RFC 5280 §4.2.1.9)."""
    if store.format not in _ANCHORING:
        return
    trusted = [entry for entry in store.entries if isinstance(entry, TrustedCertEntry) and entry.is_visible_to_java]
    if is_without_anchor(store) and not any(isinstance(entry, TrustedCertEntry) for entry in store.entries):
        remedy = "Add the roots that it is to trust: `anchorkeep store add`."
        yield _finding("nothing-trusted", ERROR, NOTHING_TRUSTED, remedy)
    leaves = [entry for entry in trusted if _is_no_ca(entry.certificate)]
    if leaves:
        message = f"Trusted and no CA, so of no use once the service has its next certificate: {naming.described(leaves)}."
        remedy = "Trust the root of its CA instead: `anchorkeep store add` with the service takes that."
        yield _finding("anchor-not-ca", WARNING, message, remedy, about=leaves)


def _is_no_ca(certificate: Certificate) -> bool:
    try:
        # Before version 3 nothing says what a certificate may do; old roots are such.
        return certificate.version >= _VERSION_3 and not certificate.is_ca
    except CertificateError:
        return False  # That it cannot be read is a finding of its own.


def _of_entries(store: TrustStore) -> Iterator[Finding]:
    """Look for what stands in a store and is passed over by Java (sun.security.pkcs12.PKCS12KeyStore.loadSafeContents)."""
    trusted = [entry for entry in store.entries if isinstance(entry, TrustedCertEntry)]
    unseen = [entry for entry in trusted if not entry.is_visible_to_java]
    if unseen:
        is_all = len(unseen) == len(store.entries)
        message = f"Java does not see {naming.described(unseen)}: without the attribute trustedKeyUsage it trusts no certificate."
        remedy = "Convert the store, or add its certificates to a new one: both are written with the attribute."
        if store.has_private_keys:
            remedy = (
                "Add what is to be trusted to a trust store, each by its fingerprint; beside a private key nothing is meant so."
            )
        yield _finding("not-trusted-by-java", ERROR if is_all else WARNING, message, remedy, about=unseen)
    plain = [entry for entry in store.entries if isinstance(entry, PrivateKeyEntry) and _is_plain(entry)]
    if plain:
        message = f"Whoever can read the file has the private keys, which are not encrypted: {naming.described(plain)}."
        yield _finding("key-not-encrypted", WARNING, message, "Convert the store under a password.", about=plain)
    others = [entry for entry in store.entries if isinstance(entry, OtherEntry)]
    if others and store.format in opening.OWN:
        message = (
            f"Java passes over {counted(len(others), 'bag')} that holds neither certificate nor key: {naming.described(others)}."
        )
        yield _finding("bag-passed-over", NOTE, message)


def _is_plain(entry: PrivateKeyEntry) -> bool:
    return entry.key is not None and entry.key.form is KeyForm.PLAIN


def _of_dates(store: TrustStore, at: datetime) -> Iterator[Finding]:
    over = [entry for entry in store.entries if _is_over(certificate_of(entry), at)]
    if over:
        message = f"{counted(len(over), 'certificate')} expired: {naming.described(over)}."
        remedy = "Remove trusted ones with `anchorkeep store remove --expired` once nothing needs them."
        yield _finding("entry-expired", WARNING, message, remedy, about=over)


def _is_over(certificate: Certificate | None, at: datetime) -> bool:
    try:
        return certificate is not None and certificate.not_after < at
    except CertificateError:
        return False  # That it cannot be read is a finding of its own.
