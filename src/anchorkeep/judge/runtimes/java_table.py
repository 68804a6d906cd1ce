"""
Java's releases by name, and what of them cannot be read from a disk: which roots each policy of distrust is about.

What stands here was measured: the properties were read from the `java.security` of builds of OpenJDK, and the policies asked of
the runtimes' own `CADistrustPolicy`. Of Java 8 there was no build to ask.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from anchorkeep.judge.runtimes import jdk_roots
from anchorkeep.model import java
from anchorkeep.model.java import JavaVersion
from anchorkeep.model.runtime import Distrust, JavaRuntime

_CERTPATH = "MD2, MD5, SHA1 jdkCA & usage TLSServer, RSA keySize < 1024, DSA keySize < 1024, EC keySize < 224"
_TLS = "SSLv3, TLSv1, TLSv1.1, RC4, DES, MD5withRSA, DH keySize < 1024, EC keySize < 224, 3DES_EDE_CBC, anon, NULL"
_NEWER_TLS = f"{_TLS.replace('TLSv1.1,', 'TLSv1.1, DTLSv1.0,')}, ECDH"
_NEWEST_TLS = (
    f"{_NEWER_TLS}, TLS_RSA_*, rsa_pkcs1_sha1 usage HandshakeSignature, ecdsa_sha1 usage HandshakeSignature, "
    "dsa_sha1 usage HandshakeSignature"
)
_SIGNED_JAR = ", SHA1 usage SignedJAR & denyAfter 2019-01-01"
#: `jdk.disabled.namedCurves` of Java 11; 17 and later have no such curves at all.
_CURVES = (
    "secp112r1, secp112r2, secp128r1, secp128r2, secp160k1, secp160r1, secp160r2, secp192k1, secp192r1, secp224k1, secp224r1, "
    "secp256k1, sect113r1, sect113r2, sect131r1, sect131r2, sect163k1, sect163r1, sect163r2, sect193r1, sect193r2, sect233k1, "
    "sect233r1, sect239k1, sect283k1, sect283r1, sect409k1, sect409r1, sect571k1, sect571r1, X9.62 c2tnb191v1, "
    "X9.62 c2tnb191v2, X9.62 c2tnb191v3, X9.62 c2tnb239v1, X9.62 c2tnb239v2, X9.62 c2tnb239v3, X9.62 c2tnb359v1, "
    "X9.62 c2tnb431r1, X9.62 prime192v2, X9.62 prime192v3, X9.62 prime239v1, X9.62 prime239v2, X9.62 prime239v3, "
    "brainpoolP256r1, brainpoolP320r1, brainpoolP384r1, brainpoolP512r1"
)
#: The release whose tables were read, by feature: its version, its two properties, the policies it switches on.
_RELEASES: dict[int, tuple[str, str, str, tuple[str, ...]]] = {
    8: ("11.0.13", f"{_CERTPATH}, {_CURVES}", f"{_TLS}, {_CURVES}", ("SYMANTEC_TLS",)),
    11: ("11.0.13", f"{_CERTPATH}, {_CURVES}", f"{_TLS}, {_CURVES}", ("SYMANTEC_TLS",)),
    17: ("17.0.15", _CERTPATH + _SIGNED_JAR, _NEWER_TLS, ("SYMANTEC_TLS", "ENTRUST_TLS", "CAMERFIRMA_TLS")),
    21: ("21.0.8", _CERTPATH + _SIGNED_JAR, _NEWER_TLS, ("SYMANTEC_TLS", "ENTRUST_TLS", "CAMERFIRMA_TLS")),
    25: (
        "25.0.3",
        _CERTPATH + _SIGNED_JAR,
        _NEWEST_TLS,
        ("SYMANTEC_TLS", "ENTRUST_TLS", "CAMERFIRMA_TLS", "CHUNGHWA_TLS"),
    ),
}
#: The first day whose leaves a policy refuses, and the roots it is about, by the first feature release for which they hold.
_POLICIES: dict[str, tuple[datetime, tuple[tuple[int, frozenset[bytes]], ...]]] = {
    "SYMANTEC_TLS": (datetime(2019, 4, 17, tzinfo=UTC), ((8, jdk_roots.SYMANTEC),)),
    "ENTRUST_TLS": (datetime(2024, 11, 12, tzinfo=UTC), ((8, jdk_roots.ENTRUST), (25, jdk_roots.ENTRUST_25))),
    "CAMERFIRMA_TLS": (datetime(2025, 4, 16, tzinfo=UTC), ((8, jdk_roots.CAMERFIRMA_17), (21, jdk_roots.CAMERFIRMA))),
    "CHUNGHWA_TLS": (datetime(2026, 3, 18, tzinfo=UTC), ((8, jdk_roots.CHUNGHWA),)),
}
#: What stands behind the name of a release whose rules were held against no runtime.
UNPROVED = "(modelled, not proved)"
_INSTANT = timedelta(microseconds=1)


def known(label: str) -> JavaRuntime | None:
    """Return a release by its name (`java17`), as the last update whose tables are known here; None where there is none."""
    feature = next((number for number in _RELEASES if label == f"java{number}"), None)
    if feature is None:
        return None
    source, certpath, tls, names = _RELEASES[feature]
    return JavaRuntime(
        label=label if feature in _PROVED else f"{label} {UNPROVED}",
        version=java.every(feature),
        certpath_disabled=certpath,
        tls_disabled=tls,
        distrust=policies(names, java.every(feature)),
        jdk_cas=jdk_roots.JDK_CAS,
        assumed=(f"tables of {source}", "the JDK's own roots as OpenJDK 21.0.8 marks them; most builds mark none"),
        is_proved=feature in _PROVED,
    )


#: Features whose rules were held against a runtime.
_PROVED = frozenset(_RELEASES) - {8}
LABELS = tuple(f"java{number}" for number in _RELEASES)


def policies(names: tuple[str, ...], version: JavaVersion) -> tuple[Distrust, ...]:
    """Return the policies of those names as a version has them; those that `unknown_policies` names are left out."""
    found = []
    for name in names:
        if name in _POLICIES:
            first, tables = _POLICIES[name]
            roots = next(roots for since, roots in reversed(tables) if version.feature >= since)
            found.append(Distrust(name=name, roots=roots, after=first - _INSTANT))
    return tuple(found)


def unknown_policies(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the names that no table here is about."""
    return tuple(name for name in names if name not in _POLICIES)
