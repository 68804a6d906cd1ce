"""
Carry bytes between a connection and what talks over it: a way through a proxy, a dialogue before TLS, a handshake.

Those know no network; this knows nothing of what they say. An `OSError` is the caller's, who knows what it broke off.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import socket

    from anchorkeep.model.chain import Failure
    from anchorkeep.observe.handshake import ClientHandshake
    from anchorkeep.observe.starttls import Opening

#: Seconds in which a TLS 1.3 server may still refuse the client certificate, or the lack of one: its alert is on its way when the
#: handshake ends here, and takes a round trip.
VERDICT_TIMEOUT = 0.5
#: One read from a connection; a chain of usual size comes in one.
_READ_SIZE = 16 * 1024


class Talk(Protocol):
    """What is said over a connection for a while: to a proxy, before TLS, and TLS itself."""

    is_done: bool
    failure: Failure | None

    def start(self) -> bytes:
        """Return what to send first, often nothing."""

    def receive(self, data: bytes) -> bytes:
        """Take bytes of the peer and return what to send it now; nothing after the end."""

    def close(self) -> bytes:
        """Take note that the peer closed the connection."""

    def reset(self) -> None:
        """Take note that the connection was reset."""

    def expire(self, timeout: float) -> None:
        """Take note that the time is over; `timeout` in seconds."""


async def carry(connection: socket.socket, talk: Talk, *, said: bytes = b"") -> None:
    """Carry the bytes between a connection and a talk until it is done; `said` came before."""
    loop = asyncio.get_running_loop()
    answer = talk.start() + talk.receive(said)
    while True:
        if answer:
            await loop.sock_sendall(connection, answer)
        if talk.is_done:
            return
        data = await loop.sock_recv(connection, _READ_SIZE)
        answer = talk.receive(data) if data else talk.close()


class _Ear:
    """
    The receiving end of a connection during a handshake, where the next bytes are always still on their way.

    `loop.sock_recv` first reads in vain and then watches the connection anew for each read; this watches it once. Measured, that
    saves a thirtieth of a handshake.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._heard: asyncio.Future[bytes] = self._loop.create_future()
        self._is_watching = False

    async def listen(self) -> bytes:
        """Return the next bytes, none at the end."""
        if not self._is_watching:
            self._loop.add_reader(self._connection.fileno(), self._hear)
            self._is_watching = True
        data = await self._heard
        self._heard = self._loop.create_future()
        return data

    def stop(self) -> None:
        """Watch no more."""
        if self._is_watching:
            self._loop.remove_reader(self._connection.fileno())
            self._is_watching = False

    def _hear(self) -> None:
        if self._heard.done():
            # Nobody waits for more yet: `listen` watches again.
            self.stop()
            return
        try:
            self._heard.set_result(self._connection.recv(_READ_SIZE))
        except BlockingIOError:
            return
        except OSError as error:
            self._heard.set_exception(error)


async def shake_hands(
    connection: socket.socket, handshake: ClientHandshake, *, said: bytes = b"", opening: Opening | None = None
) -> None:
    """
    Carry the bytes between a connection and a handshake until it is done.

    By the loop's socket calls: a transport with a protocol was measured to cost a tenth of a handshake more, and tells the story
    in more places.

    Args:
        connection: open.
        handshake: not begun yet.
        said: what the server has said already.
        opening: what came before TLS, which may frame TLS itself; where that fails, the handshake is left as it is.
    """
    ear = _Ear(connection)
    try:
        last = await _exchange(connection, handshake, ear, said=said, opening=opening)
    finally:
        ear.stop()
    if handshake.awaits_verdict:
        await _await_verdict(connection, handshake, last)
    elif last:
        # The last flight is a courtesy: a server that does not take it at once is not waited for.
        connection.send(last)


async def _exchange(
    connection: socket.socket, handshake: ClientHandshake, ear: _Ear, *, said: bytes, opening: Opening | None
) -> bytes:
    """Say and hear until the handshake is done, or the opening fails; return the last flight, which is not sent yet."""
    loop = asyncio.get_running_loop()
    answer = handshake.start()
    await loop.sock_sendall(connection, opening.wrap(answer) if opening else answer)
    data = said or await ear.listen()
    while True:
        received = opening.unwrap(data) if opening and data else data
        if opening is not None and opening.failure is not None:
            return b""
        answer = handshake.receive(received) if data else handshake.close()
        if handshake.is_done:
            return opening.wrap(answer) if opening and answer else answer
        if answer:
            await loop.sock_sendall(connection, opening.wrap(answer) if opening else answer)
        data = await ear.listen()


async def _await_verdict(connection: socket.socket, handshake: ClientHandshake, answer: bytes) -> None:
    """Send the last flight and wait a while for what the server says to it; silence, and an end without an alert, say nothing."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(VERDICT_TIMEOUT):
            await loop.sock_sendall(connection, answer)
            while handshake.awaits_verdict:
                data = await loop.sock_recv(connection, _READ_SIZE)
                if not data:
                    return
                handshake.receive_verdict(data)
    except (TimeoutError, OSError):
        return
