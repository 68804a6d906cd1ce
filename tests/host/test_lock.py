import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from anchorkeep.errors import FileError, RefusedError
from anchorkeep.host import lock as locks
from anchorkeep.host.lock import lock


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    """The temporary folder's descriptor."""
    descriptor = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield descriptor
    os.close(descriptor)


def is_free(path: Path) -> bool:
    """Whether nobody holds the lock of a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def test_lock_excludes_another(folder: int, tmp_path: Path) -> None:
    """A folder that is locked cannot be locked again, and who does it is named."""
    lock(folder, path=tmp_path, patience=0)
    again = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(
        RefusedError, match=rf"Another process \({os.getpid()}\) holds the lock of the folder {tmp_path}"
    ) as caught:
        lock(again, path=tmp_path, patience=0)
    os.close(again)
    assert f"ps -fp {os.getpid()}" in caught.value.remedy


def test_lock_ends_with_the_descriptor(tmp_path: Path) -> None:
    """What is closed is unlocked."""
    folder = os.open(tmp_path, os.O_RDONLY)
    lock(folder, path=tmp_path, patience=0)
    assert not is_free(tmp_path)
    os.close(folder)
    assert is_free(tmp_path)


def test_lock_leaves_nothing_in_the_folder(folder: int, tmp_path: Path) -> None:
    """A lock has no file."""
    lock(folder, path=tmp_path, patience=0)
    assert not list(tmp_path.iterdir())


def test_lock_waits_for_another_to_end(folder: int, tmp_path: Path) -> None:
    """Who is patient gets the lock when the other process ends, however that ends."""
    program = "import fcntl, os, sys; fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX); print(flush=True); input()"
    command = [sys.executable, "-c", program, tmp_path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(RefusedError, match=rf"process \({other.pid}\) holds"):
            lock(folder, path=tmp_path, patience=0)
        other.stdin.close()
        lock(folder, path=tmp_path, patience=60)


def test_folder_without_locks_is_an_error(tmp_path: Path) -> None:
    """A descriptor that cannot be locked is an error of ours."""
    descriptor = os.open(tmp_path, os.O_PATH)
    with pytest.raises(FileError, match=f"Cannot lock {tmp_path}"):
        lock(descriptor, path=tmp_path, patience=0)
    os.close(descriptor)


@pytest.mark.parametrize(
    "listed",
    [
        None,
        b"\xff",
        b"",
        b"1: FLOCK",
        b"1: FLOCK  ADVISORY  WRITE 0 %s:%d 0 EOF",
        b"1: FLOCK  ADVISORY  WRITE 77 fff:fffff:%d 0 EOF",
        b"1: FLOCK  ADVISORY  WRITE 77 x:%d 0 EOF",
    ],
)
def test_unknown_holder_is_not_named(listed: bytes | None, folder: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system does not tell who holds the lock, as in a container, or tells of another file system's, nobody is."""
    table = tmp_path / "locks"
    if listed is not None:
        status = os.fstat(folder)
        device = b"%02x:%02x" % (os.major(status.st_dev), os.minor(status.st_dev))
        table.write_bytes(listed.replace(b"%d", b"%d" % status.st_ino).replace(b"%s", device))
    monkeypatch.setattr(locks, "_LOCKS", table)
    lock(folder, path=tmp_path, patience=0)
    again = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(RefusedError, match="Another process holds the lock") as caught:
        lock(again, path=tmp_path, patience=0)
    os.close(again)
    assert "ps " not in caught.value.remedy
