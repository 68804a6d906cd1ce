"""Distinguished names and general names as Java prints them."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from anchorkeep import tlv
from anchorkeep.errors import TLVError
from anchorkeep.model.name import Name
from anchorkeep.text import visible
from anchorkeep.tlv import writer

if TYPE_CHECKING:
    from anchorkeep.model.extension import GeneralName

#: Characters of a name that are shown; none that is honest comes near.
_LIMIT = 4_000
_KEYWORDS = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SURNAME",
    "2.5.4.5": "SERIALNUMBER",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "T",
    "2.5.4.42": "GIVENNAME",
    "2.5.4.43": "INITIALS",
    "2.5.4.44": "GENERATION",
    "2.5.4.46": "DNQ",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "EMAILADDRESS",
}
#: Characters for which Java puts a value into quotes.
_SPECIAL = frozenset(',+=\n<>#;\\"')
_KINDS = {
    "rfc822Name": "RFC822Name",
    "dNSName": "DNSName",
    "URI": "URIName",
    "iPAddress": "IPAddress",
    "registeredID": "OIDName",
}


def text(name: Name) -> str:
    """Return a distinguished name, the most specific part first; safe to print."""
    try:
        parts = [_relative(node) for node in tlv.read(name.der).children(0x30)]
    except TLVError:
        return visible(str(name), limit=_LIMIT)
    return ", ".join(reversed(parts))


def general(name: GeneralName) -> str:
    """Return a general name with its kind before it; safe to print."""
    if name.kind == "directoryName":
        return text(Name(name.raw))
    if name.kind == "iPAddress" and ":" in name.value:
        return f"IPAddress: {'/'.join(map(_address, name.value.split('/')))}"
    return f"{_KINDS.get(name.kind, 'Other-Name')}: {visible(name.value, limit=_LIMIT)}"


def _address(text_: str) -> str:
    """Return an IPv6 address as Java does, with every group and no leading zeros."""
    return ":".join(f"{int(group, 16):x}" for group in ipaddress.ip_address(text_).exploded.split(":"))


def _relative(node: tlv.Node) -> str:
    attributes = (Name(_alone(pair)).attributes[0] for pair in node.children(0x31))
    return " + ".join(f"{_KEYWORDS.get(item.oid, f'OID.{item.oid}')}={_quoted(item.value)}" for item in attributes)


def _alone(pair: tlv.Node) -> bytes:
    """Return a name of this one attribute."""
    return writer.sequence(writer.set_of(pair.raw))


def _quoted(value: str) -> str:
    shown = visible(value, limit=_LIMIT)
    if not (_SPECIAL & set(value) or value != value.strip(" ") or "  " in value):
        return shown
    return '"' + shown.replace('"', '\\"') + '"'
