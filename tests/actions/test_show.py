import asyncio
import socket
from datetime import UTC, datetime, timedelta

import pytest

from anchorkeep import lab
from anchorkeep.actions import show
from anchorkeep.actions.show import Report, Subject
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.chain import FailedObservation, ObservedChain
from anchorkeep.model.endpoint import Endpoint
from anchorkeep.model.pool import Pool, SourceKind
from tests.peers import reports
from tests.peers.reports import AT, pki


def looked_at(*subjects: Subject, known: Pool | None = None, at: datetime | None = None) -> tuple[Report, ...]:
    """Return the reports of subjects, with the clock of this machine."""
    work = show.show(subjects, known or Pool(), clock=lambda: datetime.now(UTC), at=at, timeout=10)
    return asyncio.run(work)


def recorded(*certificates: Certificate, label: str = "a file") -> Subject:
    """Return certificates that a file held."""
    return Subject(label=label, recorded=ObservedChain(endpoint=None, certificates=certificates, observed_at=AT))


def test_service_is_observed(cloud: lab.Cloud) -> None:
    """A service is looked at, its path is built up to the known root, and it verifies."""
    portal, _ = cloud.endpoints("uat")
    subject = Subject(label=portal.label, endpoint=portal)
    (report,) = looked_at(subject, known=reports.pool(cloud.root))
    assert report.sent == cloud.chain("uat")
    assert report.best.certificates == (*cloud.chain("uat"), cloud.root)
    assert report.best.verifies
    assert report.at == report.outcome.observed_at


def test_closed_port_is_an_outcome() -> None:
    """A service that refuses the connection is reported as a failure, without findings."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    subject = Subject(label="closed", endpoint=Endpoint.parse(f"127.0.0.1:{port}"))
    (report,) = looked_at(subject)
    assert isinstance(report.outcome, FailedObservation)
    assert (report.outcome.failure.reason, report.findings, report.search, report.best) == ("refused", (), None, None)
    assert report.sent == ()


def test_reports_come_in_the_order_asked(cloud: lab.Cloud) -> None:
    """However long each takes, the reports stand in the order of the subjects."""
    subjects = [Subject(label=str(item), endpoint=item) for item in cloud.endpoints() * 20]
    subjects.insert(7, recorded(pki().leaf))
    assert [report.subject for report in looked_at(*subjects)] == subjects


def test_progress_is_told_of_each() -> None:
    """Progress is told once for every subject."""
    steps: list[None] = []
    work = show.show([recorded(pki().leaf)] * 3, Pool(), clock=lambda: datetime.now(UTC), progress=lambda: steps.append(None))
    asyncio.run(work)
    assert len(steps) == 3


def test_nothing_is_reported_of_nothing() -> None:
    """No subjects are no reports."""
    assert looked_at() == ()


def test_record_is_judged_for_when_it_was_made() -> None:
    """A record is judged for its own time, at which its certificate was valid, not for today."""
    (report,) = looked_at(recorded(pki().expired, pki().intermediate), known=reports.pool(pki().root), at=AT - timedelta(days=5))
    assert report.best.verifies
    (report,) = looked_at(recorded(pki().expired, pki().intermediate), known=reports.pool(pki().root))
    assert report.at == AT
    assert [problem.id for problem in report.best.problems] == ["expired"]


def test_same_record_gives_the_same_report() -> None:
    """The same bytes, pool and time always give the same report."""
    subject = recorded(pki().leaf, pki().intermediate)
    assert looked_at(subject) == looked_at(subject)


def test_sources_name_server_and_pools() -> None:
    """A certificate that was sent and is in a pool names both places, one that was not sent the pool alone."""
    report = reports.report((pki().leaf, pki().root), reports.pool(pki().root, pki().intermediate, kind=SourceKind.SYSTEM))
    assert [source.kind for source in report.sources(pki().root)] == [SourceKind.SENT, SourceKind.SYSTEM]
    assert [source.kind for source in report.sources(pki().intermediate)] == [SourceKind.SYSTEM]
    assert report.sources(pki().wide) == ()


@pytest.mark.parametrize("order", [("leaf", "intermediate", "root"), ("root", "intermediate", "leaf"), ("intermediate", "leaf")])
def test_leaf_is_found_whatever_the_order(order: tuple[str, ...]) -> None:
    """The path begins at the server's certificate, wherever in the chain it was sent."""
    certificates = [getattr(pki(), name) for name in order]
    assert show.choose_leaf(certificates) == pki().leaf


def test_first_of_two_leaves_is_taken() -> None:
    """Of two certificates that are no CA's the first counts."""
    assert show.choose_leaf([pki().wide, pki().leaf]) == pki().wide


def test_of_authorities_the_lowest_is_taken() -> None:
    """Where only CAs were sent, the path begins at the one that issued none of the others."""
    assert show.choose_leaf([pki().root, pki().intermediate]) == pki().intermediate


def test_root_alone_is_its_own_leaf() -> None:
    """A root that was sent alone is where the path begins and ends."""
    assert show.choose_leaf([pki().root]) == pki().root


def test_unreadable_certificate_is_taken_as_the_leaf() -> None:
    """A certificate that cannot be read is looked at as it stands rather than passed over."""
    broken = Certificate(b"0\x00")
    assert show.choose_leaf([broken, pki().leaf]) == broken


def test_nothing_sent_has_no_leaf() -> None:
    """Where nothing was sent there is nothing to begin from, and no path."""
    assert show.choose_leaf([]) is None
    assert reports.report(()).best is None


def test_roots_of_a_file_are_a_list() -> None:
    """A file of two roots that have nothing to do with each other has no path and is not said to verify."""
    listed = reports.report((pki().root, reports.authority("Other Root").certificate), target=None)
    assert (listed.is_list, listed.best, listed.findings) == (True, None, ())


def test_chain_in_a_file_is_no_list() -> None:
    """A file with a chain and a stray is judged as a chain, and the stray is found; so is a service that sends roots."""
    stray = reports.authority("Other Root").certificate
    chain = reports.report((pki().leaf, pki().intermediate, stray), reports.pool(pki().root), target=None)
    assert (chain.is_list, chain.best is not None) == (False, True)
    assert "certificate-unrelated" in {item.id for item in chain.findings}
    assert not reports.report((pki().root, stray)).is_list
