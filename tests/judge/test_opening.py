import pytest

from anchorkeep.judge import opening
from anchorkeep.model import java
from anchorkeep.model.java import JavaVersion
from anchorkeep.model.truststore import Part, Protection, Scheme, TrustStore

MODERN = "PBEWithHmacSHA256AndAES_256"
LEGACY = "PBEWithSHA1AndDESede"
ALL = [True] * 7
FROM_PBES2 = [False, True, False, True, True, True, True]
NONE = [False] * 7
FROM_25 = [False] * 6 + [True]


def part(scheme: Scheme, algorithm: str, which: Part = Part.CERTIFICATES, *, iterations: int | None = 10_000) -> Protection:
    """Return how one part is protected."""
    return Protection(part=which, scheme=scheme, algorithm=algorithm, iterations=iterations)


def mac(algorithm: str, scheme: Scheme = Scheme.MAC_SHA2) -> Protection:
    """Return how the integrity is protected."""
    return part(scheme, algorithm, Part.INTEGRITY)


def key(scheme: Scheme, algorithm: str) -> Protection:
    """Return how the keys are protected."""
    return part(scheme, algorithm, Part.KEYS)


def store(*protection: Protection, format_name: str = "pkcs12") -> TrustStore:
    """Return a store that is protected so."""
    return TrustStore(format=format_name, entries=(), protection=protection)


def opened(whole: TrustStore, password: str | None = "changeit") -> list[bool]:
    """Return for each runtime whether it opens a store."""
    return [item.opens for item in opening.openings(whole, password=password)]


@pytest.mark.parametrize(
    ("protection", "expected"),
    [
        ((), ALL),
        ((part(Scheme.PLAIN, "none", iterations=None),), ALL),
        ((part(Scheme.PBES1, LEGACY), mac("HmacPBESHA1", Scheme.MAC_SHA1)), ALL),
        ((part(Scheme.PBES1, "PBEWithSHA1AndRC2_40"),), ALL),
        ((part(Scheme.PBES1, "PBEWithSHA1AndDESede_112"),), NONE),
        ((part(Scheme.PBES2, MODERN), mac("HmacPBESHA256")), FROM_PBES2),
        ((part(Scheme.PBES1, LEGACY), mac("HmacPBESHA256")), FROM_PBES2),
        ((part(Scheme.PBES2, MODERN), mac("HmacPBESHA1", Scheme.MAC_SHA1)), FROM_PBES2),
        ((part(Scheme.PBES2, "PBEWithHmacSHA256AndAES_192"),), NONE),
        ((part(Scheme.PBES2, "PBEWithHmacSHA256AndDESede"),), NONE),
        ((mac("PBMAC1 with HmacSHA256", Scheme.PBMAC1),), NONE),
        ((part(Scheme.PBES1, LEGACY, iterations=5_000_000),), ALL),
        ((part(Scheme.PBES1, LEGACY, iterations=5_000_001),), NONE),
        ((key(Scheme.PBES2, MODERN),), ALL),
    ],
)
def test_pkcs12_is_opened_by_its_algorithms(protection: tuple[Protection, ...], expected: list[bool]) -> None:
    """A runtime opens a PKCS#12 store whose MAC and certificates are under algorithms and iterations that it has."""
    assert opened(store(*protection)) == expected


@pytest.mark.parametrize(
    ("protection", "expected"),
    [
        ((key(Scheme.PBES1, LEGACY),), ALL),
        ((key(Scheme.PBES2, MODERN),), FROM_PBES2),
        ((key(Scheme.PBES2, "PBEWithHmacSHA256AndAES_192"),), NONE),
        ((key(Scheme.PLAIN, "none"),), NONE),
        ((part(Scheme.PBES2, MODERN), key(Scheme.PBES1, LEGACY)), FROM_PBES2),
    ],
)
def test_keys_are_judged_by_themselves(protection: tuple[Protection, ...], expected: list[bool]) -> None:
    """A store can open while its private keys do not; where the store does not, they do not either."""
    assert [item.opens_keys for item in opening.openings(store(*protection), password="changeit")] == expected


