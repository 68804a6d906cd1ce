"""
Listen on a port and serve TLS there, or misbehave as services do before TLS even begins.

Rules kept here:
- what is served is asked for anew at each connection, so that it can change under a running listener;
- connections are bounded in number, request size and time, and end with the listener.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from anchorkeep.errors import UsageError
from anchorkeep.model.endpoint import Address
from anchorkeep.observe.serve import Present, TLSServer
from anchorkeep.text import visible

#: Connections at once; enough for a bulk scan of one service, far below the usual limit of 1,024 open files.
MAX_CONNECTIONS = 512
#: Octets of one request; web servers stop at 8 to 64 KiB of head.
MAX_REQUEST = 64 * 1024
#: Seconds one connection may take: longer than any sensible timeout of a client.
MAX_SECONDS = 600.0
#: Seconds the peer has to close after us, before the connection is cut (and what it has not read with it).
LINGER_SECONDS = 2.0
_CHUNK = 64 * 1024

# Not a record of TLS, nor of SSL 2, nor text: the first octet decides for every client.
_GARBAGE = bytes(range(255, -1, -1)) * 2
_BANNER = b"220 mail.flexnetoperations.test ESMTP ready\r\n"
# What nginx and Apache say to a ClientHello on a port for plain HTTP.
_PLAIN_HTTP = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 12\r\nConnection: close\r\n\r\nBad Request\n"
)


class Fault(StrEnum):
    """How a service misbehaves before TLS."""

    NEVER_ANSWERS = "never-answers"
    DRIP = "drip"
    GARBAGE = "garbage"
    CLOSES_EARLY = "closes-early"
    HTTP = "http"
    BANNER = "banner"


Respond: TypeAlias = Callable[[bytes], bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """
    What a listener serves.

    Attributes:
        present: gives the certificates by the name the client asks for.
        respond: takes all that a client has sent so far, decrypted, and returns the answer after which the connection
            is closed, or None to wait for more. None: nothing is answered, the client closes.
        fault: how it misbehaves instead, None for not at all.
        min_version: the oldest version of TLS.
        max_version: the newest version of TLS.
        drip_seconds: seconds between two bytes of a fault that drips.
        delay_seconds: seconds before the first answer, as a service far away has.
    """

    present: Present
    respond: Respond | None = None
    fault: Fault | None = None
    min_version: str = "TLSv1.2"
    max_version: str = "TLSv1.3"
    drip_seconds: float = 1.0
    delay_seconds: float = 0.0


class Listener:
    """
    A port that is listened on.

    Attributes:
        address: where, with the port that was given.
    """

    def __init__(self, address: Address) -> None:
        """Keep the address; made by `serve`."""
        self.address = address

    def __repr__(self) -> str:
        """Name the address."""
        return f"<Listener {self.address}>"


@contextlib.asynccontextmanager
async def serve(choose: Callable[[], Service], *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Listener]:
    """
    Serve TLS on a port until the context ends; connections that are open then are cut.

    Args:
        choose: gives what is served, asked at each connection.
        host: the address to listen on.
        port: the port, 0 for one that is free.

    Raises:
        UsageError: the port cannot be listened on.
    """
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(tasks) >= MAX_CONNECTIONS:
            writer.close()
            return
        task = asyncio.get_running_loop().create_task(_attend(choose(), reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    try:
        server = await asyncio.start_server(accept, host, port, backlog=MAX_CONNECTIONS)
    except (OSError, OverflowError) as error:
        message = f"Port {port} of {visible(host)} cannot be listened on: {visible(str(error))}."
        raise UsageError(message, remedy="Choose another port, or stop what uses it.") from None
    try:
        yield Listener(Address(host=host, port=server.sockets[0].getsockname()[1]))
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def _attend(service: Service, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # A client that goes away, or stays too long, is nothing to tell.
    with contextlib.suppress(OSError, TimeoutError):
        try:
            async with asyncio.timeout(MAX_SECONDS):
                await (_converse if service.fault is None else _FAULTS[service.fault])(service, reader, writer)
                await _say_goodbye(reader, writer)
        finally:
            writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def _converse(service: Service, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    server = TLSServer(service.present, min_version=service.min_version, max_version=service.max_version)
    request = b""
    delay = service.delay_seconds
    while not server.is_closed and len(request) <= MAX_REQUEST and (data := await reader.read(_CHUNK)):
        if delay:
            await asyncio.sleep(delay)
            delay = 0.0
        request += server.receive(data)
        answer = service.respond(request) if service.respond and request else None
        if answer is not None:
            server.send(answer)
            server.close()
        writer.write(server.data_to_send())
        await writer.drain()
        if answer is not None:
            return


async def _drip(service: Service, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer with the right bytes, one at a time."""
    server = TLSServer(service.present, min_version=service.min_version, max_version=service.max_version)
    while not server.is_closed and (data := await reader.read(_CHUNK)):
        server.receive(data)
        for octet in server.data_to_send():
            writer.write(bytes((octet,)))
            await writer.drain()
            await asyncio.sleep(service.drip_seconds)


async def _never_answer(_: Service, reader: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    while await reader.read(_CHUNK):
        pass


async def _send_garbage(_: Service, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(_CHUNK)
    writer.write(_GARBAGE)


async def _close_early(_: Service, reader: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    await reader.read(_CHUNK)


async def _answer_http(_: Service, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(_CHUNK)
    writer.write(_PLAIN_HTTP)


async def _send_banner(_: Service, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(_BANNER)
    await reader.read(_CHUNK)


async def _say_goodbye(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close our side and read on for a while: to close over unread bytes would reset the connection."""
    await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while await reader.read(_CHUNK):
                pass


_FAULTS = {
    Fault.NEVER_ANSWERS: _never_answer,
    Fault.DRIP: _drip,
    Fault.GARBAGE: _send_garbage,
    Fault.CLOSES_EARLY: _close_early,
    Fault.HTTP: _answer_http,
    Fault.BANNER: _send_banner,
}
