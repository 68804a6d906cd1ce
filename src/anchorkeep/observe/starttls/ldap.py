"""TLS in LDAP: the StartTLS extended operation (RFC 4511 §4.14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep import tlv
from anchorkeep.errors import TLVError
from anchorkeep.observe.starttls.dialogue import (
    MAX_MESSAGE,
    Exactly,
    broken,
    not_offered,
    quoted,
    refused,
    unavailable,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from anchorkeep.observe.starttls.dialogue import Dialogue, Need

# RFC 4511 §4.14.1: the requestName; the requestValue is absent.
_START_TLS = b"1.3.6.1.4.1.1466.20037"
_MESSAGE_ID = 1
# RFC 4511 §4.12: "ExtendedRequest ::= [APPLICATION 23] SEQUENCE { requestName [0] LDAPOID, ..."
_EXTENDED_REQUEST, _REQUEST_NAME = 0x77, 0x80
# RFC 4511 §4.12: "ExtendedResponse ::= [APPLICATION 24] SEQUENCE { COMPONENTS OF LDAPResult, ..."
_EXTENDED_RESPONSE = 0x78
_ENUMERATED = 0x0A
# RFC 4511 §4.4: the messageID is zero in a notification the server was not asked for, such as a Notice of Disconnection.
_UNSOLICITED = 0
# RFC 4511 §4.1.9, resultCode.
_SUCCESS, _PROTOCOL_ERROR = 0, 2
_BUSY_OR_UNAVAILABLE = frozenset({51, 52})
#: The first octet of a length that says how many octets of length follow (X.690 §8.1.3.5), and how many there may be here.
_LONG_LENGTH = 0x80
_MAX_LENGTH_OCTETS = 4
_MAX_INTEGER = 4


def ldap(host: str) -> Dialogue:
    """Ask an LDAP server for TLS (RFC 4511 §4.14.1)."""
    del host  # LDAP has no way to name it before TLS.
    request = tlv.writer.encode(_EXTENDED_REQUEST, tlv.writer.encode(_REQUEST_NAME, _START_TLS))
    yield tlv.writer.sequence(tlv.writer.integer(_MESSAGE_ID), request)
    message = yield from _message()
    try:
        number, code, words = _response(message)
    except TLVError as error:
        raise broken(f"The server's answer is no LDAP message: {error.message}.") from None
    said = f"result {code}{f', {quoted(words)}' if words.strip() else ''}"
    if number == _UNSOLICITED:
        raise unavailable(f"The server ended the connection: {said}.")
    if number != _MESSAGE_ID:
        raise broken(f"The server answered message {number}; expected {_MESSAGE_ID}.")
    # RFC 4511 §4.14.1: "If the server does not support TLS (whether by design or by current configuration), it returns with the
    # resultCode set to protocolError".
    if code == _PROTOCOL_ERROR:
        raise not_offered(f"The server has no StartTLS: {said}.")
    # RFC 4511 §4.14.2: "if the TLS subsystem is not presently available, the server may indicate this by returning with the
    # resultCode set to unavailable".
    if code in _BUSY_OR_UNAVAILABLE:
        raise refused(f"The server cannot begin TLS now: {said}.")
    if code != _SUCCESS:
        raise refused(f"The server refuses TLS: {said}.")


def _message() -> Generator[bytes | Need, bytes, bytes]:
    """Read one LDAPMessage: a SEQUENCE of definite length (RFC 4511 §5.1 (1))."""
    header = yield Exactly(size=2)
    if header[0] != tlv.reader.SEQUENCE:
        raise broken(f"The server's answer begins with {header.hex(' ')}; an LDAP message begins with 30.")
    octets = header[1] - _LONG_LENGTH
    if octets < 0:
        length, more = header[1], b""
    elif 0 < octets <= _MAX_LENGTH_OCTETS:
        more = yield Exactly(size=octets)
        length = int.from_bytes(more, "big")
    else:
        raise broken(f"The server's answer has a length of {header[1:].hex()}, which LDAP does not allow.")
    if length > MAX_MESSAGE:
        raise broken(f"The server announced a message of {length:,} bytes; at most {MAX_MESSAGE:,} are read.")
    body = yield Exactly(size=length)
    return header + more + body


def _response(message: bytes) -> tuple[int, int, str]:
    """Return messageID, resultCode and diagnosticMessage of an ExtendedResponse."""
    number, operation = tlv.read(message).children(tlv.reader.SEQUENCE, at_least=2)[:2]
    code, _matched, words = operation.children(_EXTENDED_RESPONSE, at_least=3)[:3]
    # RFC 4511 §4.1.1: "MessageID ::= INTEGER (0 .. maxInt)", which is 2^31 - 1.
    for node, tag in ((number, tlv.reader.INTEGER), (code, _ENUMERATED)):
        if not 0 < len(node.expect(tag).content) <= _MAX_INTEGER:
            raise broken(f"The server's answer holds an integer of {len(node.content):,} bytes; expected 1 to {_MAX_INTEGER}.")
    return number.integer(), code.integer(), words.octets().decode("utf-8", "replace")
