import dataclasses
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep import tlv
from anchorkeep.errors import UnsupportedEntryError
from anchorkeep.formats import pkcs12
from anchorkeep.formats.pkcs12_layout import Layout
from anchorkeep.formats.recipe import Recipe
from anchorkeep.model.certificate import Certificate
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
from anchorkeep.tlv import writer
from tests.data import stores
from tests.data.stores import (
    PASSWORD,
    cert_bag,
    certificate,
    encrypted_part,
    friendly_name,
    key_bag,
    local_key_id,
    pfx,
    plain_part,
    trusted_key_usage,
)

AT = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
RECIPE = Recipe(at=AT, entropy=lambda size: b"\xee" * size, password=PASSWORD)
LEAF, MIDDLE, ROOT = certificate("leaf", "middle"), certificate("middle", "root"), certificate("root")
SECOND, OTHER, NEW = certificate("second", "middle"), certificate("other", "nobody"), certificate("new", "nobody")

OWN = stores.attribute("1.2.3", writer.text("own"))
T_ROOT = cert_bag(ROOT, friendly_name("Root"), trusted_key_usage(), OWN)
T_OTHER = cert_bag(OTHER, friendly_name("other"), trusted_key_usage())
K_ONE = key_bag(friendly_name("one"), local_key_id(b"1"), OWN)
K_TWO = key_bag(friendly_name("two"), local_key_id(b"2"))
L_ONE = cert_bag(LEAF, friendly_name("one"), local_key_id(b"1"))
L_TWO = cert_bag(SECOND, friendly_name("two"), local_key_id(b"2"))
C_MIDDLE = cert_bag(MIDDLE, friendly_name("CN=middle"))
UNTAGGED = cert_bag(certificate("untagged", "nobody"), friendly_name("untagged"))
SECRET = stores.bag(
    5,
    stores.secret(b"secret"),
    friendly_name("aes"),
    local_key_id(b"3"),
)
CRL = stores.bag(
    4, writer.sequence(writer.oid("1.2.840.113549.1.9.23.1"), writer.explicit(0, writer.octet_string(stores.crl()))), OWN
)
UNKNOWN = stores.bag(7, writer.sequence(writer.integer(7)), friendly_name("seven"))
KEYS = (K_ONE, K_TWO, SECRET)
CERTIFICATES = (T_ROOT, L_ONE, C_MIDDLE, UNTAGGED, L_TWO, C_MIDDLE, CRL, UNKNOWN, T_OTHER)
# Two keys of one issuer, which Java writes once for each, a secret, and what else a store holds; as Java lays it out.
FULL = pfx(plain_part(*KEYS), encrypted_part(*CERTIFICATES))


def read(data: bytes = FULL) -> TrustStore:
    """Return what a store holds."""
    return pkcs12.loads(data, password=PASSWORD, name="store.p12")


def parts(data: bytes) -> list[bytes]:
    """Return the SafeContents of each part of a store, decrypted."""
    layout = read(data).native
    assert isinstance(layout, Layout)
    return [safe.contents for safe in layout.safes]


def write(store: TrustStore, entries: Iterable[Entry] | None = None) -> bytes:
    """Return a store's bytes with these entries; they are read back as they were given."""
    wanted = store if entries is None else dataclasses.replace(store, entries=tuple(entries))
    data = pkcs12.dump(wanted, RECIPE)
    assert sorted(map(repr, read(data).entries)) == sorted(map(repr, wanted.entries))
    return data


def without(store: TrustStore, *aliases: str | None) -> list[Entry]:
    """Return the entries of a store but those of these names."""
    return [entry for entry in store.entries if entry.alias not in aliases]


def changed(store: TrustStore, name: str, **changes: Any) -> list[Entry]:
    """Return the entries of a store, one of them changed."""
    return [dataclasses.replace(entry, **changes) if entry.alias == name else entry for entry in store.entries]


def contents(*bags: bytes) -> bytes:
    """Return a SafeContents."""
    return writer.sequence(*bags)


