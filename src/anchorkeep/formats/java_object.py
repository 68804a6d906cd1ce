"""
Walk a serialized Java object to where it ends, by the grammar (Java Object Serialization Specification, chapter 6).

JCEKS stores a secret key as such a stream, without a length: only who reads the grammar knows where the next entry begins.

Rules kept here:
- no class is looked for and nothing is made of what is read but strings, byte arrays and the fields that hold them;
- what Java's own reader refuses by its form is refused too: a reset inside an object, an exception, an externalizable class whose
  data nobody can delimit, a primitive field behind one that is none;
- depth, and the number of values and fields, are bounded, and every length by the bytes that are left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from anchorkeep.errors import StoreFormatError
from anchorkeep.formats import limits
from anchorkeep.formats.javaio import DataInput
from anchorkeep.text import visible

_MAGIC, _VERSION = 0xACED, 5
_FIRST_HANDLE = 0x7E0000

# Section 6.4.2: what the tags of a stream are called there.
_NULL, _REFERENCE, _CLASS_DESC, _OBJECT, _STRING, _ARRAY, _CLASS = range(0x70, 0x77)
_BLOCK_DATA, _END_BLOCK_DATA, _RESET, _BLOCK_DATA_LONG, _EXCEPTION, _LONG_STRING, _PROXY_CLASS_DESC, _ENUM = range(0x77, 0x7F)

_WRITE_METHOD, _SERIALIZABLE, _EXTERNALIZABLE, _HAS_BLOCK_DATA = 1, 2, 4, 8

#: Octets of a value of each primitive type, by its code (section 6.4.2, prim_typecode).
_SIZES = {"B": 1, "C": 2, "D": 8, "F": 4, "I": 4, "J": 8, "S": 2, "Z": 1}
_REFERENCES = frozenset("L[")


@dataclass(frozen=True, slots=True, kw_only=True)
class JavaObject:
    """
    What was read of an object.

    Attributes:
        class_name: its class, as the stream names it; not printable by itself.
        fields: of its fields that hold a reference each name, and its value where that is a string of up to 65,535 octets, an
            array of bytes or an object, None where it is anything else; a field of a subclass hides one of its name above it.
    """

    class_name: str
    fields: Mapping[str, Value]


#: What is kept of a value; classes, numbers, long strings, other arrays and null are None.
Value = str | bytes | JavaObject | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Class:
    """A class as the stream describes it: what stands in an object for each of the classes from the topmost down to this one."""

    name: str
    flags: int
    size: int
    references: tuple[str, ...]
    above: tuple[_Class, ...]

    @property
    def line(self) -> tuple[_Class, ...]:
        return (*self.above, self)


def read(source: DataInput) -> JavaObject:
    """
    Read the stream of one object, and leave the source behind its last byte.

    What is not checked: that Java knows the classes, that they look as described here, and that Java would accept the values.

    Args:
        source: stands at the stream's magic number; its place is in every message.

    Raises:
        StoreFormatError: no stream, a broken one, or one beyond the bounds.
    """
    magic, version = source.uint16(what="serialized object"), source.uint16(what="serialized object")
    if (magic, version) != (_MAGIC, _VERSION):
        message = f"{source.place}: no serialized Java object: 0x{magic:04x} {version} instead of 0x{_MAGIC:04x} {_VERSION}."
        raise StoreFormatError(message)
    value = _Walker(source).content(0)
    if not isinstance(value, JavaObject):
        raise StoreFormatError(f"{source.place}: the serialized Java stream holds something that is no object.")
    return value


class _Walker:
    """The stream's state: the position, the handles given so far, and how many values there were."""

    def __init__(self, source: DataInput) -> None:
        self._source = source
        self._handles: list[Value | _Class] = []
        self._count = 0
        self._readers = {
            _REFERENCE: self._reference,
            _CLASS_DESC: self._class_desc,
            _OBJECT: self._object,
            _STRING: self._string,
            _ARRAY: self._array,
            _CLASS: self._class,
            _LONG_STRING: self._long_string,
            _PROXY_CLASS_DESC: self._proxy,
            _ENUM: self._enum,
        }

    def content(self, depth: int) -> Value:
        """Read one value of any kind."""
        value = self._any(self._tag(), depth)
        return None if isinstance(value, _Class) else value

    def _any(self, tag: int, depth: int) -> Value | _Class:
        if depth > limits.MAX_OBJECT_DEPTH:
            self._refuse(f"nested deeper than {limits.MAX_OBJECT_DEPTH}")
        self._count_one()
        if tag == _NULL:
            return None
        if tag not in self._readers:
            self._refuse(f"0x{tag:02x} where a value must begin")
        return self._readers[tag](depth)

    def _tag(self) -> int:
        return self._source.uint8(what="serialized object")

    def _refuse(self, problem: str) -> NoReturn:
        raise StoreFormatError(f"{self._source.place}: serialized Java object at byte {self._source.position:,}: {problem}.")

    def _count_one(self) -> None:
        self._count += 1
        if self._count > limits.MAX_OBJECT_VALUES:
            self._refuse(f"more than {limits.MAX_OBJECT_VALUES} values")

    def _give_handle(self) -> int:
        """Give the next handle, as Java does; what is not read yet is filled in later."""
        self._handles.append(None)
        return len(self._handles) - 1

    def _reference(self, _depth: int) -> Value | _Class:
        number = self._source.int32(what="handle") - _FIRST_HANDLE
        if not 0 <= number < len(self._handles):
            self._refuse(f"handle {number} of {len(self._handles)}")
        return self._handles[number]

    def _string(self, _depth: int) -> str:
        number = self._give_handle()
        value = self._source.utf(what="string")
        self._handles[number] = value
        return value

    def _long_string(self, _depth: int) -> None:
        """Pass over a string of over 65,535 octets: no sealed key has one, and what hostile ones decode to is far larger."""
        self._give_handle()
        self._source.take(self._source.int64(what="string"), what="string")

    def _known_class(self, depth: int) -> _Class:
        """Read the class of an object; one that is still being described, or null, is none."""
        value = self._any(self._tag(), depth)
        if not isinstance(value, _Class):
            self._refuse("something else where a class must be described")
        return value

    def _class(self, depth: int) -> None:
        self._known_class(depth + 1)
        self._give_handle()

    def _class_desc(self, depth: int) -> _Class:
        source = self._source
        name = source.utf(what="class name")
        source.take(8, what="serialVersionUID")
        number = self._give_handle()
        flags = source.uint8(what="flags")
        size, references = 0, []
        for _ in range(source.uint16(what="number of fields")):
            self._count_one()
            code = chr(source.uint8(what="type of a field"))
            field = source.utf(what="name of a field")
            if code in _REFERENCES:
                self._type_name(depth + 1)
                references.append(field)
            elif code in _SIZES and not references:
                size += _SIZES[code]
            else:
                self._refuse(f"field '{visible(field, limit=60)}' of type 0x{ord(code):02x}")
        return self._finish(_Class(name=name, flags=flags, size=size, references=tuple(references), above=()), number, depth)

    def _type_name(self, depth: int) -> None:
        if not isinstance(self._any(self._tag(), depth), str):
            self._refuse("the type of a field is no string")

    def _proxy(self, depth: int) -> _Class:
        number = self._give_handle()
        count = self._source.int32(what="number of interfaces")
        if not 0 <= count <= limits.MAX_OBJECT_VALUES:
            self._refuse(f"{count:,} interfaces")
        for _ in range(count):
            self._count_one()
            self._source.utf(what="interface name")
        return self._finish(_Class(name="", flags=_SERIALIZABLE, size=0, references=(), above=()), number, depth)

    def _finish(self, described: _Class, number: int, depth: int) -> _Class:
        """Read what follows a class's fields: its annotation and the class above it."""
        self._annotation(depth + 1)
        tag = self._tag()
        line: tuple[_Class, ...] = ()
        if tag != _NULL:
            above = self._any(tag, depth + 1)
            # A class that is still being described, which would be above itself, is none yet.
            if not isinstance(above, _Class):
                self._refuse("something else where the class above must be described")
            line = above.line
        if len(line) >= limits.MAX_OBJECT_DEPTH:
            self._refuse(f"more than {limits.MAX_OBJECT_DEPTH} classes above each other")
        complete = _Class(
            name=described.name, flags=described.flags, size=described.size, references=described.references, above=line
        )
        self._handles[number] = complete
        return complete

    def _annotation(self, depth: int) -> None:
        """Pass over what a class wrote by itself, up to the mark behind it."""
        while (tag := self._tag()) != _END_BLOCK_DATA:
            self._count_one()
            if tag == _BLOCK_DATA:
                self._source.take(self._source.uint8(what="block"), what="block")
            elif tag == _BLOCK_DATA_LONG:
                self._source.counted(what="block")
            else:
                self._any(tag, depth)

    def _object(self, depth: int) -> JavaObject:
        described = self._known_class(depth + 1)
        number = self._give_handle()
        fields: dict[str, Value] = {}
        if described.flags & _EXTERNALIZABLE:
            if described.flags & _SERIALIZABLE or not described.flags & _HAS_BLOCK_DATA:
                self._refuse("an externalizable class whose data has no end of its own")
            self._annotation(depth + 1)
        else:
            for part in described.line:
                self._fields(part, fields, depth + 1)
        value = JavaObject(class_name=described.name, fields=fields)
        self._handles[number] = value
        return value

    def _fields(self, part: _Class, fields: dict[str, Value], depth: int) -> None:
        """Read what stands for one class of an object."""
        if part.flags & (_SERIALIZABLE | _EXTERNALIZABLE) != _SERIALIZABLE:
            self._refuse(f"class '{visible(part.name, limit=60)}' is not serializable")
        self._source.take(part.size, what="fields")
        for name in part.references:
            fields[name] = self.content(depth)
        # Section 6.4.1, wrclass: a class with a writeObject of its own may add to its fields what it likes.
        if part.flags & _WRITE_METHOD:
            self._annotation(depth)

    def _array(self, depth: int) -> bytes | None:
        described = self._known_class(depth + 1)
        number = self._give_handle()
        length = self._source.int32(what="length of an array")
        code = described.name[1:2] if described.name.startswith("[") else ""
        if code in _SIZES:
            value = self._source.take(length * _SIZES[code], what="array")
            if code == "B":
                self._handles[number] = value
                return value
            return None
        # The shortest value, null, has one byte.
        if code not in _REFERENCES or not 0 <= length <= self._source.left:
            self._refuse(f"an array '{visible(described.name, limit=60)}' of {length:,}")
        for _ in range(length):
            self.content(depth + 1)
        return None

    def _enum(self, depth: int) -> None:
        self._known_class(depth + 1)
        self._give_handle()
        self._type_name(depth + 1)
