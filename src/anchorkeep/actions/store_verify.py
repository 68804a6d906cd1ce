"""Examine a store: whether it opens, which Java opens it, what Java does not see in it, and what is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anchorkeep.actions import store as stores
from anchorkeep.judge import inspection, opening
from anchorkeep.judge import store as judged

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from anchorkeep.actions.store import Opened
    from anchorkeep.judge.opening import Opening
    from anchorkeep.model.finding import Finding
    from anchorkeep.model.java import JavaVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """
    A store that was examined.

    Attributes:
        opened: the store and how it was opened.
        openings: for each Java runtime whether it opens it, the oldest first; where one was named, that one alone.
        findings: what is to be said, the worst first.
    """

    opened: Opened
    openings: tuple[Opening, ...]
    findings: tuple[Finding, ...]


def verify(path: Path, *, password: str | None = None, at: datetime, java: JavaVersion | None = None) -> Examined:
    """
    Read a store and judge it.

    Args:
        path: the store.
        password: as for `store.read`.
        at: the time at which certificates are valid or not, aware.
        java: the runtime that is to open it; None judges for all that are known, and none of them must.

    Raises:
        InputError: it cannot be read, or its integrity check fails.
        FileError: there is no such file.
    """
    opened = stores.read(path, password=password)
    if java is None:
        found = opening.openings(opened.store, password=opened.password)
    else:
        found = (opening.opening(opened.store, java, password=opened.password),)
    findings = (
        *judged.inspect(opened.store, found, at=at, is_unconfirmed=opened.is_unconfirmed),
        *inspection.inspect_list(opened.store.certificates),
    )
    return Examined(opened=opened, openings=found, findings=tuple(sorted(findings, key=lambda item: -item.severity)))
