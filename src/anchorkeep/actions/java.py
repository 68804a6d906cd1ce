"""The Java runtime that a store is written for, as a person names it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep.errors import UsageError
from anchorkeep.host import jre
from anchorkeep.model import java
from anchorkeep.text import visible

if TYPE_CHECKING:
    from anchorkeep.model.java import JavaVersion

#: The runtimes that are known by name, each for every update of it.
NAMES = {version.label: version for version in map(java.every, java.MAJOR)}
_AT = "jre:"


def named(text: str) -> JavaVersion:
    """
    Return the runtime that `java8`, `java11`, `java17`, `java21`, `java25` or `jre:PATH` names.

    `java11` means every update of it. At PATH stands a runtime or a JDK, whose `release` file is believed.

    Raises:
        UsageError: it is none of these, or there is no runtime at PATH that tells its version.
    """
    if text in NAMES:
        return NAMES[text]
    if not text.startswith(_AT):
        message = f"No Java runtime is called '{visible(text, limit=60)}'."
        raise UsageError(message, remedy=f"Name one of {', '.join(NAMES)}, or a runtime on this machine as {_AT}PATH.")
    path = text.removeprefix(_AT)
    found = jre.inspect(Path(path))
    if found is None:
        raise UsageError(f"There is no Java runtime at {visible(path) or 'an empty path'}.", remedy="Name its home directory.")
    version = java.parse(found.version) if found.version else None
    if version is None:
        message = f"The Java runtime at {visible(path)} does not tell its version."
        raise UsageError(message, remedy=f"Name one of {', '.join(NAMES)}.")
    return version
