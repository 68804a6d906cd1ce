import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID

from anchorkeep.model import oid
from anchorkeep.tlv import writer

TABLES = [
    oid.ATTRIBUTES,
    oid.EXTENSIONS,
    oid.PURPOSES,
    oid.ACCESS_METHODS,
    oid.POLICIES,
    oid.SIGNATURES,
    oid.HASHES,
    oid.FIXED_KEYS,
    oid.CURVES,
]


@pytest.mark.parametrize("table", TABLES)
def test_identifiers_are_identifiers(table: dict[str, object]) -> None:
    """Every identifier in a table can be encoded, and no two have the same meaning."""
    for dotted in table:
        writer.oid(dotted)
    assert len({str(meaning) for meaning in table.values()}) == len(table)


def test_names_of_others_agree() -> None:
    """Signature algorithms and purposes bear the names that `cryptography` knows them by."""
    theirs = {
        item.dotted_string: item._name
        for known in (SignatureAlgorithmOID, ExtendedKeyUsageOID)
        for item in vars(known).values()
        if isinstance(item, x509.ObjectIdentifier) and item._name != "Unknown OID"
    }
    ours = {dotted: entry[0] for dotted, entry in oid.SIGNATURES.items()} | oid.PURPOSES
    common = ours.keys() & theirs.keys()
    assert len(common) > 20
    # RFC 8017 calls it RSASSA-PSS in prose and id-RSASSA-PSS in ASN.1; `cryptography` calls it rsassaPss.
    differing = {dotted for dotted in common if ours[dotted].lower() != theirs[dotted].lower()}
    assert differing == {oid.RSASSA_PSS}
