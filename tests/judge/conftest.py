"""What tests of `judge` build their certificates with: a fixed time, a seeded entropy, authorities of every oddness."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from anchorkeep import mint
from anchorkeep.judge import inspection, paths
from anchorkeep.judge.assess import Judged
from anchorkeep.judge.paths import Limits, PathSearch
from anchorkeep.judge.runtimes import table
from anchorkeep.mint import Authority, Template
from anchorkeep.mint import key as keys
from anchorkeep.mint import name as names
from anchorkeep.mint.template import CA_KEY_USAGE
from anchorkeep.model import oid
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.extension import Extension
from anchorkeep.model.finding import Finding
from anchorkeep.model.name import Name
from anchorkeep.model.pool import Pool, Source, SourceKind
from anchorkeep.tlv import writer

#: When the tests judge, and since when what they judge is valid.
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
START = AT - timedelta(days=10)
HOST = "www.example.com"

_entropy = Random(2026).randbytes
#: One key for all leaves: which it is never matters.
LEAF_KEY = keys.generate()


def template(subject: str | Name = HOST, **changes: Any) -> Template:
    """Return a server's template, valid for 90 days, with what a test changes in it."""
    dns_names = (subject,) if isinstance(subject, str) else (HOST,)
    made = mint.server_template(subject, dns_names=dns_names, at=START, days=90, entropy=_entropy)
    return replace(made, **changes)


def leaf(issuer: Authority, subject: str | Name = HOST, **changes: Any) -> Certificate:
    """Return a server's certificate."""
    return issuer.sign(template(subject, **changes), keys.public_key(LEAF_KEY))


def ca_template(subject: str | Name, **changes: Any) -> Template:
    """Return a CA's template, valid for ten years, with what a test changes in it."""
    made = Template(
        subject=names.build(("CN", subject)) if isinstance(subject, str) else subject,
        serial_number=mint.serial_number(_entropy),
        not_before=START,
        not_after=START + timedelta(days=3650, seconds=-1),
        is_ca=True,
        key_usage=CA_KEY_USAGE,
    )
    return replace(made, **changes)


def root(subject: str | Name = "Example Root", *, key: mint.PrivateKey | None = None, **changes: Any) -> Authority:
    """Return a self-signed CA."""
    key = key or keys.generate()
    return Authority(certificate=mint.self_signed(ca_template(subject, **changes), key), key=key)


def below(
    issuer: Authority, subject: str | Name = "Example CA", *, key: mint.PrivateKey | None = None, **changes: Any
) -> Authority:
    """Return a CA below another."""
    key = key or keys.generate()
    certificate = issuer.sign(ca_template(subject, **changes), keys.public_key(key))
    return Authority(certificate=certificate, key=key, issuers=(issuer.certificate, *issuer.issuers))


def extension(dotted: str, value: bytes, *, critical: bool = False) -> Extension:
    """Return an extension as it stands."""
    return Extension(oid=dotted, critical=critical, value=value)


def general_name(kind: str, value: str | bytes) -> bytes:
    """Return one GeneralName (RFC 5280 §4.2.1.6)."""
    raw = value.encode() if isinstance(value, str) else value
    number = {"rfc822Name": 1, "dNSName": 2, "directoryName": 4, "URI": 6, "iPAddress": 7, "registeredID": 8}[kind]
    return writer.explicit(number, raw) if kind == "directoryName" else writer.implicit(number, raw)


def alt_names(*pairs: tuple[str, str | bytes]) -> Extension:
    """Return a subjectAltName of any kinds of name."""
    return extension(oid.SUBJECT_ALT_NAME, writer.sequence(*(general_name(*pair) for pair in pairs)))


def name_constraints(
    permitted: Iterable[tuple[str, str | bytes]] = (), excluded: Iterable[tuple[str, str | bytes]] = ()
) -> Extension:
    """Return nameConstraints of any kinds of name."""
    trees = ([writer.sequence(general_name(*pair)) for pair in pairs] for pairs in (permitted, excluded))
    parts = [writer.explicit(number, *tree) for number, tree in enumerate(trees) if tree]
    return extension(oid.NAME_CONSTRAINTS, writer.sequence(*parts), critical=True)


def pool(*certificates: Certificate, kind: SourceKind = SourceKind.FILE, name: str = "roots.pem") -> Pool:
    """Return a pool of certificates from one place."""
    return Pool.of(certificates, Source(kind=kind, name=name))


def public(*certificates: Certificate) -> Pool:
    """Return a pool as if Mozilla's list held the certificates."""
    return pool(*certificates, kind=SourceKind.MOZILLA, name="certifi")


def build(
    sent: Sequence[Certificate],
    known: Pool | None = None,
    *,
    at: datetime = AT,
    name: str | None = HOST,
    leaf: Certificate | None = None,
    limits: Limits | None = None,
) -> PathSearch:
    """Return the paths for the tests' time and name."""
    return paths.build(sent, known or Pool(), at=at, name=name, leaf=leaf, limits=limits)


def inspect(
    sent: Sequence[Certificate],
    known: Pool | None = None,
    *,
    name: str | None = HOST,
    at: datetime = AT,
    leaf: Certificate | None = None,
    limits: Limits | None = None,
    **handshake: Any,
) -> tuple[Finding, ...]:
    """Return the findings about a chain for the tests' time and name."""
    search = build(sent, known, at=at, name=name, leaf=leaf, limits=limits)
    return inspection.inspect(sent, search, known or Pool(), name=name, **handshake)


def changed(certificate: Certificate, *, position: int = -1) -> Certificate:
    """Return the certificate with one bit of one byte flipped."""
    der = bytearray(certificate.der)
    der[position] ^= 1
    return Certificate(bytes(der))


def runtime(label: str) -> Judged:
    """Return a runtime that must be known."""
    found = table.known(label)
    assert found is not None
    return found
