"""`anchorkeep lab`: a cloud with UAT and Production on this machine, to try everything on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from anchorkeep.cli import completion, render, settings
from anchorkeep.host import process
from anchorkeep.lab import operation, site
from anchorkeep.lab.directory import Directory
from anchorkeep.lab.mode import Mode
from anchorkeep.lab.operation import Status
from anchorkeep.lab.pki import Part
from anchorkeep.lab.state import Environment, State
from anchorkeep.text import counted, visible

F = TypeVar("F", bound=Callable[..., object])

_MODES = "\n".join(f"  {mode.value:<20}{mode.summary}" for mode in Mode)


def _directory(_context: click.Context, _option: click.Parameter, value: str | None) -> Directory:
    return Directory((Path(value) if value else settings.state_directory() / "lab").absolute())


_dir = click.option(
    "--dir",
    "where",
    metavar="DIR",
    callback=_directory,
    shell_complete=completion.directories,
    help="The lab's directory.  [default: lab in the user's state directory]",
)
_env = click.option("--env", "names", multiple=True, type=click.Choice(site.ENVIRONMENTS), help="Only this environment.")
_dry_run = click.option("--dry-run", "is_dry_run", is_flag=True, help="Say what would be done, and do nothing.")


@click.group("lab")
def command() -> None:
    """Run a cloud with UAT and Production on this machine, to try everything on."""


@command.command("up")
@_dir
@click.option("--foreground", "is_foreground", is_flag=True, help="Stay here until Ctrl-C, which ends the lab.")
@_dry_run
def up(where: Directory, *, is_foreground: bool, is_dry_run: bool) -> None:
    """
    Start the lab's services on loopback.

    Writes an anchorkeep.toml for --config (its path is printed) and the lab's root. The services stay until
    `lab down`, which removes all of it.
    """
    if is_dry_run:
        where.refuse_foreign()
        render.say(_plan(where))
    elif is_foreground:
        operation.run(where, announce=_announce)
    else:
        _announce(operation.up(where))


@command.command("serve", hidden=True)
@_dir
def serve(where: Directory) -> None:
    """Serve a lab in this process and say on stdout when it is ready; started by `lab up`."""
    operation.serve(where, announce=lambda _: render.out_bytes(process.READY))


@command.command("down")
@_dir
@_dry_run
def down(where: Directory, *, is_dry_run: bool) -> None:
    """End the lab and remove what it made, private keys included, and nothing else."""
    if not where.is_lab:
        render.say(f"There is no lab in {_shown(where.path)}: nothing to do.")
    elif is_dry_run:
        render.say(f"Would end the lab in {_shown(where.path)} and remove its files.")
    else:
        operation.down(where)
        render.say(f"The lab in {_shown(where.path)} is gone, its private keys with it.")


@command.command("status")
@_dir
def status(where: Directory) -> int:
    """Show what runs, and what it presents. Exits with 1 where no lab runs."""
    found = operation.status(where)
    if found.state is None:
        render.say(f"There is no lab in {_shown(where.path)}. Start one with: anchorkeep lab up")
        return 1
    if found.process is None:
        render.say(f"The lab in {_shown(where.path)} does not run. Start it again with: anchorkeep lab up")
        return 1
    render.out(f"The lab in {_shown(where.path)} runs as process {found.process}.")
    for environment in found.state.environments:
        _show(environment)
    _say_proxies(found.state, say=render.out)
    return 0


@command.command("rotate")
@click.argument("part", type=click.Choice([item.value for item in Part]))
@_env
@click.option("--cross-sign", "has_cross_sign", is_flag=True, help="Send the new root signed by the old one too.")
@_dir
@_dry_run
def rotate(part: str, *, names: tuple[str, ...], has_cross_sign: bool, where: Directory, is_dry_run: bool) -> None:
    """
    Swap certificates under the running services: a PART and all below it.

    An environment that is behind moves to the newest root or intermediate, as Production follows UAT; else a new one
    is made. root.pem keeps the old roots and gains the new one.
    """
    state = operation.rotate(where, Part(part), names=names, has_cross_sign=has_cross_sign, is_dry_run=is_dry_run)
    _report(state, names, is_dry_run=is_dry_run)


@command.command("misbehave", epilog=f"\b\nModes:\n{_MODES}")
@click.argument("mode", metavar="MODE", type=click.Choice([item.value for item in Mode]))
@_env
@_dir
@_dry_run
def misbehave(mode: str, *, names: tuple[str, ...], where: Directory, is_dry_run: bool) -> None:
    """Let services misbehave in a MODE from the next connection on; `none` ends it."""
    state = operation.misbehave(where, Mode(mode), names=names, is_dry_run=is_dry_run)
    _report(state, names, is_dry_run=is_dry_run)


def _plan(where: Directory) -> str:
    if not where.is_lab:
        return f"Would make a lab in {_shown(where.path)}, with services on free ports of {site.LOOPBACK}."
    if where.server is None:
        return f"Would start the lab in {_shown(where.path)} again, on the ports it had."
    return f"The lab in {_shown(where.path)} runs already: nothing to do."


def _announce(found: Status) -> None:
    state, where = found.state, found.directory
    if state is None:
        return
    render.say(f"The lab runs as process {found.process}.")
    for environment in state.environments:
        render.say(f"{environment.name:<12}{site.LOOPBACK}:{environment.port}")
        for host in site.hosts(environment.name):
            render.say(f"  {host}")
    _say_proxies(state)
    render.say(f"Try:  anchorkeep show --config {_shown(where.settings)} {site.UAT}")
    render.out_raw(_shown(where.settings))


def _say_proxies(state: State, *, say: Callable[[str], None] = render.say) -> None:
    say(f"proxies     http://{site.LOOPBACK}:{state.tunnel_port} tunnels")
    say(f"            http://{site.LOOPBACK}:{state.inspection_port} inspects")


def _report(state: State, names: tuple[str, ...], *, is_dry_run: bool) -> None:
    if is_dry_run:
        render.say("Nothing was changed. The services would present:")
    for name in site.select(names):
        _show(state.environment(name))


def _show(environment: Environment) -> None:
    mode = "" if environment.mode is Mode.NONE else f"  misbehaves: {environment.mode.value}"
    render.out(f"{environment.name:<12}{site.LOOPBACK}:{environment.port}{mode}")
    chain = environment.presentation.certificates
    for certificate in chain[:3]:
        render.out(f"  {certificate.sha256.hex()[:16]}  {certificate.title}")
    if len(chain) > 3:  # noqa: PLR2004 (as many as were shown)
        render.out(f"  and {counted(len(chain) - 3, 'more certificate')}")


def _shown(path: Path) -> str:
    return visible(str(path), limit=4096)
