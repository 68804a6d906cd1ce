"""What `trust` takes besides what services show: files that a person names, a Java runtime's roots, and a JDK to prove with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep.actions import default_roots
from anchorkeep.cli import store_options, store_password
from anchorkeep.errors import RefusedError
from anchorkeep.host import jre, jvm
from anchorkeep.model import edit
from anchorkeep.model.pool import SourceKind
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anchorkeep.actions.default_roots import DefaultRoots
    from anchorkeep.actions.show import Report
    from anchorkeep.cli.settings import Settings
    from anchorkeep.host.jre import Jre
    from anchorkeep.model.certificate import Certificate

_AT = "jre:"


def named(paths: Sequence[Path], *, password: str | None = None) -> tuple[Certificate, ...]:
    """
    Return the certificates of files that a person named for a set, each once; each still needs its fingerprint.

    Args:
        paths: the files.
        password: of those that have one, None for none given.

    Raises:
        RefusedError: a file holds no certificate, or rejects one of its own.
        AnchorkeepError: a file cannot be read, or its integrity cannot be checked.
    """
    found: list[Certificate] = []
    for path in paths:
        store = store_password.verified(path, password, option="srcstorepass").store
        edit.require_trusted(store)
        if not store.trusted:
            raise RefusedError(f"{visible(str(path))} holds no trusted certificate.", remedy="Name a file of roots.")
        found += store.trusted
    return tuple(dict.fromkeys(found))


def defaults(java: str | None, said: Settings) -> DefaultRoots:
    """
    Return the roots of the runtime that `--for jre:PATH` names, else of JAVA_HOME's, else of the first of this machine.

    Raises:
        UsageError: there is no runtime.
        StoreIntegrityError: its trust store's integrity cannot be checked.
    """
    if java is not None and java.startswith(_AT):
        return default_roots.read(Path(java.removeprefix(_AT)), is_only=True)
    return default_roots.read(said.places.java_home)


def told(roots: DefaultRoots, reports: Sequence[Report]) -> tuple[str, ...]:
    """Return what is to be said of default roots that are merged, one sentence each; safe to print."""
    public = {item for report in reports for item, source in report.pool.entries if source.kind is SourceKind.MOZILLA}
    return default_roots.told(roots, public)


def jdk(java: str | None, said: Settings) -> Jre | None:
    """Return the JDK that stores are proved with, of the release that `--for` names if there is one; None where there is none."""
    named = Path(java.removeprefix(_AT)) if java is not None and java.startswith(_AT) else None
    wanted = store_options.runtime(java)
    first = jre.inspect(named) if named is not None else None
    runtimes = (*filter(None, (first,)), *jre.find(said.places.java_home))
    return jvm.find_jdk(runtimes, wanted=None if wanted is None else wanted.feature)
