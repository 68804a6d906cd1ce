from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep import formats
from anchorkeep.errors import StoreFormatError, StoreIntegrityError, UnsupportedFormatError
from anchorkeep.model.truststore import Integrity, PrivateKeyEntry, TrustedCertEntry
from tests.data.stores import PASSWORD, certificate, jks, jks_key, jks_trusted, sealed

LEAF, ROOT = certificate("leaf"), certificate("root", serial=2)
MOMENT = datetime(2026, 5, 4, 3, 2, 1, 500_000, tzinfo=UTC)
MILLISECONDS = 1_777_863_721_500


@pytest.mark.parametrize("version", [1, 2])
def test_entries_come_in_order(version: int) -> None:
    """Entries of both versions come in the file's order, with alias, date and chain."""
    data = jks(
        jks_trusted("root", ROOT, milliseconds=MILLISECONDS, version=version),
        jks_key("server", [LEAF, ROOT], milliseconds=MILLISECONDS, version=version),
        jks_trusted("ROOT", LEAF, milliseconds=0, version=version),
        version=version,
    )
    store = formats.loads(data, password=PASSWORD)
    assert (store.format, store.integrity) == ("jks", Integrity.VERIFIED)
    assert store.entries == (
        TrustedCertEntry(certificate=ROOT, alias="root", created=MOMENT),
        PrivateKeyEntry(alias="server", chain=(LEAF, ROOT), created=MOMENT),
        TrustedCertEntry(certificate=LEAF, alias="ROOT", created=datetime(1970, 1, 1, tzinfo=UTC)),
    )


def test_an_empty_store_is_a_store() -> None:
    """A store without entries is read as one."""
    assert formats.loads(jks(), password=PASSWORD).entries == ()


def test_without_a_password_nothing_is_vouched_for() -> None:
    """Without a password the entries are read and the integrity is not checked."""
    store = formats.loads(jks(jks_trusted("root", ROOT)))
    assert (store.certificates, store.integrity) == ((ROOT,), Integrity.NOT_CHECKED)


@pytest.mark.parametrize("password", ["", "Changeit", PASSWORD + "\0", "pässword"])
def test_another_password_is_refused(password: str) -> None:
    """Any other password is refused, as wrong or tampering."""
    with pytest.raises(StoreIntegrityError, match="password is wrong, or the JKS store was changed"):
        formats.loads(jks(jks_trusted("root", ROOT)), password=password)


@pytest.mark.parametrize("password", ["", "pässwörd", "\U0001f511"])
def test_any_password_verifies(password: str) -> None:
    """The password is taken as Java's UTF-16, empty and non-ASCII ones too."""
    data = jks(jks_trusted("root", ROOT), password=password)
    assert formats.loads(data, password=password).integrity is Integrity.VERIFIED


def test_every_flipped_byte_is_refused() -> None:
    """A JKS store with a flipped byte is refused, wherever the byte is."""
    data = jks(jks_trusted("root", ROOT))
    for position in range(len(data)):
        broken = data[:position] + bytes((data[position] ^ 1,)) + data[position + 1 :]
        with pytest.raises((StoreIntegrityError, StoreFormatError)):
            formats.loads(broken, password=PASSWORD)


@given(st.lists(st.tuples(st.text(max_size=20), st.integers(0, 2**40)), max_size=5))
def test_aliases_and_dates_come_back(rows: list[tuple[str, int]]) -> None:
    """Whatever alias and date Java wrote is what is read."""
    # Characters beyond U+FFFF are two units in Java; tests of javaio have them.
    entries = [(alias.encode("utf-16-be", "ignore").decode("utf-16-be"), date) for alias, date in rows]
    entries = [(alias, date) for alias, date in entries if all(ord(character) < 0x10000 for character in alias)]
    data = jks(*(jks_trusted(alias, ROOT, milliseconds=date) for alias, date in entries))
    read = formats.loads(data, password=PASSWORD).entries
    assert [entry.alias for entry in read] == [alias for alias, _ in entries]
    assert [round(entry.created.timestamp() * 1000) for entry in read if entry.created] == [date for _, date in entries]


def test_a_date_beyond_the_calendar_is_no_date() -> None:
    """A creation date beyond the year 9999 costs the date, not the entry."""
    (entry,) = formats.loads(jks(jks_trusted("root", ROOT, milliseconds=2**62))).entries
    assert entry.created is None


@pytest.mark.parametrize(
    ("data", "error", "expected"),
    [
        (jks(version=3), UnsupportedFormatError, "version 3"),
        (jks(jks_trusted("root", ROOT, kind="WAP")), UnsupportedFormatError, "type 'WAP'"),
        (jks(count=-1), StoreFormatError, "with -1 entries"),
        (jks(count=100_001), StoreFormatError, "with 100,001 entries"),
        (jks(jks_trusted("root", ROOT), count=2), StoreFormatError, "JKS entry 2: kind: length 4 exceeds the 0 bytes left"),
        (jks(jks_trusted("root", ROOT), count=0), StoreFormatError, "bytes between the last JKS entry and the digest"),
        (sealed(jks(count=1)[:-20] + b"\0\0\0\x03\0\1a" + bytes(8)), StoreFormatError, r"entry 1 \('a'\): kind 3"),
        (jks(jks_key("a", [ROOT] * 101)), StoreFormatError, "a chain of 101 certificates"),
        (sealed(jks(count=1)[:-20] + b"\0\0\0\x02\0\1\xff"), StoreFormatError, "alias is not modified UTF-8"),
        (b"\xfe\xed\xfe\xed", StoreFormatError, "4 bytes, expected at least 32 of a JKS"),
    ],
    ids=["version", "type", "negative", "many", "missing", "left", "kind", "chain", "alias", "magic-only"],
)
def test_what_is_broken_is_named(data: bytes, error: type[Exception], expected: str) -> None:
    """A broken structure is an error that names the entry and what is wrong."""
    with pytest.raises(error, match=expected):
        formats.loads(data, password=PASSWORD if len(data) > 24 else None)
