"""Options that several commands share, under one name and with one meaning."""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from anchorkeep.cli import completion
from anchorkeep.errors import UsageError
from anchorkeep.text import visible

F = TypeVar("F", bound=Callable[..., Any])


class _Seconds(click.FloatRange):
    """A number of seconds; `nan` is no number, though every comparison lets it through."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 (click's signature)
        """Return the number."""
        number = super().convert(value, param, ctx)
        if number != number:  # noqa: PLR0124 (that is what nan is)
            self.fail("nan is no number of seconds.", param, ctx)
        return number


SECONDS = _Seconds(0.1, 600)
#: A file's path. Whether it may be read is found by reading it, so that one which may not is no usage error and hides no other.
PATH = click.Path(path_type=Path, readable=False)


def targets(command: F) -> F:
    """Add TARGET... and the options that say how to reach them."""
    for option in reversed((*_TARGET_OPTIONS, *storepass("storepass", "storepass", "a store's password"), CONFIG)):
        command = option(command)
    return command


def sources(command: F) -> F:
    """Add TARGET... as `targets` does, to a command that has a store of its own: the password of a TARGET is `--srcstorepass`."""
    for option in reversed((*_TARGET_OPTIONS, *storepass("srcstorepass", "storepass", "a TARGET's password"), CONFIG)):
        command = option(command)
    return command


def storepass(words: str, name: str, what: str) -> tuple[Callable[[F], F], Callable[[F], F]]:
    """
    Return the two options that give a password, which never stands on the command line itself.

    Args:
        words: what the options begin with: `--WORDS-file` and `--WORDS-env`.
        name: what the parameters begin with: `NAME_file` and `NAME_env`.
        what: whose password it is.
    """
    return (
        click.option(
            f"--{words}-file",
            f"{name}_file",
            type=PATH,
            help=f"File whose first line is {what}.",
        ),
        click.option(f"--{words}-env", f"{name}_env", metavar="VARIABLE", help=f"Variable of the environment that holds {what}."),
    )


def now() -> datetime:
    """Return what time it is, aware, UTC: the one clock of the command line."""
    return datetime.now(UTC)


def moment(text: str | None) -> datetime | None:
    """
    Read `--at`: a date, or a date and time, in UTC unless it says otherwise; `now`; None where it is not given.

    Raises:
        UsageError: it is none of these.
    """
    if text is None:
        return None
    if text == "now":
        return now()
    try:
        parsed = datetime.fromisoformat(text)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):  # The first and the last day of the calendar have no neighbour in another time zone.
        raise UsageError(f"--at '{visible(text)}' is no date.", remedy="Write it as 2027-03-15 or 2027-03-15T12:00.") from None


def password(file_: Path | None, variable_: str | None, *, option: str = "storepass") -> str | None:
    """
    Return the password of `--storepass-file` or `--storepass-env`, None where neither is given; never from argv itself.

    Args:
        file_: the file or pipe named, whose first line it is.
        variable_: the variable named.
        option: what the names of the two options begin with.

    Raises:
        UsageError: both are given, the variable is not set, or what it or the file holds is no UTF-8: a store that was written
            under what had to be guessed of it would open for nobody.
    """
    from anchorkeep.cli import settings
    from anchorkeep.host import file

    if file_ is not None and variable_ is not None:
        message = f"--{option}-file and --{option}-env exclude each other."
        raise UsageError(message, remedy="Give the one that holds the password, and leave the other out.")
    if file_ is not None:
        return _text(_first_line(file.read_secret(file_)), f"--{option}-file")
    if variable_ is not None:
        value = settings.variable(variable_)
        if value is None:
            message = f"The environment has no variable '{visible(variable_)}', which --{option}-env names."
            raise UsageError(message, remedy="Export the variable, or give the password in a file.")
        return _text(os.fsencode(value), f"--{option}-env")
    return None


def _first_line(data: bytes) -> bytes:
    """Return the first line without its end, and without the mark that editors of Windows begin UTF-8 with."""
    return data.split(b"\n", 1)[0].removesuffix(b"\r").removeprefix(codecs.BOM_UTF8)


def _text(data: bytes, option: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"The password of {option} is no UTF-8.", remedy="Write it in UTF-8.") from None


def fingerprint(text: str) -> bytes:
    """
    Read a SHA-256 fingerprint: 64 hexadecimal digits, with or without colons.

    Raises:
        UsageError: it is none.
    """
    try:
        digest = bytes.fromhex(text.replace(":", "").strip())
    except ValueError:
        digest = b""
    if len(digest) != 32:  # noqa: PLR2004 (SHA-256)
        raise UsageError(f"'{visible(text)}' is no SHA-256 fingerprint: expected 64 hexadecimal digits, colons allowed.")
    return digest


FAIL_ON = click.option(
    "--fail-on",
    type=click.Choice(["note", "warning", "error"]),
    default="warning",
    show_default=True,
    help="Least severity of a finding that makes the exit code 1.",
)
CONFIG = click.option("--config", type=PATH, help="Settings file instead of ./anchorkeep.toml.")
AT = click.option("--at", metavar="DATE", help="Judge for this moment (UTC) instead of now, or of when a record was made.")
_TARGET_OPTIONS = (
    click.argument("targets", nargs=-1, metavar="[TARGET]...", shell_complete=completion.targets),
    click.option(
        "--env",
        "environments",
        multiple=True,
        metavar="NAME",
        shell_complete=completion.environments,
        help="An environment of the settings; repeatable.",
    ),
    click.option("--connect", metavar="HOST:PORT", help="Connect here; the name that is asked for stays."),
    click.option(
        "--starttls",
        metavar="PROTOCOL",
        help="Ask for TLS in this protocol first: smtp, imap, ldap, postgres ...; auto takes it from the port.",
    ),
    click.option("--proxy", metavar="URL", help="Go through this proxy, http:// or socks5://; none for no proxy at all."),
    click.option("--proxy-auth-file", type=PATH, help="File that begins with the proxy's USER:PASSWORD."),
    click.option("--cert", type=PATH, help="Client certificate to present: PEM with key, or PKCS#12."),
    click.option("--key", type=PATH, help="Key of --cert where it is in a file of its own (PEM)."),
    click.option("--cert-pass-file", type=PATH, help="File whose first line is the password of --cert."),
    click.option("--cert-pass-env", metavar="VARIABLE", help="Variable of the environment that holds the password of --cert."),
    click.option(
        "--min-tls",
        type=click.Choice(["1.0", "1.1", "1.2", "1.3"]),
        default="1.0",
        show_default=True,
        help="Offer no older version of TLS.",
    ),
    click.option("--servername", metavar="NAME", help="Ask for this name (SNI) and check it, instead of the target's."),
    click.option("--timeout", type=SECONDS, default=10.0, show_default=True, help="Seconds for one service in all."),
    click.option(
        "--stage-timeout",
        type=SECONDS,
        help="Seconds for each of look-up, connection, proxy, STARTTLS and handshake; else only the total counts.",
    ),
    click.option("--no-aia", is_flag=True, help="Fetch no issuers that the server does not send (caIssuers)."),
    click.option("--allow-private-aia", is_flag=True, help="Fetch issuers from private networks and this machine too."),
    click.option("--aia-proxy", is_flag=True, help="Fetch issuers through the proxy, where no address can be checked."),
)