def edited(bag: bytes, old: bytes, new: bytes) -> bytes:
    """Return a bag with one attribute in the place of another, behind the others where the old is empty."""
    kind, value, *optional = tlv.read(bag).children()
    attributes = [node.raw for node in optional[0].children()] if optional else []
    attributes = [new if attribute == old else attribute for attribute in attributes] if old else [*attributes, new]
    return writer.sequence(kind.raw, value.raw, writer.encode(0x31, *attributes))


@pytest.mark.parametrize(
    "data",
    [
        FULL,
        pfx(encrypted_part(*CERTIFICATES), plain_part(*KEYS)),
        pfx(encrypted_part(*KEYS, *CERTIFICATES)),
        pfx(plain_part(*KEYS, *CERTIFICATES), password=None),
        pfx(plain_part(), encrypted_part()),
        pfx(plain_part(stores.bag(6, contents(T_ROOT, stores.bag(6, contents(UNKNOWN))), OWN), K_ONE), plain_part(T_OTHER)),
    ],
    ids=["java", "openssl", "one-part", "bare", "empty", "nested"],
)
def test_what_nobody_touched_is_written_as_it_stood(data: bytes) -> None:
    """A store that is written untouched has every part with every bag, octet for octet and in its order."""
    assert parts(write(read(data))) == parts(data)


def test_ber_is_written_as_it_stood() -> None:
    """The bags and the safe of a store in BER keep their octets where nothing changed, and the bags where something did."""
    kind, value = writer.oid("1.2.840.113549.1.12.10.1.7"), stores.indefinite(0xA0, writer.NULL)
    odd = stores.indefinite(0x30, kind, value)
    safe = stores.indefinite(0x30, odd, T_ROOT)
    data = pfx(writer.sequence(writer.oid(stores.DATA), writer.explicit(0, writer.octet_string(safe))))
    store = read(data)
    assert parts(write(store)) == [safe]
    assert parts(write(store, store.entries[:1])) == [contents(odd)]


@pytest.mark.parametrize(
    ("alias", "keys", "certificates"),
    [
        ("other", KEYS, CERTIFICATES[:-1]),
        ("untagged", KEYS, tuple(bag for bag in CERTIFICATES if bag != UNTAGGED)),
        ("seven", KEYS, tuple(bag for bag in CERTIFICATES if bag != UNKNOWN)),
        ("aes", KEYS[:-1], CERTIFICATES),
        # Its copy of the issuer goes with it, and the other key's stays.
        ("one", KEYS[1:], (T_ROOT, *CERTIFICATES[3:])),
        ("two", (K_ONE, SECRET), (*CERTIFICATES[:4], *CERTIFICATES[6:])),
    ],
)
def test_a_removed_entry_takes_its_own_bags(alias: str, keys: tuple[bytes, ...], certificates: tuple[bytes, ...]) -> None:
    """A removed entry is gone with its bags, and nothing else changes."""
    store = read()
    assert parts(write(store, without(store, alias))) == [contents(*keys), contents(*certificates)]


@pytest.mark.parametrize("copies", range(1, 4))
def test_an_issuer_goes_with_the_last_key_that_needs_it(copies: int) -> None:
    """With both keys their common issuer goes, however often it stands there; the root, an entry of its own, stays."""
    others = tuple(bag for bag in CERTIFICATES if bag != C_MIDDLE)
    store = read(pfx(plain_part(*KEYS), encrypted_part(*others, *[C_MIDDLE] * copies)))
    assert [entry.alias for entry in store.entries] == ["one", "two", "aes", "Root", "untagged", None, "seven", "other"]
    for alias in ("one", "two"):
        (left,) = [entry for entry in read(write(store, without(store, alias))).entries if isinstance(entry, PrivateKeyEntry)]
        assert left.chain[1:] == (MIDDLE, ROOT)
    expected = [contents(SECRET), contents(T_ROOT, UNTAGGED, CRL, UNKNOWN, T_OTHER)]
    assert parts(write(store, without(store, "one", "two"))) == expected


