import resource
from collections.abc import Iterator

import pytest

from anchorkeep.host import descriptors


@pytest.fixture
def limits() -> Iterator[tuple[int, int]]:
    """Yield the limits there are, and put them back."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_limit_is_raised_to_what_is_wanted(limits: tuple[int, int]) -> None:
    """Where the limit is lower than what is wanted, and may be raised, it is raised so far and no further."""
    _, hard = limits
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    assert descriptors.make_room(300) == 300
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, hard)


def test_limit_is_never_lowered(limits: tuple[int, int]) -> None:
    """A limit that suffices stays as it is."""
    assert descriptors.make_room(10) == 10
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == limits


def test_hard_limit_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the hard limit is lower, what it allows is told."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (100, 200))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    assert descriptors.make_room(1000) == 200


def test_system_that_refuses_leaves_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system refuses to raise the limit, the one there is counts."""

    def refuse(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(resource, "getrlimit", lambda _: (100, 200))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert descriptors.make_room(1000) == 100
