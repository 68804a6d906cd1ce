"""
The further roots of a set: what belongs to a root, so that a service may move among them without a change to the store.

Rules kept here:
- beside a root of Mozilla's list stand roots of that list alone: those other paths of the chain end in, and its operator's;
- beside any other root stands what a person named, since nothing else tells what belongs to it;
- a root that is not valid at the time is left out, and said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.errors import CertificateError
from anchorkeep.judge import operators
from anchorkeep.judge.anchor import Anchor, Role
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from anchorkeep.judge.paths import PathSearch
    from anchorkeep.model.certificate import Certificate


def of_public(
    root: Certificate,
    search: PathSearch,
    *,
    at: datetime,
    public: Collection[Certificate],
    named: Sequence[Certificate],
) -> tuple[list[Anchor], tuple[str, ...]]:
    """Return the roots of Mozilla's list that belong to a root of it."""
    operator = operators.operator_of(root)
    who = visible(operator.name, limit=80) or "(no organization)"
    ends = dict.fromkeys(path.root for path in search.paths if path.root is not None and path.verifies)
    own = sorted((other for other in public if other != root and operators.is_same(root, other)), key=lambda other: other.sha256)
    anchors = [
        Anchor(certificate=other, role=Role.CROSS_SIGN, reason=f"Another path of the same chain ends in {other.title}.")
        for other in ends
        if other in public and other != root
    ]
    anchors += [Anchor(certificate=other, role=Role.OPERATOR_ROOT, reason=_why_own(root, other, who)) for other in own]
    left_out = [item for item in own if not _is_valid(item, at)]
    kept = [anchor for anchor in anchors if anchor.certificate not in left_out]
    warnings = [f"A set trusts the whole operator: whatever {who} issues under any of these roots, for any name, is accepted."]
    warnings += _about_table(root, own, who)
    warnings += _about_left_out(left_out, at)
    if named:
        warnings.append(
            f"{counted(len(named), 'named certificate')} not taken: the root is of Mozilla's list, whose set is used."
        )
    warnings.append("A service that moves to another operator is refused all the same: then the store needs that one's root.")
    return kept, tuple(warnings)


def of_private(root: Certificate, *, at: datetime, named: Sequence[Certificate]) -> tuple[list[Anchor], tuple[str, ...]]:
    """Return what a person named beside a root that is not of Mozilla's list; nothing else tells what belongs to it."""
    further = [item for item in dict.fromkeys(named) if item != root]
    left_out = [item for item in further if not _is_valid(item, at)]
    kept = [
        Anchor(certificate=item, role=Role.NAMED, reason=f"{item.title} is in the set that you named.")
        for item in further
        if item not in left_out
    ]
    warnings = [
        f"{root.title} is not of Mozilla's list, so the set is what you name: for any name, whatever its CAs issue is accepted."
    ]
    if not further:
        warnings.append("The set holds this root alone, since no other certificate was named (--set FILE): it is as `root`.")
    return kept, (*warnings, *_about_left_out(left_out, at), until(root))


def until(certificate: Certificate) -> str:
    """Return a sentence that says when a certificate expires; safe to print."""
    try:
        return f"{certificate.title} expires on {certificate.not_after:%Y-%m-%d}."
    except CertificateError:
        return f"When {certificate.title} expires cannot be read."


def _why_own(root: Certificate, other: Certificate, who: str) -> str:
    both = operators.operator_of(root), operators.operator_of(other)
    if all(item.is_listed for item in both):
        return f"{other.title} is operated by {who} too ({both[1].source}, {both[1].dated})."
    return f"{other.title} has the same organization (O=) in its name; no table says who operates it."


def _about_table(root: Certificate, own: Sequence[Certificate], who: str) -> Iterator[str]:
    unlisted = [item for item in (root, *own) if not operators.operator_of(item).is_listed]
    if root in unlisted:
        yield f"Who operates {root.title} is in no table: what belongs to it is told by an equal organization, {who}, alone."
    elif unlisted:
        yield f"{counted(len(unlisted), 'root')} of the set counted by an equal organization alone: no table lists it."


def _about_left_out(left_out: Sequence[Certificate], at: datetime) -> Iterator[str]:
    for item in left_out:
        yield f"{item.title} was left out of the set: it is not valid on {at:%Y-%m-%d}."


def _is_valid(certificate: Certificate, at: datetime) -> bool:
    try:
        return certificate.not_before <= at.replace(microsecond=0) <= certificate.not_after
    except CertificateError:
        return False
