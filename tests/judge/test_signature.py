import subprocess
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from anchorkeep.judge import signature
from anchorkeep.judge.signature import Signature
from anchorkeep.mint import name as names
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.key import PublicKey
from anchorkeep.tlv import writer
from tests.conftest import require_tool
from tests.judge.conftest import ca_template, changed, template

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
DSA_KEY = dsa.generate_private_key(key_size=2048)
ED25519_KEY = ed25519.Ed25519PrivateKey.generate()
ED448_KEY = ed448.Ed448PrivateKey.generate()

HASHES = {
    "sha1": hashes.SHA1(),  # noqa: S303 (old signatures are still to be verified)
    "sha256": hashes.SHA256(),
    "sha512": hashes.SHA512(),
}
HASH_OIDS = {
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
RSA_WITH_SHA256 = "1.2.840.113549.1.1.11"
ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2"
DSA_WITH_SHA256 = "2.16.840.1.101.3.4.3.2"
PSS = "1.2.840.113549.1.1.10"
ISSUER = names.build(("CN", "Signer"))


def algorithm(dotted: str, parameters: bytes = b"") -> bytes:
    """Return an AlgorithmIdentifier."""
    return writer.sequence(writer.oid(dotted), parameters)


def spki(key: object) -> PublicKey:
    """Return the public half of a private key."""
    return PublicKey(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def signed(chosen: bytes, sign: Callable[[bytes], bytes]) -> Certificate:
    """Return a leaf that names an algorithm and has whatever signature `sign` makes."""
    tbs = template().tbs(spki(EC_KEY), issuer=ISSUER, algorithm=chosen, authority_key_identifier=None)
    return Certificate(writer.sequence(tbs, chosen, writer.bit_string(sign(tbs))))


def signer(key: PublicKey) -> Certificate:
    """Return a CA's certificate for a key; who signed it does not matter."""
    chosen = algorithm(ECDSA_WITH_SHA256)
    tbs = ca_template(ISSUER).tbs(key, issuer=ISSUER, algorithm=chosen, authority_key_identifier=None)
    return Certificate(writer.sequence(tbs, chosen, writer.bit_string(EC_KEY.sign(tbs, ec.ECDSA(hashes.SHA256())))))


def pkcs1(name: str, key: rsa.RSAPrivateKey = RSA_KEY) -> Callable[[bytes], bytes]:
    """Return who signs with RSASSA-PKCS1-v1_5."""
    return lambda data: key.sign(data, padding.PKCS1v15(), HASHES[name])


def pss_parameters(name: str, mask: str, salt: int) -> bytes:
    """Return RSASSA-PSS-params (RFC 4055 §3.1)."""
    chosen, masked = (algorithm(HASH_OIDS[item], writer.NULL) for item in (name, mask))
    mgf = writer.sequence(writer.oid("1.2.840.113549.1.1.8"), masked)
    return writer.sequence(writer.explicit(0, chosen), writer.explicit(1, mgf), writer.explicit(2, writer.integer(salt)))


def pss(name: str, mask: str, salt: int) -> Callable[[bytes], bytes]:
    """Return who signs with RSASSA-PSS."""
    return lambda data: RSA_KEY.sign(data, padding.PSS(padding.MGF1(HASHES[mask]), salt), HASHES[name])


def ecdsa(name: str, key: ec.EllipticCurvePrivateKey = EC_KEY) -> Callable[[bytes], bytes]:
    """Return who signs with ECDSA."""
    return lambda data: key.sign(data, ec.ECDSA(HASHES[name]))


P521_KEY = ec.generate_private_key(ec.SECP521R1())
GOOD = {
    "RSA with SHA-1": (algorithm("1.2.840.113549.1.1.5", writer.NULL), pkcs1("sha1"), RSA_KEY),
    "RSA with SHA-1 by its old name": (algorithm("1.3.14.3.2.29", writer.NULL), pkcs1("sha1"), RSA_KEY),
    "RSA with SHA-256": (algorithm(RSA_WITH_SHA256, writer.NULL), pkcs1("sha256"), RSA_KEY),
    "RSA with SHA-256 without parameters": (algorithm(RSA_WITH_SHA256), pkcs1("sha256"), RSA_KEY),
    "RSA with SHA-512": (algorithm("1.2.840.113549.1.1.13", writer.NULL), pkcs1("sha512"), RSA_KEY),
    "PSS with SHA-256": (algorithm(PSS, pss_parameters("sha256", "sha256", 32)), pss("sha256", "sha256", 32), RSA_KEY),
    "PSS with two hashes": (algorithm(PSS, pss_parameters("sha512", "sha256", 20)), pss("sha512", "sha256", 20), RSA_KEY),
    "PSS without salt": (algorithm(PSS, pss_parameters("sha256", "sha256", 0)), pss("sha256", "sha256", 0), RSA_KEY),
    "PSS by its defaults": (algorithm(PSS, writer.sequence()), pss("sha1", "sha1", 20), RSA_KEY),
    "PSS without parameters": (algorithm(PSS), pss("sha1", "sha1", 20), RSA_KEY),
    "PSS with a trailer": (
        algorithm(PSS, writer.sequence(writer.explicit(3, writer.integer(1)))),
        pss("sha1", "sha1", 20),
        RSA_KEY,
    ),
    "ECDSA with SHA-256": (algorithm(ECDSA_WITH_SHA256), ecdsa("sha256"), EC_KEY),
    "ECDSA with NULL": (algorithm(ECDSA_WITH_SHA256, writer.NULL), ecdsa("sha256"), EC_KEY),
    "ECDSA on P-521": (algorithm("1.2.840.10045.4.3.4"), ecdsa("sha512", P521_KEY), P521_KEY),
    "DSA": (algorithm(DSA_WITH_SHA256), lambda data: DSA_KEY.sign(data, hashes.SHA256()), DSA_KEY),
    "Ed25519": (algorithm("1.3.101.112"), ED25519_KEY.sign, ED25519_KEY),
    "Ed448": (algorithm("1.3.101.113"), ED448_KEY.sign, ED448_KEY),
}


@pytest.mark.parametrize(("chosen", "sign", "key"), GOOD.values(), ids=GOOD)
def test_good_signature_is_valid(chosen: bytes, sign: Callable[[bytes], bytes], key: object) -> None:
    """A signature by the issuer's key is valid, whatever the algorithm."""
    assert signature.check(signed(chosen, sign), signer(spki(key))) is Signature.VALID


@pytest.mark.parametrize(("chosen", "sign", "key"), GOOD.values(), ids=GOOD)
def test_flipped_byte_in_the_signature_is_invalid(chosen: bytes, sign: Callable[[bytes], bytes], key: object) -> None:
    """A flipped bit in the signature is found."""
    assert signature.check(changed(signed(chosen, sign)), signer(spki(key))) is Signature.INVALID


@pytest.mark.parametrize(("chosen", "sign", "key"), GOOD.values(), ids=GOOD)
def test_flipped_byte_in_what_was_signed_is_invalid(chosen: bytes, sign: Callable[[bytes], bytes], key: object) -> None:
    """A flipped bit in what was signed is found."""
    certificate = signed(chosen, sign)
    position = certificate.der.index(b"www.example.com")
    assert signature.check(changed(certificate, position=position), signer(spki(key))) is Signature.INVALID


OTHER_KEYS = {
    "RSA": (algorithm(RSA_WITH_SHA256, writer.NULL), pkcs1("sha256"), OTHER_RSA_KEY),
    "PSS": (algorithm(PSS, pss_parameters("sha256", "sha256", 32)), pss("sha256", "sha256", 32), OTHER_RSA_KEY),
    "ECDSA": (algorithm(ECDSA_WITH_SHA256), ecdsa("sha256"), ec.generate_private_key(ec.SECP256R1())),
    "Ed25519": (algorithm("1.3.101.112"), ED25519_KEY.sign, ed25519.Ed25519PrivateKey.generate()),
    "Ed448": (algorithm("1.3.101.113"), ED448_KEY.sign, ed448.Ed448PrivateKey.generate()),
}


@pytest.mark.parametrize(("chosen", "sign", "key"), OTHER_KEYS.values(), ids=OTHER_KEYS)
def test_signature_by_another_key_is_invalid(chosen: bytes, sign: Callable[[bytes], bytes], key: object) -> None:
    """A signature by another key of the same kind is invalid."""
    assert signature.check(signed(chosen, sign), signer(spki(key))) is Signature.INVALID


KEYS = {"RSA": RSA_KEY, "EC": EC_KEY, "DSA": DSA_KEY, "Ed25519": ED25519_KEY, "Ed448": ED448_KEY}
ALGORITHMS = {
    "RSA": RSA_WITH_SHA256,
    "EC": ECDSA_WITH_SHA256,
    "DSA": DSA_WITH_SHA256,
    "Ed25519": "1.3.101.112",
    "Ed448": "1.3.101.113",
}


@pytest.mark.parametrize(("family", "key"), [(a, k) for a in ALGORITHMS for k in KEYS if a != k])
def test_algorithm_of_another_family_is_invalid(family: str, key: str) -> None:
    """An algorithm that a key of this family cannot have made is invalid."""
    certificate = signed(algorithm(ALGORITHMS[family]), lambda _: bytes(64))
    assert signature.check(certificate, signer(spki(KEYS[key]))) is Signature.INVALID


def test_pss_by_another_family_is_invalid() -> None:
    """RSASSA-PSS cannot have been made by an EC key."""
    certificate = signed(algorithm(PSS, pss_parameters("sha256", "sha256", 32)), pss("sha256", "sha256", 32))
    assert signature.check(certificate, signer(spki(EC_KEY))) is Signature.INVALID


UNKNOWN = {
    "an unknown algorithm": algorithm("1.2.3.4"),
    "MD2": algorithm("1.2.840.113549.1.1.2", writer.NULL),
    "MD4": algorithm("1.2.840.113549.1.1.3", writer.NULL),
    "PSS with parameters that are none": algorithm(PSS, writer.NULL),
    "PSS with a hash that is none": algorithm(PSS, writer.sequence(writer.explicit(0, writer.NULL))),
    "PSS with an unknown hash": algorithm(PSS, writer.sequence(writer.explicit(0, algorithm("1.2.3.4")))),
    "PSS with an unknown mask": algorithm(PSS, writer.sequence(writer.explicit(1, algorithm("1.2.3.4", algorithm("1.2.3.4"))))),
}


@pytest.mark.parametrize("chosen", UNKNOWN.values(), ids=UNKNOWN)
def test_algorithm_that_cannot_be_checked_is_unknown(chosen: bytes) -> None:
    """What neither library can check is neither valid nor called forged."""
    assert signature.check(signed(chosen, pkcs1("sha256")), signer(spki(RSA_KEY))) is Signature.UNKNOWN


@pytest.mark.parametrize("salt", [-1, 2049, 1 << 40, 1 << 80])
def test_salt_that_no_signature_has_is_invalid(salt: int) -> None:
    """A salt longer than any modulus, or less than nothing, is no signature, and no crash either."""
    chosen = algorithm(PSS, pss_parameters("sha256", "sha256", salt))
    assert signature.check(signed(chosen, pss("sha256", "sha256", 32)), signer(spki(RSA_KEY))) is Signature.INVALID


def test_salt_too_long_for_the_key_is_not_valid() -> None:
    """A salt that the bound allows and the key does not is not valid."""
    chosen = algorithm(PSS, pss_parameters("sha256", "sha256", 2048))
    assert signature.check(signed(chosen, pss("sha256", "sha256", 32)), signer(spki(RSA_KEY))) is not Signature.VALID


def test_issuer_that_cannot_be_read_is_unknown() -> None:
    """With an issuer that is no certificate nothing can be checked."""
    certificate = signed(algorithm(RSA_WITH_SHA256, writer.NULL), pkcs1("sha256"))
    assert signature.check(certificate, Certificate(b"\x30\x00")) is Signature.UNKNOWN


@pytest.mark.parametrize(
    "key",
    [
        writer.sequence(algorithm("1.2.3.4"), writer.bit_string(b"\0")),
        writer.sequence(algorithm("1.2.840.113549.1.1.1", writer.NULL), writer.bit_string(b"\0")),
        writer.sequence(algorithm("1.3.101.110"), writer.bit_string(bytes(32))),
    ],
    ids=["unknown", "broken", "X25519"],
)
def test_key_that_signs_nothing_is_unknown(key: bytes) -> None:
    """A key that neither library can verify with leaves the question open."""
    certificate = signed(algorithm(RSA_WITH_SHA256, writer.NULL), pkcs1("sha256"))
    assert signature.check(certificate, signer(PublicKey(key))) is Signature.UNKNOWN


EXPLICIT = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1", "-pkeyopt", "ec_param_enc:explicit")
# Keys and hashes that `cryptography` refuses and OpenSSL takes.
REFUSED = {
    "another curve": ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:brainpoolP256t1"),
    "another hash": ("-newkey", "rsa:2048", "-sha3-256"),
}


def openssl_chain(directory: Path, options: tuple[str, ...]) -> tuple[Certificate, Certificate]:
    """Return a leaf and its self-signed issuer as OpenSSL made them."""
    openssl = require_tool("openssl")

    def make(name: str, *arguments: str) -> Certificate:
        command = [openssl, "req", "-x509", "-nodes", "-days", "30", "-subj", f"/CN={name}", "-keyout", f"{name}.key"]
        subprocess.run([*command, *arguments, "-out", f"{name}.pem"], cwd=directory, check=True, capture_output=True)
        lines = (directory / f"{name}.pem").read_text().splitlines()
        return Certificate(b64decode("".join(line for line in lines if "-----" not in line)))

    issuer = make("ca", *options)
    digest = tuple(option for option in options if option.startswith("-sha"))
    below = make("leaf", "-newkey", "rsa:2048", *digest, "-CA", "ca.pem", "-CAkey", "ca.key")
    return below, issuer


@pytest.fixture(scope="module", params=REFUSED.values(), ids=REFUSED)
def refused(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Certificate, Certificate]:
    """Return a chain of two whose signatures `cryptography` does not verify."""
    return openssl_chain(tmp_path_factory.mktemp("openssl"), request.param)


@pytest.mark.interop
def test_openssl_verifies_what_cryptography_refuses(refused: tuple[Certificate, Certificate]) -> None:
    """Where `cryptography` refuses a key or a hash, OpenSSL's verdict is taken, also on a self-signature."""
    certificate, issuer = refused
    assert (signature.check(certificate, issuer), signature.check(issuer, issuer)) == (Signature.VALID, Signature.VALID)


@pytest.mark.interop
def test_openssl_does_not_verify_a_flipped_byte(refused: tuple[Certificate, Certificate]) -> None:
    """Where OpenSSL is asked, a flipped bit is not valid either."""
    certificate, issuer = refused
    assert signature.check(changed(certificate), issuer) is not Signature.VALID


@pytest.mark.interop
def test_openssl_looks_at_a_self_signature(refused: tuple[Certificate, Certificate]) -> None:
    """A self-signed certificate is not valid for being its own anchor: OpenSSL must be told to look at the signature."""
    forged = changed(refused[1])
    assert signature.check(forged, forged) is not Signature.VALID


@pytest.mark.interop
def test_openssl_names_a_forged_signature(tmp_path: Path) -> None:
    """Where OpenSSL has the hash, a flipped bit is invalid and not merely unknown."""
    certificate, issuer = openssl_chain(tmp_path, REFUSED["another curve"])
    assert signature.check(changed(certificate), issuer) is Signature.INVALID


@pytest.mark.interop
def test_explicit_parameters_leave_the_question_open(tmp_path: Path) -> None:
    """A curve written out in parameters is refused by both libraries in an issuer: no yes, and no forgery."""
    certificate, issuer = openssl_chain(tmp_path, EXPLICIT)
    assert signature.check(certificate, issuer) is Signature.UNKNOWN


@pytest.mark.interop
def test_explicit_parameters_sign_themselves(tmp_path: Path) -> None:
    """A self-signature by such a key is still verified, and a flipped bit in it found."""
    _, issuer = openssl_chain(tmp_path, EXPLICIT)
    forged = changed(issuer)
    assert (signature.check(issuer, issuer), signature.check(forged, forged)) == (Signature.VALID, Signature.INVALID)


@pytest.mark.interop
def test_issuer_that_openssl_cannot_read_is_unknown(tmp_path: Path) -> None:
    """Where OpenSSL would have to be asked and cannot read the issuer, the question stays open."""
    certificate, issuer = openssl_chain(tmp_path, REFUSED["another curve"])
    chosen = algorithm(ECDSA_WITH_SHA256)
    timeless = ca_template(issuer.subject, not_before=writer.encode(0x17, b"never"))
    tbs = timeless.tbs(issuer.public_key, issuer=issuer.subject, algorithm=chosen, authority_key_identifier=None)
    unreadable = Certificate(writer.sequence(tbs, chosen, writer.bit_string(b"\0")))
    assert signature.check(certificate, unreadable) is Signature.UNKNOWN
