"""`anchorkeep store show` and `verify`: how stores are protected, which Java opens them, what is to be said of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from anchorkeep.actions import store_verify
from anchorkeep.cli import options, outcome, render, store_options, store_password, store_record, store_view
from anchorkeep.errors import AnchorkeepError
from anchorkeep.model import naming

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from rich.console import RenderableType

    from anchorkeep.actions.store_verify import Examined
    from anchorkeep.model.java import JavaVersion
    from anchorkeep.model.truststore import Entry

_FOR = click.option("--for", "java", metavar="JAVA", help="Judge for this Java alone: java8, java11 ... java25, or jre:PATH.")


@click.command("show")
@store_options.PATHS
@click.option("--alias", "aliases", multiple=True, metavar="NAME", help="Show this entry only: alias or SHA-256; repeatable.")
@click.option("--details", is_flag=True, help="Every field and extension of every certificate.")
@_FOR
@store_options.storepass
@store_options.JSON
@options.AT
@options.FAIL_ON
def show(
    *,
    paths: tuple[Path, ...],
    aliases: tuple[str, ...],
    details: bool,
    java: str | None,
    storepass_file: Path | None,
    storepass_env: str | None,
    as_json: bool,
    at: str | None,
    fail_on: str,
) -> int:
    """
    Show each store in full: how it is protected, which Java opens it, what Java does not see in it, and its entries.

    The exit code is 1 where a finding is of --fail-on's severity or above. Nothing is asked of any Java: the rules are those that
    were measured, for Java 8 modelled.
    """
    password = store_password.given(storepass_file, storepass_env)
    return _each(
        paths,
        password,
        at=options.moment(at) or options.now(),
        java=store_options.runtime(java),
        view=None if as_json else lambda item: store_view.full(item, _chosen(item, aliases), details=details),
        fail_on=fail_on,
    )


@click.command("verify")
@store_options.PATHS
@_FOR
@store_options.storepass
@store_options.JSON
@options.AT
@options.FAIL_ON
def verify(
    *,
    paths: tuple[Path, ...],
    java: str | None,
    storepass_file: Path | None,
    storepass_env: str | None,
    as_json: bool,
    at: str | None,
    fail_on: str,
) -> int:
    """
    Check each store: its integrity, that it can be read, which Java opens it, what Java does not see, what is over.

    The exit code is 1 where a finding is of --fail-on's severity or above, or the named Java does not open the store.
    """
    password = store_password.given(storepass_file, storepass_env)
    return _each(
        paths,
        password,
        at=options.moment(at) or options.now(),
        java=store_options.runtime(java),
        view=None if as_json else store_view.short,
        fail_on=fail_on,
    )


def _each(
    paths: Sequence[Path],
    password: str | None,
    *,
    at: datetime,
    java: JavaVersion | None,
    view: Callable[[Examined], RenderableType] | None,
    fail_on: str,
) -> int:
    """Examine every store and show it with `view`, or all as JSON where there is none; one that fails hides no other."""
    codes: list[outcome.Exit] = []
    examined: list[Examined] = []
    for path in paths:
        try:
            found = _examine(path, password, at=at, java=java)
            if view is not None:
                shown = view(found)
                store_view.notes(found.opened, is_one_of_several=len(paths) > 1, is_judged=True)
                if examined:
                    render.out("")
                render.out(shown)
        except AnchorkeepError as error:
            render.error(error)
            codes.append(outcome.of_error(error))
            continue
        examined.append(found)
        codes.append(outcome.of_findings(found.findings, outcome.severity(fail_on)))
        if java is not None and not all(item.opens and item.opens_keys for item in found.openings):
            codes.append(outcome.Exit.FINDING)
    if view is None:
        store_record.out(store_record.examined(examined, at=at))
    return outcome.worst(codes)


def _examine(path: Path, password: str | None, *, at: datetime, java: JavaVersion | None) -> Examined:
    """Examine a store; its password is asked for where that is needed and somebody is there."""
    with store_password.advised(password):
        asked = store_password.for_reading(path, password)
        return store_verify.verify(path, password=asked, at=at, java=java)


def _chosen(item: Examined, aliases: Sequence[str]) -> tuple[Entry, ...]:
    """Return the entries that are named, all where none is."""
    if not aliases:
        return item.opened.store.entries
    found = {position for name in aliases for position in naming.find(item.opened.store, name)}
    return tuple(item.opened.store.entries[position] for position in sorted(found))
