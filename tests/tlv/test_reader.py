from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anchorkeep import tlv
from anchorkeep.errors import TLVError
from anchorkeep.tlv import Node, header, reader, writer

VALUES: list[Callable[[Node], Any]] = [
    Node.integer,
    Node.boolean,
    Node.oid,
    Node.octets,
    Node.bits,
    Node.text,
    Node.time,
    Node.children,
    repr,
    lambda node: node.raw,
    lambda node: node.expect(0x30),
]
# Octets of headers, so that many of what is drawn are nodes.
OCTETS = st.sampled_from(b"\x00\x01\x02\x03\x04\x05\x06\x0c\x17\x1f\x24\x30\x31\x80\x81\x84\xa0\xa3\xbf\xff0Z") | st.integers(
    0, 255
)
SOUP = st.lists(OCTETS, max_size=60).map(bytes)
LEAVES = st.one_of(
    st.binary(max_size=20).map(writer.octet_string),
    st.integers().map(writer.integer),
    st.just(writer.NULL),
    st.text("abc", max_size=5).map(writer.text),
)
# Nodes within nodes, of definite and of indefinite length.
TREES = st.recursive(
    LEAVES,
    lambda nodes: st.lists(nodes, max_size=4).flatmap(
        lambda parts: st.sampled_from([writer.sequence(*parts), b"\x30\x80" + b"".join(parts) + b"\0\0"])
    ),
    max_leaves=20,
)


def walk(node: Node) -> int:
    """Ask a node and all below for every value there is; return how many nodes there are."""
    for value in VALUES:
        try:
            value(node)
        except TLVError as error:
            assert 0 <= error.offset <= len(node.data)  # noqa: PT017 (other errors fail the test by themselves)
    if not node.is_constructed:
        return 1
    try:
        return 1 + sum(map(walk, node.iterate()))
    except TLVError:
        return 1


@settings(max_examples=1_000)
@given(SOUP | st.binary(max_size=60))
def test_any_bytes_are_a_node_or_an_error_of_ours(data: bytes) -> None:
    """Any bytes at all give a node whose every value can be asked for, or a TLVError."""
    try:
        node = tlv.read(data)
    except TLVError as error:
        assert 0 <= error.offset <= len(data)  # noqa: PT017
        return
    assert node.raw == data
    walk(node)


@settings(max_examples=300)
@given(TREES, st.data())
def test_damaged_nodes_are_read_or_refused(tree: bytes, data: st.DataObject) -> None:
    """A well-formed node with one octet changed is read or refused with a TLVError."""
    position = data.draw(st.integers(0, len(tree) - 1))
    damaged = bytearray(tree)
    damaged[position] = data.draw(OCTETS)
    try:
        walk(tlv.read(bytes(damaged)))
    except TLVError:
        return


@given(TREES)
def test_truncated_node_is_refused(tree: bytes) -> None:
    """A node that ends early is refused, at whichever byte it ends."""
    tlv.read(tree)
    for length in range(len(tree)):
        with pytest.raises(TLVError):
            tlv.read(tree[:length])


@given(st.lists(TREES, max_size=5))
def test_children_are_what_was_put_in(parts: list[bytes]) -> None:
    """The nodes inside are those that were written, in order, whether the length is definite or not."""
    for outer in (writer.sequence(*parts), b"\x30\x80" + b"".join(parts) + b"\0\0"):
        node = tlv.read(outer)
        assert [child.raw for child in node.children(0x30)] == parts
        assert node.content == b"".join(parts)
        assert [child.depth for child in node.children()] == [1] * len(parts)


@given(TREES, st.binary(min_size=1, max_size=5))
def test_bytes_behind_are_refused_or_left(tree: bytes, rest: bytes) -> None:
    """Bytes behind the node are refused by `read`, at their offset, and left alone by `read_prefix`."""
    with pytest.raises(TLVError, match="follow the node") as caught:
        tlv.read(tree + rest)
    assert caught.value.offset == len(tree)
    assert tlv.read_prefix(rest + tree + rest, len(rest)).raw == tree


