"""The streaming half of `show`: services of a list of any length, each told as soon as it is finished."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import OrderedDict
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep.actions import evidence, roots, scan
from anchorkeep.actions.show import Subject
from anchorkeep.cli import approaching, besides, chain_view, looking, options, outcome, render, settings, target
from anchorkeep.cli.bulk_order import Order
from anchorkeep.cli.endpoint_list import MAX_REMEMBERED, BadLine, EndpointList
from anchorkeep.cli.outcome import Exit
from anchorkeep.cli.outlet import Outlet
from anchorkeep.errors import UsageError
from anchorkeep.host import descriptors, lines
from anchorkeep.model.chain import FailedObservation
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from datetime import datetime

    from anchorkeep.actions.nodes import Wanted
    from anchorkeep.actions.show import Report
    from anchorkeep.cli.looking import Request
    from anchorkeep.model.finding import Severity

#: Chains whose first service is remembered, to say of the next that it sends the same.
MAX_TWINS = 4096
#: Descriptors of one observation at most in usual cases: two addresses that race, a look-up, an issuer that is fetched.
_DESCRIPTORS_EACH = 4
#: Descriptors for all else.
_DESCRIPTORS_BESIDES = 64


@dataclass(slots=True, kw_only=True)
class Tally:
    """
    What was counted so far; all that is kept of services that are done.

    Attributes:
        services: how many are done.
        failed: how many of them gave no chain.
        bad_lines: lines of the list that name no service.
        code: the worst exit code.
        twins: the first service of each chain of late.
    """

    services: int = 0
    failed: int = 0
    bad_lines: int = 0
    code: Exit = Exit.FINE
    twins: OrderedDict[tuple[bytes, ...], str] = field(default_factory=OrderedDict)

    def worsen(self, code: Exit) -> None:
        """Take note of an exit code, of which the worst counts."""
        self.code = outcome.worst((self.code, code))

    def twin(self, report: Report) -> str | None:
        """Return the label of a service before that sent the same certificates, None where none is remembered."""
        if not report.sent:
            return None
        key = tuple(certificate.sha256 for certificate in report.sent)
        first = self.twins.setdefault(key, report.subject.label)
        if len(self.twins) > MAX_TWINS:
            self.twins.popitem(last=False)
        return None if first == report.subject.label else first


def stream(
    request: Request, wish: Order, *, at: datetime | None, wanted: Wanted | None, details: bool, fail_on: Severity
) -> Exit:
    """
    Look at the services and tell each when it is finished, on screens or as lines of JSON; return the worst exit code.

    Raises:
        UsageError: the options do not go together, or the list names nothing.
        AnchorkeepError: a file cannot be read.
    """
    said = settings.load(request.config)
    tally, outlet = Tally(), Outlet()
    listed: EndpointList | None = None
    notes: list[str] = []
    subjects: Iterable[Subject] | AsyncIterable[Subject]
    if wish.source is None:
        subjects = [subject for group in looking.resolve(request, said) for subject in group]
        besides.refuse_the_impossible(wanted, subjects)
        notes = [subject.note for subject in subjects if subject.note]
    else:
        listed = EndpointList(_reader(request, said, wanted), _teller(wish, tally, outlet))
        subjects = listed.subjects(lines.read(None if wish.source == "-" else Path(wish.source)))
    gathered = roots.gather(said.places)
    for note in (*gathered.notes, *notes):
        render.say(f"! {note}")
    make = looking.retriever(request, said, None)
    terms = scan.Terms(
        clock=options.now,
        at=at,
        timeout=request.timeout,
        stage_timeout=request.stage_timeout,
        retriever=make() if make else None,
        wanted=wanted,
    )

    async def work() -> None:
        reports = scan.scan(subjects, gathered.pool, terms=terms, concurrency=concurrency(wish, wanted))
        with render.counter("looking") as count:
            try:
                async with contextlib.aclosing(reports):
                    async for report in reports:
                        tally.worsen(outcome.of_report(report, fail_on))
                        tally.failed += isinstance(report.outcome, FailedObservation)
                        await outlet.write(_line(report) if wish.jsonl else _screen(report, tally, details=details))
                        tally.services += 1
                        count(tally.services, tally.failed)
            finally:
                # What was finished is told, also where Ctrl-C or an error ended the scan.
                await outlet.drain()

    asyncio.run(work())
    if listed is not None:
        _sum_up(tally, listed, name=_name(wish))
    return tally.code


def _name(wish: Order) -> str:
    return "standard input" if wish.source == "-" else visible(wish.source or "")


def _reader(request: Request, said: settings.Settings, wanted: Wanted | None) -> Callable[[str], Subject]:
    """Return what makes a service of a line, with the options that hold for each."""
    if request.targets or request.environments:
        raise UsageError("--from goes with neither TARGET nor --env.", remedy="Put the services into the list.")
    approaches = approaching.Approaches(request, said)

    def read(text: str) -> Subject:
        asked = target.Asked(text=text, connect=request.connect, server_name=request.servername, starttls=request.starttls)
        subject = approaches.of(target.service(asked))
        besides.refuse_the_impossible(wanted, (subject,))
        return subject

    return read


def _teller(wish: Order, tally: Tally, outlet: Outlet) -> Callable[[BadLine], Awaitable[None]]:
    """Return what tells of a line that names no service: a record among the others, or a word on stderr."""

    async def tell(bad: BadLine) -> None:
        tally.bad_lines += 1
        tally.worsen(Exit.USAGE)
        if wish.jsonl:
            await outlet.write(_error_line(bad))
        else:
            render.error(type(bad.error)(f"{_name(wish)}, line {bad.number}: {bad.error.message}", remedy=bad.error.remedy))

    return tell


def concurrency(wish: Order, wanted: Wanted | None) -> int:
    """Return how many services are looked at together: as many as are asked for, and as the system allows open files for."""
    asked = wish.concurrency or scan.CONCURRENCY
    each = _DESCRIPTORS_EACH
    if wanted is not None and wanted.all_addresses:
        from anchorkeep.actions import nodes

        each += nodes.CONCURRENCY
    allowed = descriptors.make_room(asked * each + _DESCRIPTORS_BESIDES)
    possible = max((allowed - _DESCRIPTORS_BESIDES) // each, 1)
    if possible < asked:
        render.say(f"! {possible} services at a time instead of {asked}: the system allows {allowed} open files (ulimit -n).")
    return min(asked, possible)


def _line(report: Report) -> str:
    return json.dumps(evidence.document([report]), separators=(",", ":")) + "\n"


def _error_line(bad: BadLine) -> str:
    return json.dumps(evidence.bad_line(bad.number, bad.error), separators=(",", ":")) + "\n"


def _screen(report: Report, tally: Tally, *, details: bool) -> str:
    twin = tally.twin(report)
    if report.is_list and not details:
        shown = chain_view.listing(report)
    else:
        shown = chain_view.report(report, details=details, same_as=twin)
    return ("\n" if tally.services else "") + render.screen(shown)


def _sum_up(tally: Tally, listed: EndpointList, *, name: str) -> None:
    """Say what was done; a list without a service is refused, for its silence would be taken for health."""
    if listed.is_full:
        render.say(f"! Duplicates were looked for among the first {MAX_REMEMBERED:,} services only.")
    parts = [f"{tally.services - tally.failed:,} with a chain"]
    if tally.failed:
        parts.append(f"{tally.failed:,} without")
    if listed.duplicates:
        parts.append(f"{counted(listed.duplicates, 'duplicate')} left out")
    if tally.bad_lines:
        parts.append(f"{counted(tally.bad_lines, 'line')} could not be read")
    if not tally.services and not tally.bad_lines:
        raise UsageError(f"{name[:1].upper()}{name[1:]} names no service.", remedy="Write one a line: host[:port] or a URL.")
    render.say(f"Looked at {counted(tally.services, 'service')}: {', '.join(parts)}.")
