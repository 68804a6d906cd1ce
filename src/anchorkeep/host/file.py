"""
Read files so that a hostile or unlucky file system costs an error, never a hang.

Rules kept here:
- only regular files are read: a FIFO would block, a device may act on being opened, a directory holds no
  bytes;
- no more than the limit is ever read, whatever the size claims;
- what decides what is done is read only where nobody else could have written it.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep.errors import FileError, RefusedError
from anchorkeep.formats import capability
from anchorkeep.host import failure
from anchorkeep.text import shell_word, visible

if TYPE_CHECKING:
    from typing import Never

#: Bytes read from one input. The largest trust stores are below 1 MiB; evidence of a whole estate is tens of
#: them.
MAX = 64 * 1024 * 1024
#: Bytes read of a file that begins with a secret.
MAX_SECRET = 4096
_CHUNK = 1024 * 1024

# Absent on Windows, where opening a file never blocks nor makes a terminal ours.
_OPEN = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
_IS_POSIX = os.name == "posix"


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
        failure.fail("read", path, error=error)


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
        failure.fail("read", path, error=error)
    _refuse_foreign(path, status)
    return data


def read_secret(path: Path, *, limit: int = MAX_SECRET) -> bytes:
    """
    Read a small file that holds a secret, or a pipe to its end: a secret comes that way without ever being on a disk.

    Args:
        path: where it is; symbolic links are followed. Whoever writes a pipe is waited for.
        limit: bytes; more is refused, not cut.

    Raises:
        FileError: as `read`.
    """
    try:
        status = path.stat()
        if not stat.S_ISFIFO(status.st_mode):
            failure.require_regular(path, status)
        with path.open("rb") as opened:
            data = opened.read(limit + 1)
    except (OSError, ValueError) as error:
        failure.fail("read", path, error=error)
    if len(data) > limit:
        message = f"{visible(str(path))} holds more than {limit:,} bytes, which is no password."
        raise FileError(message, remedy="Name a file or a pipe whose first line is the password.")
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
        failure.fail("read", "standard input", error=error)
    if len(data) > limit:
        raise FileError(
            f"Standard input holds more than the {limit:,} bytes that are read.",
            remedy="Give only the certificates.",
        )
    return data


def is_present(path: Path) -> bool:
    """Return whether something has that name, a broken link too; a name that cannot be asked for is not there."""
    return os.path.lexists(path)


def is_file(path: Path) -> bool:
    """Return whether it is a regular file, or a link to one; a name that cannot be asked for is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_named(text: str) -> bool:
    """
    Return whether a word that may be a host's name is a file's: it has a path separator, or there is a file of that name.

    The file counts if it has the suffix of a certificate file, which no domain of the Internet ends in.
    """
    if "/" in text or os.sep in text or (os.altsep and os.altsep in text):
        return True
    return bool(capability.promised(text)) and is_file(Path(text))


def is_directory(path: Path) -> bool:
    """Return whether it is a directory, or a link to one; a name that cannot be asked for is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


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
        failure.fail("read", path, error=error)
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
        failure.fail("read", path, error=error)
    if _IS_POSIX and mode & (stat.S_IRGRP | stat.S_IROTH):
        shown = visible(str(path))
        message = f"{shown} holds a password and may be read by others (permissions {stat.S_IMODE(mode):04o})."
        remedy = f"Change the password if others can have read it, then: chmod 600 {shell_word(str(path))}"
        raise RefusedError(message, remedy=remedy)


def contents(descriptor: int, *, path: Path, limit: int = MAX) -> tuple[bytes, os.stat_result]:
    """
    Read a whole regular file that is open, and tell what it was when the reading began.

    Args:
        descriptor: open for reading, at its beginning.
        path: its name in messages.
        limit: bytes; a longer file is refused, not cut.

    Raises:
        FileError: it is no regular file, or larger than the limit.
        OSError: it cannot be read.
    """
    status = os.fstat(descriptor)
    failure.require_regular(path, status)
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


def _read(path: Path, limit: int) -> tuple[bytes, os.stat_result]:
    # Asked before it is opened, for some devices act on that (a tape rewinds), and again after, for it may be
    # another by then.
    failure.require_regular(path, path.stat())
    descriptor = os.open(path, os.O_RDONLY | _OPEN)
    try:
        return contents(descriptor, path=path, limit=limit)
    finally:
        os.close(descriptor)


def _too_large(path: Path, size: str, *, limit: int) -> Never:
    message = f"{visible(str(path))} has {size}, expected at most {limit:,}."
    raise FileError(message, remedy="Name a file that holds only certificates.")


def _refuse_foreign(path: Path, status: os.stat_result) -> None:
    if not _IS_POSIX:
        return
    shown = visible(str(path))
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        message = f"{shown} may be written by others (permissions {stat.S_IMODE(status.st_mode):04o})."
        raise RefusedError(message, remedy=f"Look at what it says, then: chmod go-w {shell_word(str(path))}")
    if status.st_uid not in {0, os.geteuid()}:
        message = f"{shown} belongs to another user (user id {status.st_uid})."
        raise RefusedError(message, remedy="Look at what it says, then copy it to a file of your own.")
