"""
Replace and create files that are ours: output, settings, secrets. Trust stores have more to keep: see `hold`.

Rules kept here:
- a file is replaced whole or not at all, and what was written is on the disk before it takes the old one's
  name;
- a secret is readable by its owner alone from its first byte.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from pathlib import Path

from anchorkeep.errors import FileError, RefusedError
from anchorkeep.host import failure
from anchorkeep.text import visible

_IS_POSIX = os.name == "posix"


def replace(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """
    Replace a file, or create it, in one step.

    At every moment there is the old content or the new, and nothing in between. A symbolic link stays: the
    file it leads to is replaced. An existing file keeps its permissions, owner and group. Its other hard
    links keep the old content; access control lists and extended attributes are not carried over.

    Args:
        path: where; its directory must exist.
        data: the whole content.
        mode: permissions of a file that did not exist, less those the process masks.

    Raises:
        FileError: it cannot be written, is no regular file, or owner and group cannot be kept. The old file
            is untouched.
    """
    try:
        target = Path(os.path.realpath(path))
        old = _status(target)
        if old is None:
            _write(target, data, mode=mode)
        else:
            failure.require_regular(path, old)
            _write(target, data, mode=0o600, like=old)
    except (OSError, ValueError) as error:
        failure.fail("write", path, error=error)


def create(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """
    Create a file in one step, whole or not at all; what has that name by now is never replaced.

    Args:
        path: where; its directory must exist. A symbolic link of that name is not followed.
        data: the whole content.
        mode: permissions, less those the process masks.

    Raises:
        RefusedError: something has that name already.
        FileError: it cannot be written.
    """
    try:
        _write(Path(os.path.realpath(path.parent)) / path.name, data, mode=mode, is_new=True)
    except FileExistsError:
        message = f"{visible(str(path))} was put there by another program meanwhile; it is left as it is."
        raise RefusedError(message, remedy="Look at what it holds, then try again.") from None
    except (OSError, ValueError) as error:
        failure.fail("write", path, error=error)


def make_directory(path: Path, *, mode: int = 0o777) -> None:
    """
    Make a directory and those above it that are missing; one that is there stays as it is.

    Raises:
        FileError: it cannot be made, or something else has its name.
    """
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        failure.fail("make the directory", path, error=error)


def write_secret(path: Path, data: bytes) -> None:
    """
    Write a file that only its owner may read, from its first byte.

    In one step, as `replace`, also where a file with wider permissions was. A symbolic link is refused, for
    it may lead where others read.

    Raises:
        FileError: it cannot be written, or is a symbolic link or no regular file.
    """
    try:
        old = _status(path)
        if old is not None:
            if stat.S_ISLNK(old.st_mode):
                message = f"Cannot write {visible(str(path))}: it is a symbolic link."
                raise FileError(message, remedy="Name the file itself.")
            failure.require_regular(path, old)
        _write(path, data, mode=0o600)
    except (OSError, ValueError) as error:
        failure.fail("write", path, error=error)


def _write(target: Path, data: bytes, *, mode: int, like: os.stat_result | None = None, is_new: bool = False) -> None:
    """Write a new file beside the target and give it the target's name; it is gone when anything fails."""
    temporary = target.parent / f".anchorkeep-{secrets.token_hex(8)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            if like is not None and _IS_POSIX:
                _imitate(stream.fileno(), like)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if is_new:
            _take_free_name(temporary, target)
        else:
            temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if _IS_POSIX:
        _sync_directory(target.parent)


def _take_free_name(temporary: Path, target: Path) -> None:
    """Give a file a name that nothing has; FileExistsError where something has it."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:
        # FAT and some file systems of networks have no hard links. An empty file takes the name, which fails where there is one.
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            temporary.replace(target)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
    else:
        temporary.unlink()


def _imitate(descriptor: int, like: os.stat_result) -> None:
    """Give a file the owner, group and permissions of another, in this order: one may clear the last."""
    mine = os.fstat(descriptor)
    if (mine.st_uid, mine.st_gid) != (like.st_uid, like.st_gid):
        os.fchown(descriptor, like.st_uid, like.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(like.st_mode) & 0o777)


def _sync_directory(directory: Path) -> None:
    """Bring the new name to the disk, where the directory may be read and its file system can."""
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except PermissionError:
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Network and user-space file systems have no fsync of directories; the file itself is written all the
        # same.
        if error.errno not in {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS}:
            raise
    finally:
        os.close(descriptor)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None
