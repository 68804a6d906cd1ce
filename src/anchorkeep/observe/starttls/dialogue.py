"""
What a dialogue before TLS is made of: bytes to send, needs for bytes of the server, and the reasons for which it ends.

A dialogue is a generator without a network: it yields bytes to send, or a `Need`. For a need it is sent the bytes that fill it,
for bytes it is sent nothing. It returns when the server has given its go-ahead, so that TLS comes next, and raises
`StartTLSError` when there will be no TLS. `anchorkeep.observe.starttls.opening` drives it and keeps the bounds below.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol as Interface
from typing import TypeAlias

from anchorkeep.errors import InputError
from anchorkeep.text import visible

#: Bytes of one line. RFC 5321 §4.5.3.1.5 allows 512 for a reply, RFC 4511 and XMPP know none; capability lists of IMAP servers
#: in use have up to 1.5 KiB, and IRCv3 message tags 8,191 bytes.
MAX_LINE = 8 * 1024
#: Lines, and other pieces, before TLS. The longest honest answers are banners of FTP servers and NNTP's capabilities.
MAX_PIECES = 256
#: Bytes of one binary message: an LDAP message, a packet of MySQL or TDS. Honest ones stay below 1 KiB.
MAX_MESSAGE = 16 * 1024
#: Bytes in total before TLS.
MAX_BYTES = 64 * 1024
#: Characters of a server's words that are shown.
SHOWN = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Exactly:
    """The need for that many bytes."""

    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """The need for all bytes up to the first `end`, which is among them, and no more than `limit`."""

    end: bytes
    limit: int = MAX_LINE


Need: TypeAlias = Exactly | Until
Dialogue: TypeAlias = Generator[bytes | Need, bytes, None]

#: A line with its end. Every RFC here says CRLF; that a bare LF ends a line too is what clients accept everywhere.
LINE = Until(end=b"\n")


class StartTLSError(InputError):
    """There will be no TLS: the server does not offer it, refuses it, or speaks in a way that its protocol does not allow."""

    def __init__(self, reason: str, message: str, *, remedy: str = "") -> None:
        """Keep the stable reason beside message and remedy."""
        super().__init__(message, remedy=remedy)
        self.reason = reason


class Framing(Interface):
    """How the bytes of the TLS handshake travel where they are not sent as they are. One object for each connection."""

    def wrap(self, data: bytes) -> bytes:
        """Return TLS bytes as they go to the server."""

    def unwrap(self, data: bytes) -> bytes:
        """
        Take bytes of the server, cut anywhere, and return the TLS bytes that they complete.

        Raises:
            StartTLSError: they are not framed as they must be.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """
    A protocol in which TLS is asked for.

    Attributes:
        name: as on the command line: `smtp`.
        title: as in sentences: `SMTP`.
        port: its well-known port for connections that begin in clear (IANA's registry).
        dialogue: what is said before TLS, for the name that the server is asked for.
        framing: makes the frames around the handshake's bytes; None where they travel as they are.
        server_first: whether the server speaks first.
    """

    name: str
    title: str
    port: int
    dialogue: Callable[[str], Dialogue]
    framing: Callable[[], Framing] | None = None
    server_first: bool = True


def not_offered(message: str, *, remedy: str = "") -> StartTLSError:
    """Return the error of a server that offers no TLS here."""
    usual = (
        "Turn TLS on in the service's settings, or check the port: the service may speak TLS from the first byte on another one."
    )
    return StartTLSError("starttls-not-offered", message, remedy=remedy or usual)


def refused(message: str, *, remedy: str = "") -> StartTLSError:
    """Return the error of a server that was asked for TLS and declined."""
    usual = (
        "Look into the service's log: usually its key or certificate cannot be read, or its policy forbids TLS for this client."
    )
    return StartTLSError("starttls-refused", message, remedy=remedy or usual)


def unavailable(message: str) -> StartTLSError:
    """Return the error of a server that turns this client away before TLS can be asked for."""
    remedy = "The service turns this host away, or is not ready: try again, or check its limits and lists of allowed clients."
    return StartTLSError("service-unavailable", message, remedy=remedy)


def broken(message: str) -> StartTLSError:
    """Return the error of bytes that the protocol does not allow here."""
    return StartTLSError("starttls-protocol-error", message, remedy="Check the port and the protocol: something else may listen.")


def text(data: bytes) -> str:
    """Return what a server said as a line that may be decoded and compared; bytes outside ASCII become escapes."""
    return data.rstrip(b"\r\n").decode("ascii", "backslashreplace")


def quoted(line: str) -> str:
    """Return a server's words for a sentence: in quotation marks, harmless, and not too many."""
    return f'"{visible(line.strip(), limit=SHOWN)}"'
