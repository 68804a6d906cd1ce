"""The envelope of documents in the state folder: JSON that names its format and version before anything in it is believed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from anchorkeep.errors import InputError
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def dumps(content: dict[str, Any], *, format: str, version: int) -> bytes:  # noqa: A002 (what the document calls it)
    """Return a document in its envelope, ASCII."""
    return json.dumps({"format": format, "version": version, **content}, indent=1).encode("ascii")


def loads(
    data: bytes,
    build: Callable[[dict[str, Any]], T],
    *,
    format: str,  # noqa: A002 (what the document calls it)
    version: int,
    title: str,
    remedy: str,
) -> T:
    """
    Return what `build` makes of a document that has the format and version named.

    Args:
        data: what `dumps` returned.
        build: makes the value; what it raises for content of the wrong shape says that the document is damaged.
        format: the name that the document must give itself.
        version: the version that it must have.
        title: what to call it and where it was read, `The history PATH`; safe to print.
        remedy: what to do with one that cannot be read.

    Raises:
        InputError: it is another document, of another version, or damaged.
    """
    found = None
    try:
        document = json.loads(data)
        found = document["version"] if document["format"] == format else None
        if found == version:
            return build(document)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        found = None
    what = "is damaged" if found is None else f"has version {visible(str(found))}, expected {version}"
    raise InputError(f"{title} {what}.", remedy=remedy)
