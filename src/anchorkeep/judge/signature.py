"""
Whether one certificate's signature verifies with another's key, whatever parsers think of the rest of either.

`cryptography` does the arithmetic, on the bytes our own reader cut out; where it refuses a key or an algorithm, OpenSSL is asked
for the same pair of certificates through pyOpenSSL. Nothing but the signature is decided here: no names, dates, usages.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from anchorkeep import tlv
from anchorkeep.errors import CertificateError, TLVError
from anchorkeep.model import oid
from anchorkeep.model.certificate import Certificate

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
#: Octets of salt in RSASSA-PSS: less than the modulus has (RFC 8017 §9.1.1), which OpenSSL bounds at 16,384 bits.
_MAX_SALT = 2048
#: X509_V_FLAG_NO_CHECK_TIME of OpenSSL's x509_vfy.h, which pyOpenSSL does not name.
_NO_CHECK_TIME = 0x200000
#: X509_V_ERR_CERT_SIGNATURE_FAILURE of the same file.
_SIGNATURE_FAILURE = 7


class Signature(StrEnum):
    """What became of a signature check."""

    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"


class _NotSupportedError(Exception):
    """The key or the algorithm is not one that `cryptography` verifies."""


@lru_cache(maxsize=512)  # Enough for the CAs of a scan, and too few for its leaves to weigh anything.
def check(certificate: Certificate, issuer: Certificate) -> Signature:
    """
    Return whether `certificate` was signed with the key of `issuer` (RFC 5280 §6.1.3 (a)(1)).

    `UNKNOWN` means that neither library could check it, which is no yes.
    """
    try:
        _verify(certificate, issuer)
    except InvalidSignature:
        return Signature.INVALID
    except (CertificateError, TLVError):
        return Signature.UNKNOWN
    except (_NotSupportedError, UnsupportedAlgorithm, ValueError, TypeError):
        return _ask_openssl(certificate, issuer)
    return Signature.VALID


def _verify(certificate: Certificate, issuer: Certificate) -> None:
    key = _load_key(issuer.public_key.der)
    signature, signed = certificate.signature, certificate.tbs
    if isinstance(key, rsa.RSAPublicKey):
        scheme, algorithm = _rsa_scheme(certificate)
        key.verify(signature, signed, scheme, algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, signed, ec.ECDSA(_hash(certificate, "EC")))
    elif isinstance(key, dsa.DSAPublicKey):
        key.verify(signature, signed, _hash(certificate, "DSA"))
    elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        _expect_family(certificate, issuer.public_key.algorithm)
        key.verify(signature, signed)
    else:
        raise _NotSupportedError


@lru_cache(maxsize=1024)
def _load_key(der: bytes) -> PublicKeyTypes:
    return load_der_public_key(der)


def _expect_family(certificate: Certificate, family: str) -> str | None:
    """Return the hash that the algorithm names; an algorithm of another family than the key's cannot be this key's."""
    known = oid.SIGNATURES.get(certificate.signature_algorithm)
    if known is None:
        raise _NotSupportedError
    if known[2] != family:
        raise InvalidSignature
    return known[1]


def _hash(certificate: Certificate, family: str) -> hashes.HashAlgorithm:
    name = _expect_family(certificate, family)
    if name not in _HASHES:
        raise _NotSupportedError
    return _HASHES[name]()


def _rsa_scheme(certificate: Certificate) -> tuple[padding.AsymmetricPadding, hashes.HashAlgorithm]:
    if certificate.signature_algorithm != oid.RSASSA_PSS:
        return padding.PKCS1v15(), _hash(certificate, "RSA")
    chosen, mask, salt = _pss_parameters(certificate.signature_parameters or b"\x30\x00")
    return padding.PSS(padding.MGF1(_HASHES[mask]()), salt), _HASHES[chosen]()


def _pss_parameters(der: bytes) -> tuple[str, str, int]:
    """Read RSASSA-PSS-params (RFC 4055 §3.1): hash, hash of the mask, octets of salt."""
    chosen, mask, salt = "sha1", "sha1", 20
    for node in tlv.read(der).children(0x30):
        inner = node.children(at_least=1)[0]
        if node.tag == 0xA0:  # noqa: PLR2004 ([0] hashAlgorithm)
            chosen = _hash_name(inner)
        elif node.tag == 0xA1:  # noqa: PLR2004 ([1] maskGenAlgorithm)
            mask = _hash_name(inner.children(0x30, at_least=2)[1])
        elif node.tag == 0xA2:  # noqa: PLR2004 ([2] saltLength)
            salt = inner.integer()
            if not 0 <= salt <= _MAX_SALT:
                raise InvalidSignature
    return chosen, mask, salt


def _hash_name(algorithm: tlv.Node) -> str:
    name = oid.HASHES.get(algorithm.children(0x30, at_least=1)[0].oid())
    if name not in _HASHES:
        raise _NotSupportedError
    return name


def _ask_openssl(certificate: Certificate, issuer: Certificate) -> Signature:
    """Let OpenSSL verify the one step, without dates; an answer other than yes or a failed signature is no answer."""
    from OpenSSL import crypto

    try:
        subject = crypto.load_certificate(crypto.FILETYPE_ASN1, certificate.der)
        anchor = crypto.load_certificate(crypto.FILETYPE_ASN1, issuer.der)
        store = crypto.X509Store()
        # A self-signed certificate in the store is taken without its own signature being looked at, unless it is asked for.
        store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN | crypto.X509StoreFlags.CHECK_SS_SIGNATURE | _NO_CHECK_TIME)
        store.add_cert(anchor)
        crypto.X509StoreContext(store, subject).verify_certificate()
    except crypto.X509StoreContextError as error:
        return Signature.INVALID if error.errors[0] == _SIGNATURE_FAILURE and _has_known_hash(certificate) else Signature.UNKNOWN
    except crypto.Error:
        return Signature.UNKNOWN
    return Signature.VALID


def _has_known_hash(certificate: Certificate) -> bool:
    """
    Whether OpenSSL surely has the hashes: where it has not (MD2), it reports a failed signature too.

    PSS comes here only with a hash or a mask that is not known.
    """
    return certificate.signature_algorithm != oid.RSASSA_PSS and certificate.signature_hash in _HASHES
