import binascii
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep import formats, tlv
from anchorkeep.errors import (
    StoreFormatError,
    StoreIntegrityError,
    UnsupportedEntryError,
    UnsupportedFormatError,
    UsageError,
)
from anchorkeep.formats import pbe_cipher, pkcs8, pkcs12
from anchorkeep.formats.pbe import Password
from anchorkeep.formats.recipe import Recipe
from anchorkeep.model import java
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.java import JavaVersion
from anchorkeep.model.truststore import (
    Integrity,
    KeyForm,
    OtherEntry,
    OtherKind,
    PrivateKeyEntry,
    ProtectedKey,
    SecretKeyEntry,
    TrustedCertEntry,
    TrustStore,
)
from anchorkeep.tlv import writer
from tests.data import stores
from tests.data.stores import PASSWORD, cert_bag, certificate, encrypted_part, key_bag, pfx, plain_part

LEAF, ROOT = certificate("leaf", "intermediate"), certificate("root", serial=2)
INTERMEDIATE = certificate("intermediate", "root", serial=3)
JUNK = Certificate(b"no certificate at all")
DATA = Path(__file__).parents[1] / "data"


def read(data: bytes, password: str | None = PASSWORD) -> TrustStore:
    """Return what a PKCS#12 store holds."""
    store = formats.loads(data, password=password, name="store.p12")
    assert store.format == "pkcs12"
    return store


def test_certificates_come_in_order() -> None:
    """Certificates of encrypted and plain parts come in the file's order, with alias and what Java sees."""
    data = pfx(
        encrypted_part(cert_bag(ROOT, stores.friendly_name("Wurzel ü"), stores.trusted_key_usage()), cert_bag(JUNK)),
        plain_part(cert_bag(LEAF, stores.friendly_name("leaf"))),
    )
    store = read(data)
    assert store.integrity is Integrity.VERIFIED
    assert store.entries == (
        TrustedCertEntry(certificate=ROOT, alias="Wurzel ü"),
        TrustedCertEntry(certificate=JUNK, is_visible_to_java=False),
        TrustedCertEntry(certificate=LEAF, alias="leaf", is_visible_to_java=False),
    )


@pytest.mark.parametrize("parts", [(), (plain_part(),)])
def test_an_empty_store_is_a_store(parts: tuple[bytes, ...]) -> None:
    """A store without entries is read as one."""
    assert read(pfx(*parts)).entries == ()


@pytest.mark.parametrize("password", [None, "", "anything"])
def test_a_store_without_a_mac_is_read(password: str | None) -> None:
    """A store without MAC and encryption is read with any password and none; it has no integrity to check."""
    store = read(pfx(plain_part(cert_bag(ROOT)), password=None), password)
    assert (store.certificates, store.integrity) == ((ROOT,), Integrity.NONE)


def test_what_needs_no_password_is_read_without() -> None:
    """A store with a MAC whose certificates are not encrypted is read without a password, unchecked."""
    store = read(pfx(plain_part(cert_bag(ROOT), key_bag())), None)
    assert (store.certificates, store.integrity) == ((ROOT,), Integrity.NOT_CHECKED)


def test_what_needs_a_password_says_so() -> None:
    """An encrypted store without a password is refused, and the error asks for one."""
    with pytest.raises(StoreIntegrityError, match=r"store\.p12: a password is needed: part 1"):
        read(pfx(encrypted_part(cert_bag(ROOT))), None)


@pytest.mark.parametrize("data", [pfx(plain_part(cert_bag(ROOT))), pfx(encrypted_part(cert_bag(ROOT)), password=None)])
@pytest.mark.parametrize("password", ["", "Changeit", "changeit ", "chängeit"])
def test_another_password_is_refused(data: bytes, password: str) -> None:
    """Any other password is refused, with a MAC and without."""
    with pytest.raises(StoreIntegrityError, match="password is wrong, or the PKCS#12 store was changed"):
        read(data, password)


@pytest.mark.parametrize("secret", [b"\0\0", b""])
@pytest.mark.parametrize("content_password", [b"", b"\0"])
def test_each_form_of_the_empty_password_is_tried(secret: bytes, content_password: bytes) -> None:
    """The empty password opens a store in whichever of its forms the writer took it."""
    safe = writer.sequence(encrypted_part(cert_bag(ROOT), password=content_password))
    store = read(stores.sealed_pfx(safe, stores.mac_data(safe, secret=secret)), "")
    assert (store.certificates, store.integrity) == ((ROOT,), Integrity.VERIFIED)


@pytest.mark.parametrize("password", ["pässwörd", "\U0001f511", "x" * 1000])
def test_any_password_opens(password: str) -> None:
    """Passwords beyond ASCII are UTF-16 in the MAC and UTF-8 in PBES2."""
    store = read(pfx(encrypted_part(cert_bag(ROOT), password=password.encode()), password=password), password)
    assert store.integrity is Integrity.VERIFIED


