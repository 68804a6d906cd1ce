from dataclasses import replace
from datetime import UTC, datetime
from types import ModuleType

import pytest

from anchorkeep.errors import UnsupportedEntryError
from anchorkeep.formats import java_key, jceks, jks
from anchorkeep.formats.recipe import Recipe
from anchorkeep.model.truststore import (
    Entry,
    KeyForm,
    OtherEntry,
    OtherKind,
    PrivateKeyEntry,
    ProtectedKey,
    SecretKeyEntry,
    TrustedCertEntry,
    TrustStore,
)
from tests.data import java, stores
from tests.data.java import jceks_secret
from tests.data.stores import PASSWORD, certificate, jks_key, jks_trusted

LEAF, ROOT = certificate("leaf"), certificate("root", serial=2)
AT = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
MILLISECONDS = round(AT.timestamp() * 1000)
RECIPE = Recipe(at=AT, entropy=bytes, password=PASSWORD)
LATE = 2**62

JKS_KEY = ProtectedKey(form=KeyForm.ENCRYPTED, data=java_key.lock_jks(b"key", password="other", entropy=bytes))
JCEKS_KEY = ProtectedKey(form=KeyForm.ENCRYPTED, data=java_key.lock_jceks(b"key", password="other", entropy=bytes))
CODECS = pytest.mark.parametrize("codec", [jks, jceks], ids=["jks", "jceks"])
BUILDERS = {jks: stores.jks, jceks: java.jceks}


def found(codec: ModuleType, *entries: bytes, version: int = 2) -> TrustStore:
    """Return a store as it was read."""
    return codec.loads(BUILDERS[codec](*entries, version=version), password=PASSWORD, name="store")


def changed(store: TrustStore, number: int, **fields: object) -> TrustStore:
    """Return the store with some fields of one entry changed."""
    entries = list(store.entries)
    entries[number] = replace(entries[number], **fields)
    return replace(store, entries=tuple(entries))


def key_entry(alias: str, key: ProtectedKey, *, milliseconds: int = 0) -> bytes:
    """Return a private key entry with a given key and a chain whose certificates have both names of the type."""
    head = jks_key(alias, [], milliseconds=milliseconds)[: -4 - 4 - len(b"sealed private key")]
    chain = stores.jks_certificate(LEAF, kind="X509") + stores.jks_certificate(ROOT)
    return head + len(key.data).to_bytes(4, "big") + key.data + (2).to_bytes(4, "big") + chain


@CODECS
def test_a_new_name_changes_only_the_name(codec: ModuleType) -> None:
    """Of an entry with another alias the date, the type and all else stay."""
    store = found(codec, jks_trusted("root", ROOT, milliseconds=LATE, kind="X509"), jks_key("server", [LEAF], milliseconds=LATE))
    renamed = changed(changed(store, 0, alias="würzel"), 1, alias="web")
    expected = jks_trusted("würzel", ROOT, milliseconds=LATE, kind="X509"), jks_key("web", [LEAF], milliseconds=LATE)
    assert codec.dump(renamed, RECIPE) == BUILDERS[codec](*expected)


@CODECS
def test_a_new_date_changes_only_the_date(codec: ModuleType) -> None:
    """Of an entry with another date the alias stays, also one that could not be given today."""
    store = found(codec, jks_trusted("ROOT [jdk]", ROOT, milliseconds=LATE, kind="X509"))
    assert codec.dump(changed(store, 0, created=AT), RECIPE) == BUILDERS[codec](
        jks_trusted("ROOT [jdk]", ROOT, milliseconds=MILLISECONDS, kind="X509")
    )


@CODECS
def test_a_date_before_1970_is_written(codec: ModuleType) -> None:
    """A date before Java's epoch has a negative number, rounded down as time goes."""
    moment = datetime(1969, 12, 31, 23, 59, 59, 998_500, tzinfo=UTC)
    store = TrustStore(format="jks", entries=(TrustedCertEntry(certificate=ROOT, alias="root", created=moment),))
    assert codec.dump(store, RECIPE) == BUILDERS[codec](jks_trusted("root", ROOT, milliseconds=-2))


@CODECS
def test_a_new_key_changes_only_the_key(codec: ModuleType) -> None:
    """Of an entry whose key was sealed again the chain stays, types of certificates included."""
    store = found(codec, key_entry("Server", ProtectedKey(form=KeyForm.ENCRYPTED, data=b"old key"), milliseconds=LATE))
    assert codec.dump(changed(store, 0, key=JKS_KEY), RECIPE) == BUILDERS[codec](key_entry("Server", JKS_KEY, milliseconds=LATE))


