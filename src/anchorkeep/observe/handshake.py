"""
A TLS client without a network: bytes of the server in, bytes for the server out, and at the end the chain.

Rules kept here:
- no socket, no event loop, no clock: the caller brings the bytes and says when the peer has closed or time is over;
- nothing is verified, old protocol versions and weak parameters are spoken: the aim is to see what a server sends, not to trust
  it, and no secret ever goes over the connection;
- the certificates are those of the Certificate message in its order (RFC 8446 §4.4.2, RFC 5246 §7.4.2), whatever came after it.

No ALPN is offered (RFC 7301): what a server presents does not depend on it, and a server may refuse a list in which it finds
nothing, but not the absence of one.
"""

from __future__ import annotations

from functools import lru_cache

from OpenSSL import SSL, crypto

from anchorkeep.model.certificate import Certificate
from anchorkeep.model.chain import Failure
from anchorkeep.model.endpoint import as_ip_address
from anchorkeep.observe import alert, failure, opening

#: Bytes a server may send before the handshake ends. OpenSSL takes a Certificate message of up to 100 KiB
#: (SSL_MAX_CERT_LIST_DEFAULT) and some other messages of that size; what is larger than all of them together is no handshake.
MAX_RECEIVED = 512 * 1024
#: Bytes of the server's opening that are kept, to say what it speaks when it is not TLS.
_OPENING = 256
#: One read from the memory BIO; a client's flight is far smaller.
_FLIGHT = 16 * 1024
#: Bytes of a certificate that is kept for the next server that sends it; those of CAs stay below 3 KiB.
_MAX_SHARED = 8 * 1024
#: AlertLevel (RFC 5246 §7.2); a warning does not end a handshake.
_FATAL = 2
# SSL_state_string_long of TLS_ST_CR_SRVR_HELLO and TLS_ST_CR_CERT_REQ: the same for every version of TLS, untranslated, and
# unchanged since OpenSSL 1.1.0.
_STEP = SSL.SSL_CB_CONNECT_LOOP
_SERVER_HELLO = b"SSLv3/TLS read server hello"
_CERTIFICATE_REQUEST = b"SSLv3/TLS read server certificate request"


def client_context() -> SSL.Context:
    """
    Return a context that shakes hands with any server, old ones included, and verifies nothing.

    It may be shared by all observations: it holds no session, no trust and no state of a connection.
    """
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_verify(SSL.VERIFY_NONE)
    # A session would let a server leave its certificates out.
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    # Level 0 and TLS 1.0 so that the servers that need attention most are seen at all.
    context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
    context.set_min_proto_version(SSL.TLS1_VERSION)
    context.set_options(SSL.OP_LEGACY_SERVER_CONNECT)
    context.set_info_callback(_note)
    return context


def _shared(der: bytes) -> Certificate:
    """Return a certificate that many servers send, parsed once for all of them while it is of a usual size."""
    return _issuer(der) if len(der) <= _MAX_SHARED else Certificate(der)


@lru_cache(maxsize=512)
def _issuer(der: bytes) -> Certificate:
    return Certificate(der)


class _Notes:
    """What OpenSSL says on the way: which messages it has read, and the fatal alert that came."""

    __slots__ = ("alert", "has_server_hello", "is_certificate_requested")

    def __init__(self) -> None:
        self.alert: int | None = None
        self.has_server_hello = False
        self.is_certificate_requested = False


def _note(connection: SSL.Connection, where: int, value: int) -> None:
    if where == _STEP:
        state = connection.get_state_string()
        if state == _SERVER_HELLO:
            connection.get_app_data().has_server_hello = True
        elif state == _CERTIFICATE_REQUEST:
            connection.get_app_data().is_certificate_requested = True
    elif where == SSL.SSL_CB_READ_ALERT and value >> 8 == _FATAL:
        connection.get_app_data().alert = value & 0xFF


