"""Extensions of certificates as keytool prints them; one that it does not know it prints as its octets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep import tlv
from anchorkeep.cli import keytool_name
from anchorkeep.errors import TLVError
from anchorkeep.model import extension as extensions
from anchorkeep.model.extension import KEY_USAGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.extension import Extension, GeneralName

_ROW = 16
_HALF = 8
#: Octets that Java shows as characters; braces and what follows are none of them.
_FIRST, _LAST = ord(" "), ord("z")
#: Java's name of each extension that it knows, by which it sorts them.
_NAMES = {
    "1.3.6.1.5.5.7.1.1": "AuthorityInfoAccess",
    "1.3.6.1.5.5.7.1.11": "SubjectInfoAccess",
    "1.3.6.1.5.5.7.48.1.5": "OCSPNoCheck",
    "2.5.29.9": "2.5.29.9",
    "2.5.29.14": "SubjectKeyIdentifier",
    "2.5.29.15": "KeyUsage",
    "2.5.29.16": "PrivateKeyUsage",
    "2.5.29.17": "SubjectAlternativeName",
    "2.5.29.18": "IssuerAlternativeName",
    "2.5.29.19": "BasicConstraints",
    "2.5.29.30": "NameConstraints",
    "2.5.29.31": "CRLDistributionPoints",
    "2.5.29.32": "CertificatePolicies",
    "2.5.29.33": "PolicyMappings",
    "2.5.29.35": "AuthorityKeyIdentifier",
    "2.5.29.36": "PolicyConstraints",
    "2.5.29.37": "ExtendedKeyUsage",
    "2.5.29.46": "FreshestCRL",
    "2.5.29.54": "InhibitAnyPolicy",
    "2.16.840.1.113730.1.1": "NetscapeCertType",
}
_USAGES = (
    *("DigitalSignature", "Non_repudiation", "Key_Encipherment", "Data_Encipherment", "Key_Agreement", "Key_CertSign"),
    *("Crl_Sign", "Encipher_Only", "Decipher_Only"),
)
_PURPOSES = {
    "2.5.29.37.0": "anyExtendedKeyUsage",
    "1.3.6.1.5.5.7.3.1": "serverAuth",
    "1.3.6.1.5.5.7.3.2": "clientAuth",
    "1.3.6.1.5.5.7.3.3": "codeSigning",
    "1.3.6.1.5.5.7.3.4": "emailProtection",
    "1.3.6.1.5.5.7.3.5": "ipsecEndSystem",
    "1.3.6.1.5.5.7.3.6": "ipsecTunnel",
    "1.3.6.1.5.5.7.3.7": "ipsecUser",
    "1.3.6.1.5.5.7.3.8": "timeStamping",
    "1.3.6.1.5.5.7.3.9": "OCSPSigning",
    "1.3.6.1.4.1.311.10.3.3": "MICROSOFT_ExportApproved",
}
_ACCESS = {"1.3.6.1.5.5.7.48.1": "ocsp", "1.3.6.1.5.5.7.48.2": "caIssuers", "1.3.6.1.5.5.7.48.5": "caRepository"}
_NETSCAPE = (*("SSL client", "SSL server", "S/MIME", "Object Signing", "Reserved", "SSL CA", "S/MIME CA", "Object Signing CA"),)


def described(certificate: Certificate) -> list[str]:
    """Return the lines of all extensions, numbered in Java's order; empty where there is none. Safe to print."""
    ordered = sorted(certificate.extensions, key=lambda item: _NAMES.get(item.oid, item.oid))
    lines = ["", "Extensions: ", ""] if ordered else []
    for number, item in enumerate(ordered, start=1):
        lines.append(f"#{number}: ObjectId: {item.oid} Criticality={str(item.critical).lower()}")
        lines += [*_body(item), ""]
    return lines


def hexdump(data: bytes) -> list[str]:
    """Return octets in hex and ASCII, 16 a line."""
    return [_row(start, data[start : start + _ROW]) for start in range(0, len(data), _ROW)]


def _row(start: int, part: bytes) -> str:
    cells = [f"{octet:02X} " for octet in part] + ["   "] * (_ROW - len(part))
    shown = "".join(chr(octet) if _FIRST <= octet <= _LAST else "." for octet in part)
    return f"{start:04X}: {''.join(cells[:_HALF])}  {''.join(cells[_HALF:])} {shown}"


def _body(item: Extension) -> list[str]:
    write = _WRITERS.get(item.oid)
    if write is not None:
        try:
            return write(item.value)
        except TLVError:
            pass
    return [*hexdump(item.value), ""]


def _key_identifier(octets: bytes) -> list[str]:
    return ["KeyIdentifier [", *hexdump(octets), "]"]


def _subject_key(value: bytes) -> list[str]:
    return ["SubjectKeyIdentifier [", *_key_identifier(extensions.subject_key_identifier(value)), "]"]


def _authority_key(value: bytes) -> list[str]:
    lines = ["AuthorityKeyIdentifier ["]
    for node in tlv.read(value).children(0x30):
        match node.tag & 0x1F:
            case 0:
                lines += _key_identifier(node.octets())
            case 1:
                names = ", ".join(keytool_name.general(extensions.general_name(name)) for name in node.children())
                lines.append(f"[{names}]")
            case _:
                lines.append(f"SerialNumber: {node.octets().hex(':')}")
    return [*lines, "]"]


