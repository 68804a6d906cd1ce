"""
The lab's PKI: how it begins and how it moves on. Every function takes a state and gives the next one.

    a private root, for 30 days, constrained to the lab's names
    └── an intermediate
        ├── a leaf for UAT (portal and compliance host)
        └── a leaf for Production

    a root of its own for the proxy that inspects, named like a product that does and constrained to the lab's names too
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from anchorkeep.errors import UsageError
from anchorkeep.lab import site
from anchorkeep.lab.mode import Case, Mode, present, present_elsewhere
from anchorkeep.lab.state import Environment, State
from anchorkeep.mint import Authority, Identity, name
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.name import Name

ROOT_DAYS = 30
LEAF_DAYS = 20
#: Backdated, so that a clock that is a little behind (a container's, a machine's after sleep) finds them valid.
_BACKDATED = timedelta(minutes=10)

Entropy = Callable[[int], bytes]


class Part(StrEnum):
    """What can be rotated; what is below it is issued anew."""

    LEAF = "leaf"
    INTERMEDIATE = "intermediate"
    ROOT = "root"


def found(*, at: datetime, entropy: Entropy) -> State:
    """
    Return a new lab, in which all services behave.

    Args:
        at: now, aware, UTC.
        entropy: where serial numbers and the lab's identifier come from.
    """
    lab_id = entropy(2).hex()
    root = _root(lab_id, 1, at=at, entropy=entropy)
    intermediate = _intermediate(root, lab_id, 1, at=at, entropy=entropy)
    return State(
        id=lab_id,
        roots=(root,),
        intermediates=(intermediate,),
        environments=tuple(_environment(item, intermediate, at=at, entropy=entropy) for item in site.ENVIRONMENTS),
        inspector=_inspector(at=at, entropy=entropy),
    )


def rotate(
    state: State,
    part: Part,
    *,
    names: tuple[str, ...] = (),
    has_cross_sign: bool = False,
    at: datetime,
    entropy: Entropy,
) -> State:
    """
    Return the state with new certificates.

    Environments that are behind come first: where none of those named uses the newest root or intermediate yet, they
    move to it, as Production follows UAT; else a new one is made.

    Args:
        state: the state before.
        part: what is replaced, with all that is below it.
        names: environments, empty for all.
        has_cross_sign: for a root: send a certificate of the new root's key by the old root too.
        at: now, aware, UTC.
        entropy: where serial numbers come from.

    Raises:
        UsageError: no such environment, or a cross-sign for what is no root.
    """
    if has_cross_sign and part is not Part.ROOT:
        raise UsageError("Only a root can be cross-signed.", remedy="Leave out --cross-sign, or rotate the root.")
    chosen = site.select(names)
    state, issuer = _next_issuer(state, part, chosen, at=at, entropy=entropy)

    def renew(environment: Environment) -> Environment:
        if environment.name not in chosen:
            return environment
        below = issuer or issuer_of(state, environment)
        cross = environment.cross_signed
        if part is Part.ROOT:
            cross = (_cross_sign(state, environment, below, at=at, entropy=entropy),) if has_cross_sign else ()
        return _renewed(state, environment, below, cross, at=at, entropy=entropy)

    return replace(state, environments=tuple(map(renew, state.environments)))


def misbehave(state: State, mode: Mode, *, names: tuple[str, ...] = (), at: datetime, entropy: Entropy) -> State:
    """
    Return the state in which services misbehave in a mode, or behave again (`Mode.NONE`).

    Args:
        state: the state before.
        mode: how.
        names: environments, empty for all.
        at: now, aware, UTC.
        entropy: where serial numbers come from.

    Raises:
        UsageError: no such environment.
    """
    chosen = site.select(names)
    return replace(
        state,
        environments=tuple(
            _presented(state, replace(item, mode=mode), issuer_of(state, item), at=at, entropy=entropy)
            if item.name in chosen
            else item
            for item in state.environments
        ),
    )


def issuer_of(state: State, environment: Environment) -> Authority:
    """Return the intermediate that issued an environment's proper certificate."""
    return next(item for item in state.intermediates if item.certificate == environment.identity.chain[1])


def certificates(state: State) -> tuple[Certificate, ...]:
    """Return the roots, oldest first."""
    return tuple(item.certificate for item in state.roots)


