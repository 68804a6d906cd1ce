"""Bouncy Castle and we read each other's key stores, and its keys work after an edit of ours."""

import datetime as dt
import os
import subprocess
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from anchorkeep import formats
from anchorkeep.errors import StoreIntegrityError, UnsupportedFormatError
from anchorkeep.formats.recipe import Recipe
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import (
    Integrity,
    KeyForm,
    PrivateKeyEntry,
    ProtectedKey,
    SecretKeyEntry,
    TrustedCertEntry,
    TrustStore,
)
from tests.conftest import missing, require_jdks
from tests.data import pki
from tests.interop.keystores import jre, run

pytestmark = pytest.mark.interop

JAR = Path("/usr/share/java/bcprov.jar")
PROGRAM = Path(__file__).parent / "java" / "BouncyCastleStore.java"
PASSWORD, KEY_PASSWORD = "store pässwörd", "key"
NEW_PASSWORD = "nötig \U0001f511"
RUNTIMES = ("jdk", "11.0.13", "25.0.2")
(LEAF, MIDDLE, ROOT, HOSTILE), KEY = pki.chain()
AT = dt.datetime(2026, 2, 3, 4, 5, 6, tzinfo=dt.UTC)
MILLISECONDS = "1770091506000"


@lru_cache
def pkcs8(algorithm: str) -> bytes:
    """Return the leaf's RSA key, or that of the certificate of `elliptic`."""
    key = load_pem_private_key(KEY, None) if algorithm == "RSA" else elliptic()[1]
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


@lru_cache
def elliptic() -> tuple[Certificate, ec.EllipticCurvePrivateKey]:
    """Return a self-signed certificate of an EC key, and the key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ec.example.test")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, AT, AT.replace(year=2049))
    return Certificate(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)), key


def chain(algorithm: str) -> tuple[Certificate, ...]:
    """Return the certificates of a key of that algorithm, leaf first."""
    return (LEAF, MIDDLE, ROOT) if algorithm == "RSA" else (elliptic()[0],)


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the compiled program; it runs on every Java from 11 on."""
    if not JAR.is_file():
        missing(f"needs {JAR}: Debian package libbcprov-java (tools/debian-packages.sh)")
    target = tmp_path_factory.mktemp("classes")
    run(require_jdks()[0] / "bin" / "javac", "--release", "11", "-d", target, PROGRAM)
    return target


def java(classes: Path, runtime: str, *arguments: str | Path) -> list[str]:
    """Run the program with Bouncy Castle on a runtime and return its lines."""
    home = require_jdks()[0] if runtime == "jdk" else jre(runtime)
    # Version 1 of BKS is written and read on demand alone, for its integrity check has a key of 16 bits.
    options = ["-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8", "-Dorg.bouncycastle.bks.enable_v1=true"]
    command = [home / "bin" / "java", *options, "-cp", f"{JAR}:{classes}", "BouncyCastleStore", *arguments]
    environment = os.environ | {"LC_ALL": "C.UTF-8"}
    result = subprocess.run(command, capture_output=True, check=False, timeout=120, env=environment)
    if result.returncode:
        raise ValueError(result.stderr.decode("utf-8", "replace"))
    return result.stdout.decode("utf-8").splitlines()


@lru_cache
def filled(classes: Path, storetype: str, algorithm: str) -> bytes:
    """Return a store that Bouncy Castle filled with certificates, a private key and a secret key."""
    folder = classes / f"{storetype}-{algorithm}"
    folder.mkdir()
    (folder / "chain.pem").write_bytes(formats.dumps(chain(algorithm), format="pem"))
    (folder / "key.der").write_bytes(pkcs8(algorithm))
    files = (folder / "chain.pem", folder / "key.der")
    java(classes, "jdk", "write", storetype, folder / "store", PASSWORD, KEY_PASSWORD, *files, algorithm)
    return (folder / "store").read_bytes()


def recipe(password: str = PASSWORD) -> Recipe:
    """Return what a store is written with."""
    return Recipe(at=AT, entropy=os.urandom, password=password)


def listed(lines: list[str]) -> dict[str, list[str]]:
    """Return for each alias what Bouncy Castle lists behind the date."""
    return {line.split("\t")[0]: line.split("\t")[2:] for line in lines}


@pytest.mark.parametrize("algorithm", ["RSA", "EC"])
@pytest.mark.parametrize("storetype", ["BKS", "BKS-V1"])
def test_stores_of_bouncy_castle_are_read(classes: Path, tmp_path: Path, storetype: str, algorithm: str) -> None:
    """A BKS store of either version is read as Bouncy Castle lists it, its key opens, and another password is refused."""
    path = tmp_path / "store"
    path.write_bytes(filled(classes, storetype, algorithm))
    store = formats.loads(path.read_bytes(), password=PASSWORD)
    assert (store.format, store.integrity) == ("bks", Integrity.VERIFIED)
    certificates = chain(algorithm)
    entries = {entry.alias: entry for entry in store.entries}
    dates = {
        line.split("\t")[0]: int(line.split("\t")[1]) for line in java(classes, "jdk", "read", storetype, path, PASSWORD, "key")
    }
    assert {alias: int(1000 * entry.created.timestamp()) for alias, entry in entries.items()} == dates  # type: ignore[union-attr]
    assert entries["root"] == TrustedCertEntry(certificate=certificates[-1], alias="root", created=entries["root"].created)
    assert entries["Mixed Case"].certificate == certificates[-1]
    server = entries["server"]
    assert isinstance(server, PrivateKeyEntry)
    assert server.chain == certificates
    assert isinstance(entries["secret"], SecretKeyEntry)
    assert formats.unlock(server.key, password=KEY_PASSWORD) == pkcs8(algorithm)
    with pytest.raises(StoreIntegrityError):
        formats.unlock(server.key, password=PASSWORD)
    with pytest.raises(StoreIntegrityError):
        formats.loads(path.read_bytes(), password="other")


