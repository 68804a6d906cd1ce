import errno
import os
import stat
from pathlib import Path

import pytest

from anchorkeep.errors import FileError, RefusedError
from anchorkeep.host import replacement
from tests.host.conftest import NOBODY


def permissions(path: Path) -> int:
    """Return a file's permissions."""
    return stat.S_IMODE(path.stat().st_mode)


def names(directory: Path) -> set[str]:
    """Return the names in a directory."""
    return {path.name for path in directory.iterdir()}


def test_new_file_has_the_mode_asked_for(tmp_path: Path) -> None:
    """A new file has its content, its mode less the process's mask, and nothing is left beside it."""
    old = os.umask(0o027)
    try:
        replacement.replace(tmp_path / "root.pem", b"data", mode=0o666)
    finally:
        os.umask(old)
    assert (tmp_path / "root.pem").read_bytes() == b"data"
    assert permissions(tmp_path / "root.pem") == 0o640
    assert names(tmp_path) == {"root.pem"}


def test_existing_file_keeps_its_mode(tmp_path: Path) -> None:
    """A file that is replaced keeps its permissions, whatever the mode for new files."""
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o604)
    replacement.replace(tmp_path / "a", b"new", mode=0o666)
    assert ((tmp_path / "a").read_bytes(), permissions(tmp_path / "a")) == (b"new", 0o604)


def test_existing_file_keeps_its_owner(tmp_path: Path) -> None:
    """A file that root replaces still belongs to whom it belonged."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to make a file of another user")
    (tmp_path / "a").write_bytes(b"old")
    os.chown(tmp_path / "a", NOBODY, NOBODY)
    replacement.replace(tmp_path / "a", b"new")
    status = (tmp_path / "a").stat()
    assert (status.st_uid, status.st_gid) == (NOBODY, NOBODY)


def test_file_whose_owner_cannot_be_kept_is_left_alone(shared_directory: Path, request: pytest.FixtureRequest) -> None:
    """Another user's file is not replaced by one of ours, though its directory would allow it."""
    path = shared_directory / "a"
    path.write_bytes(b"old")
    request.getfixturevalue("as_nobody")
    with pytest.raises(FileError, match="not permitted"):
        replacement.replace(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(shared_directory) == {"a"}


def test_replaced_file_is_another(tmp_path: Path) -> None:
    """Who has the old file open goes on reading the old content: it was never cut short."""
    (tmp_path / "a").write_bytes(b"old content")
    with (tmp_path / "a").open("rb") as stream:
        replacement.replace(tmp_path / "a", b"new")
        assert stream.read() == b"old content"


def test_link_is_written_through(tmp_path: Path) -> None:
    """A symbolic link stays one, and the file it leads to is replaced in its own directory."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real/a")
    replacement.replace(tmp_path / "link", b"new")
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
    replacement.create(tmp_path / "root.pem", b"data", mode=0o640)
    assert ((tmp_path / "root.pem").read_bytes(), permissions(tmp_path / "root.pem")) == (b"data", 0o640)
    assert names(tmp_path) == {"root.pem"}


@pytest.mark.usefixtures("file_system")
@pytest.mark.parametrize("make", [lambda path: path.write_bytes(b"old"), lambda path: path.symlink_to("b"), Path.mkdir])
def test_what_is_there_is_not_created(make: object, tmp_path: Path) -> None:
    """A file, a link that leads nowhere and a directory stay as they are where a file is to be created."""
    make(tmp_path / "a")  # type: ignore[operator]
    before = (tmp_path / "a").lstat()
    with pytest.raises(RefusedError, match="meanwhile"):
        replacement.create(tmp_path / "a", b"data")
    assert (tmp_path / "a").lstat() == before
    assert names(tmp_path) == {"a"}


@pytest.mark.usefixtures("file_system", "full_disk")
def test_failed_creation_leaves_nothing(tmp_path: Path) -> None:
    """A disk that takes no more leaves neither half a file nor a temporary one."""
    with pytest.raises(FileError):
        replacement.create(tmp_path / "a", b"data" * 100)
    assert not names(tmp_path)


@pytest.mark.usefixtures("full_disk")
def test_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """A disk that takes no more leaves the old file as it was and no temporary one."""
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(FileError):
        replacement.replace(tmp_path / "a", b"new" * 100)
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
    replacement.replace(tmp_path / "a", b"data")
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
    replacement.replace(tmp_path / "a", b"data")
    assert (tmp_path / "a").read_bytes() == b"data"
    refuse(errno.EIO)
    with pytest.raises(FileError, match="input/output error"):
        replacement.replace(tmp_path / "a", b"data")


def test_drop_box_gets_its_file(shared_directory: Path, request: pytest.FixtureRequest) -> None:
    """A directory that may be written and not be read gets its file, unsynced."""
    shared_directory.chmod(0o733)
    request.getfixturevalue("as_nobody")
    replacement.replace(shared_directory / "a", b"data")
    assert (shared_directory / "a").read_bytes() == b"data"


@pytest.mark.parametrize("write", [replacement.replace, replacement.write_secret])
def test_directory_is_not_replaced(write: object, tmp_path: Path) -> None:
    """What is no regular file is not replaced."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="is a directory"):
        write(tmp_path / "empty", b"data")  # type: ignore[operator]
    assert names(tmp_path) == {"empty"}


@pytest.mark.parametrize("write", [replacement.replace, replacement.write_secret])
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
        replacement.write_secret(tmp_path / "key", b"secret")
    finally:
        os.umask(old)
    assert (modes, permissions(tmp_path / "key")) == ([0o600], 0o600)
    assert (tmp_path / "key").read_bytes() == b"secret"


def test_secret_is_not_written_through_a_link(tmp_path: Path) -> None:
    """A secret does not go where a symbolic link leads."""
    (tmp_path / "key").symlink_to("elsewhere")
    with pytest.raises(FileError, match="symbolic link"):
        replacement.write_secret(tmp_path / "key", b"secret")
    assert names(tmp_path) == {"key"}


def test_directory_is_made_with_those_above(tmp_path: Path) -> None:
    """A directory is made with the missing ones above it, its mode less the mask, and one that is there stays."""
    replacement.make_directory(tmp_path / "a" / "b", mode=0o700)
    assert permissions(tmp_path / "a" / "b") == 0o700
    replacement.make_directory(tmp_path / "a" / "b", mode=0o755)
    assert permissions(tmp_path / "a" / "b") == 0o700


@pytest.mark.parametrize("name", ["file", "file/below", "x\0", "x" * 300])
def test_directory_that_cannot_be_made_is_an_error(name: str, tmp_path: Path) -> None:
    """A name that a file has, or that no directory can have, is an error of ours."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileError, match="Cannot make the directory"):
        replacement.make_directory(tmp_path / name)


def test_links_in_a_circle_are_not_written_through(tmp_path: Path) -> None:
    """A symbolic link to itself is not replaced."""
    (tmp_path / "a").symlink_to("a")
    with pytest.raises(FileError, match="round in a circle"):
        replacement.replace(tmp_path / "a", b"data")
