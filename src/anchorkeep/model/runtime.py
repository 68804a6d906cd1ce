"""
The programs whose verdicts are told: what each of them is, as far as its rules depend on it.

A runtime is a value: the host edge reads it from a disk, or it is one of the known names. The rules themselves are the judge's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from anchorkeep.model.java import JavaVersion


class Family(StrEnum):
    """Runtimes that judge by the same rules but for what their values say."""

    JAVA = "java"
    OPENSSL = "openssl"
    WEBPKI = "webpki"
    GNUTLS = "gnutls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Distrust:
    """
    One policy by which a runtime stops trusting certificates of some roots (`sun.security.validator.CADistrustPolicy`).

    Attributes:
        name: as the security property names it: `ENTRUST_TLS`.
        roots: SHA-256 fingerprints of the roots.
        after: leaves whose notBefore lies later are refused, aware; None where all are.
        exempt: SHA-256 fingerprints of issuing CAs to which the policy's own, later date applies, with that date.
    """

    name: str
    roots: frozenset[bytes]
    after: datetime | None
    exempt: tuple[tuple[bytes, datetime], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JavaRuntime:
    """
    A Java runtime, as its trust manager and its HTTPS client judge.

    Attributes:
        label: what to call it: `java17`, `Java 17.0.15 (Debian)`.
        version: its version; of `java17` the last update whose tables are known here.
        certpath_disabled: the security property `jdk.certpath.disabledAlgorithms`, as it is written.
        tls_disabled: the security property `jdk.tls.disabledAlgorithms`.
        distrust: the policies that are switched on by `jdk.security.caDistrustPolicies` and that this update has.
        jdk_cas: SHA-256 fingerprints of what its own cacerts marks as the JDK's roots (an alias with ` [jdk`).
        allows_non_ca_anchors: the system property `jdk.security.allowNonCaAnchor`.
        home: where it is on the disk, None of a known name.
        assumed: what could not be read and was taken to be as upstream has it, one phrase each; empty where all was read.
        is_proved: whether this release was held against the real runtime.
    """

    label: str
    version: JavaVersion
    certpath_disabled: str
    tls_disabled: str
    distrust: tuple[Distrust, ...] = ()
    jdk_cas: frozenset[bytes] = frozenset()
    allows_non_ca_anchors: bool = False
    home: str | None = None
    assumed: tuple[str, ...] = ()
    is_proved: bool = True

    @property
    def family(self) -> Family:
        """Java."""
        return Family.JAVA


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSSLRuntime:
    """
    A program on OpenSSL.

    Attributes:
        label: what to call it: `openssl (4.0.0)`, with the version of the library that judges the paths.
        version: the version whose rules are applied, as (3, 0).
        is_partial: whether any certificate of the store may end a path (X509_V_FLAG_PARTIAL_CHAIN): curl, Python from 3.13.
        is_strict: whether RFC 5280's form is demanded (X509_V_FLAG_X509_STRICT): Python from 3.13.
        security_level: 0 to 5; 1 upstream up to 3.1, 2 from 3.2 and on Debian.
        is_proved: whether it was held against the real runtime.
    """

    label: str
    version: tuple[int, int]
    is_partial: bool = False
    is_strict: bool = False
    security_level: int = 2
    is_proved: bool = True

    @property
    def family(self) -> Family:
        """OpenSSL."""
        return Family.OPENSSL


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPKIRuntime:
    """
    A strict verifier of the Web PKI: `cryptography`'s.

    Attributes:
        label: what to call it.
        is_permissive: whether extensions that private PKIs leave out or write differently are let pass.
    """

    label: str
    is_permissive: bool = False
    is_proved: bool = True

    @property
    def family(self) -> Family:
        """WebPKI."""
        return Family.WEBPKI


@dataclass(frozen=True, slots=True, kw_only=True)
class GnuTLSRuntime:
    """
    A program on GnuTLS, with its default priorities.

    Attributes:
        label: what to call it.
        version: as (3, 7).
    """

    label: str
    version: tuple[int, int]
    is_proved: bool = True

    @property
    def family(self) -> Family:
        """GnuTLS."""
        return Family.GNUTLS
