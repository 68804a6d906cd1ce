import os
from dataclasses import replace
from pathlib import Path

import pytest

from anchorkeep import formats
from anchorkeep.actions import store_write
from anchorkeep.actions.store import Opened
from anchorkeep.actions.store_write import State
from anchorkeep.errors import FileError, RefusedError, UsageError
from anchorkeep.formats.recipe import Recipe
from anchorkeep.host.archive import Archive
from anchorkeep.model import edit
from anchorkeep.model.edit import Addition, Change, Renaming
from anchorkeep.model.java import every
from anchorkeep.model.truststore import OtherEntry, OtherKind, SecretKeyEntry, TrustedCertEntry, TrustStore
from tests.data import stores
from tests.peers.terms import AT, NOW, terms

ONE, TWO = stores.certificate("one"), stores.certificate("two")
JKS = stores.jks(stores.jks_trusted("one", ONE))
ENTRY = TrustedCertEntry(certificate=ONE, alias="one")


def add_two(opened: Opened) -> tuple[TrustStore, Change]:
    """Add the second certificate."""
    return edit.added(opened.store, [Addition(certificate=TWO, alias="two")])


def test_terms_are_the_recipe(tmp_path: Path) -> None:
    """Date, chance and runtime reach the codec, with the password."""
    given = terms(tmp_path, java=every(8), entropy=bytes)
    assert given.recipe("pw") == Recipe(at=AT, entropy=bytes, password="pw", java=every(8))


def test_change_is_recorded_with_its_backup(tmp_path: Path) -> None:
    """A store that was replaced has a line in its history and its old bytes are kept."""
    path = tmp_path / "store"
    path.write_bytes(JKS)
    store_write.revise(path, add_two, password=None, terms=terms(tmp_path))
    archive = Archive(tmp_path / "state")
    (change,) = archive.history(path, data=path.read_bytes()).changes
    assert (change.moment, change.command) == (NOW, ("store", "test"))
    assert change.summary == (f"added 'two' (trusted certificate, SHA-256 {TWO.sha256.hex()})",)
    assert archive.restoration(path, data=path.read_bytes()).data == JKS


def test_edit_that_raises_writes_nothing(tmp_path: Path) -> None:
    """What an edit raises reaches the caller, and the store is what it was, without a history."""
    path = tmp_path / "store"
    path.write_bytes(JKS)

    def refuse(opened: Opened) -> tuple[TrustStore, Change]:
        raise RefusedError(opened.store.format)

    with pytest.raises(RefusedError, match="jks"):
        store_write.revise(path, refuse, password=None, terms=terms(tmp_path))
    assert path.read_bytes() == JKS
    assert not (tmp_path / "state").exists()


def test_store_that_changes_meanwhile_is_left(tmp_path: Path) -> None:
    """A store that another program changes while it is edited is not replaced."""
    path = tmp_path / "store"
    path.write_bytes(JKS)

    def meddle(opened: Opened) -> tuple[TrustStore, Change]:
        path.write_bytes(b"another program's")
        return add_two(opened)

    with pytest.raises(RefusedError, match="changed by another program"):
        store_write.revise(path, meddle, password=None, terms=terms(tmp_path))
    assert path.read_bytes() == b"another program's"


