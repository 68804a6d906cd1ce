"""What Java's reader of certificates refuses (`sun.security.x509.X509CertImpl`), whatever else is said of the certificate."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from anchorkeep.errors import CertificateError, TLVError
from anchorkeep.model import oid
from anchorkeep.text import visible

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate

#: Of an address, and of a network with its mask.
_ADDRESS_OCTETS = frozenset({4, 8, 16, 32})


@lru_cache(maxsize=4096)
def problem(certificate: Certificate) -> str | None:
    """Return why Java cannot read a certificate, None when it can."""
    try:
        return _problem(certificate)
    except (CertificateError, TLVError) as error:
        return visible(error.message, limit=200)


def _problem(certificate: Certificate) -> str | None:
    if certificate.problem is not None and not _has_readable_rest(certificate):
        return visible(certificate.problem, limit=200)
    kinds = [item.oid for item in certificate.extensions]
    if len(kinds) != len(set(kinds)):
        return "an extension is there twice"
    return _unread_field(certificate) or _unnamed(certificate)


def _has_readable_rest(certificate: Certificate) -> bool:
    """Whether alternative names that are not critical are all that cannot be read: Java goes on without them."""
    names = certificate.extension(oid.SUBJECT_ALT_NAME)
    if names is None or names.critical:
        return False
    _ = (certificate.serial_number, certificate.subject.attributes, certificate.issuer.attributes, certificate.not_before)
    _ = (certificate.signature_algorithm, certificate.signature, certificate.basic_constraints, certificate.key_usage)
    _ = (certificate.extended_key_usage, certificate.name_constraints)
    _ = (certificate.subject_key_identifier, certificate.authority_key_identifier)
    return True


def _unread_field(certificate: Certificate) -> str | None:
    constraints = certificate.name_constraints
    if constraints is not None:
        trees = (*constraints.permitted, *constraints.excluded)
        if any(tree.kind == "iPAddress" and len(tree.raw) not in _ADDRESS_OCTETS for tree in trees):
            return "a name constraint has an address of a length that none has"
    if certificate.public_key.algorithm == "unknown":
        return "its key cannot be read"
    if "explicit parameters" in certificate.public_key.label:
        return "its key's curve is not named but written out"
    if not certificate.has_matching_algorithms:
        return "the signed and the unsigned signature algorithm differ"
    return None


def _unnamed(certificate: Certificate) -> str | None:
    if certificate.issuer.is_empty:
        return "its issuer has no name"
    if certificate.subject.is_empty:
        names = certificate.extension(oid.SUBJECT_ALT_NAME)
        if names is None:
            return "it has neither a subject nor alternative names"
        if not names.critical:
            return "its subject is empty, and its alternative names are not critical"
    return None
