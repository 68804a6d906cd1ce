"""
Hold a store: its folder locked, its bytes read, and at most one change made to it, whole or not at all.

The order of a change: a temporary file in the same folder; all that the old file has beside its content; the new content, on the
disk and read back; backup and history; a look whether the store is still what was read; its name; the folder on the disk. A run
that is killed anywhere leaves the old store or the new one, and at most a temporary file, which the next change removes.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from anchorkeep.errors import FileError, RefusedError
from anchorkeep.host import attributes, failure, file, obstacle, way
from anchorkeep.host.attributes import Attributes
from anchorkeep.host.lock import lock
from anchorkeep.host.temporary import Temporary, sweep, sync, temporary
from anchorkeep.host.way import Link, Place
from anchorkeep.text import visible

#: Seconds that a change waits for another one; either takes far less than a second.
PATIENCE = 10.0

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class Settle(Protocol):
    """What ends the record of a change, once it is known whether the change was made; raises nothing."""

    def __call__(self, *, is_done: bool) -> object:
        """Keep the record of a change that was made, take it back of another."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """
    A file as it was read.

    Attributes:
        data: its content.
        status: what the system says of it.
        attributes: what it has beside its content.
    """

    data: bytes = field(repr=False)
    status: os.stat_result
    attributes: Attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """
    A store whose folder is locked, as it was read under the lock.

    Attributes:
        path: where it is, all links followed; absolute. History is kept under it.
        links: each symbolic link that was followed to it, in that order; to be said to the person.
        folder: the folder's descriptor, open until the hold ends.
        found: the store, None where there is no such file yet.
    """

    path: Path
    links: tuple[Link, ...]
    folder: int
    found: Found | None

    @property
    def data(self) -> bytes | None:
        """The store's content, None where there is no such file yet."""
        return None if self.found is None else self.found.data

    def write(self, data: bytes, *, verify: Callable[[bytes], object], record: Callable[[], Settle], mode: int = 0o644) -> None:
        """
        Give the store its new content in one step.

        A store that was there keeps owner, group, permissions, access control list and extended attributes. Where there was none,
        what has the name by now is never replaced.

        Args:
            data: the whole new content.
            verify: is given the content as it was read back, before it takes the store's name; what it raises ends the change
                with nothing replaced.
            record: writes backup and history; called when the new content is on the disk and verified, before it takes the
                store's name. What it raises ends the change with nothing replaced; what it returns is called in the end.
            mode: permissions of a store that was not there, less those the process masks; 0o600 where it holds keys.

        Raises:
            RefusedError: the store is no longer what was read, or owner, permissions or attributes cannot be kept.
            FileError: it cannot be written. The store is untouched, unless only its folder could not be brought to the disk.
        """
        try:
            self._write(data, verify=verify, record=record, mode=mode)
        except OSError as error:
            failure.fail("write", self.path, error=error)
        try:
            sync(self.folder)
        except OSError as error:
            message = f"{visible(str(self.path))} was replaced, and the disk did not confirm it: {error.strerror}."
            raise FileError(message, remedy="Check the disk, and the store after the machine's next start.") from error

    def _write(self, data: bytes, *, verify: Callable[[bytes], object], record: Callable[[], Settle], mode: int) -> None:
        found, shown = self.found, visible(str(self.path))
        with temporary(self.folder, mode=mode if found is None else 0o600) as new:
            if found is not None:
                attributes.give(new.descriptor, found.attributes, shown=shown)
            new.fill(data)
            os.lseek(new.descriptor, 0, os.SEEK_SET)
            written, _ = file.contents(new.descriptor, path=self.path)
            if written != data:
                raise FileError(f"{shown} was not replaced: what was written reads back otherwise.", remedy="Check the disk.")
            verify(written)
            if found is not None:  # To write takes some rights away from a file, as set-user-id.
                attributes.require(new.descriptor, found.attributes, shown=shown)
            self._require_unchanged()  # What is known to be lost is not recorded.
            settle = record()
            try:
                self._require_unchanged()
                self._name(new)
            finally:
                settle(is_done=new.has(self.path.name))

    def _name(self, new: Temporary) -> None:
        if self.found is not None:
            new.replace(self.path.name)
            return
        try:
            new.take(self.path.name)
        except FileExistsError:
            raise _changed(self.path) from None

    def _require_unchanged(self) -> None:
        """Refuse to replace what is no longer what was read: other programs know nothing of the lock."""
        try:
            now = _find(self.folder, self.path)
        except FileError as error:  # A directory or a FIFO has its name by now.
            raise _changed(self.path) from error
        except OSError as error:
            if error.errno == errno.ELOOP:  # So has a link.
                raise _changed(self.path) from error
            raise
        if (now is None) != (self.found is None):
            raise _changed(self.path)
        if now is None or self.found is None:
            return
        is_same = all(getattr(now.status, name) == getattr(self.found.status, name) for name in _IDENTITY)
        if not is_same or now.data != self.found.data or now.attributes != self.found.attributes:
            raise _changed(self.path)


# What changes with every change of a file, and with its exchange for another. Not its last reading.
_IDENTITY = ("st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns", "st_nlink")


@contextlib.contextmanager
def hold(path: Path, *, patience: float = PATIENCE) -> Iterator[Held]:
    """
    Lock a store's folder, clear what killed runs left in it, and read the store.

    Args:
        path: the store, or where it is to be; its folder must exist.
        patience: seconds to wait for another change to end.

    Raises:
        RefusedError: another change is at work; or the file could not be replaced with all it has: several hard links, a mount
            point, another's owner, no right to write it; or, run as root, a link that a stranger could have placed.
        FileError: the folder or the file cannot be opened, or it is no regular file.
    """
    with way.walk(path) as place:
        try:
            folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=place.folder)
        except OSError as error:
            failure.fail("lock", place.path.parent, error=error)
        try:
            lock(folder, path=place.path.parent, patience=patience)
            yield _held(folder, place, path)
        finally:
            os.close(folder)  # This ends the lock.


def _held(folder: int, place: Place, path: Path) -> Held:
    try:
        _require_same_way(place, path)
        sweep(folder)
        obstacle.refuse(folder, place.path)
        found = _find(folder, place.path)
    except OSError as error:
        failure.fail("read", place.path, error=error)
    return Held(path=place.path, links=place.links, folder=folder, found=found)


def _require_same_way(place: Place, path: Path) -> None:
    """Refuse a path that leads elsewhere since the lock was waited for."""
    with way.walk(path) as again:
        is_same = os.path.samestat(os.fstat(again.folder), os.fstat(place.folder)) and again.name == place.name
    if not is_same:
        raise _changed(path)


def _find(folder: int, path: Path) -> Found | None:
    try:
        # Asked before it is opened, for some devices act on that.
        failure.require_regular(path, os.stat(path.name, dir_fd=folder, follow_symlinks=False))
        descriptor = os.open(path.name, _READ, dir_fd=folder)
    except FileNotFoundError:
        return None
    try:
        data, status = file.contents(descriptor, path=path)
        return Found(data=data, status=status, attributes=attributes.read(descriptor))
    finally:
        os.close(descriptor)


def _changed(path: Path) -> RefusedError:
    message = f"{visible(str(path))} was changed by another program meanwhile; nothing was replaced."
    return RefusedError(message, remedy="Look at what it holds now, then try again.")