def test_every_flipped_byte_is_refused() -> None:
    """A store with a MAC and a flipped byte is refused or was flipped where nothing is kept; never other certificates."""
    data = pfx(encrypted_part(cert_bag(ROOT)))
    accepted = 0
    for position in range(len(data)):
        broken = data[:position] + bytes((data[position] ^ 1,)) + data[position + 1 :]
        try:
            assert read(broken).certificates == (ROOT,)
            accepted += 1
        except (StoreIntegrityError, StoreFormatError):
            continue
    # The NULL parameters of two algorithms mean nothing.
    assert accepted <= 4


def test_a_mac_without_a_count_has_one_iteration() -> None:
    """A MacData without iterations means one (RFC 7292 §4)."""
    safe = writer.sequence(plain_part(cert_bag(ROOT)))
    secret = PASSWORD.encode("utf-16-be") + b"\0\0"
    data = stores.sealed_pfx(safe, stores.mac_data(safe, secret=secret, iterations=None))
    assert read(data).integrity is Integrity.VERIFIED


def rfc_9579(number: int = 1) -> bytes:
    """Return a store of RFC 9579 Appendix A.1 to A.3."""
    lines = (DATA / f"rfc9579-a{number}.p12.pem").read_bytes().splitlines()
    return binascii.a2b_base64(b"".join(lines[2:-1]))


@pytest.mark.parametrize(("number", "algorithm"), [(1, "HmacSHA256"), (2, "HmacSHA256"), (3, "HmacSHA512")])
def test_the_stores_of_rfc_9579_are_read(number: int, algorithm: str) -> None:
    """The valid examples of RFC 9579 with PBMAC1 verify under their password and under no other, and their key opens."""
    store = read(rfc_9579(number), "1234")
    assert store.integrity is Integrity.VERIFIED
    assert store.protection[-1].algorithm == f"PBMAC1 with {algorithm}"
    assert [str(item.subject) for item in store.certificates] == ["CN=tt, OU=rr, O=ee, L=ww, ST=qq, C=XX"]
    (entry,) = store.entries
    assert isinstance(entry, PrivateKeyEntry)
    assert entry.key
    assert load_der_private_key(pkcs8.unlock(entry.key, password="1234"), None)
    with pytest.raises(StoreIntegrityError):
        read(rfc_9579(number), "12345")


# The MacData of RFC 9579 A.4 to A.6, which differ from A.1 in nothing else.
BROKEN_MACS = {
    "iterations": (
        "MH0wbTBJBgkqhkiG9w0BBQ4wPDAsBgkqhkiG9w0BBQwwHwQIb0c8OLAuMXMCAggBAgEgMAwGCCqGSIb3DQIJBQAwDAYIKoZIhvcNAgkFAAQgeqVthTnX"
        "AjY/O80uuDVFxt+iuWlw5xR3LSJOQX+JBt0ECE5PVCBVU0VEAgIIAA=="
    ),
    "salt": (
        "MHwwbTBJBgkqhkiG9w0BBQ4wPDAsBgkqhkiG9w0BBQwwHwQITk9UIFVTRUQCAggAAgEgMAwGCCqGSIb3DQIJBQAwDAYIKoZIhvcNAgkFAAQgeqVthTnX"
        "AjY/O80uuDVFxt+iuWlw5xR3LSJOQX+JBt0ECG9HPDiwLjFzAgEB"
    ),
    "key-length": (
        "MHowajBGBgkqhkiG9w0BBQ4wOTApBgkqhkiG9w0BBQwwHAQIb0c8OLAuMXMCAggAMAwGCCqGSIb3DQIJBQAwDAYIKoZIhvcNAgkFAAQgeqVthTnXAjY/"
        "O80uuDVFxt+iuWlw5xR3LSJOQX+JBt0ECG9HPDiwLjFzAgIIAA=="
    ),
}


@pytest.mark.parametrize("name", BROKEN_MACS)
def test_the_broken_stores_of_rfc_9579_are_refused(name: str) -> None:
    """The examples of RFC 9579 with a wrong count, a wrong salt or without a length of the key are refused."""
    version, content, _ = tlv.read(rfc_9579()).children()
    data = writer.sequence(version.raw, content.raw, binascii.a2b_base64(BROKEN_MACS[name]))
    with pytest.raises((StoreIntegrityError, StoreFormatError), match=r"password is wrong|A key of None octets"):
        read(data, "1234")


def test_pbmac1_with_sha_512_verifies() -> None:
    """PBMAC1 takes the hash functions its parameters name."""
    safe = writer.sequence(plain_part(cert_bag(ROOT)))
    assert read(stores.sealed_pfx(safe, stores.pbmac1_data(safe))).integrity is Integrity.VERIFIED


