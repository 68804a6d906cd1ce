"""What protects a store is neither lost nor feigned by a change of it, and what becomes trusted by one is said."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from anchorkeep import formats
from anchorkeep.actions import store, store_convert, store_edit, store_history, store_password
from anchorkeep.actions.store_write import State, Written
from anchorkeep.errors import StoreIntegrityError, UsageError
from anchorkeep.judge.store import NOTHING_TRUSTED
from anchorkeep.model.edit import Addition
from anchorkeep.model.java import JavaVersion, every
from anchorkeep.model.truststore import Integrity, Scheme
from tests.data import keys, stores
from tests.peers.command import run
from tests.peers.terms import terms

ONE, TWO, THREE = (stores.certificate(name) for name in ("one", "two", "three"))
TAGGED = stores.cert_bag(ONE, stores.friendly_name("one"), stores.trusted_key_usage())
UNTAGGED = stores.cert_bag(TWO, stores.friendly_name("two"))
#: Passwords that keytool would take, of ASCII and beyond.
ASCII, BEYOND = "s3cret!", "s3cret pässwörd"


def bare(path: Path, *bags: bytes) -> Path:
    """Write a PKCS#12 store without a MAC and without encryption."""
    path.write_bytes(stores.pfx(stores.plain_part(*bags or (TAGGED,)), password=None))
    return path


def protected(path: Path, *, password: str = stores.PASSWORD, bag: bytes = TAGGED) -> Path:
    """Write a PKCS#12 store with a MAC and encryption."""
    path.write_bytes(stores.pfx(stores.encrypted_part(bag, password=password.encode()), password=password))
    return path


@pytest.mark.parametrize("given", [None, ASCII])
def test_bare_store_is_converted_to_a_protected_one(tmp_path: Path, given: str | None) -> None:
    """From a PKCS#12 store that nothing protects comes one under the password given, else under the known one, which is said."""
    source = bare(tmp_path / "bare")
    converted = store_convert.convert(source, tmp_path / "new", format="pkcs12", new_password=given, terms=terms(tmp_path))
    found = formats.loads((tmp_path / "new").read_bytes(), password=given or store.DEFAULT_PASSWORD)
    assert (found.trusted, found.integrity) == ((ONE,), Integrity.VERIFIED)
    assert not [item for item in found.protection if item.scheme is Scheme.PLAIN]
    assert (store_edit.KNOWN in converted.written.notes) == (given is None)
    with pytest.raises(StoreIntegrityError):
        formats.loads((tmp_path / "new").read_bytes(), password="another")


def test_bare_store_stays_bare_when_edited(tmp_path: Path) -> None:
    """An edit of a store that nothing protects protects nothing either: no password comes into it unasked."""
    path = bare(tmp_path / "bare")
    store_edit.add(path, [Addition(certificate=TWO)], terms=terms(tmp_path))
    found = store.read(path)
    assert (found.origin, found.store.integrity, found.store.trusted) == (store.Origin.NONE, Integrity.NONE, (ONE, TWO))


def edits(folder: Path) -> dict[str, Callable[[Path, str | None], object]]:
    """Return what changes a store, or takes from it, under a password of the store that nothing or that somebody gave."""
    other = stores.jks(stores.jks_trusted("three", THREE))
    (folder / "other").write_bytes(other)
    addition = [Addition(certificate=THREE)]
    return {
        "add": lambda path, password: store_edit.add(path, addition, password=password, terms=terms(folder)),
        "remove": lambda path, password: store_edit.remove(path, ["one"], password=password, terms=terms(folder)),
        "rename": lambda path, password: store_edit.rename(path, "one", "new", password=password, terms=terms(folder)),
        "merge": lambda path, password: store_edit.merge(
            path, [store.read(folder / "other")], password=password, terms=terms(folder)
        ),
        "merge from": lambda path, password: store_edit.merge(
            folder / "other", [store.read(path, password=password)], terms=terms(folder)
        ),
        "convert": lambda path, password: store_convert.convert(
            path, folder / "converted", format="jks", password=password, terms=terms(folder)
        ),
        "passwd": lambda path, password: store_password.change(path, new_password=ASCII, password=password, terms=terms(folder)),
    }


