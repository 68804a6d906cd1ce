"""
Choose the anchors that a store needs so that clients accept a service: the root, a set of roots, or what is below them.

Every strategy says in the user's words why its anchors are chosen and what it will not survive. Nothing here decides whether a
certificate may be added: that is `decision`.

Rules kept here:
- the best path is followed; anchors come leaf-ward from its root, and other roots only from Mozilla's list or by a person's name;
- a cross-certificate of a root is no anchor of a set: it has the root's name and key and so adds nothing, and OpenSSL may climb
  past the root by it to an issuer that the store lacks. The root that it leads to is one, where that is of Mozilla's list;
- roots that are not valid at the time are left out and said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.errors import CertificateError, RefusedError
from anchorkeep.judge import root_set, signature, strength
from anchorkeep.judge.anchor import Anchor, Role, Selection, Strategy
from anchorkeep.judge.signature import Signature

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from anchorkeep.judge.paths import PathSearch
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.chain import CertificationPath

__all__ = ["Anchor", "Role", "Selection", "Strategy", "select"]

#: Of a store without roots, in the user's words; measured, see the reference of strategies.
_PARTIAL = "OpenSSL refuses a path that ends in no root unless X509_V_FLAG_PARTIAL_CHAIN is set; curl and Java take it."
_SKIPS_DATES = "Java skips the dates of a certificate that is an anchor itself: it accepts this leaf after it has expired."


def select(
    search: PathSearch,
    strategy: Strategy,
    *,
    at: datetime,
    public: Collection[Certificate] = (),
    named: Sequence[Certificate] = (),
) -> Selection:
    """
    Return the anchors of a strategy for the best path of a service, with reason and warnings.

    Whether the path verifies, and whether an anchor may be added, is not checked: `decision` does.

    Args:
        search: the paths built from what the service sent.
        strategy: the strategy.
        at: the moment to judge for, aware.
        public: the roots of Mozilla's list.
        named: for a root that is not of it, the further certificates of the set, as a person named them.

    Raises:
        RefusedError: the paths do not hold what the strategy needs.
    """
    path = search.best
    if path is None:
        message = "There is no certificate to choose from."
        raise RefusedError(message, remedy="See what the service sends with `anchorkeep show`.")
    match strategy:
        case Strategy.ROOT:
            return _root(path)
        case Strategy.ROOT_SET:
            return _root_set(path, search, at=at, public=public, named=named)
        case Strategy.CHAIN:
            return _chain(path)
        case Strategy.ISSUING:
            return _issuing(path)
        case Strategy.LEAF:
            return _leaf(path)


def _root(path: CertificationPath) -> Selection:
    root = _root_of(path, Strategy.ROOT)
    return Selection(
        strategy=Strategy.ROOT,
        anchors=(_anchor_of_root(path, root),),
        reason="Leaf and intermediates may change as often as they like, as long as they lead to this root.",
        warnings=(
            f"{root_set.until(root)} A service that moves to another root before is refused: then the store needs the new one.",
        ),
    )


def _root_set(
    path: CertificationPath,
    search: PathSearch,
    *,
    at: datetime,
    public: Collection[Certificate],
    named: Sequence[Certificate],
) -> Selection:
    root = _root_of(path, Strategy.ROOT_SET)
    if root in public:
        further, warnings = root_set.of_public(root, search, at=at, public=public, named=named)
    else:
        further, warnings = root_set.of_private(root, at=at, named=named)
    unique = {anchor.certificate: anchor for anchor in reversed((_anchor_of_root(path, root), *further))}
    return Selection(
        strategy=Strategy.ROOT_SET,
        anchors=tuple(reversed(unique.values())),
        reason="The service may move to another root of the set without a change to the store.",
        warnings=warnings,
    )


def _chain(path: CertificationPath) -> Selection:
    root = _root_of(path, Strategy.CHAIN)
    leaf, *between = path.certificates[:-1] or (root,)
    anchors = [_anchor_of_root(path, root)]
    for item in reversed(between):
        reason = f"{item.title} stands between the leaf and the root; it is an anchor of its own now."
        anchors.append(Anchor(certificate=item, role=Role.INTERMEDIATE, reason=reason))
    if leaf != root:
        anchors.append(Anchor(certificate=leaf, role=Role.LEAF, reason=f"{leaf.title} is the service's own certificate."))
    return Selection(
        strategy=Strategy.CHAIN,
        anchors=tuple(anchors),
        reason="It is what guides mean by importing the whole chain.",
        warnings=(
            "No change of the service's certificates is survived that `root` alone does not survive: another root ends both.",
            f"The entries below the root go stale and have to be cleaned up: the leaf's {_end(leaf)}.",
            _SKIPS_DATES,
            root_set.until(root),
        ),
    )


def _issuing(path: CertificationPath) -> Selection:
    if len(path.certificates) < 2:  # noqa: PLR2004 (the leaf and its issuer)
        message = f"The issuer of {path.certificates[0].title} is not known, or it is its own."
        raise RefusedError(message, remedy="Use --strategy leaf, or name a file that holds the issuer among the pools.")
    issuer = path.certificates[1]
    is_root = issuer == path.root
    reason = f"{issuer.title} signed the service's certificate" + (", and is a root." if is_root else ".")
    warnings = [
        f"It dies with the intermediate: {root_set.until(issuer)} Operators change theirs before, without notice.",
        _PARTIAL,
    ]
    return Selection(
        strategy=Strategy.ISSUING,
        anchors=(Anchor(certificate=issuer, role=Role.ISSUING, reason=reason),),
        reason="Only what this one CA issues is accepted, and nothing of its siblings below the same root.",
        warnings=tuple(warnings[:1] if is_root else warnings),
    )


def _leaf(path: CertificationPath) -> Selection:
    leaf = path.certificates[0]
    lifetimes = f" {_lifetimes()}" if path.is_public else ""
    warnings = [f"It dies at the service's next renewal: its {_end(leaf)}.{lifetimes}", _PARTIAL, _SKIPS_DATES]
    if signature.check(leaf, leaf) is Signature.VALID:
        warnings.remove(_PARTIAL)
    return Selection(
        strategy=Strategy.LEAF,
        anchors=(Anchor(certificate=leaf, role=Role.LEAF, reason=f"{leaf.title} is the service's own certificate."),),
        reason="No CA is trusted: only this one certificate is accepted.",
        warnings=tuple(warnings),
    )


def _root_of(path: CertificationPath, strategy: Strategy) -> Certificate:
    if path.root is not None:
        return path.root
    last = path.certificates[-1]
    message = f"--strategy {strategy} needs the root, and it is not known: the path ends at {last.title}."
    remedy = "Name a file that holds the root among the pools of the settings, or use --strategy issuing or leaf."
    raise RefusedError(message, remedy=remedy)


def _anchor_of_root(path: CertificationPath, root: Certificate) -> Anchor:
    listed = "a root of Mozilla's list" if path.is_public else "not of Mozilla's list"
    return Anchor(certificate=root, role=Role.ROOT, reason=f"The path of the service ends in {root.title}, {listed}.")


def _end(certificate: Certificate) -> str:
    try:
        return f"last day is {certificate.not_after:%Y-%m-%d}"
    except CertificateError:
        return "last day cannot be read"


def _lifetimes() -> str:
    since, days = strength.LIFETIMES[-1]
    return f"From {since:%Y-%m-%d} on public ones live {days} days at most."
