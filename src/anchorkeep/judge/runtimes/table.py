"""
The known runtimes by name, and what their versions differ in, as data that a reader can check.

What stands here was measured against the real programs (tests/conformance).
"""

from __future__ import annotations

from anchorkeep.judge.runtimes import java_table
from anchorkeep.model.runtime import GnuTLSRuntime, JavaRuntime, OpenSSLRuntime, WebPKIRuntime

#: The first OpenSSL that holds a certificate valid in the very second of notAfter. 3.0 does not, 4.0 does; between was not tried.
LAST_SECOND_COUNTS_SINCE = (4, 0)
#: Bytes of a Certificate message that OpenSSL takes (SSL_MAX_CERT_LIST_DEFAULT, 100 KiB).
OPENSSL_MESSAGE_BYTES = 102_400
#: The security level of OpenSSL from 3.2 on, and of Debian's throughout; its own builds up to 3.1 have 1.
LEVEL = 2


def known(label: str) -> JavaRuntime | OpenSSLRuntime | WebPKIRuntime | GnuTLSRuntime | None:
    """
    Return a known runtime by its name, None where there is none of that name.

    `openssl` and `openssl-partial` are of the version of the library that judges their paths, `openssl-3.0` and
    `openssl-3.0-partial` of Debian's; all on security level 2.
    Of Java the releases are named `java8` to `java25`.
    """
    if label.startswith("java"):
        return java_table.known(label)
    if label in {"openssl", "openssl-partial"}:
        return _openssl(label, _library(), is_partial=label.endswith("-partial"))
    if label in {"openssl-3.0", "openssl-3.0-partial"}:
        return _openssl(label, (3, 0), is_partial=label.endswith("-partial"))
    if label in {"webpki", "webpki-permissive"}:
        return WebPKIRuntime(label=label, is_permissive=label.endswith("-permissive"))
    if label == "gnutls":
        return GnuTLSRuntime(label="gnutls (3.7)", version=(3, 7))
    return None


def _openssl(label: str, version: tuple[int, int], *, is_partial: bool) -> OpenSSLRuntime:
    title = f"{label} ({version[0]}.{version[1]})" if str(version[0]) not in label else label
    return OpenSSLRuntime(label=title, version=version, is_partial=is_partial, security_level=LEVEL)


def _library() -> tuple[int, int]:
    """Return the version of the OpenSSL that pyOpenSSL brings (OPENSSL_VERSION_NUMBER: major, minor, patch, status)."""
    from OpenSSL import SSL

    return SSL.OPENSSL_VERSION_NUMBER >> 28, SSL.OPENSSL_VERSION_NUMBER >> 20 & 0xFF
