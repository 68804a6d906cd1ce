"""
TLS in XMPP, between client and server and between servers (RFC 6120 §5).

What a server sends is cut into tags by hand: before TLS a stream holds a dozen of them, and a parser of all of XML would bring
entities and namespaces that nobody has asked for. RFC 6120 §11.1 forbids comments, processing instructions and DTDs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anchorkeep.observe.starttls.dialogue import MAX_LINE, Until, broken, not_offered, quoted, refused, text, unavailable

if TYPE_CHECKING:
    from collections.abc import Generator

    from anchorkeep.observe.starttls.dialogue import Dialogue, Need, StartTLSError

# RFC 6120 §5.4.2.1: "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
_STARTTLS = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
# XML 1.0 §2.4. xml.sax.saxutils has this too, and would bring urllib.request with it: 30 ms.
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&apos;", '"': "&quot;"})
_TAG_END = Until(end=b">")
#: A start tag, end tag or empty tag, and what stands before it: text, which means nothing between elements.
_TAG = re.compile(r"[^<]*<(?P<end>/)?(?:[\w.-]+:)?(?P<name>[\w.-]+)(?P<rest>(?:\s.*?)?)(?P<empty>/)?>", re.ASCII | re.DOTALL)
_DECLARATION = re.compile(r"\s*<\?xml\s[^>]*>", re.ASCII)
# An attribute may hold a > (XML 1.0 §2.4), so a tag ends only outside of quotation marks.
_QUOTED = re.compile(rb"\"[^\"]*\"|'[^']*'")
#: Elements within each other while looking for the end of one; the features of servers in use have four floors.
_MAX_DEPTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tag:
    """A tag: its local name, whether it begins and ends an element, and as it was sent."""

    name: str
    is_start: bool
    is_end: bool
    raw: str


def client(host: str) -> Dialogue:
    """Ask an XMPP server for TLS as a client (RFC 6120 §5.4)."""
    return _stream(host, "jabber:client")


def server(host: str) -> Dialogue:
    """Ask an XMPP server for TLS as another server (RFC 6120 §5.4)."""
    return _stream(host, "jabber:server")


def _stream(host: str, namespace: str) -> Dialogue:
    # RFC 6120 §4.2: the initiating entity opens with an initial stream header; §4.7.2: its "to" is the domain that it wants to
    # reach, which chooses the certificate where one server has many.
    yield (
        f"<?xml version='1.0'?><stream:stream to='{host.translate(_ESCAPES)}' version='1.0' xml:lang='en' "
        f"xmlns='{namespace}' xmlns:stream='http://etherx.jabber.org/streams'>"
    ).encode()
    yield from _header()
    first = yield from _tag()
    if first.name == "error":
        raise (yield from _stream_error(first, host))
    # RFC 6120 §4.3.2: the receiving entity sends its features as the first child; a server older than version 1.0 has none.
    if first.name != "features" or not first.is_start:
        raise broken(f"The server sent {quoted(first.raw)} where the stream's features are due.")
    if "starttls" not in (yield from _names_in(first)):
        raise not_offered("The server does not list starttls among the stream's features.")
    yield _STARTTLS
    answer = yield from _tag()
    # RFC 6120 §5.4.2.2: in the failure case the receiving entity returns <failure/> and closes the stream.
    if answer.name == "failure":
        raise refused("The server refuses TLS: it answered <failure/>.")
    if answer.name == "error":
        raise (yield from _stream_error(answer, host))
    if answer.name != "proceed" or not answer.is_start:
        raise broken(f"The server sent {quoted(answer.raw)}; expected <proceed/> or <failure/>.")
    # RFC 6120 §5.4.3.3: TLS begins after the closing > of <proceed/>. §5.3.3: "During STARTTLS negotiation, the entities MUST NOT
    # send any whitespace as separators between XML elements", so a line end after it is refused like anything else.
    yield from _names_in(answer)


def _header() -> Generator[bytes | Need, bytes, None]:
    """Read the response stream header, an XML declaration before it or none (RFC 6120 §11.5)."""
    raw = yield from _raw_tag()
    if _DECLARATION.fullmatch(raw):
        raw = yield from _raw_tag()
    tag = _parse(raw)
    if tag.name != "stream" or not tag.is_start or tag.is_end:
        raise broken(f"The server began with {quoted(raw)} where a stream header is due.")


def _stream_error(first: _Tag, host: str) -> Generator[bytes | Need, bytes, StartTLSError]:
    """Return what the stream error says that begins with this tag: a condition by its name (RFC 6120 §4.9.2)."""
    names = yield from _names_in(first)
    condition = names[0] if names else "without a condition"
    message = f"The server ended the stream: {quoted(condition)}."
    # RFC 6120 §4.9.3.6: host-unknown is the answer to a "to" that the server does not serve.
    if condition == "host-unknown":
        domain = f"It was asked for {quoted(host)}: name the domain that it serves with --servername."
        return refused(message, remedy=domain)
    return unavailable(message)


def _names_in(first: _Tag) -> Generator[bytes | Need, bytes, list[str]]:
    """Read to the end of the element that begins with this tag; return the names of all elements in it."""
    names: list[str] = []
    depth = 0 if first.is_end else 1
    while depth:
        tag = yield from _tag()
        depth += tag.is_start - tag.is_end
        if tag.is_start:
            names.append(tag.name)
        if depth > _MAX_DEPTH:
            raise broken(f"The server nested more than {_MAX_DEPTH} elements in <{first.name}>.")
    return names


def _tag() -> Generator[bytes | Need, bytes, _Tag]:
    return _parse((yield from _raw_tag()))


def _raw_tag() -> Generator[bytes | Need, bytes, str]:
    """Read up to the end of the next tag."""
    raw = yield _TAG_END
    while _is_quote_open(raw):
        if len(raw) > MAX_LINE:
            raise broken(f"The server sent a tag of more than {MAX_LINE:,} bytes.")
        raw += yield _TAG_END
    return text(raw)


def _is_quote_open(raw: bytes) -> bool:
    """Tell whether the last > stands inside the quotation marks of an attribute."""
    rest = _QUOTED.sub(b"", raw.partition(b"<")[2])
    return b'"' in rest or b"'" in rest


def _parse(raw: str) -> _Tag:
    found = _TAG.fullmatch(raw)
    if found is None or (found["end"] and found["empty"]):
        raise broken(f"The server sent {quoted(raw)}, which is no tag of an XML stream.")
    is_closing = found["end"] is not None
    return _Tag(name=found["name"], is_start=not is_closing, is_end=is_closing or found["empty"] is not None, raw=raw)
