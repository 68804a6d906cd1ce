from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.errors import RefusedError, UsageError
from anchorkeep.model import alias, edit
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.edit import Addition, Change
from anchorkeep.model.truststore import Entry, PrivateKeyEntry, SecretKeyEntry, TrustedCertEntry, TrustStore
from tests.data import stores

ONE, TWO, THREE = (stores.certificate(name) for name in ("one", "two", "three"))
THEN = datetime(2020, 1, 1, tzinfo=UTC)


def trusted(name: str | None, certificate: Certificate = ONE, *, native: object = "as it was") -> TrustedCertEntry:
    """Return a trusted entry that was read."""
    return TrustedCertEntry(alias=name, certificate=certificate, created=THEN, native=native)


def store(*entries: Entry, format_name: str = "jks") -> TrustStore:
    """Return a store that was read."""
    return TrustStore(format=format_name, entries=entries, native="the file")


KEY = PrivateKeyEntry(alias="key", chain=(TWO,), created=THEN, native="sealed")
SECRET = SecretKeyEntry(alias="secret", native="sealed")


def natives(whole: TrustStore) -> list[object]:
    """Return what the codec knows of each entry."""
    return [entry.native for entry in whole.entries]


def test_certificate_is_added_behind_the_others() -> None:
    """A new certificate stands last, under an alias of its own, and all else is what it was."""
    before = store(trusted("one"), KEY)
    after, change = edit.added(before, [Addition(certificate=THREE), Addition(certificate=TWO, alias="two")])
    made = TrustedCertEntry(certificate=THREE, alias=alias.default(THREE))
    given_ = TrustedCertEntry(certificate=TWO, alias="two")
    assert after == store(trusted("one"), KEY, made, given_)
    assert natives(after) == ["as it was", "sealed", None, None]
    assert after.native == "the file"
    assert change == Change(added=(made, given_))


def test_certificate_is_added_once() -> None:
    """A certificate that is trusted under any alias is not added again, nor is one that is named twice."""
    before = store(trusted("other name"))
    after, change = edit.added(before, [Addition(certificate=ONE, alias="new"), *[Addition(certificate=TWO)] * 2])
    assert [entry.alias for entry in after.entries] == ["other name", alias.default(TWO)]
    assert change.kept == (before.entries[0], after.entries[1])
    same, nothing = edit.added(before, [Addition(certificate=ONE)])
    assert same == before
    assert nothing.is_empty


def test_certificate_that_is_not_trusted_yet_is_added() -> None:
    """What Java does not see, or what stands in a key's chain alone, is not trusted, and is added."""
    before = store(replace(trusted("one"), is_visible_to_java=False), KEY)
    _, change = edit.added(before, [Addition(certificate=ONE), Addition(certificate=TWO)])
    assert [entry.certificate for entry in change.added if isinstance(entry, TrustedCertEntry)] == [ONE, TWO]


@pytest.mark.parametrize("taken", ["root", "Root"])
def test_alias_that_is_taken_is_refused(taken: str) -> None:
    """A given alias replaces no entry, in whatever case that has it; the message says whose it is."""
    with pytest.raises(RefusedError, match="is another entry's") as caught:
        edit.added(store(trusted(taken)), [Addition(certificate=TWO, alias="root")])
    assert ONE.sha256.hex() in caught.value.message


def test_alias_given_twice_is_refused() -> None:
    """Two certificates cannot be added under one alias."""
    with pytest.raises(RefusedError, match="is another entry's"):
        edit.added(store(), [Addition(certificate=ONE, alias="a"), Addition(certificate=TWO, alias="a")])


def test_unfit_alias_is_refused() -> None:
    """An alias that must not be written is refused even where the certificate is there already."""
    with pytest.raises(UsageError, match="upper case"):
        edit.added(store(trusted("one")), [Addition(certificate=ONE, alias="One")])


def test_format_without_aliases_gets_none() -> None:
    """Where a format keeps no aliases, none is made and a given one is refused."""
    after, _ = edit.added(store(format_name="pem"), [Addition(certificate=ONE)], has_aliases=False)
    assert after.entries == (TrustedCertEntry(certificate=ONE),)
    with pytest.raises(UsageError, match="keeps no aliases"):
        edit.added(store(format_name="pem"), [Addition(certificate=ONE, alias="a")], has_aliases=False)


def test_made_alias_hides_nothing() -> None:
    """Where somebody took the alias that would be made, the new certificate gets a longer one."""
    before = store(trusted(alias.default(TWO)))
    after, _ = edit.added(before, [Addition(certificate=TWO)])
    assert after.entries[0] == before.entries[0]
    assert TWO.sha256.hex() in (after.entries[1].alias or "")


def test_entry_is_removed() -> None:
    """The entry named goes, by alias or fingerprint; the others stay as they are."""
    before = store(trusted("one"), trusted("two", TWO), trusted("three", THREE))
    after, change = edit.removed(before, ["one", THREE.sha256.hex()[:12]])
    assert after == store(trusted("two", TWO))
    assert natives(after) == ["as it was"]
    assert change == Change(removed=(before.entries[0], before.entries[2]))


def test_one_name_that_is_wrong_removes_nothing() -> None:
    """Where one of several names is of nothing, the edit is refused as a whole."""
    with pytest.raises(UsageError, match="'four'"):
        edit.removed(store(trusted("one")), ["one", "four"])


