"""
The lab's issuer URLs (caIssuers, RFC 5280 §4.2.2.1): its CAs' certificates over HTTP, and every answer a client must survive.

    http://127.0.0.1:PORT/ANSWER/FINGERPRINT    the certificate with that SHA-256, as ANSWER has it
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from enum import StrEnum

from anchorkeep import formats
from anchorkeep.errors import UsageError
from anchorkeep.lab import site
from anchorkeep.model import oid
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.extension import Extension
from anchorkeep.text import visible
from anchorkeep.tlv import writer

#: Bytes of the answer that is too large, and of the one that is small until it is decoded.
HUGE = 1024 * 1024
BOMB = 16 * 1024 * 1024
#: Requests remembered, for whoever wants to know what was asked.
_REMEMBERED = 1000
#: Bytes and seconds of one request; seconds one answer may take.
_MAX_HEAD = 16 * 1024
_MAX_SECONDS = 60.0


class Answer(StrEnum):
    """How a certificate is given, or not given."""

    DER = "der"
    PEM = "pem"
    PKCS7 = "p7c"
    WRONG = "wrong"
    HTML = "html"
    MISSING = "missing"
    REDIRECT = "redirect"
    LOOP = "loop"
    TO_LOOPBACK = "to-loopback"
    TO_METADATA = "to-metadata"
    TO_MAPPED = "to-mapped"
    TO_NAT64 = "to-nat64"
    TO_NUMBER = "to-number"
    TO_FILE = "to-file"
    HUGE = "huge"
    DRIP = "drip"
    SILENT = "silent"
    GZIP = "gzip"
    GARBAGE = "garbage"


class Server:
    """
    Issuer URLs that are served.

    Attributes:
        port: where, on loopback.
        heads: the last requests as they came, without their body, oldest first.
    """

    def __init__(self, port: int) -> None:
        """Keep the port; made by `serve`."""
        self.port = port
        self.heads: deque[bytes] = deque(maxlen=_REMEMBERED)


def url(certificate: Certificate, answer: Answer = Answer.DER, *, port: int) -> str:
    """Return the URL of a certificate; port 0 is HTTP's own."""
    place = f"{site.LOOPBACK}:{port}" if port else site.LOOPBACK
    return f"http://{place}/{answer}/{certificate.sha256.hex()}"


def extension(*urls: str) -> Extension:
    """Return authorityInfoAccess that names where the issuer is to be had; not critical (RFC 5280 §4.2.2.1)."""
    places = [writer.sequence(writer.oid(oid.CA_ISSUERS), writer.implicit(6, item.encode("latin-1"))) for item in urls]
    return Extension(oid=oid.AUTHORITY_INFORMATION_ACCESS, critical=False, value=writer.sequence(*places))


@contextlib.asynccontextmanager
async def serve(
    current: Callable[[], Sequence[Certificate]], *, port: int = 0, drip_seconds: float = 1.0
) -> AsyncIterator[Server]:
    """
    Serve issuer URLs on loopback until the context ends.

    Args:
        current: gives the certificates there are, asked at each request.
        port: 0 for a free one.
        drip_seconds: seconds between two bytes of an answer that drips.

    Raises:
        UsageError: the port is taken.
    """
    served = Server(port)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, output: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(_attend(served, current, reader, output, drip_seconds=drip_seconds))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    try:
        server = await asyncio.start_server(accept, site.LOOPBACK, port)
    except OSError as error:
        message = f"Port {port} of {site.LOOPBACK} cannot be listened on: {visible(str(error))}."
        raise UsageError(message, remedy="Choose another port, or stop what uses it.") from None
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def _attend(
    served: Server,
    current: Callable[[], Sequence[Certificate]],
    reader: asyncio.StreamReader,
    output: asyncio.StreamWriter,
    *,
    drip_seconds: float,
) -> None:
    # A client that goes away, or stays too long, is nothing to tell.
    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        try:
            async with asyncio.timeout(_MAX_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                served.heads.append(head[:_MAX_HEAD])
                target = head.split(b" ", 2)[1].decode("latin-1") if head.count(b" ") > 1 else ""
                await _answer(target, current(), output, drip_seconds)
                await output.drain()
        finally:
            output.close()
    with contextlib.suppress(OSError):
        await output.wait_closed()


async def _answer(target: str, known: Sequence[Certificate], output: asyncio.StreamWriter, drip_seconds: float) -> None:
    _, _, path = target.partition("/")
    kind, _, fingerprint = path.partition("/")
    found = next((item for item in known if item.sha256.hex() == fingerprint), None)
    if found is None or kind not in set(Answer):
        output.write(_response(b"Nothing here.\n", status="404 Not Found"))
        return
    if kind in {Answer.SILENT, Answer.DRIP}:
        head, _, body = _response(found.der).partition(b"\r\n\r\n")
        if kind == Answer.DRIP:
            output.write(head + b"\r\n\r\n")
        for octet in body:
            await asyncio.sleep(drip_seconds)
            if kind == Answer.DRIP:
                output.write(bytes((octet,)))
                await output.drain()
        return
    output.write(respond(Answer(kind), found, known))


def respond(kind: Answer, certificate: Certificate, known: Sequence[Certificate] = ()) -> bytes:
    """Return the whole response of an answer that comes at once."""
    if kind in _LOCATIONS:
        target = _LOCATIONS[kind].format(fingerprint=certificate.sha256.hex())
        return _response(b"", status="302 Found", fields=f"Location: {target}\r\n")
    if kind is Answer.GARBAGE:
        return bytes(range(255, -1, -1))
    if kind is Answer.MISSING:
        return _response(b"Not found.\n", status="404 Not Found")
    if kind is Answer.GZIP:
        return _response(gzip.compress(certificate.der + bytes(BOMB)), fields="Content-Encoding: gzip\r\n")
    return _response(_body(kind, certificate, known))


def _body(kind: Answer, certificate: Certificate, known: Sequence[Certificate]) -> bytes:
    match kind:
        case Answer.PEM | Answer.PKCS7:
            return formats.dumps([certificate], format="pem" if kind is Answer.PEM else "pkcs7")
        case Answer.WRONG:
            return next((item for item in known if item != certificate), certificate).der
        case Answer.HTML:
            return b"<!doctype html><title>Sign in</title><p>Sign in to go on.</p>"
        case Answer.HUGE:
            return certificate.der + bytes(HUGE)
        case _:
            return certificate.der


_LOCATIONS = {
    Answer.REDIRECT: f"/{Answer.DER}/{{fingerprint}}",
    Answer.LOOP: f"/{Answer.LOOP}/{{fingerprint}}",
    Answer.TO_LOOPBACK: "http://127.0.0.1:22/",
    Answer.TO_METADATA: "http://169.254.169.254/latest/meta-data/",
    # This machine, in the forms that lists of forbidden addresses forget.
    Answer.TO_MAPPED: "http://[::ffff:127.0.0.1]/",
    Answer.TO_NAT64: "http://[64:ff9b::7f00:1]/",
    Answer.TO_NUMBER: "http://2130706433/",
    Answer.TO_FILE: "file:///etc/passwd",
}


def _response(body: bytes, *, status: str = "200 OK", fields: str = "") -> bytes:
    # A cookie is offered with everything, and must never come back.
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nSet-Cookie: lab=1; Path=/\r\nConnection: close\r\n{fields}\r\n"
    return head.encode("ascii") + body
