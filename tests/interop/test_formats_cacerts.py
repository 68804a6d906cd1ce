"""The root lists of this machine's Java runtimes, of certifi and of the system load with no certificate lost."""

import re
from pathlib import Path

import certifi
import pytest

from anchorkeep import formats
from anchorkeep.model.truststore import Integrity, TrustedCertEntry, TrustStore
from tests.conftest import missing, require_jdks, require_tool
from tests.interop.keystores import JRES, fingerprints, jre, listed, run

pytestmark = pytest.mark.interop

SYSTEM_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")


def sha256(store: TrustStore) -> list[str]:
    """Return the fingerprint of every certificate, in hex, in the store's order."""
    return [certificate.sha256.hex() for certificate in store.certificates]


def compare(home: Path, *, integrity: Integrity) -> None:
    """Compare a runtime's cacerts as we read it with what its own keytool lists."""
    path = home / "lib" / "security" / "cacerts"
    store = formats.loads(path.read_bytes(), password="changeit", name=str(path))
    assert store.integrity is integrity
    expected = listed(home, path, password="changeit")
    assert {
        entry.alias: [entry.certificate.sha256.hex()] for entry in store.entries if isinstance(entry, TrustedCertEntry)
    } == expected
    assert len(store.entries) == len(expected) > 90
    assert all(entry.is_visible_to_java for entry in store.entries if isinstance(entry, TrustedCertEntry))


@pytest.mark.parametrize("version", JRES)
def test_no_root_of_a_runtime_is_lost(version: str) -> None:
    """Every entry of a Java runtime's cacerts is read, JKS and password-less PKCS#12, with alias and fingerprint."""
    compare(jre(version), integrity=Integrity.NONE if version == "21.0.8" else Integrity.VERIFIED)


def test_no_root_of_an_installed_jdk_is_lost() -> None:
    """Every entry of the cacerts of each JDK installed here is read."""
    for home in require_jdks():
        compare(home, integrity=Integrity.VERIFIED)


@pytest.mark.parametrize("version", JRES)
def test_every_root_of_a_runtime_is_understood(version: str) -> None:
    """Every certificate in a runtime's cacerts can be read, and reads back from PKCS#7 in order."""
    store = formats.loads((jre(version) / "lib" / "security" / "cacerts").read_bytes())
    assert [certificate for certificate in store.certificates if certificate.problem] == []
    written = formats.dumps(store.certificates, format="pkcs7")
    assert formats.loads(written).certificates == store.certificates


@pytest.mark.parametrize("path", [Path(certifi.where()), SYSTEM_BUNDLE], ids=["certifi", "system"])
def test_no_root_of_a_list_is_lost(path: Path, tmp_path: Path) -> None:
    """Every certificate of a list in PEM is read as openssl reads it: number, order and fingerprints."""
    openssl = require_tool("openssl")
    if not path.is_file():
        missing(f"needs {path}: Debian package ca-certificates")
    store = formats.loads(path.read_bytes(), name=str(path))
    bundle = tmp_path / "bundle.p7b"
    run(openssl, "crl2pkcs7", "-nocrl", "-certfile", path, "-out", bundle)
    assert sorted(sha256(store)) == sorted(fingerprints(run(openssl, "pkcs7", "-in", bundle, "-print_certs")))
    found = re.search(r"Total found: (\d+)", run(openssl, "storeutl", "-certs", "-noout", path))
    assert found
    assert len(store.entries) == int(found[1]) > 90