def test_a_removed_root_stays_in_chains_alone() -> None:
    """A trusted certificate that a key's chain needs loses name and mark when its entry is removed, and the chain is kept."""
    store = read()
    data = write(store, without(store, "Root"))
    unmarked = edited(edited(T_ROOT, trusted_key_usage(), b""), friendly_name("Root"), b"")
    assert parts(data) == [contents(*KEYS), contents(unmarked, *CERTIFICATES[1:])]
    (one,) = (entry for entry in read(data).entries if entry.alias == "one")
    assert isinstance(one, PrivateKeyEntry)
    assert one.chain == (LEAF, MIDDLE, ROOT)
    # With the keys it goes altogether.
    assert ROOT not in read(write(store, without(store, "Root", "one", "two"))).certificates


def test_everything_can_be_removed() -> None:
    """A store without any entry has no parts either, but its MAC, by which its next part is encrypted."""
    data = write(read(), ())
    assert parts(data) == []
    refilled = write(read(data), [TrustedCertEntry(certificate=NEW, alias="new")])
    assert [item.algorithm for item in read(refilled).protection] == ["PBEWithHmacSHA256AndAES_256", "HmacPBESHA256"]


def test_a_part_that_is_all_protection_stays() -> None:
    """The encrypted part of a store without a MAC stays when it is emptied, so that what comes next is encrypted too."""
    data = write(read(pfx(encrypted_part(T_OTHER), password=None)), ())
    assert parts(data) == [contents()]
    refilled = write(read(data), [TrustedCertEntry(certificate=NEW, alias="new")])
    assert parts(refilled)[0] == contents()
    assert [item.algorithm for item in read(refilled).protection] == ["PBEWithHmacSHA256AndAES_128", "none"]


def test_a_renamed_certificate_changes_its_name_alone() -> None:
    """A certificate under another name keeps its other attributes."""
    store = read()
    data = write(store, changed(store, "other", alias="another"))
    renamed = edited(T_OTHER, friendly_name("other"), friendly_name("another"))
    assert parts(data) == [contents(*KEYS), contents(*CERTIFICATES[:-1], renamed)]


def test_a_renamed_key_is_renamed_in_all_its_bags() -> None:
    """A key under another name has it on the key and on its certificate; its issuer, which has another, is left alone."""
    store = read()
    data = write(store, changed(store, "two", alias="zwei"))
    key, leaf = (edited(bag, friendly_name("two"), friendly_name("zwei")) for bag in (K_TWO, L_TWO))
    assert parts(data) == [
        contents(K_ONE, key, SECRET),
        contents(*(leaf if bag == L_TWO else bag for bag in CERTIFICATES)),
    ]


def test_a_key_that_had_no_name_gets_one() -> None:
    """A key that was named after its certificate, and one that had no name, get theirs on the key."""
    data = pfx(plain_part(key_bag(local_key_id(b"1")), L_ONE, C_MIDDLE, key_bag()))
    store = read(data)
    first, second = store.entries
    assert (first.alias, second.alias) == ("one", None)
    renamed = [dataclasses.replace(first, alias="eins"), dataclasses.replace(second, alias="zwei")]
    assert parts(write(store, renamed)) == [
        contents(
            edited(key_bag(local_key_id(b"1")), b"", friendly_name("eins")),
            edited(L_ONE, friendly_name("one"), friendly_name("eins")),
            C_MIDDLE,
            edited(key_bag(), b"", friendly_name("zwei")),
        )
    ]


def test_a_name_can_be_taken_away() -> None:
    """An entry without a name is written without one."""
    store = read()
    data = write(store, changed(store, "aes", alias=None))
    assert parts(data)[0] == contents(K_ONE, K_TWO, edited(SECRET, friendly_name("aes"), b""))


