"""Serialized Java objects made by hand (Java Object Serialization Specification, chapter 6): sealed keys, and odd streams."""

import struct

from anchorkeep.tlv import writer
from tests.data.stores import PASSWORD, java_utf, jks, sealed

STREAM = b"\xac\xed\x00\x05"
NULL, END = b"\x70", b"\x78"
SERIALIZABLE, WITH_METHOD, EXTERNALIZABLE, EXTERNALIZABLE_BLOCKS = 2, 3, 4, 12
ALGORITHM = "PBEWithMD5AndTripleDES"
PARAMETERS = writer.sequence(writer.octet_string(b"saltsalt"), writer.integer(200_000))


def string(text: str) -> bytes:
    """Return a new string."""
    return b"\x74" + java_utf(text)


def reference(number: int) -> bytes:
    """Return a reference to the handle of that number, counted from 0."""
    return b"\x71" + struct.pack(">i", 0x7E0000 + number)


def class_desc(
    name: str, *fields: bytes, flags: int = SERIALIZABLE, annotation: bytes = b"", above: bytes = NULL, count: int | None = None
) -> bytes:
    """Return the description of a class, which takes a handle before those of its fields' types."""
    number = struct.pack(">BH", flags, len(fields) if count is None else count)
    return b"\x72" + java_utf(name) + bytes(8) + number + b"".join(fields) + annotation + END + above


def field(code: str, name: str, kind: bytes = b"") -> bytes:
    """Return a field; `kind` is the string that names the type of one that holds a reference."""
    return code.encode("latin-1") + java_utf(name) + kind


def of_class(described: bytes, data: bytes = b"") -> bytes:
    """Return an object of a class."""
    return b"\x73" + described + data


def array(described: bytes, length: int, values: bytes) -> bytes:
    """Return an array."""
    return b"\x75" + described + struct.pack(">i", length) + values


def block(data: bytes) -> bytes:
    """Return a block of what a class wrote by itself."""
    if len(data) < 0x100:
        return b"\x77" + bytes((len(data),)) + data
    return b"\x7a" + struct.pack(">i", len(data)) + data


def octets(data: bytes, described: bytes | None = None) -> bytes:
    """Return an array of bytes, its class described or referred to."""
    return array(class_desc("[B") if described is None else described, len(data), data)


def sealed_key(content: bytes = b"sealed secret key", *, parameters: bytes = PARAMETERS, algorithm: str = ALGORITHM) -> bytes:
    """Return a secret key as JCEKS holds it, byte for byte in Java's own way."""
    above = class_desc(
        "javax.crypto.SealedObject",
        field("[", "encodedParams", string("[B")),
        field("[", "encryptedContent", reference(2)),
        field("L", "paramsAlg", string("Ljava/lang/String;")),
        field("L", "sealAlg", reference(3)),
    )
    described = class_desc("com.sun.crypto.provider.SealedObjectForKeyProtector", above=above)
    fields = octets(parameters) + octets(content, reference(5)) + string(algorithm) + string(algorithm)
    return STREAM + of_class(described, fields)


def jceks_secret(alias: str, stream: bytes | None = None, *, milliseconds: int = 0) -> bytes:
    """Return a secret key entry of a JCEKS store."""
    head = struct.pack(">i", 3) + java_utf(alias) + struct.pack(">q", milliseconds)
    return head + (sealed_key() if stream is None else stream)


def jceks(*entries: bytes, version: int = 2, password: str = PASSWORD) -> bytes:
    """Return a JCEKS store with its digest, of entries as a JKS store has them, or of secret keys."""
    return sealed(b"\xce\xce\xce\xce" + jks(*entries, version=version)[4:-20], password=password)
