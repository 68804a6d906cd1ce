"""What keytool filled and we convert, or give another password, every Java opens: its keys, and what it trusts."""

import subprocess
from pathlib import Path

import pytest

from anchorkeep import formats
from anchorkeep.actions import store_convert, store_edit, store_password
from anchorkeep.model.edit import Addition
from anchorkeep.model.java import every
from anchorkeep.model.truststore import PrivateKeyEntry
from tests.conftest import require_jdks, require_tool
from tests.data import pki
from tests.interop.keystores import JRES, jre, keytool, run
from tests.peers.terms import terms

pytestmark = [pytest.mark.interop, pytest.mark.slow]

PROGRAM = Path(__file__).parent / "java" / "StoreOpening.java"
OLD, NEW = "changeit", "s3cret!"
TYPES = ("JKS", "JCEKS", "PKCS12")
(LEAF, MIDDLE, ROOT, _), _ = pki.chain()


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the compiled program; it runs on every Java from 11 on."""
    folder = tmp_path_factory.mktemp("classes")
    require_jdks()
    run(require_tool("javac"), "--release", "11", "-d", folder, PROGRAM)
    return folder


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a store of each type that keytool made, with a key and a root."""
    folder = tmp_path_factory.mktemp("filled")
    (folder / "root.cer").write_bytes(ROOT.der)
    for kind in TYPES:
        common = ("-keystore", folder / kind, "-storetype", kind, "-storepass", OLD)
        keytool(jre("17.0.2"), "-genkeypair", "-alias", "key", "-keyalg", "EC", "-dname", "CN=key", *common)
        keytool(jre("17.0.2"), "-importcert", "-noprompt", "-alias", "root", "-file", folder / "root.cer", *common)
    return folder


@pytest.fixture(scope="module")
def stores(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, str, Path, int]]:
    """Return what we made of the stores, by name: type, password, path, and how many keys that password opens."""
    folder = tmp_path_factory.mktemp("made")
    made: dict[str, tuple[str, str, Path, int]] = {}
    for old in TYPES:
        for new in TYPES:
            path = folder / f"{old}-{new}"
            store_convert.convert(
                filled / old, path, format=new.lower(), new_password=NEW, drop=True, terms=terms(folder, java=every(8))
            )
            made[f"{old} to {new}"] = (new, NEW, path, 1)
        path = folder / f"{old}-password"
        store_convert.convert(filled / old, path, format=old.lower(), terms=terms(folder, java=every(8)))
        store_password.change(path, new_password=NEW, terms=terms(folder))
        store_edit.add(path, [Addition(certificate=MIDDLE)], password=NEW, terms=terms(folder))
        store_edit.remove(path, ["root"], password=NEW, terms=terms(folder))
        made[f"{old} with another password"] = (old, NEW, path, 1 if old == "PKCS12" else 0)
    return made


@pytest.mark.parametrize("version", JRES)
def test_every_java_opens_what_was_made(
    version: str, classes: Path, stores: dict[str, tuple[str, str, Path, int]], tmp_path: Path
) -> None:
    """Every Java opens a store converted for the oldest, finds its keys under its password and trusts its certificates."""
    (tmp_path / "stores").write_text(
        "".join(f"{kind}\t{password}\t{path}\n" for kind, password, path, _ in stores.values()), encoding="utf-8"
    )
    output = run(jre(version) / "bin" / "java", "-cp", classes, "StoreOpening", tmp_path / "stores").splitlines()
    for (name, (_, password, path, keys)), line in zip(stores.items(), output, strict=True):
        store = formats.loads(path.read_bytes(), password=password)
        assert store.trusted == ((MIDDLE,) if "another" in name else (ROOT,))
        # Java takes a private key's leaf for an anchor too (sun.security.validator.TrustStoreUtil).
        leaves = [entry.chain[0] for entry in store.entries if isinstance(entry, PrivateKeyEntry)]
        anchors = ",".join(sorted(item.sha256.hex() for item in (*store.trusted, *leaves)))
        assert line == f"opens\t{keys}\t{anchors}", name


@pytest.mark.parametrize("cipher", ["aes-128-cbc", "PBE-SHA1-3DES"])
def test_what_openssl_made_strong_stays_strong(cipher: str, tmp_path: Path) -> None:
    """After a change of password openssl finds every algorithm with the iterations that it was asked for, the key's too."""
    openssl, path = require_tool("openssl"), tmp_path / "store.p12"
    (tmp_path / "key.pem").write_bytes(pki.chain()[1])
    (tmp_path / "chain.pem").write_bytes(formats.dumps([LEAF, MIDDLE, ROOT], format="pem"))
    files = ("-in", tmp_path / "chain.pem", "-inkey", tmp_path / "key.pem", "-out", path, "-passout", f"pass:{OLD}")
    run(openssl, "pkcs12", "-export", "-iter", "60000", "-keypbe", cipher, "-certpbe", cipher, *files)

    def told(password: str) -> list[str]:
        words = ["pkcs12", "-info", "-nokeys", "-nocerts", "-in", str(path), "-passin", f"pass:{password}"]
        return subprocess.run([openssl, *words], capture_output=True, check=True, text=True, timeout=60).stderr.splitlines()

    before = told(OLD)
    assert sum("60000" in line for line in before) == 3
    store_password.change(path, new_password=NEW, terms=terms(tmp_path))
    assert told(NEW) == before


@pytest.mark.parametrize("kind", TYPES)
def test_keytool_leaves_keys_passwords_alike(filled: Path, classes: Path, kind: str, tmp_path: Path) -> None:
    """After keytool's own change of a store's password its keys open under the new one in PKCS#12 alone, as after ours."""
    path = tmp_path / kind
    path.write_bytes((filled / kind).read_bytes())
    keytool(jre("17.0.2"), "-storepasswd", "-keystore", path, "-storetype", kind, "-storepass", OLD, "-new", NEW)
    (tmp_path / "stores").write_text(f"{kind}\t{NEW}\t{path}\n", encoding="utf-8")
    (line,) = run(jre("17.0.2") / "bin" / "java", "-cp", classes, "StoreOpening", tmp_path / "stores").splitlines()
    assert line.startswith(f"opens\t{1 if kind == 'PKCS12' else 0}\t")