@pytest.mark.parametrize("key_size", [None, 0, 65])
def test_pbmac1_must_name_its_key(key_size: int | None) -> None:
    """PBMAC1 without a length of its key, or with an absurd one, is refused (RFC 9579 §4)."""
    safe = writer.sequence(plain_part(cert_bag(ROOT)))
    with pytest.raises(StoreFormatError, match="A key of"):
        read(stores.sealed_pfx(safe, stores.pbmac1_data(safe, key_size=key_size)))


def test_a_key_finds_its_certificate_and_chain() -> None:
    """A private key has the certificate of its localKeyId and goes on by issuer; the rest stays by itself."""
    other = certificate("other", "nobody")
    data = pfx(
        plain_part(cert_bag(other), cert_bag(ROOT), cert_bag(LEAF, stores.local_key_id(b"1")), cert_bag(INTERMEDIATE)),
        plain_part(key_bag(stores.friendly_name("server"), stores.local_key_id(b"1"))),
    )
    assert read(data).entries == (
        TrustedCertEntry(certificate=other, is_visible_to_java=False),
        PrivateKeyEntry(alias="server", chain=(LEAF, INTERMEDIATE, ROOT)),
    )


def test_a_trusted_certificate_in_a_chain_stays_an_entry() -> None:
    """A certificate that Java trusts is listed by itself even where it ends a key's chain."""
    data = pfx(
        plain_part(key_bag(stores.local_key_id(b"1")), cert_bag(certificate("leaf"), stores.local_key_id(b"1"))),
        plain_part(cert_bag(ROOT, stores.trusted_key_usage())),
    )
    assert read(data).entries == (
        PrivateKeyEntry(alias=None, chain=(certificate("leaf"), ROOT)),
        TrustedCertEntry(certificate=ROOT),
    )


def test_keys_without_certificates_stay_entries() -> None:
    """A key whose certificate is not there is an entry with an empty chain; two keys do not share a certificate."""
    data = pfx(
        plain_part(
            key_bag(stores.friendly_name("alone")),
            cert_bag(JUNK, stores.friendly_name("own"), stores.local_key_id(b"1")),
            key_bag(stores.local_key_id(b"1")),
            key_bag(stores.local_key_id(b"1")),
        )
    )
    assert read(data).entries == (
        PrivateKeyEntry(alias="alone", chain=()),
        PrivateKeyEntry(alias="own", chain=(JUNK,)),
        PrivateKeyEntry(alias=None, chain=()),
    )


def test_a_circle_of_issuers_ends() -> None:
    """Certificates that name each other as issuers end a chain instead of going round."""
    one, two = certificate("one", "two"), certificate("two", "one")
    data = pfx(
        plain_part(cert_bag(one, stores.local_key_id(b"1")), cert_bag(two), cert_bag(JUNK), key_bag(stores.local_key_id(b"1")))
    )
    assert read(data).entries[0] == PrivateKeyEntry(alias=None, chain=(one, two))


