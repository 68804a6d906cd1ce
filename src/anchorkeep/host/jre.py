"""
Find the Java runtimes on this machine and the trust store each comes with.

Nothing is run: version and vendor are what the runtime's `release` file says, which can be wrong where it was
copied.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep.errors import FileError
from anchorkeep.host import file
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Directories whose entries are runtimes on Debian, Red Hat, SUSE, macOS and Windows.
ROOTS = (
    Path("/usr/lib/jvm"),
    Path("/usr/lib64/jvm"),
    Path("/usr/java"),
    Path("/opt"),
    Path("/opt/java"),
    Path("/Library/Java/JavaVirtualMachines"),
    Path("C:/Program Files/Java"),
    Path("C:/Program Files/Eclipse Adoptium"),
)
#: Where a runtime keeps its trust store: from Java 9 on and in a JRE, and in a JDK up to 8.
_CACERTS = (Path("lib", "security", "cacerts"), Path("jre", "lib", "security", "cacerts"))
#: macOS wraps a runtime in a bundle.
_BUNDLE = Path("Contents", "Home")
#: Entries looked at in one directory; a machine with many runtimes has a dozen.
_MAX_ENTRIES = 512
#: Bytes of a `release` file; those of JDK 25 have 2 KiB.
_MAX_RELEASE = 64 * 1024
_ASSIGNMENT = re.compile(r'^(\w+)="([^"\n]*)"\s*$', re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Jre:
    """
    A Java runtime, alone or within a JDK.

    Attributes:
        home: its directory, links resolved.
        version: JAVA_VERSION (`17.0.15`, `1.8.0_402`), None where the `release` file does not tell.
        vendor: IMPLEMENTOR (`Eclipse Adoptium`), None likewise. Version and vendor are text from outside.
        cacerts: its trust store; often a link to one that several runtimes share.
    """

    home: Path
    version: str | None
    vendor: str | None
    cacerts: Path

    @property
    def label(self) -> str:
        """The runtime in a line, printable: `Java 25.0.3 (Eclipse Adoptium)`."""
        version = f"Java {visible(self.version, limit=40)}" if self.version else "Java"
        return f"{version} ({visible(self.vendor, limit=40)})" if self.vendor else version


def find(java_home: Path | None, roots: Sequence[Path] = ROOTS) -> tuple[Jre, ...]:
    """
    Return the runtimes that have a trust store, each once: `java_home` first, then as the roots are ordered.

    Args:
        java_home: what the caller's JAVA_HOME names, None where it is not set.
        roots: directories whose entries are looked at. One that is missing or may not be read holds no
            runtime.
    """
    found: dict[Path, Jre] = {}
    for candidate in itertools.chain(filter(None, (java_home,)), *map(_entries, roots)):
        for home in (candidate, candidate / _BUNDLE):
            runtime = inspect(home)
            if runtime is not None:
                found.setdefault(runtime.home, runtime)
    return tuple(found.values())


def _entries(root: Path) -> Iterator[Path]:
    try:
        yield from sorted(itertools.islice(root.iterdir(), _MAX_ENTRIES))
    except OSError:
        return


def inspect(home: Path) -> Jre | None:
    """Return the runtime at a place, None where there is none that has a trust store."""
    try:
        resolved = home.resolve()
        cacerts = next((resolved / path for path in _CACERTS if (resolved / path).is_file()), None)
    except (OSError, RuntimeError, ValueError):  # RuntimeError: links in a circle, before Python 3.13.
        return None
    if cacerts is None:
        return None
    release = _release(resolved)
    return Jre(home=resolved, version=release.get("JAVA_VERSION"), vendor=release.get("IMPLEMENTOR"), cacerts=cacerts)


def _release(home: Path) -> dict[str, str]:
    try:
        data = file.read(home / "release", limit=_MAX_RELEASE)
    except FileError:
        return {}
    return {name: value for name, value in _ASSIGNMENT.findall(data.decode(errors="replace")) if value}
