"""PKCS#12 stores between others and us, both ways: every Java there is, openssl, GnuTLS, NSS, Bouncy Castle, cryptography."""

import functools
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
    pkcs12,
)

from anchorkeep import formats
from anchorkeep.actions import store_convert, store_password
from anchorkeep.errors import StoreIntegrityError
from anchorkeep.formats.recipe import Recipe
from anchorkeep.model import java
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.java import JavaVersion
from anchorkeep.model.truststore import Entry, PrivateKeyEntry, SecretKeyEntry, TrustedCertEntry, TrustStore
from tests.conftest import missing, require_jdks, require_tool
from tests.data.pki import chain
from tests.interop.keystores import JRES, compiled, fingerprints, jre, keytool, listed, run
from tests.peers.pki import present
from tests.peers.terms import terms

pytestmark = [pytest.mark.interop, pytest.mark.slow]

PASSWORD = "changeit"
AT = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
(LEAF, MIDDLE, ROOT, HOSTILE), RSA = chain()
KEY = load_pem_private_key(RSA, None)
PKCS8 = KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
JAR = Path("/usr/share/java/bcprov.jar")


# A JDK that is installed is mostly of a release that is among the runtimes, so it has its turn in the long run.
@pytest.fixture(scope="module", params=[*JRES, pytest.param("jdk", marks=pytest.mark.deep)])
def home(request: pytest.FixtureRequest) -> Path:
    """Return the home of one of the runtimes of tools/jres.sh, or of the first JDK that is installed."""
    return require_jdks()[0] if request.param == "jdk" else jre(request.param)


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the compiled program that uses every key of a store."""
    return compiled("StoreProbe", tmp_path_factory.mktemp("classes"))


def recipe(version: JavaVersion | None = None, *, password: str | None = PASSWORD) -> Recipe:
    """Return what a store is written with."""
    return Recipe(at=AT, entropy=os.urandom, password=password, java=version)


def probed(home: Path, classes: Path, path: Path, *passwords: str) -> dict[str, list[str]]:
    """Return for each alias what a runtime tells of it: its kind, and what its key could do; without its date."""
    words = ("-Dfile.encoding=UTF-8", "-cp", classes, "StoreProbe", "PKCS12", path, *(passwords or (PASSWORD,)))
    output = run(home / "bin" / "java", *words)
    return {line.split("\t")[0]: line.split("\t")[2:] for line in output.splitlines()}


def made(version: JavaVersion | None = None) -> TrustStore:
    """Return a store of ours with trusted certificates, and an RSA and an EC key for that reader."""
    presented = present()
    elliptic = presented.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    entries: list[Entry] = [TrustedCertEntry(certificate=ROOT, alias="root"), TrustedCertEntry(certificate=HOSTILE, alias="übel")]
    for alias, certificates, key in (
        ("rsa", (LEAF, MIDDLE, ROOT), PKCS8),
        ("ec", tuple(Certificate(der) for der in presented.der), elliptic),
    ):
        locked = formats.lock(key, format="pkcs12", recipe=recipe(version))
        entries.append(PrivateKeyEntry(alias=alias, chain=certificates, created=AT, key=locked))
    return TrustStore(format="pkcs12", entries=tuple(entries))


def told(store: TrustStore) -> dict[str, list[str]]:
    """Return what a runtime should tell of a store of `made`."""
    expected = {}
    for entry in store.entries:
        if isinstance(entry, PrivateKeyEntry):
            leaf = entry.chain[0].sha256.hex()
            expected[entry.alias or ""] = ["private", "RSA" if entry.alias == "rsa" else "EC", str(len(entry.chain)), leaf]
        elif isinstance(entry, TrustedCertEntry):
            expected[entry.alias or ""] = ["trusted", entry.certificate.sha256.hex()]
    return expected


def write(path: Path, store: TrustStore, *, version: JavaVersion | None = None) -> Path:
    """Write a store and return its path."""
    path.write_bytes(formats.write(store, format="pkcs12", recipe=recipe(version)))
    return path


def read(path: Path, password: str = PASSWORD) -> TrustStore:
    """Return what a store holds."""
    return formats.loads(path.read_bytes(), password=password)


def edited(store: TrustStore, *, removed: str, names: Mapping[str, str]) -> TrustStore:
    """Return a store with one entry less, some renamed and one more."""
    kept = [entry for entry in store.entries if entry.alias != removed]
    renamed = [replace(entry, alias=names.get(entry.alias or "", entry.alias)) for entry in kept]
    return replace(store, entries=(TrustedCertEntry(certificate=LEAF, alias="neu-ü"), *renamed))


@pytest.mark.parametrize("label", ["java11", "java17", None])
def test_a_new_store_opens_in_the_java_it_is_for(home: Path, classes: Path, tmp_path: Path, label: str | None) -> None:
    """A store for a Java opens in it and in every later one, and its keys sign; one with PBES2 does not open in 11.0.9."""
    version = java.every(int(label.removeprefix("java"))) if label else None
    store = made(version)
    path = write(tmp_path / "store.p12", store, version=version)
    if home.name == "11.0.9" and label != "java11":
        with pytest.raises(pytest.fail.Exception, match="keystore password was incorrect"):
            probed(home, classes, path)
        return
    assert probed(home, classes, path) == told(store)
    if label is None:
        assert listed(home, path, password=PASSWORD)["rsa"] == [item.sha256.hex() for item in (LEAF, MIDDLE, ROOT)]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], bytes]:
    """Return a function that lets a runtime's keytool fill a store, once: keys, certificates and secrets."""
    folder = tmp_path_factory.mktemp("keytool")

    @functools.cache
    def fill(home: Path) -> bytes:
        path = folder / home.name
        common = ["-keystore", path, "-storetype", "PKCS12", "-storepass", PASSWORD]
        for alias, algorithm in (("rsa", "RSA"), ("ec", "EC")):
            keytool(home, "-genkeypair", "-alias", alias, "-keyalg", algorithm, "-dname", f"CN={alias}", *common)
        for alias, certificate in (("root", ROOT), ("middle", MIDDLE)):
            (folder / "certificate").write_bytes(certificate.der)
            keytool(home, "-importcert", "-alias", alias, "-file", folder / "certificate", "-noprompt", *common)
        for alias, size in (("aes", "256"), ("other", "128")):
            keytool(home, "-genseckey", "-alias", alias, "-keyalg", "AES", "-keysize", size, *common)
        return path.read_bytes()

    return fill


