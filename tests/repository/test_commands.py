"""Every command is documented, with the very help it prints; the README's tour names every command."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from anchorkeep.cli.main import program

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "commands.md"
HEAD = "# Commands\n\nWhat each command prints for `--help`; a test compares this page with the program.\n"


def commands(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield a command and those below it, with the words that call them; hidden ones are for the program itself."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            if not below.hidden:
                yield from commands(below, (*path, name))


def page() -> str:
    """Return the page as it must be."""
    parts = [HEAD]
    for path, command in commands(program, ("anchorkeep",)):
        context = click.Context(command, info_name=" ".join(path), max_content_width=100, terminal_width=100)
        context.help_option_names = ["-h", "--help"]
        parts.append(f"## {' '.join(path)}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def test_page_is_what_the_program_prints(request: pytest.FixtureRequest) -> None:
    """The page of commands holds the help of every command; `--write-golden` writes it anew."""
    if request.config.getoption("--write-golden"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page()


def test_readme_shows_every_command() -> None:
    """A command that the README's tour does not show is not found by a user."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    words = [" ".join(path) for path, command in commands(program, ("anchorkeep",)) if not isinstance(command, click.Group)]
    assert [word for word in words if word not in readme and "lab" not in word] == []


def test_every_command_says_what_it_does() -> None:
    """No command and no option is without help."""
    for path, command in commands(program, ("anchorkeep",)):
        assert command.help, path
        options = [item for item in command.params if isinstance(item, click.Option)]
        assert [item.name for item in options if not item.help] == [], path


def shown_commands() -> list[tuple[str, ...]]:
    """Return the command lines that the README and the how-tos show, as words, without what a shell does around them."""
    found: list[tuple[str, ...]] = []
    for page in (ROOT / "README.md", *sorted((ROOT / "docs" / "howto").glob("*.md"))):
        text = page.read_text(encoding="utf-8").replace("\\\n", " ")
        for line in re.findall(r"^ *\$ anchorkeep (.*)$", text, flags=re.MULTILINE):
            words = shlex.split(re.split(r" [|<>]|; ", line)[0], comments=True)
            found.append(tuple(words))
    return found


@pytest.mark.parametrize("words", dict.fromkeys(shown_commands()), ids=" ".join)
def test_documents_show_commands_that_there_are(words: tuple[str, ...]) -> None:
    """Every command line in README and how-tos has a command and options that the program takes."""
    parse(words)


@pytest.mark.parametrize("line", ["nothing", "store lsit x", "store list x --deep", "store rename x", "show --timeout soon x"])
def test_command_that_there_is_not_is_found(line: str) -> None:
    """A command or an option that the program does not have, or a word that is missing, is found."""
    with pytest.raises((click.UsageError, AssertionError)):
        parse(tuple(line.split()))


def parse(words: tuple[str, ...]) -> None:
    """Read the words as the program does, without doing anything."""
    command: click.Command = program
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        below = command.get_command(click.Context(command), rest.pop(0))
        assert below is not None
        command = below
    if not isinstance(command, click.Group):
        command.make_context("anchorkeep", rest)
