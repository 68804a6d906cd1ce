"""How an observation approaches a service: through which proxy, with which client certificate, with which versions of TLS."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from anchorkeep.mint import PrivateKey
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.endpoint import Address


class ProxyKind(StrEnum):
    """How a proxy is spoken to."""

    HTTP = "http"
    SOCKS5 = "socks5"


class KeyType(StrEnum):
    """Which kind of certificate a server is asked for; only up to TLS 1.2 does the client's offer decide it."""

    RSA = "RSA"
    ECDSA = "ECDSA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """
    A proxy between this machine and the service.

    Attributes:
        kind: HTTP CONNECT (RFC 9110 §9.3.6) or SOCKS5 (RFC 1928); names are resolved by the proxy.
        address: where it listens.
        username: for its authentication, None where it wants none.
        password: likewise; never shown.
    """

    kind: ProxyKind
    address: Address
    username: str | None = None
    password: str | None = field(default=None, repr=False)


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
class Approach:
    """
    How to approach a service; the default is directly, with every version of TLS, without a client certificate.

    Attributes:
        proxy: None for a direct connection.
        identity: the client certificate, None to present none.
        min_tls: the lowest version offered: `TLSv1`, `TLSv1.1`, `TLSv1.2` or `TLSv1.3`.
        max_tls: the highest version offered.
        key_type: the kind of certificate to ask for, None for whatever the server prefers.
    """

    proxy: Proxy | None = None
    identity: ClientIdentity | None = None
    min_tls: str = "TLSv1"
    max_tls: str = "TLSv1.3"
    key_type: KeyType | None = None


DIRECT = Approach()