def test_a_store_of_keytool_survives_an_edit(home: Path, classes: Path, filled: Callable[[Path], bytes], tmp_path: Path) -> None:
    """A store that keytool filled opens after an edit of ours, there and in the newest Java: keys sign, secrets are the same."""
    path = tmp_path / "store.p12"
    path.write_bytes(filled(home))
    before, store = probed(home, classes, path), read(path)
    assert {entry.alias for entry in store.entries} == set(before)
    assert len([entry for entry in store.entries if isinstance(entry, SecretKeyEntry)]) == 2
    write(path, store)
    assert probed(home, classes, path) == before
    names = {"rsa": "renamed", "aes": "secret"}
    write(path, edited(store, removed="root", names=names))
    expected = {names.get(alias, alias): text for alias, text in before.items() if alias != "root"}
    expected["neu-ü"] = ["trusted", LEAF.sha256.hex()]
    assert read(path).protection == store.protection
    for runtime in (home, jre("25.0.2")):
        assert probed(runtime, classes, path) == expected


def test_keys_can_be_encrypted_anew(home: Path, classes: Path, filled: Callable[[Path], bytes], tmp_path: Path) -> None:
    """A store of keytool whose keys are opened and encrypted anew for Java 11 opens, as does one that goes to another Java."""
    path = tmp_path / "store.p12"
    path.write_bytes(filled(home))
    before, store = probed(home, classes, path), read(path)
    entries: list[Entry] = []
    for entry in store.entries:
        if isinstance(entry, PrivateKeyEntry):
            assert entry.key
            key = formats.lock(formats.unlock(entry.key, password=PASSWORD), format="pkcs12", recipe=recipe(java.every(11)))
            entries.append(replace(entry, key=key))
        elif not isinstance(entry, SecretKeyEntry):
            entries.append(entry)
    write(path, replace(store, entries=tuple(entries)), version=java.every(11))
    expected = {alias: text for alias, text in before.items() if text[0] != "secret"}
    for runtime in (home, jre("11.0.9")):
        assert probed(runtime, classes, path) == expected


