import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.errors import StoreFormatError
from anchorkeep.formats.javaio import DataInput, decode_utf, encode_utf


def modified_utf8(text: str) -> bytes:
    """Encode as java.io.DataOutputStream: each UTF-16 unit by itself, NUL in two octets."""
    wide = text.encode("utf-16-be", "surrogatepass")
    units = (int.from_bytes(wide[at : at + 2], "big") for at in range(0, len(wide), 2))
    return b"".join(b"\xc0\x80" if unit == 0 else chr(unit).encode("utf-8", "surrogatepass") for unit in units)


@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    """Whatever Java wrote as modified UTF-8 is read as the same text."""
    assert decode_utf(modified_utf8(text)) == text


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_any_text_is_written_as_java_writes_it(text: str) -> None:
    """Any text, lone surrogates included, is written with its length as java.io.DataOutputStream does."""
    encoded = modified_utf8(text)
    assert encode_utf(text) == len(encoded).to_bytes(2, "big") + encoded


def test_a_text_beyond_its_counter_is_refused() -> None:
    """A text of 65,535 octets is written, one more is refused, whatever the number of characters."""
    assert len(encode_utf("x" * 65_535)) == 65_537
    for text in ("x" * 65_536, "ä" * 32_768, "\0" * 32_768, "\u20ac" * 21_846):
        with pytest.raises(ValueError, match="too many for a counted string"):
            encode_utf(text)


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [(b"\xc1\xa1", "a"), (b"\xe0\x81\xa1\xc0\x80", "a\0"), (b"\0\xc3\xa4", "\0ä"), (b"\xc0\x81", "\1")],
)
def test_more_octets_than_needed_are_read(encoded: bytes, expected: str) -> None:
    """A character in more octets than it needs, or a NUL in one, is read as Java reads it."""
    assert decode_utf(encoded) == expected


def test_a_lone_surrogate_is_kept() -> None:
    """A surrogate without its partner is kept, as Java keeps it."""
    assert decode_utf(b"a\xed\xa0\x80") == "a\ud800"


@pytest.mark.parametrize(
    "encoded",
    [b"\x80", b"\xf0\x9f\x98\x80", b"\xc3", b"\xe2\x82", b"\xc3\x28", b"\xe2\x28\xa1", b"\xff", b"\xe2\xc0\x80", b"\xc0\x80\x80"],
)
def test_broken_octets_are_refused(encoded: bytes) -> None:
    """Octets that cannot stand in modified UTF-8 are refused, four-octet characters included."""
    with pytest.raises(ValueError, match=r"octet|broken"):
        decode_utf(encoded)


def test_missing_bytes_are_named() -> None:
    """A length beyond the end is an error with place, expected and got."""
    source = DataInput(b"\0\0\0\x09ab", end=6, place="JKS entry 3 ('root')")
    with pytest.raises(StoreFormatError, match=r"JKS entry 3 \('root'\): name: length 9 exceeds the 2 bytes left."):
        source.take(source.int32(what="length"), what="name")


def test_what_was_read_since_a_position_is_given_again() -> None:
    """The bytes read since an earlier position are those that were taken."""
    source = DataInput(b"\x07\0\0\0\2abc", end=8, place="here")
    assert source.uint8(what="tag") == 7
    assert source.counted(what="text") == b"ab"
    assert (source.since(1), source.left) == (b"\0\0\0\2ab", 1)


def test_a_negative_length_is_refused() -> None:
    """A negative length is no length."""
    source = DataInput(b"\xff\xff\xff\xff", end=4, place="here")
    with pytest.raises(StoreFormatError, match="length -1 exceeds"):
        source.take(source.int32(what="length"), what="name")
