import pytest

from anchorkeep import tlv
from anchorkeep.observe.starttls import PROTOCOLS, Opening
from tests.peers.dialogues import answered, is_open


def response(code: int, words: bytes = b"", *, number: int = 1, name: bytes = b"") -> bytes:
    """Return an ExtendedResponse: messageID, resultCode, matchedDN, diagnosticMessage (RFC 4511 §4.12)."""
    encode = tlv.writer.encode
    result = encode(0x0A, bytes([code])) + encode(0x04) + encode(0x04, words)
    return tlv.writer.sequence(tlv.writer.integer(number), encode(0x78, result, *([encode(0x8A, name)] if name else [])))


def reason(data: bytes) -> str:
    """Return why an answer is a failure."""
    opening = answered("ldap", data)
    assert opening.failure is not None
    return opening.failure.reason


def test_request_is_that_of_rfc_4511() -> None:
    """The request is an ExtendedRequest with the name of RFC 4511 §4.14.1 and no value."""
    opening = Opening(PROTOCOLS["ldap"], "service.test")
    assert opening.start() == bytes.fromhex("301d020101 7718 8016") + b"1.3.6.1.4.1.1466.20037"


@pytest.mark.parametrize("answer", [response(0), response(0, b"ok", name=b"1.3.6.1.4.1.1466.20037")])
def test_success(answer: bytes) -> None:
    """The resultCode success, with or without the responseName, lets TLS begin."""
    assert is_open(answered("ldap", answer))


def test_lengths_may_be_long() -> None:
    """Lengths in the long form, which BER allows and Active Directory sends, are read (RFC 4511 §5.1)."""
    answer = bytes.fromhex("308400000010 020101 788400000007 0a0100 0400 0400")
    assert is_open(answered("ldap", answer))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (response(2, b"unsupported extended operation"), "starttls-not-offered"),
        (response(1, b"TLS already started"), "starttls-refused"),
        (response(52), "starttls-refused"),
        (response(52, number=0, name=b"1.3.6.1.4.1.1466.20036"), "service-unavailable"),
        (response(0, number=2), "starttls-protocol-error"),
        (b"\x30\x80", "starttls-protocol-error"),
        (b"\x30\x85\0\0\0\0\0", "starttls-protocol-error"),
        (b"\x30\x84\x7f\xff\xff\xff", "starttls-protocol-error"),
        (b"\x30\x00", "starttls-protocol-error"),
        (b"\x30\x03\x02\x01\x01", "starttls-protocol-error"),
        (tlv.writer.sequence(tlv.writer.encode(0x02, b"\1" * 5000), response(0)[5:]), "starttls-protocol-error"),
        (response(0).replace(b"\x0a\x01\x00", b"\x02\x01\x00"), "starttls-protocol-error"),
        (b"HTTP/1.1 400", "wrong-protocol"),
    ],
)
def test_refusals(answer: bytes, expected: str) -> None:
    """Every way in which an LDAP server declines, or does not speak LDAP, has its reason."""
    assert reason(answer) == expected


def test_diagnostic_is_shown_harmlessly() -> None:
    """The server's words reach a person on one line."""
    opening = answered("ldap", response(53, "no \x1b[31m\u202e".encode()))
    assert opening.failure is not None
    assert opening.failure.message.isprintable()
    assert "result 53" in opening.failure.message
