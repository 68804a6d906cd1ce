"""
The driver of a dialogue before TLS: bytes of the server in, bytes for the server out, and at the end a go-ahead or a failure.

Rules kept here:
- no socket, no event loop, no clock, as in `anchorkeep.observe.handshake`;
- whatever the server sends, the end is a go-ahead or a `Failure` of the stage STARTTLS;
- lines, pieces and bytes before TLS are bounded;
- nothing that came in clear survives the go-ahead. A server has nothing to say between its go-ahead and the ClientHello, so bytes
  there are somebody's who wants them taken for what came through TLS (CVE-2021-22947 was this in curl).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.model.chain import Failure, Stage
from anchorkeep.observe.starttls import greeting
from anchorkeep.observe.starttls.dialogue import MAX_BYTES, MAX_PIECES, Exactly, StartTLSError, quoted, text
from anchorkeep.text import counted

if TYPE_CHECKING:
    from anchorkeep.observe.starttls.dialogue import Need, Protocol

#: Bytes of the server's opening that are kept, to say what it speaks when it is not what was asked for.
_KEPT = 256
# What may be due to another protocol than the one that was asked for.
_DOUBTFUL = frozenset({"starttls-protocol-error", "too-much-data", "closed", "timeout"})


class Opening:
    """
    One dialogue before TLS: `start`, then `receive` until `is_done`, or one of `close`, `reset` and `expire`.

    What `start` and `receive` return is to be sent, also when the dialogue is over with it: the last word may be the client's.

    Attributes:
        protocol: what is spoken.
        is_done: whether nothing more is expected before TLS.
        failure: why there will be no TLS, None when there will be.
    """

    def __init__(self, protocol: Protocol, host: str) -> None:
        """Prepare a dialogue with a server that is asked for as `host`."""
        self.protocol = protocol
        self.is_done = False
        self.failure: Failure | None = None
        self._dialogue = protocol.dialogue(host)
        self._framing = protocol.framing() if protocol.framing else None
        self._need: Need | None = None
        self._buffer = bytearray()
        self._kept = b""
        self._received = 0
        self._pieces = 0

    def start(self) -> bytes:
        """Return what the client says first, often nothing."""
        return self._advance(None)

    def receive(self, data: bytes) -> bytes:
        """Take bytes of the server and return what to send it now, often nothing; after the end, nothing at all."""
        if self.is_done or not data:
            return b""
        self._received += len(data)
        self._kept += data[: _KEPT - len(self._kept)]
        self._buffer += data[: MAX_BYTES + 1]
        return self._advance(self._take())

    def close(self) -> bytes:
        """Take note that the server closed the connection; there is nothing to send to it any more."""
        after = f"after {counted(self._received, 'byte')}" if self._received else "without a byte"
        remedy = "It may turn this host away, or expect TLS from the first byte: look into its log, and check the port."
        self._fail("closed", f"The server closed the connection before TLS, {after} of {self.protocol.title}.", remedy)
        return b""

    def reset(self) -> None:
        """Take note that the connection was reset."""
        remedy = "Something between here and the service, or the service itself, drops connections: check firewalls and proxies."
        self._fail("reset", f"The connection was reset before TLS, during {self.protocol.title}.", remedy)

    def expire(self, timeout: float) -> None:
        """Take note that the time is over; `timeout` in seconds, for the message."""
        title = self.protocol.title
        if self._received:
            message = f"TLS had not begun after {timeout:g} s: the server stopped in the middle of {title}."
            remedy = "The service may be overloaded: try again, or allow more time."
        elif self.protocol.server_first:
            message = f"The server said nothing within {timeout:g} s, though a server speaks first in {title}."
            remedy = "It may speak TLS from the first byte: try without STARTTLS. Or it is slow: allow more time."
        else:
            message = f"The server did not answer in {title} within {timeout:g} s."
            remedy = "Check the port and the protocol, or allow more time."
        self._fail("timeout", message, remedy)

    def wrap(self, data: bytes) -> bytes:
        """Return bytes of the TLS handshake as they go to the server; most protocols leave them as they are."""
        return self._framing.wrap(data) if self._framing else data

    def unwrap(self, data: bytes) -> bytes:
        """Return the bytes of the TLS handshake in what came from the server; after an error none, and `failure` is set."""
        if self._framing is None:
            return data
        if self.failure is not None:
            return b""
        try:
            return self._framing.unwrap(data)
        except StartTLSError as error:
            self._fail(error.reason, error.message, error.remedy)
            return b""

    def _advance(self, piece: bytes | None) -> bytes:
        """Go on as far as the bytes at hand allow; `piece` fills the present need, None begins."""
        answers: list[bytes] = []
        try:
            while not self.is_done and (piece is not None or self._need is None):
                wanted = self._dialogue.send(piece)  # type: ignore[arg-type]
                if isinstance(wanted, bytes):
                    answers.append(wanted)
                    piece = b""
                    continue
                self._need = wanted
                piece = self._take()
        except StopIteration:
            self._go_ahead()
        except StartTLSError as error:
            self._fail(error.reason, error.message, error.remedy)
        return b"" if self.failure else b"".join(answers)

    def _take(self) -> bytes | None:
        """Return the bytes that fill the need, None while they have not come; fail when they never can."""
        assert self._need is not None  # noqa: S101 (a dialogue that has begun and waits has said for what)
        size = self._need.size if isinstance(self._need, Exactly) else self._end_of(self._need.end, self._need.limit)
        if size is None or len(self._buffer) < size:
            # The bound holds for what is read, so that the same bytes end alike however they are cut.
            if self._received > MAX_BYTES:
                self._flooded(f"more than {MAX_BYTES // 1024} KiB")
            return None
        self._pieces += 1
        if self._pieces > MAX_PIECES:
            self._flooded(f"more than {MAX_PIECES} lines")
            return None
        piece = bytes(self._buffer[:size])
        del self._buffer[:size]
        return piece

    def _end_of(self, end: bytes, limit: int) -> int | None:
        position = self._buffer.find(end, 0, limit)
        if position < 0 and len(self._buffer) >= limit:
            self._flooded(f"a line of more than {counted(limit, 'byte')}")
        return None if position < 0 else position + len(end)

    def _flooded(self, what: str) -> None:
        message = f"The server sent {what} before TLS."
        self._fail("too-much-data", message, "The server is broken or not what it should be.")

    def _go_ahead(self) -> None:
        self.is_done = True
        if self._buffer:
            shown = quoted(text(bytes(self._buffer[:_KEPT])))
            self._fail(
                "response-injection",
                f"After its go-ahead for TLS the server sent {counted(len(self._buffer), 'byte')} in clear: {shown}.",
                "Somebody on the way may have put them there, or the server is broken: look from another network, "
                "and update the service.",
            )

    def _fail(self, reason: str, message: str, remedy: str) -> None:
        if self.failure is not None or (self.is_done and reason in {"closed", "reset", "timeout"}):
            return
        spoken = greeting.recognize(self._kept) if reason in _DOUBTFUL else None
        if spoken is not None and self.protocol.name not in spoken.names:
            reason = "wrong-protocol"
            message = f"The server speaks {spoken.title}, not {self.protocol.title}; it began with {quoted(spoken.line)}."
            remedy = spoken.remedy
        self.is_done = True
        self.failure = Failure(stage=Stage.STARTTLS, reason=reason, message=message, remedy=remedy)
