"""
The lab on disk.

    DIR/anchorkeep.toml   environments with their ports, and the pool file: what `--config` takes
    DIR/root.pem          every root the lab has had, oldest first
    DIR/private/          mode 0700: the state with its private keys, the locks, the server's log

Rules kept here:
- a directory that holds anything but a lab is left alone;
- what is removed at the end is what the lab made, file by file, and the directory only when it made that too.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from anchorkeep import formats
from anchorkeep.errors import FileError, InputError, RefusedError, UsageError
from anchorkeep.host import file, process, replacement
from anchorkeep.lab import cloud, pki, site
from anchorkeep.lab import state as states
from anchorkeep.lab.state import State
from anchorkeep.text import visible

#: Bytes of a state; 200 certificates of the mode `many` take 80 KB.
_MAX_STATE = 8 * 1024 * 1024
#: Seconds a change waits for another one.
_CHANGE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Directory:
    """
    A lab's directory.

    Attributes:
        path: where it is, absolute.
    """

    path: Path

    @property
    def settings(self) -> Path:
        """The settings file that names the lab's services."""
        return self.path / "anchorkeep.toml"

    @property
    def root(self) -> Path:
        """The file of its roots."""
        return self.path / "root.pem"

    @property
    def private(self) -> Path:
        """The directory of all that is nobody else's business."""
        return self.path / "private"

    @property
    def state(self) -> Path:
        """The state, private keys included."""
        return self.private / "state.json"

    @property
    def log(self) -> Path:
        """What the server has to complain about."""
        return self.private / "server.log"

    @property
    def server_lock(self) -> Path:
        """Held by the server as long as it lives."""
        return self.private / "server.lock"

    @property
    def stop(self) -> Path:
        """There when the server is to end."""
        return self.private / "stop"

    @property
    def _change_lock(self) -> Path:
        return self.private / "change.lock"

    @property
    def is_lab(self) -> bool:
        """Whether there is a lab in it, running or not."""
        return self.state.is_file()

    @property
    def server(self) -> int | None:
        """The number of the server's process, None where it does not run."""
        return process.holder(self.server_lock)

    def identity(self) -> tuple[int, int, int] | None:
        """Return what changes whenever the state is written, None where there is no state."""
        try:
            status = self.state.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def prepare(self) -> bool:
        """
        Make the directory where there is none, and return whether it was made.

        Raises:
            RefusedError: it holds something else, or others may write in it.
            FileError: it cannot be made.
        """
        self.refuse_foreign()
        try:
            has_made = not self.path.exists()
            # For its owner alone, whatever the process masks: who can write here can swap the root.
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.refuse_if_writable_by_others(self.path)
            self.private.mkdir(mode=0o700)
        except OSError as error:
            raise _cannot("make", self.path, error) from error
        return has_made

    def refuse_foreign(self) -> None:
        """
        Refuse a directory that holds something but no lab.

        Raises:
            RefusedError: it does, or it is no directory.
            FileError: it cannot be read.
        """
        if self.is_lab:
            return
        try:
            entry = next(iter(self.path.iterdir()), None)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _cannot("use", self.path, error) from error
        if entry is not None:
            message = f"{visible(str(self.path))} holds {visible(entry.name)} and no lab."
            raise RefusedError(message, remedy="Give an empty directory, or one that does not exist, with --dir.")

    def load(self) -> State:
        """
        Return the state.

        Raises:
            UsageError: there is no lab.
            FileError: it cannot be read.
            InputError: it is no state of this version.
        """
        if not self.is_lab:
            message = f"There is no lab in {visible(str(self.path))}."
            raise UsageError(message, remedy="Start one with: anchorkeep lab up")
        return states.loads(file.read(self.state, limit=_MAX_STATE))

    def save(self, state: State) -> None:
        """
        Write the state and what people read of it. The state comes last: it is what the services show.

        Raises:
            FileError: a file cannot be written.
        """
        replacement.replace(self.root, formats.dumps(pki.certificates(state), format="pem"))
        replacement.replace(self.settings, _settings(state, self.root.name).encode())
        replacement.write_secret(self.state, states.dumps(state))

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """
        Keep other changes out, so that none is lost.

        Raises:
            RefusedError: another change goes on and does not end.
        """
        with process.hold(self._change_lock, seconds=_CHANGE_SECONDS):
            yield

    def remove(self) -> None:
        """
        Remove what the lab made; files of others stay, and their directory with them.

        Raises:
            FileError: something cannot be removed.
        """
        has_made_directory = self._has_made_directory()
        own = (self.settings, self.root, self.stop, self.log, self.server_lock, self._change_lock)
        try:
            # Of a write that was cut short.
            for left in (*self.private.glob(".anchorkeep-*.tmp"), *own):
                left.unlink(missing_ok=True)
            # The state is what makes it a lab: what fails before can be tried again.
            self.state.unlink(missing_ok=True)
            self.private.rmdir()
            if has_made_directory and not any(self.path.iterdir()):
                self.path.rmdir()
        except OSError as error:
            raise _cannot("remove", self.path, error) from error

    def _has_made_directory(self) -> bool:
        try:
            return self.load().has_made_directory
        except (FileError, UsageError, InputError):
            return False


def found(directory: Directory, state: State) -> State:
    """
    Put a new lab into a directory and return it.

    Raises:
        RefusedError: the directory holds something else.
        FileError: it cannot be written.
    """
    state = replace(state, has_made_directory=directory.prepare())
    replacement.write_secret(directory.state, states.dumps(state))
    return state


def _settings(state: State, root: str) -> str:
    lines = ["# Written by `anchorkeep lab up`; gone with `anchorkeep lab down`."]
    for name in site.ENVIRONMENTS:
        # On this machine, where no proxy can reach it.
        lines += ["", f"[environments.{name}]", 'proxy = "none"', "endpoints = ["]
        lines += [f'  {{ target = "{item.host}", connect = "{item.connect}" }},' for item in cloud.endpoints(state, name)]
        lines += ["]"]
    lines += ["", "[pools]", f'files = ["{root}"]']
    # The lab's issuer URLs lead to this machine.
    lines += ["", "[aia]", "allow_private = true", f"ports = [{state.aia_port or ''}]"]
    return "\n".join([*lines, ""])


def _cannot(verb: str, path: Path, error: OSError) -> FileError:
    return FileError(f"Cannot {verb} {visible(str(path))}: {(error.strerror or 'it failed').lower()}.")
