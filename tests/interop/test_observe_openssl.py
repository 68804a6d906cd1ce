"""`openssl s_server` as the peer of `observe`."""

import ssl
import subprocess
from pathlib import Path

import pytest
from cryptography import x509

from anchorkeep import tlv
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.chain import FailedObservation, Stage
from anchorkeep.observe.approach import Approach, ClientIdentity, KeyType
from anchorkeep.tlv import writer
from tests.conftest import require_tool
from tests.peers import openssl, process
from tests.peers.observing import at, chain_at, der, exported, look
from tests.peers.pki import Presented, present

pytestmark = pytest.mark.interop

VERSIONS = {"-tls1_2": "TLSv1.2", "-tls1_3": "TLSv1.3"}
#: Bytes of a Certificate message that OpenSSL takes (SSL_MAX_CERT_LIST_DEFAULT).
MOST = 100 * 1024


@pytest.mark.parametrize("option", VERSIONS)
def test_chain_is_as_configured(tmp_path: Path, option: str) -> None:
    """The chain of openssl s_server is the configured one, byte for byte and in its order, with the version spoken."""
    presented = present()
    with openssl.served(tmp_path, presented, option) as port:
        seen, written = chain_at(port), exported(port)
    assert written == (tmp_path / "leaf.pem").read_bytes() + (tmp_path / "rest.pem").read_bytes()
    assert (der(seen), seen.tls_version) == (presented.der, VERSIONS[option])
    assert (seen.failure, seen.client_certificate_requested) == (None, False)


@pytest.mark.parametrize("option", VERSIONS)
def test_wish_for_a_client_certificate_is_noted(tmp_path: Path, option: str) -> None:
    """A server that asks for a client certificate and goes on without one is seen to have asked."""
    presented = present()
    with openssl.served(tmp_path, presented, option, "-verify", "1") as port:
        seen = chain_at(port)
    assert (der(seen), seen.client_certificate_requested, seen.failure) == (presented.der, True, None)


def test_tls_1_2_server_that_demands_a_client_certificate(tmp_path: Path) -> None:
    """The chain is kept when the handshake fails late, with the reason that it did."""
    presented = present()
    with openssl.served(tmp_path, presented, "-tls1_2", "-Verify", "1") as port:
        seen = chain_at(port)
    assert (der(seen), seen.client_certificate_requested) == (presented.der, True)
    assert seen.failure is not None
    assert seen.failure.reason == "client-certificate-required"


def test_tls_1_3_server_that_demands_a_client_certificate(tmp_path: Path) -> None:
    """TLS 1.3 refuses a missing client certificate after the handshake's end: its alert is waited for, and the chain is there."""
    presented = present()
    with openssl.served(tmp_path, presented, "-tls1_3", "-Verify", "1") as port:
        seen = chain_at(port)
    assert (der(seen), seen.client_certificate_requested) == (presented.der, True)
    assert seen.failure is not None
    assert (seen.failure.stage, seen.failure.reason) == (Stage.HANDSHAKE, "client-certificate-required")
    assert "certificate_required" in seen.failure.message


def identity(presented: Presented) -> Approach:
    """Return the approach with a client certificate."""
    chain = tuple(Certificate(item) for item in presented.der)
    return Approach(identity=ClientIdentity(chain=chain, key=presented.key))


@pytest.mark.parametrize("option", VERSIONS)
@pytest.mark.parametrize("trusted", [True, False])
def test_client_certificate(tmp_path: Path, option: str, *, trusted: bool) -> None:
    """A client certificate is presented with its chain; one that is not taken is refused, and the chain is there."""
    presented, client = present(), present("client.test")
    authorities = tmp_path / "authorities.pem"
    authorities.write_bytes(client.root if trusted else presented.root)
    options = [option, "-Verify", "3", "-verify_return_error", "-CAfile", str(authorities), "-no-CApath", "-no-CAstore"]
    with openssl.served(tmp_path, presented, *options) as port:
        seen = chain_at(port, approach=identity(client))
    reason = seen.failure.reason if seen.failure else None
    assert (der(seen), seen.client_certificate_requested) == (presented.der, True)
    assert reason == (None if trusted else "client-certificate-refused")


