"""The certificates that a program trusts, in the order of its store, and how they are found by name and by key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from anchorkeep.errors import CertificateError
from anchorkeep.model.lazy import Lazy

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from anchorkeep.model.certificate import Certificate

T = TypeVar("T", bound="Hashable")


@dataclass(frozen=True)
class TrustAnchors:
    """
    What a store trusts, as far as one runtime sees it.

    Attributes:
        certificates: in the store's order, each once.
    """

    certificates: tuple[Certificate, ...]

    def __contains__(self, certificate: object) -> bool:
        """Whether exactly this certificate is trusted."""
        return certificate in self._all

    @Lazy
    def _all(self) -> frozenset[Certificate]:
        return frozenset(self.certificates)

    @Lazy
    def _indexes(self) -> dict[Callable[[Certificate], Hashable], dict[Any, tuple[Certificate, ...]]]:
        return {}

    def indexed(self, key: Callable[[Certificate], T]) -> Mapping[T, tuple[Certificate, ...]]:
        """Return the anchors by what a function says of each, worked out once; one that cannot be read is left out."""
        index = self._indexes.get(key)
        if index is None:
            found: dict[T, list[Certificate]] = {}
            for certificate in self.certificates:
                try:
                    found.setdefault(key(certificate), []).append(certificate)
                except CertificateError:
                    continue
            index = self._indexes[key] = {value: tuple(certificates) for value, certificates in found.items()}
        return index

    def by_subject(self, canonical: bytes) -> tuple[Certificate, ...]:
        """Return the anchors whose subject has that canonical form; one that cannot be read has no name."""
        return self.indexed(_canonical_subject).get(canonical, ())


def _canonical_subject(certificate: Certificate) -> bytes:
    return certificate.subject.canonical