@pytest.mark.parametrize("home", ["11.0.9", pytest.param("17.0.2", marks=pytest.mark.deep), "25.0.2"], indirect=True)
def test_a_new_password_opens_every_key(home: Path, classes: Path, filled: Callable[[Path], bytes], tmp_path: Path) -> None:
    """In a store of keytool with two keys and two secrets all open under another password of ours, and nothing under the old."""
    path, new = tmp_path / "store.p12", "s3cret!"
    path.write_bytes(filled(home))
    before, protection = probed(home, classes, path), read(path).protection
    assert [text[0] for text in before.values()].count("secret") == 2
    store_password.change(path, new_password=new, terms=terms(tmp_path))
    assert read(path, new).protection == protection
    assert probed(home, classes, path, new) == before
    with pytest.raises(pytest.fail.Exception, match="keystore password was incorrect"):
        probed(home, classes, path)
    with pytest.raises(pytest.fail.Exception, match="UnrecoverableKeyException"):
        probed(home, classes, path, new, f"aes={PASSWORD}")


@pytest.mark.parametrize("home", ["25.0.2"], indirect=True)
def test_a_converted_store_opens_in_an_old_java(
    home: Path, classes: Path, filled: Callable[[Path], bytes], tmp_path: Path
) -> None:
    """A store of keytool with secrets that is converted for every Java 8 under another password opens in 11.0.9, secrets too."""
    path, new = tmp_path / "store.p12", "s3cret!"
    path.write_bytes(filled(home))
    before = probed(home, classes, path)
    asked = replace(terms(tmp_path), java=java.every(8))
    store_convert.convert(path, tmp_path / "new.p12", format="pkcs12", new_password=new, terms=asked)
    assert probed(jre("11.0.9"), classes, tmp_path / "new.p12", new) == before


def test_a_store_without_a_password_opens(home: Path, tmp_path: Path) -> None:
    """A store without encryption and MAC opens in each Java, the oldest too."""
    path = tmp_path / "store.p12"
    store = TrustStore(format="pkcs12", entries=(TrustedCertEntry(certificate=ROOT, alias="root"),))
    path.write_bytes(formats.write(store, format="pkcs12", recipe=recipe(java.every(8), password=None)))
    assert listed(home, path, password=PASSWORD) == {"root": [ROOT.sha256.hex()]}


def test_the_bare_cacerts_of_java_21_is_edited(tmp_path: Path) -> None:
    """The PKCS#12 without a password that Java 21 has for its roots is still one after an edit, and lists what it should."""
    home, path = jre("21.0.8"), tmp_path / "cacerts"
    store = formats.loads((home / "lib" / "security" / "cacerts").read_bytes())
    removed = store.entries[3]
    entries = (*(entry for entry in store.entries if entry is not removed), TrustedCertEntry(certificate=ROOT, alias="neu"))
    path.write_bytes(formats.write(replace(store, entries=entries), format="pkcs12", recipe=recipe(password=None)))
    expected = {entry.alias: [entry.certificate.sha256.hex()] for entry in entries if isinstance(entry, TrustedCertEntry)}
    assert len(expected) > 100
    assert listed(home, path, password=PASSWORD) == expected


