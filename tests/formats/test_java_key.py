import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.errors import StoreFormatError, StoreIntegrityError, UsageError
from anchorkeep.formats import java_key
from anchorkeep.model.truststore import Part, Protection, Scheme
from anchorkeep.tlv import writer

# Two EC keys as keytool of Java 11.0.9 wrote them, under the password "otherpass".
PASSWORD = "otherpass"
JKS = bytes.fromhex(
    "307d300e060a2b060104012a021101010500046b3c0ee2a632959dcf70000a6d8f88d7bf766e7514cd338436f732341b0e7147235e52ff3bda7ba7ea"
    "8c247024d5fa39c6de54eb38eb080c8fe36e423618cd0009c951fd1a4b0d94528422d46350a764405952d638e2dd6169ebf5e2ded76835af8fb11c4b"
    "14106b6c97c6e9"
)
JCEKS = bytes.fromhex(
    "3068301c06092b060104012a021301300f0408c7cf49ec6c3ca0250203030d4004480daf4cf4197ff50641f152ed357c2110bd856548d0d4404db5f9"
    "7cfa7599e895f2ac37a77a335d0e22545e0c26c63faf390267bce8dcca893d17f3b4d5b96fb24fbbfac8771b3cb1"
)
JKS_SALT = bytes.fromhex("3c0ee2a632959dcf70000a6d8f88d7bf766e7514")
JCEKS_SALT = bytes.fromhex("c7cf49ec6c3ca025")

KEY = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
SEALED = {
    "jks": java_key.lock_jks(KEY, password=PASSWORD, entropy=bytes),
    "jceks": java_key.lock_jceks(KEY, password=PASSWORD, entropy=bytes),
}


def salted(salt: bytes, size: int) -> bytes:
    """Return the salt where so many octets are asked for."""
    assert len(salt) == size
    return salt


def pbe(*, salt: bytes = b"saltsalt", iterations: int = 1, content: bytes = bytes(8), parameters: bytes | None = None) -> bytes:
    """Return a key under JCEKS' algorithm."""
    if parameters is None:
        parameters = writer.sequence(writer.octet_string(salt), writer.integer(iterations))
    return sealed(java_key.JCEKS, parameters, content)


def sealed(dotted: str, parameters: bytes, content: bytes) -> bytes:
    """Return an EncryptedPrivateKeyInfo."""
    return writer.sequence(writer.sequence(writer.oid(dotted), parameters), writer.octet_string(content))


def java_25_key(password: str, plain: bytes = KEY) -> bytes:
    """Return a key under JCEKS' algorithm with two iterations, its password taken as Java 25 takes it."""
    key, vector = java_key._derive(password.encode(), salt=b"saltsalt", iterations=2)
    count = 8 - len(plain) % 8
    return pbe(iterations=2, content=java_key._cipher(plain + bytes((count,)) * count, key=key, vector=vector, decrypt=False))


def test_a_key_of_jks_is_opened_and_sealed_as_java_does() -> None:
    """A key that keytool put into a JKS store opens, and under the same salt is sealed into the same bytes."""
    plain = java_key.unlock(JKS, password=PASSWORD)
    assert isinstance(load_der_private_key(plain, None), ec.EllipticCurvePrivateKey)
    assert java_key.lock_jks(plain, password=PASSWORD, entropy=lambda size: salted(JKS_SALT, size)) == JKS


def test_a_key_of_jceks_is_opened_and_sealed_as_java_does() -> None:
    """A key that keytool put into a JCEKS store opens, and under the same salt is sealed into the same bytes."""
    plain = java_key.unlock(JCEKS, password=PASSWORD)
    assert isinstance(load_der_private_key(plain, None), ec.EllipticCurvePrivateKey)
    assert java_key.lock_jceks(plain, password=PASSWORD, entropy=lambda size: salted(JCEKS_SALT, size)) == JCEKS


@pytest.mark.parametrize("data", [JKS, JCEKS], ids=["jks", "jceks"])
@pytest.mark.parametrize("password", ["", "changeit", PASSWORD + " ", "öther"])
def test_another_password_opens_nothing(data: bytes, password: str) -> None:
    """A key opens under no other password, and the error does not claim to know why."""
    with pytest.raises(StoreIntegrityError, match="password of a private key is wrong, or the key was changed"):
        java_key.unlock(data, password=password)


@given(st.text(max_size=40), st.binary(min_size=20, max_size=20), st.binary(max_size=200))
def test_any_password_seals_a_key_of_jks(password: str, salt: bytes, octets: bytes) -> None:
    """A key of any length sealed for JKS under any password opens under it."""
    data = java_key.lock_jks(octets, password=password, entropy=lambda _: salt)
    assert java_key.unlock(data, password=password) == octets


def test_two_equal_halves_of_a_salt_are_read_as_java_does() -> None:
    """Where a salt's halves are equal Java turns the first round; measured with Java 11 to 25."""
    key, vector = java_key._derive(b"changeit", salt=bytes((1, 2, 3, 4)) * 2, iterations=3)
    assert java_key._cipher(b"hello\3\3\3", key=key, vector=vector, decrypt=False).hex() == "1194d70faa1b4396"


