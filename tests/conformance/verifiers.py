"""
What the real libraries say of a chain: Debian's OpenSSL and GnuTLS, asked in this process with the time, name and purpose set.

The tools `openssl verify` and `certtool --verify` call the same functions; that they say the same is a test of its own.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from contextlib import ExitStack
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_uint, c_ulong, c_void_p
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from anchorkeep.judge.runtimes import gnutls as gnutls_rules
from anchorkeep.judge.runtimes import openssl_errors
from anchorkeep.model.endpoint import as_ip_address
from anchorkeep.model.verdict import Kind
from tests.conftest import missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.verdict import Question

_PARTIAL_CHAIN = 0x80000
_STRICT = 0x20
#: Errors that the path check of a library without purpose, name and level never gives.
_OURS = {26: Kind.WRONG_PURPOSE, 62: Kind.NAME_MISMATCH, 64: Kind.NAME_MISMATCH, 66: Kind.WEAK, 67: Kind.WEAK, 68: Kind.WEAK}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a real program says: trusted or not, of what kind its refusal is, and the number or the flags it gave."""

    is_trusted: bool
    kinds: frozenset[Kind] = frozenset()
    code: int = 0


@cache
def _libcrypto() -> ctypes.CDLL:
    library = _library("libcrypto.so.3")
    for name in ("X509_STORE_new", "X509_STORE_CTX_new", "X509_STORE_CTX_get0_param", "OPENSSL_sk_new_null"):
        getattr(library, name).restype = c_void_p
    library.X509_STORE_CTX_get0_param.argtypes = [c_void_p]
    library.d2i_X509.restype = c_void_p
    library.d2i_X509.argtypes = [c_void_p, POINTER(c_char_p), c_long]
    library.X509_STORE_add_cert.argtypes = [c_void_p, c_void_p]
    library.OPENSSL_sk_push.argtypes = [c_void_p, c_void_p]
    library.X509_STORE_CTX_init.argtypes = [c_void_p, c_void_p, c_void_p, c_void_p]
    library.X509_STORE_CTX_set_default.argtypes = [c_void_p, c_char_p]
    library.X509_VERIFY_PARAM_set_time.argtypes = [c_void_p, c_long]
    library.X509_VERIFY_PARAM_set_flags.argtypes = [c_void_p, c_ulong]
    library.X509_VERIFY_PARAM_set_auth_level.argtypes = [c_void_p, c_int]
    library.X509_VERIFY_PARAM_set1_host.argtypes = [c_void_p, c_char_p, ctypes.c_size_t]
    library.X509_VERIFY_PARAM_set1_ip_asc.argtypes = [c_void_p, c_char_p]
    for name in ("X509_verify_cert", "X509_STORE_CTX_get_error", "X509_STORE_CTX_free", "X509_STORE_free", "X509_free"):
        getattr(library, name).argtypes = [c_void_p]
    library.OPENSSL_sk_free.argtypes = [c_void_p]
    return library


def openssl(question: Question, *, is_partial: bool = False, is_strict: bool = False, level: int = 2) -> Answer:
    """Ask Debian's OpenSSL: purpose `ssl_server`, the name, the time and the level set, as a TLS client sets them."""
    library = _libcrypto()
    with ExitStack() as stack:
        # The interpreter's own ssl module has the same library: what is left in its queue of errors would be taken for its own.
        stack.callback(library.ERR_clear_error)
        sent = [_openssl_certificate(certificate, stack) for certificate in question.chain]
        if None in sent:
            return Answer(is_trusted=False, kinds=frozenset({Kind.NOT_READ}), code=-1)
        store = library.X509_STORE_new()
        stack.callback(library.X509_STORE_free, store)
        for anchor in question.anchors.certificates:
            loaded = _openssl_certificate(anchor, stack)
            if loaded is not None:
                library.X509_STORE_add_cert(store, loaded)
        others = library.OPENSSL_sk_new_null()
        stack.callback(library.OPENSSL_sk_free, others)
        for loaded in sent[1:]:
            library.OPENSSL_sk_push(others, loaded)
        context = library.X509_STORE_CTX_new()
        stack.callback(library.X509_STORE_CTX_free, context)
        library.X509_STORE_CTX_init(context, store, sent[0], others)
        library.X509_STORE_CTX_set_default(context, b"ssl_server")
        parameters = library.X509_STORE_CTX_get0_param(context)
        library.X509_VERIFY_PARAM_set_time(parameters, int(question.at.timestamp()))
        library.X509_VERIFY_PARAM_set_flags(parameters, _PARTIAL_CHAIN * is_partial | _STRICT * is_strict)
        library.X509_VERIFY_PARAM_set_auth_level(parameters, level)
        if question.name is not None:
            name = question.name.encode()
            if as_ip_address(question.name) is None:
                assert library.X509_VERIFY_PARAM_set1_host(parameters, name, len(name)) == 1
            else:
                assert library.X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1
        if library.X509_verify_cert(context) == 1:
            return Answer(is_trusted=True)
        code = library.X509_STORE_CTX_get_error(context)
        return Answer(is_trusted=False, kinds=frozenset({_OURS.get(code) or openssl_errors.meaning(code)[0]}), code=code)


def _openssl_certificate(certificate: Certificate, stack: ExitStack) -> int | None:
    library = _libcrypto()
    pointer = c_char_p(certificate.der)
    loaded: int | None = library.d2i_X509(None, byref(pointer), len(certificate.der))
    if loaded is not None:
        stack.callback(library.X509_free, loaded)
    return loaded


