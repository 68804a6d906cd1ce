import errno
import io
import os
import resource
import socket
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from anchorkeep.errors import FileError, RefusedError
from anchorkeep.host import file

NOBODY = 65_534


@pytest.fixture
def shared_directory() -> Iterator[Path]:
    """A directory in which every user may write, and whose parents every user may pass."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o777)
        yield directory


@pytest.fixture
def as_nobody() -> Iterator[None]:
    """The rest of the test runs as a user without rights, as which root would not notice permissions."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to become another user")
    os.seteuid(NOBODY)
    yield
    os.seteuid(0)


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file may grow beyond ten bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def permissions(path: Path) -> int:
    """Return a file's permissions."""
    return stat.S_IMODE(path.stat().st_mode)


def names(directory: Path) -> set[str]:
    """Return the names in a directory."""
    return {path.name for path in directory.iterdir()}


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


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    """A symbolic link to itself is neither read nor replaced."""
    (tmp_path / "a").symlink_to("a")
    with pytest.raises(FileError, match="round in a circle"):
        file.read(tmp_path / "a")
    with pytest.raises(FileError, match="round in a circle"):
        file.replace(tmp_path / "a", b"data")


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


def test_new_file_has_the_mode_asked_for(tmp_path: Path) -> None:
    """A new file has its content, its mode less the process's mask, and nothing is left beside it."""
    old = os.umask(0o027)
    try:
        file.replace(tmp_path / "root.pem", b"data", mode=0o666)
    finally:
        os.umask(old)
    assert (tmp_path / "root.pem").read_bytes() == b"data"
    assert permissions(tmp_path / "root.pem") == 0o640
    assert names(tmp_path) == {"root.pem"}


def test_existing_file_keeps_its_mode(tmp_path: Path) -> None:
    """A file that is replaced keeps its permissions, whatever the mode for new files."""
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o604)
    file.replace(tmp_path / "a", b"new", mode=0o666)
    assert ((tmp_path / "a").read_bytes(), permissions(tmp_path / "a")) == (b"new", 0o604)


