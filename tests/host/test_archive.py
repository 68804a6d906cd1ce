import errno
import itertools
import os
import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from anchorkeep.errors import FileError, InputError, RefusedError, UsageError
from anchorkeep.host import archive as archives
from anchorkeep.host.archive import Archive, default_directory
from anchorkeep.host.history import MAX_CHANGES, Change
from anchorkeep.host.hold import Settle
from tests.host.conftest import NOBODY

PATH = Path("/etc/trust.jks")
MOMENT = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive whose folder is not there yet."""
    return Archive(tmp_path / "state" / "anchorkeep")


def begin(archive: Archive, before: bytes | None, after: bytes, path: Path = PATH) -> Settle:
    """Record a change that is about to be made."""
    return archive.record(path, before=before, after=after, moment=MOMENT, command=("store", "add"), summary=("added",))


def record(archive: Archive, before: bytes | None, after: bytes, path: Path = PATH) -> Change:
    """Record a change that is made."""
    begin(archive, before, after, path)(is_done=True)
    return archive.history(path, data=after).changes[-1]


def fill(archive: Archive, count: int) -> None:
    """Record the making of a store and further changes, so many in all."""
    for number in range(count):
        record(archive, b"%d" % number if number else None, b"%d" % (number + 1))


def folder(tmp_path: Path) -> Path:
    """Return the folder of the one store."""
    (found,) = (tmp_path / "state" / "anchorkeep" / "stores").iterdir()
    return found


def backups(tmp_path: Path) -> list[bytes]:
    """Return what is kept of the one store, sorted."""
    return sorted(path.read_bytes() for path in folder(tmp_path).glob("*.backup"))


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"XDG_STATE_HOME": "/state", "HOME": "/home/a"}, "/state/anchorkeep"),
        ({"XDG_STATE_HOME": "state", "HOME": "/home/a"}, "/home/a/.local/state/anchorkeep"),
        ({"XDG_STATE_HOME": "", "HOME": "/home/a"}, "/home/a/.local/state/anchorkeep"),
        ({"HOME": "/home/a"}, "/home/a/.local/state/anchorkeep"),
    ],
)
def test_user_has_a_state_folder(environ: dict[str, str], expected: str) -> None:
    """A user's state is where the XDG specification has it, and a relative path counts for none."""
    assert default_directory(environ, is_root=False) == Path(expected)


def test_root_has_the_systems_state_folder() -> None:
    """Root's state is the system's, whatever variables of a user sudo keeps."""
    assert default_directory({"XDG_STATE_HOME": "/home/a/state"}, is_root=True) == Path("/var/lib/anchorkeep")


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}, {"HOME": "home"}])
def test_user_without_a_home_is_told(environ: dict[str, str]) -> None:
    """Where nobody knows a user's home, that is said."""
    with pytest.raises(UsageError, match="home"):
        default_directory(environ, is_root=False)


def test_unknown_store_has_an_empty_history(archive: Archive, tmp_path: Path) -> None:
    """A store that was never changed has a history without changes, and to ask makes no folder."""
    assert archive.history(PATH, data=b"1").changes == ()
    assert not (tmp_path / "state").exists()


def test_change_is_recorded(archive: Archive) -> None:
    """A change is in the history as it was recorded, with the content's hashes."""
    made = record(archive, None, b"1")
    changed = record(archive, b"1", b"2")
    assert archive.history(PATH, data=b"2").changes == (made, changed)
    assert (made.id, made.before, changed.id, changed.before) == (1, None, 2, made.after)
    assert (made.moment, made.command, made.summary) == (MOMENT, ("store", "add"), ("added",))


def test_state_is_private(archive: Archive, tmp_path: Path) -> None:
    """Folders are their owner's alone, files too, whatever the process masks."""
    old = os.umask(0)
    try:
        fill(archive, 2)
    finally:
        os.umask(old)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state").rglob("*")}
    files = {"history.json", *(path.name for path in folder(tmp_path).glob("*.backup"))}
    assert modes == {name: 0o600 if name in files else 0o700 for name in modes}
    assert len(files) == 2


