from dataclasses import replace

from anchorkeep.judge import vantage
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.chain import FailedObservation, Failure, ObservedChain, Stage
from anchorkeep.model.endpoint import Endpoint
from anchorkeep.model.finding import Finding
from anchorkeep.model.view import View, ViewKind
from tests.judge.conftest import AT, HOST, below, leaf, root

ROOT = root("Vantage Root")
CA = below(ROOT, "Vantage CA")
FIRST, SECOND = leaf(CA), leaf(CA)
CHAIN, OTHER = (FIRST, CA.certificate), (SECOND, CA.certificate)
ENDPOINT = Endpoint.parse(HOST)
ADDRESSES = ("192.0.2.1:443", "192.0.2.2:443", "[2001:db8::1]:443")


def seen(*certificates: Certificate) -> ObservedChain:
    """Return an observation of a chain."""
    return ObservedChain(endpoint=ENDPOINT, certificates=certificates, observed_at=AT)


def failed(reason: str, stage: Stage = Stage.HANDSHAKE) -> FailedObservation:
    """Return an observation that failed for a reason."""
    return FailedObservation(endpoint=ENDPOINT, observed_at=AT, failure=Failure(stage=stage, reason=reason, message="No."))


REFUSED = failed("refused", Stage.CONNECT)


def nodes(*outcomes: ObservedChain | FailedObservation, left_out: int = 0) -> tuple[Finding, ...]:
    """Return the findings about nodes, of which the first is what was observed."""
    views = [View(kind=ViewKind.NODE, label=label, outcome=outcome) for label, outcome in zip(ADDRESSES, outcomes, strict=False)]
    return vantage.inspect(outcomes[0], views, left_out=left_out)


def key_types(rsa: ObservedChain | FailedObservation, ecdsa: ObservedChain | FailedObservation) -> tuple[Finding, ...]:
    """Return the findings about the two types of key."""
    pairs = (("RSA", rsa), ("ECDSA", ecdsa))
    return vantage.inspect(seen(*CHAIN), [View(kind=ViewKind.KEY_TYPE, label=label, outcome=item) for label, item in pairs])


def by_another_way(
    outcome: ObservedChain | FailedObservation, *, first: ObservedChain | FailedObservation | None = None
) -> tuple[Finding, ...]:
    """Return the findings about a service that was looked at through a proxy too."""
    view = View(kind=ViewKind.WAY, label="through the proxy http://proxy:3128", outcome=outcome)
    return vantage.inspect(first or seen(*CHAIN), [view])


def test_nodes_that_are_alike_are_not_worth_a_word() -> None:
    """Three nodes with the same chain have no finding."""
    assert nodes(*[seen(*CHAIN)] * 3) == ()


def test_difference_names_addresses_and_fingerprints() -> None:
    """Who serves what is said by address and by the leaf's SHA-256."""
    (finding,) = nodes(seen(*CHAIN), seen(*OTHER), seen(*CHAIN))
    assert f"{FIRST.sha256.hex()[:16]} at {ADDRESSES[0]}, {ADDRESSES[2]}" in finding.message
    assert f"{SECOND.sha256.hex()[:16]} at {ADDRESSES[1]}" in finding.message
    assert finding.certificates == (FIRST, SECOND)


def test_nodes_with_other_intermediates_differ_too() -> None:
    """A node that leaves the intermediate out differs, with the same certificate, and the message says so."""
    (finding,) = nodes(seen(*CHAIN), seen(FIRST))
    assert "different intermediates with the same certificate" in finding.message


def test_unreachable_node_is_named_with_its_reason() -> None:
    """A node that fails is named by address and reason; it is no difference."""
    (finding,) = nodes(seen(*CHAIN), REFUSED)
    assert (finding.id, f"{ADDRESSES[1]} (refused)" in finding.message) == ("node-unreachable", True)


def test_service_without_any_node_has_no_finding_of_nodes() -> None:
    """Where no node answers, the observation's own failure says it all."""
    assert nodes(REFUSED, REFUSED) == ()


def test_absent_key_type_is_an_answer() -> None:
    """A server that refuses to shake hands for one type has no certificate of it: that is known, and no finding."""
    assert key_types(seen(*CHAIN), failed("alert")) == ()
    assert vantage.is_absent(View(kind=ViewKind.KEY_TYPE, label="RSA", outcome=failed("alert")))


def test_server_of_tls_1_3_alone_could_not_be_told() -> None:
    """A server that refuses every version in which a type can be asked for leaves it open, and the finding says why."""
    (finding,) = key_types(failed("protocol-version"), failed("protocol-version"))
    assert "could not tell" in finding.message
    assert "TLS 1.3 only" in finding.message
    assert not vantage.is_absent(View(kind=ViewKind.KEY_TYPE, label="RSA", outcome=failed("protocol-version")))


def test_type_that_may_not_be_asked_for_could_not_be_told() -> None:
    """Where only TLS 1.3 may be offered the question stays open, and the server is not said to be the reason."""
    unasked = failed(vantage.NOT_ATTEMPTED, Stage.CONNECT)
    (finding,) = key_types(unasked, unasked)
    assert "only TLS 1.3 may be offered" in finding.message
    assert "the server speaks" not in finding.message


def test_question_is_open_where_a_type_could_not_be_told() -> None:
    """A look that tells nothing of a type leaves the question open; one that says there is none answers it, as nodes do."""

    def look(reason: str, kind: ViewKind = ViewKind.KEY_TYPE) -> View:
        return View(kind=kind, label="RSA", outcome=failed(reason))

    assert vantage.leaves_open([look("alert"), look("timeout")])
    assert not vantage.leaves_open([look("alert"), look("timeout", ViewKind.NODE)])


def test_timeout_leaves_the_key_type_open() -> None:
    """A handshake that failed for want of time tells nothing of certificates, nor of TLS 1.3."""
    (finding,) = key_types(seen(*CHAIN), failed("timeout"))
    assert "type ECDSA" in finding.message
    assert "TLS 1.3" not in finding.message


def test_difference_between_ways_names_both_fingerprints() -> None:
    """Both leaves are named, and which of them came by the other way."""
    (finding,) = by_another_way(seen(*OTHER))
    assert finding.message.startswith("Through the proxy http://proxy:3128 the service sends another certificate")
    assert all(item.sha256.hex()[:16] in finding.message for item in (FIRST, SECOND))


def test_nothing_is_compared_where_nothing_was_seen() -> None:
    """Where the observation itself failed there is nothing that another way could differ from."""
    assert by_another_way(seen(*CHAIN), first=REFUSED) == ()


def test_findings_come_worst_first() -> None:
    """A warning stands before a note."""
    view = View(kind=ViewKind.KEY_TYPE, label="RSA", outcome=failed("timeout"))
    other = View(kind=ViewKind.WAY, label="directly", outcome=seen(*OTHER))
    findings = vantage.inspect(seen(*CHAIN), [view, other])
    assert [item.id for item in findings] == ["interception-difference", "key-types-unknown"]


def test_many_nodes_are_counted() -> None:
    """A sentence names some nodes and counts the others."""
    views = [View(kind=ViewKind.NODE, label=f"192.0.2.{number}:443", outcome=REFUSED) for number in range(2, 60)]
    first = View(kind=ViewKind.NODE, label=ADDRESSES[0], outcome=replace(seen(*CHAIN)))
    (finding,) = vantage.inspect(seen(*CHAIN), [first, *views])
    assert "and 54 more" in finding.message
