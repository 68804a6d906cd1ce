"""
What Java's path rules read of one certificate, worked out once and kept for the next judgement.

Names are compared as `sun.security.x509.X500Name` does: values of the attributes that RFC 2253 names, as PrintableString or
UTF8String, without regard to case and runs of white space; any other by its bytes. Dates are instants, both ends inclusive.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from anchorkeep import tlv
from anchorkeep.errors import CertificateError, TLVError
from anchorkeep.model import oid

if TYPE_CHECKING:
    from datetime import datetime

    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.trust_anchors import TrustAnchors

#: A path length where basicConstraints bounds none (X509Certificate.getBasicConstraints), and of a certificate that is no CA.
UNBOUNDED: Final = 2**31 - 1
NO_CA: Final = -1
_X509_V3 = 3
#: Bytes of a name that is kept for the next certificate.
_MAX_CACHED = 4096
#: Attribute types with a keyword in RFC 2253: CN, C, L, ST, O, OU, STREET, DC, UID.
_KEYWORDS = frozenset(
    (
        "2.5.4.3",
        "2.5.4.6",
        "2.5.4.7",
        "2.5.4.8",
        "2.5.4.10",
        "2.5.4.11",
        "2.5.4.9",
        "0.9.2342.19200300.100.1.25",
        "0.9.2342.19200300.100.1.1",
    )
)
_UTF8, _PRINTABLE = 0x0C, 0x13
#: Critical extensions that the path checkers know (KeyChecker, ConstraintsChecker, PolicyChecker).
_RESOLVED = frozenset(
    (
        oid.BASIC_CONSTRAINTS,
        oid.NAME_CONSTRAINTS,
        oid.KEY_USAGE,
        oid.EXTENDED_KEY_USAGE,
        oid.SUBJECT_ALT_NAME,
        "2.5.29.32",  # certificatePolicies
        "2.5.29.33",  # policyMappings
        "2.5.29.36",  # policyConstraints
        "2.5.29.54",  # inhibitAnyPolicy
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """
    A certificate as Java's path rules see it.

    Attributes:
        certificate: which.
        subject: a key under which subjects that Java holds equal are equal.
        issuer: the same of the issuer.
        path_length: of a CA its bound, `UNBOUNDED` where there is none; `NO_CA` of any other, and of versions 1 and 2.
        signs: whether its key usage, where there is one, has keyCertSign.
        unresolved: critical extensions that no path checker knows, dotted.
        key: the encoded SubjectPublicKeyInfo.
        not_before: the first moment of its validity.
        not_after: the last.
    """

    certificate: Certificate
    subject: str
    issuer: str
    path_length: int
    signs: bool
    unresolved: tuple[str, ...]
    key: bytes
    not_before: datetime
    not_after: datetime

    @property
    def is_v3(self) -> bool:
        """Whether it is of version 3."""
        return self.certificate.version >= _X509_V3

    @property
    def is_self_issued(self) -> bool:
        """Whether subject and issuer are the same name."""
        return self.subject == self.issuer

    def is_valid(self, at: datetime) -> bool:
        """Whether a moment lies within its validity."""
        return self.not_before <= at <= self.not_after


@lru_cache(maxsize=4096)
def facts(certificate: Certificate) -> Facts:
    """
    Return what the rules read.

    Raises:
        CertificateError: a field cannot be read.
    """
    usage = certificate.key_usage
    critical = tuple(item.oid for item in certificate.extensions if item.critical and item.oid not in _RESOLVED)
    return Facts(
        certificate=certificate,
        subject=name_key(certificate.subject.der),
        issuer=name_key(certificate.issuer.der),
        path_length=_path_length(certificate),
        signs=usage is None or "keyCertSign" in usage,
        unresolved=critical,
        key=certificate.public_key.der,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
    )


def subject_key(certificate: Certificate) -> str:
    """
    Return the key under which an anchor is found.

    Raises:
        CertificateError: the name cannot be read.
    """
    return name_key(certificate.subject.der)


def anchors_named(anchors: TrustAnchors, name: str) -> tuple[Certificate, ...]:
    """Return the anchors whose subject has that key, in the store's order."""
    return anchors.indexed(subject_key).get(name, ())


def _path_length(certificate: Certificate) -> int:
    constraints = certificate.basic_constraints
    if constraints is None or not constraints.is_ca:
        return NO_CA
    return UNBOUNDED if constraints.path_length is None else min(constraints.path_length, UNBOUNDED)


def name_key(der: bytes) -> str:
    """
    Return a key under which names that Java holds equal are equal.

    Raises:
        CertificateError: the name cannot be read.
    """
    return _read(der) if len(der) <= _MAX_CACHED else _read.__wrapped__(der)


@lru_cache(maxsize=2048)
def _read(der: bytes) -> str:
    try:
        relatives = ["+".join(sorted(map(_attribute, part.children(0x31)))) for part in tlv.read(der).children(0x30)]
    except TLVError as error:
        message = f"A name cannot be read: {error.message}"
        raise CertificateError(message) from None
    return ",".join(relatives)


def _attribute(pair: tlv.Node) -> str:
    kind, value = pair.children(0x30, at_least=2)[:2]
    dotted = kind.oid()
    if dotted not in _KEYWORDS or value.tag not in {_UTF8, _PRINTABLE}:
        return f"{dotted}=#{value.raw.hex()}"
    text = " ".join(part for part in value.text().split() if part)
    folded = unicodedata.normalize("NFKD", text.upper().lower())
    return f"{dotted}={len(folded)}:{folded}"
