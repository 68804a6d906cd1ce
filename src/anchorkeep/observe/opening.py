"""What a server speaks when it does not speak TLS, by the first bytes of its answer."""

from __future__ import annotations

import codecs

from anchorkeep.model.chain import Failure, Stage
from anchorkeep.text import visible

# How protocols that are not TLS begin when a server speaks first, or answers a ClientHello.
_PROTOCOLS = (
    (b"HTTP/", "HTTP"),
    (b"<html", "HTTP"),
    (b"<!DOCTYPE", "HTTP"),
    (b"SSH-", "SSH"),
    (b"220", "SMTP or FTP"),
    (b"554", "SMTP"),
    (b"421", "SMTP or FTP"),
    (b"* OK", "IMAP"),
    (b"+OK", "POP3"),
    (b"RFB ", "VNC"),
)
# ContentType of the first record a server may send: alert, handshake (RFC 8446 §5.1); major version 3 follows.
_TLS = (b"\x15\x03", b"\x16\x03")
#: Characters of text, and bytes of anything else, that are shown.
_SHOWN_TEXT = 60
_SHOWN_BYTES = 16
#: Fewer characters than this may be text by chance.
_LEAST_TEXT = 4


def recognize(data: bytes) -> Failure | None:
    """Return what the first bytes of an answer say when they are not TLS, None when they may be."""
    if not data or any(data.startswith(start[: len(data)]) for start in _TLS):
        return None
    protocol = next((name for start, name in _PROTOCOLS if data[: len(start)].upper() == start.upper()), None)
    line = _first_line(data)
    if protocol is None and line is None:
        shown = data[:_SHOWN_BYTES].hex(" ")
        return _failure(
            "garbage",
            f"The server answered with bytes that are no TLS; they begin with {shown}.",
            "Check the port: another protocol may listen there, or the server is broken.",
        )
    guess = f"It seems to speak {protocol}. " if protocol else ""
    return _failure(
        "not-tls",
        f"The server answered, but not with TLS{f': {protocol}?' if protocol else '.'} "
        f'It began with "{visible(line or "", limit=_SHOWN_TEXT)}".',
        f"{guess}Check the port: TLS often listens on another one.",
    )


def _first_line(data: bytes) -> str | None:
    """Return the first line that is not empty, None where it is no text."""
    line = data.replace(b"\r", b"\n").lstrip(b"\n").partition(b"\n")[0]
    try:
        # Incremental, since the last character may have been cut off.
        text = codecs.getincrementaldecoder("utf-8")().decode(line)
    except UnicodeDecodeError:
        return None
    is_text = len(text) >= _LEAST_TEXT and all(character.isprintable() or character == "\t" for character in text)
    return text if is_text else None


def _failure(reason: str, message: str, remedy: str) -> Failure:
    return Failure(stage=Stage.HANDSHAKE, reason=reason, message=message, remedy=remedy)
