"""
The header of a node: identifier and length octets (X.690 §8.1), within the bytes that are left.

A length beyond these bytes, or a tag or a length of more than four octets, is an error, at its byte.
"""

from __future__ import annotations

from anchorkeep.errors import TLVError

#: Octets of a length: four hold 4 GiB, more than any input here.
_MAX_LENGTH_OCTETS = 4
_MAX_TAG_OCTETS = 4

#: The bit of a tag whose content is a row of nodes (X.690 §8.1.2.5).
CONSTRUCTED = 0x20
#: X.690 §8.1.2.4: a tag number of 31 or more follows in octets of its own.
LONG_TAG = 0x1F


def read(data: bytes, start: int, limit: int) -> tuple[int, int | None, int]:
    """Return the tag, the length (None: indefinite) and where the content starts; the content fits within the limit."""
    position = start + 2
    if position > limit:
        message = "The data ends inside a header"
        raise TLVError(message, offset=start)
    tag = data[start]
    length = data[start + 1]
    if tag & LONG_TAG == LONG_TAG:
        tag, length, position = _long_tag(data, start, limit)
    if length == 0x80:  # noqa: PLR2004 (X.690 §8.1.3.6: indefinite)
        if not data[start] & CONSTRUCTED:
            message = "A node of indefinite length that holds no nodes"
            raise TLVError(message, offset=start)
        return tag, None, position
    if length > 0x80:  # noqa: PLR2004 (X.690 §8.1.3.5: long form)
        length, position = _long_length(data, length & 0x7F, position, limit)
    if position + length > limit:
        raise too_long(length, limit - position, start)
    return tag, length, position


def too_long(length: int, left: int, offset: int) -> TLVError:
    """Return the error for a length that exceeds the bytes left."""
    message = f"A length of {length} exceeds the {left} bytes left"
    return TLVError(message, offset=offset)


def _long_tag(data: bytes, start: int, limit: int) -> tuple[int, int, int]:
    for position in range(start + 1, min(start + 1 + _MAX_TAG_OCTETS, limit - 1)):
        if not data[position] & 0x80:
            return int.from_bytes(data[start : position + 1], "big"), data[position + 1], position + 2
    message = f"A tag number does not end within {_MAX_TAG_OCTETS} octets"
    raise TLVError(message, offset=start)


def _long_length(data: bytes, octets: int, position: int, limit: int) -> tuple[int, int]:
    if octets > _MAX_LENGTH_OCTETS or position + octets > limit:
        message = f"A length of {octets} octets cannot be"
        raise TLVError(message, offset=position - 1)
    return int.from_bytes(data[position : position + octets], "big"), position + octets
