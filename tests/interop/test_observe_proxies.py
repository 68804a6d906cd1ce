"""Real proxies between `observe` and a real TLS server: tinyproxy and microsocks."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from anchorkeep.model.chain import FailedObservation, Failure, ObservedChain, Stage
from anchorkeep.model.endpoint import Endpoint
from anchorkeep.observe.approach import Approach
from tests.conftest import require_tool
from tests.peers import openssl, process, sockets
from tests.peers.observing import at, der, look
from tests.peers.pki import Presented, present
from tests.peers.proxies import PASSWORD, USER, microsocks, through, tinyproxy
from tests.peers.sockets import peer

pytestmark = pytest.mark.interop


@contextlib.contextmanager
def served(directory: Path) -> Iterator[tuple[Presented, int]]:
    """Give what openssl s_server presents, and its port."""
    presented = present()
    with openssl.served(directory, presented) as port:
        yield presented, port


@contextlib.contextmanager
def proxied(kind: str, directory: Path, *, authenticated: bool = False) -> Iterator[Approach]:
    """Give the approach through a real proxy of a kind."""
    credentials = {"user": USER, "password": PASSWORD} if authenticated else {}
    if kind == "http":
        started = tinyproxy(directory, *([f"BasicAuth {USER} {PASSWORD}"] if authenticated else []))
    else:
        started = microsocks(directory, *(["-u", USER, "-P", PASSWORD] if authenticated else []))
    with started as port:
        yield through(port, kind=kind, **credentials)


def failed(seen: ObservedChain | FailedObservation, approach: Approach) -> Failure:
    """Return why nothing was seen through a proxy, which the observation names."""
    assert isinstance(seen, FailedObservation), seen
    assert approach.proxy is not None
    assert (seen.failure.stage, seen.proxy, seen.address) == (Stage.PROXY, approach.proxy.address, None)
    assert PASSWORD not in repr(seen)
    return seen.failure


@pytest.mark.parametrize("kind", ["http", "socks5"])
@pytest.mark.parametrize("authenticated", [False, True])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_chain_is_the_same_through_a_proxy(kind: str, host: str, tmp_path: Path, *, authenticated: bool) -> None:
    """Through a proxy, by name and by address, with a password and without, the chain is the server's; the proxy is told."""
    with served(tmp_path) as (presented, port), proxied(kind, tmp_path, authenticated=authenticated) as approach:
        seen = look(Endpoint.parse(f"{host}:{port}", server_name="service.test"), approach=approach)
    assert isinstance(seen, ObservedChain), seen
    assert approach.proxy is not None
    assert (der(seen), seen.proxy, seen.address) == (presented.der, approach.proxy.address, None)


@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_name_is_left_to_the_proxy(kind: str, tmp_path: Path) -> None:
    """Nothing is looked up here of a service behind a proxy."""
    asked: list[str] = []

    def resolver(host: str, _port: int) -> list[object]:
        asked.append(host)
        return []

    with served(tmp_path) as (presented, port), proxied(kind, tmp_path) as approach:
        seen = look(Endpoint.parse(f"localhost:{port}"), approach=approach, resolver=resolver)
    assert isinstance(seen, ObservedChain)
    assert (der(seen), asked) == (presented.der, [])


@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_missing_credentials(kind: str, tmp_path: Path) -> None:
    """A proxy that wants a password and gets none is told to want one."""
    with proxied(kind, tmp_path, authenticated=True) as approach:
        assert approach.proxy is not None
        nameless = Approach(proxy=replace(approach.proxy, username=None, password=None))
        assert failed(look(at(1), approach=nameless), nameless).reason == "authentication-required"


@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_wrong_credentials(kind: str, tmp_path: Path) -> None:
    """A proxy that refuses the password is told so."""
    with proxied(kind, tmp_path, authenticated=True) as approach:
        assert approach.proxy is not None
        wrong = Approach(proxy=replace(approach.proxy, password=f"{PASSWORD}x"))
        assert failed(look(at(1), approach=wrong), wrong).reason == "credentials-refused"


@pytest.mark.parametrize(("kind", "reason"), [("http", "failed"), ("socks5", "target-refused")])
def test_service_that_refuses_the_proxy(kind: str, reason: str, tmp_path: Path) -> None:
    """A closed port behind a proxy is told in the proxy's words."""
    with proxied(kind, tmp_path) as approach:
        assert failed(look(at(process.free_port()), approach=approach), approach).reason == reason


def test_forbidden_port(tmp_path: Path) -> None:
    """A proxy that lets only some ports through is told to forbid this one."""
    with tinyproxy(tmp_path, "ConnectPort 443") as port:
        approach = through(port)
        assert failed(look(at(process.free_port()), approach=approach), approach).reason == "forbidden"


def test_kinds_that_are_mixed_up(tmp_path: Path) -> None:
    """A SOCKS5 proxy that is spoken to as HTTP is told; an HTTP proxy that is spoken to as SOCKS5 waits, and is given up."""
    with tinyproxy(tmp_path) as port:
        # It waits for the end of a line that never comes.
        approach = through(port, kind="socks5")
        assert failed(look(at(1), approach=approach, timeout=1), approach).reason == "timeout"
    with microsocks(tmp_path) as port:
        approach = through(port)
        assert failed(look(at(1), approach=approach), approach).reason == "not-a-proxy"


@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_banner_behind_a_proxy_is_known(kind: str, tmp_path: Path) -> None:
    """A mail server behind a proxy is known by its banner, which may come with the proxy's last word."""
    with proxied(kind, tmp_path) as approach, peer(sockets.greets(b"220 mail.test ESMTP\r\n")) as port:
        seen = look(at(port), approach=approach)
    assert isinstance(seen, FailedObservation)
    assert (seen.failure.stage, seen.failure.reason) == (Stage.HANDSHAKE, "not-tls")


@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_starttls_through_a_proxy(kind: str, tmp_path: Path) -> None:
    """TLS is asked for in SMTP behind a proxy as without one."""
    presented, port = present(), process.free_port()
    key, leaf, rest, _ = presented.write(tmp_path)
    script = Path(__file__).parent.parent / "peers" / "smtp.py"
    command = [require_tool("python3"), script, str(port), key, tmp_path / "whole.pem"]
    assert leaf.exists()
    assert rest.exists()
    with process.server(command, port=port, log=tmp_path / "smtp.out"), proxied(kind, tmp_path) as approach:
        endpoint = replace(at(port), starttls="smtp")
        seen = look(endpoint, approach=approach)
        directly = look(endpoint)
    assert isinstance(seen, ObservedChain), seen
    assert isinstance(directly, ObservedChain), directly
    assert (der(seen), der(directly)) == (presented.der, presented.der)
