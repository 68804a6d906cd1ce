import pytest

from anchorkeep.observe.starttls import PROTOCOLS, Opening
from anchorkeep.observe.starttls.dialogue import StartTLSError
from anchorkeep.observe.starttls.mssql import TDSFraming
from tests.peers.dialogues import answered, is_open

# [MS-TDS] 4.1 prints a PRELOGIN; an answer has the same options in a table response, type 04 (3.3.5.1).
PRINTED = bytes.fromhex("1201002F0000010000001A00060100200001020021000103002200040400260001FF090000000000" + "0100B80D000001")


def answer(encryption: int, *, kind: int = 4) -> bytes:
    """Return the printed message as a server's answer, with that ENCRYPTION."""
    changed = bytearray(PRINTED)
    changed[0] = kind
    changed[8 + 0x20] = encryption
    return bytes(changed)


def reason(*answers: bytes) -> str:
    """Return why a server's answers are a failure."""
    opening = answered("mssql", *answers)
    assert opening.failure is not None
    return opening.failure.reason


def test_printed_message_is_whole() -> None:
    """The message that [MS-TDS] 4.1 prints has the length that it names, and the options where they are looked for."""
    assert len(PRINTED) == int.from_bytes(PRINTED[2:4], "big")
    assert PRINTED[8 + 0x1A :][:6] == bytes.fromhex("090000000000")


def test_request_is_like_the_printed_one() -> None:
    """The request is one packet of type 12, its first option is the version, and ENCRYPTION is ENCRYPT_ON."""
    said = Opening(PROTOCOLS["mssql"], "service.test").start()
    assert (said[:2], len(said)) == (b"\x12\x01", int.from_bytes(said[2:4], "big"))
    assert (said[8], said[13]) == (0, 1)
    offset = int.from_bytes(said[14:16], "big")
    assert said[8 + offset] == 1


@pytest.mark.parametrize("encryption", [0, 1, 3])
def test_encryption_that_is_available(encryption: int) -> None:
    """ENCRYPT_OFF, ENCRYPT_ON and ENCRYPT_REQ are followed by the handshake."""
    assert is_open(answered("mssql", answer(encryption)))


def test_answer_in_two_packets() -> None:
    """A message may come in packets, of which the last has status 01."""
    content = answer(1)[8:]
    first = b"\x04\x00\x00\x12\0\0\x01\0" + content[:10]
    second = b"\x04\x01" + (len(content) - 2).to_bytes(2, "big") + b"\0\0\x02\0" + content[10:]
    assert is_open(answered("mssql", first, second))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (answer(2), "starttls-not-offered"),
        (answer(4), "starttls-protocol-error"),
        (answer(1, kind=0x12), "starttls-protocol-error"),
        (b"\x04\x01\x00\x07\0\0\x01\0", "starttls-protocol-error"),
        (b"\x04\x01\x00\x08\0\0\x01\0", "starttls-protocol-error"),
        (b"\x04\x01\x00\x09\0\0\x01\0\xff", "starttls-protocol-error"),
        (b"\x04\x01\x00\x0e\0\0\x01\0\x01\x00\x40\x00\x01\xff", "starttls-protocol-error"),
        (b"\x04\x00\x40\x08\0\0\x01\0" * 9000, "starttls-protocol-error"),
        (answer(1) + b"x", "response-injection"),
        (b"\x15\x03\x01\0\x02\x02\x0a\0", "wrong-protocol"),
    ],
)
def test_refusals(data: bytes, expected: str) -> None:
    """Every way in which a SQL Server declines has its reason."""
    assert reason(data) == expected


def test_handshake_is_wrapped_in_packets() -> None:
    """Bytes of TLS go out in packets of type 12 of at most 4,096 bytes, numbered, the last of a message marked."""
    data = bytes(range(256)) * 20
    wrapped = TDSFraming().wrap(data)
    assert (wrapped[:4], wrapped[6]) == (b"\x12\x00\x10\x00", 1)
    assert (wrapped[4096:4098], wrapped[4102]) == (b"\x12\x01", 2)
    assert wrapped[8:4096] + wrapped[4104:] == data


@pytest.mark.parametrize("size", [1, 7, 4096, 100_000])
def test_packets_are_unwrapped(size: int) -> None:
    """What is wrapped is unwrapped as it was, however it is cut on the way."""
    data = bytes(range(256)) * 40
    wrapped, framing = TDSFraming().wrap(data), TDSFraming()
    pieces = [framing.unwrap(wrapped[start : start + size]) for start in range(0, len(wrapped), size)]
    assert b"".join(pieces) == data


def test_nothing_is_wrapped_as_nothing() -> None:
    """No bytes make no packet."""
    assert TDSFraming().wrap(b"") == b""


def test_records_without_packets_pass() -> None:
    """Records that come as they are end the packets, for TLS is outside after the handshake."""
    framing = TDSFraming()
    assert framing.unwrap(framing.wrap(b"in") + b"\x17\x03\x03out") == b"in\x17\x03\x03out"
    assert framing.unwrap(b"\x12more") == b"\x12more"


def test_other_bytes_are_refused() -> None:
    """What is neither a packet nor a record is an error, which `Opening` makes a failure."""
    with pytest.raises(StartTLSError):
        TDSFraming().unwrap(b"HTTP/1.1 400")
    opening = answered("mssql", answer(1))
    assert opening.unwrap(b"HTTP/1.1 400") == b""
    assert opening.failure is not None
    assert opening.failure.reason == "starttls-protocol-error"
    assert opening.unwrap(opening.wrap(b"x")) == b""