EDITS = ("add", "remove", "rename", "merge", "merge from", "convert", "passwd")


@pytest.mark.parametrize("name", EDITS)
def test_password_that_proves_nothing_stops_every_edit(tmp_path: Path, name: str) -> None:
    """Whoever gives a password expects a protected store: one without a check in its place is left, and nothing comes of it."""
    edit, path = edits(tmp_path)[name], bare(tmp_path / "bare")
    before = {item.name: item.read_bytes() for item in tmp_path.iterdir()}
    with pytest.raises(StoreIntegrityError, match="vouches for nothing here") as caught:
        edit(path, stores.PASSWORD)
    assert "who replaced the store" in caught.value.remedy
    assert {item.name: item.read_bytes() for item in tmp_path.iterdir()} == before


@pytest.mark.parametrize("name", EDITS)
def test_password_that_proves_something_stops_no_edit(tmp_path: Path, name: str) -> None:
    """The same edits of a store that the password vouches for are done."""
    edits(tmp_path)[name](protected(tmp_path / "store"), stores.PASSWORD)


def test_nothing_is_taken_from_a_store_put_in_anothers_place(tmp_path: Path) -> None:
    """`new` and `add` take nothing from a store whose password proves nothing of it."""
    bare(tmp_path / "bare.p12")
    (tmp_path / "password").write_text(stores.PASSWORD)
    (tmp_path / "password").chmod(0o600)
    words = (tmp_path / "bare.p12", "--srcstorepass-file", tmp_path / "password")
    refused = run("store", "new", tmp_path / "new.jks", *words, width=200)
    assert (refused.code, "vouches for nothing here" in refused.err) == (1, True)
    assert not (tmp_path / "new.jks").exists()
    assert run("store", "new", tmp_path / "new.jks", tmp_path / "bare.p12").code == 0


@pytest.mark.parametrize("name", ["new", "convert", "passwd"])
def test_empty_password_of_a_file_is_refused(tmp_path: Path, name: str) -> None:
    """A file or variable that holds no password makes no store that nothing protects."""
    path = protected(tmp_path / "store.p12")
    before = path.read_bytes()
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "empty").chmod(0o600)
    words, option = {
        "new": (("new", tmp_path / "made.p12"), "storepass"),
        "convert": (("convert", path, tmp_path / "made.p12"), "deststorepass"),
        "passwd": (("passwd", path), "new-storepass"),
    }[name]
    refused = run("store", *words, f"--{option}-file", tmp_path / "empty", width=300)
    assert (refused.code, "is empty, and would be the new store's password" in refused.err) == (2, True), refused.err
    assert (path.read_bytes(), (tmp_path / "made.p12").exists()) == (before, False)
    (tmp_path / "empty").write_text(f"{ASCII}\n")
    assert run("store", *words, f"--{option}-file", tmp_path / "empty").code == 0


def test_what_becomes_trusted_is_said(tmp_path: Path) -> None:
    """Certificates that Java did not see are named wherever a store takes them over: by `merge`, `add` and `new`."""
    source = protected(tmp_path / "source.p12", bag=UNTAGGED)
    (tmp_path / "store").write_bytes(stores.jks(stores.jks_trusted("one", ONE)))
    said = f"Java does not see 'two' (SHA-256 {TWO.sha256.hex()}) there, and trusts what is taken over."
    merged = store_edit.merge(tmp_path / "store", [store.read(source)], terms=terms(tmp_path, is_dry_run=True))
    assert any(note.endswith(said) for note in merged.notes)
    for words in (("add", tmp_path / "store", source), ("new", tmp_path / "new.jks", source)):
        assert said in " ".join(run("store", *words, width=400).err.split())
    assert ONE in store.read(tmp_path / "store").store.trusted
    assert store.read(tmp_path / "new.jks").store.trusted == (TWO,)


