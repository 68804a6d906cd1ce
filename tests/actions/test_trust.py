from collections.abc import Callable
from pathlib import Path

import pytest

from anchorkeep.actions import readmission, store, store_edit, store_history, trust, trust_plan
from anchorkeep.actions.proof import Proof
from anchorkeep.actions.proof import State as Proved
from anchorkeep.actions.proof_failure import UnprovedError
from anchorkeep.actions.show import Report, Subject
from anchorkeep.actions.store_write import Candidate, State
from anchorkeep.actions.trust import Trusted
from anchorkeep.actions.trust_plan import Wish
from anchorkeep.errors import RefusedError
from anchorkeep.host import ledger
from anchorkeep.host.archive import Archive
from anchorkeep.judge.strategy import Strategy
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.edit import Addition
from anchorkeep.model.java import every
from anchorkeep.model.pool import SourceKind
from anchorkeep.model.truststore import TrustedCertEntry, TrustStore
from tests.data import stores
from tests.peers import reports
from tests.peers.reports import pki
from tests.peers.terms import terms

OTHER = stores.certificate("one")
HOST = "licenses.example.test"
#: What OpenSSL's `TRUSTED CERTIFICATE` says behind a certificate that it rejects for TLS servers (X509_CERT_AUX, reject).
REJECTED = bytes.fromhex("300ca00a06082b06010505070301")


class Verifier:
    """Says of every service what it is told to, and keeps what it was asked; the real ones have tests of their own."""

    def __init__(self, **verdicts: Proved) -> None:
        self.verdicts = verdicts or {"OpenSSL": Proved.PROVED}
        self.asked: list[tuple[Candidate, tuple[str, ...], bool]] = []
        self.before: Callable[[], object] = lambda: None

    def __call__(self, candidate: Candidate, subjects: tuple[Subject, ...], is_partial: bool) -> tuple[Proof, ...]:  # noqa: FBT001
        """Say it of each."""
        self.before()
        labels = tuple(subject.label for subject in subjects)
        self.asked.append((candidate, labels, is_partial))
        return tuple(
            Proof(endpoint=label, verifier=verifier, state=state, detail=f"it is {state}.")
            for verifier, state in self.verdicts.items()
            for label in labels
        )


def public(*certificates: Certificate, root: Certificate | None = None) -> Report:
    """Return the report of the service, whose root is of Mozilla's list."""
    known = reports.pool(root or pki().root, kind=SourceKind.MOZILLA)
    return reports.report(certificates or (pki().leaf, pki().intermediate), known)


def second() -> Report:
    """Return the report of another service with the same chain."""
    known = reports.pool(pki().root, kind=SourceKind.MOZILLA)
    return reports.report((pki().leaf, pki().intermediate), known, target="www.example.test")


def carried(path: Path, wish: Wish | None = None, *seen: Report, prover: Verifier | None = None, **said: object) -> Trusted:
    """Carry out the plan for the service, or for those that were seen."""
    under = terms(path.parent, **{name: said.pop(name) for name in ("is_dry_run", "java") if name in said})
    planned = trust_plan.plan(seen or (public(),), wish or Wish())
    return trust.carry_out(planned, path, prover=prover or Verifier(), terms=under, **said)


def summary(path: Path) -> tuple[str, ...]:
    """Return what the history says of the last change of a store."""
    return Archive(path.parent / "state").history(path, data=path.read_bytes()).changes[-1].summary


def held(path: Path) -> set[Certificate]:
    """Return what a store trusts now."""
    return set(store.read(path).store.trusted)


@pytest.mark.parametrize("format_name", ["pkcs12", "jks", "pem"])
def test_store_is_made(tmp_path: Path, format_name: str) -> None:
    """Where there is no store one is made, which trusts the root, and what it was is said to the one who starts Java."""
    done = carried(tmp_path / "store", format=format_name)
    assert (done.written.state, held(tmp_path / "store")) == (State.CREATED, {pki().root})
    assert done.plan.choices[0].targets == (HOST,)
    assert bool(done.settings.options) == (format_name != "pem")


def test_store_that_is_there_gets_the_root(tmp_path: Path) -> None:
    """A store that is there keeps what it holds and gets the root; a second time nothing is written."""
    path = tmp_path / "store"
    store_edit.new(path, [Addition(certificate=OTHER)], format="jks", password=None, terms=terms(tmp_path))
    assert carried(path).written.state is State.REPLACED
    assert held(path) == {OTHER, pki().root}
    before = path.read_bytes()
    assert carried(path).written.state is State.UNCHANGED
    assert path.read_bytes() == before


