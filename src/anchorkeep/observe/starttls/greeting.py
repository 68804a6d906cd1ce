"""What a server speaks, by the first bytes it says in clear; for saying that it is not what it was taken for."""

from __future__ import annotations

from dataclasses import dataclass

from anchorkeep.observe.starttls.dialogue import text

_OTHER_PROTOCOL = "Name the protocol that the port speaks, or check the port."
_TLS_AT_ONCE = "Try without STARTTLS: the service speaks TLS from the first byte."
_NO_TLS = "Check the port: this protocol has no STARTTLS."


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """
    What a server was recognised by.

    Attributes:
        title: the protocol as in sentences.
        names: our names of the protocols that begin so; empty for those that are not ours.
        remedy: what to do when another one was expected.
        line: the server's first line.
    """

    title: str
    names: frozenset[str]
    remedy: str
    line: str


# How servers begin; upper and lower case are one, and the first that fits is taken. Alert and handshake records of TLS begin with
# their ContentType and major version 3 (RFC 8446 §5.1).
_BEGINNINGS: tuple[tuple[bytes, str, tuple[str, ...], str], ...] = (
    (b"\x15\x03", "TLS", (), _TLS_AT_ONCE),
    (b"\x16\x03", "TLS", (), _TLS_AT_ONCE),
    (b"HTTP/", "HTTP", (), _NO_TLS),
    (b"<!DOCTYPE", "HTTP", (), _NO_TLS),
    (b"<html", "HTTP", (), _NO_TLS),
    (b"SSH-", "SSH", (), _NO_TLS),
    (b"RFB ", "VNC", (), _NO_TLS),
    (b"220", "SMTP or FTP", ("smtp", "lmtp", "ftp"), _OTHER_PROTOCOL),
    (b"421", "SMTP or FTP", ("smtp", "lmtp", "ftp"), _OTHER_PROTOCOL),
    (b"554", "SMTP", ("smtp", "lmtp"), _OTHER_PROTOCOL),
    (b"200 ", "NNTP", ("nntp",), _OTHER_PROTOCOL),
    (b"201 ", "NNTP", ("nntp",), _OTHER_PROTOCOL),
    (b"* OK", "IMAP", ("imap",), _OTHER_PROTOCOL),
    (b"* PREAUTH", "IMAP", ("imap",), _OTHER_PROTOCOL),
    (b"* BYE", "IMAP", ("imap",), _OTHER_PROTOCOL),
    (b"+OK", "POP3", ("pop3",), _OTHER_PROTOCOL),
    (b'"IMPLEMENTATION"', "ManageSieve", ("sieve",), _OTHER_PROTOCOL),
    (b"<?xml", "XMPP", ("xmpp-client", "xmpp-server"), _OTHER_PROTOCOL),
    (b"<stream:", "XMPP", ("xmpp-client", "xmpp-server"), _OTHER_PROTOCOL),
    (b"NOTICE ", "IRC", ("irc",), _OTHER_PROTOCOL),
    (b":", "IRC", ("irc",), _OTHER_PROTOCOL),
)
#: Where a MySQL greeting has its protocol version, after the length and the number of its packet; 10 is the only one in use.
_MYSQL_VERSION = slice(3, 5)


def recognize(data: bytes) -> Greeting | None:
    """Return what a server speaks that began with `data`, None when that cannot be told."""
    line = text(data.partition(b"\n")[0])
    for start, title, names, remedy in _BEGINNINGS:
        if data[: len(start)].upper() == start.upper():
            return Greeting(title=title, names=frozenset(names), remedy=remedy, line=line)
    if data[_MYSQL_VERSION] == b"\x00\x0a":
        return Greeting(title="MySQL", names=frozenset({"mysql"}), remedy=_OTHER_PROTOCOL, line=line)
    return None
