from pathlib import Path
from typing import Any

import pytest

from anchorkeep import formats
from anchorkeep.actions import store as opening
from anchorkeep.actions.store import Opened, Origin
from anchorkeep.errors import FileError, StoreFormatError, StoreIntegrityError
from anchorkeep.formats import pbe
from anchorkeep.model.truststore import Integrity
from anchorkeep.tlv import writer
from tests.data import stores

ONE = stores.certificate("one")
JKS = stores.jks_trusted("one", ONE)
BAG = stores.cert_bag(ONE, stores.friendly_name("one"), stores.trusted_key_usage())


def read(folder: Path, data: bytes, *, name: str = "store", password: str | None = None) -> Opened:
    """Read bytes from a file of that name."""
    path = folder / name
    path.write_bytes(data)
    return opening.read(path, password=password)


def made(password: str) -> list[bytes]:
    """Return a JKS and a PKCS#12 store under a password."""
    return [stores.jks(JKS, password=password), stores.pfx(stores.plain_part(BAG), password=password)]


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize(("password", "origin"), [("changeit", Origin.DEFAULT), ("", Origin.EMPTY)])
def test_known_passwords_are_tried_and_said(tmp_path: Path, number: int, password: str, origin: Origin) -> None:
    """Without a password `changeit` and the empty one are tried, and a note says which of them opened the store."""
    found = read(tmp_path, made(password)[number])
    assert (found.password, found.origin) == (password, origin)
    assert found.store.integrity is Integrity.VERIFIED
    assert found.store.trusted == (ONE,)
    (note,) = found.notes
    assert ("changeit" if password else "empty password") in note


@pytest.mark.parametrize("number", [0, 1])
def test_given_password_is_the_only_one(tmp_path: Path, number: int) -> None:
    """A password that was given opens the store without a word; another is refused, though `changeit` would have opened it."""
    found = read(tmp_path, made("changeit")[number], password="changeit")
    assert (found.password, found.origin, found.notes) == ("changeit", Origin.GIVEN, ())
    with pytest.raises(StoreIntegrityError, match="nobody can tell which"):
        read(tmp_path, made("changeit")[number], password="Changeit")


def test_jks_is_read_without_its_password(tmp_path: Path) -> None:
    """A JKS store whose password nobody gave is read, its integrity said to be not checked, and it is not for writing."""
    found = read(tmp_path, stores.jks(JKS, password="secret"))
    assert found.store.trusted == (ONE,)
    assert (found.password, found.origin, found.store.integrity) == (None, Origin.NONE, Integrity.NOT_CHECKED)
    assert "not checked" in found.notes[0]
    with pytest.raises(StoreIntegrityError, match="opens it, or it was changed; nobody can tell which"):
        opening.require_verified(found)


def test_encrypted_store_wants_its_password(tmp_path: Path) -> None:
    """A PKCS#12 store that neither known password opens is an error that says what was tried; its own password opens it."""
    data = stores.pfx(stores.encrypted_part(BAG, password=b"secret"), password="secret")
    with pytest.raises(StoreIntegrityError, match="neither 'changeit' nor the empty one opens it") as caught:
        read(tmp_path, data)
    assert caught.value.remedy == "Give its password."
    opening.require_verified(read(tmp_path, data, password="secret"))


@pytest.mark.parametrize("password", [None, "given"])
def test_store_without_protection_needs_no_password(tmp_path: Path, password: str | None) -> None:
    """A PKCS#12 store without MAC and encryption has no password, whichever was given, and that is said."""
    found = read(tmp_path, stores.pfx(stores.plain_part(BAG), password=None), password=password)
    assert (found.password, found.origin) == (None, Origin.NONE)
    assert found.notes == ("It needs no password, and nothing protects it.",)
    if password is None:
        opening.require_verified(found)
    else:
        with pytest.raises(StoreIntegrityError, match="vouches for nothing here"):
            opening.require_verified(found)


def test_encrypted_store_without_mac_keeps_its_password(tmp_path: Path) -> None:
    """A PKCS#12 store that is encrypted and has no MAC is opened by its password alone."""
    found = read(tmp_path, stores.pfx(stores.encrypted_part(BAG), password=None))
    assert (found.password, found.origin) == ("changeit", Origin.DEFAULT)


