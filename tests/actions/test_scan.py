"""Bulk looks: reports as they are finished, nothing kept, and one subject's failure beside all the others."""

import asyncio
import contextlib
import gc
import weakref
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from anchorkeep import lab
from anchorkeep.actions import scan, show
from anchorkeep.actions.nodes import Wanted
from anchorkeep.actions.scan import Terms
from anchorkeep.actions.show import Report, Subject
from anchorkeep.errors import CertificateError, FileError
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.chain import FailedObservation, ObservedChain
from anchorkeep.model.endpoint import Address, Endpoint
from anchorkeep.model.pool import Pool
from tests.peers import reports
from tests.peers.reports import AT, pki
from tests.peers.sockets import is_silent, peer

#: Certificates that the rules remember their answers for, the CAs of a scan among them.
CACHED = 512


def now() -> datetime:
    """Return the time of this machine."""
    return datetime.now(UTC)


def terms(**settings: Any) -> Terms:
    """Return terms with a timeout that no healthy peer meets."""
    return Terms(**{"clock": now, "timeout": 60.0} | settings)


def scanned(subjects: Any, pool: Pool | None = None, *, concurrency: int = 32, **settings: Any) -> list[Report]:
    """Return the reports in the order in which they are finished."""

    async def run() -> list[Report]:
        return [report async for report in scan.scan(subjects, pool or Pool(), terms=terms(**settings), concurrency=concurrency)]

    return asyncio.run(run())


def recorded(*certificates: Certificate, label: str = "a file") -> Subject:
    """Return certificates that a file held."""
    return Subject(label=label, recorded=ObservedChain(endpoint=None, certificates=certificates, observed_at=AT))


def named(count: int, port: int) -> Iterator[Subject]:
    """Yield services of many names that all lead to one port."""
    for number in range(count):
        endpoint = Endpoint(host=f"service-{number}.test", connect=Address(host="127.0.0.1", port=port))
        yield Subject(label=endpoint.label, endpoint=endpoint)


def port_of(cloud: lab.Cloud) -> int:
    """Return the port of UAT."""
    return cloud.endpoints("uat")[0].target.port


def test_every_service_is_told_once(cloud: lab.Cloud) -> None:
    """Three hundred names on one port are three hundred reports, each with the chain."""
    found = scanned(named(300, port_of(cloud)), reports.pool(cloud.root))
    assert sorted(report.subject.label for report in found) == sorted(f"service-{number}.test" for number in range(300))
    assert {report.sent for report in found} == {cloud.chain("uat")}


def test_subjects_may_come_slowly(cloud: lab.Cloud) -> None:
    """An asynchronous source is drawn from too, and each report is there before the next subject."""
    port, told = port_of(cloud), asyncio.Event()

    async def source() -> AsyncIterator[Subject]:
        first, second = named(2, port)
        yield first
        await told.wait()
        yield second

    async def run() -> list[str]:
        labels: list[str] = []
        async for report in scan.scan(source(), Pool(), terms=terms()):
            labels.append(report.subject.label)
            told.set()
        return labels

    assert asyncio.run(run()) == ["service-0.test", "service-1.test"]


def test_hanging_service_delays_no_other(cloud: lab.Cloud) -> None:
    """While one service never answers, a hundred others are told; it is told last, as a timeout."""
    with peer(is_silent) as port:
        hanging = Subject(label="hanging", endpoint=Endpoint.parse(f"127.0.0.1:{port}"))

        async def run() -> tuple[list[str], Report]:
            labels: list[str] = []
            subjects = [hanging, *named(100, port_of(cloud))]
            async for report in scan.scan(subjects, Pool(), terms=terms(timeout=3.0), concurrency=8):
                labels.append(report.subject.label)
            return labels, report

        labels, last = asyncio.run(run())
    assert (len(labels), labels[-1]) == (101, "hanging")
    assert isinstance(last.outcome, FailedObservation)
    assert last.outcome.failure.reason == "timeout"


def test_alone_a_hanging_service_holds_the_next(cloud: lab.Cloud) -> None:
    """With one at a time the order is that of the list, whatever hangs."""
    with peer(is_silent) as port:
        hanging = Subject(label="hanging", endpoint=Endpoint.parse(f"127.0.0.1:{port}"))
        found = scanned([hanging, *named(3, port_of(cloud))], concurrency=1, timeout=0.5)
    assert [report.subject.label for report in found] == ["hanging", "service-0.test", "service-1.test", "service-2.test"]


def test_stage_has_its_own_time() -> None:
    """A stage that takes longer than its own time ends the observation before the total does."""
    with peer(is_silent) as port:
        (report,) = scanned(
            [Subject(label="hanging", endpoint=Endpoint.parse(f"127.0.0.1:{port}"))], timeout=60.0, stage_timeout=0.2
        )
    assert isinstance(report.outcome, FailedObservation)
    assert (report.outcome.failure.reason, "0.2 s" in report.outcome.failure.message) == ("timeout", True)


