"""
A TLS server without a network: bytes of the client in, bytes for the client out.

It presents exactly the certificates it is given, in their order, duplicates and unrelated ones included, chosen by
the name the client asks for. It is the other side of `handshake`: the lab stands on it and so do the tests.

Rules kept here:
- no socket, no event loop, no clock;
- nothing that is presented is judged: weak keys, SHA-1 and wrong names are what it is for;
- nothing is resumed, so that every handshake shows the certificates of its moment.
"""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TypeAlias

from OpenSSL import SSL

from anchorkeep.errors import AnchorkeepError, CertificateError
from anchorkeep.mint import Identity, PrivateKey
from anchorkeep.model.certificate import Certificate
from anchorkeep.observe.handshake import TLS_VERSIONS
from anchorkeep.text import visible

#: Level 0, so that OpenSSL lets a weak key or a SHA-1 signature be presented.
_CIPHERS = b"DEFAULT:@SECLEVEL=0"
#: SSL_MODE_NO_AUTO_CHAIN of OpenSSL's ssl.h, which pyOpenSSL does not name: nothing is added to what is sent.
_NO_AUTO_CHAIN = 0x8
_CHUNK = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Presentation:
    """
    What a server presents.

    Attributes:
        certificates: the first one is the key's; the others are sent as they stand, in this order.
        key: the private key of the first certificate.
        demands_client_certificate: whether a client without a certificate is refused; one is not verified.
        alternative: what a client gets instead that asks for a key of another type; the client's offer chooses (RFC 5246 §7.4.2,
            RFC 8446 §4.4.2.2). The types of the two keys must differ.
    """

    certificates: tuple[Certificate, ...]
    key: PrivateKey = field(repr=False)
    demands_client_certificate: bool = False
    alternative: Presentation | None = None

    @classmethod
    def of(cls, identity: Identity) -> Presentation:
        """Present an identity as it should be: leaf, then intermediates, without the root."""
        return cls(certificates=identity.chain, key=identity.key)

    @cached_property
    def context(self) -> SSL.Context:
        """
        OpenSSL's form of it, made once.

        Raises:
            CertificateError: OpenSSL cannot read a certificate, or the key is not the first one's.
        """
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_cipher_list(_CIPHERS)
        try:
            # OpenSSL keeps a certificate with its chain and key for each type of key, and chooses by the client's offer.
            for presented in (self, self.alternative):
                if presented is not None:
                    _use_certificates(context, presented.certificates)
                    context.use_privatekey(presented.key)
                    context.check_privatekey()
        except SSL.Error as error:
            message = f"OpenSSL cannot present these certificates: {_reason(error)}."
            raise CertificateError(message) from None
        return context


Present: TypeAlias = Callable[[str | None], Presentation | None]


class TLSServer:
    """
    One connection from the server's side.

    Feed it with `receive`, ask `data_to_send` after every call, end it with `close`.

    Attributes:
        server_name: the name the client asked for, None before its ClientHello or where it named none.
        failure: why the handshake or the connection failed, in OpenSSL's words; safe to print; None while it did not.
        is_closed: whether the client has closed the connection, or it failed.
    """

    def __init__(self, present: Present, *, min_version: str = "TLSv1.2", max_version: str = "TLSv1.3") -> None:
        """
        Prepare a connection.

        Args:
            present: gives what to present for the name the client asked for (None: it named none); where it returns
                None the handshake fails.
            min_version: the oldest version spoken, a key of `TLS_VERSIONS`.
            max_version: the newest one.
        """
        self.server_name: str | None = None
        self.failure: str | None = None
        self.is_closed = False
        self._present = present
        self._is_established = False
        self._connection = SSL.Connection(_listening_context(min_version, max_version), None)
        self._connection.set_app_data(self)
        self._connection.set_accept_state()

    @property
    def is_established(self) -> bool:
        """Whether the handshake has come to its end."""
        return self._is_established

    def receive(self, data: bytes) -> bytes:
        """Take bytes of the client and return what they say when decrypted; empty while the handshake goes on."""
        if self.is_closed or not data:
            return b""
        self._connection.bio_write(data)
        try:
            return self._read()
        except SSL.Error as error:
            self.failure, self.is_closed = self.failure or _reason(error), True
            return b""

    def send(self, data: bytes) -> None:
        """Encrypt `data` for the client; to be called only when the connection is established."""
        view = memoryview(data)
        while view:
            view = view[self._connection.send(view[:_CHUNK]) :]

    def close(self) -> None:
        """Say goodbye (close_notify); does nothing before the handshake's end."""
        if self._is_established and self.failure is None:
            self._connection.shutdown()

    def data_to_send(self) -> bytes:
        """Return what is to be sent to the client now, often nothing."""
        parts: list[bytes] = []
        try:
            while True:
                parts.append(self._connection.bio_read(_CHUNK))
        except SSL.WantReadError:
            return b"".join(parts)

    def _read(self) -> bytes:
        parts: list[bytes] = []
        try:
            if not self._is_established:
                self._connection.do_handshake()
                self._is_established = True
            while True:
                parts.append(self._connection.recv(_CHUNK))
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.is_closed = True
        return b"".join(parts)

    def choose(self, connection: SSL.Connection) -> None:
        """Take what is presented for the name the client asks for; called by OpenSSL in every handshake."""
        name = connection.get_servername()
        self.server_name = None if name is None else name.decode("latin-1")
        try:
            presented = self._present(self.server_name)
            if presented is None:
                return
            connection.set_context(presented.context)
        except AnchorkeepError as error:
            # An exception would end in OpenSSL's hands; without a certificate the handshake fails by itself.
            self.failure = error.message
            return
        if presented.demands_client_certificate:
            connection.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _accept_any)


@lru_cache(maxsize=16)
def _listening_context(min_version: str, max_version: str) -> SSL.Context:
    """Return the context connections begin with: it has no certificate, the name in the ClientHello chooses one."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_cipher_list(_CIPHERS)
    context.set_min_proto_version(TLS_VERSIONS[min_version])
    context.set_max_proto_version(TLS_VERSIONS[max_version])
    context.set_mode(_NO_AUTO_CHAIN)
    context.set_options(SSL.OP_NO_TICKET)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_tlsext_servername_callback(_choose)
    return context


def _choose(connection: SSL.Connection) -> None:
    connection.get_app_data().choose(connection)


def _accept_any(*_: object) -> bool:
    return True


def _use_certificates(context: SSL.Context, certificates: tuple[Certificate, ...]) -> None:
    """
    Hand certificates to OpenSSL as PEM.

    `Context.use_certificate` wants what `cryptography` has parsed, and that refuses certificates which OpenSSL sends.
    """
    with tempfile.TemporaryDirectory(prefix="anchorkeep-") as directory:
        path = Path(directory) / "chain.pem"
        path.write_bytes(b"".join(_pem(certificate.der) for certificate in certificates))
        context.use_certificate_chain_file(path)


def _pem(der: bytes) -> bytes:
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"


def _reason(error: SSL.Error) -> str:
    entries = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return visible("; ".join(str(entry[2]) for entry in entries) or str(error) or "connection lost")
