"""`store history` and `undo`: every change is remembered, and can be taken back, which is a change itself."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.data import stores as raw
from tests.peers import stores
from tests.peers.command import run
from tests.peers.terminal import ENTER, PROGRAM, terminal


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the current directory one with a store, and return the store."""
    monkeypatch.chdir(tmp_path)
    return stores.jks(tmp_path / "store.jks")


def remove(*aliases: str) -> None:
    """Remove entries, a change each."""
    for alias in aliases:
        assert run("store", "remove", "store.jks", "--alias", alias).code == 0


def vouched() -> tuple[str, str]:
    """Return the option that vouches for the certificate of the store that is over."""
    return "--accept-fingerprint", stores.certificates()["expired"].sha256.hex()


def test_anchor_that_is_over_comes_back_with_its_fingerprint_only(store: Path) -> None:
    """`undo` brings nothing back that nobody would take today; a dry run says so, and the fingerprint lets it."""
    before = store.read_bytes()
    remove("over")
    planned = run("store", "undo", "store.jks", "--dry-run")
    assert (planned.code, "it expired on 2026-11-20" in planned.err) == (0, True)
    refused = run("store", "undo", "store.jks")
    assert (refused.code, vouched()[1] in refused.err, store.read_bytes() == before) == (1, True, False)
    other = stores.certificates()["root"].sha256.hex()
    assert run("store", "undo", "store.jks", "--accept-fingerprint", other).code == 1
    assert run("store", "undo", "store.jks", *vouched()).code == 0
    assert store.read_bytes() == before


def test_person_lets_an_anchor_come_back(store: Path, tmp_path: Path) -> None:
    """On a terminal the first digits of its fingerprint are asked for, and not shown before."""
    before = store.read_bytes()
    environment = {"ANCHORKEEP_STATE": str(tmp_path / "kept"), "XDG_STATE_HOME": str(tmp_path / "xdg")}
    subprocess.run(
        [PROGRAM, "store", "remove", "store.jks", "--alias", "over"],
        env=os.environ | environment,
        check=True,
        capture_output=True,
    )
    with terminal(["store", "undo", "store.jks"], cwd=tmp_path, environment=environment) as screen:
        screen.await_text("First 8 digits")
        assert vouched()[1][:8] not in screen.flat
        screen.type(vouched()[1][:8] + ENTER)
        assert screen.end() == 0
    assert store.read_bytes() == before


def test_changes_are_listed_in_their_order() -> None:
    """The history tells what was asked for and what it did, the oldest first."""
    remove("steady-root-r1", "weit")
    changes = json.loads(run("store", "history", "store.jks", "--json").out)["stores"][0]["changes"]
    assert [change["command"] for change in changes] == [
        ["store", "remove", "store.jks", "--alias", alias] for alias in ("steady-root-r1", "weit")
    ]
    assert [change["id"] for change in changes] == [1, 2]
    shown = run("store", "history", "store.jks")
    assert (shown.code, shown.out.index("steady-root-r1") < shown.out.index("weit")) == (0, True)


def test_store_that_nobody_changed_has_no_history() -> None:
    """Without a change there is nothing to list, and nothing to take back."""
    shown = run("store", "history", "store.jks")
    assert (shown.code, "no changes" in shown.out) == (0, True)
    assert run("store", "undo", "store.jks").code == 2


def test_last_change_is_taken_back_byte_for_byte(store: Path) -> None:
    """`undo` brings the very bytes back, says which entries come, and is a change that can be taken back too."""
    before = store.read_bytes()
    remove("steady-root-r1")
    changed = store.read_bytes()
    undone = run("store", "undo", "store.jks")
    assert (undone.code, "+  steady-root-r1" in undone.out, store.read_bytes()) == (0, True, before)
    assert run("store", "undo", "store.jks").code == 0
    assert store.read_bytes() == changed