@pytest.mark.parametrize("is_visible", [True, False])
def test_what_java_sees_can_be_changed(is_visible: bool) -> None:  # noqa: FBT001
    """A certificate that Java does not see gets its mark, and one that it sees loses it."""
    store = read()
    alias, bag = ("untagged", UNTAGGED) if is_visible else ("other", T_OTHER)
    data = write(store, changed(store, alias, is_visible_to_java=is_visible))
    marked = edited(bag, b"", trusted_key_usage()) if is_visible else edited(bag, trusted_key_usage(), b"")
    assert parts(data)[1] == contents(*(marked if item == bag else item for item in CERTIFICATES))


def test_a_key_can_be_replaced() -> None:
    """A key that was encrypted anew stands where the old one stood, with its attributes."""
    store = read()
    key = ProtectedKey(form=KeyForm.ENCRYPTED, data=sealed())
    data = write(store, changed(store, "one", key=key))
    replaced = stores.bag(2, sealed(), friendly_name("one"), local_key_id(b"1"), OWN)
    assert parts(data) == [contents(replaced, K_TWO, SECRET), contents(*CERTIFICATES)]


def test_the_date_of_a_key_can_be_changed() -> None:
    """A key with another date has it in the localKeyId of its own bags, by which they still find each other."""
    store = read()
    data = write(store, changed(store, "two", created=AT))
    moment = local_key_id(b"Time %d" % (AT.timestamp() * 1000))
    key, leaf = (edited(bag, local_key_id(b"2"), moment) for bag in (K_TWO, L_TWO))
    assert parts(data) == [contents(K_ONE, key, SECRET), contents(*(leaf if bag == L_TWO else bag for bag in CERTIFICATES))]


def test_the_date_of_a_secret_can_be_changed() -> None:
    """A secret with another date has it in its localKeyId."""
    store = read()
    moment = local_key_id(b"Time %d" % (AT.timestamp() * 1000))
    data = write(store, changed(store, "aes", created=AT))
    assert parts(data)[0] == contents(K_ONE, K_TWO, edited(SECRET, local_key_id(b"3"), moment))


def sealed() -> bytes:
    """Return an EncryptedPrivateKeyInfo of a known algorithm, of no key."""
    return writer.sequence(stores.pbes2(stores.pbkdf2()), writer.octet_string(bytes(16)))


ENCRYPTED = ProtectedKey(form=KeyForm.ENCRYPTED, data=sealed())
FRESH = TrustedCertEntry(certificate=NEW, alias="new")
FRESH_BAG = cert_bag(NEW, friendly_name("new"), trusted_key_usage())
FRESH_KEY = PrivateKeyEntry(alias="fresh", chain=(certificate("fresh", "middle"), MIDDLE, ROOT), created=AT, key=ENCRYPTED)
FRESH_ID = local_key_id(b"Time %d" % (AT.timestamp() * 1000))


@pytest.mark.parametrize("position", range(4))
def test_a_new_certificate_stands_where_it_was_put(position: int) -> None:
    """A new certificate comes into the part of the certificates, before the entry that it stands before in the store."""
    bags = [T_ROOT, UNTAGGED, T_OTHER]
    store = read(pfx(plain_part(K_ONE), encrypted_part(*bags)))
    entries = list(store.entries)
    entries.insert(position + 1, FRESH)
    bags.insert(position, FRESH_BAG)
    assert parts(write(store, entries)) == [contents(K_ONE), contents(*bags)]


def test_entries_can_change_places() -> None:
    """Entries of one part that change places do so in the file, and what belongs to them follows."""
    store = read(pfx(encrypted_part(T_ROOT, CRL, T_OTHER, UNTAGGED)))
    root, crl, other, untagged = store.entries
    data = write(store, [untagged, root, FRESH, crl, other])
    assert parts(data) == [contents(UNTAGGED, T_ROOT, FRESH_BAG, CRL, T_OTHER)]
    assert read(data).entries == (untagged, root, FRESH, crl, other)


def test_a_new_key_comes_to_the_keys() -> None:
    """A new key stands with the keys, its certificate with the certificates; an issuer that is there is not written twice."""
    store = read()
    data = write(store, [*store.entries, FRESH_KEY])
    name = friendly_name("fresh")
    assert parts(data) == [
        contents(*KEYS, stores.bag(2, sealed(), name, FRESH_ID)),
        contents(*CERTIFICATES, cert_bag(FRESH_KEY.chain[0], name, FRESH_ID)),
    ]


