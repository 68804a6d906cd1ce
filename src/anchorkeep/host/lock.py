"""
The lock of a folder, so that two changes of a store exclude each other, and nothing stands beside the store.

It is advisory (flock(2)): it binds those who ask for it, and every program may ask that may read the folder. The system ends it
with the process, however that ends. On NFS a folder's lock is known to this machine alone; what another one changes is found by a
look at the store before it is replaced.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from anchorkeep.errors import RefusedError
from anchorkeep.host import failure
from anchorkeep.text import visible

_PAUSE = 0.02
_LOCKS = Path("/proc/locks")


def lock(folder: int, *, path: Path, patience: float) -> None:
    """
    Lock a folder until its descriptor is closed.

    Args:
        folder: a descriptor that may read it.
        path: its name in messages.
        patience: seconds to wait for another change to end.

    Raises:
        RefusedError: another process holds it.
        FileError: its file system has no locks, or fails.
    """
    end = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                raise _busy(folder, path) from None
        except OSError as error:
            failure.fail("lock", path, error=error)
        else:
            return
        time.sleep(_PAUSE)


def _busy(folder: int, path: Path) -> RefusedError:
    process = _holder(os.fstat(folder))
    whose, which = (f" ({process})", f": `ps -fp {process}` tells which") if process else ("", "")
    message = f"Another process{whose} holds the lock of the folder {visible(str(path))}, as a change of a store does."
    remedy = f"Wait for it to end, then try again. Whoever may read the folder can lock it, other programs too{which}."
    return RefusedError(message, remedy=remedy)


def _holder(folder: os.stat_result) -> int | None:
    """Return the process that holds the lock of a file, as far as the system tells (proc_locks(5))."""
    try:
        lines = _LOCKS.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return None
    place = f"{os.major(folder.st_dev):02x}:{os.minor(folder.st_dev):02x}:{folder.st_ino}"
    for line in lines:
        # 1: FLOCK  ADVISORY  WRITE 709 fe:00:1234 0 EOF
        match line.split():
            case [_, "FLOCK", "ADVISORY", "WRITE", process, where, *_] if where == place and process.isdigit():
                return int(process) or None
            case _:
                continue
    return None
