"""
OpenSSL's TRUSTED CERTIFICATE: what stands behind the certificate, for which purposes it is trusted or rejected, and its name.

The structure is a CertAux: trust, [0] reject, alias, keyid, [1] other, all optional (openssl: crypto/x509/x_x509a.c). Here it is
octets, which are kept as they stand; a broken one says nothing but that the certificate is not trusted.
"""

from __future__ import annotations

from anchorkeep import tlv
from anchorkeep.errors import TLVError
from anchorkeep.formats import limits
from anchorkeep.tlv import reader, writer

_REJECTED = 0xA0
_LISTS = frozenset({reader.SEQUENCE, _REJECTED})
#: The purposes that speak of TLS servers: serverAuth, and anyExtendedKeyUsage.
_OF_SERVERS = frozenset({"1.3.6.1.5.5.7.3.1", "2.5.29.37.0"})


def alias(trust: bytes) -> str | None:
    """Return the name, None where there is none; one beyond the bound is cut off."""
    return next((member.text()[: limits.MAX_ALIAS] for member in _members(trust) if member.tag == reader.UTF8), None)


def renamed(trust: bytes, name: str | None) -> bytes:
    """Return it under another name, or without one; a broken one, which has no place for it, is returned as it is."""
    members = _members(trust)
    if not members:
        return trust
    before = (member.raw for member in members if member.tag in _LISTS)
    named = () if name is None else (writer.text(name),)
    behind = (member.raw for member in members if member.tag not in _LISTS | {reader.UTF8})
    return writer.sequence(*before, *named, *behind)


def has_purposes(trust: bytes) -> bool:
    """Return whether it lists purposes for which the certificate is trusted or rejected."""
    return any(member.tag in _LISTS for member in _members(trust))


def is_distrusted(trust: bytes) -> bool:
    """
    Tell whether a CertAux speaks against a TLS server's certificate, as OpenSSL's `obj_trust` does (x509_trust.c).

    One that rejects serverAuth or any purpose does; one that lists purposes trusts no others; a broken one vouches for nothing.
    """
    try:
        lists = [member for member in tlv.read(trust).children(reader.SEQUENCE) if member.tag in _LISTS]
        purposes = {member.tag: {node.expect(reader.OID).oid() for node in member.children()} for member in lists}
    except TLVError:
        return True
    if len(purposes) != len(lists):  # A second list of a kind would hide the first; OpenSSL writes none.
        return True
    rejected, trusted = purposes.get(_REJECTED, set()), purposes.get(reader.SEQUENCE)
    return bool(rejected & _OF_SERVERS) or (trusted is not None and not trusted & _OF_SERVERS)


def _members(trust: bytes) -> tuple[tlv.Node, ...]:
    try:
        return tlv.read(trust).children(reader.SEQUENCE) if trust else ()
    except TLVError:
        return ()
