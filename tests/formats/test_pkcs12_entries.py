from datetime import UTC, datetime, timedelta

import pytest

from anchorkeep import tlv
from anchorkeep.errors import StoreFormatError
from anchorkeep.formats import limits, pkcs12_bags, pkcs12_entries
from anchorkeep.formats.pkcs12_bags import Bag
from anchorkeep.formats.pkcs12_entries import KeyIds, KeyOrigin
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import (
    KeyForm,
    OtherEntry,
    OtherKind,
    PrivateKeyEntry,
    ProtectedKey,
    SecretKeyEntry,
    TrustedCertEntry,
)
from anchorkeep.tlv import writer
from tests.data import stores
from tests.data.stores import cert_bag, certificate, friendly_name, key_bag, local_key_id, trusted_key_usage

AT = datetime(2026, 5, 4, 3, 2, 1, 500_000, tzinfo=UTC)
LEAF, MIDDLE, ROOT = certificate("leaf", "middle"), certificate("middle", "root"), certificate("root")
SEALED = writer.sequence(writer.sequence(), writer.octet_string(b"sealed"))
SECRET = stores.bag(5, stores.secret(SEALED, "1.2.3"), friendly_name("s"))


def read(*bags: bytes) -> tuple[Bag, ...]:
    """Return the bags of a SafeContents."""
    return pkcs12_bags.read(tlv.read(writer.sequence(*bags)), most=100)


def test_every_entry_knows_its_bags() -> None:
    """Each entry keeps the bag it was read from, a key its own and those of its chain."""
    bags = read(
        cert_bag(ROOT, friendly_name("root"), trusted_key_usage()),
        cert_bag(LEAF, local_key_id(b"1")),
        cert_bag(MIDDLE),
        key_bag(local_key_id(b"1"), friendly_name("server")),
        SECRET,
        stores.bag(7, writer.NULL),
    )
    root, leaf, middle, key, secret, other = bags
    trusted, private, carried, unknown = pkcs12_entries.entries(bags)
    assert trusted == TrustedCertEntry(certificate=ROOT, alias="root")
    assert private == PrivateKeyEntry(alias="server", chain=(LEAF, MIDDLE, ROOT))
    assert carried == SecretKeyEntry(alias="s")
    assert carried.key == ProtectedKey(form=KeyForm.ENCRYPTED, data=SEALED)
    assert unknown == OtherEntry(kind=OtherKind.UNKNOWN, data=other.raw)
    assert [entry.native for entry in (trusted, carried, unknown)] == [root, secret, other]
    origin = private.native
    assert isinstance(origin, KeyOrigin)
    assert (origin.key, origin.chain, origin.alias) == (key, (leaf, middle, root), "server")


@pytest.mark.parametrize("position", range(2))
def test_a_key_stands_where_its_first_bag_stands(position: int) -> None:
    """A key's entry stands where its own certificate does, if that comes before the key."""
    own = [cert_bag(LEAF, local_key_id(b"1")), key_bag(local_key_id(b"1"))]
    other = cert_bag(certificate("other"))
    bags = read(own[position], other, own[1 - position])
    assert [type(entry) for entry in pkcs12_entries.entries(bags)] == [PrivateKeyEntry, TrustedCertEntry]


def chains(*bags: bytes, safe: int = 0) -> list[tuple[Certificate, ...]]:
    """Return the chains of the keys of two safes, of which the second begins with that bag."""
    found = read(*bags)
    entries = pkcs12_entries.entries(found, leads={found[0], found[safe]})
    return [entry.chain for entry in entries if isinstance(entry, PrivateKeyEntry)]


KEY, OTHER_KEY = key_bag(), key_bag(friendly_name("Server"))
ISSUER = cert_bag(MIDDLE)


@pytest.mark.parametrize(
    ("bags", "expected"),
    [
        # The only key without an id, and the first certificate behind it.
        ((KEY, cert_bag(LEAF), ISSUER), [(LEAF, MIDDLE)]),
        ((KEY, cert_bag(LEAF, local_key_id(b"1")), ISSUER), [()]),
        ((KEY, cert_bag(LEAF, trusted_key_usage()), ISSUER), [()]),
        ((cert_bag(LEAF), ISSUER, KEY), [()]),
        ((KEY, KEY, cert_bag(LEAF)), [(), ()]),
        # By its name, in whatever case; Java passes over all keys without an id but the first.
        ((ISSUER, cert_bag(LEAF, friendly_name("server")), OTHER_KEY), [(LEAF, MIDDLE)]),
        ((ISSUER, cert_bag(LEAF, friendly_name("server")), OTHER_KEY, KEY), [(LEAF, MIDDLE), ()]),
        ((ISSUER, cert_bag(LEAF, friendly_name("server")), KEY, OTHER_KEY), [(), ()]),
        ((ISSUER, cert_bag(LEAF, friendly_name("server"), trusted_key_usage()), OTHER_KEY), [()]),
        (
            (key_bag(local_key_id(b"1"), friendly_name("server")), ISSUER, cert_bag(LEAF, friendly_name("SERVER"))),
            [(LEAF, MIDDLE)],
        ),
        # The id comes before the name.
        (
            (
                key_bag(local_key_id(b"1"), friendly_name("b")),
                key_bag(local_key_id(b"2"), friendly_name("a")),
                cert_bag(LEAF, local_key_id(b"1"), friendly_name("a")),
                ISSUER,
            ),
            [(LEAF, MIDDLE), ()],
        ),
        # A certificate that issued itself ends a chain, though another has its name.
        (
            (
                cert_bag(certificate("root", "root")),
                key_bag(local_key_id(b"1")),
                cert_bag(certificate("root", "root", serial=2), local_key_id(b"1")),
            ),
            [(certificate("root", "root", serial=2),)],
        ),
    ],
)
def test_a_key_without_its_id_has_the_chain_that_java_finds(
    bags: tuple[bytes, ...], expected: list[tuple[Certificate, ...]]
) -> None:
    """Where no certificate has a key's localKeyId, its name counts, and for a key alone the first place of a safe behind it."""
    assert chains(*bags, safe=next(number for number, bag in enumerate(bags) if bag != KEY)) == expected


