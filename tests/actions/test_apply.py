import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from anchorkeep import lab
from anchorkeep.actions import apply, show
from anchorkeep.actions.apply import Applied, Difference, Means
from anchorkeep.actions.desired import DesiredStore
from anchorkeep.actions.proof import Proof, State
from anchorkeep.actions.show import Report, Subject
from anchorkeep.actions.store_write import Candidate, Terms
from anchorkeep.actions.trust import Trusted
from anchorkeep.actions.trust_plan import Wish
from anchorkeep.errors import FileError, RefusedError, UsageError
from anchorkeep.judge.strategy import Strategy
from anchorkeep.lab.cloud import now
from anchorkeep.model.pool import Pool, Source, SourceKind


@pytest.fixture
def reports(cloud: lab.Cloud) -> tuple[Report, ...]:
    """Return what is seen of UAT, with its root in a file that a person named."""
    subjects = [Subject(label=str(item), endpoint=item) for item in cloud.endpoints("uat")]
    pool = Pool(entries=((cloud.root, Source(kind=SourceKind.FILE, name="root.pem")),))
    return asyncio.run(show.show(subjects, pool, clock=now))


def means(cloud: lab.Cloud, directory: Path, *, is_proved: bool = True, is_accepted: bool = True) -> Means:
    """Return means whose prover says what it is told to."""

    def prover(_: Candidate, subjects: Sequence[Subject], is_partial: bool) -> tuple[Proof, ...]:  # noqa: FBT001 (a Prover)
        assert not is_partial
        state = State.PROVED if is_proved else State.REFUSED
        return tuple(Proof(endpoint=item.label, verifier="OpenSSL 3", state=state, detail="Said.") for item in subjects)

    at = datetime(2026, 9, 21, 12, tzinfo=UTC)
    return Means(
        wish=Wish(accepted=frozenset({cloud.root.sha256}) if is_accepted else frozenset()),
        prover=prover,
        terms=Terms(at=at, now=at, state=directory / "state", command=("apply",)),
        format="pkcs12",
        notes=("Something beside.",),
    )


def applied(cloud: lab.Cloud, reports: Sequence[Report], directory: Path, **more: bool) -> Applied:
    """Bring one store to where it is to be."""
    desired = DesiredStore(path=directory / "a.p12", environments=("uat",), strategy=Strategy.ROOT)
    return apply.apply(desired, reports, prepare=lambda *_: means(cloud, directory, **more))


def test_store_is_brought_there_once(cloud: lab.Cloud, reports: tuple[Report, ...], tmp_path: Path) -> None:
    """A store that is not there is made, the difference says what it holds, and the second time it is left."""
    first, second = (applied(cloud, reports, tmp_path) for _ in range(2))
    assert (first.is_changed, first.is_failed, second.is_changed, second.is_failed) == (True, False, False, False)
    assert isinstance(first.outcome, Trusted)
    assert isinstance(second.outcome, Trusted)
    assert "Something beside." in first.outcome.written.notes
    alias = first.outcome.written.after.entries[0].alias
    line = f"{alias} [trusted certificate] {cloud.root.sha256.hex()}"
    assert apply.difference(first.outcome) == Difference(before=(), after=(line,))
    assert apply.difference(second.outcome) == Difference(before=(line,), after=(line,))


def test_store_that_is_not_proved_is_a_failure(cloud: lab.Cloud, reports: tuple[Report, ...], tmp_path: Path) -> None:
    """A refusal is an outcome with its plan, and no file is there."""
    done = applied(cloud, reports, tmp_path, is_proved=False)
    assert (done.is_failed, done.is_changed, isinstance(done.outcome, RefusedError)) == (True, False, True)
    assert done.plan is not None
    assert not (tmp_path / "a.p12").exists()


def test_root_that_nobody_accepted_is_a_failure(cloud: lab.Cloud, reports: tuple[Report, ...], tmp_path: Path) -> None:
    """A file that names a root builds the path and lets nothing in."""
    done = applied(cloud, reports, tmp_path, is_accepted=False)
    assert done.plan is not None
    assert [choice.certificate for choice in done.plan.needed] == [cloud.root]
    assert not (tmp_path / "a.p12").exists()


@pytest.mark.parametrize("error", [UsageError("No runtime."), FileError("No file.")])
def test_what_cannot_be_prepared_is_a_failure(error: Exception, tmp_path: Path) -> None:
    """What keeps a store from being prepared is its outcome, without a plan, and ends nothing else."""

    def prepare(*_: object) -> Means:
        raise error

    desired = DesiredStore(path=tmp_path / "a.p12", environments=("uat",), strategy=Strategy.ROOT)
    done = apply.apply(desired, (), prepare=prepare)
    assert (done.outcome, done.plan, done.is_failed, done.is_changed) == (error, None, True, False)
