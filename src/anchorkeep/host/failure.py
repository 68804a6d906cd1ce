"""What the system says when it refuses a file, in this house's errors: what, where, and what to do."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep.errors import FileError
from anchorkeep.text import visible

if TYPE_CHECKING:
    from typing import Never

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


def fail(verb: str, path: Path | str, *, error: OSError | ValueError, remedy: str = "") -> Never:
    """
    Raise this house's error for one of the system's.

    Args:
        verb: what could not be done: `read`, `write`, `make the directory`.
        path: to what.
        error: what the system says; a ValueError is a path that no system can have.
        remedy: what to do, where more is known than the system says.
    """
    code = error.errno if isinstance(error, OSError) else None
    fallback = (error.strerror or "it failed").lower() if isinstance(error, OSError) else "no path is like this"
    reason, usual = _REASONS.get(code or 0, (fallback, ""))
    message = f"Cannot {verb} {visible(str(path))}: {reason}."
    raise FileError(message, remedy=remedy or usual) from error


def require_regular(path: Path, status: os.stat_result) -> None:
    """
    Refuse what is no regular file: a FIFO would block, a device may act on being opened, a directory holds no bytes.

    Raises:
        OSError: it is a symbolic link, which after all links were followed leads back to itself.
        FileError: it is anything else.
    """
    if stat.S_ISLNK(status.st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "something else")
        message = f"{visible(str(path))} is {kind}, expected a regular file."
        raise FileError(message, remedy="Name the file itself.")
