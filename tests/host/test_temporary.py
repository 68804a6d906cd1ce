import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from anchorkeep.host import temporary as temporaries
from anchorkeep.host.temporary import sweep, sync, temporary


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    """The temporary folder's descriptor."""
    descriptor = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield descriptor
    os.close(descriptor)


def names(directory: Path) -> set[str]:
    """Return the names in a directory."""
    return {path.name for path in directory.iterdir()}


@pytest.fixture(params=["links", "no links"])
def file_system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make hard links possible, or refused as FAT does."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    if request.param == "no links":
        monkeypatch.setattr(os, "link", refuse)


def test_file_replaces_another(folder: int, tmp_path: Path) -> None:
    """A temporary file takes the name of another, and leaves none of its own."""
    (tmp_path / "a").write_bytes(b"old")
    with temporary(folder, mode=0o600) as new:
        new.fill(b"new")
        new.replace("a")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert names(tmp_path) == {"a"}


@pytest.mark.usefixtures("file_system")
def test_file_takes_a_free_name(folder: int, tmp_path: Path) -> None:
    """A temporary file takes a name that nothing has, with its mode."""
    with temporary(folder, mode=0o640) as new:
        new.fill(b"new")
        new.take("a")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640
    assert names(tmp_path) == {"a"}


@pytest.mark.usefixtures("file_system")
def test_name_that_is_not_free_is_not_taken(folder: int, tmp_path: Path) -> None:
    """A file, and a link that leads nowhere, keep their names, and nothing is left beside them."""
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "b").symlink_to("absent")
    for name in ("a", "b"):
        with pytest.raises(FileExistsError), temporary(folder, mode=0o600) as new:
            new.take(name)
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == {"a", "b"}


def test_failure_leaves_nothing(folder: int, tmp_path: Path) -> None:
    """What was begun and not named is gone, and the failure is told as it is."""

    def write() -> None:
        with temporary(folder, mode=0o600) as new:
            new.fill(b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert not names(tmp_path)


def test_failure_is_told_where_the_file_cannot_be_removed(folder: int, tmp_path: Path) -> None:
    """The first failure is told, though the temporary file was removed by another program."""

    def write() -> None:
        with temporary(folder, mode=0o600) as new:
            (tmp_path / new.name).unlink()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()


@pytest.mark.parametrize("method", ["replace", "take"])
def test_exchanged_file_takes_no_name(method: str, folder: int, tmp_path: Path) -> None:
    """A temporary name that another program gave to a file of its own does not become the store."""

    def write() -> None:
        with temporary(folder, mode=0o600) as new:
            (tmp_path / new.name).unlink()
            (tmp_path / new.name).write_bytes(b"strange")
            getattr(new, method)("a")

    with pytest.raises(OSError, match="exchanged"):
        write()
    assert "a" not in names(tmp_path)


def test_long_content_is_written_whole(folder: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that takes a part at a time gets the rest, too."""
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
    with temporary(folder, mode=0o600) as new:
        new.fill(b"0123456789")
        new.replace("a")
    assert (tmp_path / "a").read_bytes() == b"0123456789"


def test_litter_is_swept(folder: int, tmp_path: Path) -> None:
    """What has the form of a temporary name goes; other names, folders and links of that form stay."""
    litter = f".anchorkeep-{'0' * 16}.new"
    (tmp_path / litter).write_bytes(b"litter")
    (tmp_path / f".anchorkeep-{'1' * 16}.new").mkdir()
    (tmp_path / f".anchorkeep-{'2' * 16}.new").symlink_to("a")
    for name in ("a", f"{litter}.jks", ".anchorkeep-0.new", f".anchorkeep-{'0' * 16}.tmp"):
        (tmp_path / name).write_bytes(b"")
    before = names(tmp_path)
    sweep(folder)
    assert names(tmp_path) == before - {litter}


def test_temporary_name_has_the_form_that_is_swept(folder: int, tmp_path: Path) -> None:
    """What a killed run leaves is what the next one sweeps."""
    with temporary(folder, mode=0o600) as new:
        assert names(tmp_path) == {new.name}
        sweep(folder)
        assert not names(tmp_path)


def test_litter_that_may_not_be_removed_stays(
    shared_directory: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another user's file in a folder as /tmp is left alone."""
    litter = shared_directory / f".anchorkeep-{'0' * 16}.new"
    litter.write_bytes(b"litter")
    shared_directory.chmod(0o1777)
    request.getfixturevalue("as_nobody")
    monkeypatch.chdir(shared_directory)
    descriptor = os.open(".", os.O_RDONLY)
    sweep(descriptor)
    os.close(descriptor)
    assert litter.exists()


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP, errno.ENOSYS])
def test_folder_without_sync_is_no_failure(code: int, folder: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that cannot sync folders is no failure."""

    def refuse(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    sync(folder)


def test_failing_disk_is_told(folder: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails is an error."""

    def refuse(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(temporaries.os, "fsync", refuse)
    with pytest.raises(OSError, match="Input/output error"):
        sync(folder)