def test_a_store_of_certificates_gets_a_part_for_keys() -> None:
    """The first key of a store comes into a plain part of its own, with a chain of its own where there is none."""
    store = read(pfx(encrypted_part(T_OTHER)))
    data = write(store, [*store.entries, FRESH_KEY])
    name = friendly_name("fresh")
    assert parts(data) == [
        contents(T_OTHER, cert_bag(FRESH_KEY.chain[0], name, FRESH_ID), cert_bag(MIDDLE), cert_bag(ROOT)),
        contents(stores.bag(2, sealed(), name, FRESH_ID)),
    ]
    assert [item.scheme.value for item in read(data).protection] == ["PBES2", "PBES2", "HMAC-SHA-2"]


def test_a_store_of_keys_gets_a_part_for_certificates() -> None:
    """The first certificate of a store comes into an encrypted part of its own, as its MAC has it."""
    store = read(pfx(plain_part(key_bag(friendly_name("alone")))))
    data = write(store, [*store.entries, FRESH])
    assert parts(data) == [contents(key_bag(friendly_name("alone"))), contents(FRESH_BAG)]
    assert [item.algorithm for item in read(data).protection] == ["PBEWithHmacSHA256AndAES_256", "HmacPBESHA256"]


def test_keys_of_one_moment_keep_their_own_certificates() -> None:
    """Keys that were made in the same millisecond get identifiers of their own, so that each finds its certificate again."""
    keys = [
        PrivateKeyEntry(alias=f"key{number}", chain=(certificate(f"leaf {number}"),), created=AT, key=ENCRYPTED)
        for number in range(3)
    ]
    store = read(pkcs12.dump(TrustStore(format="pkcs12", entries=tuple(keys)), RECIPE))
    assert [(entry.alias, entry.chain) for entry in store.entries if isinstance(entry, PrivateKeyEntry)] == [
        (key.alias, key.chain) for key in keys
    ]


def test_a_secret_is_carried_between_stores() -> None:
    """A secret, a revocation list and an unknown bag of another store are written with their octets, under any name."""
    other = [entry for entry in read().entries if isinstance(entry, (SecretKeyEntry, OtherEntry))]
    store = TrustStore(format="pkcs12", entries=tuple(other))
    assert parts(pkcs12.dump(store, RECIPE)) == [contents(SECRET), contents(CRL, UNKNOWN)]
    renamed = dataclasses.replace(other[0], alias="des")
    assert parts(pkcs12.dump(dataclasses.replace(store, entries=(renamed,)), RECIPE)) == [
        contents(edited(SECRET, friendly_name("aes"), friendly_name("des")))
    ]


def test_a_secret_key_is_written_anew() -> None:
    """A secret key that was encrypted anew stands in the place of the old one, between others and in another store."""
    mac = stores.bag(5, stores.secret(writer.sequence(writer.sequence(), writer.octet_string(b"old"))), friendly_name("mac"))
    store = read(pfx(plain_part(K_ONE, mac, SECRET), plain_part(L_ONE)))
    entries = changed(store, "mac", key=ENCRYPTED)
    expected = stores.bag(5, stores.secret(ENCRYPTED.data), friendly_name("mac"))
    assert parts(write(store, entries))[0] == contents(K_ONE, expected, SECRET)
    new = TrustStore(format="pkcs12", entries=tuple(entry for entry in entries if entry.alias == "mac"))
    assert parts(pkcs12.dump(new, RECIPE)) == [contents(expected)]


def test_an_entry_that_stands_twice_is_written_twice() -> None:
    """The same entry a second time is a second entry, under an alias of its own."""
    store = read(pfx(encrypted_part(T_OTHER)))
    data = write(store, [*store.entries, *changed(store, "other", alias="again")])
    again = cert_bag(OTHER, friendly_name("again"), trusted_key_usage())
    assert parts(data) == [contents(T_OTHER, again)]


