"""
Name constraints as GnuTLS holds them: against the leaf's names alone, those of every CA above it (RFC 5280 §4.2.1.10).

Rules kept here:
- DNS names are held against DNS subtrees; where there are none and no other name, the one common name is;
- a wildcard is a name like any other, an address of an odd length is none;
- directory names, the subject's too, are held against nothing; any other name breaks a constraint of its kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.model.extension import GeneralName
from anchorkeep.text import visible

if TYPE_CHECKING:
    from anchorkeep.judge.budget import Budget
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.extension import NameConstraints

_ADDRESS_OCTETS = frozenset({4, 16})


def violation(leaf: Certificate, constraints: NameConstraints, budget: Budget) -> str | None:
    """
    Return why the leaf's names break the constraints of a CA, None when they keep them.

    Raises:
        BudgetExceededError: there are more names and subtrees than the budget allows.
    """
    if not all(map(_is_sound, (*constraints.permitted, *constraints.excluded))):
        return "a constraint cannot be read"
    for name in _names(leaf):
        for _ in range(len(constraints.permitted) + len(constraints.excluded)):
            budget.look()
        permitted = [tree for tree in constraints.permitted if _concerns(tree, name)]
        excluded = [tree for tree in constraints.excluded if _concerns(tree, name)]
        if any(_is_in(name, tree) is not False for tree in excluded):
            return f"{visible(name.value)} lies in an excluded subtree"
        if permitted and not any(_is_in(name, tree) for tree in permitted):
            return f"{visible(name.value)} lies in no permitted subtree"
    return None


def _is_sound(tree: GeneralName) -> bool:
    """Whether a subtree is one the library reads: no otherName, and of addresses a network and its mask."""
    if tree.kind != "iPAddress":
        return tree.kind != "otherName"
    half = len(tree.raw) // 2
    bits = "".join(f"{octet:08b}" for octet in tree.raw[half:])
    return 2 * half == len(tree.raw) and half in _ADDRESS_OCTETS and "01" not in bits


def _names(leaf: Certificate) -> list[GeneralName]:
    names = [name for name in leaf.subject_alt_names if name.kind != "directoryName"]
    names = [name for name in names if name.kind != "iPAddress" or len(name.raw) in _ADDRESS_OCTETS]
    common = leaf.subject.common_name
    if common is not None and all(name.kind != "dNSName" for name in names):
        names.append(GeneralName(kind="dNSName", value=common, raw=common.encode("utf-8", "replace")))
    return names


def _concerns(tree: GeneralName, name: GeneralName) -> bool:
    """Whether a subtree is of the name's kind; of addresses, of its version."""
    return tree.kind == name.kind and (name.kind != "iPAddress" or len(tree.raw) == 2 * len(name.raw))


def _is_in(name: GeneralName, tree: GeneralName) -> bool | None:
    """Whether a name lies in a subtree, None of a kind that is not compared."""
    if name.kind == "dNSName":
        host, domain = name.value.lower(), tree.value.lower()
        if not domain or domain.startswith("."):
            return host.endswith(domain)
        return host == domain or host.endswith("." + domain)
    if name.kind == "iPAddress":
        half = len(name.raw)
        parts = zip(name.raw, tree.raw[:half], tree.raw[half:], strict=True)
        return all(octet & mask == network & mask for octet, network, mask in parts)
    if name.kind == "rfc822Name":
        address, wanted = name.value, tree.value
        host = address.rpartition("@")[2].lower()
        if "@" in wanted:
            return address == wanted
        return host.endswith(wanted.lower()) if wanted.startswith(".") else host == wanted.lower()
    return None
