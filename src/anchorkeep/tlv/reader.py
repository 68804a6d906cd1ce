"""
Read tag-length-value nodes without copying and without recursion the input could drive.

Rules kept here:
- a node is read when it is asked for: `read` looks at one header, `children` at the headers one floor below;
- where nodes of indefinite length that stand in one another end is found in one pass over all of them, so that work is linear;
- a length beyond the bytes that are left, a depth beyond `MAX_DEPTH`, or a tag beyond four octets is an error, at its byte;
- BER is understood where it is harmless (long lengths that could be short, indefinite lengths, constructed strings) because real
  files hold it; `raw` is always exactly what was read, so that who needs strict DER compares.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from anchorkeep.errors import TLVError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Nested nodes. OpenSSL stops at 30 (ASN1_MAX_CONSTRUCTED_NEST).
MAX_DEPTH = 32
#: Nodes that `children` returns at once, at 160 bytes each; a store of all roots holds some hundred.
MAX_CHILDREN = 65_536
#: Octets of a length: four hold 4 GiB, more than any input here.
_MAX_LENGTH_OCTETS = 4
_MAX_TAG_OCTETS = 4
#: Arcs and octets of an object identifier; OpenSSL and Java stop at 4 KiB, real ones stay below 64 octets.
_MAX_OID_OCTETS = 1024

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, UTF8 = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0C
SEQUENCE, SET = 0x30, 0x31
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
CONSTRUCTED = 0x20
# X.690 §8.1.2.4: a tag number of 31 or more follows in octets of its own.
_LONG_TAG = 0x1F

# X.690 §8.23: how each string type holds its characters. T61String is read as Latin-1, as OpenSSL and Java do.
_TEXT_ENCODINGS = {
    0x0C: "utf-8",
    0x12: "ascii",
    0x13: "ascii",
    0x14: "latin-1",
    0x16: "ascii",
    0x1A: "ascii",
    0x1B: "latin-1",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}


class Node:
    """
    One node: its tag, and where its parts lie in the data it was read from.

    Attributes:
        tag: the identifier octet as it stands (0x30 is SEQUENCE, 0xA0 is `[0]` constructed); for a tag number above 30
            all its octets, most significant first.
        start: where the node begins, in bytes from the start of the data.
        content_start: where its content begins.
        content_end: where its content ends; before the end-of-contents octets of an indefinite length.
        end: where the node ends.
        depth: 0 for the node `read` returned.
    """

    __slots__ = ("content_end", "content_start", "data", "depth", "end", "start", "tag")
    _ends: ClassVar[_Ends | None] = None

    def __init__(
        self,
        data: bytes,
        tag: int,
        *,
        start: int,
        content_start: int,
        content_end: int,
        end: int,
        depth: int,
    ) -> None:
        """Keep the parts; made by `read` and `children`."""
        self.data = data
        self.tag = tag
        self.start = start
        self.content_start = content_start
        self.content_end = content_end
        self.end = end
        self.depth = depth

    def __repr__(self) -> str:
        """Name the tag and the extent, never the content."""
        return f"<Node tag=0x{self.tag:02x} bytes {self.start}..{self.end}>"

    @property
    def raw(self) -> bytes:
        """The node's bytes as they were read, header and all."""
        return self.data[self.start : self.end]

    @property
    def content(self) -> bytes:
        """The content's bytes, without the header."""
        return self.data[self.content_start : self.content_end]

    @property
    def is_constructed(self) -> bool:
        """Whether the content is a row of nodes (X.690 §8.1.2.5)."""
        if self.tag <= 0xFF:  # noqa: PLR2004 (one octet)
            return bool(self.tag & CONSTRUCTED)
        first = self.tag >> (8 * ((self.tag.bit_length() - 1) // 8))
        return bool(first & CONSTRUCTED)

    def iterate(self) -> Iterator[Node]:
        """Yield the nodes of the content, in order, whatever the tag says."""
        position = self.content_start
        depth = self.depth + 1
        if depth > MAX_DEPTH:
            raise _nested_too_deep(self)
        while position < self.content_end:
            node = _read_at(self.data, position, self.content_end, depth, ends=self._ends)
            yield node
            position = node.end

    def children(self, tag: int | None = None, *, at_least: int = 0) -> tuple[Node, ...]:
        """Return the nodes of the content, in order; refuse a node that is not of `tag` or holds fewer than `at_least`."""
        if tag is not None and self.tag != tag:
            self.expect(tag)
        data, position, limit, depth = self.data, self.content_start, self.content_end, self.depth + 1
        if depth > MAX_DEPTH:
            raise _nested_too_deep(self)
        # Not `iterate`: this loop is where most of the time of reading a certificate goes.
        nodes: list[Node] = []
        while position < limit:
            start, first = position, position + 2
            # Nearly every node has a tag and a length of one octet each; it is made here without a call.
            if first <= limit and (octet := data[start]) & _LONG_TAG != _LONG_TAG and (length := data[start + 1]) < 0x80:  # noqa: PLR2004
                position = first + length
                if position > limit:
                    raise _too_long(length, limit - first, start)
                nodes.append(Node(data, octet, start=start, content_start=first, content_end=position, end=position, depth=depth))
            else:
                node = _read_at(data, start, limit, depth, ends=self._ends)
                nodes.append(node)
                position = node.end
            if len(nodes) > MAX_CHILDREN:
                message = f"More than {MAX_CHILDREN:,} nodes inside"
                raise TLVError(message, offset=self.start)
        if len(nodes) < at_least:
            message = f"Expected at least {at_least} nodes inside, got {len(nodes)}"
            raise TLVError(message, offset=self.start)
        return tuple(nodes)

    def expect(self, tag: int) -> Node:
        """Return the node itself, or refuse it if its tag is another."""
        if self.tag != tag:
            message = f"Expected tag 0x{tag:02x}, got 0x{self.tag:02x}"
            raise TLVError(message, offset=self.start)
        return self

    def integer(self) -> int:
        """Return the value of an INTEGER, or of an implicitly tagged one; refuse an empty one."""
        content = self.content
        if not content:
            message = "An INTEGER has no content"
            raise TLVError(message, offset=self.start)
        return int.from_bytes(content, "big", signed=True)

    def boolean(self) -> bool:
        """Return the value of a BOOLEAN; any octet but zero is true (BER)."""
        content = self.content
        if len(content) != 1:
            message = f"A BOOLEAN has {len(content)} octets, expected 1"
            raise TLVError(message, offset=self.start)
        return content != b"\0"

    def oid(self) -> str:
        """Return an OBJECT IDENTIFIER in dotted form."""
        try:
            return _dotted(self.content)
        except ValueError as error:
            raise TLVError(str(error), offset=self.start) from None

    def octets(self) -> bytes:
        """Return the octets of an OCTET STRING; the pieces of a constructed one (BER) are joined."""
        if not self.is_constructed:
            return self.content
        return b"".join(child.octets() for child in self.iterate())

    def bits(self) -> bytes:
        """Return the octets of a BIT STRING; unused bits are zero, as DER has them."""
        if self.is_constructed:
            return b"".join(child.bits() for child in self.iterate())
        content = self.content
        if not content or content[0] > 7 or (len(content) == 1 and content[0]):  # noqa: PLR2004 (X.690 §8.6.2.2: 0 to 7)
            message = "A BIT STRING has no valid count of unused bits"
            raise TLVError(message, offset=self.start)
        if not content[0]:
            return content[1:]
        return content[1:-1] + bytes((content[-1] & (0xFF << content[0]) & 0xFF,))

    def text(self) -> str:
        """Return a character string; octets that are not of its encoding become U+FFFD rather than an error."""
        encoding = _TEXT_ENCODINGS.get(self.tag & ~CONSTRUCTED, "latin-1")
        return self.octets().decode(encoding, errors="replace")

    def time(self) -> datetime:
        """
        Return a UTCTime or GeneralizedTime as an aware datetime in UTC (RFC 5280 §4.1.2.5).

        Without seconds, with fractions or with an offset is understood too (X.690 §11.7 forbids it in DER; it exists).
        """
        if self.tag not in {UTC_TIME, GENERALIZED_TIME}:
            message = f"Expected a time, got tag 0x{self.tag:02x}"
            raise TLVError(message, offset=self.start)
        try:
            return _parse_time(self.content.decode("ascii"), short_year=self.tag == UTC_TIME)
        except (ValueError, OverflowError):
            message = "A time that cannot be read"
            raise TLVError(message, offset=self.start) from None


class _Indefinite(Node):
    """A node of indefinite length, which knows where those in it end."""

    __slots__ = ("_ends",)

    def __init__(self, data: bytes, tag: int, *, start: int, content_start: int, ends: _Ends, depth: int) -> None:
        content_end = ends.of(content_start)
        super().__init__(
            data, tag, start=start, content_start=content_start, content_end=content_end, end=content_end + 2, depth=depth
        )
        self._ends: _Ends = ends  # type: ignore[misc]  # (a class variable of nodes of definite length, which have none)


class _Ends:
    """Where the contents of a node of indefinite length ends, and of those that stand in it with only such around them."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, data: bytes, position: int, *, limit: int, depth: int) -> None:
        """Look for all of them from where the content of the outermost begins, by counting instead of recursion."""
        # Four octets each: 64 MiB may hold sixteen million of them.
        self._starts, self._ends = array("I", [position]), array("I", [0])
        start = position
        is_open = [0]
        while is_open:
            if position + 2 > limit:
                message = "A node of indefinite length does not end"
                raise TLVError(message, offset=start)
            if data[position] == 0 and data[position + 1] == 0:
                self._ends[is_open.pop()] = position
                position += 2
                continue
            _, length, content_start = _header(data, position, limit)
            if length is None:
                if depth + len(is_open) >= MAX_DEPTH:
                    message = f"Nodes are nested deeper than {MAX_DEPTH}"
                    raise TLVError(message, offset=position)
                is_open.append(len(self._starts))
                self._starts.append(content_start)
                self._ends.append(0)
                length = 0
            position = content_start + length

    def of(self, content_start: int) -> int:
        """Return where the content ends that begins there."""
        return self._ends[bisect_left(self._starts, content_start)]


def read(data: bytes) -> Node:
    """
    Read the one node that `data` holds; bytes behind it are refused.

    Raises:
        TLVError: no node, a broken one, or bytes behind it.
    """
    node = _read_at(data, 0, len(data), 0)
    if node.end != len(data):
        message = f"{len(data) - node.end} bytes follow the node"
        raise TLVError(message, offset=node.end)
    return node


def read_prefix(data: bytes, offset: int = 0) -> Node:
    """Read the node at `offset`; what follows it is left alone."""
    return _read_at(data, offset, len(data), 0)


def _nested_too_deep(node: Node) -> TLVError:
    message = f"Nodes are nested deeper than {MAX_DEPTH}"
    return TLVError(message, offset=node.start)


def _too_long(length: int, left: int, offset: int) -> TLVError:
    message = f"A length of {length} exceeds the {left} bytes left"
    return TLVError(message, offset=offset)


def _read_at(data: bytes, start: int, limit: int, depth: int, *, ends: _Ends | None = None) -> Node:
    """Read a node; `ends` of the node around it, where that is of indefinite length."""
    tag, length, position = _header(data, start, limit)
    if length is None:
        ends = ends or _Ends(data, position, limit=limit, depth=depth)
        return _Indefinite(data, tag, start=start, content_start=position, ends=ends, depth=depth)
    end = position + length
    return Node(data, tag, start=start, content_start=position, content_end=end, end=end, depth=depth)


def _header(data: bytes, start: int, limit: int) -> tuple[int, int | None, int]:
    """Return the tag, the length (None: indefinite) and where the content starts; the content fits within the limit."""
    position = start + 2
    if position > limit:
        message = "The data ends inside a header"
        raise TLVError(message, offset=start)
    tag = data[start]
    length = data[start + 1]
    if tag & _LONG_TAG == _LONG_TAG:
        tag, length, position = _long_tag(data, start, limit)
    if length == 0x80:  # noqa: PLR2004 (X.690 §8.1.3.6: indefinite)
        if not data[start] & CONSTRUCTED:
            message = "A node of indefinite length that holds no nodes"
            raise TLVError(message, offset=start)
        return tag, None, position
    if length > 0x80:  # noqa: PLR2004 (X.690 §8.1.3.5: long form)
        length, position = _long_length(data, length & 0x7F, position, limit)
    if position + length > limit:
        raise _too_long(length, limit - position, start)
    return tag, length, position


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


@lru_cache(maxsize=1024)
def _dotted(content: bytes) -> str:
    if not content or content[-1] & 0x80 or len(content) > _MAX_OID_OCTETS:
        message = "An OBJECT IDENTIFIER is empty, unfinished or too long"
        raise ValueError(message)
    arcs: list[int] = []
    value = 0
    for position, octet in enumerate(content):
        # X.690 §8.19.2. Padded, one identifier would have many encodings, of which others refuse all but one.
        if octet == 0x80 and (position == 0 or not content[position - 1] & 0x80):  # noqa: PLR2004
            message = "An OBJECT IDENTIFIER has a padded number"
            raise ValueError(message)
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def _parse_time(text: str, *, short_year: bool) -> datetime:
    if len(text) == 13 and short_year and text[12] == "Z" and text[:12].isdigit():  # noqa: PLR2004 (the form of DER: YYMMDDHHMMSSZ)
        year = int(text[:2])
        year += 1900 if year >= 50 else 2000  # noqa: PLR2004 (as below)
        day, clock = (int(text[2:4]), int(text[4:6])), (int(text[6:8]), int(text[8:10]), int(text[10:12]))
        return datetime(year, *day, *clock, tzinfo=UTC)
    body, sign, zone = _split_zone(text)
    body, _, fraction = body.partition(".")
    year_digits = 2 if short_year else 4
    digits = body[year_digits:]
    if not body.isdigit() or len(digits) not in {8, 10} or (fraction and not fraction.isdigit()):
        raise ValueError
    year = int(body[:year_digits])
    if short_year:  # RFC 5280 §4.1.2.5.1: 50 to 99 are of the twentieth century
        year += 1900 if year >= 50 else 2000  # noqa: PLR2004
    fields = [int(digits[index : index + 2] or "0") for index in range(0, 10, 2)]
    moment = datetime(year, fields[0], fields[1], fields[2], fields[3], fields[4], tzinfo=UTC)
    if zone:
        offset = timedelta(hours=int(zone[:2]), minutes=int(zone[2:]))
        moment = moment - offset if sign == "+" else moment + offset
    return moment


def _split_zone(text: str) -> tuple[str, str, str]:
    if text.endswith("Z"):
        return text[:-1], "", ""
    if len(text) > 5 and text[-5] in "+-" and text[-4:].isdigit():  # noqa: PLR2004 (X.680 §46.3: an offset is +hhmm)
        return text[:-5], text[-5], text[-4:]
    return text, "", ""
