"""Key stores that keytool, openssl and certtool wrote are read as those programs list them."""

import itertools
from pathlib import Path

import pytest

from anchorkeep import formats
from anchorkeep.errors import StoreIntegrityError
from anchorkeep.model.truststore import Integrity, PrivateKeyEntry, TrustedCertEntry
from tests.conftest import require_jdks, require_tool
from tests.data.pki import chain
from tests.interop.keystores import JRES, jre, keytool, listed, run

pytestmark = pytest.mark.interop

PASSWORD = "changeit"
(LEAF, MIDDLE, ROOT, _), KEY = chain()

# Options of `openssl pkcs12 -export`, and whether the certificates are then encrypted and a MAC is there.
OPENSSL = {
    "default": ([], True, True),
    "legacy": (["-legacy"], True, True),
    "rc2-128": (["-legacy", "-certpbe", "PBE-SHA1-RC2-128", "-keypbe", "PBE-SHA1-3DES"], True, True),
    "3des": (["-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES"], True, True),
    "2des": (["-certpbe", "PBE-SHA1-2DES", "-keypbe", "PBE-SHA1-3DES"], True, True),
    "aes-128": (["-certpbe", "aes-128-cbc"], True, True),
    "aes-192": (["-certpbe", "aes-192-cbc"], True, True),
    "pbes2-3des": (["-certpbe", "des-ede3-cbc"], True, True),
    "sha1": (["-macalg", "sha1"], True, True),
    "sha224": (["-macalg", "sha224"], True, True),
    "sha384": (["-macalg", "sha384"], True, True),
    "sha512": (["-macalg", "sha512"], True, True),
    "one-iteration": (["-noiter", "-nomaciter"], True, True),
    "iterations": (["-iter", "100000"], True, True),
    "no-mac": (["-nomac", "-certpbe", "aes-256-cbc"], True, False),
    "no-mac-no-certpbe": (["-nomac"], False, False),
    "plain": (["-certpbe", "NONE", "-keypbe", "NONE"], False, True),
    "plain-no-mac": (["-certpbe", "NONE", "-keypbe", "NONE", "-nomac"], False, False),
}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Return a directory with the chain and the leaf's key."""
    (tmp_path / "chain.pem").write_bytes(formats.dumps([LEAF, MIDDLE, ROOT], format="pem"))
    (tmp_path / "ca.pem").write_bytes(formats.dumps([MIDDLE, ROOT], format="pem"))
    for name, certificate in (("leaf", LEAF), ("middle", MIDDLE), ("root", ROOT)):
        (tmp_path / f"{name}.cer").write_bytes(certificate.der)
    (tmp_path / "key.pem").write_bytes(KEY)
    return tmp_path


def homes() -> list[Path]:
    """Return every runtime there is: the installed JDKs, and those of tools/jres.sh."""
    return [*require_jdks(), *(jre(version) for version in JRES)]


@pytest.mark.parametrize("variant", OPENSSL)
def test_pkcs12_of_openssl_is_read(files: Path, variant: str) -> None:
    """A PKCS#12 store of openssl is read whatever its algorithms: key with chain, refused under another password."""
    options, is_encrypted, has_mac = OPENSSL[variant]
    path = files / "store.p12"
    run(
        require_tool("openssl"), "pkcs12", "-export", "-in", files / "chain.pem", "-inkey", files / "key.pem",
        "-name", "server", "-passout", f"pass:{PASSWORD}", "-out", path, *options,
    )  # fmt: skip
    data = path.read_bytes()
    store = formats.loads(data, password=PASSWORD)
    assert store.integrity is (Integrity.VERIFIED if has_mac else Integrity.NONE)
    assert store.entries == (PrivateKeyEntry(alias="server", chain=(LEAF, MIDDLE, ROOT)),)
    if is_encrypted or has_mac:
        with pytest.raises(StoreIntegrityError, match="password is wrong"):
            formats.loads(data, password="Changeit")
    if is_encrypted:
        with pytest.raises(StoreIntegrityError, match="a password is needed"):
            formats.loads(data)
    else:
        assert formats.loads(data).certificates == (LEAF, MIDDLE, ROOT)


@pytest.mark.parametrize("password", ["", "pässwörd", "\U0001f511", "a b'c"])
@pytest.mark.parametrize("options", [[], ["-legacy"], ["-nomac"]], ids=["modern", "legacy", "no-mac"])
def test_passwords_of_openssl_open(files: Path, password: str, options: list[str]) -> None:
    """Empty and non-ASCII passwords open what openssl wrote with them; certificates without a key are invisible to Java."""
    path = files / "store.p12"
    (files / "password").write_text(password + "\n", encoding="utf-8")
    run(
        require_tool("openssl"), "pkcs12", "-export", "-nokeys", "-in", files / "chain.pem",
        "-passout", f"file:{files / 'password'}", "-out", path, *options,
    )  # fmt: skip
    store = formats.loads(path.read_bytes(), password=password)
    assert store.entries == tuple(
        TrustedCertEntry(certificate=certificate, is_visible_to_java=False) for certificate in (LEAF, MIDDLE, ROOT)
    )


