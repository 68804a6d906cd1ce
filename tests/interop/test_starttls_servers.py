"""Real servers that are asked for TLS in clear, as peers of the STARTTLS dialogues."""

from collections.abc import Callable, Iterator, Mapping

import pytest

from anchorkeep.model.chain import FailedObservation, ObservedChain, Stage
from anchorkeep.model.endpoint import Endpoint
from anchorkeep.observe import starttls
from tests.peers import servers
from tests.peers.observing import PATIENCE, der, look
from tests.peers.pki import Presented, present

pytestmark = pytest.mark.interop

PROTOCOLS = {
    servers.dovecot: ("imap", "pop3", "lmtp", "sieve"),
    servers.exim: ("smtp",),
    servers.inspircd: ("irc",),
    servers.mariadb: ("mysql",),
    servers.nnrpd: ("nntp",),
    servers.postgres: ("postgres",),
    servers.prosody: ("xmpp-client", "xmpp-server"),
    servers.slapd: ("ldap",),
    servers.vsftpd: ("ftp",),
    servers.xrdp: ("rdp",),
}
#: Seconds after which a server that waits in another protocol is given up; nothing is asserted about how long that took.
SHORT = 0.2
#: Protocols of which Debian has no server; their peers are scripted, in test_starttls_scripted.py.
SCRIPTED = {"mssql"}


@pytest.fixture(scope="session")
def presented() -> Presented:
    """Return the chain that all servers are configured with: a leaf and two intermediates."""
    return present()


@pytest.fixture(scope="session", params=PROTOCOLS, ids=lambda plan: plan.__name__)
def served(request: pytest.FixtureRequest, presented: Presented) -> Iterator[Mapping[str, int]]:
    """Run a server once for all its protocols; give its ports."""
    with servers.running(request.param, presented) as ports:
        assert tuple(ports) == PROTOCOLS[request.param]
        yield ports


def test_chain_is_the_configured_one(served: Mapping[str, int], presented: Presented) -> None:
    """The chain that a real server sends after STARTTLS is the configured one, byte for byte."""
    for name, port in served.items():
        seen = observed(name, port)
        assert isinstance(seen, ObservedChain), (name, seen)
        assert (der(seen), seen.failure) == (presented.der, None), name


def test_other_protocols_fail_without_a_crash(served: Mapping[str, int]) -> None:
    """A real server that is asked in a protocol that it does not speak is a failed observation with a remedy, never an error."""
    port = next(iter(served.values()))
    for name in ("imap", "postgres", "rdp"):
        if name not in served:
            seen = observed(name, port, timeout=SHORT)
            assert isinstance(seen, FailedObservation), (name, seen)
            assert (seen.failure.stage, bool(seen.failure.remedy)) == (Stage.STARTTLS, True), (name, seen)


@pytest.mark.parametrize("plan", PROTOCOLS, ids=lambda plan: plan.__name__)
def test_server_without_tls_does_not_offer_it(plan: Callable[..., servers.Plan], presented: Presented) -> None:
    """A real server that is configured without TLS is said not to offer it, or to refuse it, in each of its protocols."""
    with servers.running(plan, presented, tls=False) as ports:
        for name, port in ports.items():
            seen = observed(name, port)
            assert isinstance(seen, FailedObservation), (name, seen)
            # INN lists STARTTLS all the same, and refuses when it cannot read a certificate.
            expected = "starttls-refused" if name == "nntp" else "starttls-not-offered"
            assert (seen.failure.stage, seen.failure.reason) == (Stage.STARTTLS, expected), (name, seen)


def observed(name: str, port: int, *, timeout: float = PATIENCE) -> ObservedChain | FailedObservation:
    """Observe a port of this machine after asking for TLS in a protocol."""
    return look(Endpoint.parse("service.test:443", connect=f"127.0.0.1:{port}", starttls=name), timeout=timeout)


def test_every_protocol_has_its_peer() -> None:
    """Every protocol is proved against a real server, or is one of the few that are scripted."""
    proved = {name for names in PROTOCOLS.values() for name in names}
    assert proved | SCRIPTED == set(starttls.PROTOCOLS)
