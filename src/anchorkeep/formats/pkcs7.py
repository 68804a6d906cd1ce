"""
Read and write the certificates of PKCS#7 and CMS signed data: the .p7b and .p7c files of Windows and of CAs.

Rules kept here:
- each certificate is cut out and put in byte for byte;
- the order is kept. DER would sort the SET (X.690 §11.6), but the structure need not be DER (RFC 5652 §5.1) and a
  chain's order tells its reader something;
- signatures are not looked at: the certificates are merely carried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep import tlv
from anchorkeep.errors import StoreFormatError, TLVError, UnsupportedFormatError
from anchorkeep.formats import limits
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import TrustedCertEntry, TrustStore
from anchorkeep.tlv import reader, writer

if TYPE_CHECKING:
    from collections.abc import Sequence

_DATA = "1.2.840.113549.1.7.1"
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_EXPLICIT_0 = 0xA0
_CERTIFICATES = 0xA0


def loads(data: bytes, *, name: str) -> TrustStore:
    """
    Read the certificates of signed data (RFC 2315 §9.1, RFC 5652 §5.1) in DER or BER, in the file's order.

    Args:
        data: the file's bytes.
        name: what to call the file, printable.

    Raises:
        UnsupportedFormatError: it carries attribute certificates.
        StoreFormatError: it is broken or carries no certificate.
    """
    try:
        nodes = _certificates(tlv.read(data), name=name)
    except TLVError as error:
        raise StoreFormatError(f"{name}: the PKCS#7 structure is broken: {error.message}.") from None
    if not nodes:
        raise StoreFormatError(f"{name}: this PKCS#7 file holds no certificate.")
    entries = tuple(TrustedCertEntry(certificate=Certificate(node.raw)) for node in nodes)
    return TrustStore(format="pkcs7", entries=entries)


def dumps(certificates: Sequence[Certificate]) -> bytes:
    """
    Return signed data without a signer that carries the certificates in their order ("degenerate", RFC 2315 §9.1).

    Raises:
        StoreFormatError: one of them is no single ASN.1 structure and would break the file.
    """
    for number, certificate in enumerate(certificates, start=1):
        _raise_for_loose_bytes(certificate, number=number)
    signed_data = writer.sequence(
        writer.integer(1),
        writer.set_of(),
        writer.sequence(writer.oid(_DATA)),
        writer.explicit(0, *(certificate.der for certificate in certificates)),
        writer.set_of(),
    )
    return writer.sequence(writer.oid(_SIGNED_DATA), writer.explicit(0, signed_data))


def _certificates(content_info: tlv.Node, *, name: str) -> list[tlv.Node]:
    kind, content = content_info.children(reader.SEQUENCE, at_least=2)[:2]
    if kind.oid() != _SIGNED_DATA:
        raise UnsupportedFormatError(f"{name}: this PKCS#7 file is not signed data but {kind.oid()}.")
    signed_data = content.children(_EXPLICIT_0, at_least=1)[0]
    # version, digestAlgorithms and encapContentInfo come first, then [0] certificates if there are any.
    optional = signed_data.children(reader.SEQUENCE, at_least=4)[3]
    if optional.tag != _CERTIFICATES:
        return []
    nodes: list[tlv.Node] = []
    for node in optional.iterate():
        if node.tag != reader.SEQUENCE:
            message = f"{name}: certificate {len(nodes) + 1} of this PKCS#7 file is no X.509 certificate."
            raise UnsupportedFormatError(message, remedy="Attribute certificates are not read.")
        nodes.append(node)
        if len(nodes) > limits.MAX_ENTRIES:
            raise StoreFormatError(f"{name}: more than {limits.MAX_ENTRIES:,} certificates.")
    return nodes


def _raise_for_loose_bytes(certificate: Certificate, *, number: int) -> None:
    try:
        tlv.read(certificate.der).expect(reader.SEQUENCE)
    except TLVError as error:
        message = f"Certificate {number} ({certificate.title}) cannot be put into PKCS#7: {error.message}."
        raise StoreFormatError(message, remedy="Leave it out, or export as PEM.") from None
