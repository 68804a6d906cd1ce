import itertools
from pathlib import Path

import pytest

from anchorkeep import formats
from anchorkeep.actions import store, store_convert, store_edit
from anchorkeep.actions.store_write import State
from anchorkeep.errors import FileError, RefusedError, StoreIntegrityError, UnsupportedEntryError, UsageError
from anchorkeep.formats.capability import CAPABILITIES
from anchorkeep.judge import opening
from anchorkeep.model import alias
from anchorkeep.model.edit import Addition
from anchorkeep.model.java import JavaVersion, every
from anchorkeep.model.truststore import Part, PrivateKeyEntry, Scheme, SecretKeyEntry, TrustedCertEntry
from tests.data import keys, pki, stores
from tests.peers.terms import AT, terms

ONE, TWO = stores.certificate("one"), stores.certificate("two")
SECRET = stores.bag(5, stores.secret(b"sealed"), stores.friendly_name("secret"))
BAG = stores.cert_bag(ONE, stores.friendly_name("one"), stores.trusted_key_usage())


def source(path: Path, data: bytes) -> Path:
    """Write a store to be converted."""
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(("old", "new"), list(itertools.product(CAPABILITIES, CAPABILITIES)))
def test_certificates_go_from_every_format_to_every_other(tmp_path: Path, old: str, new: str) -> None:
    """Certificates are the same in every format, in their order where the formats keep one."""
    additions = [Addition(certificate=ONE), Addition(certificate=TWO)]
    store_edit.new(tmp_path / "old", additions, format=old, password=None, terms=terms(tmp_path))
    converted = store_convert.convert(tmp_path / "old", tmp_path / "new", format=new, drop=True, terms=terms(tmp_path))
    assert converted.written.state is State.CREATED
    found = store.read(tmp_path / "new").store
    assert (found.format, set(found.trusted)) == (new, {ONE, TWO})
    if CAPABILITIES[new].has_aliases:
        assert {entry.alias for entry in found.entries} == {alias.default(ONE), alias.default(TWO)}


@pytest.mark.parametrize(("old", "new"), list(itertools.product(keys.FORMATS, keys.FORMATS)))
def test_key_goes_from_every_format_to_every_other(tmp_path: Path, old: str, new: str) -> None:
    """A private key is the same key under the store's password in every format, and its store is for its owner's eyes."""
    keys.write(tmp_path / "old", old)
    store_convert.convert(tmp_path / "old", tmp_path / "new", format=new, drop=True, terms=terms(tmp_path))
    assert keys.opened(tmp_path / "new", "changeit") == keys.pkcs8()
    (entry,) = (item for item in store.read(tmp_path / "new").store.entries if isinstance(item, PrivateKeyEntry))
    assert (entry.alias, entry.chain) == ("key", keys.chain())
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("version", [0, 1, 2])
def test_bks_is_converted_to_a_whole_check(tmp_path: Path, version: int) -> None:
    """A BKS store whose check has a key of 16 bits becomes one of version 2 with the same entries, secret keys included."""
    entries = (stores.bks_trusted("one", ONE), stores.bks_entry(4, "secret", stores.bks_sealed()))
    old = source(tmp_path / "old.bks", stores.bks(*entries, version=version))
    store_convert.convert(old, tmp_path / "new.bks", format="bks", terms=terms(tmp_path))
    found = store.read(tmp_path / "new.bks")
    assert found.data[:4] == b"\0\0\0\2"
    assert b"".join(entries) in found.data
    assert not any("16 bits" in note for note in found.notes)


def test_losses_are_named_and_refused(tmp_path: Path) -> None:
    """What the new format cannot hold is named before a file is there; with leave to drop it, it is left out and told."""
    keys.write(tmp_path / "old", "jks")
    with pytest.raises(UnsupportedEntryError, match=r"'key' \(private key") as caught:
        store_convert.convert(tmp_path / "old", tmp_path / "new", format="pem", terms=terms(tmp_path))
    assert "keeps no aliases; 1 entry has one" in caught.value.message
    assert "keeps no dates; 1 entry has one" in caught.value.message
    assert "--drop" in caught.value.remedy
    assert not (tmp_path / "new").exists()
    converted = store_convert.convert(tmp_path / "old", tmp_path / "new", format="pem", drop=True, terms=terms(tmp_path))
    assert [item.what for item in converted.losses] == ["entry", "alias", "date"]
    assert store.read(tmp_path / "new").store.trusted == keys.chain()[2:]


