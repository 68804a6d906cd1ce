from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep import formats
from anchorkeep.errors import StoreFormatError, UnsupportedEntryError
from anchorkeep.formats import limits, sst
from anchorkeep.formats.recipe import Recipe
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import (
    Entry,
    Integrity,
    OtherEntry,
    OtherKind,
    PrivateKeyEntry,
    SecretKeyEntry,
    StoreProperty,
    TrustedCertEntry,
)
from tests.data import stores
from tests.data.stores import certificate, sst_element

LEAF, ROOT = certificate("leaf"), certificate("root", serial=2)
NAME = "Würzel".encode("utf-16-le") + b"\0\0"

# Byte by byte from [MS-OSHARED] 2.3.2.5.1 to 2.3.2.5.4; numbers are little endian.
BY_HAND = bytes.fromhex(
    "00000000"  # version: MUST be 0x00000000
    "43455254"  # fileType: MUST be 0x54524543
    "0b000000"  # SerializedPropertyEntry.id: 11, FRIENDLY_NAME in [MS-GPEF] 2.2.1.1.1.1
    "01000000"  # encodingType: MUST be 0x00000001
    "06000000"  # length: 6 bytes
    "430041000000"  # value: "CA" in UTF-16LE, ended by NUL
    "20000000"  # SerializedCertificateEntry.id: MUST be 0x00000020
    "01000000"  # encodingType: MUST be 0x00000001
    "02000000"  # length: 2 bytes
    "3000"  # certificate: here the shortest DER there is
    "00000000"  # EndElementMarkerEntry.id: MUST be 0x00000000
    "0000000000000000"  # marker: MUST be 0x0000000000000000
)

ids = st.integers(1, 0xFFFF).filter(lambda id_: id_ not in {32, 33, 34})
properties = st.lists(st.builds(StoreProperty, id=ids, value=st.binary(max_size=40)), max_size=4)
elements = st.lists(
    st.tuples(properties, st.sampled_from([32, 33, 34]), st.binary(max_size=60)).map(
        lambda drawn: b"".join(sst_element(item.id, item.value) for item in drawn[0]) + sst_element(drawn[1], drawn[2])
    ),
    max_size=5,
)


def written(data: bytes) -> bytes:
    """Read a store and return what is written of it."""
    return formats.write(formats.loads(data), format="sst", recipe=Recipe(at=datetime(2026, 1, 1, tzinfo=UTC), entropy=bytes))


def entry(data: bytes) -> TrustedCertEntry:
    """Return the one certificate of a store."""
    (found,) = formats.loads(data).entries
    assert isinstance(found, TrustedCertEntry)
    return found


def test_the_specification_is_read_by_the_byte() -> None:
    """A store made by hand from the specification is read, and written as the same bytes."""
    assert entry(BY_HAND) == TrustedCertEntry(
        certificate=Certificate(b"\x30\0"), alias="CA", properties=(StoreProperty(id=11, value=b"C\0A\0\0\0"),)
    )
    assert sst.dumps([TrustedCertEntry(certificate=Certificate(b"\x30\0"), alias="CA")]) == BY_HAND


def test_entries_come_in_order() -> None:
    """Certificates, with the properties before each, and lists come in the file's order."""
    data = stores.sst(
        sst_element(3, bytes(20)),
        sst_element(11, NAME),
        sst_element(32, ROOT.der),
        sst_element(33, stores.crl()),
        sst_element(0xFFFF, b""),
        sst_element(34, b"list", encoding=0x10001),
        sst_element(32, LEAF.der),
    )
    store = formats.loads(data)
    assert (store.format, store.integrity, store.certificates) == ("sst", Integrity.NONE, (ROOT, LEAF))
    assert store.entries == (
        TrustedCertEntry(
            certificate=ROOT,
            alias="Würzel",
            properties=(StoreProperty(id=3, value=bytes(20)), StoreProperty(id=11, value=NAME)),
        ),
        OtherEntry(kind=OtherKind.CRL, data=stores.crl()),
        OtherEntry(kind=OtherKind.CTL, data=b"list", encoding=0x10001, properties=(StoreProperty(id=0xFFFF, value=b""),)),
        TrustedCertEntry(certificate=LEAF),
    )
    assert written(data) == data


def test_an_empty_store_is_a_store() -> None:
    """A store without entries is read as one."""
    assert formats.loads(stores.sst()).entries == ()


@given(elements)
def test_what_is_read_is_written(parts: list[bytes]) -> None:
    """Whatever a store holds, writing what was read gives its bytes."""
    data = stores.sst(*parts)
    assert written(data) == data


