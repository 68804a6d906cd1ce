"""Extensions of a certificate: the values that path building and naming need, decoded one by one (RFC 5280 §4.2.1)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from anchorkeep import tlv
from anchorkeep.errors import TLVError
from anchorkeep.model import oid
from anchorkeep.model.name import Name

#: General names read from one extension. CAs stop at 250 in a subjectAltName; hostile certificates do not.
MAX_GENERAL_NAMES = 4096

#: The bits of keyUsage, most significant first (RFC 5280 §4.2.1.3).
KEY_USAGES = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)
GENERAL_NAME_KINDS = (
    "otherName",
    "rfc822Name",
    "dNSName",
    "x400Address",
    "directoryName",
    "ediPartyName",
    "URI",
    "iPAddress",
    "registeredID",
)
# Those whose content is nodes; that of the others is octets.
_NESTED_KINDS = frozenset({"otherName", "x400Address", "directoryName", "ediPartyName"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """
    One extension as it stands.

    Attributes:
        oid: its identifier, dotted.
        critical: whether one who does not know it must refuse the certificate.
        value: the octets of extnValue.
    """

    oid: str
    critical: bool
    value: bytes

    @property
    def label(self) -> str:
        """The name the standard gives it, or the dotted form."""
        return oid.EXTENSIONS.get(self.oid, self.oid)


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicConstraints:
    """RFC 5280 §4.2.1.9: whether the subject is a CA and how many intermediates may follow (None: any number)."""

    is_ca: bool
    path_length: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralName:
    """
    RFC 5280 §4.2.1.6: one name of a subjectAltName or a constraint.

    Attributes:
        kind: `dNSName`, `iPAddress`, `directoryName`, ...
        value: the text; of an address its usual form (with `/` and the mask in a constraint), of a directory name its RFC 4514
            form.
        raw: the content octets.
    """

    kind: str
    value: str
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NameConstraints:
    """RFC 5280 §4.2.1.10: subtrees in which names of certificates below must lie, and subtrees in which none may."""

    permitted: tuple[GeneralName, ...]
    excluded: tuple[GeneralName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityKeyIdentifier:
    """RFC 5280 §4.2.1.1: by what the issuer's key can be found; each part may be missing."""

    key_identifier: bytes | None
    serial_number: int | None


def basic_constraints(value: bytes) -> BasicConstraints:
    """Decode basicConstraints."""
    is_ca, path_length = False, None
    for node in tlv.read(value).children(0x30):
        if node.tag == tlv.reader.BOOLEAN:
            is_ca = node.boolean()
        elif node.tag == tlv.reader.INTEGER:
            path_length = node.integer()
            if path_length < 0:
                message = f"A path length of {path_length}"
                raise TLVError(message, offset=node.start)
    return BasicConstraints(is_ca=is_ca, path_length=path_length)


def key_usage(value: bytes) -> frozenset[str]:
    """Decode keyUsage into the names of its bits."""
    bits = tlv.read(value).expect(tlv.reader.BIT_STRING).bits()
    return frozenset(
        name for index, name in enumerate(KEY_USAGES) if index // 8 < len(bits) and bits[index // 8] & (0x80 >> index % 8)
    )


def extended_key_usage(value: bytes) -> tuple[str, ...]:
    """Decode extKeyUsage into dotted identifiers, in their order."""
    return tuple(node.oid() for node in tlv.read(value).children(0x30))


def general_names(value: bytes) -> tuple[GeneralName, ...]:
    """Decode GeneralNames (subjectAltName, issuerAltName), in their order."""
    nodes = tlv.read(value).children(0x30)
    if len(nodes) > MAX_GENERAL_NAMES:
        message = f"{len(nodes)} names in one extension, expected at most {MAX_GENERAL_NAMES}"
        raise TLVError(message, offset=0)
    return tuple(general_name(node) for node in nodes)


def general_name(node: tlv.Node) -> GeneralName:
    """Decode one GeneralName from its node."""
    number = node.tag & 0x1F
    if not 0x80 <= node.tag < 0xC0 or number >= len(GENERAL_NAME_KINDS):  # noqa: PLR2004 (X.690 §8.1.2.2: context-specific)
        message = f"No kind of name has the tag 0x{node.tag:02x}"
        raise TLVError(message, offset=node.start)
    kind = GENERAL_NAME_KINDS[number]
    raw = node.content if kind in _NESTED_KINDS else node.octets()
    return GeneralName(kind=kind, value=_name_text(kind, node, raw), raw=raw)


