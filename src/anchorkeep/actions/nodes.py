"""
Look at a service more than once: at every address of its name, for each type of key, by another way.

The story: after the observation itself, look again as was wanted, judge every chain that is another one, and put what is found
into the report. A look that fails is an answer like any other.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from anchorkeep.actions import show
from anchorkeep.judge import vantage
from anchorkeep.model.chain import FailedObservation, Failure, ObservedChain, Stage
from anchorkeep.model.finding import Severity
from anchorkeep.model.view import View, ViewKind
from anchorkeep.observe.approach import DIRECT, KEY_TYPE_MAX_TLS, Approach, KeyType
from anchorkeep.observe.resolve import resolve, system_resolver

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from anchorkeep.actions.show import Report
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.endpoint import Endpoint
    from anchorkeep.model.finding import Finding
    from anchorkeep.observe.resolve import Resolver, SocketAddress

    See = Callable[[Endpoint, Approach], Awaitable[ObservedChain | FailedObservation]]

#: Addresses of one name that are looked at; the largest services have about a dozen.
MAX_NODES = 64
#: Nodes of one service at a time: a rate that no service takes for an attack.
CONCURRENCY = 8


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """
    What to look at besides the service itself.

    Attributes:
        all_addresses: every address of its name.
        both_key_types: its certificates with an RSA and with an ECDSA key.
        other_way: another way to it, None for none.
    """

    all_addresses: bool = False
    both_key_types: bool = False
    other_way: Approach | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether nothing more is wanted."""
        return not (self.all_addresses or self.both_key_types or self.other_way)


async def widen(report: Report, wanted: Wanted, *, see: See, resolver: Resolver = system_resolver) -> Report:
    """
    Return the report with further looks and what is found in them; one of a file as it is.

    Args:
        report: of the observation itself.
        wanted: which looks.
        see: observes an endpoint with an approach.
        resolver: says which addresses a name has.
    """
    endpoint, approach = report.subject.endpoint, report.subject.approach or DIRECT
    if endpoint is None or report.subject.recorded is not None or wanted.is_nothing:
        return report
    views: list[View] = []
    left_out = 0
    if wanted.all_addresses and approach.proxy is None:
        views, left_out = await _nodes(report.outcome, endpoint, approach, see=see, resolver=resolver)
    if wanted.both_key_types and isinstance(report.outcome, ObservedChain):
        views += [await _key_type(kind, report.outcome, approach, see=see) for kind in KeyType]
    if wanted.other_way is not None:
        other = replace(approach, proxy=wanted.other_way.proxy)
        outcome = await see(endpoint, other)
        views.append(View(kind=ViewKind.WAY, label=way(other), outcome=outcome))
    findings = (*report.findings, *vantage.inspect(report.outcome, views, left_out=left_out), *_of_others(report, views))
    return replace(report, views=tuple(views), findings=tuple(sorted(findings, key=lambda item: -item.severity)))


def way(approach: Approach) -> str:
    """Return how a way is called: `directly`, or through which proxy."""
    proxy = approach.proxy
    return "directly" if proxy is None else f"through the proxy {proxy.kind}://{proxy.address}"


async def _nodes(
    seen: ObservedChain | FailedObservation, endpoint: Endpoint, approach: Approach, *, see: See, resolver: Resolver
) -> tuple[list[View], int]:
    """Look at every address of a name, at the one that was seen not again; return how many were left out too."""
    try:
        found = await resolve(endpoint.target, resolver, limit=None)
    except (OSError, UnicodeError):
        return [], 0  # The observation itself has told.
    turn = asyncio.Semaphore(CONCURRENCY)

    async def node(candidate: SocketAddress) -> View:
        if candidate.address == seen.address:
            outcome = seen
        else:
            async with turn:
                outcome = await see(replace(endpoint, connect=candidate.address), approach)
        return View(kind=ViewKind.NODE, label=str(candidate.address), outcome=replace(outcome, endpoint=endpoint))

    views = await asyncio.gather(*(node(candidate) for candidate in found[:MAX_NODES]))
    return list(views), max(len(found) - MAX_NODES, 0)


async def _key_type(kind: KeyType, seen: ObservedChain, approach: Approach, *, see: See) -> View:
    """Ask for one type of key, which goes up to TLS 1.2 (RFC 5246 §7.4.2); where no such version may be offered, do not ask."""
    assert seen.endpoint is not None  # noqa: S101 (a service was observed)
    if approach.min_tls > KEY_TYPE_MAX_TLS:
        failure = Failure(
            stage=Stage.CONNECT,
            reason=vantage.NOT_ATTEMPTED,
            message=f"A type of key can be asked for up to {KEY_TYPE_MAX_TLS} only; nothing below {approach.min_tls} is offered.",
            remedy=f"Allow {KEY_TYPE_MAX_TLS}.",
        )
        unasked = FailedObservation(endpoint=seen.endpoint, observed_at=seen.observed_at, failure=failure, proxy=seen.proxy)
        return View(kind=ViewKind.KEY_TYPE, label=str(kind), outcome=unasked)
    outcome = await see(seen.endpoint, replace(approach, key_type=kind))
    return View(kind=ViewKind.KEY_TYPE, label=str(kind), outcome=outcome)


def _of_others(report: Report, views: Sequence[View]) -> tuple[Finding, ...]:
    """Return the warnings and errors about each chain that is not the observed one, where they were not said about that."""
    judged: set[tuple[Certificate, ...]] = {report.sent, ()}
    known = {item.id for item in report.findings}
    found: list[Finding] = []
    for view in views:
        if view.certificates in judged:
            continue
        judged.add(view.certificates)
        other = show.judge(report.subject, view.outcome, pool=report.pool, at=report.at)
        where = f"{view.label[:1].upper()}{view.label[1:]}"
        said = [item for item in other.findings if item.severity is not Severity.NOTE and item.id not in known]
        found += [replace(item, message=f"{where}: {item.message}") for item in said]
    return tuple(found)
