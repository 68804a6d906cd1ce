"""`anchorkeep store remove`, `rename` and `merge`: edits of the entries that are there."""

from __future__ import annotations

from pathlib import Path

import click

from anchorkeep.actions import store_edit
from anchorkeep.cli import options, outcome, store_change, store_options, store_password
from anchorkeep.errors import UsageError

_NAME = "Its alias, or its SHA-256 fingerprint or at least the first 8 digits of it"


@click.command("remove")
@store_options.PATH
@click.option("--alias", "names", multiple=True, metavar="NAME", help=f"An entry to remove. {_NAME}; repeatable.")
@click.option("--expired", is_flag=True, help="Remove the trusted certificates that are over.")
@click.option("--keys", "with_keys", is_flag=True, help="Allow private and secret keys to be removed too.")
@store_options.storepass
@store_options.writing
def remove(
    *,
    path: Path,
    names: tuple[str, ...],
    expired: bool,
    with_keys: bool,
    storepass_file: Path | None,
    storepass_env: str | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Remove entries of the store at PATH; a key only where --keys allows it."""
    if not names and not expired:
        raise UsageError("Nothing to remove is named.", remedy="Name entries with --alias, or use --expired.")
    terms = store_options.terms(dry_run=dry_run)
    password = store_password.for_change(path, store_password.given(storepass_file, storepass_env))
    with store_password.advised(password):
        written = store_edit.remove(path, names, expired=expired, with_keys=with_keys, password=password, terms=terms)
    store_change.tell(written, as_json=as_json)
    return outcome.Exit.FINE


@click.command("rename")
@store_options.PATH
@click.option("--alias", "name", required=True, metavar="NAME", help=f"The entry to rename. {_NAME}.")
@click.option("--destalias", "alias", required=True, metavar="ALIAS", help="Its new alias, in lower case.")
@store_options.storepass
@store_options.writing
def rename(
    *,
    path: Path,
    name: str,
    alias: str,
    storepass_file: Path | None,
    storepass_env: str | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Give an entry of the store at PATH another alias; nothing else of it changes."""
    terms = store_options.terms(dry_run=dry_run)
    password = store_password.for_change(path, store_password.given(storepass_file, storepass_env))
    with store_password.advised(password):
        written = store_edit.rename(path, name, alias, password=password, terms=terms)
    store_change.tell(written, as_json=as_json)
    return outcome.Exit.FINE


@click.command("merge")
@store_options.PATH
@click.argument("others", nargs=-1, required=True, metavar="OTHER...", type=options.PATH)
@store_options.storepass
@store_options.other_password("srcstorepass", "the password of every OTHER")
@store_options.writing
def merge(
    *,
    path: Path,
    others: tuple[Path, ...],
    storepass_file: Path | None,
    storepass_env: str | None,
    srcstorepass_file: Path | None,
    srcstorepass_env: str | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """
    Add to the store at PATH what every OTHER store trusts, each certificate once by its content; their keys stay where they are.

    An alias of another store is kept where it is free, and never hides an entry that is there.
    """
    terms = store_options.terms(dry_run=dry_run)
    password = store_password.for_change(path, store_password.given(storepass_file, storepass_env))
    theirs = store_password.given(srcstorepass_file, srcstorepass_env, option="srcstorepass")
    sources = [store_password.verified(other, theirs, option="srcstorepass") for other in others]
    with store_password.advised(password):
        written = store_edit.merge(path, sources, password=password, terms=terms)
    store_change.tell(written, as_json=as_json)
    return outcome.Exit.FINE
