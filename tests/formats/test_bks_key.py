import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anchorkeep import formats
from anchorkeep.errors import AnchorkeepError, StoreFormatError, StoreIntegrityError, UsageError
from anchorkeep.formats import bks_key, pbe_cipher
from anchorkeep.formats.pbe import Password
from anchorkeep.formats.pbe_cipher import Pbes1
from anchorkeep.model.truststore import KeyForm, ProtectedKey
from anchorkeep.tlv import writer
from tests.data import stores

RSA = "1.2.840.113549.1.1.1"


def pkcs8(content: bytes = b"private key", *, algorithm: str = RSA) -> bytes:
    """Return the outline of a PrivateKeyInfo."""
    return writer.sequence(writer.integer(0), writer.sequence(writer.oid(algorithm)), writer.octet_string(content))


def entropy(size: int) -> bytes:
    """Return the same octets each time."""
    return bytes(range(size))


def sealed(plain: bytes, *, password: str = "key") -> bytes:
    """Return anything sealed as a key is."""
    encryption = Pbes1(algorithm="1.2.840.113549.1.12.1.3", salt=stores.SALT, iterations=2)
    content = pbe_cipher.encrypted(encryption, plain, password=Password(password))
    return struct.pack(">i", 8) + stores.SALT + struct.pack(">i", 2) + content


@given(st.binary(max_size=100), st.text(min_size=1, max_size=10))
@settings(max_examples=20)  # Each takes 60,000 digests.
def test_what_is_locked_is_unlocked(content: bytes, password: str) -> None:
    """A key that was sealed opens under its password."""
    key = bks_key.lock(pkcs8(content), password=password, entropy=entropy)
    assert bks_key.unlock(key, password=password) == pkcs8(content)
    assert key[:24] == b"\0\0\0\x14" + bytes(range(20))
    assert bks_key.iterations(key) == bks_key.ITERATIONS


def test_another_password_does_not_open() -> None:
    """A key that was sealed opens under no other password, also one whose padding fits by chance."""
    key = sealed(stores.bks_plain_key(key=pkcs8()))
    assert bks_key.unlock(key, password="key") == pkcs8()
    for number in range(600):
        with pytest.raises(StoreIntegrityError, match="nobody can tell which"):
            bks_key.unlock(key, password=f"other {number}")


def test_both_names_of_the_format_open() -> None:
    """PKCS#8 is called so or without the hash."""
    for name in ("PKCS#8", "PKCS8"):
        assert bks_key.unlock(sealed(stores.bks_plain_key(key_format=name, key=pkcs8())), password="key") == pkcs8()


@pytest.mark.parametrize(
    ("plain", "error"),
    [
        (stores.bks_plain_key(1, key_format="X.509"), StoreFormatError),
        (stores.bks_plain_key(2, key_format="RAW"), StoreFormatError),
        (stores.bks_plain_key(key=pkcs8()) + b"\0", StoreIntegrityError),
        (stores.bks_plain_key(key=b"no key"), StoreIntegrityError),
        (stores.bks_plain_key(key=writer.sequence(writer.NULL, writer.sequence(), writer.NULL)), StoreIntegrityError),
        (stores.bks_plain_key(3, key=pkcs8()), StoreIntegrityError),
        (stores.bks_plain_key(key_format="raw", key=pkcs8()), StoreIntegrityError),
    ],
    ids=["public", "secret", "behind", "no-der", "no-key", "kind", "format"],
)
def test_what_is_no_private_key_is_refused(plain: bytes, error: type[AnchorkeepError]) -> None:
    """What opens and is no private key is no value."""
    with pytest.raises(error):
        bks_key.unlock(sealed(plain), password="key")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "salt: length 4 exceeds"),
        (struct.pack(">i", 4) + b"salt", "iterations: length 4 exceeds"),
        (struct.pack(">ii", 0, 1), "a salt of 0 octets and 1 iterations"),
        (struct.pack(">i", 1025) + bytes(1025) + struct.pack(">i", 1), "a salt of 1,025 octets"),
        (stores.bks_sealed(iterations=0)[4:], "and 0 iterations"),
        (stores.bks_sealed(iterations=5_000_001)[4:], "5,000,001 iterations; 1 to 1,024 octets and 1 to 5,000,000"),
    ],
)
def test_what_is_beyond_the_bounds_is_refused(data: bytes, expected: str) -> None:
    """A sealed key that is cut off or asks for too much work is an error before any is done."""
    with pytest.raises(StoreFormatError, match=expected):
        bks_key.unlock(data, password="key")
    assert bks_key.iterations(data) is None


def test_truncation_does_not_open() -> None:
    """A sealed key opens nowhere it is cut off."""
    key = sealed(stores.bks_plain_key(key=pkcs8()))
    for length in range(len(key)):
        with pytest.raises(AnchorkeepError):
            bks_key.unlock(key[:length], password="key")


@pytest.mark.parametrize(("algorithm", "name"), [(RSA, b"RSA"), ("1.2.840.10045.2.1", b"EC"), ("1.2.3.4", b"1.2.3.4")])
def test_the_algorithm_is_called_as_java_does(algorithm: str, name: bytes) -> None:
    """Before the key stands what Java calls its algorithm, or the identifier of one that is not known."""
    key = bks_key.lock(pkcs8(algorithm=algorithm), password="key", entropy=entropy)
    encryption = Pbes1(algorithm="1.2.840.113549.1.12.1.3", salt=bytes(range(20)), iterations=bks_key.ITERATIONS)
    (plain,) = pbe_cipher.decrypted(encryption, key[28:], password=Password("key"))
    assert plain.startswith(b"\0\0\6PKCS#8\0" + bytes((len(name),)) + name)


def test_what_cannot_be_locked_is_refused() -> None:
    """An empty password, under which Bouncy Castle opens nothing, and octets that are no key are refused."""
    with pytest.raises(UsageError, match="needs a password"):
        bks_key.lock(pkcs8(), password="", entropy=entropy)
    with pytest.raises(StoreFormatError, match=r"no PKCS#8 PrivateKeyInfo"):
        bks_key.lock(b"\x30\0", password="key", entropy=entropy)


def test_no_key_is_in_a_representation() -> None:
    """What holds a key does not show it."""
    assert "secret" not in repr(ProtectedKey(form=KeyForm.BKS, data=b"secret"))
    assert "secret" not in repr(bks_key.PlainKey(kind=0, format="PKCS#8", algorithm="RSA", octets=b"secret"))
    assert formats.unlock(ProtectedKey(form=KeyForm.PLAIN, data=pkcs8()), password="") == pkcs8()
