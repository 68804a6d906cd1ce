"""How a change is told: whole lines for programs, and what was done also where it cannot be printed."""

import subprocess
from pathlib import Path

import pytest

from anchorkeep import formats
from tests.data import stores as raw
from tests.peers import stores
from tests.peers.command import piped, run
from tests.peers.terminal import PROGRAM

ALIAS = "an-alias-of-some-length-as-debian-makes-them-certification-authority.pem"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the current directory one with stores of long aliases."""
    monkeypatch.chdir(tmp_path)
    held = stores.certificates()
    (tmp_path / "store.jks").write_bytes(raw.jks(raw.jks_trusted(ALIAS, held["root"]), raw.jks_trusted("weit", held["wide"])))
    (tmp_path / "one.pem").write_bytes(formats.dumps([held["wide"]], format="pem"))
    return tmp_path


@pytest.mark.parametrize("words", [("remove", "store.jks", "--alias", ALIAS), ("diff", "store.jks", "one.pem")])
def test_every_row_into_a_pipe_is_one_line(words: tuple[str, ...], here: Path) -> None:
    """A program that reads the result finds alias and fingerprint of an entry in one line, however long it is."""
    done = piped("store", *words, cwd=here)
    digits = stores.certificates()["root"].sha256.hex()[:8]
    assert any(ALIAS in line and digits in line for line in done.stdout.decode().splitlines()), done


def test_undo_into_a_pipe_is_whole_lines(here: Path) -> None:
    """What comes back is one line an entry too, and so is what the history says of it."""
    assert run("store", "remove", "store.jks", "--alias", ALIAS).code == 0
    lines = piped("store", "history", "store.jks", cwd=here).stdout.decode().splitlines()
    assert any("removed" in line and ALIAS in line for line in lines), lines
    lines = piped("store", "undo", "store.jks", cwd=here).stdout.decode().splitlines()
    assert any(line.startswith("  +") and ALIAS in line for line in lines), lines


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_write_that_cannot_be_told_is_told(more: tuple[str, ...], here: Path) -> None:
    """Where the result cannot be printed, the message says that the store was written all the same."""
    before = (here / "store.jks").read_bytes()
    words = ("store", "remove", "store.jks", "--alias", "weit", *more)
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([PROGRAM, *words], cwd=here, stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
    said = b" ".join(done.stderr.split())  # Where a line is folded depends on the path.
    assert (done.returncode, b"was replaced" in said, b"Traceback" in said) == (3, True, False), done.stderr
    assert (here / "store.jks").read_bytes() != before


def test_plan_that_cannot_be_told_claims_no_write(here: Path) -> None:
    """Where nothing was written, a result that cannot be printed says nothing of a write."""
    before = (here / "store.jks").read_bytes()
    words = ("store", "remove", "store.jks", "--alias", "weit", "--dry-run")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([PROGRAM, *words], cwd=here, stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
    said = b" ".join(done.stderr.split())
    assert (done.returncode, b"was replaced" in said, b"cannot be written" in said) == (3, False, True)
    assert (here / "store.jks").read_bytes() == before
