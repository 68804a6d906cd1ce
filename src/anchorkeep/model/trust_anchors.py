"""The certificates that a program trusts, in the order of its store, and how they are found by name and by key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anchorkeep.errors import CertificateError
from anchorkeep.model.lazy import Lazy

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate


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
    def _by_subject(self) -> dict[bytes, tuple[Certificate, ...]]:
        found: dict[bytes, list[Certificate]] = {}
        for certificate in self.certificates:
            try:
                found.setdefault(certificate.subject.canonical, []).append(certificate)
            except CertificateError:
                continue
        return {name: tuple(certificates) for name, certificates in found.items()}

    def by_subject(self, canonical: bytes) -> tuple[Certificate, ...]:
        """Return the anchors whose subject has that canonical form; one that cannot be read has no name."""
        return self._by_subject.get(canonical, ())