@pytest.mark.parametrize(
    ("header", "end"),
    [(b"\x30\x80", b"\0\0"), (b"\xbf\x1f\x80", b"\0\0"), (b"\xa0\x80", b"\0\0"), (b"\x24\x80", b"\0\0")],
    ids=["sequence", "long-tag", "explicit", "octets"],
)
@pytest.mark.parametrize("closed", [True, False])
def test_deep_nesting_is_refused(header: bytes, end: bytes, closed: bool) -> None:  # noqa: FBT001
    """Ten thousand nodes of indefinite length within each other are refused for their depth, without recursion."""
    data = header * 10_000 + (end * 10_000 if closed else b"")
    with pytest.raises(TLVError, match="nested deeper than 32"):
        tlv.read(data)


def test_nesting_within_the_limit_is_read() -> None:
    """32 nodes within each other are read to the innermost; the 33rd is refused, of definite length or not."""
    for begin, end in ((b"\x30\x80", b"\0\0"), (b"\xbf\x1f\x80", b"\0\0")):
        node = tlv.read(begin * 32 + end * 32)
        for _ in range(31):
            (node,) = node.iterate()
        assert list(node.iterate()) == []
    data = b"\x05\0"
    for _ in range(33):
        data = writer.sequence(data)
    node = tlv.read(data)
    for _ in range(32):
        (node,) = node.children()
    with pytest.raises(TLVError, match="nested deeper than 32"):
        node.children()
    with pytest.raises(TLVError, match="nested deeper than 32"):
        next(node.iterate())


def nested(drawn: tuple[bool, list[tuple[bytes, bytes]]]) -> tuple[bytes, bytes]:
    """Return a node around others, of indefinite length or not, and the same with every length definite."""
    is_indefinite, parts = drawn
    content, definite = b"".join(part for part, _ in parts), writer.sequence(*(part for _, part in parts))
    return b"\x30\x80" + content + b"\0\0" if is_indefinite else writer.sequence(content), definite


def rewritten(node: Node) -> bytes:
    """Return a node with all lengths definite."""
    return writer.encode(node.tag, *map(rewritten, node.children())) if node.is_constructed else node.raw


def test_work_on_indefinite_lengths_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """To read 30 nested nodes of indefinite length over 1,000 others each header is passed once to find where they end."""
    data = b"\x30\x80" * 30 + b"\x05\x00" * 1_000 + b"\0\0" * 30
    counts = 0
    read = header.read

    def counting(data: bytes, start: int, limit: int) -> tuple[int, int | None, int]:
        nonlocal counts
        counts += 1
        return read(data, start, limit)

    monkeypatch.setattr(header, "read", counting)
    node = tlv.read(data)
    while not (children := node.children())[1:]:
        (node,) = children
    assert len(children) == 1_000
    assert counts <= 1_030 + 30
    counts = 0
    octets = b"\x24\x80" * 30 + b"\x04\x01x" * 1_000 + b"\0\0" * 30
    assert tlv.read(octets).octets() == b"x" * 1_000
    assert counts <= 2 * 1_030


@given(
    st.recursive(
        st.just((writer.NULL, writer.NULL)),
        lambda pairs: st.tuples(st.booleans(), st.lists(pairs, max_size=4)).map(nested),
        max_leaves=30,
    )
)
def test_either_length_gives_the_same_nodes(pair: tuple[bytes, bytes]) -> None:
    """Nodes in one another are the same nodes, whichever of those around them tell their length."""
    tree, definite = pair
    node = tlv.read(tree)
    assert rewritten(node) == definite
    assert [child.raw for child in node.iterate()] == [child.raw for child in node.children()]