def test_no_certificate_is_lost_beyond_the_longest_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a chain at its bound leaves out is listed by itself."""
    monkeypatch.setattr(formats.limits, "MAX_CHAIN", 2)
    data = pfx(
        plain_part(
            key_bag(stores.local_key_id(b"1")),
            cert_bag(LEAF, stores.local_key_id(b"1")),
            cert_bag(INTERMEDIATE),
            cert_bag(ROOT),
        )
    )
    assert read(data).certificates == (LEAF, INTERMEDIATE, ROOT)


@pytest.mark.parametrize(
    ("key_id", "created"),
    [
        (b"Time 1777863721500", datetime(2026, 5, 4, 3, 2, 1, 500_000, tzinfo=UTC)),
        (b"Time 9999999999999999", None),
        (b"Time 999999999999999", None),
        (b"Time -5", None),
        (b"1777863721500", None),
    ],
)
def test_the_date_of_a_key_is_its_local_key_id(key_id: bytes, created: datetime | None) -> None:
    """Java's localKeyId is the date of a key's entry; any other is none."""
    data = pfx(plain_part(cert_bag(LEAF, stores.local_key_id(key_id)), key_bag(stores.local_key_id(key_id))))
    (entry,) = read(data).entries
    assert entry == PrivateKeyEntry(alias=None, chain=(LEAF,), created=created)


def test_nested_safes_are_opened() -> None:
    """The bags of nested safes are entries in their place, whatever stands beside them."""
    nested = stores.bag(6, writer.sequence(cert_bag(LEAF), stores.bag(6, writer.sequence(cert_bag(ROOT)))))
    empty = writer.sequence()
    data = pfx(plain_part(stores.bag(4, empty), nested, stores.bag(5, empty), stores.bag(1, empty)))
    assert read(data).certificates == (LEAF, ROOT)
    kinds = [type(entry) for entry in read(data).entries]
    assert kinds == [OtherEntry, TrustedCertEntry, TrustedCertEntry, SecretKeyEntry, PrivateKeyEntry]


SDSI = cert_bag(ROOT, kind="1.2.840.113549.1.9.22.2")
UNKNOWN = stores.bag(7, writer.sequence(writer.integer(7)), stores.friendly_name("seven"))
CRL_BAG = stores.bag(
    4,
    writer.sequence(writer.oid("1.2.840.113549.1.9.23.1"), writer.explicit(0, writer.octet_string(stores.crl()))),
    stores.friendly_name("revoked"),
)


def test_bags_that_are_no_certificates_are_carried() -> None:
    """A revocation list, a bag of an unknown type and a certificate of another than X.509 are entries with their bytes."""
    assert read(pfx(encrypted_part(CRL_BAG, UNKNOWN, SDSI))).entries == (
        OtherEntry(kind=OtherKind.CRL, data=stores.crl(), alias="revoked"),
        OtherEntry(kind=OtherKind.UNKNOWN, data=UNKNOWN, alias="seven"),
        OtherEntry(kind=OtherKind.UNKNOWN, data=SDSI),
    )


def test_indefinite_lengths_and_pieces_are_read() -> None:
    """BER is read: indefinite lengths and octet strings in pieces, in the safe and in the encrypted content."""
    part = encrypted_part(cert_bag(ROOT))
    content = part[-(len(part) - part.index(b"\x80\x81")) :] if b"\x80\x81" in part else part
    octets = content[3:]
    pieces = stores.indefinite(0xA0, writer.octet_string(octets[:16]), writer.octet_string(octets[16:]))
    algorithm = stores.pbes2(stores.pbkdf2())
    info = stores.indefinite(0x30, writer.oid(stores.DATA), algorithm, pieces)
    inner = stores.indefinite(0x30, writer.integer(0), info)
    encrypted = stores.indefinite(0x30, writer.oid(stores.ENCRYPTED_DATA), stores.indefinite(0xA0, inner))
    safe = stores.indefinite(0x30, encrypted)
    split = stores.indefinite(0x24, writer.octet_string(safe[:50]), writer.octet_string(safe[50:]))
    outer = stores.indefinite(0x30, writer.oid(stores.DATA), stores.indefinite(0xA0, split))
    mac = stores.mac_data(safe, secret=PASSWORD.encode("utf-16-be") + b"\0\0")
    store = read(stores.indefinite(0x30, writer.integer(3), outer, mac))
    assert (store.certificates, store.integrity) == ((ROOT,), Integrity.VERIFIED)


def rest(algorithm: bytes) -> bytes:
    """Return a store without a MAC, encrypted with that algorithm."""
    return pfx(stores.sealed_part(algorithm, writer.implicit(0, bytes(32))), password=None)


def pbe1(number: int, *, salt: bytes = stores.SALT, iterations: int = 1) -> bytes:
    """Return the AlgorithmIdentifier of an encryption of RFC 7292 Appendix C."""
    parameters = writer.sequence(writer.octet_string(salt), writer.integer(iterations))
    return writer.sequence(writer.oid(f"1.2.840.113549.1.12.1.{number}"), parameters)


SAFE = writer.sequence()
MANY = writer.sequence(writer.sequence(writer.oid("1.2.3"), writer.NULL), writer.octet_string(b""))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (stores.sealed_pfx(SAFE, kind=stores.SIGNED_DATA), "protected by a signature"),
        (stores.sealed_pfx(SAFE, writer.sequence(MANY, writer.octet_string(b""))), r"protected by a MAC with 1\.2\.3"),
        (pfx(writer.sequence(writer.oid("1.2.840.113549.1.7.3"), writer.explicit(0, b"\x30\0"))), "encrypted to a public key"),
        (rest(pbe1(1)), "encrypted with RC4 with 128 bits"),
        (rest(writer.sequence(writer.oid("1.2.3"), writer.NULL)), r"encrypted with 1\.2\.3"),
        (rest(stores.pbes2(stores.pbkdf2(), cipher="1.2.3")), r"encrypted with 1\.2\.3"),
        (rest(stores.pbes2(stores.pbkdf2(prf="1.2.3"))), r"pseudo-random function 1\.2\.3"),
        (
            rest(stores.pbes2(writer.sequence(writer.oid("1.3.6.1.4.1.11591.4.11"), writer.sequence()))),
            "key derivation scrypt",
        ),
    ],
    ids=["signature", "mac", "public-key", "rc4", "pbe", "cipher", "prf", "scrypt"],
)
def test_what_is_not_read_is_named(data: bytes, expected: str) -> None:
    """An algorithm or content that is not read is refused by its name."""
    with pytest.raises(UnsupportedFormatError, match=f"store.p12: .*{expected}"):
        read(data)


DEEP = cert_bag(ROOT)
for _ in range(10):
    DEEP = stores.bag(6, writer.sequence(DEEP))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (rest(pbe1(3, iterations=5_000_001)), "5,000,001 iterations"),
        (rest(pbe1(3, iterations=0)), "0 iterations"),
        (rest(pbe1(3, iterations=1 << 20_000)), "A number of 2,501 bytes"),
        (rest(stores.pbes2(stores.pbkdf2(iterations=-1))), "-1 iterations"),
        (rest(pbe1(3, salt=bytes(1025))), "A salt of 1,025 bytes"),
        (rest(stores.pbes2(stores.pbkdf2(key_size=32))), "A key of 32 octets is derived, expected 16"),
        (rest(stores.pbes2(stores.pbkdf2(), vector=bytes(8))), "vector has 8 octets, expected 16"),
        (pfx(stores.sealed_part(stores.pbes2(stores.pbkdf2())), password=None), "no encrypted content"),
        (pfx(plain_part(cert_bag(ROOT, stores.friendly_name("x" * 65_536)))), "An alias of 65,536 characters"),
        (pfx(plain_part(DEEP)), "Safes are nested deeper than 8|Nodes are nested deeper"),
        (pfx(writer.NULL), "structure is broken"),
        (stores.sealed_pfx(b"\x04\0"), "structure is broken"),
    ],
    ids=[
        "many",
        "zero",
        "huge",
        "negative",
        "salt",
        "key",
        "vector",
        "no-content",
        "alias",
        "nesting",
        "part",
        "safe",
    ],
)
def test_what_is_beyond_the_bounds_is_refused(data: bytes, expected: str) -> None:
    """A broken store, or one that asks for too much, is refused before the work is done."""
    with pytest.raises(StoreFormatError, match=f"store.p12: .*({expected})"):
        read(data)


def test_all_work_together_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many parts that are each within the bound of iterations are refused where their sum is not."""
    monkeypatch.setattr(formats.limits, "MAX_TOTAL_ITERATIONS", 3)
    with pytest.raises(StoreFormatError, match="more than 3 iterations in all"):
        read(pfx(*[encrypted_part(cert_bag(ROOT))] * 3))


