"""Text from outside reaches a person without doing anything, on every face."""

import json
import unicodedata
from pathlib import Path

import pytest

from anchorkeep.cli import render
from tests.cli.test_export import hostile_files
from tests.peers import steady
from tests.peers.command import Result, run

FACES = {
    "show": ("show", "./chain.pem"),
    "details": ("show", "./chain.pem", "--details"),
    "json": ("show", "./chain.pem", "--json"),
    "export": ("export", "./chain.pem", "--out", "out"),
    "sheet": ("export", "./chain.pem", "--out", "out", "--sheet"),
    "export-json": ("export", "./chain.pem", "--out", "out", "--json"),
    "diff": ("diff", "./chain.pem", "./root.pem"),
    "diff-json": ("diff", "./chain.pem", "./root.pem", "--json"),
    "pem": ("export", "./chain.pem", "--out", "-"),
}
HARMFUL = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def harmful(text: str) -> set[str]:
    """Return the characters of a text that do something instead of showing something."""
    return {character for character in text if character != "\n" and unicodedata.category(character) in HARMFUL}


@pytest.mark.parametrize("face", FACES)
def test_no_face_prints_what_a_name_hides(face: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hostile certificate puts no control character, no terminal escape and no bidirectional mark on any face."""
    monkeypatch.chdir(tmp_path)
    hostile_files(tmp_path)
    shown: Result = run(*FACES[face], "--at", "2026-11-23T12:00")
    assert (harmful(shown.out), harmful(shown.err)) == (set(), set())
    assert "forged" in shown.out or "good.example" in shown.out or face == "export"


@pytest.mark.parametrize("face", ["show", "details", "sheet", "diff"])
def test_markup_of_a_name_stays_text(face: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Square brackets in a name are printed, not obeyed."""
    monkeypatch.chdir(tmp_path)
    hostile_files(tmp_path)
    run("show", "./chain.pem", "--servername", steady.HOST, "--save", "evidence.json")
    shown = run(*FACES[face], "--at", "2026-11-23T12:00", width=4000)
    assert "\\x1b[31m" in shown.out or "BEGIN" in shown.out


def test_json_keeps_the_name_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON names in ASCII escapes what the certificate says; nothing is lost to machines."""
    monkeypatch.chdir(tmp_path)
    hostile_files(tmp_path)
    document = json.loads(run("show", "./chain.pem", "--json").out)
    names = document["observations"][0]["certificates"][0]["subject_alt_names"]
    assert [item["value"] for item in names] == [item.value for item in steady.make().hostile.subject_alt_names]


@pytest.mark.parametrize("word", ["\x1b[31mred", "a\u202eb", "no\nsuch", "x" * 5000])
def test_hostile_argument_is_shown_escaped(word: str) -> None:
    """A word of the command line comes back in the error escaped and cut."""
    shown = run("show", word)
    assert shown.code == 2
    assert harmful(shown.err) == set()
    assert len(shown.err) < 2000


def test_last_wall_lets_no_control_character_through() -> None:
    """Even text that nobody escaped is printed without control characters."""
    assert "\x1b" not in render.screen(render.text("a\x1b[31mb\u202ec"))
