"""
What OpenSSL's verification errors mean, by their numbers (X509_V_ERR_* of x509_vfy.h, the same in 3.0 to 4.0).

The numbers are what pyOpenSSL hands over; the texts of the library differ between its versions and are not looked at.
"""

from __future__ import annotations

from anchorkeep.model.verdict import Kind

_NOT_FOUND = "its issuer is neither sent nor in the store"
_NOT_ALLOWED = "a name lies outside what an issuer above it may issue for"

#: Number, kind and what is so of the certificate at fault.
_ERRORS = {
    2: (Kind.UNKNOWN_ISSUER, _NOT_FOUND),
    4: (Kind.BAD_SIGNATURE, "its signature cannot be decoded"),
    6: (Kind.NOT_READ, "the key of its issuer cannot be read"),
    7: (Kind.BAD_SIGNATURE, "its signature does not verify"),
    9: (Kind.NOT_YET_VALID, "it is not valid yet"),
    10: (Kind.EXPIRED, "it has expired"),
    13: (Kind.NOT_READ, "its notBefore cannot be read"),
    14: (Kind.NOT_READ, "its notAfter cannot be read"),
    18: (Kind.UNKNOWN_ISSUER, "it is self-signed and not in the store"),
    19: (Kind.UNKNOWN_ISSUER, "it is self-signed, ends the path and is not in the store"),
    20: (Kind.UNKNOWN_ISSUER, _NOT_FOUND),
    21: (Kind.UNKNOWN_ISSUER, _NOT_FOUND),
    22: (Kind.PATH_TOO_LONG, "the path has more certificates than OpenSSL follows"),
    24: (Kind.NOT_READ, "the key of its issuer cannot be read"),
    25: (Kind.PATH_TOO_LONG, "the path below it is longer than it allows"),
    26: (Kind.WRONG_PURPOSE, "it is not meant for this purpose"),
    32: (Kind.NOT_A_CA, "its key usage does not allow it to sign certificates"),
    34: (Kind.UNKNOWN_CRITICAL, "it has a critical extension that is not understood"),
    40: (Kind.PROFILE, "it is a proxy certificate"),
    41: (Kind.NOT_READ, "an extension of it cannot be read or contradicts another"),
    47: (Kind.NAME_CONSTRAINT, _NOT_ALLOWED),
    48: (Kind.NAME_CONSTRAINT, _NOT_ALLOWED),
    49: (Kind.NAME_CONSTRAINT, "a name constraint has a minimum or a maximum"),
    51: (Kind.NAME_CONSTRAINT, "a name constraint is of a kind that is not understood"),
    52: (Kind.NAME_CONSTRAINT, "a name constraint cannot be read"),
    53: (Kind.NAME_CONSTRAINT, "a name cannot be held against the name constraints"),
    76: (Kind.NOT_READ, "its signature algorithm is not known"),
    77: (Kind.BAD_SIGNATURE, "its signature algorithm does not fit the key of its issuer"),
    78: (Kind.BAD_SIGNATURE, "the signed and the unsigned signature algorithm differ"),
    79: (Kind.NOT_A_CA, "it is no CA and issued a certificate of the path"),
    80: (Kind.PROFILE, "it has a path length and is no CA"),
    81: (Kind.PROFILE, "it has a path length and a key usage without keyCertSign"),
    82: (Kind.PROFILE, "it has the key usage keyCertSign and is no CA"),
    83: (Kind.PROFILE, "its issuer's name is empty"),
    84: (Kind.PROFILE, "it is a CA with an empty subject"),
    85: (Kind.PROFILE, "it has no authorityKeyIdentifier"),
    86: (Kind.PROFILE, "it has no subjectKeyIdentifier"),
    87: (Kind.PROFILE, "its subjectAltName is empty"),
    88: (Kind.PROFILE, "its subject is empty and its subjectAltName not critical"),
    89: (Kind.PROFILE, "it is a CA and its basicConstraints are not critical"),
    90: (Kind.PROFILE, "its authorityKeyIdentifier is critical"),
    91: (Kind.PROFILE, "its subjectKeyIdentifier is critical"),
    92: (Kind.PROFILE, "it is a CA without a key usage"),
    93: (Kind.PROFILE, "it has extensions and is of a version before there were any"),
    94: (Kind.PROFILE, "its EC parameters are written out"),
    102: (Kind.PROFILE, "its authorityKeyIdentifier is empty"),
    103: (Kind.PROFILE, "its authorityKeyIdentifier names a serial number without an issuer, or the reverse"),
}


def meaning(number: int) -> tuple[Kind, str]:
    """Return the kind of an error and what is so of the certificate at fault, without a full stop."""
    return _ERRORS.get(number, (Kind.PROFILE, f"OpenSSL refuses it with the verification error {number}"))
