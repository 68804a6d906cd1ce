import contextlib
from datetime import UTC, datetime
from random import Random

import pytest
from OpenSSL import SSL, crypto

from anchorkeep.mint import Authority, Identity, key
from anchorkeep.model.certificate import Certificate
from anchorkeep.observe.handshake import TLS_VERSIONS
from anchorkeep.observe.serve import Presentation, TLSServer

AT = datetime(2026, 11, 1, tzinfo=UTC)


def issue(host: str, *, key_type: str = key.DEFAULT) -> Identity:
    """Return a server's identity below an intermediate."""
    entropy = Random(host).randbytes
    root = Authority.root("Root", at=AT, days=30, entropy=entropy)
    below = root.intermediate("CA", at=AT, days=20, entropy=entropy)
    return below.issue(dns_names=(host,), at=AT, days=10, entropy=entropy, key_type=key_type)


class Client:
    """A TLS client on pyOpenSSL, in memory, that verifies nothing."""

    def __init__(self, name: str | None = None, *, version: str | None = None, again: SSL.Connection | None = None) -> None:
        context = again.get_context() if again else SSL.Context(SSL.TLS_CLIENT_METHOD)
        if again is None:
            context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
        if version:
            context.set_min_proto_version(TLS_VERSIONS[version])
            context.set_max_proto_version(TLS_VERSIONS[version])
        self.connection = SSL.Connection(context, None)
        self.connection.set_connect_state()
        if again:
            self.connection.set_session(again.get_session())
        if name is not None:
            self.connection.set_tlsext_host_name(name.encode())

    def talk(self, server: TLSServer) -> bytes:
        """Shake hands with a server and return the client's last flight as the server reads it."""
        read = b""
        for _ in range(6):
            with contextlib.suppress(SSL.WantReadError):
                self.connection.do_handshake()
            read += server.receive(self.out())
            if data := server.data_to_send():
                self.connection.bio_write(data)
        return read

    def out(self) -> bytes:
        """Return what the client sends."""
        try:
            return self.connection.bio_read(1 << 20)
        except SSL.WantReadError:
            return b""

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """The certificates as the server sent them."""
        return tuple(
            Certificate(crypto.dump_certificate(crypto.FILETYPE_ASN1, item))
            for item in self.connection.get_peer_cert_chain() or ()
        )


def present(*certificates: Certificate, signer: key.PrivateKey, **options: bool) -> TLSServer:
    """Return a server that presents these certificates whatever name it is asked for."""
    presentation = Presentation(certificates=certificates, key=signer, **options)
    return TLSServer(lambda _: presentation)


@pytest.mark.parametrize("key_type", ["EC P-256", "RSA 2048", "RSA 1024", "Ed25519"])
@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_chain_is_sent_as_given(key_type: str, version: str) -> None:
    """The certificates arrive byte for byte, in both versions of TLS and with every kind of key."""
    identity = issue("a.test", key_type=key_type)
    client = Client("a.test", version=version)
    client.talk(server := present(*identity.chain, signer=identity.key))
    assert server.is_established
    assert client.chain == identity.chain
    assert client.connection.get_protocol_version_name() == version


def test_odd_chains_are_sent_as_given() -> None:
    """Duplicates, unrelated certificates and a wrong order arrive as they were given."""
    identity, other = issue("a.test"), issue("b.test")
    leaf, below = identity.chain
    given = (leaf, identity.root, below, below, leaf, *other.chain)
    client = Client()
    client.talk(present(*given, signer=identity.key))
    assert client.chain == given


def test_nothing_is_added_to_the_chain() -> None:
    """A leaf alone is sent alone."""
    identity = issue("a.test")
    client = Client()
    client.talk(present(identity.leaf, signer=identity.key))
    assert client.chain == (identity.leaf,)


def test_name_chooses_the_chain() -> None:
    """Each client gets the certificates of the name it asks for, one that names none those for no name."""
    first, second = issue("a.test"), issue("b.test")
    known = {"a.test": Presentation.of(first), None: Presentation.of(second)}
    for name, expected in (("a.test", first), (None, second)):
        client = Client(name)
        client.talk(server := TLSServer(known.get))
        assert client.chain == expected.chain
        assert server.server_name == name