def test_nothing_named_is_refused() -> None:
    """To remove without a name is no request."""
    with pytest.raises(UsageError, match="Nothing to remove"):
        edit.removed(store(trusted("one")))


@pytest.mark.parametrize("entry", [KEY, SECRET])
def test_key_is_removed_only_when_that_is_allowed(entry: Entry) -> None:
    """A key goes only with the flag for it."""
    before = store(trusted("one"), entry)
    with pytest.raises(RefusedError, match="is a key"):
        edit.removed(before, [entry.alias or ""])
    after, change = edit.removed(before, [entry.alias or ""], with_keys=True)
    assert (after.entries, change.removed) == (before.entries[:1], (entry,))


def test_expired_certificates_are_removed() -> None:
    """Those whose last moment is past go; a key with an expired certificate stays, and so does what cannot be read."""
    unread = Certificate(b"no certificate")
    before = store(trusted("one"), KEY, trusted("unread", unread))
    last = ONE.not_after
    kept, nothing = edit.removed(before, expired=last)
    assert (kept, nothing.is_empty) == (before, True)
    after, change = edit.removed(before, expired=last + timedelta(seconds=1))
    assert after.entries == before.entries[1:]
    assert change.removed == before.entries[:1]


def test_entry_is_renamed_in_its_place() -> None:
    """A renamed entry keeps its place and all that its codec knows of it."""
    before = store(KEY, trusted("one"))
    after, change = edit.renamed(before, "key", "new")
    assert after == store(replace(KEY, alias="new"), trusted("one"))
    assert natives(after) == ["sealed", "as it was"]
    assert [(item.before.alias, item.after.alias) for item in change.renamed] == [("key", "new")]
    assert not change.is_empty


def test_alias_may_change_its_case() -> None:
    """An entry that Java does not find for its upper case can be given the same alias in lower case."""
    after, _ = edit.renamed(store(trusted("Root")), "Root", "root")
    assert after.entries[0].alias == "root"


def test_rename_to_the_same_changes_nothing() -> None:
    """The alias that it has is no change."""
    before = store(trusted("one"))
    assert edit.renamed(before, "one", "one") == (before, Change())


def test_rename_never_hides_another() -> None:
    """An alias that another entry has, in any case, is refused, and so is one that must not be written."""
    before = store(trusted("one"), trusted("Two", TWO))
    with pytest.raises(RefusedError, match="is another entry's"):
        edit.renamed(before, "one", "two")
    with pytest.raises(UsageError, match="upper case"):
        edit.renamed(before, "one", "Three")


def test_rename_of_several_is_refused() -> None:
    """A fingerprint that two entries hold names none to rename."""
    with pytest.raises(RefusedError, match="names 2 entries"):
        edit.renamed(store(trusted("a"), trusted("b")), ONE.sha256.hex(), "c")


def test_stores_are_merged_by_content() -> None:
    """What is trusted already stays under its own alias, what is new comes with its alias and date, and nothing else comes."""
    before = store(trusted("one"))
    other = TrustStore(format="pkcs12", entries=(trusted("first"), trusted("Two", TWO), KEY, SECRET, trusted("again", TWO)))
    after, change = edit.merged(before, other)
    new = TrustedCertEntry(certificate=TWO, alias="two", created=THEN)
    assert after == store(trusted("one"), new)
    assert natives(after) == ["as it was", None]
    assert change == Change(added=(new,), kept=(before.entries[0], new))


def test_merged_alias_hides_nothing() -> None:
    """An alias that is taken, in whatever case, gives way to one made from the certificate."""
    after, _ = edit.merged(store(trusted("ROOT")), store(trusted("root", TWO)))
    assert [entry.alias for entry in after.entries] == ["ROOT", alias.default(TWO)]


def test_merge_without_aliases() -> None:
    """Into a format that keeps none, certificates come without."""
    after, _ = edit.merged(store(format_name="pem"), store(trusted("one")), has_aliases=False)
    assert after.entries[0].alias is None


NAMES = st.sampled_from(["a", "A", "b", "c", None])
ENTRIES = st.lists(st.builds(trusted, NAMES, st.sampled_from([ONE, TWO, THREE])), max_size=5)


@given(ENTRIES, ENTRIES)
def test_merging_again_changes_nothing(first: list[Entry], second: list[Entry]) -> None:
    """Merging adds each certificate once, hides no entry, keeps the old ones as they are, and is done after one time."""
    before, other = store(*first), store(*second)
    after, change = edit.merged(before, other)
    assert after.entries[: len(first)] == before.entries
    assert set(after.trusted) == {*before.trusted, *other.trusted}
    made = [entry.alias for entry in change.added]
    assert len({alias.folded(item) for item in made if item} - {alias.folded(item.alias) for item in first if item.alias}) == len(
        made
    )
    assert edit.merged(after, other)[1].is_empty


def test_merge_takes_nothing_that_accompanies_a_key() -> None:
    """From a store with a private key only what it says to be trusted is taken over; from one without, all."""
    unseen = replace(trusted(None, THREE), is_visible_to_java=False)
    merged, _ = edit.merged(store(), store(unseen, trusted("one"), KEY, format_name="pkcs12"))
    assert merged.trusted == (ONE,)
    merged, _ = edit.merged(store(), store(unseen, trusted("one"), format_name="pkcs12"))
    assert merged.trusted == (THREE, ONE)
