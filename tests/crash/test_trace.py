"""Only what a fault destroys is a finding: a mutant that crashes, that cannot be planted or that nobody knows fails its test."""

from collections.abc import Callable

import pytest

from tests.crash.scenario import Place
from tests.crash.test_kill import points
from tests.crash.test_power import losses
from tests.crash.trace import EndError, Tracer

pytestmark = pytest.mark.interop


def test_mutant_that_crashes_is_no_finding(tracer: Tracer, place_for: Callable[[str], Place]) -> None:
    """A mutant that fails when it is used ends the test, with what it said."""
    with pytest.raises(EndError, match=r"status 2, expected one of \(0,\)[^$]*TypeError"):
        list(losses(tracer, place_for("edit"), "edit", "crash"))
    with pytest.raises(EndError, match="status 2"):
        points(tracer, place_for, "edit", "crash")


def test_mutant_that_cannot_be_planted_is_no_finding(tracer: Tracer, place_for: Callable[[str], Place]) -> None:
    """A mutant that fails before the change begins is neither found nor skipped, and spoils no run after it."""
    with pytest.raises(EndError, match="AttributeError"):
        tracer.run("edit", place_for("edit").base, mutants=("no mutant",))
    assert tracer.run("edit", place_for("edit").base) == 0


def test_unknown_mutant_is_an_error(tracer: Tracer, place_for: Callable[[str], Place]) -> None:
    """A mutant that nobody made is an error of the test that asks for it."""
    with pytest.raises(LookupError, match="fsync 99"):
        tracer.run("edit", place_for("edit").base, mutants=("fsync 99",))


def test_end_that_was_not_expected_is_no_finding(tracer: Tracer, place_for: Callable[[str], Place]) -> None:
    """A change that is refused where it had to be made, and one that is made where it had to be refused, are errors too."""
    with pytest.raises(EndError, match="status 1"):
        tracer.run("edit", place_for("edit").base, mutants=("rival",))
    with pytest.raises(EndError, match="status 0"):
        tracer.run("edit", place_for("edit").base, ends=(1,))