def test_bytes_that_read_back_otherwise_replace_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a codec writes something else than what was wanted, the store stays."""
    path = tmp_path / "store"
    path.write_bytes(JKS)
    wrong = stores.jks(stores.jks_trusted("two", TWO))
    monkeypatch.setattr(formats, "write", lambda *_, **__: wrong)
    with pytest.raises(RefusedError, match="Reading back"):
        store_write.revise(path, add_two, password=None, terms=terms(tmp_path))
    assert path.read_bytes() == JKS


def test_link_is_followed_and_said(tmp_path: Path) -> None:
    """A link stays, the store it leads to is replaced, and both are said."""
    (tmp_path / "real").write_bytes(JKS)
    (tmp_path / "link").symlink_to("real")
    written = store_write.revise(tmp_path / "link", add_two, password=None, terms=terms(tmp_path))
    assert written.path == tmp_path / "real"
    assert (tmp_path / "link").is_symlink()
    assert any("is a link to real" in note for note in written.notes)


def test_store_that_cannot_be_replaced_as_it_is_stays(tmp_path: Path) -> None:
    """A store with two names is refused, for one of them would be left with the old one."""
    path = tmp_path / "store"
    path.write_bytes(JKS)
    os.link(path, tmp_path / "other")
    with pytest.raises(RefusedError):
        store_write.revise(path, add_two, password=None, terms=terms(tmp_path))
    assert path.read_bytes() == JKS


def test_missing_store_is_not_made(tmp_path: Path) -> None:
    """An edit makes no store."""
    with pytest.raises(FileError, match="There is no store"):
        store_write.revise(tmp_path / "none", add_two, password=None, terms=terms(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_format_that_is_only_read_is_refused(tmp_path: Path) -> None:
    """A file with a single certificate is no store to edit."""
    (tmp_path / "one.cer").write_bytes(ONE.der)
    with pytest.raises(UsageError, match="read and not edited"):
        store_write.revise(tmp_path / "one.cer", add_two, password=None, terms=terms(tmp_path))


def test_store_with_keys_is_its_owners(tmp_path: Path) -> None:
    """A new store that holds a key is for its owner's eyes, whatever the process masks."""
    found = formats.loads(stores.jks(stores.jks_key("key", [ONE])), password="changeit")
    written = store_write.create(
        tmp_path / "store", found, format="jks", password="changeit", change=Change(added=found.entries), terms=terms(tmp_path)
    )
    assert written.state is State.CREATED
    assert (tmp_path / "store").stat().st_mode & 0o777 == 0o600


def test_wrong_suffix_of_a_new_store_is_said(tmp_path: Path) -> None:
    """A new PKCS#12 store that is called .jks is made, and it is said."""
    store = TrustStore(format="pkcs12", entries=(ENTRY,))
    written = store_write.create(
        tmp_path / "a.jks", store, format="pkcs12", password="changeit", change=Change(), terms=terms(tmp_path)
    )
    assert "ends in .jks" in written.notes[0]


def test_summary_says_what_changed() -> None:
    """Each entry has a line; aliases and kinds are said, hostile ones escaped, and there are not too many lines."""
    change = Change(
        added=(ENTRY,),
        removed=(SecretKeyEntry(alias="a\nb"), OtherEntry(kind=OtherKind.CRL, data=b"crl")),
        renamed=(Renaming(before=ENTRY, after=replace(ENTRY, alias="new")),),
    )
    mark = f"(trusted certificate, SHA-256 {ONE.sha256.hex()})"
    first, second, third, last = store_write.summary(change)
    assert (first, second, last) == (f"added 'one' {mark}", "removed 'a\\nb' (secret key)", f"renamed 'one' {mark} to 'new'")
    assert third.startswith("removed an entry without alias (other entry, SHA-256 ")
    assert store_write.summary(Change()) == ("no entry changed",)
    assert store_write.summary(Change(added=(ENTRY,) * 25))[-1] == "and 5 changes more"
    assert len(store_write.summary(Change(added=(ENTRY,) * 20))) == 20


def test_debians_store_is_told_its_lasting_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit of Debian's own store says how it lasts, and which removals do not."""
    path = tmp_path / "store"
    path.write_bytes(stores.jks(stores.jks_trusted("debian:one.pem", ONE)))
    recognise = store_write.debian.recognise
    for folder, name in (("etc/ssl/certs/java", "cacerts"), ("etc/ca-certificates/update.d", "jks-keystore")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / name).write_bytes(path.read_bytes())
    monkeypatch.setattr(
        store_write.debian, "recognise", lambda found, *, removed=(): recognise(found, removed=removed, root=tmp_path)
    )

    def remove(opened: Opened) -> tuple[TrustStore, Change]:
        return edit.removed(opened.store, ["debian:one.pem"])

    notes = store_write.revise(path, remove, password=None, terms=terms(tmp_path)).notes
    assert not any("Debian" in note for note in notes)
    notes = store_write.revise(tmp_path / "etc/ssl/certs/java/cacerts", remove, password=None, terms=terms(tmp_path)).notes
    assert any("run update-ca-certificates" in note for note in notes)
    assert any("'debian:one.pem'" in note and "/etc/ca-certificates.conf" in note for note in notes)
