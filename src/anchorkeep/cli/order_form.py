"""
What the wizard of `export` is told to write, answer by answer: which certificates, in which format, and where.

Each answer is tried at once with the function that the command uses; what it refuses is said, and asked for again.
"""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING

from click.core import ParameterSource

from anchorkeep.actions import export, selection
from anchorkeep.actions.export import Format
from anchorkeep.actions.selection import Part
from anchorkeep.cli import advice, certificate_view, question, render
from anchorkeep.cli.question import Answer
from anchorkeep.errors import AnchorkeepError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import click

    from anchorkeep.actions.export import ExportFile
    from anchorkeep.actions.selection import Chosen
    from anchorkeep.actions.show import Report
    from anchorkeep.model.certificate import Certificate

#: What is offered, the advised first; `path` and `all` are several of these.
_OFFERED = (Part.ROOT, Part.INTERMEDIATES, Part.LEAF, Part.SENT)
_MEANT = {Part.PATH: _OFFERED[:3], Part.ALL: _OFFERED}
#: Digits of a fingerprint that a person types: more than chance meets, few enough to be typed rather than copied.
_DIGITS = 8
#: Where files go unless something else is said.
_PLACE = "certificates"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was answered so far; `is_forced` says that files may be replaced."""

    parts: tuple[Part, ...]
    format_: Format
    out: str
    comments: bool
    is_forced: bool
    accepted: frozenset[bytes]
    chosen: tuple[Chosen, ...] = ()


def proposed(context: click.Context, accepted: frozenset[bytes]) -> Order:
    """Return what the options say, which stands as the proposal of each question."""
    said = context.params
    parts = [Part(part) for part in said["parts"]] if _is_given(context, "parts") else [Part.ROOT]
    return Order(
        parts=tuple(one for part in parts for one in _MEANT.get(part, (part,))),
        format_=Format(said["format_"]),
        out=said["out"] if _is_given(context, "out") else _PLACE,
        comments=not said["clean"],
        is_forced=said["force"],
        accepted=accepted,
    )


def _is_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is ParameterSource.COMMANDLINE


def certificates(order: Order, reports: Sequence[Report]) -> Order:
    """Ask which certificates, and for the fingerprints of those that only the network vouches for."""
    render.out(advice.parts(reports))
    render.out("")
    while True:
        answers = [
            Answer(
                title=advice.title(part, reports),
                value=part,
                is_chosen=part in order.parts,
                is_possible=advice.is_there(part, reports),
            )
            for part in _OFFERED
        ]
        marked = question.some_of("Which certificates?", answers)
        if not marked:
            render.error("Nothing is marked: mark with the space bar.")
            continue
        order = dataclasses.replace(order, parts=tuple(part for part in Part if part in marked))
        chosen, accepted = _choose(order, reports)
        if chosen:
            return dataclasses.replace(order, chosen=tuple(chosen), accepted=accepted)


def _choose(order: Order, reports: Sequence[Report]) -> tuple[list[Chosen], frozenset[bytes]]:
    """Choose from every report; what one refuses is said. Nothing is chosen where a fingerprint is not typed."""
    accepted = order.accepted
    chosen: list[Chosen] = []
    for report in reports:
        try:
            for certificate, reason in selection.unvouched(report, order.parts) if report.sent else ():
                if certificate.sha256 not in accepted:
                    if not _is_vouched(certificate, reason):
                        return [], order.accepted
                    accepted |= {certificate.sha256}
            chosen += selection.choose(report, order.parts, accepted=accepted)
        except AnchorkeepError as error:
            render.error(error)
    return chosen, accepted


def _is_vouched(certificate: Certificate, reason: str) -> bool:
    """Ask a person who has compared the fingerprint to type how it begins; False where nothing is typed."""
    digest = certificate.sha256.hex()
    render.out("")
    render.out(render.text(f"! {certificate.title}: {reason}.", "yellow"))
    render.out("Compare its SHA-256 with the vendor's page, or by telephone, before anything trusts it:")
    render.out(render.indented(render.text(certificate_view.fingerprint(certificate.sha256))))
    while True:
        typed = question.line(f"First {_DIGITS} digits of what you compared it with (none: choose anew):")
        digits = typed.replace(":", "").replace(" ", "").lower()
        if not digits:
            return False
        if len(digits) >= _DIGITS and digest.startswith(digits):
            return True
        render.error(f"That is not how this fingerprint begins, or fewer than {_DIGITS} digits.")


def format_(order: Order) -> Order:
    """Ask for the format, each with who reads it."""
    answers = [
        Answer(title=f"{item!s:<8} {advice.READERS.get(item, '')}", value=item, is_chosen=item is order.format_)
        for item in Format
    ]
    return dataclasses.replace(order, format_=question.one_of("Which format?", answers))


def place(order: Order) -> tuple[Order, list[tuple[Path, ExportFile]]]:
    """Ask for a directory or a file until what was chosen can be laid out there."""
    while True:
        out = question.line("Where to? A directory, or one file with its suffix:", default=order.out)
        order = dataclasses.replace(order, out=out or order.out)
        try:
            if out in {"", "-"} or not out.isprintable():
                raise UsageError("Name a directory or a file.")
            out = os.path.expanduser(out)  # noqa: PTH111 (a separator at the end says that it is a directory)
            order = dataclasses.replace(order, out=out)
            planned = export.lay_out(order.chosen, order.format_, out=out, comments=order.comments)
            export.write(planned, force=True, dry_run=True)
        except AnchorkeepError as error:
            render.error(error)
        else:
            return order, planned
