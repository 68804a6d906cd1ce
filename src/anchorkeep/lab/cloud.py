"""
A cloud on loopback, in this process: UAT and Production as TLS services whose certificates can be swapped under them.

    async with lab.running() as cloud:
        portal, compliance = cloud.endpoints("uat")
        cloud.misbehave("no-intermediate", "uat")
        cloud.rotate("root")
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from anchorkeep.errors import UsageError
from anchorkeep.lab import aia, pki, proxy, site
from anchorkeep.lab.mode import Mode
from anchorkeep.lab.pki import Part
from anchorkeep.lab.state import State
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.endpoint import Address, Endpoint
from anchorkeep.observe.listener import Service, serve

Entropy = Callable[[int], bytes]
Clock = Callable[[], datetime]

#: Names of the proxies and of the issuer URLs among the ports.
TUNNEL, INSPECTION, AIA = "tunnel", "inspection", "aia"


def now() -> datetime:
    """Return the time of this machine, aware, UTC."""
    return datetime.now(UTC)


class Cloud:
    """
    A running cloud.

    Attributes:
        state: what it is now; the next connection shows it.
    """

    def __init__(self, state: State, *, clock: Clock = now, entropy: Entropy = os.urandom) -> None:
        """Keep the state; made by `running`."""
        self.state = state
        self._clock = clock
        self._entropy = entropy

    def __repr__(self) -> str:
        """Name the ports."""
        return f"<Cloud {', '.join(f'{item.name} on {item.port}' for item in self.state.environments)}>"

    @property
    def root(self) -> Certificate:
        """The newest root."""
        return self.state.roots[-1].certificate

    @property
    def roots(self) -> tuple[Certificate, ...]:
        """Every root it has had, oldest first."""
        return pki.certificates(self.state)

    def chain(self, environment: str) -> tuple[Certificate, ...]:
        """Return the certificates that an environment presents now, in their order."""
        return self.state.environment(environment).presentation.certificates

    def endpoints(self, *environments: str) -> tuple[Endpoint, ...]:
        """Return the endpoints of the environments, of all where none is named: portal, then compliance host."""
        return endpoints(self.state, *environments)

    @property
    def tunnel(self) -> Address:
        """The HTTP proxy that only tunnels."""
        return Address(host=site.LOOPBACK, port=self.state.tunnel_port)

    @property
    def inspection(self) -> Address:
        """The HTTP proxy that inspects TLS."""
        return Address(host=site.LOOPBACK, port=self.state.inspection_port)

    def rotate(self, part: Part | str, *environments: str, has_cross_sign: bool = False) -> None:
        """Swap certificates under the services named, or all; see `pki.rotate`."""
        self.state = pki.rotate(
            self.state,
            Part(part),
            names=environments,
            has_cross_sign=has_cross_sign,
            at=self._clock(),
            entropy=self._entropy,
        )

    def misbehave(self, mode: Mode | str, *environments: str) -> None:
        """Let the services named, or all, misbehave from the next connection on; `none` ends it."""
        self.state = pki.misbehave(self.state, Mode(mode), names=environments, at=self._clock(), entropy=self._entropy)


def endpoints(state: State, *environments: str) -> tuple[Endpoint, ...]:
    """Return the endpoints of the environments of a state, of all where none is named."""
    return tuple(
        Endpoint(host=host, connect=Address(host=site.LOOPBACK, port=state.environment(environment).port))
        for environment in site.select(environments)
        for host in site.hosts(environment)
    )


@contextlib.asynccontextmanager
async def running(
    modes: Mapping[str, Mode | str] | None = None,
    *,
    clock: Clock = now,
    entropy: Entropy = os.urandom,
    drip_seconds: float = 1.0,
) -> AsyncIterator[Cloud]:
    """
    Run a new cloud until the context ends. Nothing is written to disk.

    Args:
        modes: how environments misbehave from the start, by name.
        clock: gives the time for which certificates are made, aware, UTC.
        entropy: where serial numbers come from.
        drip_seconds: seconds between two bytes in the mode `drip`.
    """
    cloud = Cloud(pki.found(at=clock(), entropy=entropy), clock=clock, entropy=entropy)
    async with listening(lambda: cloud.state, clock=clock, entropy=entropy, drip_seconds=drip_seconds) as ports:
        cloud.state = with_ports(cloud.state, ports)
        # Only now is it known where issuer URLs lead, which one of the modes writes into a certificate.
        for environment, mode in (modes or {}).items():
            cloud.misbehave(mode, environment)
        yield cloud


@contextlib.asynccontextmanager
async def listening(
    current: Callable[[], State], *, clock: Clock = now, entropy: Entropy = os.urandom, drip_seconds: float = 1.0
) -> AsyncIterator[Mapping[str, int]]:
    """
    Serve every environment of a state, its proxies and issuer URLs, on the ports it names or free ones; yield the ports by name.

    Args:
        current: gives the state, asked at each connection; it must not raise.
        clock: gives the time for which the proxy that inspects makes certificates, aware, UTC.
        entropy: where their serial numbers come from.
        drip_seconds: seconds between two bytes in the mode `drip`.

    Raises:
        UsageError: a port is taken.
    """
    async with contextlib.AsyncExitStack() as stack:
        ports: dict[str, int] = {}
        for environment in current().environments:
            choose = _chooser(current, environment.name, drip_seconds)
            listener = await stack.enter_async_context(serve(choose, host=site.LOOPBACK, port=environment.port))
            ports[environment.name] = listener.address.port
            elsewhere = _chooser(current, environment.name, drip_seconds, is_elsewhere=True)
            for host in site.OTHER_ADDRESSES:
                # Not every system has them; the lab is whole without.
                with contextlib.suppress(UsageError):
                    await stack.enter_async_context(serve(elsewhere, host=host, port=listener.address.port))
        inspector = proxy.Inspector(current().inspector, clock=clock, entropy=entropy)
        route = _router(dict(ports))
        ports[TUNNEL] = await stack.enter_async_context(proxy.serve(route, port=current().tunnel_port))
        ports[INSPECTION] = await stack.enter_async_context(
            proxy.serve(route, inspector=inspector, port=current().inspection_port)
        )
        issuers = aia.serve(lambda: pki.authorities(current()), port=current().aia_port, drip_seconds=drip_seconds)
        ports[AIA] = (await stack.enter_async_context(issuers)).port
        yield ports


def with_ports(state: State, ports: Mapping[str, int]) -> State:
    """Return the state with the ports that its environments, proxies and issuer URLs are served on."""
    listening_ones = tuple(replace(item, port=ports[item.name]) for item in state.environments)
    return replace(
        state,
        environments=listening_ones,
        tunnel_port=ports[TUNNEL],
        inspection_port=ports[INSPECTION],
        aia_port=ports[AIA],
    )


def _chooser(
    current: Callable[[], State], name: str, drip_seconds: float, *, is_elsewhere: bool = False
) -> Callable[[], Service]:
    def choose() -> Service:
        environment = current().environment(name)
        presented = (environment.elsewhere if is_elsewhere else None) or environment.presentation
        oldest, newest = environment.mode.versions
        return Service(
            present=lambda _: presented,
            respond=site.respond,
            fault=environment.fault,
            min_version=oldest,
            max_version=newest,
            drip_seconds=drip_seconds,
            delay_seconds=environment.mode.delay_seconds,
        )

    return choose


def _router(ports: Mapping[str, int]) -> proxy.Route:
    """Return where the lab's proxies lead: to its services by name, or by the address and port they listen on."""
    by_host = {host: ports[environment] for environment in site.ENVIRONMENTS for host in site.names(environment)}

    def route(target: Address) -> Address | None:
        if target.host in by_host:
            return Address(host=site.LOOPBACK, port=by_host[target.host])
        is_ours = target.host in {site.LOOPBACK, "localhost", *site.OTHER_ADDRESSES} and target.port in ports.values()
        return target if is_ours else None

    return route
