import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep import formats
from anchorkeep.errors import AnchorkeepError, StoreFormatError, StoreIntegrityError, UnsupportedFormatError, UsageError
from anchorkeep.formats import bks, limits
from anchorkeep.formats.recipe import Recipe
from anchorkeep.model.truststore import (
    Entry,
    Integrity,
    KeyForm,
    Part,
    PrivateKeyEntry,
    Protection,
    Scheme,
    SecretKeyEntry,
    TrustedCertEntry,
    TrustStore,
)
from tests.data import stores
from tests.data.stores import PASSWORD, bks_entry, bks_plain_key, bks_sealed, bks_trusted, certificate

LEAF, ROOT = certificate("leaf"), certificate("root", serial=2)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AT = datetime(2026, 2, 3, 4, 5, 6, 7000, tzinfo=UTC)

EVERY_KIND = (
    bks_trusted("Root", ROOT, milliseconds=1),
    bks_entry(2, "plain", bks_plain_key(), LEAF, ROOT),
    bks_entry(2, "public", bks_plain_key(1, key_format="X.509")),
    bks_entry(2, "raw", bks_plain_key(2, key_format="RAW")),
    bks_entry(3, "secret", struct.pack(">i", 4) + b"blob"),
    bks_entry(3, "octets", struct.pack(">i", 4) + b"blob", LEAF),
    bks_entry(4, "sealed", bks_sealed(), LEAF, ROOT, milliseconds=2),
    bks_entry(4, "sealed secret", bks_sealed(iterations=2000)),
)

aliases = st.text(st.characters(exclude_categories=["Cs"], max_codepoint=0xFFFF), max_size=20)


def recipe(password: str | None = PASSWORD) -> Recipe:
    """Return what a store is written with; its salt is the one of `stores.bks`."""
    return Recipe(at=AT, entropy=lambda size: stores.SALT[:size].ljust(size, b"x"), password=password)


def store_of(*entries: Entry) -> TrustStore:
    """Return a new store."""
    return TrustStore(format="bks", entries=entries)


@pytest.mark.parametrize("version", [0, 1, 2])
def test_entries_come_in_order(version: int) -> None:
    """Certificates, keys and what else there is come in the file's order, with aliases, dates and chains."""
    store = formats.loads(stores.bks(*EVERY_KIND, version=version), password=PASSWORD)
    assert (store.format, store.integrity) == ("bks", Integrity.VERIFIED)
    kinds = [type(entry).__name__.removesuffix("Entry") for entry in store.entries]
    assert kinds == ["TrustedCert", "PrivateKey", "Other", "SecretKey", "SecretKey", "PrivateKey", "PrivateKey", "SecretKey"]
    assert [entry.alias for entry in store.entries] == [
        "Root", "plain", "public", "raw", "secret", "octets", "sealed", "sealed secret",
    ]  # fmt: skip
    assert store.entries[0] == TrustedCertEntry(certificate=ROOT, alias="Root", created=EPOCH + timedelta(milliseconds=1))
    keys = [entry.key for entry in store.entries if isinstance(entry, PrivateKeyEntry)]
    assert [key and key.form for key in keys] == [KeyForm.PLAIN, KeyForm.ENCRYPTED, KeyForm.BKS]
    assert store.certificates == (ROOT, LEAF, ROOT, LEAF, LEAF, ROOT)


def test_protection_is_told() -> None:
    """How a store and its keys are protected is told, of sealed keys the fewest iterations."""
    store = formats.loads(stores.bks(*EVERY_KIND, version=1))
    assert store.integrity is Integrity.NOT_CHECKED
    assert store.protection == (
        Protection(part=Part.INTEGRITY, scheme=Scheme.MAC_SHA1, algorithm="HmacPBESHA1 with a key of 16 bits", iterations=10),
        Protection(part=Part.KEYS, scheme=Scheme.PBES1, algorithm="PBEWithSHA1AndDESede", iterations=1024),
        Protection(part=Part.KEYS, scheme=Scheme.PLAIN, algorithm="none"),
    )
    assert formats.loads(stores.bks()).protection == (
        Protection(part=Part.INTEGRITY, scheme=Scheme.MAC_SHA1, algorithm="HmacPBESHA1", iterations=10),
    )


@pytest.mark.parametrize("version", [0, 1, 2])
def test_an_empty_store_is_a_store(version: int) -> None:
    """A store without entries is told from UBER, read, and written."""
    data = stores.bks(version=version)
    assert formats.detect(data) == "bks"
    store = formats.loads(data, password=PASSWORD)
    assert store.entries == ()
    assert formats.write(store, format="bks", recipe=recipe()) == data


