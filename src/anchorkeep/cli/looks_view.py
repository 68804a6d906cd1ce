"""How further looks at a service are shown: a line for each group of nodes, each type of key, each other way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.cli import render
from anchorkeep.errors import CertificateError
from anchorkeep.judge import vantage
from anchorkeep.model.chain import FailedObservation
from anchorkeep.model.view import ViewKind
from anchorkeep.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from anchorkeep.actions.show import Report
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.view import View

#: Addresses of a group that are named; `--json` has them all.
_NAMED = 8


def views(item: Report) -> RenderableType | None:
    """Return the further looks of a report, None where there are none."""
    rows = [*_nodes(item), *_others(item)]
    return render.facts(rows) if rows else None


def _nodes(item: Report) -> Iterator[tuple[str, str]]:
    groups: dict[str, list[str]] = {}
    for view in item.views:
        if view.kind is ViewKind.NODE:
            groups.setdefault(_said(item, view), []).append(view.label)
    for number, (said, labels) in enumerate(groups.items()):
        more = f" and {len(labels) - _NAMED} more" if len(labels) > _NAMED else ""
        counts = f"{counted(len(labels), 'node')}: " if len(labels) > 1 else ""
        yield "" if number else "nodes", f"{counts}{', '.join(labels[:_NAMED])}{more}: {said}"


def _others(item: Report) -> Iterator[tuple[str, str]]:
    for view in item.views:
        if view.kind is ViewKind.KEY_TYPE:
            yield f"{view.label} key", "no certificate of that type" if vantage.is_absent(view) else _said(item, view)
        elif view.kind is ViewKind.WAY:
            yield "compared", f"{view.label}: {_said(item, view)}"


def _said(item: Report, view: View) -> str:
    if isinstance(view.outcome, FailedObservation):
        return f"no chain ({view.outcome.failure.reason})"
    if not view.certificates:
        return "no certificates"
    return ("the same, " if view.certificates == item.sent else "another, ") + _leaf(view.certificates[0])


def _leaf(certificate: Certificate) -> str:
    try:
        key, until = certificate.public_key.label, f"until {certificate.not_after:%Y-%m-%d}"
    except CertificateError:
        return f"SHA-256 {certificate.sha256.hex()[:16]}"
    return f"{key}, {until}, SHA-256 {certificate.sha256.hex()[:16]}"
