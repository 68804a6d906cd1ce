"""
OpenSSL's purpose `sslserver`: whether every certificate of a path may stand where it stands (X509_check_purpose(3)).

Which CAs are CAs at all the library itself decides, purpose or not. What the purpose adds: extended key usages, of the anchor
too; the leaf's key usage; and Netscape's certificate type, which some private CAs still write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep import tlv
from anchorkeep.errors import TLVError
from anchorkeep.model import oid
from anchorkeep.model.verdict import Kind, Reason

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate

#: "Server gated crypto" OpenSSL takes for serverAuth, anyExtendedKeyUsage it does not.
_SERVER = frozenset({oid.SERVER_AUTH, *oid.SERVER_GATED})
_TLS_KEY_USAGE = frozenset({"digitalSignature", "keyEncipherment", "keyAgreement"})
_NETSCAPE_TYPE = "2.16.840.1.113730.1.1"
#: The bits of Netscape's type in its first octet: SSL server, SSL CA.
_NETSCAPE_SERVER = 0x40
_NETSCAPE_TLS_CA = 0x04


def problem(certificate: Certificate, *, is_leaf: bool) -> Reason | None:
    """
    Return why a certificate of a path does not serve a TLS server, None when it does.

    Raises:
        CertificateError: an extension cannot be read.
    """
    purposes = certificate.extended_key_usage
    if purposes is not None and not _SERVER.intersection(purposes):
        return Reason(kind=Kind.WRONG_PURPOSE, message="Its extended key usage lacks serverAuth.", certificate=certificate)
    kinds = _netscape_type(certificate)
    if not is_leaf:
        has_other_sign = (
            certificate.basic_constraints is not None or certificate.key_usage is not None or certificate.version == 1
        )
        if kinds is not None and not has_other_sign and not kinds & _NETSCAPE_TLS_CA:
            return Reason(kind=Kind.WRONG_PURPOSE, message="It is no CA for TLS by its Netscape type.", certificate=certificate)
        return None
    if kinds is not None and not kinds & _NETSCAPE_SERVER:
        return Reason(kind=Kind.WRONG_PURPOSE, message="It is for no TLS server by its Netscape type.", certificate=certificate)
    usage = certificate.key_usage
    if usage is not None and not usage & _TLS_KEY_USAGE:
        message = "Its key usage has none of digitalSignature, keyEncipherment and keyAgreement."
        return Reason(kind=Kind.WRONG_PURPOSE, message=message, certificate=certificate)
    return None


def _netscape_type(certificate: Certificate) -> int | None:
    """Read the first octet of Netscape's certificate type, None where there is none."""
    found = certificate.extension(_NETSCAPE_TYPE)
    if found is None:
        return None
    try:
        octets = tlv.read(found.value).expect(tlv.reader.BIT_STRING).content[1:]
    except TLVError:
        return 0
    return octets[0] if octets else 0
