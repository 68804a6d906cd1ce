import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa

from anchorkeep.errors import InputError, UsageError
from anchorkeep.mint import key


@pytest.mark.parametrize("label", ["EC P-256", "EC P-384", "EC P-521", "RSA 2048", "Ed25519"])
def test_key_is_of_the_kind_asked_for(label: str) -> None:
    """The label a key is made by is the label its public half bears."""
    assert key.public_key(key.generate(label)).label == label


@pytest.mark.parametrize("label", ["", "EC", "EC P-999", "RSA", "RSA 512", "RSA 99999", "DSA 2048", "Ed25519 "])
def test_other_kinds_are_refused(label: str) -> None:
    """A kind of key that cannot be made is an error that names those that can."""
    with pytest.raises(UsageError, match="EC P-256"):
        key.generate(label)


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", b"\xff\0"])
def test_what_is_no_key_is_refused(pem: bytes) -> None:
    """Bytes that hold no private key are an error that quotes none of them."""
    with pytest.raises(InputError, match="Not a private key") as caught:
        key.load_private_key(pem)
    assert caught.value.__cause__ is None


def test_encrypted_key_is_refused() -> None:
    """An encrypted key is refused, since no password is known."""
    pem = key.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    with pytest.raises(InputError):
        key.load_private_key(pem)


def test_key_of_another_kind_is_refused() -> None:
    """A DSA key can be read but is not used here."""
    other = dsa.generate_private_key(2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(InputError, match="expected EC"):
        key.load_private_key(other)


def test_unknown_hash_is_refused() -> None:
    """A hash that no signature algorithm is known for is an error."""
    with pytest.raises(UsageError, match="md9"):
        key.signature_algorithm(key.generate(), "md9")
