"""Where a service is, what it is called, and where to connect when that is somewhere else."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache

from anchorkeep.errors import UsageError
from anchorkeep.text import visible

DEFAULT_PORT = 443
#: Octets of a host name (RFC 1035 §2.3.4), without the trailing dot.
_MAX_NAME = 253
_MAX_PORT = 65_535
# RFC 1123 §2.1, and the underscore, which names in use have. A hyphen never begins a name, so that none is taken for an option.
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# What systems read as an IPv4 address in an old form (`127.1`, `0x7f000001`); no top-level domain is a number (RFC 3696 §2).
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# RFC 4007 §11.2 leaves the zone of an IPv6 address to the system; these are the names that interfaces have.
_ZONE = re.compile(r"[A-Za-z0-9_.-]{1,32}")


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
            message = f"'{visible(text)}' names no port."
            raise UsageError(message, remedy="Write it as HOST:PORT.")
        return cls(host=_normalize(host, text), port=default_port if port is None else _parse_port(port, text))  # type: ignore[arg-type]

    def __str__(self) -> str:
        """Return `host:port`, an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """
    A TLS service.

    Attributes:
        host: its name in A-labels and lower case without trailing dot, or its IP address in its usual form.
        port: its TCP port.
        connect: where to connect instead of to `host`; the name that is asked for stays.
        server_name: the name sent in server_name and checked instead of `host` (RFC 6066 §3).
        starttls: the protocol in which TLS is asked for first (`smtp`, `imap`, ...), None for TLS from the first byte.
    """

    host: str
    port: int = DEFAULT_PORT
    connect: Address | None = None
    server_name: str | None = None
    starttls: str | None = None

    @classmethod
    def parse(
        cls,
        text: str,
        *,
        default_port: int = DEFAULT_PORT,
        connect: str | None = None,
        server_name: str | None = None,
        starttls: str | None = None,
    ) -> Endpoint:
        """
        Read `host[:port]` with IPv6 and internationalized names; `connect` as HOST:PORT; `starttls` is taken as it is.

        Raises:
            UsageError: one of them cannot be read.
        """
        address = Address.parse(text, default_port=default_port)
        return cls(
            host=address.host,
            port=address.port,
            connect=None if connect is None else Address.parse(connect),
            server_name=None if server_name is None else _normalize(server_name, server_name),
            starttls=starttls,
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


@lru_cache(maxsize=1024)
def as_ip_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the IP address a host is, None for a name."""
    # An IPv6 address holds a colon, an IPv4 address ends in a digit; all else is told without the cost of an exception.
    if ":" not in host and not host[-1:].isdigit():
        return None
    _, percent, zone = host.partition("%")
    if percent and not _ZONE.fullmatch(zone):
        return None
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _split_port(text: str) -> tuple[str, str | None]:
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")) or not isinstance(as_ip_address(host), ipaddress.IPv6Address):
            message = f"'{visible(text)}' is not an IPv6 address in brackets with an optional port."
            raise UsageError(message, remedy="Write it as [2001:db8::1]:443.")
        return host, rest[1:] if rest else None
    if text.count(":") > 1:
        if as_ip_address(text) is None:
            message = f"'{visible(text)}' is neither HOST:PORT nor an IPv6 address."
            raise UsageError(message, remedy="Write an IPv6 address with a port as [2001:db8::1]:443.")
        return text, None
    host, colon, port = text.partition(":")
    return host, port if colon else None


def _parse_port(port: str, text: str) -> int:
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) <= _MAX_PORT):  # noqa: PLR2004 (digits of 65,535)
        message = f"'{visible(text)}' has no valid port: expected 1 to {_MAX_PORT}, got '{visible(port)}'."
        raise UsageError(message)
    return int(port)


def _normalize(host: str, text: str) -> str:
    address = as_ip_address(host)
    if address is not None:
        return str(address)
    name = host.removesuffix(".").lower()
    if not name.isascii():
        name = _a_labels(name, text)
    labels = name.split(".")
    if len(name) > _MAX_NAME or not all(map(_LABEL.fullmatch, labels)) or _NUMBER.fullmatch(labels[-1]):
        message = f"'{visible(text)}' is no host name."
        raise UsageError(message, remedy="A file is named with a path separator, as in ./chain.pem.")
    return name


def _a_labels(name: str, text: str) -> str:
    """Return an internationalized name as it stands in certificates (RFC 5891 §4)."""
    import idna

    if len(name) > _MAX_NAME:
        return name  # Too long however it is encoded, and refused for that: a megabyte is not looked up in tables.
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        message = f"'{visible(text)}' is no host name: {visible(str(error))}."
        raise UsageError(message) from None