def test_truncation_is_refused_everywhere() -> None:
    """A store with every kind of element is refused wherever it is cut off."""
    data = stores.sst(sst_element(11, NAME), sst_element(32, ROOT.der), sst_element(33, b"c"), sst_element(34, b"t"))
    for length in range(len(data)):
        with pytest.raises(StoreFormatError):
            formats.loads(data[:length])


@pytest.mark.parametrize(
    ("value", "alias"),
    [
        (NAME, "Würzel"),
        ("\U0001f511\0".encode("utf-16-le"), "\U0001f511"),
        (b"A\0", "A"),
        (b"A\0\0\0B\0\0\0", "A"),
        (b"\0\0", ""),
        (b"", ""),
        (b"\0\xd8\0\0", "\ud800"),
        (b"A\0B", None),
    ],
    ids=["name", "surrogates", "unended", "behind-end", "nothing", "no-bytes", "lone-surrogate", "odd"],
)
def test_friendly_name_is_the_alias(value: bytes, alias: str | None) -> None:
    """The friendly name up to its NUL is the alias; one that is no UTF-16 costs the alias, not the entry nor its bytes."""
    data = stores.sst(sst_element(11, value), sst_element(32, ROOT.der))
    assert (entry(data).alias, entry(data).certificate) == (alias, ROOT)
    assert written(data) == data


def test_the_last_friendly_name_counts() -> None:
    """Of two friendly names the last one is the alias, as a property that is set again, and both are kept."""
    data = stores.sst(sst_element(11, b"A\0\0\0"), sst_element(11, b"B\0\0\0"), sst_element(32, ROOT.der))
    assert entry(data).alias == "B"
    assert written(data) == data


@pytest.mark.parametrize(("alias", "kept"), [("new", [11, 3]), (None, [3])])
def test_another_alias_replaces_the_friendly_name(alias: str | None, kept: list[int]) -> None:
    """An alias given after reading is what is written, in place of the old friendly name and beside the other properties."""
    old = entry(stores.sst(sst_element(11, NAME), sst_element(3, b"hash"), sst_element(32, ROOT.der)))
    again = entry(sst.dumps([replace(old, alias=alias)]))
    assert (again.alias, [item.id for item in again.properties]) == (alias, kept)


def test_nothing_of_a_property_is_believed() -> None:
    """A hash of another certificate beside one changes nothing."""
    assert entry(stores.sst(sst_element(3, bytes(20)), sst_element(32, ROOT.der))).certificate == ROOT


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (stores.sst(end=b""), "element 1 at byte 8 is cut off; the end element is missing"),
        (stores.sst(sst_element(32, b"", length=13)), r"element 1 at byte 8 \(id 32\): length 13 exceeds the 12 bytes left"),
        (stores.sst(sst_element(32, b"", length=0xFFFFFFFF)), "length 4,294,967,295 exceeds the 12 bytes left"),
        (stores.sst() + b"\0", "1 bytes behind the end element"),
        (stores.sst(end=b"\0\0\0\0\1\0\0\0\0\0\0\0"), "an end element whose other fields are 1 and 0"),
        (stores.sst(end=b"\0\0\0\0\0\0\0\0\7\0\0\0"), "an end element whose other fields are 0 and 7"),
        (stores.sst(sst_element(11, NAME)), "ends after a property, before the certificate"),
        (stores.sst(sst_element(32, ROOT.der), sst_element(3, b"")), "ends after a property, before the certificate"),
        (stores.sst(sst_element(0x10000, b""), sst_element(32, b"")), "property id 65536"),
        (stores.sst(sst_element(11, b"", encoding=2), sst_element(32, b"")), "element 1 at byte 8: encoding type 2"),
        (stores.sst(sst_element(32, b"x"), sst_element(32, b"", encoding=0)), "element 2 at byte 21: encoding type 0"),
        (stores.sst(sst_element(1, b"") * 101, sst_element(32, b"")), "more than 100 properties of one entry"),
        (stores.sst(sst_element(1, bytes(2**20 + 1)), sst_element(32, b"")), "property 1 has 1,048,577 bytes; at most 1,048,576"),
        (stores.sst(sst_element(11, b"\x1b\0" * 65_536), sst_element(32, b"")), r"65,536 characters \('\\x1b"),
    ],
    ids=[
        "no-end", "length", "huge-length", "behind", "end-encoding", "end-length", "only-property", "last-property",
        "id", "encoding", "certificate-encoding", "properties", "property", "name",
    ],
)  # fmt: skip
def test_what_is_broken_is_named(data: bytes, expected: str) -> None:
    """A broken structure or one beyond the bounds is an error that names the element and what is wrong."""
    with pytest.raises(StoreFormatError, match=expected) as caught:
        formats.loads(data, name="roots.sst")
    assert caught.value.message.startswith("roots.sst: ")
    assert caught.value.message.isprintable()


