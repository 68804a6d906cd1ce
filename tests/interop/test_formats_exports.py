"""Every format that is written is read back by foreign programs, with exactly the certificates that were put in."""

import re
from pathlib import Path

import pytest

from anchorkeep import formats
from tests.conftest import require_jdks, require_tool
from tests.data.pki import chain
from tests.interop.keystores import fingerprints, keytool, run

pytestmark = pytest.mark.interop

CERTIFICATES, _ = chain()
EXPECTED = [certificate.sha256.hex() for certificate in CERTIFICATES]
_SHA256 = re.compile(r"SHA-?256 ?(?:Fingerprint=|: )([0-9A-F:]{95})", re.IGNORECASE)


def written(tmp_path: Path, format_name: str, *, number: int = len(CERTIFICATES), comments: bool = True) -> Path:
    """Write the first certificates in a format and return the file."""
    path = tmp_path / f"exported-{number}-{comments}.{format_name}"
    path.write_bytes(formats.dumps(CERTIFICATES[:number], format=format_name, comments=comments))
    return path


def shown(output: str) -> list[str]:
    """Return the SHA-256 fingerprints that a program printed, in hex."""
    return [found.replace(":", "").lower() for found in _SHA256.findall(output)]


@pytest.mark.parametrize("comments", [True, False])
def test_openssl_reads_pem(tmp_path: Path, comments: bool) -> None:  # noqa: FBT001
    """Openssl reads the first certificate of a PEM file and finds them all, comments or not."""
    openssl = require_tool("openssl")
    path = written(tmp_path, "pem", comments=comments)
    assert shown(run(openssl, "x509", "-in", path, "-noout", "-fingerprint", "-sha256")) == EXPECTED[:1]
    assert fingerprints(run(openssl, "storeutl", "-certs", path)) == EXPECTED


def test_openssl_reads_der(tmp_path: Path) -> None:
    """Openssl reads a DER file."""
    path = written(tmp_path, "der", number=1)
    output = run(require_tool("openssl"), "x509", "-inform", "DER", "-in", path, "-noout", "-fingerprint", "-sha256")
    assert shown(output) == EXPECTED[:1]


@pytest.mark.parametrize(("format_name", "form"), [("pkcs7", "DER"), ("pkcs7-pem", "PEM")])
def test_openssl_reads_pkcs7(tmp_path: Path, format_name: str, form: str) -> None:
    """Openssl prints the certificates of a PKCS#7 file in the order they were put in."""
    path = written(tmp_path, format_name)
    assert fingerprints(run(require_tool("openssl"), "pkcs7", "-inform", form, "-in", path, "-print_certs")) == EXPECTED


@pytest.mark.parametrize("format_name", ["pem", "pkcs7", "pkcs7-pem"])
@pytest.mark.parametrize("comments", [True, False])
def test_keytool_reads_every_chain(tmp_path: Path, format_name: str, comments: bool) -> None:  # noqa: FBT001
    """Keytool of every JDK here prints each certificate of a file once."""
    path = written(tmp_path, format_name, comments=comments)
    for home in require_jdks():
        assert sorted(fingerprints(keytool(home, "-printcert", "-rfc", "-file", path))) == sorted(EXPECTED)


def test_keytool_reads_der(tmp_path: Path) -> None:
    """Keytool of every JDK here prints the certificate of a DER file."""
    path = written(tmp_path, "der", number=1)
    for home in require_jdks():
        assert fingerprints(keytool(home, "-printcert", "-rfc", "-file", path)) == EXPECTED[:1]


@pytest.mark.parametrize("comments", [True, False])
def test_certtool_reads_pem(tmp_path: Path, comments: bool) -> None:  # noqa: FBT001
    """GnuTLS' certtool reads every certificate of a PEM file in order, the hostile comments included."""
    path = written(tmp_path, "pem", comments=comments)
    output = run(require_tool("certtool"), "--certificate-info", "--infile", path)
    # It prints a hostile name as it stands, block and all, so its own line with the fingerprint is what is compared.
    assert re.findall(r"Fingerprint:\n\t\tsha1:[0-9a-f]{40}\n\t\tsha256:([0-9a-f]{64})\n", output) == EXPECTED


def test_certtool_reads_der(tmp_path: Path) -> None:
    """GnuTLS' certtool reads a DER file."""
    path = written(tmp_path, "der", number=1)
    output = run(require_tool("certtool"), "--certificate-info", "--inder", "--infile", path)
    assert fingerprints(output) == EXPECTED[:1]


@pytest.mark.parametrize(("format_name", "options"), [("pkcs7", ["--inder"]), ("pkcs7-pem", [])])
def test_certtool_reads_pkcs7(tmp_path: Path, format_name: str, options: list[str]) -> None:
    """GnuTLS' certtool reads every certificate of a PKCS#7 file."""
    path = written(tmp_path, format_name)
    output = run(require_tool("certtool"), "--p7-info", *options, "--infile", path)
    assert sorted(fingerprints(output)) == sorted(EXPECTED)


@pytest.mark.parametrize("form", ["DER", "PEM"])
def test_pkcs7_of_openssl_is_read(tmp_path: Path, form: str) -> None:
    """PKCS#7 files that openssl wrote are read with every certificate."""
    source, path = written(tmp_path, "pem"), tmp_path / "openssl.p7b"
    run(require_tool("openssl"), "crl2pkcs7", "-nocrl", "-certfile", source, "-outform", form, "-out", path)
    assert set(formats.loads(path.read_bytes()).certificates) == set(CERTIFICATES)


def test_trusted_certificates_of_openssl_are_read(tmp_path: Path) -> None:
    """Openssl's TRUSTED CERTIFICATE is read without what it says of trust."""
    source, path = written(tmp_path, "pem", number=1), tmp_path / "trusted.pem"
    run(require_tool("openssl"), "x509", "-in", source, "-trustout", "-addtrust", "serverAuth", "-setalias", "x", "-out", path)
    assert b"TRUSTED CERTIFICATE" in path.read_bytes()
    assert formats.loads(path.read_bytes()).certificates == CERTIFICATES[:1]
