"""`store` as a whole: whatever stands at a path, every command ends with its exit code and never with a traceback."""

import os
import socket
from pathlib import Path

import pytest

from anchorkeep import formats
from tests.data import stores as raw
from tests.peers import stores
from tests.peers.command import run

# What every command is called with, besides the path.
READING = {"list": (), "show": (), "verify": ()}
CHANGING = {
    "add": ("./more.pem",),
    "remove": ("--alias", "steady-root-r1"),
    "rename": ("--alias", "steady-root-r1", "--destalias", "new"),
    "merge": ("./more.pem",),
    "convert": ("./converted.jks",),
    "passwd": ("--new-storepass-file", "password"),
}
COMMANDS = {**READING, **CHANGING, "diff": ("./more.pem",)}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the current directory one with a file of certificates and a file with a password."""
    monkeypatch.chdir(tmp_path)
    held = stores.certificates()
    (tmp_path / "more.pem").write_bytes(formats.dumps([held["intermediate"]], format="pem"))
    stores.secret(tmp_path / "password")
    return tmp_path


def broken(kind: str, path: Path) -> None:
    """Put something at a path that is no store, or none that can be read."""
    match kind:
        case "text":
            path.write_text("no store\n")
        case "empty":
            path.touch()
        case "directory":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(path))
        case "truncated":
            path.write_bytes(stores.jks(path).read_bytes()[:-30])
        case "flipped":
            data = bytearray(stores.jks(path).read_bytes())
            data[len(data) // 2] ^= 1
            path.write_bytes(data)
        case "loop":
            path.symlink_to(path)
        case "missing":
            pass


CODES = {
    "text": 1,
    "empty": 1,
    "truncated": 1,
    "flipped": 1,
    "directory": 3,
    "fifo": 3,
    "socket": 3,
    "loop": 3,
    "missing": 3,
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", CODES)
def test_what_is_no_store_is_refused(kind: str, command: str, here: Path) -> None:
    """What is no store is named with the code for it: 1 for bad content, 3 for what cannot be read."""
    broken(kind, here / "store.jks")
    shown = run("store", command, "./store.jks", *COMMANDS[command])
    # A JKS store that was changed can be listed all the same; that its integrity was not checked is said.
    assert shown.code == (0 if (kind, command) == ("flipped", "list") else CODES[kind])
    assert "Traceback" not in shown.err
    flat = "".join((shown.err + shown.out).split())
    assert "integritywasnotchecked" in flat if kind == "flipped" and command not in CHANGING else "store.jks" in flat


@pytest.mark.parametrize("command", CHANGING)
def test_wrong_password_changes_nothing(command: str, here: Path) -> None:
    """With a wrong password nothing is written, and the file stays what it is."""
    path = stores.jks(here / "store.jks")
    before = path.read_bytes()
    shown = run("store", command, "./store.jks", *CHANGING[command], "--storepass-file", "password")
    assert (shown.code, path.read_bytes()) == (1, before)
    assert stores.SECRET not in shown.out + shown.err
    assert sorted(item.name for item in here.iterdir()) == ["more.pem", "password", "store.jks"]


@pytest.mark.parametrize("command", CHANGING)
def test_unknown_password_changes_nothing(command: str, here: Path) -> None:
    """A store whose password is not known is not rewritten under a guess; the options to give it are named."""
    path = stores.jks(here / "store.jks", password=stores.SECRET)
    before = path.read_bytes()
    shown = run("store", command, "./store.jks", *CHANGING[command])
    assert (shown.code, path.read_bytes()) == (1, before)
    assert "--storepass-file" in shown.err


@pytest.mark.parametrize("command", CHANGING)
def test_dry_run_writes_nothing(command: str, here: Path) -> None:
    """`--dry-run` says what would change and touches neither the store nor the state."""
    path = stores.pkcs12(here / "store.p12")
    before = path.read_bytes(), path.stat().st_mtime_ns
    shown = run("store", command, "./store.p12", *CHANGING[command], "--dry-run")
    assert (shown.code, "would be written" in shown.out) == (0, True), shown.err
    assert before == (path.read_bytes(), path.stat().st_mtime_ns)
    assert sorted(item.name for item in here.iterdir()) == ["more.pem", "password", "store.p12"]
    assert not Path(os.environ["ANCHORKEEP_STATE"]).exists()


@pytest.mark.parametrize("command", CHANGING)
def test_change_is_told_as_json(command: str, here: Path) -> None:
    """Every change has a document that keeps its schema, without a password in it."""
    stores.pkcs12(here / "store.p12")
    shown = run("store", command, "./store.p12", *CHANGING[command], "--json")
    assert (shown.code, shown.out.startswith("{")) == (0, True), shown.err
    assert stores.SECRET not in shown.out


@pytest.mark.parametrize(
    "words", [("store",), ("store", "list"), ("store", "nothing"), ("store", "rename", "x"), ("store", "diff", "x")]
)
def test_what_is_no_command_is_a_usage_error(words: tuple[str, ...]) -> None:
    """A command that is none, or lacks its words, is a usage error."""
    assert run(*words).code == 2


def test_store_of_nothing_is_edited(here: Path) -> None:
    """An empty store takes a certificate, and gives it back."""
    (here / "empty.jks").write_bytes(raw.jks())
    assert run("store", "add", "empty.jks", "./more.pem").code == 0
    assert formats.loads((here / "empty.jks").read_bytes(), password=raw.PASSWORD).certificates == (
        stores.certificates()["intermediate"],
    )
    assert run("store", "undo", "empty.jks").code == 0
    assert (here / "empty.jks").read_bytes() == raw.jks()


@pytest.mark.parametrize(
    "words", [("list",), ("show",), ("verify",), ("history",), ("remove", "--alias", "over"), ("diff", "./more.pem")]
)
def test_hostile_path_is_shown_escaped(words: tuple[str, ...], here: Path) -> None:
    """A store whose path does things to terminals is read and changed like any other, and its path is shown escaped."""
    name = "evil\x1b[31m\u202e.jks"
    stores.jks(here / name)
    command, *rest = words
    shown = run("store", command, f"./{name}", *rest)
    assert shown.code in {0, 1}
    assert {"\x1b", "\u202e"}.isdisjoint(shown.out + shown.err)
    assert "\\x1b[31m" in "".join((shown.out + shown.err).split())


def test_path_that_is_no_text_is_shown_escaped(here: Path) -> None:
    """A path of bytes that are no UTF-8 is listed, on screens and as JSON."""
    name = os.fsdecode(b"caf\xe9.jks")
    stores.jks(here / name)
    assert [run("store", "list", f"./{name}", *words).code for words in ((), ("--json",))] == [0, 0]