def test_a_password_beyond_ascii_opens_from_25_on(home: Path, tmp_path: Path) -> None:
    """A store under a password beyond ASCII, which is written for Java 25 alone, opens in it, and in none before."""
    path, password = tmp_path / "store.p12", "pässwörd"
    store = TrustStore(format="pkcs12", entries=(TrustedCertEntry(certificate=ROOT, alias="root"),))
    path.write_bytes(formats.write(store, format="pkcs12", recipe=recipe(java.every(25), password=password)))
    command = ["-J-Dsun.jnu.encoding=UTF-8", "-list", "-keystore", path, "-storepass", password]
    if home.name == "25.0.2":
        assert "root, " in keytool(home, *command)
        return
    with pytest.raises(pytest.fail.Exception, match="keystore password was incorrect"):
        keytool(home, *command)


def test_an_emptied_store_opens(home: Path, tmp_path: Path) -> None:
    """A store from which the last entry was taken is known to keytool, without being told its type, and is empty."""
    path = tmp_path / "store.p12"
    full = TrustStore(format="pkcs12", entries=(TrustedCertEntry(certificate=ROOT, alias="root"),))
    write(path, full, version=java.every(8))
    write(path, replace(read(path), entries=()))
    assert "0 entries" in keytool(home, "-list", "-keystore", path, "-storepass", PASSWORD)


#: How openssl can be asked to write; the last is a MAC of its own.
OPENSSL = {
    "default": [],
    "rc2-40": ["-legacy"],
    "rc2-128": ["-legacy", "-certpbe", "PBE-SHA1-RC2-128", "-keypbe", "PBE-SHA1-3DES"],
    "3des-112": ["-certpbe", "PBE-SHA1-2DES", "-keypbe", "PBE-SHA1-3DES"],
    "aes-192": ["-certpbe", "aes-192-cbc", "-keypbe", "aes-128-cbc", "-iter", "5"],
    "plain": ["-certpbe", "NONE", "-keypbe", "NONE"],
    "no-mac": ["-nomac", "-certpbe", "aes-256-cbc"],
    "sha512": ["-macalg", "sha512"],
}


def openssl(path: Path, *options: str, password: str = PASSWORD) -> str:
    """Return what openssl reads from a store, key and certificates in PEM."""
    return run(require_tool("openssl"), "pkcs12", "-in", path, "-passin", f"pass:{password}", "-noenc", *options)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Return a directory with the chain and the leaf's key."""
    (tmp_path / "chain.pem").write_bytes(formats.dumps([LEAF, MIDDLE, ROOT], format="pem"))
    (tmp_path / "key.pem").write_bytes(RSA)
    return tmp_path


@pytest.mark.parametrize("variant", OPENSSL)
@pytest.mark.parametrize("password", [PASSWORD, ""], ids=["password", "empty"])
def test_a_store_of_openssl_survives_an_edit(files: Path, variant: str, password: str) -> None:
    """A store of openssl, whatever its algorithms, opens in openssl after an edit: the same key, one certificate more."""
    path, given = files / "store.p12", f"pass:{password}"
    source = ["-export", "-in", files / "chain.pem", "-inkey", files / "key.pem", "-name", "server", "-passout", given]
    run(require_tool("openssl"), "pkcs12", *source, "-out", path, *OPENSSL[variant])
    store = read(path, password)
    added = TrustedCertEntry(certificate=HOSTILE, alias="neu")
    wanted = replace(store, entries=(*(replace(entry, alias="renamed") for entry in store.entries), added))
    path.write_bytes(formats.write(wanted, format="pkcs12", recipe=recipe(password=password)))
    assert read(path, password).protection == store.protection
    output = openssl(path, *(["-legacy"] if "rc2" in variant else []), password=password)
    assert {item.sha256.hex() for item in (LEAF, MIDDLE, ROOT, HOSTILE)} == set(fingerprints(output))
    assert output.count("friendlyName: renamed") == 2
    (written,) = re.findall(r"-----BEGIN PRIVATE KEY-----.*?-----END PRIVATE KEY-----\n", output, re.DOTALL)
    key = load_pem_private_key(written.encode(), None)
    assert key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()) == PKCS8


