import os
import signal
from pathlib import Path

import pytest

from anchorkeep.errors import FileError, RefusedError
from anchorkeep.host import process

# A program that takes the lock, says that it is ready, and waits to be ended.
HOLDER = """
import signal, sys
from pathlib import Path
from anchorkeep.host import process
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
with process.hold(Path(sys.argv[1])):
    sys.stdout.write("ready\\n")
    sys.stdout.flush()
    signal.pause()
"""


def start(lock: Path, *words: str) -> None:
    """Start a program that holds the lock."""
    process.start(("-c", HOLDER, str(lock), *words), log=lock.with_suffix(".log"), seconds=30)


def test_lock_names_its_holder(tmp_path: Path) -> None:
    """Who holds a lock is known as long as it is held, and by nobody afterwards."""
    lock = tmp_path / "lock"
    assert process.holder(lock) is None
    with process.hold(lock):
        assert process.holder(lock) == os.getpid()
    assert process.holder(lock) is None


def test_held_lock_is_refused(tmp_path: Path) -> None:
    """A lock that is held cannot be taken a second time."""
    lock = tmp_path / "lock"
    with process.hold(lock), pytest.raises(RefusedError, match="locked"), process.hold(lock, seconds=0):
        pass


def test_lock_is_for_its_owner_alone(tmp_path: Path) -> None:
    """The file of a lock is readable by its owner alone."""
    lock = tmp_path / "lock"
    with process.hold(lock):
        assert lock.stat().st_mode & 0o777 == 0o600


def test_lock_is_no_symbolic_link(tmp_path: Path) -> None:
    """A lock that is a symbolic link is refused, and what it leads to stays as it was."""
    target = tmp_path / "target"
    target.write_text("mine")
    lock = tmp_path / "lock"
    lock.symlink_to(target)
    with pytest.raises(FileError), process.hold(lock):
        pass
    with pytest.raises(FileError):
        process.holder(lock)
    assert target.read_text() == "mine"


def test_lock_in_no_directory_is_an_error(tmp_path: Path) -> None:
    """A lock in a directory that is not there is an error that names it."""
    with pytest.raises(FileError, match="nowhere"), process.hold(tmp_path / "nowhere" / "lock"):
        pass


def test_started_program_lives_apart(tmp_path: Path) -> None:
    """What is started is ready when `start` returns, in a session of its own, and ends by SIGTERM."""
    lock = tmp_path / "lock"
    start(lock)
    number = process.holder(lock)
    assert number not in {None, os.getpid()}
    assert os.getsid(number) == number
    process.end(lock)
    assert process.holder(lock) is None


def test_stubborn_program_is_ended(tmp_path: Path) -> None:
    """A program that ignores SIGTERM is ended all the same."""
    lock = tmp_path / "lock"
    start(lock, "stubborn")
    process.end(lock)
    assert process.holder(lock) is None


def test_lock_of_a_killed_program_is_free(tmp_path: Path) -> None:
    """A program that was killed holds no lock, whatever number stands in its file."""
    lock = tmp_path / "lock"
    start(lock)
    os.kill(process.holder(lock), signal.SIGKILL)
    assert process.wait_for_end(lock, seconds=30)
    assert lock.read_text().strip().isdigit()
    with process.hold(lock):
        pass


def test_waiting_ends(tmp_path: Path) -> None:
    """Waiting for the end of who goes on is over in time, and says so."""
    lock = tmp_path / "lock"
    with process.hold(lock):
        assert not process.wait_for_end(lock, seconds=0)


def test_failed_start_tells_the_log(tmp_path: Path) -> None:
    """A program that ends before it is ready is an error with the last line it wrote, made harmless."""
    with pytest.raises(FileError, match=r"no way\\x1b") as caught:
        process.start(("-c", "import sys; sys.exit('no way\\x1b[2J')"), log=tmp_path / "log", seconds=30)
    assert "\x1b" not in str(caught.value)
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


def test_slow_start_is_an_error(tmp_path: Path) -> None:
    """A program that does not become ready in time is ended, and said to have said nothing."""
    with pytest.raises(FileError, match="It said: nothing"):
        process.start(("-c", "import signal; signal.pause()"), log=tmp_path / "log", seconds=0.1)


def test_current_directory_gives_no_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module in the current directory is not taken for one of ours."""
    (tmp_path / "intruder.py").write_text("import sys; sys.stdout.write('ready\\n')")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileError, match="intruder"):
        process.start(("-m", "intruder"), log=tmp_path / "log", seconds=30)


def test_termination_is_an_interrupt() -> None:
    """SIGTERM becomes KeyboardInterrupt inside the context, and is what it was outside."""
    old = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), process.interrupted_by_termination():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == old
