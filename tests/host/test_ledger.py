from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from anchorkeep.errors import FileError, InputError, RefusedError
from anchorkeep.host import ledger
from anchorkeep.host.ledger import Ledger, Record
from tests.data import stores

ONE, TWO = stores.certificate("one"), stores.certificate("two")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def record(sha256: bytes = ONE.sha256, *targets: str) -> Record:
    """Return a record of a certificate and the services that it was added for."""
    return Record(sha256=sha256, targets=targets or ("a:443",), strategy="root", verdict="accepted", moment=NOW, is_unproved=True)


def test_ledger_is_read_as_it_was_written(tmp_path: Path) -> None:
    """What was written comes back, of that store alone, and a store without a ledger has an empty one."""
    kept = Ledger(records=(record(), replace(record(TWO.sha256, "b:443", "c\n:1"), alias="two")))
    ledger.write(tmp_path / "state", tmp_path / "store", kept)
    assert ledger.read(tmp_path / "state", tmp_path / "store") == kept
    assert ledger.read(tmp_path / "state", tmp_path / "other") == Ledger()
    assert ledger.read(tmp_path / "none", tmp_path / "store") == Ledger()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"format": "anchorkeep-trust-ledger"}',
        b'{"format": "anchorkeep-trust-ledger", "version": 1, "anchors": [{"sha256": "aa"}]}',
        b'{"format": "anchorkeep-trust-ledger", "version": 1, "anchors": 7}',
        b"[" * 100_000,
    ],
)
def test_damaged_ledger_is_refused(data: bytes) -> None:
    """What is no ledger is an error that names it, and not an empty ledger."""
    with pytest.raises(InputError, match="The ledger x"):
        ledger.loads(data, name="x")


def test_ledger_of_another_version_is_refused() -> None:
    """A ledger of a later version is not guessed at."""
    data = ledger.dumps(Ledger()).replace(b'"version": 1', b'"version": 2')
    with pytest.raises(InputError, match="version 2, expected 1"):
        ledger.loads(data, name="x")


def test_state_that_others_may_write_is_refused(tmp_path: Path) -> None:
    """Whoever writes the ledger says what `--prune` removes, so nobody else may."""
    ledger.write(tmp_path / "state", tmp_path / "store", Ledger(records=(record(),)))
    (tmp_path / "state").chmod(0o777)
    with pytest.raises(RefusedError, match="may be written by others"):
        ledger.read(tmp_path / "state", tmp_path / "store")


def test_stale_is_what_no_service_needs() -> None:
    """Stale is what was added for the services seen alone and none of them needs; what another one uses stays."""
    own, shared = record(ONE.sha256, "a:443"), record(TWO.sha256, "a:443", "b:443")
    kept = Ledger(records=(own, shared))
    assert kept.stale(["a:443"], set()) == (own,)
    assert kept.stale(["a:443"], {ONE.sha256}) == ()
    assert kept.stale(["a:443", "b:443"], set()) == (own, shared)
    assert kept.stale([], set()) == ()


def test_services_of_an_anchor_follow_what_was_seen() -> None:
    """A service that uses an anchor is noted with it, one that no longer does is taken off; the last ones are kept."""
    kept = Ledger(records=(record(ONE.sha256, "a:443", "b:443"),))
    (more,) = kept.noted([], used={ONE.sha256: ("a:443", "c:443")}, seen=["a:443", "c:443"], held=[]).records
    assert more.targets == ("b:443", "a:443", "c:443")
    (less,) = kept.noted([], used={}, seen=["a:443"], held=[]).records
    assert less.targets == ("b:443",)
    (last,) = kept.noted([], used={}, seen=["a:443", "b:443"], held=[]).records
    assert last.targets == ("a:443", "b:443")
    assert kept.noted([record(ONE.sha256, "z:443")], used={}, seen=[], held=[]).records == (record(ONE.sha256, "z:443"),)


def test_ledger_keeps_what_the_store_lost_until_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an undo may bring back stays noted; beyond the bound it goes before what the store holds, the oldest first."""
    three = stores.certificate("three")
    kept = Ledger(records=(record(TWO.sha256), record(ONE.sha256)))
    assert kept.noted([], used={}, seen=[], held=[TWO.sha256]) == kept
    monkeypatch.setattr(ledger, "MAX_RECORDS", 2)
    full = kept.noted([record(three.sha256)], used={}, seen=[], held=[TWO.sha256, three.sha256])
    assert [item.sha256 for item in full.records] == [TWO.sha256, three.sha256]
    full = kept.noted([record(three.sha256)], used={}, seen=[], held=[ONE.sha256, TWO.sha256, three.sha256])
    assert [item.sha256 for item in full.records] == [ONE.sha256, three.sha256]


def test_ledger_that_nobody_would_read_again_is_not_written(tmp_path: Path) -> None:
    """A ledger beyond the bound for reading is refused, and the one from before stays."""
    kept = Ledger(records=(record(),))
    ledger.write(tmp_path / "state", tmp_path / "store", kept)
    with pytest.raises(FileError, match="over the 16,777,216 that are read"):
        ledger.write(tmp_path / "state", tmp_path / "store", Ledger(records=(record(ONE.sha256, "a" * 17_000_000),)))
    assert ledger.read(tmp_path / "state", tmp_path / "store") == kept