def test_each_store_has_a_history(archive: Archive) -> None:
    """Stores do not share their changes."""
    record(archive, None, b"1")
    other = Path("/etc/other.jks")
    record(archive, b"a", b"b", other)
    assert archive.restoration(other, data=b"b").data == b"a"
    assert len(archive.history(PATH, data=b"1").changes) == 1


def test_change_is_undone(archive: Archive) -> None:
    """What comes back is the content before the change."""
    fill(archive, 3)
    restoration = archive.restoration(PATH, data=b"3")
    assert (restoration.change.id, restoration.data, restoration.lost) == (3, b"2", ())


def test_earlier_change_is_undone_with_the_later_ones(archive: Archive) -> None:
    """To undo an earlier change loses the later ones, which are told."""
    fill(archive, 4)
    restoration = archive.restoration(PATH, data=b"4", number=2)
    assert (restoration.data, [change.id for change in restoration.lost]) == (b"1", [3, 4])


def test_making_of_a_store_is_undone(archive: Archive) -> None:
    """Before the first change there was no store."""
    fill(archive, 1)
    assert archive.restoration(PATH, data=b"1").data is None


def test_undone_content_is_secret(archive: Archive) -> None:
    """A content that may hold keys is in no representation."""
    record(archive, b"secret", b"2")
    assert "secret" not in repr(archive.restoration(PATH, data=b"2"))


def test_unknown_change_is_not_undone(archive: Archive) -> None:
    """A number that no change has is refused, and so is a store without changes."""
    with pytest.raises(UsageError, match="nothing to undo"):
        archive.restoration(PATH, data=b"1")
    fill(archive, 2)
    with pytest.raises(UsageError, match="no change 3"):
        archive.restoration(PATH, data=b"2", number=3)


def test_change_that_was_not_carried_out_leaves_no_trace(archive: Archive, tmp_path: Path) -> None:
    """After a killed run the history is without its change, and the next change takes its place with a number of its own."""
    fill(archive, 2)
    begin(archive, b"2", b"never")
    assert [change.id for change in archive.history(PATH, data=b"2").changes] == [1, 2]
    record(archive, b"2", b"3")
    assert [change.id for change in archive.history(PATH, data=b"3").changes] == [1, 2, 4]
    assert backups(tmp_path) == [b"1", b"2"]


def test_change_that_failed_is_taken_back(archive: Archive, tmp_path: Path) -> None:
    """A change that was not made is in no history, its backup goes, and neither takes the place of one that was made."""
    fill(archive, MAX_CHANGES)
    before = {path: path.read_bytes() for path in folder(tmp_path).iterdir()}
    begin(archive, b"20", b"never")(is_done=False)
    assert {path: path.read_bytes() for path in folder(tmp_path).iterdir()} == before
    changes = archive.history(PATH, data=b"by another program").changes
    assert [change.id for change in changes] == list(range(1, MAX_CHANGES + 1))


