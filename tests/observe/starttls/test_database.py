import struct

import pytest

from anchorkeep.observe.starttls import PROTOCOLS, Opening
from tests.peers.dialogues import answered, is_open

SSL, PROTOCOL_41 = 0x0800, 0x0200


def greeting(capabilities: int, *, version: int = 10, number: int = 0, cut: int | None = None) -> bytes:
    """Return Protocol::HandshakeV10 up to the lower capabilities, and some more."""
    payload = bytes([version]) + b"8.0.36\0" + struct.pack("<I8sBH", 7, b"scramble", 0, capabilities) + bytes(13)
    payload = payload[:cut]
    return len(payload).to_bytes(3, "little") + bytes([number]) + payload


def reason(name: str, *answers: bytes) -> str:
    """Return why a server's answers are a failure."""
    opening = answered(name, *answers)
    assert opening.failure is not None
    return opening.failure.reason


def test_postgres_request() -> None:
    """The request is SSLRequest as the manual has it: Int32(8), Int32(80877103)."""
    opening = Opening(PROTOCOLS["postgres"], "service.test")
    assert opening.start() == (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")
    assert opening.receive(b"S") == b""
    assert is_open(opening)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"N", "starttls-not-offered"),
        (b"E\0\0\0\x10SFATAL\0", "service-unavailable"),
        (b"X", "starttls-protocol-error"),
        (b"SX", "response-injection"),
        (b"\x15\x03\x01\0\x02\x02\x0a", "wrong-protocol"),
        (b"HTTP/1.1 400 Bad Request", "wrong-protocol"),
    ],
)
def test_postgres_refusals(answer: bytes, expected: str) -> None:
    """Every way in which a PostgreSQL server declines has its reason; a byte after S is an attack (CVE-2021-23222)."""
    assert reason("postgres", answer) == expected


def test_postgres_error_is_not_shown() -> None:
    """The text of an error before TLS is not authentic and is not repeated (CVE-2024-10977)."""
    opening = answered("postgres", b"E\0\0\0\x20Mcall this number\0")
    assert opening.failure is not None
    assert "call this" not in opening.failure.message


def test_mysql_request() -> None:
    """After a greeting with CLIENT_SSL the client sends Protocol::SSLRequest, 32 bytes with number 1, and TLS begins."""
    opening = Opening(PROTOCOLS["mysql"], "service.test")
    assert opening.start() == b""
    request = opening.receive(greeting(SSL | PROTOCOL_41))
    assert (request[:4], len(request)) == (b"\x20\0\0\x01", 36)
    assert int.from_bytes(request[4:8], "little") & (SSL | PROTOCOL_41) == SSL | PROTOCOL_41
    assert request[-23:] == bytes(23)
    assert is_open(opening)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (greeting(PROTOCOL_41), "starttls-not-offered"),
        (greeting(SSL), "starttls-refused"),
        (greeting(SSL | PROTOCOL_41) + b"x", "response-injection"),
        (greeting(SSL | PROTOCOL_41, version=9), "starttls-protocol-error"),
        (greeting(SSL | PROTOCOL_41, number=1), "starttls-protocol-error"),
        (greeting(SSL | PROTOCOL_41, cut=20), "starttls-protocol-error"),
        (b"\x03\0\0\0\x0a80", "starttls-protocol-error"),
        (b"\0\0\0\0", "starttls-protocol-error"),
        (b"\x1a\0\0\0\xff\x6a\x04Host is not allowed here", "service-unavailable"),
        (b"220 mail.test ESMTP\r\n", "wrong-protocol"),
    ],
)
def test_mysql_refusals(answer: bytes, expected: str) -> None:
    """Every way in which a MySQL server declines has its reason."""
    assert reason("mysql", answer) == expected