def test_nothing_lost_needs_no_leave(tmp_path: Path) -> None:
    """Between formats that hold the same nothing has to be dropped, and dates stay."""
    keys.write(tmp_path / "old", "jks")
    converted = store_convert.convert(tmp_path / "old", tmp_path / "new", format="jceks", terms=terms(tmp_path))
    assert converted.losses == ()
    assert {entry.created for entry in store.read(tmp_path / "new").store.entries} == {AT}  # type: ignore[union-attr]


def test_pkcs12_keeps_the_date_of_a_key_alone(tmp_path: Path) -> None:
    """PKCS#12 has a place for the date of a key, and none for that of a trusted certificate: named, not refused."""
    source(tmp_path / "old", stores.jks(stores.jks_trusted("one", ONE)))
    losses = store_convert.convert(tmp_path / "old", tmp_path / "first", format="pkcs12", terms=terms(tmp_path)).losses
    assert [(item.what, item.needs_leave) for item in losses] == [("date", False)]
    assert "keeps no dates; 1 entry has one" in losses[0].message
    store_edit.remove(keys.write(tmp_path / "key", "jks"), ["root"], terms=terms(tmp_path))
    assert store_convert.convert(tmp_path / "key", tmp_path / "new", format="pkcs12", terms=terms(tmp_path)).losses == ()
    assert [entry.created for entry in store.read(tmp_path / "new").store.entries] == [AT]  # type: ignore[union-attr]


@pytest.mark.parametrize("java", [None, every(8)])
def test_secret_key_is_sealed_under_another_password(tmp_path: Path, java: JavaVersion | None) -> None:
    """Within PKCS#12 secret keys get the target's password, and the algorithm that its runtime opens."""
    old = keys.write_secrets(tmp_path / "old", "changeit", "changeit")
    asked = terms(tmp_path, java=java)
    store_convert.convert(old, tmp_path / "new", format="pkcs12", new_password="s3cret!", terms=asked)
    assert keys.secrets(tmp_path / "new", "s3cret!") == [keys.secret(1), keys.secret(2)]
    used = {item.scheme for item in store.read(tmp_path / "new", password="s3cret!").store.protection if item.part is Part.KEYS}
    assert used == {Scheme.PBES2 if java is None else Scheme.PBES1}


def test_secret_key_that_does_not_open_is_not_converted(tmp_path: Path) -> None:
    """Where a secret key has a password of its own, another store password is refused, and the store's own keeps it."""
    old = keys.write_secrets(tmp_path / "old", "changeit", "another")
    with pytest.raises(StoreIntegrityError, match=r"'secret2' \(secret key\) does not open"):
        store_convert.convert(old, tmp_path / "new", format="pkcs12", new_password="s3cret!", terms=terms(tmp_path))
    assert not (tmp_path / "new").exists()
    store_convert.convert(old, tmp_path / "new", format="pkcs12", terms=terms(tmp_path))
    with pytest.raises(StoreIntegrityError):
        keys.secrets(tmp_path / "new", "changeit")


def test_secret_stays_within_its_format_and_password(tmp_path: Path) -> None:
    """A secret that is no key is carried within PKCS#12 under its password, and refused under another and in another format."""
    source(tmp_path / "old", stores.pfx(stores.plain_part(BAG, SECRET)))
    store_convert.convert(tmp_path / "old", tmp_path / "new", format="pkcs12", terms=terms(tmp_path))
    assert [type(entry) for entry in store.read(tmp_path / "new").store.entries] == [TrustedCertEntry, SecretKeyEntry]
    for format_name, password in (("pkcs12", "s3cret"), ("jceks", None)):
        with pytest.raises(UnsupportedEntryError, match="secret key"):
            store_convert.convert(
                tmp_path / "old", tmp_path / "other", format=format_name, new_password=password, terms=terms(tmp_path)
            )
    assert not (tmp_path / "other").exists()


