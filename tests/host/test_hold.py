import contextlib
import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from anchorkeep.errors import FileError, RefusedError
from anchorkeep.host.hold import Settle, hold
from tests.host.conftest import NOBODY


def nothing(*_: object, **__: object) -> None:
    """Agree to everything."""


def recorded() -> Settle:
    """Keep no history."""
    return nothing


def write(
    path: Path, data: bytes, *, verify: Callable[[bytes], object] = nothing, record: Callable[[], object] = nothing
) -> None:
    """Hold a store and write it."""

    def begun() -> Settle:
        record()
        return nothing

    with hold(path, patience=0) as held:
        held.write(data, verify=verify, record=begun)


def names(directory: Path) -> set[str]:
    """Return the names in a directory."""
    return {path.name for path in directory.iterdir()}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store in a folder of its own."""
    path = tmp_path.resolve() / "trust.jks"
    path.write_bytes(b"old")
    path.chmod(0o640)
    return path


def test_store_is_read(store: Path) -> None:
    """A hold gives the content, and where it is."""
    with hold(store) as held:
        assert (held.data, held.path, held.links) == (b"old", store, ())


def test_store_that_is_not_there_has_no_content(store: Path) -> None:
    """Where no store is yet there is no content, and none is made by holding it."""
    with hold(store.with_name("new.jks")) as held:
        assert held.data is None
    assert names(store.parent) == {"trust.jks"}


def test_content_is_in_no_representation(store: Path) -> None:
    """A store may hold keys."""
    store.write_bytes(b"secret")
    with hold(store) as held:
        assert "secret" not in repr(held)


def test_store_is_replaced(store: Path) -> None:
    """A store gets its new content and keeps its mode, and nothing stands beside it."""
    write(store, b"new")
    assert store.read_bytes() == b"new"
    assert stat.S_IMODE(store.stat().st_mode) == 0o640
    assert names(store.parent) == {"trust.jks"}


def test_reader_of_the_old_store_goes_on(store: Path) -> None:
    """Who has the old store open reads it to its end: it was never cut short."""
    with store.open("rb") as stream:
        write(store, b"new")
        assert stream.read() == b"old"


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_new_store_has_the_mode_asked_for(mode: int, store: Path) -> None:
    """A new store has its mode, less what the process masks."""
    path = store.with_name("new.jks")
    mask = os.umask(0o027)
    try:
        with hold(path) as held:
            held.write(b"new", verify=nothing, record=recorded, mode=mode)
    finally:
        os.umask(mask)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", mode & ~0o027)
    assert names(store.parent) == {"trust.jks", "new.jks"}


def test_link_stays_and_is_told(store: Path) -> None:
    """A store is replaced where the link to it leads; the link stays, and is told."""
    link = store.with_name("link")
    link.symlink_to("trust.jks")
    with hold(link) as held:
        assert [(told.path, told.target) for told in held.links] == [(link, "trust.jks")]
        held.write(b"new", verify=nothing, record=recorded)
    assert link.is_symlink()
    assert store.read_bytes() == b"new"


def test_content_is_verified_as_it_was_read_back(store: Path) -> None:
    """What is verified is the whole content, while the store still has the old one."""
    seen: list[tuple[bytes, bytes]] = []
    write(store, b"new" * 1_000_000, verify=lambda data: seen.append((data, store.read_bytes())))
    assert seen == [(b"new" * 1_000_000, b"old")]


@pytest.mark.parametrize("step", ["verify", "record"])
def test_failed_step_ends_the_change(step: str, store: Path) -> None:
    """What verification or the history raises is told as it is, and the store stays as it was."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write(store, b"new", **{step: fail})
    assert store.read_bytes() == b"old"
    assert names(store.parent) == {"trust.jks"}


