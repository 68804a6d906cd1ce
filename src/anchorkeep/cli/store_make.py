"""`anchorkeep store new` and `add`: certificates of files, services and pools into a store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from anchorkeep.actions import store_edit
from anchorkeep.actions.selection import Part
from anchorkeep.cli import options, outcome, store_change, store_options, store_password, store_source
from anchorkeep.errors import UsageError
from anchorkeep.model.edit import Addition
from anchorkeep.text import counted

F = TypeVar("F", bound=Callable[..., Any])

_CHOOSING = (
    click.option(
        "--select",
        "parts",
        type=click.Choice([str(part) for part in Part if part is not Part.SENT]),
        multiple=True,
        help="Which certificates of a chain; repeatable.  [default: a service's root, all of a file]",
    ),
    click.option("--pool", "pools", type=click.Choice(store_source.POOLS), multiple=True, help="All of this pool; repeatable."),
    click.option("--alias", metavar="NAME", help="Alias of the one certificate, instead of one made from its name."),
    click.option(
        "--accept-fingerprint", "accepted", multiple=True, metavar="SHA256", help="Vouch for a certificate; repeatable."
    ),
)


def _choosing(command: F) -> F:
    """Add the options that choose certificates."""
    for option in reversed(_CHOOSING):
        command = option(command)
    return command


@click.command("new")
@store_options.PATH
@_choosing
@store_options.STORETYPE
@store_options.for_java
@store_options.own_password
@store_options.writing
@options.sources
@options.AT
def new(
    *,
    path: Path,
    storetype: str | None,
    own_password_file: Path | None,
    own_password_env: str | None,
    java: str | None,
    reproducible: bool,
    dry_run: bool,
    as_json: bool,
    **chosen: Any,  # noqa: ANN401
) -> int:
    """
    Make a store at PATH, with the certificates of each TARGET: a file, a service, an environment.

    All certificates of a file are taken, and of a service the root that its chain leads to; what only the network vouches for
    needs its fingerprint. Certificates alone get the password changeit unless another is given: it protects nothing.
    """
    terms = store_options.terms(dry_run=dry_run, java=java, reproducible=reproducible)
    password = store_password.to_be(own_password_file, own_password_env, option="storepass")
    format_ = store_options.format_of(path, storetype)
    written = store_edit.new(path, _additions(chosen), format=format_, password=password, terms=terms)
    store_change.tell(replace(written, notes=(*written.notes, *store_options.unsaid(path, storetype))), as_json=as_json)
    return outcome.Exit.FINE


@click.command("add")
@store_options.PATH
@_choosing
@store_options.own_password
@store_options.writing
@options.sources
@options.AT
def add(
    *,
    path: Path,
    own_password_file: Path | None,
    own_password_env: str | None,
    dry_run: bool,
    as_json: bool,
    **chosen: Any,  # noqa: ANN401
) -> int:
    """
    Add the certificates of each TARGET to the store at PATH: of a file, a service, an environment.

    All certificates of a file are taken, and of a service the root that its chain leads to; what only the network vouches for
    needs its fingerprint. A certificate that is there already stays under its alias.
    """
    terms = store_options.terms(dry_run=dry_run)
    additions = _additions(chosen)
    if not additions:
        raise UsageError("Nothing to add is named.", remedy="Name a file, a service, an environment, or a --pool.")
    given = store_password.given(own_password_file, own_password_env)
    password = store_password.for_change(path, given)
    with store_password.advised(password):
        written = store_edit.add(path, additions, password=password, terms=terms)
    store_change.tell(written, as_json=as_json)
    return outcome.Exit.FINE


def _additions(chosen: dict[str, Any]) -> list[Addition]:
    """Return what the options of `_choosing` and the targets come to."""
    pools, parts, alias = chosen.pop("pools"), chosen.pop("parts"), chosen.pop("alias")
    accepted = frozenset(map(options.fingerprint, chosen.pop("accepted")))
    at = options.moment(chosen.pop("at"))
    certificates = store_source.gather(chosen, pools, parts=parts, accepted=accepted, at=at)
    if alias is not None and len(certificates) != 1:
        number = counted(len(certificates), "certificate")
        raise UsageError(f"--alias names one certificate, and {number} would be added.", remedy="Leave it out, or choose one.")
    return [Addition(certificate=item, alias=alias) for item in certificates]
