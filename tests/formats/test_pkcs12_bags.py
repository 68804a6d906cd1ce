import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep import tlv
from anchorkeep.errors import StoreFormatError, TLVError
from anchorkeep.formats import limits, pkcs12_bags
from anchorkeep.formats.pkcs12_bags import Attributes, Bag, CertificateBag, CrlBag, KeyBag, Nest, SecretBag
from anchorkeep.model.truststore import KeyForm, ProtectedKey
from anchorkeep.tlv import writer
from tests.data import stores
from tests.data.stores import cert_bag, certificate, friendly_name, key_bag, local_key_id, trusted_key_usage

ROOT = certificate("root")
KEY = ProtectedKey(form=KeyForm.ENCRYPTED, data=writer.sequence(writer.octet_string(b"another key")))
SEALED = ProtectedKey(form=KeyForm.ENCRYPTED, data=writer.sequence(writer.sequence(), writer.octet_string(b"sealed")))
OTHER = stores.attribute("1.2.3", writer.integer(1), writer.integer(2))
ALIASES = st.text(st.characters(max_codepoint=0x10FFFF, exclude_categories=["Cs"]), max_size=20)


def read(*bags: bytes, most: int = 100) -> tuple[Bag, ...]:
    """Return the bags of a SafeContents."""
    return pkcs12_bags.read(tlv.read(writer.sequence(*bags)), most=most)


def one(bag: bytes) -> Bag:
    """Return the one bag of a SafeContents."""
    (found,) = read(bag)
    return found


@given(st.none() | ALIASES, st.none() | st.binary(max_size=20), st.booleans())
def test_a_new_bag_is_read_as_it_was_made(alias: str | None, key_id: bytes | None, is_trusted: bool) -> None:  # noqa: FBT001
    """A new bag with a certificate, and one with a key, says what it was made of."""
    attributes = Attributes(alias=alias, key_id=key_id, is_trusted=is_trusted)
    made = pkcs12_bags.certificate_bag(ROOT, attributes)
    found = one(made.raw)
    assert isinstance(found, CertificateBag)
    assert (found.certificate, found.attributes, found.raw) == (ROOT, attributes, made.raw)
    for form in (KeyForm.ENCRYPTED, KeyForm.PLAIN):
        key = ProtectedKey(form=form, data=KEY.data)
        found = one(pkcs12_bags.key_bag(key, attributes).raw)
        assert isinstance(found, KeyBag)
        assert (found.key, found.attributes) == (key, attributes)


def test_a_new_certificate_is_that_of_keytool() -> None:
    """A trusted certificate has its attributes in DER's order, trustedKeyUsage with any usage, as keytool writes it."""
    made = pkcs12_bags.certificate_bag(ROOT, Attributes(alias="root", is_trusted=True))
    assert made.raw == cert_bag(ROOT, friendly_name("root"), trusted_key_usage())


def test_each_kind_of_bag_is_told() -> None:
    """Each bag of the standard is told by its type; what is not understood is a bag all the same."""
    crl = writer.sequence(writer.oid("1.2.840.113549.1.9.23.1"), writer.explicit(0, writer.octet_string(stores.crl())))
    secret = stores.secret(b"sealed")
    key = stores.secret(SEALED.data)
    kinds = {
        key_bag(): KeyBag,
        stores.bag(1, writer.sequence()): KeyBag,
        cert_bag(ROOT): CertificateBag,
        cert_bag(ROOT, kind="1.2.3"): Bag,
        stores.bag(4, crl): CrlBag,
        stores.bag(4, secret): Bag,
        stores.bag(4, writer.sequence()): Bag,
        stores.bag(5, key): SecretBag,
        stores.bag(5, secret): SecretBag,
        stores.bag(5, stores.secret(writer.sequence(writer.NULL, writer.NULL))): SecretBag,
        stores.bag(5, writer.sequence()): SecretBag,
        stores.bag(6, writer.sequence(cert_bag(ROOT))): Nest,
        stores.bag(7, writer.NULL): Bag,
    }
    bags = read(*kinds)
    assert [type(bag) for bag in bags] == list(kinds.values())
    assert [bag.raw for bag in bags] == list(kinds)
    assert [bag.key for bag in bags if isinstance(bag, SecretBag)] == [SEALED, None, None, None]
    assert [bag.crl for bag in bags if isinstance(bag, CrlBag)] == [stores.crl()]


