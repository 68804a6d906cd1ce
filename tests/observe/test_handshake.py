import contextlib

import pytest
from OpenSSL import SSL

from anchorkeep.model.endpoint import Endpoint
from anchorkeep.observe.handshake import MAX_RECEIVED, ClientHandshake, client_context
from tests.peers.pki import Presented, present

VERSIONS = {"TLSv1.2": SSL.TLS1_2_VERSION, "TLSv1.3": SSL.TLS1_3_VERSION}


class Server:
    """A server in memory; what it says is taken flight by flight."""

    last = b""

    def __init__(self, presented: Presented, version: int, *, demands: bool = False) -> None:
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(version)
        context.set_max_proto_version(version)
        context.use_certificate(presented.chain[0])
        context.use_privatekey(presented.key)
        for certificate in presented.chain[1:]:
            context.add_extra_chain_cert(certificate)
        if demands:
            context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
        self.connection = SSL.Connection(context, None)
        self.connection.set_accept_state()

    def answer(self, data: bytes) -> bytes:
        """Take bytes of the client and return what the server says."""
        if data:
            self.connection.bio_write(data)
        with contextlib.suppress(SSL.Error):
            self.connection.do_handshake()
        try:
            return self.connection.bio_read(1 << 20)
        except SSL.WantReadError:
            return b""


def talk(handshake: ClientHandshake, server: Server) -> None:
    """Carry the bytes to and fro until neither has anything to say."""
    said = handshake.start()
    while said:
        said = handshake.receive(server.answer(said))
    if not handshake.is_done:
        handshake.close()


def begun(version: str, *, demands: bool = False) -> tuple[ClientHandshake, Presented, bytes]:
    """Return a handshake that has started, what its server presents, and the server's first flight."""
    presented = present()
    handshake = ClientHandshake(client_context(), "service.test")
    flight = Server(presented, VERSIONS[version], demands=demands).answer(handshake.start())
    return handshake, presented, flight


def der(handshake: ClientHandshake) -> tuple[bytes, ...]:
    """Return the bytes of the certificates that came."""
    return tuple(certificate.der for certificate in handshake.certificates)


@pytest.mark.parametrize("version", VERSIONS)
def test_chain_version_and_cipher(version: str) -> None:
    """A handshake gives the chain in the server's order, the version and the cipher suite."""
    presented = present()
    handshake = ClientHandshake(client_context(), "service.test")
    server = Server(presented, VERSIONS[version])
    talk(handshake, server)
    assert (handshake.is_done, handshake.failure) == (True, None)
    assert (der(handshake), handshake.tls_version) == (presented.der, version)
    assert handshake.cipher == server.connection.get_cipher_name()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("demands", [False, True])
def test_request_for_a_client_certificate(version: str, *, demands: bool) -> None:
    """A request for a client certificate is noted, and none is noted that was not made."""
    handshake = ClientHandshake(client_context(), "service.test")
    talk(handshake, Server(present(), VERSIONS[version], demands=demands))
    assert handshake.client_certificate_requested is demands


@pytest.mark.parametrize(
    ("host", "sent"),
    [("b\u00fccher.test", b"xn--bcher-kva.test"), ("service.test.", b"service.test"), ("127.0.0.1", None), ("::1", None)],
)
def test_server_name(host: str, sent: bytes | None) -> None:
    """A DNS name is sent in server_name in A-labels and without trailing dot, an IP address is not (RFC 6066 §3)."""
    handshake = ClientHandshake(client_context(), Endpoint.parse(host).reference_identity)
    server = Server(present(), SSL.TLS1_3_VERSION)
    server.answer(handshake.start())
    assert server.connection.get_servername() == sent


def test_no_protocol_is_offered() -> None:
    """No ALPN is offered, so that no server can refuse for want of a common protocol."""
    handshake = ClientHandshake(client_context(), "service.test")
    assert b"http/1.1" not in handshake.start()


@pytest.mark.parametrize("version", VERSIONS)
def test_single_bytes_are_enough(version: str) -> None:
    """It does not matter how the network cuts the server's bytes."""
    handshake, presented, flight = begun(version)
    for position in range(len(flight)):
        handshake.receive(flight[position : position + 1])
    assert der(handshake) == presented.der


@pytest.mark.parametrize("version", VERSIONS)
def test_truncation_is_an_answer(version: str) -> None:
    """A server that closes in the middle of its flight, wherever, gives a failure or a chain and never an exception."""
    _, _, flight = begun(version)
    for length in range(0, len(flight), 7):
        handshake, _, whole = begun_again(version)
        handshake.receive(whole[:length])
        handshake.close()
        assert handshake.is_done