def _name_text(kind: str, node: tlv.Node, raw: bytes) -> str:
    if kind in {"dNSName", "rfc822Name", "URI"}:
        # ASCII by the standard. Any other octet is read so that it can neither be lost nor, in lower case, become ASCII: as UTF-8
        # the Kelvin sign would become a `k`, and a name match that it must not.
        return raw.decode("latin-1")
    if kind == "iPAddress":
        return _address(raw)
    if kind == "directoryName":
        return str(Name(node.children(at_least=1)[0].raw))
    if kind == "registeredID":
        return node.oid()
    return "#" + raw.hex()


def _address(raw: bytes) -> str:
    if len(raw) in {4, 16}:
        return str(ipaddress.ip_address(raw))
    if len(raw) in {8, 32}:
        half = len(raw) // 2
        return f"{ipaddress.ip_address(raw[:half])}/{ipaddress.ip_address(raw[half:])}"
    return "#" + raw.hex()


def name_constraints(value: bytes) -> NameConstraints:
    """Decode nameConstraints; what holds more than RFC 5280 defines is refused, lest a constraint be passed over."""
    trees: dict[int, tuple[GeneralName, ...]] = {0xA0: (), 0xA1: ()}
    for node in tlv.read(value).children(0x30):
        if node.tag not in trees:
            message = f"Neither permitted nor excluded subtrees, but the tag 0x{node.tag:02x}"
            raise TLVError(message, offset=node.start)
        trees[node.tag] = tuple(_subtree(tree) for tree in node.children())
    return NameConstraints(permitted=trees[0xA0], excluded=trees[0xA1])


def _subtree(tree: tlv.Node) -> GeneralName:
    """Read a GeneralSubtree: §4.2.1.10 fixes its minimum at 0 and its maximum as absent, and has others rejected."""
    name, *distances = tree.children(0x30, at_least=1)
    if any(distance.tag != 0x80 or distance.integer() for distance in distances):  # noqa: PLR2004 ([0] minimum)
        message = "A subtree with a minimum or a maximum"
        raise TLVError(message, offset=tree.start)
    return general_name(name)


def subject_key_identifier(value: bytes) -> bytes:
    """Decode subjectKeyIdentifier."""
    return tlv.read(value).expect(tlv.reader.OCTET_STRING).octets()


def authority_key_identifier(value: bytes) -> AuthorityKeyIdentifier:
    """Decode authorityKeyIdentifier; the issuer's name in it is not read."""
    parts = {node.tag: node for node in tlv.read(value).children(0x30)}
    key, serial = parts.get(0x80), parts.get(0x82)
    return AuthorityKeyIdentifier(
        key_identifier=key.content if key else None,
        serial_number=serial.integer() if serial else None,
    )


def access_descriptions(value: bytes) -> tuple[tuple[str, GeneralName], ...]:
    """Decode authorityInfoAccess into pairs of access method (dotted) and location (RFC 5280 §4.2.2.1)."""
    pairs = [node.children(0x30, at_least=2) for node in tlv.read(value).children(0x30)]
    return tuple((method.oid(), general_name(location)) for method, location, *_ in pairs)


def distribution_points(value: bytes) -> tuple[GeneralName, ...]:
    """Decode the full names of cRLDistributionPoints (RFC 5280 §4.2.1.13)."""
    found: list[GeneralName] = []
    for point in tlv.read(value).children(0x30):
        for part in point.children():
            if part.tag == 0xA0:  # noqa: PLR2004 ([0] distributionPoint)
                full = [node for node in part.children(at_least=1) if node.tag == 0xA0]  # noqa: PLR2004 ([0] fullName)
                found += [general_name(name) for names in full for name in names.children()]
    return tuple(found)


def policies(value: bytes) -> tuple[str, ...]:
    """Decode certificatePolicies into dotted identifiers; qualifiers are not read."""
    return tuple(node.children(0x30, at_least=1)[0].oid() for node in tlv.read(value).children(0x30))