def test_steps_come_in_order(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Content on the disk, verified, recorded, renamed, folder on the disk: each for the sake of the next."""
    done: list[str] = []
    fsync, rename = os.fsync, os.rename

    def seen_fsync(descriptor: int) -> None:
        fsync(descriptor)
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "content")

    def seen_rename(*names: str, **folders: int) -> None:
        rename(*names, **folders)
        done.append("rename")

    monkeypatch.setattr(os, "fsync", seen_fsync)
    monkeypatch.setattr(os, "rename", seen_rename)

    def settle(*, is_done: bool) -> None:
        done.append(f"settled as {is_done}")

    def record() -> Settle:
        done.append("record")
        return settle

    with hold(store) as held:
        held.write(b"new", verify=lambda _: done.append("verify"), record=record)
    assert done == ["content", "verify", "record", "rename", "settled as True", "folder"]


def ending(path: Path, rival: Callable[[], object] = nothing) -> list[bool]:
    """Write a store, with what another program does between record and renaming; return with what the record was ended."""
    ends: list[bool] = []

    def settle(*, is_done: bool) -> None:
        ends.append(is_done)

    def record() -> Settle:
        rival()
        return settle

    with contextlib.suppress(FileError, RefusedError, KeyboardInterrupt), hold(path) as held:
        held.write(b"new", verify=nothing, record=record)
    return ends


def test_record_is_ended_with_what_became_of_the_change(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a change was made is told by whose the name is, not by what the call said that was to give it."""
    assert ending(store) == ending(store.with_name("new.jks")) == [True]
    assert ending(store, lambda: store.write_bytes(b"other")) == [False]
    assert ending(store, store.unlink) == [False]
    store.write_bytes(b"old")
    rename, unlink = os.rename, os.unlink

    def interrupted(*names: str, **folders: int) -> None:
        rename(*names, **folders)
        raise KeyboardInterrupt

    def failing(name: str, **folder: int) -> None:
        if name.startswith("."):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        unlink(name, **folder)

    with monkeypatch.context() as context:
        context.setattr(os, "rename", interrupted)
        assert ending(store) == [True]
    monkeypatch.setattr(os, "unlink", failing)  # Of the second name that a new store has for a moment.
    assert ending(store.with_name("newer.jks")) == [True]


def test_change_that_is_lost_already_is_not_recorded(store: Path) -> None:
    """Where another program was faster than the verification, nothing is recorded."""
    with pytest.raises(RefusedError, match="meanwhile"):
        write(store, b"new", verify=lambda _: store.write_bytes(b"other"), record=lambda: pytest.fail("recorded"))


def test_content_that_reads_back_otherwise_is_refused(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that gives back other bytes is noticed before the store is replaced."""
    written = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: written(descriptor, bytes(data).replace(b"n", b"m")))
    with pytest.raises(FileError, match="reads back otherwise"):
        write(store, b"new")
    assert store.read_bytes() == b"old"


def test_unconfirmed_rename_is_told_as_done(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails after the renaming does not make us say that nothing was replaced."""
    fsync = os.fsync

    def refuse(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(FileError, match="was replaced, and the disk did not confirm it"):
        write(store, b"new")
    assert store.read_bytes() == b"new"


@pytest.mark.usefixtures("full_disk")
@pytest.mark.parametrize("name", ["trust.jks", "new.jks"])
def test_failed_write_leaves_what_was_there(name: str, store: Path) -> None:
    """A disk that takes no more leaves the old store or none, and nothing beside it."""
    before = names(store.parent)
    with pytest.raises(FileError, match=f"Cannot write {store.with_name(name)}"):
        write(store.with_name(name), b"new" * 100)
    assert (store.read_bytes(), names(store.parent)) == (b"old", before)


def test_name_that_is_taken_at_the_last_moment_is_not_replaced(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is taken after the last look at it keeps what it has: a new store replaces nothing."""
    path = store.with_name("new.jks")
    link = os.link

    def late(*arguments: str, **options: int) -> None:
        path.write_bytes(b"rival")
        link(*arguments, **options)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(RefusedError, match="meanwhile"):
        write(path, b"new")
    assert path.read_bytes() == b"rival"


def test_folder_that_may_not_be_read_cannot_be_locked(shared_directory: Path, request: pytest.FixtureRequest) -> None:
    """A folder that may be written and not be read, a drop box, takes no store: nobody could lock it."""
    shared_directory.chmod(0o733)
    request.getfixturevalue("as_nobody")
    with pytest.raises(FileError, match=f"Cannot lock {shared_directory}: permission is denied"):
        write(shared_directory / "a", b"new")


CHANGES: dict[str, Callable[[Path], object]] = {
    "written": lambda path: path.write_bytes(b"other"),
    "written with the same size and time": lambda path: (path.write_bytes(b"own"), os.utime(path, ns=(0, 0))),
    "exchanged": lambda path: (path.rename(path.with_name("moved")), path.write_bytes(b"old")),
    "removed": Path.unlink,
    "opened to others": lambda path: path.chmod(0o666),
    "linked": lambda path: path.with_name("second").hardlink_to(path),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("step", ["verify", "record"])
def test_store_that_changes_meanwhile_is_left_alone(change: Callable[[Path], object], step: str, store: Path) -> None:
    """What another program does to a store between reading and replacing stays as that made it."""
    os.utime(store, ns=(0, 0))
    after: list[bytes | None] = []

    def rival(*_: object) -> None:
        change(store)
        after.append(store.read_bytes() if store.exists() else None)

    with pytest.raises(RefusedError, match="changed by another program meanwhile"):
        write(store, b"new", **{step: rival})
    assert [store.read_bytes() if store.exists() else None] == after
    assert not [name for name in names(store.parent) if name.startswith(".")]


def test_store_that_becomes_something_else_is_left_alone(store: Path) -> None:
    """A store that becomes a FIFO or a link meanwhile is neither opened nor replaced."""
    for make in (os.mkfifo, lambda path: path.symlink_to("other")):
        store.unlink()
        store.write_bytes(b"old")

        def rival(make: Callable[[Path], None] = make) -> None:
            store.unlink()
            make(store)

        with pytest.raises(RefusedError, match="meanwhile"):
            write(store, b"new", record=rival)
        assert not stat.S_ISREG(store.lstat().st_mode)


@pytest.mark.parametrize("is_link", [False, True])
def test_store_that_comes_meanwhile_is_not_replaced(is_link: bool, store: Path) -> None:  # noqa: FBT001 (a parameter of pytest's)
    """A name that was free and is taken meanwhile keeps what it has."""
    path = store.with_name("new.jks")

    def rival() -> None:
        if is_link:
            path.symlink_to("absent")
        else:
            path.write_bytes(b"rival")

    with pytest.raises(RefusedError, match="meanwhile"):
        write(path, b"new", record=rival)
    assert path.is_symlink() if is_link else path.read_bytes() == b"rival"
    assert names(store.parent) == {"trust.jks", "new.jks"}


def test_second_hold_is_refused(store: Path) -> None:
    """A store that is held cannot be held again, nor another in its folder."""
    with hold(store):
        for path in (store, store.with_name("other.jks")):
            with pytest.raises(RefusedError, match="Another process"), hold(path, patience=0):
                pass
    with hold(store, patience=0) as held:
        assert held.data == b"old"


def test_litter_of_killed_runs_is_removed(store: Path) -> None:
    """Whoever holds the store removes what killed runs left beside it."""
    litter = store.with_name(f".anchorkeep-{'0' * 16}.new")
    litter.write_bytes(b"half")
    with hold(store):
        assert names(store.parent) == {"trust.jks"}


def test_second_name_of_a_killed_run_is_removed(store: Path) -> None:
    """A run that was killed while it gave a new store its name left a second one; that is no reason to refuse it."""
    store.with_name(f".anchorkeep-{'0' * 16}.new").hardlink_to(store)
    write(store, b"new")
    assert store.read_bytes() == b"new"
    assert names(store.parent) == {"trust.jks"}


def test_path_that_leads_elsewhere_meanwhile_is_refused(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is exchanged while the lock is waited for is noticed."""
    import anchorkeep.host.hold as holding

    lock = holding.lock

    def late(folder: int, *, path: Path, patience: float) -> None:
        lock(folder, path=path, patience=patience)
        store.parent.joinpath("real").rename(store.parent / "moved")
        store.parent.joinpath("real").mkdir()

    (store.parent / "real").mkdir()
    monkeypatch.setattr(holding, "lock", late)
    with pytest.raises(RefusedError, match="meanwhile"), hold(store.parent / "real" / "a"):
        pass


def test_descriptors_are_closed(store: Path) -> None:
    """A hold, one that fails too, leaves no descriptor open."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    write(store, b"new")
    with pytest.raises(FileError), hold(store.parent):
        pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_store_of_another_user_stays_theirs(store: Path) -> None:
    """Root replaces another user's store, and it still belongs to that user and group."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to make a file of another user")
    os.chown(store, NOBODY, 7)
    write(store, b"new")
    assert (store.stat().st_uid, store.stat().st_gid, store.read_bytes()) == (NOBODY, 7, b"new")