def test_what_is_at_the_bounds_is_read() -> None:
    """The most properties, the largest property and the longest name are read."""
    data = stores.sst(
        sst_element(1, b"") * 98, sst_element(2, bytes(2**20)), sst_element(11, b"a\0" * 65_535), sst_element(32, ROOT.der)
    )
    assert (len(entry(data).properties), len(entry(data).alias or "")) == (100, 65_535)


@pytest.mark.parametrize(
    ("bound", "expected"),
    [("MAX_ENTRIES", "more than 2 certificates and lists"), ("MAX_TOTAL_PROPERTIES", "more than 2 properties")],
)
def test_totals_are_bounded(bound: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """More entries or properties in all than the bound are refused, no fewer."""
    part = sst_element(1, b"") + sst_element(33, b"")
    monkeypatch.setattr(limits, bound, 2)
    assert len(formats.loads(stores.sst(part, part)).entries) == 2
    with pytest.raises(StoreFormatError, match=expected):
        formats.loads(stores.sst(part, part, part))


@pytest.mark.parametrize("data", [b"\1\0\0\0CERT" + bytes(12), b"\0\0\0\0CERU" + bytes(12), b""])
def test_another_header_is_no_store(data: bytes) -> None:
    """Another version or type is no serialized store, neither by its content nor for the codec."""
    assert formats.detect(data) is None
    with pytest.raises(StoreFormatError, match="x: this is no serialized certificate store of version 0"):
        sst.loads(data, name="x")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"alias": "a\0b"}, r"^Entry 2: 'a\\x00b' cannot be a friendly name"),
        ({"alias": "a" * 65_536}, "cannot be a friendly name"),
        ({"properties": (StoreProperty(id=0, value=b""),)}, "Entry 2: property id 0"),
        ({"properties": (StoreProperty(id=32, value=b""),)}, "Entry 2: property id 32"),
        ({"properties": (StoreProperty(id=1, value=bytes(2**20 + 1)),)}, "property 1 has 1,048,577 bytes"),
        ({"properties": (StoreProperty(id=1, value=b""),) * 101}, "more than 100 properties"),
    ],
    ids=["nul", "long", "end", "certificate", "large", "many"],
)
def test_what_would_not_be_read_is_not_written(changes: dict[str, object], expected: str) -> None:
    """A property or alias that no reader would take is refused."""
    good = TrustedCertEntry(certificate=ROOT)
    with pytest.raises(StoreFormatError, match=expected):
        sst.dumps([good, replace(good, **changes)])


@pytest.mark.parametrize(
    "other",
    [PrivateKeyEntry(alias="k", chain=(LEAF,)), SecretKeyEntry(alias="s"), OtherEntry(kind=OtherKind.UNKNOWN, data=b"")],
)
def test_what_has_no_place_is_refused(other: Entry) -> None:
    """Keys and entries of an unknown kind are refused with their number."""
    with pytest.raises(UnsupportedEntryError, match=r"^Entry 2"):
        sst.dumps([TrustedCertEntry(certificate=ROOT), other])


SERVERS, ANY, MAIL = (stores.writer.oid(dotted) for dotted in ("1.3.6.1.5.5.7.3.1", "2.5.29.37.0", "1.3.6.1.5.5.7.3.4"))


@pytest.mark.parametrize(
    ("value", "is_distrusted"),
    [
        (stores.writer.sequence(SERVERS), False),
        (stores.writer.sequence(MAIL, SERVERS), False),
        (stores.writer.sequence(ANY), False),
        (stores.writer.sequence(MAIL), True),
        (stores.writer.sequence(), True),
        (b"", True),
        (SERVERS, True),
        (stores.writer.sequence(stores.writer.integer(1)), True),
    ],
    ids=["servers", "both", "any", "mail", "none", "empty", "no list", "no purpose"],
)
def test_purposes_without_servers_are_no_trust(value: bytes, is_distrusted: bool) -> None:  # noqa: FBT001
    """A certificate that Windows takes for other purposes than TLS servers is none to be trusted, and its bytes stay."""
    data = stores.sst(sst_element(9, value), sst_element(32, ROOT.der), sst_element(32, LEAF.der))
    store = formats.loads(data)
    assert store.distrusted == ((store.entries[0],) if is_distrusted else ())
    assert store.trusted == ((LEAF,) if is_distrusted else (ROOT, LEAF))
    assert written(data) == data
