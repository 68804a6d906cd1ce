from dataclasses import replace

from anchorkeep.judge.java_anchors import anchors
from anchorkeep.model.truststore import PrivateKeyEntry, TrustedCertEntry, TrustStore
from tests.data import stores

ONE, TWO = stores.certificate("one"), stores.certificate("two")


def entry(alias: str | None, certificate: object = ONE, **said: bool) -> TrustedCertEntry:
    """Return an entry."""
    return replace(TrustedCertEntry(certificate=ONE, alias=alias, **said), certificate=certificate)


def store(*entries: object, format_name: str = "pkcs12") -> TrustStore:
    """Return a store."""
    return TrustStore(format=format_name, entries=entries)


def test_of_aliases_that_differ_in_case_java_sees_the_last() -> None:
    """The last entry of an alias hides those before it, in whatever case; entries without one hide nothing."""
    assert anchors(store(entry("a"), entry("A", TWO))) == (TWO,)
    assert anchors(store(entry(None), entry(None, TWO))) == (ONE, TWO)
    assert anchors(store(entry("a"), PrivateKeyEntry(alias="A", chain=(TWO,)))) == ()


def test_old_stores_are_found_in_lower_case_alone() -> None:
    """In a JKS or JCEKS store an alias with upper case in it is never found."""
    for name in ("jks", "jceks"):
        assert anchors(store(entry("A"), entry("b", TWO), format_name=name)) == (TWO,)
    assert anchors(store(entry("A"), entry("b", TWO), format_name="pem")) == (ONE, TWO)


def test_certificate_of_a_key_counts_when_asked_for() -> None:
    """Java's trust managers take the first certificate of a key's chain too; an empty chain has none."""
    kept = store(entry("a"), PrivateKeyEntry(alias="k", chain=(TWO, ONE)), PrivateKeyEntry(alias="e", chain=()))
    assert anchors(kept) == (ONE,)
    assert anchors(kept, with_keys=True) == (ONE, TWO)


def test_what_java_does_not_see_is_no_anchor() -> None:
    """Neither an entry without Java's mark nor one that is rejected; each certificate is there once."""
    assert anchors(store(entry("a", is_visible_to_java=False), entry("b", is_distrusted=True))) == ()
    assert anchors(store(entry("a"), entry("b"))) == (ONE,)
