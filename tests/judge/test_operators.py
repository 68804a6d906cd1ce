import hashlib
from datetime import date

import pytest

from anchorkeep.judge import operators
from anchorkeep.judge.operator_table import Reference
from anchorkeep.judge.operators import Operator
from anchorkeep.mint import Authority
from anchorkeep.mint import name as names
from anchorkeep.model.certificate import Certificate
from tests.judge.conftest import root

BROKEN = Certificate(b"\x30\x00")


def of(organization: str, number: int = 1) -> Authority:
    """Return a root whose subject names an organization."""
    return root(names.build(("O", organization), ("CN", f"Root {number}")))


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, str]]:
    """Put an empty table in the place of the real one."""
    rows: dict[str, tuple[str, str]] = {}
    monkeypatch.setattr(operators, "ROWS", rows)
    source = Reference(name="a source", dated=date(2026, 1, 2), url="https://example.com/")
    monkeypatch.setattr(operators, "SOURCES", {"source": source})
    return rows


def listed(table: dict[str, tuple[str, str]], root: Authority, operator: str) -> Certificate:
    """Put a root into the table and return its certificate."""
    table[root.certificate.sha256.hex()] = (operator, "source")
    return root.certificate


def test_listed_root_is_its_operators(table: dict[str, tuple[str, str]]) -> None:
    """The table says who operates a root, with its source, whatever the certificate says."""
    found = operators.operator_of(listed(table, of("Old Name Ltd"), "New Owner"))
    assert found == Operator(name="New Owner", source="a source", dated=date(2026, 1, 2), is_listed=True)


@pytest.mark.usefixtures("table")
def test_root_that_is_not_listed_counts_as_its_organizations() -> None:
    """Without a row the certificate's own O= is the name, and is_listed says that it is no more than that."""
    assert operators.operator_of(of("Old Name Ltd").certificate) == Operator(name="Old Name Ltd")


@pytest.mark.parametrize("certificate", [BROKEN, root("No organization").certificate], ids=["broken", "none"])
def test_root_without_an_organization_has_no_operator(certificate: Certificate) -> None:
    """Where there is no O= to be read the name is empty."""
    assert operators.operator_of(certificate) == Operator(name="")


def test_two_listed_roots_are_one_operators_by_the_table_alone(table: dict[str, tuple[str, str]]) -> None:
    """Another O= divides no operator that the table unites, and an equal one unites none that it divides."""
    first, other = listed(table, of("One Inc"), "One"), listed(table, of("One, Inc."), "One")
    sold = listed(table, of("One Inc", 2), "Two")
    assert operators.is_same(first, other)
    assert not operators.is_same(first, sold)


def test_root_that_is_not_listed_goes_by_an_equal_organization(table: dict[str, tuple[str, str]]) -> None:
    """A root without a row is the operator's whose root has the same O=, to the character."""
    first, other = listed(table, of("One Inc"), "One"), of("One Inc", 2).certificate
    assert operators.is_same(first, other)
    assert not operators.is_same(first, of("One Inc.").certificate)


def test_roots_without_an_organization_are_nobodys() -> None:
    """Two names without O= are not equal in it."""
    assert not operators.is_same(root("One").certificate, root("Two").certificate)
    assert not operators.is_same(BROKEN, Certificate(hashlib.sha256(b"").digest()))
