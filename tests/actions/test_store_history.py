from pathlib import Path

import pytest

from anchorkeep.actions import store, store_edit, store_history, store_password
from anchorkeep.actions.store_write import State
from anchorkeep.errors import RefusedError, UsageError
from anchorkeep.model.edit import Addition
from tests.data import stores
from tests.peers.terms import NOW, terms

ONE, TWO, THREE = (stores.certificate(name) for name in ("one", "two", "three"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a store that was made, and got a second and a third certificate."""
    path = tmp_path / "store"
    store_edit.new(path, [Addition(certificate=ONE, alias="one")], format="jks", password=None, terms=terms(tmp_path))
    for name, certificate in (("two", TWO), ("three", THREE)):
        store_edit.add(path, [Addition(certificate=certificate, alias=name)], terms=terms(tmp_path))
    return path


def aliases(path: Path) -> list[str | None]:
    """Return the aliases in a store now."""
    return [entry.alias for entry in store.read(path).store.entries]


def numbers(path: Path) -> list[int]:
    """Return the ids of the changes in a store's history."""
    return [change.id for change in store_history.history(path, state=path.parent / "state").changes]


def test_history_lists_every_change(path: Path) -> None:
    """Each change is listed with when and what, the oldest first, through a link as well."""
    (path.parent / "link").symlink_to(path)
    found = store_history.history(path.parent / "link", state=path.parent / "state")
    assert [(item.id, item.moment) for item in found.changes] == [(1, NOW), (2, NOW), (3, NOW)]
    assert [item.summary[0].split(" (")[0] for item in found.changes] == ["added 'one'", "added 'two'", "added 'three'"]
    assert found.is_current


def test_store_without_changes_has_no_history(tmp_path: Path) -> None:
    """A store that was never changed here, and one that is not there, have an empty history."""
    (tmp_path / "store").write_bytes(stores.jks())
    for name in ("store", "none"):
        assert store_history.history(tmp_path / name, state=tmp_path / "state").changes == ()


def test_last_change_is_undone(path: Path) -> None:
    """The bytes from before the last change come back, what goes is shown, and the undo is a change that can be undone."""
    data = path.read_bytes()
    undone = store_history.undo(path, terms=terms(path.parent))
    assert (undone.state, undone.undone.id, undone.lost, undone.is_foreign_lost) == (State.REPLACED, 3, (), False)
    assert undone.change
    assert [entry.alias for entry in undone.change.removed] == ["three"]
    assert undone.change.added == ()
    assert aliases(path) == ["one", "two"]
    assert numbers(path) == [1, 2, 3, 4]
    store_history.undo(path, terms=terms(path.parent))
    assert path.read_bytes() == data


def test_earlier_change_is_undone_with_later_ones(path: Path) -> None:
    """An earlier change takes the later ones with it, which are named before."""
    planned = store_history.undo(path, number=2, terms=terms(path.parent, is_dry_run=True))
    assert planned.state is State.PLANNED
    assert [item.id for item in planned.lost] == [3]
    assert aliases(path) == ["one", "two", "three"]
    assert numbers(path) == [1, 2, 3]
    store_history.undo(path, number=2, terms=terms(path.parent))
    assert aliases(path) == ["one"]


def test_what_another_program_did_is_lost_and_said(path: Path) -> None:
    """Where another program changed the store since, an undo says that this is lost."""
    path.write_bytes(stores.jks(stores.jks_trusted("foreign", TWO)))
    assert not store_history.history(path, state=path.parent / "state").is_current
    undone = store_history.undo(path, terms=terms(path.parent))
    assert undone.is_foreign_lost
    assert aliases(path) == ["one", "two"]


def test_change_of_password_is_undone(path: Path) -> None:
    """Bytes come back under their old password; what comes and goes is not shown where one password opens only one of both."""
    store_password.change(path, new_password="s3cret!", terms=terms(path.parent))
    undone = store_history.undo(path, password="s3cret!", terms=terms(path.parent))
    assert (undone.state, undone.change) == (State.REPLACED, None)
    assert aliases(path) == ["one", "two", "three"]


def test_store_that_was_removed_comes_back(path: Path) -> None:
    """A store that somebody removed is made again by an undo; nothing is there to compare it with."""
    path.unlink()
    undone = store_history.undo(path, terms=terms(path.parent))
    assert (undone.state, undone.change) == (State.CREATED, None)
    assert aliases(path) == ["one", "two"]


def test_key_comes_back_for_its_owner_alone(tmp_path: Path) -> None:
    """A removed store that comes back with a key, or that no password opens, is readable for its owner alone; another for all."""
    for name, password, mode in (("key", "changeit", 0o600), ("key", "s3cret", 0o600), ("none", "changeit", 0o644)):
        path = tmp_path / f"{name}-{password}"
        entry = stores.jks_key("key", [ONE]) if name == "key" else stores.jks_trusted("one", ONE)
        path.write_bytes(stores.jks(entry, password=password))
        store_edit.add(path, [Addition(certificate=TWO)], password=password, terms=terms(tmp_path))
        path.unlink()
        store_history.undo(path, terms=terms(tmp_path))
        assert path.stat().st_mode & 0o777 & ~mode == 0


def test_making_a_store_is_not_undone(path: Path) -> None:
    """The change that made a file has nothing before it; the file is left for its owner to remove."""
    with pytest.raises(RefusedError, match="nothing before it"):
        store_history.undo(path, number=1, terms=terms(path.parent))
    assert aliases(path) == ["one", "two", "three"]


def test_unknown_change_is_refused(path: Path) -> None:
    """A number that no change has is refused, and so is an undo without changes."""
    with pytest.raises(UsageError):
        store_history.undo(path, number=9, terms=terms(path.parent))
    (path.parent / "other").write_bytes(path.read_bytes())
    with pytest.raises(UsageError):
        store_history.undo(path.parent / "other", terms=terms(path.parent))
