"""
A certificate: its bytes, and what they say when asked.

Rules kept here:
- the DER bytes are the identity: two certificates are equal when their bytes are;
- nothing is parsed until it is asked for, and no certificate is refused: what cannot be read is kept and says so (`problem`);
- the reader is our own, so that a certificate which stricter parsers dislike (negative serial numbers, EC signature algorithms
  with NULL parameters, BER where DER belongs) is named, exported and built into paths like any other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from anchorkeep import tlv
from anchorkeep.errors import CertificateError, TLVError
from anchorkeep.model import extension, oid
from anchorkeep.model.extension import AuthorityKeyIdentifier, BasicConstraints, Extension, GeneralName, NameConstraints
from anchorkeep.model.key import PublicKey
from anchorkeep.model.lazy import Lazy
from anchorkeep.model.name import Name
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

T = TypeVar("T")

#: Extensions of one certificate; real ones stay below 30.
MAX_EXTENSIONS = 512
#: Bytes of an extension that is kept for the next certificate: many say the same in the same bytes, as key usage does.
_MAX_REPEATED = 256
#: Bytes of an issuer's name that is kept for the next certificate; real names stay below 1 KiB.
_MAX_KNOWN = 4096


class _Fields(NamedTuple):
    """The nodes of Certificate and TBSCertificate (RFC 5280 §4.1)."""

    tbs: tlv.Node
    signature_algorithm: tlv.Node
    signature: tlv.Node
    version: int
    serial_number: tlv.Node
    inner_algorithm: tlv.Node
    issuer: tlv.Node
    validity: tlv.Node
    subject: tlv.Node
    public_key: tlv.Node
    extensions: tlv.Node | None


@dataclass(frozen=True)
class Certificate:
    """
    An X.509 certificate (RFC 5280 §4.1).

    Every property but the fingerprints may raise `CertificateError` when the bytes do not hold it; `problem` tells beforehand.
    Nothing is verified here: neither signatures nor dates nor that the encoding is strict DER.

    Attributes:
        der: the bytes, as they were received.
    """

    der: bytes

    def __hash__(self) -> int:
        """Return the hash of the bytes, which Python computes once."""
        return hash(self.der)

    def __repr__(self) -> str:
        """Name the fingerprint, which is short and safe."""
        return f"<Certificate {self.sha256.hex()[:16]}>"

    @Lazy
    def sha256(self) -> bytes:
        """The SHA-256 fingerprint."""
        return hashlib.sha256(self.der).digest()

    @Lazy
    def sha1(self) -> bytes:
        """The SHA-1 fingerprint, which older pages and tools still print."""
        return hashlib.sha1(self.der, usedforsecurity=False).digest()

    @Lazy
    def problem(self) -> str | None:
        """Why the certificate cannot be read, or None when every field that rules need can be."""
        try:
            _ = (self.serial_number, self.subject.canonical, self.issuer.canonical, self.not_before, self.not_after)
            _ = (self.subject.attributes, self.issuer.attributes, self.signature_algorithm, self.signature)
            _ = (self.basic_constraints, self.key_usage, self.extended_key_usage, self.subject_alt_names)
            _ = (self.name_constraints, self.subject_key_identifier, self.authority_key_identifier)
        except (CertificateError, TLVError) as error:
            return error.message
        return None

    @Lazy
    def _fields(self) -> _Fields:
        try:
            return _split(self.der)
        except TLVError as error:
            message = f"Not a certificate: {error.message}"
            raise CertificateError(message) from None

    @property
    def version(self) -> int:
        """1, 2 or 3."""
        return self._fields.version

    @Lazy
    def serial_number(self) -> int:
        """The serial number; negative ones exist and are kept."""
        return self._decode(self._fields.serial_number.integer)

    @Lazy
    def subject(self) -> Name:
        """Whose certificate it is."""
        return Name(self._fields.subject.raw)

    @Lazy
    def issuer(self) -> Name:
        """Who signed it, by name."""
        return _issuer(self._fields.issuer.raw)

    @Lazy
    def _validity(self) -> tuple[datetime, datetime]:
        first, last = self._decode(lambda: self._fields.validity.children(0x30, at_least=2)[:2])
        return self._decode(first.time), self._decode(last.time)

    @property
    def not_before(self) -> datetime:
        """The first moment of its validity, aware, UTC."""
        return self._validity[0]

    @property
    def not_after(self) -> datetime:
        """The last moment of its validity, inclusive (RFC 5280 §4.1.2.5), aware, UTC."""
        return self._validity[1]

    @Lazy
    def public_key(self) -> PublicKey:
        """The subject's key."""
        return PublicKey(self._fields.public_key.raw)

    @property
    def tbs(self) -> bytes:
        """The bytes that are signed."""
        return self._fields.tbs.raw

    @property
    def signature(self) -> bytes:
        """The signature's octets."""
        return self._decode(self._fields.signature.bits)

    @Lazy
    def signature_algorithm(self) -> str:
        """The identifier of the signature algorithm, dotted."""
        return self._decode(self._algorithm[0].oid)

    @Lazy
    def _algorithm(self) -> tuple[tlv.Node, ...]:
        return self._decode(lambda: self._fields.signature_algorithm.children(0x30, at_least=1))

    @property
    def signature_parameters(self) -> bytes | None:
        """The encoded parameters of the signature algorithm, None where there are none."""
        return self._algorithm[1].raw if len(self._algorithm) > 1 else None

    @property
    def has_matching_algorithms(self) -> bool:
        """Whether the signed and the unsigned signature algorithm are the same (RFC 5280 §4.1.1.2 demands it)."""
        return self._fields.inner_algorithm.raw == self._fields.signature_algorithm.raw

    @property
    def signature_label(self) -> str:
        """The signature algorithm for a person."""
        return oid.SIGNATURES.get(self.signature_algorithm, (self.signature_algorithm, None, ""))[0]

    @Lazy
    def signature_hash(self) -> str | None:
        """The hash function that was signed, in lower case; None where the algorithm has none or is not known."""
        if self.signature_algorithm != oid.RSASSA_PSS:
            return oid.SIGNATURES.get(self.signature_algorithm, (None, None))[1]
        parameters = self.signature_parameters
        if parameters is None:
            return None
        for node in self._decode(lambda: tlv.read(parameters).children(0x30)):
            if node.tag == 0xA0:  # noqa: PLR2004 ([0] hashAlgorithm, RFC 4055 §3.1)
                algorithm = self._decode(lambda node=node: node.children(at_least=1)[0].children(0x30, at_least=1)[0].oid())  # type: ignore[misc]
                return oid.HASHES.get(algorithm)
        return "sha1"

    @Lazy
    def extensions(self) -> tuple[Extension, ...]:
        """The extensions in their order; one that is there twice is listed twice."""
        container = self._fields.extensions
        if container is None:
            return ()
        nodes = self._decode(lambda: container.children(at_least=1)[0].children(0x30))
        if len(nodes) > MAX_EXTENSIONS:
            message = f"A certificate with {len(nodes)} extensions, expected at most {MAX_EXTENSIONS}"
            raise CertificateError(message)
        return self._decode(lambda: tuple(map(_read_extension, nodes)))

    @Lazy
    def _extensions_by_oid(self) -> dict[str, Extension]:
        return {item.oid: item for item in reversed(self.extensions)}

    def extension(self, dotted: str) -> Extension | None:
        """Return the first extension of that identifier, None where there is none."""
        return self._extensions_by_oid.get(dotted)

    @Lazy
    def basic_constraints(self) -> BasicConstraints | None:
        """BasicConstraints, None where absent."""
        return self._value(oid.BASIC_CONSTRAINTS, extension.basic_constraints)

    @Lazy
    def key_usage(self) -> frozenset[str] | None:
        """The uses of the key by name (`keyCertSign`), None where not restricted."""
        return self._value(oid.KEY_USAGE, extension.key_usage)

    @Lazy
    def extended_key_usage(self) -> tuple[str, ...] | None:
        """The purposes, dotted, None where not restricted."""
        return self._value(oid.EXTENDED_KEY_USAGE, extension.extended_key_usage)

    @Lazy
    def subject_alt_names(self) -> tuple[GeneralName, ...]:
        """The names of subjectAltName in their order, empty where absent."""
        return self._value(oid.SUBJECT_ALT_NAME, extension.general_names) or ()

    @Lazy
    def name_constraints(self) -> NameConstraints | None:
        """NameConstraints, None where absent."""
        return self._value(oid.NAME_CONSTRAINTS, extension.name_constraints)

    @Lazy
    def subject_key_identifier(self) -> bytes | None:
        """SubjectKeyIdentifier, None where absent."""
        return self._value(oid.SUBJECT_KEY_IDENTIFIER, extension.subject_key_identifier)

    @Lazy
    def authority_key_identifier(self) -> AuthorityKeyIdentifier | None:
        """AuthorityKeyIdentifier, None where absent."""
        return self._value(oid.AUTHORITY_KEY_IDENTIFIER, extension.authority_key_identifier)

    @Lazy
    def is_self_issued(self) -> bool:
        """Whether subject and issuer are the same name; says nothing about keys."""
        return self.subject.canonical == self.issuer.canonical

    @Lazy
    def is_ca(self) -> bool:
        """Whether it may issue certificates: cA in basicConstraints, or self-issued and of a version before there were any."""
        constraints = self.basic_constraints
        if constraints is None:
            return self.version < 3 and self.is_self_issued  # noqa: PLR2004
        return constraints.is_ca

    @Lazy
    def title(self) -> str:
        """What to call it in a line; printable."""
        try:
            names = self.subject_alt_names if self.subject.is_empty else ()
            return visible(names[0].value, limit=100) if names else self.subject.title
        except CertificateError:
            return f"(a certificate that cannot be read, SHA-256 {self.sha256.hex()[:16]})"

    def _value(self, dotted: str, decode: Callable[[bytes], T]) -> T | None:
        found = self.extension(dotted)
        if found is None:
            return None
        try:
            return _decoded(decode, found.value) if len(found.value) <= _MAX_REPEATED else decode(found.value)
        except TLVError as error:
            message = f"The extension {found.label} cannot be read: {error.message}"
            raise CertificateError(message) from None

    def _decode(self, read: Callable[[], T]) -> T:
        try:
            return read()
        except TLVError as error:
            message = f"A field cannot be read: {error.message}"
            raise CertificateError(message) from None