def begun_again(version: str, _kept: dict[str, Presented] = {}) -> tuple[ClientHandshake, Presented, bytes]:  # noqa: B006 (keys are made once)
    """Return as `begun`, with the same keys each time."""
    presented = _kept.setdefault(version, present())
    handshake = ClientHandshake(client_context(), "service.test")
    return handshake, presented, Server(presented, VERSIONS[version]).answer(handshake.start())


def test_chain_is_kept_when_the_server_goes_on_with_garbage() -> None:
    """Garbage after a Certificate message of TLS 1.2 is a failure that leaves the chain."""
    handshake, presented, flight = begun("TLSv1.2")
    handshake.receive(flight[:-9] + b"\x16\x03\x03\x00\x04garb")
    assert handshake.failure is not None
    assert (der(handshake), handshake.failure.reason) == (presented.der, "protocol-error")


def test_garbage_after_the_server_hello() -> None:
    """Garbage after a ServerHello of TLS 1.3 is a breach of the protocol without a chain, and the version is known."""
    handshake, _, flight = begun("TLSv1.3")
    first = 5 + int.from_bytes(flight[3:5], "big")
    handshake.receive(flight[:first] + b"\x17\x03\x03\x00\x20" + bytes(32))
    assert handshake.failure is not None
    assert (handshake.failure.reason, der(handshake), handshake.tls_version) == ("protocol-error", (), "TLSv1.3")


def test_flipped_byte_in_a_protected_record() -> None:
    """A flipped byte in an encrypted record of TLS 1.3 is found, and no chain is taken from it."""
    handshake, _, flight = begun("TLSv1.3")
    handshake.receive(flight[:-40] + bytes((flight[-40] ^ 1,)) + flight[-39:])
    assert handshake.failure is not None
    assert handshake.failure.reason == "protocol-error"


@pytest.mark.parametrize("position", range(10))
def test_damaged_certificate(position: int) -> None:
    """A certificate whose structure is damaged is a failure with its own reason."""
    handshake, presented, flight = begun("TLSv1.2")
    place = flight.index(presented.der[1]) + position
    handshake.receive(flight[:place] + bytes((flight[place] ^ 0x55,)) + flight[place + 1 :])
    assert handshake.failure is not None
    assert handshake.failure.reason == "certificate-unreadable"


def test_message_that_is_too_large_before_the_server_hello() -> None:
    """An endless first message is not mistaken for a large Certificate message."""
    handshake = ClientHandshake(client_context(), "service.test")
    handshake.start()
    handshake.receive(b"\x16\x03\x03\x00\x08\x02\xff\xff\xff\x00\x00\x00\x00")
    assert handshake.failure is not None
    assert handshake.failure.reason == "protocol-error"


def test_warning_is_no_alert_that_ends() -> None:
    """A warning before the handshake goes wrong for another reason is not told as that reason."""
    handshake = ClientHandshake(client_context(), "service.test")
    handshake.start()
    handshake.receive(b"\x15\x03\x03\x00\x02\x01\x70" + b"\x16\x03\x03\x00\x08\x02\xff\xff\xff\x00\x00\x00\x00")
    assert handshake.failure is not None
    assert handshake.failure.reason == "protocol-error"


@pytest.mark.parametrize(
    ("number", "reason"), [(40, "alert"), (70, "protocol-version"), (112, "alert"), (80, "alert"), (116, "alert")]
)
def test_fatal_alert_is_named(number: int, reason: str) -> None:
    """A fatal alert is the failure, with its name."""
    handshake = ClientHandshake(client_context(), "service.test")
    handshake.start()
    handshake.receive(b"\x15\x03\x03\x00\x02\x02" + bytes((number,)))
    assert handshake.failure is not None
    assert handshake.failure.reason == reason


def test_close_notify_is_an_end() -> None:
    """A server that says farewell instead of hello has closed the connection."""
    handshake = ClientHandshake(client_context(), "service.test")
    handshake.start()
    handshake.receive(b"\x15\x03\x03\x00\x02\x01\x00")
    assert handshake.failure is not None
    assert handshake.failure.reason == "closed"