@pytest.mark.parametrize("cipher", [pytest.param("3des-pkcs12", marks=pytest.mark.deep), "rc2-40", "aes-128", "aes-256", "3des"])
def test_pkcs12_of_certtool_is_read(files: Path, cipher: str) -> None:
    """A PKCS#12 store of GnuTLS' certtool is read: key with chain."""
    path = files / "store.p12"
    run(
        require_tool("certtool"), "--to-p12", "--load-certificate", files / "chain.pem", "--load-privkey", files / "key.pem",
        "--p12-name", "server", "--password", PASSWORD, "--pkcs-cipher", cipher, "--outder", "--outfile", path,
    )  # fmt: skip
    store = formats.loads(path.read_bytes(), password=PASSWORD)
    assert store.integrity is Integrity.VERIFIED
    (entry,) = store.entries
    assert isinstance(entry, PrivateKeyEntry)
    assert entry.alias == "server"
    assert entry.chain == (LEAF, MIDDLE, ROOT)


@pytest.mark.parametrize("storetype", ["JKS", "PKCS12"])
@pytest.mark.parametrize("version", ["17", "25"])
def test_stores_of_keytool_are_read(files: Path, storetype: str, version: str) -> None:
    """A store that keytool made, with keys and trusted certificates, is read as keytool lists it."""
    home = next((home for home in homes() if version in home.name), None)
    assert home
    path = files / "store"
    common = ["-keystore", path, "-storetype", storetype, "-storepass", PASSWORD, "-noprompt"]
    for alias, name in (("root", "root.cer"), ("würzel", "middle.cer")):
        keytool(home, "-J-Dsun.jnu.encoding=UTF-8", "-importcert", "-alias", alias, "-file", files / name, *common)
    keytool(home, "-genkeypair", "-alias", "server", "-keyalg", "EC", "-dname", "CN=server", "-keypass", PASSWORD, *common)
    store = formats.loads(path.read_bytes(), password=PASSWORD)
    expected = listed(home, path, password=PASSWORD)
    assert store.format == storetype.lower()
    assert store.integrity is Integrity.VERIFIED
    assert len(store.entries) == len(expected) == 3
    trusted = [entry for entry in store.entries if isinstance(entry, TrustedCertEntry)]
    assert {entry.certificate for entry in trusted} == {ROOT, MIDDLE}
    assert all(entry.is_visible_to_java for entry in trusted)
    (key,) = (entry for entry in store.entries if isinstance(entry, PrivateKeyEntry))
    assert key.alias == "server"
    assert key.created
    assert [certificate.sha256.hex() for certificate in key.chain] == expected["server"]
    assert sorted(certificate.sha256.hex() for certificate in store.certificates) == sorted(
        itertools.chain.from_iterable(expected.values())
    )
    with pytest.raises(StoreIntegrityError):
        formats.loads(path.read_bytes(), password="Changeit")


@pytest.mark.parametrize("version", JRES)
@pytest.mark.parametrize("storetype", ["JKS", "PKCS12"])
def test_ec_certificates_of_every_runtime_are_read(files: Path, version: str, storetype: str) -> None:
    """An EC key that keytool of any release made is read, also with the NULL parameters that stricter parsers refuse."""
    home, path = jre(version), files / "store"
    keytool(
        home, "-genkeypair", "-alias", "ec", "-keyalg", "EC", "-dname", "CN=ec", "-keystore", path,
        "-storetype", storetype, "-storepass", PASSWORD, "-keypass", PASSWORD,
    )  # fmt: skip
    (entry,) = formats.loads(path.read_bytes(), password=PASSWORD).entries
    assert isinstance(entry, PrivateKeyEntry)
    assert [certificate.sha256.hex() for certificate in entry.chain] == listed(home, path, password=PASSWORD)["ec"]
    (certificate,) = entry.chain
    assert certificate.problem is None
    assert (certificate.signature_parameters == b"\x05\x00") is version.startswith("11.")


def test_the_chain_of_an_imported_key_is_that_of_keytool(files: Path) -> None:
    """A key imported from openssl into keytool's store keeps its whole chain, in both types."""
    source = files / "source.p12"
    run(
        require_tool("openssl"), "pkcs12", "-export", "-in", files / "chain.pem", "-inkey", files / "key.pem",
        "-name", "server", "-passout", f"pass:{PASSWORD}", "-out", source,
    )  # fmt: skip
    for home in require_jdks():
        for storetype in ("JKS", "PKCS12"):
            path = files / f"{home.name}.{storetype}"
            keytool(
                home, "-importkeystore", "-srckeystore", source, "-srcstorepass", PASSWORD, "-destkeystore", path,
                "-deststoretype", storetype, "-deststorepass", PASSWORD, "-noprompt",
            )  # fmt: skip
            (entry,) = formats.loads(path.read_bytes(), password=PASSWORD).entries
            assert isinstance(entry, PrivateKeyEntry)
            assert entry.chain == (LEAF, MIDDLE, ROOT)
