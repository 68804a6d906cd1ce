"""
The one way text from outside reaches a person.

Names in certificates, host names, banners, paths and logs are written by strangers. `visible` makes of any such text one
printable line that shows what is there and does nothing: control characters, line ends, bidirectional marks and invisible
characters are escaped, nothing is read as markup, and a length is kept. `ascii_line` is the same for files that other programs
parse line by line.

Rules kept here:
- what is shown is never shorter than a hint of what was hidden: a cut says how much is missing;
- a backslash of the input is doubled, so that an escape can be told from text that looks like one.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Characters of a single name shown to a person. RFC 5280 (ub-name) allows 32,768; a terminal line does not.
DEFAULT_LIMIT = 256

# Cc control, Cf format (bidi marks, zero width, tags), Cs surrogates, Co private use, Cn unassigned, Zl and Zp line ends.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Blank or invisible although their category says letter, mark or symbol: Hangul and Khitan fillers, Braille blank, a musical
# null, variation selectors.
_INVISIBLE = frozenset(
    "\u115f\u1160\u2800\u3164\uffa0\u034f\u17b4\u17b5\u180b\u180c\u180d\u180f\U0001d159\U00016fe4"
) | frozenset(chr(point) for point in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
# Mn and Me: marks painted over the character before, also those whose canonical combining class is 0.
_COMBINING_CATEGORIES = frozenset({"Mn", "Me"})
#: Combining marks in a row that a name may carry; more of them paint over the lines above and below ("zalgo").
_MAX_COMBINING = 4


def visible(text: str, *, limit: int = DEFAULT_LIMIT) -> str:
    r"""
    Return `text` as one harmless printable line.

    Args:
        text: anything, also with surrogates from `os.fsdecode`.
        limit: characters of the result; what is longer is cut and says by how many characters, which the limit does not count.

    Returns:
        A line without control, format, bidirectional, invisible or line-end characters. Those are written as `\n`, `\x1b`,
        `\u202e` and so on; a backslash as `\\`. Spaces other than U+0020 become escapes too. Letters of scripts that are
        written from right to left stay as they are.
    """
    if len(text) <= limit and text.isascii() and text.isprintable() and "\\" not in text:
        return text
    return _cut(text, map(_escape, text, _is_crowded(text)), limit=limit, ellipsis="…")


def plain(content: str) -> str:
    """Return text of several lines with every control character but the line end, and every bidirectional mark, escaped."""
    if content.isascii() and content.replace("\n", "").isprintable():
        return content
    return "".join(_harmless(character) for character in content)


def ascii_line(text: str, *, limit: int = DEFAULT_LIMIT) -> str:
    r"""
    Return `text` as one line of printable ASCII that no PEM parser takes for a boundary.

    As `visible`, but everything outside ASCII is escaped and of five hyphens in a row (RFC 7468 §2, the boundary of a PEM block)
    the last is written `\x2d`, since some programs look for the boundary in the middle of a line.
    """
    pieces = (_escape(letter, not letter.isascii()) for letter in text)
    line = _cut(text, pieces, limit=limit, ellipsis="...")
    while "-----" in line:
        line = line.replace("-----", "----\\x2d")
    return line


def shell_word(path: str) -> str:
    """
    Return a path as one word of a command that a person may paste into a shell, as `visible` shows it but never cut.

    A path with characters that have to be escaped is another one there: such a command finds no file. An option it never is.
    """
    import shlex

    # No character becomes more than ten: `\\U` and eight digits.
    shown = visible(path, limit=10 * len(path))
    return shlex.quote(f"./{shown}" if shown.startswith("-") else shown)


def counted(number: int, noun: str) -> str:
    """Return the number with its noun, in the plural where it must be: `1 certificate`, `2 certificates`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _cut(text: str, pieces: Iterable[str], *, limit: int, ellipsis: str) -> str:
    """Join what is shown for each character while it fits, and say how many characters are missing."""
    shown: list[str] = []
    length = 0
    for position, piece in enumerate(pieces):
        length += len(piece)
        if length > limit:
            shown.append(f"{ellipsis} ({len(text) - position:,} more characters)")
            break
        shown.append(piece)
    return "".join(shown)


def _is_crowded(text: str) -> Iterator[bool]:
    """Tell of each character whether it is one combining mark too many, or has nothing of the text's own to combine with."""
    marks = _MAX_COMBINING
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in _COMBINING_CATEGORIES else 0
        yield marks > _MAX_COMBINING


def _escape(character: str, forced: bool) -> str:  # noqa: FBT001 (mapped over the text, character by character)
    if character == "\\":
        return "\\\\"
    if character == " ":
        return character
    category = unicodedata.category(character)
    if forced or character in _INVISIBLE or category in _HIDDEN_CATEGORIES or category == "Zs":
        return _code(character)
    return character


def _harmless(character: str) -> str:
    if character == "\n" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return character
    return visible(character)


def _code(character: str) -> str:
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    if named:
        return named
    point = ord(character)
    if point <= 0xFF:  # noqa: PLR2004 (two digits hold it)
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"  # noqa: PLR2004 (four digits hold it)