def test_rc2_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """More content under RC2 than the bound is refused, since it would take long."""
    monkeypatch.setattr(formats.limits, "MAX_RC2_BYTES", 16)
    with pytest.raises(StoreFormatError, match="more than 16 bytes under RC2"):
        read(rest(pbe1(6)))


def test_too_many_entries_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """More bags than the bound are refused."""
    monkeypatch.setattr(formats.limits, "MAX_ENTRIES", 1)
    with pytest.raises(StoreFormatError, match="More than 1 entries"):
        read(pfx(plain_part(cert_bag(ROOT), cert_bag(LEAF))))


@pytest.mark.parametrize("size", [0, 31])
def test_content_of_no_whole_blocks_is_the_wrong_password(size: int) -> None:
    """Encrypted content that is no whole number of blocks cannot be decrypted under any password."""
    data = pfx(stores.sealed_part(stores.pbes2(stores.pbkdf2()), writer.implicit(0, bytes(size))), password=None)
    with pytest.raises(StoreIntegrityError):
        read(data)


@pytest.mark.parametrize("plain", [b"", b"\x04\x00", b"\x30\x05\x00"])
def test_content_that_is_no_safe_is_the_wrong_password(plain: bytes) -> None:
    """Content that decrypts to no safe was decrypted with the wrong key, for padding fits by chance once in 256 times."""
    with pytest.raises(StoreIntegrityError):
        read(pfx(stores.encrypted_content(plain), password=None))


def test_a_store_of_another_version_is_not_taken_for_one() -> None:
    """A PFX of another version than 3 is no PKCS#12 store that is known."""
    data = stores.sealed_pfx(SAFE, version=4)
    with pytest.raises(StoreFormatError, match="not known here"):
        formats.loads(data)
    with pytest.raises(UnsupportedFormatError, match="version 4"):
        pkcs12.loads(data, password=None, name="store.p12")


@given(st.lists(st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=20), max_size=6))
def test_aliases_come_back(aliases: list[str]) -> None:
    """Whatever friendlyName a store holds is the entry's alias."""
    bags = [cert_bag(ROOT, stores.friendly_name(alias)) for alias in aliases]
    entries = read(pfx(encrypted_part(*bags))).entries
    assert [entry.alias for entry in entries] == aliases


def test_attributes_without_values_are_none() -> None:
    """An attribute without a value says nothing; one that is not known is passed over."""
    empty = [stores.attribute(dotted) for dotted in ("1.2.840.113549.1.9.20", "1.2.840.113549.1.9.21", "1.2.3")]
    assert read(pfx(plain_part(cert_bag(ROOT, *empty)))).entries == (
        TrustedCertEntry(certificate=ROOT, is_visible_to_java=False),
    )


