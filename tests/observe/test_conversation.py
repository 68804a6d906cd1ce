from dataclasses import replace

import pytest

from anchorkeep.errors import UsageError
from anchorkeep.model.chain import FailedObservation, Failure, Stage
from anchorkeep.model.endpoint import Address, Endpoint
from tests.peers import proxies, sockets
from tests.peers.observing import PATIENCE, at, look
from tests.peers.process import free_port
from tests.peers.proxies import PASSWORD, USER, through
from tests.peers.sockets import Behaviour, peer

#: Seconds after which a peer that never ends is given up; nothing is asserted about how long that took.
SHORT = 0.5
OPENED = b"HTTP/1.1 200 OK\r\n\r\n"


def through_failed(port: int, *, timeout: float = PATIENCE, **settings: str) -> Failure:
    """Return why observing a service through a proxy on a port failed."""
    approach = through(port, **settings)
    seen = look(Endpoint.parse("service.test"), approach=approach, timeout=timeout)
    assert isinstance(seen, FailedObservation)
    assert approach.proxy is not None
    assert (seen.failure.stage, seen.proxy, seen.address) == (Stage.PROXY, approach.proxy.address, None)
    assert PASSWORD not in repr(seen)
    return seen.failure


def failure_of(endpoint: Endpoint, **settings: object) -> tuple[Stage, str]:
    """Return the stage and the reason of a failure."""
    seen = look(endpoint, **settings)
    assert isinstance(seen, FailedObservation), seen
    return seen.failure.stage, seen.failure.reason


@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_proxy_that_wants_windows_authentication(scheme: str) -> None:
    """A proxy that wants NTLM or Negotiate is named with a remedy, also where credentials were sent."""
    answer = f"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: {scheme}\r\n\r\n".encode()
    with peer(proxies.answers(answer)) as port:
        failure = through_failed(port, user=USER, password=PASSWORD)
    assert (failure.reason, "cntlm" in failure.remedy) == (f"authentication-{scheme.lower()}", True)


def test_proxy_that_asks_again_and_again() -> None:
    """A proxy that always answers 407 is asked once."""
    answer = b'HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n'
    with peer(proxies.answers(answer, answer, answer)) as port:
        assert through_failed(port, user=USER, password=PASSWORD).reason == "credentials-refused"


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (sockets.says(b""), "closed"),
        (sockets.resets, "reset"),
        (sockets.says(b"HTTP/1.1 2"), "closed"),
        (sockets.floods(b"HTTP/1.1 100 Continue\r\n\r\n" * 100), "too-much-data"),
        (sockets.floods(b"\x80\x81\xff\x00" * 4096), "not-a-proxy"),
        (sockets.greets(b"220 mail.test ESMTP\r\n"), "not-a-proxy"),
    ],
)
def test_misbehaving_proxy(behaviour: Behaviour, reason: str) -> None:
    """A proxy that closes, resets, floods, or is none, is told as the proxy's failure."""
    with peer(behaviour) as port:
        assert through_failed(port).reason == reason


@pytest.mark.parametrize("behaviour", [sockets.is_silent, proxies.answers(b"HTTP/1.1 200 OK\r\n")])
def test_slow_proxy_times_out(behaviour: Behaviour) -> None:
    """A proxy that never ends its answer is given up when the time is over."""
    with peer(behaviour) as port:
        assert through_failed(port, timeout=SHORT).reason == "timeout"


def test_proxy_that_cannot_be_reached() -> None:
    """A proxy's closed port is the proxy's failure, and not taken for the service's."""
    failure = through_failed(free_port())
    assert (failure.reason, "proxy" in failure.message) == ("refused", True)


def test_proxy_that_is_not_known() -> None:
    """A proxy's name that cannot be resolved is the proxy's failure."""
    approach = through(1)
    assert approach.proxy is not None
    unknown = replace(approach, proxy=replace(approach.proxy, address=Address(host="proxy.invalid", port=3128)))
    failed = failure_of(Endpoint.parse("service.test"), approach=unknown, resolver=lambda _host, _port: [])
    assert failed == (Stage.PROXY, "name-not-found")


