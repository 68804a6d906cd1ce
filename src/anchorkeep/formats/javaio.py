"""
Read what Java's DataOutputStream writes: big-endian integers, counted bytes and modified UTF-8.

Every read is checked against what is left, and what is missing is said with its place.
"""

from __future__ import annotations

from anchorkeep.errors import StoreFormatError

_CONTINUATION = 0x80
_TWO_OCTETS = 0xC0
_THREE_OCTETS = 0xE0


class DataInput:
    """
    A position in bytes, as java.io.DataInput.

    Attributes:
        position: the next byte to read.
        end: behind the last byte that may be read.
        place: where the reader is in the file's structure, for messages; set by who reads.
    """

    __slots__ = ("_data", "end", "place", "position")

    def __init__(self, data: bytes, *, end: int, place: str) -> None:
        """Start at the first byte."""
        self._data = data
        self.position = 0
        self.end = end
        self.place = place

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return self.end - self.position

    def take(self, length: int, *, what: str) -> bytes:
        """Return the next bytes; fewer than that are a `StoreFormatError` which names `what`."""
        if not 0 <= length <= self.left:
            raise StoreFormatError(f"{self.place}: {what}: length {length:,} exceeds the {self.left:,} bytes left.")
        start = self.position
        self.position = start + length
        return self._data[start : self.position]

    def uint16(self, *, what: str) -> int:
        """Return the next two bytes as an unsigned number."""
        return int.from_bytes(self.take(2, what=what), "big")

    def int32(self, *, what: str) -> int:
        """Return the next four bytes as a signed number."""
        return int.from_bytes(self.take(4, what=what), "big", signed=True)

    def int64(self, *, what: str) -> int:
        """Return the next eight bytes as a signed number."""
        return int.from_bytes(self.take(8, what=what), "big", signed=True)

    def utf(self, *, what: str) -> str:
        """Return a string: a length of two bytes, then modified UTF-8 (java.io.DataInput.readUTF)."""
        encoded = self.take(self.uint16(what=what), what=what)
        try:
            return decode_utf(encoded)
        except ValueError as error:
            raise StoreFormatError(f"{self.place}: {what} is not modified UTF-8: {error}.") from None


def decode_utf(encoded: bytes) -> str:
    r"""
    Decode modified UTF-8 as java.io.DataInput does.

    NUL is two octets, and a character beyond U+FFFF is a pair of surrogates of three octets each; such pairs are joined.
    A surrogate that stands alone is kept, as Java keeps it.

    Raises:
        ValueError: an octet that cannot stand where it does.
    """
    if encoded.isascii():
        return encoded.decode("ascii")
    units: list[int] = []
    position = 0
    while position < len(encoded):
        unit, position = _unit(encoded, position)
        units.append(unit)
    wide = b"".join(unit.to_bytes(2, "big") for unit in units)
    return wide.decode("utf-16-be", "surrogatepass")


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
