import asyncio
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from anchorkeep import lab
from anchorkeep.actions import issuers, selection, show
from anchorkeep.actions.issuers import MAX_HOPS
from anchorkeep.actions.selection import Part
from anchorkeep.actions.show import Report, Subject
from anchorkeep.errors import RefusedError
from anchorkeep.lab import aia as served
from anchorkeep.lab.aia import Answer
from anchorkeep.model.chain import ObservedChain
from anchorkeep.model.endpoint import Address, Endpoint
from anchorkeep.model.finding import Severity
from anchorkeep.model.pool import SourceKind
from anchorkeep.observe import fetch
from anchorkeep.observe.address_policy import Policy
from anchorkeep.observe.aia import Retriever
from anchorkeep.observe.approach import Approach, Proxy, ProxyKind
from tests.peers.issuer_urls import AT, HOST, completed, ladder, ladder_served, report, retriever
from tests.peers.reports import failed, pool


def ids(seen: Report) -> list[str]:
    """Return the identifiers of the findings."""
    return [item.id for item in seen.findings]


def note(seen: Report) -> str:
    """Return the one note of a failed fetch."""
    (found,) = [item for item in seen.findings if item.id == "aia-failed"]
    assert found.severity is Severity.NOTE
    return found.message


@pytest.mark.parametrize("answer", [Answer.DER, Answer.PEM, Answer.PKCS7, Answer.REDIRECT])
def test_missing_intermediate_is_fetched(answer: Answer) -> None:
    """A path that lacked its intermediate is complete with it, and verifies up to the known root."""
    chain, seen, _ = completed(1, answer, known=True)
    assert seen.best.certificates == chain
    assert seen.best.verifies
    assert [source.kind for source in seen.sources(chain[1])] == [SourceKind.AIA]
    assert "aia-failed" not in ids(seen)


def test_fetched_intermediate_is_still_missing_from_the_server() -> None:
    """That the server does not send it stays an error, and the finding says where it was found."""
    chain, seen, server = completed(1, Answer.DER, known=True)
    (found,) = [item for item in seen.findings if item.id == "intermediate-missing"]
    assert found.severity is Severity.ERROR
    assert found.certificates == (chain[1],)
    assert f"It was found at {served.url(chain[1], port=server.port)}." in found.message


def test_fetched_root_is_hearsay() -> None:
    """A root that was fetched completes the path, is unknown all the same, and is exported by its fingerprint alone."""
    chain, seen, _ = completed(1, Answer.DER)
    assert seen.best.certificates == chain
    assert seen.best.is_complete
    assert not seen.best.is_public
    (found,) = [item for item in seen.findings if item.id == "root-unknown"]
    assert found.message == "The root Ladder Root is known from the server and its issuer URL only."
    assert "root-private" not in ids(seen)
    for part in (Part.ROOT, Part.INTERMEDIATES, Part.PATH):
        with pytest.raises(RefusedError, match="known from the server and its issuer URL alone"):
            selection.choose(seen, [part])
    accepted = {certificate.sha256 for certificate in chain}
    assert [item.certificate for item in selection.choose(seen, [Part.PATH], accepted=accepted)] == list(chain)


def test_known_root_is_no_hearsay_for_being_fetched_too() -> None:
    """A root that a person named stays vouched for, and what was fetched below it with it."""
    chain, seen, _ = completed(1, Answer.DER, known=True)
    assert len(selection.choose(seen, [Part.PATH])) == len(chain)
    assert "root-unknown" not in ids(seen)


def test_wrong_certificate_is_no_issuer() -> None:
    """A certificate that did not sign the last one of the path changes nothing, and a note says so."""
    chain, seen, _ = completed(1, Answer.WRONG, known=True)
    assert seen.best.certificates == chain[:1]
    assert seen.sources(chain[2]) == report(chain[0], known=pool(chain[2])).sources(chain[2])
    assert "[wrong-certificate]" in note(seen)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer.HTML, "no-certificate"),
        (Answer.MISSING, "status"),
        (Answer.TO_METADATA, "address-refused"),
        (Answer.GZIP, "encoded"),
    ],
)
def test_failure_is_a_note(answer: Answer, reason: str) -> None:
    """A fetch that fails is a note with its reason, and the chain is judged as before."""
    chain, seen, _ = completed(1, answer, known=True)
    assert f"[{reason}]" in note(seen)
    assert seen.findings[:-1] == report(chain[0], known=pool(chain[-1])).findings


def test_second_url_is_asked_where_the_first_fails() -> None:
    """Of two URLs the second gives the issuer, the first a note."""
    _, seen, server = completed(1, Answer.MISSING, Answer.DER, known=True)
    assert seen.best.verifies
    assert "[status]" in note(seen)
    assert len(server.heads) == 2


def test_second_url_is_not_asked_where_the_first_does() -> None:
    """Once the issuer is found, no other URL is asked."""
    _, seen, server = completed(1, Answer.DER, Answer.PEM, known=True)
    assert seen.best.verifies
    assert len(server.heads) == 1


@pytest.mark.parametrize(("depth", "is_complete", "requests"), [(MAX_HOPS - 1, True, MAX_HOPS), (MAX_HOPS, False, MAX_HOPS)])
def test_hops_are_bounded(*, depth: int, is_complete: bool, requests: int) -> None:
    """Three certificates are fetched one above the other, a fourth is not."""
    _, seen, server = completed(depth, Answer.DER)
    assert (seen.best.is_complete, len(server.heads)) == (is_complete, requests)


