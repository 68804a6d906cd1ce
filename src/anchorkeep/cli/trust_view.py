"""How a plan of anchors and a store that trusts them look on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType

from anchorkeep.actions.proof import State as Proved
from anchorkeep.actions.trust_plan import Served
from anchorkeep.cli import render, store_change, store_entry
from anchorkeep.judge.decision import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from anchorkeep.actions.proof import Proof
    from anchorkeep.actions.trust import Trusted
    from anchorkeep.actions.trust_plan import Choice, Plan

_PROVED = {
    Proved.PROVED: ("✓", "green"),
    Proved.REFUSED: ("✗", "bold red"),
    Proved.NOT_PROVED: ("?", "yellow"),
    Proved.NOT_ASKED: ("-", "dim"),
}
_MARKS = {Verdict.NEEDED: ("?", "yellow"), Verdict.HELD: ("=", "dim")}
#: What stands for a fingerprint that a person is about to be asked for.
_UNTOLD = "to be had from whoever runs the service"


def plan(planned: Plan, *, is_asked: bool) -> RenderableType:
    """
    Return a plan: the services, the certificates that are to be trusted for them, on whose word, and what the strategy costs.

    Args:
        planned: the plan.
        is_asked: whether the person is about to be asked for the fingerprints that are wanted, which are not shown then.
    """
    parts: list[RenderableType] = []
    for item in planned.targets:
        parts.append(render.text(item.report.subject.label, "bold"))
        if not isinstance(item, Served):
            parts.append(render.indented(render.text(f"✗ {item.reason}", "red")))
        elif item.distrust is not None:
            parts.append(render.indented(render.text(f"! Its chain is taken all the same: {item.distrust}", "yellow")))
    reasons = dict.fromkeys(f"{item.selection.strategy}: {item.selection.reason}" for item in planned.served)
    parts += [render.text(reason, "dim") for reason in reasons]
    is_alone = len(planned.targets) == 1
    parts += [_choice(item, is_told=not (is_asked and item.is_needed), is_alone=is_alone) for item in planned.choices]
    parts += [render.text(f"! {warning}", "yellow") for warning in planned.warnings]
    return Group(*parts)


def _choice(choice: Choice, *, is_told: bool, is_alone: bool) -> RenderableType:
    certificate = choice.certificate
    digest = certificate.sha256.hex() if is_told else _UNTOLD
    mark, style = _MARKS.get(choice.decision.verdict, ("+", "green"))
    lines: list[RenderableType] = [
        render.text(f"SHA-256 {digest}", "dim"),
        render.text(choice.anchor.reason),
        render.text(choice.decision.reason, style if choice.is_needed else ""),
    ]
    if not is_alone:
        lines.append(render.text(f"For {', '.join(choice.targets)}.", "dim"))
    head = render.text(f"{mark} {certificate.title}  ({choice.anchor.role}, {choice.decision.verdict})", style)
    return Group(head, render.indented(Group(*lines)))


def result(trusted: Trusted) -> RenderableType:
    """Return what was done to a store: its entries that are concerned."""
    written = trusted.written
    head = f"{render.path(written.path)}  {store_entry.described(written.after)}"
    parts: list[RenderableType] = [store_change.state(written.state, head)]
    if not written.change.is_empty or written.change.kept:
        parts.append(render.indented(store_change.entries(written.change)))
    return Group(*parts)


def proofs(made: Sequence[Proof]) -> RenderableType:
    """Return what the verifiers said: a sentence once, with the services that it is said of, or their number where it is all."""
    found: dict[tuple[Proved, str, str], list[str]] = {}
    for item in made:
        found.setdefault((item.state, item.verifier, item.detail), []).append(item.endpoint)
    everyone = {item.endpoint for item in made}
    return Group(*(_proof(*said, _named(endpoints, everyone)) for said, endpoints in found.items()))


def _named(endpoints: Sequence[str], everyone: Collection[str]) -> str:
    each = tuple(dict.fromkeys(endpoints))
    return f"all {len(each)} services" if len(each) > 1 and len(each) == len(everyone) else ", ".join(each)


def _proof(state: Proved, verifier: str, detail: str, named: str) -> RenderableType:
    mark, style = _PROVED[state]
    return render.text(f"{mark} {named}  {verifier}: {detail}", style)
