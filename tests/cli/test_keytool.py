"""`anchorkeep keytool` beyond what keytool itself does: what it warns of, refuses and keeps."""

from pathlib import Path

import pytest

from anchorkeep import formats
from anchorkeep.model.truststore import TrustStore
from tests.data import stores as raw
from tests.peers import stores
from tests.peers.command import Result, run

_WORDS = ("-keystore", "t.p12", "-storepass:env", "STOREPASS")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the current directory one with a PKCS#12 store, a JKS store of every kind of entry, and a bundle."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STOREPASS", raw.PASSWORD)
    held = stores.certificates()
    (tmp_path / "bundle.pem").write_bytes(formats.dumps([held["wide"], held["root"], held["intermediate"]], format="pem"))
    (tmp_path / "one.pem").write_bytes(formats.dumps([held["wide"]], format="pem"))
    stores.jks(tmp_path / "t.jks")
    stores.pkcs12(tmp_path / "t.p12")
    return tmp_path


def _keytool(*words: str, stdin: bytes = b"") -> Result:
    return run("keytool", *words, stdin=stdin)


def _loaded(name: str = "t.p12") -> TrustStore:
    return formats.loads(Path(name).read_bytes(), password=raw.PASSWORD)


def test_rest_of_a_bundle_is_named() -> None:
    """Of a bundle the first certificate is imported, and stderr counts the rest and has the line that takes them."""
    result = _keytool("-importcert", "-noprompt", "-alias", "new", *_WORDS, "-file", "bundle.pem")
    assert (result.code, result.out) == (0, "")
    said = "2 more certificates of the file were left, as keytool leaves them; this takes all of them"
    added, left = result.err.splitlines()
    assert (added, left) == ("Certificate was added to keystore", f"anchorkeep: {said}: anchorkeep store add t.p12 bundle.pem")
    assert [entry.alias for entry in _loaded().entries][-1] == "new"


def test_single_certificate_leaves_nothing_to_name() -> None:
    """Nothing is said of a file whose one certificate was imported."""
    result = _keytool("-importcert", "-noprompt", "-alias", "new", *_WORDS, "-file", "one.pem")
    assert (result.code, result.err) == (0, "Certificate was added to keystore\n")


def test_password_on_the_command_line_is_warned_of() -> None:
    """A password among the words is taken, with a warning that does not repeat it; one of a variable is not warned of."""
    exposed = _keytool("-list", "-keystore", "t.p12", "-storepass", raw.PASSWORD)
    assert exposed.code == 0
    assert exposed.err.startswith("anchorkeep: the password of -storepass stands on the command line")
    assert raw.PASSWORD not in exposed.err
    assert "anchorkeep: " not in _keytool("-list", *_WORDS).err