def test_failures_are_records_among_the_others(cloud: lab.Cloud) -> None:
    """A closed port and an unknown protocol are a report each; the services around them are told as ever."""
    first, second = named(2, port_of(cloud))
    closed = Subject(label="closed", endpoint=Endpoint.parse("127.0.0.1:1"))
    unknown = Subject(label="unknown", endpoint=Endpoint.parse("127.0.0.1:1", starttls="gopher"))
    with contextlib.closing(_closed_port()) as port:
        unknown = Subject(label="unknown", endpoint=Endpoint.parse(f"127.0.0.1:{port_of(cloud)}", starttls="gopher"))
        closed = Subject(label="closed", endpoint=Endpoint.parse(f"127.0.0.1:{port.number}"))
        found = {report.subject.label: report.outcome for report in scanned([first, closed, unknown, second])}
    reasons = {label: outcome.failure.reason for label, outcome in found.items() if outcome.failure}
    assert (len(found), reasons) == (4, {"closed": "refused", "unknown": "not-attempted"})


def test_chain_that_cannot_be_judged_is_a_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect in judging one chain is a finding of that one, whose certificates stay; the others are judged."""
    judge = show.judge

    def defective(subject: Subject, outcome: Any, **settings: Any) -> Report:
        if subject.label == "bad":
            raise CertificateError("A field that nobody foresaw.")
        return judge(subject, outcome, **settings)

    monkeypatch.setattr(show, "judge", defective)
    chain = (pki().leaf, pki().intermediate)
    bad, good = recorded(*chain, label="bad"), recorded(*chain, label="good")
    found = {report.subject.label: report for report in scanned([bad, good], reports.pool(pki().root))}
    assert found["good"].best.verifies
    assert (found["bad"].sent, [item.id for item in found["bad"].findings]) == (chain, ["not-judged"])
    assert "nobody foresaw" in found["bad"].findings[0].message


def test_defect_of_the_program_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no error of ours ends the scan, for it is a defect of the program and not of a chain."""
    monkeypatch.setattr(show, "judge", lambda *_args, **_settings: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        scanned([recorded(pki().leaf)])


def test_error_of_the_source_comes_after_the_reports() -> None:
    """Where the list breaks off, what was drawn before is told, and then the error."""

    def source() -> Iterator[Subject]:
        yield recorded(pki().leaf, label="before")
        raise FileError("The disk is gone.")

    async def run() -> None:
        async for report in scan.scan(source(), Pool(), terms=terms()):
            labels.append(report.subject.label)  # noqa: PERF401 (what came before the error counts)

    labels: list[str] = []
    with pytest.raises(FileError):
        asyncio.run(run())
    assert labels == ["before"]


@pytest.mark.parametrize("concurrency", [1, 4])
def test_nothing_is_drawn_before_there_is_room(concurrency: int) -> None:
    """Whoever does not take the reports stops the drawing: at most what is finished and what is looked at was drawn."""
    drawn: list[int] = []

    def source() -> Iterator[Subject]:
        for number in range(1000):
            drawn.append(number)
            yield recorded(pki().leaf)

    async def run() -> None:
        async with contextlib.aclosing(scan.scan(source(), Pool(), terms=terms(), concurrency=concurrency)) as found:
            await anext(found)
            for _ in range(100):
                await asyncio.sleep(0)

    asyncio.run(run())
    assert len(drawn) <= 2 * concurrency + 1


def test_no_report_is_kept() -> None:
    """However many services there are, no more chains are alive than are under way or cached; counted, not weighed."""
    alive: weakref.WeakSet[Kept] = weakref.WeakSet()
    most = 0

    def source() -> Iterator[Subject]:
        for number in range(2000):
            subject = recorded(Kept(pki().leaf.der + bytes(2) + number.to_bytes(4, "big")), label=str(number))
            assert subject.recorded is not None
            alive.update(subject.recorded.certificates)
            yield subject

    async def run() -> None:
        nonlocal most
        async for report in scan.scan(source(), Pool(), terms=terms(), concurrency=8):
            if int(report.subject.label) % 100 == 0:
                gc.collect()
                most = max(most, len(alive))

    asyncio.run(run())
    assert 0 < most <= 2 * 8 + 2 + CACHED


def test_closing_ends_what_is_under_way() -> None:
    """A scan that is left early leaves no task behind."""

    async def run() -> Iterable[object]:
        with_room = scan.scan((recorded(pki().leaf) for _ in range(100)), Pool(), terms=terms(), concurrency=4)
        async with contextlib.aclosing(with_room) as found:
            await anext(found)
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert not asyncio.run(run())


def test_looks_besides_are_taken(cloud: lab.Cloud) -> None:
    """What is wanted besides the service itself is in its report."""
    (report,) = scanned(named(1, port_of(cloud)), wanted=Wanted(both_key_types=True))
    assert len(report.views) == 2


def test_nothing_is_told_of_nothing() -> None:
    """No subjects are no reports."""
    assert scanned([]) == []


class Kept(Certificate):
    """A certificate that can be watched."""

    __hash__ = Certificate.__hash__


class _closed_port:  # noqa: N801
    """A port that is taken and not listened on."""

    def __init__(self) -> None:
        import socket

        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.number: int = self._socket.getsockname()[1]

    def close(self) -> None:
        self._socket.close()
