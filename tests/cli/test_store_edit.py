"""`store remove`, `rename` and `merge`: what is named changes, all else stays."""

import json
from pathlib import Path

import pytest

from anchorkeep import formats
from anchorkeep.host import debian
from anchorkeep.model.truststore import TrustStore
from tests.conftest import require_jdks
from tests.data import stores as raw
from tests.interop import keystores
from tests.peers import stores
from tests.peers.command import Result, run


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the current directory one with a JKS store of every kind of entry."""
    monkeypatch.chdir(tmp_path)
    stores.jks(tmp_path / "store.jks")
    return tmp_path


def opened(name: str) -> TrustStore:
    """Return what a store here holds."""
    return formats.loads(Path(name).read_bytes(), password=raw.PASSWORD, name=name)


def aliases(name: str) -> list[str | None]:
    """Return the aliases of a store, in order."""
    return [entry.alias for entry in opened(name).entries]


def remove(*words: object) -> Result:
    """Remove entries of the store."""
    return run("store", "remove", "store.jks", *words)


def test_entry_goes_by_alias_or_fingerprint() -> None:
    """An alias and the first 8 digits of a fingerprint both name an entry; what is not named stays in its order."""
    before = aliases("store.jks")
    wide = stores.certificates()["wide"].sha256.hex()
    done = remove("--alias", "steady-root-r1", "--alias", wide[:8])
    assert done.code == 0, done.err
    assert aliases("store.jks") == [alias for alias in before if alias not in {"steady-root-r1", "weit"}]


def test_hostile_alias_is_removed_by_fingerprint() -> None:
    """An entry whose alias nobody can type is named by its certificate, and shown escaped."""
    digest = stores.certificates()["hostile"].sha256.hex()
    done = remove("--alias", digest)
    assert (done.code, "\x1b" in done.out, "\\x1b" in done.out) == (0, False, True)
    assert stores.HOSTILE_ALIAS not in aliases("store.jks")


def test_expired_entries_go() -> None:
    """`--expired` removes what is over, and says what."""
    change = json.loads(remove("--expired", "--json").out)
    assert [entry["alias"] for entry in change["removed"]] == ["over"]
    assert "over" not in aliases("store.jks")


def test_nothing_expired_writes_nothing(here: Path) -> None:
    """Where nothing is over, nothing is written."""
    remove("--expired")
    before = (here / "store.jks").stat().st_mtime_ns
    again = remove("--expired")
    assert (again.code, "unchanged" in again.out) == (0, True)
    assert (here / "store.jks").stat().st_mtime_ns == before


def test_key_needs_a_word_of_its_own() -> None:
    """A private key is removed only with `--keys`."""
    assert remove("--alias", "key").code == 1
    assert "key" in aliases("store.jks")
    assert remove("--alias", "key", "--keys").code == 0
    assert "key" not in aliases("store.jks")


@pytest.mark.parametrize("name", ["nothing", "00000000", "\x1b[2J"])
def test_name_of_nothing_is_a_usage_error(name: str, here: Path) -> None:
    """A name that no entry has is a usage error, printed escaped."""
    before = (here / "store.jks").read_bytes()
    done = remove("--alias", name)
    assert (done.code, "\x1b" in done.err, (here / "store.jks").read_bytes()) == (2, False, before)


def test_nothing_named_is_a_usage_error() -> None:
    """Without a name and without `--expired` nothing is removed."""
    assert remove().code == 2


def test_entry_is_renamed() -> None:
    """A renamed entry stands where it stood, with its date."""
    before = opened("store.jks").entries
    done = run("store", "rename", "store.jks", "--alias", "weit", "--destalias", "wide")
    assert (done.code, "weit → wide" in done.out) == (0, True)
    after = opened("store.jks").entries
    assert [entry.alias for entry in after][4] == "wide"
    assert after[4].created == before[4].created  # type: ignore[union-attr]
    assert after[:4] == before[:4]


@pytest.mark.parametrize(("alias", "code"), [("steady-root-r1", 1), ("Upper", 2), ("x [jdk", 2), ("", 2)])
def test_alias_that_cannot_be_is_refused(alias: str, code: int, here: Path) -> None:
    """An alias that another entry has, or that Java would not find, is refused, and nothing is written."""
    before = (here / "store.jks").read_bytes()
    assert run("store", "rename", "store.jks", "--alias", "weit", "--destalias", alias).code == code
    assert (here / "store.jks").read_bytes() == before


def test_stores_are_merged_by_content(here: Path) -> None:
    """Of another store comes what is not there yet under any alias; its keys stay where they are, which is said."""
    held = stores.certificates()
    (here / "few.jks").write_bytes(raw.jks(raw.jks_trusted("mine", held["root"])))
    done = run("store", "merge", "few.jks", "store.jks", "--json")
    change = json.loads(done.out)
    assert [entry["alias"] for entry in change["kept"]] == ["mine"]
    assert len(change["added"]) == 4
    assert any("key" in note for note in change["notes"])
    assert "key" not in aliases("few.jks")


def test_store_under_another_password_is_merged(here: Path) -> None:
    """`--srcstorepass-file` opens the other store, whose own password stays unsaid."""
    stores.pkcs12(here / "other.p12", password=stores.SECRET)
    stores.secret(here / "password")
    refused = run("store", "merge", "store.jks", "other.p12")
    assert (refused.code, "--srcstorepass-file" in refused.err) == (1, True)
    done = run("store", "merge", "store.jks", "other.p12", "--srcstorepass-file", "password")
    assert (done.code, stores.SECRET in done.out + done.err) == (0, False)


@pytest.mark.interop
@pytest.mark.parametrize("storetype", ["PKCS12", "JKS", "JCEKS"])
def test_key_still_signs_after_edits(storetype: str, here: Path) -> None:
    """A store that keytool filled with a key is added to, renamed in and removed from, and keytool still signs with the key."""
    home = require_jdks()[-1]
    words = ("-keystore", here / "keys", "-storepass", raw.PASSWORD)
    key = ("-genkeypair", "-keyalg", "EC", "-alias", "server", "-dname", "CN=server.example.test", "-storetype", storetype)
    keystores.keytool(home, *key, *words, "-keypass", raw.PASSWORD)
    edits = (
        ("add", "keys", "./store.jks"),
        ("remove", "keys", "--expired"),
        ("rename", "keys", "--alias", "server", "--destalias", "renamed"),
    )
    assert [run("store", *edit).code for edit in edits] == [0, 0, 0]
    request = keystores.keytool(home, "-certreq", "-alias", "renamed", *words, "-keypass", raw.PASSWORD)
    assert "BEGIN NEW CERTIFICATE REQUEST" in request
    assert len(keystores.listed(home, here / "keys", password=raw.PASSWORD)) == 5


def test_lasting_way_of_debian_is_offered() -> None:
    """A change of Debian's own trust store names the way that lasts; here nothing is written."""
    if debian.recognise(debian.CACERTS) is None:
        pytest.skip("needs Debian's package ca-certificates-java")
    listed = json.loads(run("store", "list", debian.CACERTS, "--json").out)["stores"][0]["entries"]
    planned = run("store", "remove", debian.CACERTS, "--alias", listed[0]["alias"], "--dry-run")
    assert (planned.code, "update-ca-certificates" in planned.err) == (0, True), planned.err


def test_link_is_followed_and_said(here: Path) -> None:
    """A change through a link changes the file it leads to, and says so; the link stays one."""
    (here / "link.jks").symlink_to("store.jks")
    done = run("store", "remove", "link.jks", "--alias", "over")
    assert (done.code, (here / "link.jks").is_symlink()) == (0, True)
    assert "over" not in aliases("store.jks")
    assert "link.jks" in "".join(done.err.split())
