import re
from collections import defaultdict
from datetime import date

import certifi
import pytest

from anchorkeep import formats
from anchorkeep.judge import operators, signature
from anchorkeep.judge.operator_table import ROWS, SOURCES
from anchorkeep.judge.signature import Signature
from anchorkeep.model.certificate import Certificate

#: Roots of Mozilla's list that are in the table, at least: those whose operator their names do not tell, above all.
LISTED = 48


@pytest.fixture(scope="module")
def roots() -> dict[str, Certificate]:
    """Return Mozilla's list as the installed certifi has it, by fingerprint."""
    with open(certifi.where(), "rb") as file:  # noqa: PTH123 (a path of certifi's)
        store = formats.loads(file.read(), password=None, name="certifi")
    return {certificate.sha256.hex(): certificate for certificate in store.trusted}


def test_every_row_is_whole() -> None:
    """Each row is a SHA-256, an operator and a source that is there, dated and not of the future."""
    for fingerprint, (operator, source) in ROWS.items():
        assert re.fullmatch("[0-9a-f]{64}", fingerprint)
        assert operator.strip() == operator != ""
        assert SOURCES[source].dated <= date(2026, 11, 23)
        assert SOURCES[source].url.startswith("https://")


def test_rows_that_certifi_holds_are_roots(roots: dict[str, Certificate]) -> None:
    """Every row of the table that Mozilla's list has too is a self-signed CA; the table does not lose touch with the list."""
    held = [roots[fingerprint] for fingerprint in ROWS if fingerprint in roots]
    assert len(held) >= LISTED
    assert all(item.is_ca and item.is_self_issued and signature.check(item, item) is Signature.VALID for item in held)


def test_operators_whose_names_differ_are_united(roots: dict[str, Certificate]) -> None:
    """The table unites what O= divides, of the operators with most roots; that is what it is for."""
    names = defaultdict(set)
    for certificate in roots.values():
        found = operators.operator_of(certificate)
        if found.is_listed:
            names[found.name].add(operators.organization(certificate))
    assert names["DigiCert"] == {"DigiCert Inc", "DigiCert, Inc.", "QuoVadis Limited"}
    assert names["Amazon Trust Services"] == {"Amazon", "Starfield Technologies, Inc."}
    assert names["Deutsche Telekom Security GmbH"] == {"Deutsche Telekom Security GmbH", "T-Systems Enterprise Services GmbH"}
    assert names["Sectigo"] == {"COMODO CA Limited", "Sectigo Limited", "The USERTRUST Network"}
    assert names["Google Trust Services LLC"] == {"GlobalSign", "Google Trust Services LLC"}


def test_sold_root_is_not_its_sellers(roots: dict[str, Certificate]) -> None:
    """Starfield's services root is Amazon's and GlobalSign's R4 is Google's, though their names say otherwise."""
    by_title = {f"{item.title} {item.subject.get('2.5.4.11') or ''}".strip(): item for item in roots.values()}
    services = by_title["Starfield Services Root Certificate Authority - G2"]
    assert not operators.is_same(services, by_title["Starfield Root Certificate Authority - G2"])
    assert operators.is_same(services, by_title["Amazon Root CA 1"])
    sold = by_title["GlobalSign GlobalSign ECC Root CA - R4"]
    assert not operators.is_same(sold, by_title["GlobalSign GlobalSign ECC Root CA - R5"])
