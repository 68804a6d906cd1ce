"""
Whether a certificate is for a name, as GnuTLS's own check has it (gnutls_x509_crt_check_hostname).

Rules kept here:
- an address is held against iPAddress entries and nothing else;
- a wildcard stands first, for none or more characters of the first label, and two more labels follow;
- the common name counts where there is no dNSName, iPAddress or URI, if it is the only one and extKeyUsage allows a server;
- a name with octets that ASCII does not print matches nothing; a trailing dot is a character like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.judge import identity
from anchorkeep.judge.runtimes import gnutls_purpose
from anchorkeep.model import oid
from anchorkeep.model.endpoint import as_ip_address

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate


def matches(certificate: Certificate, reference: str) -> bool:
    """
    Return whether the certificate is for `reference`, a DNS name in A-labels or an IP address.

    Raises:
        CertificateError: subjectAltName or the subject cannot be read.
    """
    address = as_ip_address(reference)
    if address is not None:
        return identity.is_for_address(certificate, address)
    presented = [name.raw.decode("latin-1") for name in certificate.subject_alt_names if name.kind == "dNSName"]
    has_other = any(name.kind in {"iPAddress", "URI"} for name in certificate.subject_alt_names)
    if not presented and not has_other and gnutls_purpose.is_for_servers(certificate):
        names = [item.value for item in certificate.subject.attributes if item.oid == oid.COMMON_NAME]
        presented = names if len(names) == 1 else []
    return any(
        _matches(pattern.lower(), reference.lower()) for pattern in presented if pattern.isascii() and pattern.isprintable()
    )


def _matches(pattern: str, reference: str) -> bool:
    if not pattern.startswith("*"):
        return pattern == reference
    rest = pattern[1:]
    if rest.count(".") < 2 or rest.endswith("."):  # noqa: PLR2004 (the dot behind the wildcard's label, and one more)
        return False
    covered = len(reference) - len(rest)
    return covered >= 0 and reference.endswith(rest) and "." not in reference[:covered]
