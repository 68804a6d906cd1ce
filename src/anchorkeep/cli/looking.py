"""The first half of every command that looks at targets: settings, targets, roots, observation, with a progress bar."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep.actions import roots, show
from anchorkeep.cli import approaching, besides, options, render, settings, target
from anchorkeep.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from anchorkeep.actions.nodes import Wanted
    from anchorkeep.actions.show import Report, Subject
    from anchorkeep.observe.aia import Retriever
    from anchorkeep.observe.approach import Proxy
    from anchorkeep.observe.location import Location

#: Services from which on a progress bar is shown, on a terminal.
_LONG_WORK = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the options of `options.targets` said, word for word."""

    targets: tuple[str, ...]
    environments: tuple[str, ...]
    connect: str | None
    servername: str | None
    starttls: str | None
    proxy: str | None
    proxy_auth_file: Path | None
    cert: Path | None
    key: Path | None
    cert_pass_file: Path | None
    cert_pass_env: str | None
    min_tls: str
    timeout: float
    stage_timeout: float | None
    no_aia: bool
    allow_private_aia: bool
    aia_proxy: bool
    storepass_file: Path | None
    storepass_env: str | None
    config: Path | None


def look(
    request: Request, *, at: datetime | None, wanted: Wanted | None = None, concurrency: int | None = None
) -> tuple[Report, ...]:
    """Return a report for each endpoint and file of the targets; what could not be read of the pools is said on stderr."""
    groups = look_at_each(request, at=at, wanted=wanted, concurrency=concurrency)
    return tuple(report for group in groups for report in group)


def look_at_each(
    request: Request, *, at: datetime | None, wanted: Wanted | None = None, concurrency: int | None = None
) -> list[tuple[Report, ...]]:
    """Return the reports of each target by itself: the environments of `--env` first, then the targets."""
    said = settings.load(request.config)
    groups = resolve(request, said)
    subjects = [subject for group in groups for subject in group]
    reports = iter(_observe(subjects, said, request, at=at, wanted=wanted, concurrency=concurrency or show.CONCURRENCY))
    return [tuple(next(reports) for _ in group) for group in groups]


def resolve(request: Request, said: settings.Settings) -> list[tuple[Subject, ...]]:
    """Return the subjects of each target: the environments of `--env` first."""
    password = options.password(request.storepass_file, request.storepass_env)
    if not request.environments and not request.targets:
        raise UsageError("No target.", remedy="Name a host, a URL, an environment or a file.")
    if request.environments and any(item is not None for item in (request.connect, request.servername, request.starttls)):
        raise UsageError("--connect, --servername and --starttls go with a service, not with an environment.")
    groups = [target.environment(name, said) for name in request.environments]
    for text in request.targets:
        asked = target.Asked(
            text=text,
            connect=request.connect,
            server_name=request.servername,
            starttls=request.starttls,
            password=password,
        )
        groups.append(target.resolve(asked, said, now=options.now()))
    if request.connect is not None and sum(item.endpoint is not None for group in groups for item in group) > 1:
        raise UsageError("--connect goes with one service only.")
    approaches = approaching.Approaches(request, said)
    return [tuple(approaches.of(subject) for subject in group) for group in groups]


def _observe(
    subjects: Sequence[Subject],
    said: settings.Settings,
    request: Request,
    *,
    at: datetime | None,
    wanted: Wanted | None,
    concurrency: int,
) -> tuple[Report, ...]:
    besides.refuse_the_impossible(wanted, subjects)
    gathered = roots.gather(said.places)
    for note in (*gathered.notes, *filter(None, (subject.note for subject in subjects))):
        render.say(f"! {note}")
    with render.progress(len(subjects), "looking", least=_LONG_WORK) as advance:
        work = show.show(
            subjects,
            gathered.pool,
            clock=options.now,
            at=at,
            timeout=request.timeout,
            progress=advance,
            retriever=retriever(request, said, subjects),
            wanted=wanted,
            stage_timeout=request.stage_timeout,
            concurrency=concurrency,
        )
        return asyncio.run(work)


def retriever(request: Request, said: settings.Settings, subjects: Sequence[Subject] | None) -> Callable[[], Retriever] | None:
    """
    Return what makes a retriever of issuers, None where that is switched off or nothing but files is looked at.

    Most services send what is needed, so its parts are loaded when the first does not. Where `subjects` is None, there will be
    services.
    """
    if request.no_aia or not said.aia.enabled:
        return None
    if subjects is not None and all(subject.recorded is not None for subject in subjects):
        return None
    return partial(_retriever, request, said)


def _retriever(request: Request, said: settings.Settings) -> Retriever:
    from anchorkeep.observe.address_policy import PORTS, Policy
    from anchorkeep.observe.aia import Retriever

    policy = Policy(
        allow_private=request.allow_private_aia or said.aia.allow_private,
        ports=PORTS | frozenset(said.aia.ports),
    )

    def route(location: Location) -> Proxy | None:
        variables = said.variables
        return (variables.for_http if location.scheme == "http" else variables.for_service)(location.address)

    return Retriever(policy, allow_proxy=request.aia_proxy, route=route if request.proxy is None else None)


def request(values: dict[str, object], names: Sequence[str] = tuple(Request.__dataclass_fields__)) -> Request:
    """Take the shared options out of a command's keyword arguments."""
    return Request(**{name: values.pop(name) for name in names})  # type: ignore[arg-type]


def of_environments(names: Sequence[str], *, config: Path | None, timeout: float) -> Request:
    """Return the request for environments of the settings, with nothing said on the command line but the time."""
    return Request(
        targets=(),
        environments=tuple(names),
        connect=None,
        servername=None,
        starttls=None,
        proxy=None,
        proxy_auth_file=None,
        cert=None,
        key=None,
        cert_pass_file=None,
        cert_pass_env=None,
        min_tls="1.0",
        timeout=timeout,
        stage_timeout=None,
        no_aia=False,
        allow_private_aia=False,
        aia_proxy=False,
        storepass_file=None,
        storepass_env=None,
        config=config,
    )
