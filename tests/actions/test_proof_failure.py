import pickle

import pytest

from anchorkeep.actions import trust_plan
from anchorkeep.actions.proof import Proof, State
from anchorkeep.actions.proof_failure import Failure, UnprovedError, failures
from anchorkeep.actions.show import Subject
from anchorkeep.actions.trust_plan import Wish

NAMES = ("a.test", "b.test", "c.test", "d.test", "e.test")
SUBJECTS = [Subject(label=name) for name in NAMES]


def said(state: State, *names: str, verifier: str = "OpenSSL 3", detail: str = "so it is.") -> list[Proof]:
    """Return what a verifier says of services."""
    return [Proof(endpoint=name, verifier=verifier, state=state, detail=detail) for name in names]


def test_proved_is_what_every_verifier_proved() -> None:
    """Nothing failed where OpenSSL proved every service, and Java too, or could not be asked."""
    proofs = said(State.PROVED, *NAMES)
    assert failures(proofs, SUBJECTS) == ()
    assert failures([*proofs, *said(State.PROVED, *NAMES, verifier="Java 17")], SUBJECTS) == ()
    assert failures([*proofs, *said(State.NOT_ASKED, *NAMES, verifier="Java")], SUBJECTS) == ()


@pytest.mark.parametrize("state", [State.REFUSED, State.NOT_PROVED])
def test_one_verifier_that_does_not_prove_is_enough(state: State) -> None:
    """What Java refuses or, being asked, cannot tell, is not proved, whatever OpenSSL says."""
    (found,) = failures([*said(State.PROVED, *NAMES), *said(state, "b.test", verifier="Java 17")], SUBJECTS)
    assert found == Failure(endpoints=("b.test",), reason="Java 17: so it is.", is_refused=state is State.REFUSED)


def test_service_that_nobody_tried_is_not_proved() -> None:
    """Java's word alone is none, and neither is no word at all."""
    assert [item.endpoints for item in failures(said(State.PROVED, *NAMES, verifier="Java 17"), SUBJECTS)] == [NAMES]
    assert [item.endpoints for item in failures(said(State.PROVED, *NAMES[1:]), SUBJECTS)] == [NAMES[:1]]
    assert failures(said(State.NOT_ASKED, *NAMES), SUBJECTS)


def test_node_that_was_not_proved_is_not_proved_by_its_twin() -> None:
    """Of two services that are called the same each is to be proved, and a failure is told once with its own reason."""
    twins = [SUBJECTS[0], SUBJECTS[0]]
    proofs = said(State.PROVED, "a.test") + said(State.NOT_PROVED, "a.test", detail="it is gone.")
    assert list(map(str, failures(proofs, twins))) == ["a.test: OpenSSL 3: it is gone."]
    assert failures(said(State.PROVED, "a.test", "a.test"), twins) == ()


def test_reason_is_told_once() -> None:
    """A reason that is the same for many services is one sentence; what is refused comes before what nobody can tell."""
    silent, refused = failures([*said(State.NOT_PROVED, *NAMES[:4]), *said(State.REFUSED, NAMES[4])], SUBJECTS)[::-1]
    assert str(silent) == "a.test, b.test, c.test and 1 more service: OpenSSL 3: so it is."
    assert (str(refused), refused.is_refused) == ("e.test: OpenSSL 3: so it is.", True)


@pytest.mark.parametrize(("state", "advice"), [(State.REFUSED, "anchorkeep show"), (State.NOT_PROVED, "Try again")])
def test_error_tells_what_to_do(state: State, advice: str) -> None:
    """The message has the first reason and counts the others; how it is written all the same is the command's to say."""
    proofs = tuple(said(state, "a.test") + said(state, "b.test", detail="otherwise."))
    failed = failures(proofs, SUBJECTS[:2])
    error = UnprovedError(trust_plan.plan([], Wish()), proofs, failed)
    assert error.message.endswith("was not proved: a.test: OpenSSL 3: so it is. 1 more reason beside.")
    assert (advice in error.remedy, "--force-unproved" in error.remedy) == (True, True)
    other = UnprovedError(error.plan, proofs, failed, otherwise="Or not.")
    assert (other.message, advice in other.remedy, "--force" in other.remedy) == (error.message, True, False)
    assert pickle.loads(pickle.dumps(error)).proofs == proofs  # noqa: S301 (ours)
