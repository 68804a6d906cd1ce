"""Passwords of stores: asked for on a real terminal, from files and variables, and never printed."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from anchorkeep import formats
from anchorkeep.errors import StoreIntegrityError
from anchorkeep.formats import jks
from tests.data import stores as raw
from tests.peers import stores
from tests.peers.command import run
from tests.peers.terminal import END, INTERRUPT, Terminal, terminal

OTHER = "ganz-anderes-Passwort"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the current directory one with stores whose password no guess finds."""
    monkeypatch.chdir(tmp_path)
    stores.pkcs12(tmp_path / "store.p12", password=stores.SECRET)
    stores.jks(tmp_path / "store.jks", password=stores.SECRET)
    (tmp_path / "more.pem").write_bytes(formats.dumps([stores.certificates()["intermediate"]], format="pem"))
    return tmp_path


def at(here: Path, *words: str) -> Iterator[Terminal]:
    """Run `store` on a terminal."""
    return terminal(["store", *words], cwd=here, environment={"ANCHORKEEP_STATE": str(here / "state")})


def test_password_is_asked_for_and_not_shown(here: Path) -> None:
    """A store that no well-known password opens asks for its own, and what is typed does not appear."""
    with at(here, "list", "store.p12") as screen:
        screen.answer("Password of store.p12", f"{stores.SECRET}\r")
        assert screen.end() == 0
        assert "Steady Root R1" in screen.text
        assert stores.SECRET.encode() not in screen.raw
        assert screen.is_sane


def test_mistyped_password_is_asked_for_again(here: Path) -> None:
    """Who mistypes is asked again, three times in all."""
    with at(here, "show", "store.p12") as screen:
        screen.answer("Password of store.p12", "wrong\r")
        screen.answer("Password of store.p12", f"{stores.SECRET}\r", times=2)
        assert screen.end() == 1  # For what the store holds: Java does not see one of its entries.
        assert "Steady Root R1" in screen.text
    with at(here, "list", "store.p12") as screen:
        for attempt in range(1, 4):
            screen.answer("Password of store.p12", "wrong\r", times=attempt)
        assert screen.end() == 1
        assert "Steady Root R1" not in screen.text


def test_jks_is_changed_under_its_own_password(here: Path) -> None:
    """A JKS store that can be read without a password is not changed without it: it is asked for."""
    with at(here, "remove", "store.jks", "--alias", "over") as screen:
        screen.answer("Password of store.jks", f"{stores.SECRET}\r")
        assert screen.end() == 0
    data = (here / "store.jks").read_bytes()
    assert len(jks.loads(data, password=stores.SECRET, name="store.jks").entries) == 5


@pytest.mark.parametrize(("key", "code"), [(INTERRUPT, 130), (END, 130)], ids=["Ctrl-C", "Ctrl-D"])
def test_who_goes_away_changes_nothing(key: str, code: int, here: Path) -> None:
    """Ctrl-C and the end of the input at a question end the command, and nothing is written."""
    before = (here / "store.p12").read_bytes()
    with at(here, "add", "store.p12", "./more.pem") as screen:
        screen.answer("Password of store.p12", key)
        assert screen.end() == code
        assert "Traceback" not in screen.text
        assert screen.is_sane
    assert (here / "store.p12").read_bytes() == before


def test_new_password_is_typed_twice(here: Path) -> None:
    """`passwd` asks for the old password, then twice for the new one, and shows neither."""
    with at(here, "passwd", "store.p12") as screen:
        screen.answer("Password of store.p12", f"{stores.SECRET}\r")
        screen.answer("New password", f"{OTHER}\r")
        screen.answer("Repeat for confirmation", f"{OTHER}\r")
        assert screen.end() == 0
        assert not [word for word in (OTHER, stores.SECRET) if word.encode() in screen.raw]
    data = (here / "store.p12").read_bytes()
    assert len(formats.loads(data, password=OTHER).entries) == 2
    with pytest.raises(StoreIntegrityError):
        formats.loads(data, password=stores.SECRET)


