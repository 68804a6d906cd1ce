"""A change that is killed, or that the disk fails, at any of its system calls leaves the old store or the new one."""

import random
import signal
import stat
from collections.abc import Callable

import pytest

from anchorkeep.host.archive import Archive
from tests.crash.scenario import SCENARIOS, Place, change, names
from tests.crash.trace import Point, Tracer

FAULTS = {"KILL": "signal=KILL", "ENOSPC": "error=ENOSPC", "EIO": "error=EIO"}
# What is closed was synced or only read: its end fails nowhere with what it was given.
INFALLIBLE = {"close"}
# `make deep` tries every point, in so many parts; each other run the first tenth of them in an order that a seed gives.
PARTS = 8
SEED = 20261123

pytestmark = pytest.mark.interop


class TornStoreError(Exception):
    """There is neither the old store nor the new one. No other failure of a test is this one, a crash of a mutant least."""


def points(tracer: Tracer, place_for: Callable[[str], Place], scenario: str, *mutants: str) -> list[tuple[str, Point]]:
    """Return every call of a change with every fault it may have, in a random order that is always the same."""
    place = place_for(scenario)
    tracer.run(scenario, place.base, mutants=mutants)
    assert place.store.read_bytes() == SCENARIOS[scenario].after()
    found = [(fault, point) for point in tracer.points() for fault in FAULTS if fault == "KILL" or point.name not in INFALLIBLE]
    random.Random(SEED).shuffle(found)
    return found


def fail(tracer: Tracer, place: Place, scenario: str, fault: str, point: Point, *mutants: str) -> None:
    """Carry out a scenario, with a fault at one call, and require that nothing is half done."""
    options = ("-e", f"inject={point.name}:{FAULTS[fault]}:when={point.count}")
    ends = (-signal.SIGKILL,) if fault == "KILL" else (0, 1)
    status = tracer.run(scenario, place.base, options=options, mutants=mutants, ends=ends)
    before, after = SCENARIOS[scenario].before(), SCENARIOS[scenario].after()
    now = place.store.read_bytes() if place.store.exists() else None
    if now not in {before, after}:
        raise TornStoreError
    assert now == after or status
    assert now is None or stat.S_IMODE(place.store.stat().st_mode) == 0o640
    require_history(place, is_done=now == after, before=before)
    require_no_litter(place)


def require_history(place: Place, *, is_done: bool, before: bytes | None) -> None:
    """Require a history that says what was done, and with which it can be undone."""
    archive = Archive(place.state)
    now = place.store.read_bytes() if place.store.exists() else None
    history = archive.history(place.store, data=now)
    assert history.is_current or now is None
    if is_done:
        assert archive.restoration(place.store, data=now).data == before
    for known in history.changes:
        assert archive.restoration(place.store, data=now, number=known.id).change == known


def require_no_litter(place: Place) -> None:
    """Require that the next change leaves the store, its history and the backups of that, and nothing else."""
    change(place.store, place.state, lambda _: b"next")
    assert place.store.read_bytes() == b"next"
    assert names(place.store.parent) == {place.store.name}
    history = Archive(place.state).history(place.store, data=b"next")
    kept = {f"{known.before}.backup" for known in history.changes if known.before is not None}
    assert names(place.history.parent) == {"history.json"} | kept


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_interrupted_change_is_done_or_not_done(scenario: str, tracer: Tracer, place_for: Callable[[str], Place]) -> None:
    """A tenth of all calls, killed or failed: the old store or the new one, a history that fits, and no litter after the next."""
    found = points(tracer, place_for, scenario)
    for fault, point in found[: len(found) // 10]:
        fail(tracer, place_for(scenario), scenario, fault, point)


@pytest.mark.deep
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_interrupted_change_is_done_or_not_done(
    scenario: str, part: int, tracer: Tracer, place_for: Callable[[str], Place]
) -> None:
    """Every call from taking the lock to the end, killed and failed."""
    found = points(tracer, place_for, scenario)
    assert len(found) * len(SCENARIOS) >= 1_000
    for fault, point in found[part::PARTS]:
        fail(tracer, place_for(scenario), scenario, fault, point)


def test_store_written_in_place_is_found(tracer: Tracer, place_for: Callable[[str], Place]) -> None:
    """A mutant that writes the store where it is, instead of renaming a new file, leaves half a store."""
    found = [point for fault, point in points(tracer, place_for, "edit", "rename") if fault == "KILL"]
    with pytest.raises(TornStoreError):  # noqa: PT012 (one of them)
        for point in found:
            fail(tracer, place_for("edit"), "edit", "KILL", point, "rename")


def test_file_of_a_rival_is_not_written(tracer: Tracer, place_for: Callable[[str], Place]) -> None:
    """A file that another program puts where ours is about to be stays as it is, and so does the store."""
    place = place_for("edit")
    tracer.run("edit", place.base, mutants=("rival",), ends=(1,))
    assert "file exists" in tracer.errors()
    assert place.rival.read_bytes() == b"none of ours"
    assert place.store.read_bytes() == SCENARIOS["edit"].before()


def test_file_of_a_rival_that_is_written_is_found(tracer: Tracer, place_for: Callable[[str], Place]) -> None:
    """A mutant that opens the temporary name without O_EXCL writes the store over the other program's file, unnoticed."""
    place = place_for("edit")
    tracer.run("edit", place.base, mutants=("rival", "O_EXCL"))
    assert place.rival.read_bytes() == SCENARIOS["edit"].after()
