"""
Read and write the certificates of PKCS#7 and CMS signed data: the .p7b and .p7c files of Windows and of CAs.

Rules kept here:
- each certificate is cut out and put in byte for byte;
- the order is kept. DER would sort the SET (X.690 §11.6), but the structure need not be DER (RFC 5652 §5.1) and a
  chain's order tells its reader something;
- signatures are not looked at: the certificates are merely carried;
- what else signed data holds, as revocation lists and signers, is kept byte for byte. No signature is over the certificates
  (RFC 5652 §5.4), so that one may come or go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from anchorkeep import tlv
from anchorkeep.errors import StoreFormatError, TLVError, UnsupportedFormatError
from anchorkeep.formats import capability, limits
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import TrustedCertEntry, TrustStore
from anchorkeep.tlv import reader, writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anchorkeep.formats.recipe import Recipe

_DATA = "1.2.840.113549.1.7.1"
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_EXPLICIT_0 = 0xA0
_CERTIFICATES = 0xA0
_LISTS = 0xA1


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
        native, nodes = _parts(data, name=name)
    except TLVError as error:
        raise StoreFormatError(f"{name}: the PKCS#7 structure is broken: {error.message}.") from None
    if not nodes:
        raise StoreFormatError(f"{name}: this PKCS#7 file holds no certificate.")
    entries = tuple(TrustedCertEntry(certificate=Certificate(node.raw)) for node in nodes)
    return TrustStore(format="pkcs7", entries=entries, native=native)


def dump(store: TrustStore, recipe: Recipe) -> bytes:  # noqa: ARG001 (nothing here is protected or dated)
    """
    Return signed data with the store's certificates in their order, and all else that its file held.

    Raises:
        UnsupportedEntryError: an entry that is no certificate.
        StoreFormatError: as `dumps`.
    """
    certificates = [entry.certificate for entry in capability.certificates(store.entries, format="pkcs7")]
    native = store.native
    if not isinstance(native, _File):
        return dumps(certificates)
    written = b"".join(certificate.der for certificate in certificates)
    if written == native.certificates:
        return native.data
    for number, certificate in enumerate(certificates, start=1):
        _raise_for_loose_bytes(certificate, number=number)
    return _content_info(native.before, writer.explicit(0, written), native.behind)


def besides(store: TrustStore) -> tuple[str, ...]:
    """Return what the file holds beside certificates, as revocation lists and signatures; a phrase each, safe to print."""
    if not isinstance(store.native, _File):
        return ()
    _, _, content = tlv.read(writer.sequence(store.native.before)).children()
    behind = tlv.read(writer.sequence(store.native.behind)).children()
    found = {
        "signed content": content.content != writer.oid(_DATA),
        "revocation lists": any(node.tag == _LISTS for node in behind),
        "signatures": any(node.tag == reader.SET and node.content for node in behind),
    }
    return tuple(phrase for phrase, is_there in found.items() if is_there)


def dumps(certificates: Sequence[Certificate]) -> bytes:
    """
    Return signed data without a signer that carries the certificates in their order ("degenerate", RFC 2315 §9.1).

    Raises:
        StoreFormatError: one of them is no single ASN.1 structure and would break the file.
    """
    for number, certificate in enumerate(certificates, start=1):
        _raise_for_loose_bytes(certificate, number=number)
    return _content_info(
        writer.integer(1),
        writer.set_of(),
        writer.sequence(writer.oid(_DATA)),
        writer.explicit(0, *(certificate.der for certificate in certificates)),
        writer.set_of(),
    )


class _File(NamedTuple):
    """
    A file as it was read.

    Attributes:
        data: all of it.
        before: the members of signed data before its certificates.
        certificates: those, without the tag around them.
        behind: the members behind them.
    """

    data: bytes
    before: bytes
    certificates: bytes
    behind: bytes


def _content_info(*members: bytes) -> bytes:
    return writer.sequence(writer.oid(_SIGNED_DATA), writer.explicit(0, writer.sequence(*members)))


def _parts(data: bytes, *, name: str) -> tuple[_File | None, list[tlv.Node]]:
    """Return the file's parts and the certificates in it, None and none where there are none."""
    kind, content = tlv.read(data).children(reader.SEQUENCE, at_least=2)[:2]
    if kind.oid() != _SIGNED_DATA:
        raise UnsupportedFormatError(f"{name}: this PKCS#7 file is not signed data but {kind.oid()}.")
    signed_data = content.children(_EXPLICIT_0, at_least=1)[0]
    # version, digestAlgorithms and encapContentInfo come first, then [0] certificates if there are any.
    members = signed_data.children(reader.SEQUENCE, at_least=4)
    optional = members[3]
    if optional.tag != _CERTIFICATES:
        return None, []
    nodes: list[tlv.Node] = []
    for node in optional.iterate():
        if node.tag != reader.SEQUENCE:
            message = f"{name}: certificate {len(nodes) + 1} of this PKCS#7 file is no X.509 certificate."
            raise UnsupportedFormatError(message, remedy="Attribute certificates are not read.")
        nodes.append(node)
        if len(nodes) > limits.MAX_ENTRIES:
            raise StoreFormatError(f"{name}: more than {limits.MAX_ENTRIES:,} certificates.")
    native = _File(
        data=data,
        before=data[members[0].start : optional.start],
        certificates=optional.content,
        behind=data[optional.end : members[-1].end],
    )
    return native, nodes


def _raise_for_loose_bytes(certificate: Certificate, *, number: int) -> None:
    try:
        tlv.read(certificate.der).expect(reader.SEQUENCE)
    except TLVError as error:
        message = f"Certificate {number} ({certificate.title}) cannot be put into PKCS#7: {error.message}."
        raise StoreFormatError(message, remedy="Leave it out, or export as PEM.") from None
