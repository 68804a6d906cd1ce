"""Faults that are planted in the code, each of which the tests must find: what is taken out is what makes a change safe."""

import itertools
import os
import secrets
from collections.abc import Callable
from functools import partial

from anchorkeep.host.temporary import Temporary
from tests.crash.scenario import Place


def without_sync(_: Place) -> None:
    """Nothing is brought to the disk."""
    os.fsync = lambda _: None


def without_one_sync(number: int, _: Place) -> None:
    """All but one of what has to be brought to the disk is."""
    fsync, counted = os.fsync, itertools.count(1)

    def sync(descriptor: int) -> None:
        if next(counted) != number:
            fsync(descriptor)

    os.fsync = sync


def without_exclusion(_: Place) -> None:
    """A temporary name that is there already is opened and written."""
    opened = os.open

    def open_any(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        return opened(path, flags & ~os.O_EXCL, mode, dir_fd=dir_fd)

    os.open = open_any


def in_place(place: Place) -> None:
    """The store is written where it is; history and backups are as they ought to be."""
    replace = Temporary.replace

    def write(self: Temporary, name: str) -> None:
        if name != place.store.name:
            replace(self, name)
            return
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600, dir_fd=self.folder)
        os.write(descriptor, os.pread(self.descriptor, 1 << 20, 0))
        os.fsync(descriptor)
        os.close(descriptor)
        os.unlink(self.name, dir_fd=self.folder)

    Temporary.replace = Temporary.take = write  # type: ignore[method-assign]
    # It takes what it wrote for its own; else the record would be taken back, another fault than the one that is planted.
    Temporary.has = lambda *_: True  # type: ignore[method-assign]


def with_a_rival(place: Place) -> None:
    """No fault of ours: another program guesses the temporary name, and gives it to a file of its own right before we do."""
    chosen = secrets.token_hex

    def guessed(length: int) -> str:
        name = chosen(length)
        os.link(place.rival, place.store.parent / f".anchorkeep-{name}.new")
        secrets.token_hex = chosen
        return name

    secrets.token_hex = guessed


def crashing(_: Place) -> None:
    """No fault that is to be found: the mutant itself is wrong, as after a renaming, and fails when it is used."""
    Temporary.replace = lambda: None  # type: ignore[method-assign, assignment, misc]


def unplanted(_: Place) -> None:
    """Neither: it cannot even be planted."""
    raise AttributeError


#: By the name of what is taken out, or of who else is there.
MUTANTS: dict[str, Callable[[Place], None]] = {
    "fsync": without_sync,
    "O_EXCL": without_exclusion,
    "rename": in_place,
    "rival": with_a_rival,
    "crash": crashing,
    "no mutant": unplanted,
} | {f"fsync {number}": partial(without_one_sync, number) for number in range(1, 20)}
