import asyncio
import ssl
import subprocess
import threading
from dataclasses import replace

import pytest

from anchorkeep.lab import Cloud, Mode, Part, running, site
from anchorkeep.lab.cloud import now
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.chain import FailedObservation, ObservedChain
from anchorkeep.model.endpoint import Endpoint
from anchorkeep.observe import observe
from anchorkeep.observe.listener import Fault
from tests.conftest import require_tool

FAULTS = {Mode(fault.value) for fault in Fault}
WITHOUT_CHAIN = {*FAULTS, Mode.TOO_LARGE}


def ask(endpoint: Endpoint, *, timeout: float = 10) -> ObservedChain | FailedObservation:
    """Return what our own client sees."""
    return asyncio.run(observe(endpoint, clock=now, timeout=timeout))


def sent_to_openssl(endpoint: Endpoint, *options: str) -> tuple[Certificate, ...]:
    """Return the certificates that `openssl s_client` says were sent."""
    result = subprocess.run(
        [
            *(require_tool("openssl"), "s_client", "-connect", str(endpoint.target), "-showcerts"),
            *("-servername", endpoint.host, "-cipher", "DEFAULT:@SECLEVEL=0", *options),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
    )
    chain, _, _ = result.stdout.decode("latin-1").partition("Server certificate")
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    blocks = [f"{begin}\n{block.partition(end)[0]}{end}" for block in chain.split(f"\n{begin}\n")[1:]]
    return tuple(Certificate(ssl.PEM_cert_to_DER_cert(block)) for block in blocks)


@pytest.mark.parametrize("mode", sorted(set(Mode) - WITHOUT_CHAIN))
def test_chain_is_presented_as_configured(cloud: Cloud, mode: Mode) -> None:
    """In every mode with a chain, what arrives is byte for byte what the lab says it presents."""
    cloud.misbehave(mode, "uat")
    for endpoint in cloud.endpoints("uat"):
        seen = ask(endpoint)
        assert isinstance(seen, ObservedChain)
        assert seen.certificates == cloud.chain("uat")
        assert seen.client_certificate_requested == (mode is Mode.CLIENT_CERTIFICATE)


@pytest.mark.interop
@pytest.mark.parametrize("mode", sorted(set(Mode) - WITHOUT_CHAIN))
def test_openssl_sees_the_same(cloud: Cloud, mode: Mode) -> None:
    """`openssl s_client` sees the same certificates in the same order, in every mode that has them."""
    cloud.misbehave(mode, "uat")
    assert sent_to_openssl(cloud.endpoints("uat")[0]) == cloud.chain("uat")


@pytest.mark.interop
@pytest.mark.parametrize(("sigalgs", "label"), [("RSA-PSS+SHA256:RSA+SHA256", "RSA 2048"), ("ECDSA+SHA256", "EC P-256")])
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_is_given_the_type_of_key_it_asks_for(cloud: Cloud, sigalgs: str, label: str, version: str) -> None:
    """A service with two certificates presents the one whose signatures the client offers, in both versions of TLS."""
    cloud.misbehave(Mode.DUAL_KEYS, "uat")
    leaf = sent_to_openssl(cloud.endpoints("uat")[0], "-sigalgs", sigalgs, version)[0]
    assert leaf.public_key.label == label


@pytest.mark.interop
@pytest.mark.parametrize(("mode", "version"), [(Mode.TLS_1_2_ONLY, "-tls1_2"), (Mode.TLS_1_3_ONLY, "-tls1_3")])
def test_openssl_comes_in_with_the_one_version_alone(cloud: Cloud, mode: Mode, version: str) -> None:
    """A mode of one version shakes hands in that one and refuses the other."""
    cloud.misbehave(mode, "uat")
    service = cloud.endpoints("uat")[0]
    (other,) = {"-tls1_2", "-tls1_3"} - {version}
    assert sent_to_openssl(service, version) == cloud.chain("uat")
    assert sent_to_openssl(service, other) == ()


@pytest.mark.parametrize("host", site.OTHER_ADDRESSES)
def test_other_addresses_serve_too(cloud: Cloud, host: str) -> None:
    """Every service listens on this machine's other addresses with the same port, and can present something else there."""
    service = cloud.endpoints("uat")[0]
    assert service.connect is not None
    elsewhere = replace(service, connect=replace(service.connect, host=host))
    before = ask(elsewhere)
    cloud.misbehave(Mode.NODES_DIFFER, "uat")
    after = ask(elsewhere)
    assert isinstance(before, ObservedChain)
    assert isinstance(after, ObservedChain)
    assert before.certificates == cloud.chain("uat") == ask(service).certificates != after.certificates


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        (Mode.TOO_LARGE, "certificate-message-too-large"),
        (Mode.GARBAGE, "garbage"),
        (Mode.CLOSES_EARLY, "closed"),
        (Mode.HTTP, "not-tls"),
        (Mode.BANNER, "not-tls"),
    ],
)
def test_faults_are_seen_for_what_they_are(cloud: Cloud, mode: Mode, reason: str) -> None:
    """A mode without a chain gives the failure it is named after."""
    cloud.misbehave(mode)
    seen = ask(cloud.endpoints("production")[0])
    assert isinstance(seen, FailedObservation)
    assert seen.failure.reason == reason