def test_unknown_name_fails_the_handshake() -> None:
    """Where nothing is presented for a name the handshake fails with an alert, and says so."""
    client, server = Client("c.test"), TLSServer(lambda _: None)
    with pytest.raises(SSL.Error):
        client.talk(server)
    assert server.failure
    assert server.is_closed
    assert not server.is_established


def test_key_of_another_certificate_is_refused() -> None:
    """Certificates whose first is not the key's cannot be presented: a clear failure, no broken handshake."""
    identity, other = issue("a.test"), issue("b.test")
    server = present(*identity.chain, signer=other.key)
    with pytest.raises(SSL.Error):
        Client().talk(server)
    assert "cannot present" in server.failure


def test_bytes_that_are_no_certificate_are_refused() -> None:
    """What OpenSSL cannot read as a certificate cannot be presented."""
    identity = issue("a.test")
    server = present(identity.leaf, Certificate(b"\x30\x00"), signer=identity.key)
    with pytest.raises(SSL.Error):
        Client().talk(server)
    assert "cannot present" in server.failure


def test_large_message_is_sent() -> None:
    """A Certificate message beyond what OpenSSL's clients take (100 KiB) is sent; the client refuses it."""
    identity = issue("a.test")
    client = Client()
    with pytest.raises(SSL.Error) as caught:
        client.talk(present(*identity.chain, *[identity.root] * 300, signer=identity.key))
    assert "excessive message size" in str(caught.value)


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_client_certificate_is_demanded(version: str) -> None:
    """A client without a certificate is refused when one is demanded, after the chain was sent."""
    identity = issue("a.test")
    client = Client(version=version)
    server = present(*identity.chain, signer=identity.key, demands_client_certificate=True)
    # In TLS 1.3 the refusal comes after the client's end of the handshake, here in time for its next flight.
    with contextlib.suppress(SSL.Error):
        client.talk(server)
    assert not server.is_established
    assert "did not return a certificate" in server.failure
    assert client.chain == identity.chain


def test_client_certificate_is_taken() -> None:
    """A client with a certificate, whoever issued it, is let in."""
    identity, own = issue("a.test"), issue("client.test")
    client = Client()
    client.connection.use_certificate(crypto.load_certificate(crypto.FILETYPE_ASN1, own.leaf.der).to_cryptography())
    client.connection.use_privatekey(own.key)
    server = present(*identity.chain, signer=identity.key, demands_client_certificate=True)
    client.talk(server)
    assert server.is_established
    assert server.failure is None


def test_version_is_bounded() -> None:
    """A client of TLS 1.2 is refused by a server of TLS 1.3 alone."""
    presentation = Presentation.of(issue("a.test"))
    server = TLSServer(lambda _: presentation, min_version="TLSv1.3")
    with pytest.raises(SSL.Error):
        Client(version="TLSv1.2").talk(server)
    assert "protocol" in server.failure


def test_data_goes_both_ways() -> None:
    """What one side sends is what the other reads, and a goodbye is heard."""
    identity = issue("a.test")
    client, server = Client(), present(*identity.chain, signer=identity.key)
    client.talk(server)
    client.connection.send(b"ping")
    assert server.receive(client.out()) == b"ping"
    server.send(b"x" * 100_000)
    server.close()
    client.connection.bio_write(server.data_to_send())
    assert b"".join(client.connection.recv(16_384) for _ in range(7)) == b"x" * 100_000
    with pytest.raises(SSL.ZeroReturnError):
        client.connection.recv(1)
    client.connection.shutdown()
    server.receive(client.out())
    assert server.is_closed


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_sessions_are_not_resumed(version: str) -> None:
    """A client that offers its session gets the certificates all the same."""
    identity = issue("a.test")
    presentation = Presentation.of(identity)
    first = Client(version=version)
    first.talk(TLSServer(lambda _: presentation))
    second = Client(again=first.connection)
    second.talk(TLSServer(lambda _: presentation))
    assert second.chain == identity.chain


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\0" * 70_000, b"\xff" * 64])
def test_what_is_not_tls_is_a_failure(data: bytes) -> None:
    """Bytes that are no TLS end the connection with a reason and no exception, and stay so."""
    server = present(*(identity := issue("a.test")).chain, signer=identity.key)
    server.receive(data)
    assert server.failure
    assert server.is_closed
    assert server.receive(data) == b""


def test_repr_shows_no_key() -> None:
    """What is presented does not show its key."""
    assert "key" not in repr(Presentation.of(issue("a.test")))