def test_an_alias_is_given_once() -> None:
    """Of two entries with one alias Java shows one, so a new alias that another entry has is refused, in a new store too."""
    entries = [TrustedCertEntry(certificate=item, alias="new") for item in (NEW, SECOND)]
    for store in (TrustStore(format="pkcs12", entries=()), read(pfx(encrypted_part(T_OTHER)))):
        write(store, [*store.entries, entries[0]])
        with pytest.raises(UnsupportedEntryError, match="'new': another entry has this alias"):
            pkcs12.dump(dataclasses.replace(store, entries=(*store.entries, *entries)), RECIPE)


def test_an_alias_of_another_in_upper_case_is_taken() -> None:
    """Aliases are compared as Java does, in lower case, with those that were found too."""
    store = read(pfx(encrypted_part(T_ROOT, T_OTHER)))
    with pytest.raises(UnsupportedEntryError, match="'root': another entry has this alias"):
        pkcs12.dump(dataclasses.replace(store, entries=tuple(changed(store, "other", alias="root"))), RECIPE)
    twice = pfx(encrypted_part(T_ROOT, cert_bag(OTHER, friendly_name("root"), trusted_key_usage())))
    assert parts(write(read(twice))) == parts(twice)


def test_nests_are_kept_and_emptied() -> None:
    """A nested safe keeps what stays in it and its own attributes; without anything it goes."""
    nest = stores.bag(6, contents(T_ROOT, T_OTHER), OWN)
    store = read(pfx(plain_part(nest, UNTAGGED)))
    assert parts(write(store, without(store, "Root"))) == [contents(stores.bag(6, contents(T_OTHER), OWN), UNTAGGED)]
    assert parts(write(store, without(store, "Root", "other"))) == [contents(UNTAGGED)]
    assert parts(write(store, [*store.entries, FRESH])) == [contents(nest, UNTAGGED, FRESH_BAG)]


NO_KEY = ProtectedKey(
    form=KeyForm.ENCRYPTED, data=writer.sequence(writer.sequence(writer.oid("1.3.6.1.4.1.42.2.17.1.1"), writer.NULL))
)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (dataclasses.replace(FRESH, alias="New"), "'New': an alias with an upper-case letter is not written"),
        (dataclasses.replace(FRESH, alias="new [jdk"), r"' \[jdk' in an alias marks a root that came with Java"),
        (dataclasses.replace(FRESH, alias="x" * 65_536), "an alias of 65,536 characters"),
        (dataclasses.replace(FRESH_KEY, key=None), "'fresh' has no private key to write"),
        (dataclasses.replace(FRESH_KEY, key=NO_KEY), "not encrypted with an algorithm that PKCS#12 has"),
        (
            dataclasses.replace(FRESH_KEY, key=ProtectedKey(form=KeyForm.BKS, data=b"")),
            "not encrypted with an algorithm that PKCS#12",
        ),
        (
            dataclasses.replace(FRESH_KEY, key=ProtectedKey(form=KeyForm.PLAIN, data=b"")),
            "not encrypted; it would stand bare in a store with a password",
        ),
        (SecretKeyEntry(alias="des", native=object()), "'des' was not read from a PKCS#12 store"),
        (OtherEntry(kind=OtherKind.CRL, data=stores.crl()), "was not read from a PKCS#12 store"),
    ],
)
def test_what_cannot_be_written_is_refused(entry: Entry, message: str) -> None:
    """An entry that cannot be written is refused by its name, in a new store and in one that was found."""
    for store in (TrustStore(format="pkcs12", entries=()), read()):
        with pytest.raises(UnsupportedEntryError, match=message):
            pkcs12.dump(dataclasses.replace(store, entries=(*store.entries, entry)), RECIPE)


