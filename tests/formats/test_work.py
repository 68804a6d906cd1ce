import pytest

from anchorkeep.errors import StoreFormatError, TooMuchWorkError
from anchorkeep.formats import limits
from anchorkeep.formats.work import Work


def test_iterations_are_bounded_at_once_and_in_all() -> None:
    """As many iterations as Java makes, four times over, are what a store may cost; one more is refused."""
    work = Work()
    for _ in range(4):
        work.spend(5_000_000)
    with pytest.raises(TooMuchWorkError, match="more than 20,000,000 iterations in all"):
        work.spend(1)


@pytest.mark.parametrize("iterations", [-1, 0, 5_000_001])
def test_what_java_does_not_derive_is_refused(iterations: int) -> None:
    """No iteration, and more than Java makes, are the store's fault, whatever is left."""
    with pytest.raises(StoreFormatError, match=r"iterations of a key derivation; 1 to 5,000,000 are done") as caught:
        Work().spend(iterations)
    assert not isinstance(caught.value, TooMuchWorkError)
    assert "Java refuses" in caught.value.remedy
    assert ("with fewer" in caught.value.remedy) is (iterations > 0)


def test_what_is_refused_costs_nothing() -> None:
    """What is left after a refusal can still be spent on something smaller, to the last iteration and the last byte."""
    work = Work(iterations=10)
    with pytest.raises(TooMuchWorkError):
        work.spend(4, times=3)
    work.spend(5, times=2)
    with pytest.raises(TooMuchWorkError):
        work.spend(1)
    with pytest.raises(TooMuchWorkError, match="more than 4,194,304 bytes under RC2"):
        work.spend_rc2(limits.MAX_RC2_BYTES + 1)
    work.spend_rc2(limits.MAX_RC2_BYTES)
    with pytest.raises(TooMuchWorkError):
        work.spend_rc2(1)


def test_guesses_cost_less() -> None:
    """All passwords that nobody gave may cost together what one derivation may."""
    work = Work.of_guesses()
    work.spend(5_000_000)
    with pytest.raises(TooMuchWorkError):
        work.spend(1)
