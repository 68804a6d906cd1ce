"""PKCS#7 files of openssl are edited, and openssl and keytool read what is left, revocation lists included."""

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from anchorkeep import formats
from anchorkeep.formats.recipe import Recipe
from anchorkeep.model.truststore import TrustedCertEntry
from tests.conftest import require_jdks, require_tool
from tests.data.pki import chain
from tests.interop.keystores import fingerprints, keytool, run

pytestmark = pytest.mark.interop

(LEAF, MIDDLE, ROOT, _), _ = chain()
AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
RECIPE = Recipe(at=AT, entropy=bytes)


def revocations() -> bytes:
    """Return a revocation list in PEM."""
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Lists")])
    builder = x509.CertificateRevocationListBuilder(issuer, AT, AT + dt.timedelta(days=30))
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(Encoding.PEM)


def printed(path: Path, form: str) -> str:
    """Return what openssl prints of a file: its certificates and lists in PEM."""
    return run(require_tool("openssl"), "pkcs7", "-inform", form, "-in", path, "-print_certs")


@pytest.mark.parametrize("form", ["DER", "PEM"])
def test_an_edited_file_is_read_by_others(tmp_path: Path, form: str) -> None:
    """Of a file of openssl with a revocation list a certificate goes; openssl reads the rest, and keytool the certificates."""
    (tmp_path / "chain.pem").write_bytes(formats.dumps([LEAF, MIDDLE, ROOT], format="pem"))
    (tmp_path / "list.pem").write_bytes(revocations())
    path = tmp_path / "chain.p7b"
    run(
        require_tool("openssl"), "crl2pkcs7", "-in", tmp_path / "list.pem", "-certfile", tmp_path / "chain.pem",
        "-outform", form, "-out", path,
    )  # fmt: skip
    store = formats.loads(path.read_bytes())
    assert store.certificates == (LEAF, MIDDLE, ROOT)
    lists = re.findall(r"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----", printed(path, form), re.DOTALL)
    assert len(lists) == 1
    assert formats.write(store, format=store.format, recipe=RECIPE) == path.read_bytes()
    path.write_bytes(formats.write(replace(store, entries=store.entries[1:]), format=store.format, recipe=RECIPE))
    assert fingerprints(printed(path, form)) == [MIDDLE.sha256.hex(), ROOT.sha256.hex()]
    assert lists[0] in printed(path, form)
    for home in require_jdks():
        assert fingerprints(keytool(home, "-printcert", "-rfc", "-file", path)) == [MIDDLE.sha256.hex(), ROOT.sha256.hex()]


def test_a_certificate_is_added(tmp_path: Path) -> None:
    """A certificate that is added to a file of openssl is read there behind the others."""
    (tmp_path / "root.pem").write_bytes(formats.dumps([ROOT], format="pem"))
    path = tmp_path / "root.p7b"
    run(require_tool("openssl"), "crl2pkcs7", "-nocrl", "-certfile", tmp_path / "root.pem", "-outform", "DER", "-out", path)
    store = formats.loads(path.read_bytes())
    entries = (*store.entries, TrustedCertEntry(certificate=MIDDLE))
    path.write_bytes(formats.write(replace(store, entries=entries), format="pkcs7", recipe=RECIPE))
    assert fingerprints(printed(path, "DER")) == [ROOT.sha256.hex(), MIDDLE.sha256.hex()]
