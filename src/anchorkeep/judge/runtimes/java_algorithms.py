"""
Algorithms and keys that Java has switched off: `jdk.certpath.disabledAlgorithms` and `jdk.tls.disabledAlgorithms`.

The grammar is that of the comments in `java.security`: names, each with constraints joined by `&`: `keySize < 1024`, `jdkCA`,
`usage TLSServer`, `denyAfter 2026-01-31`. A name hits the signature algorithm, one of its parts (`SHA1` in `SHA1withRSA`), the
key's algorithm or its curve. In the second property, as measured, `usage` and `jdkCA` make an entry hit no certificate, and with
`denyAfter` it hits keys alone. What cannot be read switches nothing off here, and is told by `unread`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from anchorkeep.model import oid
from anchorkeep.model.verdict import Kind, Reason
from anchorkeep.text import visible

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.runtime import JavaRuntime

_SIZE = re.compile(r"keysize\s*(<=|<|==|!=|>=|>)\s*([0-9]{1,9})")
_DATE = re.compile(r"denyafter\s+([0-9]{4})-([0-9]{2})-([0-9]{2})")
_COMPARE = {
    "<": int.__lt__,
    "<=": int.__le__,
    "==": int.__eq__,
    "!=": int.__ne__,
    ">=": int.__ge__,
    ">": int.__gt__,
}
_MAX_PROPERTY = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    One entry of a property.

    Attributes:
        name: of the algorithm or curve, in lower case.
        size: the comparison and the bits for which a key is switched off, None where the size does not count.
        is_for_jdk_cas: whether only paths that end in one of the JDK's roots are meant.
        usages: for which alone it holds, in lower case; empty for all.
        after: the midnight (UTC) from which on it holds, None for always.
        text: the entry as it stands.
    """

    name: str
    size: tuple[str, int] | None = None
    is_for_jdk_cas: bool = False
    usages: frozenset[str] = frozenset()
    after: datetime | None = None
    text: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether it is a name without any constraint."""
        return self.size is None and self.after is None and not self.usages and not self.is_for_jdk_cas

    @property
    def is_for_servers(self) -> bool:
        """Whether it holds for certificates of TLS servers."""
        return not self.usages or "tlsserver" in self.usages

    def holds(self, at: datetime, *, is_jdk_ca: bool) -> bool:
        """Whether it holds at a moment, for a path that ends in one of the JDK's roots or in another."""
        return (is_jdk_ca or not self.is_for_jdk_cas) and (self.after is None or at >= self.after)


@lru_cache(maxsize=64)
def rules(text: str) -> tuple[Rule, ...]:
    """Return the entries of a property that can be read."""
    return tuple(rule for rule in map(_rule, _entries(text)) if rule is not None)


def unread(text: str) -> tuple[str, ...]:
    """Return the entries of a property that cannot be read; an `include` is one, unless it was followed before."""
    return tuple(entry for entry in _entries(text) if _rule(entry) is None)


def _entries(text: str) -> list[str]:
    parts = (part.strip() for part in text[:_MAX_PROPERTY].strip().strip('"').split(","))
    return [part for part in parts if part]


def _rule(entry: str) -> Rule | None:
    name, _, rest = (entry, "", "") if entry.lower().startswith("x9.62 ") else entry.partition(" ")
    if name.lower() == "include":
        return None
    size, is_for_jdk_cas, usages, after = None, False, frozenset[str](), None
    for part in filter(None, (part.strip().lower() for part in rest.split("&"))):
        if found := _SIZE.fullmatch(part):
            size = found[1], int(found[2])
        elif part == "jdkca":
            is_for_jdk_cas = True
        elif part.startswith("usage "):
            usages = frozenset(part.split()[1:])
        elif (found := _DATE.fullmatch(part)) and (after := _midnight(found)) is not None:
            continue
        else:
            return None
    return Rule(name=name.lower(), size=size, is_for_jdk_cas=is_for_jdk_cas, usages=usages, after=after, text=entry)


def _midnight(found: re.Match[str]) -> datetime | None:
    try:
        return datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
    except ValueError:
        return None


