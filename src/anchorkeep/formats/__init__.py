"""
Files of certificates: bytes to values and back. What a file is, its content says, never its name.

Rules kept here:
- one codec a module, and none knows another, so that a fault in one breaks no other;
- no entry is lost: what a container holds as a certificate is kept byte for byte in the file's order, understood or not;
- every bound on size, count, depth and work is in `limits`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.errors import StoreFormatError, UsageError
from anchorkeep.formats import der, foreign, jks, limits, pem, pkcs7, shape, sst
from anchorkeep.formats.shape import Shape
from anchorkeep.model.truststore import TrustedCertEntry
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.truststore import TrustStore

__all__ = ["READ", "WRITTEN", "detect", "dumps", "loads"]

_SHAPES = {Shape.CERTIFICATE: "der", Shape.PKCS7: "pkcs7", Shape.PKCS12: "pkcs12"}


def _pkcs12(data: bytes, name: str, password: str | None) -> TrustStore:
    from anchorkeep.formats import pkcs12  # It brings the ciphers with it, which no other format needs.

    return pkcs12.loads(data, password=password, name=name)


# Each codec by the name of its format; they take the data, what to call it, and the password.
_CODECS: dict[str, Callable[[bytes, str, str | None], TrustStore]] = {
    "pem": lambda data, name, _: pem.loads(data, name=name, container=_contained),
    "der": lambda data, name, _: der.loads(data, name=name),
    "pkcs7": lambda data, name, _: pkcs7.loads(data, name=name),
    "pkcs12": _pkcs12,
    "jks": lambda data, name, password: jks.loads(data, password=password, name=name),
    "sst": lambda data, name, _: sst.loads(data, name=name),
}

_WRITERS: dict[str, Callable[[Sequence[Certificate], bool], bytes]] = {
    "der": lambda certificates, _: certificates[0].der,
    "pem": lambda certificates, comments: pem.dumps(certificates, comments=comments),
    "pkcs7": lambda certificates, _: pkcs7.dumps(certificates),
    "pkcs7-pem": lambda certificates, _: pem.armor(pkcs7.dumps(certificates), label="PKCS7"),
    "sst": lambda certificates, _: sst.dumps(TrustedCertEntry(certificate=item) for item in certificates),
}

#: The formats that `loads` reads and `dumps` writes.
READ = tuple(_CODECS)
WRITTEN = tuple(_WRITERS)


def detect(data: bytes) -> str | None:
    """Return the format of the data, one of `READ`, by its content; None where it is none of them."""
    if data.startswith(jks.MAGIC):
        return "jks"
    if data.startswith(sst.MAGIC):
        return "sst"
    found = _SHAPES.get(shape.of(data))  # type: ignore[arg-type]  # None is in no table
    return found or ("pem" if pem.is_pem(data) else None)


def loads(data: bytes, *, password: str | None = None, name: str = "input") -> TrustStore:
    """
    Read the certificates of a file, whatever its format, with every entry in the file's order.

    No password is tried but the one given. Nothing is verified but a store's own integrity check, and that only with a password:
    neither signatures nor dates, nor that a certificate can be understood (`Certificate.problem` tells).

    Args:
        data: the file's bytes.
        password: of a JKS or PKCS#12 store; other formats have none and leave it alone.
        name: what to call the file in messages; any text.

    Raises:
        StoreIntegrityError: the password is wrong or the store was changed, which cannot be told apart; or it needs a password.
        UnsupportedFormatError: a format that is recognised and not read; the message names it.
        StoreFormatError: no certificate file, a broken one, or one beyond the bounds of `limits`.
    """
    label = visible(name)
    if len(data) > limits.MAX_BYTES:
        raise StoreFormatError(f"{label}: {len(data):,} bytes are too many for a certificate file; at most {limits.MAX_BYTES:,}.")
    found = detect(data)
    if found is None:
        raise foreign.refusal(data, name=name, shape=shape.of(data))
    return _CODECS[found](data, label, password)


def dumps(certificates: Sequence[Certificate], *, format: str, comments: bool = True) -> bytes:  # noqa: A002 (what it is)
    """
    Return a file that holds exactly these certificates in this order, each byte for byte.

    Args:
        certificates: at least one; for `der` exactly one.
        format: one of `WRITTEN`: `der`, `pem`, `pkcs7` (DER, without a signer), `pkcs7-pem` or `sst` (without properties).
        comments: whether in `pem` subject, issuer, dates and SHA-256 stand before each block, one ASCII line each.

    Raises:
        UsageError: no such format, or not a number of certificates it can hold.
        StoreFormatError: a certificate's bytes cannot be embedded in PKCS#7.
    """
    if format not in _WRITERS:
        raise UsageError(f"No format '{visible(format)}' to write; there are {', '.join(WRITTEN)}.")
    if not certificates:
        raise UsageError("No certificate to write.")
    if format == "der" and len(certificates) != 1:
        message = f"A DER file holds one certificate, got {counted(len(certificates), 'certificate')}."
        raise UsageError(message, remedy="Choose pem or pkcs7, or write each into a file of its own.")
    return _WRITERS[format](certificates, comments)


def _contained(data: bytes) -> Sequence[Certificate]:
    return pkcs7.loads(data, name="PKCS#7").certificates
