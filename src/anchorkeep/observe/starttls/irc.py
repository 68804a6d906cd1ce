"""TLS in IRC: the STARTTLS command of the IRCv3 `tls` specification, deprecated and still served."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.observe.starttls.dialogue import LINE, broken, not_offered, quoted, refused, text, unavailable

if TYPE_CHECKING:
    from anchorkeep.observe.starttls.dialogue import Dialogue

# IRCv3 tls: 670 is RPL_STARTTLS, 691 ERR_STARTTLS. RFC 2812 §5.2: 421 is ERR_UNKNOWNCOMMAND, 451 ERR_NOTREGISTERED, one of which
# servers without STARTTLS answer.
_GO_AHEAD, _FAILED = "670", "691"
_UNKNOWN = frozenset({"421", "451"})
_NUMERIC = 3


def irc(host: str) -> Dialogue:
    """Ask an IRC server for TLS, before registering with NICK and USER (IRCv3 tls)."""
    del host  # IRC has no way to name it before TLS.
    # IRCv3 tls: "The tls client capability indicates that the server supports the STARTTLS command." Both are sent at once: one
    # server knows only the one, the next only the other, and InspIRCd answers an unknown command with silence.
    yield b"CAP LS\r\nSTARTTLS\r\n"
    while True:
        line = text((yield LINE))
        command, words = _split(line)
        if command == _GO_AHEAD:
            # IRCv3 tls: "the server then sends numeric 670 (RPL_STARTTLS), and the client initiates a SSL/TLS handshake."
            return
        if command == "PING":
            # RFC 2812 §3.7.2: a PING is answered with a PONG; some servers ask before anything else.
            yield b"PONG " + words.encode("ascii") + b"\r\n"
        else:
            _look_for_refusal(command, words, line)


def _look_for_refusal(command: str, words: str, line: str) -> None:
    """Raise what a message says against TLS; most say nothing about it."""
    parameters = words.replace(":", " ").upper().split()
    if command == _FAILED:
        raise refused(f"The server refuses TLS: {quoted(words)}.")
    is_list = command == "CAP" and parameters[1:2] == ["LS"]
    if (is_list and "TLS" not in parameters) or (command in _UNKNOWN and "CAP" not in parameters):
        raise not_offered(f"The server does not know STARTTLS: {quoted(line)}.")
    # RFC 2812 §3.7.4: ERROR is what a server says before it ends the connection.
    if command == "ERROR":
        raise unavailable(f"The server ended the connection: {quoted(words)}.")
    # RFC 2812 §2.4: a numeric reply has three digits; many come before the answer.
    if command not in {"NOTICE", "CAP"} and not (len(command) == _NUMERIC and command.isdigit()):
        raise broken(f"The server said {quoted(line)} where 670 or 691 is due.")


def _split(line: str) -> tuple[str, str]:
    """Return a message's command and what follows, without tags and prefix (RFC 2812 §2.3.1, IRCv3 message-tags)."""
    for mark in ("@", ":"):
        if line.startswith(mark):
            line = line.partition(" ")[2].lstrip(" ")
    command, _, words = line.partition(" ")
    return command.upper(), words
