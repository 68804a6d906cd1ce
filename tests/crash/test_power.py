"""A change during which the power goes leaves the old store or the new one, whatever of it had reached the disk."""

from collections.abc import Callable, Iterator

import pytest

from anchorkeep.errors import InputError
from anchorkeep.host import history
from tests.crash.disk import Disk, State
from tests.crash.scenario import SCENARIOS, Place, Scenario, sha256
from tests.crash.trace import Tracer

WHOLE = ("-xx", "-s", "100000")
TORN = "the store: there is neither the old one nor the new one"
RECORD, HISTORY, BACKUP = "the record of the change that was made", "the history", "a backup"
CHANGE = "the change, though it was said to be made"
# What each fsync of a change keeps from being lost, in their order: of the new content; of the names of four folders where there
# is no state folder yet; of backup and history; of their folder; of the store's folder.
NEEDED = {
    "new store": (TORN, *[RECORD] * 4, HISTORY, RECORD, CHANGE),
    "first backup": (TORN, *[RECORD] * 4, BACKUP, HISTORY, RECORD, CHANGE),
    "edit": (TORN, BACKUP, HISTORY, RECORD, CHANGE),
}

pytestmark = pytest.mark.interop


def losses(tracer: Tracer, place: Place, name: str, *mutants: str) -> Iterator[str | None]:
    """Carry out a scenario; tell of each state in which a loss of power may leave the disk what is lost, None for nothing."""
    disk = Disk(place.base)
    tracer.run(name, place.base, options=WHOLE, mutants=mutants)
    states: list[State] = []
    for states in disk.replay(tracer.calls()):
        yield from (loss(state, SCENARIOS[name], place) for state in states)
    if not all(store(state, place) == SCENARIOS[name].after() for state in states):
        yield CHANGE


def loss(state: State, scenario: Scenario, place: Place) -> str | None:
    """Return what is lost: there must be the old store or the new one, a history that fits, and the backups that it needs."""
    now = store(state, place)
    if now not in {scenario.before(), scenario.after()}:
        return TORN
    recorded = [data for path, data in state.items() if path.endswith("/history.json")]
    try:
        found = history.loads(recorded[0], name="") if recorded else history.History(path=place.store)
    except InputError:
        return HISTORY
    seen = found.seen(None if now is None else sha256(now))
    if now == scenario.after() and [change.after for change in seen.changes][-1:] != [sha256(now)]:
        return RECORD
    for change in seen.changes:
        backups = [data for path, data in state.items() if path.endswith(f"/{change.before}.backup")]
        if change.before is not None and [sha256(data) for data in backups] != [change.before]:
            return BACKUP
    return None


def store(state: State, place: Place) -> bytes | None:
    """Return the store on a disk, None where there is none."""
    return state.get(str(place.store.relative_to(place.base)))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_lost_power_leaves_the_old_store_or_the_new_one(scenario: str, tracer: Tracer, place_for: Callable[[str], Place]) -> None:
    """At every moment, with any part of what was not synced: a whole store, its history and backups; at the end the new store."""
    found = list(losses(tracer, place_for(scenario), scenario))
    assert set(found) == {None}
    assert len(found) > 20


@pytest.mark.parametrize("mutant", ["fsync", "rename"])
def test_change_that_is_not_brought_to_the_disk_is_found(mutant: str, tracer: Tracer, place_for: Callable[[str], Place]) -> None:
    """A mutant without fsync, and one that writes in place, lose a store to a loss of power: it is torn."""
    assert TORN in losses(tracer, place_for("edit"), "edit", mutant)


@pytest.mark.parametrize("scenario", NEEDED)
def test_every_single_sync_is_needed(scenario: str, tracer: Tracer, place_for: Callable[[str], Place]) -> None:
    """Whichever fsync is left out, alone, there is a moment at which what it keeps is lost: store, history or backup."""
    tracer.run(scenario, place_for(scenario).base)
    assert sum(point.name == "fsync" for point in tracer.points()) == len(NEEDED[scenario])
    for number, needed in enumerate(NEEDED[scenario], start=1):
        assert first_loss(tracer, place_for(scenario), scenario, number) == needed


def first_loss(tracer: Tracer, place: Place, scenario: str, number: int) -> str | None:
    """Return what is lost first where one fsync is left out, None for nothing."""
    return next(filter(None, losses(tracer, place, scenario, f"fsync {number}")), None)