def test_a_password_beyond_ascii_opens_what_java_25_sealed() -> None:
    """Java 25 takes any password for JCEKS' keys, as UTF-8; a key that it sealed so opens."""
    assert java_key.unlock(java_25_key("pässwörd"), password="pässwörd") == KEY


@pytest.mark.parametrize("password", ["pässword", "tab\t", "\x7f"])
def test_a_password_that_java_refuses_seals_no_key_of_jceks(password: str) -> None:
    """For JCEKS a password of anything but printable ASCII is refused, as Java up to 21 does."""
    with pytest.raises(UsageError, match="printable ASCII"):
        java_key.lock_jceks(KEY, password=password, entropy=bytes)


def test_an_empty_password_seals_a_key_of_jceks() -> None:
    """An empty password is one."""
    data = java_key.lock_jceks(KEY, password="", entropy=bytes)
    assert java_key.unlock(data, password="") == KEY


def test_how_a_key_is_protected_is_known_without_a_password() -> None:
    """Of both kinds of key the algorithm and the iterations are read; of anything else nothing is claimed."""
    assert java_key.protection(JKS) == Protection(part=Part.KEYS, scheme=Scheme.JAVA, algorithm="Sun's JKS key protector")
    assert java_key.protection(JCEKS) == Protection(
        part=Part.KEYS, scheme=Scheme.JAVA, algorithm="PBEWithMD5AndTripleDES", iterations=200_000
    )
    assert java_key.protection(sealed("1.2.840.113549.1.5.13", writer.NULL, b"")) is None
    assert java_key.protection(b"sealed private key") is None


def test_the_algorithm_is_told() -> None:
    """Which algorithm a key is under is read from it, None where it is no key."""
    assert java_key.algorithm(JKS) == java_key.JKS
    assert java_key.algorithm(sealed("1.2.840.113549.1.5.13", writer.NULL, b"")) == "1.2.840.113549.1.5.13"
    assert java_key.algorithm(b"0") is None


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"no key", "cannot be read"),
        (sealed("1.2.840.113549.1.5.13", writer.NULL, b""), "algorithm 1.2.840.113549.1.5.13, which is none of"),
        (sealed(java_key.JKS, writer.NULL, bytes(39)), "with 39 octets"),
        (writer.sequence(writer.sequence(writer.oid(java_key.JCEKS)), writer.octet_string(bytes(8))), "no parameters"),
        (pbe(parameters=writer.NULL), "cannot be read"),
        (pbe(salt=b"salt"), "a salt of 4 octets"),
        (pbe(iterations=5_000_001), "5,000,001 iterations; 8 octets and at most 5,000,000"),
        (pbe(iterations=0), "iterations that cannot be"),
        (pbe(iterations=-1), "iterations that cannot be"),
        (pbe(iterations=1 << 20_000), "iterations that cannot be"),
        (pbe(content=b""), "with 0 octets"),
        (pbe(content=bytes(9)), "with 9 octets"),
    ],
)  # fmt: skip
def test_what_is_no_such_key_is_named(data: bytes, expected: str) -> None:
    """Octets that are no key, or ask for too much work, are an error that says so."""
    with pytest.raises(StoreFormatError, match=expected):
        java_key.unlock(data, password=PASSWORD)


def test_a_count_beyond_any_int_has_no_protection_to_tell() -> None:
    """A number of iterations that no program could have written is not repeated to anybody."""
    assert java_key.protection(pbe(iterations=1 << 20_000)) is None


def test_padding_that_fits_by_chance_is_no_key() -> None:
    """Octets with right padding that are no private key were opened with a wrong password."""
    for plain in (b"garbage", writer.sequence(*[writer.sequence(writer.oid("1.2.3"))] * 3)):
        with pytest.raises(StoreIntegrityError):
            java_key.unlock(java_25_key(PASSWORD, plain), password=PASSWORD)


@pytest.mark.parametrize("kind", SEALED)
def test_a_key_cut_anywhere_is_refused(kind: str) -> None:
    """A key that ends early is an error of a store, wherever it ends."""
    data = SEALED[kind]
    for end in range(len(data)):
        with pytest.raises(StoreFormatError):
            java_key.unlock(data[:end], password=PASSWORD)


def test_a_changed_key_of_jks_is_refused() -> None:
    """A JKS key with any byte changed does not open; only the NULL beside its algorithm says nothing."""
    data = SEALED["jks"]
    null = data.index(writer.NULL, 10)
    for position in range(len(data)):
        broken = bytearray(data)
        broken[position] ^= 1
        if null <= position < null + 2:
            continue
        with pytest.raises((StoreFormatError, StoreIntegrityError)):
            java_key.unlock(bytes(broken), password=PASSWORD)


def test_a_changed_key_of_jceks_is_never_what_it_was() -> None:
    """A JCEKS key with any byte changed is an error, or other octets than the key: the format has no digest."""
    data = java_25_key("pässwörd")
    for position in range(len(data)):
        broken = bytearray(data)
        broken[position] ^= 4
        try:
            opened = java_key.unlock(bytes(broken), password="pässwörd")
        except (StoreFormatError, StoreIntegrityError):
            continue
        assert opened != KEY
