import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.actions import client_certificate
from anchorkeep.errors import AnchorkeepError, CertificateError, StoreFormatError, StoreIntegrityError, UsageError
from anchorkeep.model.certificate import Certificate
from anchorkeep.observe.approach import Approach, ClientIdentity
from tests.peers.pki import Presented, present

PASSWORD = "s3cret-pa55"


def pem(presented: Presented) -> bytes:
    """Return the chain as PEM."""
    return b"".join(item.public_bytes(Encoding.PEM) for item in presented.chain)


def key_of(presented: Presented, password: str | None = None) -> bytes:
    """Return the key as PEM."""
    encryption = NoEncryption() if password is None else BestAvailableEncryption(password.encode())
    return presented.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def pkcs12(presented: Presented, password: str | None = PASSWORD) -> bytes:
    """Return key and chain as PKCS#12."""
    encryption = NoEncryption() if password is None else BestAvailableEncryption(password.encode())
    return serialize_key_and_certificates(b"client", presented.key, presented.chain[0], presented.chain[1:], encryption)


def chain_of(identity: ClientIdentity) -> tuple[bytes, ...]:
    """Return the bytes of the chain."""
    return tuple(item.der for item in identity.chain)


def test_pem_with_key() -> None:
    """One file with key and chain, in either order, is an identity."""
    client = present("client.test")
    for data in (key_of(client) + pem(client), pem(client) + key_of(client)):
        identity = client_certificate.loads(data, name="client.pem")
        assert chain_of(identity) == client.der
        assert identity.key.public_key() == client.key.public_key()


def test_key_in_a_file_of_its_own() -> None:
    """Chain and key may come from two files, the key encrypted or not; a password that is not needed does no harm."""
    client = present("client.test")
    for secret in (None, PASSWORD):
        identity = client_certificate.loads(pem(client), name="x", key=key_of(client, secret), password=PASSWORD)
        assert chain_of(identity) == client.der


def test_leaf_comes_first() -> None:
    """The key's certificate is presented first, wherever it stands in the file (RFC 8446 §4.4.2)."""
    client = present("client.test")
    turned = Presented(key=client.key, chain=tuple(reversed(client.chain)))
    identity = client_certificate.loads(pem(turned) + key_of(client), name="x")
    assert chain_of(identity) == (client.der[0], *reversed(client.der[1:]))


def test_der_certificate_with_a_key_in_pem() -> None:
    """A certificate in DER has its key elsewhere."""
    client = present("client.test")
    assert chain_of(client_certificate.loads(client.der[0], name="x", key=key_of(client))) == client.der[:1]


def test_pkcs12() -> None:
    """A PKCS#12 file is an identity by itself."""
    client = present("client.test")
    identity = client_certificate.loads(pkcs12(client), name="client.p12", password=PASSWORD)
    assert chain_of(identity)[0] == client.der[0]
    assert set(chain_of(identity)) == set(client.der)
    assert client_certificate.loads(pkcs12(client, None), name="client.p12").chain[0].der == client.der[0]


@pytest.mark.parametrize("password", [None, "wrong", ""])
def test_wrong_password(password: str | None) -> None:
    """A wrong or missing password is told as that, for PKCS#12 and for a key in PEM, and is not repeated."""
    client = present("client.test")
    for data, key in ((pkcs12(client), None), (pem(client), key_of(client, PASSWORD))):
        with pytest.raises(StoreIntegrityError) as caught:
            client_certificate.loads(data, name="x", key=key, password=password)
        assert caught.value.remedy


@pytest.mark.parametrize(
    ("make", "error", "reason"),
    [
        (lambda client: (pem(client), None), UsageError, "no private key"),
        (lambda client: (pem(client), pem(client)), UsageError, "no private key"),
        (lambda client: (pem(client), key_of(present())), UsageError, "belongs to the private key"),
        (lambda client: (key_of(client), None), StoreFormatError, "x"),
        (lambda client: (pkcs12(client), key_of(client)), UsageError, "leave --key out"),
        (
            lambda client: (pem(client), b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
            StoreFormatError,
            "broken",
        ),
        (lambda _: (b"hello", None), StoreFormatError, "x"),
        (lambda _: (b"", None), StoreFormatError, "x"),
    ],
)
def test_what_is_no_identity_is_refused(make: object, error: type[AnchorkeepError], reason: str) -> None:
    """A file without a key, without its certificate, or without either is refused with its reason."""
    data, key = make(present("client.test"))  # type: ignore[operator]
    with pytest.raises(error, match=reason):
        client_certificate.loads(data, name="x", key=key)


def test_key_of_another_kind_is_refused() -> None:
    """A key with which no TLS of today is spoken is refused by name."""
    client = present("client.test")
    old = dsa.generate_private_key(2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(StoreFormatError, match="expected EC, RSA or Ed25519"):
        client_certificate.loads(pem(client), name="x", key=old)


def test_pkcs12_without_a_key_is_refused() -> None:
    """A trust store is no client certificate."""
    client = present("client.test")
    data = serialize_key_and_certificates(None, None, client.chain[0], None, BestAvailableEncryption(PASSWORD.encode()))
    with pytest.raises(UsageError, match="holds no private key"):
        client_certificate.loads(data, name="x", password=PASSWORD)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_an_identity_or_an_error(data: bytes, as_key: bool) -> None:  # noqa: FBT001
    """No bytes raise anything but an error of this house."""
    armored = b"-----BEGIN PRIVATE KEY-----\n" + data + b"\n-----END PRIVATE KEY-----\n"
    with pytest.raises(AnchorkeepError):
        client_certificate.loads(armored if as_key else data, name="x", password="x")


def test_pair_that_does_not_belong_together_is_no_context() -> None:
    """OpenSSL is not given a certificate with another's key."""
    chain = tuple(Certificate(item) for item in present("client.test").der)
    identity = ClientIdentity(chain=chain, key=ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(CertificateError, match="cannot be used with its key"):
        _ = Approach(identity=identity).context
    assert "key" not in repr(identity)
