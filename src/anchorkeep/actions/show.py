"""
Look at services or files and say what they present: the chain as sent, the paths built from it, and findings.

The story: observe every endpoint, build the paths with what is known beforehand, fetch issuers where a path lacks one, inspect. A
service that cannot be reached is an outcome like any other.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anchorkeep.errors import CertificateError
from anchorkeep.judge import inspection, paths
from anchorkeep.model.chain import FailedObservation, ObservedChain
from anchorkeep.model.pool import Source, SourceKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from anchorkeep.actions.nodes import Wanted
    from anchorkeep.judge.paths import PathSearch
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.chain import CertificationPath
    from anchorkeep.model.endpoint import Endpoint
    from anchorkeep.model.finding import Finding
    from anchorkeep.model.pool import Pool
    from anchorkeep.model.view import View
    from anchorkeep.observe.aia import Retriever
    from anchorkeep.observe.approach import Approach

#: Connections at a time. A handshake is mostly waiting; more would only make slow networks drop packets.
CONCURRENCY = 64
#: Services at a time in bulk where nobody says another number: at 100 ms of delay 2,560 a second, more than can be judged.
BULK_CONCURRENCY = 256
#: More would need more descriptors than systems give, and a resolver's thread each.
MAX_CONCURRENCY = 1000
#: Chains judged in a row: in turn with handshakes, each would find the processor's caches full of the other's data.
_BATCH = 32
#: Certificates on no path that a file with a chain may hold and still be taken for a chain with a stray or two.
_STRAYS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """
    Something to look at.

    Attributes:
        label: what to call it: the endpoint, or the file.
        environment: the environment it belongs to, None for one named directly.
        endpoint: the service, None for a file.
        recorded: what a file held, None for a service that is to be observed.
        approach: how the service is approached, None for directly.
        note: what else a file held, one sentence, safe to print; empty where there was nothing.
    """

    label: str
    environment: str | None = None
    endpoint: Endpoint | None = None
    recorded: ObservedChain | FailedObservation | None = None
    approach: Approach | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """
    What was seen of one subject and what is to be said about it.

    Attributes:
        subject: what was looked at.
        outcome: the chain as sent, or why there is none.
        at: the moment it was judged for, aware, UTC.
        pool: the certificates known beforehand.
        search: the paths built, None where there was nothing to build from, or what is there does not belong together.
        findings: the worst first.
        views: further looks at the same service, where they were wanted.
        is_list: whether a file holds certificates that do not belong together, as a store of roots does, so that it has no leaf.
    """

    subject: Subject
    outcome: ObservedChain | FailedObservation
    at: datetime
    pool: Pool
    search: PathSearch | None
    findings: tuple[Finding, ...]
    views: tuple[View, ...] = ()
    is_list: bool = False

    @property
    def best(self) -> CertificationPath | None:
        """The best path, None where there is none."""
        return self.search.best if self.search else None

    @property
    def sent(self) -> tuple[Certificate, ...]:
        """The certificates as sent, empty where there are none."""
        return self.outcome.certificates if isinstance(self.outcome, ObservedChain) else ()

    @property
    def is_from_file(self) -> bool:
        """Whether a file was looked at; evidence of a service is a look at the service."""
        return isinstance(self.outcome, ObservedChain) and self.outcome.is_from_file

    @property
    def is_self_signed(self) -> bool:
        """Whether the leaf is self-signed and no CA, so that there is no issuer to look for."""
        return self.best is not None and not self.best.is_complete and any(item.id == "self-signed" for item in self.findings)

    def sources(self, certificate: Certificate) -> tuple[Source, ...]:
        """Return where a certificate of this report was found: sent by the server or in the file looked at, or in which pools."""
        name = "this file" if self.is_from_file else "sent"
        sent = (Source(kind=SourceKind.SENT, name=name),) if certificate in self.sent else ()
        return (*sent, *self.pool.sources(certificate))


async def show(
    subjects: Sequence[Subject],
    pool: Pool,
    *,
    clock: Callable[[], datetime],
    at: datetime | None = None,
    timeout: float = 10.0,  # noqa: ASYNC109 (the total of one observation, kept by observe)
    progress: Callable[[], None] | None = None,
    retriever: Callable[[], Retriever] | None = None,
    wanted: Wanted | None = None,
    stage_timeout: float | None = None,
    concurrency: int = CONCURRENCY,
) -> tuple[Report, ...]:
    """
    Look at every subject, many at a time, and return a report each, in their order.

    Args:
        subjects: what to look at.
        pool: the certificates known beforehand.
        clock: says what time it is, aware, UTC.
        at: the moment to judge for; None judges a service for now and a record for the time it was made.
        timeout: seconds for one observation in all.
        progress: called once for each subject that is done.
        retriever: makes what fetches issuers that were not sent, once one is missing; None to fetch none.
        wanted: what to look at besides the services themselves, None for nothing.
        stage_timeout: seconds for each stage of one observation, None for no other limit than the total.
        concurrency: how many at a time.
    """
    waiting = iter(enumerate(subjects))
    reports: dict[int, Report] = {}
    seen: list[tuple[int, ObservedChain | FailedObservation]] = []

    def judge_seen() -> None:
        for index, outcome in seen:
            reports[index] = judge(subjects[index], outcome, pool=pool, at=at or outcome.observed_at)
        seen.clear()

    async def work() -> None:
        for index, subject in waiting:
            seen.append((index, await look(subject, clock=clock, timeout=timeout, stage_timeout=stage_timeout)))
            if progress is not None:
                progress()
            if len(seen) >= _BATCH:
                judge_seen()

    await asyncio.gather(*(work() for _ in subjects[:concurrency]))
    judge_seen()
    if retriever is not None:
        await _complete(reports, retriever)
    if wanted is not None and not wanted.is_nothing:
        await _widen(reports, wanted, clock=clock, timeout=timeout, stage_timeout=stage_timeout)
    return tuple(reports[index] for index in range(len(subjects)))


async def _complete(reports: dict[int, Report], make: Callable[[], Retriever]) -> None:
    """Put in the place of each report that lacks an issuer the one with it, many at a time."""
    if all(report.best is None or report.best.is_complete for report in reports.values()):
        return
    from anchorkeep.actions import issuers

    waiting = iter([index for index, report in reports.items() if issuers.is_wanting(report)])
    retriever = make()

    async def work() -> None:
        for index in waiting:
            reports[index] = await issuers.complete(reports[index], retriever)

    await asyncio.gather(*(work() for _ in range(min(CONCURRENCY, len(reports)))))


async def _widen(
    reports: dict[int, Report],
    wanted: Wanted,
    *,
    clock: Callable[[], datetime],
    timeout: float,  # noqa: ASYNC109
    stage_timeout: float | None,
) -> None:
    """Put in the place of each report the one with the further looks that are wanted, some at a time."""
    from anchorkeep.actions import nodes
    from anchorkeep.observe import observe

    waiting = iter(list(reports))

    async def see(endpoint: Endpoint, approach: Approach) -> ObservedChain | FailedObservation:
        return await observe(endpoint, clock=clock, timeout=timeout, stage_timeout=stage_timeout, approach=approach)

    async def work() -> None:
        for index in waiting:
            reports[index] = await nodes.widen(reports[index], wanted, see=see)

    await asyncio.gather(*(work() for _ in range(min(CONCURRENCY // nodes.CONCURRENCY, len(reports)))))


async def look(
    subject: Subject,
    *,
    clock: Callable[[], datetime],
    timeout: float,  # noqa: ASYNC109
    stage_timeout: float | None = None,
) -> ObservedChain | FailedObservation:
    """Return what was recorded of a subject, or observe it; seconds in all, and for each stage."""
    if subject.recorded is not None:
        return subject.recorded
    # Of their modules, not of the package: that one looks a name up anew each time, and bulk comes here for every service.
    from anchorkeep.observe.approach import DIRECT
    from anchorkeep.observe.connection import observe

    assert subject.endpoint is not None  # noqa: S101 (a subject is a record or an endpoint)
    approach = subject.approach or DIRECT
    return await observe(subject.endpoint, timeout=timeout, stage_timeout=stage_timeout, clock=clock, approach=approach)


def judge(subject: Subject, outcome: ObservedChain | FailedObservation, *, pool: Pool, at: datetime) -> Report:
    """Build the paths of an outcome and inspect them; the same bytes, pool and time always give the same report."""
    if isinstance(outcome, FailedObservation):
        return Report(subject=subject, outcome=outcome, at=at, pool=pool, search=None, findings=())
    name = outcome.endpoint.reference_identity if outcome.endpoint else None
    leaf = choose_leaf(outcome.certificates)
    search = paths.build(outcome.certificates, pool, at=at, name=name, leaf=leaf)
    if _is_list(outcome, search):
        findings = inspection.inspect_list(outcome.certificates)
        return Report(subject=subject, outcome=outcome, at=at, pool=pool, search=None, findings=findings, is_list=True)
    findings = inspection.inspect(
        outcome.certificates,
        search,
        pool,
        name=name,
        failure=outcome.failure,
        client_certificate_requested=outcome.client_certificate_requested,
        is_file=outcome.is_from_file,
    )
    return Report(subject=subject, outcome=outcome, at=at, pool=pool, search=search, findings=findings)


def _is_list(chain: ObservedChain, search: PathSearch) -> bool:
    """Whether a file holds certificates that do not belong together, so that no path says what they are."""
    if not chain.is_from_file or chain.endpoint is not None or search.best is None or search.exhausted is not None:
        return False
    related = {certificate for path in search.paths for certificate in path.certificates}
    strays = sum(certificate not in related for certificate in set(chain.certificates))
    is_lone_root = search.best.root is not None and len(search.best.certificates) == 1
    return strays > _STRAYS or (strays > 0 and is_lone_root)


def choose_leaf(certificates: Sequence[Certificate]) -> Certificate | None:
    """
    Return the certificate to build from: the first that is no CA's, else the first that issued none of the others.

    A server's certificate must be sent first (RFC 8446 §4.4.2); where it is not, that is a finding, and the path is built all
    the same.
    """
    issued_by: set[bytes] = set()
    for certificate in certificates:
        try:
            if not certificate.is_ca:
                return certificate
            if not certificate.is_self_issued:
                issued_by.add(certificate.issuer.canonical)
        except CertificateError:
            return certificate
    return next((item for item in certificates if item.subject.canonical not in issued_by), next(iter(certificates), None))
