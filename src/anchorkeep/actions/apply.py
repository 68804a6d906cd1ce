"""
Bring stores to where the settings want them: each by itself, so that one which fails keeps no other from it.

The story, for each store: open what is there, plan with what was seen of its environments, carry out, tell the difference.
What is there is compared by content, so a store that is right is left as it is, byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from anchorkeep.actions import store as stores
from anchorkeep.actions import trust, trust_plan
from anchorkeep.actions.store_write import State
from anchorkeep.errors import AnchorkeepError
from anchorkeep.host import file
from anchorkeep.model import naming
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from anchorkeep.actions.desired import DesiredStore
    from anchorkeep.actions.show import Report
    from anchorkeep.actions.store_write import Terms
    from anchorkeep.actions.trust import Prover, Trusted
    from anchorkeep.actions.trust_plan import Plan, Wish
    from anchorkeep.model.truststore import Entry, TrustStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """
    What a store is brought to its state with, once its password, runtime and files were read.

    Attributes:
        wish: what its settings come to.
        prover: tries the new bytes with every service.
        terms: how it is written; a dry run only looks.
        format: of a store that is not there yet.
        password: its password, None for none given.
        notes: what is to be said beside it in any case, one sentence each; safe to print.
    """

    wish: Wish
    prover: Prover
    terms: Terms
    format: str
    password: str | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """
    What became of one store of the settings.

    Attributes:
        desired: what the settings say of it.
        outcome: what was done, or would be; or why nothing was.
        plan: what was to be trusted, None where it did not come to a plan.
    """

    desired: DesiredStore
    outcome: Trusted | AnchorkeepError
    plan: Plan | None

    @property
    def is_failed(self) -> bool:
        """Whether it is not, and would not be, as the settings want it."""
        return isinstance(self.outcome, AnchorkeepError)

    @property
    def is_changed(self) -> bool:
        """Whether it was written, or would be."""
        return not isinstance(self.outcome, AnchorkeepError) and self.outcome.written.state is not State.UNCHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """
    A store before and after, an entry a line: its alias, its kind and its SHA-256; safe to print.

    Attributes:
        before: what it held, in its order; empty where there was none.
        after: what it holds now, or would.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]


def apply(
    desired: DesiredStore, reports: Sequence[Report], *, prepare: Callable[[DesiredStore, Sequence[Report]], Means]
) -> Applied:
    """
    Bring one store to where the settings want it; what keeps it from that is an outcome, not an exception.

    Args:
        desired: the store.
        reports: what was seen of the services of its environments.
        prepare: reads its password, runtime and files; what it raises is an outcome too.
    """
    planned: Plan | None = None
    try:
        means = prepare(desired, reports)
        planned = _plan(desired.path, reports, means)
        return Applied(desired=desired, outcome=_carried_out(planned, desired.path, means), plan=planned)
    except AnchorkeepError as error:
        return Applied(desired=desired, outcome=error, plan=planned)


def difference(done: Trusted) -> Difference:
    """Return what a store held before and what it holds after, for those who compare texts."""
    return Difference(before=_lines(done.written.before), after=_lines(done.written.after))


def _plan(path: Path, reports: Sequence[Report], means: Means) -> Plan:
    # A store that is there is opened twice: what it holds already needs nobody's word, and only `carry_out` holds it still.
    held = stores.read(path, password=means.password).store if file.is_present(path) else None
    return trust_plan.plan(reports, means.wish, held=held)


def _carried_out(planned: Plan, path: Path, means: Means) -> Trusted:
    done = trust.carry_out(planned, path, prover=means.prover, terms=means.terms, format=means.format, password=means.password)
    return replace(done, written=replace(done.written, notes=(*means.notes, *done.written.notes)))


def _lines(store: TrustStore | None) -> tuple[str, ...]:
    return () if store is None else tuple(map(_line, store.entries))


def _line(entry: Entry) -> str:
    alias = visible(entry.alias, limit=100) if entry.alias is not None else "(no alias)"
    return " ".join(filter(None, (alias, f"[{naming.KINDS[type(entry)]}]", naming.fingerprint(entry))))
