"""The door: `anchorkeep COMMAND`. Commands are imported when they are called, so that `--help` is quick."""

from __future__ import annotations

import gc
import io
import sys
from typing import TYPE_CHECKING

import click

from anchorkeep.cli.lazy_group import LazyGroup
from anchorkeep.errors import AnchorkeepError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Command, its module in `cli`, its line in the help; `LazyGroup` imports what is called.
_COMMANDS = {
    "show": ("show", "Show a service's chain, its root, days left and findings."),
    "export": ("export", "Export certificates of a chain to files."),
    "diff": ("diff", "Compare what two targets present."),
    "trust": ("trust", "Let a store trust services, decided and proved."),
    "check": ("check", "Say which runtime a store lets trust a service, until when."),
    "apply": ("apply", "Bring the stores of the settings to where they are to be."),
    "store": ("store", "Read, edit and convert stores of certificates."),
    "keytool": ("keytool", "Do what Java's keytool does, for scripts that call it."),
    "init": ("init", "Write an anchorkeep.toml with your environments."),
    "lab": ("lab", "Run a cloud with UAT and Production on this machine."),
    "completion": ("completion", "Print the script that lets a shell complete all this."),
}
_INTERRUPTED = 130
#: `Exit.UNKNOWN`, without the import that `--help` can do without.
_NOT_WRITTEN = 3
#: New objects before Python looks for cycles; at some 100 bytes each a few MiB.
_OBJECTS_BETWEEN_COLLECTIONS = 200_000


def _print_version(ctx: click.Context, _option: click.Parameter, value: bool) -> None:  # noqa: FBT001 (click's signature)
    if not value or ctx.resilient_parsing:
        return
    from anchorkeep.cli import version

    version.show()
    ctx.exit()


@click.group(
    cls=LazyGroup,
    listed=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 fine, 1 refused or a finding, 2 usage, 3 could not tell, 4 fine now but a known event breaks it.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Show versions and exit."
)
def program() -> None:
    """Keep every trust store in step with the certificates it must trust."""


def set_up() -> None:
    """
    Set Python up for one command.

    It makes much and drops little until it ends, so cycles are looked for less often. What an output's encoding cannot say is
    written as an escape, and an output that was closed takes nothing.
    """
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, io.StringIO())
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run one command and return its exit code.

    Args:
        argv: the words after the program's name; None takes the process's own.
    """
    set_up()
    try:
        code = _run(argv)
        sys.stdout.flush()
        if argv is None:
            # The process ends: one more search of everything for cycles costs a tenth of a look at a service, and frees nothing.
            gc.freeze()
    except (BrokenPipeError, SystemExit):
        # The reader has gone, as `head` does, which click turns into SystemExit; what is left in the buffer goes nowhere.
        sys.stdout = None
        return 0
    except OSError as error:
        from anchorkeep.cli import render
        from anchorkeep.text import visible

        sys.stdout = io.StringIO()
        render.error(f"The result cannot be written: {visible(error.strerror or str(error))}.")
        return _NOT_WRITTEN
    return code


def _run(argv: Sequence[str] | None) -> int:
    try:
        code = program.main(args=None if argv is None else list(argv), prog_name="anchorkeep", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        return _complain(error)
    except AnchorkeepError as error:
        from anchorkeep.cli import outcome, render

        render.error(error)
        return int(outcome.of_error(error))
    except (click.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    return int(code) if isinstance(code, int) else 0


def _complain(error: click.ClickException) -> int:
    from anchorkeep.cli import render
    from anchorkeep.text import visible

    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None and error.message == context.get_help():  # What a group says that is called without a command.
        render.say(error.message)
        return error.exit_code
    if context is not None:
        render.say(context.get_usage())
    render.error(visible(error.format_message(), limit=500))
    return error.exit_code
