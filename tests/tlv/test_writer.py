from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep import tlv
from anchorkeep.tlv import reader, writer

INTEGERS = st.integers() | st.integers(-(2**2100), 2**2100)
ARCS = st.tuples(
    st.one_of(st.tuples(st.integers(0, 1), st.integers(0, 39)), st.tuples(st.just(2), st.integers(0, 2**130))),
    st.lists(st.integers(0, 2**130), max_size=12),
).map(lambda parts: ".".join(map(str, (*parts[0], *parts[1]))))
MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59), timezones=st.just(UTC)).map(  # noqa: DTZ001 (the strategy adds the zone)
    lambda moment: moment.replace(microsecond=0)
)


@given(INTEGERS)
def test_integer_comes_back(value: int) -> None:
    """An INTEGER of any sign and length is read as it was written."""
    assert tlv.read(writer.integer(value)).expect(reader.INTEGER).integer() == value


@given(INTEGERS)
def test_integer_is_as_short_as_der_wants(value: int) -> None:
    """The first nine bits of an INTEGER of several octets are never all alike (X.690 §8.3.2)."""
    content = tlv.read(writer.integer(value)).content
    assert len(content) == 1 or (content[0] << 1 | content[1] >> 7) not in {0, 0x1FF}


@given(ARCS)
def test_object_identifier_comes_back(dotted: str) -> None:
    """An OBJECT IDENTIFIER of any arcs is read as it was written."""
    assert tlv.read(writer.oid(dotted)).expect(reader.OID).oid() == dotted


@pytest.mark.parametrize("dotted", ["2.5.29.17", "1.2.840.113549.1.1.11", "0.9.2342.19200300.100.1.25", "2.999.3"])
def test_object_identifier_is_what_others_write(dotted: str) -> None:
    """An OBJECT IDENTIFIER is written as `cryptography` writes it in a name."""
    name = x509.Name([x509.NameAttribute(x509.ObjectIdentifier(dotted), "x")])
    assert writer.oid(dotted) in name.public_bytes()


@pytest.mark.parametrize("dotted", ["", "1", "1.40", "3.1", "1.2.-3", "-1.2", "1.-2", "1..2", "a.b"])
def test_what_is_no_object_identifier_is_refused(dotted: str) -> None:
    """Dotted text that no encoding stands for is refused, not written as another's encoding."""
    with pytest.raises(ValueError, match=r"."):
        writer.oid(dotted)


@given(MOMENTS)
def test_time_comes_back(moment: datetime) -> None:
    """A time of any year is read as it was written, to the second."""
    assert tlv.read(writer.time(moment)).time() == moment


@pytest.mark.parametrize(
    ("moment", "encoded"),
    [
        (datetime(1949, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x18\x0f19491231235959Z"),
        (datetime(1950, 1, 1, tzinfo=UTC), b"\x17\x0d500101000000Z"),
        (datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x17\x0d491231235959Z"),
        (datetime(2050, 1, 1, tzinfo=UTC), b"\x18\x0f20500101000000Z"),
    ],
)
def test_time_changes_its_type_at_2050(moment: datetime, encoded: bytes) -> None:
    """A time is a UTCTime from 1950 through 2049 and a GeneralizedTime outside (RFC 5280 §4.1.2.5)."""
    assert writer.time(moment) == encoded


@given(st.binary(max_size=70_000))
def test_octets_come_back(content: bytes) -> None:
    """An OCTET STRING of any length is read as it was written."""
    assert tlv.read(writer.octet_string(content)).expect(reader.OCTET_STRING).octets() == content


@pytest.mark.parametrize("length", [0, 127, 128, 255, 256, 65_535, 65_536, 2**24])
def test_length_is_as_short_as_der_wants(length: int) -> None:
    """A length takes the fewest octets that hold it, on both sides of each step."""
    encoded = writer.octet_string(bytes(length))
    octets = 0 if length < 128 else (length.bit_length() + 7) // 8
    assert len(encoded) == 2 + octets + length
    assert tlv.read(encoded).octets() == bytes(length)


@given(st.binary(max_size=300))
def test_bits_come_back(content: bytes) -> None:
    """A BIT STRING of whole octets is read as it was written."""
    assert tlv.read(writer.bit_string(content)).expect(reader.BIT_STRING).bits() == content


def test_unused_bits_are_counted() -> None:
    """A BIT STRING says how many bits of its last octet do not belong to it."""
    assert writer.bit_string(b"\xa0", 5) == b"\x03\x02\x05\xa0"


@pytest.mark.parametrize("value", [True, False])
def test_boolean_comes_back(value: bool) -> None:  # noqa: FBT001 (the value is what is tested)
    """A BOOLEAN is read as it was written."""
    assert tlv.read(writer.boolean(value)).expect(reader.BOOLEAN).boolean() is value


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_comes_back(text: str) -> None:
    """A UTF8String is read as it was written."""
    assert tlv.read(writer.text(text)).expect(reader.UTF8).text() == text


@given(st.lists(st.binary(max_size=5).map(writer.octet_string), max_size=8))
def test_set_is_in_order(parts: list[bytes]) -> None:
    """A SET OF has its members in ascending order of their encodings, whatever order they were given in (X.690 §11.6)."""
    members = [node.raw for node in tlv.read(writer.set_of(*parts)).children(reader.SET)]
    assert members == sorted(parts)


@pytest.mark.parametrize(
    ("write", "tag"),
    [
        (lambda: writer.sequence(writer.NULL), 0x30),
        (lambda: writer.explicit(3, writer.NULL), 0xA3),
        (lambda: writer.implicit(2, b"\x05\x00"), 0x82),
    ],
)
def test_node_has_its_tag(write: Callable[[], bytes], tag: int) -> None:
    """A SEQUENCE, and explicit and implicit tags, stand in the first octet, before the content."""
    assert write() == bytes((tag, 2)) + b"\x05\x00"
