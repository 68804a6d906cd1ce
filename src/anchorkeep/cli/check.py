"""`anchorkeep check`: whether a store lets each runtime trust services, until when, and why not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from anchorkeep.actions import check
from anchorkeep.cli import (
    check_record,
    check_view,
    looking,
    options,
    outcome,
    settings,
    store_options,
    store_password,
    store_record,
)
from anchorkeep.model.verdict import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from anchorkeep.actions.check import Checked


@click.command("check")
@click.argument("path", metavar="STORE", type=options.PATH)
@click.option(
    "--runtime",
    "named",
    multiple=True,
    metavar="NAME|PATH",
    help=f"{', '.join(check.NAMES)}, or a Java's directory; repeatable.  [default: the Javas of this machine, and openssl]",
)
@click.option(
    "--within", type=click.IntRange(0, 3650), default=90, show_default=True, metavar="DAYS", help="Foresee so many days."
)
@store_options.own_password
@options.AT
@store_options.JSON
@options.sources
def command(
    *,
    path: Path,
    named: tuple[str, ...],
    within: int,
    own_password_file: Path | None,
    own_password_env: str | None,
    at: str | None,
    as_json: bool,
    **asked: Any,  # noqa: ANN401
) -> int:
    """
    Say whether the store STORE lets each runtime trust every TARGET: the path, the anchor, until when, or why not.

    No runtime is run: its rules are applied to what the service presents, to the store and to the runtime's own security
    properties. Revocation is not checked. Exit 1 when one refuses now, 4 when one will within --within days, 3 when it could not
    be told.
    """
    said = settings.load(asked["config"])
    judges = check.runtimes(named, said.places.java_home)
    opened = store_password.read(path, store_password.given(own_password_file, own_password_env, option="storepass"))
    reports = looking.look(looking.request(asked), at=options.moment(at))
    found = check.check(opened, reports, judges)
    span = timedelta(days=within)
    if as_json:
        store_record.out(check_record.document(opened, found, within=span))
    else:
        check_view.tell(opened, found, within=span)
    return outcome.worst(_code(item, span) for item in found)


def _code(item: Checked, within: timedelta) -> outcome.Exit:
    if item.outlook is None or item.outlook.verdict.outcome is Outcome.UNKNOWN:
        return outcome.Exit.UNKNOWN
    if not item.outlook.verdict.is_trusted:
        return outcome.Exit.FINDING
    return outcome.Exit.FORESEEN if item.outlook.ends_within(within, at=item.report.at) else outcome.Exit.FINE
