import hashlib
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from anchorkeep import formats
from anchorkeep.actions import store, store_edit, store_history
from anchorkeep.actions.store_write import State, Written
from anchorkeep.errors import (
    AnchorkeepError,
    FileError,
    RefusedError,
    StoreIntegrityError,
    UsageError,
)
from anchorkeep.formats.capability import CAPABILITIES
from anchorkeep.model import alias
from anchorkeep.model.edit import Addition
from anchorkeep.model.truststore import Integrity
from tests.data import stores
from tests.peers.terms import AT, terms

ONE, TWO, THREE = (stores.certificate(name) for name in ("one", "two", "three"))
NAMED = [name for name, capability in CAPABILITIES.items() if capability.has_aliases]


def made(path: Path, format_name: str = "jks", *certificates: object, password: str | None = None) -> Written:
    """Make a store that holds the first certificate, or those given."""
    additions = [Addition(certificate=item) for item in certificates or (ONE,)]
    return store_edit.new(path, additions, format=format_name, password=password, terms=terms(path.parent))


def held(path: Path, password: str | None = None) -> tuple[object, ...]:
    """Return the certificates that a store trusts now."""
    return store.read(path, password=password).store.trusted


@pytest.mark.parametrize("format_name", CAPABILITIES)
def test_store_is_made_and_edited(tmp_path: Path, format_name: str) -> None:
    """In every format a store is made, gets a certificate, and loses one; each step is read back."""
    path = tmp_path / "store"
    written = made(path, format_name)
    assert (written.path, written.state, written.before) == (path, State.CREATED, None)
    assert held(path) == (ONE,)
    added = store_edit.add(path, [Addition(certificate=TWO)], terms=terms(tmp_path))
    assert (added.state, added.before and added.before.trusted, set(added.after.trusted)) == (State.REPLACED, (ONE,), {ONE, TWO})
    assert set(held(path)) == {ONE, TWO}
    removed = store_edit.remove(path, [ONE.sha256.hex()], terms=terms(tmp_path))
    assert [entry.alias is None for entry in removed.change.removed] == [format_name not in NAMED]
    assert held(path) == (TWO,)


@pytest.mark.parametrize("format_name", NAMED)
def test_entry_is_renamed(tmp_path: Path, format_name: str) -> None:
    """In every format that keeps aliases an entry gets another one."""
    path = tmp_path / "store"
    made(path, format_name, ONE, TWO)
    store_edit.rename(path, ONE.sha256.hex(), "new", terms=terms(tmp_path))
    assert [entry.alias for entry in store.read(path).store.entries] == ["new", alias.default(TWO)]


@pytest.mark.parametrize("format_name", ["pem", "pkcs7"])
def test_format_without_aliases_renames_nothing(tmp_path: Path, format_name: str) -> None:
    """A format without aliases says that it keeps none."""
    made(tmp_path / "store", format_name)
    with pytest.raises(UsageError, match="keeps no aliases"):
        store_edit.rename(tmp_path / "store", ONE.sha256.hex(), "new", terms=terms(tmp_path))


def test_new_store_has_the_known_password_and_says_so(tmp_path: Path) -> None:
    """A store made without a password has `changeit`, which a note says; one with a password has that one and no note."""
    (note,) = made(tmp_path / "known").notes
    assert "'changeit'" in note
    assert made(tmp_path / "own", password="s3cret").notes == ()
    assert held(tmp_path / "own", "s3cret") == (ONE,)
    with pytest.raises(StoreIntegrityError):
        held(tmp_path / "own", "changeit")


def test_new_pkcs12_store_can_be_without_protection(tmp_path: Path) -> None:
    """An empty password makes a PKCS#12 store that needs none; a JKS store has the empty one."""
    made(tmp_path / "p12", "pkcs12", password="")
    assert store.read(tmp_path / "p12").origin is store.Origin.NONE
    made(tmp_path / "jks", "jks", password="")
    assert store.read(tmp_path / "jks").origin is store.Origin.EMPTY


def test_new_store_never_replaces_a_file(tmp_path: Path) -> None:
    """Where something has the name, nothing is made; what is there stays."""
    (tmp_path / "store").write_bytes(b"something")
    with pytest.raises(RefusedError, match="is there already"):
        made(tmp_path / "store")
    assert (tmp_path / "store").read_bytes() == b"something"


def test_password_for_a_format_without_one_is_refused(tmp_path: Path) -> None:
    """A PEM file takes no password, so that nobody thinks it protected."""
    with pytest.raises(UsageError, match="has no password"):
        made(tmp_path / "store.pem", "pem", password="secret")
    assert not (tmp_path / "store.pem").exists()


def test_unknown_format_is_refused(tmp_path: Path) -> None:
    """A format that is not written is named with those that are."""
    with pytest.raises(UsageError, match="there are pem"):
        made(tmp_path / "store", "kdb")