def test_number_of_children_is_bounded() -> None:
    """Nodes by the ten thousand are refused where they would all be held at once, and can be iterated over."""
    node = tlv.read(writer.sequence(writer.NULL * (reader.MAX_CHILDREN + 1)))
    with pytest.raises(TLVError, match="More than 65,536 nodes"):
        node.children()
    assert sum(1 for _ in node.iterate()) == reader.MAX_CHILDREN + 1
    assert len(tlv.read(writer.sequence(writer.NULL * reader.MAX_CHILDREN)).children()) == reader.MAX_CHILDREN


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "ends inside a header"),
        (b"\x30", "ends inside a header"),
        (b"\x30\x01", "A length of 1 exceeds the 0 bytes left"),
        (b"\x30\x85\0\0\0\0\0", "A length of 5 octets cannot be"),
        (b"\x30\xff", "A length of 127 octets cannot be"),
        (b"\x30\x82\x01", "A length of 2 octets cannot be"),
        (b"\x30\x84\xff\xff\xff\xff", "A length of 4294967295 exceeds"),
        (b"\x3f\x81\x81\x81\x81\x01\0", "A tag number does not end within 4 octets"),
        (b"\x3f\x81", "A tag number does not end"),
        (b"\x04\x80\0\0", "indefinite length that holds no nodes"),
        (b"\x30\x80", "does not end"),
        (b"\x30\x80\x05\0\0", "does not end"),
        (b"\x30\x80\x30\x80\0\0", "does not end"),
    ],
)
def test_broken_header_is_refused(data: bytes, message: str) -> None:
    """A header that is cut, too long or impossible is refused by name."""
    with pytest.raises(TLVError, match=message):
        tlv.read(data)


@pytest.mark.parametrize(
    ("data", "tag", "is_constructed"),
    [
        (b"\x30\0", 0x30, True),
        (b"\x04\0", 0x04, False),
        (b"\0\0", 0, False),
        (b"\x1f\x1f\0", 0x1F1F, False),
        (b"\xbf\x81\x01\0", 0xBF8101, True),
        (b"\x9f\x81\x82\x83\x04\0", 0x9F81828304, False),
    ],
)
def test_tag_is_read(data: bytes, tag: int, is_constructed: bool) -> None:  # noqa: FBT001
    """Tags of one octet and of several are read, with the bit that says whether nodes are inside."""
    node = tlv.read(data)
    assert (node.tag, node.is_constructed, node.content) == (tag, is_constructed, b"")


def test_long_length_that_could_be_short_is_read() -> None:
    """BER's long form of a short length is read, and `raw` keeps it."""
    assert tlv.read(b"\x04\x83\0\0\x01A").octets() == b"A"
    assert tlv.read(b"\x04\x83\0\0\x01A").raw == b"\x04\x83\0\0\x01A"


def test_repr_hides_the_content() -> None:
    """A node shows its tag and its extent, never its content, which may be a secret."""
    assert repr(tlv.read(b"\x04\x06secret")) == "<Node tag=0x04 bytes 0..8>"


def test_wrong_tag_is_refused() -> None:
    """A node that is not of the tag demanded is refused with both tags; the right one is returned."""
    node = tlv.read(b"\x04\0")
    assert node.expect(4) is node
    with pytest.raises(TLVError, match="Expected tag 0x30, got 0x04"):
        node.children(0x30)


def test_missing_children_are_refused() -> None:
    """Fewer nodes than demanded are refused; as many are returned."""
    node = tlv.read(b"\x30\x02\x05\0")
    assert len(node.children(at_least=1)) == 1
    with pytest.raises(TLVError, match="at least 2 nodes inside, got 1"):
        node.children(at_least=2)


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (b"\x02\0", Node.integer),
        (b"\x01\0", Node.boolean),
        (b"\x01\x02\0\0", Node.boolean),
        (b"\x03\0", Node.bits),
        (b"\x03\x02\x08\0", Node.bits),
        (b"\x03\x01\x01", Node.bits),
        (b"\x06\0", Node.oid),
        (b"\x06\x01\x80", Node.oid),
        (b"\x06\x02\x55\x9d", Node.oid),
        (b"\x06\x03\x55\x80\x1d", Node.oid),
        (b"\x06\x02\x80\x55", Node.oid),
        (writer.encode(6, b"\x2a" * 1_025), Node.oid),
        (b"\x24\x03\x04\x05A", Node.octets),
        (b"\x04\x01A", Node.time),
    ],
)
def test_broken_value_is_refused(data: bytes, read: Callable[[Node], Any]) -> None:
    """A value that is empty, unfinished, padded or of the wrong length is refused at its node."""
    with pytest.raises(TLVError) as caught:
        read(tlv.read(data))
    assert caught.value.offset in {0, 2}


