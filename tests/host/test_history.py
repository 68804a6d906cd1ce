import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.errors import InputError, UsageError
from anchorkeep.host import history
from anchorkeep.host.history import MAX_CHANGES, MAX_CHARACTERS, MAX_LINES, Change, History

PATH = Path("/etc/trust.jks")
MOMENT = datetime(2026, 11, 23, 12, 30, 15, 123_456, tzinfo=UTC)

hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)
changes = st.builds(
    Change,
    id=st.integers(1),
    moment=st.datetimes(timezones=st.just(UTC)),
    command=st.lists(st.text(), max_size=3).map(tuple),
    summary=st.lists(st.text(), max_size=3).map(tuple),
    before=st.none() | hashes,
    after=hashes,
)


def sha256(number: int) -> str:
    """Return a hash of our own making."""
    return f"{number:064x}"


def change(number: int) -> Change:
    """Return the change that leads to content `number`."""
    before = sha256(number - 1) if number > 1 else None
    return Change(id=number, moment=MOMENT, command=("store", "add"), summary=(), before=before, after=sha256(number))


def recorded(count: int) -> History:
    """Return a history of so many changes."""
    return History(path=PATH, changes=tuple(map(change, range(1, count + 1))))


def document() -> dict[str, Any]:
    """Return a history's JSON."""
    parsed: dict[str, Any] = json.loads(history.dumps(recorded(2)))
    return parsed


@given(st.lists(changes, max_size=3).map(tuple), st.text().map(Path))
def test_history_round_trip(made: tuple[Change, ...], path: Path) -> None:
    """What is written is read again the same, whatever its texts hold."""
    written = History(path=path, changes=made)
    assert history.loads(history.dumps(written), name="history.json") == written


def test_path_that_is_no_text_round_trips() -> None:
    """A path of octets that are no UTF-8 is kept."""
    written = History(path=Path("/a\udcff"), changes=())
    assert history.loads(history.dumps(written), name="") == written


def test_moment_is_kept_in_utc() -> None:
    """A moment of another zone is the same moment in UTC."""
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=5)))
    written = recorded(0).with_change(Change(id=1, moment=elsewhere, command=(), summary=(), before=None, after=sha256(1)))
    assert history.loads(history.dumps(written), name="").changes[0].moment.isoformat() == MOMENT.isoformat()


@pytest.mark.parametrize("key", ["id", "moment", "command", "summary", "before", "after"])
@pytest.mark.parametrize("value", [{}, [[]], "x", 1.5, None, -1, 10**400, "../" * 30])
def test_damaged_change_is_an_error_or_a_value(key: str, value: object) -> None:
    """A change with a wrong value is refused, or read as a change; and no hash that is none becomes the name of a file."""
    written = document()
    written["changes"][1][key] = value
    try:
        found = history.loads(json.dumps(written).encode(), name="history.json")
    except InputError:
        return
    assert all(len(item.after) == 64 and (item.before is None or len(item.before) == 64) for item in found.changes)


@pytest.mark.parametrize("key", ["format", "version", "path", "changes"])
def test_history_without_a_part_is_refused(key: str) -> None:
    """A history without one of its parts is damaged."""
    written = document()
    del written[key]
    with pytest.raises(InputError, match=r"history\.json is damaged"):
        history.loads(json.dumps(written).encode(), name="history.json")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"1", b"null", b"\xff", b"[" * 100_000, b'{"format": "other", "version": 1}'])
def test_what_is_no_history_is_refused(data: bytes) -> None:
    """Other JSON, and what is none, is damaged."""
    with pytest.raises(InputError, match="is damaged"):
        history.loads(data, name="history.json")


def test_truncated_history_is_refused() -> None:
    """A history that ends anywhere before its end is damaged."""
    data = history.dumps(recorded(2))
    for length in range(len(data)):
        with pytest.raises(InputError):
            history.loads(data[:length], name="history.json")


def test_later_version_is_named() -> None:
    """A history of a later version is refused with both numbers."""
    written = document() | {"version": 2}
    with pytest.raises(InputError, match="has version 2, expected 1"):
        history.loads(json.dumps(written).encode(), name="history.json")


def test_store_that_is_as_left_is_current() -> None:
    """A store that holds what the last change left is current."""
    assert recorded(3).seen(sha256(3)) == recorded(3)


def test_change_that_was_not_carried_out_is_not_counted() -> None:
    """A store that is as it was before the last change has not had it; as after the one before, it is current."""
    assert recorded(3).seen(sha256(2)) == recorded(2)


def test_making_of_a_store_that_is_gone_is_kept() -> None:
    """A store that was made and is not there has its change in the history, and is not as that left it."""
    seen = recorded(1).seen(None)
    assert (seen.changes, seen.is_current) == (recorded(1).changes, False)


def test_store_that_another_program_changed_is_not_current() -> None:
    """Content that no change left is another program's, and so is a store that is gone."""
    assert recorded(3).seen(sha256(9)).changes == recorded(3).changes
    assert not recorded(3).seen(sha256(9)).is_current
    assert not recorded(3).seen(None).is_current


def test_oldest_change_is_forgotten() -> None:
    """A history keeps so many changes, and their numbers go on."""
    full = recorded(MAX_CHANGES).with_change(change(MAX_CHANGES + 1))
    assert [item.id for item in full.changes] == list(range(2, MAX_CHANGES + 2))


def test_long_summary_is_cut_and_says_so() -> None:
    """A summary of many lines keeps the first and says how many there were more; long lines and words are cut."""
    long = Change(id=1, moment=MOMENT, command=("x" * 5_000,), summary=("y" * 5_000,) * 100, before=None, after=sha256(1))
    kept = recorded(0).with_change(long).changes[0]
    assert kept.summary[-1] == f"and {100 - MAX_LINES + 1} more lines"
    assert len(kept.summary) == MAX_LINES
    assert {len(kept.summary[0]), len(kept.command[0])} == {MAX_CHARACTERS}


def test_summary_that_fits_is_kept() -> None:
    """A summary of as many lines as are kept is not cut."""
    fitting = Change(id=1, moment=MOMENT, command=(), summary=("y",) * MAX_LINES, before=None, after=sha256(1))
    assert recorded(0).with_change(fitting).changes == (fitting,)


def test_undoing_a_change_undoes_the_later_ones() -> None:
    """Without a number the last change is meant, with one that and all later ones."""
    assert recorded(3).since(None) == recorded(3).changes[2:]
    assert recorded(3).since(2) == recorded(3).changes[1:]


@pytest.mark.parametrize("number", [0, -1, 4, 10**30])
def test_unknown_change_is_refused(number: int) -> None:
    """A number that no change has is refused with those that are known."""
    with pytest.raises(UsageError, match=r"known are 1 to 3"):
        recorded(3).since(number)


def test_forgotten_change_is_refused() -> None:
    """A change that was forgotten is not taken for the oldest known."""
    full = recorded(MAX_CHANGES).with_change(change(MAX_CHANGES + 1))
    with pytest.raises(UsageError, match="known are 2 to 21"):
        full.since(1)


def test_store_without_changes_has_nothing_to_undo() -> None:
    """Where nothing was recorded there is nothing to undo."""
    with pytest.raises(UsageError, match="nothing to undo"):
        recorded(0).since(None)