def test_properties_of_windows_are_a_loss(tmp_path: Path) -> None:
    """What a serialized store says beside a certificate is named, since no other format holds it."""
    name = stores.sst_element(11, "Eins\0".encode("utf-16-le"))
    data = stores.sst(name, stores.sst_element(20, b"key identifier"), stores.sst_element(32, ONE.der))
    source(tmp_path / "old", data)
    with pytest.raises(UnsupportedEntryError, match="no properties of Windows"):
        store_convert.convert(tmp_path / "old", tmp_path / "new", format="pkcs12", terms=terms(tmp_path))
    written = store_convert.convert(tmp_path / "old", tmp_path / "new", format="pkcs12", drop=True, terms=terms(tmp_path)).written
    assert [entry.alias for entry in written.after.entries] == ["eins"]
    assert any("another: 'eins'" in note for note in written.notes)


def test_what_no_entry_says_is_a_loss(tmp_path: Path) -> None:
    """What a file holds beside its entries, as a PEM file a private key, is named; without it nothing is lost."""
    data = formats.dumps([ONE], format="pem")
    store_convert.convert(source(tmp_path / "plain", data), tmp_path / "a", format="jks", terms=terms(tmp_path))
    source(tmp_path / "old", data + pki.chain()[1])
    with pytest.raises(UnsupportedEntryError, match="no place for 1 block called PRIVATE KEY") as caught:
        store_convert.convert(tmp_path / "old", tmp_path / "b", format="jks", terms=terms(tmp_path))
    assert "openssl pkcs12 -export" in caught.value.remedy
    note = "Beside its entries it holds 1 block called PRIVATE KEY: carried, and not read."
    assert (note in store.read(tmp_path / "old").notes, note in store.read(tmp_path / "plain").notes) == (True, False)
    found = store_convert.convert(tmp_path / "old", tmp_path / "b", format="jks", drop=True, terms=terms(tmp_path))
    assert [item.what for item in found.losses] == ["besides"]


def test_password_is_kept_or_changed(tmp_path: Path) -> None:
    """The new store has the old one's password, or the one given, and its key the same."""
    keys.write(tmp_path / "old", "jks", password="s3cret")
    for name, given, expected in (("a", None, "s3cret"), ("b", "another", "another")):
        store_convert.convert(
            tmp_path / "old",
            tmp_path / name,
            format="pkcs12",
            password="s3cret",
            new_password=given,
            drop=True,
            terms=terms(tmp_path),
        )
        assert keys.opened(tmp_path / name, expected) == keys.pkcs8()


@pytest.mark.parametrize("format_name", keys.FORMATS)
def test_key_with_its_own_password(tmp_path: Path, format_name: str) -> None:
    """A key that the store's password does not open is an error with nothing written; with its own it goes over."""
    keys.write(tmp_path / "old", format_name, key_password="key's own")
    new = "jceks" if format_name == "jks" else "jks"
    with pytest.raises(StoreIntegrityError, match="does not open"):
        store_convert.convert(tmp_path / "old", tmp_path / "new", format=new, drop=True, terms=terms(tmp_path))
    assert not (tmp_path / "new").exists()
    store_convert.convert(
        tmp_path / "old", tmp_path / "new", format=new, key_password="key's own", drop=True, terms=terms(tmp_path)
    )
    assert keys.opened(tmp_path / "new", "changeit") == keys.pkcs8()


def test_key_with_its_own_password_stays_within_its_format(tmp_path: Path) -> None:
    """Where format, password and runtime stay the same, a key is carried unopened."""
    keys.write(tmp_path / "old", "jks", key_password="key's own")
    store_convert.convert(tmp_path / "old", tmp_path / "new", format="jks", terms=terms(tmp_path))
    assert (tmp_path / "new").read_bytes() == (tmp_path / "old").read_bytes()


