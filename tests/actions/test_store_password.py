from dataclasses import replace
from pathlib import Path

import pytest

from anchorkeep import formats
from anchorkeep.actions import store_edit, store_password
from anchorkeep.actions.store_write import State
from anchorkeep.errors import StoreIntegrityError, UnsupportedEntryError, UsageError
from anchorkeep.model.edit import Addition
from anchorkeep.model.java import every
from anchorkeep.model.truststore import Protection
from tests.data import keys, stores
from tests.peers.terms import terms

NEW = "s3cret pässwörd"
ASCII = "s3cret!"


def protection(path: Path, password: str) -> tuple[Protection, ...]:
    """Return how the parts of a store are protected, with algorithms and iterations."""
    return formats.loads(path.read_bytes(), password=password).protection


@pytest.mark.parametrize("java", [None, every(8)], ids=["modern", "legacy"])
def test_pkcs12_keys_follow(tmp_path: Path, java: object) -> None:
    """In PKCS#12 store and keys get the new password, and keep their algorithms."""
    path = keys.write(tmp_path / "store", "pkcs12", java=java)
    before = protection(path, "changeit")
    written = store_password.change(path, new_password=ASCII, terms=terms(tmp_path))
    assert (written.state, written.change.is_empty) == (State.REPLACED, True)
    assert keys.opened(path, ASCII) == keys.pkcs8()
    assert protection(path, ASCII) == before
    for old in ("changeit", ""):
        with pytest.raises(StoreIntegrityError):
            formats.loads(path.read_bytes(), password=old)


@pytest.mark.parametrize("format_name", ["jks", "jceks", "bks"])
def test_other_keys_keep_their_passwords(tmp_path: Path, format_name: str) -> None:
    """In formats whose entries have passwords of their own the store's alone changes, as with keytool, and that is said."""
    path = keys.write(tmp_path / "store", format_name, key_password="key's own")
    written = store_password.change(path, new_password=ASCII, terms=terms(tmp_path))
    assert any("passwords of its 1 key are their own" in note and "will not open them" in note for note in written.notes)
    assert keys.opened(path, ASCII, key_password="key's own") == keys.pkcs8()
    with pytest.raises(StoreIntegrityError):
        formats.loads(path.read_bytes(), password="changeit")


def test_password_of_jks_may_be_any_text(tmp_path: Path) -> None:
    """A JKS store without keys takes a password beyond ASCII, and nothing is said of keys."""
    path = tmp_path / "store"
    certificate = Addition(certificate=stores.certificate())
    store_edit.new(path, [certificate], format="jks", password=ASCII, terms=terms(tmp_path))
    assert store_password.change(path, new_password=NEW, password=ASCII, terms=terms(tmp_path)).notes == ()
    assert formats.loads(path.read_bytes(), password=NEW).trusted == (certificate.certificate,)


def test_key_that_does_not_open_changes_nothing(tmp_path: Path) -> None:
    """Where a key in PKCS#12 has another password, nothing is written."""
    path = keys.write(tmp_path / "store", "pkcs12", key_password="another")
    data = path.read_bytes()
    with pytest.raises(StoreIntegrityError, match="nothing was written"):
        store_password.change(path, new_password=ASCII, terms=terms(tmp_path))
    assert path.read_bytes() == data


def test_secret_keys_in_pkcs12_follow(tmp_path: Path) -> None:
    """In PKCS#12 secret keys get the new password too, keep their algorithms, and do not open under the old one any more."""
    path = keys.write_secrets(tmp_path / "store", "changeit", "changeit")
    before = protection(path, "changeit")
    written = store_password.change(path, new_password=ASCII, password="changeit", terms=terms(tmp_path))
    assert (written.state, written.change.is_empty, written.notes) == (State.REPLACED, True, ())
    assert keys.secrets(path, ASCII) == [keys.secret(1), keys.secret(2)]
    assert protection(path, ASCII) == before
    with pytest.raises(StoreIntegrityError):
        keys.secrets(path, ASCII, key_password="changeit")


def test_secret_key_that_does_not_open_changes_nothing(tmp_path: Path) -> None:
    """Where one of two secret keys has another password, nothing is written, and it is named."""
    path = keys.write_secrets(tmp_path / "store", "changeit", "another")
    data = path.read_bytes()
    with pytest.raises(StoreIntegrityError, match=r"'secret2' \(secret key\) does not open .*; nothing was written"):
        store_password.change(path, new_password=ASCII, terms=terms(tmp_path))
    assert path.read_bytes() == data


def test_secret_that_is_no_key_is_refused(tmp_path: Path) -> None:
    """A secret in PKCS#12 that is no key as Java keeps one cannot be sealed anew, so that nothing is written; it is named."""
    data = stores.pfx(stores.plain_part(stores.bag(5, stores.secret(b"sealed"), stores.friendly_name("hmac"))))
    (tmp_path / "store").write_bytes(data)
    with pytest.raises(UnsupportedEntryError, match=r"'hmac' \(secret key\)"):
        store_password.change(tmp_path / "store", new_password=ASCII, terms=terms(tmp_path))
    assert (tmp_path / "store").read_bytes() == data


def test_wrong_password_changes_nothing(tmp_path: Path) -> None:
    """Only who knows the password can change it."""
    path = keys.write(tmp_path / "store", "jks", password="s3cret")
    data = path.read_bytes()
    for password in ("other", None):
        with pytest.raises(StoreIntegrityError):
            store_password.change(path, new_password=ASCII, password=password, terms=terms(tmp_path))
    assert path.read_bytes() == data


@pytest.mark.parametrize("password", ["", "five5"])
def test_short_password_is_refused(tmp_path: Path, password: str) -> None:
    """A password that keytool would not take is refused."""
    path = keys.write(tmp_path / "store", "jks")
    with pytest.raises(UsageError, match="keytool wants 6"):
        store_password.change(path, new_password=password, terms=terms(tmp_path))


def test_store_without_password_gets_none(tmp_path: Path) -> None:
    """A PEM file, and a PKCS#12 store without protection, have no password to change."""
    for name, format_name, password in (("pem", "pem", None), ("p12", "pkcs12", "")):
        additions = [Addition(certificate=stores.certificate())]
        store_edit.new(tmp_path / name, additions, format=format_name, password=password, terms=terms(tmp_path))
        with pytest.raises(UsageError, match="has no password"):
            store_password.change(tmp_path / name, new_password=ASCII, terms=terms(tmp_path))


def test_password_beyond_ascii_is_refused_for_an_old_runtime(tmp_path: Path) -> None:
    """For a runtime that takes no such password, a PKCS#12 store does not get one."""
    path = keys.write(tmp_path / "store", "pkcs12")
    data = path.read_bytes()
    with pytest.raises(UsageError):
        store_password.change(path, new_password=NEW, terms=replace(terms(tmp_path), java=every(17)))
    assert path.read_bytes() == data
