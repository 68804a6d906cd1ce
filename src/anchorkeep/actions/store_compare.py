"""Compare two stores by what they trust, across formats: the content of certificates, not their names or order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anchorkeep.model.truststore import PrivateKeyEntry, TrustedCertEntry, TrustStore

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """
    A certificate and under which entries each of two stores has it.

    Attributes:
        certificate: the certificate.
        first: its aliases in the first store, in order; None stands for an entry without one; empty where it is not there.
        second: likewise in the second.
        is_key: whether a private key's chain holds it in either, rather than a trusted entry alone.
    """

    certificate: Certificate
    first: tuple[str | None, ...]
    second: tuple[str | None, ...]
    is_key: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """
    Two stores side by side.

    Attributes:
        only_first: what only the first holds, in its order.
        only_second: what only the second holds, in its order.
        both: what both hold, in the first one's order.
    """

    only_first: tuple[Standing, ...]
    only_second: tuple[Standing, ...]
    both: tuple[Standing, ...]

    @property
    def is_empty(self) -> bool:
        """Whether both hold the same certificates."""
        return not (self.only_first or self.only_second)


def compare(first: TrustStore, second: TrustStore) -> Difference:
    """Return which certificates are in one of two stores, and which in both; entries without a certificate are not compared."""
    here, there = _holders(first), _holders(second)
    standings = [
        Standing(
            certificate=certificate,
            first=tuple(alias for alias, _ in here.get(certificate, ())),
            second=tuple(alias for alias, _ in there.get(certificate, ())),
            is_key=any(is_key for _, is_key in (*here.get(certificate, ()), *there.get(certificate, ()))),
        )
        for certificate in (*here, *(item for item in there if item not in here))
    ]
    return Difference(
        only_first=tuple(item for item in standings if item.certificate not in there),
        only_second=tuple(item for item in standings if item.certificate not in here),
        both=tuple(item for item in standings if item.certificate in here and item.certificate in there),
    )


def _holders(store: TrustStore) -> dict[Certificate, list[tuple[str | None, bool]]]:
    """Return for each certificate, in the store's order, the aliases of the entries that hold it and whether they are keys."""
    found: dict[Certificate, list[tuple[str | None, bool]]] = {}
    for entry in store.entries:
        match entry:
            case TrustedCertEntry():
                found.setdefault(entry.certificate, []).append((entry.alias, False))
            case PrivateKeyEntry():
                for certificate in dict.fromkeys(entry.chain):
                    found.setdefault(certificate, []).append((entry.alias, True))
            case _:
                pass  # It holds no certificate.
    return found
