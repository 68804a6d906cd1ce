"""
TLS in the protocols whose replies are three digits and a text: SMTP, LMTP, FTP and NNTP.

Sources: RFC 3207 (SMTP), RFC 2033 (LMTP), RFC 4217 (FTP), RFC 4642 (NNTP).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anchorkeep.observe.starttls.dialogue import LINE, broken, not_offered, quoted, refused, text, unavailable

if TYPE_CHECKING:
    from collections.abc import Generator

    from anchorkeep.observe.starttls.dialogue import Dialogue, Need

# RFC 5321 §4.1.4 wants the client's name. It has none that means anything to the server, so one that is no one's (RFC 2606 §2).
_CLIENT = b"anchorkeep.invalid"
# RFC 5321 §4.2: a reply begins with three digits, the first of them 2 to 5; RFC 959 §4.2 has a first digit of 1 too.
_REPLY = re.compile(r"([1-5][0-9]{2})([ -]?)(.*)", re.DOTALL)
#: The first digit of replies that refuse, for now or for good (RFC 5321 §4.2.1).
_NEGATIVE = ("4", "5")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    """A reply: its three digits, and what each of its lines says after them."""

    code: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return quoted(f"{self.code} {self.lines[-1]}")


def smtp(host: str) -> Dialogue:
    """Ask an SMTP server for TLS (RFC 3207 §4)."""
    del host  # SMTP has no way to name it before TLS.
    return _mail(b"EHLO")


def lmtp(host: str) -> Dialogue:
    """Ask an LMTP server for TLS: as SMTP, but with LHLO in the place of EHLO (RFC 2033 §4.1)."""
    del host
    return _mail(b"LHLO")


def _mail(hello: bytes) -> Dialogue:
    _greeted((yield from _reply()), accepted=("220",))
    yield hello + b" " + _CLIENT + b"\r\n"
    extensions = yield from _reply()
    if extensions.code != "250":
        # RFC 5321 §4.1.4: a server that does not know EHLO has no extensions, hence no STARTTLS.
        raise not_offered(f"The server does not take {hello.decode()}: it answered {extensions}.")
    # RFC 3207 §2: "the EHLO keyword value associated with the extension is STARTTLS".
    if not any(line.split(" ")[0].upper() == "STARTTLS" for line in extensions.lines[1:]):
        raise not_offered("The server does not list STARTTLS among its extensions.")
    # RFC 3207 §4: "The format for the STARTTLS command is: STARTTLS with no parameters."
    yield b"STARTTLS\r\n"
    # Its replies are "220 Ready to start TLS", "501 Syntax error (no parameters allowed)" and "454 TLS not available due to
    # temporary reason".
    _granted((yield from _reply()), accepted="220")


def ftp(host: str) -> Dialogue:
    """Ask an FTP server for TLS on the control connection (RFC 4217 §4)."""
    del host  # HOST (RFC 7151) would name it, but no client sends it before TLS.
    greeting = yield from _reply(free=True)
    # RFC 959 §5.4: "120 Service ready in nnn minutes", and then 220.
    if greeting.code == "120":
        greeting = yield from _reply(free=True)
    _greeted(greeting, accepted=("220",))
    # RFC 4217 §4: AUTH with the parameter TLS asks for it; FEAT before it is allowed, and not needed.
    yield b"AUTH TLS\r\n"
    reply = yield from _reply(free=True)
    # RFC 2228 §3: 504 is the answer of a server that does not know the mechanism; RFC 959 §4.2: 500 and 502 are those to a
    # command that is unknown or not implemented, and 530 is what servers say to every other command before the login.
    if reply.code in {"500", "502", "504", "530"}:
        raise not_offered(f"The server does not know AUTH TLS: it answered {reply}.")
    # RFC 4217 §4: a server that is willing answers 234, and TLS begins.
    _granted(reply, accepted="234")


def nntp(host: str) -> Dialogue:
    """Ask an NNTP server for TLS (RFC 4642 §2)."""
    del host
    # RFC 3977 §5.1.1: "200 Service available, posting allowed", "201 Service available, posting prohibited".
    _greeted((yield from _reply()), accepted=("200", "201"))
    yield b"CAPABILITIES\r\n"
    reply = yield from _reply()
    # RFC 3977 §5.2.1: "101 Capability list follows (multi-line)"; what does not know the command is older than STARTTLS.
    if reply.code != "101":
        raise not_offered(f"The server has no list of capabilities: it answered {reply}.")
    # RFC 4642 §2.1: a server that can begin TLS now says so with the capability label STARTTLS.
    labels = yield from _capabilities()
    if "STARTTLS" not in labels:
        raise not_offered("The server does not list STARTTLS among its capabilities.")
    yield b"STARTTLS\r\n"
    # RFC 4642 §2.2.1: "382 Continue with TLS negotiation", "502 Command unavailable", "580 Can not initiate TLS negotiation".
    # §2.2.2: "The TLS negotiation begins for both the client and server with the first octet following the CRLF of the 382
    # response."
    _granted((yield from _reply()), accepted="382")


def _capabilities() -> Generator[bytes | Need, bytes, set[str]]:
    """Return the first words of a block of lines that ends with a dot (RFC 3977 §3.1.1)."""
    labels = set()
    while (line := text((yield LINE))) != ".":
        labels.add(line.partition(" ")[0].upper())
    return labels


def _reply(*, free: bool = False) -> Generator[bytes | Need, bytes, _Reply]:
    """
    Read one reply of one line or many.

    RFC 5321 §4.2.1: every line has the code, and but for the last a hyphen after it. With `free`, as in FTP, lines between may be
    anything: by RFC 959 §4.2 the text ends with a line that has the same code with a space after it.
    """
    code, is_last, first = _split(text((yield LINE)))
    lines = [first]
    while not is_last:
        line = text((yield LINE))
        if free and not line.startswith(f"{code} "):
            continue
        other, is_last, words = _split(line)
        if other != code:
            raise broken(f"The server changed its reply from {code} to {other} between two lines.")
        lines.append(words)
    return _Reply(code=code, lines=tuple(lines))


def _split(line: str) -> tuple[str, bool, str]:
    """Return a line's code, whether it is its reply's last, and its words."""
    found = _REPLY.fullmatch(line)
    if found is None:
        raise broken(f"The server said {quoted(line)} where a reply begins with three digits.")
    code, mark, words = found.groups()
    if not mark and words:
        raise broken(f"The server said {quoted(line)}, without a blank or hyphen after the digits.")
    return code, mark != "-", words


def _greeted(reply: _Reply, *, accepted: tuple[str, ...]) -> None:
    if reply.code in accepted:
        return
    # RFC 5321 §3.1: 554 and 421 turn a client away; in RFC 3977 §5.1.1 these are 400 for now and 502 for good.
    if reply.code.startswith(_NEGATIVE):
        raise unavailable(f"The server greeted with {reply}.")
    raise broken(f"The server greeted with {reply}; expected {' or '.join(accepted)}.")


def _granted(reply: _Reply, *, accepted: str) -> None:
    if reply.code == accepted:
        return
    if reply.code.startswith(_NEGATIVE):
        raise refused(f"The server refuses TLS: {reply}.")
    raise broken(f"The server answered {reply} to the request for TLS; expected {accepted}.")
