"""A store on a disk that is full, read-only, mounted or somebody else's costs an error that says what to do, never the store."""

import errno
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from anchorkeep.errors import AnchorkeepError, FileError, RefusedError
from anchorkeep.host.archive import Archive
from anchorkeep.host.history import MAX_CHANGES
from anchorkeep.host.hold import Settle, hold
from tests.conftest import ROOT, require_tool

NOBODY = 65_534
MOMENT = datetime(2026, 11, 23, tzinfo=UTC)

# What a shell starts in mounts of its own: a change of the store, whose outcome it prints.
_PROGRAM = """
import sys
from pathlib import Path
from tests.faults import test_store_files as faults
store, state, size = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
try:
    faults.change(store, state, b"x" * size)
except faults.AnchorkeepError as error:
    print(f"{type(error).__name__}: {error}")
else:
    print("done")
names = sorted(path.name for path in store.parent.iterdir())
print(store.read_bytes()[:9].decode(), *names)
"""


def change(store: Path, state: Path, data: bytes) -> None:
    """Change a store as every command does: held, verified, recorded, replaced."""
    archive = Archive(state)
    with hold(store, patience=0) as held:
        held.write(
            data,
            verify=bytes,
            record=lambda: archive.record(
                held.path, before=held.data, after=data, moment=MOMENT, command=("store", "add"), summary=()
            ),
        )


