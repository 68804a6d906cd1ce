"""`diff`: what matters is a warning, what is ordinary a note, what cannot be seen is not guessed."""

import json
from pathlib import Path

import pytest

from anchorkeep import formats
from tests.peers import schemas, steady
from tests.peers.command import run


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write two leaf certificates of one CA, a chain without its intermediate, and settings that name the root."""
    monkeypatch.chdir(tmp_path)
    pki = steady.make()
    for name, chain in {
        "one": [pki.leaf, pki.intermediate],
        "two": [pki.wide, pki.intermediate],
        "bare": [pki.leaf],
        "root": [pki.root],
    }.items():
        (tmp_path / f"{name}.pem").write_bytes(formats.dumps(chain, format="pem"))
    settings = tmp_path / "anchorkeep.toml"
    settings.write_text('[pools]\njava = false\nsystem = false\nfiles = ["root.pem"]\n')
    settings.chmod(0o600)


def test_the_same_is_the_same() -> None:
    """A chain does not differ from itself."""
    shown = run("diff", "./one.pem", "./one.pem")
    assert (shown.code, "≠" in shown.out) == (0, False)


def test_another_leaf_is_a_note() -> None:
    """A renewed leaf differs, and is fine unless notes are to fail."""
    assert [run("diff", "./one.pem", "./two.pem", *words).code for words in ((), ("--fail-on", "note"))] == [0, 1]


def test_another_path_is_a_warning() -> None:
    """Different issuers are a warning, since clients may trust just those."""
    assert run("diff", "./one.pem", "./bare.pem").code == 1


def test_a_side_that_cannot_be_seen_is_not_guessed() -> None:
    """Against a service that refuses the connection nothing is compared: could not tell."""
    shown = run("diff", "./one.pem", "127.0.0.1:1")
    assert (shown.code, "=" in shown.out, "≠" in shown.out) == (3, False, False)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_two_targets_are_wanted(count: int) -> None:
    """Fewer or more than two targets are a usage error."""
    assert run("diff", *["./one.pem"] * count).code == 2


def test_json_keeps_its_schema() -> None:
    """`--json` gives what the schema of its version promises."""
    document = json.loads(run("diff", "./one.pem", "./two.pem", "--json").out)
    schemas.validate(document)
    assert [item["name"] for item in document["comparisons"][0]["aspects"] if not item["is_same"]] == ["leaf", "key"]
