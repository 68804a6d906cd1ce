from datetime import UTC, datetime, timedelta

from anchorkeep.actions import readmission, roots
from anchorkeep.actions.readmission import Doubt
from anchorkeep.actions.roots import Places
from anchorkeep.host.ledger import Ledger, Record
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import KeyForm, PrivateKeyEntry, ProtectedKey, TrustedCertEntry, TrustStore
from tests.data import stores

ONE, TWO = stores.certificate("one"), stores.certificate("two")
AT = ONE.not_before + timedelta(days=1)


def entry(certificate: Certificate, **said: bool) -> TrustedCertEntry:
    """Return an entry with a certificate."""
    return TrustedCertEntry(certificate=certificate, alias="a", **said)


def reasons(*returning: object, now: TrustStore | None = None, at: datetime = AT, ledger: Ledger | None = None) -> list[str]:
    """Return why what comes back is doubted."""
    found = readmission.doubts(returning, now=now, at=at, ledger=ledger or Ledger())  # type: ignore[arg-type]
    return [item.reason for item in found]


def taken(certificate: Certificate, verdict: str) -> Ledger:
    """Return a ledger of one certificate, added on somebody's word."""
    record = Record(
        sha256=certificate.sha256, targets=("a",), strategy="root", verdict=verdict, moment=datetime(2026, 1, 1, tzinfo=UTC)
    )
    return Ledger(records=(record,))


def test_anchor_that_is_as_it_was_comes_back() -> None:
    """What is valid, rejected by nobody and was never public needs no word."""
    assert reasons(entry(ONE), entry(TWO)) == []


def test_expired_anchor_is_doubted_once() -> None:
    """A certificate that is over is doubted from the second after its last one on, once however often it comes back."""
    assert reasons(entry(ONE), entry(ONE), at=ONE.not_after) == []
    (reason,) = reasons(entry(ONE), entry(ONE), at=ONE.not_after + timedelta(seconds=1))
    assert reason.startswith("it expired on")


def test_anchor_that_the_store_rejects_now_is_doubted() -> None:
    """A certificate that the store has come to reject is not taken back silently."""
    now = TrustStore(format="pem", entries=(entry(ONE, is_distrusted=True),))
    assert reasons(entry(ONE), now=now) == ["the store as it is now rejects it."]


def test_root_that_left_mozillas_list_is_doubted() -> None:
    """A root that was taken since it was of Mozilla's list, and is not of it now, is doubted; one that a person took is not."""
    assert reasons(entry(ONE), ledger=taken(ONE, "public-root")) == [
        "it was taken as a root of Mozilla's list, and is not of it any more."
    ]
    assert reasons(entry(ONE), ledger=taken(ONE, "accepted")) == []
    listed = roots.gather(Places(java=False, system=False)).pool.certificates[0]
    assert reasons(entry(listed), at=listed.not_before + timedelta(days=1), ledger=taken(listed, "public-root")) == []


def test_what_is_no_anchor_is_not_doubted() -> None:
    """What Java does not see, what the file rejects, and a key's chain are trusted by nobody when they come back."""
    late = ONE.not_after + timedelta(days=1)
    key = PrivateKeyEntry(alias="k", chain=(ONE,), key=ProtectedKey(form=KeyForm.PLAIN, data=b"key"))
    assert reasons(entry(ONE, is_visible_to_java=False), entry(ONE, is_distrusted=True), key, at=late) == []


def test_accepted_anchor_is_not_doubted() -> None:
    """The fingerprint of the very certificate lets it come back, another one does not."""
    late = max(ONE.not_after, TWO.not_after) + timedelta(days=1)
    found = readmission.doubts([entry(ONE), entry(TWO)], now=None, at=late, ledger=Ledger(), accepted={ONE.sha256})
    assert [item.certificate for item in found] == [TWO]


def test_refusal_names_every_fingerprint() -> None:
    """The first certificate is named, the others are counted, and the remedy says what to give for each."""
    error = readmission.refusal([Doubt(certificate=ONE, reason="it is over."), Doubt(certificate=TWO, reason="it is over.")])
    assert f"{ONE.title}: it is over." in error.message
    assert "1 more certificate" in error.message
    for certificate in (ONE, TWO):
        assert f"--accept-fingerprint {certificate.sha256.hex()}" in error.remedy
