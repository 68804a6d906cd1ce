"""
What a file has beside its content: owner, group, permissions, access control list and extended attributes.

Linux keeps an access control list as the extended attribute `system.posix_acl_access` (acl(5)), labels of SELinux and others as
`security.*` (xattr(7)), so one way carries them all. What only root may see, `trusted.*`, is not seen by others here.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from anchorkeep.errors import RefusedError
from anchorkeep.text import visible

# The kernel's own seal over attributes, and a signature or hash of the content, which no other content matches.
_SEAL = "security.evm"
_SIGNATURE = "security.ima"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """
    What a file has beside its content.

    Attributes:
        owner: user id.
        group: group id.
        mode: permissions, with set-user-id, set-group-id and sticky bits.
        extended: extended attributes with their values, sorted.
    """

    owner: int
    group: int
    mode: int
    extended: tuple[tuple[str, bytes], ...]


def read(descriptor: int) -> Attributes:
    """
    Return what an open file has.

    Raises:
        OSError: the system refuses to tell.
    """
    status = os.fstat(descriptor)
    try:
        names = os.listxattr(descriptor)
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        names = []  # FAT and others have none.
    extended = tuple((name, os.getxattr(descriptor, name)) for name in sorted(names) if name != _SEAL)
    return Attributes(owner=status.st_uid, group=status.st_gid, mode=stat.S_IMODE(status.st_mode), extended=extended)


def give(descriptor: int, wanted: Attributes, *, shown: str) -> None:
    """
    Give an open file all that another has; what another file got of its folder and the old one has not is taken away.

    Args:
        descriptor: the file, open for writing.
        wanted: what it is to have.
        shown: the file's name in a message, made visible.

    Raises:
        RefusedError: it cannot be kept, by whose right or what file system ever; the message names the first such thing.
    """
    if _SIGNATURE in dict(wanted.extended):
        message = f"{shown} carries a signature of its content ({_SIGNATURE}), which no other content matches."
        raise RefusedError(message, remedy="Change it where it is signed.")
    has = read(descriptor)
    owned = (wanted.owner, wanted.group)
    if (has.owner, has.group) != owned:
        _keep(partial(os.fchown, descriptor, *owned), f"owner and group ({wanted.owner}:{wanted.group})", shown)
    # In this order: a change of owner clears bits of the mode, a mode changes the mask of an access control list.
    for name, _ in has.extended:
        if name not in dict(wanted.extended):
            _keep(partial(os.removexattr, descriptor, name), f"attributes without {visible(name)}", shown)
    _keep(partial(os.fchmod, descriptor, wanted.mode), f"permissions ({wanted.mode:04o})", shown)
    for name, value in wanted.extended:
        if (name, value) not in has.extended:
            _keep(partial(os.setxattr, descriptor, name, value), f"attribute {visible(name)}", shown)
    require(descriptor, wanted, shown=shown)


def require(descriptor: int, wanted: Attributes, *, shown: str) -> None:
    """
    Refuse an open file that has not what it was given; a file system may take an attribute and keep another.

    Raises:
        RefusedError: it has not.
    """
    has = read(descriptor)
    if has != wanted:
        names = [name for name in ("owner", "group", "mode", "extended") if getattr(has, name) != getattr(wanted, name)]
        raise _refused(f"{' and '.join(names)}", shown)


def _keep(act: Callable[[], None], what: str, shown: str) -> None:
    try:
        act()
    except OSError as error:
        raise _refused(f"{what}: {(error.strerror or 'it failed').lower()}", shown) from error


def _refused(what: str, shown: str) -> RefusedError:
    message = f"A new file in place of {shown} would not keep its {what}; nothing was written."
    return RefusedError(
        message, remedy="Run it as the file's owner or as root; or write to another file, and put it in place yourself."
    )
