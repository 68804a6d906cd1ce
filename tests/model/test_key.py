import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, mldsa, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from anchorkeep.model import oid
from anchorkeep.model.key import PublicKey
from anchorkeep.tlv import writer

RSA_2048 = rsa.generate_private_key(65_537, 2048)


def public(key: object) -> PublicKey:
    """Return the public half of a key of `cryptography`."""
    return PublicKey(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("key", "algorithm", "bits", "label"),
    [
        (RSA_2048, "RSA", 2048, "RSA 2048"),
        (rsa.generate_private_key(65_537, 1025), "RSA", 1025, "RSA 1025"),  # noqa: S505 (weak keys are to be described, too)
        (ec.generate_private_key(ec.SECP256R1()), "EC", 256, "EC P-256"),
        (ec.generate_private_key(ec.SECP384R1()), "EC", 384, "EC P-384"),
        (ec.generate_private_key(ec.SECP521R1()), "EC", 521, "EC P-521"),
        (ec.generate_private_key(ec.BrainpoolP256R1()), "EC", 256, "EC brainpoolP256r1"),
        (dsa.generate_private_key(1024), "DSA", 1024, "DSA 1024"),  # noqa: S505 (as above)
        (ed25519.Ed25519PrivateKey.generate(), "Ed25519", 256, "Ed25519"),
        (ed448.Ed448PrivateKey.generate(), "Ed448", 456, "Ed448"),
        (mldsa.MLDSA65PrivateKey.generate(), "ML-DSA-65", 15_616, "ML-DSA-65"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_key_is_described(key: object, algorithm: str, bits: int, label: str) -> None:
    """A key that `cryptography` made is called by its family and size."""
    found = public(key)
    assert (found.algorithm, found.bits, found.label) == (algorithm, bits, label)


def test_pin_is_of_the_whole_key() -> None:
    """The pin is base64 of SHA-256 over the SubjectPublicKeyInfo, bytes as they stand."""
    key = public(RSA_2048)
    assert key.sha256 == hashlib.sha256(key.der).digest()
    assert key.pin == "sha256/" + base64.b64encode(key.sha256).decode()


def info(dotted: str, *parameters: bytes, key: bytes = b"") -> PublicKey:
    """Return a key written by hand."""
    return PublicKey(writer.sequence(writer.sequence(writer.oid(dotted), *parameters), writer.bit_string(key)))


def test_modulus_without_its_sign_is_positive() -> None:
    """An RSA modulus whose first octet says negative has the bits that OpenSSL counts."""
    key = info(oid.RSA_KEY, writer.NULL, key=writer.sequence(writer.encode(2, b"\xff" * 128), writer.integer(3)))
    assert (key.bits, key.label) == (1024, "RSA 1024")


def test_explicit_curve_has_its_size() -> None:
    """An EC key with explicit parameters is called so, with the size of its field."""
    field = writer.sequence(writer.oid(oid.PRIME_FIELD), writer.integer(2**256 - 2**224 + 2**192 + 2**96 - 1))
    key = info(oid.EC_KEY, writer.sequence(writer.integer(1), field))
    assert (key.algorithm, key.bits, key.label) == ("EC", 256, "EC 256 with explicit parameters")


@pytest.mark.parametrize(
    ("key", "algorithm", "label"),
    [
        (info("1.2.3.4"), "1.2.3.4", "algorithm 1.2.3.4"),
        (info(oid.EC_KEY, writer.oid("1.2.3.4")), "EC", "EC curve 1.2.3.4"),
        (info(oid.EC_KEY), "EC", "EC with unknown parameters"),
        (info(oid.EC_KEY, writer.NULL), "EC", "EC with unknown parameters"),
        (
            info(oid.EC_KEY, writer.sequence(writer.integer(1), writer.sequence(writer.oid("1.2.840.10045.1.2"), writer.NULL))),
            "EC",
            "EC with unknown parameters",
        ),
        (info(oid.DSA_KEY), "DSA", "DSA 0"),
        (info(oid.RSA_KEY, key=b"\x30\x01"), "unknown", "key that cannot be read"),
        (info(oid.RSA_KEY, key=writer.sequence(writer.NULL)), "unknown", "key that cannot be read"),
        (PublicKey(b""), "unknown", "key that cannot be read"),
    ],
)
def test_size_that_cannot_be_told_is_zero(key: PublicKey, algorithm: str, label: str) -> None:
    """A key of an unknown kind, or a broken one, has no size and is called what it is; it is no error."""
    assert (key.algorithm, key.bits, key.label) == (algorithm, 0, label)
