import io
import os
import socket
import sys
from pathlib import Path

import pytest

from anchorkeep.errors import FileError, RefusedError
from anchorkeep.host import file
from tests.host.conftest import NOBODY


class SwappedPath(type(Path())):  # type: ignore[misc]
    """A file that becomes a FIFO as soon as it was looked at."""

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Tell what the file is, then exchange it."""
        status = super().stat(follow_symlinks=follow_symlinks)
        self.unlink()
        os.mkfifo(self)
        return status


def test_file_is_read_whole(tmp_path: Path) -> None:
    """A file is read to its last byte, over several chunks."""
    data = bytes(range(256)) * 10_000
    (tmp_path / "chain.pem").write_bytes(data)
    assert file.read(tmp_path / "chain.pem") == data


def test_file_of_the_limit_is_read(tmp_path: Path) -> None:
    """A file exactly as long as the limit is read."""
    (tmp_path / "a").write_bytes(b"12345")
    assert file.read(tmp_path / "a", limit=5) == b"12345"


def test_file_beyond_the_limit_is_refused_with_both_numbers(tmp_path: Path) -> None:
    """A file one byte longer than the limit is refused, and the message has its size and the limit."""
    (tmp_path / "a").write_bytes(b"1" * 1_001)
    with pytest.raises(FileError, match=r"1,001 bytes, expected at most 1,000") as caught:
        file.read(tmp_path / "a", limit=1_000)
    assert caught.value.remedy


def test_huge_file_is_refused_by_the_default_limit(tmp_path: Path) -> None:
    """A file of 100 GB, all of it a hole, is refused without being read."""
    with (tmp_path / "huge").open("wb") as stream:
        stream.truncate(100 * 10**9)
    with pytest.raises(FileError, match="100,000,000,000 bytes"):
        file.read(tmp_path / "huge")


def test_file_that_hides_its_size_is_bounded() -> None:
    """A file that claims to be empty and is not is refused beyond the limit, and read within it."""
    endless = Path("/proc/self/status")
    if not endless.exists():
        pytest.skip("needs /proc")
    with pytest.raises(FileError, match="more than 10 bytes"):
        file.read(endless, limit=10)
    assert file.read(endless).startswith(b"Name:")


def test_directory_is_refused(tmp_path: Path) -> None:
    """A directory is refused by its name."""
    with pytest.raises(FileError, match="is a directory"):
        file.read(tmp_path)


def test_fifo_is_refused_without_waiting(tmp_path: Path) -> None:
    """A FIFO that nobody writes is refused; nothing waits for its other end."""
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(FileError, match="is a FIFO"):
        file.read(tmp_path / "fifo")


def test_fifo_in_place_of_a_file_is_refused_without_waiting(tmp_path: Path) -> None:
    """A file that is exchanged for a FIFO between the look and the opening is refused, too."""
    path = SwappedPath(tmp_path / "a")
    path.write_bytes(b"data")
    with pytest.raises(FileError, match="is a FIFO"):
        file.read(path)


def test_device_is_refused() -> None:
    """A device that never ends is refused."""
    with pytest.raises(FileError, match="is a character device"):
        file.read(Path("/dev/zero"))


def test_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket in the file system is refused."""
    monkeypatch.chdir(tmp_path)  # A socket's path is 107 octets at most.
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        with pytest.raises(FileError, match="is a socket"):
            file.read(Path("s"))


def test_missing_file_is_named(tmp_path: Path) -> None:
    """A missing file is an error that names it and says what to do."""
    with pytest.raises(FileError, match=r"absent\.pem: there is no such file") as caught:
        file.read(tmp_path / "absent.pem")
    assert caught.value.remedy
    assert isinstance(caught.value.__cause__, FileNotFoundError)


@pytest.mark.usefixtures("as_nobody")
def test_file_without_permission_is_refused() -> None:
    """A file that may not be read is an error that says so."""
    with pytest.raises(FileError, match="permission is denied"):
        file.read(Path("/etc/shadow"))


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 300])
def test_impossible_path_is_refused(name: str, tmp_path: Path) -> None:
    """A path that the system cannot have is an error of ours."""
    with pytest.raises(FileError):
        file.read(tmp_path / name)


def test_hostile_path_is_shown_harmless(tmp_path: Path) -> None:
    """A file name with a line end and a terminal escape reaches the message only escaped."""
    with pytest.raises(FileError) as caught:
        file.read(tmp_path / "a\n\x1b[31mb")
    assert "\\n\\x1b[31mb" in caught.value.message
    assert caught.value.message.isprintable()


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input is read to its end, up to the limit."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff12")))
    assert file.read_stdin(limit=3) == b"\xff12"


