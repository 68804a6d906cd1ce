"""
TLS in the Remote Desktop Protocol: the X.224 connection request with an RDP Negotiation Request.

Source: [MS-RDPBCGR] 2.2.1.1, 2.2.1.2 and 5.4.2; TPKT is RFC 1006 §6, X.224 TPDUs are in ITU-T X.224 §13.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from anchorkeep.observe.starttls.dialogue import Exactly, broken, not_offered, refused

if TYPE_CHECKING:
    from collections.abc import Generator

    from anchorkeep.observe.starttls.dialogue import Dialogue, Need

_TPKT_VERSION, _TPKT = 3, 4
# X.224 §13.3 and §13.4: CR is 1110 xxxx, CC 1101 xxxx; then two references and the class, 0.
_CONNECTION_REQUEST, _CONNECTION_CONFIRM = 0xE0, 0xD0
_X224 = 7
#: Bytes of an answer: fixed part and RDP_NEG_RSP have 15; some servers append as much again.
_MAX_ANSWER = 256
# [MS-RDPBCGR] 2.2.1.1.1: TYPE_RDP_NEG_REQ is 0x01; 2.2.1.2.1: TYPE_RDP_NEG_RSP is 0x02; 2.2.1.2.2: TYPE_RDP_NEG_FAILURE is 0x03.
_REQUEST, _RESPONSE, _FAILURE = 1, 2, 3
_NEGOTIATION = 8
# PROTOCOL_RDP 0 is standard RDP security, PROTOCOL_SSL 1 TLS, PROTOCOL_HYBRID 2 and PROTOCOL_HYBRID_EX 8 CredSSP. All but the
# first begin with a TLS handshake (5.4.5.1 and 5.4.5.2).
_STANDARD, _SSL, _HYBRID, _HYBRID_EX = 0, 1, 2, 8
_FAILURES = {
    1: "SSL_REQUIRED_BY_SERVER",
    2: "SSL_NOT_ALLOWED_BY_SERVER",
    3: "SSL_CERT_NOT_ON_SERVER",
    4: "INCONSISTENT_FLAGS",
    5: "HYBRID_REQUIRED_BY_SERVER",
    6: "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER",
}
_NOT_ALLOWED = 2


def rdp(host: str) -> Dialogue:
    """Ask an RDP server for TLS ([MS-RDPBCGR] 5.4.2.1)."""
    del host  # The protocol has no way to name it before TLS; a cookie would choose a session, not a certificate.
    negotiation = struct.pack("<BBHI", _REQUEST, 0, _NEGOTIATION, _SSL | _HYBRID)
    # The length indicator counts what follows it (X.224 §13.2.1).
    request = struct.pack(">BBHHB", _X224 - 1 + len(negotiation), _CONNECTION_REQUEST, 0, 0, 0) + negotiation
    yield struct.pack(">BBH", _TPKT_VERSION, 0, _TPKT + len(request)) + request
    answer = yield from _answer()
    # 2.2.1.2: rdpNegData is optional; a server that does not know it speaks standard RDP security only.
    if len(answer) < _X224 + _NEGOTIATION:
        raise not_offered("The server does not negotiate: it knows standard RDP security only.")
    kind, _flags, _length, value = struct.unpack_from("<BBHI", answer, _X224)
    if kind == _FAILURE:
        raise _explained(value)
    if kind != _RESPONSE:
        raise broken(f"The server answered with negotiation type {kind:#04x}; expected 0x02 or 0x03.")
    if value == _STANDARD:
        raise not_offered("The server chose standard RDP security, which has no TLS.")
    if value not in {_SSL, _HYBRID, _HYBRID_EX}:
        raise broken(f"The server chose protocol {value:#010x}, which was not offered.")


def _answer() -> Generator[bytes | Need, bytes, bytes]:
    """Read one TPKT with an X.224 connection confirm in it; return the TPDU."""
    header = yield Exactly(size=_TPKT)
    version, _, length = struct.unpack(">BBH", header)
    if version != _TPKT_VERSION or not _TPKT + _X224 <= length <= _MAX_ANSWER:
        raise broken(f"The server answered with {header.hex(' ')}, which begins no X.224 connection confirm.")
    answer = yield Exactly(size=length - _TPKT)
    if answer[1] & 0xF0 != _CONNECTION_CONFIRM:
        raise broken(f"The server answered with TPDU {answer[1]:#04x}; expected a connection confirm, 0xd0.")
    return answer


def _explained(code: int) -> Exception:
    said = f"The server refuses TLS: {_FAILURES.get(code, f'failure code {code}')}."
    return not_offered(said) if code == _NOT_ALLOWED else refused(said)
