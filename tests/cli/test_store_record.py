"""Stores as JSON: what an entry says, and that nothing secret is in it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from anchorkeep.actions.store import Opened, Origin
from anchorkeep.cli import store_record
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import (
    Entry,
    KeyForm,
    OtherEntry,
    OtherKind,
    PrivateKeyEntry,
    ProtectedKey,
    SecretKeyEntry,
    TrustedCertEntry,
    TrustStore,
)
from tests.peers import schemas, steady

PKI = steady.make()
MADE = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
KEY = ProtectedKey(form=KeyForm.PLAIN, data=b"the key itself")


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (TrustedCertEntry(certificate=PKI.root, alias="a", created=MADE), "certificate"),
        (TrustedCertEntry(certificate=Certificate(b"\x30\x00")), "certificate"),
        (PrivateKeyEntry(alias="a", chain=(PKI.leaf, PKI.intermediate), created=MADE, key=KEY), "private-key"),
        (PrivateKeyEntry(alias=None, chain=()), "private-key"),
        (SecretKeyEntry(alias="a", created=MADE), "secret-key"),
        (OtherEntry(kind=OtherKind.CRL, data=b"crl"), "revocation-list"),
        (OtherEntry(kind=OtherKind.CTL, data=b"ctl"), "trust-list"),
        (OtherEntry(kind=OtherKind.UNKNOWN, data=b"x", alias="a"), "unknown"),
    ],
)
def test_every_kind_keeps_the_schema(entry: Entry, kind: str) -> None:
    """An entry of each kind is what the schema says, and names its kind."""
    store = TrustStore(format="pkcs12", entries=(entry,))
    opened = Opened(path=Path("a.p12"), store=store, password="hidden", origin=Origin.GIVEN)
    document = store_record.stores([opened], at=MADE)
    schemas.validate(document)
    assert document["stores"][0]["entries"][0]["kind"] == kind


def test_rejected_certificate_says_so() -> None:
    """A certificate that its file rejects for TLS servers says so; any other says that it is not rejected."""
    entry = TrustedCertEntry(certificate=PKI.root, is_distrusted=True)
    assert store_record.entry(entry)["is_distrusted"] is True
    assert store_record.entry(replace(entry, is_distrusted=False))["is_distrusted"] is False


def test_key_and_password_are_not_in_it() -> None:
    """Neither a private key nor the password that opened the store is in a document."""
    store = TrustStore(format="jks", entries=(PrivateKeyEntry(alias="a", chain=(PKI.leaf,), key=KEY),))
    opened = Opened(path=Path("a.jks"), store=store, password="hidden", origin=Origin.GIVEN)
    text = str(store_record.stores([opened], at=MADE))
    assert not [word for word in ("hidden", "the key itself", KEY.data.hex()) if word in text]


def test_certificates_are_told_without_their_bytes() -> None:
    """A certificate is told by names, dates and fingerprints; its bytes are in the store."""
    record = store_record.entry(TrustedCertEntry(certificate=PKI.root))
    assert record["certificates"][0]["sha256"] == PKI.root.sha256.hex()
    assert "der" not in record["certificates"][0]
