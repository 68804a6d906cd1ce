"""How a handshake was ended by TLS itself: by an alert of the server, or by an error that our side found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.model.chain import Failure, Stage
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The alerts of TLS by number (RFC 8446 §6, RFC 5246 §7.2, RFC 7301 §3.2, RFC 9849 for 121).
ALERTS = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    21: "decryption_failed",
    22: "record_overflow",
    30: "decompression_failure",
    40: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    60: "export_restriction",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    111: "certificate_unobtainable",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    114: "bad_certificate_hash_value",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
    121: "ech_required",
}
_HANDSHAKE_FAILURE = 40
_PROTOCOL_VERSION = 70
_UNRECOGNIZED_NAME = 112
# What servers answer when they demanded a client certificate and got none; only TLS 1.3 has a name for it, 116.
_NO_CERTIFICATE_ALERTS = frozenset({_HANDSHAKE_FAILURE, 41, 42, 46, 49, 116})
# What servers answer to a client certificate that they do not take (RFC 8446 §6.2); decrypt_error is its signature's.
_REFUSING_ALERTS = _NO_CERTIFICATE_ALERTS | {43, 44, 45, 48, 51}
# OpenSSL's name of its ASN.1 library; in a client's handshake it reads certificates and little else.
_ASN1 = "asn1 encoding routines"
# OpenSSL's reasons for a version it does not take.
_VERSION_REASONS = frozenset({"unsupported protocol", "version too low", "wrong ssl version", "unknown ssl version"})


def received(
    number: int, *, is_certificate_requested: bool, has_certificate: bool = False, offered: str = "TLSv1 to TLSv1.3"
) -> Failure:
    """
    Return the failure of a fatal alert that the server sent (RFC 8446 §6.2).

    Args:
        number: of the alert.
        is_certificate_requested: whether the server had asked for a client certificate.
        has_certificate: whether there was one to present.
        offered: the versions that the client offered, in words.
    """
    name = ALERTS.get(number, f"number {number}")
    if is_certificate_requested and has_certificate and number in _REFUSING_ALERTS:
        return _failure(
            "client-certificate-refused",
            f"The server does not take the client certificate (alert {name}).",
            "Check that it is valid and of an issuer that the server trusts, with its intermediates; the server's log says more.",
        )
    if is_certificate_requested and number in _NO_CERTIFICATE_ALERTS:
        return _failure(
            "client-certificate-required",
            f"The server demands a client certificate and ended the handshake without one (alert {name}).",
            "What it sent before is complete; nothing needs to be done to see its certificates.",
        )
    if number == _PROTOCOL_VERSION:
        return _failure(
            "protocol-version",
            f"The server speaks none of the versions offered, {offered} (alert protocol_version).",
            "It may know only others: SSL 3.0 and older are spoken by no current library.",
        )
    remedies = {
        _HANDSHAKE_FAILURE: "It found no cipher suite, group or signature algorithm in common, or wants another server name.",
        _UNRECOGNIZED_NAME: "It serves no such name: check the name, or the server name sent instead of it.",
    }
    return _failure(
        "alert",
        f"The server ended the handshake with the alert {name}.",
        remedies.get(number, "Look into the server's log for the reason."),
    )


def raised(errors: Sequence[tuple[str, str, str]], *, has_server_hello: bool) -> Failure:
    """
    Return the failure of an error that our own side found in what the server sent.

    Args:
        errors: library, function and reason as OpenSSL names them, first cause first; constants, and not translated.
        has_server_hello: whether the server's ServerHello had been read.
    """
    reasons = [reason for _, _, reason in errors]
    if has_server_hello and "excessive message size" in reasons:
        return _failure(
            "certificate-message-too-large",
            "The server's Certificate message is larger than the about 100 KB that TLS libraries take.",
            "Remove certificates from what the server sends: it needs its own and the intermediates, no others.",
        )
    if has_server_hello and any(library == _ASN1 for library, _, _ in errors):
        return _failure(
            "certificate-unreadable",
            f"A certificate that the server sent cannot be read (OpenSSL: {visible(reasons[0])}).",
            "The server's certificate file may be damaged: install it again.",
        )
    if not _VERSION_REASONS.isdisjoint(reasons):
        return _failure(
            "protocol-version",
            "The server chose a version of TLS that was not offered to it.",
            "It may know only others: SSL 3.0 and older are spoken by no current library.",
        )
    cause = visible(reasons[0]) if reasons else "no reason given"
    return _failure(
        "protocol-error",
        f"The server broke the rules of TLS (OpenSSL: {cause}).",
        "The server, or something between here and it, is broken or not what it should be.",
    )


def _failure(reason: str, message: str, remedy: str) -> Failure:
    return Failure(stage=Stage.HANDSHAKE, reason=reason, message=message, remedy=remedy)
