import pytest
from OpenSSL import SSL

from anchorkeep.judge.runtimes import table
from anchorkeep.model.runtime import Family, OpenSSLRuntime, WebPKIRuntime


def test_openssl_is_of_the_library_s_version() -> None:
    """The runtime without a version is of the library that judges its paths, and says so in its label."""
    known = table.known("openssl")
    assert isinstance(known, OpenSSLRuntime)
    assert f"OpenSSL {known.version[0]}.{known.version[1]}." in SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode()
    assert known.label == f"openssl ({known.version[0]}.{known.version[1]})"
    assert not known.is_partial


@pytest.mark.parametrize(("label", "is_partial"), [("openssl-3.0", False), ("openssl-3.0-partial", True)])
def test_openssl_of_a_version(label: str, is_partial: bool) -> None:  # noqa: FBT001 (pytest's way)
    """Debian's OpenSSL is known by its version, with and without partial chains."""
    known = table.known(label)
    assert isinstance(known, OpenSSLRuntime)
    assert (known.label, known.version, known.is_partial, known.security_level) == (label, (3, 0), is_partial, 2)


def test_webpki_is_strict_unless_it_is_permissive() -> None:
    """The Web PKI's verifier is known in its strict and in its permissive form."""
    strict, permissive = table.known("webpki"), table.known("webpki-permissive")
    assert isinstance(strict, WebPKIRuntime)
    assert isinstance(permissive, WebPKIRuntime)
    assert (strict.is_permissive, permissive.is_permissive) == (False, True)


def test_gnutls_is_known_and_others_are_not() -> None:
    """GnuTLS is known by its name; a name that is none is nothing."""
    known = table.known("gnutls")
    assert known is not None
    assert known.family is Family.GNUTLS
    assert table.known("schannel") is None
    assert table.known("openssl-9") is None
