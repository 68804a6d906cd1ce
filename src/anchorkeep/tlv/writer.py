"""Write DER (X.690 §10, §11): small functions that return the bytes of one node."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

NULL = b"\x05\x00"


def encode(tag: int, *parts: bytes) -> bytes:
    """Return a node with the identifier octet `tag` and the joined parts as content."""
    length = sum(map(len, parts))
    if length < 0x80:  # noqa: PLR2004 (X.690 §8.1.3.4: the short form)
        return b"".join((bytes((tag, length)), *parts))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    # Joined once: of the parts of a large store there is no other copy on the way.
    return b"".join((bytes((tag, 0x80 | len(octets))), octets, *parts))


def sequence(*parts: bytes) -> bytes:
    """Return a SEQUENCE of the nodes given."""
    return encode(0x30, *parts)


def set_of(*parts: bytes) -> bytes:
    """Return a SET OF the nodes given, in DER's order (X.690 §11.6)."""
    return encode(0x31, *sorted(parts))


def integer(value: int) -> bytes:
    """Return an INTEGER in as few octets as hold it."""
    return encode(
        0x02, value.to_bytes((value.bit_length() if value >= 0 else (~value).bit_length()) // 8 + 1, "big", signed=True)
    )


def boolean(value: bool) -> bytes:  # noqa: FBT001 (the value is all there is)
    """Return a BOOLEAN."""
    return b"\x01\x01\xff" if value else b"\x01\x01\x00"


def oid(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER from its dotted form; a ValueError where it is none."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    if min(first, second, *rest) < 0 or first > 2 or (first < 2 and second >= 40):  # noqa: PLR2004 (X.690 §8.19.4)
        message = f"{dotted} is no object identifier"
        raise ValueError(message)
    return encode(0x06, b"".join(_base128(arc) for arc in (40 * first + second, *rest)))


def octet_string(content: bytes) -> bytes:
    """Return an OCTET STRING."""
    return encode(0x04, content)


def bit_string(content: bytes, unused: int = 0) -> bytes:
    """Return a BIT STRING; `unused` counts the bits of the last octet that do not belong to it."""
    return encode(0x03, bytes((unused,)), content)


def text(value: str, tag: int = 0x0C) -> bytes:
    """Return a character string: UTF8String, or the type of `tag` whose octets are UTF-8 or ASCII."""
    return encode(tag, value.encode("utf-8", "surrogatepass"))


def time(moment: datetime) -> bytes:
    """Return a UTCTime through 2049 and a GeneralizedTime from then on (RFC 5280 §4.1.2.5). `moment` is aware and in UTC."""
    if 1950 <= moment.year < 2050:  # noqa: PLR2004 (RFC 5280 §4.1.2.5.1)
        return encode(0x17, moment.strftime("%y%m%d%H%M%SZ").encode())
    return encode(0x18, f"{moment.year:04d}{moment:%m%d%H%M%SZ}".encode())


def explicit(number: int, *parts: bytes) -> bytes:
    """Return `[number] EXPLICIT`, or a constructed `[number] IMPLICIT`, of the parts."""
    return encode(0xA0 | number, *parts)


def implicit(number: int, content: bytes) -> bytes:
    """Return a primitive `[number] IMPLICIT` with that content."""
    return encode(0x80 | number, content)


def _base128(arc: int) -> bytes:
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(0x80 | arc & 0x7F)
    return bytes(reversed(octets))
