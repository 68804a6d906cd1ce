"""Certificates that `cryptography` refuses and others accept: what OpenSSL, GnuTLS and Java say of them, and we."""

import base64
import subprocess
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning
from OpenSSL import crypto

from anchorkeep import mint
from anchorkeep.mint import Template
from anchorkeep.model.certificate import Certificate
from tests.conftest import require_tool

pytestmark = pytest.mark.interop

KEY = mint.key.generate("EC P-256")


def certificate(serial_number: int, *, null_parameters: bool) -> Certificate:
    """Return a self-signed certificate as keytool of JDK 11 writes it, or with another serial number."""
    template = Template(
        subject=mint.name.build(("O", "Example GmbH"), ("CN", "odd.example")),
        serial_number=serial_number,
        not_before=datetime(2026, 1, 1, tzinfo=UTC),
        not_after=datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC),
        is_ca=True,
        key_usage=("keyCertSign",),
        dns_names=("odd.example",),
        null_parameters=null_parameters,
    )
    return mint.self_signed(template, KEY)


NULL = certificate(4711, null_parameters=True)
PLAIN = certificate(4711, null_parameters=False)
NEGATIVE = certificate(-4711, null_parameters=True)
ODD = pytest.mark.parametrize("odd", [NULL, NEGATIVE], ids=["null-parameters", "negative-serial"])


@ODD
def test_cryptography_refuses_it(odd: Certificate) -> None:
    """`cryptography` refuses NULL parameters, and takes the certificate without: there is a reason for our reader."""
    with pytest.raises(ValueError, match="ExtraData"):
        x509.load_der_x509_certificate(odd.der)
    assert x509.load_der_x509_certificate(PLAIN.der).serial_number == PLAIN.serial_number


def test_negative_serial_number_warns_nobody() -> None:
    """A negative serial number, at which `cryptography` warns, is read by us without a warning."""
    negative = certificate(-4711, null_parameters=False)
    with pytest.warns(CryptographyDeprecationWarning):
        assert x509.load_der_x509_certificate(negative.der).serial_number == -4711
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (negative.serial_number, negative.problem) == (-4711, None)


@pytest.mark.filterwarnings("ignore:X509.get_subject is deprecated:DeprecationWarning")
@ODD
def test_openssl_reads_and_verifies_it(odd: Certificate) -> None:
    """OpenSSL takes the certificate as its own root, and reads the same serial number, subject, end and fingerprint."""
    theirs = crypto.load_certificate(crypto.FILETYPE_ASN1, odd.der)
    store = crypto.X509Store()
    store.add_cert(theirs)
    store.set_time(datetime(2026, 6, 1))  # noqa: DTZ001 (pyOpenSSL wants it so, and means UTC)
    crypto.X509StoreContext(store, theirs).verify_certificate()
    assert odd.serial_number == theirs.get_serial_number()
    assert [item.value.encode() for item in odd.subject.attributes] == [v for _, v in theirs.get_subject().get_components()]
    assert f"{odd.not_after:%Y%m%d%H%M%SZ}".encode() == theirs.get_notAfter()
    assert odd.sha256.hex(":").upper().encode() == theirs.digest("sha256")
    assert odd.problem is None


@ODD
def test_keytool_reads_it(odd: Certificate, tmp_path: Path) -> None:
    """Java reads the certificate and names the fingerprint, the serial number's sign and the DNS name that we name."""
    (tmp_path / "odd.cer").write_bytes(odd.der)
    command = [require_tool("keytool"), "-J-Duser.language=en", "-printcert", "-file", tmp_path / "odd.cer"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"SHA256: {odd.sha256.hex(':').upper()}" in printed
    assert f"Serial number: {odd.serial_number:x}" in printed
    assert f"DNSName: {odd.subject_alt_names[0].value}" in printed
    assert f"Owner: {odd.subject}" in printed


@ODD
def test_certtool_reads_it(odd: Certificate) -> None:
    """GnuTLS reads the certificate and prints the SPKI pin and the SHA-256 that we name."""
    command = [require_tool("certtool"), "--certificate-info", "--inder"]
    printed = subprocess.run(command, input=odd.der, capture_output=True, check=True).stdout.decode()
    assert f"sha256:{odd.sha256.hex()}" in printed
    assert f"pin-sha256:{odd.public_key.pin.removeprefix('sha256/')}" in printed


def test_pin_is_openssls() -> None:
    """The SPKI pin is the one that the usual OpenSSL recipe gives."""
    openssl = require_tool("openssl")
    pem = subprocess.run(
        [openssl, "x509", "-inform", "der", "-pubkey", "-noout"], input=NULL.der, capture_output=True, check=True
    )
    key = subprocess.run([openssl, "pkey", "-pubin", "-outform", "der"], input=pem.stdout, capture_output=True, check=True)
    digest = subprocess.run([openssl, "dgst", "-sha256", "-binary"], input=key.stdout, capture_output=True, check=True)
    assert NULL.public_key.pin == "sha256/" + base64.b64encode(digest.stdout).decode()
