"""A folder that nobody but its owner may write, made and opened with all that is above it looked at."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from anchorkeep.errors import FileError, RefusedError
from anchorkeep.host import failure, way
from anchorkeep.host.temporary import sync
from anchorkeep.text import shell_word, visible

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def make(path: Path, *, remedy: str) -> None:
    """
    Make a folder and those above it that are missing, private, and bring their names to the disk.

    Not in a folder of another user, to which variables that sudo keeps may lead root.

    Args:
        path: absolute.
        remedy: what to do where it cannot be made.

    Raises:
        FileError: it cannot be made.
        RefusedError: it would be in a folder of another user.
    """
    try:
        for folder in (*reversed(path.parents), path):
            if folder.is_dir():
                continue
            _refuse_foreign(folder.parent, folder.parent.stat(), trusted={0, os.geteuid()}, remedy=remedy)
            with contextlib.suppress(FileExistsError):  # Made by another process at the same time.
                folder.mkdir(mode=0o700)
            descriptor = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                sync(descriptor)
            finally:
                os.close(descriptor)
    except (OSError, ValueError) as error:
        failure.fail("make the directory", path, error=error, remedy=remedy)


@contextlib.contextmanager
def opened(path: Path, *names: str, remedy: str) -> Iterator[int | None]:
    """
    Open a folder in a private one, and yield its descriptor; None where one of them is not there.

    Args:
        path: the private folder; links to it are followed, none in it are.
        names: of a folder in it, of one in that, and so on; each must be as private.
        remedy: what to do where one belongs to another user.

    Raises:
        FileError: one cannot be opened.
        RefusedError: one belongs to another user, or may be written by others.
    """
    with contextlib.ExitStack() as stack:
        try:
            folder = _enter(stack, path, names, remedy)
        except FileNotFoundError:
            folder = None
        except OSError as error:
            failure.fail("read", path, error=error)
        yield folder


def _enter(stack: contextlib.ExitStack, path: Path, names: tuple[str, ...], remedy: str) -> int:
    try:
        place = stack.enter_context(way.walk(path))
    except FileError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise error.__cause__ from None
        raise
    folder, shown = place.folder, place.path.parent
    for name in (place.name, *names):
        folder, shown = os.open(name, _FOLDER, dir_fd=folder), shown / name
        stack.callback(os.close, folder)
        _refuse_open(shown, os.fstat(folder), remedy)
    return folder


def _refuse_open(path: Path, status: os.stat_result, remedy: str) -> None:
    _refuse_foreign(path, status, trusted={os.geteuid()}, remedy=remedy)
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        message = f"{visible(str(path))} may be written by others (permissions {stat.S_IMODE(status.st_mode):04o})."
        raise RefusedError(message, remedy=f"Look at what it holds, then: chmod go-w {shell_word(str(path))}")


def _refuse_foreign(path: Path, status: os.stat_result, *, trusted: set[int], remedy: str) -> None:
    if status.st_uid not in trusted:
        message = (
            f"{visible(str(path))} belongs to another user (user id {status.st_uid}), who could exchange what is kept there."
        )
        raise RefusedError(message, remedy=remedy)
