"""Chains that Java alone is asked about: constraints on every kind of name, and what its path builder does otherwise."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache

from anchorkeep import mint
from anchorkeep.mint import NameConstraints
from anchorkeep.mint import name as names
from anchorkeep.model.verdict import Question
from tests.conformance.variants import Asked, key, plain, question
from tests.judge.conftest import HOST, alt_names, below, leaf, name_constraints, root, template

_KINDS = {
    "mail host": (
        ("rfc822Name", "example.com"),
        ("a@example.com", "a@sub.example.com", "A@EXAMPLE.COM", "nobody"),
    ),
    "mail domain": (("rfc822Name", ".example.com"), ("a@example.com", "a@sub.example.com", "a@other.test")),
    "mailbox": (("rfc822Name", "a@example.com"), ("a@example.com", "b@example.com", "a@EXAMPLE.com")),
    "URI host": (
        ("URI", "host.example.com"),
        ("https://host.example.com/x", "https://a.host.example.com/", "https://other.test:8443/"),
    ),
    "URI domain": (
        ("URI", ".example.com"),
        ("https://host.example.com/x", "https://example.com/", "ldap://u@a.example.com:389/"),
    ),
    "registered": (("registeredID", b"\x2a\x03\x04"), (b"\x2a\x03\x04", b"\x2a\x03\x05")),
}


def of_kinds() -> Iterator[Asked]:
    """Yield leaves with names of each kind below CAs whose constraints are of that kind, permitted and excluded."""
    top, *_ = plain()
    for label, (tree, values) in _KINDS.items():
        for number, value in enumerate(values):
            alternatives = alt_names(("dNSName", HOST), (tree[0], value))
            for is_permitted in (True, False):
                limits = name_constraints([tree]) if is_permitted else name_constraints([], [tree])
                middle = below(top, "NK", extensions=(limits,))
                end = leaf(middle, dns_names=(), extensions=(alternatives,))
                yield f"{label} {number}, {'permitted' if is_permitted else 'excluded'}", question([end, middle], [top])


def built() -> Iterator[Asked]:
    """Yield chains out of order: anchors of one name, and the constraints of anchors and CAs."""
    other = root("X")
    for number in range(4):
        twins = root("T", key=key(f"ta{number}")), root("T", key=key(f"tb{number}"))
        middle = below(twins[0], f"M{number}")
        yield f"two anchors of one name, {number}", question([leaf(middle), other, middle], twins)
    limits = NameConstraints(permitted_dns=("example.com",), excluded_dns=("forbidden.test",))
    limited, top = root("L", name_constraints=limits), root("PT")
    inner = below(top, "PC", name_constraints=limits)
    for label, hosts in {"kept": (HOST,), "excluded": (HOST, "forbidden.test"), "not permitted": ("a.test",)}.items():
        middle, end = below(limited, "LM"), below(inner, "PM")
        yield f"anchor's constraints, {label}", question([leaf(middle, dns_names=hosts), other, middle], [limited], name=None)
        yield f"CA's constraints, {label}", question([leaf(end, dns_names=hosts), inner, end], [top], name=None)
    end = below(inner, "PM", extensions=(alt_names(("dNSName", "forbidden.test")),))
    yield "CA's constraints and a CA's own name", question([leaf(end), inner, end], [top])


def self_signed() -> Iterator[Asked]:
    """Yield what is trusted and no CA."""
    stray = mint.self_signed(replace(template(), subject=names.build(("CN", "R"))), key("R"))
    yield "anchor that is no CA", question([leaf(plain()[0])], [stray])


@cache
def matrix() -> Mapping[str, Question]:
    """Return all of them by name."""
    return dict(asked for family in (of_kinds, built, self_signed) for asked in family())
