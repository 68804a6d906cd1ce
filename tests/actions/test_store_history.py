from pathlib import Path

import pytest

from anchorkeep.actions import store, store_edit, store_history, store_password
from anchorkeep.actions.store_write import State
from anchorkeep.errors import FileError, RefusedError, UsageError
from anchorkeep.model.edit import Addition
from anchorkeep.model.edit import Change as Edit
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
    """A store that was never changed here has an empty history; of one that neither is nor was there, nothing can be told."""
    (tmp_path / "store").write_bytes(stores.jks())
    assert store_history.history(tmp_path / "store", state=tmp_path / "state").changes == ()
    with pytest.raises(FileError, match="no store"):
        store_history.history(tmp_path / "none", state=tmp_path / "state")


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
    """Bytes come back under their old password, which is said; the given password and the known ones are tried on either side."""
    store_password.change(path, new_password="s3cret!", terms=terms(path.parent))
    undone = store_history.undo(path, password="s3cret!", terms=terms(path.parent))
    assert (undone.state, undone.change) == (State.REPLACED, Edit())
    assert "The password is again the one from before change 4." in undone.notes
    assert aliases(path) == ["one", "two", "three"]
    summaries = [item.summary for item in store_history.history(path, state=path.parent / "state").changes]
    assert summaries[3:] == [("password changed",), ("password changed",)]


def test_side_that_stays_closed_is_named(tmp_path: Path) -> None:
    """A password that opens one side, or none, shows nothing of what comes and goes, and it is said which side stays closed."""
    path = tmp_path / "store.p12"
    certificates = [Addition(certificate=item) for item in (ONE, TWO)]
    store_edit.new(path, certificates[:1], format="pkcs12", password="first-one", terms=terms(tmp_path))
    store_edit.add(path, certificates[1:], password="first-one", terms=terms(tmp_path))
    store_password.change(path, password="first-one", new_password="second-one", terms=terms(tmp_path))
    for password, closed in (
        ("first-one", ["The store as it is now"]),
        ("second-one", ["What comes back"]),
        ("wrong", ["The store as it is now", "What comes back"]),
    ):
        undone = store_history.undo(path, number=2, password=password, terms=terms(tmp_path, is_dry_run=True))
        assert undone.change is None
        said = [note.partition(" was not looked into: the password given does not open it")[0] for note in undone.notes]
        assert said == ["The password is again the one from before change 3.", *closed]


def test_store_that_was_removed_comes_back(path: Path) -> None:
    """A store that somebody removed is made again by an undo, which says what of it comes back and what does not."""
    path.unlink()
    undone = store_history.undo(path, terms=terms(path.parent))
    assert (undone.state, undone.is_foreign_lost) == (State.CREATED, False)
    assert undone.change
    assert [entry.alias for entry in undone.change.added] == ["one", "two"]
    assert any("The store is gone" in note and "before change 3" in note for note in undone.notes)
    assert aliases(path) == ["one", "two"]


def test_making_of_a_store_that_is_gone_is_remembered(path: Path) -> None:
    """A store that was undone, removed and made anew has every change in its history, and its first is never taken back."""
    path.unlink()
    store_history.undo(path, terms=terms(path.parent))
    path.unlink()
    assert numbers(path) == [1, 2, 3, 4]
    with pytest.raises(RefusedError, match="There is no store"):
        store_history.undo(path, terms=terms(path.parent))
    store_edit.new(path, [Addition(certificate=ONE)], format="jks", password=None, terms=terms(path.parent))
    assert numbers(path) == [1, 2, 3, 4, 5]


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
    with pytest.raises(UsageError) as caught:
        store_history.undo(path, number=9, terms=terms(path.parent))
    assert "store history" in caught.value.remedy
    (path.parent / "other").write_bytes(path.read_bytes())
    with pytest.raises(UsageError) as caught:
        store_history.undo(path.parent / "other", terms=terms(path.parent))
    assert "Check the path" in caught.value.remedy
