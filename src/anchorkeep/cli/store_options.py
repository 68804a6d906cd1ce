"""Options that the commands of `store` share, and the terms of a write that they come to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from anchorkeep.cli import options
from anchorkeep.errors import UsageError
from anchorkeep.formats import capability
from anchorkeep.formats.capability import CAPABILITIES, TITLES
from anchorkeep.text import visible

if TYPE_CHECKING:
    from anchorkeep.actions.store_write import Terms
    from anchorkeep.model.java import JavaVersion

F = TypeVar("F", bound=Callable[..., Any])

PATH = click.argument("path", type=options.PATH)
PATHS = click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=options.PATH)
JSON = click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout.")
STORETYPE = click.option(
    "--storetype",
    type=click.Choice(list(CAPABILITIES), case_sensitive=False),
    help="Format of the new store.  [default: by its suffix, else pkcs12]",
)
_FOR = click.option(
    "--for",
    "java",
    metavar="JAVA",
    help="Write what this Java opens: java8, java11, java17, java21, java25 (every update of it), or jre:PATH.",
)
#: Suffixes that people give to stores of Java whatever their format is.
_OF_STORES = frozenset({".keystore", ".truststore", ".ks", ".ts", ".store"})
_WRITING = (
    click.option("--dry-run", is_flag=True, help="Do everything but the write, and say what would change."),
    JSON,
)


def storepass(command: F) -> F:
    """Add the options that give the store's password."""
    return _all(command, options.storepass("storepass", "storepass", "the store's password"))


def own_password(command: F) -> F:
    """Add the same options to a command whose targets have passwords too; the parameters are `own_password_file` and `_env`."""
    return _all(command, options.storepass("storepass", "own_password", "the store's password"))


def other_password(words: str, what: str) -> Callable[[F], F]:
    """Return what adds the options of a second password, whose parameters are named as the options are."""
    return lambda command: _all(command, options.storepass(words, words.replace("-", "_"), what))


def writing(command: F) -> F:
    """Add the options of every command that changes a store."""
    return _all(command, _WRITING)


def for_java(command: F) -> F:
    """Add the options of the commands that choose how a store is protected."""
    reproducible = click.option(
        "--reproducible", is_flag=True, help="PKCS#12: derive salts, so that the same store is the same bytes; without keys only."
    )
    return _all(command, (_FOR, reproducible))


def _all(command: F, decorators: tuple[Callable[[F], F], ...]) -> F:
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


def format_of(path: Path, storetype: str | None) -> str:
    """
    Return the format of a new file: what was asked for, else what its suffix promises, else PKCS#12 as with keytool.

    Raises:
        UsageError: the suffix promises a format that is no store.
    """
    if storetype is not None:
        return storetype
    names = capability.promised(path.name)
    found = next((name for name in names if name in CAPABILITIES), None)
    if names and found is None:
        message = f"{visible(path.name)} promises {names[0].upper()}, which holds one certificate and is no store."
        raise UsageError(
            message, remedy="Name another file, or give --storetype; `anchorkeep export` writes single certificates."
        )
    return found or "pkcs12"


def unsaid(path: Path, storetype: str | None) -> tuple[str, ...]:
    """Return a sentence where nobody said the format of a new file and its suffix may mean another than the usual one."""
    suffix = path.suffix.lower()
    if storetype is not None or not suffix or suffix in _OF_STORES or capability.promised(path.name):
        return ()
    return (
        f"The suffix {visible(suffix, limit=20)} says no format, so that this is {TITLES['pkcs12']}; --storetype says another.",
    )


def runtime(text: str | None) -> JavaVersion | None:
    """
    Return the runtime that `--for` names, None where it is not given.

    Raises:
        UsageError: there is no such runtime.
    """
    if text is None:
        return None
    from anchorkeep.actions import java

    return java.named(text)


def terms(*, dry_run: bool, java: str | None = None, reproducible: bool = False) -> Terms:
    """
    Return the terms of the running command's write.

    Raises:
        UsageError: there is no such runtime, or the environment says something that cannot be.
    """
    from anchorkeep.actions.store_write import Terms
    from anchorkeep.cli import settings

    now = options.now()
    return Terms(
        at=settings.source_date() or now,
        now=now,
        state=settings.archive_directory(),
        command=_words(click.get_current_context()),
        java=runtime(java),
        is_reproducible=reproducible,
        is_dry_run=dry_run,
    )


#: Options whose value may hold a password, and those that say nothing about the change.
_UNTOLD = ("proxy", "as_json", "dry_run")


def _words(context: click.Context) -> tuple[str, ...]:
    """Return the words of the command for the history: its name, its arguments, the options given."""
    from anchorkeep.cli import command_line

    arguments: list[str] = []
    for parameter in context.command.params:
        value = context.params.get(parameter.name or "")
        if isinstance(parameter, click.Argument) and value is not None:
            arguments += map(str, value if isinstance(value, tuple) else (value,))
    # Without the program's own name.
    return (*context.command_path.split()[1:], *arguments, *command_line.given(context, but=_UNTOLD))
