"""Stores as the settings want them: which environments each is to trust, by which strategy, for which Java."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from anchorkeep.judge.strategy import Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredStore:
    """
    A store that is to be there, and what is to be in it.

    Attributes:
        path: the store; its format is what its suffix promises where it is not there yet.
        environments: names of the environments whose services it is to trust, at least one.
        strategy: which certificates of a chain are the anchors.
        java: the runtime that is to read it, as `--for` names it; None keeps what is found.
        has_default_roots: whether the runtime's own roots are to be in it too.
        is_pruned: whether anchors that were added earlier and are no longer needed are removed.
        accepted: SHA-256 fingerprints that the person who wrote the settings vouches for.
        named: files with the roots of a private CA, for the strategy `root-set`.
        password_file: the file whose first line is its password, None for none.
        password_variable: the variable of the environment that holds it, None for none.
    """

    path: Path
    environments: tuple[str, ...]
    strategy: Strategy
    java: str | None = None
    has_default_roots: bool = False
    is_pruned: bool = False
    accepted: frozenset[bytes] = frozenset()
    named: tuple[Path, ...] = ()
    password_file: Path | None = None
    password_variable: str | None = None
