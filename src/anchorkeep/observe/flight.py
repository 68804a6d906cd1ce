"""What a client's flight of records gives away of what the server asked for."""

from __future__ import annotations

# ContentType (RFC 8446 §5.1) and HandshakeType (§4).
_CHANGE_CIPHER_SPEC, _HANDSHAKE, _APPLICATION_DATA = 20, 22, 23
_CERTIFICATE = 11
_RECORD_HEADER = 5


def presents_certificate(flight: bytes) -> bool:
    """
    Whether a client's flight holds a Certificate message, empty or not, which only a CertificateRequest makes it send.

    Up to TLS 1.2 the message is in clear, and all that follows ChangeCipherSpec is encrypted though its records are of the
    type handshake: the first byte of it is any byte (RFC 5246 §7.1, §7.4.6). In TLS 1.3 the flight ends the handshake, and holds
    one protected record, Finished, where nothing was asked for, and more of them where it was (RFC 8446 §4.4); OpenSSL gives each
    message a record of its own.

    Args:
        flight: whole records, as a client of OpenSSL makes them in answer to one flight of the server.
    """
    protected = position = 0
    is_clear = True
    while position + _RECORD_HEADER < len(flight):
        kind = flight[position]
        if is_clear and kind == _HANDSHAKE and flight[position + _RECORD_HEADER] == _CERTIFICATE:
            return True
        is_clear = is_clear and kind != _CHANGE_CIPHER_SPEC
        protected += kind == _APPLICATION_DATA
        position += _RECORD_HEADER + int.from_bytes(flight[position + 3 : position + _RECORD_HEADER], "big")
    return protected > 1
