import asyncio
import gzip
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from anchorkeep import formats, lab
from anchorkeep.cli import settings
from anchorkeep.lab import aia, directory, pki
from anchorkeep.lab import state as states
from anchorkeep.lab.aia import Answer
from anchorkeep.model import extension, oid
from anchorkeep.observe.fetch import MAX_BYTES
from tests.conftest import require_tool
from tests.peers.authorities import AT, entropy, pem

AUTHORITIES = pki.authorities(pki.found(at=AT, entropy=entropy()))
CA, ROOT = AUTHORITIES


def body(answer: Answer) -> bytes:
    """Return the body of the response that an answer is."""
    return aia.respond(answer, CA, AUTHORITIES).partition(b"\r\n\r\n")[2]


def asked(*targets: str) -> list[bytes]:
    """Return what the server answers to these targets, read to the end."""

    async def run() -> list[bytes]:
        answers = []
        async with aia.serve(lambda: AUTHORITIES) as server:
            for target in targets:
                reader, output = await asyncio.open_connection("127.0.0.1", server.port)
                output.write(f"GET {target} HTTP/1.1\r\nHost: lab\r\n\r\n".encode())
                answers.append(await reader.read())
                output.close()
                await output.wait_closed()
        return answers

    return asyncio.run(run())


@pytest.mark.parametrize("answer", [Answer.DER, Answer.PEM, Answer.PKCS7])
def test_certificate_is_given_in_its_form(answer: Answer) -> None:
    """The certificate comes in the form that the answer is named after."""
    assert formats.loads(body(answer)).certificates == (CA,)
    assert formats.detect(body(answer)) == {"p7c": "pkcs7"}.get(answer, answer)


def test_odd_answers_are_what_they_are_named_after() -> None:
    """Each answer that gives nothing does so in its own way."""
    assert formats.loads(body(Answer.WRONG)).certificates == (ROOT,)
    assert body(Answer.HTML).startswith(b"<!doctype html>")
    assert len(body(Answer.HUGE)) > MAX_BYTES
    assert len(body(Answer.GZIP)) < MAX_BYTES < len(gzip.decompress(body(Answer.GZIP)))
    assert not aia.respond(Answer.GARBAGE, CA).startswith(b"HTTP")
    assert aia.respond(Answer.MISSING, CA).startswith(b"HTTP/1.1 404 ")
    for answer, target in (
        (Answer.REDIRECT, f"/der/{CA.sha256.hex()}"),
        (Answer.LOOP, f"/loop/{CA.sha256.hex()}"),
        (Answer.TO_LOOPBACK, "http://127.0.0.1:22/"),
        (Answer.TO_METADATA, "http://169.254.169.254/latest/meta-data/"),
        (Answer.TO_MAPPED, "http://[::ffff:127.0.0.1]/"),
        (Answer.TO_NAT64, "http://[64:ff9b::7f00:1]/"),
        (Answer.TO_NUMBER, "http://2130706433/"),
        (Answer.TO_FILE, "file:///etc/passwd"),
    ):
        assert f"\r\nLocation: {target}\r\n".encode() in aia.respond(answer, CA)


def test_certificate_is_served_under_its_fingerprint() -> None:
    """A known fingerprint gives its certificate; what is no answer or no certificate of the lab is not found."""
    known = CA.sha256.hex()
    found, *missing = asked(f"/der/{known}", f"/{known}", f"/der/{'0' * 64}", f"/other/{known}", "/", "*")
    assert found.partition(b"\r\n\r\n")[2] == CA.der
    assert all(answer.startswith(b"HTTP/1.1 404 ") for answer in missing)


def test_extension_names_the_urls() -> None:
    """The extension names each URL as the place of the issuer."""
    urls = (aia.url(CA, port=8080), aia.url(CA, Answer.PEM, port=0))
    assert urls == (f"http://127.0.0.1:8080/der/{CA.sha256.hex()}", f"http://127.0.0.1/pem/{CA.sha256.hex()}")
    described = extension.access_descriptions(aia.extension(*urls).value)
    assert [(method, place.value) for method, place in described] == [(oid.CA_ISSUERS, url) for url in urls]


@pytest.mark.interop
def test_openssl_reads_the_url(cloud: lab.Cloud, tmp_path: Path) -> None:
    """OpenSSL finds the URL in the certificate that the mode `aia` presents, alone."""
    cloud.misbehave("aia", "uat")
    (leaf,) = cloud.chain("uat")
    (tmp_path / "leaf.pem").write_bytes(pem([leaf]))
    command = [require_tool("openssl"), "x509", "-in", tmp_path / "leaf.pem", "-noout", "-ext", "authorityInfoAccess"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    issuer = pki.issuer_of(cloud.state, cloud.state.environment("uat")).certificate
    assert f"CA Issuers - URI:{aia.url(issuer, port=cloud.state.aia_port)}" in shown


def test_settings_of_the_lab_allow_it(tmp_path: Path) -> None:
    """The settings that the lab writes allow its own port on this machine, and its state keeps the port."""
    found = pki.found(at=AT, entropy=entropy())
    state = replace(found, environments=tuple(replace(item, port=8443) for item in found.environments), aia_port=8080)
    assert states.loads(states.dumps(state)).aia_port == 8080
    where = directory.Directory(tmp_path / "lab")
    where.prepare()
    where.save(state)
    assert settings.load(where.settings).aia == settings.AIA(allow_private=True, ports=(8080,))
    where.save(replace(state, aia_port=0))
    assert settings.load(where.settings).aia == settings.AIA(allow_private=True)


def test_port_that_is_taken_is_refused(cloud: lab.Cloud) -> None:
    """A port on which something listens is an error that says so."""

    async def run() -> None:
        async with aia.serve(lambda: AUTHORITIES, port=cloud.state.aia_port):
            raise AssertionError

    with pytest.raises(Exception, match="cannot be listened on") as error:
        asyncio.run(run())
    assert type(error.value).__name__ == "UsageError"
