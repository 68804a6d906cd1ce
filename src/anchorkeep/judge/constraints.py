"""Name constraints: whether the names of a certificate lie where the CAs above it may issue (RFC 5280 §4.2.1.10, §6.1.4 (g))."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep import tlv
from anchorkeep.errors import TLVError
from anchorkeep.model.extension import GeneralName
from anchorkeep.model.name import Name
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.extension import NameConstraints

#: Comparisons of one certificate's names with one CA's subtrees; OpenSSL's bound (NAME_CHECK_MAX) is 2^20.
_MAX_COMPARISONS = 1 << 16


def violation(certificate: Certificate, constraints: NameConstraints) -> str | None:
    """
    Return why a certificate's names break the constraints, None when they keep them.

    Names of a kind for which the constraints hold subtrees that are not understood here count as breaking them.
    """
    names = names_of(certificate)
    if len(names) * (len(constraints.permitted) + len(constraints.excluded)) > _MAX_COMPARISONS:
        return f"more than {_MAX_COMPARISONS} comparisons would be needed"
    for name in names:
        compare = _COMPARE.get(name.kind)
        excluded = [tree for tree in constraints.excluded if tree.kind == name.kind]
        permitted = [tree for tree in constraints.permitted if tree.kind == name.kind]
        if (excluded or permitted) and compare is None:
            return f"constraints on {name.kind} are not understood"
        if compare is None:
            continue
        if any(compare(name, tree) or _may_stand_for(name, tree) for tree in excluded):
            return f"{visible(name.value)} lies in an excluded subtree"
        if permitted and not any(compare(name, tree) for tree in permitted):
            return f"{visible(name.value)} lies in no permitted subtree"
    return None


def names_of(certificate: Certificate) -> tuple[GeneralName, ...]:
    """Return the names that constraints apply to: subjectAltName and, unless it is empty, the subject."""
    if certificate.subject.is_empty:
        return certificate.subject_alt_names
    subject = GeneralName(kind="directoryName", value=str(certificate.subject), raw=certificate.subject.der)
    return (subject, *certificate.subject_alt_names)


def _may_stand_for(name: GeneralName, tree: GeneralName) -> bool:
    """Whether a wildcard stands for a name of an excluded subtree: `*.example.com` for an excluded `a.example.com`."""
    if name.kind != "dNSName" or not name.value.startswith("*."):
        return False
    return tree.value.lower().lstrip(".").partition(".")[2] == name.value[2:].lower().removesuffix(".")


def _in_domain(name: GeneralName, tree: GeneralName) -> bool:
    host, domain = name.value.lower().removesuffix("."), tree.value.lower()
    if domain.startswith("."):
        return host.endswith(domain)
    return not domain or host == domain or host.endswith("." + domain)


def _in_network(name: GeneralName, tree: GeneralName) -> bool:
    half = len(tree.raw) // 2
    if len(name.raw) != half:
        return False
    network, mask = tree.raw[:half], tree.raw[half:]
    return all(a & m == n & m for a, n, m in zip(name.raw, network, mask, strict=True))


def _in_directory(name: GeneralName, tree: GeneralName) -> bool:
    """Compare relative names from the top: the tree's must be the first of the name's (§4.2.1.10)."""
    try:
        above, below = _relative_names(tree), _relative_names(name)
    except TLVError:
        return False
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
