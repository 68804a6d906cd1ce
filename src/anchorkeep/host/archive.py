"""
The archive: backups and history of stores, in the state folder and never beside a store.

Rules kept here:
- a backup is named by its content's SHA-256, readable by its owner alone, and checked when it is read;
- backup and history are on the disk before the store is replaced, so that a change which was recorded and not carried out is told
  by the store's content; one that fails takes its record back, for the content may be another program's by the next look;
- a folder that others may write is refused: who writes there says what an undo brings back.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep.errors import AnchorkeepError, FileError, InputError, UsageError
from anchorkeep.host import failure, file, history, private_folder
from anchorkeep.host.history import Change, History, Restoration
from anchorkeep.host.temporary import sweep, sync, temporary
from anchorkeep.text import visible

if TYPE_CHECKING:
    from anchorkeep.host.hold import Settle

_ROOT = Path("/var/lib/anchorkeep")
#: What helps where the state folder cannot be used.
REMEDY = "History and backups are kept there; for another place set ANCHORKEEP_STATE to a folder of your own."
#: The folder of the stores' folders.
STORES = "stores"
_HISTORY, _BACKUP = "history.json", ".backup"
#: How a file that is kept there is opened.
READ_ONLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
#: Bytes of a history: twenty changes of fifty lines of a thousand characters, each of six in JSON.
_MAX_HISTORY = 8 * 1024 * 1024


def default_directory(environ: Mapping[str, str], *, is_root: bool) -> Path:
    """
    Return the folder of the state: `/var/lib/anchorkeep` for root, else `anchorkeep` below $XDG_STATE_HOME or ~/.local/state.

    Relative paths are ignored, as the XDG Base Directory Specification has it.

    Raises:
        UsageError: neither XDG_STATE_HOME nor HOME says where the user's state is.
    """
    if is_root:
        return _ROOT
    state, home = Path(environ.get("XDG_STATE_HOME", "")), Path(environ.get("HOME", ""))
    if state.is_absolute():
        return state / "anchorkeep"
    if home.is_absolute():
        return home / ".local" / "state" / "anchorkeep"
    raise UsageError("It is not known where your home directory is.", remedy="Set HOME or XDG_STATE_HOME.")


def name_of(path: Path) -> str:
    """Return the name of a store's folder, links to it followed; it says nothing, for a path is longer than a name may be."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:32]


