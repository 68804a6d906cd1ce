from anchorkeep.actions import store_compare
from anchorkeep.actions.store_compare import Standing
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

ONE, TWO, THREE = (stores.certificate(name) for name in ("one", "two", "three"))


def store(*entries: Entry, format_name: str = "jks") -> TrustStore:
    """Return a store of these entries."""
    return TrustStore(format=format_name, entries=entries)


def trusted(alias: str | None, certificate: object) -> TrustedCertEntry:
    """Return a trusted entry."""
    return TrustedCertEntry(alias=alias, certificate=certificate)


def test_stores_are_compared_by_content() -> None:
    """Certificates are told by their bytes across formats, whatever they are called and in whatever order they stand."""
    first = store(trusted("one", ONE), trusted("two", TWO))
    second = store(trusted(None, THREE), trusted(None, ONE), format_name="pem")
    found = store_compare.compare(first, second)
    assert found.only_first == (Standing(certificate=TWO, first=("two",), second=(), is_key=False),)
    assert found.only_second == (Standing(certificate=THREE, first=(), second=(None,), is_key=False),)
    assert found.both == (Standing(certificate=ONE, first=("one",), second=(None,), is_key=False),)
    assert not found.is_empty


def test_same_certificates_are_no_difference() -> None:
    """Two stores that hold the same are equal, though one holds a certificate twice."""
    found = store_compare.compare(store(trusted("a", ONE), trusted("b", ONE)), store(trusted("c", ONE)))
    assert found.is_empty
    assert found.both == (Standing(certificate=ONE, first=("a", "b"), second=("c",), is_key=False),)


def test_keys_chains_are_compared_and_said() -> None:
    """A certificate of a key's chain is compared like any other, which is said; other entries are passed over."""
    key = PrivateKeyEntry(alias="key", chain=(TWO, ONE, TWO))
    others = (SecretKeyEntry(alias="secret"), OtherEntry(kind=OtherKind.CRL, data=b"crl"))
    found = store_compare.compare(store(key, *others), store(trusted("one", ONE)))
    assert found.only_first == (Standing(certificate=TWO, first=("key",), second=(), is_key=True),)
    assert found.both == (Standing(certificate=ONE, first=("key",), second=("one",), is_key=True),)