class _Datum(ctypes.Structure):
    _fields_ = (("data", c_char_p), ("size", c_uint))


class _TypedData(ctypes.Structure):
    _fields_ = (("type", c_int), ("data", c_char_p), ("size", c_uint))


#: Data that a name is handed over as, and flags of the answer (gnutls/x509.h, gnutls/gnutls.h).
_DNS_NAME, _PURPOSE, _IP_ADDRESS = 1, 2, 4
_SERVER_AUTH = b"1.3.6.1.5.5.7.3.1"
#: GNUTLS_PROFILE_LOW in the bits of the profile.
GNUTLS_LOW, GNUTLS_MEDIUM = 2 << 24, 5 << 24
_FLAGS = {
    1 << 6: Kind.UNKNOWN_ISSUER,
    1 << 7: Kind.NOT_A_CA,
    1 << 8: Kind.WEAK,
    1 << 9: Kind.NOT_YET_VALID,
    1 << 10: Kind.EXPIRED,
    1 << 11: Kind.BAD_SIGNATURE,
    1 << 14: Kind.NAME_MISMATCH,
    1 << 17: Kind.PROFILE,
    1 << 18: Kind.WRONG_PURPOSE,
    1 << 21: Kind.UNKNOWN_CRITICAL,
}
#: GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE: names, path lengths and key usage alike.
_CONSTRAINTS = 1 << 16
_moment: list[int] = [0]
_TimeFunction = ctypes.CFUNCTYPE(c_long, c_void_p)


def _now(_target: object) -> int:
    return _moment[0]


_TIME = _TimeFunction(_now)


@cache
def _libgnutls() -> ctypes.CDLL:
    library = _library("libgnutls.so.30")
    library.gnutls_global_set_time_function(_TIME)
    library.gnutls_x509_crt_import.argtypes = [c_void_p, POINTER(_Datum), c_int]
    library.gnutls_x509_crt_deinit.argtypes = [c_void_p]
    library.gnutls_x509_trust_list_add_cas.argtypes = [c_void_p, c_void_p, c_uint, c_uint]
    library.gnutls_x509_trust_list_deinit.argtypes = [c_void_p, c_uint]
    library.gnutls_x509_trust_list_verify_crt2.argtypes = [
        c_void_p, c_void_p, c_uint, c_void_p, c_uint, c_uint, POINTER(c_uint), c_void_p
    ]  # fmt: skip
    return library


def gnutls(question: Question, *, flags: int = GNUTLS_LOW) -> Answer:
    """Ask Debian's GnuTLS: purpose serverAuth, the name, the time and the profile set, as a TLS client sets them."""
    if len(question.chain) > gnutls_rules.MAX_CHAIN:  # Its handshake ends before this function is called.
        return Answer(is_trusted=False, kinds=frozenset({Kind.TOO_MANY}), code=-1)
    library = _libgnutls()
    _moment[0] = int(question.at.timestamp())
    with ExitStack() as stack:
        sent = [_gnutls_certificate(certificate, stack) for certificate in question.chain]
        if None in sent:
            return Answer(is_trusted=False, kinds=frozenset({Kind.NOT_READ}), code=-1)
        roots = [loaded for anchor in question.anchors.certificates if (loaded := _gnutls_certificate(anchor, stack))]
        anchors = c_void_p()
        library.gnutls_x509_trust_list_init(byref(anchors), 0)
        stack.callback(library.gnutls_x509_trust_list_deinit, anchors, 0)
        library.gnutls_x509_trust_list_add_cas(anchors, _array(roots), len(roots), 0)
        data = [_TypedData(_PURPOSE, _SERVER_AUTH, 0)]
        if question.name is not None:
            address = as_ip_address(question.name)
            name = question.name.encode() if address is None else address.packed
            data.append(_TypedData(_DNS_NAME if address is None else _IP_ADDRESS, name, len(name)))
        status = c_uint()
        arguments = (_TypedData * len(data))(*data)
        code = library.gnutls_x509_trust_list_verify_crt2(
            anchors, _array(sent), len(sent), arguments, len(data), flags, byref(status), None
        )
        if code < 0:
            return Answer(is_trusted=False, kinds=frozenset({Kind.NOT_READ}), code=code)
        kinds = frozenset(kind for flag, kind in _FLAGS.items() if status.value & flag)
        if status.value & _CONSTRAINTS:
            kinds |= {Kind.NAME_CONSTRAINT, Kind.PATH_TOO_LONG, Kind.NOT_A_CA}
        return Answer(is_trusted=status.value == 0, kinds=kinds, code=status.value)


def _gnutls_certificate(certificate: Certificate, stack: ExitStack) -> c_void_p | None:
    library = _libgnutls()
    loaded = c_void_p()
    library.gnutls_x509_crt_init(byref(loaded))
    stack.callback(library.gnutls_x509_crt_deinit, loaded)
    datum = _Datum(certificate.der, len(certificate.der))
    return loaded if library.gnutls_x509_crt_import(loaded, byref(datum), 0) == 0 else None


def _array(certificates: Sequence[c_void_p | None]) -> object:
    return (c_void_p * len(certificates))(*certificates)


def _library(file: str) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(file)
    except OSError:
        missing(f"needs {file}")
        raise