@pytest.mark.parametrize(
    ("protection", "expected"),
    [
        ((), ALL),
        ((part(Scheme.PLAIN, "none"),), ALL),
        ((part(Scheme.PBES2, MODERN), mac("HmacPBESHA256")), FROM_25),
        ((mac("HmacPBESHA1", Scheme.MAC_SHA1),), FROM_25),
        ((part(Scheme.PBES1, LEGACY), mac("HmacPBESHA1", Scheme.MAC_SHA1)), NONE),
    ],
)
def test_password_beyond_ascii(protection: tuple[Protection, ...], expected: list[bool]) -> None:
    """A password beyond ASCII opens a PKCS#12 store from 25 on, and none whose certificates are under PBES1."""
    assert opened(store(*protection), "pässwörd") == expected


def test_jks_is_opened_by_all() -> None:
    """Every runtime opens a JKS store and its keys, whatever the password."""
    jks = store(
        part(Scheme.DIGEST, "SHA-1", Part.INTEGRITY, iterations=None),
        key(Scheme.JAVA, "Sun's JKS key protector"),
        format_name="jks",
    )
    found = opening.openings(jks, password="pässwörd")
    assert [(item.opens, item.opens_keys, item.reason) for item in found] == [(True, True, "")] * 7


def test_jceks_wants_its_type_said() -> None:
    """Every runtime opens a JCEKS store when its type is said; keys under a password beyond ASCII open from 25 on."""
    jceks = store(key(Scheme.JAVA, "PBEWithMD5AndTripleDES"), format_name="jceks")
    found = opening.openings(jceks, password="changeit")
    assert {(item.opens, item.opens_keys, item.reason) for item in found} == {(True, True, "as a store of type JCEKS")}
    assert [item.opens_keys for item in opening.openings(jceks, password="pässwörd")] == FROM_25


@pytest.mark.parametrize(
    ("format_name", "reason"), [("pem", "keytool -importcert"), ("sst", "no store"), ("bks", "Bouncy Castle")]
)
def test_other_formats_are_opened_by_none(format_name: str, reason: str) -> None:
    """No runtime opens a file of certificates, or a store of another provider, as a store."""
    found = opening.openings(store(format_name=format_name), password=None)
    assert [item.opens for item in found] == NONE
    assert all(reason in item.reason for item in found)


def test_java_8_is_modelled() -> None:
    """What is said of Java 8 is said to be not proved, and of no other."""
    assert {item.java.feature for item in opening.openings(store(), password=None) if not item.is_proved} == {8}


@pytest.mark.parametrize(
    ("version", "expected"), [("11.0.9", False), ("11.0.13", True), ("1.8.0_402", True), ("17.0.2", True), ("25", True)]
)
def test_one_runtime_is_judged_by_its_update(version: str, expected: bool) -> None:  # noqa: FBT001 (what is expected)
    """A runtime that names its update is judged by that, and not by the oldest of its release."""
    runtime = java.parse(version)
    assert isinstance(runtime, JavaVersion)
    assert opening.opening(store(part(Scheme.PBES2, MODERN)), runtime, password=None).opens is expected


def test_too_many_iterations_are_not_converted_away() -> None:
    """What no Java derives is not opened here either, so that converting is no remedy, as it is for an algorithm."""
    slow = part(Scheme.PBES1, LEGACY, Part.KEYS, iterations=5_000_001)
    unknown = part(Scheme.PBES2, "PBEWithHmacSHA256AndAES_192", Part.KEYS)
    remedies = [opening.opening(store(item), java.every(17), password=None).remedy for item in (slow, unknown)]
    assert ["-iter 10000" in item for item in remedies] == [True, False]
    assert ["store convert" in item for item in remedies] == [False, True]


def test_reason_says_the_algorithm() -> None:
    """Whoever cannot open a store is told by which algorithm, and whether a later update has it."""
    reasons = {item.reason for item in opening.openings(store(part(Scheme.PBES2, MODERN)), password=None)}
    assert reasons == {"", f"it has no {MODERN} yet"}
    (reason,) = {item.reason for item in opening.openings(store(mac("PBMAC1 with HmacSHA256", Scheme.PBMAC1)), password=None)}
    assert reason == "it knows no PBMAC1 with HmacSHA256"
