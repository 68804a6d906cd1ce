"""`store convert` and `passwd`: what cannot be kept is named first, and a password is changed for all or for nothing."""

import json
from pathlib import Path

import pytest

from anchorkeep import formats
from anchorkeep.errors import StoreIntegrityError
from anchorkeep.model.truststore import PrivateKeyEntry
from tests.conftest import require_jdks
from tests.data import stores as raw
from tests.interop import keystores
from tests.peers import stores
from tests.peers.command import run

OTHER = "ganz-anderes-Passwort"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the current directory one with a store of two certificates, one with a key, and files with passwords."""
    monkeypatch.chdir(tmp_path)
    stores.secret(tmp_path / "password")
    stores.pkcs12(tmp_path / "store.p12")
    (tmp_path / "other").write_text(f"{OTHER}\n")
    return tmp_path


@pytest.fixture
def keys(here: Path) -> Path:
    """Return a PKCS#12 store that keytool filled with a private key."""
    home = require_jdks()[-1]
    path = here / "keys.p12"
    words = ("-genkeypair", "-keyalg", "EC", "-alias", "server", "-dname", "CN=server.example.test", "-keystore", path)
    keystores.keytool(home, *words, "-storepass", stores.SECRET, "-storetype", "PKCS12")
    return path


@pytest.mark.parametrize("name", ["a.jks", "a.jceks", "a.bks", "a.p12", "a.sst"])
def test_certificates_stay_under_their_aliases(name: str, here: Path) -> None:
    """Converted into a format with aliases, a store holds the same certificates under the same names."""
    done = run("store", "convert", "store.p12", name)
    assert done.code == 0, done.err
    found = formats.loads((here / name).read_bytes(), password=raw.PASSWORD)
    held = stores.certificates()
    assert [(entry.alias, entry.certificate) for entry in found.entries] == [  # type: ignore[union-attr]
        ("steady-root-r1", held["root"]),
        ("untagged", held["wide"]),
    ]
    assert run("store", "diff", "store.p12", name).code == 0


@pytest.mark.parametrize("name", ["a.pem", "a.p7b"])
def test_what_would_be_lost_is_named(name: str, here: Path) -> None:
    """A format without aliases needs no `--drop`, and what is lost is said."""
    planned = run("store", "convert", "store.p12", name, "--dry-run")
    assert (planned.code, "keeps no aliases" in planned.err, (here / name).exists()) == (0, True, False)
    done = run("store", "convert", "store.p12", name, "--json")
    assert (done.code, [item["what"] for item in json.loads(done.out)["lost"]]) == (0, ["alias"])
    assert set(formats.loads((here / name).read_bytes()).certificates) == set(
        formats.loads((here / "store.p12").read_bytes(), password=raw.PASSWORD).certificates
    )


def test_file_that_is_there_is_not_replaced(here: Path) -> None:
    """The target of a conversion is a new file."""
    (here / "a.jks").write_text("mine")
    assert run("store", "convert", "store.p12", "a.jks").code == 1
    assert (here / "a.jks").read_text() == "mine"


def test_key_is_sealed_anew(here: Path, keys: Path) -> None:
    """A private key follows into another format, under the new store's password, and Java opens it there."""
    words = ("--storepass-file", "password", "--deststorepass-file", "other")
    done = run("store", "convert", keys, "keys.jks", *words)
    assert done.code == 0, done.err
    assert not [word for word in (OTHER, stores.SECRET) if word in done.out + done.err]
    home = require_jdks()[-1]
    exported = (here / "exported.p12").absolute()
    words = ("-importkeystore", "-srckeystore", here / "keys.jks", "-srcstorepass", OTHER, "-destkeystore", exported)
    keystores.keytool(home, *words, "-deststorepass", OTHER, "-deststoretype", "PKCS12", "-noprompt")
    (entry,) = formats.loads(exported.read_bytes(), password=OTHER).entries
    assert isinstance(entry, PrivateKeyEntry)


