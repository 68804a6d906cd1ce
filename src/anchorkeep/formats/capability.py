"""What each format of store can hold, known before a byte is written."""

from __future__ import annotations

from dataclasses import dataclass

from anchorkeep.model.truststore import Entry, OtherEntry, OtherKind, PrivateKeyEntry, SecretKeyEntry, TrustedCertEntry


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
    """

    kinds: frozenset[type[Entry]]
    others: frozenset[OtherKind] = frozenset()
    has_aliases: bool = True
    has_dates: bool = False
    has_password: bool = False

    def can_hold(self, entry: Entry) -> bool:
        """Return whether such an entry can be put into a store of this format."""
        return entry.kind in self.others if isinstance(entry, OtherEntry) else type(entry) in self.kinds


_CERTIFICATES: frozenset[type[Entry]] = frozenset({TrustedCertEntry})
_WITH_KEYS = _CERTIFICATES | {PrivateKeyEntry}
_WITH_SECRETS = _WITH_KEYS | {SecretKeyEntry}

#: Each format that a store can be written in, by its name. A secret key is carried within JCEKS, PKCS#12 or BKS, never between.
CAPABILITIES = {
    "pem": Capability(kinds=_CERTIFICATES, has_aliases=False),
    "pkcs7": Capability(kinds=_CERTIFICATES, has_aliases=False),
    "sst": Capability(kinds=_CERTIFICATES, others=frozenset({OtherKind.CRL, OtherKind.CTL})),
    "jks": Capability(kinds=_WITH_KEYS, has_dates=True, has_password=True),
    "jceks": Capability(kinds=_WITH_SECRETS, has_dates=True, has_password=True),
    "pkcs12": Capability(kinds=_WITH_SECRETS, has_password=True),
    "bks": Capability(kinds=_WITH_SECRETS, has_dates=True, has_password=True),
}