@pytest.mark.parametrize("version", [0, 1, 2])
def test_what_is_read_is_written(version: int) -> None:
    """A store of every kind of entry is written as the same bytes, but for the salt; here that is the same too."""
    data = stores.bks(*EVERY_KIND, version=version)
    assert formats.write(formats.loads(data, password=PASSWORD), format="bks", recipe=recipe()) == data


def test_salt_is_fresh() -> None:
    """A store that is written again has a fresh salt as long as the old one, and the entries' bytes."""
    data = stores.bks(*EVERY_KIND)
    other = Recipe(at=AT, entropy=lambda size: b"\x77" * size, password=PASSWORD)
    written = formats.write(formats.loads(data), format="bks", recipe=other)
    assert written[8:16] == b"\x77" * 8
    assert written[16:-20] == data[16:-20]
    assert formats.loads(written, password=PASSWORD).integrity is Integrity.VERIFIED


@given(st.lists(st.tuples(aliases, st.integers(-(2**63), 2**63 - 1)), max_size=6), st.text(max_size=8))
def test_any_alias_and_date_is_kept(drawn: list[tuple[str, int]], password: str) -> None:
    """Whatever aliases and dates a store has, also twice the same or beyond the calendar, writing it gives its bytes."""
    data = stores.bks(*(bks_trusted(alias, ROOT, milliseconds=when) for alias, when in drawn), password=password)
    store = formats.loads(data, password=password)
    assert [entry.alias for entry in store.entries] == [alias for alias, _ in drawn]
    assert formats.write(store, format="bks", recipe=recipe(password)) == data


@given(st.lists(st.builds(certificate, aliases), max_size=5, unique_by=lambda item: item.der), st.text(max_size=8))
def test_what_is_new_is_read_back(certificates: list[object], password: str) -> None:
    """A new store is version 2, and reads back as what it was given, with the recipe's date where there was none."""
    entries = [TrustedCertEntry(certificate=item, alias=f"a{at}") for at, item in enumerate(certificates)]  # type: ignore[arg-type]
    data = formats.write(store_of(*entries), format="bks", recipe=recipe(password))
    assert data[:8] == b"\0\0\0\2\0\0\0\x14"
    store = formats.loads(data, password=password)
    assert store.entries == tuple(replace(entry, created=AT) for entry in entries)


def test_a_wrong_password_and_tampering_are_one_error() -> None:
    """Another password, any flipped bit behind the head and a cut give the same refusal."""
    data = stores.bks(bks_trusted("a", LEAF))
    texts = set()
    flipped = [data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :] for at in range(20, len(data))]
    for changed, password in [(data, "other"), (data, ""), *((item, PASSWORD) for item in flipped)]:
        with pytest.raises(StoreIntegrityError) as caught:
            formats.loads(changed, password=password)
        texts.add(str(caught.value))
    assert len(texts) == 1


@pytest.mark.parametrize("version", [1, 2])
def test_truncation_is_refused_everywhere(version: int) -> None:
    """A store of every kind of entry is refused wherever it is cut off, with and without a password."""
    data = stores.bks(*EVERY_KIND, version=version)
    for length in range(len(data)):
        for password in (PASSWORD, None):
            with pytest.raises(AnchorkeepError):
                formats.loads(data[:length], password=password)


@pytest.mark.parametrize("version", [1, 2])
def test_a_flipped_byte_is_a_value_or_an_error(version: int) -> None:
    """Whatever byte is changed, reading without a password gives a store or an error of ours."""
    data = stores.bks(*EVERY_KIND, version=version)
    messages = []
    for at in range(len(data)):
        for mask in (0x01, 0x80, 0xFF):
            try:
                formats.loads(data[:at] + bytes((data[at] ^ mask,)) + data[at + 1 :])
            except AnchorkeepError as error:
                messages.append(error.message)
    assert messages
    assert all(message.isprintable() for message in messages)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (stores.bks(salt=b""), "a BKS store with a salt of 0 octets and 10 iterations"),
        (stores.bks(salt=bytes(1025)), "a salt of 1,025 octets"),
        (stores.bks(iterations=1).replace(b"\0\0\0\1", b"\0\0\0\0", 1), "and 0 iterations"),
        (stores.bks(iterations=1).replace(b"\0\0\0\1", b"\x7f\0\0\0", 1), r"2,130,706,432 iterations; 1 to 1,024 .*5,000,000"),
        (stores.bks(end=b"\0\0"), "1 bytes between the end of the BKS entries and the integrity check"),
        (stores.bks(end=b""), r"BKS header: kind: length 1 exceeds the 0 bytes left"),
        (stores.bks(bks_trusted("a", LEAF), end=b""), "behind entry 1: kind: length 1 exceeds the 0 bytes left"),
    ],
    ids=["salt", "large-salt", "no-iterations", "iterations", "behind", "no-end", "no-end-behind"],
)
def test_what_is_broken_is_named(data: bytes, expected: str) -> None:
    """A broken structure or one beyond the bounds is an error that says where and what."""
    with pytest.raises(StoreFormatError, match=expected) as caught:
        bks.loads(data, password=None, name="a.bks")
    assert caught.value.message.startswith(("a.bks: ", "a.bks: BKS"))