class ClientHandshake:
    """
    One handshake: `start`, then `receive` until `is_done`, or one of `close`, `reset` and `expire`.

    Attributes:
        is_done: whether nothing more is expected; then the results are final.
        failure: why the handshake failed, None when it succeeded; the chain may be there all the same.
    """

    def __init__(self, context: SSL.Context, server_name: str | None) -> None:
        """
        Prepare a handshake.

        Args:
            context: made by `client_context`.
            server_name: the name in server_name; a name that is an IP address is not sent (RFC 6066 §3), None neither.
        """
        self.is_done = False
        self.failure: Failure | None = None
        self._notes = _Notes()
        self._received = 0
        self._opening = b""
        self._connection = SSL.Connection(context, None)
        self._connection.set_app_data(self._notes)
        self._connection.set_connect_state()
        if server_name is not None and as_ip_address(server_name) is None:
            self._connection.set_tlsext_host_name(server_name.encode("ascii"))

    def start(self) -> bytes:
        """Return the ClientHello."""
        return self._advance()

    def receive(self, data: bytes) -> bytes:
        """Take bytes of the server and return what to send it now, often nothing; after the end, nothing at all."""
        if self.is_done or not data:
            return b""
        self._received += len(data)
        if len(self._opening) < _OPENING:
            self._opening += data[: _OPENING - len(self._opening)]
        if self._received > MAX_RECEIVED:
            self._end(failure.too_much_data(MAX_RECEIVED))
            return b""
        self._connection.bio_write(data)
        return self._advance()

    def close(self) -> bytes:
        """Take note that the server closed the connection; there is nothing to send to it any more."""
        self._break(failure.closed(received=self._received))
        return b""

    def reset(self) -> None:
        """Take note that the connection was reset."""
        self._break(failure.reset())

    def expire(self, timeout: float) -> None:
        """Take note that the time is over; `timeout` in seconds, for the message."""
        self._break(failure.handshake_timeout(timeout, received=self._received))

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The certificates as sent, in the server's order; empty while the Certificate message has not been read."""
        chain = self._connection.get_peer_cert_chain()
        encoded = [crypto.dump_certificate(crypto.FILETYPE_ASN1, item) for item in chain or ()]
        return tuple(Certificate(der) if position == 0 else _shared(der) for position, der in enumerate(encoded))

    @property
    def tls_version(self) -> str | None:
        """The version the server chose, such as `TLSv1.3`; None before its ServerHello."""
        return self._connection.get_protocol_version_name() if self._has_server_hello else None

    @property
    def cipher(self) -> str | None:
        """The cipher suite the server chose, by OpenSSL's name; None before it was used."""
        return self._connection.get_cipher_name()

    @property
    def client_certificate_requested(self) -> bool:
        """Whether the server asked for a client certificate (RFC 8446 §4.3.2). It was given none."""
        return self._notes.is_certificate_requested

    @property
    def _has_server_hello(self) -> bool:
        # OpenSSL tells that a message was read when the next one begins; TLS 1.3 has its cipher at once.
        return self._notes.has_server_hello or self._connection.get_cipher_name() is not None

    def _advance(self) -> bytes:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            self._end(self._explain(error))
        else:
            self._end(None)
        try:
            return self._connection.bio_read(_FLIGHT)
        except SSL.WantReadError:
            return b""

    def _explain(self, error: SSL.Error) -> Failure:
        foreign = opening.recognize(self._opening)
        if foreign is not None:
            return foreign
        if isinstance(error, SSL.ZeroReturnError):
            return failure.closed(received=self._received)
        notes = self._notes
        if notes.alert is not None:
            return alert.received(notes.alert, is_certificate_requested=notes.is_certificate_requested)
        errors = error.args[0] if error.args and isinstance(error.args[0], list) else []
        return alert.raised(errors, has_server_hello=self._has_server_hello)

    def _break(self, reason: Failure) -> None:
        if not self.is_done:
            self._end(opening.recognize(self._opening) or reason)

    def _end(self, reason: Failure | None) -> None:
        self.is_done = True
        self.failure = reason
