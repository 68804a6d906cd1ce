"""
Whether a certificate is for a host, as Java's HTTPS client decides it (`sun.security.util.HostnameChecker`).

Not checked: wildcards over a public suffix, which Java refuses under the JDK's own roots, and which no such root's CA may issue.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from encodings.idna import ToASCII, ToUnicode
from functools import lru_cache
from typing import TYPE_CHECKING

from anchorkeep.errors import CertificateError

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.extension import GeneralName
    from anchorkeep.model.java import JavaVersion

#: What `javax.net.ssl.SNIHostName` takes: labels of letters, digits and hyphens, none of which begins or ends one.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_MAX_HOST = 255
#: The first release in which a wildcard counts in the leftmost label alone; measured: 17 and before take any.
_FIRST_WITH_LEFTMOST = 21
#: The first release that refuses a leaf whose alternative names cannot be read; measured: 17 takes the common name, 21 does not.
_FIRST_WITHOUT_FALLBACK = 21


@lru_cache(maxsize=4096)
def matches(certificate: Certificate, name: str, version: JavaVersion) -> bool:
    """
    Return whether a certificate is for a host name (in A-labels) or an address.

    Raises:
        CertificateError: a name in it cannot be read.
    """
    address = _address(name)
    alternatives = _alternatives(certificate, version)
    if address is not None:
        return any(item.kind == "iPAddress" and item.raw == address for item in alternatives)
    host = name.removesuffix(".")
    if not _is_host(host):
        return False
    templates = [item.value for item in alternatives if item.kind == "dNSName"]
    if templates:
        # An IA5String: what is no ASCII becomes a character that no host's name has.
        return any(template.isascii() and _is_matched(host.lower(), template, version) for template in templates)
    common = certificate.subject.common_name
    if common is None or not unicodedata.is_normalized("NFKC", common):
        return False
    return _is_matched(host.lower(), common, version)


def _alternatives(certificate: Certificate, version: JavaVersion) -> tuple[GeneralName, ...]:
    """Return the alternative names; where they cannot be read, up to Java 17 there are none."""
    try:
        return certificate.subject_alt_names
    except CertificateError:
        if version.feature >= _FIRST_WITHOUT_FALLBACK:
            raise
        return ()


def _address(name: str) -> bytes | None:
    try:
        address = ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (address if mapped is None else mapped).packed


def _is_host(name: str) -> bool:
    return len(name) <= _MAX_HOST and _HOST.fullmatch(name) is not None


def _is_matched(host: str, template: str, version: JavaVersion) -> bool:
    """Compare in Unicode, label by label; what stands for a wildcard must leave a host's name."""
    lowered = _unicode(template)
    if lowered is None or not _is_host_in_unicode(lowered.replace("*", "z")):
        return False
    if "*" in lowered and "." not in lowered[lowered.rindex("*") :]:
        return False
    labels, patterns = (_unicode(host) or host).split("."), lowered.split(".")
    if len(labels) != len(patterns):
        return False
    if version.feature >= _FIRST_WITH_LEFTMOST and "*" in "".join(patterns[1:]):
        return False
    return all(_is_label(label, pattern) for label, pattern in zip(labels, patterns, strict=True))


def _unicode(name: str) -> str | None:
    """Return a name in lower case with its A-labels read (RFC 3490 §4.2, as Java's IDN), None of one that is none."""
    try:
        return ".".join(ToUnicode(label) if label else label for label in name.split(".")).lower()
    except UnicodeError:
        return name.lower() if name.isascii() else None


def _is_host_in_unicode(name: str) -> bool:
    if any(label.startswith("-") or label.endswith("-") for label in name.split(".")):
        return False  # Java looks for these before it goes back to A-labels, where they would be inside.
    try:
        return _is_host(".".join(ToASCII(label).decode("ascii") for label in name.split(".")))
    except UnicodeError:
        return False


def _is_label(label: str, pattern: str) -> bool:
    """Match the parts between asterisks one after the other, the first at the beginning and the last at the end."""
    first, *others = pattern.split("*")
    if not others:
        return label == pattern
    if not label.startswith(first):
        return False
    rest = label[len(first) :]
    for part in others[:-1]:
        place = rest.find(part)
        if place < 0:
            return False
        rest = rest[place + len(part) :]
    return rest.endswith(others[-1])