def with_attributes(*attributes: bytes, after: bytes = b"") -> bytes:
    """Return the bag of a certificate whose attributes stand as they are given, sorted or not."""
    kind, value = tlv.read(cert_bag(ROOT)).children()
    return writer.sequence(kind.raw, value.raw, writer.encode(0x31, *attributes), after)


def test_a_rename_changes_the_name_alone() -> None:
    """A bag under another name keeps its value and every other attribute, octet for octet and in their order."""
    bag = one(with_attributes(OTHER, friendly_name("old"), local_key_id(b"1"), after=writer.NULL))
    renamed = pkcs12_bags.renamed(bag, "new ü")
    assert renamed.raw == with_attributes(OTHER, friendly_name("new ü"), local_key_id(b"1"), after=writer.NULL)
    assert renamed.attributes == one(renamed.raw).attributes == Attributes(alias="new ü", key_id=b"1")
    assert pkcs12_bags.renamed(renamed, None).raw == with_attributes(OTHER, local_key_id(b"1"), after=writer.NULL)
    assert pkcs12_bags.renamed(renamed, "old").raw == bag.raw


def test_a_name_that_was_not_there_comes_last() -> None:
    """A bag without attributes gets one; taken out again, the bag is what it was."""
    bag = one(cert_bag(ROOT))
    named = pkcs12_bags.renamed(bag, "new")
    assert named.raw == with_attributes(friendly_name("new"))
    assert pkcs12_bags.renamed(named, None).raw == bag.raw
    assert pkcs12_bags.renamed(one(with_attributes(OTHER)), "new").raw == with_attributes(OTHER, friendly_name("new"))


def test_one_name_is_left_of_two() -> None:
    """Of two friendlyNames the later is read; a rename leaves one."""
    bag = one(with_attributes(friendly_name("one"), OTHER, friendly_name("two")))
    assert bag.attributes.alias == "two"
    assert pkcs12_bags.renamed(bag, "three").raw == with_attributes(friendly_name("three"), OTHER)


def test_the_mark_of_trust_comes_and_goes() -> None:
    """Java's trustedKeyUsage is put in and taken out, and a localKeyId changed, without another change."""
    bag = one(with_attributes(OTHER, friendly_name("root")))
    trusted = pkcs12_bags.with_trust(bag, is_trusted=True)
    assert trusted.raw == with_attributes(OTHER, friendly_name("root"), trusted_key_usage())
    assert one(trusted.raw).attributes.is_trusted
    assert pkcs12_bags.with_trust(trusted, is_trusted=False).raw == bag.raw
    assert pkcs12_bags.with_key_id(bag, b"7").raw == with_attributes(OTHER, friendly_name("root"), local_key_id(b"7"))


def test_indefinite_lengths_survive_a_change() -> None:
    """A bag in BER keeps the octets of its value when its name changes."""
    kind, value = tlv.read(cert_bag(ROOT)).children()
    long = stores.indefinite(0xA0, value.content)
    bag = one(stores.indefinite(0x30, kind.raw, long, stores.indefinite(0x31, friendly_name("old"), OTHER)))
    expected = writer.sequence(kind.raw, long, writer.encode(0x31, friendly_name("new"), OTHER))
    assert pkcs12_bags.renamed(bag, "new").raw == expected
    assert one(expected).attributes.alias == "new"


