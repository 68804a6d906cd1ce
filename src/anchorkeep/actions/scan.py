"""
Look at any number of services and give the report of each as soon as it is finished.

The story: draw the next subject, observe it, judge it, hand the report over, forget it. Nothing is kept of an endpoint that is
done, and no more is drawn than is being looked at, so that a list may be longer than the memory.

Rules kept here:
- one subject's failure is its own report: it neither ends the scan nor delays another;
- reports come in the order in which they are finished, not in that of the list;
- whoever is slow to take the reports slows the scan; nothing piles up in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from anchorkeep.actions import show
from anchorkeep.errors import AnchorkeepError
from anchorkeep.judge import defect
from anchorkeep.model.chain import FailedObservation, Failure, ObservedChain, Stage

if TYPE_CHECKING:
    from datetime import datetime

    from anchorkeep.actions.nodes import Wanted
    from anchorkeep.actions.show import Report, Subject
    from anchorkeep.model.endpoint import Endpoint
    from anchorkeep.model.pool import Pool
    from anchorkeep.observe.aia import Retriever
    from anchorkeep.observe.approach import Approach

CONCURRENCY = show.BULK_CONCURRENCY


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    How each subject is looked at.

    Attributes:
        clock: says what time it is, aware, UTC.
        at: the moment to judge for; None judges a service for now and a record for the time it was made.
        timeout: seconds for one observation in all.
        stage_timeout: seconds for each stage of one observation, None for no other limit than the total.
        retriever: fetches issuers that were not sent; None to fetch none.
        wanted: what to look at besides the services themselves, None for nothing.
    """

    clock: Callable[[], datetime]
    at: datetime | None = None
    timeout: float = 10.0
    stage_timeout: float | None = None
    retriever: Retriever | None = None
    wanted: Wanted | None = None


async def scan(
    subjects: Iterable[Subject] | AsyncIterable[Subject], pool: Pool, *, terms: Terms, concurrency: int = CONCURRENCY
) -> AsyncGenerator[Report, None]:
    """
    Yield the report of every subject when it is finished; to be closed (`contextlib.aclosing`) where it is not read to its end.

    Args:
        subjects: what to look at, drawn one by one as there is room; drawing a plain iterable must not block.
        pool: the certificates known beforehand.
        terms: how each is looked at.
        concurrency: how many at a time, from 1 on.

    Raises:
        AnchorkeepError: what drawing the subjects raised, after the reports of all that were drawn before.
    """
    finished: asyncio.Queue[Report | None] = asyncio.Queue(maxsize=concurrency)
    drawn = _Draw(subjects)

    async def work() -> None:
        while (subject := await drawn.next()) is not None:
            await finished.put(await _report(subject, pool, terms))

    async def work_all() -> None:
        ends = await asyncio.gather(*(work() for _ in range(concurrency)), return_exceptions=True)
        await finished.put(None)
        for end in ends:
            if end is not None:
                raise end

    working = asyncio.create_task(work_all())
    try:
        while (report := await finished.get()) is not None:
            yield report
        await working
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


class _Draw:
    """Gives many workers the subjects one by one; after the end, or an error, there is nothing more for anybody."""

    def __init__(self, subjects: Iterable[Subject] | AsyncIterable[Subject]) -> None:
        self._source = aiter(subjects) if isinstance(subjects, AsyncIterable) else iter(subjects)
        self._turn = asyncio.Lock()
        self._is_over = False

    async def next(self) -> Subject | None:
        """Return the next subject, None at the end."""
        async with self._turn:
            if self._is_over:
                return None
            self._is_over = True
            source = self._source
            subject = await anext(source, None) if isinstance(source, AsyncIterator) else next(source, None)
            self._is_over = subject is None
            return subject


async def _report(subject: Subject, pool: Pool, terms: Terms) -> Report:
    outcome = await _outcome(subject, terms)
    at = terms.at or outcome.observed_at
    try:
        report = show.judge(subject, outcome, pool=pool, at=at)
    except AnchorkeepError as error:
        return _unjudged(subject, outcome, error, pool=pool, at=at)
    try:
        return await _widened(report, terms)
    except AnchorkeepError as error:
        return replace(report, findings=(*defect.inspect(error), *report.findings))


async def _outcome(subject: Subject, terms: Terms) -> ObservedChain | FailedObservation:
    try:
        return await show.look(subject, clock=terms.clock, timeout=terms.timeout, stage_timeout=terms.stage_timeout)
    except AnchorkeepError as error:
        # What cannot be asked for (a protocol nobody knows, a client certificate that does not fit) fails before the first stage.
        assert subject.endpoint is not None  # noqa: S101 (a record is not looked for)
        failure = Failure(stage=Stage.RESOLVE, reason="not-attempted", message=error.message, remedy=error.remedy)
        return FailedObservation(endpoint=subject.endpoint, observed_at=terms.clock(), failure=failure)


def _unjudged(
    subject: Subject, outcome: ObservedChain | FailedObservation, error: AnchorkeepError, *, pool: Pool, at: datetime
) -> Report:
    """Return the report of a chain that the rules could not be applied to: the chain, and why."""
    return show.Report(subject=subject, outcome=outcome, at=at, pool=pool, search=None, findings=defect.inspect(error))


async def _widened(report: Report, terms: Terms) -> Report:
    """Fetch the issuers that are missing and look besides, as far as is wanted."""
    if terms.retriever is not None:
        from anchorkeep.actions import issuers

        if issuers.is_wanting(report):
            report = await issuers.complete(report, terms.retriever)
    if terms.wanted is not None and not terms.wanted.is_nothing:
        from anchorkeep.actions import nodes
        from anchorkeep.observe import observe

        async def see(endpoint: Endpoint, approach: Approach) -> ObservedChain | FailedObservation:
            return await observe(
                endpoint, clock=terms.clock, timeout=terms.timeout, stage_timeout=terms.stage_timeout, approach=approach
            )

        report = await nodes.widen(report, terms.wanted, see=see)
    return report