def test_a_certificate_in_the_safe_of_a_key_is_not_its_own_unasked() -> None:
    """Java takes the first certificate of a safe for that of the only key, and no other."""
    assert chains(KEY, cert_bag(LEAF), ISSUER, safe=1) == [(LEAF, MIDDLE)]
    assert chains(KEY, cert_bag(LEAF), ISSUER) == [()]
    assert chains(KEY, cert_bag(LEAF), ISSUER, safe=2) == [(MIDDLE,)]


def test_each_key_has_a_copy_of_its_issuer() -> None:
    """Java writes an issuer for each key below it: each chain has its own copy, and a copy too many is no entry."""
    keys = [key_bag(local_key_id(number)) for number in (b"1", b"2")]
    leaves = [cert_bag(certificate(f"leaf {number}", "middle"), local_key_id(b"%d" % number)) for number in (1, 2)]
    trusted = cert_bag(MIDDLE, trusted_key_usage())
    bags = read(*keys, trusted, leaves[0], ISSUER, leaves[1], ISSUER, ISSUER, cert_bag(certificate("leaf 1", "middle")))
    first, second, entry = pkcs12_entries.entries(bags)
    assert isinstance(first.native, KeyOrigin)
    assert isinstance(second.native, KeyOrigin)
    assert entry == TrustedCertEntry(certificate=MIDDLE)
    assert (first.native.chain, first.native.spare) == ((bags[3], bags[4]), bags[7:])
    assert (second.native.chain, second.native.spare) == ((bags[5], bags[6]), ())


def test_the_chains_of_all_keys_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate that stands once for many keys counts for each of them."""
    keys = [key_bag(local_key_id(b"%d" % number)) for number in range(9)]
    leaves = [cert_bag(certificate("leaf", "middle", serial=number), local_key_id(b"%d" % number)) for number in range(9)]
    size = 9 * (len(LEAF.der) + len(MIDDLE.der))
    monkeypatch.setattr(limits, "MAX_CHAINS_BYTES", size)
    assert len(chains(*keys, *leaves, ISSUER)) == 9
    monkeypatch.setattr(limits, "MAX_CHAINS_BYTES", size - 1)
    with pytest.raises(StoreFormatError, match=f"more than {size - 1:,} bytes"):
        chains(*keys, *leaves, ISSUER)


def test_an_entry_is_of_its_bag_alone() -> None:
    """A carried entry is told from one with other bytes or of another kind."""
    (bag,) = read(stores.bag(7, writer.NULL))
    (entry,) = pkcs12_entries.entries((bag,))
    assert isinstance(entry, OtherEntry)
    assert pkcs12_entries.is_of(entry, bag)
    assert not pkcs12_entries.is_of(OtherEntry(kind=OtherKind.CRL, data=bag.raw), bag)
    assert not pkcs12_entries.is_of(OtherEntry(kind=OtherKind.UNKNOWN, data=b""), bag)
    (certificate_bag,) = read(cert_bag(ROOT))
    assert not pkcs12_entries.is_of(OtherEntry(kind=OtherKind.UNKNOWN, data=certificate_bag.raw), certificate_bag)


def test_no_key_identifier_is_given_twice() -> None:
    """Keys of one millisecond get the next ones that are free, and none gets one that is there."""
    first = b"Time 1777863721500"
    ids = KeyIds(read(key_bag(local_key_id(b"Time 1777863721501"))))
    assert [ids.take(AT) for _ in range(3)] == [first, b"Time 1777863721502", b"Time 1777863721503"]
    assert ids.take(AT + timedelta(microseconds=2_999)) == b"Time 1777863721504"
    assert pkcs12_entries.created(first) == AT
    assert ids.take(datetime(1960, 1, 1, tzinfo=UTC)) == b"Time 0"


def test_many_keys_of_one_moment_are_quick() -> None:
    """Identifiers for many keys of one moment are found without looking at all those before."""
    ids = KeyIds(())
    assert len({ids.take(AT) for _ in range(50_000)}) == 50_000