def test_a_key_is_put_in_the_place_of_another() -> None:
    """A key bag with another key keeps its attributes, and takes the type of the new key."""
    bag = one(key_bag(OTHER, friendly_name("server")))
    assert isinstance(bag, KeyBag)
    assert pkcs12_bags.with_key(bag, KEY).raw == stores.bag(2, KEY.data, OTHER, friendly_name("server"))
    plain = ProtectedKey(form=KeyForm.PLAIN, data=KEY.data)
    assert pkcs12_bags.with_key(bag, plain).raw == stores.bag(1, KEY.data, OTHER, friendly_name("server"))


def test_a_secret_key_is_put_in_the_place_of_another() -> None:
    """A secret's bag with another key keeps its attributes and its type, also one that Java does not write."""
    for kind in (f"{stores.BAG}2", "1.2.3"):
        bag = one(stores.bag(5, stores.secret(SEALED.data, kind), OTHER, friendly_name("aes")))
        assert isinstance(bag, SecretBag)
        changed = pkcs12_bags.with_secret(bag, KEY)
        assert changed.raw == stores.bag(5, stores.secret(KEY.data, kind), OTHER, friendly_name("aes"))
        assert (changed.key, changed.attributes) == (KEY, bag.attributes)


def test_nests_are_counted_and_flattened() -> None:
    """A nest counts for one beside what it holds; flat, its bags stand in its place."""
    first, second, third = cert_bag(ROOT), key_bag(), stores.bag(7, writer.NULL)
    nest = stores.bag(6, writer.sequence(second, stores.bag(6, writer.sequence())), OTHER)
    bags = read(first, nest, third)
    assert pkcs12_bags.count(bags) == 5
    assert [bag.raw for bag in pkcs12_bags.flat(bags)] == [first, second, third]
    found = bags[1]
    assert isinstance(found, Nest)
    assert pkcs12_bags.with_bags(found, read(third)).raw == stores.bag(6, writer.sequence(third), OTHER)


@pytest.mark.parametrize(
    ("bags", "most"),
    [
        ((cert_bag(ROOT), cert_bag(ROOT)), 1),
        ((stores.bag(6, writer.sequence(cert_bag(ROOT))),), 1),
        ((stores.bag(6, writer.sequence()),) * 3, 2),
        ((stores.bag(6, writer.sequence(cert_bag(ROOT))), cert_bag(ROOT)), 2),
    ],
)
def test_bags_are_bounded(bags: tuple[bytes, ...], most: int) -> None:
    """One bag more than may be is refused, nests and what they hold counted, and empty nests too."""
    assert pkcs12_bags.count(read(*bags, most=most + 1)) == most + 1
    with pytest.raises(StoreFormatError, match="More than 100,000 entries"):
        read(*bags, most=most)


def test_nesting_is_bounded() -> None:
    """Safes that are nested deeper than the bound are refused, also where nodes may be."""
    bag = cert_bag(ROOT)
    with pytest.raises(StoreFormatError, match="nested deeper than 8"):
        pkcs12_bags.read(tlv.read(writer.sequence(bag)), most=1, nesting=limits.MAX_NESTED_SAFES + 1)
    assert pkcs12_bags.read(tlv.read(writer.sequence(bag)), most=1, nesting=limits.MAX_NESTED_SAFES)


@pytest.mark.parametrize(
    ("bag", "error", "message"),
    [
        (cert_bag(ROOT, friendly_name("x" * 65_536)), StoreFormatError, "An alias of 65,536 characters"),
        (stores.bag(3, writer.sequence()), TLVError, "at least 2 nodes"),
        (writer.sequence(writer.oid("1.2.3")), TLVError, "at least 2 nodes"),
        (writer.octet_string(b""), TLVError, "Expected tag 0x30"),
        (cert_bag(ROOT)[:-1], TLVError, "exceeds"),
    ],
)
def test_broken_bags_are_refused(bag: bytes, error: type[Exception], message: str) -> None:
    """A bag whose structure is broken, or whose name is too long, is refused."""
    with pytest.raises(error, match=message):
        read(bag)
