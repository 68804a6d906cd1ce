"""
Build every certification path from a leaf over the certificates known, and rank them (RFC 4158).

Rules kept here:
- each step's signature is verified before the path goes on; an issuer by name alone is no issuer;
- a path ends in a root: a self-signed CA certificate, or one of Mozilla's list; what ends elsewhere is incomplete and says so;
- the same subject with the same key never stands twice in one path (RFC 4158 §2.4.2), so cross-signatures make no loops;
- the search is bounded in steps, signature checks, depth and paths. A budget that ran out is reported: the answer may then be
  incomplete, which is not "untrusted".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from anchorkeep.errors import CertificateError
from anchorkeep.judge import signature, validation
from anchorkeep.judge.signature import Signature
from anchorkeep.model.chain import CertificationPath
from anchorkeep.model.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from anchorkeep.model.certificate import Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """
    Bounds of one search.

    Attributes:
        steps: certificates looked at. Real chains need below 50.
        signature_checks: signatures verified; about 20 to 400 microseconds each, 8 milliseconds with keys made to be slow.
        depth: certificates in a path; OpenSSL's default is 100, Java's 6, real paths have 2 to 6.
        paths: paths kept; those that lead to a root come first.
    """

    steps: int = 5_000
    signature_checks: int = 256
    depth: int = 20
    paths: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class PathSearch:
    """
    What a search found.

    Attributes:
        paths: best first; never empty for a readable leaf, since the leaf alone is an incomplete path.
        exhausted: the bound that ended the search early (`steps`, `signature checks`, `depth`, `paths`), None when none did.
        steps: certificates looked at.
        signature_checks: signatures verified.
        rejected: pairs of certificate and an issuer by name whose key did not sign it.
    """

    paths: tuple[CertificationPath, ...]
    exhausted: str | None
    steps: int
    signature_checks: int
    rejected: tuple[tuple[Certificate, Certificate], ...]

    @property
    def best(self) -> CertificationPath | None:
        """The first path, None when there is none."""
        return self.paths[0] if self.paths else None


@dataclass(slots=True)
class _Search:
    pool: Pool
    limits: Limits
    sent: dict[Certificate, int]
    steps: int = 0
    checks: int = 0
    exhausted: str | None = None
    found: list[tuple[Certificate, ...]] = field(default_factory=list)
    dead_ends: list[tuple[Certificate, ...]] = field(default_factory=list)
    verdicts: dict[tuple[Certificate, Certificate], bool] = field(default_factory=dict)
    rejected: dict[tuple[Certificate, Certificate], None] = field(default_factory=dict)


def build(
    chain: Sequence[Certificate],
    pool: Pool,
    *,
    at: datetime,
    name: str | None,
    leaf: Certificate | None = None,
    limits: Limits | None = None,
) -> PathSearch:
    """
    Return all certification paths from the leaf, best first.

    The best verifies at `at` for `name`, ends in a public root, needs the fewest certificates that were not sent, is the
    shortest, ends latest; the fingerprints decide between equals.

    Args:
        chain: the certificates sent, in the server's order; the first is the leaf unless `leaf` names another.
        pool: certificates known beforehand; only Mozilla's list makes a root public.
        at: the moment to judge for, aware.
        name: the reference identity, None to check no name.
        leaf: the certificate to start from.
        limits: bounds of the search.
    """
    start = leaf if leaf is not None else next(iter(chain), None)
    positions = {certificate: index for index, certificate in reversed(list(enumerate(chain)))}
    search = _Search(pool=pool, limits=limits or Limits(), sent=positions)
    if start is not None:
        _extend(search, (start,))
    paths = [_finish(search, certificates, at=at, name=name, is_complete=True) for certificates in search.found]
    room = search.limits.paths - len(paths)
    paths += [_finish(search, certificates, at=at, name=name, is_complete=False) for certificates in search.dead_ends[:room]]
    return PathSearch(
        paths=tuple(sorted(paths, key=_rank) if len(paths) > 1 else paths),
        exhausted=search.exhausted,
        steps=search.steps,
        signature_checks=search.checks,
        rejected=tuple(search.rejected),
    )


def _extend(search: _Search, path: tuple[Certificate, ...]) -> None:
    """Follow every issuer of the last certificate; keep the path where it ends."""
    if _is_root(search, path[-1]):
        if len(search.found) < search.limits.paths:
            search.found.append(path)
        else:
            search.exhausted = "paths"
        return
    went_on = False
    for issuer in _issuers(search, path):
        if search.exhausted in {"steps", "signature checks", "paths"}:
            break
        if len(path) >= search.limits.depth:
            search.exhausted = "depth"
            break
        if _signed(search, path[-1], issuer):
            went_on = True
            _extend(search, (*path, issuer))
    # A path that ends in the air is of use where there is no better one: it takes no room from those that lead to a root.
    if not went_on and len(search.dead_ends) < search.limits.paths:
        search.dead_ends.append(path)


def _issuers(search: _Search, path: tuple[Certificate, ...]) -> list[Certificate]:
    """Return the certificates that may have issued the last one, the likeliest first."""
    if search.steps >= search.limits.steps:
        search.exhausted = "steps"
        return []
    search.steps += 1
    try:
        wanted = path[-1].issuer.canonical
        key = path[-1].authority_key_identifier
    except CertificateError:
        return []
    identifier = key.key_identifier if key else None
    # What was sent is looked through: to index it, or the pool anew, for every chain would cost more than its signatures.
    known = dict.fromkeys((*(other for other in search.sent if _is_named(other, wanted)), *search.pool.by_subject(wanted)))
    candidates = [other for other in known if not _repeats(path, other)]
    if len(candidates) < 2:  # noqa: PLR2004 (nothing to put in order)
        return candidates
    return sorted(candidates, key=lambda other: (not _names_key(other, identifier), other not in search.sent, other.sha256))


def _is_named(certificate: Certificate, subject: bytes) -> bool:
    try:
        return certificate.subject.canonical == subject
    except CertificateError:
        return False


def _names_key(candidate: Certificate, identifier: bytes | None) -> bool:
    try:
        return identifier is not None and candidate.subject_key_identifier == identifier
    except CertificateError:
        return False


def _repeats(path: tuple[Certificate, ...], candidate: Certificate) -> bool:
    # All of them have an issuer or a subject that could be read, and so a subject and a key.
    key, subject = candidate.public_key.der, candidate.subject.canonical
    return any(other is candidate or (other.public_key.der == key and other.subject.canonical == subject) for other in path)


def _signed(search: _Search, certificate: Certificate, issuer: Certificate) -> bool:
    pair = (certificate, issuer)
    known = search.verdicts.get(pair)
    if known is None:
        if search.checks >= search.limits.signature_checks:
            search.exhausted = "signature checks"
            return False
        search.checks += 1
        known = search.verdicts[pair] = signature.check(certificate, issuer) is Signature.VALID
        if not known:
            search.rejected[pair] = None
    return known


def _is_root(search: _Search, certificate: Certificate) -> bool:
    if search.pool.is_public(certificate):
        return True
    try:
        self_issued_ca = certificate.is_self_issued and certificate.is_ca
    except CertificateError:
        return False
    return self_issued_ca and _signed(search, certificate, certificate)


def _finish(
    search: _Search, path: tuple[Certificate, ...], *, at: datetime, name: str | None, is_complete: bool
) -> CertificationPath:
    return CertificationPath(
        certificates=path,
        is_complete=is_complete,
        is_public=search.pool.is_public(path[-1]),
        not_sent=sum(certificate not in search.sent for certificate in path),
        problems=validation.problems(path, at=at, name=name),
    )


def _rank(path: CertificationPath) -> tuple[bool, bool, bool, int, int, float, tuple[bytes, ...]]:
    return (
        not path.verifies,
        not path.is_complete,
        not path.is_public,
        path.not_sent,
        len(path.certificates),
        -_end(path.certificates),
        tuple(certificate.sha256 for certificate in path.certificates),
    )


def _end(path: Iterable[Certificate]) -> float:
    """Return when the first certificate of the path expires, in seconds since the epoch."""
    try:
        return min(certificate.not_after.timestamp() for certificate in path)
    except CertificateError:
        return 0.0
