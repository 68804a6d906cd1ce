"""
Choose certificates of a chain by their part in it, and refuse what nobody but the network vouches for.

A certificate is chosen without a question when it lies on a path up to a root that was known beforehand, or when exactly what
was sent is asked for. What is known from the server alone, or lies under a root that suggests interception, needs its
fingerprint named by a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from anchorkeep.errors import RefusedError
from anchorkeep.judge.decision import ASK
from anchorkeep.model.chain import FailedObservation
from anchorkeep.model.pool import SourceKind
from anchorkeep.text import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from anchorkeep.actions.show import Report
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.chain import CertificationPath


class Part(StrEnum):
    """Which certificates of a chain."""

    LEAF = "leaf"
    INTERMEDIATES = "intermediates"
    ROOT = "root"
    PATH = "path"
    SENT = "sent"
    ALL = "all"


#: What certificates that do not belong together lack, by the part asked for.
_LACKING = {
    Part.LEAF: "no leaf",
    Part.INTERMEDIATES: "no intermediates",
    Part.ROOT: "no root of its own",
    Part.PATH: "no path",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """
    A certificate that was chosen.

    Attributes:
        certificate: the certificate.
        role: `leaf`, `intermediate`, `root`, or `sent` for one that is on no path.
        report: where it came from first.
    """

    certificate: Certificate
    role: str
    report: Report


def choose(report: Report, parts: Sequence[Part], *, accepted: Collection[bytes] = ()) -> tuple[Chosen, ...]:
    """
    Return the certificates of the parts, leaf first, each once; `sent` is as it was sent, order and repetitions kept.

    Args:
        report: what was seen.
        parts: which certificates.
        accepted: SHA-256 fingerprints that a person vouches for.

    Raises:
        RefusedError: a part is not there, or nothing but the network vouches for it.
    """
    if isinstance(report.outcome, FailedObservation):
        message = f"{report.subject.label}: nothing was observed: {report.outcome.failure.message}"
        raise RefusedError(message, remedy=report.outcome.failure.remedy)
    found: list[Chosen] = []
    for part in dict.fromkeys(parts):
        present = {item.certificate for item in found}
        for certificate in _of_part(report, part):
            if part is not Part.SENT:
                _refuse_hearsay(report, certificate, accepted)
            if certificate not in present:
                found.append(Chosen(certificate=certificate, role=_role(report, certificate), report=report))
    return tuple(found)


def unvouched(report: Report, parts: Sequence[Part]) -> tuple[tuple[Certificate, str], ...]:
    """
    Return the certificates of the parts that `choose` refuses without their fingerprint, leaf first, each once with the reason.

    Raises:
        RefusedError: a part is not there.
    """
    asked = dict.fromkeys(item for part in Part if part in parts and part is not Part.SENT for item in _of_part(report, part))
    found = ((certificate, hearsay(report, certificate)) for certificate in asked)
    return tuple((certificate, reason) for certificate, reason in found if reason is not None)


def _of_part(report: Report, part: Part) -> tuple[Certificate, ...]:
    if report.is_list and part in _LACKING:
        count = counted(len(report.sent), "certificate")
        message = f"{report.subject.label}: a list of {count} that do not belong together has {_LACKING[part]}."
        raise RefusedError(message, remedy="Use --select all, or name the host of its leaf with --servername.")
    path = report.best.certificates if report.best else ()
    match part:
        case Part.SENT:
            return _sent(report, report.sent)
        case Part.ALL:
            found = dict.fromkeys(item for built in (report.search.paths if report.search else ()) for item in built.certificates)
            return _sent(report, tuple(dict.fromkeys((*report.sent, *found))))
        case Part.LEAF:
            return _sent(report, path[:1])
        case Part.INTERMEDIATES:
            return path[1:-1] if report.best and report.best.is_complete else path[1:]
        case Part.ROOT:
            root = report.best.root if report.best else None
            return _up_to_root(report, (root,) if root else ())
        case Part.PATH:
            return _up_to_root(report, path if report.best and report.best.is_complete else ())


def _sent(report: Report, certificates: tuple[Certificate, ...]) -> tuple[Certificate, ...]:
    if certificates:
        return certificates
    what = "the file holds no certificate" if report.is_from_file else "no certificate was sent"
    raise RefusedError(f"{report.subject.label}: {what}.")


def _up_to_root(report: Report, certificates: tuple[Certificate, ...]) -> tuple[Certificate, ...]:
    if certificates or report.best is None:
        return _sent(report, certificates)
    last = report.best.certificates[-1].title
    if report.is_self_signed:
        message = f"{report.subject.label}: there is no root: {last} is no CA, and it is self-signed."
        raise RefusedError(message, remedy="Use --select leaf.")
    lost = "is neither in the file nor in a pool" if report.is_from_file else "was not sent and is in no pool"
    message = f"{report.subject.label}: the root is not known: the path ends at {last}, whose issuer {lost}."
    raise RefusedError(message, remedy="Name a file that holds the root among the pools of the settings.")


def _refuse_hearsay(report: Report, certificate: Certificate, accepted: Collection[bytes]) -> None:
    reason = hearsay(report, certificate)
    if reason is None or certificate.sha256 in accepted:
        return
    message = f"{report.subject.label}: {certificate.title} was not exported: {reason}."
    fingerprint = certificate.sha256.hex()
    remedy = f"{ASK}, then add --accept-fingerprint {fingerprint}; --select sent asks nothing."
    raise RefusedError(message, remedy=remedy)


def hearsay(report: Report, certificate: Certificate) -> str | None:
    """
    Return why nothing but the network vouches for a certificate, None when something known beforehand does.

    A list is what a person named as it is: nothing of it is concluded from the network, or from anything else in it.
    """
    if report.is_list:
        return None
    if report.is_self_signed and report.best is not None and certificate == report.best.certificates[0]:
        return "it is self-signed, and nobody vouches for it"
    paths = [path for path in (report.search.paths if report.search else ()) if certificate in path.certificates]
    if not paths:
        return "it lies on no path from the leaf to a root"
    reasons = [_hearsay(report, path) for path in paths]
    return None if None in reasons else reasons[0]


def _hearsay(report: Report, path: CertificationPath) -> str | None:
    if path.root is None:
        return "its path leads to no root that is known"
    origin = "file" if report.is_from_file else "server"
    kinds = {source.kind for source in report.pool.sources(path.root)}
    if not kinds:
        return f"the root {path.root.title} is known from the {origin} alone"
    if kinds == {SourceKind.AIA}:
        # Whoever made the chain named the URL in it.
        return f"the root {path.root.title} is known from the {origin} and its issuer URL alone"
    if SourceKind.FILE in kinds or path.is_public:
        return None
    if any(item.id == "interception-suspected" for item in report.findings):
        return f"the root {path.root.title} is not public, and the connection may have been intercepted"
    return None


def _role(report: Report, certificate: Certificate) -> str:
    path = report.best
    if path is None or certificate not in path.certificates:
        return "sent"
    if certificate == path.certificates[0]:
        return "leaf"
    return "root" if certificate == path.root else "intermediate"