@CODECS
def test_a_new_chain_changes_only_the_chain(codec: ModuleType) -> None:
    """Of an entry with other certificates the key stays, though nobody knows what it is under."""
    store = found(codec, jks_key("server", [LEAF], milliseconds=LATE))
    assert codec.dump(changed(store, 0, chain=(LEAF, ROOT)), RECIPE) == BUILDERS[codec](
        jks_key("server", [LEAF, ROOT], milliseconds=LATE)
    )


@CODECS
def test_a_new_certificate_is_written(codec: ModuleType) -> None:
    """Of a trusted entry with another certificate alias and date stay."""
    store = found(codec, jks_trusted("root", ROOT, milliseconds=LATE, kind="X509"))
    assert codec.dump(changed(store, 0, certificate=LEAF), RECIPE) == BUILDERS[codec](
        jks_trusted("root", LEAF, milliseconds=LATE)
    )


@CODECS
def test_entries_of_version_1_get_types_in_version_2(codec: ModuleType) -> None:
    """Entries of an old store in a new one are written in its layout, alias and date as they stood."""
    old = found(codec, jks_trusted("ROOT", ROOT, milliseconds=LATE, version=1), key_of_version_1(), version=1)
    new = TrustStore(format=old.format, entries=old.entries)
    expected = jks_trusted("ROOT", ROOT, milliseconds=LATE), jks_key("server", [LEAF])
    assert codec.dump(new, RECIPE) == BUILDERS[codec](*expected)


def key_of_version_1() -> bytes:
    """Return a key entry whose certificates have no types."""
    return jks_key("server", [LEAF], version=1)


def test_a_jks_store_becomes_a_jceks_store() -> None:
    """Entries of JKS are written into JCEKS as they stood, and back: Java opens JKS's keys in both."""
    entries = jks_trusted("ROOT", ROOT, milliseconds=LATE, kind="X509"), key_entry("server", JKS_KEY, milliseconds=LATE)
    there = jceks.dump(found(jks, *entries), RECIPE)
    assert there == java.jceks(*entries)
    assert jks.dump(jceks.loads(there, password=PASSWORD, name="store"), RECIPE) == stores.jks(*entries)


def test_a_key_of_jceks_is_refused_by_jks() -> None:
    """A key under JCEKS's algorithm is not written into JKS, where Java would not open it."""
    store = found(jceks, key_entry("server", JCEKS_KEY))
    assert jceks.dump(store, RECIPE) == java.jceks(key_entry("server", JCEKS_KEY))
    with pytest.raises(
        UnsupportedEntryError, match=r"Entry 1 \('server'\): Java opens no private key in a JKS store.*seal it as JKS"
    ):
        jks.dump(store, RECIPE)


@CODECS
def test_a_key_of_nobody_is_carried_only_where_it_stood(codec: ModuleType) -> None:
    """A key under an algorithm that nobody knows stays in its store, and goes into no other kind."""
    store = found(codec, jks_key("server", [LEAF]))
    assert codec.dump(store, RECIPE) == BUILDERS[codec](jks_key("server", [LEAF]))
    with pytest.raises(UnsupportedEntryError, match="Java opens no private key"):
        (jks if codec is jceks else jceks).dump(store, RECIPE)


def test_a_secret_key_is_renamed_and_carried() -> None:
    """A secret key keeps its stream and its date under another name."""
    store = found(jceks, jceks_secret("aes", milliseconds=LATE), jks_trusted("root", ROOT))
    assert isinstance(store.entries[0], SecretKeyEntry)
    assert jceks.dump(changed(store, 0, alias="hmac"), RECIPE) == java.jceks(
        jceks_secret("hmac", milliseconds=LATE), jks_trusted("root", ROOT)
    )