def test_client_certificate_is_shown_to_whoever_asks_only(tmp_path: Path) -> None:
    """A server that asks for none gets none, and nothing is waited for."""
    presented = present()
    with openssl.served(tmp_path, presented) as port:
        seen = chain_at(port, approach=identity(present("client.test")))
    assert (der(seen), seen.client_certificate_requested, seen.failure) == (presented.der, False, None)


@pytest.mark.parametrize(
    ("server", "lowest", "reason"), [("-tls1_2", "TLSv1.2", None), ("-tls1_2", "TLSv1.3", "protocol-version")]
)
def test_lowest_version(tmp_path: Path, server: str, lowest: str, reason: str | None) -> None:
    """A version below the lowest one asked for is not spoken."""
    presented = present()
    with openssl.served(tmp_path, presented, server) as port:
        seen = look(at(port), approach=Approach(min_tls=lowest))
    assert (seen.failure.reason if seen.failure else None) == reason


@pytest.mark.parametrize("highest", ["TLSv1.2", "TLSv1.3"])
def test_highest_version(tmp_path: Path, highest: str) -> None:
    """No version above the highest one asked for is spoken."""
    presented = present()
    with openssl.served(tmp_path, presented) as port:
        assert chain_at(port, approach=Approach(max_tls=highest)).tls_version == highest