def test_fetches_of_a_chain_are_bounded() -> None:
    """All URLs of all certificates of a chain share one allowance."""
    chain, seen, server = completed(3, Answer.MISSING, Answer.HTML, Answer.WRONG, Answer.DER)
    assert len(server.heads) == 8
    assert len(seen.best.certificates) == 3
    assert chain[:3] == seen.best.certificates
    _, _, server = completed(3, Answer.REDIRECT, Answer.DER)
    assert len(server.heads) == 6


def test_time_of_a_chain_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chain has its time in all, however many URLs it names."""
    monkeypatch.setattr(issuers, "MAX_SECONDS", 0.5)
    _, seen, _ = completed(1, Answer.SILENT, Answer.DRIP, Answer.SILENT)
    assert "[timeout]" in note(seen)
    assert "in all" in note(seen)


def test_private_address_is_a_note() -> None:
    """Where private addresses are not allowed, the note says which one was refused and by which rule."""
    _, seen, server = completed(1, Answer.DER, allow_private=False)
    assert "127.0.0.1 is a loopback address (RFC 1122" in note(seen)
    assert not server.heads


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(failed(), id="nothing observed"),
        pytest.param(report(), id="nothing sent"),
        pytest.param(report(*ladder(1, lambda _: ("http://ca.test/",))), id="complete"),
        pytest.param(report(ladder(1, lambda _: ())[0]), id="no URL"),
        pytest.param(report(ladder(1, lambda _: ("ldap://ca.test/",))[0]), id="no URL of HTTP"),
    ],
)
def test_nothing_is_asked_without_need(seen: Report) -> None:
    """A report that lacks no issuer, or cannot say where one is, is returned as it is."""
    assert not issuers.is_wanting(seen)
    assert asyncio.run(issuers.complete(seen, retriever(80))) is seen


def test_file_causes_no_request() -> None:
    """Certificates of a file are looked at as they stand."""
    (leaf, *_) = ladder(1, lambda _: ("http://ca.test/",))
    observed = ObservedChain(endpoint=None, certificates=(leaf,), observed_at=AT)
    (seen,) = asyncio.run(
        show.show([Subject(label="a file", recorded=observed)], pool(), clock=lambda: AT, retriever=lambda: retriever(80))
    )
    assert not issuers.is_wanting(seen)
    assert "aia-failed" not in ids(seen)
    assert issuers.is_wanting(report(leaf))


def test_through_a_proxy_nothing_is_asked() -> None:
    """Where the service was approached through a proxy, its issuers are not fetched, and the note names the option."""

    async def run() -> tuple[Report, int]:
        async with ladder_served(1, Answer.DER) as (chain, server):
            endpoint = Endpoint.parse(HOST)
            approach = Approach(proxy=Proxy(kind=ProxyKind.HTTP, address=Address(host="127.0.0.1", port=1)))
            observed = ObservedChain(endpoint=endpoint, certificates=chain[:1], observed_at=AT)
            first = show.judge(Subject(label=HOST, endpoint=endpoint, approach=approach), observed, pool=pool(), at=AT)
            return await issuers.complete(first, retriever(server.port)), len(server.heads)

    seen, requests = asyncio.run(run())
    assert "[through-proxy]" in note(seen)
    assert "--aia-proxy" in note(seen)
    assert requests == 0


def test_services_of_the_lab_are_completed(cloud: lab.Cloud) -> None:
    """Services that send their leaf alone are completed with what their certificate names, in their order."""
    cloud.misbehave("aia")
    subjects = [Subject(label=str(item), endpoint=item) for item in cloud.endpoints()]
    source = Retriever(Policy(allow_private=True, ports=frozenset({cloud.state.aia_port})))
    seen = asyncio.run(show.show(subjects, pool(cloud.root), clock=lambda: datetime.now(UTC), retriever=lambda: source))
    assert [item.subject for item in seen] == subjects
    assert all(item.best.verifies and len(item.sent) == 1 for item in seen)
    without = asyncio.run(show.show(subjects, pool(cloud.root), clock=lambda: datetime.now(UTC)))
    assert not any(item.best.is_complete for item in without)


def test_same_answer_gives_the_same_report() -> None:
    """A chain judged after others, when the cache answers, is judged as the first."""

    async def run() -> tuple[Report, Report]:
        async with ladder_served(2, Answer.REDIRECT, Answer.DER) as (chain, server):
            source = retriever(server.port)
            return await issuers.complete(report(chain[0]), source), await issuers.complete(report(chain[0]), source)

    first, second = asyncio.run(run())
    assert first == second


@pytest.mark.parametrize(
    "arguments", [["--help"], ["show", "--help"], ["show", "--no-aia", "127.0.0.1:1"], ["show", "127.0.0.1:1"]]
)
def test_http_client_is_loaded_only_where_it_is_needed(arguments: list[str]) -> None:
    """The command line loads no HTTP client unless an issuer is fetched."""
    code = (
        "import sys\nfrom anchorkeep.cli.main import main\nmain(sys.argv[1:])\n"
        'sys.exit(f\'loaded: {sorted(set(sys.modules) & {"httpx", "httpcore", "anyio"})}\' if \'httpx\' in sys.modules else 0)'
    )
    result = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert (result.returncode, "Traceback" in result.stderr) == (0, False), result.stderr


def test_http_client_is_loaded_where_an_issuer_is_fetched() -> None:
    """The same look at modules finds the client once a request was made."""
    code = (
        "import asyncio, sys\nfrom anchorkeep.observe import fetch, aia\nassert 'httpx' not in sys.modules\n"
        "from anchorkeep.observe.address_policy import Policy\nfrom anchorkeep.observe.location import Location\n"
        "p = Policy(allow_private=True, ports=frozenset({1}))\n"
        "asyncio.run(fetch.get(Location.parse('http://127.0.0.1:1/'), policy=p, resolver=None))\nassert 'httpx' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert fetch.MAX_SECONDS == 5
