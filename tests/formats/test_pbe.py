import pytest

from anchorkeep import tlv
from anchorkeep.errors import StoreFormatError, TLVError, TooMuchWorkError, UnsupportedFormatError
from anchorkeep.formats import pbe
from anchorkeep.formats.pbe import Password, Pbkdf2
from anchorkeep.formats.work import Work
from anchorkeep.model.truststore import Scheme
from anchorkeep.tlv import writer
from tests.data import stores

# RFC 7292 B.2 under SHA-1, from the conformance tests that OpenSSL and Bouncy Castle share: password, salt, iterations, purpose,
# octets derived.
VECTORS = [
    ("smeg", "0a58cf64530d823f", 1, 1, "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"),
    ("smeg", "0a58cf64530d823f", 1, 2, "79993dfe048d3b76"),
    ("smeg", "642b99ab44fb4b1f", 1, 1, "f3a95fec48d7711e985cfe67908c5ab79fa3d7c5caa5d966"),
    ("smeg", "642b99ab44fb4b1f", 1, 2, "c0a38d64a79bea1d"),
    ("smeg", "3d83c0e4546ac140", 1, 3, "8d967d88f6caa9d714800ab3d48051d63f73a312"),
    ("queeg", "05dec959acff72f7", 1000, 1, "ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4"),
    ("queeg", "05dec959acff72f7", 1000, 2, "11dedad7758d4860"),
    ("queeg", "1682c0fc5b3f7ec5", 1000, 1, "483dd6e919d7de2e8e648ba8f862f3fbfbdc2bcb2c02957f"),
    ("queeg", "1682c0fc5b3f7ec5", 1000, 2, "9d461d1b00355c50"),
    ("queeg", "263216fcc2fab31c", 1000, 3, "5ec4c7a80df652294c3925b6489a7ab857c83476"),
]
# RFC 6070: PBKDF2 with HMAC-SHA-1; salt, iterations, key.
PBKDF2_VECTORS = [
    (b"salt", 1, "0c60c80f961f0e71f3a9b524af6012062fe037a6"),
    (b"salt", 4096, "4b007901b765489abead49d926f721d065a429c1"),
]


def entropy(size: int) -> bytes:
    """Return octets that no store here has."""
    return b"\xee" * size


@pytest.mark.parametrize(("password", "salt", "iterations", "purpose", "derived"), VECTORS)
def test_the_derivation_gives_known_keys(password: str, salt: str, iterations: int, purpose: int, derived: str) -> None:
    """The derivation of RFC 7292 gives the keys, vectors and MAC keys of others' tests."""
    secret = Password(password).as_bmp[0]
    size = len(derived) // 2
    found = pbe.derive(secret, salt=bytes.fromhex(salt), iterations=iterations, purpose=purpose, size=size, hash_name="sha1")
    assert found.hex() == derived


@pytest.mark.parametrize(("salt", "iterations", "key"), PBKDF2_VECTORS)
def test_pbkdf2_gives_known_keys(salt: bytes, iterations: int, key: str) -> None:
    """PBKDF2 without a named function is that of RFC 6070, with HMAC-SHA-1."""
    (found,) = Pbkdf2(salt=salt, iterations=iterations).keys(Password("password"), size=20)
    assert found.hex() == key


def test_an_empty_password_has_two_forms() -> None:
    """An empty password has the standard's form first, with which is written; any other has one."""
    assert (Password("").as_bmp, Password("").as_utf8) == ((b"\0\0", b""), (b"", b"\0"))
    assert (Password("ä").as_bmp, Password("ä").as_utf8) == ((b"\0\xe4\0\0",), (b"\xc3\xa4",))


@pytest.mark.parametrize(
    "encoded",
    [
        stores.pbkdf2(),
        stores.pbkdf2(prf=None),
        stores.pbkdf2(key_size=32),
        stores.pbkdf2(iterations=100_000, prf=stores.HMAC_SHA512, salt=bytes(64)),
    ],
)
def test_a_derivation_is_written_as_it_was_read(encoded: bytes) -> None:
    """Salt, count, length and function of PBKDF2 come back as they stood; a fresh one differs in the salt alone."""
    derivation = Pbkdf2.parse(tlv.read(encoded))
    assert derivation.encode() == encoded
    fresh = derivation.fresh(entropy)
    assert fresh.salt == entropy(len(derivation.salt))
    assert fresh.encode() == encoded.replace(derivation.salt, fresh.salt)


SAFE = b"what the code is of"


