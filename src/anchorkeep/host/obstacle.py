"""What stands against replacing a file in one step with all that it has: found before anything is written, with its remedy."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from anchorkeep.errors import RefusedError
from anchorkeep.host import failure
from anchorkeep.text import shell_word, visible

_LOOK = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC


def refuse(folder: int, path: Path) -> None:
    """
    Refuse a folder that takes no new file, and a file that a new one cannot stand for; no file is no obstacle.

    Args:
        folder: the folder's descriptor.
        path: the file; its last part is looked for in the folder.

    Raises:
        RefusedError: the first obstacle found.
        FileError: it is no regular file.
        OSError: the system refuses to tell.
    """
    shown = visible(str(path))
    try:
        descriptor = os.open(path.name, _LOOK, dir_fd=folder)
    except FileNotFoundError:
        _refuse_closed_folder(folder, path)
        return
    try:
        status = os.fstat(descriptor)
        failure.require_regular(path, status)
        if status.st_nlink > 1:
            message = f"{shown} has {status.st_nlink} names (hard links), of which the others would keep the old content."
            old, new = shell_word(str(path)), shell_word(f"{path}.new")
            raise RefusedError(message, remedy=f"Make it a file of its own: cp -a {old} {new} && mv {new} {old}")
        if _mount(descriptor) != _mount(folder):
            message = (
                f"{shown} is mounted there by itself, as containers do with single files; it cannot be replaced in one step."
            )
            raise RefusedError(message, remedy="Change it where it is mounted from, or mount its folder.")
        _refuse_protected(folder, path, status)
    finally:
        os.close(descriptor)
    _refuse_closed_folder(folder, path)


def _refuse_protected(folder: int, path: Path, status: os.stat_result) -> None:
    shown = visible(str(path))
    if os.geteuid() not in {0, status.st_uid}:
        message = f"{shown} belongs to another user (user id {status.st_uid}); a new file in its place would be yours."
        raise RefusedError(message, remedy="Run it as that user or as root.")
    if _may(os.W_OK, path.name, folder):
        return
    if os.fstatvfs(folder).f_flag & os.ST_RDONLY:
        raise RefusedError(f"{shown} is on a file system that is read-only.", remedy="Write to another file.")
    message = f"{shown} may not be written (permissions {stat.S_IMODE(status.st_mode):04o})."
    word = shell_word(str(path))
    remedy = f"If it may be changed: chmod u+w {word}; where that is not enough, lsattr {word} tells whether it is immutable."
    raise RefusedError(message, remedy=remedy)


def _refuse_closed_folder(folder: int, path: Path) -> None:
    if not _may(os.W_OK | os.X_OK, ".", folder):
        shown = visible(str(path.parent))
        message = f"The folder {shown} may not be written, and a store is replaced by a new file in its folder."
        raise RefusedError(message, remedy="Run it as the folder's owner, or write to another file.")


def _may(right: int, name: str, folder: int) -> bool:
    return os.access(name, right, dir_fd=folder, effective_ids=True, follow_symlinks=name == ".")


def _mount(descriptor: int) -> str:
    """
    Return the number of the mount that a file was reached through; nothing where /proc is not there.

    Its device says less: a file of the same file system may be mounted over it, and on overlays files have others than folders.
    """
    try:
        lines = Path(f"/proc/self/fdinfo/{descriptor}").read_text(encoding="ascii").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("mnt_id:")), "")
