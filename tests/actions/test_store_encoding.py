from dataclasses import replace
from datetime import UTC, datetime

import pytest

from anchorkeep import formats
from anchorkeep.actions import store_encoding
from anchorkeep.errors import AnchorkeepError, RefusedError
from anchorkeep.formats.recipe import Recipe
from anchorkeep.model.truststore import (
    Entry,
    KeyForm,
    PrivateKeyEntry,
    ProtectedKey,
    SecretKeyEntry,
    TrustedCertEntry,
    TrustStore,
)
from tests.data import keys, stores
from tests.peers.terms import AT

ONE, TWO = stores.certificate("one"), stores.certificate("two")
KEY = PrivateKeyEntry(alias="key", chain=(ONE,), key=ProtectedKey(form=KeyForm.ENCRYPTED, data=b"sealed"))


def counter() -> object:
    """Return entropy that never repeats itself."""
    calls = iter(range(1, 256))
    return lambda size: bytes((next(calls),)) * size


def recipe(password: str | None = "changeit") -> Recipe:
    """Return what a store is written with."""
    return Recipe(at=AT, entropy=counter(), password=password)


def store(*entries: Entry, format_name: str = "jks") -> TrustStore:
    """Return a store of these entries, or of two certificates."""
    default = (TrustedCertEntry(certificate=ONE, alias="one"), TrustedCertEntry(certificate=TWO, alias="two"))
    return TrustStore(format=format_name, entries=entries or default)


def test_new_entries_get_their_date_in_milliseconds() -> None:
    """An entry without a date gets the recipe's, as exact as Java keeps it; one that has a date keeps it."""
    then = datetime(2001, 2, 3, tzinfo=UTC)
    whole = store(TrustedCertEntry(certificate=ONE, alias="one"), TrustedCertEntry(certificate=TWO, alias="two", created=then))
    exact = replace(recipe(), at=AT.replace(microsecond=123_456))
    encoded = store_encoding.encode(whole, format="jks", recipe=exact)
    created = [entry.created for entry in encoded.read_back(encoded.data).entries]
    assert created == [AT.replace(microsecond=123_000), then]


def test_date_that_no_calendar_holds_stays() -> None:
    """An entry that was found without a date is not given one."""
    found = formats.loads(stores.jks(stores.jks_trusted("one", ONE, milliseconds=2**62)), password="changeit")
    encoded = store_encoding.encode(found, format="jks", recipe=recipe())
    assert encoded.data == stores.jks(stores.jks_trusted("one", ONE, milliseconds=2**62))
    assert encoded.read_back(encoded.data).entries[0].created is None


@pytest.mark.parametrize("format_name", ["jks", "pkcs12", "jceks", "bks", "sst"])
def test_other_bytes_are_not_what_was_wanted(format_name: str) -> None:
    """A store that lacks an entry, or has another alias, certificate or format, is refused where the wanted one is expected."""
    encoded = store_encoding.encode(store(), format=format_name, recipe=recipe())
    assert encoded.read_back(encoded.data).trusted == (ONE, TWO)
    first = TrustedCertEntry(certificate=ONE, alias="one")
    other_alias = TrustedCertEntry(certificate=TWO, alias="three")
    for entries in ((first,), (first, replace(first, alias="two")), (first, other_alias)):
        other = store_encoding.encode(store(*entries), format=format_name, recipe=recipe())
        with pytest.raises(RefusedError, match="not the 2 to be written"):
            encoded.read_back(other.data)
    with pytest.raises(RefusedError):
        encoded.read_back(formats.dumps([ONE, TWO], format="pem"))


def test_order_counts_where_it_is_kept() -> None:
    """In JKS another order is another store; PKCS#12 keeps its parts in their own."""
    entries = store().entries
    for format_name, is_kept in (("jks", True), ("pkcs12", False)):
        encoded = store_encoding.encode(store(*entries), format=format_name, recipe=recipe())
        turned = store_encoding.encode(store(*reversed(entries)), format=format_name, recipe=recipe())
        if is_kept:
            with pytest.raises(RefusedError):
                encoded.read_back(turned.data)
        else:
            assert set(encoded.read_back(turned.data).trusted) == {ONE, TWO}


def test_broken_bytes_are_an_error() -> None:
    """What cannot be read is no store that was written."""
    encoded = store_encoding.encode(store(), format="jks", recipe=recipe())
    with pytest.raises(AnchorkeepError):
        encoded.read_back(encoded.data[:-1])


@pytest.mark.parametrize("format_name", ["pkcs12", "bks"])
def test_reproducible_store_is_the_same_bytes(format_name: str) -> None:
    """The same content and password give the same bytes whatever chance says; another of either gives other salts."""

    def encoded(*entries: Entry, password: str = "changeit", is_reproducible: bool = True) -> bytes:
        whole = store(*entries, format_name=format_name)
        made = store_encoding.encode(whole, format=format_name, recipe=recipe(password), is_reproducible=is_reproducible)
        made.read_back(made.data)
        return made.data

    assert encoded() == encoded()
    assert len({encoded(), encoded(password="other1"), encoded(TrustedCertEntry(certificate=ONE, alias="one"))}) == 3
    assert encoded() != encoded(is_reproducible=False)


def test_reproducible_salts_are_not_those_of_the_first_pass() -> None:
    """The salts of zeros that the content is hashed under are in no store that is written."""
    encoded = store_encoding.encode(store(), format="pkcs12", recipe=recipe(), is_reproducible=True)
    assert bytes(16) not in encoded.data


@pytest.mark.parametrize("entry", [KEY, SecretKeyEntry(alias="secret")])
def test_store_with_a_key_is_not_reproducible(entry: Entry) -> None:
    """A key's salt is chance."""
    with pytest.raises(RefusedError, match="holds a key"):
        store_encoding.encode(store(entry, format_name="pkcs12"), format="pkcs12", recipe=recipe(), is_reproducible=True)


def test_password_is_not_shown() -> None:
    """What was encoded can be printed."""
    assert "s3cr3t" not in repr(store_encoding.encode(store(), format="jks", recipe=recipe("s3cr3t")))


def test_chain_of_a_key_may_go_on_in_pkcs12() -> None:
    """Where the issuer of a key's last certificate comes into the store, the chain read back goes on to it, and is no fault."""
    leaf, root = stores.certificate("leaf", "root"), stores.certificate("root", "root")
    sealed = formats.lock(keys.pkcs8(), format="pkcs12", recipe=recipe())
    key = PrivateKeyEntry(alias="key", chain=(leaf,), key=sealed)
    whole = store(key, TrustedCertEntry(certificate=root, alias="root"), format_name="pkcs12")
    encoded = store_encoding.encode(whole, format="pkcs12", recipe=recipe())
    (chain,) = (entry.chain for entry in encoded.read_back(encoded.data).entries if isinstance(entry, PrivateKeyEntry))
    assert chain == (leaf, root)
    longer = replace(encoded, wanted=replace(whole, entries=(replace(key, chain=(leaf, ONE)), whole.entries[1])))
    with pytest.raises(RefusedError):
        longer.read_back(encoded.data)
