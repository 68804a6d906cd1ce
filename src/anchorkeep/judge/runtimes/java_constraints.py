"""
Name constraints as Java holds them (RFC 5280 §4.2.1.10), in its two ways.

A path that is validated as it was sent holds them against the subject, the names of subjectAltName and, where that has no DNS
name, against the common name if it looks like one (`NameConstraintsExtension.verify`). Up to Java 17 the path builder holds them
against the subject and subjectAltName of what is below, never against the common name (`X509CertSelector.matchPathToNames`).
"""

from __future__ import annotations

import ipaddress
import re
from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING

from anchorkeep import tlv
from anchorkeep.errors import CertificateError, TLVError
from anchorkeep.judge.runtimes.java_facts import name_key
from anchorkeep.model import oid
from anchorkeep.model.extension import GeneralName
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from anchorkeep.judge.budget import Budget
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.extension import NameConstraints
    from anchorkeep.model.java import JavaVersion

#: What `sun.security.x509.DNSName` takes as a name when it is made from text, as it is of a common name.
_DNS_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9][A-Za-z0-9-]*)*")
_ADDRESS = re.compile(r"[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
#: Kinds that Java cannot compare: it throws UnsupportedOperationException, and the handshake fails.
_INCOMPARABLE = frozenset({"otherName", "x400Address", "ediPartyName", "registeredID"})

#: The first release with rules of its own for DNS names and addresses; measured: 17 has not, 21 has.
_FIRST_OF_NEWER_RULES = 21


class IncomparableError(Exception):
    """A constraint on a kind of name that Java cannot compare, which no program catches."""


class Relation(Enum):
    """How a name lies to a subtree (`GeneralNameInterface.constrains`)."""

    OTHER_KIND = auto()
    WITHIN = auto()
    OUTSIDE = auto()


def violation(certificate: Certificate, constraints: NameConstraints, version: JavaVersion, budget: Budget) -> str | None:
    """
    Return why a certificate's names break the constraints of a CA above it, as a path is validated; None when they keep them.

    Raises:
        IncomparableError: a constraint is of a kind that Java cannot compare, and there is such a name.
        BudgetExceededError: there are more names and subtrees than the budget allows.
        CertificateError: a name cannot be read.
    """
    names = _names(certificate)
    common = _common_name(certificate, names)
    return path_violation(names if common is None else (*names, common), constraints, version, budget)


def path_violation(
    names: Iterable[GeneralName], constraints: NameConstraints, version: JavaVersion, budget: Budget
) -> str | None:
    """
    Return why names of the path below a CA break its constraints, as the builder looks; None when they keep them.

    Raises:
        IncomparableError: a constraint is of a kind that Java cannot compare, and there is such a name.
        BudgetExceededError: there are more names and subtrees than the budget allows.
    """
    is_older = version.feature < _FIRST_OF_NEWER_RULES
    for name in names:
        for _ in range(len(constraints.permitted) + len(constraints.excluded)):
            budget.look()
        if any(relation(name, tree, is_older=is_older) is Relation.WITHIN for tree in constraints.excluded):
            return f"{visible(name.value, limit=200)} lies in an excluded subtree"
        relations = {relation(name, tree, is_older=is_older) for tree in constraints.permitted}
        if Relation.OUTSIDE in relations and Relation.WITHIN not in relations:
            return f"{visible(name.value, limit=200)} lies in no permitted subtree"
    return None


@lru_cache(maxsize=1024)
def path_names(certificate: Certificate) -> tuple[GeneralName, ...]:
    """
    Return the names of one certificate that the builder takes up the path: its subject, empty or not, and subjectAltName.

    Raises:
        CertificateError: a name cannot be read.
    """
    return (_directory(certificate), *certificate.subject_alt_names)


def _directory(certificate: Certificate) -> GeneralName:
    return GeneralName(kind="directoryName", value=str(certificate.subject), raw=certificate.subject.der)


def _names(certificate: Certificate) -> tuple[GeneralName, ...]:
    """Return the subject, unless it is empty, and subjectAltName; where there is none the mail addresses of the subject."""
    subject = () if certificate.subject.is_empty else (_directory(certificate),)
    if certificate.extension(oid.SUBJECT_ALT_NAME) is not None:
        return (*subject, *certificate.subject_alt_names)
    mailboxes = (item.value for item in certificate.subject.attributes if item.oid == oid.EMAIL_ADDRESS)
    return (*subject, *(GeneralName(kind="rfc822Name", value=value, raw=value.encode("utf-8", "replace")) for value in mailboxes))


def _common_name(certificate: Certificate, names: Sequence[GeneralName]) -> GeneralName | None:
    """Return the common name as a DNS name or an address, where it looks like one and there is no other of the kind."""
    common = certificate.subject.common_name
    if common is None:
        return None
    if _ADDRESS.fullmatch(common) and (raw := _octets(common)) is not None:
        return None if any(name.kind == "iPAddress" for name in names) else GeneralName(kind="iPAddress", value=common, raw=raw)
    if any(name.kind == "dNSName" for name in names) or not _DNS_NAME.fullmatch(common):
        return None
    return GeneralName(kind="dNSName", value=common, raw=common.encode())


def _octets(text: str) -> bytes | None:
    try:
        return ipaddress.ip_address(text).packed
    except ValueError:
        return None


def relation(name: GeneralName, tree: GeneralName, *, is_older: bool) -> Relation:
    """
    Return how a name lies to a subtree, for releases up to 17 or for those after it.

    Raises:
        IncomparableError: Java cannot tell.
    """
    if name.kind != tree.kind:
        return Relation.OTHER_KIND
    if name.kind in _INCOMPARABLE:
        if name.kind == "registeredID" and name.value == tree.value:
            return Relation.WITHIN
        message = f"a constraint on a name of the kind {name.kind}"
        raise IncomparableError(message)
    if name.kind in _BY_RELEASE:
        is_within = _BY_RELEASE[name.kind](name, tree, is_older=is_older)
    else:
        is_within = _WITHIN[name.kind](name, tree)
    return Relation.WITHIN if is_within else Relation.OUTSIDE


def _in_domain(name: GeneralName, tree: GeneralName, *, is_older: bool) -> bool:
    """Hold a DNS name against a subtree; after 17 a dot at its beginning is understood, and an empty one throws."""
    host, domain = name.value.lower(), tree.value.lower()
    if is_older:
        return host == domain or (bool(domain) and host.endswith("." + domain))
    if not domain:
        message = "a DNS name with an empty constraint"
        raise IncomparableError(message)
    return host == domain or host.endswith(domain if domain.startswith(".") else "." + domain)


def _in_network(name: GeneralName, tree: GeneralName, *, is_older: bool) -> bool:
    """Hold an address, or a network in its place, against a network; up to 17 without asking for its version."""
    if len(name.raw) == len(tree.raw):
        half = len(name.raw) // 2
        parts = zip(name.raw[:half], name.raw[half:], tree.raw[:half], tree.raw[half:], strict=True)
        return all(octet & mask == network and inner & mask == mask for octet, inner, network, mask in parts)
    if not is_older and 2 * len(name.raw) != len(tree.raw):
        return False
    for number in range(len(tree.raw) // 2):
        if number >= len(name.raw):
            message = "an IPv4 address with an IPv6 network"
            raise IncomparableError(message)
        if name.raw[number] & tree.raw[len(tree.raw) // 2 + number] != tree.raw[number]:
            return False
    return True


def _in_directory(name: GeneralName, tree: GeneralName) -> bool:
    above, below = _relative_names(tree.raw), _relative_names(name.raw)
    return below[: len(above)] == above


def _relative_names(raw: bytes) -> list[str]:
    try:
        return [name_key(tlv.writer.sequence(part.raw)) for part in tlv.read_prefix(raw).children(0x30)]
    except TLVError as error:
        message = f"A name cannot be read: {error.message}"
        raise CertificateError(message) from None


def _in_mailbox(name: GeneralName, tree: GeneralName) -> bool:
    address, wanted = name.value.lower(), tree.value.lower()
    if "@" in wanted:
        return address == wanted
    host = address.rpartition("@")[2]
    return host.endswith(wanted) if wanted.startswith(".") else host == wanted


def _in_resource(name: GeneralName, tree: GeneralName) -> bool:
    host, wanted = _host(name.value), tree.value.lower()
    return host.endswith(wanted) if wanted.startswith(".") else host == wanted


def _host(uri: str) -> str:
    authority = uri.partition("://")[2].partition("/")[0].rpartition("@")[2]
    return authority.partition(":")[0].lower()


_BY_RELEASE = {"dNSName": _in_domain, "iPAddress": _in_network}
_WITHIN = {
    "directoryName": _in_directory,
    "rfc822Name": _in_mailbox,
    "URI": _in_resource,
}
