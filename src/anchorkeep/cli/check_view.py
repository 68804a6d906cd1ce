"""What runtimes say of services, for people: a line a runtime, and below it the path or the reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.cli import render
from anchorkeep.model.runtime import JavaRuntime
from anchorkeep.model.verdict import Outcome
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from anchorkeep.actions.check import Checked
    from anchorkeep.actions.store import Opened
    from anchorkeep.judge.outlook import Outlook
    from anchorkeep.model.verdict import Reason

_MARKS = {Outcome.TRUSTED: ("✓", "green"), Outcome.REFUSED: ("✗", "bold red"), Outcome.UNKNOWN: ("?", "yellow")}
#: Reasons after the first that are shown; --json has all.
_MAX_FURTHER = 3


def tell(opened: Opened, found: Sequence[Checked], *, within: timedelta) -> None:
    """Print what each runtime says, the services one after the other; what was assumed of a runtime once, at the end."""
    for note in opened.notes:
        render.say(f"! {note}")
    shown: object = None
    for item in found:
        if item.report is not shown:
            if shown is not None:
                render.out("")
            shown = item.report
            render.out(render.text(f"{visible(item.report.subject.label)} with {render.path(opened.path)}", "bold"))
        if item.outlook is None:
            render.out(render.indented(f"? {item.runtime.label}: nothing was presented; `anchorkeep show` tells why."))
        else:
            _verdict(item, item.outlook, within)
    for runtime in dict.fromkeys(item.runtime for item in found):
        if isinstance(runtime, JavaRuntime) and runtime.assumed:
            render.say(f"· {runtime.label}, assumed: {'; '.join(runtime.assumed)}.")


def _verdict(item: Checked, outlook: Outlook, within: timedelta) -> None:
    verdict = outlook.verdict
    is_near = outlook.ends_within(within, at=item.report.at)
    mark, style = ("!", "yellow") if is_near else _MARKS[verdict.outcome]
    words = {Outcome.TRUSTED: "trusted", Outcome.REFUSED: "refused", Outcome.UNKNOWN: "could not be told"}[verdict.outcome]
    if outlook.until is not None:
        days = (outlook.until - item.report.at).days
        words += f" until {outlook.until:%Y-%m-%d} ({counted(days, 'day')} left)"
    line = render.text(f"{mark} ", style)
    line.append_text(render.text(f"{item.runtime.label}: {words}"))
    render.out(render.indented(line))
    if verdict.is_trusted:
        names = " ← ".join(f"{certificate.title}" for certificate in verdict.path)
        render.out(render.indented(render.text(f"{names} (in the store)", "dim"), 6))
        if outlook.then is not None and outlook.then.reasons:
            render.out(render.indented(f"then: {_said(outlook.then.reasons[0])}", 6))
        return
    for reason in verdict.reasons[: 1 + _MAX_FURTHER]:
        render.out(render.indented(_said(reason), 6))


def _said(reason: Reason) -> str:
    certificate = "" if reason.certificate is None else f"{reason.certificate.title}: "
    return f"{certificate}{reason.message}"
