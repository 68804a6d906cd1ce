"""
Observe one endpoint over the network: resolve, connect, shake hands, and say what came or why nothing did.

Rules kept here:
- one timeout holds over everything, whatever resolver, network and server do;
- a failure is an answer: `observe` raises nothing for what happens outside this process;
- addresses of a name are tried as in RFC 8305 ("happy eyeballs"), and every address's error is told.
"""

from __future__ import annotations

import asyncio
import socket
from functools import cache
from typing import TYPE_CHECKING

from anchorkeep.model.chain import FailedObservation, Failure, ObservedChain
from anchorkeep.observe import failure
from anchorkeep.observe.handshake import ClientHandshake, client_context
from anchorkeep.observe.resolve import Resolver, SocketAddress, resolve, system_resolver

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from OpenSSL import SSL

    from anchorkeep.model.endpoint import Address, Endpoint

#: Seconds for one observation in total.
DEFAULT_TIMEOUT = 10.0
#: Seconds before the next address is tried beside those that have not answered (RFC 8305 §5).
ATTEMPT_DELAY = 0.25
#: One read from a connection; a chain of usual size comes in one.
_READ_SIZE = 16 * 1024


class _Attempt:
    """What is known so far, so that a timeout can be explained."""

    __slots__ = ("candidates", "errors", "handshake", "reached")

    def __init__(self) -> None:
        self.candidates: tuple[SocketAddress, ...] = ()
        self.errors: list[tuple[Address, OSError]] = []
        self.handshake: ClientHandshake | None = None
        self.reached: Address | None = None


async def observe(
    endpoint: Endpoint,
    *,
    clock: Callable[[], datetime],
    timeout: float = DEFAULT_TIMEOUT,  # noqa: ASYNC109 (it is a fact to be told in the answer, not only a limit)
    resolver: Resolver = system_resolver,
) -> ObservedChain | FailedObservation:
    """
    Ask a TLS service for its certificates. Nothing about them is verified, and nothing is sent but the handshake.

    Args:
        endpoint: what to ask; the name sent in server_name is its reference identity, unless that is an IP address.
        clock: says when the observation began, aware, UTC.
        timeout: seconds for resolving, connecting and shaking hands together.
        resolver: blocking look-up of names; it runs in a thread of its own.

    Returns:
        The chain as sent, with `failure` set when the handshake failed after it; or why none came. An alert by which a TLS 1.3
        server refuses the missing client certificate comes after the handshake's end and is not waited for.
    """
    observed_at = clock()
    attempt = _Attempt()
    try:
        async with asyncio.timeout(timeout):
            broken = await _attempt(attempt, endpoint, resolver)
    except TimeoutError:
        broken = _explain_timeout(attempt, endpoint, timeout)
    return _outcome(attempt, endpoint, broken, observed_at)


async def _attempt(attempt: _Attempt, endpoint: Endpoint, resolver: Resolver) -> Failure | None:
    try:
        attempt.candidates = await resolve(endpoint.target, resolver)
    except (OSError, UnicodeError) as error:
        return failure.resolution(endpoint.target.host, error)
    if not attempt.candidates:
        return failure.resolution(endpoint.target.host, socket.gaierror(socket.EAI_NONAME, "no address"))
    connected = await _connect(attempt.candidates, attempt.errors)
    if connected is None:
        return failure.connection(attempt.errors)
    connection, attempt.reached = connected
    attempt.handshake = ClientHandshake(_shared_context(), endpoint.reference_identity)
    await _shake_hands(connection, attempt.handshake)
    return attempt.handshake.failure


def _explain_timeout(attempt: _Attempt, endpoint: Endpoint, timeout: float) -> Failure | None:
    if attempt.handshake is not None:
        attempt.handshake.expire(timeout)
        return attempt.handshake.failure
    if attempt.candidates:
        failed = {address for address, _ in attempt.errors}
        waiting = [item.address for item in attempt.candidates if item.address not in failed]
        return failure.connect_timeout(timeout, attempt.errors, waiting=waiting)
    return failure.resolution_timeout(endpoint.target.host, timeout)


def _outcome(
    attempt: _Attempt, endpoint: Endpoint, broken: Failure | None, observed_at: datetime
) -> ObservedChain | FailedObservation:
    handshake = attempt.handshake
    certificates = handshake.certificates if handshake is not None else ()
    if handshake is not None and (certificates or broken is None):
        return ObservedChain(
            endpoint=endpoint,
            certificates=certificates,
            observed_at=observed_at,
            address=attempt.reached,
            tls_version=handshake.tls_version,
            cipher=handshake.cipher,
            failure=broken,
            client_certificate_requested=handshake.client_certificate_requested,
        )
    assert broken is not None  # noqa: S101 (without a handshake there is always a failure)
    return FailedObservation(endpoint=endpoint, observed_at=observed_at, failure=broken, address=attempt.reached)


@cache
def _shared_context() -> SSL.Context:
    """Return the context of all observations: to make one for each would cost a seventh of a handshake more."""
    return client_context()


async def _connect(
    candidates: Sequence[SocketAddress], errors: list[tuple[Address, OSError]]
) -> tuple[socket.socket, Address] | None:
    """Return the first connection of the race with its address, or None when every address failed."""
    if len(candidates) == 1:
        return await _connect_only(candidates[0], errors)
    waiting = list(reversed(candidates))
    running: dict[asyncio.Task[socket.socket], Address] = {}
    try:
        while waiting or running:
            if waiting:
                candidate = waiting.pop()
                running[asyncio.create_task(_open(candidate))] = candidate.address
            done, _ = await asyncio.wait(running, timeout=ATTEMPT_DELAY if waiting else None, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                error = task.exception()
                if error is None:
                    return task.result(), running.pop(task)
                if not isinstance(error, OSError):
                    raise error
                errors.append((running.pop(task), error))
        return None
    finally:
        await _abandon(running)


async def _connect_only(candidate: SocketAddress, errors: list[tuple[Address, OSError]]) -> tuple[socket.socket, Address] | None:
    """Do what `_connect` does where there is nothing to race against: without the cost of a task."""
    try:
        return await _open(candidate), candidate.address
    except OSError as error:
        errors.append((candidate.address, error))
        return None


async def _abandon(running: dict[asyncio.Task[socket.socket], Address]) -> None:
    for task in running:
        task.cancel()
    for opened in await asyncio.gather(*running, return_exceptions=True):
        if isinstance(opened, socket.socket):
            opened.close()


async def _open(candidate: SocketAddress) -> socket.socket:
    connection = socket.socket(candidate.family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)  # noqa: FBT003 (the method's name says what it is)
        await asyncio.get_running_loop().sock_connect(connection, candidate.sockaddr)
    except BaseException:
        connection.close()
        raise
    return connection


async def _shake_hands(connection: socket.socket, handshake: ClientHandshake) -> None:
    """
    Carry the bytes between a connection and a handshake until it is done, then close the connection.

    By the loop's socket calls: a transport with a protocol was measured to cost a tenth of a handshake more, and tells the story
    in more places.
    """
    loop = asyncio.get_running_loop()
    with connection:
        try:
            answer = handshake.start()
            await loop.sock_sendall(connection, answer)
            while not handshake.is_done:
                data = await loop.sock_recv(connection, _READ_SIZE)
                answer = handshake.receive(data) if data else handshake.close()
                if answer and not handshake.is_done:
                    await loop.sock_sendall(connection, answer)
            # The last flight is a courtesy: a server that does not take it at once is not waited for.
            if answer:
                connection.send(answer)
        except OSError:
            handshake.reset()