@pytest.mark.parametrize("label", ["java11", "java17"])
@pytest.mark.parametrize("password", [PASSWORD, "", "pässwörd \U0001f511"], ids=["ascii", "empty", "unicode"])
def test_a_new_store_opens_elsewhere(tmp_path: Path, label: str, password: str) -> None:
    """A new store opens in openssl, certtool and cryptography with the key it was given, and not under another password."""
    version = None if not password.isascii() else java.every(int(label.removeprefix("java")))
    terms = replace(recipe(version, password=password), java=version or java.every(25))
    locked = formats.lock(PKCS8, format="pkcs12", recipe=terms)
    key = PrivateKeyEntry(alias="server", chain=(LEAF, MIDDLE), created=AT, key=locked)
    store = TrustStore(format="pkcs12", entries=(key, TrustedCertEntry(certificate=ROOT, alias="root")))
    path = tmp_path / "store.p12"
    path.write_bytes(formats.write(store, format="pkcs12", recipe=terms))
    certificates = [item.sha256.hex() for item in (LEAF, MIDDLE, ROOT)]
    assert fingerprints(openssl(path, password=password)) == certificates
    output = run(require_tool("certtool"), "--p12-info", "--inder", "--infile", path, "--password", password)
    assert set(certificates) <= set(fingerprints(output))
    loaded = pkcs12.load_pkcs12(path.read_bytes(), password.encode())
    assert loaded.key
    assert loaded.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()) == PKCS8
    assert loaded.cert
    assert loaded.cert.friendly_name == b"server"
    with pytest.raises(pytest.fail.Exception, match="invalid password"):
        openssl(path, password="other")


# Old ciphers cost certtool 600,000 rounds, seconds of each test: they are for the long run.
@pytest.mark.parametrize(
    "cipher", [*(pytest.param(name, marks=pytest.mark.deep) for name in ("3des-pkcs12", "rc2-40", "aes-128")), "aes-256"]
)
def test_a_store_of_certtool_survives_an_edit(files: Path, cipher: str) -> None:
    """A store of GnuTLS opens in GnuTLS and openssl after an edit."""
    path = files / "store.p12"
    source = ["--load-certificate", files / "chain.pem", "--load-privkey", files / "key.pem", "--p12-name", "server"]
    certtool = require_tool("certtool")
    run(certtool, "--to-p12", *source, "--password", PASSWORD, "--pkcs-cipher", cipher, "--outder", "--outfile", path)
    store = read(path)
    write(path, replace(store, entries=(*store.entries, TrustedCertEntry(certificate=HOSTILE, alias="neu"))))
    assert read(path).protection == store.protection
    expected = {item.sha256.hex() for item in (LEAF, MIDDLE, ROOT, HOSTILE)}
    assert set(fingerprints(run(certtool, "--p12-info", "--inder", "--infile", path, "--password", PASSWORD))) == expected
    assert set(fingerprints(openssl(path, *(["-legacy"] if "rc2" in cipher else [])))) == expected


