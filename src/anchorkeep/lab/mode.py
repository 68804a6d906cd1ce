"""The ways in which a service of the lab misbehaves: each gives the certificates to present, or a fault before TLS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from anchorkeep import mint
from anchorkeep.lab import aia, hostile, site
from anchorkeep.mint import Authority, Identity, Template, name
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.extension import Extension
from anchorkeep.observe.listener import Fault
from anchorkeep.observe.serve import Presentation

#: Certificates of `many`: more than any client expects, and still within what OpenSSL takes.
MANY = 200
#: Octets of each of the three certificates that make `too-large`; OpenSSL's clients take 102,400 in all.
_LARGE = 40_000
_LEAF_DAYS = 20
#: Seconds before `slow` answers: long for whoever is impatient, and less than the default of `--timeout`.
SLOW_SECONDS = 2.0


class Mode(StrEnum):
    """A way to misbehave; `none` is to behave."""

    NONE = "none"
    NO_INTERMEDIATE = "no-intermediate"
    AIA = "aia"
    REVERSED = "reversed"
    DUPLICATE = "duplicate"
    UNRELATED = "unrelated"
    ROOT_SENT = "root-sent"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    WRONG_NAME = "wrong-name"
    SELF_SIGNED = "self-signed"
    HOSTILE_NAMES = "hostile-names"
    SHA1 = "sha1"
    WEAK_KEY = "weak-key"
    MANY = "many"
    TOO_LARGE = "too-large"
    UNKNOWN_CA = "unknown-ca"
    NULL_PARAMETERS = "null-parameters"
    NEGATIVE_SERIAL = "negative-serial"
    CLIENT_CERTIFICATE = "client-certificate"
    DUAL_KEYS = "dual-keys"
    NODES_DIFFER = "nodes-differ"
    TLS_1_2_ONLY = "tls-1.2-only"
    TLS_1_3_ONLY = "tls-1.3-only"
    SLOW = "slow"
    NEVER_ANSWERS = "never-answers"
    DRIP = "drip"
    GARBAGE = "garbage"
    CLOSES_EARLY = "closes-early"
    HTTP = "http"
    BANNER = "banner"

    @property
    def summary(self) -> str:
        """What it does, in a line."""
        return _SUMMARIES[self]

    @property
    def versions(self) -> tuple[str, str]:
        """The oldest and the newest version of TLS that a service speaks."""
        return _VERSIONS.get(self, ("TLSv1.2", "TLSv1.3"))

    @property
    def delay_seconds(self) -> float:
        """The seconds before a service's first answer."""
        return SLOW_SECONDS if self is Mode.SLOW else 0.0


_SUMMARIES = {
    Mode.NONE: "behaves",
    Mode.NO_INTERMEDIATE: "sends the leaf alone",
    Mode.AIA: "sends the leaf alone, which says where its issuer is to be had",
    Mode.REVERSED: "sends the leaf, then the others from the root down",
    Mode.DUPLICATE: "sends the intermediate twice",
    Mode.UNRELATED: "sends a certificate of another CA too",
    Mode.ROOT_SENT: "sends the root too",
    Mode.EXPIRED: "its certificate ended ten days ago",
    Mode.NOT_YET_VALID: "its certificate begins in ten days",
    Mode.WRONG_NAME: "its certificate is for another host",
    Mode.SELF_SIGNED: "its certificate is signed by itself",
    Mode.HOSTILE_NAMES: "names full of line feeds, PEM, markup, terminal escapes and right-to-left marks",
    Mode.SHA1: "its certificate is signed over SHA-1",
    Mode.WEAK_KEY: "its key is RSA 1024",
    Mode.MANY: f"sends {MANY} certificates",
    Mode.TOO_LARGE: "sends more than the 100 KiB that OpenSSL takes",
    Mode.UNKNOWN_CA: "its chain leads to a root that is installed nowhere",
    Mode.NULL_PARAMETERS: "an EC certificate as JDK 11 writes it, which strict parsers refuse",
    Mode.NEGATIVE_SERIAL: "its serial number is negative",
    Mode.CLIENT_CERTIFICATE: "demands a client certificate",
    Mode.DUAL_KEYS: "has an RSA and an ECDSA certificate, and the client's offer chooses",
    Mode.NODES_DIFFER: "presents another certificate on its other addresses",
    Mode.TLS_1_2_ONLY: "speaks TLS 1.2 and nothing else",
    Mode.TLS_1_3_ONLY: "speaks TLS 1.3 and nothing else",
    Mode.SLOW: f"answers after {SLOW_SECONDS:g} seconds",
    Mode.NEVER_ANSWERS: "takes the connection and never says a word",
    Mode.DRIP: "sends one byte a second",
    Mode.GARBAGE: "answers with bytes that mean nothing",
    Mode.CLOSES_EARLY: "closes before it answers",
    Mode.HTTP: "answers with plain HTTP",
    Mode.BANNER: "greets in plain text, as mail servers do",
}