def test_root_under_another_alias_is_no_second_entry(tmp_path: Path) -> None:
    """A store that holds the root already, whatever its alias, is left as it is."""
    path = tmp_path / "store"
    mine = [Addition(certificate=pki().root, alias="corporate")]
    store_edit.new(path, mine, format="jks", password=None, terms=terms(tmp_path))
    done = carried(path, Wish(), reports.good())
    assert (done.written.state, [entry.alias for entry in done.written.change.kept]) == (State.UNCHANGED, ["corporate"])


def test_new_bytes_are_proved_before_anything_is_replaced(tmp_path: Path) -> None:
    """The verifier is given the very bytes that are written then, while the store is not there yet."""
    path, prover = tmp_path / "store", Verifier()
    prover.before = lambda: pytest.fail("written before it was proved") if path.exists() else None
    carried(path, prover=prover)
    ((candidate, labels, is_partial),) = prover.asked
    assert candidate.data == path.read_bytes()
    assert (candidate.store.trusted, labels, is_partial) == ((pki().root,), (HOST,), False)


@pytest.mark.parametrize(
    "verdicts",
    [
        {"OpenSSL": Proved.REFUSED},
        {"OpenSSL": Proved.NOT_PROVED},
        {"Java": Proved.PROVED},
        {"OpenSSL": Proved.PROVED, "Java": Proved.REFUSED},
        {"OpenSSL": Proved.PROVED, "Java": Proved.NOT_PROVED},
        {"OpenSSL": Proved.NOT_ASKED},
    ],
)
def test_plan_whose_proof_fails_is_not_written(tmp_path: Path, verdicts: dict[str, Proved]) -> None:
    """What OpenSSL, or Java that was asked, does not prove is not written; forced it is, and ledger and history keep that."""
    path = tmp_path / "store"
    with pytest.raises(UnprovedError, match="was not proved") as caught:
        carried(path, prover=Verifier(**verdicts))
    assert {proof.verifier: proof.state for proof in caught.value.proofs} == verdicts
    assert not path.exists()
    assert not (tmp_path / "state").exists()
    done = carried(path, prover=Verifier(**verdicts), is_forced=True)
    assert (done.is_forced, held(path)) == (True, {pki().root})
    assert any("Not proved" in note for note in done.written.notes)
    (record,) = ledger.read(tmp_path / "state", path).records
    assert record.is_unproved
    assert summary(path)[0].startswith(f"Not proved: {HOST}: ")


def test_java_that_is_not_there_is_no_failure(tmp_path: Path) -> None:
    """A store that OpenSSL proved is written though nobody could ask Java."""
    done = carried(tmp_path / "store", prover=Verifier(OpenSSL=Proved.PROVED, Java=Proved.NOT_ASKED), is_forced=True)
    assert (done.is_forced, done.written.state) == (False, State.CREATED)
    assert not any("Not proved" in line for line in summary(tmp_path / "store"))


def test_store_that_is_there_and_fails_its_proof_is_left(tmp_path: Path) -> None:
    """A store that would be replaced is what it was where the proof of the new bytes fails; one that stays is proved too."""
    path = tmp_path / "store"
    store_edit.new(path, [Addition(certificate=OTHER)], format="jks", password=None, terms=terms(tmp_path))
    before = path.read_bytes()
    with pytest.raises(RefusedError, match="was not proved"):
        carried(path, prover=Verifier(OpenSSL=Proved.REFUSED))
    assert path.read_bytes() == before
    carried(path)
    with pytest.raises(RefusedError, match="was not proved"):
        carried(path, prover=Verifier(OpenSSL=Proved.REFUSED))


def test_dry_run_proves_and_writes_nothing(tmp_path: Path) -> None:
    """A dry run is decided and proved, and leaves neither store nor state."""
    prover = Verifier()
    done = carried(tmp_path / "store", prover=prover, is_dry_run=True)
    assert (done.written.state, len(prover.asked)) == (State.PLANNED, 1)
    assert list(tmp_path.iterdir()) == []


def test_dry_run_over_a_store_that_is_right_leaves_the_ledger(tmp_path: Path) -> None:
    """Where another service could use the store as it is, a dry run does not note that either; the run itself does."""
    path, other = tmp_path / "store", second()
    carried(path)
    before = ledger.read(tmp_path / "state", path)
    assert carried(path, None, other, is_dry_run=True).written.state is State.UNCHANGED
    assert ledger.read(tmp_path / "state", path) == before
    assert carried(path, None, other).written.state is State.UNCHANGED
    assert ledger.read(tmp_path / "state", path).records[0].targets == (HOST, "www.example.test")


