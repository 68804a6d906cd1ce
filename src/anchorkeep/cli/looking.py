"""The first half of every command that looks at targets: settings, targets, roots, observation, with a progress bar."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep.actions import roots, show
from anchorkeep.cli import options, render, settings, target
from anchorkeep.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from anchorkeep.actions.show import Report, Subject

#: Services from which on a progress bar is shown, on a terminal.
_LONG_WORK = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the options of `options.targets` said, word for word."""

    targets: tuple[str, ...]
    environments: tuple[str, ...]
    connect: str | None
    servername: str | None
    timeout: float
    storepass_file: Path | None
    storepass_env: str | None
    config: Path | None


def look(request: Request, *, at: datetime | None) -> tuple[Report, ...]:
    """Return a report for each endpoint and file of the targets; what could not be read of the pools is said on stderr."""
    return tuple(report for group in look_at_each(request, at=at) for report in group)


def look_at_each(request: Request, *, at: datetime | None) -> list[tuple[Report, ...]]:
    """Return the reports of each target by itself: the environments of `--env` first, then the targets."""
    said = settings.load(request.config)
    groups = _resolve(request, said)
    reports = iter(_observe([subject for group in groups for subject in group], said, request.timeout, at=at))
    return [tuple(next(reports) for _ in group) for group in groups]


def _resolve(request: Request, said: settings.Settings) -> list[tuple[Subject, ...]]:
    password = options.password(request.storepass_file, request.storepass_env)
    if not request.environments and not request.targets:
        raise UsageError("No target.", remedy="Name a host, a URL, an environment or a file.")
    if request.environments and (request.connect is not None or request.servername is not None):
        raise UsageError("--connect and --servername go with a service, not with an environment.")
    groups = [target.environment(name, said) for name in request.environments]
    for text in request.targets:
        asked = target.Asked(text=text, connect=request.connect, server_name=request.servername, password=password)
        groups.append(target.resolve(asked, said, now=options.now()))
    if request.connect is not None and sum(item.endpoint is not None for group in groups for item in group) > 1:
        raise UsageError("--connect goes with one service only.")
    return groups


def _observe(subjects: Sequence[Subject], said: settings.Settings, timeout: float, *, at: datetime | None) -> tuple[Report, ...]:
    gathered = roots.gather(said.places)
    for note in gathered.notes:
        render.say(f"! {note}")
    with render.progress(len(subjects), "looking", least=_LONG_WORK) as advance:
        return asyncio.run(show.show(subjects, gathered.pool, clock=options.now, at=at, timeout=timeout, progress=advance))


def request(values: dict[str, object], names: Sequence[str] = tuple(Request.__dataclass_fields__)) -> Request:
    """Take the shared options out of a command's keyword arguments."""
    return Request(**{name: values.pop(name) for name in names})  # type: ignore[arg-type]
