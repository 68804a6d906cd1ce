"""One step of a path as GnuTLS takes it: whether a certificate may be issued by the one above it, from the anchor down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from anchorkeep.judge.runtimes import gnutls_constraints
from anchorkeep.model import oid
from anchorkeep.model.verdict import Kind, Reason

if TYPE_CHECKING:
    from datetime import datetime

    from anchorkeep.judge.budget import Budget
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.extension import NameConstraints

#: Bits of security of the profile that the default priorities bring: a RSA key of 1024 bits reaches them.
_LEAST_BITS = {"RSA": 1024, "DSA": 1024}
#: The curves that the library knows, all of them strong enough; parameters that are written out it knows none of.
_CURVES = frozenset({"EC P-192", "EC P-224", "EC P-256", "EC P-384", "EC P-521"})
#: What is signed with these is refused at any profile.
_BROKEN = frozenset({"md2", "md5", "sha1"})
_UNDERSTOOD = frozenset({
    oid.BASIC_CONSTRAINTS, oid.KEY_USAGE, oid.EXTENDED_KEY_USAGE, oid.SUBJECT_ALT_NAME, oid.NAME_CONSTRAINTS,
    oid.SUBJECT_KEY_IDENTIFIER, oid.AUTHORITY_KEY_IDENTIFIER, oid.CRL_DISTRIBUTION_POINTS, oid.CERTIFICATE_POLICIES,
    oid.INHIBIT_ANY_POLICY, oid.AUTHORITY_INFORMATION_ACCESS,
    "2.5.29.18", "1.3.6.1.5.5.7.1.14", "1.3.6.1.5.5.7.1.24",  # issuerAltName, proxyCertInfo, TLS features
})  # fmt: skip


def is_issuer(certificate: Certificate, issuer: Certificate) -> bool:
    """Return whether the names are the same octets, and the key identifiers where both have one."""
    if certificate.issuer.der != issuer.subject.der:
        return False
    named = certificate.authority_key_identifier
    wanted, own = named.key_identifier if named else None, issuer.subject_key_identifier
    return wanted is None or own is None or wanted == own


def outdated(certificate: Certificate, at: datetime) -> Reason | None:
    """Return why a certificate is not valid at a moment; its last second counts."""
    if at < certificate.not_before:
        return Reason(kind=Kind.NOT_YET_VALID, message="It is not valid yet.", certificate=certificate)
    if at.replace(microsecond=0) > certificate.not_after:
        return Reason(kind=Kind.EXPIRED, message="It has expired.", certificate=certificate)
    return None


@dataclass(slots=True, kw_only=True)
class Descent:
    """
    What is carried from step to step on the way down.

    Attributes:
        at: the moment to judge for.
        budget: what the judgement may cost.
        left: certificates that may still follow, None for any number.
        constraints: the name constraints of the CAs above.
    """

    at: datetime
    budget: Budget
    left: int | None = None
    constraints: list[NameConstraints] = field(default_factory=list)

    def step(self, certificate: Certificate, issuer: Certificate, *, is_trusted: bool, is_leaf: bool) -> Reason | None:
        """
        Return why a certificate is not accepted below its issuer, None when it is.

        Args:
            certificate: the lower.
            issuer: the upper.
            is_trusted: whether the upper is the anchor.
            is_leaf: whether the lower is the leaf.
        """
        if self.left is not None:
            if self.left <= 0:
                return Reason(kind=Kind.PATH_TOO_LONG, message="The path below it is longer than it allows.", certificate=issuer)
            self.left -= 1
        return (
            self._of_the_names(certificate, issuer, is_leaf=is_leaf)
            or self._of_the_issuer(issuer, is_trusted=is_trusted)
            or self._of_the_signature(certificate, issuer)
            or outdated(issuer, self.at)
            or outdated(certificate, self.at)
            or (None if is_leaf else _purpose(certificate))
            or (_critical(issuer) if is_trusted else None)
            or _critical(certificate)
        )

    def _of_the_names(self, certificate: Certificate, issuer: Certificate, *, is_leaf: bool) -> Reason | None:
        if issuer.name_constraints is not None:
            self.constraints.append(issuer.name_constraints)
        for item in self.constraints if is_leaf else ():
            violation = gnutls_constraints.violation(certificate, item, self.budget)
            if violation is not None:
                message = f"Outside what its issuers may issue for: {violation}."
                return Reason(kind=Kind.NAME_CONSTRAINT, message=message, certificate=certificate)
        return None

    def _of_the_issuer(self, issuer: Certificate, *, is_trusted: bool) -> Reason | None:
        basic = issuer.basic_constraints
        if basic is None or not basic.is_ca:
            is_old = basic is None and (issuer.version == 1 or is_issuer(issuer, issuer))
            if not (is_trusted and is_old):
                return Reason(kind=Kind.NOT_A_CA, message="It is no CA and issued a certificate.", certificate=issuer)
        elif basic.path_length is not None and (self.left is None or basic.path_length < self.left):
            self.left = basic.path_length
        usage = issuer.key_usage
        if usage is not None and "keyCertSign" not in usage:
            message = "Its key usage does not allow it to sign certificates."
            return Reason(kind=Kind.NOT_A_CA, message=message, certificate=issuer)
        return None

    def _of_the_signature(self, certificate: Certificate, issuer: Certificate) -> Reason | None:
        if not self.budget.is_signed(certificate, issuer):
            return Reason(kind=Kind.BAD_SIGNATURE, message="Its signature does not verify.", certificate=certificate)
        if certificate.signature_hash in _BROKEN:
            message = f"It is signed with {certificate.signature_label}."
            return Reason(kind=Kind.WEAK, message=message, certificate=certificate)
        for item in (certificate, issuer):
            if not _has_good_key(item):
                message = f"Its key is too short or not known: {item.public_key.label}."
                return Reason(kind=Kind.WEAK, message=message, certificate=item)
        return None


def _has_good_key(certificate: Certificate) -> bool:
    key = certificate.public_key
    if key.algorithm == "EC":
        return key.label in _CURVES
    return key.bits >= _LEAST_BITS.get(key.algorithm, 1)


def _purpose(certificate: Certificate) -> Reason | None:
    """Return why a sent CA is not for servers: in it "any" purpose is none."""
    purposes = certificate.extended_key_usage
    if not purposes or oid.SERVER_AUTH in purposes:
        return None
    return Reason(kind=Kind.WRONG_PURPOSE, message="Its extended key usage lacks serverAuth.", certificate=certificate)


def _critical(certificate: Certificate) -> Reason | None:
    for item in certificate.extensions:
        if item.critical and item.oid not in _UNDERSTOOD:
            message = f"It has a critical extension that is not understood: {item.label}."
            return Reason(kind=Kind.UNKNOWN_CRITICAL, message=message, certificate=certificate)
    return None