def test_typed_octets_that_are_no_text_are_refused(here: Path) -> None:
    """What is typed in another encoding makes no password, and nothing is written."""
    before = (here / "store.p12").read_bytes()
    with at(here, "list", "store.p12") as screen:
        screen.await_text("Password of store.p12")
        os.write(screen.master, b"caf\xe9-caf\xe9\r")
        assert screen.end() == 2
        assert "no UTF-8" in screen.text
    assert (here / "store.p12").read_bytes() == before


def test_nobody_is_asked_without_a_terminal() -> None:
    """Without a terminal a missing password is an error that names the options."""
    shown = run("store", "list", "store.p12", stdin=b"anything\n")
    assert (shown.code, "--storepass-file" in shown.err) == (1, True)
    shown = run("store", "passwd", "store.p12", "--storepass-env", "NOTHING_OF_THIS_NAME")
    assert shown.code == 2


def test_variable_gives_the_password(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--storepass-env` names a variable; both options at once are a usage error."""
    monkeypatch.setenv("STORE_PASSWORD", stores.SECRET)
    stores.secret(here / "password")
    assert run("store", "list", "store.p12", "--storepass-env", "STORE_PASSWORD").code == 0
    both = run("store", "list", "store.p12", "--storepass-env", "STORE_PASSWORD", "--storepass-file", "password")
    assert both.code == 2


def test_history_holds_no_password(here: Path) -> None:
    """What is kept of a change names the options of its password, and not the password."""
    stores.secret(here / "password")
    run("store", "remove", "store.jks", "--alias", "over", "--storepass-file", "password")
    shown = run("store", "history", "store.jks", "--json")
    assert ("--storepass-file" in shown.out, stores.SECRET in shown.out) == (True, False)


@pytest.mark.parametrize(
    ("words", "other"),
    [(("merge", "open.jks"), "store.jks"), (("new", "new.jks"), "store.p12"), (("add", "open.jks"), "store.jks")],
)
def test_password_of_what_is_taken_is_asked_for(here: Path, words: tuple[str, ...], other: str) -> None:
    """A store to take from that no well-known password opens asks for its own, though it could be read without, as JKS can."""
    (here / "open.jks").write_bytes(raw.jks(raw.jks_trusted("one", raw.certificate("one"))))
    with at(here, *words, other) as screen:
        screen.answer(f"Password of {other}", "wrong\r")
        screen.answer(f"Password of {other}", f"{stores.SECRET}\r", times=2)
        assert screen.end() == 0, screen.text
        assert stores.SECRET.encode() not in screen.raw
    held = formats.loads((here / words[1]).read_bytes(), password=raw.PASSWORD).trusted
    assert stores.certificates()["root"] in held


def test_remedy_names_the_option_that_helps(here: Path) -> None:
    """Of a store and of what is taken from, each is told apart: the remedy names the options of the one that stays closed."""
    stores.jks(here / "open.jks")
    for words, option in (
        (("merge", "open.jks", "store.p12"), "srcstorepass"),
        (("merge", "store.p12", "more.pem"), "storepass"),
        (("merge", "open.jks", "store.jks"), "srcstorepass"),
        (("convert", "store.p12", "new.jks"), "storepass"),
    ):
        shown = run("store", *words, width=200)
        assert (shown.code, f"Give its own with --{option}-file or --{option}-env." in shown.err) == (1, True), shown.err
        assert ("or it was changed" in shown.err, "rewritten" in shown.err) == (True, False)


def test_who_mistyped_thrice_is_not_sent_to_an_option(here: Path) -> None:
    """Who was asked and mistyped is told that the password is wrong, and not to give it another way."""
    with at(here, "list", "store.p12") as screen:
        for attempt in range(1, 4):
            screen.answer("Password of store.p12", "wrong\r", times=attempt)
        assert screen.end() == 1
        assert "--storepass-file" not in screen.text


def test_key_is_removed_by_the_option_that_is_named(here: Path) -> None:
    """Where a key is not removed, the remedy names the option that would."""
    stores.jks(here / "open.jks")
    shown = run("store", "remove", "open.jks", "--alias", "key")
    assert (shown.code, "--keys" in shown.err) == (1, True)
