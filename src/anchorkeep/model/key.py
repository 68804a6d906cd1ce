"""A public key as a SubjectPublicKeyInfo: what it is called, how long it is, and its pin."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from anchorkeep import tlv
from anchorkeep.errors import TLVError
from anchorkeep.model import oid
from anchorkeep.model.lazy import Lazy


@dataclass(frozen=True)
class PublicKey:
    """
    A public key (RFC 5280 §4.1.2.7). Whether the key is mathematically sound is not checked.

    Attributes:
        der: the encoded SubjectPublicKeyInfo.
    """

    der: bytes

    @Lazy
    def _described(self) -> tuple[str, int, str]:
        try:
            return _describe(self.der)
        except TLVError:
            return "unknown", 0, "key that cannot be read"

    @property
    def algorithm(self) -> str:
        """The family: `RSA`, `EC`, `DSA`, `Ed25519`, ... or the dotted identifier of one that is not known here."""
        return self._described[0]

    @property
    def bits(self) -> int:
        """The size in bits: of the modulus, the curve or the fixed key; 0 where it could not be told."""
        return self._described[1]

    @property
    def label(self) -> str:
        """The key for a person: `RSA 2048`, `EC P-256`, `Ed25519`."""
        return self._described[2]

    @Lazy
    def sha256(self) -> bytes:
        """SHA-256 of the SubjectPublicKeyInfo: the SPKI fingerprint (RFC 7469 §2.4)."""
        return hashlib.sha256(self.der).digest()

    @property
    def pin(self) -> str:
        """The SPKI fingerprint in the form of pins: `sha256/` and base64."""
        return "sha256/" + base64.b64encode(self.sha256).decode()


def _describe(der: bytes) -> tuple[str, int, str]:
    algorithm, key = tlv.read(der).children(0x30, at_least=2)[:2]
    kind, *parameters = algorithm.children(0x30, at_least=1)
    dotted = kind.oid()
    if dotted in {oid.RSA_KEY, oid.RSASSA_PSS}:
        bits = _length(tlv.read(key.bits()).children(0x30, at_least=1)[0])
        return "RSA", bits, f"RSA {bits}"
    if dotted == oid.EC_KEY:
        return _describe_curve(parameters)
    if dotted == oid.DSA_KEY:
        bits = _length(parameters[0].children(0x30, at_least=1)[0]) if parameters else 0
        return "DSA", bits, f"DSA {bits}"
    if dotted in oid.FIXED_KEYS:
        name, bits = oid.FIXED_KEYS[dotted]
        return name, bits, name
    return dotted, 0, f"algorithm {dotted}"


def _length(number: tlv.Node) -> int:
    """Count the bits of a modulus, taken as positive as OpenSSL does: some writers leave out the octet that says so."""
    return int.from_bytes(number.expect(tlv.reader.INTEGER).content, "big").bit_length()


def _describe_curve(parameters: list[tlv.Node]) -> tuple[str, int, str]:
    if parameters and parameters[0].tag == tlv.reader.OID:
        dotted = parameters[0].oid()
        name, bits = oid.CURVES.get(dotted, (f"curve {dotted}", 0))
        return "EC", bits, f"EC {name}"
    bits = _explicit_field(parameters[0]) if parameters else 0
    return "EC", bits, f"EC {bits} with explicit parameters" if bits else "EC with unknown parameters"


def _explicit_field(parameters: tlv.Node) -> int:
    """Return the bits of the prime of explicit parameters (RFC 3279 §2.3.5); 0 for a field of another kind."""
    if parameters.tag != tlv.reader.SEQUENCE:
        return 0
    kind, prime, *_ = parameters.children(at_least=2)[1].children(0x30, at_least=2)
    return _length(prime) if kind.oid() == oid.PRIME_FIELD else 0
