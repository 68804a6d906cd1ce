"""
Read and replace files so that a hostile or unlucky file system costs an error, never a hang or half a file.

Rules kept here:
- only regular files are read: a FIFO would block, a device may act on being opened, a directory holds no
  bytes;
- no more than the limit is ever read, whatever the size claims;
- a file is replaced whole or not at all, and what was written is on the disk before it takes the old one's
  name;
- a secret is readable by its owner alone from its first byte.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep.errors import FileError, RefusedError
from anchorkeep.text import visible

if TYPE_CHECKING:
    from typing import Never

#: Bytes read from one input. The largest trust stores are below 1 MiB; evidence of a whole estate is tens of
#: them.
MAX = 64 * 1024 * 1024
_CHUNK = 1024 * 1024

# Absent on Windows, where opening a file never blocks nor makes a terminal ours.
_OPEN = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
_IS_POSIX = os.name == "posix"

_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}
# What the system says, in words that tell what to do; anything else is told in the system's own.
_REASONS = {
    errno.ENOENT: ("there is no such file or directory", "Check the path."),
    errno.ENOTDIR: ("a part of the path is not a directory", "Check the path."),
    errno.EACCES: (
        "permission is denied",
        "Check the permissions of the file and of the directories above it.",
    ),
    errno.EPERM: ("the operation is not permitted", "Run it as the file's owner."),
    errno.ELOOP: ("its symbolic links go round in a circle", "Name the file itself."),
    errno.ENAMETOOLONG: ("the path is too long", "Choose a shorter one."),
    errno.ENOSPC: ("the disk is full", "Free some space; nothing was replaced."),
    errno.EROFS: ("the file system is read-only", "Choose another directory."),
}


def read(path: Path, *, limit: int = MAX) -> bytes:
    """
    Read a whole regular file.

    Args:
        path: where it is; symbolic links are followed.
        limit: bytes; a longer file is refused, not cut.

    Raises:
        FileError: there is none, it may not be read, it is no regular file, or it is larger than the limit.
    """
    try:
        return _read(path, limit)[0]
    except (OSError, ValueError) as error:
        _fail("read", path, error=error)


def read_protected(path: Path, *, limit: int = MAX) -> bytes:
    """
    Read a file that decides what is done; refuse it where `refuse_if_writable_by_others` would.

    The checks are made on the very file that is read.

    Raises:
        FileError: as `read`.
        RefusedError: others may write it.
    """
    try:
        data, status = _read(path, limit)
    except (OSError, ValueError) as error:
        _fail("read", path, error=error)
    _refuse_foreign(path, status)
    return data


def read_stdin(*, limit: int = MAX) -> bytes:
    """
    Read standard input to its end; waits for whoever writes it.

    Raises:
        FileError: it is closed, cannot be read, or holds more than `limit` bytes.
    """
    if sys.stdin is None:
        raise FileError("Standard input is closed.", remedy="Give a file instead of `-`.")
    try:
        data = sys.stdin.buffer.read(limit + 1)
    except (OSError, ValueError) as error:
        _fail("read", "standard input", error=error)
    if len(data) > limit:
        raise FileError(
            f"Standard input holds more than the {limit:,} bytes that are read.",
            remedy="Give only the certificates.",
        )
    return data


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
            _require_regular(path, old)
            _write(target, data, mode=0o600, like=old)
    except (OSError, ValueError) as error:
        _fail("write", path, error=error)


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
        _fail("write", path, error=error)


def is_present(path: Path) -> bool:
    """Return whether something has that name, a broken link too; a name that cannot be asked for is not there."""
    return os.path.lexists(path)


def is_file(path: Path) -> bool:
    """Return whether it is a regular file, or a link to one; a name that cannot be asked for is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_directory(path: Path) -> bool:
    """Return whether it is a directory, or a link to one; a name that cannot be asked for is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def make_directory(path: Path, *, mode: int = 0o777) -> None:
    """
    Make a directory and those above it that are missing; one that is there stays as it is.

    Raises:
        FileError: it cannot be made, or something else has its name.
    """
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        _fail("make the directory", path, error=error)


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
            _require_regular(path, old)
        _write(path, data, mode=0o600)
    except (OSError, ValueError) as error:
        _fail("write", path, error=error)


def refuse_if_writable_by_others(path: Path) -> None:
    """
    Refuse a file that another user could have written: by its permissions, or as its owner.

    Does nothing where there are no POSIX permissions. What may be done through the directories above is not
    checked: a file put there by another user has another owner.

    Raises:
        FileError: there is no such file.
        RefusedError: group or others may write it, or it belongs to neither root nor the user who runs this.
    """
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        _fail("read", path, error=error)
    _refuse_foreign(path, status)


def refuse_if_readable_by_others(path: Path) -> None:
    """
    Refuse a file with a secret that another user can read, by its permissions.

    Does nothing where there are no POSIX permissions.

    Raises:
        FileError: there is no such file.
        RefusedError: group or others may read it.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        _fail("read", path, error=error)
    if _IS_POSIX and mode & (stat.S_IRGRP | stat.S_IROTH):
        shown = visible(str(path))
        message = f"{shown} holds a password and may be read by others (permissions {stat.S_IMODE(mode):04o})."
        raise RefusedError(message, remedy=f"Change the password if others can have read it, then: chmod 600 {shown}")


