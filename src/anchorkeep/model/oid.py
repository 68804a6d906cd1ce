"""Object identifiers by name: attribute types, extensions, algorithms, curves and purposes that this product meets."""

from __future__ import annotations

#: Attribute types (RFC 4519 §2, RFC 5280 §4.1.2.4, CA/Browser Forum EV Guidelines §9.2) with the short names of RFC 4514 §3.
ATTRIBUTES = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.15": "businessCategory",
    "2.5.4.17": "postalCode",
    "2.5.4.42": "GN",
    "2.5.4.46": "dnQualifier",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
    "1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL",
    "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST",
    "1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
}
COMMON_NAME = "2.5.4.3"
ORGANIZATION = "2.5.4.10"
ORGANIZATIONAL_UNIT = "2.5.4.11"
EMAIL_ADDRESS = "1.2.840.113549.1.9.1"

SUBJECT_KEY_IDENTIFIER = "2.5.29.14"
KEY_USAGE = "2.5.29.15"
SUBJECT_ALT_NAME = "2.5.29.17"
BASIC_CONSTRAINTS = "2.5.29.19"
NAME_CONSTRAINTS = "2.5.29.30"
CRL_DISTRIBUTION_POINTS = "2.5.29.31"
CERTIFICATE_POLICIES = "2.5.29.32"
POLICY_MAPPINGS = "2.5.29.33"
AUTHORITY_KEY_IDENTIFIER = "2.5.29.35"
POLICY_CONSTRAINTS = "2.5.29.36"
EXTENDED_KEY_USAGE = "2.5.29.37"
INHIBIT_ANY_POLICY = "2.5.29.54"
AUTHORITY_INFORMATION_ACCESS = "1.3.6.1.5.5.7.1.1"
SIGNED_CERTIFICATE_TIMESTAMPS = "1.3.6.1.4.1.11129.2.4.2"

#: Extensions (RFC 5280 §4.2 and others) by the names the standards give them.
EXTENSIONS = {
    SUBJECT_KEY_IDENTIFIER: "subjectKeyIdentifier",
    KEY_USAGE: "keyUsage",
    SUBJECT_ALT_NAME: "subjectAltName",
    "2.5.29.18": "issuerAltName",
    BASIC_CONSTRAINTS: "basicConstraints",
    NAME_CONSTRAINTS: "nameConstraints",
    CRL_DISTRIBUTION_POINTS: "cRLDistributionPoints",
    CERTIFICATE_POLICIES: "certificatePolicies",
    POLICY_MAPPINGS: "policyMappings",
    AUTHORITY_KEY_IDENTIFIER: "authorityKeyIdentifier",
    POLICY_CONSTRAINTS: "policyConstraints",
    EXTENDED_KEY_USAGE: "extKeyUsage",
    "2.5.29.46": "freshestCRL",
    INHIBIT_ANY_POLICY: "inhibitAnyPolicy",
    AUTHORITY_INFORMATION_ACCESS: "authorityInfoAccess",
    "1.3.6.1.5.5.7.1.3": "qcStatements",
    "1.3.6.1.5.5.7.1.11": "subjectInfoAccess",
    "1.3.6.1.5.5.7.1.24": "tlsFeature",
    SIGNED_CERTIFICATE_TIMESTAMPS: "signedCertificateTimestampList",
    "1.3.6.1.4.1.11129.2.4.3": "ctPoison",
    "1.3.6.1.4.1.311.20.2": "msCertificateTemplateName",
    "1.3.6.1.4.1.311.21.1": "msCAVersion",
    "1.3.6.1.4.1.311.21.7": "msCertificateTemplate",
    "1.3.6.1.4.1.311.21.10": "msApplicationPolicies",
    "2.16.840.1.113730.1.1": "netscapeCertType",
    "2.16.840.1.113730.1.13": "netscapeComment",
    "1.2.840.113533.7.65.0": "entrustVersion",
}

SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
#: "Server gated crypto" of Microsoft and Netscape: old intermediates carry it instead of serverAuth.
SERVER_GATED = frozenset({"1.3.6.1.4.1.311.10.3.3", "2.16.840.1.113730.4.1"})
ANY_EXTENDED_KEY_USAGE = "2.5.29.37.0"
#: Purposes of extKeyUsage (RFC 5280 §4.2.1.12) and access methods (§4.2.2.1).
PURPOSES = {
    SERVER_AUTH: "serverAuth",
    "1.3.6.1.5.5.7.3.2": "clientAuth",
    "1.3.6.1.5.5.7.3.3": "codeSigning",
    "1.3.6.1.5.5.7.3.4": "emailProtection",
    "1.3.6.1.5.5.7.3.8": "timeStamping",
    "1.3.6.1.5.5.7.3.9": "OCSPSigning",
    ANY_EXTENDED_KEY_USAGE: "anyExtendedKeyUsage",
    "1.3.6.1.4.1.311.10.3.3": "msServerGatedCrypto",
    "2.16.840.1.113730.4.1": "netscapeServerGatedCrypto",
}
OCSP = "1.3.6.1.5.5.7.48.1"
CA_ISSUERS = "1.3.6.1.5.5.7.48.2"
ACCESS_METHODS = {
    OCSP: "OCSP",
    CA_ISSUERS: "caIssuers",
    "1.3.6.1.5.5.7.48.3": "timeStamping",
    "1.3.6.1.5.5.7.48.5": "caRepository",
}