def test_new_store_of_certificates_can_be_read_by_all(tmp_path: Path) -> None:
    """A store without keys is made readable for everybody, less what the process masks."""
    made(tmp_path / "store")
    assert stat.S_IMODE((tmp_path / "store").stat().st_mode) & 0o077 == stat.S_IMODE((tmp_path / "store").stat().st_mode) & 0o044


def test_same_request_makes_the_same_jks(tmp_path: Path) -> None:
    """For the same entries, dates and password two JKS stores are equal byte for byte."""
    for name in ("a", "b"):
        made(tmp_path / name, "jks", ONE, TWO)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert [entry.created for entry in store.read(tmp_path / "a").store.entries] == [AT, AT]


def test_what_is_there_is_not_added(tmp_path: Path) -> None:
    """Where every certificate is trusted already, nothing is written, not even an equal file, and no history."""
    path = tmp_path / "store"
    made(path, "pkcs12")
    before = path.stat()
    written = store_edit.add(path, [Addition(certificate=ONE, alias="other")], terms=terms(tmp_path))
    assert (written.state, written.change.kept) == (State.UNCHANGED, written.after.entries)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_dry_run_writes_nothing(tmp_path: Path) -> None:
    """A dry run shows what would be, and touches neither store nor state."""
    path = tmp_path / "store"
    planned = store_edit.new(
        path, [Addition(certificate=ONE)], format="jks", password=None, terms=terms(tmp_path, is_dry_run=True)
    )
    assert (planned.state, planned.after.trusted) == (State.PLANNED, (ONE,))
    assert list(tmp_path.iterdir()) == []
    made(path)
    data = path.read_bytes()
    planned = store_edit.remove(path, [ONE.sha256.hex()], terms=terms(tmp_path, is_dry_run=True, state=tmp_path / "other"))
    assert (planned.state, planned.after.entries) == (State.PLANNED, ())
    assert path.read_bytes() == data
    assert not (tmp_path / "other").exists()


def test_edit_verifies_the_password_first(tmp_path: Path) -> None:
    """A store that can be read without its password is not rewritten under a guess."""
    path = tmp_path / "store"
    made(path, password="s3cret")
    data = path.read_bytes()
    with pytest.raises(StoreIntegrityError, match="opens it, or it was changed; nobody can tell which"):
        store_edit.add(path, [Addition(certificate=TWO)], terms=terms(tmp_path))
    with pytest.raises(StoreIntegrityError, match="nobody can tell which"):
        store_edit.add(path, [Addition(certificate=TWO)], password="other", terms=terms(tmp_path))
    assert path.read_bytes() == data
    store_edit.add(path, [Addition(certificate=TWO)], password="s3cret", terms=terms(tmp_path))
    assert held(path, "s3cret") == (ONE, TWO)


def test_untouched_entries_stay_byte_for_byte(tmp_path: Path) -> None:
    """A key that the password does not open, an odd alias and a date before our time are what they were after an edit."""
    key = stores.jks_key("Key", [TWO], milliseconds=-5)
    odd = stores.jks_trusted("Odd [jdk]", ONE, milliseconds=2**62)
    path = tmp_path / "store"
    path.write_bytes(stores.jks(key, odd))
    store_edit.add(path, [Addition(certificate=THREE, alias="three")], terms=terms(tmp_path))
    milliseconds = int(AT.timestamp() * 1_000)
    assert path.read_bytes() == stores.jks(key, odd, stores.jks_trusted("three", THREE, milliseconds=milliseconds))


def test_wrong_name_changes_nothing(tmp_path: Path) -> None:
    """A name of nothing, and a key without leave, are refused with nothing written."""
    path = tmp_path / "store"
    path.write_bytes(stores.jks(stores.jks_key("key", [TWO]), stores.jks_trusted("one", ONE)))
    data = path.read_bytes()
    for names, error in ((["one", "none"], UsageError), (["key"], RefusedError)):
        with pytest.raises(error):
            store_edit.remove(path, names, terms=terms(tmp_path))
    assert path.read_bytes() == data
    store_edit.remove(path, ["key"], with_keys=True, terms=terms(tmp_path))
    assert held(path) == (ONE,)


def test_expired_entries_are_removed(tmp_path: Path) -> None:
    """Certificates that are over now go, whatever date new entries get."""
    path = tmp_path / "store"
    made(path)
    after = datetime.fromisoformat("2028-01-01T00:00:00+00:00")
    assert store_edit.remove(path, expired=True, terms=terms(tmp_path)).state is State.UNCHANGED
    assert store_edit.remove(path, expired=True, terms=terms(tmp_path, now=after)).after.entries == ()


def test_last_entry_of_a_pem_file_stays(tmp_path: Path) -> None:
    """A format that cannot be empty is not emptied."""
    path = tmp_path / "store"
    made(path, "pem")
    with pytest.raises(UsageError, match="Remove the file instead"):
        store_edit.remove(path, [ONE.sha256.hex()], terms=terms(tmp_path))
    assert held(path) == (ONE,)


