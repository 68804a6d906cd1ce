import struct
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from anchorkeep import formats
from anchorkeep.errors import StoreFormatError, UnsupportedEntryError, UnsupportedFormatError
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
from tests.data import stores
from tests.data.stores import PASSWORD, bks_entry, bks_plain_key, bks_sealed, bks_trusted, certificate

LEAF, ROOT = certificate("leaf"), certificate("root", serial=2)
AT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
MILLISECONDS = 1770091506000
RECIPE = Recipe(at=AT, entropy=lambda size: stores.SALT[:size].ljust(size, b"x"), password=PASSWORD)
SEALED = ProtectedKey(form=KeyForm.BKS, data=bks_sealed()[4:])


def read(*entries: bytes) -> TrustStore:
    """Return a store of those entries."""
    return formats.loads(stores.bks(*entries), password=PASSWORD)


def written(store: TrustStore, *entries: Entry) -> bytes:
    """Return what is written of a store with those entries instead of its own."""
    return formats.write(replace(store, entries=entries), format="bks", recipe=RECIPE)


def test_a_touched_date_is_written_alone() -> None:
    """Another date of an entry changes eight octets of it."""
    store = read(bks_entry(4, "k", bks_sealed(), LEAF, milliseconds=7))
    (entry,) = store.entries
    assert isinstance(entry, PrivateKeyEntry)
    expected = stores.bks(bks_entry(4, "k", bks_sealed(), LEAF, milliseconds=MILLISECONDS))
    assert written(store, replace(entry, created=AT)) == expected
    assert written(store, replace(entry, created=None)) == expected


def test_no_key_is_in_a_representation() -> None:
    """What is kept of an entry whose key is not sealed does not show the key."""
    (entry,) = read(bks_entry(2, "plain", bks_plain_key(key=b"s3cr3t"), LEAF)).entries
    assert "s3cr3t" not in repr(entry)
    assert "s3cr3t" not in repr(entry.native)


def test_a_touched_certificate_is_written_afresh() -> None:
    """Another certificate under the same alias keeps alias and date."""
    store = read(bks_trusted("a", LEAF, milliseconds=7))
    (entry,) = store.entries
    assert isinstance(entry, TrustedCertEntry)
    assert written(store, replace(entry, certificate=ROOT)) == stores.bks(bks_trusted("a", ROOT, milliseconds=7))


def test_a_touched_key_keeps_its_chain() -> None:
    """A key that was sealed anew changes the body alone; one that stood unsealed becomes a sealed one."""
    fresh = ProtectedKey(form=KeyForm.BKS, data=bks_sealed(b"other")[4:])
    expected = stores.bks(bks_entry(4, "k", bks_sealed(b"other"), LEAF, ROOT, milliseconds=7))
    for kind, body in ((4, bks_sealed()), (2, bks_plain_key())):
        store = read(bks_entry(kind, "k", body, LEAF, ROOT, milliseconds=7))
        (entry,) = store.entries
        assert isinstance(entry, PrivateKeyEntry)
        assert written(store, replace(entry, key=fresh)) == expected


def test_a_touched_chain_keeps_its_key() -> None:
    """Another chain leaves the sealed key as it stood."""
    store = read(bks_entry(4, "k", bks_sealed(), LEAF))
    (entry,) = store.entries
    assert isinstance(entry, PrivateKeyEntry)
    assert written(store, replace(entry, chain=(LEAF, ROOT))) == stores.bks(bks_entry(4, "k", bks_sealed(), LEAF, ROOT))


def test_entries_without_a_past_are_written_afresh() -> None:
    """New certificates and keys are written as Bouncy Castle does, with the recipe's date where they have none."""
    new = TrustStore(format="bks", entries=())
    entries = (TrustedCertEntry(certificate=LEAF, alias="c"), PrivateKeyEntry(alias="k", chain=(LEAF,), key=SEALED, created=AT))
    store = formats.loads(written(new, *entries), password=PASSWORD)
    assert store.entries == (replace(entries[0], created=AT), entries[1])
    raw = bks_trusted("c", LEAF, milliseconds=MILLISECONDS) + bks_entry(4, "k", bks_sealed(), LEAF, milliseconds=MILLISECONDS)
    assert raw in written(new, *entries)


