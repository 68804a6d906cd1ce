"""
Programs that are left running: started apart from this one, known by a lock that only a living process can hold.

A number in a file does not say that a process lives, since numbers are given again. So who runs holds a lock
(flock) on a file, which the system takes back at its end, however it ends; its number stands in the file.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from anchorkeep.errors import FileError, RefusedError
from anchorkeep.text import DEFAULT_LIMIT, counted, visible

#: What a started program writes on stdout when it is ready.
READY = b"ready\n"
#: Seconds between two looks at a lock.
_PAUSE = 0.02
#: Seconds a process has to end after SIGTERM, before SIGKILL.
_GRACE_SECONDS = 2.0
#: Octets of a log's end that are told when a program did not start.
_TOLD = 2_000


@contextlib.contextmanager
def hold(path: Path, *, seconds: float = 1.0) -> Iterator[None]:
    """
    Hold the lock of a file, which is made where there is none, until the context ends.

    Args:
        path: the file; it holds the number of this process then.
        seconds: how long to wait for it.

    Raises:
        RefusedError: another process holds it.
        FileError: the file cannot be opened.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise _cannot("lock", path, error) from error
    try:
        if not _until(lambda: _lock(descriptor, fcntl.LOCK_EX), seconds):
            message = f"{visible(str(path))} is locked by another process."
            raise RefusedError(message, remedy="Wait for it to end.")
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        yield
    finally:
        os.close(descriptor)


def holder(path: Path) -> int | None:
    """
    Return the number of the process that holds the lock of a file, None where none does.

    Raises:
        FileError: the file is there and cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _cannot("read", path, error) from error
    try:
        if _lock(descriptor, fcntl.LOCK_SH):
            return None
        number = os.pread(descriptor, 20, 0).strip()
        return int(number) if number.isdigit() else 0
    finally:
        os.close(descriptor)


def wait_for_end(path: Path, *, seconds: float) -> bool:
    """Wait until nobody holds the lock of a file and return True, or False when the time is over."""
    return _until(lambda: holder(path) is None, seconds)


def end(path: Path) -> None:
    """
    End the process that holds the lock of a file: by SIGTERM, and where that does not help by SIGKILL.

    Raises:
        RefusedError: it may not be ended, or lives on.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        process = holder(path)
        if not process:
            return
        with contextlib.suppress(ProcessLookupError):
            try:
                os.kill(process, number)
            except PermissionError:
                break
        if wait_for_end(path, seconds=_GRACE_SECONDS):
            return
    message = f"The process {holder(path)} cannot be ended."
    raise RefusedError(message, remedy="End it as its owner.")


@contextlib.contextmanager
def interrupted_by_termination() -> Iterator[None]:
    """Raise KeyboardInterrupt on SIGTERM too, so that what cleans up after the one does after the other."""
    old = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, old)


def start(arguments: Sequence[str], *, log: Path, seconds: float) -> None:
    """
    Start this Python with arguments, apart from this process and its terminal, and wait until it is ready.

    Args:
        arguments: what follows the interpreter; secrets have no place here.
        log: a file that takes its stderr, readable by its owner alone.
        seconds: how long it has to write `READY` on stdout.

    Raises:
        FileError: it could not be started, ended early or was not ready in time; the end of its log is told.
    """
    reader, writer = os.pipe()
    try:
        process = _spawn(arguments, log=log, stdout=writer)
    except OSError as error:
        os.close(reader)
        raise _cannot("start", Path(sys.executable), error) from error
    finally:
        os.close(writer)
    with os.fdopen(reader, "rb", buffering=0) as stream:
        os.set_blocking(reader, False)
        said = bytearray()
        is_over = _until(lambda: _is_over(stream.read(_TOLD), said), seconds)
    if said.endswith(READY):
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    what = "ended before it was ready" if is_over else f"was not ready within {counted(round(seconds), 'second')}"
    raise FileError(f"What was started {what}. It said: {tail(log)}")


def _spawn(arguments: Sequence[str], *, log: Path, stdout: int) -> int:
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, stdout, 1),
        (os.POSIX_SPAWN_OPEN, 2, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600),
    ]
    # Not `subprocess`, which complains when its object goes while the process lives, as is meant here. The
    # environment is handed on unread. `-P`: the current directory is no place for our modules.
    command = [sys.executable, "-P", *arguments]
    return os.posix_spawn(sys.executable, command, os.environ, file_actions=actions, setsid=True)


def _is_over(data: bytes | None, said: bytearray) -> bool:
    """Whether the program is ready or has closed its stdout; None is what a pipe gives that has nothing yet."""
    said += data or b""
    return data == b"" or said.endswith(READY)


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _until(condition: Callable[[], bool], seconds: float) -> bool:
    end_time = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end_time:
            return False
        time.sleep(_PAUSE)
    return True


def tail(log: Path) -> str:
    """Return the last that a program said, in one line that is safe to print; `nothing` where it said nothing."""
    try:
        lines = log.read_bytes()[-_TOLD:].decode("utf-8", "replace").split("\n")
    except OSError:
        lines = []
    told = " ".join(line.strip() for line in lines if line.strip())
    return visible(told[-DEFAULT_LIMIT:]) or "nothing"


def _cannot(verb: str, path: Path, error: OSError) -> FileError:
    return FileError(f"Cannot {verb} {visible(str(path))}: {(error.strerror or 'it failed').lower()}.")