def test_service_behind_a_proxy_that_fails() -> None:
    """When the way is open, what comes is the service's: its failure is no longer the proxy's."""
    with peer(proxies.answers(OPENED, b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        failed = failure_of(Endpoint.parse("service.test"), approach=through(port))
    assert failed == (Stage.HANDSHAKE, "not-tls")


def test_banner_that_comes_with_the_proxys_last_word() -> None:
    """What a service said in the same packet as the proxy's answer is not lost."""
    with peer(proxies.answers(OPENED + b"220 mail.test ESMTP\r\n", b"250 mail.test\r\n")) as port:
        failed = failure_of(replace(Endpoint.parse("service.test"), starttls="smtp"), approach=through(port))
    assert failed == (Stage.STARTTLS, "starttls-not-offered")


def test_timeout_of_a_stage() -> None:
    """A stage that lasts too long ends the observation though there is time left, and its own time is told."""
    with peer(sockets.is_silent) as port:
        seen = look(at(port), stage_timeout=SHORT)
    assert isinstance(seen, FailedObservation)
    assert (seen.failure.stage, seen.failure.reason) == (Stage.HANDSHAKE, "timeout")
    assert f"{SHORT:g} s" in seen.failure.message


def test_total_is_shorter_than_a_stage() -> None:
    """The total holds whatever each stage may take, and is what is told."""
    with peer(sockets.is_silent) as port:
        seen = look(at(port), timeout=SHORT, stage_timeout=PATIENCE)
    assert isinstance(seen, FailedObservation)
    assert f"{SHORT:g} s" in seen.failure.message


def test_refused_starttls() -> None:
    """A server that offers no TLS fails in the stage STARTTLS."""
    with peer(sockets.scripted(b"220 mail.test ESMTP\r\n", b"250 mail.test\r\n")) as port:
        failed = failure_of(replace(at(port), starttls="smtp"))
    assert failed == (Stage.STARTTLS, "starttls-not-offered")


def test_bytes_in_clear_after_the_go_ahead() -> None:
    """Bytes in clear behind the go-ahead for TLS are somebody's injection, and the handshake is not begun."""
    pieces = (b"220 mail.test ESMTP\r\n", b"250-mail.test\r\n250 STARTTLS\r\n", b"220 go\r\n250 injected\r\n")
    with peer(sockets.scripted(*pieces)) as port:
        failed = failure_of(replace(at(port), starttls="smtp"))
    assert failed == (Stage.STARTTLS, "response-injection")


@pytest.mark.parametrize(
    ("behaviour", "reason"), [(sockets.is_silent, "timeout"), (sockets.resets, "reset"), (sockets.says(b""), "closed")]
)
def test_server_that_breaks_off_before_tls(behaviour: Behaviour, reason: str) -> None:
    """A server that falls silent, resets or closes before TLS fails in the stage STARTTLS."""
    with peer(behaviour) as port:
        failed = failure_of(replace(at(port), starttls="ldap"), timeout=SHORT)
    assert failed == (Stage.STARTTLS, reason)


def test_handshake_that_is_not_framed() -> None:
    """Where TLS travels in frames, what is not framed is a failure of the protocol before TLS, not of TLS."""
    # [MS-TDS] 2.2.6.5 and 2.2.3.1: an answer to PRELOGIN: ENCRYPTION, at offset 6, is ENCRYPT_ON.
    prelogin = bytes.fromhex("0401000f000001000100060001ff01")
    with peer(sockets.scripted(b"", prelogin, b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        failed = failure_of(replace(at(port), starttls="mssql"))
    assert failed == (Stage.STARTTLS, "starttls-protocol-error")


def test_unknown_protocol_before_tls() -> None:
    """A protocol that nobody speaks is the caller's error, not the network's."""
    with peer(sockets.is_silent) as port, pytest.raises(UsageError, match="cannot be asked for in 'gopher'"):
        look(replace(at(port), starttls="gopher"))