def in_mounts(commands: str, store: Path, state: Path, *, size: int = 3) -> tuple[str, str]:
    """Change a store where commands of a shell have mounted something; return the outcome, and what is there after."""
    unshare = [require_tool("unshare"), "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    script = f'set -e; {commands}; exec "$0" -c "$1" "$2" "$3" "$4"'
    command = [*unshare, "sh", "-c", script, sys.executable, _PROGRAM, store, state, str(size)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if "unshare:" in run.stderr or "mount:" in run.stderr:
        pytest.skip(f"needs the right to mount: {run.stderr.strip()}")
    assert run.returncode == 0, run.stderr
    outcome, rest = run.stdout.splitlines()
    return outcome, rest


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store in a folder of its own."""
    folder = tmp_path.resolve() / "stores"
    folder.mkdir()
    path = folder / "trust.jks"
    path.write_bytes(b"old store")
    return path


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The state folder."""
    return tmp_path.resolve() / "state"


def contents(directory: Path) -> dict[Path, bytes]:
    """Return all files below a directory."""
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def names(directory: Path) -> set[str]:
    """Return the names in a directory."""
    return {path.name for path in directory.iterdir()}


@pytest.mark.interop
def test_store_on_a_full_disk_stays(store: Path, state: Path) -> None:
    """A disk that has no room for the new store keeps the old one, and nothing half written."""
    mount = f"mount -t tmpfs -o size=64k none {store.parent}; printf 'old store' > {store}"
    assert in_mounts(mount, store, state, size=10_000)[0] == "done"
    outcome, rest = in_mounts(mount, store, state, size=1_000_000)
    assert outcome.startswith(f"FileError: Cannot write {store}: the disk is full.")
    assert rest == "old store trust.jks"


@pytest.mark.interop
def test_store_stays_where_the_backup_finds_no_room(store: Path, state: Path) -> None:
    """A state folder on a full disk ends the change before the store is replaced: there would be no way back."""
    state.mkdir()
    mount = f"mount -t tmpfs -o size=12k none {state}; head -c 12000 /dev/zero > {state}/full || true; chmod 700 {state}"
    outcome, rest = in_mounts(mount, store, state)
    assert outcome.startswith("FileError: Cannot")
    assert "the disk is full" in outcome
    assert rest == "old store trust.jks"


@pytest.mark.interop
def test_store_on_a_read_only_disk_is_refused(store: Path, state: Path) -> None:
    """A file system that is read-only is named before anything is tried."""
    mount = f"mount --bind {store.parent} {store.parent}; mount -o remount,bind,ro {store.parent}"
    outcome, rest = in_mounts(mount, store, state)
    assert outcome.startswith(f"RefusedError: {store} is on a file system that is read-only.")
    assert rest == "old store trust.jks"


@pytest.mark.interop
def test_mounted_store_is_refused(store: Path, state: Path) -> None:
    """A file mounted over the store, of the same file system too, is refused with what to do."""
    (store.parent.parent / "volume").write_bytes(b"volume---")
    outcome, rest = in_mounts(f"mount --bind {store.parent.parent / 'volume'} {store}", store, state)
    assert outcome.startswith(f"RefusedError: {store} is mounted there by itself")
    assert "mount its folder" in outcome
    assert rest == "volume--- trust.jks"


@pytest.mark.interop
def test_store_in_a_mounted_folder_is_replaced(store: Path, state: Path) -> None:
    """A mounted folder is no obstacle."""
    outcome, rest = in_mounts(f"mount --bind {store.parent} {store.parent}", store, state)
    assert (outcome, rest) == ("done", "xxx trust.jks")


@pytest.mark.interop
def test_immutable_store_is_refused(store: Path, state: Path) -> None:
    """A store that even root may not write is refused, with the command that tells why."""
    chattr = require_tool("chattr")
    if subprocess.run([chattr, "+i", store], capture_output=True, check=False).returncode:
        pytest.skip("needs root and a file system with immutable files")
    try:
        with pytest.raises(RefusedError, match="may not be written") as caught:
            change(store, state, b"new")
    finally:
        subprocess.run([chattr, "-i", store], check=True)
    assert "lsattr" in caught.value.remedy
    assert store.read_bytes() == b"old store"


@pytest.mark.interop
def test_access_control_list_and_attributes_are_kept(store: Path, state: Path) -> None:
    """What acl(5) and xattr(7) tools have set on a store is on the new one."""
    for tool, *options in (("setfacl", "-m", "u:65534:r,g:7:rw,m::r"), ("setfattr", "-n", "user.origin", "-v", "corp")):
        if subprocess.run([require_tool(tool), *options, store], check=False).returncode:
            pytest.skip(f"needs a file system for {tool}")
    listing = [require_tool("getfacl"), "-cEn", store]
    before = subprocess.run(listing, capture_output=True, check=True).stdout
    assert b"user:65534:r--" in before
    change(store, state, b"new")
    assert subprocess.run(listing, capture_output=True, check=True).stdout == before
    assert os.getxattr(store, "user.origin") == b"corp"
    assert store.read_bytes() == b"new"


def test_store_with_a_second_name_is_refused_and_the_remedy_works(store: Path, state: Path) -> None:
    """A store with a second name is refused; the command that the remedy gives makes it a file of its own."""
    store.with_name("second").hardlink_to(store)
    with pytest.raises(RefusedError, match="has 2 names") as caught:
        change(store, state, b"new")
    subprocess.run(["sh", "-c", caught.value.remedy.partition(": ")[2]], check=True)
    change(store, state, b"new")
    assert (store.read_bytes(), store.with_name("second").read_bytes()) == (b"new", b"old store")


@pytest.mark.parametrize(("make", "kind"), [(Path.mkdir, "a directory"), (os.mkfifo, "a FIFO")])
def test_no_regular_file_is_a_store(make: object, kind: str, store: Path, state: Path) -> None:
    """A directory, and a FIFO that nobody writes, are refused at once, and no history begins."""
    make(store.parent / "a")  # type: ignore[operator]
    with pytest.raises(FileError, match=f"is {kind}, expected a regular file"):
        change(store.parent / "a", state, b"new")
    assert not state.exists()


def test_device_is_no_store(state: Path) -> None:
    """A device that never ends is refused."""
    with pytest.raises(AnchorkeepError, match="character device"):
        change(Path("/dev/zero"), state, b"new")


def test_store_that_is_too_large_is_refused(store: Path, state: Path) -> None:
    """A store of 100 GB, all of it a hole, is refused without being read, and stays."""
    os.truncate(store, 100 * 10**9)
    with pytest.raises(FileError, match="100,000,000,000 bytes"):
        change(store, state, b"new")
    assert store.stat().st_size == 100 * 10**9


def test_missing_folder_is_not_made(store: Path, state: Path) -> None:
    """A store in a folder that is not there is refused; a mistyped path makes no folders."""
    with pytest.raises(FileError, match="no such file or directory"):
        change(store.parent / "absent" / "trust.jks", state, b"new")
    assert names(store.parent) == {"trust.jks"}


def test_store_that_changes_while_it_is_edited_is_left_alone(store: Path, state: Path) -> None:
    """What keytool would write meanwhile stays, and neither history nor backups have a change that was not made."""
    archive = Archive(state)
    for number in range(MAX_CHANGES):
        change(store, state, b"%d" % number)
    kept = contents(state)

    def record(before: bytes | None) -> Settle:
        settle = archive.record(store, before=before, after=b"new", moment=MOMENT, command=(), summary=())
        store.write_bytes(b"by keytool")
        return settle

    with pytest.raises(RefusedError, match="changed by another program"), hold(store) as held:
        held.write(b"new", verify=bytes, record=lambda: record(held.data))
    assert store.read_bytes() == b"by keytool"
    assert contents(state) == kept
    assert archive.restoration(store, data=b"by keytool", number=1).data == b"old store"
    assert not archive.history(store, data=b"by keytool").is_current
    change(store, state, b"next")
    assert archive.restoration(store, data=b"next").data == b"by keytool"


@pytest.mark.parametrize("name", ["trust.jks", "new.jks"])
def test_change_that_fails_at_its_last_step_is_not_in_the_history(
    name: str, store: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that could not take its name was not changed, whatever another program makes of it later."""
    path = store.with_name(name)

    for call in (os.rename, os.link):

        def refuse(source: str, target: str, *, call: Callable[..., None] = call, **options: int) -> None:
            if target == name:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            call(source, target, **options)

        monkeypatch.setattr(os, call.__name__, refuse)
    with pytest.raises(FileError, match="input/output error"):
        change(path, state, b"new")
    assert Archive(state).history(path, data=b"by keytool").changes == ()


def test_links_in_hostile_folders_are_not_followed_by_root(store: Path, state: Path) -> None:
    """A user's link to a store of root's is refused when root is asked to change it, and the store stays."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to make files of another user")
    home = store.parent.parent / "home"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    (home / "trust.jks").symlink_to(store)
    os.lchown(home / "trust.jks", NOBODY, NOBODY)
    with pytest.raises(RefusedError, match="reached through symbolic links"):
        change(home / "trust.jks", state, b"new")
    assert store.read_bytes() == b"old store"
    assert not state.exists()


def test_foreign_store_is_refused(state: Path) -> None:
    """Another user's store in a folder that everybody may write is refused, and stays theirs."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to become another user")
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders may be passed by nobody else.
        store = Path(name) / "trust.jks"
        store.parent.chmod(0o777)
        store.write_bytes(b"old store")
        store.chmod(0o666)
        os.seteuid(NOBODY)
        try:
            with pytest.raises(RefusedError, match="belongs to another user"):
                change(store, state, b"new")
        finally:
            os.seteuid(0)
        assert (store.read_bytes(), store.stat().st_uid) == (b"old store", 0)
