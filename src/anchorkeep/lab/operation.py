"""
What `anchorkeep lab` does: up, down, status, rotate, misbehave, and the server that stands behind them.

There is no control socket: whoever changes the lab replaces its state in one step, and the server looks at the
state's identity at each connection. When a change returns, the next handshake shows it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass

from anchorkeep.errors import AnchorkeepError, FileError, RefusedError, UsageError
from anchorkeep.host import process, replacement
from anchorkeep.lab import cloud, directory, pki
from anchorkeep.lab.cloud import Clock, Entropy, now
from anchorkeep.lab.directory import Directory
from anchorkeep.lab.mode import Mode
from anchorkeep.lab.pki import Part
from anchorkeep.lab.state import State

#: Seconds a server has to begin and to end; on two cores the whole of `lab up` takes 0.7 to 1.1, `lab down` 0.5.
_START_SECONDS = 30.0
_END_SECONDS = 10.0
#: Seconds between two looks for the mark that ends the server.
_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """
    How a lab is.

    Attributes:
        directory: where it is.
        state: what it is; None where there is no lab.
        process: the number of the server's process; None where it does not run.
    """

    directory: Directory
    state: State | None
    process: int | None


def status(where: Directory) -> Status:
    """
    Return how the lab in a directory is.

    Raises:
        InputError: its state cannot be read.
        FileError: as for `InputError`.
    """
    if not where.is_lab:
        return Status(directory=where, state=None, process=None)
    return Status(directory=where, state=where.load(), process=where.server)


def up(where: Directory, *, clock: Clock = now, entropy: Entropy = os.urandom) -> Status:
    """
    Bring a lab up in the background and return when it serves; one that runs is left as it is.

    A lab whose server was lost (a crash, a reboot) comes up with the certificates and ports it had.

    Args:
        where: its directory.
        clock: gives the time for which certificates are made.
        entropy: where serial numbers come from.

    Raises:
        RefusedError: the directory holds something else.
        FileError: it cannot be written, or the server did not start.
    """
    if where.server is None:
        is_new = _found(where, clock=clock, entropy=entropy)
        arguments = ("-m", "anchorkeep.cli", "lab", "serve", "--dir", str(where.path))
        try:
            process.start(arguments, log=where.log, seconds=_START_SECONDS)
        except FileError:
            if is_new:
                where.remove()
            raise
    return status(where)


def run(
    where: Directory,
    *,
    announce: Callable[[Status], None],
    clock: Clock = now,
    entropy: Entropy = os.urandom,
) -> None:
    """
    Bring a lab up in this process, and end and remove it when `down` is called or the user interrupts.

    Args:
        where: its directory.
        announce: called when it serves.
        clock: gives the time for which certificates are made.
        entropy: where serial numbers come from.

    Raises:
        RefusedError: it runs already, or the directory holds something else.
        FileError: it cannot be written.
    """
    if where.server is not None:
        raise RefusedError("The lab runs already.", remedy="End it with: anchorkeep lab down")
    _found(where, clock=clock, entropy=entropy)
    try:
        with contextlib.suppress(KeyboardInterrupt), process.interrupted_by_termination():
            serve(where, announce=announce)
    finally:
        if where.is_lab and not where.stop.exists():
            where.remove()


def serve(where: Directory, *, announce: Callable[[Status], None]) -> None:
    """
    Serve the lab of a directory in this process until it is to end.

    Args:
        where: its directory.
        announce: called when it serves.

    Raises:
        RefusedError: another process serves it.
        UsageError: there is no lab, or a port it had is taken.
        FileError: it cannot be written.
    """
    with process.hold(where.server_lock):
        where.stop.unlink(missing_ok=True)
        asyncio.run(_serve(where, announce))


def down(where: Directory) -> bool:
    """
    End the lab in a directory, remove what it made, and return whether there was one.

    Raises:
        RefusedError: its server cannot be ended.
        FileError: something cannot be removed.
    """
    if not where.is_lab:
        return False
    if where.server is not None:
        replacement.replace(where.stop, b"")
        if not process.wait_for_end(where.server_lock, seconds=_END_SECONDS):
            process.end(where.server_lock)
    where.remove()
    return True


def rotate(
    where: Directory,
    part: Part,
    *,
    names: tuple[str, ...] = (),
    has_cross_sign: bool = False,
    is_dry_run: bool = False,
    clock: Clock = now,
    entropy: Entropy = os.urandom,
) -> State:
    """
    Swap certificates under the running services and return the new state; see `pki.rotate`.

    A dry run writes nothing and returns what would be.

    Raises:
        UsageError: there is no such lab or environment.
        RefusedError: the lab does not run, or another change goes on.
        FileError: the state cannot be read or written.
    """

    def change(state: State) -> State:
        return pki.rotate(state, part, names=names, has_cross_sign=has_cross_sign, at=clock(), entropy=entropy)

    return _change(where, change, is_dry_run=is_dry_run)


def misbehave(
    where: Directory,
    mode: Mode,
    *,
    names: tuple[str, ...] = (),
    is_dry_run: bool = False,
    clock: Clock = now,
    entropy: Entropy = os.urandom,
) -> State:
    """
    Let running services misbehave, or behave again, and return the new state; see `pki.misbehave`.

    A dry run writes nothing and returns what would be.

    Raises:
        UsageError: there is no such lab or environment.
        RefusedError: the lab does not run, or another change goes on.
        FileError: the state cannot be read or written.
    """

    def change(state: State) -> State:
        return pki.misbehave(state, mode, names=names, at=clock(), entropy=entropy)

    return _change(where, change, is_dry_run=is_dry_run)


def require_running(where: Directory) -> State:
    """
    Return the state of a lab that runs.

    Raises:
        UsageError: there is none, or it does not run.
    """
    state = where.load()
    if where.server is None:
        raise UsageError("The lab does not run.", remedy="Start it with: anchorkeep lab up")
    return state


def _found(where: Directory, *, clock: Clock, entropy: Entropy) -> bool:
    """Make a lab where there is none, and return whether one was made."""
    if where.is_lab:
        where.load()
        return False
    directory.found(where, pki.found(at=clock(), entropy=entropy))
    return True


def _change(where: Directory, change: Callable[[State], State], *, is_dry_run: bool) -> State:
    state = require_running(where)
    if is_dry_run:
        return change(state)
    with where.changing():
        state = change(where.load())
        where.save(state)
    return state


async def _serve(where: Directory, announce: Callable[[Status], None]) -> None:
    watched = _Watched(where)
    async with cloud.listening(watched) as ports:
        with where.changing():
            where.save(cloud.with_ports(where.load(), ports))
        announce(status(where))
        # A lab whose state is gone was removed by hand.
        while where.is_lab and not where.stop.exists():  # noqa: ASYNC110 (another process makes the mark)
            await asyncio.sleep(_LOOK_SECONDS)


class _Watched:
    """The state of a directory, read again when it was written."""

    def __init__(self, where: Directory) -> None:
        self._where = where
        self._identity = where.identity()
        self._state = where.load()

    def __call__(self) -> State:
        identity = self._where.identity()
        if identity != self._identity and identity is not None:
            # A state that cannot be read leaves the services as they are; who wrote it was told.
            with contextlib.suppress(AnchorkeepError):
                self._state = self._where.load()
                self._identity = identity
        return self._state
