"""
Anchors that an undo would bring back and that nobody would take today: expired, rejected, or no longer of Mozilla's list.

What comes back was decided once, for then. Whoever takes a change back may not know that a root was distrusted since.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anchorkeep.actions import roots
from anchorkeep.actions.roots import Places
from anchorkeep.errors import CertificateError, RefusedError
from anchorkeep.judge.decision import ASK, Verdict
from anchorkeep.model.pool import SourceKind
from anchorkeep.model.truststore import TrustedCertEntry, TrustStore
from anchorkeep.text import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from anchorkeep.host.ledger import Ledger
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.truststore import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """
    An anchor that would come back, and why that is asked about.

    Attributes:
        certificate: the certificate.
        reason: why, one sentence; safe to print.
    """

    certificate: Certificate
    reason: str


def doubts(
    returning: Sequence[Entry], *, now: TrustStore | None, at: datetime, ledger: Ledger, accepted: Collection[bytes] = ()
) -> tuple[Doubt, ...]:
    """
    Return the certificates that would be trusted again and that wait for a person's word, each once with its reason.

    Args:
        returning: the entries that come back.
        now: the store as it is, None where there is none or it cannot be opened.
        at: the time to judge for, aware.
        ledger: what `trust` added, and on whose word.
        accepted: SHA-256 fingerprints that a person vouches for.
    """
    entries = (entry for entry in returning if isinstance(entry, TrustedCertEntry))
    anchors = list(dict.fromkeys(entry.certificate for entry in entries if entry.is_visible_to_java and not entry.is_distrusted))
    rejected = {entry.certificate for entry in (now.distrusted if now is not None else ())}
    once = {record.sha256 for record in ledger.records if record.verdict == Verdict.PUBLIC_ROOT}
    public = _public() if any(certificate.sha256 in once for certificate in anchors) else None
    found: list[Doubt] = []
    for certificate in anchors:
        reason = _expiry(certificate, at)
        if certificate in rejected:
            reason = "the store as it is now rejects it."
        elif public is not None and certificate.sha256 in once and certificate not in public:
            reason = "it was taken as a root of Mozilla's list, and is not of it any more."
        if reason is not None and certificate.sha256 not in accepted:
            found.append(Doubt(certificate=certificate, reason=reason))
    return tuple(found)


def refusal(found: Sequence[Doubt]) -> RefusedError:
    """Return the error for an undo that would bring back what waits for a person's word; at least one."""
    first, *more = found
    others = f" The same goes for {counted(len(more), 'more certificate')}." if more else ""
    words = " ".join(f"--accept-fingerprint {item.certificate.sha256.hex()}" for item in found)
    message = f"The undo would bring back {first.certificate.title}: {first.reason} Nothing was undone.{others}"
    return RefusedError(message, remedy=f"{ASK}; then add {words}")


def _expiry(certificate: Certificate, at: datetime) -> str | None:
    try:
        end = certificate.not_after
    except CertificateError:
        return "when it ends cannot be read."
    return f"it expired on {end:%Y-%m-%d}." if end < at.replace(microsecond=0) else None


def _public() -> frozenset[Certificate] | None:
    """Return the roots of Mozilla's list, None where it is not to be had, so that nobody can tell."""
    pool = roots.gather(Places(java=False, system=False)).pool
    found = frozenset(certificate for certificate, source in pool.entries if source.kind is SourceKind.MOZILLA)
    return found or None