def test_history_knows_the_change_and_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What keytool's words did can be undone, and the history's command holds no password."""
    monkeypatch.setenv("ANCHORKEEP_STATE", str(tmp_path / "state"))
    before = Path("t.p12").read_bytes()
    assert _keytool("-delete", "-alias", "steady-root-r1", "-keystore", "t.p12", "-storepass", raw.PASSWORD).code == 0
    assert Path("t.p12").read_bytes() != before
    assert not any(raw.PASSWORD.encode() in item.read_bytes() for item in tmp_path.glob("state/**/*.json*"))
    assert "keytool -delete" in run("store", "history", "t.p12").out
    assert run("store", "undo", "t.p12").code == 0
    assert Path("t.p12").read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [("-genkeypair", "-alias", "a", "-keystore", "none.p12"), ("-list", *_WORDS, "-providername", "x"), ("-certreq", *_WORDS)],
)
def test_what_is_not_in_the_subset_is_refused(words: tuple[str, ...]) -> None:
    """A command or option beyond the subset ends with 1 and says so on stderr, and nothing is made."""
    before = Path("t.p12").read_bytes()
    result = _keytool(*words)
    assert (result.code, result.out) == (1, "")
    assert "is not in the subset of keytool that Anchorkeep has" in result.err
    assert (Path("t.p12").read_bytes(), Path("none.p12").exists()) == (before, False)


def test_certificate_reply_is_refused() -> None:
    """A certificate for the alias of a key would be a reply: it is refused, and the store stays as it is."""
    before = Path("t.jks").read_bytes()
    words = ("-importcert", "-noprompt", "-alias", "key", "-keystore", "t.jks", "-storepass:env", "STOREPASS", "-file", "one.pem")
    result = _keytool(*words)
    assert (result.code, result.out.split(":")[0]) == (1, "keytool error")
    assert "a certificate reply is not in the subset" in result.out
    assert Path("t.jks").read_bytes() == before


@pytest.mark.parametrize("words", [(), ("-v",), ("-rfc",)])
def test_hostile_names_are_escaped(words: tuple[str, ...]) -> None:
    """An alias or a name with a terminal's commands in it is listed escaped."""
    result = _keytool("-list", *words, "-keystore", "t.jks", "-storepass:env", "STOREPASS")
    assert result.code == 0
    assert not [character for character in result.out if character < " " and character not in "\n\t"]


@pytest.mark.parametrize(
    ("answer", "is_added"), [(b"yes\n", True), (b"y\n", True), (b"no\n", False), (b"\n", False), (b"", False)]
)
def test_only_yes_widens_trust(answer: bytes, is_added: bool) -> None:  # noqa: FBT001 (of a table)
    """A certificate that nothing vouches for is added after a yes alone; any other end is exit 0 and a store as it was."""
    before = Path("t.p12").read_bytes()
    Path("other.pem").write_bytes(formats.dumps([stores.certificates()["expired"]], format="pem"))
    result = _keytool("-importcert", "-alias", "new", *_WORDS, "-file", "other.pem", stdin=answer)
    assert result.code == 0
    assert "Trust this certificate? [no]:  " in result.err
    assert (Path("t.p12").read_bytes() != before) is is_added


def test_cacerts_is_the_runtime_of_java_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-cacerts` reads the trust store of the runtime that JAVA_HOME names."""
    security = tmp_path / "java" / "lib" / "security"
    security.mkdir(parents=True)
    (security / "cacerts").write_bytes(Path("t.p12").read_bytes())
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "java"))
    assert _keytool("-list", "-cacerts", "-storepass:env", "STOREPASS").out == _keytool("-list", *_WORDS).out


def test_help_of_a_command_is_on_stderr() -> None:
    """`-COMMAND -help` names its options on stderr with exit 0, as keytool's does."""
    result = _keytool("-list", "-help")
    assert (result.code, result.out) == (0, "")
    assert " -rfc" in result.err


def test_old_store_is_kept_beside_a_migrated_one() -> None:
    """A store turned into PKCS#12 where it stands leaves the old one beside it, under a name that is free."""
    held = stores.certificates()
    old = raw.jks(raw.jks_trusted("root", held["root"]))
    words = ("-importkeystore", "-srckeystore", "m.jks", "-destkeystore", "m.jks", "-deststoretype", "pkcs12")
    for kept in ("m.jks.old", "m.jks.old2"):
        Path("m.jks").write_bytes(old)
        result = _keytool(*words, "-srcstorepass:env", "STOREPASS", "-deststorepass:env", "STOREPASS")
        assert (result.code, Path(kept).read_bytes() == old, _loaded("m.jks").format) == (0, True, "pkcs12")
        assert f'backed up as "{kept}"' in result.err


def test_server_that_is_not_there_is_an_error() -> None:
    """`-printcert -sslserver` of a port where nobody listens fails as keytool does."""
    result = _keytool("-printcert", "-sslserver", "127.0.0.1:1")
    assert (result.code, result.out) == (1, "keytool error: java.lang.Exception: No certificate from the SSL server\n")
