from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from anchorkeep import formats
from anchorkeep.judge import opening
from anchorkeep.judge import store as judged
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.finding import Finding, Severity
from anchorkeep.model.java import every
from anchorkeep.model.truststore import (
    Entry,
    Integrity,
    KeyForm,
    OtherEntry,
    OtherKind,
    Part,
    PrivateKeyEntry,
    ProtectedKey,
    Protection,
    Scheme,
    SecretKeyEntry,
    TrustedCertEntry,
    TrustStore,
)
from tests.data import stores
from tests.judge.conftest import leaf, root
from tests.repository.test_findings import finding_ids

ONE, TWO = stores.certificate("one"), stores.certificate("two")
AT = ONE.not_after
MODERN = Protection(part=Part.CERTIFICATES, scheme=Scheme.PBES2, algorithm="PBEWithHmacSHA256AndAES_256", iterations=10_000)
UNKNOWN = replace(MODERN, algorithm="PBEWithHmacSHA256AndAES_192")


def trusted(alias: str | None, certificate: Certificate = ONE, *, is_visible: bool = True) -> TrustedCertEntry:
    """Return a trusted entry."""
    return TrustedCertEntry(alias=alias, certificate=certificate, is_visible_to_java=is_visible)


def found(
    *entries: Entry, format_name: str = "jks", protection: tuple[Protection, ...] = (), **more: object
) -> dict[str, Finding]:
    """Return the findings about a store, by their identifiers."""
    store = TrustStore(format=format_name, entries=entries, protection=protection, **more)
    findings = judged.inspect(store, opening.openings(store, password=None), at=AT)
    assert len({item.id for item in findings}) == len(findings)
    assert all((item.message + item.remedy).isprintable() for item in findings)
    return {item.id: item for item in findings}


@pytest.mark.parametrize("format_name", ["jks", "jceks", "pkcs12", "bks", "pem", "sst"])
def test_sound_store_has_no_finding(format_name: str) -> None:
    """Of a store that every runtime reads whole nothing is said, nor of a file that is no store of Java's."""
    assert found(trusted("one"), trusted("two", TWO), format_name=format_name) == {}


def test_integrity_that_was_not_checked_is_said() -> None:
    """A store that nobody vouches for is no sound one."""
    assert found(trusted("one"), integrity=Integrity.NOT_CHECKED)["integrity-not-checked"].severity is Severity.WARNING
    assert found(trusted("one"), integrity=Integrity.VERIFIED) == {}


@pytest.mark.parametrize(("version", "expected"), [(0, {"integrity-key-short"}), (1, {"integrity-key-short"}), (2, set())])
def test_short_key_of_the_integrity_check_is_said(version: int, expected: set[str]) -> None:
    """Of a BKS store whose integrity check proves little that is said, of one of version 2 nothing."""
    store = formats.loads(stores.bks(stores.bks_trusted("one", ONE), version=version), password=stores.PASSWORD)
    findings = judged.inspect(store, (), at=AT)
    assert {item.id for item in findings} == expected
    assert all(item.severity is Severity.WARNING and "new BKS" in item.remedy for item in findings)


@pytest.mark.parametrize(("format_name", "is_found"), [("jks", True), ("jceks", True), ("pkcs12", False), ("bks", False)])
def test_upper_case_hides_in_jks(format_name: str, is_found: bool) -> None:  # noqa: FBT001 (what is expected)
    """An alias with upper case is said for the formats whose Java reader looks up lower case alone."""
    findings = found(trusted("Root"), trusted("two", TWO), format_name=format_name)
    assert set(findings) == ({"alias-upper-case"} if is_found else set())
    if is_found:
        assert findings["alias-upper-case"].certificates == (ONE,)


@pytest.mark.parametrize(
    ("format_name", "second", "expected"),
    [
        ("jks", "root", {"alias-repeated"}),
        ("jks", "Root", {"alias-repeated", "alias-upper-case"}),
        ("pkcs12", "Root", {"alias-repeated"}),
        ("pkcs12", "other", set()),
        ("bks", "Root", set()),
        ("pkcs12", None, set()),
    ],
)
def test_repeated_alias_hides(format_name: str, second: str | None, expected: set[str]) -> None:
    """Aliases that are equal but for case are one to Java; entries without any are not."""
    assert set(found(trusted("root"), trusted(second, TWO), format_name=format_name)) == expected


