"""
The way to a file: from folder to folder by descriptor, each symbolic link followed by hand and told.

Rules kept here:
- what was looked at is what is used: a folder is opened once and never named again, so nobody can exchange it later;
- run as root, a link is followed only where none but root and the owner of the file could have placed it. Else whoever owns a
  folder on the way could have root write to any file of the machine.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from anchorkeep.errors import FileError, RefusedError
from anchorkeep.host import failure
from anchorkeep.text import visible

# The number of links at which Linux gives up (path_resolution(7)).
_MAX_LINKS = 40
# O_PATH asks for the right to pass a folder, not for that to list it.
_LOOK = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """
    A symbolic link that was followed.

    Attributes:
        path: where it is, links before it followed; absolute. Not yet fit for a terminal.
        target: what it says; neither.
    """

    path: Path
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """
    Where a file is, or would be.

    Attributes:
        folder: an open descriptor of its folder, which permits only to pass it (O_PATH).
        name: the file's name in it, of something that is no link, or of nothing.
        path: the folder's path and the name, as they were when the folder was opened.
        links: the links that were followed, in that order.
    """

    folder: int
    name: str
    path: Path
    links: tuple[Link, ...]


def destination(path: Path) -> tuple[Path, tuple[Link, ...]]:
    """
    Return where a path leads, absolute and without links, and the links on the way; the file itself need not exist.

    Raises:
        FileError: a folder on the way does not exist or may not be passed, or links go round in a circle.
        RefusedError: run as root, a link leads through a folder of somebody whom root does not trust.
    """
    with walk(path) as place:
        return place.path, place.links


@contextlib.contextmanager
def walk(path: Path) -> Iterator[Place]:
    """
    Go to the folder of a file; the descriptor is closed when the context ends.

    Raises:
        FileError: a folder on the way does not exist or may not be passed, or links go round in a circle.
        RefusedError: run as root, a link leads through a folder of somebody whom root does not trust.
    """
    try:
        walker = _Walker(path.absolute())
    except (OSError, ValueError) as error:
        failure.fail("read", path, error=error)
    try:
        try:
            name, owner = walker.go()
        except (OSError, ValueError) as error:
            failure.fail("read", path, error=error)
        if walker.links and os.geteuid() == 0:
            _refuse_strangers(walker, path, name=name, owner=owner)
        yield Place(folder=walker.folder, name=name, path=walker.path / name, links=tuple(walker.links))
    finally:
        os.close(walker.folder)


class _Walker:
    """One walk: the folder it has come to, and everything on the way that somebody could have placed there."""

    def __init__(self, path: Path) -> None:
        self._pending = deque(path.parts[1:])
        self.path = Path("/")
        self.links: list[Link] = []
        self.passed: list[tuple[Path, os.stat_result]] = []
        self.folder = os.open("/", _LOOK | os.O_DIRECTORY)
        self.passed.append((self.path, os.fstat(self.folder)))

    def go(self) -> tuple[str, int]:
        """Go to the end; return the file's name and its owner, or the folder's owner where there is no such file."""
        while self._pending:
            name = self._pending.popleft()
            if self._pending or name == "..":
                self._enter(name)
                continue
            try:
                status = self._look(name)
            except FileNotFoundError:
                return name, self.passed[-1][1].st_uid
            if status is not None:
                return name, status.st_uid
        raise FileError(f"{visible(str(self.path))} is a directory, expected a regular file.", remedy="Name the file itself.")

    def _enter(self, name: str) -> None:
        try:
            # Not told apart by a look before it: a folder that is mounted when it is needed is mounted by this.
            folder = os.open(name, _LOOK | os.O_DIRECTORY, dir_fd=self.folder)
        except NotADirectoryError:
            if self._look(name) is None:
                return
            raise
        self._move(folder, self.path.parent if name == ".." else self.path / name)

    def _look(self, name: str) -> os.stat_result | None:
        """Return what a name's file is, or None where it was a link, which is followed from here on."""
        descriptor = os.open(name, _LOOK, dir_fd=self.folder)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISLNK(status.st_mode):
                return status
            # The link's own descriptor: its name could lead elsewhere by now.
            target = os.readlink("", dir_fd=descriptor)
        finally:
            os.close(descriptor)
        self.links.append(Link(path=self.path / name, target=target))
        if len(self.links) > _MAX_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        self.passed.append((self.path / name, status))
        parts = Path(target).parts
        if target.startswith("/"):
            self._move(os.open("/", _LOOK | os.O_DIRECTORY), Path("/"))
            parts = parts[1:]
        self._pending.extendleft(reversed(parts))
        return None

    def _move(self, folder: int, path: Path) -> None:
        os.close(self.folder)
        self.folder, self.path = folder, path
        self.passed.append((path, os.fstat(folder)))


def _refuse_strangers(walker: _Walker, path: Path, *, name: str, owner: int) -> None:
    """Refuse links on a way where others than root and the file's owner may place what they like."""
    for passed, status in walker.passed:
        # Where the sticky bit is set, as in /tmp, others may place links of their own, whose owner tells, and move no other.
        is_closed = stat.S_ISLNK(status.st_mode) or status.st_mode & stat.S_ISVTX
        writers = 0 if is_closed else status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if writers & stat.S_IWOTH:
            whose = "is open to everybody"
        elif writers:
            whose = f"is open to group id {status.st_gid}"
        elif status.st_uid not in {0, owner}:
            whose = f"belongs to user id {status.st_uid}"
        else:
            continue
        message = f"{visible(str(path))} is reached through symbolic links, and {visible(str(passed))} on the way {whose}."
        remedy = f"Look whether it leads where you mean; then name the file itself: {visible(str(walker.path / name))}"
        raise RefusedError(message, remedy=remedy)
