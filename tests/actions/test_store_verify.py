from datetime import UTC, datetime
from pathlib import Path

import pytest

from anchorkeep.actions import store_verify
from anchorkeep.errors import StoreIntegrityError
from anchorkeep.model.finding import Severity
from anchorkeep.model.java import every
from tests.data import stores
from tests.peers.terms import NOW

ONE = stores.certificate("one")


def test_sound_store_is_opened_by_every_java(tmp_path: Path) -> None:
    """A JKS store without oddities is opened by every Java, and nothing is said of it."""
    (tmp_path / "store").write_bytes(stores.jks(stores.jks_trusted("one", ONE)))
    found = store_verify.verify(tmp_path / "store", at=NOW)
    assert [item.opens for item in found.openings] == [True] * 7
    assert found.findings == ()
    assert found.opened.store.trusted == (ONE,)


def test_findings_of_store_and_certificates_are_together(tmp_path: Path) -> None:
    """What is wrong with a store and what is wrong with a certificate in it are said in one list, the worst first."""
    odd = stores.certificate("a\x1b[31mb", serial=2)
    data = stores.jks(stores.jks_trusted("High", odd), stores.jks_trusted("one", ONE))
    (tmp_path / "store").write_bytes(data)
    late = store_verify.verify(tmp_path / "store", at=datetime(2030, 1, 1, tzinfo=UTC))
    assert [item.id for item in late.findings] == ["alias-upper-case", "entry-expired", "hostile-name"]
    assert [item.severity for item in late.findings] == [Severity.ERROR, Severity.WARNING, Severity.WARNING]


def test_named_runtime_is_judged_alone(tmp_path: Path) -> None:
    """For a runtime that was named it is an error that it does not open the store, and no other is spoken of."""
    bag = stores.cert_bag(ONE, stores.friendly_name("one"), stores.trusted_key_usage())
    (tmp_path / "store").write_bytes(stores.pfx(stores.encrypted_part(bag)))
    found = store_verify.verify(tmp_path / "store", at=NOW, java=every(11))
    assert [(item.java.label, item.opens) for item in found.openings] == [("java11", False)]
    assert [(item.id, item.severity) for item in found.findings] == [("store-not-opened", Severity.ERROR)]
    assert store_verify.verify(tmp_path / "store", at=NOW, java=every(17)).findings == ()


def test_wrong_password_is_an_error(tmp_path: Path) -> None:
    """A password that does not open the store is no finding but an error; without one the integrity is not checked."""
    (tmp_path / "store").write_bytes(stores.jks(stores.jks_trusted("one", ONE), password="s3cret"))
    with pytest.raises(StoreIntegrityError):
        store_verify.verify(tmp_path / "store", password="other", at=NOW)
    assert [item.id for item in store_verify.verify(tmp_path / "store", at=NOW).findings] == ["integrity-not-checked"]
    assert store_verify.verify(tmp_path / "store", password="s3cret", at=NOW).findings == ()
