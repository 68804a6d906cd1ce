"""Private keys: made, written, read, and what they sign with."""

from __future__ import annotations

from typing import TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from anchorkeep.errors import InputError, UsageError
from anchorkeep.model import oid
from anchorkeep.model.key import PublicKey
from anchorkeep.text import visible
from anchorkeep.tlv import writer

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

DEFAULT = "EC P-256"
#: Sizes an RSA key can be made in: 1024 is what `cryptography` still makes, 8192 takes minutes already.
_RSA_SIZES = frozenset({1024, 2048, 3072, 4096})
_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "P-256": ec.SECP256R1,
    "P-384": ec.SECP384R1,
    "P-521": ec.SECP521R1,
}
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
#: Signature algorithms this room writes, by family of the key and hash; each hash once per family.
_ALGORITHMS = {
    (family, hash_name): dotted
    for dotted, (label, hash_name, family) in oid.SIGNATURES.items()
    if label not in {"sha1WithRSASignature", "RSASSA-PSS"}
}


def generate(label: str = DEFAULT) -> PrivateKey:
    """
    Return a new private key: `EC P-256`, `EC P-384`, `EC P-521`, `RSA 2048` (1024 to 4096), `Ed25519`.

    Raises:
        UsageError: a label of no kind that can be made.
    """
    family, _, size = label.partition(" ")
    if family == "EC" and size in _CURVES:
        return ec.generate_private_key(_CURVES[size]())
    if family == "RSA" and size.isdigit() and int(size) in _RSA_SIZES:
        return rsa.generate_private_key(public_exponent=65537, key_size=int(size))
    if label == "Ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    message = f"No key of the kind '{visible(label)}' can be made."
    raise UsageError(message, remedy="Known are EC P-256, EC P-384, EC P-521, RSA 1024 to RSA 4096, Ed25519.")


def public_key(key: PrivateKey) -> PublicKey:
    """Return the public half as a SubjectPublicKeyInfo."""
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return PublicKey(key.public_key().public_bytes(encoding, form))


def private_key_pem(key: PrivateKey) -> bytes:
    """Return the key as PKCS#8 in PEM, not encrypted: whoever stores it keeps it from others (mode 0600)."""
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def load_private_key(pem: bytes) -> PrivateKey:
    """
    Read a private key that is not encrypted from PEM.

    Raises:
        InputError: it is none, is encrypted, or is of a kind that is not used here.
    """
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The library's reasons may quote what it read.
        raise InputError("Not a private key in PEM, or an encrypted one.") from None
    if isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey):
        return key
    raise InputError("A private key of a kind that is not used here: expected EC, RSA or Ed25519.")


def signature_algorithm(key: PrivateKey, hash_name: str, *, null_parameters: bool = False) -> bytes:
    """
    Return the AlgorithmIdentifier of a signature by `key` over that hash (RFC 5280 §4.1.1.2).

    Args:
        key: its family decides; Ed25519 has no hash of its own (RFC 8410 §3).
        hash_name: `sha256`, ...; ignored for Ed25519.
        null_parameters: write NULL where RFC 5758 §3.2 and RFC 8410 §3 have nothing, as JDK 11 did for EC.
    """
    if isinstance(key, ed25519.Ed25519PrivateKey):
        dotted, parameters = _ALGORITHMS["Ed25519", None], b""
    elif isinstance(key, rsa.RSAPrivateKey):
        dotted, parameters = _algorithm("RSA", hash_name), writer.NULL  # RFC 4055 §5: NULL, always
    else:
        dotted, parameters = _algorithm("EC", hash_name), b""
    return writer.sequence(writer.oid(dotted), writer.NULL if null_parameters else parameters)


def sign(key: PrivateKey, data: bytes, *, hash_name: str = "sha256") -> bytes:
    """Return the signature of `data`: ECDSA, RSASSA-PKCS1-v1_5 or Ed25519, as the key is."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), _HASHES[hash_name]())
    return key.sign(data, ec.ECDSA(_HASHES[hash_name]()))


def _algorithm(family: str, hash_name: str) -> str:
    dotted = _ALGORITHMS.get((family, hash_name))
    if dotted is None or hash_name not in _HASHES:
        message = f"No {family} signature with '{visible(hash_name)}' can be made."
        raise UsageError(message, remedy=f"Known hashes are {', '.join(_HASHES)}.")
    return dotted