def test_version_nobody_offered() -> None:
    """A server that answers with SSL 3.0 speaks no version of TLS that is spoken here."""
    handshake = ClientHandshake(client_context(), "service.test")
    handshake.start()
    hello = b"\x03\x00" + bytes(32) + b"\x00" + b"\x00\x0a" + b"\x00"
    message = b"\x02" + len(hello).to_bytes(3, "big") + hello
    handshake.receive(b"\x16\x03\x00" + len(message).to_bytes(2, "big") + message)
    assert handshake.failure is not None
    assert handshake.failure.reason == "protocol-version"


def test_bytes_are_bounded() -> None:
    """A server that sends more than any handshake needs is cut off, whatever it sends."""
    handshake = ClientHandshake(client_context(), "service.test")
    handshake.start()
    handshake.receive(bytes.fromhex("1603034000") + bytes(MAX_RECEIVED))
    assert handshake.failure is not None
    assert handshake.failure.reason == "too-much-data"


def test_nothing_is_taken_after_the_end() -> None:
    """What a server sends after the end changes nothing."""
    handshake = ClientHandshake(client_context(), "service.test")
    talk(handshake, Server(present(), SSL.TLS1_3_VERSION))
    assert handshake.receive(b"HTTP/1.1 400") == b""
    handshake.reset()
    handshake.expire(1.0)
    assert handshake.failure is None


def test_time_that_is_over_keeps_the_chain() -> None:
    """A server that falls silent after its Certificate message has shown its chain."""
    handshake, presented, flight = begun("TLSv1.2")
    handshake.receive(flight[:-9])
    handshake.expire(1.0)
    assert handshake.failure is not None
    assert (der(handshake), handshake.failure.reason) == (presented.der, "timeout")


def test_context_holds_nothing_of_a_connection() -> None:
    """A shared context gives each handshake its own chain, with no session resumed."""
    context, chains = client_context(), []
    for presented in (present("one.test"), present("two.test")):
        for _ in range(2):
            handshake = ClientHandshake(context, "service.test")
            talk(handshake, Server(presented, SSL.TLS1_2_VERSION))
            chains.append(der(handshake) == presented.der)
    assert chains == [True] * 4


def verdict(*, demands: bool = True) -> tuple[ClientHandshake, Server]:
    """Return a handshake of TLS 1.3 that has ended for the client, and its server, which has not read the client's end yet."""
    server = Server(present(), SSL.TLS1_3_VERSION, demands=demands)
    handshake = ClientHandshake(client_context(), "service.test")
    server.last = handshake.receive(server.answer(handshake.start()))
    assert (handshake.is_done, handshake.failure) == (True, None)
    return handshake, server


def test_verdict_is_the_alert() -> None:
    """The alert by which a TLS 1.3 server refuses a client without certificate is the failure (RFC 8446 §4.4.2.4)."""
    handshake, server = verdict()
    assert handshake.awaits_verdict
    said = server.answer(server.last)
    for position in range(len(said)):
        handshake.receive_verdict(said[position : position + 1])
    assert handshake.failure is not None
    assert (handshake.failure.reason, handshake.awaits_verdict) == ("client-certificate-required", False)


def test_no_verdict_without_a_question() -> None:
    """Where no client certificate was asked for there is nothing to wait for."""
    handshake, server = verdict(demands=False)
    assert not handshake.awaits_verdict
    handshake.receive_verdict(server.answer(server.last))
    assert handshake.failure is None


@pytest.mark.parametrize("version", VERSIONS)
def test_verdict_of_tls_1_2_is_in_the_handshake(version: str) -> None:
    """Only in TLS 1.3 does the refusal come after the handshake."""
    handshake = ClientHandshake(client_context(), "service.test")
    talk(handshake, Server(present(), VERSIONS[version], demands=True))
    assert handshake.awaits_verdict is (version == "TLSv1.3")


def test_garbage_is_no_verdict() -> None:
    """Bytes that are no record end the wait and accuse nobody."""
    handshake, _ = verdict()
    handshake.receive_verdict(b"\x17\x03\x03\x00\x20" + bytes(32))
    assert (handshake.failure, handshake.awaits_verdict) == (None, False)


def test_verdict_is_bounded() -> None:
    """A server that sends without end after the handshake is not listened to for ever."""
    handshake, _ = verdict()
    handshake.receive_verdict(b"\x17\x03\x03\x40\x00" + bytes(100))
    assert handshake.awaits_verdict
    handshake.receive_verdict(bytes(MAX_RECEIVED))
    assert (handshake.failure, handshake.awaits_verdict) == (None, False)