def test_store_is_written_for_the_runtime_that_is_named(tmp_path: Path) -> None:
    """A store that Java 8 does not open as it is, is written for it; what no Java opens is refused where one is named."""
    carried(tmp_path / "store")
    assert carried(tmp_path / "store", java=every(17)).written.state is State.UNCHANGED
    assert carried(tmp_path / "store", java=every(8)).written.state is State.REPLACED
    assert carried(tmp_path / "store", java=every(8)).written.state is State.UNCHANGED
    with pytest.raises(RefusedError, match="java8 does not open the store"):
        carried(tmp_path / "new", java=every(8), format="pem")


def test_what_nobody_decided_is_not_written(tmp_path: Path) -> None:
    """A plan that waits for a person's word is refused, and no verifier is asked."""
    prover = Verifier()
    with pytest.raises(RefusedError, match="was not added"):
        carried(tmp_path / "store", Wish(), reports.good(), prover=prover)
    assert (list(tmp_path.iterdir()), prover.asked) == ([], [])


@pytest.mark.parametrize("is_gone", [False, True])
def test_plan_is_decided_anew_under_the_lock(tmp_path: Path, is_gone: bool) -> None:  # noqa: FBT001
    """A root that the store held when it was planned, and no longer when it is written, needs its fingerprint."""
    path = tmp_path / "store"
    before = TrustStore(format="jks", entries=(TrustedCertEntry(certificate=pki().root, alias="mine"),))
    planned = trust_plan.plan([reports.good()], Wish(), held=before)
    if not is_gone:
        store_edit.new(path, [Addition(certificate=OTHER)], format="jks", password=None, terms=terms(tmp_path))
    with pytest.raises(RefusedError, match="was not added"):
        trust.carry_out(planned, path, prover=Verifier(), terms=terms(tmp_path))
    assert path.exists() != is_gone


def test_partial_strategies_are_proved_with_partial_chains(tmp_path: Path) -> None:
    """Only `issuing` and `leaf` let OpenSSL end a path before its root."""
    for strategy in Strategy:
        prover = Verifier()
        carried(tmp_path / strategy, Wish(strategy=strategy), prover=prover)
        assert prover.asked[0][2] == (strategy in {Strategy.ISSUING, Strategy.LEAF})


def test_default_roots_are_merged(tmp_path: Path) -> None:
    """The runtime's own roots come in under their aliases, and a second time nothing is written."""
    entries = (TrustedCertEntry(certificate=OTHER, alias="default"), TrustedCertEntry(certificate=pki().root, alias="same"))
    wish = Wish(defaults=TrustStore(format="jks", entries=entries))
    carried(tmp_path / "store", wish)
    assert held(tmp_path / "store") == {OTHER, pki().root}
    assert carried(tmp_path / "store", wish).written.state is State.UNCHANGED


def test_prune_removes_what_was_added_and_is_no_longer_needed(tmp_path: Path) -> None:
    """Anchors of an earlier strategy go, those of the new one come; what a person added stays."""
    path = tmp_path / "store"
    store_edit.new(path, [Addition(certificate=OTHER)], format="jks", password=None, terms=terms(tmp_path))
    carried(path, Wish(strategy=Strategy.CHAIN))
    assert held(path) == {OTHER, pki().root, pki().intermediate, pki().leaf}
    done = carried(path, Wish(is_pruned=True))
    assert held(path) == {OTHER, pki().root}
    assert {record.sha256 for record in done.pruned} == {pki().intermediate.sha256, pki().leaf.sha256}
    assert carried(path, Wish(is_pruned=True)).written.state is State.UNCHANGED


def test_without_prune_nothing_goes(tmp_path: Path) -> None:
    """What is no longer needed stays, and goes when that is asked for later."""
    path = tmp_path / "store"
    carried(path, Wish(strategy=Strategy.LEAF))
    carried(path)
    assert held(path) == {pki().root, pki().leaf}
    carried(path, Wish(is_pruned=True))
    assert held(path) == {pki().root}


def test_prune_leaves_what_another_service_uses(tmp_path: Path) -> None:
    """An anchor that was added for one service and is used by another stays until neither needs it."""
    path = tmp_path / "store"
    authority = reports.authority("Other Root")
    identity = authority.issue(dns_names=("b.example.test",), at=reports.AT, days=47, entropy=lambda size: b"l" * size)
    known = reports.pool(authority.certificate, kind=SourceKind.MOZILLA)
    other = reports.report(identity.chain, known, target="b.example.test")
    carried(path, Wish(strategy=Strategy.LEAF), public(), other)
    carried(path, Wish(is_pruned=True))
    assert held(path) == {pki().root, identity.chain[0]}


