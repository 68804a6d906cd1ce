"""Which names a certificate presents, and whether one of them is the name that was asked for (RFC 9525)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.model.endpoint import as_ip_address

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    from anchorkeep.model.certificate import Certificate

#: Top-level names that are never delegated in the public DNS, so that no public CA can vouch for a name under them:
#: RFC 6761 §6, RFC 6762 §3, RFC 8375, RFC 7686, RFC 9476, ICANN's resolution of 29 July 2024 (.internal), and the names that
#: RFC 6762 appendix G lists as in private use.
_NOT_PUBLIC = (
    "test",
    "example",
    "invalid",
    "localhost",
    "local",
    "home.arpa",
    "onion",
    "alt",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "localdomain",
)


def matches(certificate: Certificate, reference: str) -> bool:
    """
    Return whether the certificate presents `reference`, a DNS name in A-labels or an IP address.

    Only subjectAltName counts, never the common name (RFC 9525 §2). A wildcard is the whole leftmost label and stands for exactly
    one label (§6.3). An address matches iPAddress entries only, bit by bit (§6.5).
    """
    address = as_ip_address(reference)
    if address is not None:
        return is_for_address(certificate, address)
    return any(name.kind == "dNSName" and _matches_pattern(name.value, reference) for name in certificate.subject_alt_names)


def is_for_address(certificate: Certificate, address: IPv4Address | IPv6Address) -> bool:
    """Return whether an iPAddress of subjectAltName is the address, bit by bit (RFC 9525 §6.5)."""
    return any(name.kind == "iPAddress" and name.raw == address.packed for name in certificate.subject_alt_names)


def presented(certificate: Certificate) -> tuple[str, ...]:
    """Return the DNS names and addresses the certificate presents, in their order; not made safe to print."""
    return tuple(name.value for name in certificate.subject_alt_names if name.kind in {"dNSName", "iPAddress"})


def is_public_name(reference: str) -> bool:
    """Return whether a name or an address is one that public certification authorities can vouch for."""
    address = as_ip_address(reference)
    if address is not None:
        return address.is_global
    name = reference.lower().removesuffix(".")
    return "." in name and not any(name == top or name.endswith("." + top) for top in _NOT_PUBLIC)


def _matches_pattern(pattern: str, reference: str) -> bool:
    pattern, reference = pattern.lower(), reference.lower().removesuffix(".")
    if pattern == reference:
        return bool(pattern) and "*" not in pattern
    first, dot, rest = pattern.partition(".")
    if first != "*" or not dot or "*" in rest or "." not in rest:
        return False
    label, _, parent = reference.partition(".")
    return bool(label) and parent == rest
