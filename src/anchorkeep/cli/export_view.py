"""How exported files look on a terminal and as JSON: path, what became of it, and the certificates in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType

from anchorkeep.actions.export import State
from anchorkeep.cli import render
from anchorkeep.formats import evidence
from anchorkeep.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anchorkeep.actions.export import Written

SCHEMA = "anchorkeep.export"
VERSION = 1


def files(written: Sequence[Written]) -> RenderableType:
    """Return the files one below the other, each with the fingerprints of the certificates in it."""
    parts: list[RenderableType] = []
    for item in written:
        certificates = item.file.chosen
        what = certificates[0].role if len(certificates) == 1 else counted(len(certificates), "certificate")
        style = "" if item.state is State.UNCHANGED else "bold"
        parts.append(render.text(f"{item.state}  {render.path(item.path)}  ({what})", style))
        parts += [render.indented(render.text(f"SHA-256 {entry.certificate.sha256.hex()}", "dim")) for entry in certificates]
    return Group(*parts)


def document(written: Sequence[Written]) -> dict[str, Any]:
    """Return the files as a JSON object; docs/reference/schema/export-1.json says what is in it."""
    return {"format": SCHEMA, "version": VERSION, "files": [_record(item) for item in written]}


def _record(item: Written) -> dict[str, Any]:
    return {
        "path": str(item.path),
        "state": str(item.state),
        "size": len(item.file.data),
        "certificates": [
            evidence.certificate(entry.certificate) | {"role": entry.role, "target": entry.report.subject.label}
            for entry in item.file.chosen
        ],
    }
