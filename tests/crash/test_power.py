"""A change during which the power goes leaves the old store or the new one, whatever of it had reached the disk."""

from collections.abc import Callable

import pytest

from anchorkeep.errors import InputError
from anchorkeep.host import history
from tests.crash.disk import Disk, State
from tests.crash.scenario import SCENARIOS, Place, Scenario, sha256
from tests.crash.trace import Tracer

WHOLE = ("-xx", "-s", "100000")

pytestmark = pytest.mark.interop


def lose_power(tracer: Tracer, place: Place, name: str, *mutants: str) -> int:
    """Carry out a scenario, require of every moment of it what a loss of power may leave; return how many states there were."""
    disk = Disk(place.base)
    assert tracer.run(name, place.base, options=WHOLE, mutants=mutants) == 0, tracer.errors()
    states: list[State] = []
    count = 0
    for states in disk.replay(tracer.calls()):
        for state in states:
            require_whole(state, SCENARIOS[name], place)
        count += len(states)
    assert all(store(state, place) == SCENARIOS[name].after() for state in states)
    return count


def require_whole(state: State, scenario: Scenario, place: Place) -> None:
    """Require the old store or the new one, and a history that can be read, with the backups that it needs."""
    now = store(state, place)
    assert now in {scenario.before(), scenario.after()}
    recorded = [data for path, data in state.items() if path.endswith("/history.json")]
    found = history.loads(recorded[0], name="") if recorded else history.History(path=place.store)
    seen = found.seen(None if now is None else sha256(now))
    if now == scenario.after():
        assert [change.after for change in seen.changes][-1:] == [sha256(now)]
    for change in seen.changes:
        backups = [data for path, data in state.items() if path.endswith(f"/{change.before}.backup")]
        assert change.before is None or [sha256(data) for data in backups] == [change.before]


def store(state: State, place: Place) -> bytes | None:
    """Return the store on a disk, None where there is none."""
    return state.get(str(place.store.relative_to(place.base)))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_lost_power_leaves_the_old_store_or_the_new_one(scenario: str, tracer: Tracer, place_for: Callable[[str], Place]) -> None:
    """At every moment, with any part of what was not synced: a whole store, its history and backups; at the end the new store."""
    assert lose_power(tracer, place_for(scenario), scenario) > 20


@pytest.mark.parametrize("mutant", ["fsync", "rename"])
def test_change_that_is_not_brought_to_the_disk_is_found(mutant: str, tracer: Tracer, place_for: Callable[[str], Place]) -> None:
    """A mutant without fsync, and one that writes in place, lose a store to a loss of power."""
    with pytest.raises((AssertionError, InputError)):
        lose_power(tracer, place_for("edit"), "edit", mutant)


@pytest.mark.parametrize("scenario", ["new store", "first backup", "edit"])
def test_every_single_sync_is_needed(scenario: str, tracer: Tracer, place_for: Callable[[str], Place]) -> None:
    """Whichever fsync is left out, alone, there is a moment at which store, history or backup would be lost."""
    assert tracer.run(scenario, place_for(scenario).base) == 0
    count = sum(point.name == "fsync" for point in tracer.points())
    assert count >= 4
    for number in range(1, count + 1):
        with pytest.raises((AssertionError, InputError)):
            lose_power(tracer, place_for(scenario), scenario, f"fsync {number}")
