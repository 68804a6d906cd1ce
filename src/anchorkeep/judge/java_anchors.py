"""
What Java takes for trusted in a store: the one place that knows which entries it finds.

Java finds entries by their aliases: of those that are the same but for case it sees the last, and in a JKS or JCEKS store none
with upper case in it (measured; `sun.security.provider.JavaKeyStore`, `sun.security.pkcs12.PKCS12KeyStore`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.judge.opening import OWN
from anchorkeep.model.truststore import PrivateKeyEntry, TrustedCertEntry

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.truststore import Entry, TrustStore

#: Formats whose entries Java finds by an alias in lower case alone, whatever stands in the file.
_LOWER_CASE = frozenset({"jks", "jceks"})


def anchors(store: TrustStore, *, with_keys: bool = False) -> tuple[Certificate, ...]:
    """
    Return the certificates that a reader of a store takes for trusted, in order, each once.

    Args:
        store: the store; of a format that Java does not open, what any other reader would trust.
        with_keys: whether the first certificate of each private key's chain counts, which Java's trust managers trust too
            (`sun.security.validator.TrustStoreUtil`), though it is there to be shown.
    """
    if store.format not in OWN:
        return tuple(dict.fromkeys(store.trusted))
    found: dict[object, Entry] = {}
    for entry in store.entries:
        if not isinstance(entry, TrustedCertEntry) or (entry.is_visible_to_java and not entry.is_distrusted):
            found[entry if entry.alias is None else entry.alias.lower()] = entry
    if store.format in _LOWER_CASE:
        found = {alias: entry for alias, entry in found.items() if entry.alias is None or entry.alias == entry.alias.lower()}
    trusted: list[Certificate] = []
    for entry in found.values():
        if isinstance(entry, TrustedCertEntry):
            trusted.append(entry.certificate)
        elif with_keys and isinstance(entry, PrivateKeyEntry) and entry.chain:
            trusted.append(entry.chain[0])
    return tuple(dict.fromkeys(trusted))
