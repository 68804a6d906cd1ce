from collections.abc import Iterator
from pathlib import Path

import pytest

from anchorkeep.cli import render
from anchorkeep.cli.main import main
from anchorkeep.lab import Mode, operation
from anchorkeep.lab.directory import Directory


@pytest.fixture
def where(tmp_path: Path) -> Iterator[Directory]:
    """Return a place for a lab, which is gone afterwards."""
    directory = Directory(tmp_path / "lab")
    yield directory
    operation.down(directory)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Return the exit code of a command, what it gave and what it said."""
    render.forget_streams()
    code = main(["lab", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_up_gives_the_settings_file(where: Directory, capsys: pytest.CaptureFixture[str]) -> None:
    """`lab up` gives the path of its settings file, and says where what listens."""
    code, out, err = run(capsys, "up", "--dir", str(where.path))
    assert code == 0
    assert out == f"{where.settings}\n"
    assert "acme-uat.flexnetoperations.test" in err
    assert "127.0.0.1:" in err


def test_life_of_a_lab(where: Directory, capsys: pytest.CaptureFixture[str]) -> None:
    """Up, status, rotate, misbehave, down: each succeeds and shows what is presented."""
    place = ("--dir", str(where.path))
    assert run(capsys, "up", *place)[0] == 0
    code, before, _ = run(capsys, "status", *place)
    assert code == 0
    code, out, _ = run(capsys, "rotate", "root", "--env", "uat", "--cross-sign", *place)
    assert code == 0
    assert "Root 2" in out
    assert "production" not in out
    code, out, _ = run(capsys, "misbehave", "hostile-names", *place)
    assert code == 0
    assert "misbehaves: hostile-names" in out
    assert "\x1b" not in out
    assert "\u202e" not in out
    code, after, _ = run(capsys, "status", *place)
    assert before != after
    assert run(capsys, "down", *place)[0] == 0
    assert not where.path.exists()


def test_long_chains_are_shortened(where: Directory, capsys: pytest.CaptureFixture[str]) -> None:
    """Of 200 certificates the first are shown and the others counted."""
    place = ("--dir", str(where.path))
    run(capsys, "up", *place)
    _, out, _ = run(capsys, "misbehave", "many", "--env", "uat", *place)
    assert "and 197 more certificates" in out


def test_dry_runs_do_nothing(where: Directory, capsys: pytest.CaptureFixture[str]) -> None:
    """With --dry-run every command says what it would do, and nothing is done."""
    place = ("--dir", str(where.path), "--dry-run")
    code, _, err = run(capsys, "up", *place)
    assert code == 0
    assert err.startswith("Would make a lab")
    assert not where.path.exists()
    operation.up(where)
    before = where.identity()
    for words in (("up",), ("rotate", "leaf"), ("misbehave", "expired"), ("down",)):
        assert run(capsys, *words, *place)[0] == 0
    assert where.identity() == before
    assert where.server is not None


def test_no_lab_is_told(where: Directory, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a lab, status exits with 1, a change with 2 and down with 0, each with a sentence."""
    place = ("--dir", str(where.path))
    for words, code in ((("status",), 1), (("rotate", "leaf"), 2), (("misbehave", "none"), 2), (("down",), 0)):
        found, out, err = run(capsys, *words, *place)
        assert (found, out) == (code, "")
        assert "no lab in" in err


def test_lost_server_is_told(where: Directory, capsys: pytest.CaptureFixture[str]) -> None:
    """A lab whose server is gone is told apart from none, and status exits with 1."""
    operation.up(where)
    (where.stop).touch()
    assert operation.process.wait_for_end(where.server_lock, seconds=30)
    code, _, err = run(capsys, "status", "--dir", str(where.path))
    assert code == 1
    assert "does not run" in " ".join(err.split())


@pytest.mark.parametrize("words", [("misbehave", "nope"), ("rotate", "all"), ("up", "--nope"), ("rotate", "leaf", "--env", "x")])
def test_wrong_words_are_usage(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """A mode, a part, an option or an environment that does not exist exits with 2."""
    assert run(capsys, *words)[0] == 2


def test_help_lists_every_mode(capsys: pytest.CaptureFixture[str]) -> None:
    """The help of `misbehave` names every mode with what it does."""
    _, out, _ = run(capsys, "misbehave", "--help")
    for mode in Mode:
        assert f"  {mode.value} " in out
        assert mode.summary in out


def test_default_directory_is_in_the_users_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --dir the lab is in the user's state directory."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    _, _, err = run(capsys, "up", "--dry-run")
    assert "anchorkeep/lab" in err.replace("\n", "")
