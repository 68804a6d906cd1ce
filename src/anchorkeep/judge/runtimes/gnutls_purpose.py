"""Whether GnuTLS lets a certificate stand in a path to a TLS server, by its extended key usage (RFC 5280 §4.2.1.12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.model import oid

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate


def is_for_servers(certificate: Certificate) -> bool:
    """
    Return whether extKeyUsage is absent or empty, or holds serverAuth or any.

    Raises:
        CertificateError: the extension cannot be read.
    """
    purposes = certificate.extended_key_usage
    return not purposes or oid.SERVER_AUTH in purposes or oid.ANY_EXTENDED_KEY_USAGE in purposes