def _basic_constraints(value: bytes) -> list[str]:
    found = extensions.basic_constraints(value)
    length = f"{found.path_length}" if found.path_length is not None else (" no limit" if found.is_ca else " undefined")
    return ["BasicConstraints:[", f"  CA:{str(found.is_ca).lower()}", f"  PathLen:{length}", "]"]


def _key_usage(value: bytes) -> list[str]:
    uses = extensions.key_usage(value)
    return ["KeyUsage [", *(f"  {shown}" for name, shown in zip(KEY_USAGES, _USAGES, strict=True) if name in uses), "]"]


def _purposes(value: bytes) -> list[str]:
    found = extensions.extended_key_usage(value)
    return ["ExtendedKeyUsages [", *(f"  {_PURPOSES.get(dotted, dotted)}" for dotted in found), "]"]


def _alternatives(title: str) -> Callable[[bytes], list[str]]:
    def write(value: bytes) -> list[str]:
        names = (keytool_name.general(name) for name in extensions.general_names(value))
        return [f"{title} [", *(f"  {name}" for name in names), "]"]

    return write


def _access(title: str) -> Callable[[bytes], list[str]]:
    def write(value: bytes) -> list[str]:
        lines: list[str] = []
        for method, location in extensions.access_descriptions(value):
            lines += [", "] if lines else []
            lines += [f"   accessMethod: {_ACCESS.get(method, method)}", f"   accessLocation: {keytool_name.general(location)}"]
        return [f"{title} [", "  [", *lines, "]", "]"]

    return write


def _points(title: str) -> Callable[[bytes], list[str]]:
    def write(value: bytes) -> list[str]:
        points = [line for node in tlv.read(value).children(0x30) for line in [", DistributionPoint:", *_point(node)]]
        return [f"{title} [", "  [DistributionPoint:", *points[1:], "]]"]

    return write


def _point(node: tlv.Node) -> list[str]:
    lines: list[str] = []
    for part in node.children(0x30):
        if part.tag & 0x1F == 0:
            for named in part.children():
                names = ", ".join(keytool_name.general(extensions.general_name(name)) for name in named.children())
                lines.append(f"     [{names}]")
    return lines


def _policies(value: bytes) -> list[str]:
    lines = ["CertificatePolicies ["]
    for node in tlv.read(value).children(0x30):
        kind, *qualifiers = node.children(0x30, at_least=1)
        lines.append(f"  [CertificatePolicyId: [{kind.oid()}]")
        infos = [_qualifier(info) for holder in qualifiers for info in holder.children(0x30)]
        text = ", ".join("\n".join(info) for info in infos)
        lines += f"[{text}]  ]".split("\n")
    return [*lines, "]"]


def _qualifier(node: tlv.Node) -> list[str]:
    kind, value = node.children(0x30, at_least=2)[:2]
    return ["PolicyQualifierInfo: [", f"  qualifierID: {kind.oid()}", *_first_indented(hexdump(value.raw)), "", "]"]


def _first_indented(lines: list[str]) -> list[str]:
    return [f"  qualifier: {lines[0]}", *lines[1:]]


def _name_constraints(value: bytes) -> list[str]:
    found = extensions.name_constraints(value)
    lines = ["NameConstraints: ["]
    for title, names in (("Permitted", found.permitted), ("Excluded", found.excluded)):
        if names:
            lines += [f"    {title}:   GeneralSubtrees:", "[", *(line for name in names for line in _subtree(name)), "]", ""]
    # Java closes the extension in the line that follows the last subtree.
    return [*lines[:-1], "   ]"]


def _subtree(name: GeneralName) -> list[str]:
    shown = keytool_name.general(name)
    return ["   GeneralSubtree: [", f"    GeneralName: {shown}", "    Minimum: 0", "    Maximum: undefined    ]"]


def _policy_constraints(value: bytes) -> list[str]:
    found = {node.tag & 0x1F: int.from_bytes(node.octets(), "big") for node in tlv.read(value).children(0x30)}
    require, inhibit = (found.get(number, "unspecified") for number in (0, 1))
    return [f"PolicyConstraints: [  Require: {require};\tInhibit: {inhibit} ]"]


def _netscape(value: bytes) -> list[str]:
    octets = tlv.read(value).bits()
    bits = "".join(f"{octet:08b}" for octet in octets)
    return ["NetscapeCertType [", *(f"   {name}" for name, bit in zip(_NETSCAPE, bits, strict=False) if bit == "1"), "]"]


_WRITERS: dict[str, Callable[[bytes], list[str]]] = {
    "1.3.6.1.5.5.7.1.1": _access("AuthorityInfoAccess"),
    "1.3.6.1.5.5.7.1.11": _access("SubjectInfoAccess"),
    "2.5.29.14": _subject_key,
    "2.5.29.15": _key_usage,
    "2.5.29.17": _alternatives("SubjectAlternativeName"),
    "2.5.29.18": _alternatives("IssuerAlternativeName"),
    "2.5.29.19": _basic_constraints,
    "2.5.29.30": _name_constraints,
    "2.5.29.31": _points("CRLDistributionPoints"),
    "2.5.29.32": _policies,
    "2.5.29.36": _policy_constraints,
    "2.5.29.35": _authority_key,
    "2.5.29.37": _purposes,
    "2.5.29.46": _points("FreshestCRL"),
    "2.16.840.1.113730.1.1": _netscape,
}
