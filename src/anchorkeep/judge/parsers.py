"""Whether the parsers of the trade take a certificate: `cryptography`, which is strict, and OpenSSL, which is not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography import x509

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


@lru_cache(maxsize=4096)
def refusal(certificate: Certificate) -> Refusal:
    """Ask the parsers in turn."""
    strict = _ask_cryptography(certificate.der)
    return Refusal(
        cryptography=strict,
        openssl=None if strict is None else _ask_openssl(certificate.der),
        ours=certificate.problem,
    )


def _ask_cryptography(der: bytes) -> str | None:
    try:
        x509.load_der_x509_certificate(der)
    except ValueError as error:
        return visible(str(error), limit=200)
    return None


def _ask_openssl(der: bytes) -> str | None:
    from OpenSSL import crypto

    try:
        crypto.load_certificate(crypto.FILETYPE_ASN1, der)
    except crypto.Error as error:
        return visible("; ".join(str(item[-1]) for item in error.args[0]) if error.args else "refused", limit=200)
    return None
