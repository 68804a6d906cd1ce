"""The questions of keytool, asked on stderr and answered on stdin: scripts pipe the answers in."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, cast

from anchorkeep.errors import RefusedError

if TYPE_CHECKING:
    import io

#: Characters of a password below which keytool takes none that is new.
SHORTEST = 6
#: How often a person may mistype.
_ATTEMPTS = 3
_MAX_ANSWERS = 10
#: Bytes of an answer.
_MAX_LINE = 4096


class GivenUp(Exception):  # noqa: N818 (what happened; keytool calls it no error and exits with 0)
    """Nobody gave a password that could be taken, and keytool goes away without a failure."""


def answer(question: str) -> str | None:
    """
    Ask for a line; None where there is none.

    What stands behind it in a pipe goes with it, as with keytool: a question is never answered by what was meant for another.
    """
    _say(question)
    found = b""
    while b"\n" not in found and len(found) < _MAX_LINE and (more := _read()):
        found += more
    return found.split(b"\n", 1)[0].decode(errors="replace").rstrip("\r") if found else None


def line(question: str) -> str:
    """Ask for a line; empty where there is none."""
    return answer(question) or ""


def password(question: str) -> str:
    """Ask for a password; empty where there is none. What is typed on a terminal does not show."""
    if sys.stdin is not None and sys.stdin.isatty():
        try:
            return getpass.getpass(question, stream=sys.stderr)
        except EOFError:
            return ""
    _say(question)
    return sys.stdin.buffer.readline(_MAX_LINE).decode(errors="replace").rstrip("\r\n") if sys.stdin is not None else ""


def new_password(question: str) -> str:
    """
    Ask twice for the password that a store is to have.

    Raises:
        GivenUp: three times what was given could not be taken.
    """
    for _ in range(_ATTEMPTS):
        first = password(question)
        if len(first) < SHORTEST:
            _say(f"Keystore password is too short - must be at least {SHORTEST} characters\n")
        elif password("Re-enter new password: ") == first:
            return first
        else:
            _say("They don't match. Try again\n")
    _say("Too many failures - try later\n")
    raise GivenUp


def store_password(question: str) -> str:
    """
    Ask for the password of a store that is to be changed.

    Raises:
        GivenUp: three times it was shorter than any can be.
    """
    for _ in range(_ATTEMPTS):
        given = password(question)
        if len(given) >= SHORTEST:
            return given
        _say(f"Keystore password is too short - must be at least {SHORTEST} characters\n")
    _say("Too many failures - try later\n")
    raise GivenUp


def other_password() -> str:
    """
    Ask for the password that replaces the one a store has.

    Raises:
        RefusedError: three times what was given could not be taken.
    """
    for _ in range(_ATTEMPTS):
        given = password("New keystore password: ")
        if len(given) < SHORTEST:
            _say(f"Password is too short - must be at least {SHORTEST} characters\n")
        elif password("Re-enter new keystore password: ") == given:
            return given
        else:
            _say("They don't match. Try again\n")
    raise RefusedError("Too many failures - try later")


def is_agreed(question: str) -> bool:
    """Ask a question whose answer is no unless it is yes."""
    for _ in range(_MAX_ANSWERS):
        said = line(f"{question} [no]:  ").strip().lower()
        if said in {"y", "yes"}:
            return True
        if said in {"", "n", "no"}:
            return False
        _say("Wrong answer, try again\n")
    raise RefusedError("Too many failures - try later")


def _read() -> bytes:
    return cast("io.BufferedIOBase", sys.stdin.buffer).read1(_MAX_LINE) if sys.stdin is not None else b""


def _say(text: str) -> None:
    sys.stdout.flush()
    sys.stderr.write(text)
    sys.stderr.flush()