def test_never_answering_is_a_timeout(cloud: Cloud) -> None:
    """A service that never answers costs the timeout, and is told as one."""
    cloud.misbehave(Mode.NEVER_ANSWERS, "uat")
    seen = ask(cloud.endpoints("uat")[0], timeout=0.3)
    assert seen.failure.reason == "timeout"


def test_dripping_comes_to_an_end() -> None:
    """A drip is a true handshake in small bytes: who has patience gets the chain."""

    async def story() -> bool:
        async with running({"uat": Mode.DRIP}, drip_seconds=0) as cloud:
            seen = await observe(cloud.endpoints("uat")[0], clock=now)
            return seen.certificates == cloud.chain("uat")

    assert asyncio.run(story())


def test_dripping_is_a_timeout() -> None:
    """At one byte a second a handshake does not end in time, though bytes come."""

    async def story() -> ObservedChain | FailedObservation:
        async with running({"uat": Mode.DRIP}) as cloud:
            return await observe(cloud.endpoints("uat")[0], clock=now, timeout=0.3)

    assert asyncio.run(story()).failure.reason == "timeout"


def test_rotation_shows_in_the_next_handshake(cloud: Cloud) -> None:
    """When `rotate` returns, the very next handshake shows the new certificates, for each part in turn."""
    endpoint = cloud.endpoints("uat")[0]
    seen = [ask(endpoint).certificates]
    for part in Part:
        cloud.rotate(part)
        seen.append(ask(endpoint).certificates)
        assert seen[-1] == cloud.chain("uat")
    assert len(set(seen)) == 4
    assert len(cloud.roots) == 2
    assert cloud.root == cloud.roots[-1]


def test_environments_are_rotated_alone(cloud: Cloud) -> None:
    """UAT's rotation leaves what Production presents as it was."""
    before = ask(cloud.endpoints("production")[0]).certificates
    cloud.rotate("root", "uat", has_cross_sign=True)
    assert ask(cloud.endpoints("production")[0]).certificates == before
    assert len(ask(cloud.endpoints("uat")[0]).certificates) == 3


def test_endpoints_are_the_sites(cloud: Cloud) -> None:
    """Each environment has its portal and compliance host, on a port of its own on loopback."""
    endpoints = cloud.endpoints()
    assert [item.host for item in endpoints] == [*site.hosts("uat"), *site.hosts("production")]
    assert {item.connect.host for item in endpoints} == {"127.0.0.1"}
    assert len({item.connect.port for item in endpoints}) == 2
    assert cloud.endpoints("production") == endpoints[2:]


@pytest.mark.interop
@pytest.mark.parametrize(("path", "status"), [(site.PORTAL_PATHS[0], "200"), ("/other", "404")])
def test_curl_pings_with_the_root(cloud: Cloud, path: str, status: str, tmp_path: pytest.TempPathFactory) -> None:
    """curl, trusting the lab's root alone, gets 200 at a ping path and 404 elsewhere."""
    endpoint = cloud.endpoints("uat")[0]
    (tmp_path / "root.pem").write_text(ssl.DER_cert_to_PEM_cert(cloud.root.der))
    result = subprocess.run(
        [
            *(require_tool("curl"), "--silent", "--noproxy", "*", "--output", "/dev/null"),
            *("--write-out", "%{http_code}", "--cacert", "root.pem", f"https://{endpoint.host}{path}"),
            *("--connect-to", f"{endpoint.host}:443:{endpoint.target}"),
        ],
        capture_output=True,
        check=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
    )
    assert result.stdout == status


def test_clouds_do_not_share_roots() -> None:
    """Two clouds have roots of different names and keys."""

    async def story() -> tuple[Certificate, Certificate]:
        async with running() as one, running() as other:
            return one.root, other.root

    one, other = asyncio.run(story())
    assert one.subject != other.subject
    assert one.public_key != other.public_key


def test_cloud_ends_with_its_context() -> None:
    """After its end the ports are closed and no thread is left."""

    async def story() -> Endpoint:
        async with running() as cloud:
            return cloud.endpoints("uat")[0]

    threads = threading.active_count()
    seen = ask(asyncio.run(story()))
    assert seen.failure.reason == "refused"
    assert threading.active_count() <= threads + 1  # The resolver's thread may linger.


def test_repr_shows_no_key(cloud: Cloud) -> None:
    """A cloud shows its ports and no key."""
    assert "uat on " in repr(cloud)
    assert "Key" not in repr(cloud)