@pytest.mark.parametrize(
    ("data", "octets"),
    [(b"\x24\x06\x04\x01A\x04\x01B", b"AB"), (b"\x24\x80\x24\x03\x04\x01A\x04\x01B\0\0", b"AB"), (b"\x24\0", b"")],
)
def test_pieces_of_a_string_are_joined(data: bytes, octets: bytes) -> None:
    """A string in pieces (BER) is the joined pieces, nested ones too."""
    assert tlv.read(data).octets() == octets


@pytest.mark.parametrize(
    ("data", "bits"),
    [
        (b"\x03\x01\0", b""),
        (b"\x03\x02\0\xff", b"\xff"),
        (b"\x03\x02\x05\xff", b"\xe0"),
        (b"\x03\x03\x01\xff\xff", b"\xff\xfe"),
        (b"\x23\x08\x03\x02\0A\x03\x02\x04\xff", b"A\xf0"),
    ],
)
def test_unused_bits_are_zero(data: bytes, bits: bytes) -> None:
    """Bits that do not belong to a BIT STRING are zero whatever stands there; pieces are joined."""
    assert tlv.read(data).bits() == bits


def test_any_octet_but_zero_is_true() -> None:
    """A BOOLEAN of BER is true for every octet but zero."""
    assert [tlv.read(bytes((1, 1, octet))).boolean() for octet in (0, 1, 0x80, 0xFF)] == [False, True, True, True]


@pytest.mark.parametrize(
    ("tag", "octets", "text"),
    [
        (0x0C, "Zürich".encode(), "Zürich"),
        (0x0C, b"a\xffb", "a\ufffdb"),
        (0x13, b"Example", "Example"),
        (0x13, b"Z\xfcrich", "Z\ufffdrich"),
        (0x14, b"Z\xfcrich", "Zürich"),
        (0x16, b"a@b", "a@b"),
        (0x1C, "😀".encode("utf-32-be"), "😀"),
        (0x1E, "Zürich".encode("utf-16-be"), "Zürich"),
        (0x1E, b"\xd8\x00", "\ufffd"),
        (0x1E, b"\x00a\x00", "a\ufffd"),
        (0x80, b"\xfc", "ü"),
    ],
)
def test_text_is_read_in_its_encoding(tag: int, octets: bytes, text: str) -> None:
    """Each string type is read in its own encoding, and what is not of it is marked."""
    assert tlv.read(writer.encode(tag, octets)).text() == text


@pytest.mark.parametrize(
    ("tag", "text", "moment"),
    [
        (0x17, "491231235959Z", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (0x17, "500101000000Z", datetime(1950, 1, 1, tzinfo=UTC)),
        (0x17, "2601020304Z", datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
        (0x17, "260102030405+0130", datetime(2026, 1, 2, 1, 34, 5, tzinfo=UTC)),
        (0x17, "2601020304-0130", datetime(2026, 1, 2, 4, 34, tzinfo=UTC)),
        (0x18, "99991231235959Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (0x18, "20260102030405.678Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (0x18, "20260102030405", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ],
)
def test_time_is_read(tag: int, text: str, moment: datetime) -> None:
    """Times without seconds, with fractions or with an offset are understood, as well as those of DER."""
    assert tlv.read(writer.encode(tag, text.encode())).time() == moment


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        (0x17, ""),
        (0x17, "Z"),
        (0x17, "260230000000Z"),
        (0x17, "261301000000Z"),
        (0x17, "260101250000Z"),
        (0x17, "260101006000Z"),
        (0x17, "2601010000001Z"),
        (0x17, "20260101000000Z"),
        (0x17, "2601010000é0Z"),
        (0x17, "+60101000000Z"),
        (0x18, "00000101000000Z"),
        (0x18, "20260102030405.6x8Z"),
        (0x18, "99991231235959-0100"),
        (0x18, "00010101000000+0100"),
        (0x18, "2026 102030405Z"),
    ],
)
def test_time_that_is_none_is_refused(tag: int, text: str) -> None:
    """A time with an impossible field, a sign, a space or a year outside 1 to 9999 is refused."""
    with pytest.raises(TLVError, match="A time that cannot be read"):
        tlv.read(writer.encode(tag, text.encode("latin-1"))).time()
