import hashlib

import pytest

from anchorkeep import tlv
from anchorkeep.errors import StoreFormatError, TLVError, TooMuchWorkError, UnsupportedFormatError
from anchorkeep.formats import limits, pbe, pbe_cipher
from anchorkeep.formats.pbe import Password
from anchorkeep.formats.work import Work
from anchorkeep.model import java
from anchorkeep.model.java import JavaVersion
from anchorkeep.model.truststore import Scheme
from anchorkeep.tlv import writer
from tests.data import stores

PLAIN = b"what is encrypted, of no whole number of blocks"


def pbes1(number: int) -> bytes:
    """Return the AlgorithmIdentifier of an encryption of RFC 7292 Appendix C."""
    parameters = writer.sequence(writer.octet_string(stores.SALT), writer.integer(3))
    return writer.sequence(writer.oid(f"1.2.840.113549.1.12.1.{number}"), parameters)


def pbes2(cipher: str, block: int = 16, **options: int | str | None) -> bytes:
    """Return the AlgorithmIdentifier of PBES2 with that cipher."""
    derivation = stores.pbkdf2(iterations=3, **options)  # type: ignore[arg-type]
    return stores.pbes2(derivation, cipher=cipher, vector=bytes(block))


AES = "2.16.840.1.101.3.4.1."
ALGORITHMS = {
    "PBEWithSHA1AndDESede": pbes1(3),
    "PBEWithSHA1AndDESede_112": pbes1(4),
    "PBEWithSHA1AndRC2_128": pbes1(5),
    "PBEWithSHA1AndRC2_40": pbes1(6),
    "PBEWithHmacSHA256AndDESede": pbes2("1.2.840.113549.3.7", 8),
    "PBEWithHmacSHA256AndAES_128": pbes2(AES + "2"),
    "PBEWithHmacSHA1AndAES_192": pbes2(AES + "22", prf=None),
    "PBEWithHmacSHA512AndAES_256": pbes2(AES + "42", prf=stores.HMAC_SHA512, key_size=32),
}


def entropy(size: int) -> bytes:
    """Return octets that no algorithm here has."""
    return b"\xee" * size


@pytest.mark.parametrize("name", ALGORITHMS)
def test_each_algorithm_works_both_ways(name: str) -> None:
    """What an algorithm encrypts it decrypts under the same password; it is called as Java calls it, and written as it stood."""
    encryption = pbe_cipher.parse(tlv.read(ALGORITHMS[name]))
    assert (encryption.name, encryption.iterations) == (name, 3)
    assert encryption.scheme is (Scheme.PBES2 if "Hmac" in name else Scheme.PBES1)
    assert encryption.encode() == ALGORITHMS[name]
    content = pbe_cipher.encrypted(encryption, PLAIN, password=Password("geheim"))
    assert content != PLAIN
    assert list(pbe_cipher.decrypted(encryption, content, password=Password("geheim"))) == [PLAIN]
    assert PLAIN not in pbe_cipher.decrypted(encryption, content, password=Password("Geheim"))


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_fresh_encryption_keeps_all_but_chance(name: str) -> None:
    """A fresh encryption has the algorithm, key size and iterations of the old, and salt and vector of the same length."""
    encryption = pbe_cipher.parse(tlv.read(ALGORITHMS[name]))
    fresh = encryption.fresh(entropy)
    assert (fresh.name, fresh.iterations, fresh.cipher) == (encryption.name, encryption.iterations, encryption.cipher)
    assert len(fresh.encode()) == len(encryption.encode())
    assert stores.SALT not in fresh.encode()
    old, new = (pbe_cipher.encrypted(item, PLAIN, password=Password("geheim")) for item in (encryption, fresh))
    assert old != new


