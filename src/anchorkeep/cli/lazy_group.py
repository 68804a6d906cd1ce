"""A group of commands that are imported when they are called, so that the help of a group is quick."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

    from click.shell_completion import CompletionItem


class LazyGroup(click.Group):
    """
    A group whose commands stand in modules of this room, each under the name `command` or one of its own.

    Attributes:
        listed: of each command its place, `module` or `module.name`, and its line in the help, in the order of the help.
    """

    def __init__(self, *, listed: Mapping[str, tuple[str, str]], **settings: Any) -> None:  # noqa: ANN401 (click's)
        """Keep the list; all else is click's."""
        super().__init__(**settings)
        self.listed = listed

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the commands."""
        return list(self.listed)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command, whose module is imported now; None where there is none of that name."""
        if cmd_name not in self.listed:
            return None
        module, _, name = self.listed[cmd_name][0].partition(".")
        command = getattr(importlib.import_module(f"anchorkeep.cli.{module}"), name or "command")
        assert isinstance(command, click.Command)  # noqa: S101 (ours)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Propose the commands without importing one."""
        from click.shell_completion import CompletionItem

        names = [CompletionItem(name, help=line) for name, (_, line) in self.listed.items() if name.startswith(incomplete)]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands into the help, each with its line."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self.listed.items()])