def test_prune_leaves_what_a_person_added(tmp_path: Path) -> None:
    """A certificate that was there before is not ours, and stays though nothing needs it."""
    path = tmp_path / "store"
    store_edit.new(path, [Addition(certificate=pki().leaf)], format="jks", password=None, terms=terms(tmp_path))
    carried(path, Wish(strategy=Strategy.LEAF))
    carried(path, Wish(is_pruned=True))
    assert held(path) == {pki().leaf, pki().root}


def test_prune_leaves_what_a_person_put_beside_ours(tmp_path: Path) -> None:
    """A second entry of the same certificate, or one put back under another alias, is a person's and stays; ours goes."""
    path = tmp_path / "store"
    carried(path, Wish(strategy=Strategy.LEAF), format="jks")
    (entry,) = store.read(path).store.entries
    path.write_bytes(stores.jks(*(stores.jks_trusted(alias, pki().leaf) for alias in (str(entry.alias), "mine"))))
    done = carried(path, Wish(is_pruned=True))
    assert {item.sha256 for item in done.pruned} == {pki().leaf.sha256}
    assert [item.alias for item in store.read(path).store.entries if item.certificate == pki().leaf] == ["mine"]
    assert carried(path, Wish(is_pruned=True)).pruned == ()


def test_prune_never_takes_the_last_anchor_of_a_service(tmp_path: Path) -> None:
    """What is selected for a service now stays, whatever it was added for and by which strategy."""
    path = tmp_path / "store"
    carried(path)
    carried(path, Wish(is_pruned=True))
    assert held(path) == {pki().root}
    carried(path, Wish(strategy=Strategy.LEAF, is_pruned=True), second())
    carried(path, Wish(strategy=Strategy.LEAF, is_pruned=True))
    assert held(path) == {pki().leaf}


def test_undo_asks_about_a_root_that_a_prune_took(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger still knows on whose word a pruned root was added, so its return is asked about once it left Mozilla's list."""
    path = tmp_path / "store"
    carried(path)
    carried(path, Wish(strategy=Strategy.LEAF, is_pruned=True))
    assert held(path) == {pki().leaf}
    monkeypatch.setattr(readmission, "_public", lambda: frozenset({OTHER}))
    with pytest.raises(RefusedError, match="is not of it any more"):
        store_history.undo(path, terms=terms(tmp_path))
    store_history.undo(path, accepted=[pki().root.sha256], terms=terms(tmp_path))
    assert held(path) == {pki().root}


def test_prune_leaves_what_a_node_that_was_left_out_may_use(tmp_path: Path) -> None:
    """Behind one name two nodes may stand: with one of them not seen, nobody knows what the name no longer needs."""
    path = tmp_path / "store"
    carried(path, Wish(strategy=Strategy.LEAF))
    wish = Wish(is_pruned=True, is_partial=True)
    carried(path, wish, public(), reports.failed())
    assert held(path) == {pki().leaf, pki().root}
    carried(path, wish, public())
    assert held(path) == {pki().root}


def test_prune_leaves_an_entry_that_rejects(tmp_path: Path) -> None:
    """What a person had the store reject stays rejected when the anchor that we added goes."""
    path = tmp_path / "store"
    carried(path, Wish(strategy=Strategy.LEAF), format="pem")
    rejecting = stores.armored(pki().leaf.der + REJECTED, "TRUSTED CERTIFICATE")
    path.write_bytes(path.read_bytes() + rejecting)
    carried(path, Wish(is_pruned=True))
    now = store.read(path).store
    assert (set(now.trusted), [entry.certificate for entry in now.distrusted]) == ({pki().root}, [pki().leaf])


def test_change_is_in_the_history_and_can_be_undone(tmp_path: Path) -> None:
    """What was added stands in the store's history, with the bytes from before."""
    path = tmp_path / "store"
    store_edit.new(path, [Addition(certificate=OTHER)], format="jks", password=None, terms=terms(tmp_path))
    before = path.read_bytes()
    carried(path)
    archive = Archive(tmp_path / "state")
    assert archive.restoration(path, data=path.read_bytes()).data == before


def test_ledger_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store is written all the same, and it is said that `--prune` will not know."""

    def refuse(*_: object) -> None:
        raise RefusedError("The disk is full.")

    monkeypatch.setattr(trust.ledger, "write", refuse)
    done = carried(tmp_path / "store")
    assert held(tmp_path / "store") == {pki().root}
    assert any("could not be kept" in note for note in done.written.notes)