def private_numbers(der: bytes) -> rsa.RSAPrivateNumbers:
    """Return what makes an RSA key, however it is wrapped."""
    key = load_der_private_key(der, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key.private_numbers()


@pytest.mark.parametrize("password", [pytest.param(PASSWORD, marks=pytest.mark.deep), "pässwörd"], ids=["ascii", "latin"])
def test_stores_of_nss_are_read_and_written(tmp_path: Path, password: str) -> None:
    """NSS imports a store of ours; what it exports of it is read, edited, and imported by NSS again."""
    pk12util, certutil = require_tool("pk12util"), require_tool("certutil")
    (tmp_path / "password").write_text(password, encoding="utf-8")
    secret = ["-w", tmp_path / "password"]
    terms = recipe(java.every(25), password=password)
    locked = formats.lock(PKCS8, format="pkcs12", recipe=terms)
    key = PrivateKeyEntry(alias="server", chain=(LEAF, MIDDLE, ROOT), created=AT, key=locked)
    path = tmp_path / "store.p12"
    path.write_bytes(formats.write(TrustStore(format="pkcs12", entries=(key,)), format="pkcs12", recipe=terms))
    for name in ("first", "second"):
        database = f"sql:{tmp_path / name}"
        (tmp_path / name).mkdir()
        run(certutil, "-N", "-d", database, "--empty-password")
        run(pk12util, "-i", path, "-d", database, *secret, "-K", "")
        assert "u,u,u" in run(certutil, "-L", "-d", database)
        run(pk12util, "-o", tmp_path / "exported.p12", "-n", "server", "-d", database, *secret, "-K", "")
        store = read(tmp_path / "exported.p12", password)
        (entry,) = store.entries
        assert isinstance(entry, PrivateKeyEntry)
        assert entry.chain[0] == LEAF
        assert entry.key
        assert private_numbers(formats.unlock(entry.key, password=password)) == private_numbers(PKCS8)
        with pytest.raises(StoreIntegrityError):
            read(tmp_path / "exported.p12", "other")
        wanted = replace(store, entries=(*store.entries, TrustedCertEntry(certificate=HOSTILE, alias="neu")))
        path.write_bytes(formats.write(wanted, format="pkcs12", recipe=recipe(password=password)))
        assert read(path, password).protection == store.protection


def test_stores_of_cryptography_survive_an_edit(tmp_path: Path) -> None:
    """A store that cryptography wrote is edited, and read by it again."""
    path = tmp_path / "store.p12"
    certificates = [x509.load_der_x509_certificate(item.der) for item in (LEAF, MIDDLE, ROOT)]
    encryption = BestAvailableEncryption(PASSWORD.encode())
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"server", KEY, certificates[0], certificates[1:], encryption))  # type: ignore[arg-type]
    store = read(path)
    write(path, replace(store, entries=(*store.entries, TrustedCertEntry(certificate=HOSTILE, alias="neu"))))
    loaded = pkcs12.load_pkcs12(path.read_bytes(), PASSWORD.encode())
    assert loaded.key
    assert loaded.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()) == PKCS8
    others = [item.certificate for item in loaded.additional_certs]
    assert others == [*certificates[1:], x509.load_der_x509_certificate(HOSTILE.der)]


def test_stores_of_bouncy_castle_survive_an_edit(tmp_path: Path, classes: Path) -> None:
    """Bouncy Castle reads a store of ours; what it writes of it, in BER, is read, edited, and read by it again."""
    if not JAR.is_file():
        missing(f"needs {JAR}: Debian package libbcprov-java (tools/debian-packages.sh)")
    home, path, copy = require_jdks()[0], tmp_path / "store.p12", tmp_path / "copy.p12"
    javac = [home / "bin" / "javac", "--release", "11", "-cp", JAR, "-d", classes]
    run(*javac, Path(__file__).parent / "java" / "BouncyCastlePkcs12.java")
    command = [home / "bin" / "java", "-Dfile.encoding=UTF-8", "-cp", f"{JAR}:{classes}", "BouncyCastlePkcs12"]
    write(path, made(java.every(11)), version=java.every(11))
    run(*command, path, copy, PASSWORD)
    assert copy.read_bytes()[1] == 0x80
    store = read(copy)
    assert {entry.alias for entry in store.entries} == {"root", "übel", "rsa", "ec"}
    write(path, edited(store, removed="root", names={"rsa": "renamed"}))
    assert read(path).protection == store.protection
    assert set(run(*command, path, copy, PASSWORD).split()) == {"neu-ü", "übel", "renamed", "ec"}
    assert probed(home, classes, path)["renamed"] == ["private", "RSA", "3", LEAF.sha256.hex()]