@pytest.mark.parametrize("key_type", list(KeyType))
def test_key_type_chooses_the_certificate(tmp_path: Path, key_type: KeyType) -> None:
    """A server with an RSA and an ECDSA certificate shows the one that is asked for."""
    presented, rsa = present(), tmp_path / "rsa.pem"
    made = [require_tool("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=rsa.test"]
    subprocess.run([*made, "-keyout", rsa, "-out", tmp_path / "rsa.crt"], check=True, capture_output=True)
    options = ["-dcert", str(tmp_path / "rsa.crt"), "-dkey", str(rsa)]
    with openssl.served(tmp_path, presented, *options) as port:
        seen = chain_at(port, approach=Approach(key_type=key_type))
    assert seen.leaf is not None
    assert (seen.leaf.public_key.algorithm == "RSA", seen.tls_version) == (key_type is KeyType.RSA, "TLSv1.2")


@pytest.mark.parametrize(("option", "reason"), [("-tls1_2", "alert"), ("-tls1_3", "protocol-version")])
def test_key_type_that_is_not_there(tmp_path: Path, option: str, reason: str) -> None:
    """A server without that kind of key refuses; one that speaks TLS 1.3 only cannot be asked, which is told apart."""
    presented = present()
    with openssl.served(tmp_path, presented, option) as port:
        seen = look(at(port), approach=Approach(key_type=KeyType.RSA))
    assert isinstance(seen, FailedObservation)
    assert seen.failure.reason == reason


@pytest.mark.parametrize("name", ["other.test", "service.test"])
def test_server_name_chooses_the_chain(tmp_path: Path, name: str) -> None:
    """The name asked for is sent in server_name, so that the server can choose its chain by it."""
    port = process.free_port()
    chains = {kind: present(kind) for kind in ("service.test", "other.test")}
    for kind, presented in chains.items():
        (tmp_path / kind).mkdir()
        presented.write(tmp_path / kind)
    second = tmp_path / "other.test"
    options = ["-servername", "other.test", "-cert2", second / "leaf.pem", "-key2", second / "key.pem"]
    whole = openssl.command(tmp_path, chains["service.test"], port)
    with process.server([*whole, *options], port=port, log=tmp_path / "log"):
        seen = chain_at(port, name=name)
    assert der(seen)[0] == chains[name].der[0]


@pytest.mark.parametrize("option", ["-tls1", "-tls1_1"])
def test_old_version_is_seen(tmp_path: Path, option: str) -> None:
    """A server that speaks nothing newer than TLS 1.0 or 1.1 is observed all the same."""
    presented = present()
    options = [option, "-cipher", "DEFAULT:@SECLEVEL=0"]
    with openssl.served(tmp_path, presented, *options) as port:
        seen = chain_at(port)
    assert (der(seen), seen.tls_version) == (presented.der, option.replace("-tls1_1", "TLSv1.1").replace("-tls1", "TLSv1"))


@pytest.mark.parametrize("option", VERSIONS)
def test_certificate_message_that_is_too_large(tmp_path: Path, option: str) -> None:
    """A Certificate message larger than OpenSSL takes is a failure with its own reason."""
    presented = present()
    copies = MOST // len(presented.der[1]) + 1
    swollen = Presented(key=presented.key, chain=presented.chain + presented.chain[1:2] * copies)
    with openssl.served(tmp_path, swollen, option) as port:
        seen = look(at(port))
    assert isinstance(seen, FailedObservation)
    assert seen.failure.reason == "certificate-message-too-large"


@pytest.mark.parametrize("option", VERSIONS)
def test_chain_of_two_hundred(tmp_path: Path, option: str) -> None:
    """Two hundred small certificates come whole and in order."""
    presented = present()
    long = Presented(key=presented.key, chain=presented.chain[:1] + presented.chain[1:] * 100)
    with openssl.served(tmp_path, long, option) as port:
        seen = chain_at(port)
    assert der(seen) == long.der


def test_server_without_a_common_cipher(tmp_path: Path) -> None:
    """A server that finds nothing in common ends with an alert, which is named."""
    presented = present()
    options = ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"]
    with openssl.served(tmp_path, presented, *options) as port:
        seen = look(at(port))
    assert isinstance(seen, FailedObservation)
    assert (seen.failure.reason, "handshake_failure" in seen.failure.message) == ("alert", True)


def test_unknown_name_that_is_fatal(tmp_path: Path) -> None:
    """A server that refuses the name ends with the alert unrecognized_name, and the remedy speaks of the name."""
    presented = present()
    _, leaf, _, _ = presented.write(tmp_path)
    options = ["-servername", "only.test", "-servername_fatal", "-cert2", str(leaf), "-key2", str(tmp_path / "key.pem")]
    with openssl.served(tmp_path, presented, *options) as port:
        seen = look(at(port))
    assert isinstance(seen, FailedObservation)
    assert "unrecognized_name" in seen.failure.message
    assert "name" in seen.failure.remedy


def with_null_parameters(der: bytes) -> bytes:
    """Return an ECDSA certificate as JDK 11 writes it: with NULL parameters in its signature algorithm."""
    tbs, algorithm, signature = tlv.read(der).children()
    loose = writer.sequence(algorithm.children()[0].raw, b"\x05\x00")
    parts = [loose if part.raw == algorithm.raw else part.raw for part in tbs.children()]
    return writer.sequence(writer.sequence(*parts), loose, signature.raw)


def test_certificate_that_cryptography_refuses(tmp_path: Path) -> None:
    """A certificate that `cryptography` does not load comes through untouched."""
    presented, port = present(), process.free_port()
    odd = with_null_parameters(presented.der[2])
    with pytest.raises(ValueError, match="ParseError"):
        x509.load_der_x509_certificate(odd)
    whole = openssl.command(tmp_path, presented, port)
    rest = tmp_path / "rest.pem"
    rest.write_text(rest.read_text("ascii") + ssl.DER_cert_to_PEM_cert(odd), "ascii")
    with process.server(whole, port=port, log=tmp_path / "log"):
        seen = chain_at(port)
    assert der(seen) == (*presented.der, odd)