def test_what_was_trusted_is_not_said(tmp_path: Path) -> None:
    """Of certificates that Java saw before nothing is said."""
    source = protected(tmp_path / "source.p12")
    (tmp_path / "store").write_bytes(stores.jks(stores.jks_trusted("two", TWO)))
    merged = store_edit.merge(tmp_path / "store", [store.read(source)], terms=terms(tmp_path, is_dry_run=True))
    assert not any("does not see" in note for note in merged.notes)
    assert "does not see" not in run("store", "new", tmp_path / "new.jks", source, width=400).err


def passwd(folder: Path, java: JavaVersion | None) -> Written:
    """Give a PKCS#12 store a password beyond ASCII."""
    path = keys.write(folder / "store", "pkcs12")
    return store_password.change(path, new_password=BEYOND, terms=replace(terms(folder), java=java))


def convert(folder: Path, java: JavaVersion | None) -> Written:
    """Convert a store into PKCS#12 under a password beyond ASCII."""
    path = keys.write(folder / "old", "jks")
    return store_convert.convert(
        path, folder / "store", format="pkcs12", new_password=BEYOND, terms=replace(terms(folder), java=java)
    ).written


def made(folder: Path, java: JavaVersion | None) -> Written:
    """Make a PKCS#12 store under a password beyond ASCII."""
    return store_edit.new(
        folder / "store",
        [Addition(certificate=ONE)],
        format="pkcs12",
        password=BEYOND,
        terms=replace(terms(folder), java=java),
    )


@pytest.mark.parametrize("story", [passwd, convert, made])
@pytest.mark.parametrize("java", [None, every(8), every(21)], ids=["any", "8", "21"])
def test_password_beyond_ascii_is_for_java_25_alone(
    tmp_path: Path, story: Callable[[Path, JavaVersion | None], Written], java: JavaVersion | None
) -> None:
    """A password that Java before 25 would call wrong is refused unless the store is for a later one, and nothing is written."""
    with pytest.raises(UsageError, match="beyond ASCII is not opened by"):
        story(tmp_path, java)
    found = {item.name: item for item in tmp_path.iterdir()}
    assert "state" not in found
    assert "store" not in found or store.read(found["store"]).origin is store.Origin.DEFAULT


@pytest.mark.parametrize("story", [passwd, convert, made])
def test_password_beyond_ascii_is_given_for_java_25(tmp_path: Path, story: Callable[[Path, JavaVersion | None], Written]) -> None:
    """For Java 25 the store gets it."""
    assert story(tmp_path, every(25)).state in {State.CREATED, State.REPLACED}
    assert formats.loads((tmp_path / "store").read_bytes(), password=BEYOND).integrity is Integrity.VERIFIED


def test_store_that_trusts_nothing_is_said(tmp_path: Path) -> None:
    """A new store without a certificate, and one whose last one goes, are told to trust nothing; others are not."""
    path = tmp_path / "store"
    empty = store_edit.new(path, format="jks", password=None, terms=terms(tmp_path))
    filled = store_edit.add(path, [Addition(certificate=ONE), Addition(certificate=TWO)], terms=terms(tmp_path))
    one_less = store_edit.remove(path, [ONE.sha256.hex()], terms=terms(tmp_path))
    emptied = store_edit.remove(path, [TWO.sha256.hex()], terms=terms(tmp_path))
    found = [NOTHING_TRUSTED in item.notes for item in (empty, filled, one_less, emptied)]
    assert found == [True, False, False, True]


def test_undo_of_a_refused_edit_is_nothing(tmp_path: Path) -> None:
    """What was refused left no line in the history to take back."""
    path = bare(tmp_path / "bare")
    with pytest.raises(StoreIntegrityError):
        store_edit.remove(path, ["one"], password=ASCII, terms=terms(tmp_path))
    assert store_history.history(path, state=tmp_path / "state").changes == ()