AT = datetime(2026, 5, 4, tzinfo=UTC)
RECIPE = Recipe(at=AT, entropy=lambda size: b"\xee" * size, password=PASSWORD)
STORE = TrustStore(
    format="pkcs12",
    entries=(TrustedCertEntry(certificate=ROOT, alias="root"), TrustedCertEntry(certificate=LEAF, alias="würzel \U0001f511")),
)


def recipe(**changes: Any) -> Recipe:
    """Return the recipe of these tests with changes."""
    return replace(RECIPE, **changes)


def algorithms(store: TrustStore) -> list[str]:
    """Return how a store is protected, the integrity last."""
    return [f"{item.part} {item.algorithm} {item.iterations}" for item in store.protection]


MODERN = ["certificates PBEWithHmacSHA256AndAES_256 10000", "integrity HmacPBESHA256 10000"]
LEGACY = ["certificates PBEWithSHA1AndDESede 10000", "integrity HmacPBESHA1 10000"]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (None, MODERN),
        (java.every(8), LEGACY),
        (java.every(11), LEGACY),
        (java.parse("11.0.12"), MODERN),
        (java.every(17), MODERN),
        (java.every(25), MODERN),
    ],
)
def test_a_new_store_is_written_for_its_reader(version: JavaVersion | None, expected: list[str]) -> None:
    """A new store has the algorithms of its reader, and holds what it was given; under another password it does not open."""
    data = pkcs12.dump(STORE, recipe(java=version))
    store = read(data)
    assert (store, algorithms(store)) == (replace(STORE, integrity=Integrity.VERIFIED), expected)
    with pytest.raises(StoreIntegrityError):
        read(data, "Changeit")


def test_the_same_chance_makes_the_same_bytes() -> None:
    """A store is the same bytes for the same entries and entropy, and other bytes for another."""
    assert pkcs12.dump(STORE, RECIPE) == pkcs12.dump(STORE, RECIPE)
    assert pkcs12.dump(STORE, RECIPE) != pkcs12.dump(STORE, recipe(entropy=bytes))


def test_a_new_store_may_be_empty() -> None:
    """A store without entries is one, with its MAC."""
    store = read(pkcs12.dump(replace(STORE, entries=()), RECIPE))
    assert (store.entries, algorithms(store)) == ((), ["integrity HmacPBESHA256 10000"])


def test_without_a_password_a_new_store_is_bare() -> None:
    """A new store without a password has neither encryption nor MAC, keys included, and opens without one."""
    key = PrivateKeyEntry(alias="key", chain=(LEAF,), created=AT, key=ProtectedKey(form=KeyForm.PLAIN, data=writer.sequence()))
    entries = (*STORE.entries, key)
    data = pkcs12.dump(replace(STORE, entries=entries), recipe(password=None, java=java.every(17)))
    store = read(data, None)
    assert (store.entries, store.integrity) == (entries, Integrity.NONE)
    assert algorithms(store) == ["certificates none None", "keys none None", "integrity none None"]
    assert algorithms(read(pkcs12.dump(store, recipe(password="ignored")), None)) == algorithms(store)


def as_found(part: bytes) -> bytes:
    """Return a store with a part as it stands and a MAC."""
    safe = writer.sequence(part)
    return stores.sealed_pfx(safe, stores.mac_data(safe, secret=PASSWORD.encode("utf-16-be") + b"\0\0"))


PLAIN_SAFE = writer.sequence(plain_part(cert_bag(ROOT)))


def rc2_part(number: int) -> bytes:
    """Return a part that is encrypted with an algorithm of RFC 7292 Appendix C."""
    encryption = pbe_cipher.parse(tlv.read(pbe1(number, iterations=7)))
    content = pbe_cipher.encrypted(encryption, writer.sequence(cert_bag(ROOT)), password=Password(PASSWORD))
    return stores.sealed_part(encryption.encode(), writer.implicit(0, content))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (as_found(rc2_part(6)), ["certificates PBEWithSHA1AndRC2_40 7", "integrity HmacPBESHA256 1"]),
        (as_found(rc2_part(5)), ["certificates PBEWithSHA1AndRC2_128 7", "integrity HmacPBESHA256 1"]),
        (as_found(rc2_part(4)), ["certificates PBEWithSHA1AndDESede_112 7", "integrity HmacPBESHA256 1"]),
        (pfx(encrypted_part(cert_bag(ROOT))), ["certificates PBEWithHmacSHA256AndAES_128 1", "integrity HmacPBESHA256 1"]),
        (
            pfx(encrypted_part(cert_bag(ROOT)), password=None),
            ["certificates PBEWithHmacSHA256AndAES_128 1", "integrity none None"],
        ),
        (pfx(plain_part(cert_bag(ROOT))), ["certificates none None", "integrity HmacPBESHA256 1"]),
        (
            stores.sealed_pfx(PLAIN_SAFE, stores.pbmac1_data(PLAIN_SAFE)),
            ["certificates none None", "integrity PBMAC1 with HmacSHA512 1"],
        ),
    ],
    ids=["rc2-40", "rc2-128", "3des-112", "aes-128", "no-mac", "not-encrypted", "pbmac1"],
)
def test_algorithms_that_were_found_are_used_again(data: bytes, expected: list[str]) -> None:
    """A store that is edited keeps its algorithms and iterations, under new salts, also where they are old or new."""
    store = read(data)
    assert algorithms(store) == expected
    written = pkcs12.dump(replace(store, entries=(*store.entries, *STORE.entries[:1])), RECIPE)
    assert algorithms(read(written)) == expected
    assert read(written).certificates == (ROOT, ROOT)
    assert stores.SALT not in written
    again = pkcs12.dump(store, recipe(java=java.every(11)))
    assert algorithms(read(again))[0] in {LEGACY[0], "certificates none None"}
    assert algorithms(read(again))[1] in {LEGACY[1], "integrity none None"}


