"""One entry of a store in a line: every kind has its word, and what cannot be read is said to be so."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from anchorkeep.cli import store_entry
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import (
    Entry,
    OtherEntry,
    OtherKind,
    PrivateKeyEntry,
    SecretKeyEntry,
    TrustedCertEntry,
    TrustStore,
)
from tests.data import stores as raw
from tests.peers import steady, stores
from tests.peers.command import run

ROOT = steady.make().root
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (TrustedCertEntry(certificate=ROOT, alias="a"), "trusted"),
        (TrustedCertEntry(certificate=ROOT, alias="a", is_visible_to_java=False), "certificate"),
        (TrustedCertEntry(certificate=ROOT), "certificate"),
        (TrustedCertEntry(certificate=ROOT, alias="a", is_distrusted=True), "rejected"),
        (PrivateKeyEntry(alias="a", chain=(ROOT,)), "key"),
        (SecretKeyEntry(alias="a"), "secret"),
        (OtherEntry(kind=OtherKind.CRL, data=b"crl"), "CRL"),
        (OtherEntry(kind=OtherKind.CTL, data=b"ctl"), "CTL"),
        (OtherEntry(kind=OtherKind.UNKNOWN, data=b"x"), "unknown"),
    ],
)
def test_every_kind_has_its_word(entry: Entry, kind: str) -> None:
    """Each kind of entry is called by a word, and has a row."""
    assert store_entry.kind(entry) == kind
    assert store_entry.row(entry, at=AT).kind == kind


def test_entry_without_certificate_has_no_days() -> None:
    """A secret key has neither subject nor days; what is neither is told by its size, and named by its own digest."""
    secret = store_entry.row(SecretKeyEntry(alias="aes"), at=AT)
    assert (secret.alias, secret.subject, secret.left, secret.digest) == ("aes", "", "", "")
    other = store_entry.row(OtherEntry(kind=OtherKind.CRL, data=b"crl"), at=AT)
    assert (other.alias, other.subject, other.left, other.digest) == ("-", "3 octets", "", sha256(b"crl").hexdigest())


def test_empty_alias_is_seen() -> None:
    """An alias of no characters is not taken for none, nor for an empty cell."""
    assert [store_entry.alias(SecretKeyEntry(alias=name)) for name in ("", None, "a")] == ["''", "-", "a"]


def test_key_without_certificate_is_a_key() -> None:
    """A private key without a chain is listed as one."""
    row = store_entry.row(PrivateKeyEntry(alias="lone", chain=()), at=AT)
    assert (row.kind, row.left, row.digest) == ("key", "", "")


def test_days_are_counted_to_the_end() -> None:
    """Days left are whole days, negative once a certificate is over; before its time it is not yet valid."""
    entry = TrustedCertEntry(certificate=ROOT)
    end = ROOT.not_after
    rows = [store_entry.row(entry, at=at) for at in (end - timedelta(days=14), end, end + timedelta(seconds=1))]
    assert [(row.left, row.is_near, row.is_bad) for row in rows] == [
        ("14 d", True, False),
        ("0 d", True, False),
        ("-1 d", False, True),
    ]
    early = store_entry.row(entry, at=ROOT.not_before - timedelta(seconds=1))
    assert (early.left, early.is_bad) == ("not yet", True)


def test_certificate_that_cannot_be_read_is_listed() -> None:
    """What is no certificate inside is listed with its fingerprint, and nothing is guessed."""
    row = store_entry.row(TrustedCertEntry(certificate=Certificate(b"\x30\x00"), alias="odd"), at=AT)
    assert (row.left, row.is_bad, row.digest) == ("?", False, sha256(b"\x30\x00").hexdigest())


@pytest.mark.parametrize(("number", "text"), [(0, "JKS, 0 entries"), (1, "JKS, 1 entry"), (1000, "JKS, 1,000 entries")])
def test_store_is_described(number: int, text: str) -> None:
    """A store is its format and how many entries it has."""
    store = TrustStore(format="jks", entries=(TrustedCertEntry(certificate=ROOT),) * number)
    assert store_entry.described(store) == text


@pytest.mark.parametrize("command", ["list", "show", "verify"])
def test_what_is_no_certificate_is_shown_too(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that holds a revocation list, something unreadable and a certificate is shown whole, on screens and as JSON."""
    monkeypatch.chdir(tmp_path)
    elements = (raw.sst_element(33, raw.crl()), raw.sst_element(32, b"\x30\x00"), raw.sst_element(32, ROOT.der))
    (tmp_path / "store.sst").write_bytes(raw.sst(*elements))
    codes = {run("store", command, "store.sst", "--at", stores.AT, *words).code for words in ((), ("--json",))}
    assert codes <= {0, 1}
    assert command == "verify" or "Steady Root R1" in run("store", command, "store.sst", "--at", stores.AT).out
