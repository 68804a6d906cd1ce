"""
A TLS client without a network: bytes of the server in, bytes for the server out, and at the end the chain.

Rules kept here:
- no socket, no event loop, no clock: the caller brings the bytes and says when the peer has closed or time is over;
- nothing is verified unless the approach says against what; old protocol versions and weak parameters are spoken else: the aim
  is to see what a server sends, not to trust it, and no secret ever goes over the connection; a client certificate is shown to
  whoever asks, its key to nobody;
- the certificates are those of the Certificate message in its order (RFC 8446 §4.4.2, RFC 5246 §7.4.2), whatever came after it.

No ALPN is offered (RFC 7301): what a server presents does not depend on it, and a server may refuse a list in which it finds
nothing, but not the absence of one.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from OpenSSL import SSL, crypto

from anchorkeep.errors import CertificateError, UsageError
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.chain import Failure
from anchorkeep.model.endpoint import as_ip_address
from anchorkeep.observe import alert, failure, flight, opening
from anchorkeep.observe.approach import DIRECT, KEY_TYPE_MAX_TLS, Approach, KeyType
from anchorkeep.text import visible

if TYPE_CHECKING:
    from anchorkeep.observe.approach import ClientIdentity

#: The versions of TLS by OpenSSL's names, the oldest first.
TLS_VERSIONS = {
    "TLSv1": SSL.TLS1_VERSION,
    "TLSv1.1": SSL.TLS1_1_VERSION,
    "TLSv1.2": SSL.TLS1_2_VERSION,
    "TLSv1.3": SSL.TLS1_3_VERSION,
}

#: Bytes a server may send before the handshake ends. OpenSSL takes a Certificate message of up to 100 KiB
#: (SSL_MAX_CERT_LIST_DEFAULT) and some other messages of that size; what is larger than all of them together is no handshake.
MAX_RECEIVED = 512 * 1024
#: Bytes of the server's opening that are kept, to say what it speaks when it is not TLS.
_OPENING = 256
#: Bytes of one read from the memory BIO; a client's flight is far smaller, unless its own chain is long.
_FLIGHT = 16 * 1024
#: Bytes of a certificate that is kept for the next server that sends it; those of CAs stay below 3 KiB.
_MAX_SHARED = 8 * 1024
#: AlertLevel (RFC 5246 §7.2); a warning does not end a handshake.
_FATAL = 2
# ContentType (RFC 8446 §5.1) and HandshakeType (§4) of what is told apart by its bytes.
_HANDSHAKE, _SERVER_HELLO = 22, 2
_RECORD_HEADER = 5
#: What a usual client offers, at the security level that OpenSSL was built with.
_USUAL_CIPHERS = b"DEFAULT"
_CIPHERS = {
    None: b"DEFAULT:@SECLEVEL=0",
    KeyType.RSA: b"aRSA:!eNULL:@SECLEVEL=0",
    KeyType.ECDSA: b"aECDSA:!eNULL:@SECLEVEL=0",
}


def client_context(approach: Approach = DIRECT) -> SSL.Context:
    """
    Return a context that shakes hands with any server, by default old ones included, and verifies nothing.

    It may be shared by all observations of that approach: it holds no session, no trust and no state of a connection.

    Raises:
        UsageError: no version of TLS is left between the lowest and the highest, or none in which the kind of key counts.
        CertificateError: OpenSSL cannot use the client certificate with its key.
    """
    lowest, highest = _versions(approach)
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_verify(SSL.VERIFY_NONE)
    # A session would let a server leave its certificates out.
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_cipher_list(_CIPHERS[approach.key_type] if approach.verifier is None else _USUAL_CIPHERS)
    context.set_min_proto_version(TLS_VERSIONS[lowest])
    context.set_max_proto_version(TLS_VERSIONS[highest])
    context.set_info_callback(_note)
    if approach.verifier is None:
        context.set_options(SSL.OP_LEGACY_SERVER_CONNECT)
    else:
        from anchorkeep.observe import verification

        verification.arm(context, approach.verifier)
    if approach.identity is not None:
        _use_identity(context, approach.identity)
    return context


def _versions(approach: Approach) -> tuple[str, str]:
    """Return the lowest and the highest version that are offered."""
    known = tuple(TLS_VERSIONS)
    highest = approach.max_tls if approach.key_type is None else min(approach.max_tls, KEY_TYPE_MAX_TLS)
    for version in (approach.min_tls, highest):
        if version not in known:
            raise UsageError(f"'{visible(version)}' is no version of TLS.", remedy=f"Known are {', '.join(known)}.")
    if approach.min_tls > highest:
        why = f"; a kind of key can be asked for only up to {KEY_TYPE_MAX_TLS}" if approach.key_type else ""
        raise UsageError(f"No version of TLS is left to be offered: at least {approach.min_tls}, at most {highest}{why}.")
    return approach.min_tls, highest


def _use_identity(context: SSL.Context, identity: ClientIdentity) -> None:
    from cryptography import x509

    try:
        leaf, *others = (x509.load_der_x509_certificate(item.der) for item in identity.chain)
        context.use_certificate(leaf)
        context.use_privatekey(identity.key)
        context.check_privatekey()
        for certificate in others:
            context.add_extra_chain_cert(certificate)
    except (ValueError, SSL.Error):
        # The libraries' reasons may quote what they read.
        message = "The client certificate cannot be used with its key."
        raise CertificateError(message, remedy="Check that they belong together.") from None


def _shared(der: bytes) -> Certificate:
    """Return a certificate that many servers send, parsed once for all of them while it is of a usual size."""
    return _issuer(der) if len(der) <= _MAX_SHARED else Certificate(der)


@lru_cache(maxsize=512)
def _issuer(der: bytes) -> Certificate:
    return Certificate(der)


class _Notes:
    """What OpenSSL says on the way: the fatal alert that came, and its verdict where it verifies (`verification.Witness`)."""

    __slots__ = ("alert", "is_accepted", "reference", "refusal")

    def __init__(self, reference: str | None) -> None:
        self.alert: int | None = None
        self.reference = reference
        self.refusal: Failure | None = None
        self.is_accepted = False


def _note(connection: SSL.Connection, where: int, value: int) -> None:
    if where == SSL.SSL_CB_READ_ALERT and value >> 8 == _FATAL:
        connection.get_app_data().alert = value & 0xFF


class ClientHandshake:
    """
    One handshake: `start`, then `receive` until `is_done`, or one of `close`, `reset` and `expire`.

    Attributes:
        is_done: whether nothing more is expected; then the results are final.
        failure: why the handshake failed, None when it succeeded; the chain may be there all the same.
    """

    def __init__(self, context: SSL.Context, server_name: str | None, *, approach: Approach = DIRECT) -> None:
        """
        Prepare a handshake.

        Args:
            context: made by `client_context`.
            approach: what the context was made of, to explain a failure by.
            server_name: the name in server_name; a name that is an IP address is not sent (RFC 6066 §3), None neither.
        """
        self.is_done = False
        self.failure: Failure | None = None
        self._approach = approach
        self._notes = _Notes(server_name)
        self._received = 0
        self._is_verdict_open = False
        self._is_certificate_requested = False
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

    @property
    def awaits_verdict(self) -> bool:
        """
        Whether the server may still refuse the client certificate, or the lack of one.

        In TLS 1.3 the handshake ends for the client before the server has seen its certificate (RFC 8446 §4.4.2.4); a server that
        refuses sends an alert then, one that does not may send nothing at all.
        """
        is_open = self._is_verdict_open and self.failure is None
        return is_open and self.client_certificate_requested and self.tls_version == "TLSv1.3"

    def receive_verdict(self, data: bytes) -> None:
        """Take bytes of the server after the handshake's end; nothing that it says to an application is kept."""
        if not self.awaits_verdict:
            return
        self._received += len(data)
        self._connection.bio_write(data)
        try:
            self._connection.recv(1)
        except SSL.WantReadError:
            self._is_verdict_open = self._received <= MAX_RECEIVED
            return
        except SSL.Error:
            if self._notes.alert is not None:
                self.failure = self._told()
        self._is_verdict_open = False

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
    def is_verified(self) -> bool:
        """Whether OpenSSL accepted the chain for the name, whatever came after it; False where nothing was to be verified."""
        return self._notes.is_accepted and self._notes.refusal is None

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
        """Whether the server asked for a client certificate (RFC 8446 §4.3.2)."""
        return self._is_certificate_requested

    @property
    def _has_server_hello(self) -> bool:
        start = self._opening[: _RECORD_HEADER + 4]
        length = int.from_bytes(start[_RECORD_HEADER + 1 :], "big")
        is_hello = start[:1] == bytes((_HANDSHAKE,)) and start[_RECORD_HEADER : _RECORD_HEADER + 1] == bytes((_SERVER_HELLO,))
        return is_hello and _RECORD_HEADER + 4 + length <= self._received

    def _advance(self) -> bytes:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            self._end(self._explain(error))
        else:
            self._is_verdict_open = True
            self._end(None)
        said = self._read_flight()
        self._is_certificate_requested = self._is_certificate_requested or flight.presents_certificate(said)
        return said

    def _read_flight(self) -> bytes:
        parts: list[bytes] = []
        with suppress(SSL.WantReadError):
            while True:
                parts.append(self._connection.bio_read(_FLIGHT))
        return b"".join(parts)

    def _explain(self, error: SSL.Error) -> Failure:
        if self._notes.refusal is not None:
            return self._notes.refusal
        foreign = opening.recognize(self._opening)
        if foreign is not None:
            return foreign
        if isinstance(error, SSL.ZeroReturnError):
            return failure.closed(received=self._received)
        if self._notes.alert is not None:
            return self._told()
        errors = error.args[0] if error.args and isinstance(error.args[0], list) else []
        return alert.raised(errors, has_server_hello=self._has_server_hello)

    def _told(self) -> Failure:
        """Return the failure of the fatal alert that came."""
        assert self._notes.alert is not None  # noqa: S101 (asked for only then)
        return alert.received(
            self._notes.alert,
            is_certificate_requested=self._is_certificate_requested,
            has_certificate=self._approach.identity is not None,
            offered=" to ".join(dict.fromkeys(_versions(self._approach))),
        )

    def _break(self, reason: Failure) -> None:
        if not self.is_done:
            self._end(opening.recognize(self._opening) or reason)

    def _end(self, reason: Failure | None) -> None:
        self.is_done = True
        self.failure = reason