def test_the_first_form_of_an_empty_password_encrypts() -> None:
    """What is encrypted with an empty password is under the form of the standard, which a reader tries first."""
    encryption = pbe_cipher.parse(tlv.read(ALGORITHMS["PBEWithHmacSHA256AndAES_128"]))
    ((first, _), (second, _)) = encryption.keys(Password(""))
    assert first == hashlib.pbkdf2_hmac("sha256", b"", stores.SALT, 3, 16)
    assert second == hashlib.pbkdf2_hmac("sha256", b"\0", stores.SALT, 3, 16)
    content = pbe_cipher.encrypted(encryption, PLAIN, password=Password(""))
    assert next(pbe_cipher.decrypted(encryption, content, password=Password(""))) == PLAIN


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (None, "PBEWithHmacSHA256AndAES_256"),
        (java.every(8), "PBEWithSHA1AndDESede"),
        (java.every(11), "PBEWithSHA1AndDESede"),
        (java.parse("11.0.9"), "PBEWithSHA1AndDESede"),
        (java.parse("11.0.13"), "PBEWithHmacSHA256AndAES_256"),
        (java.every(17), "PBEWithHmacSHA256AndAES_256"),
    ],
)
def test_new_stores_are_encrypted_for_their_reader(version: JavaVersion | None, expected: str) -> None:
    """A runtime that knows no PBES2 gets 3DES, every other what Java 17 writes, with as many iterations and octets of salt."""
    encryption = pbe_cipher.pattern(is_legacy=pbe_cipher.is_legacy(version)).fresh(entropy)
    assert (encryption.name, encryption.iterations) == (expected, 10_000)
    assert entropy(20) in encryption.encode()
    assert bytes(16) not in encryption.encode()


@pytest.mark.parametrize("size", [0, 15])
def test_content_of_no_whole_blocks_says_nothing(size: int) -> None:
    """Content that is no whole number of blocks decrypts to nothing, without any work."""
    encryption = pbe_cipher.parse(tlv.read(ALGORITHMS["PBEWithSHA1AndDESede"]))
    assert list(pbe_cipher.decrypted(encryption, bytes(size), password=Password("geheim"))) == []


def test_rc2_is_bounded_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is encrypted with RC2 that would be too long to be read back."""
    monkeypatch.setattr("anchorkeep.formats.limits.MAX_RC2_BYTES", 16)
    encryption = pbe_cipher.parse(tlv.read(ALGORITHMS["PBEWithSHA1AndRC2_40"]))
    assert len(pbe_cipher.encrypted(encryption, bytes(15), password=Password(""))) == 16
    with pytest.raises(StoreFormatError, match="more than 16 bytes under RC2"):
        pbe_cipher.encrypted(encryption, bytes(16), password=Password(""))


def test_bytes_under_rc2_add_up() -> None:
    """What is decrypted with RC2 counts as often as it is tried, parts and encodings of a password together."""
    encryption = pbe_cipher.parse(tlv.read(ALGORITHMS["PBEWithSHA1AndRC2_40"]))
    content = pbe_cipher.encrypted(encryption, bytes(8), password=Password("geheim"))
    password = Password("geheim")
    password.work.spend_rc2(limits.MAX_RC2_BYTES - 2 * len(content))
    for _ in range(2):
        assert list(pbe_cipher.decrypted(encryption, content, password=password)) == [bytes(8)]
    with pytest.raises(TooMuchWorkError, match="more than 4,194,304 bytes under RC2"):
        list(pbe_cipher.decrypted(encryption, content, password=password))


def test_work_is_counted_before_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Key and initialization vector of 3DES cost three times the iterations; where that is too much, not one is made."""
    encryption = pbe_cipher.Pbes1(algorithm="1.2.840.113549.1.12.1.3", salt=b"salt", iterations=10)
    assert len(list(encryption.keys(Password("x", work=Work(iterations=30))))) == 1
    monkeypatch.setattr(pbe, "derive", lambda *_, **__: pytest.fail("work that nobody pays"))
    with pytest.raises(TooMuchWorkError):
        next(encryption.keys(Password("x", work=Work(iterations=29))))


@pytest.mark.parametrize(
    ("algorithm", "error", "message"),
    [
        (pbes1(1), UnsupportedFormatError, "encrypted with RC4 with 128 bits"),
        (pbes2("1.2.3"), UnsupportedFormatError, r"encrypted with 1\.2\.3"),
        (pbes2(AES + "2", 8), StoreFormatError, "vector has 8 octets, expected 16"),
        (writer.sequence(writer.oid("1.2.840.113549.1.5.13"), writer.sequence()), TLVError, "at least 2 nodes"),
        (writer.sequence(writer.oid("1.2.840.113549.1.12.1.3")), TLVError, "at least 2 nodes"),
    ],
)
def test_what_is_not_known_is_refused(algorithm: bytes, error: type[Exception], message: str) -> None:
    """An algorithm that is not known or broken is refused by its name."""
    with pytest.raises(error, match=message):
        pbe_cipher.parse(tlv.read(algorithm))
