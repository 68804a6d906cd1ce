"""Certificates known beforehand, and where each was found. Where a certificate was found is not a reason to trust it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from anchorkeep.errors import CertificateError
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.lazy import Lazy

if TYPE_CHECKING:
    from collections.abc import Iterable


class SourceKind(StrEnum):
    """What kind of place a certificate was found in."""

    MOZILLA = "mozilla"
    JAVA = "java"
    SYSTEM = "system"
    FILE = "file"
    SENT = "sent"
    AIA = "aia"
    EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Source:
    """
    A place certificates were found in.

    Attributes:
        kind: only `MOZILLA` makes a root public; every other kind names a place and silences nothing.
        name: the place for a person: `certifi 2026.10.18`, a path.
    """

    kind: SourceKind
    name: str


@dataclass(frozen=True)
class Pool:
    """
    Known certificates with their sources.

    Attributes:
        entries: pairs of certificate and source, in the order they were collected; a certificate may be in several.
    """

    entries: tuple[tuple[Certificate, Source], ...] = ()

    @classmethod
    def of(cls, certificates: Iterable[Certificate], source: Source) -> Pool:
        """Return a pool of certificates from one place."""
        return cls(tuple((certificate, source) for certificate in certificates))

    def __or__(self, other: Pool) -> Pool:
        """Return a pool that holds both, this one's entries first."""
        return Pool(self.entries + other.entries)

    @Lazy
    def _sources(self) -> dict[Certificate, tuple[Source, ...]]:
        found: dict[Certificate, tuple[Source, ...]] = {}
        for certificate, source in self.entries:
            known = found.get(certificate, ())
            if source not in known:
                found[certificate] = (*known, source)
        return found

    @Lazy
    def _subjects(self) -> dict[bytes, tuple[Certificate, ...]]:
        index: dict[bytes, list[Certificate]] = {}
        for certificate in self._sources:
            try:
                index.setdefault(certificate.subject.canonical, []).append(certificate)
            except CertificateError:
                continue
        return {key: tuple(found) for key, found in index.items()}

    @Lazy
    def _public(self) -> frozenset[Certificate]:
        return frozenset(certificate for certificate, source in self.entries if source.kind is SourceKind.MOZILLA)

    def sources(self, certificate: Certificate) -> tuple[Source, ...]:
        """Return where a certificate was found, empty where it is not known."""
        return self._sources.get(certificate, ())

    def is_public(self, certificate: Certificate) -> bool:
        """Whether the certificate is a root of Mozilla's list."""
        return certificate in self._public

    def by_subject(self, canonical: bytes) -> tuple[Certificate, ...]:
        """Return the certificates whose subject has that canonical form."""
        return self._subjects.get(canonical, ())

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """Every certificate once, in the order they were collected."""
        return tuple(self._sources)