@pytest.mark.parametrize(
    ("format_name", "aliases", "shown"),
    [
        ("jks", ("root", "root"), 1),
        ("jks", ("root", "Root"), 0),
        ("jceks", ("ROOT", "root"), 1),
        ("jks", ("Root", "Root"), None),
        ("pkcs12", ("root", "Root"), 1),
        ("pkcs12", ("Root", "ROOT"), 1),
    ],
)
def test_entry_that_java_sees_is_said(format_name: str, aliases: tuple[str, str], shown: int | None) -> None:
    """Of repeated aliases the finding is about those that Java does not see, and its message names the one that it sees."""
    entries = [trusted(alias, item) for alias, item in zip(aliases, (ONE, TWO), strict=True)]
    finding = found(*entries, format_name=format_name)["alias-repeated"]
    hidden, _, seen = finding.message.partition(" it finds one entry")
    assert finding.certificates == tuple(entry.certificate for number, entry in enumerate(entries) if number != shown)
    assert [item.sha256.hex() in hidden for item in (ONE, TWO)] == [shown != 0, shown != 1]
    assert [item.sha256.hex() in seen for item in (ONE, TWO)] == [shown == 0, shown == 1]


def test_same_entry_twice_is_repeated() -> None:
    """Two entries that are the same in all are two, of which Java sees one; what it sees at no time is no third."""
    assert found(trusted("one"), trusted("one"))["alias-repeated"].certificates == (ONE,)
    unseen = trusted("one", TWO, is_visible=False), OtherEntry(kind=OtherKind.CRL, data=b"crl", alias="one")
    assert "alias-repeated" not in found(trusted("one"), *unseen, format_name="pkcs12")


def test_alias_that_hides_something_is_said() -> None:
    """An alias with characters that are not seen is a finding, one with a backslash is not."""
    assert set(found(trusted("a\u202eb"), trusted("a\\b", TWO))) == {"hostile-alias"}


@pytest.mark.parametrize(
    ("others", "severity"), [((), Severity.ERROR), ((trusted("two", TWO),), Severity.WARNING)], ids=["all", "one"]
)
def test_untagged_certificate_is_not_trusted(others: tuple[Entry, ...], severity: Severity) -> None:
    """A certificate that Java does not see is a warning, a store of nothing else an error."""
    finding = found(trusted("one", is_visible=False), *others, format_name="pkcs12")["not-trusted-by-java"]
    assert (finding.severity, finding.certificates) == (severity, (ONE,))


def test_store_without_anchor_is_an_error() -> None:
    """A store by which Java trusts nothing is an error; one with a key, or a file of certificates, is none."""
    assert {key: item.severity for key, item in found().items()} == {"nothing-trusted": Severity.ERROR}
    assert set(found(OtherEntry(kind=OtherKind.CRL, data=b"crl"), format_name="pkcs12")) == {"bag-passed-over", "nothing-trusted"}
    assert found(SecretKeyEntry(alias="key"), format_name="jceks") == found(format_name="pem") == {}


def test_anchor_that_is_no_ca_is_said() -> None:
    """A trusted leaf is a warning, for it is of no use after the next renewal; a CA is none, nor a leaf in a file alone."""
    authority = root()
    pinned = leaf(authority)
    finding = found(trusted("leaf", pinned), trusted("root", authority.certificate))["anchor-not-ca"]
    assert (finding.severity, finding.certificates) == (Severity.WARNING, (pinned,))
    assert found(trusted("root", authority.certificate)) == found(trusted(None, pinned), format_name="pem") == {}
    assert found(trusted("unread", Certificate(b"none"))) == {}


def test_password_that_proves_nothing_is_said() -> None:
    """Whoever gave a password for a store without integrity check is told that it proves nothing."""
    store = TrustStore(format="pkcs12", entries=(trusted("one"),))
    (finding,) = judged.inspect(store, (), at=AT, is_unconfirmed=True)
    assert (finding.id, finding.severity) == ("password-proves-nothing", Severity.WARNING)
    assert judged.inspect(store, (), at=AT) == ()


def test_each_reason_has_its_own_remedy() -> None:
    """What helps with a password does not help with an algorithm: runtimes are told apart by their reasons."""
    legacy = replace(MODERN, scheme=Scheme.PBES1, algorithm="PBEWithSHA1AndDESede")
    store = TrustStore(format="pkcs12", entries=(trusted("one"),), protection=(legacy,))
    findings = judged.inspect(store, opening.openings(store, password="wörtchen"), at=AT)
    assert [item.id for item in findings] == ["store-not-opened"] * 2
    assert ["Java 25" in item.message for item in findings] == [False, True]
    assert all("store passwd" in item.remedy for item in findings)
    for format_name, protection, remedy in (("bks", (), "--storetype"), ("pkcs12", (UNKNOWN,), "--for")):
        other = TrustStore(format=format_name, entries=(trusted("one"),), protection=protection)
        (finding,) = judged.inspect(other, (opening.opening(other, every(17), password=None),), at=AT)
        assert remedy in finding.remedy


