"""A tracer for a whole run, and places for scenarios in memory: what is asked is what a kill leaves, not how fast a disk is."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.scenario import SCENARIOS, Place
from tests.crash.trace import Tracer

_MEMORY = Path("/dev/shm")


@pytest.fixture(scope="session")
def tracer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracer]:
    """The driver under strace."""
    tracer = Tracer(tmp_path_factory.mktemp("strace"))
    yield tracer
    tracer.close()


@pytest.fixture
def place_for() -> Iterator[Callable[[str], Place]]:
    """Give the place of a scenario with all that is there before it, as if nothing had been done there yet."""
    with tempfile.TemporaryDirectory(prefix="anchorkeep-crash-", dir=_MEMORY if _MEMORY.is_dir() else None) as base:

        def prepared(scenario: str) -> Place:
            # Always the same path, for a history is known by the store's path; made once, then copied.
            place, kept = Place(base=Path(base) / "now"), Path(base) / scenario
            if place.base.exists():
                shutil.rmtree(place.base)
            if not kept.exists():
                SCENARIOS[scenario].prepare(place)
                place.base.rename(kept)
            shutil.copytree(kept, place.base, symlinks=True)
            return place

        yield prepared
