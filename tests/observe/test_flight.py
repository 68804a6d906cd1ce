"""What a client's flight gives away: records made by hand, so that their encrypted bytes are what the test says."""

import pytest

from anchorkeep.observe.flight import presents_certificate

CHANGE_CIPHER_SPEC = b"\x14\x03\x03\x00\x01\x01"
#: The handshake types that begin a client's messages: Certificate, ClientKeyExchange.
CERTIFICATE, KEY_EXCHANGE = 11, 16


def record(kind: int, body: bytes) -> bytes:
    """Return one record of TLS 1.2 (RFC 5246 §6.2.1)."""
    return bytes((kind, 3, 3)) + len(body).to_bytes(2, "big") + body


def handshake(first: int) -> bytes:
    """Return a record of the type handshake whose first byte is the one given."""
    return record(22, bytes((first,)) + bytes(39))


@pytest.mark.parametrize("first", range(256))
def test_encrypted_finished_is_no_certificate(first: int) -> None:
    """Whatever byte the encrypted Finished of TLS 1.2 begins with, it is not taken for a Certificate message."""
    assert not presents_certificate(handshake(KEY_EXCHANGE) + CHANGE_CIPHER_SPEC + handshake(first))


@pytest.mark.parametrize("first", [0, CERTIFICATE])
def test_certificate_in_clear_is_seen(first: int) -> None:
    """The Certificate message of TLS 1.2 stands before ChangeCipherSpec."""
    flight = handshake(CERTIFICATE) + handshake(KEY_EXCHANGE) + CHANGE_CIPHER_SPEC + handshake(first)
    assert presents_certificate(flight)


@pytest.mark.parametrize(("count", "presents"), [(1, False), (2, True), (3, True)])
def test_protected_records_are_counted(count: int, *, presents: bool) -> None:
    """In TLS 1.3 more than one protected record ends the handshake only where a certificate was asked for."""
    assert presents_certificate(CHANGE_CIPHER_SPEC + record(23, bytes(64)) * count) is presents


@pytest.mark.parametrize("length", range(6))
def test_less_than_a_record_presents_nothing(length: int) -> None:
    """A flight that ends within its first record gives nothing away and raises nothing."""
    assert not presents_certificate(handshake(CERTIFICATE)[: min(length, 5)])
