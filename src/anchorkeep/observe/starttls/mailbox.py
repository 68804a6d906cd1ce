"""
TLS in the protocols that read mailboxes and their rules: IMAP, POP3 and ManageSieve.

Sources: RFC 9051 (IMAP4rev2) and RFC 3501, RFC 2595 (IMAP and POP3), RFC 5804 (ManageSieve).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from anchorkeep.observe.starttls.dialogue import (
    LINE,
    MAX_MESSAGE,
    Exactly,
    broken,
    not_offered,
    quoted,
    refused,
    text,
    unavailable,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from anchorkeep.observe.starttls.dialogue import Dialogue, Need

#: A literal of ManageSieve at the end of a line: its size in bytes (RFC 5804 §4, `literal-s2c`).
_LITERAL = re.compile(rb"\{([0-9]{1,10})\+?\}\r?\n\Z")


def imap(host: str) -> Dialogue:
    """Ask an IMAP server for TLS (RFC 9051 §6.2.1)."""
    del host  # IMAP has no way to name it before TLS.
    _imap_greeted(text((yield LINE)))
    yield b"a001 CAPABILITY\r\n"
    untagged = yield from _imap_result("a001")
    # RFC 9051 §7.2.2: the CAPABILITY response lists names, separated by spaces.
    listed = {word for line in untagged for word in line.upper().split()[2:] if line.upper().startswith("* CAPABILITY ")}
    if "STARTTLS" not in listed:
        raise not_offered("The server does not list STARTTLS among its capabilities.")
    yield b"a002 STARTTLS\r\n"
    # RFC 9051 §6.2.1: "A TLS negotiation begins immediately after the CRLF at the end of the tagged OK response from the server."
    yield from _imap_result("a002")


def _imap_greeted(line: str) -> None:
    words = line.upper()
    if words.startswith("* OK"):
        return
    # RFC 9051 §7.1.4: PREAUTH is the greeting of a connection that is authenticated already, in which STARTTLS is not valid
    # (§6.2.1). To make clients go on in clear by it is a known attack (CVE-2020-12398).
    if words.startswith("* PREAUTH"):
        raise not_offered(f"The server takes the connection for authenticated, so TLS cannot begin: {quoted(line)}.")
    # RFC 9051 §7.1.5: BYE "as one of three possible greetings at connection startup, indicating that the server is not willing
    # to accept a connection from this client".
    if words.startswith("* BYE"):
        raise unavailable(f"The server greeted with {quoted(line)}.")
    raise broken(f"The server greeted with {quoted(line)}; expected * OK.")


def _imap_result(tag: str) -> Generator[bytes | Need, bytes, list[str]]:
    """Read up to the tagged response, which must be OK; return the untagged ones, which may be about anything."""
    untagged = []
    while True:
        line = text((yield LINE))
        marked, _, rest = line.partition(" ")
        if marked == tag:
            break
        if marked == "*" and rest.upper().startswith("BYE"):
            raise unavailable(f"The server ended the connection: {quoted(line)}.")
        if marked not in {"*", "+"}:
            raise broken(f"The server said {quoted(line)} where an IMAP response begins with * or {tag}.")
        untagged.append(line)
    status = rest.partition(" ")[0].upper()
    # RFC 9051 §6.2.1 knows three results: with OK TLS begins, NO is a server whose settings keep it from TLS, BAD a command that
    # is unknown or out of place.
    if status in {"NO", "BAD"}:
        raise refused(f"The server refuses: {quoted(rest)}.")
    if status != "OK":
        raise broken(f"The server said {quoted(line)}; expected {tag} with OK, NO or BAD.")
    return untagged


def pop3(host: str) -> Dialogue:
    """Ask a POP3 server for TLS (RFC 2595 §4)."""
    del host
    greeting = text((yield LINE))
    # RFC 1939 §3: replies are "+OK" and "-ERR"; RFC 1939 §4 greets with a positive one.
    if not _is_positive(greeting):
        raise unavailable(f"The server greeted with {quoted(greeting)}.")
    yield b"CAPA\r\n"
    # RFC 2449 §5: a server without CAPA answers -ERR; STLS is then asked for all the same, since nothing said no.
    if _is_positive(text((yield LINE))):
        names = set()
        while (line := text((yield LINE))) != ".":
            names.add(line.partition(" ")[0].upper())
        # RFC 2595 §4: "The capability name "STLS" indicates this command is present and permitted in the current state."
        if "STLS" not in names:
            raise not_offered("The server does not list STLS among its capabilities.")
    yield b"STLS\r\n"
    answer = text((yield LINE))
    # RFC 2595 §4: "A TLS negotiation begins immediately after the CRLF at the end of the +OK response from the server."
    if not _is_positive(answer):
        raise refused(f"The server refuses TLS: {quoted(answer)}.")


def _is_positive(line: str) -> bool:
    status = line.partition(" ")[0].upper()
    if status not in {"+OK", "-ERR"}:
        raise broken(f"The server said {quoted(line)} where +OK or -ERR is due.")
    return status == "+OK"


def sieve(host: str) -> Dialogue:
    """Ask a ManageSieve server for TLS (RFC 5804 §2.2)."""
    del host
    # RFC 5804 §1.7: the server greets with its capabilities, and ends them with OK.
    listed = yield from _sieve_result(greeting=True)
    if '"STARTTLS"' not in listed:
        raise not_offered("The server does not list STARTTLS among its capabilities.")
    yield b"STARTTLS\r\n"
    # RFC 5804 §2.2: "The negotiation begins immediately after the CRLF in the OK response."
    yield from _sieve_result(greeting=False)


def _sieve_result(*, greeting: bool) -> Generator[bytes | Need, bytes, set[str]]:
    """Read lines up to OK, and return their first words; NO and BYE are refusals (RFC 5804 §1.2)."""
    listed: set[str] = set()
    while True:
        line = yield from _sieve_line()
        # A capability's name is a string (RFC 5804 §1.7), so a word without quotation marks is a response.
        word = line.partition(" ")[0].upper()
        if word == "OK":
            return listed
        if word == "BYE" or (word == "NO" and greeting):
            raise unavailable(f"The server said {quoted(line)}.")
        if word == "NO":
            raise refused(f"The server refuses TLS: {quoted(line)}.")
        if not word.startswith(('"', "{")):
            raise broken(f"The server said {quoted(line)} where a string, OK, NO or BYE is due.")
        listed.add(word)


def _sieve_line() -> Generator[bytes | Need, bytes, str]:
    """Read one line, with the literals in it: the line ends after the last of them."""
    whole = yield LINE
    part = whole
    while found := _LITERAL.search(part):
        size = int(found[1])
        if size > MAX_MESSAGE:
            raise broken(f"The server announced a string of {size:,} bytes; at most {MAX_MESSAGE:,} are read.")
        content = yield Exactly(size=size)
        part = yield LINE
        # The name of a capability may be a literal too; what matters then is what it says.
        whole = whole[: -len(found[0])] + b'"' + content + b'"' + part
    return text(whole)