def test_record_that_fails_is_taken_back(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails when the record has its name already leaves no change that was never made."""
    fill(archive, 2)
    before = (folder(tmp_path) / "history.json").read_bytes()
    sync, calls = archives.sync, itertools.count()

    def fail_once(descriptor: int) -> None:
        if next(calls) == 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        sync(descriptor)

    monkeypatch.setattr(archives, "sync", fail_once)
    with pytest.raises(FileError, match="input/output error"):
        begin(archive, b"2", b"3")
    assert (folder(tmp_path) / "history.json").read_bytes() == before


@pytest.mark.parametrize("is_done", [False, True])
def test_end_of_a_record_never_fails(is_done: bool, archive: Archive, tmp_path: Path) -> None:  # noqa: FBT001 (pytest's)
    """Where a record cannot be ended, it is as after a killed run: what is to be told is the change."""
    settle = begin(archive, None, b"1")
    folder(tmp_path).chmod(0o777)
    settle(is_done=is_done)
    folder(tmp_path).chmod(0o700)
    assert [change.id for change in archive.history(PATH, data=b"1").changes] == [1]
    assert not archive.history(PATH, data=None).is_current
    shutil.rmtree(tmp_path / "state")
    settle(is_done=is_done)
    assert not (tmp_path / "state").exists()


def test_change_by_another_program_can_be_undone(archive: Archive) -> None:
    """What another program made of the store is kept when it is changed next."""
    fill(archive, 1)
    record(archive, b"strange", b"2")
    assert archive.restoration(PATH, data=b"2").data == b"strange"


def test_oldest_backup_is_forgotten(archive: Archive, tmp_path: Path) -> None:
    """So many changes are kept, and their backups; what no change needs goes."""
    fill(archive, MAX_CHANGES + 5)
    assert len(archive.history(PATH, data=b"%d" % (MAX_CHANGES + 5)).changes) == MAX_CHANGES
    assert len(backups(tmp_path)) == MAX_CHANGES
    assert archive.restoration(PATH, data=b"25", number=6).data == b"5"


def test_backup_that_another_change_needs_stays(archive: Archive, tmp_path: Path) -> None:
    """Contents that come again are kept once, as long as one change needs them."""
    for _ in range(MAX_CHANGES):
        record(archive, b"a", b"b")
        record(archive, b"b", b"a")
    assert backups(tmp_path) == [b"a", b"b"]
    assert archive.restoration(PATH, data=b"a", number=21).data == b"a"


def test_damaged_backup_is_not_restored(archive: Archive, tmp_path: Path) -> None:
    """A backup whose content is not what its name says is refused."""
    fill(archive, 2)
    next(folder(tmp_path).glob("*.backup")).write_bytes(b"else")
    with pytest.raises(InputError, match="does not match its name"):
        archive.restoration(PATH, data=b"2")


def test_damaged_backup_is_written_anew(archive: Archive, tmp_path: Path) -> None:
    """A content that is to be kept is kept, whatever a file of its name holds."""
    fill(archive, 2)
    next(folder(tmp_path).glob("*.backup")).write_bytes(b"else")
    record(archive, b"1", b"3")
    assert archive.restoration(PATH, data=b"3").data == b"1"


def test_missing_backup_is_told(archive: Archive, tmp_path: Path) -> None:
    """A backup that was removed is an error of ours."""
    fill(archive, 2)
    next(folder(tmp_path).glob("*.backup")).unlink()
    with pytest.raises(FileError, match=r"\.backup: there is no such file"):
        archive.restoration(PATH, data=b"2")


def test_backup_that_is_a_link_is_not_followed(archive: Archive, tmp_path: Path) -> None:
    """A link in place of a backup leads nowhere, though it led to the right content."""
    fill(archive, 2)
    backup = next(folder(tmp_path).glob("*.backup"))
    backup.rename(tmp_path / "elsewhere")
    backup.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileError, match=r"\.backup"):
        archive.restoration(PATH, data=b"2")


def test_damaged_history_stops_changes(archive: Archive, tmp_path: Path) -> None:
    """A history that cannot be read is told with what to do, and nothing is recorded over it."""
    fill(archive, 1)
    (folder(tmp_path) / "history.json").write_bytes(b"{")
    for ask in (lambda: archive.history(PATH, data=b"1"), lambda: record(archive, b"1", b"2")):
        with pytest.raises(InputError, match=r"history\.json is damaged") as caught:
            ask()
        assert caught.value.remedy
    assert (folder(tmp_path) / "history.json").read_bytes() == b"{"


def test_endless_history_is_refused(archive: Archive, tmp_path: Path) -> None:
    """A history beyond its bound is not read."""
    fill(archive, 1)
    with (folder(tmp_path) / "history.json").open("wb") as stream:
        stream.truncate(10**10)
    with pytest.raises(FileError, match="10,000,000,000 bytes"):
        archive.history(PATH, data=b"1")


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("mode", [0o770, 0o702])
def test_state_that_others_may_write_is_refused(level: int, mode: int, archive: Archive, tmp_path: Path) -> None:
    """Neither the state folder nor one in it may be written by others: they could say what an undo brings back."""
    fill(archive, 2)
    stores = tmp_path / "state" / "anchorkeep" / "stores"
    (stores.parent, stores, folder(tmp_path))[level].chmod(mode)
    for ask in (lambda: archive.restoration(PATH, data=b"2"), lambda: record(archive, b"2", b"3")):
        with pytest.raises(RefusedError, match=f"may be written by others \\(permissions {mode:04o}\\)") as caught:
            ask()
        assert "chmod go-w" in caught.value.remedy


def test_state_of_another_user_is_refused(archive: Archive, tmp_path: Path) -> None:
    """A state folder of another user is refused, also by root."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to make a file of another user")
    fill(archive, 1)
    os.chown(tmp_path / "state" / "anchorkeep", NOBODY, NOBODY)
    with pytest.raises(RefusedError, match="belongs to another user"):
        archive.history(PATH, data=b"1")