def _issuer(der: bytes) -> Name:
    """Return a name that many certificates share, read once for all of them while it is of a usual size."""
    return _known_issuer(der) if len(der) <= _MAX_KNOWN else Name(der)


@lru_cache(maxsize=1024)
def _known_issuer(der: bytes) -> Name:
    return Name(der)


def _split(der: bytes) -> _Fields:
    tbs, algorithm, signature, *rest = tlv.read(der).children(0x30, at_least=3)
    if rest:
        message = "More than three parts"
        raise TLVError(message, offset=rest[0].start)
    parts = list(tbs.children(0x30, at_least=6))
    version = parts.pop(0).children(at_least=1)[0].integer() + 1 if parts[0].tag == 0xA0 else 1  # noqa: PLR2004 ([0] version)
    if len(parts) < 6:  # noqa: PLR2004 (serialNumber to subjectPublicKeyInfo)
        message = "Fields are missing"
        raise TLVError(message, offset=tbs.start)
    serial_number, inner, issuer, validity, subject, public_key, *optional = parts
    return _Fields(
        tbs=tbs,
        signature_algorithm=algorithm.expect(0x30),
        signature=signature.expect(tlv.reader.BIT_STRING),
        version=version,
        serial_number=serial_number.expect(tlv.reader.INTEGER),
        inner_algorithm=inner.expect(0x30),
        issuer=issuer.expect(0x30),
        validity=validity.expect(0x30),
        subject=subject.expect(0x30),
        public_key=public_key.expect(0x30),
        extensions=next((node for node in optional if node.tag == 0xA3), None),  # noqa: PLR2004 ([3] extensions)
    )


@lru_cache(maxsize=2048)
def _decoded(decode: Callable[[bytes], T], value: bytes) -> T:
    return decode(value)


def _read_extension(node: tlv.Node) -> Extension:
    if node.end - node.start > _MAX_REPEATED:
        return _extension(node)
    try:
        return _known_extension(node.raw)
    except TLVError:
        return _extension(node)  # For the place of the fault in the certificate.


@lru_cache(maxsize=2048)
def _known_extension(raw: bytes) -> Extension:
    return _extension(tlv.read(raw))


def _extension(node: tlv.Node) -> Extension:
    kind, *rest = node.children(0x30, at_least=2)
    critical = rest[0].boolean() if rest[0].tag == tlv.reader.BOOLEAN else False
    return Extension(oid=kind.oid(), critical=critical, value=rest[-1].expect(tlv.reader.OCTET_STRING).octets())
