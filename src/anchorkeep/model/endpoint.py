"""Where a service is, what it is called, and where to connect when that is somewhere else."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

import idna

from anchorkeep.errors import UsageError
from anchorkeep.text import visible

DEFAULT_PORT = 443
#: Octets of a host name (RFC 1035 §2.3.4), without the trailing dot.
_MAX_NAME = 253
_MAX_PORT = 65_535
_LABEL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Address:
    """Where to open a connection: a host name or an IP address, and a TCP port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str, *, default_port: int | None = None) -> Address:
        """
        Read `host`, `host:port`, `192.0.2.1:port`, `[2001:db8::1]:port` or a bare IPv6 address.

        Raises:
            UsageError: no host, no port where there is no default, or something that is neither.
        """
        host, port = _split_port(text.strip())
        if port is None and default_port is None:
            message = f"{visible(text)!r} names no port."
            raise UsageError(message, remedy="Write it as HOST:PORT.")
        return cls(host=_normalize(host, text), port=default_port if port is None else _parse_port(port, text))  # type: ignore[arg-type]

    def __str__(self) -> str:
        """Return `host:port`, an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Endpoint:
    """
    A TLS service.

    Attributes:
        host: its name in A-labels and lower case without trailing dot, or its IP address in its usual form.
        port: its TCP port.
        connect: where to connect instead of to `host`; the name that is asked for stays.
        server_name: the name sent in server_name and checked instead of `host` (RFC 6066 §3).
    """

    host: str
    port: int = DEFAULT_PORT
    connect: Address | None = None
    server_name: str | None = None

    @classmethod
    def parse(
        cls,
        text: str,
        *,
        default_port: int = DEFAULT_PORT,
        connect: str | None = None,
        server_name: str | None = None,
    ) -> Endpoint:
        """
        Read `host[:port]` with IPv6 and internationalized names; `connect` as HOST:PORT.

        Raises:
            UsageError: one of them cannot be read.
        """
        address = Address.parse(text, default_port=default_port)
        return cls(
            host=address.host,
            port=address.port,
            connect=Address.parse(connect) if connect else None,
            server_name=_normalize(server_name, server_name) if server_name else None,
        )

    @property
    def reference_identity(self) -> str:
        """The name that the certificate must be valid for (RFC 9525 §6.1): a DNS name in A-labels, or an IP address."""
        return self.server_name or self.host

    @property
    def target(self) -> Address:
        """Where the connection is opened."""
        return self.connect or Address(host=self.host, port=self.port)

    @property
    def label(self) -> str:
        """The endpoint in a line: its host, with the port where it is not 443."""
        if self.port == DEFAULT_PORT:
            return self.host
        return str(Address(host=self.host, port=self.port))

    def __str__(self) -> str:
        """Return `host:port`."""
        return str(Address(host=self.host, port=self.port))


def as_ip_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the IP address a host is, None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _split_port(text: str) -> tuple[str, str | None]:
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")) or as_ip_address(host.partition("%")[0]) is None:
            message = f"{visible(text)!r} is not an IPv6 address in brackets with an optional port."
            raise UsageError(message, remedy="Write it as [2001:db8::1]:443.")
        return host, rest[1:] if rest else None
    if text.count(":") > 1:
        if as_ip_address(text) is None:
            message = f"{visible(text)!r} is neither HOST:PORT nor an IPv6 address."
            raise UsageError(message, remedy="Write an IPv6 address with a port as [2001:db8::1]:443.")
        return text, None
    host, colon, port = text.partition(":")
    return host, port if colon else None


def _parse_port(port: str, text: str) -> int:
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) <= _MAX_PORT):  # noqa: PLR2004 (digits of 65,535)
        message = f"{visible(text)!r} has no valid port: expected 1 to {_MAX_PORT}, got {visible(port)!r}."
        raise UsageError(message)
    return int(port)


def _normalize(host: str, text: str) -> str:
    address = as_ip_address(host)
    if address is not None:
        return str(address)
    name = host.removesuffix(".").lower()
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError) as error:
            message = f"{visible(text)!r} is no host name: {visible(str(error))}."
            raise UsageError(message) from None
    labels = name.split(".")
    if not name or len(name) > _MAX_NAME or any(not 0 < len(label) <= 63 or set(label) - _LABEL for label in labels):  # noqa: PLR2004 (RFC 1035 §2.3.4)
        message = f"{visible(text)!r} is no host name."
        raise UsageError(message, remedy="A file is named with a path separator, as in ./chain.pem.")
    return name
