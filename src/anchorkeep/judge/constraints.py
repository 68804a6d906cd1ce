"""Name constraints: whether the names of a certificate lie where the CAs above it may issue (RFC 5280 §4.2.1.10, §6.1.4 (g))."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep import tlv
from anchorkeep.errors import TLVError
from anchorkeep.model import oid
from anchorkeep.model.extension import GeneralName
from anchorkeep.model.name import Name
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.extension import NameConstraints

#: Comparisons of one certificate's names with one CA's subtrees; OpenSSL's bound (NAME_CHECK_MAX) is 2^20.
_MAX_COMPARISONS = 1 << 16


class _IncomparableError(Exception):
    """A name or a subtree that is none, of which nobody can say where it lies."""


def violation(certificate: Certificate, constraints: NameConstraints) -> str | None:
    """
    Return why a certificate's names break the constraints, None when they keep them.

    Names of a kind for which the constraints hold subtrees that are not understood here count as breaking them.
    """
    try:
        names = names_of(certificate)
        if len(names) * (len(constraints.permitted) + len(constraints.excluded)) > _MAX_COMPARISONS:
            return f"more than {_MAX_COMPARISONS} comparisons would be needed"
        permitted, excluded = _by_kind(constraints.permitted), _by_kind(constraints.excluded)
        reasons = (_violation(name, permitted.get(name.kind, ()), excluded.get(name.kind, ())) for name in names)
        return next((reason for reason in reasons if reason is not None), None)
    except (TLVError, _IncomparableError) as error:
        return f"a name cannot be compared: {error}"


def _violation(name: GeneralName, permitted: Sequence[GeneralName], excluded: Sequence[GeneralName]) -> str | None:
    """Hold one name against the subtrees of its kind."""
    if not permitted and not excluded:
        return None
    compare = _COMPARE.get(name.kind)
    if compare is None:
        return f"constraints on {name.kind} are not understood"
    if any(compare(name, tree) or _may_stand_for(name, tree) for tree in excluded):
        return f"{visible(name.value)} lies in an excluded subtree"
    if permitted and not any(compare(name, tree) for tree in permitted):
        return f"{visible(name.value)} lies in no permitted subtree"
    return None


def _by_kind(trees: Sequence[GeneralName]) -> dict[str, list[GeneralName]]:
    found: dict[str, list[GeneralName]] = {}
    for tree in trees:
        found.setdefault(tree.kind, []).append(tree)
    return found


def names_of(certificate: Certificate) -> tuple[GeneralName, ...]:
    """
    Return the names that constraints apply to: subjectAltName and, unless it is empty, the subject.

    Mail addresses in the subject count where there is no subjectAltName at all, as §4.2.1.10 demands.

    Raises:
        CertificateError: the extension cannot be read.
        TLVError: the subject cannot be read.
    """
    if certificate.subject.is_empty:
        return certificate.subject_alt_names
    subject = GeneralName(kind="directoryName", value=str(certificate.subject), raw=certificate.subject.der)
    if certificate.extension(oid.SUBJECT_ALT_NAME) is not None:
        return (subject, *certificate.subject_alt_names)
    mailboxes = (item.value for item in certificate.subject.attributes if item.oid == oid.EMAIL_ADDRESS)
    return (subject, *(GeneralName(kind="rfc822Name", value=value, raw=value.encode()) for value in mailboxes))


def _may_stand_for(name: GeneralName, tree: GeneralName) -> bool:
    """Whether a wildcard stands for a name of an excluded subtree: `*.example.com` for an excluded `a.example.com`."""
    if name.kind != "dNSName" or not name.value.startswith("*."):
        return False
    return tree.value.lower().partition(".")[2] == name.value[2:].lower().removesuffix(".")


def _in_domain(name: GeneralName, tree: GeneralName) -> bool:
    host, domain = name.value.lower().removesuffix("."), tree.value.lower()
    if "" in host.split("."):
        raise _IncomparableError("A DNS name with an empty label")
    if domain.startswith("."):
        return host.endswith(domain)
    return not domain or host == domain or host.endswith("." + domain)


def _in_network(name: GeneralName, tree: GeneralName) -> bool:
    half = len(tree.raw) // 2
    if len(tree.raw) not in {8, 32} or len(name.raw) not in {4, 16}:
        raise _IncomparableError("An address of a length that no address has")
    if len(name.raw) != half:
        return False
    network, mask = tree.raw[:half], tree.raw[half:]
    return all(a & m == n & m for a, n, m in zip(name.raw, network, mask, strict=True))


def _in_directory(name: GeneralName, tree: GeneralName) -> bool:
    """Compare relative names from the top: the tree's must be the first of the name's (§4.2.1.10)."""
    above, below = _relative_names(tree), _relative_names(name)
    return below[: len(above)] == above


def _relative_names(name: GeneralName) -> list[bytes]:
    node = tlv.read_prefix(name.raw)
    return [Name(tlv.writer.sequence(part.raw)).canonical for part in node.children(0x30)]


def _in_mailbox(name: GeneralName, tree: GeneralName) -> bool:
    local, _, host = name.value.rpartition("@")
    wanted = tree.value
    if "@" in wanted:
        wanted_local, _, wanted_host = wanted.rpartition("@")
        return local == wanted_local and host.lower() == wanted_host.lower()
    return host.lower().endswith(wanted.lower()) if wanted.startswith(".") else host.lower() == wanted.lower()


_COMPARE: dict[str, Callable[[GeneralName, GeneralName], bool]] = {
    "dNSName": _in_domain,
    "iPAddress": _in_network,
    "directoryName": _in_directory,
    "rfc822Name": _in_mailbox,
}
