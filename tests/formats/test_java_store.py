"""What JKS and JCEKS share, proved of both: an entry that nobody touched is written as it stood."""

import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.errors import StoreFormatError, StoreIntegrityError, UsageError
from anchorkeep.formats import jceks, jks
from anchorkeep.formats.recipe import Recipe
from anchorkeep.model.truststore import Integrity, Part, Protection, Scheme, TrustedCertEntry, TrustStore
from tests.data import java, stores
from tests.data.java import jceks_secret
from tests.data.stores import PASSWORD, certificate, java_utf, jks_key, jks_trusted

LEAF, ROOT = certificate("leaf"), certificate("root", serial=2)
AT = datetime(2026, 11, 23, 18, 30, 0, 123_456, tzinfo=UTC)
RECIPE = Recipe(at=AT, entropy=bytes, password=PASSWORD)

CODECS = pytest.mark.parametrize("codec", [jks, jceks], ids=["jks", "jceks"])
BUILDERS = {jks: stores.jks, jceks: java.jceks}


def build(codec: ModuleType, *entries: bytes, version: int = 2, password: str = PASSWORD) -> bytes:
    """Return a store of that kind."""
    return BUILDERS[codec](*entries, version=version, password=password)


def read(codec: ModuleType, data: bytes, password: str | None = PASSWORD) -> TrustStore:
    """Read a store with its password."""
    return codec.loads(data, password=password, name="store")


#: Entries as they are found, each kind and each oddity: what the value does not say must come back all the same.
ODDITIES = {
    "trusted": jks_trusted("root", ROOT, milliseconds=1_777_863_721_500),
    "upper-case": jks_trusted("ROOT", ROOT),
    "nameless": jks_trusted("", ROOT),
    "of-a-jdk": jks_trusted("root [jdk]", ROOT),
    "beyond-ascii": jks_trusted("würzel\0\ud83d\udd11", ROOT),
    "beyond-dates": jks_trusted("late", ROOT, milliseconds=2**62),
    "before-dates": jks_trusted("early", ROOT, milliseconds=-(2**62)),
    "other-type": jks_trusted("typed", ROOT, kind="X509"),
    "long-alias": struct.pack(">i", 2) + b"\0\5\xc1\xa1\xe0\x81\xa2" + bytes(8) + stores.jks_certificate(ROOT),
    "key": jks_key("server", [LEAF, ROOT], milliseconds=1),
    "key-without-chain": jks_key("alone", []),
    "no-certificate": struct.pack(">i", 2) + java_utf("empty") + bytes(8) + java_utf("X.509") + bytes(4),
}


@CODECS
@pytest.mark.parametrize("kind", ODDITIES)
def test_an_untouched_entry_is_written_as_it_stood(codec: ModuleType, kind: str) -> None:
    """What was read is written byte for byte, however odd."""
    data = build(codec, jks_trusted("before", LEAF), ODDITIES[kind], jks_trusted("behind", LEAF))
    store = read(codec, data)
    assert codec.dump(store, RECIPE) == data
    shorter = replace(store, entries=store.entries[1:])
    assert codec.dump(shorter, RECIPE) == build(codec, ODDITIES[kind], jks_trusted("behind", LEAF))


@CODECS
@pytest.mark.parametrize("version", [1, 2])
def test_a_store_keeps_its_version(codec: ModuleType, version: int) -> None:
    """A store of version 1 stays one, new entries included."""
    trusted, key = jks_trusted("root", ROOT, version=version), jks_key("server", [LEAF], version=version)
    store = read(codec, build(codec, trusted, key, version=version))
    added = replace(store, entries=(TrustedCertEntry(certificate=LEAF, alias="leaf", created=AT), *store.entries))
    written = codec.dump(added, RECIPE)
    milliseconds = round(AT.timestamp() * 1000)
    fresh = jks_trusted("leaf", LEAF, milliseconds=milliseconds, version=version)
    assert written == build(codec, fresh, trusted, key, version=version)


@CODECS
def test_a_new_store_has_version_2(codec: ModuleType) -> None:
    """A new store is of version 2, with certificates of type X.509 and the date of writing where an entry has none."""
    created = datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    store = TrustStore(
        format=codec.__name__.rpartition(".")[2],
        entries=(
            TrustedCertEntry(certificate=ROOT, alias="root"),
            TrustedCertEntry(certificate=LEAF, alias="würzel", created=created),
        ),
    )
    expected = build(
        codec,
        jks_trusted("root", ROOT, milliseconds=round(AT.timestamp() * 1000)),
        jks_trusted("würzel", LEAF, milliseconds=946_684_799_999),
    )
    assert codec.dump(store, RECIPE) == expected


@CODECS
def test_an_empty_store_is_written(codec: ModuleType) -> None:
    """A store without entries is one."""
    assert codec.dump(TrustStore(format="jks", entries=()), RECIPE) == build(codec)


@CODECS
def test_the_same_entries_give_the_same_bytes(codec: ModuleType) -> None:
    """Nothing but entries, dates and password has a part in what is written."""
    store = TrustStore(format="jks", entries=(TrustedCertEntry(certificate=ROOT, alias="root", created=AT),))
    later = Recipe(at=AT + timedelta(days=1), entropy=lambda size: b"\1" * size, password=PASSWORD)
    assert codec.dump(store, RECIPE) == codec.dump(store, later)
    assert codec.dump(store, RECIPE) != codec.dump(store, replace(RECIPE, password="other"))


