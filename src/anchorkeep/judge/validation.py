"""
What keeps a path from verifying at a time and for a name, by the rules common to verifiers (RFC 5280 §6.1, RFC 9525).

This is the reading of the standard. What a given runtime adds or leaves out is not decided here. Signatures are the path
builder's work. Not checked: revocation, certificate policies.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from anchorkeep.errors import CertificateError
from anchorkeep.judge import constraints, identity
from anchorkeep.model import oid
from anchorkeep.model.chain import PathProblem
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from anchorkeep.model.certificate import Certificate

#: Critical extensions that are processed here or whose absence of processing loses nothing for server authentication.
_UNDERSTOOD = frozenset(
    {
        oid.BASIC_CONSTRAINTS,
        oid.KEY_USAGE,
        oid.EXTENDED_KEY_USAGE,
        oid.SUBJECT_ALT_NAME,
        oid.NAME_CONSTRAINTS,
        oid.SUBJECT_KEY_IDENTIFIER,
        oid.AUTHORITY_KEY_IDENTIFIER,
        oid.CERTIFICATE_POLICIES,
        oid.POLICY_MAPPINGS,
        oid.POLICY_CONSTRAINTS,
        oid.INHIBIT_ANY_POLICY,
        oid.CRL_DISTRIBUTION_POINTS,
    }
)


def problems(path: Sequence[Certificate], *, at: datetime, name: str | None) -> tuple[PathProblem, ...]:
    """
    Return why a path does not verify, leaf first; empty when it does.

    Args:
        path: leaf first, the last one the root where the path is complete.
        at: the moment to judge for, aware.
        name: the reference identity, or None where none was asked for.
    """
    at = at.replace(microsecond=0)  # RFC 5280 §4.1.2.5: dates have seconds and no fractions, notAfter is inclusive
    found: list[PathProblem] = []
    for position, certificate in enumerate(path):
        try:
            found += _of_one(certificate, position, at=at)
            if position:
                found += _of_issuer(path, position)
        except CertificateError as error:
            found.append(PathProblem(id="not-understood", position=position, message=error.message))
    try:
        found += _of_leaf(path[0], name)
    except CertificateError as error:
        found.append(PathProblem(id="not-understood", position=0, message=error.message))
    return tuple(dict.fromkeys(found))


def _of_one(certificate: Certificate, position: int, *, at: datetime) -> Iterator[PathProblem]:
    if at > certificate.not_after:
        message = f"{certificate.title} expired on {certificate.not_after:%Y-%m-%d %H:%M} UTC."
        yield PathProblem(id="expired", position=position, message=message)
    if at < certificate.not_before:
        message = f"{certificate.title} is not valid before {certificate.not_before:%Y-%m-%d %H:%M} UTC."
        yield PathProblem(id="not-yet-valid", position=position, message=message)
    for flaw in _flaws_of_issuer(certificate) if position else _flaws(certificate):
        yield replace(flaw, position=position)


def _flaws(certificate: Certificate) -> tuple[PathProblem, ...]:
    """Return what is wrong with a certificate at any time and in any path; the position is to be filled in."""
    found: list[PathProblem] = []
    if not certificate.has_matching_algorithms:
        message = f"{certificate.title} names one signature algorithm inside and another outside."
        found.append(PathProblem(id="algorithm-mismatch", position=0, message=message))
    seen: set[str] = set()
    for item in certificate.extensions:
        if item.oid in seen:
            message = f"{certificate.title} has the extension {item.label} twice."
            found.append(PathProblem(id="duplicate-extension", position=0, message=message))
        seen.add(item.oid)
        if item.critical and item.oid not in _UNDERSTOOD:
            message = f"{certificate.title} has the critical extension {item.label}, which is not understood."
            found.append(PathProblem(id="unknown-critical-extension", position=0, message=message))
    return tuple(found)


@lru_cache(maxsize=512)
def _flaws_of_issuer(certificate: Certificate) -> tuple[PathProblem, ...]:
    """Return what is wrong with a certificate that issued one, at any time and in any path; many paths share it."""
    found = list(_flaws(certificate))
    if not certificate.is_ca:
        message = f"{certificate.title} issued a certificate but is no CA."
        found.append(PathProblem(id="not-a-ca", position=0, message=message))
    if certificate.key_usage is not None and "keyCertSign" not in certificate.key_usage:
        message = f"{certificate.title} issued a certificate but its key usage lacks keyCertSign."
        found.append(PathProblem(id="wrong-key-usage", position=0, message=message))
    purposes = certificate.extended_key_usage
    if purposes is not None and not {oid.SERVER_AUTH, oid.ANY_EXTENDED_KEY_USAGE, *oid.SERVER_GATED} & set(purposes):
        message = f"{certificate.title} may not issue certificates for servers (extKeyUsage)."
        found.append(PathProblem(id="wrong-purpose", position=0, message=message))
    return tuple(found)


def _of_leaf(leaf: Certificate, name: str | None) -> Iterator[PathProblem]:
    purposes = leaf.extended_key_usage
    if purposes is not None and not {oid.SERVER_AUTH, oid.ANY_EXTENDED_KEY_USAGE} & set(purposes):
        yield PathProblem(id="wrong-purpose", position=0, message=f"{leaf.title} is not meant for servers (extKeyUsage).")
    if name is not None and not identity.matches(leaf, name):
        names = identity.presented(leaf)
        shown = ", ".join(visible(item, limit=80) for item in names[:5]) or "no name at all"
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""  # noqa: PLR2004 (a line's worth of names)
        yield PathProblem(
            id="name-mismatch", position=0, message=f"The certificate is for {shown}{more}, not for {visible(name)}."
        )


def _of_issuer(path: Sequence[Certificate], position: int) -> Iterator[PathProblem]:
    """Return how a path breaks the bounds that one of its CAs sets: the intermediates below it, and names."""
    issuer = path[position]
    limit = issuer.basic_constraints.path_length if issuer.basic_constraints else None
    if limit is not None:
        below = sum(1 for certificate in path[1:position] if not certificate.is_self_issued)
        if below > limit:
            message = f"{issuer.title} allows {limit} intermediates below it, the path has {below}."
            yield PathProblem(id="path-too-long", position=position, message=message)
    yield from _constrained(path, position)


def _constrained(path: Sequence[Certificate], position: int) -> Iterator[PathProblem]:
    issuer = path[position]
    if issuer.name_constraints is None:
        return
    for below, certificate in enumerate(path[:position]):
        if below and certificate.is_self_issued:
            continue  # RFC 5280 §6.1.3 (b): self-issued certificates are exempt, unless they are the last
        try:
            reason = _violation(certificate, issuer)
        except CertificateError as error:
            yield PathProblem(id="not-understood", position=below, message=error.message)
            continue
        if reason is not None:
            message = f"{issuer.title} may not issue for {certificate.title}: {reason}."
            yield PathProblem(id="name-constraint", position=position, message=message)


@lru_cache(maxsize=512)  # Enough for the CAs of a scan, and too few for its leaves to weigh anything.
def _violation(certificate: Certificate, issuer: Certificate) -> str | None:
    """Compare a pair once, though it stands on many paths: chains can be made in which that takes a minute."""
    return constraints.violation(certificate, issuer.name_constraints) if issuer.name_constraints else None
