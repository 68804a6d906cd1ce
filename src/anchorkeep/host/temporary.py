"""
A file under a name that nobody knows, until it is whole and takes the name it is meant for; all by the folder's descriptor.

Rules kept here:
- nothing that is there is opened or written: a name is taken only by who makes it (O_EXCL);
- what was written is on the disk before it takes its name; who made it brings the name to the disk by `sync`;
- a failure leaves nothing; a killed run leaves at most one file of a known form of name, for `sweep`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass

_FORM = re.compile(r"\.anchorkeep-[0-9a-f]{16}\.new")
# File systems of networks and of user space without fsync of folders; the file itself is written all the same.
_NO_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.ENOSYS})
# FAT and some file systems of networks have no hard links.
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Temporary:
    """
    A new file.

    Attributes:
        folder: the descriptor of its folder.
        name: its name for now.
        descriptor: of the file itself, to read and to write.
    """

    folder: int
    name: str
    descriptor: int

    def fill(self, data: bytes) -> None:
        """
        Write all bytes to the disk.

        Raises:
            OSError: it takes no more, or fails.
        """
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self.descriptor, rest) :]
        os.fsync(self.descriptor)

    def replace(self, name: str) -> None:
        """
        Take a name, whatever has it now.

        Raises:
            OSError: another file has the temporary name by now, or the system refuses.
        """
        self._require_own()
        os.rename(self.name, name, src_dir_fd=self.folder, dst_dir_fd=self.folder)

    def take(self, name: str) -> None:
        """
        Take a name that nothing has.

        Raises:
            FileExistsError: something has it.
            OSError: as `replace`.
        """
        self._require_own()
        try:
            os.link(self.name, name, src_dir_fd=self.folder, dst_dir_fd=self.folder, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            # Between the look and the renaming another program could take the name; an empty file that takes it first, which
            # cannot be replaced unseen, would be left behind by a killed run in place of a store.
            with contextlib.suppress(FileNotFoundError):
                os.stat(name, dir_fd=self.folder, follow_symlinks=False)
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
            os.rename(self.name, name, src_dir_fd=self.folder, dst_dir_fd=self.folder)
        else:
            os.unlink(self.name, dir_fd=self.folder)

    def has(self, name: str) -> bool:
        """
        Return whether a name is this file's, whatever the call that gave it said: it may fail after that, or be interrupted.

        True where the system does not tell.
        """
        try:
            named = os.stat(name, dir_fd=self.folder, follow_symlinks=False)
            return os.path.samestat(named, os.fstat(self.descriptor))
        except OSError as error:
            return not isinstance(error, FileNotFoundError)

    def _require_own(self) -> None:
        """Refuse a temporary name that was given to another file, as everybody can in a folder that everybody may write."""
        named = os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)
        if not os.path.samestat(named, os.fstat(self.descriptor)):
            raise OSError(errno.ESTALE, "its temporary file was exchanged by another program")


@contextlib.contextmanager
def temporary(folder: int, *, mode: int) -> Iterator[Temporary]:
    """
    Make a new file in a folder; without a name of its own by the end, it goes.

    Args:
        folder: the folder's descriptor.
        mode: permissions, less those the process masks.

    Raises:
        OSError: it cannot be made.
    """
    name = f".anchorkeep-{secrets.token_hex(8)}.new"
    descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=folder)
    try:
        yield Temporary(folder=folder, name=name, descriptor=descriptor)
    except BaseException:
        # The first failure is what is to be told.
        with contextlib.suppress(OSError):
            os.unlink(name, dir_fd=folder)
        raise
    finally:
        os.close(descriptor)


def sync(folder: int) -> None:
    """
    Bring the names in a folder to the disk, where its file system can.

    Raises:
        OSError: the disk fails.
    """
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def sweep(folder: int) -> None:
    """
    Remove what killed runs left in a folder that is locked; what may not be removed stays.

    Raises:
        OSError: the folder cannot be listed.
    """
    for name in os.listdir(folder):
        if not _FORM.fullmatch(name):
            continue
        with contextlib.suppress(OSError):
            if stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                os.unlink(name, dir_fd=folder)