@pytest.mark.parametrize(("version", "is_kept"), [(java.every(17), True), (java.every(11), False)])
def test_what_a_reader_is_written_anyway_stays(version: JavaVersion, is_kept: bool) -> None:  # noqa: FBT001
    """A store with more iterations than a new one keeps them, and its algorithms where they are those of its reader."""
    strong = writer.sequence(
        stores.pbkdf2(iterations=20_000), writer.sequence(writer.oid(stores.AES128), writer.octet_string(bytes(16)))
    )
    encryption = pbe_cipher.parse(tlv.read(writer.sequence(writer.oid(stores.PBES2), strong)))
    content = pbe_cipher.encrypted(encryption, writer.sequence(cert_bag(ROOT)), password=Password(PASSWORD))
    store = read(as_found(stores.sealed_part(encryption.encode(), writer.implicit(0, content))))
    old = ["certificates PBEWithSHA1AndDESede 20000", LEGACY[1]]
    expected = ["certificates PBEWithHmacSHA256AndAES_128 20000", "integrity HmacPBESHA256 1"] if is_kept else old
    assert algorithms(read(pkcs12.dump(store, recipe(java=version)))) == expected


def test_weak_encryption_goes_with_a_new_reader() -> None:
    """RC2 and PBMAC1 give way to what Java 17 writes where that is named as the reader."""
    assert algorithms(read(pkcs12.dump(read(as_found(rc2_part(6))), recipe(java=java.every(17)))))[0] == MODERN[0]
    data = stores.sealed_pfx(PLAIN_SAFE, stores.pbmac1_data(PLAIN_SAFE))
    assert algorithms(read(pkcs12.dump(read(data), recipe(java=java.every(17)))))[1] == MODERN[1]


def test_keys_and_secrets_are_listed_as_they_are_protected() -> None:
    """Each way in which keys are encrypted is listed once; one that is not known is left out, a bare one is said."""
    sealed = writer.sequence(pbe1(3, iterations=9), writer.octet_string(bytes(8)))
    secret = writer.sequence(writer.oid("1.2.3"), writer.explicit(0, writer.octet_string(sealed)))
    bags = [stores.bag(2, sealed), stores.bag(2, sealed), key_bag(), stores.bag(1, writer.sequence()), stores.bag(5, secret)]
    assert algorithms(read(pfx(plain_part(*bags)))) == [
        "keys PBEWithSHA1AndDESede 9",
        "keys none None",
        "integrity HmacPBESHA256 1",
    ]
    assert algorithms(read(pfx(encrypted_part(*bags)))) == [
        "keys PBEWithHmacSHA256AndAES_128 1",
        "keys PBEWithSHA1AndDESede 9",
        "integrity HmacPBESHA256 1",
    ]


@pytest.mark.parametrize(
    ("version", "expected"),
    [(None, "by Java before 25"), (java.every(11), "by java11"), (java.every(21), "by java21"), (java.every(25), None)],
)
def test_a_password_beyond_ascii_needs_a_reader(version: JavaVersion | None, expected: str | None) -> None:
    """A password that no Java before 25 opens is refused for a new store, and for one whose reader is named."""
    terms = recipe(password="pässwörd", java=version)
    if expected is None:
        assert read(pkcs12.dump(STORE, terms), "pässwörd").entries == STORE.entries
        return
    with pytest.raises(UsageError, match=f"a password beyond ASCII is not opened {expected}"):
        pkcs12.dump(STORE, terms)


