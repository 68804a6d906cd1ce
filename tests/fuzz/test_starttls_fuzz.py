"""Whatever a peer sends before TLS, whole or byte by byte, the dialogue waits, is over, or has failed, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.model.chain import Stage
from anchorkeep.observe.starttls import PROTOCOLS, Opening

HOST = "service.test"
# What servers say, so that the fuzzer comes past the first line.
SEEDS = [
    *(b"220 x\r\n", b"220-x\r\n", b"250-x\r\n250 STARTTLS\r\n", b"234 go\r\n", b"200 x\r\n", b"101 x\r\n", b"STARTTLS\r\n.\r\n"),
    *(b"382 go\r\n", b"454 no\r\n", b"* OK x\r\n", b"* CAPABILITY STARTTLS\r\n", b"a001 OK\r\n", b"a002 OK\r\n", b"a002 NO\r\n"),
    *(b"+OK\r\n", b"STLS\r\n", b".\r\n", b"-ERR\r\n", b'"STARTTLS"\r\n', b"OK\r\n", b"NO\r\n", b"BYE\r\n", b"{5}\r\n"),
    *(b":x 670 y :go\r\n", b":x 691\r\n", b"PING :x\r\n", b"NOTICE x\r\n", b"S", b"N", b"E"),
    *(b"<?xml version='1.0'?>", b"<stream:stream>", b"<stream:features>", b"<starttls/>", b"</stream:features>", b"<proceed/>"),
    *(b"<stream:error>", b"<a b='", b"<failure/>", b"<x></x>"),
    bytes.fromhex("300c02010178070a010004000400"),
    bytes.fromhex("308400000010020101788400000007 0a01000400 0400"),
    bytes.fromhex("0300000b06d00000123400"),
    bytes.fromhex("030000130ed000001234000200080001000000"),
    bytes.fromhex("04010015000001000100060001ff01000000000000"),
    bytes.fromhex("1a000000 0a3800 00000000 736372616d626c65 00 0a0a") + bytes(8),
]
TALK = st.lists(st.one_of(st.sampled_from(SEEDS), st.binary(max_size=40)), max_size=12).map(b"".join)


def converse(name: str, data: bytes, size: int) -> Opening:
    """Give bytes in pieces to a dialogue, and then its end."""
    opening = Opening(PROTOCOLS[name], HOST)
    said = [opening.start()]
    said += [opening.receive(data[start : start + size]) for start in range(0, len(data), size)]
    assert all(isinstance(answer, bytes) for answer in said)
    opening.close()
    assert opening.is_done
    assert opening.failure is None or (opening.failure.stage is Stage.STARTTLS and opening.failure.message.isprintable())
    return opening


@pytest.mark.parametrize("name", PROTOCOLS)
@given(data=TALK)
def test_any_bytes_end_in_a_state(name: str, data: bytes) -> None:
    """
    Any bytes give the go-ahead or a failure; fed whole or byte by byte they end alike.

    But for what follows the go-ahead, and for bytes that are wrong before there are enough of them to tell whose they are.
    """
    whole, pieces = converse(name, data, len(data) or 1), converse(name, data, 1)
    if pieces.failure is None:
        assert whole.failure is None or whole.failure.reason == "response-injection"
    else:
        assert whole.failure is not None
        reasons = whole.failure.reason, pieces.failure.reason
        assert reasons[0] == reasons[1] or reasons == ("wrong-protocol", "starttls-protocol-error")


@given(data=st.binary(max_size=200), size=st.integers(1, 20))
def test_any_bytes_are_unwrapped_or_refused(data: bytes, size: int) -> None:
    """Any bytes in the place of TDS packets give bytes or a failure."""
    opening = Opening(PROTOCOLS["mssql"], HOST)
    for start in range(0, len(data), size):
        assert isinstance(opening.unwrap(data[start : start + size]), bytes)
    assert opening.failure is None or opening.failure.stage is Stage.STARTTLS
