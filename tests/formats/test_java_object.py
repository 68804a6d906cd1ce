import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.errors import StoreFormatError
from anchorkeep.formats import java_object, limits
from anchorkeep.formats.java_object import JavaObject
from anchorkeep.formats.javaio import DataInput
from tests.data.java import (
    ALGORITHM,
    END,
    EXTERNALIZABLE,
    EXTERNALIZABLE_BLOCKS,
    NULL,
    PARAMETERS,
    SERIALIZABLE,
    STREAM,
    WITH_METHOD,
    array,
    block,
    class_desc,
    field,
    octets,
    of_class,
    reference,
    sealed_key,
    string,
)
from tests.data.stores import java_utf

BEHIND = b"\0\0\0\1\0\5alias"
PLAIN = class_desc("A")


def read(stream: bytes) -> JavaObject:
    """Read a stream that something follows, and prove that the walker stops right there."""
    source = DataInput(stream + BEHIND, end=len(stream) + len(BEHIND), place="entry 1")
    value = java_object.read(source)
    assert source.position == len(stream)
    return value


def holder(value: bytes) -> bytes:
    """Return the stream of an object with one field, which holds that value; handles 0 to 2 are taken."""
    described = class_desc("Holder", field("L", "held", string("Ljava/lang/Object;")))
    return STREAM + of_class(described, value)


def test_a_sealed_key_is_read() -> None:
    """Of a secret key the class, the parameters and the algorithm are read."""
    value = read(sealed_key(b"content"))
    assert value.class_name == "com.sun.crypto.provider.SealedObjectForKeyProtector"
    assert value.fields == {
        "encodedParams": PARAMETERS, "encryptedContent": b"content", "paramsAlg": ALGORITHM, "sealAlg": ALGORITHM,
    }  # fmt: skip


@given(st.binary(max_size=600))
def test_content_that_looks_like_an_entry_does_not_end_a_key(content: bytes) -> None:
    """Whatever a sealed key holds, it ends where its lengths say, the next entry's own bytes included."""
    hostile = BEHIND + content + struct.pack(">i", 3) + STREAM
    assert read(sealed_key(hostile)).fields["encryptedContent"] == hostile


