"""
TLS in Microsoft SQL Server's protocol up to TDS 7.4: PRELOGIN, then the handshake inside TDS packets.

Source: [MS-TDS] 2.2.3.1 (packet header), 2.2.6.5 (PRELOGIN), 3.2.5.1 and 3.2.5.2 (the client's states). TDS 8.0 begins with TLS
and needs none of this.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from anchorkeep.observe.starttls.dialogue import MAX_BYTES, MAX_MESSAGE, Exactly, broken, not_offered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anchorkeep.observe.starttls.dialogue import Dialogue

# [MS-TDS] 2.2.3.1.1: type 0x12 is a pre-login message, 0x04 a table response; 2.2.3.1.2: status 0x01 ends a message.
_PRELOGIN, _TABULAR = 0x12, 0x04
_END_OF_MESSAGE = 0x01
_HEADER = 8
#: The default size of a packet; no login has settled on another one yet.
_PACKET = 4096
# [MS-TDS] 2.2.6.5, PL_OPTION_TOKEN.
_VERSION, _ENCRYPTION, _INSTANCE, _THREAD, _TERMINATOR = 0x00, 0x01, 0x02, 0x03, 0xFF
_OPTION = 5
# ENCRYPT_OFF 0x00: available but off. ENCRYPT_ON 0x01: available and on. ENCRYPT_NOT_SUP 0x02: not available. ENCRYPT_REQ 0x03:
# required.
_ENCRYPT_ON, _ENCRYPT_NOT_SUPPORTED = 0x01, 0x02
_ENCRYPTIONS = range(4)
# ContentType of TLS records: change_cipher_spec, alert, handshake, application_data (RFC 8446 §5.1).
_RECORDS = range(0x14, 0x18)


def mssql(host: str) -> Dialogue:
    """Ask a SQL Server for TLS ([MS-TDS] 2.2.6.5)."""
    del host  # The protocol has no way to name it before TLS.
    yield b"".join(_packets(_prelogin()))
    payload = b""
    # [MS-TDS] 3.3.5.1: the server returns "a PRELOGIN structure wrapped in a table response (0x04) packet".
    while True:
        header = yield Exactly(size=_HEADER)
        size = _content_size(header, types=(_TABULAR,))
        payload += yield Exactly(size=size)
        if header[1] & _END_OF_MESSAGE:
            break
        if len(payload) > MAX_MESSAGE:
            raise broken(f"The server's answer to PRELOGIN has more than {MAX_MESSAGE:,} bytes.")
    encryption = _encryption(payload)
    if encryption == _ENCRYPT_NOT_SUPPORTED:
        raise not_offered("The server answered PRELOGIN with ENCRYPT_NOT_SUP: it has no encryption.")
    # Even ENCRYPT_OFF is followed by a handshake, which then covers the login only ([MS-TDS] 2.2.6.5).
    if encryption not in _ENCRYPTIONS:
        raise broken(f"The server answered PRELOGIN with encryption {encryption:#04x}; expected 0x00 to 0x03.")


class TDSFraming:
    """
    The handshake's bytes inside TDS packets.

    [MS-TDS] 3.2.5.2: while TLS is negotiated, its messages are the payload of packets of type 0x12.
    """

    def __init__(self) -> None:
        """Begin with nothing received."""
        self._buffer = bytearray()
        self._is_bare = False

    def wrap(self, data: bytes) -> bytes:
        """Return bytes for the server as one message of PRELOGIN packets."""
        return b"".join(_packets(data)) if data else b""

    def unwrap(self, data: bytes) -> bytes:
        """
        Take bytes of the server and return what the packets that they complete hold.

        Records that come without a packet end the packets: after the handshake TLS is outside and TDS inside.

        Raises:
            StartTLSError: what came is neither.
        """
        self._buffer += data
        unwrapped: list[bytes] = []
        while self._buffer and not self._is_bare:
            if self._buffer[0] in _RECORDS:
                self._is_bare = True
                break
            if len(self._buffer) < _HEADER:
                break
            end = _HEADER + _content_size(bytes(self._buffer[:_HEADER]), types=(_PRELOGIN, _TABULAR))
            if len(self._buffer) < end:
                break
            unwrapped.append(bytes(self._buffer[_HEADER:end]))
            del self._buffer[:end]
        if self._is_bare:
            unwrapped.append(bytes(self._buffer))
            self._buffer.clear()
        return b"".join(unwrapped)


def _prelogin() -> bytes:
    """Return the options: a version, encryption wanted, no instance's name, no thread."""
    # [MS-TDS] 3.3.5.1: the version comes first; a client names its own.
    options = ((_VERSION, bytes(6)), (_ENCRYPTION, bytes([_ENCRYPT_ON])), (_INSTANCE, b"\0"), (_THREAD, bytes(4)))
    # An offset counts from the start of the PRELOGIN structure, big-endian.
    offset = len(options) * _OPTION + 1
    heads, values = b"", b""
    for token, value in options:
        heads += struct.pack(">BHH", token, offset + len(values), len(value))
        values += value
    return heads + bytes([_TERMINATOR]) + values


def _packets(data: bytes) -> Iterator[bytes]:
    """Yield the packets of one message: type, status, length with the header, process, number, window."""
    size = _PACKET - _HEADER
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    for number, piece in enumerate(pieces, start=1):
        status = _END_OF_MESSAGE if number == len(pieces) else 0
        yield struct.pack(">BBHHBB", _PRELOGIN, status, _HEADER + len(piece), 0, number & 0xFF, 0) + piece


def _content_size(header: bytes, *, types: tuple[int, ...]) -> int:
    """Return how many bytes follow a packet's header."""
    kind, length = header[0], int.from_bytes(header[2:4], "big")
    if kind not in types or length < _HEADER:
        shown = " or ".join(f"{item:02x}" for item in types)
        raise broken(f"The server sent {header.hex(' ')} where a TDS packet of type {shown} is due.")
    return length - _HEADER


def _encryption(payload: bytes) -> int:
    """Return the value of ENCRYPTION in the answer to PRELOGIN."""
    for start in range(0, min(len(payload), MAX_BYTES), _OPTION):
        if payload[start] == _TERMINATOR or len(payload) < start + _OPTION:
            break
        token, offset, length = struct.unpack_from(">BHH", payload, start)
        if token == _ENCRYPTION:
            if length != 1 or offset >= len(payload):
                break
            return int(payload[offset])
    raise broken("The server's answer to PRELOGIN does not say whether it encrypts.")
