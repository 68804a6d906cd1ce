"""`anchorkeep completion`: the script that lets a shell complete commands, options, environments and files."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click
from click.shell_completion import CompletionItem, get_completion_class

from anchorkeep.errors import AnchorkeepError

#: The variable in which the script hands over what is to be completed; click derives the same from the program's name.
_VARIABLE = "_ANCHORKEEP_COMPLETE"
_PROGRAM = "anchorkeep"
#: Names that every shell takes as they are. Others are not proposed: a blank, a quote or a `$` would act in the line being typed.
_SAFE = re.compile(r"[A-Za-z0-9_.@%+-]{1,255}")


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(*, shell: str) -> None:
    """
    Print the script that teaches a SHELL to complete anchorkeep's commands, options, environments and files.

    bash: add `eval "$(anchorkeep completion bash)"` to ~/.bashrc. zsh: the same with zsh in ~/.zshrc, below compinit. fish: write
    the script to ~/.config/fish/completions/anchorkeep.fish.
    """
    kind = get_completion_class(shell)
    root = click.get_current_context().find_root().command
    assert kind is not None  # noqa: S101 (click brings these three)
    script = kind(root, {}, _PROGRAM, _VARIABLE)
    # Not `source()`: that starts a bash to ask for its version, and says on stderr what every bash since 2016 does not need.
    click.echo(script.source_template % script.source_vars())


def environments(context: click.Context, _option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Propose the environments of the settings that `--config` names, or of those that would be read."""
    from anchorkeep.cli import settings

    config = context.params.get("config")
    try:
        names = settings.load(Path(config) if config else None).environments
    except AnchorkeepError:  # Whoever wants to know why asks a command.
        return []
    return [CompletionItem(name, help="environment") for name in names if name.startswith(incomplete) and _SAFE.fullmatch(name)]


def targets(context: click.Context, argument: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Propose environments, and files where the word has a path separator or begins like a path."""
    if os.sep in incomplete or incomplete.startswith((".", "~")):
        return files(context, argument, incomplete)
    return environments(context, argument, incomplete)


def files(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Let the shell propose files and directories."""
    return [CompletionItem(incomplete, type="file")]


def directories(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Let the shell propose directories."""
    return [CompletionItem(incomplete, type="dir")]
