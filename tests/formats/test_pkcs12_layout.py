import pytest

from anchorkeep import tlv
from anchorkeep.errors import StoreFormatError
from anchorkeep.formats import limits, pkcs12_bags
from anchorkeep.formats.pkcs12_bags import Bag
from anchorkeep.formats.pkcs12_layout import Layout, Order, Safe
from anchorkeep.tlv import writer
from tests.data import stores
from tests.data.stores import cert_bag, certificate, key_bag

ONE, TWO, NEW, KEY, NEW_KEY = (
    cert_bag(certificate("one")),
    cert_bag(certificate("two")),
    cert_bag(certificate("new")),
    key_bag(stores.friendly_name("key")),
    key_bag(stores.friendly_name("new")),
)
NEST = stores.bag(6, writer.sequence(TWO))


def safe(*bags: bytes) -> Safe:
    """Return a plain part."""
    contents = writer.sequence(*bags)
    return Safe(encryption=None, contents=contents, bags=pkcs12_bags.read(tlv.read(contents), most=100))


def found(*safes: Safe) -> Layout:
    """Return a store of these parts."""
    return Layout(safes=safes, mac=None)


def bag(raw: bytes) -> Bag:
    """Return a new bag."""
    (made,) = safe(raw).bags
    return made


def test_what_is_kept_is_what_was_found() -> None:
    """A part in which every bag stays as it is, is the same value again, in nests too."""
    layout = found(safe(ONE, NEST), safe(KEY))
    order = Order(layout, encryption=None)
    order.keep(*layout.bags[:1])
    for item in layout.bags[1:]:
        order.keep(item)
    kept = {item: item for item in layout.bags}
    assert all(new is old for new, old in zip(order.safes(kept), layout.safes, strict=True))


def test_new_bags_stand_before_the_next_entry() -> None:
    """New bags stand before the found one that is named next, in the part of their kind; what is not kept goes with its nest."""
    layout = found(safe(ONE, NEST), safe(KEY))
    one, two, key = layout.bags
    order = Order(layout, encryption=None)
    order.add(bag(NEW))
    order.keep(one)
    order.add(bag(NEW_KEY))
    order.keep(key)
    order.add()
    assert (one in order, bag(ONE) in order) == (True, False)
    assert [part.contents for part in order.safes({one: one, key: key})] == [
        writer.sequence(NEW, ONE),
        writer.sequence(NEW_KEY, KEY),
    ]
    assert two not in order.safes({one: one, key: key})[0].bags


def test_the_first_bag_tells_where_an_entry_stands() -> None:
    """Of several bags of one entry the first that was found gives it its part; there it stands in its turn."""
    layout = found(safe(ONE, TWO), safe(KEY))
    one, two, key = layout.bags
    order = Order(layout, encryption=None)
    order.keep(key, two)
    order.keep(one)
    safes = order.safes({item: item for item in layout.bags})
    assert [part.contents for part in safes] == [writer.sequence(TWO, ONE), writer.sequence(KEY)]


def test_a_store_without_parts_gets_one_of_each_kind() -> None:
    """Where nothing was found, certificates get a part and keys another."""
    order = Order(found(), encryption=None)
    order.add(bag(NEW_KEY))
    order.add(bag(ONE), bag(TWO))
    assert [part.contents for part in order.safes({})] == [writer.sequence(NEW_KEY), writer.sequence(ONE, TWO)]


def test_chains_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store whose chains are beyond the bound has no entries to give."""
    key = stores.key_bag(stores.local_key_id(b"1"))
    layout = found(safe(key, cert_bag(certificate("leaf"), stores.local_key_id(b"1"))))
    assert len(layout.entries) == 1
    monkeypatch.setattr(limits, "MAX_CHAINS_BYTES", 10)
    with pytest.raises(StoreFormatError):
        _ = layout.entries
