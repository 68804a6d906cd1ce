"""What is found at a URL that a certificate names for its issuer (RFC 5280 §4.2.2.1): candidates until a signature binds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval:
    """
    One URL that was asked, or was not.

    Attributes:
        certificate: the certificate whose issuer was looked for.
        url: as it stands in the certificate; text from outside.
        certificates: what was there, in its order; nothing about them is verified.
        reason: why nothing usable came, stable: `timeout`, `address-refused`, `wrong-certificate`, ...; None when something did.
        message: the same as a sentence; safe to print; empty when something came.
    """

    certificate: Certificate
    url: str
    certificates: tuple[Certificate, ...] = ()
    reason: str | None = None
    message: str = ""
