"""Whether the parsers of the trade take a certificate: `cryptography`, which is strict, and OpenSSL, which is not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography import x509

from anchorkeep.errors import CertificateError
from anchorkeep.model import oid
from anchorkeep.text import visible

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """
    Who refuses to parse a certificate, and why; None for who takes it.

    Attributes:
        cryptography: the reason of the strict parser.
        openssl: the reason of OpenSSL; only asked where the strict one refuses.
        ours: what our own reader does not understand.
    """

    cryptography: str | None
    openssl: str | None
    ours: str | None

    @property
    def is_total(self) -> bool:
        """Whether nobody understands it, or we do not."""
        return self.ours is not None or (self.cryptography is not None and self.openssl is not None)


#: Families of keys whose signature algorithms have no parameters, and where that stands; JDK 11's keytool wrote NULL.
_WITHOUT_PARAMETERS = {"EC": "RFC 5758 §3.2", "DSA": "RFC 5758 §3.1"}
_NULL = b"\x05\x00"


@lru_cache(maxsize=512)  # Enough for the CAs of a scan, and too few for its leaves to weigh anything.
def refusal(certificate: Certificate) -> Refusal:
    """Ask the parsers in turn."""
    strict = _known_refusal(certificate) or _ask_cryptography(certificate.der)
    return Refusal(
        cryptography=strict,
        openssl=None if strict is None else _ask_openssl(certificate.der),
        ours=certificate.problem,
    )


def _known_refusal(certificate: Certificate) -> str | None:
    """
    Tell what `cryptography` refuses, or only warns about and will refuse, without asking it.

    Its warnings would reach the user, and a filter against them would be global.
    """
    try:
        if certificate.serial_number <= 0:
            return "the serial number is not positive (RFC 5280 §4.1.2.2)"
        family = oid.SIGNATURES.get(certificate.signature_algorithm, ("", None, ""))[2]
        if family in _WITHOUT_PARAMETERS and certificate.signature_parameters == _NULL:
            return f"the signature algorithm has NULL parameters, where none belong ({_WITHOUT_PARAMETERS[family]})"
    except CertificateError:
        return None  # Where not even these can be read, no other parser comes so far either.
    return None


def _ask_cryptography(der: bytes) -> str | None:
    try:
        x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion) as error:
        return visible(str(error), limit=200)
    return None


def _ask_openssl(der: bytes) -> str | None:
    from OpenSSL import crypto

    try:
        crypto.load_certificate(crypto.FILETYPE_ASN1, der)
    except crypto.Error as error:
        return visible("; ".join(str(item[-1]) for item in error.args[0]) if error.args else "refused", limit=200)
    return None
