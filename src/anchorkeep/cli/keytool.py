"""
`anchorkeep keytool`: the commands of Java's keytool that scripts are made of, stream by stream, without a JVM.

It is the one command that is exempt from the rules of this command line: options are keytool's, a password may stand on the
command line itself, errors are on stdout as `keytool error: ...`, and it exits with 0 or 1. What Anchorkeep says beyond keytool
is on stderr, and begins with `anchorkeep: `.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import click

from anchorkeep.cli import keytool_line
from anchorkeep.errors import AnchorkeepError, RefusedError, UsageError
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from anchorkeep.cli.keytool_line import Request

#: Of each command its module and function, imported when it is called.
_RUN = {
    "changealias": ("keytool_edit", "change_alias"),
    "delete": ("keytool_edit", "delete"),
    "exportcert": ("keytool_export", "run"),
    "importcert": ("keytool_import", "run"),
    "importkeystore": ("keytool_merge", "run"),
    "list": ("keytool_list", "run"),
    "printcert": ("keytool_print", "run"),
    "storepasswd": ("keytool_edit", "change_password"),
}
_DONE, _FAILED = 0, 1


@click.command(
    "keytool",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": []},
    add_help_option=False,
    options_metavar="",
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="-COMMAND [-OPTION [VALUE]]...")
@click.pass_context
def command(context: click.Context, words: tuple[str, ...]) -> int:
    """
    Do what Java's keytool does, for scripts that call it, without a JVM.

    The subset: -list, -importcert, -exportcert, -delete, -changealias, -storepasswd, -importkeystore and -printcert, with
    -keystore, -cacerts, -storetype, -storepass[:env|:file], -alias, -file, -noprompt, -trustcacerts, -rfc and -v. Options, output
    and exit codes (0 or 1) are keytool's; -COMMAND -help shows the options of one. Everything else is refused.
    """
    if words == ("--help",):
        click.echo(context.get_help())
        return _DONE
    try:
        request = keytool_line.parse(words)
    except UsageError as error:
        sys.stderr.write(f"{error}\n{keytool_line.usage(keytool_line.command_of(words))}\n")
        return _FAILED
    except RefusedError as error:
        sys.stdout.write(f"keytool error: {error.message}\n")
        return _FAILED
    if request.is_help:
        sys.stderr.write(f"{keytool_line.usage(request.command)}\n")
        return _DONE
    _warn_of_exposure(request)
    return _carried_out(request)


def _carried_out(request: Request) -> int:
    from anchorkeep.cli import keytool_certificate, keytool_prompt

    module, name = _RUN[request.command]
    run: Callable[[Request], None] = getattr(importlib.import_module(f"anchorkeep.cli.{module}"), name)
    try:
        run(request)
    except keytool_prompt.GivenUp:
        return _DONE
    except BrokenPipeError:
        raise
    except OSError as error:
        sys.stdout.write(f"keytool error: java.io.IOException: {visible(error.strerror or str(error))}\n")
        return _FAILED
    except AnchorkeepError as error:
        named = error.message if error.message.startswith("java.") else f"java.lang.Exception: {error.message}"
        sys.stdout.write(f"keytool error: {named}\n")
        if error.remedy:
            sys.stdout.flush()
            sys.stderr.write(f"anchorkeep: {error.remedy}\n")
        keytool_certificate.warn(request, ())
        return _FAILED
    return _DONE


def _warn_of_exposure(request: Request) -> None:
    """Say of a password on the command line that everybody on the machine can read it there."""
    if request.exposed:
        name = request.exposed[0]
        sys.stderr.write(
            f"anchorkeep: the password of -{name} stands on the command line, where every user of this machine can read it; "
            f"-{name}:env NAME and -{name}:file FILE keep it to yourself.\n"
        )