def test_store_is_converted_for_an_old_runtime(tmp_path: Path) -> None:
    """A PKCS#12 store that an old Java does not open becomes one that it opens, keys included."""
    keys.write(tmp_path / "old", "pkcs12")
    assert not opening.opening(store.read(tmp_path / "old").store, every(8), password="changeit").opens
    store_convert.convert(tmp_path / "old", tmp_path / "new", format="pkcs12", terms=terms(tmp_path, java=every(8)))
    found = opening.opening(store.read(tmp_path / "new").store, every(8), password="changeit")
    assert (found.opens, found.opens_keys) == (True, True)
    assert keys.opened(tmp_path / "new", "changeit") == keys.pkcs8()


@pytest.mark.parametrize("format_name", ["pkcs12", "jks"])
def test_untagged_certificates_become_trusted(tmp_path: Path, format_name: str) -> None:
    """What Java did not see in a PKCS#12 store it trusts in the new one, which is said; each gets an alias."""
    bags = stores.plain_part(BAG, stores.cert_bag(TWO))
    source(tmp_path / "old", stores.pfx(bags))
    written = store_convert.convert(tmp_path / "old", tmp_path / "new", format=format_name, terms=terms(tmp_path)).written
    found = store.read(tmp_path / "new").store
    assert {(entry.alias, entry.is_visible_to_java) for entry in found.entries if isinstance(entry, TrustedCertEntry)} == {
        ("one", True),
        (alias.default(TWO), True),
    }
    assert any("Java did not see" in note and TWO.sha256.hex() in note for note in written.notes)


def test_untagged_certificates_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """Of certificates with one name that Java comes to see within PKCS#12 one keeps it, before others one that it saw already."""
    three = stores.certificate("three")
    untagged = [stores.cert_bag(item, stores.friendly_name(name)) for item, name in ((TWO, "one"), (three, "ONE"))]
    for bags, expected in (
        (untagged, [(TWO, alias.default(TWO)), (three, "ONE")]),
        ([*untagged, BAG], [(TWO, alias.default(TWO)), (three, alias.default(three)), (ONE, "one")]),
    ):
        old = source(tmp_path / "old", stores.pfx(stores.plain_part(*bags)))
        new = tmp_path / f"new{len(bags)}"
        written = store_convert.convert(old, new, format="pkcs12", terms=terms(tmp_path)).written
        entries = [entry for entry in store.read(new).store.entries if isinstance(entry, TrustedCertEntry)]
        assert [(entry.certificate, entry.alias) for entry in entries] == expected
        assert all(entry.is_visible_to_java for entry in entries)
        assert any("some have another" in note and alias.default(TWO) in note for note in written.notes)


def test_aliases_are_lowered_and_told_apart(tmp_path: Path) -> None:
    """Aliases that Java would not find, or takes for one, are changed, which is said."""
    source(tmp_path / "old", stores.jks(stores.jks_trusted("Root", ONE), stores.jks_trusted("root", TWO)))
    written = store_convert.convert(tmp_path / "old", tmp_path / "new", format="bks", terms=terms(tmp_path)).written
    assert [entry.alias for entry in written.after.entries] == ["root", alias.default(TWO)]
    assert any(alias.default(TWO) in note for note in written.notes)


def test_store_without_password_gets_the_known_one(tmp_path: Path) -> None:
    """Certificates of a PEM file go into a store with `changeit`, or with the password given."""
    source(tmp_path / "old", formats.dumps([ONE, TWO], format="pem"))
    store_convert.convert(tmp_path / "old", tmp_path / "a", format="jks", terms=terms(tmp_path))
    assert store.read(tmp_path / "a").origin is store.Origin.DEFAULT
    store_convert.convert(tmp_path / "old", tmp_path / "b", format="jks", new_password="s3cret", terms=terms(tmp_path))
    assert formats.loads((tmp_path / "b").read_bytes(), password="s3cret").trusted == (ONE, TWO)


