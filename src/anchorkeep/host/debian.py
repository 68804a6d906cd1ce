"""
Debian's Java trust store: how it is recognised, and the way to change it that lasts.

The package ca-certificates-java keeps it: its hook of update-ca-certificates(8) adds what that adds to the system's list, under
the alias `debian:<name>.pem`. Measured with version 20230710: an entry under another alias stays whatever is run; an entry of
Debian's that was removed by hand comes back with `update-ca-certificates --fresh`; one whose certificate left the list stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from anchorkeep.errors import AnchorkeepError
from anchorkeep.host import file

#: What ca-certificates-java keeps, and what lib/security/cacerts of Debian's JDKs leads to.
CACERTS = Path("/etc/ssl/certs/java/cacerts")

_HOOK = Path("/etc/ca-certificates/update.d/jks-keystore")
_DEFAULTS = Path("/etc/default/cacerts")
_CERTIFICATES = Path("/usr/local/share/ca-certificates")
_SELECTION = Path("/etc/ca-certificates.conf")
_UPDATE = ("update-ca-certificates",)
_ALIAS = re.compile(r"debian:.*\.pem", re.DOTALL)
_IS_KEPT = re.compile(rb"^\s*cacerts_updates=[\"']?yes[\"']?\s*$", re.MULTILINE)
#: Bytes of the package's settings; they have four lines.
_MAX_DEFAULTS = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class DebianStore:
    """
    What is to be known before Debian's Java trust store is changed by hand.

    Attributes:
        certificates: the folder from which `update` adds, for the system and for Java; a certificate a `.crt` file.
        selection: the file whose lines choose Debian's own certificates; `!` before a line deselects it.
        update: the command that carries both out, as words; run as root.
        returning: of the aliases asked about those that come back after they are removed by hand; none where the package
            is told to leave the store alone.
    """

    certificates: Path
    selection: Path
    update: tuple[str, ...]
    returning: tuple[str, ...]


def recognise(path: Path, *, removed: Sequence[str] = (), root: Path = Path("/")) -> DebianStore | None:
    """
    Return what is to be known about a store if it is Debian's Java trust store, else None.

    Args:
        path: the store, links followed (`Held.path`).
        removed: aliases that are about to be removed.
        root: where the system's files are.
    """
    if path != _below(root, CACERTS) or not file.is_file(_below(root, _HOOK)):
        return None
    returning = tuple(alias for alias in removed if _ALIAS.fullmatch(alias)) if _is_kept(root) else ()
    return DebianStore(certificates=_CERTIFICATES, selection=_SELECTION, update=_UPDATE, returning=returning)


def _is_kept(root: Path) -> bool:
    """Whether the package changes the store; it does where its settings cannot be read."""
    try:
        return bool(_IS_KEPT.search(file.read(_below(root, _DEFAULTS), limit=_MAX_DEFAULTS)))
    except AnchorkeepError:
        return True


def _below(root: Path, path: Path) -> Path:
    return root / path.relative_to("/")