def authorities(state: State) -> tuple[Certificate, ...]:
    """Return the certificates of all CAs, intermediates first: what issuer URLs give."""
    return tuple(item.certificate for item in (*state.intermediates, *state.roots))


def _next_issuer(
    state: State, part: Part, chosen: tuple[str, ...], *, at: datetime, entropy: Entropy
) -> tuple[State, Authority | None]:
    """Return the intermediate to issue from, with the state that holds it; None: each environment's own."""
    if part is Part.LEAF:
        return state, None
    used = [issuer_of(state, state.environment(item)) for item in chosen]
    newest = state.intermediates[-1]
    if part is Part.ROOT:
        if all(item.issuers[-1] != state.roots[-1].certificate for item in used):
            return state, newest
        root = _root(state.id, len(state.roots) + 1, at=at, entropy=entropy)
        state = replace(state, roots=(*state.roots, root))
    elif newest not in used:
        return state, newest
    else:
        root = next(item for item in state.roots if item.certificate == newest.issuers[-1])
    made = _intermediate(root, state.id, len(state.intermediates) + 1, at=at, entropy=entropy)
    return replace(state, intermediates=(*state.intermediates, made)), made


def _cross_sign(state: State, environment: Environment, issuer: Authority, *, at: datetime, entropy: Entropy) -> Certificate:
    old = next(item for item in state.roots if item.certificate == environment.identity.root)
    new = next(item for item in state.roots if item.certificate == issuer.issuers[-1])
    return old.cross_sign(new, at=at - _BACKDATED, days=ROOT_DAYS, entropy=entropy)


def _environment(environment: str, issuer: Authority, *, at: datetime, entropy: Entropy) -> Environment:
    identity = _identity(environment, issuer, at=at, entropy=entropy)
    case = Case(environment=environment, identity=identity, cross_signed=(), issuer=issuer, at=at, entropy=entropy)
    return Environment(name=environment, identity=identity, presentation=present(Mode.NONE, case)[0])


def _renewed(
    state: State,
    environment: Environment,
    issuer: Authority,
    cross_signed: tuple[Certificate, ...],
    *,
    at: datetime,
    entropy: Entropy,
) -> Environment:
    identity = _identity(environment.name, issuer, at=at, entropy=entropy)
    renewed = replace(environment, identity=identity, cross_signed=cross_signed)
    return _presented(state, renewed, issuer, at=at, entropy=entropy)


def _presented(state: State, environment: Environment, issuer: Authority, *, at: datetime, entropy: Entropy) -> Environment:
    case = Case(
        environment=environment.name,
        identity=environment.identity,
        cross_signed=environment.cross_signed,
        issuer=issuer,
        at=at,
        entropy=entropy,
        aia_port=state.aia_port,
    )
    presentation, fault = present(environment.mode, case)
    return replace(environment, presentation=presentation, elsewhere=present_elsewhere(environment.mode, case), fault=fault)


def _identity(environment: str, issuer: Authority, *, at: datetime, entropy: Entropy) -> Identity:
    names = site.names(environment)
    return issuer.issue(dns_names=names, at=at - _BACKDATED, days=LEAF_DAYS, entropy=entropy)


def _root(lab_id: str, number: int, *, at: datetime, entropy: Entropy) -> Authority:
    subject = _subject(f"Anchorkeep Lab {lab_id} Root {number}")
    constraints = site.CONSTRAINTS
    return Authority.root(subject, at=at - _BACKDATED, days=ROOT_DAYS, entropy=entropy, name_constraints=constraints)


def _inspector(*, at: datetime, entropy: Entropy) -> Authority:
    subject, constraints = name.build(("O", "Anchorkeep Lab"), ("CN", "mitmproxy")), site.CONSTRAINTS
    return Authority.root(subject, at=at - _BACKDATED, days=ROOT_DAYS, entropy=entropy, name_constraints=constraints)


def _intermediate(root: Authority, lab_id: str, number: int, *, at: datetime, entropy: Entropy) -> Authority:
    subject = _subject(f"Anchorkeep Lab {lab_id} CA {number}")
    return root.intermediate(subject, at=at - _BACKDATED, days=ROOT_DAYS, entropy=entropy, path_length=0)


def _subject(common_name: str) -> Name:
    return name.build(("O", "Anchorkeep Lab"), ("CN", common_name))
