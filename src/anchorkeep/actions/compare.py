"""
Compare what two targets present: leaf, intermediates, root, order, names.

A differing leaf is what renewals and environments are made of; differing issuers are what breaks clients that trust them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from anchorkeep.errors import CertificateError
from anchorkeep.judge import identity
from anchorkeep.model.chain import FailedObservation
from anchorkeep.model.finding import Severity
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from anchorkeep.actions.show import Report
    from anchorkeep.model.certificate import Certificate

#: Names of a certificate that are shown; all of them are compared.
_NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Aspect:
    """
    One thing compared.

    Attributes:
        name: `leaf`, `key`, `names`, `intermediates`, `root` or `order`.
        left: how it is on the left, for a person; safe to print.
        right: likewise.
        is_same: whether both are equal.
        severity: how much a difference matters.
    """

    name: str
    left: str
    right: str
    is_same: bool
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two reports side by side; a side is None where the other target has more endpoints."""

    left: Report | None
    right: Report | None
    aspects: tuple[Aspect, ...]

    @property
    def is_known(self) -> bool:
        """Whether both sides could be looked at."""
        sides = (self.left, self.right)
        return all(side is not None and not isinstance(side.outcome, FailedObservation) for side in sides)


def compare(left: Sequence[Report], right: Sequence[Report]) -> tuple[Comparison, ...]:
    """
    Compare the reports of two targets pair by pair.

    Where both sides hold a service of the same host and port, as evidence of last month and a service do, those are pairs;
    otherwise the order decides, as for UAT and Production.
    """
    there = {_place(item): item for item in right if item.subject.endpoint}
    here = {_place(item) for item in left if item.subject.endpoint}
    if not here & there.keys():
        return tuple(_pair(first, second) for first, second in zip_longest(left, right))
    alone = [item for item in right if _place(item) not in here]
    return (*(_pair(item, there.get(_place(item))) for item in left), *(_pair(None, item) for item in alone))


def _place(item: Report) -> tuple[str, int] | None:
    """Return the service that a report is about, None for a file."""
    endpoint = item.subject.endpoint
    return None if endpoint is None else (endpoint.host, endpoint.port)


def _pair(left: Report | None, right: Report | None) -> Comparison:
    comparison = Comparison(left=left, right=right, aspects=())
    if left is None or right is None or not comparison.is_known:
        return comparison
    return Comparison(left=left, right=right, aspects=tuple(_aspects(left, right)))


def _aspects(left: Report, right: Report) -> list[Aspect]:
    if left.is_list or right.is_list:
        return [_certificates(left, right)]
    sides = (left, right)
    leaf = [_path(side)[:1] for side in sides]
    middle = [_path(side)[1:-1] if _has_root(side) else _path(side)[1:] for side in sides]
    root = [_path(side)[-1:] if _has_root(side) else () for side in sides]
    return [
        _aspect("leaf", [_shown(_titles, side) for side in leaf], leaf[0] == leaf[1], Severity.NOTE),
        _by_text("key", [_shown(_pins, side) for side in leaf]),
        _aspect("names", [_shown(_names, side) for side in leaf], _presented(leaf[0]) == _presented(leaf[1]), Severity.NOTE),
        _aspect("intermediates", [_shown(_titles, side) for side in middle], middle[0] == middle[1], Severity.WARNING),
        _aspect("root", [_shown(_titles, side) for side in root], root[0] == root[1], Severity.WARNING),
        _by_text("order", [", ".join(_role(side, item) for item in side.sent) or "nothing" for side in sides]),
    ]


def _certificates(left: Report, right: Report) -> Aspect:
    """Compare what two files hold where one is a list: it has no leaf and no path, and its order means nothing."""
    first, second = dict.fromkeys(left.sent), dict.fromkeys(right.sent)
    alone = [tuple(item for item in one if item not in two) for one, two in ((first, second), (second, first))]
    shown = [f"only here: {_shown(_titles, items)}" for items in alone]
    return _aspect("certificates", shown, not any(alone), Severity.WARNING)


def _aspect(name: str, shown: Sequence[str], is_same: bool, severity: Severity) -> Aspect:  # noqa: FBT001 (a private step)
    return Aspect(name=name, left=shown[0], right=shown[1], is_same=is_same, severity=severity)


def _by_text(name: str, shown: Sequence[str]) -> Aspect:
    return _aspect(name, shown, shown[0] == shown[1], Severity.NOTE)


def _shown(show: Callable[[tuple[Certificate, ...]], str], side: tuple[Certificate, ...]) -> str:
    try:
        return show(side) or "none"
    except CertificateError as error:
        return error.message


def _role(side: Report, certificate: Certificate) -> str:
    path = _path(side)
    if certificate not in path:
        return "other"
    if certificate == path[0]:
        return "leaf"
    return "root" if _has_root(side) and certificate == path[-1] else f"intermediate {path.index(certificate)}"


def _titles(items: tuple[Certificate, ...]) -> str:
    return "; ".join(f"{item.title} ({item.sha256.hex()[:8]}, until {item.not_after:%Y-%m-%d})" for item in items)


def _pins(items: tuple[Certificate, ...]) -> str:
    return ", ".join(item.public_key.pin for item in items)


def _names(items: tuple[Certificate, ...]) -> str:
    names = [visible(name, limit=80) for item in items for name in identity.presented(item)]
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if names[_NAMED:] else "")


def _presented(items: tuple[Certificate, ...]) -> list[tuple[str, ...]]:
    try:
        return [identity.presented(item) for item in items]
    except CertificateError:
        return []


def _path(side: Report) -> tuple[Certificate, ...]:
    return side.best.certificates if side.best else ()


def _has_root(side: Report) -> bool:
    return side.best is not None and side.best.is_complete