@pytest.mark.parametrize("algorithm", ["RSA", "EC"])
@pytest.mark.parametrize("storetype", ["BKS", "BKS-V1"])
def test_an_edited_store_still_works(classes: Path, tmp_path: Path, storetype: str, algorithm: str) -> None:
    """After an edit of ours Bouncy Castle opens the store on every runtime, its keys sign, and the rest is as it was."""
    path = tmp_path / "store"
    path.write_bytes(filled(classes, storetype, algorithm))
    before = listed(java(classes, "jdk", "read", storetype, path, PASSWORD, KEY_PASSWORD))
    store = formats.loads(path.read_bytes(), password=PASSWORD)
    kept = tuple(
        replace(entry, alias="renamed") if entry.alias == "server" else entry
        for entry in store.entries
        if entry.alias != "Mixed Case"
    )
    added = TrustedCertEntry(certificate=HOSTILE, alias="ädded")
    path.write_bytes(formats.write(replace(store, entries=(added, *kept)), format="bks", recipe=recipe()))
    expected = {
        "renamed": before["server"],
        "root": before["root"],
        "secret": before["secret"],
        "ädded": ["certificate", HOSTILE.sha256.hex()],
    }
    assert before["server"][0] == "signs"
    for runtime in RUNTIMES:
        lines = java(classes, runtime, "read", storetype, path, PASSWORD, KEY_PASSWORD)
        assert listed(lines) == expected
        assert f"ädded\t{MILLISECONDS}\t" in "\n".join(lines)
    with pytest.raises(ValueError, match="integrity check failed"):
        java(classes, "jdk", "read", storetype, path, KEY_PASSWORD, KEY_PASSWORD)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("algorithm", ["RSA", "EC"])
def test_our_stores_are_opened(classes: Path, tmp_path: Path, runtime: str, algorithm: str) -> None:
    """A BKS store of ours, with a key under a password of its own, opens in Bouncy Castle, and the key signs."""
    key = formats.lock(pkcs8(algorithm), format="bks", recipe=recipe(NEW_PASSWORD))
    entries = (
        PrivateKeyEntry(alias="server", chain=chain(algorithm), key=key),
        TrustedCertEntry(certificate=ROOT, alias="root", created=AT),
    )
    path = tmp_path / "store.bks"
    path.write_bytes(formats.write(TrustStore(format="bks", entries=entries), format="bks", recipe=recipe()))
    expected = {
        "root": ["certificate", ROOT.sha256.hex()],
        "server": ["signs", ",".join(item.sha256.hex() for item in chain(algorithm))],
    }
    assert listed(java(classes, runtime, "read", "BKS", path, PASSWORD, NEW_PASSWORD)) == expected
    with pytest.raises(ValueError, match="UnrecoverableKeyException"):
        java(classes, runtime, "read", "BKS", path, PASSWORD, PASSWORD)


def test_a_resealed_key_opens_under_its_new_password(classes: Path, tmp_path: Path) -> None:
    """A key of Bouncy Castle that we open and seal again opens there under the new password, and no more under the old one."""
    path = tmp_path / "store"
    path.write_bytes(filled(classes, "BKS", "RSA"))
    store = formats.loads(path.read_bytes(), password=PASSWORD)
    kept = tuple(entry for entry in store.entries if not isinstance(entry, SecretKeyEntry))
    server = next(entry for entry in kept if isinstance(entry, PrivateKeyEntry))
    assert server.key
    key = formats.lock(formats.unlock(server.key, password=KEY_PASSWORD), format="bks", recipe=recipe(NEW_PASSWORD))
    entries = tuple(replace(entry, key=key) if entry is server else entry for entry in kept)
    path.write_bytes(formats.write(replace(store, entries=entries), format="bks", recipe=recipe()))
    assert listed(java(classes, "jdk", "read", "BKS", path, PASSWORD, NEW_PASSWORD))["server"][0] == "signs"
    with pytest.raises(ValueError, match="UnrecoverableKeyException"):
        java(classes, "jdk", "read", "BKS", path, PASSWORD, KEY_PASSWORD)


@pytest.mark.parametrize(("storetype", "name"), [("UBER", "a Bouncy Castle UBER store"), ("BCFKS", "a Bouncy Castle FIPS store")])
def test_other_stores_of_bouncy_castle_are_named(classes: Path, storetype: str, name: str) -> None:
    """UBER and BCFKS are refused by their names, with and without a password."""
    data = filled(classes, storetype, "RSA")
    for password in (None, PASSWORD):
        with pytest.raises(UnsupportedFormatError, match=f"this is {name}") as caught:
            formats.loads(data, password=password)
        assert storetype in caught.value.remedy


def test_pkcs12_of_bouncy_castle_is_read(classes: Path) -> None:
    """A PKCS#12 store that Bouncy Castle wrote in BER is read, and its key opens."""
    data = filled(classes, "PKCS12", "RSA")
    assert data[1] == 0x80, "no indefinite length: Bouncy Castle writes DER now"
    store = formats.loads(data, password=PASSWORD)
    assert (store.format, store.integrity) == ("pkcs12", Integrity.VERIFIED)
    server = next(entry for entry in store.entries if isinstance(entry, PrivateKeyEntry))
    assert server.chain == (LEAF, MIDDLE, ROOT)
    assert isinstance(server.key, ProtectedKey)
    assert server.key.form is KeyForm.ENCRYPTED
    with pytest.raises(StoreIntegrityError):
        formats.loads(data, password="other")