@CODECS
@pytest.mark.parametrize("password", ["", "changeit", "pässwörd", "\U0001f511", "\ud800"])
def test_any_password_is_taken(codec: ModuleType, password: str) -> None:
    """A store is written and verified under any password, and under no other."""
    store = TrustStore(format="jks", entries=(TrustedCertEntry(certificate=ROOT, alias="root"),))
    data = codec.dump(store, replace(RECIPE, password=password))
    assert read(codec, data, password).integrity is Integrity.VERIFIED
    assert read(codec, data, None).integrity is Integrity.NOT_CHECKED
    with pytest.raises(StoreIntegrityError, match=r"password is wrong, or the J.* store was changed"):
        read(codec, data, password + "x")


@CODECS
def test_without_a_password_nothing_is_written(codec: ModuleType) -> None:
    """A store cannot be without a password, not even one that was read without."""
    store = read(codec, build(codec, jks_trusted("root", ROOT)), None)
    with pytest.raises(UsageError, match=r"cannot be written without a password.*'changeit' will do"):
        codec.dump(store, replace(RECIPE, password=None))


@CODECS
def test_how_a_store_is_protected_is_said(codec: ModuleType) -> None:
    """The digest is listed, and nothing of keys whose protection cannot be told."""
    store = read(codec, build(codec, jks_key("server", [LEAF])))
    assert store.protection == (Protection(part=Part.INTEGRITY, scheme=Scheme.DIGEST, algorithm="SHA-1"),)


ENTRIES = st.lists(
    st.tuples(
        st.text(max_size=20),
        st.integers(-(2**63), 2**63 - 1),
        st.lists(st.sampled_from([LEAF, ROOT]), max_size=3),
        st.booleans(),
    ),
    max_size=6,
)


def encoded(row: tuple[str, int, list[object], bool], version: int) -> bytes:
    """Return an entry: a key with a chain, or a trusted certificate."""
    alias, milliseconds, chain, is_key = row
    wide = alias.encode("utf-16-be")
    units = "".join(chr(int.from_bytes(wide[at : at + 2], "big")) for at in range(0, len(wide), 2))
    if is_key:
        return jks_key(units, chain, milliseconds=milliseconds, version=version)
    return jks_trusted(units, ROOT, milliseconds=milliseconds, version=version)


@CODECS
@given(rows=ENTRIES, version=st.sampled_from([1, 2]), password=st.text(max_size=12))
def test_whatever_was_read_is_written(
    codec: ModuleType, rows: list[tuple[str, int, list[object], bool]], version: int, password: str
) -> None:
    """Any entries come back byte for byte, and any of them stays when the others go."""
    entries = [encoded(row, version) for row in rows]
    data = build(codec, *entries, version=version, password=password)
    store = read(codec, data, password)
    recipe = replace(RECIPE, password=password)
    assert [entry.alias for entry in store.entries] == [row[0] for row in rows]
    assert codec.dump(store, recipe) == data
    for number, entry in enumerate(store.entries):
        alone = codec.dump(replace(store, entries=(entry,)), recipe)
        assert alone == build(codec, entries[number], version=version, password=password)


SAMPLES = {
    jks: stores.jks(jks_trusted("würzel", ROOT), jks_key("server", [LEAF])),
    jceks: java.jceks(jks_trusted("root", ROOT), jceks_secret("aes"), jks_key("server", [LEAF])),
}


@CODECS
def test_a_store_cut_anywhere_is_refused(codec: ModuleType) -> None:
    """A store that ends early is refused, with its password and without."""
    data = SAMPLES[codec]
    for end in range(4, len(data)):
        with pytest.raises(StoreFormatError):
            read(codec, data[:end], None)
        with pytest.raises((StoreIntegrityError, StoreFormatError)):
            read(codec, data[:end])


@CODECS
def test_a_flipped_byte_is_seen_by_the_digest(codec: ModuleType) -> None:
    """A flipped byte anywhere is refused with the password, and a value or a store error without."""
    data = SAMPLES[codec]
    for position in range(len(data)):
        for mask in (1, 0x80):
            broken = bytearray(data)
            broken[position] ^= mask
            with pytest.raises((StoreIntegrityError, StoreFormatError)):
                read(codec, bytes(broken))
            try:
                store = read(codec, bytes(broken), None)
            except StoreFormatError:
                continue
            # Magic and digest are not looked at here, so what was read is written with its own.
            assert codec.dump(store, RECIPE)[4:-20] == bytes(broken)[4:-20]


@CODECS
@pytest.mark.parametrize("password", [PASSWORD, None])
def test_store_that_is_cut_off_early_says_its_size(codec: ModuleType, password: str | None) -> None:
    """Too few bytes for any store are told as such, whatever the password; as many as an empty store has are enough."""
    empty = build(codec)
    assert (len(empty), read(codec, empty, password).entries) == (32, ())
    for length in (4, 12, 20, 31):
        with pytest.raises(StoreFormatError, match=f"store has {length} bytes, expected at least 32 of a") as caught:
            read(codec, empty[:length], password)
        assert caught.value.remedy
