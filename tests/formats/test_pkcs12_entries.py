from datetime import UTC, datetime, timedelta

import pytest

from anchorkeep import tlv
from anchorkeep.formats import pkcs12_bags, pkcs12_entries
from anchorkeep.formats.pkcs12_bags import Bag
from anchorkeep.formats.pkcs12_entries import KeyIds, KeyOrigin
from anchorkeep.model.truststore import OtherEntry, OtherKind, PrivateKeyEntry, SecretKeyEntry, TrustedCertEntry
from anchorkeep.tlv import writer
from tests.data import stores
from tests.data.stores import cert_bag, certificate, friendly_name, key_bag, local_key_id, trusted_key_usage

AT = datetime(2026, 5, 4, 3, 2, 1, 500_000, tzinfo=UTC)
LEAF, MIDDLE, ROOT = certificate("leaf", "middle"), certificate("middle", "root"), certificate("root")
SECRET = stores.bag(
    5, writer.sequence(writer.oid("1.2.3"), writer.explicit(0, writer.octet_string(b"secret"))), friendly_name("s")
)


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
