"""What is to be said about several looks at one service: at each of its addresses, for each type of key, by another way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.model.chain import FailedObservation
from anchorkeep.model.finding import Finding, Severity
from anchorkeep.model.view import ViewKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.chain import ObservedChain
    from anchorkeep.model.view import View

#: Nodes and groups of nodes that are named in one sentence; the others are counted, and stand in the JSON.
_NAMED = 4
#: Why a handshake that asked for a type of key in TLS 1.2 failed, where it tells nothing of the server's certificates.
_TELLS_NOTHING = frozenset({"protocol-version", "timeout", "reset", "closed", "refused", "unreachable"})

#: The reason of a look for a type of key that was not made, since no version of TLS that knows one may be offered.
NOT_ATTEMPTED = "not-attempted"
_WHY_UNKNOWN = {
    "protocol-version": "the server speaks TLS 1.3 only, in which a client cannot ask for one type",
    NOT_ATTEMPTED: "only TLS 1.3 may be offered to it, in which a client cannot ask for one type",
}

_ASK_FOR_THE_SAME = "Ask whoever runs the service to give every node the same certificates."
_COMPARE_CHAINS = "Compare both fingerprints with one that you got from whoever runs the service before you trust either."


def inspect(seen: ObservedChain | FailedObservation, views: Sequence[View], *, left_out: int = 0) -> tuple[Finding, ...]:
    """
    Return the findings about an observation and further looks at the same service, the worst first.

    Args:
        seen: the observation.
        views: the further looks.
        left_out: addresses of the service that were not looked at.
    """
    nodes = [view for view in views if view.kind is ViewKind.NODE]
    findings = [
        *_of_nodes(nodes, left_out),
        *_of_key_types([view for view in views if view.kind is ViewKind.KEY_TYPE]),
    ]
    for view in views:
        if view.kind is ViewKind.WAY:
            findings += _of_way(seen, view)
    return tuple(sorted(findings, key=lambda item: -item.severity))


def is_absent(view: View) -> bool:
    """Return whether a look for a type of key says that the server has no certificate of that type."""
    return isinstance(view.outcome, FailedObservation) and not _is_unknown(view)


def leaves_open(views: Sequence[View]) -> bool:
    """Return whether it was asked for a type of key, and could not be told whether the server has a certificate of it."""
    return any(view.kind is ViewKind.KEY_TYPE and _is_unknown(view) for view in views)


def _of_nodes(nodes: Sequence[View], left_out: int) -> Iterator[Finding]:
    groups: dict[tuple[Certificate, ...], list[str]] = {}
    failures: dict[str, list[str]] = {}
    for node in nodes:
        if isinstance(node.outcome, FailedObservation):
            failures.setdefault(node.outcome.failure.reason, []).append(node.label)
        elif node.certificates:
            groups.setdefault(node.certificates, []).append(node.label)
    if len(groups) > 1:
        said = [f"{_leaf(chain)} at {_listed(labels)}" for chain, labels in groups.items()]
        what = "certificates" if len({chain[0] for chain in groups}) > 1 else "intermediates with the same certificate"
        message = f"The nodes of the service send different {what}: {_listed(said, joint='; ')}."
        yield Finding(
            id="nodes-differ",
            severity=Severity.WARNING,
            message=message,
            remedy=_ASK_FOR_THE_SAME,
            certificates=tuple(dict.fromkeys(chain[0] for chain in groups)),
        )
    if failures and groups:
        said = [f"{_listed(labels)} ({reason})" for reason, labels in failures.items()]
        yield Finding(
            id="node-unreachable",
            severity=Severity.WARNING,
            message=f"Nodes of the service from which no chain could be had: {_listed(said, joint='; ')}.",
            remedy="Clients that get such an address fail or wait; look whether this host's network or the node is at fault.",
        )
    if left_out:
        message = f"The name has more addresses than the {len(nodes)} that were looked at: {left_out} were left out."
        yield Finding(id="nodes-left-out", severity=Severity.NOTE, message=message)


def _of_key_types(views: Sequence[View]) -> Iterator[Finding]:
    unknown = [view for view in views if _is_unknown(view)]
    if not unknown:
        return
    reasons = {view.outcome.failure.reason for view in unknown if isinstance(view.outcome, FailedObservation)}
    why = _WHY_UNKNOWN.get(*reasons) if len(reasons) == 1 else None
    why = why or f"the handshake failed ({_listed(sorted(reasons))})"
    types = _listed([view.label for view in unknown])
    message = f"Whether the server has a certificate with a key of type {types}: could not tell; {why}."
    yield Finding(id="key-types-unknown", severity=Severity.NOTE, message=message)


def _of_way(seen: ObservedChain | FailedObservation, view: View) -> Iterator[Finding]:
    if isinstance(seen, FailedObservation) or not seen.certificates:
        return
    if not view.certificates:
        reason = view.outcome.failure.reason if view.outcome.failure else "no certificates"
        yield Finding(
            id="comparison-failed",
            severity=Severity.WARNING,
            message=f"What the service sends could not be compared with what it sends {view.label}: no chain came ({reason}).",
            remedy="Whether somebody inspects is not known then; look by a way that works.",
        )
    elif view.certificates != seen.certificates:
        same = seen.certificates[0] == view.certificates[0]
        what = "the same certificate with other intermediates" if same else "another certificate"
        yield Finding(
            id="interception-difference",
            severity=Severity.WARNING,
            message=(
                f"{view.label[:1].upper()}{view.label[1:]} the service sends {what}: {_leaf(view.certificates)} "
                f"instead of {_leaf(seen.certificates)}. One of the two may be inspected; nodes that differ look the same."
            ),
            remedy=_COMPARE_CHAINS,
            certificates=tuple(dict.fromkeys((seen.certificates[0], view.certificates[0]))),
        )


def _is_unknown(view: View) -> bool:
    outcome = view.outcome
    if not isinstance(outcome, FailedObservation):
        return False
    return outcome.failure.stage != "handshake" or outcome.failure.reason in _TELLS_NOTHING


def _leaf(chain: Sequence[Certificate]) -> str:
    return f"SHA-256 {chain[0].sha256.hex()[:16]}"


def _listed(items: Sequence[str], *, joint: str = ", ") -> str:
    shown, more = joint.join(items[:_NAMED]), len(items) - _NAMED
    return f"{shown} and {more} more" if more > 0 else shown