REFUSED: dict[str, tuple[Entry, str]] = {
    "nameless": (TrustedCertEntry(certificate=ROOT), "Entry 2 has no alias"),
    "empty": (TrustedCertEntry(certificate=ROOT, alias=""), "has no alias"),
    "upper-case": (TrustedCertEntry(certificate=ROOT, alias="Würzel\n"), r"Entry 2 \('Würzel\\n'\): .*upper-case letter"),
    "of-a-jdk": (TrustedCertEntry(certificate=ROOT, alias="root [jdk]"), r"' \[jdk' in an alias marks a root that came with"),
    "hides": (TrustedCertEntry(certificate=ROOT, alias="found"), "another entry has this alias"),
    "long": (TrustedCertEntry(certificate=ROOT, alias="ä" * 32_768), "the alias is too long: 65,536 octets"),
    "no-chain": (PrivateKeyEntry(alias="server", chain=(), key=JKS_KEY), "a private key without a certificate"),
    "no-key": (PrivateKeyEntry(alias="server", chain=(LEAF,)), "the private key itself is not at hand"),
    "plain-key": (
        PrivateKeyEntry(alias="server", chain=(LEAF,), key=ProtectedKey(form=KeyForm.PLAIN, data=b"key")),
        "Java opens no private key",
    ),
    "foreign-key": (
        PrivateKeyEntry(alias="server", chain=(LEAF,), key=ProtectedKey(form=KeyForm.ENCRYPTED, data=b"key")),
        "Java opens no private key",
    ),
    "crl": (OtherEntry(kind=OtherKind.CRL, data=b"crl"), "store holds no certificate revocation list"),
}  # fmt: skip


@CODECS
@pytest.mark.parametrize("kind", REFUSED)
def test_what_java_would_not_find_is_refused(codec: ModuleType, kind: str) -> None:
    """A new entry that the store cannot hold, or that Java would not find, is refused by its number and name."""
    entry, expected = REFUSED[kind]
    store = found(codec, jks_trusted("FOUND", ROOT))
    with pytest.raises(UnsupportedEntryError, match=expected):
        codec.dump(replace(store, entries=(*store.entries, entry)), RECIPE)


@CODECS
def test_a_new_name_obeys_as_a_new_entry_does(codec: ModuleType) -> None:
    """An entry that was found is not renamed to what Java would not find."""
    store = found(codec, jks_trusted("root", ROOT))
    with pytest.raises(UnsupportedEntryError, match="upper-case letter"):
        codec.dump(changed(store, 0, alias="Root"), RECIPE)


@pytest.mark.parametrize(
    ("codec", "native", "expected"),
    [
        (jks, None, "a JKS store holds no secret key"),
        (jks, found(jceks, jceks_secret("aes")).entries[0].native, "a JKS store holds no secret key"),
        (jceks, None, "a secret key of another format"),
        (jceks, found(jceks, jks_trusted("root", ROOT)).entries[0].native, "a secret key of another format"),
        (jceks, "of another codec", "a secret key of another format"),
    ],
)
def test_a_secret_key_goes_nowhere_else(codec: ModuleType, native: object, expected: str) -> None:
    """A secret key is carried within JCEKS and refused anywhere else."""
    store = TrustStore(format="jceks", entries=(SecretKeyEntry(alias="aes", native=native),))
    with pytest.raises(UnsupportedEntryError, match=expected):
        codec.dump(store, RECIPE)


@CODECS
def test_a_native_of_another_kind_says_nothing(codec: ModuleType) -> None:
    """What was kept of an entry of another kind, or by another codec, is not believed."""
    trusted = found(codec, jks_trusted("ROOT", ROOT)).entries[0]
    key = PrivateKeyEntry(alias="server", chain=(LEAF,), key=JKS_KEY, created=AT, native=trusted.native)
    other = TrustedCertEntry(certificate=ROOT, alias="root", created=AT, native="of another codec")
    written = codec.dump(TrustStore(format="pem", entries=(key, other)), RECIPE)
    fresh = replace(key, native=None), replace(other, native=None)
    assert written == codec.dump(TrustStore(format="pem", entries=fresh), RECIPE)


@CODECS
def test_a_key_without_a_chain_is_carried_where_it_stood(codec: ModuleType) -> None:
    """A private key that was found without certificates stays so, also under another name; one that had some keeps one."""
    store = found(codec, jks_key("server", []), jks_key("other", [LEAF]))
    assert codec.dump(store, RECIPE) == BUILDERS[codec](jks_key("server", []), jks_key("other", [LEAF]))
    assert codec.dump(changed(store, 0, alias="new"), RECIPE) == BUILDERS[codec](jks_key("new", []), jks_key("other", [LEAF]))
    with pytest.raises(UnsupportedEntryError, match=r"Entry 2 \('other'\): a private key without a certificate"):
        codec.dump(changed(store, 1, chain=()), RECIPE)
