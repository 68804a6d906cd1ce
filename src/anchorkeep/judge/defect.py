"""What is said of a chain that could not be judged: the defect is a finding, and the chain stays on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.model.finding import Finding, Severity

if TYPE_CHECKING:
    from anchorkeep.errors import AnchorkeepError


def inspect(error: AnchorkeepError | None) -> tuple[Finding, ...]:
    """Return the finding that the rules could not be applied, with what stopped them; nothing where nothing did."""
    if error is None:
        return ()
    return (
        Finding(
            id="not-judged",
            severity=Severity.ERROR,
            message=f"The chain could not be judged: {error.message}",
            remedy=error.remedy or "Keep the evidence, and look at its certificates with --details.",
        ),
    )
