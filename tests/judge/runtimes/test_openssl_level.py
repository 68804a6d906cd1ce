from dataclasses import replace

import pytest

from anchorkeep.judge.runtimes import openssl_level
from anchorkeep.mint import key as keys
from tests.judge.conftest import leaf, root

EC = root()
RSA = root(key=keys.generate("RSA 2048"))


@pytest.mark.parametrize(
    ("length", "bits"),
    [
        (0, 0),
        (7, 0),
        (8, 0),
        (512, 56),
        (1024, 80),
        (1536, 96),
        (2048, 112),
        (3072, 128),
        (4096, 152),
        (10000, 216),
        (16384, 272),
    ],
)
def test_modulus_has_bits_of_security(length: int, bits: int) -> None:
    """A modulus has the bits of security that OpenSSL gives it."""
    assert openssl_level.modulus_bits(length) == bits


def test_levels_are_bounded() -> None:
    """A level above the last asks for as much as the last, one below zero for nothing."""
    assert [openssl_level.least_bits(level) for level in (-1, 0, 1, 2, 3, 4, 5, 9)] == [0, 0, 80, 112, 128, 192, 256, 256]


@pytest.mark.parametrize(
    ("kind", "bits"), [("EC P-256", 128), ("EC P-384", 192), ("Ed25519", 128), ("RSA 1024", 80), ("RSA 2048", 112)]
)
def test_key_has_bits_of_security(kind: str, bits: int) -> None:
    """A key is enough for the level of its strength, and for none above."""
    certificate = root(key=keys.generate(kind)).certificate
    assert openssl_level.key_bits(certificate) == bits
    enough = [level for level in range(6) if openssl_level.weak_key(certificate, level) is None]
    assert enough == [level for level in range(6) if openssl_level.least_bits(level) <= bits]


def test_signature_has_the_strength_of_its_digest() -> None:
    """A signature over SHA-1 is enough for level 0 alone, one over SHA-256 for 3."""
    old = leaf(RSA, hash_name="sha1")
    assert openssl_level.weak_signature(old, 0) is None
    reason = openssl_level.weak_signature(old, 1)
    assert reason is not None
    assert "63 bits" in reason.message
    assert openssl_level.weak_signature(leaf(EC), 3) is None
    assert openssl_level.weak_signature(leaf(EC), 4) is not None


def test_signature_of_a_fixed_key_has_the_key_s() -> None:
    """A signature with Ed25519, which has no digest of its own, is enough for level 3."""
    certificate = leaf(root(key=keys.generate("Ed25519")))
    assert openssl_level.weak_signature(certificate, 3) is None
    assert openssl_level.weak_signature(certificate, 4) is not None


def test_unknown_key_is_weak() -> None:
    """A key of an algorithm that is not known has no strength."""
    certificate = leaf(EC)
    ec_key = bytes.fromhex("06072a8648ce3d0201")
    unknown = replace(certificate, der=certificate.der.replace(ec_key, ec_key[:-1] + b"\x63"))
    assert unknown.public_key.algorithm != "EC"
    assert openssl_level.key_bits(unknown) == 0
    assert openssl_level.weak_key(unknown, 1) is not None
