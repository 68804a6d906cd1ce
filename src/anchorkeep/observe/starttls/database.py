"""
TLS in the protocols of PostgreSQL and MySQL.

Sources: PostgreSQL's manual, "Frontend/Backend Protocol", "SSL Session Encryption" and "Message Formats" (SSLRequest); MySQL's
"Client/Server Protocol", `Protocol::HandshakeV10` and `Protocol::SSLRequest`, which MariaDB speaks too.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from anchorkeep.observe.starttls.dialogue import MAX_MESSAGE, Exactly, broken, not_offered, quoted, refused, text, unavailable

if TYPE_CHECKING:
    from collections.abc import Generator

    from anchorkeep.observe.starttls.dialogue import Dialogue, Need

# "SSLRequest (F): Int32(8) Length of message contents in bytes, including self. Int32(80877103) The SSL request code. The value
# is chosen to contain 1234 in the most significant 16 bits, and 5679 in the least significant 16 bits."
_SSL_REQUEST = struct.pack(">ihh", 8, 1234, 5679)

_HEADER = 4
# Protocol::HandshakeV10 begins with the protocol's version, always 10; ERR_Packet with 0xFF, then an int<2> error code.
_VERSION, _ERROR = 10, 0xFF
#: From the end of the version string to the capabilities: thread id, first part of the scramble, filler.
_BEFORE_CAPABILITIES = 4 + 8 + 1
# Capabilities flags: CLIENT_PROTOCOL_41 is 512, CLIENT_SSL 2048, CLIENT_SECURE_CONNECTION 32768.
_PROTOCOL_41, _SSL, _SECURE_CONNECTION = 0x0200, 0x0800, 0x8000
_MAX_PACKET = 1 << 24
#: utf8mb4_general_ci, known since MySQL 5.5; it matters to nobody who does not log in.
_CHARACTER_SET = 45


def postgres(host: str) -> Dialogue:
    """Ask a PostgreSQL server for TLS ("SSL Session Encryption")."""
    del host  # The protocol has no way to name it before TLS.
    yield _SSL_REQUEST
    # "The server then responds with a single byte containing S or N, indicating that it is willing or unwilling to perform SSL,
    # respectively."
    answer = yield Exactly(size=1)
    if answer == b"N":
        raise not_offered(
            "The server is unwilling to speak TLS: it answered N.", remedy="Set ssl = on with its key and certificate."
        )
    # The frontend is to be prepared for an ErrorResponse too, and not to show its text, since the server has not been
    # authenticated (CVE-2024-10977).
    if answer == b"E":
        raise unavailable("The server answered the request for TLS with an error; its text is not authentic, so it is not shown.")
    if answer != b"S":
        raise broken(f"The server answered the request for TLS with the byte {answer.hex()}; expected S or N.")
    # "If additional bytes are available to read at this point, it likely means that a man-in-the-middle is attempting to perform
    # a buffer-stuffing attack (CVE-2021-23222)." `Opening` refuses what is left over in every protocol.


def mysql(host: str) -> Dialogue:
    """Ask a MySQL or MariaDB server for TLS (Protocol::SSLRequest)."""
    del host
    greeting = yield from _mysql_packet()
    if greeting[0] == _ERROR:
        raise unavailable(f"The server greeted with an error: {quoted(text(greeting[3:]))}.")
    if greeting[0] != _VERSION:
        raise broken(f"The server's greeting is of version {greeting[0]}; expected {_VERSION}.")
    # Protocol::HandshakeV10 goes on with the server's version, ended by a zero, int<4> thread id, string[8] the scramble's first
    # part, int<1> filler, int<2> capabilities, their lower half.
    end = greeting.find(b"\0", 1) + 1
    flags = greeting[end + _BEFORE_CAPABILITIES : end + _BEFORE_CAPABILITIES + 2]
    if not end or len(flags) != 2:  # noqa: PLR2004 (two bytes)
        raise broken("The server's greeting ends before its capabilities.")
    capabilities = int.from_bytes(flags, "little")
    if not capabilities & _SSL:
        raise not_offered(
            "The server does not have SSL among its capabilities.", remedy="Set ssl_cert and ssl_key for the server."
        )
    if not capabilities & _PROTOCOL_41:
        raise refused("The server speaks a protocol older than MySQL 4.1.")
    # Protocol::SSLRequest: int<4> capabilities, int<4> largest packet, int<1> character set, string[23] filler. The packet has
    # the number 1, and no answer: the next bytes are the ClientHello.
    wanted = _PROTOCOL_41 | _SSL | _SECURE_CONNECTION
    request = struct.pack("<IIB23x", wanted, _MAX_PACKET, _CHARACTER_SET)
    yield len(request).to_bytes(3, "little") + b"\x01" + request


def _mysql_packet() -> Generator[bytes | Need, bytes, bytes]:
    """Read the first packet, int<3> its length, int<1> its number, and its payload, which is never empty."""
    header = yield Exactly(size=_HEADER)
    length = int.from_bytes(header[:3], "little")
    if not 0 < length <= MAX_MESSAGE or header[3] != 0:
        raise broken(f"The server began with {header.hex(' ')}, which begins no greeting of MySQL.")
    return (yield Exactly(size=length))
