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
from typing import TYPE_CHECKING, ClassVar

from anchorkeep.errors import TLVError
from anchorkeep.tlv import header, value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

#: Nested nodes. OpenSSL stops at 30 (ASN1_MAX_CONSTRUCTED_NEST).
MAX_DEPTH = 32
#: Nodes that `children` returns at once, at 160 bytes each; a store of all roots holds some hundred.
MAX_CHILDREN = 65_536
BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, UTF8 = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0C
SEQUENCE, SET = 0x30, 0x31
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
CONSTRUCTED = header.CONSTRUCTED
# Looked up once for each node.
_LONG_TAG = header.LONG_TAG


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
                    raise header.too_long(length, limit - first, start)
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
            return value.dotted(self.content)
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
        return value.text(self.octets(), tag=self.tag & ~CONSTRUCTED)

    def time(self) -> datetime:
        """
        Return a UTCTime or GeneralizedTime as an aware datetime in UTC (RFC 5280 §4.1.2.5).

        Without seconds, with fractions or with an offset is understood too (X.690 §11.7 forbids it in DER; it exists).
        """
        if self.tag not in {UTC_TIME, GENERALIZED_TIME}:
            message = f"Expected a time, got tag 0x{self.tag:02x}"
            raise TLVError(message, offset=self.start)
        try:
            return value.moment(self.content.decode("ascii"), short_year=self.tag == UTC_TIME)
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
            _, length, content_start = header.read(data, position, limit)
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


def _read_at(data: bytes, start: int, limit: int, depth: int, *, ends: _Ends | None = None) -> Node:
    """Read a node; `ends` of the node around it, where that is of indefinite length."""
    tag, length, position = header.read(data, start, limit)
    if length is None:
        ends = ends or _Ends(data, position, limit=limit, depth=depth)
        return _Indefinite(data, tag, start=start, content_start=position, ends=ends, depth=depth)
    end = position + length
    return Node(data, tag, start=start, content_start=position, content_end=end, end=end, depth=depth)
