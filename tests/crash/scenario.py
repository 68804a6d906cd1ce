"""The changes of a store that are interrupted: what is there before, and the change itself, by the code that is tested."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from anchorkeep.host.archive import Archive
from anchorkeep.host.hold import Held, hold

NEW = b"new store " * 1_500
_MOMENT = datetime(2026, 11, 23, tzinfo=UTC)


def content(number: int) -> bytes:
    """Return the content of a store after so many changes."""
    return b"store %03d " % number * 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """
    A change.

    Attributes:
        changes: how many were made before with a history.
        has_store: whether there is a store without a history.
        is_linked: whether the store is reached through a link from another folder.
        is_undo: whether the change undoes the last one.
    """

    changes: int = 0
    has_store: bool = False
    is_linked: bool = False
    is_undo: bool = False

    def before(self) -> bytes | None:
        """Return the store's content before the change."""
        return content(self.changes) if self.has_store or self.changes else None

    def after(self) -> bytes:
        """Return the store's content after the change."""
        return content(self.changes - 1) if self.is_undo else NEW

    def prepare(self, place: "Place") -> None:
        """Make all that is there before."""
        place.store.parent.mkdir(parents=True)
        if self.is_linked:
            place.link.parent.mkdir()
            place.link.symlink_to(Path("..") / "real" / place.store.name)
        place.rival.write_bytes(b"none of ours")
        if self.has_store:
            place.store.write_bytes(content(0))
        for number in range(1, self.changes + 1):
            change(place.store, place.state, lambda _, number=number: content(number))
        if place.store.exists():
            place.store.chmod(0o640)

    def carry_out(self, place: "Place") -> None:
        """Make the change."""
        path = place.link if self.is_linked else place.store
        change(path, place.state, partial(_undone, place) if self.is_undo else lambda _: NEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a scenario happens."""

    base: Path

    @property
    def store(self) -> Path:
        """The store itself."""
        return self.base / "real" / "trust.jks"

    @property
    def link(self) -> Path:
        """The link to it, where there is one."""
        return self.base / "links" / "cacerts"

    @property
    def rival(self) -> Path:
        """A file that is none of ours."""
        return self.base / "rival"

    @property
    def state(self) -> Path:
        """The state folder."""
        return self.base / "state" / "anchorkeep"

    @property
    def history(self) -> Path:
        """The history of the store."""
        return next((self.state / "stores").glob("*/history.json"), self.state / "none")


SCENARIOS = {
    "new store": Scenario(),
    "first backup": Scenario(has_store=True),
    "edit": Scenario(changes=2),
    "edit that forgets": Scenario(changes=20),
    "undo": Scenario(changes=3, is_undo=True),
    "link": Scenario(changes=1, is_linked=True),
}


def change(path: Path, state: Path, edit: Callable[[Held], bytes]) -> None:
    """Hold a store, edit it, keep what it was, replace it."""
    with hold(path, patience=0) as held:
        data = edit(held)
        record = partial(
            Archive(state).record,
            held.path,
            before=held.data,
            after=data,
            moment=_MOMENT,
            command=("store", "add", "trust.jks"),
            summary=("added 'root'",),
        )
        held.write(data, verify=partial(_require, data), record=record, mode=0o640)


def sha256(data: bytes) -> str:
    """Return the SHA-256 as a history has it."""
    return hashlib.sha256(data).hexdigest()


def _undone(place: Place, held: Held) -> bytes:
    restoration = Archive(place.state).restoration(held.path, data=held.data)
    assert restoration.data is not None
    return restoration.data


def _require(expected: bytes, read_back: bytes) -> None:
    assert read_back == expected


def names(folder: Path) -> set[str]:
    """Return the names in a folder, none where it is not there."""
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()