def test_an_unknown_version_is_named() -> None:
    """A version that Bouncy Castle does not know is refused by its number."""
    with pytest.raises(UnsupportedFormatError, match="x: a BKS store of version 3; versions 0, 1 and 2 are known"):
        bks.loads(b"\0\0\0\3" + bytes(40), password=None, name="x")
    with pytest.raises(StoreFormatError, match="not a certificate file"):
        formats.loads(b"\0\0\0\3\0\0\0\x14" + b"x" * 40)


def test_too_many_entries_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """More entries than the bound are refused."""
    monkeypatch.setattr(limits, "MAX_ENTRIES", 1)
    with pytest.raises(StoreFormatError, match="more than 1 BKS entries"):
        formats.loads(stores.bks(bks_trusted("a", LEAF), bks_trusted("b", LEAF)))


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\0\1\0\0\0\x14" + bytes(range(24)) + bytes(range(7, 71)),
        b"\0\0\0\1\0\0\0\x14" + bytes(24),
        b"\0\0\0\1\0\0\0\x14" + bytes(24) + bytes(32),
        stores.bks(bks_trusted("a", LEAF), version=1)[:60],
        stores.bks(bks_trusted("a", LEAF), version=0)[:30],
    ],
    ids=["random", "head", "zero", "cut", "cut-0"],
)
def test_uber_is_told_from_bks_by_its_first_entry(data: bytes) -> None:
    """What begins as both and has no first entry of BKS is refused as UBER, or as BKS damaged there: nobody can tell."""
    assert formats.detect(data) is None
    with pytest.raises(
        UnsupportedFormatError, match="a Bouncy Castle UBER store, or a BKS store of version 0 or 1 that is damaged"
    ):
        formats.loads(data)


def test_a_broken_store_of_version_2_is_bks() -> None:
    """Version 2 was never UBER's, so that a cut one is read, and refused, as BKS."""
    data = stores.bks(bks_trusted("a", LEAF))
    for length in range(8, len(data)):
        assert formats.detect(data[:length]) == "bks"


def test_no_password_is_refused() -> None:
    """A store cannot be written without a password, by the table nor by the codec."""
    for write in (
        lambda store: formats.write(store, format="bks", recipe=recipe(None)),
        lambda store: bks.dump(store, recipe(None)),
    ):
        with pytest.raises(UsageError, match=r"[Ww]ithout a password"):
            write(store_of())


def test_an_empty_password_is_no_octets() -> None:
    """Bouncy Castle takes an empty password for no octets; its stores are read, also with RFC 7292's two, and written its way."""
    data = stores.bks(bks_trusted("a", LEAF), password="")
    assert formats.loads(data, password="").integrity is Integrity.VERIFIED
    assert formats.write(formats.loads(data), format="bks", recipe=recipe("")) == data


def test_edits_touch_nothing_else() -> None:
    """Removing, renaming and adding leaves the bytes of every other entry, and all but the alias of a renamed one."""
    store = formats.loads(stores.bks(*EVERY_KIND), password=PASSWORD)
    entries = [replace(entry, alias="new") if entry.alias == "sealed" else entry for entry in store.entries[1:]]
    added = TrustedCertEntry(certificate=LEAF, alias="added", created=EPOCH + timedelta(milliseconds=5))
    expected = [
        *EVERY_KIND[1:6],
        bks_entry(4, "new", bks_sealed(), LEAF, ROOT, milliseconds=2),
        EVERY_KIND[7],
        bks_trusted("added", LEAF, milliseconds=5),
    ]
    edited = replace(store, entries=(*entries, added))
    assert formats.write(edited, format="bks", recipe=recipe()) == stores.bks(*expected)
    assert isinstance(edited.entries[-2], SecretKeyEntry)
