"""Read certificates as they are: one DER file, or several one behind the other as some programs write chains."""

from __future__ import annotations

from anchorkeep import tlv
from anchorkeep.errors import StoreFormatError, TLVError
from anchorkeep.formats import limits, shape
from anchorkeep.formats.shape import Shape
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import TrustedCertEntry, TrustStore


def loads(data: bytes, *, name: str) -> TrustStore:
    """
    Read one or several encoded certificates (RFC 5280 §4.1), one behind the other.

    Args:
        data: the file's bytes.
        name: what to call the file, printable.

    Raises:
        StoreFormatError: something in the file is no certificate, or it ends inside one.
    """
    entries: list[TrustedCertEntry] = []
    offset = 0
    while offset < len(data):
        if len(entries) == limits.MAX_ENTRIES:
            raise StoreFormatError(f"{name}: more than {limits.MAX_ENTRIES:,} certificates.")
        try:
            node = tlv.read_prefix(data, offset)
        except TLVError as error:
            raise StoreFormatError(f"{name}: certificate {len(entries) + 1} is broken: {error.message}.") from None
        if shape.of(node.raw) is not Shape.CERTIFICATE:
            message = f"{name}: what begins at byte {offset}, after {len(entries)} certificates, is no certificate."
            raise StoreFormatError(message)
        entries.append(TrustedCertEntry(certificate=Certificate(node.raw)))
        offset = node.end
    return TrustStore(format="der", entries=tuple(entries))
