"""
What ways through proxies have in common: when they end, and why they could not be opened.

Rules kept here:
- no socket, no event loop, no clock, as in `handshake`;
- whatever a proxy sends, the end is an open way or a `Failure` of the stage PROXY;
- the name is given to the proxy as it is and resolved there: often nobody else can;
- what is sent before the way is open is bounded, and credentials are in no message.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from anchorkeep.model.chain import Failure, Stage
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from anchorkeep.model.endpoint import Address
    from anchorkeep.observe.approach import Proxy

#: Characters and bytes of a proxy's answer that are shown.
_SHOWN_TEXT = 60
_SHOWN_BYTES = 16
# What may stand in a request line and in SOCKS5's one octet of length (RFC 1928 §5).
_HOST = re.compile(r"[!-~]{1,255}")
#: What a proxy may say instead of opening the way, as a reason, what it means, and a remedy.
_REFUSALS = {
    "forbidden": (
        "forbids this connection",
        "Ask whoever runs the proxy to allow this host and port, or go another way.",
    ),
    "target-unreachable": ("cannot reach the service", "Check the service's name and port; the proxy looks the name up itself."),
    "target-refused": ("was refused by the service", "Nothing may listen there: check the port."),
    "target-timeout": ("got no answer from the service", "Check the service's name and port, and that the proxy may reach it."),
    "tunnel-not-supported": (
        "opens no tunnels",
        "Check the proxy's address and port: a proxy for plain HTTP, or a web server, may listen there.",
    ),
    "failed": ("could not open the connection", "Look into the proxy's log for the reason."),
}
_LOCAL_HELPER = "Run a local proxy that does it for you, such as cntlm or px, and name that one; or go without a proxy."


class Tunnel(ABC):
    """
    One way through a proxy: `start`, then `receive` until `is_done`, or one of `close`, `reset` and `expire`.

    Attributes:
        is_done: whether nothing more is expected of the proxy.
        failure: why the way is not open, None when it is.
    """

    def __init__(self, proxy: Proxy, target: Address) -> None:
        """Prepare a way to `target`, a host name or an IP address."""
        self.is_done = False
        self.failure: Failure | None = None
        self._proxy = proxy
        self._target = target
        self._received = 0
        self._buffer = b""

    def start(self) -> bytes:
        """Return what to send first."""
        if _HOST.fullmatch(self._target.host) is None:
            message = f"No proxy can be asked for the name {visible(self._target.host)}."
            self._end("name-not-sendable", message, "Write the name in A-labels, without blanks.")
            return b""
        return self._greet()

    def receive(self, data: bytes) -> bytes:
        """Take bytes of the proxy and return what to send it now, often nothing; after the end, nothing at all."""
        if self.is_done or not data:
            return b""
        self._received += len(data)
        self._buffer += data
        return self._advance()

    @property
    def rest(self) -> bytes:
        """What came after the proxy's last word: the first bytes of the service, often none."""
        return self._buffer if self.is_done and self.failure is None else b""

    def close(self) -> bytes:
        """Take note that the proxy closed the connection; there is nothing to send to it any more."""
        after = f"after {counted(self._received, 'byte')}" if self._received else "without a byte"
        remedy = "It may not serve this host, or not be a proxy of this kind: check its address, port and kind."
        self._end("closed", f"The proxy {self._proxy.address} closed the connection {after}.", remedy)
        return b""

    def reset(self) -> None:
        """Take note that the connection was reset."""
        remedy = "The proxy, or something before it, drops connections: check that this host may use it."
        self._end("reset", f"The proxy {self._proxy.address} reset the connection.", remedy)

    def expire(self, timeout: float) -> None:
        """Take note that the time is over; `timeout` in seconds, for the message."""
        message = f"The proxy {self._proxy.address} had not opened the way to {self._target} after {timeout:g} s."
        self._end("timeout", message, "The proxy or the service behind it may be slow or gone: try again, or allow more time.")

    @abstractmethod
    def _greet(self) -> bytes:
        """Return what to send first; the target's name can be sent."""

    @abstractmethod
    def _advance(self) -> bytes:
        """Take what is needed from the front of the buffer and return what to send."""

    def _open(self) -> None:
        self.is_done = True

    def _end(self, reason: str, message: str, remedy: str) -> None:
        if not self.is_done:
            self.is_done = True
            self.failure = Failure(stage=Stage.PROXY, reason=reason, message=message, remedy=remedy)

    def _refused(self, reason: str, said: str) -> None:
        """End with what the proxy answered: one of `_REFUSALS`, and its own words."""
        meaning, remedy = _REFUSALS[reason]
        self._end(reason, f"The proxy {self._proxy.address} {meaning} to {self._target} ({self._shown(said)}).", remedy)

    def _unauthorized(self, *, schemes: tuple[str, ...]) -> None:
        """End since the proxy wants to know who asks: in one of these ways, in lower case; none where it did not say."""
        who, known = f"The proxy {self._proxy.address}", frozenset(schemes)
        if "basic" in known and self._proxy.username is not None:
            self._end("credentials-refused", f"{who} refused the user name or the password.", "Check both.")
        elif "basic" in known:
            message = f"{who} wants a user name and a password."
            self._end("authentication-required", message, "Give them in the settings, the environment or a file of their own.")
        elif known & {"ntlm", "negotiate"}:
            first = "ntlm" if "ntlm" in known else "negotiate"
            spelled = " and ".join(name for key, name in (("ntlm", "NTLM"), ("negotiate", "Negotiate")) if key in known)
            message = f"{who} wants authentication by {spelled} (Windows or Kerberos), which is not done here."
            self._end(f"authentication-{first}", message, _LOCAL_HELPER)
        else:
            named = visible(", ".join(schemes), limit=_SHOWN_TEXT) or "a way that it does not name"
            self._end(
                "authentication-unsupported", f"{who} wants authentication by {named}, which is not done here.", _LOCAL_HELPER
            )

    def _not_a_proxy(self, kind: str) -> None:
        """End since the answer is that of something else."""
        remedy = f"Check the proxy's address and port, and whether it is a proxy for {kind}."
        if self._buffer.startswith((b"\x15\x03", b"\x16\x03")):
            message = f"The proxy {self._proxy.address} speaks TLS itself, which is not done here."
            self._end("proxy-speaks-tls", message, "Name a port of it that speaks plain HTTP or SOCKS5.")
            return
        line = self._buffer.split(b"\n", 1)[0].rstrip(b"\r").decode("ascii", "replace")
        is_text = len(line) > 1 and line.isprintable() and "\N{REPLACEMENT CHARACTER}" not in line
        shown = f'"{self._shown(line)}"' if is_text else self._buffer[:_SHOWN_BYTES].hex(" ")
        self._end("not-a-proxy", f"{self._proxy.address} did not answer in {kind}; it began with {shown}.", remedy)

    def _too_much(self, limit: int) -> None:
        message = f"The proxy {self._proxy.address} sent more than {limit // 1024} KiB before the way was open."
        self._end("too-much-data", message, "Check the proxy's address and port: something else may listen there.")

    def _shown(self, said: str) -> str:
        """Return a proxy's words, harmless, and none at all where they repeat a secret."""
        if any(secret and secret in said for secret in (self._proxy.password, *self._encoded_secrets())):
            return "its words repeat the password and are left out"
        return visible(said, limit=_SHOWN_TEXT)

    def _encoded_secrets(self) -> tuple[str, ...]:
        """Return the forms in which the password was sent, besides its own."""
        return ()