@pytest.mark.parametrize(
    ("encoded", "scheme", "name", "iterations"),
    [
        (stores.mac_data(SAFE, secret=b"\0\0"), Scheme.MAC_SHA2, "HmacPBESHA256", 1),
        (stores.mac_data(SAFE, secret=b"\0\0", iterations=None), Scheme.MAC_SHA2, "HmacPBESHA256", None),
        (stores.mac_data(SAFE, secret=b"\0\0", digest=pbe.SHA1), Scheme.MAC_SHA1, "HmacPBESHA1", 1),
        (stores.pbmac1_data(SAFE, password=""), Scheme.PBMAC1, "PBMAC1 with HmacSHA512", 1),
    ],
)
def test_a_mac_is_written_as_it_was_read(encoded: bytes, scheme: Scheme, name: str, iterations: int | None) -> None:
    """A MAC of either kind comes back as it stood, under its name; a fresh one has another salt and another code."""
    mac, code = pbe.mac(tlv.read(encoded))
    assert (mac.scheme, mac.name, mac.iterations) == (scheme, name, iterations)
    assert mac.encode(code) == encoded
    fresh = mac.fresh(entropy)
    other = next(fresh.codes(SAFE, password=Password("")))
    assert fresh.verifies(other, SAFE, password=Password(""))
    assert not fresh.verifies(code, SAFE, password=Password(""))
    assert not fresh.verifies(other, SAFE + b".", password=Password(""))
    assert not fresh.verifies(other, SAFE, password=Password("other"))
    assert pbe.mac(tlv.read(fresh.encode(other))) == (fresh, other)
    assert stores.SALT not in fresh.encode(other)


def test_work_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """More iterations than Java does are refused, at once and in all, before they are made."""
    monkeypatch.setattr("anchorkeep.formats.limits.MAX_TOTAL_ITERATIONS", 10)
    derivation = Pbkdf2(salt=b"salt", iterations=5)
    assert len(list(derivation.keys(Password(""), size=20))) == 2
    with pytest.raises(TooMuchWorkError, match="more than 10 iterations in all"):
        list(derivation.keys(Password("", work=Work(iterations=10)), size=21))


@pytest.mark.parametrize(
    ("size", "function", "digests"),
    [
        (20, None, 1),
        (21, None, 2),
        (32, None, 2),
        (64, None, 4),
        (32, pbe.HMAC_SHA256, 1),
        (64, pbe.HMAC_SHA256, 2),
        (64, "1.2.840.113549.2.11", 1),
    ],
)
def test_each_digest_of_a_key_is_counted(size: int, function: str | None, digests: int) -> None:
    """A key that is longer than its hash costs its iterations once for each digest that it is made of (RFC 8018 §5.2)."""
    derivation = Pbkdf2(salt=b"salt", iterations=10, prf=function)
    (key,) = derivation.keys(Password("x", work=Work(iterations=10 * digests)), size=size)
    assert len(key) == size
    with pytest.raises(TooMuchWorkError):
        next(derivation.keys(Password("x", work=Work(iterations=10 * digests - 1)), size=size))


@pytest.mark.parametrize(("size", "message"), [(8, None), (9, "A number of 9 bytes")])
def test_counts_are_bounded(size: int, message: str | None) -> None:
    """A count of more octets than any bound is refused before it is a number that must be printed."""
    node = tlv.read(writer.encode(2, bytes(size)))
    if message is None:
        assert pbe.count(node) == 0
        return
    with pytest.raises(StoreFormatError, match=message):
        pbe.count(node)


def test_a_count_that_is_none_is_refused() -> None:
    """A node that is no INTEGER is no count."""
    with pytest.raises(TLVError, match="Expected tag 0x02"):
        pbe.count(tlv.read(writer.octet_string(b"1")))


@pytest.mark.parametrize("size", [1024, 1025])
def test_salts_are_bounded(size: int) -> None:
    """A salt beyond the bound is refused."""
    node = tlv.read(writer.octet_string(bytes(size)))
    if size <= 1024:
        assert pbe.salt(node) == bytes(size)
        return
    with pytest.raises(StoreFormatError, match="A salt of 1,025 bytes"):
        pbe.salt(node)


def test_another_derivation_is_named() -> None:
    """A derivation that is not PBKDF2 is refused by its name."""
    scrypt = writer.sequence(writer.oid("1.3.6.1.4.1.11591.4.11"), writer.sequence())
    with pytest.raises(UnsupportedFormatError, match="protected by the key derivation scrypt"):
        Pbkdf2.parse(tlv.read(scrypt))
