"""
A model of a disk that loses power: what may be on it after, for every moment of a traced change.

POSIX promises no more than this: what was written to a file is there after its fsync, what was done to the names of a folder
after the folder's. Of all else any part may be there, in any order; a file may be cut short, or hold zeros where it was written.
"""

import itertools
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tests.crash.trace import Call

# Beyond so many states of one moment, so many are drawn by chance, always the same; none of ours has as many, a mutant has.
_MAX_STATES = 4_096
_FOLDER = -1

#: What is on the disk: contents by path.
State = dict[str, bytes]


@dataclass(slots=True)
class _File:
    """A file: what surely is on the disk, and what the system believes it holds."""

    durable: bytes
    written: bytes

    def variants(self) -> tuple[bytes, ...]:
        if self.durable == self.written:
            return (self.written,)
        half = self.written[: len(self.written) // 2]
        return tuple(dict.fromkeys((self.durable, self.written, half, b"\0" * len(self.written))))


@dataclass(slots=True)
class _Folder:
    """A folder: the names that surely are on the disk, those of now, and the steps between the two."""

    durable: dict[str, int] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    steps: list[tuple[tuple[str, int | None], ...]] = field(default_factory=list)

    def do(self, *step: tuple[str, int | None]) -> None:
        """Give and take names in one step, which is on the disk whole or not at all; None takes one."""
        _apply(self.names, step)
        self.steps.append(step)

    def sync(self) -> None:
        self.durable, self.steps = dict(self.names), []


class Disk:
    """The files below a folder, of which all are on the disk at the beginning, as traced calls change them."""

    def __init__(self, base: Path) -> None:
        """Take what is there."""
        self._base = str(base)
        self._files: list[_File] = []
        self._folders: dict[str, _Folder] = {}
        self._open: dict[int, tuple[str, int]] = {}
        for folder, folders, files in os.walk(base):
            names = dict.fromkeys(folders, _FOLDER) | {name: self._new((Path(folder) / name).read_bytes()) for name in files}
            self._folders[folder] = _Folder(durable=names, names=dict(names))

    def replay(self, calls: tuple[Call, ...]) -> Iterator[list[State]]:
        """Do each call, and after each that changed something return all states in which the power may leave the disk."""
        for call in calls:
            if self._do(call):
                yield self._states()

    def _do(self, call: Call) -> bool:
        """Do a call; return whether it changed anything below the base."""
        arguments = call.arguments
        match call.name:
            case "openat":
                return self._opened(arguments, call.result)
            case "write" if int(arguments[0]) in self._open:
                data = arguments[1]
                assert isinstance(data, bytes)
                self._file(int(arguments[0])).written += data[: call.result]
            case "fsync" if int(arguments[0]) in self._open:
                path, number = self._open[int(arguments[0])]
                if number == _FOLDER:
                    self._folders[path].sync()
                else:
                    self._files[number].durable = self._files[number].written
            case "mkdir" | "mkdirat":
                path = self._path("AT_FDCWD" if call.name == "mkdir" else arguments[0], arguments[-2])
                self._give(path, _FOLDER)
                self._folders[path] = _Folder()
            case "renameat" | "rename":
                source, target = self._two(call)
                number = self._folders[_parent(source)].names[_name(source)]
                assert _parent(source) == _parent(target)
                self._folders[_parent(source)].do((_name(source), None), (_name(target), number))
            case "linkat" | "link":
                source, target = self._two(call)
                self._give(target, self._folders[_parent(source)].names[_name(source)])
            case "unlinkat" | "unlink":
                path = self._path(*(arguments[:2] if call.name == "unlinkat" else ("AT_FDCWD", arguments[0])))
                self._give(path, None)
            case "close":
                self._open.pop(int(arguments[0]), None)
                return False
            case _:
                return False
        return True

    def _opened(self, arguments: tuple[bytes | str, ...], descriptor: int) -> bool:
        path, flags = self._path(*arguments[:2]), str(arguments[2]).split("|")
        self._open.pop(descriptor, None)
        if not path.startswith(self._base):
            self._open[descriptor] = (path, _FOLDER)  # Only a step on the way.
            return False
        if path in self._folders:
            self._open[descriptor] = (path, _FOLDER)
            return False
        known = self._folders[_parent(path)].names
        is_new = _name(path) not in known
        if is_new:
            assert "O_CREAT" in flags
            self._give(path, self._new(b""))
            self._file_at(path).durable = b""
        number = known[_name(path)]
        self._open[descriptor] = (path, number)
        if "O_TRUNC" in flags:
            self._files[number].written = b""
        return is_new or "O_TRUNC" in flags

    def _states(self) -> list[State]:
        """Return what may be on the disk if the power goes now."""
        pending = [(path, step) for path, folder in self._folders.items() for step in folder.steps]
        unsynced = [number for number, item in enumerate(self._files) if item.durable != item.written]
        choices = [
            *([(False, True)] * len(pending)),
            *(self._files[number].variants() for number in unsynced),
        ]
        count = 1
        for choice in choices:
            count *= len(choice)
        drawn: Iterator[tuple[object, ...]] = itertools.product(*choices)
        if count > _MAX_STATES:
            chance = random.Random(count)
            drawn = (tuple(chance.choice(choice) for choice in choices) for _ in range(_MAX_STATES))
        return [self._state(pending, unsynced, choice) for choice in drawn]

    def _state(
        self, pending: list[tuple[str, tuple[tuple[str, int | None], ...]]], unsynced: list[int], choice: tuple[object, ...]
    ) -> State:
        folders = {path: dict(folder.durable) for path, folder in self._folders.items()}
        for (path, step), is_there in zip(pending, choice, strict=False):
            if is_there:
                _apply(folders[path], step)
        contents = dict(zip(unsynced, choice[len(pending) :], strict=True))
        state: State = {}
        reached = [self._base]
        while reached:
            folder = reached.pop()
            for name, number in folders[folder].items():
                path = f"{folder}/{name}"
                if number == _FOLDER:
                    reached.append(path)
                else:
                    data = contents.get(number, self._files[number].written)
                    assert isinstance(data, bytes)
                    state[path.removeprefix(f"{self._base}/")] = data
        return state

    def _new(self, data: bytes) -> int:
        self._files.append(_File(durable=data, written=data))
        return len(self._files) - 1

    def _give(self, path: str, number: int | None) -> None:
        self._folders[_parent(path)].do((_name(path), number))

    def _file(self, descriptor: int) -> _File:
        return self._files[self._open[descriptor][1]]

    def _file_at(self, path: str) -> _File:
        return self._files[self._folders[_parent(path)].names[_name(path)]]

    def _two(self, call: Call) -> tuple[str, str]:
        if call.name.endswith("at"):
            return self._path(*call.arguments[:2]), self._path(*call.arguments[2:4])
        return self._path("AT_FDCWD", call.arguments[0]), self._path("AT_FDCWD", call.arguments[1])

    def _path(self, folder: bytes | str, name: bytes | str) -> str:
        assert isinstance(name, bytes)
        text = os.fsdecode(name)
        start = "/" if folder == "AT_FDCWD" else self._open[int(folder)][0]
        return os.path.normpath(PurePosixPath(start) / text)


def _apply(names: dict[str, int], step: tuple[tuple[str, int | None], ...]) -> None:
    for name, number in step:
        if number is None:
            names.pop(name, None)
        else:
            names[name] = number


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _name(path: str) -> str:
    return path.rpartition("/")[2]