def test_unencrypted_key_is_said() -> None:
    """A key that anybody can read is a finding; a sealed one, and one that is not known, is none."""
    key = PrivateKeyEntry(alias="key", chain=(ONE,), key=ProtectedKey(form=KeyForm.PLAIN, data=b"key"))
    sealed = replace(key, key=ProtectedKey(form=KeyForm.ENCRYPTED, data=b"key"))
    assert set(found(key, format_name="pkcs12")) == {"key-not-encrypted"}
    assert found(sealed, format_name="pkcs12") == found(replace(key, key=None), format_name="pkcs12") == {}


def test_bag_that_java_passes_over_is_noted() -> None:
    """A revocation list in a PKCS#12 store is carried and noted; in a serialized store it is at home."""
    crl = OtherEntry(kind=OtherKind.CRL, data=b"crl")
    assert found(crl, format_name="pkcs12")["bag-passed-over"].severity is Severity.NOTE
    assert found(crl, format_name="sst") == {}


def test_expired_certificates_are_said() -> None:
    """A trusted certificate, or a key's leaf, is said from the second after its last; what cannot be read is not."""
    entries = (
        trusted("one"),
        PrivateKeyEntry(alias="key", chain=(TWO, ONE)),
        PrivateKeyEntry(alias="bare", chain=()),
        SecretKeyEntry(alias="secret"),
        trusted("unread", Certificate(b"none")),
    )
    store = TrustStore(format="jceks", entries=entries)
    assert judged.inspect(store, (), at=AT) == ()
    (finding,) = judged.inspect(store, (), at=AT + timedelta(seconds=1))
    assert (finding.id, finding.certificates) == ("entry-expired", (ONE, TWO))


def test_runtimes_that_do_not_open_are_named() -> None:
    """Where some runtimes do not open a store it is a note that names them, where none does an error."""
    some = found(trusted("one"), format_name="pkcs12", protection=(MODERN,))["store-not-opened"]
    assert some.severity is Severity.NOTE
    assert some.message.startswith("Neither Java 8 before 8u301 nor Java 11 before 11.0.12 opens it: it has no PBEWithHmac")
    none = found(trusted("one"), format_name="pkcs12", protection=(UNKNOWN,))["store-not-opened"]
    assert none.severity is Severity.ERROR


@pytest.mark.parametrize(("protection", "severity"), [(MODERN, Severity.NOTE), (UNKNOWN, Severity.WARNING)])
def test_keys_that_do_not_open_are_said(protection: Protection, severity: Severity) -> None:
    """Keys that a runtime does not open are said apart from a store that it does not."""
    findings = found(trusted("one"), format_name="pkcs12", protection=(replace(protection, part=Part.KEYS),))
    assert {item.id: item.severity for item in findings.values()} == {"key-not-opened": severity}


def test_runtime_that_was_named_must_open() -> None:
    """For a runtime that a person named, a store that it does not open is an error, whatever the format."""
    for store in (
        TrustStore(format="pkcs12", entries=(trusted("one"),), protection=(MODERN,)),
        TrustStore(format="pem", entries=()),
    ):
        one = opening.opening(store, every(11), password=None)
        (finding,) = judged.inspect(store, (one,), at=AT)
        assert (finding.id, finding.severity) == ("store-not-opened", Severity.ERROR)
        assert finding.message.startswith("java11 does not open it: ")


def test_worst_comes_first() -> None:
    """Findings are sorted by how bad they are."""
    store = TrustStore(
        format="pkcs12",
        entries=(trusted("a", is_visible=False), trusted("b"), trusted("B", TWO), OtherEntry(kind=OtherKind.CRL, data=b"crl")),
        integrity=Integrity.NOT_CHECKED,
    )
    severities = [item.severity for item in judged.inspect(store, (), at=AT)]
    assert severities == sorted(severities, reverse=True)
    assert set(severities) == set(Severity)


def test_every_finding_of_a_store_is_tried() -> None:
    """Every identifier that the rules can give of a store stands in a test of this file."""
    text = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in finding_ids("store.py") if f'"{name}"' not in text] == []
