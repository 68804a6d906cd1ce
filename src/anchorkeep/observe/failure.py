"""
Why an observation failed, as stable reasons with a sentence and a remedy each: names, connections, and how they ended.

What TLS itself says is in `alert`, answers that are no TLS are in `opening`. All three go by structured facts only: error
numbers, alert numbers, OpenSSL's reason strings, the first bytes of an answer; never by a message that may be translated.
"""

from __future__ import annotations

import errno
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

from anchorkeep.model.chain import Failure, Stage
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anchorkeep.model.endpoint import Address

#: Addresses named in one message; the others are counted.
_SHOWN_ADDRESSES = 4
_CONNECT_REASONS = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.ECONNABORTED: "reset",
    errno.ETIMEDOUT: "timeout",
}
# Which error of several addresses names the failure: the one that tells most, since a host that refuses is at least there.
_TELLING = ("refused", "reset", "timeout", "unreachable")
_CONNECT_WORDS = {
    "refused": "refused the connection",
    "reset": "reset the connection",
    "timeout": "did not answer",
    "unreachable": "cannot be reached",
}
_CONNECT_REMEDIES = {
    "refused": "Nothing listens there: check the port, and that the service is running.",
    "reset": "Something between here and the service, or the service itself, drops connections: check firewalls and proxies.",
    "timeout": "A firewall may drop the packets: check that this host may reach the service, or allow more time.",
    "unreachable": "Check this host's network and routes.",
}
_TIMEOUT_REMEDY = "The service may be overloaded, or a firewall or proxy holds the connection: try again, or allow more time."


def resolution(host: str, error: OSError | UnicodeError) -> Failure:
    """Return the failure of a resolver's error."""
    if isinstance(error, socket.gaierror) and error.errno in _not_found_codes():
        return Failure(
            stage=Stage.RESOLVE,
            reason="name-not-found",
            message=f"The name {visible(host)} is not known to the resolver.",
            remedy="Check the spelling; a name of an internal network needs that network's resolver.",
        )
    code = error.errno if isinstance(error, OSError) else "the name cannot be encoded"
    return Failure(
        stage=Stage.RESOLVE,
        reason="resolver-failed",
        message=f"The resolver could not say where {visible(host)} is (getaddrinfo: {_gai_name(code)}).",
        remedy="Check this host's network and resolver, or name the address to connect to.",
    )


def resolution_timeout(host: str, timeout: float) -> Failure:
    """Return the failure of a resolver that did not answer within `timeout` seconds."""
    return Failure(
        stage=Stage.RESOLVE,
        reason="timeout",
        message=f"The resolver did not say within {timeout:g} s where {visible(host)} is.",
        remedy="Check this host's network and resolver, or name the address to connect to.",
    )


def connection(errors: Sequence[tuple[Address, OSError]]) -> Failure:
    """Return the failure of all addresses of a name; `errors` in the order in which they came, never empty."""
    reasons = {_connect_reason(error) for _, error in errors}
    reason = next(word for word in _TELLING if word in reasons)
    return Failure(stage=Stage.CONNECT, reason=reason, message=f"{_each_address(errors)}.", remedy=_CONNECT_REMEDIES[reason])


def connect_timeout(timeout: float, errors: Sequence[tuple[Address, OSError]], *, waiting: Sequence[Address]) -> Failure:
    """Return the failure of addresses of which none answered within `timeout` seconds, some having failed before."""
    silent = _listed([str(address) for address in waiting])
    message = f"No connection to {silent} within {timeout:g} s"
    if errors:
        message += f"; {_each_address(errors)}"
    return Failure(stage=Stage.CONNECT, reason="timeout", message=f"{message}.", remedy=_CONNECT_REMEDIES["timeout"])


def towards_proxy(broken: Failure, proxy: Address) -> Failure:
    """Return a failure to find or to reach a proxy as one of the stage PROXY; the reason stays."""
    return replace(broken, stage=Stage.PROXY, message=f"The proxy {proxy} could not be reached: {broken.message}")


def closed(*, received: int) -> Failure:
    """Return the failure of a server that closed the connection before the handshake was over."""
    return _handshake(
        "closed",
        f"The server closed the connection {_after(received)}.",
        "It may not speak TLS on this port, may not know this server name, or sits behind a proxy that refuses this host.",
    )


def reset() -> Failure:
    """Return the failure of a connection that was reset during the handshake."""
    return _handshake("reset", "The connection was reset during the handshake.", _CONNECT_REMEDIES["reset"])


def handshake_timeout(timeout: float, *, received: int) -> Failure:
    """Return the failure of a handshake that was not over after `timeout` seconds in total."""
    return _handshake("timeout", f"The handshake was not over after {timeout:g} s, {_after(received)}.", _TIMEOUT_REMEDY)


def too_much_data(limit: int) -> Failure:
    """Return the failure of a server that sent more than `limit` bytes without ending the handshake."""
    return _handshake(
        "too-much-data",
        f"The server sent more than {limit // 1024} KiB and the handshake was not over.",
        "The server is broken or not what it should be.",
    )


def _handshake(reason: str, message: str, remedy: str) -> Failure:
    return Failure(stage=Stage.HANDSHAKE, reason=reason, message=message, remedy=remedy)


def _after(received: int) -> str:
    return f"after {counted(received, 'byte')}" if received else "without a byte"


def _not_found_codes() -> frozenset[int]:
    # EAI_NODATA is missing where the system follows RFC 3493 and nothing else.
    return frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


def _gai_name(code: int | str | None) -> str:
    names = (name for name in dir(socket) if name.startswith("EAI_") and getattr(socket, name) == code)
    return next(names, str(code))


def _connect_reason(error: OSError) -> str:
    return _CONNECT_REASONS.get(error.errno or 0, "unreachable")


def _each_address(errors: Sequence[tuple[Address, OSError]]) -> str:
    said: list[str] = []
    for address, error in errors:
        reason = _connect_reason(error)
        name = errno.errorcode.get(error.errno or 0, "no error number")
        said.append(f"{address} {_CONNECT_WORDS[reason]}{f' ({name})' if reason == 'unreachable' else ''}")
    return _listed(said)


def _listed(items: Sequence[str]) -> str:
    shown = ", ".join(items[:_SHOWN_ADDRESSES])
    left = len(items) - _SHOWN_ADDRESSES
    return f"{shown} and {left} more" if left > 0 else shown