def test_an_entry_of_another_kind_keeps_its_bytes_under_a_new_alias() -> None:
    """A public key, which is no entry that others know, is renamed like any other."""
    store = read(bks_entry(2, "p", bks_plain_key(1), milliseconds=7))
    (entry,) = store.entries
    assert isinstance(entry, OtherEntry)
    assert (entry.kind, entry.data) == (OtherKind.UNKNOWN, bks_plain_key(1))
    assert written(store, replace(entry, alias="q")) == stores.bks(bks_entry(2, "q", bks_plain_key(1), milliseconds=7))


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (SecretKeyEntry(alias="s"), r"Entry 2 \('s'\) is a secret key, which a Bouncy Castle store \(BKS\) cannot be given"),
        (OtherEntry(kind=OtherKind.UNKNOWN, data=b"", alias="o"), r"\('o'\) is an entry of an unknown kind"),
        (PrivateKeyEntry(alias="k", chain=(LEAF,)), "the private key itself is not at hand"),
        (PrivateKeyEntry(alias="k", chain=(), key=SEALED), "a private key without a certificate"),
        (
            PrivateKeyEntry(alias="k", chain=(LEAF,), key=ProtectedKey(form=KeyForm.ENCRYPTED, data=b"x")),
            "opens no private key in a BKS store that is protected like this one",
        ),
        (TrustedCertEntry(certificate=ROOT), "Entry 2 has no alias"),
        (TrustedCertEntry(certificate=ROOT, alias="a"), r"Entry 2 \('a'\): another entry has this alias"),
        (TrustedCertEntry(certificate=ROOT, alias="é" * 32_768), r"the alias is too long: 65,536 octets"),
    ],
    ids=["secret", "other", "no-key", "no-chain", "form", "no-alias", "twice", "long"],
)
def test_what_cannot_be_held_is_refused(entry: Entry, expected: str) -> None:
    """A new entry that BKS cannot hold is refused with its number, before anything is written."""
    store = read(bks_trusted("a", LEAF))
    with pytest.raises(UnsupportedEntryError, match=expected) as caught:
        written(store, *store.entries, entry)
    assert caught.value.message.startswith("Entry 2")


@pytest.mark.parametrize(
    ("entry", "error", "expected"),
    [
        (bks_entry(5, "x", b""), StoreFormatError, r"BKS entry 2 \('x'\): kind 5; 1 .* 4 \(sealed key\) are known"),
        (
            bks_entry(1, "\x1b", stores.java_utf("X.509")),
            StoreFormatError,
            r"BKS entry 2 \('\\x1b'\): certificate: length 4 exceeds the",
        ),
        (
            bks_entry(1, "x", stores.jks_certificate(LEAF, kind="PGP")),
            UnsupportedFormatError,
            "a certificate of type 'PGP'; only X.509 is read",
        ),
        (b"\4" + stores.java_utf("x") + struct.pack(">qi", 0, 101), StoreFormatError, "a chain of 101 certificates; at most 100"),
        (b"\4" + stores.java_utf("x") + struct.pack(">qi", 0, -1), StoreFormatError, "a chain of -1 certificates"),
        (bks_entry(4, "x", struct.pack(">i", -1)), StoreFormatError, "key: length -1 exceeds"),
        (b"\1\0\1\xff", StoreFormatError, "alias is not modified UTF-8"),
    ],
    ids=["kind", "cut", "certificate", "chain", "negative-chain", "negative-key", "alias"],
)
def test_what_is_broken_is_named(entry: bytes, error: type[StoreFormatError], expected: str) -> None:
    """A broken entry or one beyond the bounds is an error that names it and what is wrong."""
    with pytest.raises(error, match=expected) as caught:
        formats.loads(stores.bks(bks_trusted("a", LEAF), entry), name="x")
    assert caught.value.message.isprintable()
