"""
OpenSSL's security level: how strong keys and signatures must be (X509_VERIFY_PARAM_set_auth_level(3)).

At a level every key of the path, the anchor's too, and every signature but the anchor's must reach so many bits of security. The
bits of an RSA key follow NIST SP 800-56B appendix D, those of a curve are half its order's, those of a digest half its length;
of MD5 and SHA-1 OpenSSL 3.0 and later count what attacks have left.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from anchorkeep.model.verdict import Kind, Reason

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate

#: Bits of security that the levels 0 to 5 ask for.
_LEAST_BITS = (0, 80, 112, 128, 192, 256)
_HASH_BITS = {"md2": 39, "md4": 39, "md5": 39, "sha1": 63, "sha224": 112, "sha256": 128, "sha384": 192, "sha512": 256}
_FIXED_BITS = {"Ed25519": 128, "Ed448": 224}
#: Moduli whose strength SP 800-57 part 1 states; between them a formula holds.
_MODULUS_BITS = {2048: 112, 3072: 128, 4096: 152, 6144: 176, 7680: 192, 8192: 200, 15360: 256}
_LEAST_MODULUS = 8
#: What DSA's shorter number, which is not read here, limits a key to: 160 bits up to 1024, 224 or 256 beyond.
_DSA_BITS = ((1024, 80), (2048, 112), (3072, 128))


def least_bits(level: int) -> int:
    """Return the bits of security that a level asks for; above the last it asks for no less."""
    return _LEAST_BITS[max(0, min(level, len(_LEAST_BITS) - 1))]


def weak_key(certificate: Certificate, level: int) -> Reason | None:
    """Return why the subject's key is too weak for a level; one that cannot be read is."""
    bits, least = key_bits(certificate), least_bits(level)
    if bits >= least:
        return None
    message = (
        f"Its key ({certificate.public_key.label}) has {bits} bits of security, the security level {level} asks for {least}."
    )
    return Reason(kind=Kind.WEAK, message=message, certificate=certificate)


def weak_signature(certificate: Certificate, level: int) -> Reason | None:
    """Return why the signature is too weak for a level; one of an unknown algorithm is."""
    known = certificate.signature_hash
    bits = _HASH_BITS.get(known, 0) if known else _FIXED_BITS.get(certificate.signature_label, 0)
    least = least_bits(level)
    if bits >= least:
        return None
    label = certificate.signature_label
    message = f"Its signature ({label}) has {bits} bits of security, the security level {level} asks for {least}."
    return Reason(kind=Kind.WEAK, message=message, certificate=certificate)


def key_bits(certificate: Certificate) -> int:
    """Return the bits of security of the subject's key, 0 where they cannot be told."""
    key = certificate.public_key
    if key.algorithm == "RSA":
        return modulus_bits(key.bits)
    if key.algorithm == "EC":
        return key.bits // 2
    if key.algorithm == "DSA":
        return max((strength for bits, strength in _DSA_BITS if key.bits >= bits), default=0)
    return _FIXED_BITS.get(key.algorithm, 0)


def modulus_bits(length: int) -> int:
    """
    Return the bits of security of an RSA modulus of so many bits.

    The cost of the number field sieve, rounded to a multiple of 8 and bounded as the standards state it (NIST SP 800-56B rev. 2
    appendix D; FIPS 140-2 implementation guidance 7.5).
    """
    if length in _MODULUS_BITS:
        return _MODULUS_BITS[length]
    if length < _LEAST_MODULUS:
        return 0
    most = 192 if length <= 7680 else 256 if length <= 15360 else 1200  # noqa: PLR2004 (the standard's steps, as above)
    work = length * math.log(2)
    cost = (1.923 * (work * math.log(work) ** 2) ** (1 / 3) - 4.69) / math.log(2)
    return min(most, max(0, (int(cost) + 4) & ~7))
