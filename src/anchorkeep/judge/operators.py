"""
Who operates a root: from a table where it is listed, else by the organization that its subject names.

Names in certificates do not say who operates a root: companies are bought, and one company writes its name in several ways.
The table says it by fingerprint, with the source and its day. Where a root is not listed its O= is taken and `is_listed` is
false: say so to whoever relies on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anchorkeep.errors import CertificateError, TLVError
from anchorkeep.judge.operator_table import ROWS, SOURCES

if TYPE_CHECKING:
    from datetime import date

    from anchorkeep.model.certificate import Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """
    Who operates a root.

    Attributes:
        name: the operator; of a root that is not listed its O=, empty where it has none. Text from outside: show it by `visible`.
        source: where the table has it from, empty where the root is not listed.
        dated: the day of the source, None where the root is not listed.
        is_listed: whether the table has the root, so that the name is more than the certificate's own word.
    """

    name: str
    source: str = ""
    dated: date | None = None
    is_listed: bool = False


def operator_of(root: Certificate) -> Operator:
    """Return who operates a root, by its SHA-256; a root that is not listed counts as its organization's."""
    row = ROWS.get(root.sha256.hex())
    if row is None:
        return Operator(name=organization(root))
    name, source = row
    return Operator(name=name, source=SOURCES[source].name, dated=SOURCES[source].dated, is_listed=True)


def organization(certificate: Certificate) -> str:
    """Return the subject's O= as it stands, empty where it has none or cannot be read."""
    try:
        return certificate.subject.organization or ""
    except (CertificateError, TLVError):
        return ""


def is_same(root: Certificate, other: Certificate) -> bool:
    """
    Whether two roots count as one operator's: the table says so of both, or one is not in it and their O= are equal.

    An O= that is empty or cannot be read is equal to none.
    """
    first, second = operator_of(root), operator_of(other)
    if first.is_listed and second.is_listed:
        return first.name == second.name
    name = organization(root)
    return bool(name) and name == organization(other)
