"""Tables of the settings file: what has another type than it must, or a name that nobody knows, is an error that says where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anchorkeep.errors import UsageError
from anchorkeep.text import visible

if TYPE_CHECKING:
    from pathlib import Path

_MAX_PORT = 65_535


def table(document: dict[str, Any], key: str, path: Path) -> dict[str, Any]:
    """Return the table under a key of the file, an empty one where there is none."""
    value = document.get(key, {})
    if not isinstance(value, dict):
        raise UsageError(f"{visible(str(path))}: {key} is not a table.")
    return value


def flag(within: dict[str, Any], name: str, where: object, *, otherwise: bool = True) -> bool:
    """Return the value of `table.key`; messages name both."""
    value = within.get(name.rpartition(".")[2], otherwise)
    if not isinstance(value, bool):
        raise UsageError(f"{visible(str(where))}: {name} is not true or false.")
    return value


def text(within: dict[str, Any], key: str, where: str) -> str | None:
    """Return a text, None where the key is not there."""
    value = within.get(key)
    if value is not None and not isinstance(value, str):
        raise UsageError(f"{visible(where)}: {key} is not text.")
    return value


def ports(value: object, where: str) -> tuple[int, ...]:
    """Return a list of ports."""
    if not isinstance(value, list) or not all(type(item) is int and 0 < item <= _MAX_PORT for item in value):
        raise UsageError(f"{visible(where)} is not a list of ports.")
    return tuple(value)


def strings(value: object, where: str) -> list[str]:
    """Return a list of texts."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UsageError(f"{visible(where)} is not a list of texts.")
    return value


def only_known(within: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    """Refuse keys that are not known, and name the nearest that is."""
    for key in within:
        if key not in known:
            raise UsageError(f"{visible(where)}: unknown key '{visible(key)}'.{nearest(key, known)}")


def nearest(word: str, known: tuple[str, ...]) -> str:
    """Return a sentence, with a blank before it, that names the known word nearest to this, or else all."""
    import difflib

    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if close:
        return f" Did you mean '{visible(close[0])}'?"
    return f" Known are: {', '.join(map(visible, known))}." if known else ""