@pytest.mark.parametrize("format_name", ["jks", "pem"])
def test_stores_are_merged(tmp_path: Path, format_name: str) -> None:
    """Certificates of stores of any format come in once each; keys stay behind, and that is said."""
    path = tmp_path / "store"
    made(path, format_name)
    (tmp_path / "a").write_bytes(stores.jks(stores.jks_trusted("two", TWO), stores.jks_key("key", [THREE])))
    (tmp_path / "b").write_bytes(formats.dumps([ONE, TWO, THREE], format="pem"))
    written = store_edit.merge(path, [store.read(tmp_path / name) for name in ("a", "b")], terms=terms(tmp_path))
    assert written.after.trusted == (ONE, TWO, THREE)
    assert [entry in written.change.added for entry in written.change.kept] == [False]
    assert any("a: 1 key or other" in note for note in written.notes)


def test_merge_believes_only_what_was_verified(tmp_path: Path) -> None:
    """A store whose integrity nobody checked is not merged; with its password it is."""
    made(tmp_path / "store")
    (tmp_path / "other").write_bytes(stores.jks(stores.jks_trusted("two", TWO), password="s3cret"))
    with pytest.raises(StoreIntegrityError, match="neither 'changeit'"):
        store_edit.merge(tmp_path / "store", [store.read(tmp_path / "other")], terms=terms(tmp_path))
    store_edit.merge(tmp_path / "store", [store.read(tmp_path / "other", password="s3cret")], terms=terms(tmp_path))
    assert held(tmp_path / "store") == (ONE, TWO)


def test_new_alias_is_refused_before_writing(tmp_path: Path) -> None:
    """An alias that hides another, or that Java would not find, leaves the store as it was."""
    path = tmp_path / "store"
    made(path)
    data = path.read_bytes()
    for name, error in ((alias.default(ONE), RefusedError), ("Two", UsageError)):
        with pytest.raises(error):
            store_edit.add(path, [Addition(certificate=TWO, alias=name)], terms=terms(tmp_path))
    assert path.read_bytes() == data


def test_bad_files_are_errors(tmp_path: Path) -> None:
    """A store that is not there, a directory, text and a single certificate are errors that leave everything as it was."""
    (tmp_path / "text").write_bytes(b"no store\n")
    (tmp_path / "der").write_bytes(ONE.der)
    (tmp_path / "folder").mkdir()
    for name, error in (("none", FileError), ("folder", FileError), ("text", AnchorkeepError), ("der", UsageError)):
        with pytest.raises(error):
            store_edit.add(tmp_path / name, [Addition(certificate=TWO)], terms=terms(tmp_path))
    assert {item.name for item in tmp_path.iterdir()} == {"text", "der", "folder"}


def test_verified_store_says_so(tmp_path: Path) -> None:
    """What was written was read back with its integrity checked."""
    assert made(tmp_path / "store").after.integrity is Integrity.VERIFIED


def test_edits_at_once_lose_nothing(tmp_path: Path) -> None:
    """Of several edits of one store at the same time each waits for the other, and all are in the store and its history."""
    made(tmp_path / "store")
    certificates = [stores.certificate(f"certificate {number}") for number in range(6)]
    with ThreadPoolExecutor(max_workers=len(certificates)) as pool:
        additions = [[Addition(certificate=item)] for item in certificates]
        edits = [pool.submit(store_edit.add, tmp_path / "store", item, terms=terms(tmp_path)) for item in additions]
        assert {edit.result().state for edit in edits} == {State.REPLACED}
    assert set(held(tmp_path / "store")) == {ONE, *certificates}
    assert len(store_history.history(tmp_path / "store", state=tmp_path / "state").changes) == 7


@pytest.mark.parametrize("number", [0, 1])
def test_what_is_neither_certificate_nor_key_stays(tmp_path: Path, number: int) -> None:
    """Revocation lists and bags that nobody knows are there after an edit, and can be removed by name."""
    crl = stores.crl()
    value = stores.writer.explicit(0, stores.writer.octet_string(crl))
    bag = stores.bag(4, stores.writer.sequence(stores.writer.oid("1.2.840.113549.1.9.23.1"), value))
    data = (stores.sst(stores.sst_element(33, crl)), stores.pfx(stores.plain_part(bag)))[number]
    (tmp_path / "store").write_bytes(data)
    after = store_edit.add(tmp_path / "store", [Addition(certificate=ONE)], terms=terms(tmp_path)).after
    assert [item.data for item in after.others] == [crl]
    removed = store_edit.remove(tmp_path / "store", [hashlib.sha256(crl).hexdigest()], terms=terms(tmp_path))
    assert (removed.after.others, removed.after.trusted) == ((), (ONE,))
