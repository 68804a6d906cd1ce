import subprocess
import sys

import click
import pytest

from anchorkeep.cli.lazy_group import LazyGroup

GROUP = LazyGroup(
    name="group", listed={"list": ("store_list", "List."), "show": ("store_show.show", "Show."), "version": ("version", "None.")}
)


def test_command_is_the_modules_own() -> None:
    """A command is the module's `command`, or the one named behind the point."""
    context = click.Context(GROUP)
    assert [GROUP.get_command(context, name).name for name in ("list", "show")] == ["list", "show"]  # type: ignore[union-attr]


def test_unknown_command_is_none() -> None:
    """A name that is not listed is no command."""
    assert GROUP.get_command(click.Context(GROUP), "nothing") is None


@pytest.mark.parametrize(("typed", "proposed"), [("s", ["show"]), ("", ["list", "show", "version"]), ("x", [])])
def test_commands_are_proposed(typed: str, proposed: list[str]) -> None:
    """Commands that begin with what was typed are proposed."""
    items = GROUP.shell_complete(click.Context(GROUP), typed)
    assert [item.value for item in items if not item.value.startswith("-")] == proposed


def test_help_imports_no_command() -> None:
    """The help of a group is printed without importing any of its commands."""
    script = (
        "import sys\nfrom anchorkeep.cli.main import main\ncode = main(['store', '--help'])\n"
        "sys.exit(code or any(name.startswith('anchorkeep.cli.store_') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, "passwd" in done.stdout) == (0, True), done.stderr
