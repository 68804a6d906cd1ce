import dataclasses
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    pkcs12,
)
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.errors import StoreFormatError, StoreIntegrityError, UnsupportedFormatError
from anchorkeep.formats import pkcs8
from anchorkeep.formats.recipe import Recipe
from anchorkeep.model import java
from anchorkeep.model.truststore import KeyForm, ProtectedKey
from anchorkeep.tlv import writer
from tests.data import stores

KEY = ec.generate_private_key(ec.SECP256R1())
DER = KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
RECIPE = Recipe(at=datetime(2026, 5, 4, tzinfo=UTC), entropy=lambda size: b"\xee" * size, password="geheim")


@pytest.mark.parametrize(("version", "name"), [(None, "PBEWithHmacSHA256AndAES_256"), (java.every(11), "PBEWithSHA1AndDESede")])
def test_a_key_is_locked_for_its_reader(version: java.JavaVersion | None, name: str) -> None:
    """A locked key opens again under its password and no other, with the algorithm that its Java opens."""
    key = pkcs8.lock(DER, recipe=dataclasses.replace(RECIPE, java=version))
    encryption = pkcs8.encryption(key.data)
    assert key.form is KeyForm.ENCRYPTED
    assert encryption
    assert encryption.name == name
    assert pkcs8.unlock(key, password="geheim") == DER
    with pytest.raises(StoreIntegrityError, match="password of a private key is wrong, or the key was changed"):
        pkcs8.unlock(key, password="Geheim")
    loaded = load_der_private_key(key.data, b"geheim")
    assert loaded.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()) == DER


def test_keys_of_another_library_open() -> None:
    """What cryptography encrypted opens to the same key."""
    data = KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption("schlüssel".encode()))
    assert pkcs8.unlock(ProtectedKey(form=KeyForm.ENCRYPTED, data=data), password="schlüssel") == DER


def test_without_a_password_a_key_is_plain() -> None:
    """A store without a password keeps a key as it is."""
    key = pkcs8.lock(DER, recipe=dataclasses.replace(RECIPE, password=None))
    assert (key.form, key.data) == (KeyForm.PLAIN, DER)
    assert pkcs8.unlock(key, password="any") == DER


def test_a_key_is_never_shown() -> None:
    """Neither the key nor its password is in what is printed of the values."""
    key = pkcs8.lock(DER, recipe=dataclasses.replace(RECIPE, password=None))
    assert str(DER)[2:20] not in repr(key)
    assert "geheim" not in repr(RECIPE)


@given(st.data())
def test_a_flipped_bit_opens_no_other_key(data: st.DataObject) -> None:
    """A key with a flipped bit is refused, or was flipped where it does not count; no error is of another kind."""
    key = pkcs8.lock(DER, recipe=RECIPE)
    position = data.draw(st.integers(0, len(key.data) - 1))
    broken = bytearray(key.data)
    broken[position] ^= 1 << data.draw(st.integers(0, 7))
    changed = dataclasses.replace(key, data=bytes(broken))
    try:
        opened = pkcs8.unlock(changed, password="geheim")
    except (StoreFormatError, StoreIntegrityError):
        return
    # CBC has no check of its own: the structure is all that is looked at.
    assert len(opened) <= len(key.data)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (b"", StoreFormatError, "encrypted private key is broken"),
        (writer.sequence(), StoreFormatError, "encrypted private key is broken"),
        (
            writer.sequence(writer.sequence(writer.oid("1.2.3"), writer.NULL), writer.octet_string(b"")),
            UnsupportedFormatError,
            r"encrypted with 1\.2\.3, which is not read",
        ),
    ],
)
def test_what_is_no_encrypted_key_is_refused(data: bytes, error: type[Exception], message: str) -> None:
    """Octets that are no EncryptedPrivateKeyInfo, or of an unknown algorithm, are refused, and nothing is said of how."""
    key = ProtectedKey(form=KeyForm.ENCRYPTED, data=data)
    with pytest.raises(error, match=message):
        pkcs8.unlock(key, password="geheim")
    assert pkcs8.encryption(data) is None


@pytest.mark.parametrize(
    "plain", [b"", b"\x04\0", writer.sequence(writer.integer(0), writer.NULL, writer.NULL), stores.name("x")]
)
def test_what_decrypts_to_no_key_is_the_wrong_password(plain: bytes) -> None:
    """Content whose padding fits by chance is no key."""
    key = pkcs8.lock(plain, recipe=RECIPE)
    with pytest.raises(StoreIntegrityError):
        pkcs8.unlock(key, password="geheim")


def test_a_key_of_a_store_opens() -> None:
    """The key of a store that cryptography wrote opens under the store's password."""
    from anchorkeep import formats
    from anchorkeep.model.truststore import PrivateKeyEntry

    encryption = (
        PrivateFormat.PKCS12.encryption_builder().kdf_rounds(2).key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
    )
    data = pkcs12.serialize_key_and_certificates(b"key", KEY, None, None, encryption.build(b"geheim"))
    (entry,) = formats.loads(data, password="geheim").entries
    assert isinstance(entry, PrivateKeyEntry)
    assert entry.key
    assert pkcs8.unlock(entry.key, password="geheim") == DER


@pytest.mark.parametrize(
    ("version", "name"),
    [
        (None, "PBEWithHmacSHA512AndAES_128"),
        (java.every(17), "PBEWithHmacSHA512AndAES_128"),
        (java.every(11), "PBEWithSHA1AndDESede"),
    ],
)
def test_a_key_is_locked_no_weaker_than_it_was(version: java.JavaVersion | None, name: str) -> None:
    """A key that is locked again keeps cipher, key size, function and iterations; for a Java without them the iterations."""
    scheme = stores.pbes2(stores.pbkdf2(iterations=23_456, prf=stores.HMAC_SHA512))
    found = ProtectedKey(form=KeyForm.ENCRYPTED, data=writer.sequence(scheme, writer.octet_string(bytes(16))))
    key = pkcs8.lock(DER, recipe=dataclasses.replace(RECIPE, java=version), found=found)
    encryption = pkcs8.encryption(key.data)
    assert encryption
    assert (encryption.name, encryption.iterations) == (name, 23_456)
    assert pkcs8.unlock(key, password="geheim") == DER
    assert stores.SALT not in key.data


def test_a_key_of_another_format_is_locked_as_a_new_one() -> None:
    """What PKCS#12 has no algorithm of, and a plain key, are locked with what a new store gets; never weaker for an old Java."""
    new = pkcs8.lock(DER, recipe=RECIPE)
    foreign = writer.sequence(writer.sequence(writer.oid("1.3.6.1.4.1.42.2.17.1.1"), writer.NULL), writer.octet_string(b"key"))
    for form, data in ((KeyForm.ENCRYPTED, foreign), (KeyForm.PLAIN, DER), (KeyForm.BKS, foreign)):
        assert pkcs8.lock(DER, recipe=RECIPE, found=ProtectedKey(form=form, data=data)) == new
    few = writer.sequence(stores.pbes2(stores.pbkdf2(iterations=5)), writer.octet_string(bytes(16)))
    found = ProtectedKey(form=KeyForm.ENCRYPTED, data=few)
    encryption = pkcs8.encryption(pkcs8.lock(DER, recipe=dataclasses.replace(RECIPE, java=java.every(8)), found=found).data)
    assert encryption
    assert encryption.iterations == 10_000
