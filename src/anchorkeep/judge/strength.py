"""Keys, signatures and lifetimes that verifiers refuse or are about to refuse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate

#: CA/Browser Forum, Baseline Requirements §6.3.2 (825 days: ballot 193; 398: SC31; 200, 100, 47: SC-081v3): from which day of
#: issue which lifetime in days is the longest for a public TLS certificate.
LIFETIMES = (
    (datetime(2018, 3, 1, tzinfo=UTC), 825),
    (datetime(2020, 9, 1, tzinfo=UTC), 398),
    (datetime(2026, 3, 15, tzinfo=UTC), 200),
    (datetime(2027, 3, 15, tzinfo=UTC), 100),
    (datetime(2029, 3, 15, tzinfo=UTC), 47),
)
#: Baseline Requirements §6.1.5: RSA moduli of at least 2048 bits; EC keys on P-256, P-384 or P-521; nothing else.
_LEAST_RSA_BITS = 2048
_LEAST_EC_BITS = 256
_BROKEN_HASHES = frozenset({"md2", "md5"})


def weak_key(certificate: Certificate) -> str | None:
    """Return why the subject's key is weak, None when it is not or cannot be told."""
    key = certificate.public_key
    if key.algorithm == "RSA" and 0 < key.bits < _LEAST_RSA_BITS:
        return f"{key.label} is shorter than {_LEAST_RSA_BITS} bits"
    if key.algorithm == "EC" and 0 < key.bits < _LEAST_EC_BITS:
        return f"{key.label} is shorter than {_LEAST_EC_BITS} bits"
    if key.algorithm == "DSA":
        return f"{key.label}: DSA is no longer accepted for TLS"
    return None


def weak_signature(certificate: Certificate) -> str | None:
    """Return the name of the broken or outdated hash that was signed, None when there is none."""
    name = certificate.signature_hash
    return name if name == "sha1" or name in _BROKEN_HASHES else None


def is_broken_hash(name: str) -> bool:
    """Whether collisions of the hash are made at will, so that verifiers refuse it everywhere."""
    return name in _BROKEN_HASHES


def lifetime(certificate: Certificate) -> timedelta:
    """Return the certificate's lifetime; its last second counts (RFC 5280 §4.1.2.5)."""
    return certificate.not_after - certificate.not_before + timedelta(seconds=1)


def longest_lifetime(issued: datetime) -> int | None:
    """Return the longest lifetime in days of a public TLS certificate issued then, None for before there was a limit here."""
    allowed = None
    for since, days in LIFETIMES:
        if issued >= since:
            allowed = days
    return allowed
