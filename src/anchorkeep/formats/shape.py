"""
Tell what a DER or BER structure is from its outermost nodes, without reading it.

Rules kept here:
- only the first parts are looked at, so that telling costs the same for a small and a large file;
- a structure that is not known is None, never a guess.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import islice

from anchorkeep import tlv
from anchorkeep.errors import TLVError
from anchorkeep.tlv import reader

PKCS7_ARC = "1.2.840.113549.1.7."
SIGNED_DATA = PKCS7_ARC + "2"

# Parts that are looked at; TBSCertificate and TBSCertList differ at the third or fourth.
_PARTS = 4
_PFX_VERSION = 3  # RFC 7292 §4
_IMPLICIT_0 = 0xA0


class Shape(StrEnum):
    """What a structure is."""

    CERTIFICATE = "a certificate"
    PKCS7 = "a PKCS#7 signed data"
    OTHER_PKCS7 = "a PKCS#7 message without certificates (not signed data)"
    PKCS12 = "a PKCS#12 store"
    BCFKS = "a Bouncy Castle FIPS store (BCFKS)"
    CRL = "a certificate revocation list (CRL)"
    CSR = "a certificate request (CSR)"
    PRIVATE_KEY = "a private key"
    ENCRYPTED_PRIVATE_KEY = "an encrypted private key"
    PUBLIC_KEY = "a public key without a certificate"


def of(data: bytes) -> Shape | None:
    """Return what the structure at the start of `data` is, None where it is none that is known, or broken."""
    try:
        return _of(tlv.read_prefix(data))
    except TLVError:
        return None


def _of(node: tlv.Node) -> Shape | None:
    parts = _first(node) if node.tag == reader.SEQUENCE else []
    match tuple(part.tag for part in parts):
        case (reader.OID, *_):
            return _content_info(parts[0].oid())
        case (reader.INTEGER, *_):
            return _numbered(parts)
        case (reader.SEQUENCE, reader.SEQUENCE, reader.BIT_STRING):
            return _signed(_first(parts[0]))
        case (reader.SEQUENCE, reader.OCTET_STRING | reader.BIT_STRING as content) if _is_algorithm(parts[0]):
            return Shape.PUBLIC_KEY if content == reader.BIT_STRING else Shape.ENCRYPTED_PRIVATE_KEY
        case (reader.SEQUENCE, reader.SEQUENCE) if _is_sealed(parts[0]) and _is_check(parts[1]):
            return Shape.BCFKS
        case _:
            return None


def _content_info(dotted: str) -> Shape | None:
    """Tell a ContentInfo (RFC 5652 §3) by its type."""
    if dotted == SIGNED_DATA:
        return Shape.PKCS7
    return Shape.OTHER_PKCS7 if dotted.startswith(PKCS7_ARC) else None


def _numbered(parts: list[tlv.Node]) -> Shape | None:
    """Tell what begins with a version: PFX, and private keys (RFC 5958 §2, RFC 8017 A.1.2, RFC 5915 §3)."""
    match tuple(part.tag for part in parts[1:3]):
        case (reader.SEQUENCE, reader.OCTET_STRING) if _is_algorithm(parts[1]):
            return Shape.PRIVATE_KEY
        case (reader.SEQUENCE, *_) if parts[0].integer() == _PFX_VERSION and _is_algorithm(parts[1]):
            return Shape.PKCS12
        case (reader.INTEGER, reader.INTEGER) | (reader.OCTET_STRING, *_):
            return Shape.PRIVATE_KEY
        case _:
            return None


def _signed(parts: list[tlv.Node]) -> Shape:
    """Tell apart what is signed: a certificate, a request (RFC 2986 §4.1) or a CRL (RFC 5280 §5.1)."""
    tags = [part.tag for part in parts]
    if any(tag in {reader.UTC_TIME, reader.GENERALIZED_TIME} for tag in tags):
        return Shape.CRL
    if tags == [reader.INTEGER, reader.SEQUENCE, reader.SEQUENCE, _IMPLICIT_0]:
        return Shape.CSR
    return Shape.CERTIFICATE


def _is_algorithm(node: tlv.Node) -> bool:
    """Whether the node begins with an identifier, as AlgorithmIdentifier and ContentInfo do."""
    first = _first(node)
    return bool(first) and first[0].tag == reader.OID


def _is_sealed(node: tlv.Node) -> bool:
    """Whether the node is an algorithm and octets, as EncryptedPrivateKeyInfo and the EncryptedObjectStoreData of BCFKS."""
    parts = _first(node)
    return [part.tag for part in parts] == [reader.SEQUENCE, reader.OCTET_STRING] and _is_algorithm(parts[0])


def _is_check(node: tlv.Node) -> bool:
    """Whether the node is the PbkdMacIntegrityCheck of BCFKS: a MAC's algorithm, a derivation's, and the code."""
    parts = _first(node)
    tags = [part.tag for part in parts]
    return tags == [reader.SEQUENCE, reader.SEQUENCE, reader.OCTET_STRING] and all(map(_is_algorithm, parts[:2]))


def _first(node: tlv.Node) -> list[tlv.Node]:
    return list(islice(node.iterate(), _PARTS))