def test_rename_that_is_taken_back_is_a_change_of_one_entry(store: Path) -> None:
    """`undo` of a rename shows one renamed entry, neither a new one nor one that goes; `undo` of a removal shows no such."""
    before = store.read_bytes()
    assert run("store", "rename", "store.jks", "--alias", "weit", "--destalias", "wide").code == 0
    undone = run("store", "undo", "store.jks")
    marks = [line.split()[0] for line in undone.out.splitlines() if line.split()[:1] in (["+"], ["-"], ["~"])]
    assert (undone.code, marks, store.read_bytes()) == (0, ["~"], before)
    remove("steady-root-r1")
    assert "~" not in run("store", "undo", "store.jks").out


def test_earlier_change_takes_the_later_ones_with_it(store: Path) -> None:
    """An undo of an earlier change names the later ones that are lost, before it does anything."""
    before = store.read_bytes()
    remove("steady-root-r1", "weit")
    after = store.read_bytes()
    planned = run("store", "undo", "store.jks", "--id", "1", "--dry-run")
    assert (planned.code, "lost with it" in planned.out, store.read_bytes()) == (0, True, after)
    document = json.loads(run("store", "undo", "store.jks", "--id", "1", "--json").out)
    assert ([change["id"] for change in document["lost"]], document["undone"]["id"]) == ([2], 1)
    assert sorted(entry["alias"] for entry in document["added"]) == ["steady-root-r1", "weit"]
    assert store.read_bytes() == before


def test_change_by_another_program_is_said(store: Path) -> None:
    """What another program did since is said, in the history and when it is lost."""
    remove("steady-root-r1")
    store.write_bytes(raw.jks())
    assert "Another program" in run("store", "history", "store.jks").out
    undone = run("store", "undo", "store.jks", *vouched())
    assert "Another program" in undone.err


def test_change_that_is_not_there_is_a_usage_error(store: Path) -> None:
    """A number that no change has is a usage error, and nothing is written."""
    remove("steady-root-r1")
    before = store.read_bytes()
    assert [run("store", "undo", "store.jks", "--id", number).code for number in ("7", "0", "x")] == [2, 2, 2]
    assert store.read_bytes() == before


def test_new_store_is_not_undone() -> None:
    """Before a new store there was nothing, and nothing is not put in its place."""
    run("store", "new", "new.p12", "./store.jks")
    refused = run("store", "undo", "new.p12")
    assert (refused.code, Path("new.p12").exists()) == (1, True)


def test_several_stores_have_histories_of_their_own() -> None:
    """Histories of several stores are listed one after the other; one that cannot be told hides no other."""
    remove("steady-root-r1")
    shown = run("store", "history", "store.jks", "nowhere/x", "--json")
    assert (shown.code, len(json.loads(shown.out)["stores"])) == (3, 1)


def test_undo_of_what_does_not_open_is_still_an_undo(store: Path) -> None:
    """Bytes come back also where no password opens them; that nobody knows what comes and goes is said."""
    before = stores.pkcs12(store, password=stores.SECRET).read_bytes()
    stores.secret(Path("password"))
    words = ("--alias", "untagged", "--storepass-file", "password")
    assert run("store", "remove", "store.jks", *words).code == 0
    undone = run("store", "undo", "store.jks")
    assert (undone.code, store.read_bytes(), "not known" in undone.out) == (0, before, True)


def test_mistyped_path_has_no_history() -> None:
    """A path at which there neither is nor was a store is an error: nobody can tell."""
    shown = run("store", "history", "mistyped.p12")
    assert (shown.code, "There is no store mistyped.p12" in shown.err) == (3, True)


def test_store_that_is_gone_is_said(store: Path) -> None:
    """A store that was removed keeps its history, which says so, and blames no other program for the undo."""
    remove("steady-root-r1")
    store.unlink()
    shown = run("store", "history", "store.jks")
    assert (shown.code, "steady-root-r1" in shown.out, "It is not there now" in shown.out) == (0, True, True)
    undone = run("store", "undo", "store.jks", *vouched())
    assert (undone.code, "Another program" in undone.err, "The store is gone" in undone.err) == (0, False, True)
