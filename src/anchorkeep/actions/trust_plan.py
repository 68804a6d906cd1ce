"""
Plan which certificates a store is to trust for services that were looked at, and who vouches for each.

The story: select from each chain by the strategy, judge whether the chain may be a source of anchors at all, decide for each
certificate whether it needs a person's word. Nothing is read or written here, and the same reports and wishes give the same plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anchorkeep.errors import AnchorkeepError, RefusedError
from anchorkeep.judge import decision as deciding
from anchorkeep.judge import java_anchors
from anchorkeep.judge import strategy as strategies
from anchorkeep.judge.decision import ASK, Evidence, Verdict
from anchorkeep.judge.strategy import Strategy
from anchorkeep.model.chain import FailedObservation
from anchorkeep.model.pool import SourceKind
from anchorkeep.text import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from anchorkeep.actions.show import Report
    from anchorkeep.judge.decision import Decision
    from anchorkeep.judge.paths import PathSearch
    from anchorkeep.judge.strategy import Anchor, Selection
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.truststore import TrustStore

#: What to do about a chain that is no source of anchors.
_UNTRUSTED = (
    "First have the service repaired, check the name, or go around the proxy that inspects. Only if its certificates must be "
    "taken as they are: --from-untrusted-chain, with --accept-fingerprint for each that whoever runs the service confirms to you."
)
#: Of one certificate wanted for several services the decision that asks the most counts.
_STRICTEST = (Verdict.NEEDED, Verdict.ACCEPTED, Verdict.HELD, Verdict.VERIFIED_PATH, Verdict.PUBLIC_ROOT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """
    What a person wants to be trusted.

    Attributes:
        strategy: which certificates of a chain become anchors.
        accepted: SHA-256 fingerprints that the person vouches for, each for the certificate that has it and no other.
        named: the roots of a private CA, for the strategy `root-set`.
        is_untrusted_taken: whether a chain that does not verify, or is suspected to be intercepted, is a source all the same;
            every certificate of it then needs its fingerprint.
        is_partial: whether services of which nothing can be had may be left out.
        is_pruned: whether anchors that were added earlier for the same services, and are no longer needed, are to go.
        defaults: the store whose trusted certificates are merged in, as a Java runtime's own roots; None for none.
    """

    strategy: Strategy = Strategy.ROOT
    accepted: frozenset[bytes] = frozenset()
    named: tuple[Certificate, ...] = ()
    is_untrusted_taken: bool = False
    is_partial: bool = False
    is_pruned: bool = False
    defaults: TrustStore | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """
    A service with the anchors that its chain gives.

    Attributes:
        report: what was seen.
        selection: the anchors, and what is to be said of them.
        distrust: why the chain would be no source of anchors, where that was overruled; else None.
    """

    report: Report
    selection: Selection
    distrust: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """
    A service that gives no anchor.

    Attributes:
        report: what was seen.
        reason: why, one sentence; safe to print.
        remedy: what to do, or an empty string; safe to print.
        is_unseen: whether nothing could be seen, so that nobody can tell.
    """

    report: Report
    reason: str
    remedy: str
    is_unseen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """
    A certificate that is to be an anchor, each once.

    Attributes:
        anchor: the certificate, its role and why it was selected, as for the first service that gave it.
        decision: who vouches for it.
        targets: the labels of the services that it is for.
    """

    anchor: Anchor
    decision: Decision
    targets: tuple[str, ...]

    @property
    def certificate(self) -> Certificate:
        """The certificate itself."""
        return self.anchor.certificate

    @property
    def is_needed(self) -> bool:
        """Whether a person's word is still wanted for it."""
        return self.decision.verdict is Verdict.NEEDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    What is to be trusted, and what stands in its way.

    Attributes:
        wish: what was wanted.
        targets: every service that was looked at, in order.
        choices: the certificates, in the order of the services.
    """

    wish: Wish
    targets: tuple[Served | Left, ...]
    choices: tuple[Choice, ...]

    @property
    def served(self) -> tuple[Served, ...]:
        """The services that give anchors."""
        return tuple(item for item in self.targets if isinstance(item, Served))

    @property
    def left(self) -> tuple[Left, ...]:
        """The services that give none."""
        return tuple(item for item in self.targets if isinstance(item, Left))

    @property
    def needed(self) -> tuple[Choice, ...]:
        """The certificates that wait for a person's word."""
        return tuple(choice for choice in self.choices if choice.is_needed)

    @property
    def is_stopped(self) -> bool:
        """Whether services that give no anchor keep the store from being written."""
        return not self.served or (bool(self.left) and not self.wish.is_partial)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the strategy costs, each once; safe to print."""
        return tuple(dict.fromkeys(warning for item in self.served for warning in item.selection.warnings))

    @property
    def unused(self) -> tuple[bytes, ...]:
        """The accepted fingerprints that are of no certificate of the plan, in order: a mistake, or a trap."""
        return deciding.unmatched(sorted(self.wish.accepted), (choice.decision for choice in self.choices))


def plan(reports: Sequence[Report], wish: Wish, *, held: TrustStore | None = None) -> Plan:
    """
    Return the plan for services that were looked at.

    Args:
        reports: what was seen of each.
        wish: what is wanted.
        held: the store as it is now, None where there is none yet: what it trusts already widens nothing.
    """
    trusted = frozenset() if held is None else frozenset(java_anchors.anchors(held))
    targets = tuple(_target(report, wish) for report in reports)
    found: dict[Certificate, list[tuple[Anchor, Decision, str]]] = {}
    for target in targets:
        if isinstance(target, Served):
            for anchor in target.selection.anchors:
                decided = _decided(target, anchor, wish, trusted)
                found.setdefault(anchor.certificate, []).append((anchor, decided, target.report.subject.label))
    return Plan(wish=wish, targets=targets, choices=tuple(map(_choice, found.values())))


def require_decided(planned: Plan) -> None:
    """
    Refuse a plan that a person has not decided: a service gives no anchor, or a certificate is vouched for by nobody.

    Raises:
        RefusedError: something stands in its way; the message names the first and counts the others.
    """
    if planned.is_stopped:
        first, *more = planned.left or (None,)
        if first is None:
            raise RefusedError("No service was looked at, so there is nothing to trust.", remedy="Name a host.")
        others = f" {counted(len(more), 'more service')} give no anchor either." if more else ""
        remedy = first.remedy or "Leave the service out with --partial, or look again later."
        raise RefusedError(f"{first.report.subject.label}: {first.reason} Nothing was written.{others}", remedy=remedy)
    if planned.needed:
        raise RefusedError(_asking(planned.needed), remedy=_remedy(planned.needed))


def _target(report: Report, wish: Wish) -> Served | Left:
    """Select from one chain, or say why not."""
    if isinstance(report.outcome, FailedObservation):
        failure = report.outcome.failure
        return Left(report=report, reason=failure.message, remedy=failure.remedy, is_unseen=True)
    if report.search is None or report.best is None:
        reason = "What is there belongs to no service: it makes no chain." if report.is_list else "No certificate was sent."
        return Left(report=report, reason=reason, remedy="Name a service, or the chain of one.")
    distrust = deciding.distrusted(_evidence(report, report.search))
    if distrust is not None and not wish.is_untrusted_taken:
        return Left(report=report, reason=f"Its chain is no source of anchors: {distrust}", remedy=_UNTRUSTED)
    try:
        selection = strategies.select(report.search, wish.strategy, at=report.at, public=_public(report), named=wish.named)
    except AnchorkeepError as error:
        return Left(report=report, reason=error.message, remedy=error.remedy)
    return Served(report=report, selection=selection, distrust=distrust)


def _evidence(report: Report, search: PathSearch) -> Evidence:
    endpoint = report.outcome.endpoint
    name = endpoint.reference_identity if endpoint else None
    return Evidence(search=search, findings=report.findings, name=name, public=_public(report))


def _public(report: Report) -> frozenset[Certificate]:
    return frozenset(certificate for certificate, source in report.pool.entries if source.kind is SourceKind.MOZILLA)


def _decided(target: Served, anchor: Anchor, wish: Wish, held: Collection[Certificate]) -> Decision:
    assert target.report.search is not None  # noqa: S101 (nothing is selected without one)
    return deciding.decide(
        anchor.certificate,
        _evidence(target.report, target.report.search),
        held=held,
        accepted=wish.accepted,
        from_untrusted_chain=wish.is_untrusted_taken,
    )


def _choice(found: Sequence[tuple[Anchor, Decision, str]]) -> Choice:
    anchor = found[0][0]
    decided = min((item[1] for item in found), key=lambda item: _STRICTEST.index(item.verdict))
    return Choice(anchor=anchor, decision=decided, targets=tuple(dict.fromkeys(item[2] for item in found)))


def _asking(needed: Sequence[Choice]) -> str:
    first = needed[0]
    more = f" Waiting for a person's word too: {counted(len(needed) - 1, 'more certificate')}." if needed[1:] else ""
    return f"{first.certificate.title} was not added: {first.decision.reason} Nothing was written.{more}"


def _remedy(needed: Iterable[Choice]) -> str:
    words = " ".join(f"--accept-fingerprint {choice.certificate.sha256.hex()}" for choice in needed)
    return f"{ASK}; then add {words}"