def problem(certificate: Certificate, runtime: JavaRuntime, at: datetime, *, is_jdk_ca: bool) -> Reason | None:
    """
    Return why the signature or the key of a certificate below the anchor is switched off.

    Args:
        certificate: any of the path but the anchor.
        runtime: whose properties count.
        at: the moment that is judged for, aware.
        is_jdk_ca: whether the path ends in one of the roots that the runtime's own store marks as the JDK's.

    Raises:
        CertificateError: a field cannot be read.
    """
    found = _hits(certificate, runtime.certpath_disabled, runtime.tls_disabled)
    rule = next((rule for rule in found if rule.holds(at, is_jdk_ca=is_jdk_ca)), None)
    if rule is None:
        return None
    message = f"Java has switched off what it is signed with or its key ({visible(rule.text, limit=200)})."
    return Reason(kind=Kind.WEAK, message=message, certificate=certificate)


def anchor_problem(anchor: Certificate, runtime: JavaRuntime, at: datetime) -> Reason | None:
    """
    Return why the key of a trusted certificate is switched off; what it is signed with does not count.

    Raises:
        CertificateError: the key cannot be read.
    """
    found = _key_hits(anchor, runtime.certpath_disabled, runtime.tls_disabled)
    rule = next((rule for rule in found if rule.holds(at, is_jdk_ca=anchor.sha256 in runtime.jdk_cas)), None)
    if rule is None:
        return None
    message = f"Java has switched off its key ({visible(rule.text, limit=200)})."
    return Reason(kind=Kind.WEAK, message=message, certificate=anchor)


@lru_cache(maxsize=4096)
def _hits(certificate: Certificate, certpath: str, tls: str) -> tuple[Rule, ...]:
    names = _signature_names(certificate)
    found = [rule for rule in rules(certpath) if rule.is_for_servers and rule.size is None and rule.name in names]
    found += [rule for rule in rules(tls) if rule.is_plain and rule.name in names]
    return (*found, *_key_hits(certificate, certpath, tls))


@lru_cache(maxsize=4096)
def _key_hits(certificate: Certificate, certpath: str, tls: str) -> tuple[Rule, ...]:
    names, bits = _key_names(certificate), certificate.public_key.bits
    found = [rule for rule in rules(certpath) if rule.is_for_servers]
    found += [rule for rule in rules(tls) if not rule.usages and not rule.is_for_jdk_cas]
    return tuple(
        rule for rule in found if rule.name in names and (rule.size is None or _COMPARE[rule.size[0]](bits, rule.size[1]))
    )


def _key_names(certificate: Certificate) -> frozenset[str]:
    key = certificate.public_key
    algorithm = key.algorithm.lower()
    return frozenset({algorithm, key.label.lower().removeprefix("ec ")} | _CURVE_NAMES.get(key.label, frozenset()))


#: Curves by our label, as the properties name them.
_CURVE_NAMES = {
    "EC P-192": frozenset({"secp192r1"}),
    "EC P-224": frozenset({"secp224r1"}),
    "EC P-256": frozenset({"secp256r1"}),
    "EC P-384": frozenset({"secp384r1"}),
    "EC P-521": frozenset({"secp521r1"}),
}


def _signature_names(certificate: Certificate) -> frozenset[str]:
    """Return what a signature algorithm is called: whole and by its parts, in lower case."""
    digest = certificate.signature_hash
    if certificate.signature_algorithm == oid.RSASSA_PSS:
        return frozenset({"rsassa-pss", *_digest_names(digest)})
    family = oid.SIGNATURES.get(certificate.signature_algorithm, ("", None, ""))[2]
    name = "ecdsa" if family == "EC" else family.lower()
    whole = f"{(digest or '').replace('-', '')}with{name}" if digest else name
    return frozenset({whole, name, *_digest_names(digest)})


def _digest_names(digest: str | None) -> frozenset[str]:
    if digest is None:
        return frozenset()
    return frozenset({digest, digest.replace("sha", "sha-")} if digest.startswith("sha") else {digest})