def test_bad_requests_make_no_file(tmp_path: Path) -> None:
    """A format that is not written, a file that is there, a store that is none or not verified: nothing is made."""
    keys.write(tmp_path / "old", "jks", password="s3cret")
    (tmp_path / "there").write_bytes(b"something")
    for new, format_name, password, error in (
        ("new", "kdb", "s3cret", UsageError),
        ("there", "jceks", "s3cret", RefusedError),
        ("new", "jceks", "other", StoreIntegrityError),
        ("new", "jceks", None, StoreIntegrityError),
    ):
        with pytest.raises(error):
            store_convert.convert(tmp_path / "old", tmp_path / new, format=format_name, password=password, terms=terms(tmp_path))
    with pytest.raises(FileError):
        store_convert.convert(tmp_path / "none", tmp_path / "new", format="jks", terms=terms(tmp_path))
    assert {item.name for item in tmp_path.iterdir()} == {"old", "there"}
    assert (tmp_path / "there").read_bytes() == b"something"


LEAF, CA, STRAY = stores.certificate("leaf", "ca"), stores.certificate("ca"), stores.certificate("stray")


def with_key(*bags: bytes, key_id: bytes = b"1") -> bytes:
    """Return a PKCS#12 store with a private key, its certificate, its issuer and what else is asked for."""
    recipe = terms(Path()).recipe("changeit")
    key = formats.lock(keys.pkcs8(), format="pkcs12", recipe=recipe).data
    name = stores.friendly_name("key")
    certificates = (stores.cert_bag(LEAF, stores.local_key_id(b"1")), stores.cert_bag(CA), *bags)
    return stores.pfx(
        stores.plain_part(stores.bag(2, key, name, stores.local_key_id(key_id))), stores.encrypted_part(*certificates)
    )


@pytest.mark.parametrize("format_name", ["jks", "bks", "pem"])
def test_what_accompanies_a_key_never_becomes_trusted(tmp_path: Path, format_name: str) -> None:
    """A certificate that stands unseen beside a private key is named, and left out with leave; the key keeps its issuers."""
    source(tmp_path / "old", with_key(stores.cert_bag(STRAY), stores.cert_bag(CA), BAG))
    with pytest.raises(UnsupportedEntryError, match=f"would trust .*{STRAY.sha256.hex()}.*beside a private key"):
        store_convert.convert(tmp_path / "old", tmp_path / "new", format=format_name, terms=terms(tmp_path))
    assert not (tmp_path / "new").exists()
    store_convert.convert(tmp_path / "old", tmp_path / "new", format=format_name, drop=True, terms=terms(tmp_path))
    assert store.read(tmp_path / "new").store.trusted == (ONE,)


@pytest.mark.parametrize("java", [None, every(11), every(17)])
def test_pkcs12_keeps_what_accompanies_a_key(tmp_path: Path, java: JavaVersion | None) -> None:
    """For another runtime a PKCS#12 store with a key has the same entries: none that was not trusted is trusted now."""
    source(tmp_path / "old", with_key(stores.cert_bag(STRAY), stores.cert_bag(CA)))
    converted = store_convert.convert(tmp_path / "old", tmp_path / "new", format="pkcs12", terms=terms(tmp_path, java=java))
    assert not any("it trusts" in note for note in converted.written.notes)
    before, after = store.read(tmp_path / "old").store, store.read(tmp_path / "new").store
    assert after.entries == before.entries
    assert [type(entry) for entry in after.entries] == [PrivateKeyEntry, TrustedCertEntry]
    assert after.trusted == ()


@pytest.mark.parametrize("format_name", ["jks", "jceks", "bks"])
def test_key_without_a_certificate_goes_nowhere(tmp_path: Path, format_name: str) -> None:
    """A private key whose certificate nobody finds would be a secret key elsewhere, so that it is named and not written."""
    source(tmp_path / "old", with_key(BAG, key_id=b"another"))
    with pytest.raises(UnsupportedEntryError, match=r"cannot be given 'key' \(private key\)"):
        store_convert.convert(tmp_path / "old", tmp_path / "new", format=format_name, terms=terms(tmp_path))
    assert not (tmp_path / "new").exists()
    store_convert.convert(tmp_path / "old", tmp_path / "new", format=format_name, drop=True, terms=terms(tmp_path))
    assert store.read(tmp_path / "new").store.certificates == (ONE,)
