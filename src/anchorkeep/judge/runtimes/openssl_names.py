"""
Whether a certificate is for a name, as OpenSSL's own check has it (X509_check_host and X509_check_ip, x509_vfy's default flags).

Rules kept here:
- the common name counts where there is no dNSName, and every common name does; never for an address;
- one wildcard, at the start or the end of the first label, with two more dots behind it; never in an A-label;
- a wildcard that is only a part of its label matches no A-label, and none matches an empty label;
- nothing is normalized: a trailing dot is a character like any other.

Programs that check names themselves (curl, Node) or forbid partial wildcards (Python) are stricter in the last two.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from anchorkeep.judge import identity
from anchorkeep.model import oid
from anchorkeep.model.endpoint import as_ip_address

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate

#: Labels of letters, digits and hyphens within, which is all that a name with a wildcard may be made of.
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\Z")
#: What one wildcard stands for.
_COVERED = re.compile(r"[a-z0-9-]*\Z")
#: The least number of labels of a name with a wildcard.
_LEAST_LABELS = 3
_A_LABEL = "xn--"


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
    if not presented:
        presented = [item.value for item in certificate.subject.attributes if item.oid == oid.COMMON_NAME]
    return any(_matches(_lower(pattern), _lower(reference)) for pattern in presented)


def _lower(text: str) -> str:
    """Fold the case of ASCII and nothing else."""
    return "".join(character.lower() if character.isascii() else character for character in text)


def _matches(pattern: str, reference: str) -> bool:
    if not _is_wildcard(pattern):
        return bool(pattern) and pattern == reference
    before, _, after = pattern.partition("*")
    if len(reference) < len(before) + len(after) or not (reference.startswith(before) and reference.endswith(after)):
        return False
    covered = reference[len(before) : len(reference) - len(after)]
    if not before and after.startswith("."):
        return bool(covered) and (covered == "*" or _COVERED.match(covered) is not None)
    return not reference.startswith(_A_LABEL) and (covered == "*" or _COVERED.match(covered) is not None)


def _is_wildcard(pattern: str) -> bool:
    """Whether a name holds a wildcard that is one; any other asterisk is a character like any other."""
    first, *rest = pattern.split(".")
    if first.count("*") != 1 or len(rest) + 1 < _LEAST_LABELS or not (first.startswith("*") or first.endswith("*")):
        return False
    remainder = first.replace("*", "", 1)
    if first.startswith((_A_LABEL, "-")) or _COVERED.match(remainder) is None:
        return False
    return not remainder.endswith("-") and all(_LABEL.match(label) for label in rest)