def test_a_password_that_was_found_stays() -> None:
    """A store that had a password beyond ASCII keeps it where no reader is named."""
    data = pkcs12.dump(STORE, recipe(password="pässwörd", java=java.every(25)))
    store = read(data, "pässwörd")
    assert read(pkcs12.dump(store, recipe(password="pässwörd")), "pässwörd").entries == STORE.entries
    with pytest.raises(UsageError, match="is not opened by java17"):
        pkcs12.dump(store, recipe(password="pässwörd", java=java.every(17)))


def test_the_password_can_be_another() -> None:
    """A store is written under whatever password it is given, the empty one too."""
    store = read(pkcs12.dump(STORE, RECIPE))
    for password in ("", "other"):
        assert read(pkcs12.dump(store, recipe(password=password)), password).entries == STORE.entries


def test_a_missing_password_is_asked_for() -> None:
    """A store that is protected is not written without a password."""
    for data in (pfx(plain_part(cert_bag(ROOT))), pfx(encrypted_part(cert_bag(ROOT)), password=None)):
        with pytest.raises(UsageError, match="protected by a password, without which it cannot be written"):
            pkcs12.dump(read(data), recipe(password=None))


def test_every_reader_opens_a_store_without_a_password() -> None:
    """A store without a password is written for the oldest Java too, which opens it."""
    store = replace(STORE, entries=tuple(entry for entry in STORE.entries if isinstance(entry, TrustedCertEntry)))
    written = pkcs12.dump(store, recipe(password=None, java=java.every(8)))
    assert read(written, None).entries == store.entries


def test_a_new_password_must_suit_every_reader() -> None:
    """A password beyond ASCII that a store has is kept; one that it is to get is refused unless its reader takes it."""
    store = read(pkcs12.dump(STORE, recipe(password="pässwort", java=java.every(25))), "pässwort")
    assert read(pkcs12.dump(store, recipe(password="pässwort")), "pässwort").entries == store.entries
    with pytest.raises(UsageError, match="beyond ASCII is not opened by Java before 25"):
        pkcs12.dump(store, replace(recipe(password="wörtchen"), is_new_password=True))


def test_a_key_that_its_reader_does_not_open_is_refused() -> None:
    """A key or secret under PBES2 is refused for a Java that opens none, and written for one that does."""
    sealed = writer.sequence(stores.pbes2(stores.pbkdf2()), writer.octet_string(bytes(16)))
    secret = writer.sequence(writer.oid("1.2.3"), writer.explicit(0, writer.octet_string(sealed)))
    for bag in (stores.bag(2, sealed, stores.friendly_name("server")), stores.bag(5, secret, stores.friendly_name("server"))):
        store = read(pfx(plain_part(bag, key_bag())))
        with pytest.raises(
            UnsupportedEntryError, match="'server' is encrypted with PBEWithHmacSHA256AndAES_128, which java11 does"
        ):
            pkcs12.dump(store, recipe(java=java.every(11)))
        assert read(pkcs12.dump(store, recipe(java=java.every(17)))).entries == store.entries


def test_every_truncation_is_refused() -> None:
    """A store that ends too early, wherever that is, is refused, with its password and without."""
    data = pkcs12.dump(STORE, recipe(java=java.every(11)))
    for end in range(len(data)):
        for password in (PASSWORD, None):
            with pytest.raises((StoreFormatError, StoreIntegrityError)):
                pkcs12.loads(data[:end], password=password, name="store.p12")


@pytest.mark.parametrize("padding", [b"\n", b"\r\n", bytes(16), b" \t\0"])
def test_padding_behind_the_structure_is_kept(padding: bytes) -> None:
    """White space and zeros behind a store say nothing: it is read, and written with them."""
    data = pkcs12.dump(STORE, recipe())
    store = read(data + padding)
    assert store.entries == read(data).entries
    written = pkcs12.dump(store, recipe())
    assert written.endswith(padding)
    assert read(written).entries == store.entries


@pytest.mark.parametrize(
    "rest", [b"x", b"\n\n-", pkcs12.dump(TrustStore(format="pkcs12", entries=()), Recipe(at=AT, entropy=bytes))]
)
def test_what_follows_the_structure_is_refused(rest: bytes) -> None:
    """Other bytes behind a store, as of a second one, are refused with their number rather than lost."""
    with pytest.raises(StoreFormatError, match=f"{len(rest)} bytes follow the PKCS#12 structure"):
        read(pkcs12.dump(STORE, recipe()) + rest)


ALIASED = st.tuples(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), st.integers(0, 99))


@given(st.lists(ALIASED, max_size=6, unique_by=lambda item: item[0].lower()))
def test_what_is_written_is_read(items: list[tuple[str, int]]) -> None:
    """Any entries under any aliases are read as they were written."""
    entries = tuple(
        TrustedCertEntry(certificate=certificate(str(number)), alias=alias.lower(), is_visible_to_java=number % 2 == 0)
        for alias, number in items
    )
    assert read(pkcs12.dump(replace(STORE, entries=entries), recipe(password=None)), None).entries == entries