@pytest.mark.parametrize(
    ("alias", "changes", "message"),
    [
        ("other", {"alias": "Other"}, "'Other': an alias with an upper-case letter"),
        ("one", {"alias": "one [jdk"}, "in an alias marks"),
        ("one", {"key": NO_KEY}, "not encrypted with an algorithm"),
        ("seven", {"data": b"other"}, "was not read from a PKCS#12 store"),
        ("seven", {"kind": OtherKind.CTL}, "was not read from a PKCS#12 store"),
    ],
)
def test_changes_that_cannot_be_written_are_refused(alias: str, changes: dict[str, object], message: str) -> None:
    """A change of an entry that cannot be written is refused; the upper case that was found stays where nobody renames."""
    store = read()
    with pytest.raises(UnsupportedEntryError, match=message):
        write(store, changed(store, alias, **changes))


def test_a_chain_that_would_change_is_refused() -> None:
    """A key whose issuer would be found in another certificate of the same name is refused rather than written otherwise."""
    impostor = certificate("middle", "root", serial=99)
    entries = (TrustedCertEntry(certificate=impostor, alias="impostor"), FRESH_KEY)
    with pytest.raises(UnsupportedEntryError, match="'fresh' cannot keep its chain: the store has two certificates"):
        pkcs12.dump(TrustStore(format="pkcs12", entries=entries), RECIPE)
    kept = read(pkcs12.dump(TrustStore(format="pkcs12", entries=entries[::-1]), RECIPE))
    assert {entry.alias for entry in kept.entries} == {"fresh", "impostor"}


def test_a_chain_may_become_longer() -> None:
    """A certificate that issued the last of a chain makes the chain longer when it is added, as Java builds it."""
    store = read(pfx(plain_part(K_ONE, L_ONE)))
    data = pkcs12.dump(
        dataclasses.replace(store, entries=(*store.entries, TrustedCertEntry(certificate=MIDDLE, alias="m"))), RECIPE
    )
    assert read(data).entries[0] == PrivateKeyEntry(alias="one", chain=(LEAF, MIDDLE))


POOL = [certificate(f"pool {number}", "nobody") for number in range(6)]


@given(st.data())
def test_any_edit_keeps_what_it_does_not_touch(data: st.DataObject) -> None:
    """Whatever is removed, moved and added, the entries are those that were asked for, and each untouched bag has its octets."""
    store = read()
    kept = data.draw(st.permutations(data.draw(st.lists(st.sampled_from(store.entries), unique_by=id))))
    added = data.draw(st.lists(st.sampled_from(POOL), unique=True))
    entries: list[Entry] = list(kept)
    for number, item in enumerate(added):
        entries.insert(data.draw(st.integers(0, len(entries))), TrustedCertEntry(certificate=item, alias=f"new {number}"))
    written = write(store, entries)
    for entry, bag in _bags(entries):
        assert bag in b"".join(parts(written)), entry


def _bags(entries: Iterable[Entry]) -> Iterable[tuple[Entry, bytes]]:
    by_alias = {
        "one": K_ONE,
        "two": K_TWO,
        "aes": SECRET,
        "Root": T_ROOT,
        "other": T_OTHER,
        "untagged": UNTAGGED,
        "seven": UNKNOWN,
    }
    return ((entry, by_alias[entry.alias]) for entry in entries if entry.alias in by_alias)


def test_the_values_are_not_shown() -> None:
    """What is printed of a store's own values holds no octets of its keys."""
    store = read()
    assert "sealed" not in repr(store)
    assert "sealed" not in repr(store.native)
    assert "sealed" not in repr([entry.native for entry in store.entries])
    assert isinstance(store.certificates[0], Certificate)


@pytest.mark.parametrize("key", [NO_KEY, ProtectedKey(form=KeyForm.PLAIN, data=sealed())])
def test_a_secret_key_must_be_encrypted(key: ProtectedKey) -> None:
    """A secret key that is plain, or encrypted as PKCS#12 does not know, is refused by its name."""
    store = read()
    with pytest.raises(UnsupportedEntryError, match="'aes' has a secret key that is not encrypted as PKCS#12 keeps one"):
        write(store, changed(store, "aes", key=key))
