from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.errors import TLVError
from anchorkeep.model import extension, oid
from anchorkeep.model.extension import BasicConstraints, Extension, GeneralName
from anchorkeep.tlv import writer
from tests.peers.samples import name

CA = writer.boolean(True)  # noqa: FBT003 (the value is all there is)
DNS = writer.implicit(2, b"a.example")
DECODERS: list[Callable[[bytes], Any]] = [
    extension.basic_constraints,
    extension.key_usage,
    extension.extended_key_usage,
    extension.general_names,
    extension.name_constraints,
    extension.subject_key_identifier,
    extension.authority_key_identifier,
    extension.access_descriptions,
    extension.distribution_points,
    extension.policies,
]
NODES = st.recursive(
    st.binary(max_size=6).flatmap(
        lambda content: st.sampled_from([0, 1, 2, 3, 4, 5, 6, 0x13, 0x80, 0x82, 0x86, 0x87, 0x88, 0xC2]).map(
            lambda tag: writer.encode(tag, content)
        )
    ),
    lambda nodes: st.tuples(st.sampled_from([0x30, 0x31, 0xA0, 0xA1, 0xA4]), st.lists(nodes, max_size=4)).map(
        lambda pair: writer.encode(pair[0], *pair[1])
    ),
    max_leaves=8,
)


def names(*nodes: bytes) -> list[tuple[str, str]]:
    """Return kind and value of general names."""
    return [(item.kind, item.value) for item in extension.general_names(writer.sequence(*nodes))]


@pytest.mark.parametrize("decode", DECODERS, ids=lambda decode: decode.__name__)
@given(data=st.one_of(NODES, st.binary(max_size=40)))
def test_any_bytes_are_a_value_or_an_error(decode: Callable[[bytes], Any], data: bytes) -> None:
    """Any bytes in an extension give its value or a TLVError, nothing else."""
    try:
        value = decode(data)
    except TLVError:
        return
    hash(value)


def test_known_extension_has_its_name() -> None:
    """An extension is called by the standard's name, or by its number where there is none."""
    assert Extension(oid=oid.KEY_USAGE, critical=True, value=b"").label == "keyUsage"
    assert Extension(oid="1.2.3.4", critical=True, value=b"").label == "1.2.3.4"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((), (False, None)),
        ((CA,), (True, None)),
        ((CA, writer.integer(0)), (True, 0)),
        ((writer.integer(3),), (False, 3)),
    ],
)
def test_basic_constraints(parts: tuple[bytes, ...], expected: tuple[bool, int | None]) -> None:
    """No cA is no CA, and no path length is any number, which 0 is not."""
    value = extension.basic_constraints(writer.sequence(*parts))
    assert value == BasicConstraints(is_ca=expected[0], path_length=expected[1])


def test_negative_path_length_is_refused() -> None:
    """A path length below zero is refused, as OpenSSL refuses it."""
    with pytest.raises(TLVError, match="path length of -1"):
        extension.basic_constraints(writer.sequence(CA, writer.integer(-1)))


@pytest.mark.parametrize(
    ("bits", "expected"),
    [
        (b"", set()),
        (b"\x80", {"digitalSignature"}),
        (b"\x06", {"keyCertSign", "cRLSign"}),
        (b"\x00\x80", {"decipherOnly"}),
        (b"\xff\xff\xff", set(extension.KEY_USAGES)),
    ],
)
def test_key_usage(bits: bytes, expected: set[str]) -> None:
    """The bits of keyUsage have their names, over two octets; bits without a name are left."""
    assert extension.key_usage(writer.bit_string(bits)) == expected


@pytest.mark.parametrize(
    ("node", "kind", "value"),
    [
        (DNS, "dNSName", "a.example"),
        (writer.implicit(2, b"a\nb"), "dNSName", "a\nb"),
        (writer.implicit(2, b"\xc3\xa9"), "dNSName", "Ã©"),
        (writer.implicit(1, b"a@b"), "rfc822Name", "a@b"),
        (writer.implicit(6, b"http://a"), "URI", "http://a"),
        (writer.implicit(7, bytes((192, 0, 2, 1))), "iPAddress", "192.0.2.1"),
        (writer.implicit(7, bytes(15) + b"\1"), "iPAddress", "::1"),
        (writer.implicit(7, bytes((10, 0, 0, 0, 255, 0, 0, 0))), "iPAddress", "10.0.0.0/255.0.0.0"),
        (writer.implicit(7, bytes(32)), "iPAddress", "::/::"),
        (writer.implicit(7, b"abc"), "iPAddress", "#616263"),
        (writer.implicit(8, b"\x2a\x03"), "registeredID", "1.2.3"),
        (writer.explicit(0, writer.oid("1.2.3")), "otherName", "#06022a03"),
        (writer.explicit(4, name((("2.5.4.3", writer.text("a\nb")),)).der), "directoryName", "CN=a\\nb"),
        (writer.explicit(2, writer.octet_string(b"a."), writer.octet_string(b"example")), "dNSName", "a.example"),
    ],
)
def test_general_name(node: bytes, kind: str, value: str) -> None:
    """Every kind of name has its usual text; a broken address or a foreign kind is hex."""
    assert names(node) == [(kind, value)]


