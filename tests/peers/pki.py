"""Chains for peers, made with `cryptography`: an author other than ours, so that both sides of a test are not one."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

FIRST = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
LAST = dt.datetime(2049, 12, 31, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Presented:
    """What a server is configured with: its key, its chain leaf first without the root; and the root as PEM."""

    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...]
    root: bytes = b""

    @cached_property
    def der(self) -> tuple[bytes, ...]:
        """The chain in DER, leaf first."""
        return tuple(certificate.public_bytes(serialization.Encoding.DER) for certificate in self.chain)

    def write(self, directory: Path) -> tuple[Path, Path, Path, Path]:
        """Write key, leaf, the rest and the whole chain as PEM files; return their paths in that order."""
        key = directory / "key.pem"
        key.write_bytes(
            self.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        blocks = [certificate.public_bytes(serialization.Encoding.PEM) for certificate in self.chain]
        leaf, rest, whole = (directory / name for name in ("leaf.pem", "rest.pem", "whole.pem"))
        leaf.write_bytes(blocks[0])
        rest.write_bytes(b"".join(blocks[1:]))
        whole.write_bytes(b"".join(blocks))
        return key, leaf, rest, whole


def present(name: str = "service.test", *, intermediates: int = 2) -> Presented:
    """Return a fresh chain for a DNS name below that many intermediates of a root that is not part of it."""
    issuer_key = ec.generate_private_key(ec.SECP256R1())
    issuer = _name("Test root")
    root = _issue(issuer, issuer_key, issuer, issuer_key, ca=True).public_bytes(serialization.Encoding.PEM)
    chain: list[x509.Certificate] = []
    for number in range(1, intermediates + 1):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(f"Test intermediate {number}")
        chain.append(_issue(subject, key, issuer, issuer_key, ca=True))
        issuer, issuer_key = subject, key
    key = ec.generate_private_key(ec.SECP256R1())
    chain.append(_issue(_name(name), key, issuer, issuer_key, ca=False))
    return Presented(key=key, chain=tuple(reversed(chain)), root=root)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _issue(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    ca: bool,
) -> x509.Certificate:
    common_name = subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    builder = (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(FIRST)
        .not_valid_after(LAST)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if not ca:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(str(common_name))]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())