def test_standard_input_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input that does not end is refused beyond the limit."""
    with Path("/dev/zero").open("rb", buffering=0) as endless:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(endless)))
        with pytest.raises(FileError, match="more than the 1,000 bytes"):
            file.read_stdin(limit=1_000)


def test_standard_input_that_is_a_directory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input that cannot be read is an error of ours."""
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        # FileIO refuses a directory, but not one that takes the place of a file later: what a shell hands over.
        with (tmp_path / "a").open("w+b", buffering=0) as stream:
            os.dup2(descriptor, stream.fileno())
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(stream)))
            with pytest.raises(FileError, match="Cannot read standard input: is a directory"):
                file.read_stdin()
    finally:
        os.close(descriptor)


def test_closed_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process without standard input gets an error, not a crash."""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(FileError, match="closed"):
        file.read_stdin()


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o400, 0o755])
def test_own_file_is_accepted(mode: int, tmp_path: Path) -> None:
    """A file that only its owner may write passes, and is read."""
    (tmp_path / "a").write_bytes(b"data")
    (tmp_path / "a").chmod(mode)
    file.refuse_if_writable_by_others(tmp_path / "a")
    assert file.read_protected(tmp_path / "a") == b"data"


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o622])
def test_file_that_others_may_not_read_passes(mode: int, tmp_path: Path) -> None:
    """A file that only its owner may read passes."""
    (tmp_path / "a").write_bytes(b"data")
    (tmp_path / "a").chmod(mode)
    file.refuse_if_readable_by_others(tmp_path / "a")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_file_that_others_may_read_is_refused(mode: int, tmp_path: Path) -> None:
    """A file with a password that group or others may read is refused with its permissions and a command."""
    (tmp_path / "a").write_bytes(b"data")
    (tmp_path / "a").chmod(mode)
    with pytest.raises(RefusedError, match=f"permissions {mode:04o}") as caught:
        file.refuse_if_readable_by_others(tmp_path / "a")
    assert "chmod 600" in caught.value.remedy


def test_missing_file_is_not_taken_for_private(tmp_path: Path) -> None:
    """A file that is not there is an error."""
    with pytest.raises(FileError):
        file.refuse_if_readable_by_others(tmp_path / "a")


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o602])
def test_file_that_others_may_write_is_refused(mode: int, tmp_path: Path) -> None:
    """A file that group or others may write is refused with its permissions and a command, and not read."""
    (tmp_path / "a").write_bytes(b"data")
    (tmp_path / "a").chmod(mode)
    with pytest.raises(RefusedError, match=f"permissions {mode:04o}") as caught:
        file.refuse_if_writable_by_others(tmp_path / "a")
    assert "chmod go-w" in caught.value.remedy
    with pytest.raises(RefusedError):
        file.read_protected(tmp_path / "a")


def test_file_of_another_user_is_refused(shared_directory: Path) -> None:
    """A file that belongs to a third user is refused, also by root."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to make a file of another user")
    (shared_directory / "a").write_bytes(b"data")
    os.chown(shared_directory / "a", NOBODY, -1)
    with pytest.raises(RefusedError, match="user id 65534"):
        file.refuse_if_writable_by_others(shared_directory / "a")


@pytest.mark.usefixtures("as_nobody")
def test_file_of_root_is_accepted() -> None:
    """A file of root's passes for every user."""
    file.refuse_if_writable_by_others(Path("/etc/passwd"))


@pytest.mark.parametrize("check", [file.refuse_if_writable_by_others, file.read_protected])
def test_missing_file_is_not_called_safe(check: object, tmp_path: Path) -> None:
    """The check of a file that does not exist fails."""
    with pytest.raises(FileError, match="no such file"):
        check(tmp_path / "absent")  # type: ignore[operator]


def test_presence_is_of_the_name(tmp_path: Path) -> None:
    """A broken link is present and is no file, a link to a file is both, and an impossible name is neither."""
    (tmp_path / "broken").symlink_to("absent")
    (tmp_path / "a").write_bytes(b"")
    (tmp_path / "link").symlink_to("a")
    seen = {name: (file.is_present(tmp_path / name), file.is_file(tmp_path / name)) for name in ("broken", "link", ".", "x\0")}
    assert seen == {"broken": (True, False), "link": (True, True), ".": (True, False), "x\0": (False, False)}
    assert not file.is_file(tmp_path / ("x" * 300))


def test_directory_is_told_from_all_else(tmp_path: Path) -> None:
    """A directory and a link to one are directories; a file, a broken link and a name that no system has are none."""
    (tmp_path / "file").touch()
    (tmp_path / "broken").symlink_to("nowhere")
    (tmp_path / "link").symlink_to(tmp_path)
    found = {name for name in (".", "link", "file", "broken", "missing", "x" * 300, "x\0") if file.is_directory(tmp_path / name)}
    assert found == {".", "link"}


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    """A symbolic link to itself is not read."""
    (tmp_path / "a").symlink_to("a")
    with pytest.raises(FileError, match="round in a circle"):
        file.read(tmp_path / "a")