def test_state_is_not_made_in_a_folder_of_another_user(archive: Archive, tmp_path: Path) -> None:
    """Root makes no state folder in a user's home, where it would be in that user's way."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to make a file of another user")
    (tmp_path / "state").mkdir()
    os.chown(tmp_path / "state", NOBODY, NOBODY)
    with pytest.raises(RefusedError, match=r"state belongs to another user \(user id 65534\)") as caught:
        record(archive, None, b"1")
    assert "ANCHORKEEP_STATE" in caught.value.remedy
    assert not list((tmp_path / "state").iterdir())


def test_store_folder_that_is_a_link_is_refused(archive: Archive, tmp_path: Path) -> None:
    """A link inside the state folder, which we never make, is not followed."""
    fill(archive, 1)
    stores = tmp_path / "state" / "anchorkeep" / "stores"
    stores.rename(tmp_path / "elsewhere")
    stores.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileError, match="Cannot read"):
        archive.history(PATH, data=b"1")


def test_state_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file in the state folder's place is an error of ours, and nothing is recorded."""
    (tmp_path / "state").write_bytes(b"")
    with pytest.raises(FileError, match="Cannot make the directory") as caught:
        record(Archive(tmp_path / "state" / "anchorkeep"), None, b"1")
    assert "ANCHORKEEP_STATE" in caught.value.remedy


def test_way_to_the_state_that_cannot_be_passed_is_told(tmp_path: Path) -> None:
    """A state folder behind a link to itself is an error of ours, not an empty history."""
    (tmp_path / "state").symlink_to("state")
    with pytest.raises(FileError, match="round in a circle"):
        Archive(tmp_path / "state" / "anchorkeep").history(PATH, data=None)


def test_litter_of_a_killed_run_goes(archive: Archive, tmp_path: Path) -> None:
    """The next change removes what a killed one left in the state folder."""
    fill(archive, 1)
    litter = folder(tmp_path) / f".anchorkeep-{'0' * 16}.new"
    litter.write_bytes(b"half")
    orphan = folder(tmp_path) / f"{'0' * 64}.backup"
    orphan.write_bytes(b"orphan")
    record(archive, b"1", b"2")
    assert not litter.exists()
    assert not orphan.exists()


def test_record_is_on_the_disk_before_it_returns(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails to take the names of backup and history fails the change."""
    fill(archive, 1)
    fsync = os.fsync

    def refuse(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        fsync(descriptor)

    monkeypatch.setattr(archives.os, "fsync", refuse)
    with pytest.raises(FileError, match="input/output error"):
        record(archive, b"1", b"2")
