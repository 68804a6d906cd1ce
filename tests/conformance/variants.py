"""
Chains that OpenSSL, GnuTLS and a Web PKI verifier are asked about: every rule of theirs in its accepting and its refusing form.

Each function yields questions of one family of rules by name; `matrix` gathers them. Keys are made once a run.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from anchorkeep import mint
from anchorkeep.mint import Authority, NameConstraints
from anchorkeep.mint import key as keys
from anchorkeep.mint import name as names
from anchorkeep.model import oid
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.trust_anchors import TrustAnchors
from anchorkeep.model.verdict import Question
from tests.conformance.test_limbo import AT as LIMBO_AT
from tests.conformance.test_limbo import decoded, server_cases
from tests.judge.conftest import AT, HOST, START, below, extension, leaf, name_constraints, root, template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

Item = Certificate | Authority
Asked = tuple[str, Question]

CLIENT_AUTH, ANY_PURPOSE = "1.3.6.1.5.5.7.3.2", oid.ANY_EXTENDED_KEY_USAGE
_UNKNOWN = extension("1.2.3.4.5", b"\x05\x00", critical=True)
_OLD = {"not_after": AT - timedelta(days=1)}
_NO_IDENTIFIERS = {"has_authority_key_identifier": False, "has_subject_key_identifier": False}


def question(sent: Sequence[Item], anchors: Sequence[Item], *, name: str | None = HOST, at: datetime = AT) -> Question:
    """Return a question about certificates and authorities."""
    each = (tuple(item.certificate if isinstance(item, Authority) else item for item in items) for items in (sent, anchors))
    chain, trusted = each
    return Question(chain=chain, anchors=TrustAnchors(trusted), name=name, at=at)


@cache
def key(label: str, kind: str = keys.DEFAULT) -> mint.PrivateKey:
    """Return the key of that name."""
    del label  # Two labels are two keys.
    return keys.generate(kind)


@cache
def plain() -> tuple[Authority, Authority, Certificate]:
    """Return a root, a CA below it and a leaf below that."""
    top = root("R", key=key("R"))
    middle = below(top, "I", key=key("I"))
    return top, middle, leaf(middle)


def anchors() -> Iterator[Asked]:
    """Yield what is sent against what the store holds."""
    top, middle, end = plain()
    deep = below(middle, "J")
    deeper = leaf(deep)
    other = root("X")
    alone = mint.self_signed(template(), key("alone"))
    old_end = leaf(middle, **_OLD)
    old_top, old_middle = root("R", key=key("R"), **_OLD), below(top, "I", key=key("I"), **_OLD)
    stranger = root("R", key=key("stranger"))
    yield "plain", question([end, middle], [top])
    yield "no intermediate", question([end], [top])
    yield "intermediate alone in the store", question([end, middle], [middle])
    yield "intermediate in the store, not sent", question([end], [middle])
    yield "leaf pinned", question([end, middle], [end])
    yield "leaf pinned and sent alone", question([end], [end])
    yield "self-signed leaf pinned", question([alone], [alone])
    yield "self-signed leaf unknown", question([alone], [top])
    yield "root sent", question([end, middle, top], [top])
    yield "root sent, only the intermediate trusted", question([end, middle, top], [middle])
    yield "root sent, unknown", question([end, middle, top], [other])
    yield "empty store", question([end, middle], [])
    yield "anchor in the middle", question([deeper, deep, middle], [deep])
    yield "anchor at the end", question([deeper, deep, middle], [middle])
    yield "anchor in the middle, root sent", question([deeper, deep, middle, top], [deep])
    yield "out of order", question([deeper, middle, deep], [top])
    yield "unrelated in between", question([end, other, middle], [top])
    yield "sent twice", question([end, middle, middle], [top])
    yield "leaf sent twice", question([end, end, middle], [top])
    yield "intermediate first", question([middle, end], [top])
    yield "no name asked", question([end, middle], [top], name=None)
    yield "expired root", question([end, middle], [old_top])
    yield "expired root, leaf below it", question([leaf(top)], [old_top])
    yield "expired intermediate trusted", question([end], [old_middle])
    yield "expired intermediate sent", question([end, old_middle], [top])
    yield "expired intermediate sent, good one trusted", question([end, old_middle], [top, middle])
    yield "good intermediate sent, expired one trusted", question([end, middle], [old_middle])
    yield "expired leaf", question([old_end, middle], [top])
    yield "expired leaf pinned", question([old_end], [old_end])
    yield "expired root before a good one", question([end, middle], [old_top, top])
    yield "expired root after a good one", question([end, middle], [top, old_top])
    yield "another key under the root's name", question([end, middle], [stranger])
    yield "expired and for another name", question([old_end, middle], [top], name="other.example.com")


def cross_signs() -> Iterator[Asked]:
    """Yield chains that can end in either of two roots, and anchors that share a name."""
    old, _, _ = plain()
    new = root("R2")
    middle = below(new, "I2")
    end = leaf(middle)
    cross = below(old, "R2", key=new.key)
    expired = below(old, "R2", key=new.key, **_OLD)
    yield "cross, old root", question([end, middle, cross], [old])
    yield "cross, new root", question([end, middle, cross], [new])
    yield "cross out of order", question([end, cross, middle], [old])
    yield "cross beside the new root", question([end, middle, new, cross], [old])
    yield "expired cross, new root", question([end, middle, expired], [new])
    yield "expired cross, both roots", question([end, middle, expired], [old, new])
    yield "expired cross, old root", question([end, middle, expired], [old])
    yield "cross in the store beside its issuer", question([end, middle], [old, cross])
    yield "cross alone in the store", question([end, middle], [cross])
    first, second = (root("Same", key=key(label), **_NO_IDENTIFIERS) for label in ("first", "second"))
    below_first = leaf(first, has_authority_key_identifier=False)
    yield "two anchors, the wrong one first", question([below_first], [second, first])
    yield "two anchors, the wrong one last", question([below_first], [first, second])
    yield "the wrong anchor alone", question([below_first], [second])
    one, two = (below(first, "SameI", key=key(label), **_NO_IDENTIFIERS) for label in ("one", "two"))
    yield "two intermediates, the wrong one first", question([leaf(one, has_authority_key_identifier=False), two, one], [first])
    other = extension(oid.SUBJECT_KEY_IDENTIFIER, b"\x04\x04abcd")
    top, middle, end = plain()
    reissued = root("R", key=key("R"), has_subject_key_identifier=False, extensions=(other,))
    yield "root re-issued with another identifier", question([end, middle], [reissued])
    yield (
        "root re-issued without an identifier",
        question([end, middle], [root("R", key=key("R"), has_subject_key_identifier=False)]),
    )
    yield "both roots", question([end, middle], [reissued, top])


_CA_CHANGES: Mapping[str, dict[str, Any]] = {
    "no basicConstraints": {"has_basic_constraints": False},
    "neither basicConstraints nor keyUsage": {"has_basic_constraints": False, "key_usage": ()},
    "not a CA": {"is_ca": False},
    "no keyUsage": {"key_usage": ()},
    "keyUsage without keyCertSign": {"key_usage": ("digitalSignature",)},
    "version 1": {"version": 1},
    "EKU client": {"extended_key_usage": (CLIENT_AUTH,)},
    "EKU server": {"extended_key_usage": (oid.SERVER_AUTH,)},
    "EKU any": {"extended_key_usage": (ANY_PURPOSE,)},
    "no SKI": {"has_subject_key_identifier": False},
    "no AKI": {"has_authority_key_identifier": False},
    "SHA-1": {"hash_name": "sha1"},
    "unknown critical extension": {"extensions": (_UNKNOWN,)},
    "path length 0": {"path_length": 0},
    "empty subject": {"subject": names.build()},
    "Netscape TLS CA": {
        "has_basic_constraints": False,
        "key_usage": (),
        "extensions": (extension("2.16.840.1.113730.1.1", b"\x03\x02\x02\x04"),),
    },
    "Netscape mail CA": {
        "has_basic_constraints": False,
        "key_usage": (),
        "extensions": (extension("2.16.840.1.113730.1.1", b"\x03\x02\x01\x02"),),
    },
}


def authorities() -> Iterator[Asked]:
    """Yield CAs and roots of every oddness."""
    top, *_ = plain()
    for label, changes in _CA_CHANGES.items():
        middle, odd = (
            issue(**{"subject": subject, **changes}) for issue, subject in ((partial(below, top), "Odd CA"), (root, "Odd Root"))
        )
        under = below(odd, "I")
        yield f"intermediate: {label}", question([leaf(middle), middle], [top])
        yield f"intermediate trusted: {label}", question([leaf(middle)], [middle])
        yield f"root: {label}", question([leaf(under), under], [odd])
        yield f"root sent too: {label}", question([leaf(under), under, odd], [odd])
        yield f"root over the leaf: {label}", question([leaf(odd)], [odd])
        yield f"root for a leaf: {label}", question([odd], [odd], name=None)
    for length in range(3):
        limited = root("Limited", path_length=length)
        first = below(limited, "A")
        second = below(first, "B")
        own = below(limited, "Limited", key=key("own"))
        yield f"root's length {length}, none follows", question([leaf(limited)], [limited])
        yield f"root's length {length}, one follows", question([leaf(first), first], [limited])
        yield f"root's length {length}, two follow", question([leaf(second), second, first], [limited])
        yield f"root's length {length}, a self-issued one follows", question([leaf(own), own], [limited])
        middle = below(top, "M", path_length=length)
        third = below(middle, "C")
        fourth = below(third, "D")
        yield f"length {length}, none follows", question([leaf(middle), middle], [top])
        yield f"length {length}, one follows", question([leaf(third), third, middle], [top])
        yield f"length {length}, two follow", question([leaf(fourth), fourth, third, middle], [top])
        yield f"anchor's length {length}, two follow", question([leaf(fourth), fourth, third], [middle])


_LEAF_CHANGES: Mapping[str, dict[str, Any]] = {
    "EKU client": {"extended_key_usage": (CLIENT_AUTH,)},
    "EKU any": {"extended_key_usage": (ANY_PURPOSE,)},
    "EKU client and server": {"extended_key_usage": (CLIENT_AUTH, oid.SERVER_AUTH)},
    "EKU SGC": {"extended_key_usage": ("2.16.840.1.113730.4.1",)},
    "no EKU": {"extended_key_usage": ()},
    "empty EKU": {"extended_key_usage": (), "extensions": (extension(oid.EXTENDED_KEY_USAGE, b"\x30\x00"),)},
    "keyEncipherment": {"key_usage": ("keyEncipherment",)},
    "keyAgreement": {"key_usage": ("keyAgreement",)},
    "nonRepudiation": {"key_usage": ("nonRepudiation",)},
    "no key usage": {"key_usage": ()},
    "a CA": {"is_ca": True, "key_usage": ("keyCertSign", "digitalSignature")},
    "version 1": {"version": 1},
    "unknown critical extension": {"extensions": (_UNKNOWN,)},
    "extension twice": {"extensions": (extension("1.2.3.4.5", b"\x05\x00"),) * 2},
    "another AKI": {
        "has_authority_key_identifier": False,
        "extensions": (extension(oid.AUTHORITY_KEY_IDENTIFIER, b"\x30\x06\x80\x04abcd"),),
    },
    "Netscape client": {"extensions": (extension("2.16.840.1.113730.1.1", b"\x03\x02\x07\x80"),)},
    "Netscape server": {"extensions": (extension("2.16.840.1.113730.1.1", b"\x03\x02\x06\x40"),)},
    "NULL parameters": {"null_parameters": True},
    "negative serial number": {"serial_number": -5},
    "SHA-1": {"hash_name": "sha1"},
}


def leaves() -> Iterator[Asked]:
    """Yield leaves of every oddness, keys and signatures of every strength, and every second that counts."""
    top, middle, end = plain()
    for label, changes in _LEAF_CHANGES.items():
        yield f"leaf: {label}", question([leaf(middle, **changes), middle], [top])
    for kind in ("RSA 1024", "RSA 2048", "EC P-384"):
        own, sub = root("Key", key=key("root", kind)), below(top, "KeyCA", key=key("sub", kind))
        under = middle.sign(template(), keys.public_key(key("leaf", kind)))
        yield f"root of {kind}", question([leaf(own)], [own])
        yield f"intermediate of {kind}", question([leaf(sub), sub], [top])
        yield f"leaf of {kind}", question([under, middle], [top])
        for digest in ("sha1", "sha512"):
            yield f"leaf signed with {kind}, {digest}", question([leaf(own, hash_name=digest)], [own])
    old = root("Old", key=key("root", "RSA 2048"), hash_name="sha1")
    yield "root self-signed with SHA-1", question([leaf(old)], [old])
    yield "root self-signed with SHA-1, sent", question([leaf(old), old], [old])
    short, short_top = below(top, "I", key=key("I"), not_after=AT), root("R", key=key("R"), not_after=AT)
    for seconds in (-1, 0, 1):
        moved = timedelta(seconds=seconds)
        yield f"leaf's end {seconds:+}", question([end, middle], [top], at=end.not_after + moved)
        yield f"leaf's begin {seconds:+}", question([end, middle], [top], at=START + moved)
        yield f"intermediate's end {seconds:+}", question([end, short], [top], at=AT + moved)
        yield f"root's end {seconds:+}", question([end, middle], [short_top], at=AT + moved)


_PRESENTED: Sequence[tuple[tuple[str, ...], str, str]] = (
    (("WWW.Example.COM",), "www.example.com", "x"),
    (("*.example.com",), "a.example.com", "x"),
    (("*.example.com",), "example.com", "x"),
    (("*.example.com",), "a.b.example.com", "x"),
    (("*.com",), "a.com", "x"),
    (("w*.example.com",), "www.example.com", "x"),
    (("*w.example.com",), "www.example.com", "x"),
    (("w*w.example.com",), "www.example.com", "x"),
    (("**.example.com",), "www.example.com", "x"),
    (("a.*.example.com",), "a.b.example.com", "x"),
    (("*",), "a", "x"),
    (("*.*.example.com",), "a.b.example.com", "x"),
    ((), "www.example.com", "www.example.com"),
    ((), "a.example.com", "*.example.com"),
    ((), "www.example.com", "WWW.example.com"),
    (("other.test",), "www.example.com", "www.example.com"),
    ((), "192.0.2.1", "192.0.2.1"),
    (("192.0.2.1",), "192.0.2.1", "x"),
    (("www.example.com",), "www.example.com.", "x"),
    (("www.example.com.",), "www.example.com", "x"),
    (("www.example.com.",), "www.example.com.", "x"),
    (("*.example.com.",), "a.example.com.", "x"),
    (("a_b.example.com",), "a_b.example.com", "x"),
    (("*.example.com",), "a_b.example.com", "x"),
    (("*.a_b.example.com",), "a.a_b.example.com", "x"),
    (("*.example.com",), "xn--a.example.com", "x"),
    (("x*.example.com",), "xn--a.example.com", "x"),
    (("*a.example.com",), "xn--a.example.com", "x"),
    (("xn--*.example.com",), "xn--a.example.com", "x"),
    (("a b.example.com",), "a b.example.com", "x"),
    (("www.example.com\0.evil.test",), "www.example.com", "x"),
    (("localhost",), "localhost", "x"),
    (("*.localhost",), "a.localhost", "x"),
    (("-*.example.com",), "-a.example.com", "x"),
    (("*-.example.com",), "a-.example.com", "x"),
    (("*.-a.example.com",), "b.-a.example.com", "x"),
    (("*..com",), "a..com", "x"),
    (("ü.example.com",), "xn--tda.example.com", "x"),
    (("a.example.com", "b.example.com"), "b.example.com", "x"),
)


def presented() -> Iterator[Asked]:
    """Yield names and addresses against what leaves present."""
    top, middle, _ = plain()

    def asked(label: str, name: str, *, common: str = "x", **changes: Any) -> Asked:
        end = leaf(middle, **{"subject": names.build(("CN", common)), **changes})
        return f"name: {label}", question([end, middle], [top], name=name)

    for patterns, name, common in _PRESENTED:
        yield asked(f"{patterns} {common!r} for {name}", name, common=common, dns_names=patterns)
    address = {"dns_names": (), "ip_addresses": ("192.0.2.1",)}
    yield asked("address", "192.0.2.1", **address)
    yield asked("another address", "192.0.2.2", **address)
    yield asked("address beside a common name", HOST, common=HOST, **address)
    yield asked("IPv4 in IPv6", "::ffff:192.0.2.1", **address)
    yield asked("IPv6", "::1", dns_names=(), ip_addresses=("::1",))
    yield asked("two common names, the last", HOST, dns_names=(), subject=names.build(("CN", "a.example.com"), ("CN", HOST)))
    yield asked("two common names, the first", HOST, dns_names=(), subject=names.build(("CN", HOST), ("CN", "a.example.com")))
    yield asked("common name without EKU", HOST, common=HOST, dns_names=(), extended_key_usage=())


_CONSTRAINED: Mapping[str, tuple[NameConstraints, dict[str, Any]]] = {
    "permitted": (NameConstraints(permitted_dns=("example.com",)), {}),
    "not permitted": (NameConstraints(permitted_dns=("other.test",)), {}),
    "permitted below a dot": (NameConstraints(permitted_dns=(".example.com",)), {}),
    "excluded": (NameConstraints(excluded_dns=("example.com",)), {}),
    "other excluded": (NameConstraints(excluded_dns=("other.test",)), {}),
    "common name permitted": (NameConstraints(permitted_dns=("example.com",)), {"dns_names": ()}),
    "common name not permitted": (NameConstraints(permitted_dns=("other.test",)), {"dns_names": ()}),
    "common name beside a DNS name": (
        NameConstraints(permitted_dns=("example.com",)),
        {"subject": names.build(("CN", "evil.test")), "dns_names": (HOST,)},
    ),
    "network says nothing of names": (NameConstraints(permitted_ip=("192.0.2.0/24",)), {}),
    "address beside a permitted name": (NameConstraints(permitted_dns=("example.com",)), {"ip_addresses": ("192.0.2.1",)}),
    "address not permitted": (NameConstraints(permitted_ip=("192.0.2.0/24",)), {"ip_addresses": ("198.51.100.1",)}),
    "address permitted": (NameConstraints(permitted_ip=("192.0.2.0/24",)), {"ip_addresses": ("192.0.2.1",)}),
    "address excluded": (NameConstraints(excluded_ip=("192.0.2.0/24",)), {"ip_addresses": ("192.0.2.1",)}),
    "IPv6 excluded, IPv4 presented": (NameConstraints(excluded_ip=("::/0",)), {"ip_addresses": ("192.0.2.1",)}),
    "wildcard over an excluded name": (NameConstraints(excluded_dns=(HOST,)), {"dns_names": ("*.example.com",)}),
    "wildcard over a permitted name": (NameConstraints(permitted_dns=(HOST,)), {"dns_names": ("*.example.com",)}),
    "everything permitted": (NameConstraints(permitted_dns=("",)), {}),
    "everything excluded": (NameConstraints(excluded_dns=("",)), {}),
}


def constrained() -> Iterator[Asked]:
    """Yield leaves and CAs against name constraints above them."""
    top, *_ = plain()
    for label, (constraints, changes) in _CONSTRAINED.items():
        middle = below(top, "NC", name_constraints=constraints)
        limited = root("NC Root", name_constraints=constraints)
        sub, dashed = below(limited, "Sub CA 1"), below(limited, "sub-ca")
        yield f"constraint: {label}", question([leaf(middle, **changes), middle], [top])
        yield f"root's constraint: {label}", question([leaf(limited, **changes)], [limited])
        yield f"root's constraint, two levels: {label}", question([leaf(sub, **changes), sub], [limited])
        yield f"root's constraint, a CA like a host: {label}", question([leaf(dashed, **changes), dashed], [limited])
    first = below(top, "NA", name_constraints=NameConstraints(permitted_dns=("example.com",)))
    for label, domain in (("narrower", HOST), ("disjoint", "other.test"), ("wider", "com")):
        second = below(first, "NB", name_constraints=NameConstraints(permitted_dns=(domain,)))
        yield f"two constraints, {label}", question([leaf(second), second, first], [top])
    for label, changes in {
        "mail permitted": {"extensions": (name_constraints([("rfc822Name", "example.com")]),)},
        "URI excluded": {"extensions": (name_constraints([], [("URI", "example.com")]),)},
        "network of three octets": {"extensions": (name_constraints([("iPAddress", b"\0" * 3)]),)},
        "mask with a hole": {"extensions": (name_constraints([("iPAddress", b"\0\0\0\0\xff\0\xff\0")]),)},
    }.items():
        middle = below(top, "NC", **changes)
        yield f"constraint: {label}", question([leaf(middle), middle], [top])


def long_chains() -> Iterator[Asked]:
    """Yield chains of up to 24 certificates, in order and not."""
    top, *_ = plain()
    sent: list[Authority] = []
    last = top
    for number in range(1, 24):
        last = below(last, f"N{number}", key=key("long"))
        sent.insert(0, last)
        if number in {4, 9, 15, 16, 23}:
            yield f"{number} intermediates", question([leaf(last), *sent], [top])
            yield f"{number} intermediates, reversed", question([leaf(last), *reversed(sent)], [top])


@cache
def matrix() -> Mapping[str, Question]:
    """Return all of them by name."""
    families = (anchors, cross_signs, authorities, leaves, presented, constrained, long_chains)
    return dict(asked for family in families for asked in family())


@cache
def limbo(directory: Path) -> Mapping[str, Question]:
    """Return x509-limbo's cases of servers by name, without those about revocation and about a bound on the depth."""
    found = {}
    for label, case in server_cases(directory).items():
        if case["crls"] or case["max_chain_depth"] is not None:
            continue
        sent = [item for text in (case["peer_certificate"], *case["untrusted_intermediates"]) for item in decoded(text)]
        trusted = dict.fromkeys(item for text in case["trusted_certs"] for item in decoded(text))
        moment = datetime.fromisoformat(case["validation_time"]) if case["validation_time"] else LIMBO_AT
        name = (case["expected_peer_name"] or {}).get("value")
        found[label] = replace(question(sent, tuple(trusted), name=name), at=moment)
    return found
