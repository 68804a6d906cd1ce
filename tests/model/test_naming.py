import hashlib

import pytest

from anchorkeep.errors import RefusedError, UsageError
from anchorkeep.model import naming
from anchorkeep.model.truststore import (
    Entry,
    OtherEntry,
    OtherKind,
    PrivateKeyEntry,
    SecretKeyEntry,
    TrustedCertEntry,
    TrustStore,
)
from tests.data import stores

ONE, TWO = stores.certificate("one"), stores.certificate("two")


def store(*entries: Entry) -> TrustStore:
    """Return a store of these entries."""
    return TrustStore(format="jks", entries=entries)


def trusted(alias: str | None, certificate: object = ONE) -> TrustedCertEntry:
    """Return a trusted entry."""
    return TrustedCertEntry(alias=alias, certificate=certificate)


KEY = PrivateKeyEntry(alias="key", chain=(TWO, ONE))
CRL = OtherEntry(kind=OtherKind.CRL, data=b"crl")


@pytest.mark.parametrize("name", ["root", "ROOT", ONE.sha256.hex(), ONE.sha256.hex()[:8].upper(), ONE.sha256.hex(":")])
def test_entry_is_found(name: str) -> None:
    """An entry is named by its alias in any case, or by its fingerprint, whole or its beginning, with or without colons."""
    assert naming.find(store(trusted("root"), trusted("other", TWO)), name) == (0,)


@pytest.mark.parametrize("name", ["", "nothing", ONE.sha256.hex()[:7], TWO.sha256.hex(), "x" * 64])
def test_name_of_nothing_is_refused(name: str) -> None:
    """A name that no entry has, or too few digits, is an error of whoever gave it."""
    with pytest.raises(UsageError, match="No entry of the store is called"):
        naming.find(store(trusted("root")), name)


def test_alias_in_its_own_case_is_one() -> None:
    """Of two aliases that differ by case each is named as it is written; a third way names both, which is refused."""
    both = store(trusted("root"), trusted("Root", TWO))
    assert naming.find(both, "root") == (0,)
    assert naming.find(both, "Root") == (1,)
    with pytest.raises(RefusedError, match="'ROOT' names 2 entries") as caught:
        naming.find(both, "ROOT")
    assert ONE.sha256.hex() in caught.value.message
    assert TWO.sha256.hex() in caught.value.message


def test_repeated_alias_is_refused() -> None:
    """An alias that stands twice names no entry, but each can be named by its fingerprint."""
    both = store(trusted("root"), trusted("root", TWO))
    with pytest.raises(RefusedError, match="names 2 entries"):
        naming.find(both, "root")
    assert naming.find(both, TWO.sha256.hex()) == (1,)


def test_fingerprint_names_all_that_hold_it() -> None:
    """A fingerprint names a certificate, under whatever aliases."""
    assert naming.find(store(trusted("a"), trusted("b", TWO), trusted("c")), ONE.sha256.hex()) == (0, 2)


def test_alias_that_looks_like_a_fingerprint_hides_nothing() -> None:
    """An alias that is the beginning of another entry's fingerprint makes that name ambiguous: neither is taken for the other."""
    digits = ONE.sha256.hex()[:8]
    with pytest.raises(RefusedError, match="names 2 entries"):
        naming.find(store(trusted(digits, TWO), trusted("root")), digits)


def test_every_kind_of_entry_is_named() -> None:
    """A key is named by its leaf, another entry by its bytes, a secret key by its alias alone."""
    secret = SecretKeyEntry(alias="secret")
    whole = store(KEY, CRL, secret, PrivateKeyEntry(alias="bare", chain=()))
    assert naming.find(whole, TWO.sha256.hex()) == (0,)
    assert naming.find(whole, hashlib.sha256(b"crl").hexdigest()) == (1,)
    assert naming.find(whole, "secret") == (2,)
    assert [naming.fingerprint(item) for item in whole.entries[2:]] == ["", ""]


def test_entries_are_told_apart_in_a_line() -> None:
    """A sentence names alias, kind and fingerprint, escapes what is hostile, and counts what it leaves out."""
    assert naming.described([trusted("a\nb")]) == f"'a\\nb' (SHA-256 {ONE.sha256.hex()})"
    named = f"'key' (private key, SHA-256 {TWO.sha256.hex()}), an entry without alias (secret key), '' (secret key)"
    assert naming.described([KEY, SecretKeyEntry(alias=None), SecretKeyEntry(alias="")]) == named
    assert naming.described([trusted("a")] * 7).endswith(" and 2 more")