def test_guesses_cost_little_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store at Java's bound of iterations is not guessed at: its password is asked for, which may cost what Java makes."""
    parameters = writer.sequence(writer.octet_string(stores.SALT), writer.integer(5_000_000))
    algorithm = writer.sequence(writer.oid("1.2.840.113549.1.12.1.3"), parameters)
    data = stores.pfx(stores.sealed_part(algorithm, writer.implicit(0, bytes(16))), password=None)
    made: list[int] = []
    derive = pbe.derive

    def count(secret: bytes, *, iterations: int, size: int, **how: Any) -> bytes:
        made.append(iterations * -(-size // 20))
        return derive(secret, iterations=1, size=size, **how)

    monkeypatch.setattr(pbe, "derive", count)
    with pytest.raises(StoreIntegrityError) as caught:
        read(tmp_path, data)
    assert caught.value.remedy == "Give its password."
    assert sum(made) <= 5_000_000
    with pytest.raises(StoreIntegrityError, match="the password is wrong"):
        read(tmp_path, data, password="secret")
    assert sum(made) <= 20_000_000


def test_guesses_share_what_they_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `changeit` has cost is not there for the empty password, nor does one of them cost more than both may."""
    usual, empty = (stores.pfx(stores.encrypted_part(BAG, password=item), password=None) for item in (b"changeit", b""))
    monkeypatch.setattr(formats.limits, "MAX_GUESSED_ITERATIONS", 2)
    assert read(tmp_path, usual).origin is Origin.DEFAULT
    assert read(tmp_path, empty).origin is Origin.EMPTY
    monkeypatch.setattr(formats.limits, "MAX_GUESSED_ITERATIONS", 1)
    assert read(tmp_path, usual).origin is Origin.DEFAULT
    with pytest.raises(StoreIntegrityError, match="neither 'changeit' nor the empty one opens it"):
        read(tmp_path, empty)
    assert read(tmp_path, empty, password="").origin is Origin.GIVEN


@pytest.mark.parametrize(("version", "is_doubted"), [(0, True), (1, True), (2, False)])
def test_a_check_that_proves_little_is_said(tmp_path: Path, version: int, is_doubted: bool) -> None:  # noqa: FBT001
    """That an old BKS store's check of 16 bits proves little is said beside it; of version 2 there is nothing to say."""
    found = read(tmp_path, stores.bks(stores.bks_trusted("one", ONE), version=version, password="given"), password="given")
    assert found.store.integrity is Integrity.VERIFIED
    assert bool(found.notes) is is_doubted
    assert all("one wrong password in 65,536 passes it" in note and "store convert" in note for note in found.notes)
    unchecked = read(tmp_path, stores.bks(stores.bks_trusted("one", ONE), version=version, password="given"))
    assert not any("16 bits" in note for note in unchecked.notes)


@pytest.mark.parametrize("name", ["store.pem", "store", "store.jks"])
def test_file_without_password_says_so_to_who_gives_one(tmp_path: Path, name: str) -> None:
    """Of a PEM file nothing is said; who gives a password for one is told that it has none."""
    data = formats.dumps([ONE], format="pem")
    plain, found = read(tmp_path, data, name=name), read(tmp_path, data, name=name, password="given")
    assert (found.password, found.origin, plain.is_unconfirmed) == (None, Origin.NONE, False)
    said = "It is a PEM file, which has no password: the one that was given proves nothing."
    assert (said in found.notes, said in plain.notes) == (True, False)


@pytest.mark.parametrize(("name", "is_refused"), [("store.pem", False), ("store", True), ("store.jks", True)])
def test_file_in_the_place_of_a_store_is_not_written(tmp_path: Path, name: str, is_refused: bool) -> None:  # noqa: FBT001
    """Where a password was given, a PEM file that is not called one stands in another's place, and is not for writing."""
    found = read(tmp_path, formats.dumps([ONE], format="pem"), name=name, password="given")
    assert found.is_unconfirmed is is_refused
    if is_refused:
        with pytest.raises(StoreIntegrityError, match="it is a PEM file, which has no password"):
            opening.require_verified(found)
    else:
        opening.require_verified(found)


def test_content_decides_and_a_wrong_suffix_is_said(tmp_path: Path) -> None:
    """A PKCS#12 store called .jks is read as what it is, with a note; the right suffix has none."""
    data = stores.pfx(stores.plain_part(BAG))
    found = read(tmp_path, data, name="store.jks", password="changeit")
    assert found.store.format == "pkcs12"
    assert "ends in .jks" in found.notes[0]
    assert read(tmp_path, data, name="store.p12", password="changeit").notes == ()


def test_links_are_said(tmp_path: Path) -> None:
    """A store reached through a link is read, and it is said where it is; a path with dots is no link."""
    (tmp_path / "real").write_bytes(stores.jks(JKS))
    (tmp_path / "link").symlink_to("real")
    assert str(tmp_path / "real") in opening.read(tmp_path / "link", password="changeit").notes[0]
    assert opening.read(tmp_path / ".." / tmp_path.name / "real", password="changeit").notes == ()


def test_password_is_not_shown(tmp_path: Path) -> None:
    """What was opened can be printed without its password and its bytes."""
    shown = repr(read(tmp_path, stores.jks(JKS, password="s3cr3t"), password="s3cr3t"))
    assert "s3cr3t" not in shown
    assert "data=" not in shown


@pytest.mark.parametrize("data", [b"", b"text\n", stores.jks(JKS)[:40]])
def test_what_is_no_store_is_refused(tmp_path: Path, data: bytes) -> None:
    """Text and a store that was cut off are errors, whatever password is tried."""
    with pytest.raises((StoreFormatError, StoreIntegrityError)):
        read(tmp_path, data)


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    """There is no store where there is no file, nor where there is a directory."""
    with pytest.raises(FileError):
        opening.read(tmp_path / "none")
    with pytest.raises(FileError):
        opening.read(tmp_path)