def test_key_does_not_go_into_pem(here: Path, keys: Path) -> None:
    """A format without keys refuses them by name."""
    refused = run("store", "convert", keys, "keys.pem", "--storepass-file", "password")
    assert (refused.code, "server" in refused.err, (here / "keys.pem").exists()) == (1, True, False)


def test_encrypted_key_of_pem_is_refused_by_name(here: Path) -> None:
    """A private key in PEM is not opened, whatever password is given: it is named, and the way to a store that has it."""
    block = raw.armored(b"sealed", "ENCRYPTED PRIVATE KEY")
    (here / "a.pem").write_bytes(formats.dumps([stores.certificates()["root"]], format="pem") + block)
    refused = run("store", "convert", "a.pem", "a.p12", "--keypass-file", "password", width=300)
    assert (refused.code, (here / "a.p12").exists()) == (1, False)
    assert [word in refused.err for word in ("1 block called ENCRYPTED PRIVATE KEY", "openssl pkcs12 -export")] == [True, True]
    assert run("store", "convert", "a.pem", "a.p12", "--drop").code == 0


def test_secret_key_stays_in_its_format(here: Path) -> None:
    """A secret key that keytool made is listed, and named and left out where another format cannot be given it."""
    home = require_jdks()[-1]
    words = ("-genseckey", "-keyalg", "AES", "-keysize", "256", "-alias", "aes", "-keystore", here / "keys.jceks")
    keystores.keytool(home, *words, "-storepass", raw.PASSWORD, "-storetype", "JCEKS")
    run("store", "merge", "keys.jceks", "store.p12")
    (secret,) = (line.split() for line in run("store", "list", "keys.jceks").out.splitlines() if line.startswith("aes "))
    assert secret == ["aes", "secret"]
    refused = run("store", "convert", "keys.jceks", "a.p12")
    assert (refused.code, "aes" in refused.err, (here / "a.p12").exists()) == (1, True, False)
    assert run("store", "convert", "keys.jceks", "a.p12", "--drop").code == 0
    assert len(formats.loads((here / "a.p12").read_bytes(), password=raw.PASSWORD).entries) == 2
    assert run("store", "convert", "keys.jceks", "b.jceks").code == 0
    assert "aes" in keystores.keytool(home, "-list", "-keystore", here / "b.jceks", "-storepass", raw.PASSWORD)


def test_password_of_a_store_is_changed(keys: Path) -> None:
    """After `passwd` the new password opens the store and its key, and the old one does not."""
    done = run("store", "passwd", keys, "--storepass-file", "password", "--new-storepass-file", "other")
    assert done.code == 0, done.err
    assert not [word for word in (OTHER, stores.SECRET) if word in done.out + done.err]
    home = require_jdks()[-1]
    words = ("-certreq", "-alias", "server", "-keystore", keys, "-storepass", OTHER)
    assert "BEGIN NEW CERTIFICATE REQUEST" in keystores.keytool(home, *words)
    with pytest.raises(StoreIntegrityError):
        formats.loads(keys.read_bytes(), password=stores.SECRET)


def test_key_that_does_not_open_stops_the_change(here: Path) -> None:
    """Where a key does not open, nothing is written."""
    held = stores.certificates()
    part = raw.plain_part(
        raw.key_bag(raw.friendly_name("key"), raw.local_key_id(b"1")), raw.cert_bag(held["root"], raw.local_key_id(b"1"))
    )
    (here / "keys.p12").write_bytes(raw.pfx(part))
    before = (here / "keys.p12").read_bytes()
    assert run("store", "passwd", "keys.p12", "--new-storepass-file", "other").code == 1
    assert (here / "keys.p12").read_bytes() == before


def test_format_without_password_gets_none(here: Path) -> None:
    """A PEM file has no password to change."""
    (here / "a.pem").write_bytes(formats.dumps([stores.certificates()["root"]], format="pem"))
    assert run("store", "passwd", "a.pem", "--new-storepass-file", "other").code == 2


def test_new_password_must_be_given() -> None:
    """Without a terminal `passwd` wants the new password by an option."""
    refused = run("store", "passwd", "store.p12")
    assert (refused.code, "--new-storepass-file" in refused.err) == (2, True)
