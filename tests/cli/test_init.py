import os
from pathlib import Path

import pytest

from anchorkeep.cli import settings
from tests.peers.command import run


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty directory the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_settings_are_written_here(here: Path) -> None:
    """`init` writes a file that the next command reads: two environments of two services each."""
    result = run("init", "--flexnet", "acme")
    assert (result.code, result.out) == (0, "")
    assert "anchorkeep show uat" in result.err
    said = settings.load(None)
    assert said.path == Path("anchorkeep.toml")
    assert {name: len(endpoints) for name, endpoints in said.environments.items()} == {"uat": 2, "production": 2}
    assert [path.name for path in here.iterdir()] == ["anchorkeep.toml"]


def test_written_settings_are_not_refused(here: Path) -> None:
    """Whatever the process masks, others cannot write the file that was just written."""
    before = os.umask(0)
    try:
        assert run("init").code == 0
    finally:
        os.umask(before)
    assert (here / "anchorkeep.toml").stat().st_mode & 0o777 == 0o644
    assert settings.load(None).environments


def test_settings_are_written_where_asked(here: Path) -> None:
    """`--config` names another file."""
    (here / "etc").mkdir()
    assert run("init", "--config", "etc/mine.toml").code == 0
    assert list(settings.load(here / "etc" / "mine.toml").environments) == ["uat", "production"]


def test_dry_run_prints_and_writes_nothing(here: Path) -> None:
    """A dry run prints the very text that would be written."""
    result = run("init", "--flexnet", "acme", "--dry-run")
    assert result.code == 0
    assert not list(here.iterdir())
    run("init", "--flexnet", "acme")
    assert (here / "anchorkeep.toml").read_text() == result.out


def test_written_settings_show_how_stores_are_listed(here: Path) -> None:
    """The file names no store; with the marks before its last lines taken away it names one."""
    assert run("init").code == 0
    assert settings.load(None).stores == ()
    head, mark, example = (here / "anchorkeep.toml").read_text().partition("# [[stores]]")
    (here / "anchorkeep.toml").write_text(head + (mark + example).replace("# ", ""))
    (store,) = settings.load(None).stores
    assert (store.path, store.environments) == (Path("truststore.p12"), ("uat",))


@pytest.mark.parametrize("words", [(), ("--flexnet", "flex1234")])
def test_lines_fit_a_terminal(words: tuple[str, ...]) -> None:
    """No line is longer than 80 columns, so that none wraps where it is read."""
    printed = run("init", *words, "--dry-run").out
    assert max(map(len, printed.splitlines())) <= 80


def test_settings_that_are_there_stay(here: Path) -> None:
    """A second `init` leaves the file alone and says how to replace it."""
    (here / "anchorkeep.toml").write_text("# mine\n")
    result = run("init")
    assert result.code == 1
    assert "--force" in result.err
    assert (here / "anchorkeep.toml").read_text() == "# mine\n"


def test_force_replaces(here: Path) -> None:
    """`--force` replaces it."""
    (here / "anchorkeep.toml").write_text("# mine\n")
    assert run("init", "--force").code == 0
    assert settings.load(None).environments


@pytest.mark.parametrize("site", ["", "a b", 'x"', "x\n[pools]"])
def test_bad_site_is_a_usage_error(site: str, here: Path) -> None:
    """What is no site ID is refused, and nothing is written."""
    result = run("init", "--flexnet", site)
    assert result.code == 2
    assert "is no site ID" in result.err
    assert not list(here.iterdir())


def test_missing_directory_is_no_traceback() -> None:
    """A directory that is not there is an error with its own code."""
    result = run("init", "--config", "nowhere/anchorkeep.toml")
    assert result.code == 3
    assert "nowhere/anchorkeep.toml" in result.err