#: Certificate policies of the CA/Browser Forum (Baseline Requirements §7.1.6.1, EV Guidelines §9.3.2).
POLICIES = {
    "2.5.29.32.0": "anyPolicy",
    "2.23.140.1.1": "extended validation",
    "2.23.140.1.2.1": "domain validated",
    "2.23.140.1.2.2": "organization validated",
    "2.23.140.1.2.3": "individual validated",
}

#: Signature algorithms: name, hash (None where the key decides it), family of the key.
SIGNATURES: dict[str, tuple[str, str | None, str]] = {
    "1.2.840.113549.1.1.2": ("md2WithRSAEncryption", "md2", "RSA"),
    "1.2.840.113549.1.1.4": ("md5WithRSAEncryption", "md5", "RSA"),
    "1.2.840.113549.1.1.5": ("sha1WithRSAEncryption", "sha1", "RSA"),
    "1.3.14.3.2.29": ("sha1WithRSASignature", "sha1", "RSA"),
    "1.2.840.113549.1.1.14": ("sha224WithRSAEncryption", "sha224", "RSA"),
    "1.2.840.113549.1.1.11": ("sha256WithRSAEncryption", "sha256", "RSA"),
    "1.2.840.113549.1.1.12": ("sha384WithRSAEncryption", "sha384", "RSA"),
    "1.2.840.113549.1.1.13": ("sha512WithRSAEncryption", "sha512", "RSA"),
    "1.2.840.113549.1.1.10": ("RSASSA-PSS", None, "RSA"),
    "1.2.840.10040.4.3": ("dsa-with-sha1", "sha1", "DSA"),
    "2.16.840.1.101.3.4.3.2": ("dsa-with-sha256", "sha256", "DSA"),
    "1.2.840.10045.4.1": ("ecdsa-with-SHA1", "sha1", "EC"),
    "1.2.840.10045.4.3.1": ("ecdsa-with-SHA224", "sha224", "EC"),
    "1.2.840.10045.4.3.2": ("ecdsa-with-SHA256", "sha256", "EC"),
    "1.2.840.10045.4.3.3": ("ecdsa-with-SHA384", "sha384", "EC"),
    "1.2.840.10045.4.3.4": ("ecdsa-with-SHA512", "sha512", "EC"),
    "1.3.101.112": ("Ed25519", None, "Ed25519"),
    "1.3.101.113": ("Ed448", None, "Ed448"),
    "2.16.840.1.101.3.4.3.17": ("ML-DSA-44", None, "ML-DSA-44"),
    "2.16.840.1.101.3.4.3.18": ("ML-DSA-65", None, "ML-DSA-65"),
    "2.16.840.1.101.3.4.3.19": ("ML-DSA-87", None, "ML-DSA-87"),
}
RSASSA_PSS = "1.2.840.113549.1.1.10"
#: Hash functions as RSASSA-PSS names them in its parameters (RFC 4055 §2.1).
HASHES = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}

RSA_KEY = "1.2.840.113549.1.1.1"
EC_KEY = "1.2.840.10045.2.1"
PRIME_FIELD = "1.2.840.10045.1.1"
DSA_KEY = "1.2.840.10040.4.1"
#: Public keys whose size follows from the algorithm: name, bits.
FIXED_KEYS = {
    "1.3.101.112": ("Ed25519", 256),
    "1.3.101.113": ("Ed448", 456),
    "2.16.840.1.101.3.4.3.17": ("ML-DSA-44", 10496),
    "2.16.840.1.101.3.4.3.18": ("ML-DSA-65", 15616),
    "2.16.840.1.101.3.4.3.19": ("ML-DSA-87", 20736),
}
#: Named curves (RFC 5480 §2.1.1.1, RFC 5639): name, bits.
CURVES = {
    "1.2.840.10045.3.1.1": ("P-192", 192),
    "1.3.132.0.33": ("P-224", 224),
    "1.2.840.10045.3.1.7": ("P-256", 256),
    "1.3.132.0.34": ("P-384", 384),
    "1.3.132.0.35": ("P-521", 521),
    "1.3.132.0.10": ("secp256k1", 256),
    "1.3.36.3.3.2.8.1.1.7": ("brainpoolP256r1", 256),
    "1.3.36.3.3.2.8.1.1.11": ("brainpoolP384r1", 384),
    "1.3.36.3.3.2.8.1.1.13": ("brainpoolP512r1", 512),
}
