"""Reports of chains as if they had been observed, for tests of what is done with reports."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache

from anchorkeep.actions.show import Report, Subject, judge
from anchorkeep.mint import Authority, Identity
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.chain import FailedObservation, Failure, ObservedChain, Stage
from anchorkeep.model.endpoint import Address, Endpoint
from anchorkeep.model.pool import Pool, Source, SourceKind
from tests.peers import steady

AT = steady.AT


@cache
def pki() -> steady.Steady:
    """Return the steady PKI, made once."""
    return steady.make()


def authority(subject: str, seed: str = "other") -> Authority:
    """Return a root of that name."""
    return Authority.root(subject, at=AT - timedelta(days=400), days=3650, entropy=lambda size: (seed * size).encode()[:size])


@cache
def identity(host: str, *, authority_name: str = "Other Root", with_intermediate: bool = True) -> Identity:
    """Return a service of another root, with or without an intermediate."""
    issuer = authority(authority_name)
    if with_intermediate:
        issuer = issuer.intermediate(
            f"{authority_name} CA", at=AT - timedelta(days=400), days=3650, entropy=lambda size: b"c" * size
        )
    return issuer.issue(dns_names=(host,), at=AT - timedelta(days=10), days=47, entropy=lambda size: b"l" * size)


def pool(*certificates: Certificate, kind: SourceKind = SourceKind.FILE) -> Pool:
    """Return certificates known beforehand from a place of that kind."""
    return Pool.of(certificates, Source(kind=kind, name=f"some {kind}"))


def report(chain: Sequence[Certificate], known: Pool | None = None, *, target: str | None = steady.HOST) -> Report:
    """Return what is to be said about a chain that a target sent; no target is a file `some file.pem`."""
    endpoint = None if target is None else Endpoint.parse(target)
    subject = Subject(label=endpoint.label if endpoint else "dir/some file.pem", endpoint=endpoint)
    address = Address(host="192.0.2.1", port=endpoint.port) if endpoint else None
    observed = ObservedChain(endpoint=endpoint, certificates=tuple(chain), observed_at=AT, address=address)
    return judge(subject, observed, pool=known or Pool(), at=AT)


def good(target: str | None = steady.HOST) -> Report:
    """Return the report of a service that is as it should be, under a root that a person named in a file."""
    return report((pki().leaf, pki().intermediate), pool(pki().root), target=target)


def failed(target: str = steady.HOST) -> Report:
    """Return the report of a service that refused the connection."""
    endpoint = Endpoint.parse(target)
    failure = Failure(stage=Stage.CONNECT, reason="refused", message="It refused.", remedy="Look at the port.")
    outcome = FailedObservation(endpoint=endpoint, observed_at=AT, failure=failure)
    return judge(Subject(label=endpoint.label, endpoint=endpoint), outcome, pool=Pool(), at=AT)
