"""
Decide whether a certificate may be added to a store without a question, and what a person has to say where it may not.

The law kept here:
- without a question goes what is a root of Mozilla's list, and what lies on a path whose every signature verifies up to one, now
  and for the name that was asked for;
- everything else is accepted one by one, by the SHA-256 of the very certificate that is added;
- a chain that does not verify, or that suggests interception, is no source of anchors at all, not even of public ones, unless
  a person takes it as it is, and then every certificate needs its fingerprint;
- a root that only a file of the user's pools vouches for is no exception: such files build paths, they add nothing to a store.

Not checked: revocation. What is in the store already is held, which widens nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from anchorkeep.errors import CertificateError
from anchorkeep.judge import strength
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from anchorkeep.judge.paths import PathSearch
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.chain import CertificationPath
    from anchorkeep.model.finding import Finding

#: Hexadecimal digits of a SHA-256 that a person types at least.
DIGITS = 8

#: How a person comes to vouch for a certificate; the network that showed it cannot vouch for itself.
ASK = "Ask whoever runs the service for its SHA-256 fingerprint, by telephone or from their own page, and compare"


class Verdict(StrEnum):
    """What is decided about a certificate."""

    HELD = "held"
    PUBLIC_ROOT = "public-root"
    VERIFIED_PATH = "verified-path"
    ACCEPTED = "accepted"
    NEEDED = "needed"

    @property
    def is_given(self) -> bool:
        """Whether the certificate may be in the store; where not, a person has to decide."""
        return self is not Verdict.NEEDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """
    What is known of one service, from which anchors are to be taken.

    Attributes:
        search: the paths, built for now and for `name`.
        findings: what was noticed about the chain, further looks at it included.
        name: the reference identity that the paths were judged for, None where none was asked for.
        public: the roots of Mozilla's list.
    """

    search: PathSearch
    findings: tuple[Finding, ...]
    name: str | None
    public: frozenset[Certificate]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """
    What was decided about one certificate.

    Attributes:
        certificate: the certificate.
        verdict: what was decided.
        reason: why, one sentence; safe to print.
    """

    certificate: Certificate
    verdict: Verdict
    reason: str


def distrusted(evidence: Evidence) -> str | None:
    """Return why a chain as a whole is no source of anchors, one sentence, safe to print; None where it is one."""
    suspicion = next((item for item in evidence.findings if item.id.startswith("interception-")), None)
    if suspicion is not None:
        return suspicion.message
    path = evidence.search.best
    if path is None:
        return "There is no certificate to build a path from."
    if evidence.name is None:
        return "No name was asked for, so the chain verifies for none."
    if path.problems:
        return path.problems[0].message
    if not path.is_complete:
        return f"The path ends at {path.certificates[-1].title}: its root is not known."
    return _weakness(path)


def decide(
    certificate: Certificate,
    evidence: Evidence,
    *,
    held: Collection[Certificate] = (),
    accepted: Collection[bytes] = (),
    from_untrusted_chain: bool = False,
) -> Decision:
    """
    Return what is decided about one certificate that a strategy selected.

    Args:
        certificate: the certificate.
        evidence: the service it is selected for.
        held: the certificates that the store trusts already.
        accepted: whole SHA-256 fingerprints, 32 bytes each, that a person vouches for.
        from_untrusted_chain: whether a person takes a chain as a source of anchors that is none.
    """
    if certificate in held:
        return _decision(certificate, Verdict.HELD, "It is in the store already.")
    doubt = distrusted(evidence)
    is_source = doubt is None or from_untrusted_chain
    if is_source and certificate.sha256 in accepted:
        return _decision(certificate, Verdict.ACCEPTED, "Its fingerprint was accepted by a person.")
    if doubt is not None:
        what = "does not vouch for it" if from_untrusted_chain else "is no source of anchors"
        return _decision(certificate, Verdict.NEEDED, f"The chain {what}: {doubt}")
    return _vouched(certificate, evidence)


def _vouched(certificate: Certificate, evidence: Evidence) -> Decision:
    """Return what is decided about a certificate for which no person has spoken, from a chain that is a source of anchors."""
    if certificate in evidence.public:
        return _decision(certificate, Verdict.PUBLIC_ROOT, "It is a root of Mozilla's list.")
    if any(certificate in path.certificates and _vouches(path, evidence) for path in evidence.search.paths):
        reason = f"It lies on a path that verifies for {visible(evidence.name or '')} up to a root of Mozilla's list."
        return _decision(certificate, Verdict.VERIFIED_PATH, reason)
    reason = "No root of Mozilla's list vouches for it: a person has to compare its fingerprint."
    return _decision(certificate, Verdict.NEEDED, reason)


def unmatched(accepted: Iterable[bytes], decisions: Iterable[Decision]) -> tuple[bytes, ...]:
    """Return the accepted fingerprints, each once, that are of no certificate which is added or held: a mistake, or a trap."""
    known = {item.certificate.sha256 for item in decisions}
    return tuple(item for item in dict.fromkeys(accepted) if item not in known)


def confirms(typed: str, certificate: Certificate) -> bool:
    """Whether what a person typed is the beginning of a certificate's SHA-256: 8 digits or more, with or without colons."""
    digits = re.sub(r"[\s:]", "", typed).lower()
    return len(digits) >= DIGITS and certificate.sha256.hex().startswith(digits)


def _vouches(path: CertificationPath, evidence: Evidence) -> bool:
    return evidence.name is not None and path.verifies and path.root in evidence.public and _weakness(path) is None


def _weakness(path: CertificationPath) -> str | None:
    """Return which key or signature of a path is too weak for the path to vouch for anything; a root's signature is its own."""
    for certificate in path.certificates:
        try:
            key, hash_name = strength.weak_key(certificate), strength.weak_signature(certificate)
        except CertificateError as error:
            return error.message
        if key is not None:
            return f"{certificate.title}: {key}."
        if hash_name is not None and certificate != path.root:
            return f"{certificate.title} is signed with {certificate.signature_label}."
    return None


def _decision(certificate: Certificate, verdict: Verdict, reason: str) -> Decision:
    return Decision(certificate=certificate, verdict=verdict, reason=reason)
