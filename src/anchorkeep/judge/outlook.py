"""Until when a runtime trusts a chain that does not change, and what ends it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from anchorkeep.errors import CertificateError
from anchorkeep.judge.assess import assess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anchorkeep.judge.assess import Judged
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.verdict import Question, Verdict

#: Ends of validity that are looked past: a runtime may not ask for an anchor's, or have another path.
_MAX_ENDS = 32
_SECOND = timedelta(seconds=1)
#: RFC 5280 §4.1.2.5: a certificate with this end has none that is known.
_NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """
    What a runtime says now, and what it will say.

    Attributes:
        verdict: at the time that was asked for.
        until: the last second at which it is trusted, aware, UTC; None where it is not trusted now, or nothing known ends it.
        then: what the runtime says after that second, None likewise.
    """

    verdict: Verdict
    until: datetime | None = None
    then: Verdict | None = None

    def ends_within(self, within: timedelta, *, at: datetime) -> bool:
        """Whether it is trusted now, and no longer at some time within a span."""
        return self.until is not None and self.until - at < within


def outlook(question: Question, runtime: Judged) -> Outlook:
    """
    Return what a runtime says of a chain now, and until when.

    Only time goes by: that the service renews its certificate, or that a runtime is updated, is not looked at. An anchor's end
    counts where the runtime lets it.
    """
    first = verdict = assess(question, runtime)
    if not first.is_trusted:
        return Outlook(verdict=first)
    moment = question.at
    for _ in range(_MAX_ENDS):
        end = _next_end(verdict.path, moment)
        if end is None:
            return Outlook(verdict=first)
        moment = end + _SECOND
        verdict = assess(replace(question, at=moment), runtime)
        if not verdict.is_trusted:
            return Outlook(verdict=first, until=end, then=verdict)
    return Outlook(verdict=first)


def _next_end(path: Sequence[Certificate], moment: datetime) -> datetime | None:
    """Return the first end of validity on a path that is not over; a certificate whose dates cannot be read has none."""
    ends = [end for certificate in path if (end := _end(certificate)) is not None and moment <= end < _NEVER]
    return min(ends, default=None)


def _end(certificate: Certificate) -> datetime | None:
    try:
        return certificate.not_after
    except CertificateError:
        return None
