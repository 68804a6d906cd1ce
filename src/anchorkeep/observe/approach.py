"""How an observation approaches a service: through which proxy, with which client certificate, with which versions of TLS."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from anchorkeep.errors import UsageError

if TYPE_CHECKING:
    from OpenSSL import SSL

    from anchorkeep.mint import PrivateKey
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.endpoint import Address


#: Octets of a user name and of a password: one of length each in RFC 1929 §2.
_MAX_CREDENTIAL = 255


class ProxyKind(StrEnum):
    """How a proxy is spoken to."""

    HTTP = "http"
    SOCKS5 = "socks5"


class KeyType(StrEnum):
    """Which kind of certificate a server is asked for; only up to TLS 1.2 does the client's offer decide it."""

    RSA = "RSA"
    ECDSA = "ECDSA"


#: The newest version in which the client's cipher suites decide the kind of certificate (RFC 8446 §4.4.2.2 has the reason).
KEY_TYPE_MAX_TLS = "TLSv1.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """
    A proxy between this machine and the service.

    Attributes:
        kind: HTTP CONNECT (RFC 9110 §9.3.6) or SOCKS5 (RFC 1928); names are resolved by the proxy.
        address: where it listens.
        username: for its authentication, None where it wants none; never shown.
        password: likewise; never shown.
    """

    kind: ProxyKind
    address: Address
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse credentials that the proxy's protocol cannot carry."""
        if self.username is None:
            if self.password is not None:
                raise UsageError("A proxy's password goes with a user name.")
            return
        lengths = (len(text.encode("utf-8", "surrogatepass")) for text in (self.username, self.password or ""))
        if not self.username or any(length > _MAX_CREDENTIAL for length in lengths):
            raise UsageError(f"A proxy's user name has 1 to {_MAX_CREDENTIAL} bytes, its password up to {_MAX_CREDENTIAL}.")
        # RFC 7617 §2: the first colon ends the user name, and neither may hold control characters.
        if ":" in self.username or not (self.username + (self.password or "")).isprintable():
            raise UsageError("A proxy's user name holds no colon, and neither it nor the password a control character.")


@dataclass(frozen=True, kw_only=True)
class ClientIdentity:
    """
    A client certificate with its key, presented when a server asks.

    Attributes:
        chain: leaf first.
        key: the leaf's private key.
    """

    chain: tuple[Certificate, ...]
    key: PrivateKey = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Verifier:
    """
    What OpenSSL is to verify a handshake against.

    Attributes:
        anchors: the certificates that a path may end in, and no others.
        is_partial_chain: whether any of them ends a path (X509_V_FLAG_PARTIAL_CHAIN); else self-signed ones alone do, which is
            OpenSSL's default.
    """

    anchors: tuple[Certificate, ...]
    is_partial_chain: bool = False


@dataclass(frozen=True, kw_only=True)
class Approach:
    """
    How to approach a service; the default is directly, with every version of TLS, without a client certificate.

    Attributes:
        proxy: None for a direct connection.
        identity: the client certificate, None to present none.
        min_tls: the lowest version offered: `TLSv1`, `TLSv1.1`, `TLSv1.2` or `TLSv1.3`.
        max_tls: the highest version offered.
        key_type: the kind of certificate to ask for, None for whatever the server prefers; with one, TLS 1.3 is not offered,
            since there the cipher suite no longer decides it and OpenSSL's signature algorithms cannot be set from here.
        verifier: what the handshake is verified against, at OpenSSL's own security level; None to verify nothing and to take
            weak parameters too, so that any chain is seen.
    """

    proxy: Proxy | None = None
    identity: ClientIdentity | None = None
    min_tls: str = "TLSv1"
    max_tls: str = "TLSv1.3"
    key_type: KeyType | None = None
    verifier: Verifier | None = None

    @cached_property
    def context(self) -> SSL.Context:
        """
        OpenSSL's form of it, made once: to make one for each observation would cost a seventh of a handshake more.

        Raises:
            UsageError: no version of TLS is left between the lowest and the highest, or none in which the kind of key counts.
            CertificateError: OpenSSL cannot use the client certificate with its key.
        """
        from anchorkeep.observe.handshake import client_context

        return client_context(self)


DIRECT = Approach()