class Archive:
    """Backups and history of all stores that one user changes; each store has a folder, which only who holds the store writes."""

    def __init__(self, directory: Path) -> None:
        """Name the state folder; it is made by the first change that is recorded, and looked at only when it is needed."""
        self._directory = directory

    def history(self, path: Path, *, data: bytes | None) -> History:
        """
        Return the history of a store, as far as its content tells that changes were carried out.

        Args:
            path: the store, links followed (`Held.path`, `way.destination`).
            data: its content now, None where there is none.

        Raises:
            FileError: the history cannot be read.
            RefusedError: others may write the state folder.
            InputError: the history is damaged.
        """
        with self._opened(path) as folder:
            return self._recorded(folder, path).seen(_sha256(data))

    def record(
        self,
        path: Path,
        *,
        before: bytes | None,
        after: bytes,
        moment: datetime,
        command: tuple[str, ...],
        summary: tuple[str, ...],
    ) -> Settle:
        """
        Keep the content before a change, and note the change, both on the disk when this returns; only while the store is held.

        What is returned ends it: a change that was made forgets what no change needs any more, and one that was not made leaves
        no trace. It raises nothing, for the change is done, or why it is not is what is to be told; what it cannot do is as after
        a killed run.

        Args:
            path: the store, links followed (`Held.path`).
            before: its content now, None where there is none.
            after: the content it is about to get.
            moment: aware.
            command: the words of the command; secrets have no place here.
            summary: lines that say what changes.

        Raises:
            FileError: it cannot be written; the store must not be changed then.
            RefusedError: others may write the state folder.
            InputError: the history that is there is damaged.
        """
        private_folder.make(self._place(path), remedy=REMEDY)
        with self._opened(path) as folder:
            if folder is None:
                raise FileError(f"The folder {visible(str(self._place(path)))} was removed meanwhile.", remedy="Try again.")
            recorded = self._recorded(folder, path)
            change = Change(
                id=recorded.changes[-1].id + 1 if recorded.changes else 1,
                moment=moment,
                command=command,
                summary=summary,
                before=_sha256(before),
                after=hashlib.sha256(after).hexdigest(),
            )
            old = recorded.seen(change.before)
            new = old.with_change(change)
            settle = partial(self._settle, path, old=old, new=new)
            try:
                sweep(folder)
                if before is not None:
                    _back_up(folder, before, name=f"{change.before}{_BACKUP}")
                _write(folder, history.dumps(new), name=_HISTORY)
                sync(folder)
            except BaseException as error:
                settle(is_done=False)
                if isinstance(error, OSError):
                    failure.fail("write", self._place(path), error=error)
                raise
        return settle

    def restoration(self, path: Path, *, data: bytes | None, number: int | None = None) -> Restoration:
        """
        Return what undoing a change brings back: the last change, or the one of that number with all later ones.

        Args:
            path: the store, links followed.
            data: its content now, None where there is none.
            number: the change's id; None for the last one.

        Raises:
            UsageError: there is no such change.
            FileError: the backup is gone or cannot be read.
            InputError: history or backup are damaged.
            RefusedError: others may write the state folder.
        """
        with self._opened(path) as folder:
            change, *lost = self._recorded(folder, path).seen(_sha256(data)).since(number)
            restored = None
            if change.before is not None and folder is not None:
                place = self._place(path) / f"{change.before}{_BACKUP}"
                try:
                    restored = _read(folder, place, limit=file.MAX)
                except FileNotFoundError as error:
                    failure.fail("read", place, error=error)
                if _sha256(restored) != change.before:
                    message = f"The backup {visible(str(place))} is damaged: its content does not match its name."
                    raise InputError(message, remedy="Undo another change.")
            return Restoration(change=change, data=restored, lost=tuple(lost))

    def _settle(self, path: Path, *, old: History, new: History, is_done: bool) -> None:
        with contextlib.suppress(AnchorkeepError, OSError), self._opened(path) as folder:
            if folder is None:
                return
            if not is_done:
                _write(folder, history.dumps(old), name=_HISTORY)
                sync(folder)
            _forget(folder, {f"{kept.before}{_BACKUP}" for kept in (new if is_done else old).changes})

    def _place(self, path: Path) -> Path:
        """Return the folder of a store."""
        return self._directory.absolute() / STORES / name_of(path)

    def _opened(self, path: Path) -> contextlib.AbstractContextManager[int | None]:
        """Open the folder of a store; None where there is none yet."""
        return private_folder.opened(self._directory.absolute(), STORES, self._place(path).name, remedy=REMEDY)

    def _recorded(self, folder: int | None, path: Path) -> History:
        if folder is None:
            return History(path=path)
        place = self._place(path) / _HISTORY
        try:
            return history.loads(_read(folder, place, limit=_MAX_HISTORY), name=str(place))
        except FileNotFoundError:
            return History(path=path)


def _read(folder: int, path: Path, *, limit: int) -> bytes:
    try:
        descriptor = os.open(path.name, READ_ONLY, dir_fd=folder)
    except FileNotFoundError:
        raise
    except OSError as error:
        failure.fail("read", path, error=error)
    try:
        return file.contents(descriptor, path=path, limit=limit)[0]
    except OSError as error:
        failure.fail("read", path, error=error)
    finally:
        os.close(descriptor)


def _back_up(folder: int, data: bytes, *, name: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        if _read(folder, Path(name), limit=file.MAX) == data:
            return
    _write(folder, data, name=name)


def _write(folder: int, data: bytes, *, name: str) -> None:
    with temporary(folder, mode=0o600) as new:
        new.fill(data)
        new.replace(name)


def _forget(folder: int, kept: set[str]) -> None:
    """Remove the backups that no change needs any more."""
    for name in os.listdir(folder):
        if name.endswith(_BACKUP) and name not in kept:
            os.unlink(name, dir_fd=folder)


def _sha256(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()
