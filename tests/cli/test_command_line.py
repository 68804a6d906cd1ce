"""Command lines that are printed to be copied."""

import subprocess

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anchorkeep.cli import command_line
from tests.conftest import require_tool

WORDS = [
    ("anchorkeep", "export", "a.example"),
    ("anchorkeep", "--out", "a place's", "$HOME", "`id`", "*"),
    ("anchorkeep", "x" * 300, "y" * 76, "z"),
    ("anchorkeep", "'" * 60, " " * 120),
    ("anchorkeep", "\x1b[31m\n\r\t'", "\u202ename", "\udcff", ""),
    ("anchorkeep", "n\n" * 100),
]


def read(text: str) -> list[bytes]:
    """Return the words that a real bash reads."""
    bash = require_tool("bash")
    script = text.replace("anchorkeep", "printf '%s\\0'", 1)
    result = subprocess.run([bash, "-c", script], capture_output=True, check=True)
    return result.stdout.split(b"\0")[:-1]


@pytest.mark.parametrize("words", WORDS, ids=range(len(WORDS)))
@pytest.mark.parametrize("width", [40, 76, 500])
def test_shell_reads_the_words(words: tuple[str, ...], width: int) -> None:
    """What is printed is read by bash as the very words, whatever they hold, in lines that fit and can be seen."""
    text = command_line.lines(words, width=width)
    assert read(text) == [word.encode("utf-8", "surrogateescape") for word in words[1:]]
    assert max(map(len, text.split("\n"))) <= width
    assert text.replace("\n", "").isprintable()


def test_option_stays_with_its_value() -> None:
    """A line is broken before an option, not between the option and its value, unless both are too long for a line."""
    assert command_line.lines(["anchorkeep", "--out", "certificates"], width=26) == "anchorkeep \\\n  --out certificates"
    assert command_line.lines(["anchorkeep", "--out", "c" * 22], width=26) == f"anchorkeep --out \\\n  {'c' * 22}"


@settings(max_examples=60)
@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=120), max_size=6))
def test_shell_reads_any_words(words: list[str]) -> None:
    """So it is with any words."""
    text = command_line.lines(["anchorkeep", "-", *words], width=60)
    assert read(text) == [word.encode() for word in ["-", *words]]
    assert max(map(len, text.split("\n"))) <= 60


def test_given_options_are_words() -> None:
    """Options of the command line come back as they were given; defaults and excluded ones do not."""
    found: list[str] = []

    @click.command()
    @click.option("--one")
    @click.option("--many", multiple=True)
    @click.option("--default", default="d")
    @click.option("--flag", "is_flag_", is_flag=True)
    @click.option("--other", is_flag=True)
    @click.option("--hidden")
    @click.argument("word")
    def command(**_: object) -> None:
        found.extend(command_line.given(click.get_current_context(), but={"hidden"}))

    argv = ["--one", "1", "--many", "a", "--many", "b b", "--flag", "--hidden", "x", "word"]
    command.main(argv, standalone_mode=False)
    assert found == ["--one", "1", "--many", "a", "--many", "b b", "--flag"]