def _read(path: Path, limit: int) -> tuple[bytes, os.stat_result]:
    # Asked before it is opened, for some devices act on that (a tape rewinds), and again after, for it may be
    # another by then.
    _require_regular(path, path.stat())
    descriptor = os.open(path, os.O_RDONLY | _OPEN)
    try:
        status = os.fstat(descriptor)
        _require_regular(path, status)
        if status.st_size > limit:
            _too_large(path, f"{status.st_size:,} bytes", limit=limit)
        chunks: list[bytes] = []
        left = limit + 1  # One more than allowed, to notice a file that grew or that claims no size, as those in /proc.
        while left > 0 and (chunk := os.read(descriptor, min(left, _CHUNK))):
            chunks.append(chunk)
            left -= len(chunk)
        if left <= 0:
            _too_large(path, f"more than {limit:,} bytes", limit=limit)
        return b"".join(chunks), status
    finally:
        os.close(descriptor)


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


def _require_regular(path: Path, status: os.stat_result) -> None:
    if stat.S_ISLNK(status.st_mode):  # What is left after all links were followed leads back to itself.
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "something else")
        message = f"{visible(str(path))} is {kind}, expected a regular file."
        raise FileError(message, remedy="Name the file itself.")


def _too_large(path: Path, size: str, *, limit: int) -> Never:
    message = f"{visible(str(path))} has {size}, expected at most {limit:,}."
    raise FileError(message, remedy="Name a file that holds only certificates.")


def _refuse_foreign(path: Path, status: os.stat_result) -> None:
    if not _IS_POSIX:
        return
    shown = visible(str(path))
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        message = f"{shown} may be written by others (permissions {stat.S_IMODE(status.st_mode):04o})."
        raise RefusedError(message, remedy=f"Look at what it says, then: chmod go-w {shown}")
    if status.st_uid not in {0, os.geteuid()}:
        message = f"{shown} belongs to another user (user id {status.st_uid})."
        raise RefusedError(message, remedy="Look at what it says, then copy it to a file of your own.")


def _fail(verb: str, path: Path | str, *, error: OSError | ValueError) -> Never:
    """Raise this house's error for one of the system's; a ValueError is a path that no system can have."""
    code = error.errno if isinstance(error, OSError) else None
    fallback = (error.strerror or "it failed").lower() if isinstance(error, OSError) else "no path is like this"
    reason, remedy = _REASONS.get(code or 0, (fallback, ""))
    message = f"Cannot {verb} {visible(str(path))}: {reason}."
    raise FileError(message, remedy=remedy) from error
