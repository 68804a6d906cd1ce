"""What is to be said about URLs that certificates name for their issuers: a note for each that gave none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.model.finding import Finding, Severity
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from anchorkeep.model.retrieval import Retrieval

#: Characters of a URL in a sentence; those in certificates stay below 200.
_SHOWN = 200


def inspect(attempts: Iterable[Retrieval]) -> tuple[Finding, ...]:
    """Return a note for each URL that gave no issuer; clients that fetch issuers themselves fail there too."""
    return tuple(_note(item) for item in attempts if item.reason is not None)


def _note(item: Retrieval) -> Finding:
    where = visible(item.url, limit=_SHOWN)
    message = f"The issuer of {item.certificate.title} could not be had at {where}: {item.message} [{item.reason}]"
    remedy = "Have the server send its whole chain, or name a file that holds the issuer among the pools."
    return Finding(id="aia-failed", severity=Severity.NOTE, message=message, remedy=remedy, certificates=(item.certificate,))
