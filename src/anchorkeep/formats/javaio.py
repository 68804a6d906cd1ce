"""
Read and write what Java's DataOutputStream writes: big-endian integers, counted bytes and modified UTF-8.

Every read is checked against what is left, and what is missing is said with its place.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from anchorkeep.errors import StoreFormatError

_CONTINUATION = 0x80
_TWO_OCTETS = 0xC0
_THREE_OCTETS = 0xE0
#: What begins a character of four octets in UTF-8; modified UTF-8 writes a pair of surrogates instead.
_FOUR_OCTETS = re.compile(rb"[\xf0-\xff]")
#: Octets that a counted string holds (java.io.DataOutput.writeUTF).
_MAX_UTF = 0xFFFF

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class DataInput:
    """
    A position in bytes, as java.io.DataInput.

    Attributes:
        position: the next byte to read.
        end: behind the last byte that may be read.
        place: where the reader is in the file's structure; set by who reads, turned into text when a message needs it.
    """

    __slots__ = ("_data", "end", "place", "position")

    def __init__(self, data: bytes, *, end: int, place: object) -> None:
        """Start at the first byte."""
        self._data = data
        self.position = 0
        self.end = end
        self.place = place

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return self.end - self.position

    def since(self, start: int) -> bytes:
        """Return what was read since `start`, an earlier position."""
        return self._data[start : self.position]

    def take(self, length: int, *, what: str) -> bytes:
        """Return the next bytes; fewer than that are a `StoreFormatError` which names `what`."""
        start = self.position
        stop = start + length
        if length < 0 or stop > self.end:
            message = f"{self.place}: {what}: length {length:,} exceeds the {self.left:,} bytes left (at byte {start:,})."
            raise StoreFormatError(message, remedy="Was the file copied completely?")
        self.position = stop
        return self._data[start:stop]

    def uint8(self, *, what: str) -> int:
        """Return the next byte as an unsigned number."""
        return self.take(1, what=what)[0]

    def uint16(self, *, what: str) -> int:
        """Return the next two bytes as an unsigned number."""
        return int.from_bytes(self.take(2, what=what), "big")

    def int32(self, *, what: str) -> int:
        """Return the next four bytes as a signed number."""
        return int.from_bytes(self.take(4, what=what), "big", signed=True)

    def int64(self, *, what: str) -> int:
        """Return the next eight bytes as a signed number."""
        return int.from_bytes(self.take(8, what=what), "big", signed=True)

    def counted(self, *, what: str) -> bytes:
        """Return the next bytes, whose number stands before them in four bytes."""
        return self.take(int.from_bytes(self.take(4, what=what), "big", signed=True), what=what)

    def utf(self, *, what: str) -> str:
        """Return a string: a length of two bytes, then modified UTF-8 (java.io.DataInput.readUTF)."""
        encoded = self.take(int.from_bytes(self.take(2, what=what), "big"), what=what)
        try:
            return decode_utf(encoded)
        except ValueError as error:
            raise StoreFormatError(f"{self.place}: {what} is not modified UTF-8: {error}.") from None


def decode_utf(encoded: bytes) -> str:
    r"""
    Decode modified UTF-8 as java.io.DataInput does.

    NUL is two octets, and a character beyond U+FFFF is a pair of surrogates of three octets each; such pairs are joined.
    A surrogate that stands alone is kept, as Java keeps it; so is a character in more octets than it needs.

    Raises:
        ValueError: an octet that cannot stand where it does.
    """
    if encoded.isascii():
        return encoded.decode("ascii")
    # The two octets of NUL, and of nothing else, begin with 0xC0; behind that, modified UTF-8 is UTF-8 with surrogates.
    if not _FOUR_OCTETS.search(encoded):
        try:
            return _joined(encoded.replace(b"\xc0\x80", b"\0").decode("utf-8", "surrogatepass"))
        except UnicodeDecodeError:
            pass
    units: list[int] = []
    position = 0
    while position < len(encoded):
        unit, position = _unit(encoded, position)
        units.append(unit)
    return b"".join(unit.to_bytes(2, "big") for unit in units).decode("utf-16-be", "surrogatepass")


def encode_utf(text: str) -> bytes:
    """
    Return a string as java.io.DataOutput.writeUTF does: its length in two bytes, then modified UTF-8.

    Raises:
        ValueError: it has more than 65,535 octets.
    """
    if text.isascii():
        encoded = text.encode("ascii")
    else:
        wide = text.encode("utf-16-be", "surrogatepass")
        units = "".join(chr(wide[at] << 8 | wide[at + 1]) for at in range(0, len(wide), 2))
        encoded = units.encode("utf-8", "surrogatepass")
    encoded = encoded.replace(b"\0", b"\xc0\x80")
    if len(encoded) > _MAX_UTF:
        message = f"{len(encoded):,} octets are too many for a counted string; it holds {_MAX_UTF:,}"
        raise ValueError(message)
    return len(encoded).to_bytes(2, "big") + encoded


def _joined(text: str) -> str:
    """Join the pairs of surrogates in a string."""
    return text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "surrogatepass")


def _unit(encoded: bytes, position: int) -> tuple[int, int]:
    """Return one UTF-16 unit and where the next one starts."""
    first = encoded[position]
    if first < _CONTINUATION:
        return first, position + 1
    if first & 0xE0 == _TWO_OCTETS:
        value, length = first & 0x1F, 2
    elif first & 0xF0 == _THREE_OCTETS:
        value, length = first & 0x0F, 3
    else:
        message = f"octet 0x{first:02x} at {position}"
        raise ValueError(message)
    rest = encoded[position + 1 : position + length]
    if len(rest) != length - 1 or any(octet & 0xC0 != _CONTINUATION for octet in rest):
        message = f"a broken character at {position}"
        raise ValueError(message)
    for octet in rest:
        value = value << 6 | octet & 0x3F
    return value, position + length


def moment(milliseconds: int) -> datetime | None:
    """Return a time of Java, None for one beyond the years 1 to 9999."""
    try:
        return _EPOCH + milliseconds * _MILLISECOND
    except OverflowError:
        return None


def milliseconds(time: datetime) -> int:
    """Return an aware time as Java counts it, in milliseconds since 1970, what is less than one cut off."""
    return (time - _EPOCH) // _MILLISECOND
