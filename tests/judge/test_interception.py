from collections import Counter
from urllib.parse import urlsplit

import pytest

from anchorkeep.judge import interception
from anchorkeep.judge.interception import INSPECTORS, Inspector
from anchorkeep.mint import name as names
from anchorkeep.model import oid
from anchorkeep.model.name import Name
from tests.judge.conftest import HOST, below, inspect, leaf, pool, public, root

#: Names as they stand in public reports, and who they look like.
SEEN = {
    "Zscaler": (("C", "US"), ("ST", "California"), ("O", "Zscaler Inc."), ("CN", "Zscaler Intermediate Root CA (zscaler.net)")),
    "FortiGate": (("C", "US"), ("O", "Fortinet"), ("OU", "Certificate Authority"), ("CN", "FortiGate CA")),
    "a device of Fortinet": (("O", "Fortinet"), ("OU", "Certificate Authority"), ("CN", "FG100ETK18012345")),
    "Burp Suite": (("C", "PortSwigger"), ("O", "PortSwigger"), ("OU", "PortSwigger CA"), ("CN", "PortSwigger CA")),
    "Netskope": (("C", "IN"), ("O", "Example"), ("CN", "ca.example.goskope.com")),
    "Charles Proxy": (("O", "XK72 Ltd"), ("CN", "Charles Proxy CA (18 Sep 2024, L)")),
    "Kaspersky's antivirus programs": (("O", "AO Kaspersky Lab"), ("CN", "Kaspersky Anti-Virus Personal Root Certificate")),
    "Sophos": (("O", "Sophos"), ("CN", "Sophos SSL CA_C01001ABCDEF")),
    "mitmproxy": (("CN", "mitmproxy"), ("O", "mitmproxy")),
}
#: Names near those of the table, of others.
OTHERS = (
    (("C", "US"), ("O", "Cisco Systems"), ("CN", "Cisco Internal CA")),
    (("O", "PortSwigger"), ("CN", "Office CA")),
    (("O", "Example"), ("CN", "Zscaler Inc.")),
    (("O", "Let's Encrypt"), ("CN", "R11")),
    (),
)


def name(*pairs: tuple[str, str]) -> Name:
    """Return a name of attributes."""
    return names.build(*pairs)


@pytest.mark.parametrize("product", SEEN)
def test_product_is_recognized_by_the_name_of_its_ca(product: str) -> None:
    """A name as it was seen in public is taken for the product that gives it."""
    found = interception.recognize(name(*SEEN[product]))
    assert found is not None
    assert found.product == product


@pytest.mark.parametrize("pairs", OTHERS)
def test_others_are_not_recognized(pairs: tuple[tuple[str, str], ...]) -> None:
    """A name that has part of a mark, or has it in another attribute, is nobody's."""
    assert interception.recognize(name(*pairs)) is None


def test_name_that_cannot_be_read_is_nobodys() -> None:
    """Bytes that are no name are taken for no product."""
    assert interception.recognize(Name(b"\x30\x05")) is None


@pytest.mark.parametrize("row", INSPECTORS, ids=lambda row: row.product)
def test_row_has_a_source_and_can_be_met(row: Inspector) -> None:
    """Every row names a public page, looks at attributes that exist, and a name made of its marks leads to its product."""
    assert urlsplit(row.source).scheme == "https"
    assert {label for label, _ in row.marks} <= set(oid.ATTRIBUTES.values())
    found = interception.recognize(name(*row.marks))
    assert found is not None
    assert found.product == row.product


def test_no_row_stands_twice() -> None:
    """No two rows have the same marks."""
    assert max(Counter(row.marks for row in INSPECTORS).values()) == 1


ZSCALER = root(name(*SEEN["Zscaler"]))
IDS = ("interception-known-issuer", "interception-suspected")


def ids(findings: object) -> list[str]:
    """Return the findings of this room, the others left out."""
    return sorted({item.id for item in findings} & set(IDS))


def test_leaf_alone_tells_by_its_issuers_name() -> None:
    """A leaf whose issuer was not sent is enough: its issuer's name is in it."""
    findings = inspect([leaf(ZSCALER)])
    assert ids(findings) == ["interception-known-issuer"]
    (finding,) = [item for item in findings if item.id == "interception-known-issuer"]
    assert "looks like the CA of Zscaler" in finding.message
    assert "not a proof" in finding.message


def test_intermediate_of_an_inspector_tells_too() -> None:
    """The name of any issuer of the path counts, not that of the leaf's alone."""
    company = below(ZSCALER, "Company CA")
    sent = [leaf(company), company.certificate]
    assert ids(inspect(sent, pool(ZSCALER.certificate))) == list(IDS)


def test_public_root_is_not_suspected() -> None:
    """A path to a root of Mozilla's list is nobody's interception, whatever its issuers are called."""
    assert ids(inspect([leaf(ZSCALER)], public(ZSCALER.certificate))) == []


def test_inspectors_own_page_is_not_interception() -> None:
    """A self-signed certificate signs for nobody else: the device shows its own page."""
    own = root(name(*SEEN["FortiGate"]), dns_names=(HOST,))
    assert ids(inspect([own.certificate])) == []
