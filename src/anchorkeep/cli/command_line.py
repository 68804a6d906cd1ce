"""Command lines as people type them: quoted for a POSIX shell, in lines that a terminal does not break."""

from __future__ import annotations

import os
import shlex
import string
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_INDENT = "  "
_PLAIN = frozenset(string.ascii_letters + string.digits + " ./_-:,=@+")


def given(context: click.Context, *, but: Collection[str]) -> list[str]:
    """Return the options that were given on the command line as words, without those named in `but`."""
    words: list[str] = []
    for option in context.command.params:
        name = option.name or ""
        if not isinstance(option, click.Option) or name in but:
            continue
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            words += _option(option, context.params[name])
    return words


def _option(option: click.Option, value: object) -> list[str]:
    if option.is_flag:
        return [(option.opts if value else option.secondary_opts)[-1]]
    values = value if option.multiple and isinstance(value, tuple) else (value,)
    return [word for item in values for word in (option.opts[-1], str(item))]


def quote(word: str) -> str:
    """Return a word as a shell reads it; one with characters that cannot be seen in the form `$'...'` of bash, zsh and ksh."""
    if word.isprintable():
        return shlex.quote(word)
    return "$'" + "".join(chr(octet) if chr(octet) in _PLAIN else f"\\x{octet:02x}" for octet in os.fsencode(word)) + "'"


def lines(words: Sequence[str], *, width: int) -> str:
    """
    Return words as a shell command of lines no wider than `width` columns, to be copied as it stands.

    A line ends with a backslash where the command goes on, and an option stays with its value where it can. A word that is longer
    than a line is itself continued, at the very start of the next line, since a shell would take blanks there for its end.
    """
    done: list[str] = []
    current = ""
    for index, word in enumerate(words):
        if not current:
            current = quote(word)
        elif len(current) + len(f" {_unit(words[index : index + 2], width=width)} \\") <= width:
            current += f" {quote(word)}"
        else:
            done.append(f"{current} \\")
            *whole, current = _pieces(word, width=width)
            done += [f"{piece}\\" for piece in whole]
    return "\n".join([*done, current])


def _unit(words: Sequence[str], *, width: int) -> str:
    """Return the first word, with the one behind it where that is an option's value and both fit into a line."""
    both = " ".join(map(quote, words))
    belongs = words[0].startswith("-") and not words[-1].startswith("-")
    return both if belongs and len(f"{_INDENT}{both} \\") <= width else quote(words[0])


def _pieces(word: str, *, width: int) -> list[str]:
    """Return a word in pieces that fit into lines, each quoted by itself, the first behind the indent."""
    pieces: list[str] = []
    indent = _INDENT
    while len(indent) + len(quote(word)) + len(" \\") > width:
        size = len(word)
        while len(indent) + len(quote(word[:size])) + len("\\") > width:
            size -= 1
        pieces.append(indent + quote(word[:size]))
        word, indent = word[size:], ""
    return [*pieces, indent + quote(word)]