def test_existing_file_keeps_its_owner(tmp_path: Path) -> None:
    """A file that root replaces still belongs to whom it belonged."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to make a file of another user")
    (tmp_path / "a").write_bytes(b"old")
    os.chown(tmp_path / "a", NOBODY, NOBODY)
    file.replace(tmp_path / "a", b"new")
    status = (tmp_path / "a").stat()
    assert (status.st_uid, status.st_gid) == (NOBODY, NOBODY)


def test_file_whose_owner_cannot_be_kept_is_left_alone(shared_directory: Path, request: pytest.FixtureRequest) -> None:
    """Another user's file is not replaced by one of ours, though its directory would allow it."""
    path = shared_directory / "a"
    path.write_bytes(b"old")
    request.getfixturevalue("as_nobody")
    with pytest.raises(FileError, match="not permitted"):
        file.replace(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(shared_directory) == {"a"}


def test_replaced_file_is_another(tmp_path: Path) -> None:
    """Who has the old file open goes on reading the old content: it was never cut short."""
    (tmp_path / "a").write_bytes(b"old content")
    with (tmp_path / "a").open("rb") as stream:
        file.replace(tmp_path / "a", b"new")
        assert stream.read() == b"old content"


def test_link_is_written_through(tmp_path: Path) -> None:
    """A symbolic link stays one, and the file it leads to is replaced in its own directory."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real/a")
    file.replace(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "a").read_bytes() == b"new"


@pytest.fixture(params=["links", "no links"])
def file_system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make hard links possible, or refused as FAT does."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    if request.param == "no links":
        monkeypatch.setattr(os, "link", refuse)


@pytest.mark.usefixtures("file_system")
def test_file_is_created(tmp_path: Path) -> None:
    """A file of a name that is free gets its content and mode, and nothing is left beside it."""
    file.create(tmp_path / "root.pem", b"data", mode=0o640)
    assert ((tmp_path / "root.pem").read_bytes(), permissions(tmp_path / "root.pem")) == (b"data", 0o640)
    assert names(tmp_path) == {"root.pem"}


@pytest.mark.usefixtures("file_system")
@pytest.mark.parametrize("make", [lambda path: path.write_bytes(b"old"), lambda path: path.symlink_to("b"), Path.mkdir])
def test_what_is_there_is_not_created(make: object, tmp_path: Path) -> None:
    """A file, a link that leads nowhere and a directory stay as they are where a file is to be created."""
    make(tmp_path / "a")  # type: ignore[operator]
    before = (tmp_path / "a").lstat()
    with pytest.raises(RefusedError, match="meanwhile"):
        file.create(tmp_path / "a", b"data")
    assert (tmp_path / "a").lstat() == before
    assert names(tmp_path) == {"a"}


@pytest.mark.usefixtures("file_system", "full_disk")
def test_failed_creation_leaves_nothing(tmp_path: Path) -> None:
    """A disk that takes no more leaves neither half a file nor a temporary one."""
    with pytest.raises(FileError):
        file.create(tmp_path / "a", b"data" * 100)
    assert not names(tmp_path)


@pytest.mark.usefixtures("full_disk")
def test_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """A disk that takes no more leaves the old file as it was and no temporary one."""
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(FileError):
        file.replace(tmp_path / "a", b"new" * 100)
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == {"a"}


def test_content_is_on_the_disk_before_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is synced before it takes the name, and its directory after."""
    done: list[str] = []
    fsync, rename = os.fsync, Path.replace

    def seen_fsync(descriptor: int) -> None:
        fsync(descriptor)
        done.append("directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")

    def seen_rename(source: Path, target: Path) -> Path:
        done.append("rename")
        return rename(source, target)

    monkeypatch.setattr(os, "fsync", seen_fsync)
    monkeypatch.setattr(Path, "replace", seen_rename)
    file.replace(tmp_path / "a", b"data")
    assert done == ["file", "rename", "directory"]


def test_directory_without_sync_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that cannot sync directories still gets its file; a disk that fails is told."""
    fsync = os.fsync

    def refuse(code: int) -> None:
        def refusing(descriptor: int) -> None:
            if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                raise OSError(code, os.strerror(code))
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", refusing)

    refuse(errno.EINVAL)
    file.replace(tmp_path / "a", b"data")
    assert (tmp_path / "a").read_bytes() == b"data"
    refuse(errno.EIO)
    with pytest.raises(FileError, match="input/output error"):
        file.replace(tmp_path / "a", b"data")


def test_drop_box_gets_its_file(shared_directory: Path, request: pytest.FixtureRequest) -> None:
    """A directory that may be written and not be read gets its file, unsynced."""
    shared_directory.chmod(0o733)
    request.getfixturevalue("as_nobody")
    file.replace(shared_directory / "a", b"data")
    assert (shared_directory / "a").read_bytes() == b"data"


@pytest.mark.parametrize("write", [file.replace, file.write_secret])
def test_directory_is_not_replaced(write: object, tmp_path: Path) -> None:
    """What is no regular file is not replaced."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="is a directory"):
        write(tmp_path / "empty", b"data")  # type: ignore[operator]
    assert names(tmp_path) == {"empty"}


@pytest.mark.parametrize("write", [file.replace, file.write_secret])
def test_file_in_a_missing_directory_is_refused(write: object, tmp_path: Path) -> None:
    """A missing directory is not made."""
    with pytest.raises(FileError, match="no such file or directory"):
        write(tmp_path / "absent" / "a", b"data")  # type: ignore[operator]
    assert not names(tmp_path)


@pytest.mark.parametrize("before", [None, 0o666])
def test_secret_is_private_from_the_first_byte(before: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret's file has permissions 0600 when it is made, whatever the mask and the file before it had."""
    modes: list[int] = []
    real_open = os.open

    def seen_open(path: Path, flags: int, mode: int = 0o777) -> int:
        descriptor = real_open(path, flags, mode)
        if flags & os.O_CREAT:
            modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return descriptor

    if before is not None:
        (tmp_path / "key").write_bytes(b"old")
        (tmp_path / "key").chmod(before)
    monkeypatch.setattr(os, "open", seen_open)
    old = os.umask(0)
    try:
        file.write_secret(tmp_path / "key", b"secret")
    finally:
        os.umask(old)
    assert (modes, permissions(tmp_path / "key")) == ([0o600], 0o600)
    assert (tmp_path / "key").read_bytes() == b"secret"


def test_secret_is_not_written_through_a_link(tmp_path: Path) -> None:
    """A secret does not go where a symbolic link leads."""
    (tmp_path / "key").symlink_to("elsewhere")
    with pytest.raises(FileError, match="symbolic link"):
        file.write_secret(tmp_path / "key", b"secret")
    assert names(tmp_path) == {"key"}


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


def test_directory_is_made_with_those_above(tmp_path: Path) -> None:
    """A directory is made with the missing ones above it, its mode less the mask, and one that is there stays."""
    file.make_directory(tmp_path / "a" / "b", mode=0o700)
    assert permissions(tmp_path / "a" / "b") == 0o700
    file.make_directory(tmp_path / "a" / "b", mode=0o755)
    assert permissions(tmp_path / "a" / "b") == 0o700


@pytest.mark.parametrize("name", ["file", "file/below", "x\0", "x" * 300])
def test_directory_that_cannot_be_made_is_an_error(name: str, tmp_path: Path) -> None:
    """A name that a file has, or that no directory can have, is an error of ours."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileError, match="Cannot make the directory"):
        file.make_directory(tmp_path / name)
