"""
Bring a store to trust services: carry a plan out, proved before anything is replaced, and kept in the ledger.

The story: open the store under its lock, decide anew with what it really holds, add, merge, prune, have the new bytes proved
against every service, write with a backup, note what was added and on whose word. The plan itself is `trust_plan.plan`'s work.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from anchorkeep.actions import consumer, store_edit, store_write, trust_plan
from anchorkeep.actions import proof as proofs
from anchorkeep.actions.proof_failure import UnprovedError, failures
from anchorkeep.errors import AnchorkeepError, RefusedError
from anchorkeep.formats.capability import CAPABILITIES
from anchorkeep.host import file, ledger, way
from anchorkeep.host.ledger import Ledger, Record
from anchorkeep.judge import opening
from anchorkeep.model import edit
from anchorkeep.model.edit import Addition, Change
from anchorkeep.model.truststore import Entry, TrustedCertEntry, TrustStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path
    from typing import TypeAlias

    from anchorkeep.actions.consumer import Settings
    from anchorkeep.actions.proof import Proof
    from anchorkeep.actions.show import Subject
    from anchorkeep.actions.store import Opened
    from anchorkeep.actions.store_write import Candidate, Terms, Written
    from anchorkeep.actions.trust_plan import Choice, Plan
    from anchorkeep.host.jre import Jre

    #: Tries a store that is about to be written with every service, and says what came of it; the last argument tells whether
    #: anchors that are no roots are to do, as `issuing` and `leaf` need.
    Prover: TypeAlias = Callable[[Candidate, tuple[Subject, ...], bool], tuple[Proof, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """
    A store that trusts what was planned, or would.

    Attributes:
        plan: what was decided, with what the store held.
        written: what was done to it.
        proofs: what came of trying it with each service.
        pruned: of what was removed, the certificates that we had added earlier and nothing needs any more.
        is_forced: whether it was written, or would be, though not every proof succeeded.
        settings: what a program is to be told so that it trusts by the store.
    """

    plan: Plan
    written: Written
    proofs: tuple[Proof, ...]
    pruned: tuple[Record, ...] = ()
    is_forced: bool = False
    settings: Settings


def carry_out(
    planned: Plan,
    path: Path,
    *,
    prover: Prover,
    terms: Terms,
    format: str = "pkcs12",  # noqa: A002 (what it is)
    password: str | None = None,
    is_forced: bool = False,
) -> Trusted:
    """
    Write a store that trusts what was planned; where it does already, nothing is written, and it is proved all the same.

    Args:
        planned: what is to be trusted; decided anew with what the store holds once it is locked.
        path: the store; one that is not there is made.
        prover: tries the new bytes with every service.
        terms: how it is written.
        format: of a store that is not there yet.
        password: the store's, as for `store_edit.add` and `store_edit.new`.
        is_forced: whether it is written though a proof fails, which is recorded.

    Raises:
        UnprovedError: a proof fails; nothing was written.
        RefusedError: a certificate waits for a person's word, a service gives no anchor, or the store cannot be replaced as it
            is; nothing was written.
        UsageError: the format or the password cannot be used.
        UnsupportedEntryError: the format cannot hold it.
        InputError: the store cannot be opened, or its ledger is damaged.
        FileError: something cannot be read or written.
    """
    work = _Work(planned, path, prover=prover, terms=terms, is_forced=is_forced)
    if file.is_present(path):
        written = store_write.revise(path, work.edit, password=password, terms=terms, prove=work.prove, settle=work.settle)
        return work.result(written)
    secret = store_edit.new_password(format, password)
    wanted, change = work.changed(TrustStore(format=format, entries=()))
    written = store_write.create(
        path, wanted, format=format, password=secret, change=change, terms=terms, prove=work.prove, settle=work.settle
    )
    known = (store_edit.KNOWN,) if secret is not None and password is None else ()
    return work.result(replace(written, notes=(*written.notes, *known)))


def prover(*, jdk: Jre | None, clock: Callable[[], datetime], timeout: float = 10.0, cache: Path | None = None) -> Prover:
    """
    Return what tries a store with OpenSSL, and with Java where there is a JDK; for `carry_out`, outside of any event loop.

    Args:
        jdk: the JDK to ask too, None where there is none.
        clock: says what time it is, aware, UTC.
        timeout: seconds for each handshake.
        cache: where the program that Java runs is kept once it is compiled, None to keep nothing.
    """

    def prove(candidate: Candidate, subjects: tuple[Subject, ...], is_partial: bool) -> tuple[Proof, ...]:  # noqa: FBT001 (a Prover)
        work = proofs.prove(
            candidate.store,
            candidate.data,
            subjects,
            password=candidate.password,
            is_partial_chain=is_partial,
            jdk=jdk,
            cache=cache,
            clock=clock,
            timeout=timeout,
        )
        return asyncio.run(work)

    return prove


class _Work:
    """One run over one store: what its steps, each called at its time while the store is held, know of each other."""

    def __init__(self, planned: Plan, path: Path, *, prover: Prover, terms: Terms, is_forced: bool) -> None:
        self._plan = planned
        self._path = path
        self._prover = prover
        self._terms = terms
        self._is_allowed = is_forced
        self._ledger = Ledger()
        self._proofs: tuple[Proof, ...] = ()
        self._pruned: tuple[Record, ...] = ()
        self._notes: tuple[str, ...] = ()
        self._password: str | None = None

    def edit(self, opened: Opened) -> tuple[TrustStore, Change]:
        """Edit a store that is there."""
        return self.changed(opened.store)

    def changed(self, store: TrustStore) -> tuple[TrustStore, Change]:
        """Return the store that is to be, decided anew with what it really holds now, and what changes."""
        self._plan = trust_plan.plan([target.report for target in self._plan.targets], self._plan.wish, held=store)
        trust_plan.require_decided(self._plan)
        self._ledger = ledger.read(self._terms.state, way.destination(self._path)[0])
        has_aliases = CAPABILITIES[store.format].has_aliases if store.format in CAPABILITIES else True
        additions = [Addition(certificate=choice.certificate) for choice in self._plan.choices]
        whole, change = edit.added(store, additions, has_aliases=has_aliases)
        if self._plan.wish.defaults is not None:
            whole, merged = edit.merged(whole, self._plan.wish.defaults, has_aliases=has_aliases)
            change = replace(change, added=(*change.added, *merged.added))
        if self._plan.wish.is_pruned:
            whole, removed = self._pruned_of(whole)
            change = replace(change, removed=removed)
        return whole, change

    def prove(self, candidate: Candidate) -> tuple[str, ...]:
        """Try what is about to be written with every service, and let the runtime that it is for open it."""
        self._password = candidate.password
        self._require_opening(candidate)
        subjects = tuple(target.report.subject for target in self._plan.served)
        self._proofs = self._prover(candidate, subjects, self._plan.wish.strategy.is_partial)
        failed = failures(self._proofs, subjects)
        if failed and not self._is_allowed:
            raise UnprovedError(self._plan, self._proofs, failed)
        return tuple(f"Not proved: {failure}" for failure in failed)

    def _require_opening(self, candidate: Candidate) -> None:
        """Refuse a store that the runtime named does not open: proofs are made by others, which may."""
        java = self._terms.java
        if java is None:
            return
        found = opening.opening(candidate.store, java, password=candidate.password)
        if not found.opens:
            raise RefusedError(f"{java.label} does not open the store: {found.reason}. Nothing was written.", remedy=found.remedy)

    def settle(self, written: Written) -> None:
        """Keep what was added and what each anchor is used for; a ledger that cannot be written is told and undoes nothing."""
        if self._terms.is_dry_run:
            return
        used = {choice.certificate.sha256: choice.targets for choice in self._plan.choices}
        new = self._ledger.noted(
            self._added(written),
            used=used,
            seen=self._seen,
            held={entry.certificate.sha256 for entry in written.after.entries if isinstance(entry, TrustedCertEntry)},
        )
        if new == self._ledger:
            return
        try:
            ledger.write(self._terms.state, written.path, new)
        except AnchorkeepError as error:
            self._notes = (f"What was added could not be kept for --prune: {error.message}",)

    def result(self, written: Written) -> Trusted:
        """Return what came of it all."""
        return Trusted(
            plan=self._plan,
            written=replace(written, notes=(*written.notes, *self._notes)),
            proofs=self._proofs,
            pruned=self._pruned,
            is_forced=self._is_unproved,
            settings=consumer.settings(
                self._path,
                format=written.after.format,
                password=self._password,
                has_default_roots=self._plan.wish.defaults is not None,
            ),
        )

    @property
    def _seen(self) -> frozenset[str]:
        """The labels of the services whose needs are known: one that was left out may be called as another that was seen."""
        left = {target.report.subject.label for target in self._plan.left}
        return frozenset(target.report.subject.label for target in self._plan.served) - left

    @property
    def _is_unproved(self) -> bool:
        return bool(failures(self._proofs, [target.report.subject for target in self._plan.served]))

    def _pruned_of(self, store: TrustStore) -> tuple[TrustStore, tuple[Entry, ...]]:
        """
        Return the store without what we added for these services and nothing needs any more, and the entries that go.

        Each service keeps the anchors that were just selected for it, so none loses its last one.
        """
        wish = self._plan.wish
        needed = {choice.certificate.sha256 for choice in self._plan.choices}
        needed |= {certificate.sha256 for certificate in (wish.defaults.trusted if wish.defaults else ())}
        going = {record.sha256: record for record in self._ledger.stale(self._seen, needed)}
        removed = tuple(entry for entry in store.entries if _is_ours(entry, going))
        gone = {entry.certificate.sha256 for entry in removed if isinstance(entry, TrustedCertEntry)}
        self._pruned = tuple(record for record in going.values() if record.sha256 in gone)
        return replace(store, entries=tuple(entry for entry in store.entries if not _is_ours(entry, going))), removed

    def _added(self, written: Written) -> list[Record]:
        """Return the records of what the plan wanted and the store did not have; roots merged in beside it are none of ours."""
        added = {entry.certificate: entry.alias for entry in written.change.added if isinstance(entry, TrustedCertEntry)}
        chosen = (choice for choice in self._plan.choices if choice.certificate in added)
        return [self._record(choice, added[choice.certificate]) for choice in chosen]

    def _record(self, choice: Choice, alias: str | None) -> Record:
        return Record(
            sha256=choice.certificate.sha256,
            alias=alias,
            targets=choice.targets,
            strategy=str(self._plan.wish.strategy),
            verdict=str(choice.decision.verdict),
            moment=self._terms.now,
            is_unproved=self._is_unproved,
        )


def _is_ours(entry: Entry, records: Mapping[bytes, Record]) -> bool:
    """
    Whether one of some records is of an entry: the same certificate under the alias that we gave it.

    One that rejects the certificate stays, or it might be taken again one day; so does one that a person put in beside ours.
    """
    if not isinstance(entry, TrustedCertEntry) or entry.is_distrusted or entry.certificate.sha256 not in records:
        return False
    alias = records[entry.certificate.sha256].alias
    return entry.alias == alias or (entry.alias is not None and alias is not None and entry.alias.lower() == alias.lower())