_VERSIONS = {
    Mode.TLS_1_2_ONLY: ("TLSv1.2", "TLSv1.2"),
    Mode.TLS_1_3_ONLY: ("TLSv1.3", "TLSv1.3"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    What a mode has to work with.

    Attributes:
        environment: whose service it is.
        identity: the service's proper certificates.
        cross_signed: certificates that it sends besides.
        issuer: the CA that issues for it.
        at: the time it is made for, aware, UTC.
        entropy: where serial numbers come from.
        aia_port: where issuer URLs are served, 0 before they are.
    """

    environment: str
    identity: Identity
    cross_signed: tuple[Certificate, ...]
    issuer: Authority
    at: datetime
    entropy: Callable[[int], bytes]
    aia_port: int = 0

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """What a service that behaves sends."""
        return self.identity.chain + self.cross_signed

    @property
    def root(self) -> Certificate:
        """The root above the issuer."""
        return self.issuer.issuers[-1]

    def template(self) -> Template:
        """Return the service's certificate to be, to be changed."""
        names = site.names(self.environment)
        return mint.server_template(names[0], dns_names=names, at=self.at, days=_LEAF_DAYS, entropy=self.entropy)

    def issue(self, template: Template, *, key_type: str = mint.key.DEFAULT) -> Presentation:
        """Return a certificate of the lab's CA, in its chain."""
        identity = self.issuer.identity(template, mint.key.generate(key_type))
        return Presentation(certificates=identity.chain + self.cross_signed, key=identity.key)


def present(mode: Mode, case: Case) -> tuple[Presentation, Fault | None]:
    """Return what a service presents in a mode, and its fault where the mode is one."""
    proper = Presentation(certificates=case.chain, key=case.identity.key)
    if mode in _FAULTS:
        return proper, _FAULTS[mode]
    if mode in _ISSUED:
        return _ISSUED[mode](case), None
    if mode is Mode.DUAL_KEYS:
        return replace(proper, alternative=case.issue(case.template(), key_type="RSA 2048")), None
    if mode in _ARRANGED:
        return replace(proper, certificates=_ARRANGED[mode](case)), None
    return replace(proper, demands_client_certificate=mode is Mode.CLIENT_CERTIFICATE), None


def present_elsewhere(mode: Mode, case: Case) -> Presentation | None:
    """Return what a service presents on its other addresses, None for the same as on the first."""
    return case.issue(case.template()) if mode is Mode.NODES_DIFFER else None


def _reverse(case: Case) -> tuple[Certificate, ...]:
    # The leaf stays first: TLS proves the possession of the first certificate's key.
    return (case.identity.leaf, case.root, *reversed(case.chain[1:]))


def _add_unrelated(case: Case) -> tuple[Certificate, ...]:
    other = Authority.root(
        name.build(("O", "Somebody Else"), ("CN", "Unrelated CA")), at=case.at, days=_LEAF_DAYS, entropy=case.entropy
    )
    return (*case.chain, other.certificate)


def _add_many(case: Case) -> tuple[Certificate, ...]:
    key = mint.key.generate()
    small = [
        mint.self_signed(replace(_small(case), subject=name.build(("CN", f"Small {number}"))), key)
        for number in range(MANY - len(case.chain))
    ]
    return (*case.chain, *small)


def _add_large(case: Case) -> tuple[Certificate, ...]:
    key = mint.key.generate()
    # An extension of our own, under the arc for examples (RFC 5612 has none; 2.999 is ITU-T X.660's).
    filling = Extension(oid="2.999.1", critical=False, value=b"\x04\x82\x9c\x3c" + b"\0" * (_LARGE - 4))
    large = [
        mint.self_signed(
            replace(_small(case), version=3, subject=name.build(("CN", f"Large {number}")), extensions=(filling,)), key
        )
        for number in range(3)
    ]
    return (*case.chain, *large)


def _small(case: Case) -> Template:
    return Template(
        subject=name.build(),
        serial_number=mint.serial_number(case.entropy),
        not_before=case.at,
        not_after=case.at + timedelta(days=_LEAF_DAYS),
        version=1,
    )


def _issue_expired(case: Case) -> Presentation:
    ended = case.at - timedelta(days=10)
    return case.issue(replace(case.template(), not_before=ended - timedelta(days=_LEAF_DAYS), not_after=ended))


def _issue_early(case: Case) -> Presentation:
    begin = case.at + timedelta(days=10)
    return case.issue(replace(case.template(), not_before=begin, not_after=begin + timedelta(days=_LEAF_DAYS)))


def _issue_wrong_name(case: Case) -> Presentation:
    other = f"elsewhere.{site.DOMAIN}"
    return case.issue(replace(case.template(), subject=name.build(("CN", other)), dns_names=(other,)))


def _issue_self_signed(case: Case) -> Presentation:
    key = mint.key.generate()
    return Presentation(certificates=(mint.self_signed(case.template(), key),), key=key)


def _issue_hostile(case: Case) -> Presentation:
    return case.issue(hostile.leaf(case.template()))


def _issue_with_issuer_url(case: Case) -> Presentation:
    named = aia.extension(aia.url(case.issuer.certificate, port=case.aia_port))
    issued = case.issue(replace(case.template(), extensions=(named,)))
    return replace(issued, certificates=issued.certificates[:1])


def _issue_sha1(case: Case) -> Presentation:
    return case.issue(replace(case.template(), hash_name="sha1"))


def _issue_weak(case: Case) -> Presentation:
    return case.issue(case.template(), key_type="RSA 1024")


def _issue_unknown(case: Case) -> Presentation:
    root = Authority.root(
        name.build(("O", "Somebody Else"), ("CN", "Unknown Root")),
        at=case.at,
        days=_LEAF_DAYS,
        entropy=case.entropy,
        name_constraints=site.CONSTRAINTS,
    )
    below = root.intermediate(
        name.build(("O", "Somebody Else"), ("CN", "Unknown CA")),
        at=case.at,
        days=_LEAF_DAYS,
        entropy=case.entropy,
        path_length=0,
    )
    return Presentation.of(below.issue(dns_names=site.names(case.environment), at=case.at, days=_LEAF_DAYS, entropy=case.entropy))


def _issue_null_parameters(case: Case) -> Presentation:
    return case.issue(replace(case.template(), null_parameters=True))


def _issue_negative(case: Case) -> Presentation:
    template = case.template()
    return case.issue(replace(template, serial_number=-template.serial_number))


Arrange: TypeAlias = Callable[[Case], tuple[Certificate, ...]]
Issue: TypeAlias = Callable[[Case], Presentation]

_ARRANGED: dict[Mode, Arrange] = {
    Mode.NO_INTERMEDIATE: lambda case: case.chain[:1],
    Mode.REVERSED: _reverse,
    Mode.DUPLICATE: lambda case: (*case.chain[:2], *case.chain[1:]),
    Mode.UNRELATED: _add_unrelated,
    Mode.ROOT_SENT: lambda case: (*case.chain, case.root),
    Mode.MANY: _add_many,
    Mode.TOO_LARGE: _add_large,
}
_ISSUED: dict[Mode, Issue] = {
    Mode.AIA: _issue_with_issuer_url,
    Mode.EXPIRED: _issue_expired,
    Mode.NOT_YET_VALID: _issue_early,
    Mode.WRONG_NAME: _issue_wrong_name,
    Mode.SELF_SIGNED: _issue_self_signed,
    Mode.HOSTILE_NAMES: _issue_hostile,
    Mode.SHA1: _issue_sha1,
    Mode.WEAK_KEY: _issue_weak,
    Mode.UNKNOWN_CA: _issue_unknown,
    Mode.NULL_PARAMETERS: _issue_null_parameters,
    Mode.NEGATIVE_SERIAL: _issue_negative,
}
_FAULTS = {
    Mode.NEVER_ANSWERS: Fault.NEVER_ANSWERS,
    Mode.DRIP: Fault.DRIP,
    Mode.GARBAGE: Fault.GARBAGE,
    Mode.CLOSES_EARLY: Fault.CLOSES_EARLY,
    Mode.HTTP: Fault.HTTP,
    Mode.BANNER: Fault.BANNER,
}
