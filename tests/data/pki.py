"""A chain that foreign programs accept: root, intermediate and leaf with real signatures, made with another library."""

import datetime as dt
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from anchorkeep.model.certificate import Certificate

_FIRST = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
_LAST = dt.datetime(2049, 12, 31, tzinfo=dt.UTC)
HOSTILE = "line\n-----BEGIN CERTIFICATE-----\nMIIB\n\u202etxt \x1b[31m"


@lru_cache
def chain() -> tuple[tuple[Certificate, ...], bytes]:
    """Return leaf, intermediate, root and one of a hostile name, and the leaf's key as PKCS#8 in PEM."""
    root_key, middle_key, leaf_key = (rsa.generate_private_key(65537, 2048) for _ in range(3))
    root = _issue("Formats Root", root_key, "Formats Root", root_key, is_ca=True)
    middle = _issue("Formats Issuing CA", middle_key, "Formats Root", root_key, is_ca=True)
    leaf = _issue("manager.example.test", leaf_key, "Formats Issuing CA", middle_key, is_ca=False)
    hostile = _issue(HOSTILE, middle_key, "Formats Root", root_key, is_ca=False)
    key = leaf_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return (leaf, middle, root, hostile), key


def _issue(subject: str, key: rsa.RSAPrivateKey, issuer: str, by: rsa.RSAPrivateKey, *, is_ca: bool) -> Certificate:
    builder = x509.CertificateBuilder(
        issuer_name=_name(issuer),
        subject_name=_name(subject),
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=_FIRST,
        not_valid_after=_LAST,
    )
    builder = builder.add_extension(x509.BasicConstraints(is_ca, None), critical=True)
    return Certificate(builder.sign(by, hashes.SHA256()).public_bytes(Encoding.DER))


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
