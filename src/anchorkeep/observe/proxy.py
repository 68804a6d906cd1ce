"""
Ways through proxies: HTTP CONNECT (RFC 9110 §9.3.6) with basic authentication (RFC 7617), and SOCKS5 (RFC 1928, RFC 1929).

Credentials are sent with the first request, as the name of a proxy with credentials asks for: a proxy that wants none learns them
from the same connection that it could have asked for them.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from anchorkeep.model.endpoint import as_ip_address
from anchorkeep.observe.approach import ProxyKind
from anchorkeep.observe.tunnel import Tunnel

if TYPE_CHECKING:
    from collections.abc import Callable

    from anchorkeep.model.endpoint import Address
    from anchorkeep.observe.approach import Proxy

#: Bytes of all headers before the way is open. RFC 9112 §2.3 asks for none; 8 to 64 KiB is what servers take of a client.
MAX_HEADERS = 16 * 1024
# RFC 9112 §4: HTTP-version SP status-code SP [reason-phrase]; the last SP is left out by some.
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9][0-9][0-9])(?: ([^\r\n]*))?\r?\n")
# The empty line after the headers; a bare LF may end a line (RFC 9112 §2.2).
_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_AUTHENTICATE = re.compile(rb"\nproxy-authenticate:([^\r\n]*)", re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
# A scheme stands alone or before a blank and its parameters; a parameter has an equals sign (RFC 9110 §11.3).
_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?=\s*(?:$|,)|\s+[^\s=,])")
# 401 is a web server's word; tinyproxy 1.11 says it to a proxy's client whose password is wrong.
_UNAUTHORIZED, _PROXY_AUTHENTICATION_REQUIRED = 401, 407
# What proxies answer when they will or can not connect; all else is `failed`.
_STATUSES = {
    403: "forbidden",
    405: "tunnel-not-supported",
    451: "forbidden",
    501: "tunnel-not-supported",
    502: "target-unreachable",
    503: "target-unreachable",
    504: "target-timeout",
}

_VERSION, _NO_AUTHENTICATION, _USERNAME, _NONE_ACCEPTABLE = 0x05, 0x00, 0x02, 0xFF
_LOGIN_VERSION = 0x01  # RFC 1929 §2
_CONNECT = 0x01
_IPV4, _DOMAIN_NAME, _IPV6 = 0x01, 0x03, 0x04
# The reply field of RFC 1928 §6.
_REPLIES = {
    0x01: ("failed", "general SOCKS server failure"),
    0x02: ("forbidden", "connection not allowed by ruleset"),
    0x03: ("target-unreachable", "network unreachable"),
    0x04: ("target-unreachable", "host unreachable"),
    0x05: ("target-refused", "connection refused"),
    0x06: ("target-timeout", "TTL expired"),
    0x07: ("tunnel-not-supported", "command not supported"),
    0x08: ("target-unreachable", "address type not supported"),
}


def tunnel(proxy: Proxy, target: Address) -> Tunnel:
    """Return the way through a proxy to a target."""
    return (HTTPTunnel if proxy.kind is ProxyKind.HTTP else SOCKS5Tunnel)(proxy, target)


class HTTPTunnel(Tunnel):
    """A way through an HTTP proxy, by CONNECT."""

    def _greet(self) -> bytes:
        lines = [f"CONNECT {self._target} HTTP/1.1", f"Host: {self._target}"]
        if self._proxy.username is not None:
            lines.append(f"Proxy-Authorization: Basic {self._basic()}")
        return "\r\n".join([*lines, "", ""]).encode("ascii")

    def _advance(self) -> bytes:
        while not self.is_done:
            if not self._buffer.startswith(b"HTTP/1."[: len(self._buffer)]):
                self._not_a_proxy("HTTP")
                break
            end = _HEADERS_END.search(self._buffer, 0, MAX_HEADERS)
            if end is None:
                if self._received > MAX_HEADERS:
                    self._too_much(MAX_HEADERS)
                break
            head = self._buffer[: end.end()]
            status = _STATUS.match(head)
            if status is None:
                self._not_a_proxy("HTTP")
                break
            self._buffer = self._buffer[end.end() :]
            self._answered(int(status[1]), (status[2] or b"").decode("latin-1"), head)
        return b""

    def _answered(self, code: int, phrase: str, head: bytes) -> None:
        if code < 200:  # noqa: PLR2004 (an interim response, RFC 9110 §15.2: the final one follows)
            return
        if code < 300:  # noqa: PLR2004 (any 2xx opens the way, and what follows the headers is the service's, RFC 9110 §9.3.6)
            self._open()
        elif code == _PROXY_AUTHENTICATION_REQUIRED:
            self._unauthorized(schemes=_schemes(head))
        elif code == _UNAUTHORIZED and self._proxy.username is not None:
            self._unauthorized(schemes=("basic",))
        else:
            self._refused(_STATUSES.get(code, "failed"), f"HTTP {code} {phrase}".rstrip())

    def _basic(self) -> str:
        # UTF-8, as RFC 7617 §2.1 lets a server ask for; for ASCII all encodings are one.
        return base64.b64encode(f"{self._proxy.username}:{self._proxy.password or ''}".encode()).decode("ascii")

    def _encoded_secrets(self) -> tuple[str, ...]:
        return () if self._proxy.username is None else (self._basic(),)


class SOCKS5Tunnel(Tunnel):
    """A way through a SOCKS5 proxy."""

    def __init__(self, proxy: Proxy, target: Address) -> None:
        """Prepare a way to `target`, a host name or an IP address."""
        super().__init__(proxy, target)
        self._wanted = 2
        self._next: Callable[[bytes], bytes] = self._method

    def _greet(self) -> bytes:
        methods = (_NO_AUTHENTICATION,) if self._proxy.username is None else (_NO_AUTHENTICATION, _USERNAME)
        return bytes((_VERSION, len(methods), *methods))

    def _advance(self) -> bytes:
        answer = b""
        while not self.is_done and len(self._buffer) >= self._wanted:
            # Taken off only when it was right, so that a wrong beginning can be shown.
            piece = self._buffer[: self._wanted]
            answer += self._next(piece)
            if self.failure is None:
                self._buffer = self._buffer[len(piece) :]
        return answer

    def _method(self, piece: bytes) -> bytes:
        """Take the method that the proxy chose (RFC 1928 §3)."""
        version, method = piece
        if version != _VERSION:
            self._not_a_proxy("SOCKS5")
        elif method == _NO_AUTHENTICATION:
            return self._request()
        elif method == _USERNAME and self._proxy.username is not None:
            self._next = self._logged_in
            user, password = self._proxy.username.encode(), (self._proxy.password or "").encode()
            return bytes((_LOGIN_VERSION, len(user))) + user + bytes((len(password),)) + password
        elif method == _NONE_ACCEPTABLE:
            # It names no method that it would take: without credentials, most likely those.
            self._unauthorized(schemes=() if self._proxy.username is not None else ("basic",))
        else:
            self._end(
                "socks-protocol-error",
                f"The proxy {self._proxy.address} chose a SOCKS5 method that was not offered ({method}).",
                "The proxy is broken or not what it should be.",
            )
        return b""

    def _logged_in(self, piece: bytes) -> bytes:
        """Take the proxy's word on user name and password (RFC 1929 §2)."""
        if piece[1] != 0:
            self._unauthorized(schemes=("basic",))
            return b""
        return self._request()

    def _request(self) -> bytes:
        """Ask for the connection (RFC 1928 §4); a name is sent as one, to be resolved by the proxy."""
        self._wanted, self._next = 5, self._replied
        literal = as_ip_address(self._target.host)
        if literal is None:
            name = self._target.host.encode("ascii")
            address = bytes((_DOMAIN_NAME, len(name))) + name
        else:
            address = bytes((_IPV4 if literal.version == 4 else _IPV6,)) + literal.packed  # noqa: PLR2004 (IPv4)
        return bytes((_VERSION, _CONNECT, 0)) + address + self._target.port.to_bytes(2, "big")

    def _replied(self, piece: bytes) -> bytes:
        """Take the head of the reply (RFC 1928 §6); the fifth octet is the first of the address, or its length."""
        version, reply, _, kind, first = piece
        if version != _VERSION:
            self._not_a_proxy("SOCKS5")
        elif reply != 0:
            reason, said = _REPLIES.get(reply, ("failed", f"reply {reply}"))
            self._refused(reason, f"SOCKS5: {said}")
        else:
            lengths = {_IPV4: 3, _IPV6: 15, _DOMAIN_NAME: first}
            if kind in lengths:
                self._wanted, self._next = lengths[kind] + 2, self._bound
            else:
                self._not_a_proxy("SOCKS5")
        return b""

    def _bound(self, _: bytes) -> bytes:
        """Pass over the address that the proxy connects from."""
        self._open()
        return b""


def _schemes(head: bytes) -> tuple[str, ...]:
    """Return the schemes of all Proxy-Authenticate headers, in lower case (RFC 9110 §11.7.1): a list each, or one of many."""
    found: list[str] = []
    for match in _AUTHENTICATE.finditer(head):
        unquoted = _QUOTED.sub("x", match[1].decode("latin-1"))
        found += [scheme.lower() for scheme in _SCHEME.findall(unquoted)]
    return tuple(dict.fromkeys(found))