@pytest.mark.parametrize("tag", [0x02, 0x30, 0x89, 0xC2, 0x1F22])
def test_name_of_no_kind_is_refused(tag: int) -> None:
    """A node that is no context-specific tag from 0 to 8 is no name, also where its number would fit."""
    header = tag.to_bytes(2, "big") if tag > 0xFF else bytes((tag,))
    with pytest.raises(TLVError, match="No kind of name"):
        names(header + b"\x01a")


def test_name_outside_ascii_never_becomes_ascii() -> None:
    """A name with the Kelvin sign does not become the name with a `k` in lower case."""
    ((_, value),) = names(writer.implicit(2, "\u212aelvin.example".encode()))
    assert not value.lower().isascii()


def test_number_of_names_is_bounded() -> None:
    """4,096 names are read, one more is refused."""
    assert len(names(*([DNS] * 4_096))) == 4_096
    with pytest.raises(TLVError, match="4097 names in one extension"):
        names(*([DNS] * 4_097))


def test_name_constraints() -> None:
    """Permitted and excluded subtrees are kept apart, each may be missing."""
    tree = writer.sequence(DNS)
    permitted = extension.name_constraints(writer.sequence(writer.explicit(0, tree)))
    excluded = extension.name_constraints(writer.sequence(writer.explicit(1, tree, tree)))
    expected = GeneralName(kind="dNSName", value="a.example", raw=b"a.example")
    assert (permitted.permitted, permitted.excluded) == ((expected,), ())
    assert (excluded.permitted, excluded.excluded) == ((), (expected, expected))


def test_authority_key_identifier() -> None:
    """Key identifier and serial number are read, and each may be missing."""
    both = extension.authority_key_identifier(writer.sequence(writer.implicit(0, b"key"), writer.implicit(2, b"\x05")))
    neither = extension.authority_key_identifier(writer.sequence())
    assert (both.key_identifier, both.serial_number) == (b"key", 5)
    assert (neither.key_identifier, neither.serial_number) == (None, None)


def test_access_descriptions() -> None:
    """Places to ask are read with their method, in order."""
    pair = writer.sequence(writer.oid(oid.CA_ISSUERS), writer.implicit(6, b"http://a"))
    ((method, place),) = extension.access_descriptions(writer.sequence(pair))
    assert (method, place.value) == (oid.CA_ISSUERS, "http://a")


def test_distribution_points() -> None:
    """Full names of distribution points are read; names relative to the issuer and reasons are left."""
    full = writer.explicit(0, writer.explicit(0, writer.implicit(6, b"http://a"), writer.implicit(6, b"http://b")))
    relative = writer.explicit(0, writer.explicit(1, writer.NULL))
    points = (writer.sequence(full, writer.implicit(1, b"\0")), writer.sequence(relative), writer.sequence())
    found = extension.distribution_points(writer.sequence(*points))
    assert [item.value for item in found] == ["http://a", "http://b"]


def test_policies() -> None:
    """Policies are read in order, with their qualifiers left."""
    items = [writer.sequence(writer.oid("2.23.140.1.2.1"), writer.sequence()), writer.sequence(writer.oid("2.5.29.32.0"))]
    assert extension.policies(writer.sequence(*items)) == ("2.23.140.1.2.1", "2.5.29.32.0")


def test_purposes_and_key_identifier() -> None:
    """Purposes keep their order, and the identifier of a key is its octets."""
    purposes = writer.sequence(writer.oid(oid.SERVER_AUTH), writer.oid(oid.ANY_EXTENDED_KEY_USAGE))
    assert extension.extended_key_usage(purposes) == (oid.SERVER_AUTH, oid.ANY_EXTENDED_KEY_USAGE)
    assert extension.subject_key_identifier(writer.octet_string(b"id")) == b"id"