# Each kind of value that the grammar knows, and what is kept of it.
VALUES = {
    "null": (NULL, None),
    "string": (string("wörd"), "wörd"),
    # Passed over: decoded, its 70,000 octets of what is no character would be an error, and others take 75 times their room.
    "long-string": (b"\x7c" + struct.pack(">q", 70_000) + b"\xff" * 70_000, None),
    "string-again": (reference(1), "Ljava/lang/Object;"),
    "itself": (reference(2), None),
    "class-again": (reference(0), None),
    "octets": (octets(b"\x78\x70"), b"\x78\x70"),
    "no-octets": (octets(b""), b""),
    "numbers": (array(class_desc("[J"), 2, bytes(16)), None),
    "characters": (array(class_desc("[C"), 3, bytes(6)), None),
    "strings": (array(class_desc("[Ljava.lang.String;"), 3, string("a") + NULL + reference(4)), None),
    "arrays": (array(class_desc("[[B"), 1, octets(b"deep")), None),
    "class": (b"\x76" + PLAIN, None),
    "described": (PLAIN, None),
    "enum": (b"\x7e" + class_desc("E", flags=0x12) + string("ONE"), None),
    "proxy": (
        of_class(b"\x7d" + struct.pack(">i", 2) + java_utf("I") + java_utf("J") + END + NULL),
        JavaObject(class_name="", fields={}),
    ),
    "primitives": (
        of_class(class_desc("P", *(field(code, code) for code in "BCDFIJSZ")), bytes(1 + 2 + 8 + 4 + 4 + 8 + 2 + 1)),
        JavaObject(class_name="P", fields={}),
    ),
    "annotated": (
        of_class(class_desc("A", annotation=block(b"\x78") + string("loader") + NULL)),
        JavaObject(class_name="A", fields={}),
    ),
    "own-method": (
        of_class(
            class_desc("W", field("I", "n"), flags=WITH_METHOD),
            bytes(4) + block(b"x") + string("y") + block(bytes(300)) + END,
        ),
        JavaObject(class_name="W", fields={}),
    ),
    "externalizable": (
        of_class(class_desc("X", flags=EXTERNALIZABLE_BLOCKS), block(b"\x78\x78") + of_class(PLAIN) + END),
        JavaObject(class_name="X", fields={}),
    ),
    "described-before": (
        array(class_desc("[LA;"), 2, of_class(PLAIN) + of_class(reference(5))),
        None,
    ),
    "two-classes": (
        of_class(
            class_desc(
                "Sub", field("L", "v", string("LV;")),
                above=class_desc("Top", field("L", "v", reference(4)), field("L", "w", reference(4))),
            ),
            string("of the top") + string("w") + string("of the sub"),
        ),
        JavaObject(class_name="Sub", fields={"v": "of the sub", "w": "w"}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", VALUES)
def test_every_kind_of_value_is_delimited(kind: str) -> None:
    """A value of every kind the grammar knows ends where it ends."""
    value, expected = VALUES[kind]
    assert read(holder(value)).fields["held"] == expected


# What Java's reader refuses too, or what nobody could delimit.
BROKEN = {
    "no-magic": (b"\xac\xee\0\5", "no serialized Java object: 0xacee 5"),
    "version": (b"\xac\xed\0\6", "no serialized Java object: 0xaced 6"),
    "null": (STREAM + NULL, "something that is no object"),
    "string": (STREAM + string("a"), "something that is no object"),
    "described": (STREAM + PLAIN, "something that is no object"),
    "block": (STREAM + block(b"x"), "0x77 where a value must begin"),
    "end": (STREAM + END, "0x78 where a value must begin"),
    "reset": (holder(b"\x79" + NULL), "0x79 where a value must begin"),
    "exception": (holder(b"\x7b" + of_class(PLAIN)), "0x7b where a value must begin"),
    "unknown": (holder(b"\x7f"), "0x7f where a value must begin"),
    "handle": (holder(reference(3)), "handle 3 of 3"),
    "negative-handle": (holder(reference(-1)), "handle -1 of 3"),
    "object-of-a-string": (STREAM + of_class(string("a")), "where a class must be described"),
    "object-of-null": (STREAM + of_class(NULL), "where a class must be described"),
    "above-itself": (STREAM + of_class(class_desc("A", above=reference(0))), "where the class above must be described"),
    "above-is-a-string": (STREAM + of_class(class_desc("A", above=string("B"))), "where the class above must be described"),
    "type-is-null": (STREAM + of_class(class_desc("A", field("L", "f", NULL)), NULL), "the type of a field is no string"),
    "unknown-type": (STREAM + of_class(class_desc("A", field("X", "f\n"))), r"field 'f\\n' of type 0x58"),
    "order": (
        STREAM + of_class(class_desc("A", field("L", "f", string("LF;")), field("I", "n")), NULL + bytes(4)),
        "field 'n' of type 0x49",
    ),
    "not-serializable": (STREAM + of_class(class_desc("A", flags=0)), "class 'A' is not serializable"),
    "external-above": (
        STREAM + of_class(class_desc("A", above=class_desc("B", flags=EXTERNALIZABLE_BLOCKS))),
        "class 'B' is not serializable",
    ),
    "external-without-blocks": (STREAM + of_class(class_desc("A", flags=EXTERNALIZABLE), END), "has no end of its own"),
    "both": (STREAM + of_class(class_desc("A", flags=EXTERNALIZABLE_BLOCKS | SERIALIZABLE), END), "has no end of its own"),
    "array-of-nothing": (holder(array(class_desc("["), 0, b"")), r"an array '\[' of 0"),
    "array-of-no-array": (holder(array(PLAIN, 0, b"")), "an array 'A' of 0"),
    "array-too-long": (holder(array(class_desc("[LA;"), 1000, NULL)), "an array .* of 1,000"),
    "negative-array": (holder(array(class_desc("[B"), -1, b"")), "array: length -1 exceeds"),
    "negative-array-of-objects": (holder(array(class_desc("[LA;"), -1, b"")), "an array .* of -1"),
    "enum-without-name": (holder(b"\x7e" + class_desc("E", flags=0x12) + NULL), "the type of a field is no string"),
    "interfaces": (STREAM + of_class(b"\x7d" + struct.pack(">i", 2**31 - 1)), "2,147,483,647 interfaces"),
    "negative-interfaces": (STREAM + of_class(b"\x7d" + struct.pack(">i", -1)), "-1 interfaces"),
    "utf": (holder(b"\x74\0\1\xff"), "string is not modified UTF-8"),
    "long-utf": (holder(b"\x7c" + struct.pack(">q", -1)), "string: length -1 exceeds"),
    "negative-block": (STREAM + of_class(class_desc("A", annotation=b"\x7a\xff\xff\xff\xff")), "block: length -1 exceeds"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_broken_is_named(kind: str) -> None:
    """A stream that is broken, or that nobody can delimit, is an error with its place."""
    stream, expected = BROKEN[kind]
    with pytest.raises(StoreFormatError, match=f"entry 1: .*{expected}"):
        read(stream)


def nested(depth: int) -> bytes:
    """Return the stream of an object that holds an object that holds ..., so many above the innermost."""
    inner = of_class(reference(0), NULL)
    for _ in range(depth - 1):
        inner = of_class(reference(0), inner)
    return holder(inner)


def test_nesting_is_bounded() -> None:
    """Objects nested to the bound are read, one more is refused."""
    read(nested(limits.MAX_OBJECT_DEPTH - 1))
    with pytest.raises(StoreFormatError, match="nested deeper than 8"):
        read(nested(limits.MAX_OBJECT_DEPTH))


def above(count: int) -> bytes:
    """Return an array of objects, each of a class above which the class before stands."""
    classes = [of_class(class_desc("C"))]
    # Each class and each object takes a handle; the first class here has number 5.
    classes += [of_class(class_desc("C", above=reference(5 + 2 * number))) for number in range(count)]
    return holder(array(class_desc("[LC;"), len(classes), b"".join(classes)))


def test_classes_above_each_other_are_bounded() -> None:
    """Classes above each other by reference, which need no nesting, are bounded too."""
    with pytest.raises(StoreFormatError, match="more than 8 classes above each other"):
        read(above(16))


def test_a_short_line_of_classes_is_read() -> None:
    """Some classes above each other are read."""
    assert read(above(4)).class_name == "Holder"


#: What costs time by its number, however small each is: the stream with so many of them.
MANY = {
    "values": lambda count: holder(array(class_desc("[LA;"), count, NULL * count)),
    "fields": lambda count: STREAM + of_class(class_desc("A", *[field("B", "")] * count), bytes(count)),
    "blocks": lambda count: STREAM + of_class(class_desc("A", annotation=block(b"") * count)),
    "interfaces": lambda count: STREAM + of_class(b"\x7d" + struct.pack(">i", count) + bytes(2 * count) + END + NULL),
}


@pytest.mark.parametrize("kind", MANY)
def test_the_number_of_everything_is_bounded(kind: str) -> None:
    """Some tens of values, fields, blocks and interfaces are read, more than the bound are refused."""
    read(MANY[kind](limits.MAX_OBJECT_VALUES - 10))
    with pytest.raises(StoreFormatError, match="more than 100 values"):
        read(MANY[kind](limits.MAX_OBJECT_VALUES))


@pytest.mark.parametrize("kind", ["sealed", *VALUES])
def test_a_stream_cut_anywhere_is_refused(kind: str) -> None:
    """A stream that ends early is an error, wherever it ends."""
    stream = sealed_key() if kind == "sealed" else holder(VALUES[kind][0])
    step = max(1, len(stream) // 1000)
    for end in range(0, len(stream), step):
        with pytest.raises(StoreFormatError):
            java_object.read(DataInput(stream[:end], end=end, place="here"))


@pytest.mark.parametrize("mask", [1, 2, 0x80, 0xFF])
def test_a_changed_byte_is_a_value_or_an_error(mask: int) -> None:
    """A stream with a byte changed is read or refused, never anything else."""
    for stream in (sealed_key(), *(holder(value) for value, _ in VALUES.values() if len(value) < 1000)):
        for position in range(len(stream)):
            broken = bytearray(stream)
            broken[position] ^= mask
            source = DataInput(bytes(broken), end=len(broken), place="here")
            try:
                java_object.read(source)
            except StoreFormatError:
                continue
            assert source.position <= len(broken)
