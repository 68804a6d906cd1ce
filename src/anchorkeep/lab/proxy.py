"""
Two HTTP proxies for the lab: one that tunnels, and one that inspects, as companies' gateways do.

The inspecting one ends TLS itself: it asks the service for its certificate, presents a copy of it signed by its own CA, which is
named like that of a known product, and passes on what both sides say. Both lead to the lab's own services and nowhere else.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import datetime, timedelta
from typing import TypeAlias

from anchorkeep import mint
from anchorkeep.errors import AnchorkeepError, UsageError
from anchorkeep.mint import Authority
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.endpoint import Address
from anchorkeep.observe.serve import Presentation, TLSServer
from anchorkeep.text import visible

#: Connections at once, and seconds that one may take; as for the services behind.
MAX_CONNECTIONS = 512
MAX_SECONDS = 600.0
#: Bytes of a request's head.
_MAX_HEAD = 16 * 1024
_CHUNK = 64 * 1024
_LEAF_DAYS = 10
_OPEN = b"HTTP/1.1 200 Connection established\r\n\r\n"

#: Takes what a client wants to be connected to, and returns where that is; None for what is not the lab's.
Route: TypeAlias = Callable[[Address], Address | None]
_Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Inspector:
    """What signs in the services' names."""

    def __init__(self, authority: Authority, *, clock: Callable[[], datetime], entropy: Callable[[int], bytes]) -> None:
        """
        Keep the CA.

        Args:
            authority: signs what is presented.
            clock: gives the time for which certificates are made, aware, UTC.
            entropy: where serial numbers come from.
        """
        self._authority = authority
        self._clock = clock
        self._entropy = entropy
        self._presented: tuple[Certificate, Presentation] | None = None

    def present(self, original: Certificate) -> Presentation:
        """Return a copy of a service's certificate under the inspector's own CA; the same while the original is."""
        if self._presented is None or self._presented[0] != original:
            self._presented = original, self._copy(original)
        return self._presented[1]

    def _copy(self, original: Certificate) -> Presentation:
        names = tuple(item.value for item in original.subject_alt_names if item.kind == "dNSName")
        at = self._clock() - timedelta(minutes=10)
        template = mint.server_template(original.subject, dns_names=names, at=at, days=_LEAF_DAYS, entropy=self._entropy)
        identity = self._authority.identity(template, mint.key.generate())
        return Presentation(certificates=(*identity.chain, self._authority.certificate), key=identity.key)


@contextlib.asynccontextmanager
async def serve(
    route: Route, *, inspector: Inspector | None = None, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[int]:
    """
    Run a proxy until the context ends, and yield its port; connections that are open then are cut.

    Args:
        route: says where a client may go.
        inspector: signs in the services' names; None only tunnels.
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
        task = asyncio.get_running_loop().create_task(_attend((reader, writer), route, inspector))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    try:
        server = await asyncio.start_server(accept, host, port, limit=_MAX_HEAD)
    except (OSError, OverflowError) as error:
        message = f"Port {port} of {visible(host)} cannot be listened on: {visible(str(error))}."
        raise UsageError(message, remedy="Choose another port, or stop what uses it.") from None
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def _attend(client: _Streams, route: Route, inspector: Inspector | None) -> None:
    # A client that goes away, stays too long or asks for too much, and a service that breaks off, are nothing to tell.
    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        try:
            async with asyncio.timeout(MAX_SECONDS):
                await _connect(client, route, inspector)
        finally:
            client[1].close()
    with contextlib.suppress(OSError):
        await client[1].wait_closed()


async def _connect(client: _Streams, route: Route, inspector: Inspector | None) -> None:
    """Do what a CONNECT asks for (RFC 9110 §9.3.6)."""
    head = await client[0].readuntil(b"\r\n\r\n")
    method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
    if method != "CONNECT":
        await _refuse(client, "405 Method Not Allowed")
        return
    try:
        target = Address.parse(rest.partition(" ")[0])
    except UsageError:
        await _refuse(client, "400 Bad Request")
        return
    where = route(target)
    if where is None:
        await _refuse(client, "403 Forbidden")
        return
    try:
        service = await _reach(where, target, is_inspected=inspector is not None)
    except OSError:  # An ssl.SSLError is one.
        await _refuse(client, "502 Bad Gateway")
        return
    try:
        client[1].write(_OPEN)
        if inspector is None:
            await _both(_pump(client[0], service[1]), _pump(service[0], client[1]))
        else:
            await _inspect(client, service, inspector)
    finally:
        service[1].close()


async def _reach(where: Address, target: Address, *, is_inspected: bool) -> _Streams:
    if not is_inspected:
        return await asyncio.open_connection(where.host, where.port)
    # Who asks for an address asks for no name (RFC 6066 §3): the library sends none then.
    return await asyncio.open_connection(where.host, where.port, ssl=_client_context(), server_hostname=target.host)


async def _inspect(client: _Streams, service: _Streams, inspector: Inspector) -> None:
    """Speak TLS with the client in the service's place, and pass on what both say."""
    original = service[1].get_extra_info("ssl_object").getpeercert(binary_form=True)
    try:
        presentation = inspector.present(Certificate(original))
    except AnchorkeepError:
        return  # A certificate that cannot be read is not copied; the client sees the connection end.
    server = TLSServer(lambda _: presentation)

    async def inward() -> None:
        while not server.is_closed and (data := await client[0].read(_CHUNK)):
            said = server.receive(data)
            client[1].write(server.data_to_send())
            await client[1].drain()
            if said:
                service[1].write(said)
                await service[1].drain()

    async def outward() -> None:
        while data := await service[0].read(_CHUNK):
            server.send(data)
            client[1].write(server.data_to_send())
            await client[1].drain()
        server.close()
        client[1].write(server.data_to_send())
        await client[1].drain()

    await _both(inward(), outward())


async def _both(*ways: Coroutine[None, None, None]) -> None:
    """Run both directions until one of them ends."""
    tasks = [asyncio.ensure_future(item) for item in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()


async def _refuse(client: _Streams, status: str) -> None:
    client[1].write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
    await client[1].drain()


def _client_context() -> ssl.SSLContext:
    """Return a context that takes whatever the lab's services present: what misbehaves is inspected too."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context
