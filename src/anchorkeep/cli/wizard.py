"""
The wizard of `export`: asks for target, certificates, format and place, shows what will be written, writes it, says what is next.

It takes every step with the functions that the command takes it with, and ends with the command line that would have done the
same. Nothing is written before the review; Ctrl-C at any question leaves everything as it was.
"""

from __future__ import annotations

import dataclasses
import os
from enum import Enum, auto
from typing import TYPE_CHECKING

import click

from anchorkeep.actions import export
from anchorkeep.cli import advice, chain_view, command_line, export_view, looking, order_form, outcome, question, render
from anchorkeep.cli import settings as settings_file
from anchorkeep.cli.question import Answer
from anchorkeep.errors import AnchorkeepError
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from anchorkeep.actions.export import ExportFile, Written
    from anchorkeep.actions.show import Report
    from anchorkeep.cli.order_form import Order
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.finding import Severity

#: Options of the command that the wizard's answers stand for, or that it adds itself.
_ANSWERED = ("as_wizard", "environments", "parts", "format_", "out", "force", "accepted")


class _Next(Enum):
    """What is to be done after the review."""

    WRITE = auto()
    CERTIFICATES = auto()
    FORMAT = auto()
    PLACE = auto()
    REPLACE = auto()
    STOP = auto()


def run(request: looking.Request, *, at: datetime | None, accepted: frozenset[bytes], fail_on: Severity) -> int:
    """
    Ask, review, write, and say what is next.

    Args:
        request: what the options said; its targets, if there are any, are not asked for.
        at: the moment to judge for, None for now.
        accepted: SHA-256 fingerprints that the options vouch for.
        fail_on: least severity of a finding that makes the exit code 1.

    Returns:
        The exit code that `export` would have ended with; 1 where it was decided to write nothing.
    """
    context = click.get_current_context()
    request, reports = _look(request, at=at)
    order = order_form.format_(order_form.certificates(order_form.proposed(context, accepted), reports))
    order, planned = _settle(order, reports)
    if planned is None:
        render.out("Nothing was written.")
        return outcome.Exit.FINDING
    written = export.write(planned, force=order.is_forced, dry_run=context.params["dry_run"])
    render.out("")
    render.out(export_view.files(written))
    _say_next(context, request, order, written)
    return outcome.worst(outcome.of_report(item, fail_on) for item in reports)


def _look(request: looking.Request, *, at: datetime | None) -> tuple[looking.Request, tuple[Report, ...]]:
    """Ask for a target until one can be looked at, and show the chains it presents."""
    typed = ""
    while True:
        if not request.targets and not request.environments:
            request, typed = _ask_target(request, typed)
        try:
            reports = looking.look(request, at=at)
        except AnchorkeepError as error:
            render.error(error)
            reports = ()
        _show(reports)
        if any(item.sent for item in reports):
            return request, reports
        if reports:
            render.error("There is no certificate to export.")
        request = dataclasses.replace(request, targets=(), environments=())


def _ask_target(request: looking.Request, typed: str) -> tuple[looking.Request, str]:
    environments = settings_file.load(request.config).environments
    if environments:
        answers: list[Answer[str | None]] = [
            Answer(title=f"{visible(name)}  {', '.join(item.label for item in endpoints)}", value=name)
            for name, endpoints in environments.items()
        ]
        answers.append(Answer(title="another one", value=None))
        name = question.one_of("Export from which service?", answers)
        if name is not None:
            return dataclasses.replace(request, environments=(name,)), typed
    while True:
        typed = question.line("Host, host:port, URL or ./file:", default=typed)
        if typed and typed != "-" and typed.isprintable():
            return dataclasses.replace(request, targets=(os.path.expanduser(typed),)), typed  # noqa: PTH111 (text stays text)
        render.error("Name a service or a file." if typed in {"", "-"} else "There is a character that cannot be seen.")


def _show(reports: Sequence[Report]) -> None:
    seen: dict[tuple[Certificate, ...], str] = {}
    for item in reports:
        twin = seen.setdefault(item.sent, item.subject.label) if item.sent else item.subject.label
        render.out("")
        render.out(chain_view.report(item, same_as=twin if twin != item.subject.label else None))
    render.out("")


def _settle(order: Order, reports: Sequence[Report]) -> tuple[Order, list[tuple[Path, ExportFile]] | None]:
    """Ask for the place and review until it is decided what is written, None for nothing."""
    order, planned, step = *order_form.place(order), _Next.PLACE
    while True:
        step = _review(planned, order)
        match step:
            case _Next.WRITE:
                return order, planned
            case _Next.STOP:
                return order, None
            case _Next.REPLACE:
                order = dataclasses.replace(order, is_forced=True)
                continue
            case _Next.CERTIFICATES:
                order = order_form.certificates(order, reports)
            case _Next.FORMAT:
                order = order_form.format_(order)
            case _Next.PLACE:
                pass
        order, planned = order_form.place(order)


def _review(planned: Sequence[tuple[Path, ExportFile]], order: Order) -> _Next:
    """Show exactly what would be written and ask what to do."""
    render.out("")
    others = [
        Answer(title="choose other certificates", value=_Next.CERTIFICATES),
        Answer(title="choose another format", value=_Next.FORMAT),
        Answer(title="choose another place", value=_Next.PLACE),
        Answer(title="stop, and write nothing", value=_Next.STOP),
    ]
    try:
        written = export.write(planned, force=order.is_forced, dry_run=True)
    except AnchorkeepError as error:
        render.error(error)
        others[2] = dataclasses.replace(others[2], is_chosen=True)
        return question.one_of("And now?", [*others, Answer(title="replace what is there", value=_Next.REPLACE)])
    render.out(export_view.files(written))
    if order.is_forced:
        render.out(render.text("! Files of these names that hold something else are replaced.", "yellow"))
    render.out("")
    return question.one_of("Is this right?", [Answer(title="write it", value=_Next.WRITE), *others])


def _say_next(context: click.Context, request: looking.Request, order: Order, written: Sequence[Written]) -> None:
    """Print the command line that does the same without questions, and what to do with the files."""
    words = ["anchorkeep", "export", *request.targets]
    words += [word for name in request.environments for word in ("--env", name)]
    words += command_line.given(context, but=_ANSWERED)
    words += [word for part in order.parts for word in ("--select", str(part))]
    words += ["--format", str(order.format_), "--out", order.out]
    words += ["--force"] if order.is_forced else []
    vouched = sorted(order.accepted & {item.certificate.sha256 for item in order.chosen})
    words += [word for digest in vouched for word in ("--accept-fingerprint", digest.hex())]
    endpoint = next((item.report.subject.endpoint for item in order.chosen), None)
    steps = [("the same again", command_line.lines(words, width=render.width() - 4))]
    steps += advice.next_steps(written, order.format_, chosen=frozenset(order.parts), endpoint=endpoint)
    render.out("")
    for purpose, lines in steps:
        render.out(render.text(f"{purpose}:", "dim"))
        render.out(render.text(lines, "bold"))
