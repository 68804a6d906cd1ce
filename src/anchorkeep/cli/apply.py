"""`anchorkeep apply`: bring the stores of the settings to where they are to be, or say which are not there."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from anchorkeep.actions import apply, trust
from anchorkeep.actions.apply import Means
from anchorkeep.actions.trust import Trusted
from anchorkeep.actions.trust_plan import Wish
from anchorkeep.cli import (
    apply_view,
    looking,
    options,
    outcome,
    render,
    settings,
    store_change,
    store_options,
    store_password,
    store_record,
    trust_source,
)
from anchorkeep.errors import AnchorkeepError, UsageError
from anchorkeep.host import file
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from anchorkeep.actions.apply import Applied
    from anchorkeep.actions.desired import DesiredStore
    from anchorkeep.actions.show import Report
    from anchorkeep.actions.store_write import Terms


@click.command("apply")
@click.option("--check", "is_check", is_flag=True, help="Write nothing; exit 1 where a store is not as it is to be.")
@click.option("--partial", is_flag=True, help="Leave out services that cannot be reached, instead of failing their stores.")
@click.option("--timeout", type=options.SECONDS, default=10.0, show_default=True, help="Seconds for one service in all.")
@store_options.JSON
@options.CONFIG
def command(*, is_check: bool, partial: bool, timeout: float, as_json: bool, config: Path | None) -> int:
    """
    Bring every store of the settings ([[stores]]) to where it is to be, as `trust` does: decided, proved, with a backup.

    Each store by itself: one that fails keeps no other from it. Nobody is asked anything; what a person has to accept is listed
    in the settings. Where everything is as it is to be, nothing is written.
    """
    said = settings.load(config)
    if not said.stores:
        raise _without_stores(said)
    seen = _look(said, config, timeout=timeout)
    terms = store_options.terms(dry_run=is_check)
    prepare = _Preparation(said=said, terms=terms, timeout=timeout, is_partial=partial)
    done: list[Applied] = []
    for desired in said.stores:
        reports = [report for name in desired.environments for report in seen[name]]
        applied = apply.apply(desired, reports, prepare=prepare)
        done.append(replace(applied, outcome=apply_view.advised(applied, config)) if applied.is_failed else applied)
    # Told when all is done: an output that takes no more keeps no store from being written.
    changed = next((item.outcome.written for item in done if isinstance(item.outcome, Trusted) and item.is_changed), None)
    with contextlib.nullcontext() if changed is None else store_change.told(changed.path, changed.state):
        for item in done:
            _tell(item, as_json=as_json)
        if as_json:
            store_record.out(apply_view.document(done, is_check=is_check))
    return outcome.worst(code for item in done for code in _codes(item, is_check=is_check))


def _without_stores(said: settings.Settings) -> UsageError:
    """Return what is wrong with settings that list no store: where they are, or were looked for, and what to write."""
    if said.path is None:
        looked = " and ".join(visible(str(path.absolute())) for path in settings.candidates())
        message = f"There is no settings file, so no stores are named: looked for {looked}."
        return UsageError(message, remedy="Make one with `anchorkeep init`; it shows how stores are listed.")
    name = next(iter(said.environments), "uat")
    lines = f'[[stores]], then path = "truststore.p12", then environments = ["{visible(name)}"]'
    message = f"{visible(str(said.path.absolute()))} names no stores."
    return UsageError(message, remedy=f"Add to it, each on a line of its own: {lines}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Preparation:
    """What all stores of one run share; called with one, it reads what that one needs besides."""

    said: settings.Settings
    terms: Terms
    timeout: float
    is_partial: bool

    def __call__(self, desired: DesiredStore, reports: Sequence[Report]) -> Means:
        """Read a store's password, its runtime, and the files of its set."""
        java = desired.java
        defaults = trust_source.defaults(java, self.said) if desired.has_default_roots else None
        wish = Wish(
            strategy=desired.strategy,
            accepted=desired.accepted,
            named=trust_source.named(desired.named),
            is_partial=self.is_partial,
            is_pruned=desired.is_pruned,
            defaults=None if defaults is None else defaults.store,
        )
        read = store_password.given if file.is_present(desired.path) else store_password.to_be
        return Means(
            wish=wish,
            prover=trust.prover(
                jdk=trust_source.jdk(java, self.said),
                clock=options.now,
                timeout=self.timeout,
                cache=settings.cache_directory(),
            ),
            terms=replace(self.terms, java=store_options.runtime(java)),
            format=store_options.format_of(desired.path, None),
            password=read(desired.password_file, desired.password_variable, option="storepass"),
            notes=() if defaults is None else trust_source.told(defaults, reports),
        )


def _look(said: settings.Settings, config: Path | None, *, timeout: float) -> dict[str, tuple[Report, ...]]:
    """Look at every environment that a store names, once, and return what was seen of each."""
    names = tuple(dict.fromkeys(name for desired in said.stores for name in desired.environments))
    request = looking.of_environments(names, config=config, timeout=timeout)
    return dict(zip(names, looking.look_at_each(request, at=options.now()), strict=True))


def _tell(done: Applied, *, as_json: bool) -> None:
    """Say what became of a store: its entries to a person alone, why it failed in any case."""
    if not as_json:
        render.out_whole(apply_view.screen(done))
    if isinstance(done.outcome, AnchorkeepError):
        render.error(done.outcome)
    elif not as_json:
        for sentence in apply_view.sentences(done.outcome):
            render.say(f"! {sentence}")


def _codes(done: Applied, *, is_check: bool) -> Iterator[outcome.Exit]:
    """Yield what a store means for the exit code: of a service that was not seen nobody can tell."""
    left = done.plan.left if done.plan is not None else ()
    yield from (outcome.Exit.UNKNOWN if item.is_unseen else outcome.Exit.FINDING for item in left)
    if isinstance(done.outcome, AnchorkeepError):
        if done.plan is None or not done.plan.is_stopped:
            yield outcome.of_error(done.outcome)
    elif is_check and done.is_changed:
        yield outcome.Exit.FINDING
