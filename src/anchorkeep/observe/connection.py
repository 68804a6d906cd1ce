"""
Observe one endpoint over the network: resolve, connect, shake hands, and say what came or why nothing did.

On the way there may be a proxy, and a dialogue in which TLS is asked for first.

Rules kept here:
- one timeout holds over everything, whatever resolver, network, proxy and server do;
- a failure is an answer: `observe` raises nothing for what happens outside this process;
- addresses of a name are tried as in RFC 8305 ("happy eyeballs"), and every address's error is told;
- through a proxy nothing is looked up here but the proxy's own name.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from anchorkeep.errors import UsageError
from anchorkeep.model.chain import FailedObservation, Failure, ObservedChain
from anchorkeep.observe import conversation, failure
from anchorkeep.observe.approach import DIRECT, Approach
from anchorkeep.observe.handshake import ClientHandshake
from anchorkeep.observe.resolve import Resolver, SocketAddress, resolve, system_resolver
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from anchorkeep.model.endpoint import Address, Endpoint
    from anchorkeep.observe.conversation import Talk
    from anchorkeep.observe.starttls import Opening

#: Seconds for one observation in total.
DEFAULT_TIMEOUT = 10.0
#: Seconds before the next address is tried beside those that have not answered (RFC 8305 §5).
ATTEMPT_DELAY = 0.25


class _Attempt:
    """What is known so far, so that a timeout can be explained."""

    __slots__ = (
        "approach",
        "candidates",
        "end",
        "endpoint",
        "errors",
        "handshake",
        "limit",
        "reached",
        "seconds",
        "stage",
        "talk",
    )

    def __init__(self, endpoint: Endpoint, approach: Approach, *, seconds: float, stage: float | None) -> None:
        self.endpoint = endpoint
        self.approach = approach
        self.seconds = seconds
        self.stage = stage
        self.limit: asyncio.Timeout | None = None
        self.end = 0.0
        self.candidates: tuple[SocketAddress, ...] = ()
        self.errors: list[tuple[Address, OSError]] = []
        self.talk: Talk | None = None
        self.handshake: ClientHandshake | None = None
        self.reached: Address | None = None

    @property
    def entrance(self) -> Address:
        """Where the connection is opened: at the proxy where there is one."""
        return self.approach.proxy.address if self.approach.proxy else self.endpoint.target

    def enter(self, talk: Talk | None = None) -> None:
        """Begin a stage, which may have a time of its own."""
        self.talk = talk
        if self.stage is not None and self.limit is not None:
            self.limit.reschedule(min(self.end, asyncio.get_running_loop().time() + self.stage))

    def before(self, broken: Failure) -> Failure:
        """Return a failure to connect, as one of the proxy where it was the proxy that could not be reached."""
        return failure.towards_proxy(broken, self.entrance) if self.approach.proxy else broken


async def observe(
    endpoint: Endpoint,
    *,
    clock: Callable[[], datetime],
    timeout: float = DEFAULT_TIMEOUT,  # noqa: ASYNC109 (it is a fact to be told in the answer, not only a limit)
    stage_timeout: float | None = None,
    resolver: Resolver = system_resolver,
    approach: Approach = DIRECT,
) -> ObservedChain | FailedObservation:
    """
    Ask a TLS service for its certificates. Nothing is verified unless the approach says so; only what leads to them is sent.

    Args:
        endpoint: what to ask; the name sent in server_name is its reference identity, unless that is an IP address. With
            `starttls` TLS is asked for in that protocol first.
        clock: says when the observation began, aware, UTC.
        timeout: seconds for everything together.
        stage_timeout: seconds for each of resolving, connecting, the proxy, STARTTLS and the handshake; None for no other limit
            than the total.
        resolver: blocking look-up of names; it runs in a thread of its own.
        approach: through which proxy, with which client certificate, with which versions of TLS.

    Returns:
        The chain as sent, with `failure` set when the handshake failed after it; or why none came. Where a TLS 1.3 server asked
        for a client certificate, its refusal is waited for up to `conversation.VERDICT_TIMEOUT` seconds.

    Raises:
        UsageError: the endpoint's `starttls` is no known protocol, or the approach is impossible.
        CertificateError: the approach's client certificate cannot be used.
    """
    observed_at = clock()
    attempt = _Attempt(endpoint, approach, seconds=timeout, stage=stage_timeout)
    try:
        async with asyncio.timeout(timeout) as attempt.limit:
            attempt.end = asyncio.get_running_loop().time() + timeout
            broken = await _attempt(attempt, resolver)
    except TimeoutError:
        broken = _explain_timeout(attempt)
    return _outcome(attempt, broken, observed_at)


async def _attempt(attempt: _Attempt, resolver: Resolver) -> Failure | None:
    attempt.enter()
    try:
        attempt.candidates = await resolve(attempt.entrance, resolver)
    except (OSError, UnicodeError) as error:
        return attempt.before(failure.resolution(attempt.entrance.host, error))
    if not attempt.candidates:
        return attempt.before(failure.resolution(attempt.entrance.host, socket.gaierror(socket.EAI_NONAME, "no address")))
    attempt.enter()
    connected = await _connect(attempt.candidates, attempt.errors)
    if connected is None:
        return attempt.before(failure.connection(attempt.errors))
    connection, reached = connected
    with connection:
        if attempt.approach.proxy is None:
            attempt.reached = reached
        try:
            await _talk(attempt, connection)
        except OSError:
            if attempt.talk is not None:
                attempt.talk.reset()
    return attempt.talk.failure if attempt.talk is not None else None


async def _talk(attempt: _Attempt, connection: socket.socket) -> None:
    """Go through the proxy, ask for TLS, and shake hands, as far as each is needed and succeeds."""
    said = b""
    if attempt.approach.proxy is not None:
        from anchorkeep.observe import proxy

        tunnel = proxy.tunnel(attempt.approach.proxy, attempt.endpoint.target)
        attempt.enter(tunnel)
        await conversation.carry(connection, tunnel)
        if tunnel.failure is not None:
            return
        said = tunnel.rest
    opening: Opening | None = None
    if attempt.endpoint.starttls is not None:
        opening = _opening(attempt.endpoint.starttls, attempt.endpoint.reference_identity)
        attempt.enter(opening)
        await conversation.carry(connection, opening, said=said)
        if opening.failure is not None:
            return
        said = b""
    attempt.handshake = ClientHandshake(attempt.approach.context, attempt.endpoint.reference_identity, approach=attempt.approach)
    attempt.enter(attempt.handshake)
    await conversation.shake_hands(connection, attempt.handshake, said=said, opening=opening)
    if opening is not None and opening.failure is not None:
        attempt.talk = opening


def _opening(name: str, host: str) -> Opening:
    from anchorkeep.observe import starttls

    protocol = starttls.PROTOCOLS.get(name)
    if protocol is None:
        raise UsageError(f"TLS cannot be asked for in '{visible(name)}'.", remedy=f"Known are {', '.join(starttls.PROTOCOLS)}.")
    return starttls.Opening(protocol, host)


def _explain_timeout(attempt: _Attempt) -> Failure | None:
    seconds = attempt.seconds
    if attempt.stage is not None and attempt.limit is not None and (attempt.limit.when() or 0.0) < attempt.end:
        seconds = attempt.stage
    if attempt.talk is not None:
        attempt.talk.expire(seconds)
        return attempt.talk.failure
    if attempt.candidates:
        failed = {address for address, _ in attempt.errors}
        waiting = [item.address for item in attempt.candidates if item.address not in failed]
        return attempt.before(failure.connect_timeout(seconds, attempt.errors, waiting=waiting))
    return attempt.before(failure.resolution_timeout(attempt.entrance.host, seconds))


def _outcome(attempt: _Attempt, broken: Failure | None, observed_at: datetime) -> ObservedChain | FailedObservation:
    handshake = attempt.handshake
    certificates = handshake.certificates if handshake is not None else ()
    proxy = attempt.approach.proxy.address if attempt.approach.proxy else None
    if handshake is not None and (certificates or broken is None):
        return ObservedChain(
            endpoint=attempt.endpoint,
            certificates=certificates,
            observed_at=observed_at,
            address=attempt.reached,
            tls_version=handshake.tls_version,
            cipher=handshake.cipher,
            failure=broken,
            client_certificate_requested=handshake.client_certificate_requested,
            proxy=proxy,
            is_verified=handshake.is_verified,
        )
    assert broken is not None  # noqa: S101 (without a handshake there is always a failure)
    return FailedObservation(
        endpoint=attempt.endpoint, observed_at=observed_at, failure=broken, address=attempt.reached, proxy=proxy
    )


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
