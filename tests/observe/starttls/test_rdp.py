import pytest

from anchorkeep.observe.starttls import PROTOCOLS, Opening
from tests.peers.dialogues import answered, is_open


def confirm(negotiation: bytes = b"", *, tpdu: int = 0xD0) -> bytes:
    """Return a TPKT with an X.224 connection confirm and what is negotiated."""
    body = bytes([6 + len(negotiation), tpdu, 0, 0, 0x12, 0x34, 0]) + negotiation
    return b"\x03\x00" + (4 + len(body)).to_bytes(2, "big") + body


def chosen(kind: int, value: int) -> bytes:
    """Return RDP_NEG_RSP or RDP_NEG_FAILURE: type, flags, length, value."""
    return bytes([kind, 0x1F, 8, 0]) + value.to_bytes(4, "little")


def reason(data: bytes) -> str:
    """Return why an answer is a failure."""
    opening = answered("rdp", data)
    assert opening.failure is not None
    return opening.failure.reason


def test_request() -> None:
    """The request is an X.224 connection request with RDP_NEG_REQ for TLS and CredSSP, no cookie ([MS-RDPBCGR] 2.2.1.1)."""
    said = Opening(PROTOCOLS["rdp"], "service.test").start()
    assert said == bytes.fromhex("03000013 0ee00000000000 0100080003000000")


@pytest.mark.parametrize("protocol", [1, 2, 8])
def test_protocols_that_begin_with_tls(protocol: int) -> None:
    """PROTOCOL_SSL and both kinds of CredSSP begin with a TLS handshake."""
    assert is_open(answered("rdp", confirm(chosen(2, protocol))))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (confirm(), "starttls-not-offered"),
        (confirm(chosen(2, 0)), "starttls-not-offered"),
        (confirm(chosen(3, 2)), "starttls-not-offered"),
        (confirm(chosen(3, 3)), "starttls-refused"),
        (confirm(chosen(3, 99)), "starttls-refused"),
        (confirm(chosen(2, 4)), "starttls-protocol-error"),
        (confirm(chosen(7, 1)), "starttls-protocol-error"),
        (confirm(chosen(2, 1), tpdu=0x80), "starttls-protocol-error"),
        (confirm(chosen(2, 1)) + b"x", "response-injection"),
        (b"\x03\x00\x00\x04", "starttls-protocol-error"),
        (b"\x03\x00\xff\xff", "starttls-protocol-error"),
        (b"\x16\x03\x03\x00\x7a", "wrong-protocol"),
    ],
)
def test_refusals(data: bytes, expected: str) -> None:
    """Every way in which an RDP server declines has its reason."""
    assert reason(data) == expected


def test_failure_code_is_named() -> None:
    """A failure code of 2.2.1.2.2 is told by its name."""
    opening = answered("rdp", confirm(chosen(3, 3)))
    assert opening.failure is not None
    assert "SSL_CERT_NOT_ON_SERVER" in opening.failure.message
