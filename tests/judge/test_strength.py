from datetime import UTC, datetime, timedelta

import pytest

from anchorkeep.judge import strength
from anchorkeep.mint import key as keys
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.key import PublicKey
from anchorkeep.tlv import writer
from tests.judge.conftest import LEAF_KEY, leaf, root, template

ROOT = root()
SECOND = timedelta(seconds=1)


def with_key(public_key: PublicKey) -> Certificate:
    """Return a certificate for a key."""
    return ROOT.sign(template(), public_key)


def spki(algorithm: bytes, bits: bytes = b"\x04") -> PublicKey:
    """Return a SubjectPublicKeyInfo as it stands."""
    return PublicKey(writer.sequence(algorithm, writer.bit_string(bits)))


def rsa(bits: int) -> PublicKey:
    """Return an RSA key with a modulus of that many bits."""
    numbers = writer.sequence(writer.integer((1 << bits) - 1), writer.integer(65537))
    return spki(writer.sequence(writer.oid("1.2.840.113549.1.1.1"), writer.NULL), numbers)


def curve(dotted: str) -> PublicKey:
    """Return a key on a named curve."""
    return spki(writer.sequence(writer.oid("1.2.840.10045.2.1"), writer.oid(dotted)))


def dsa() -> PublicKey:
    """Return a DSA key of 2,048 bits."""
    parameters = writer.sequence(writer.integer((1 << 2048) - 1), writer.integer(3), writer.integer(2))
    return spki(writer.sequence(writer.oid("1.2.840.10040.4.1"), parameters), writer.integer(4))


WEAK_KEYS = {
    "RSA 1024": rsa(1024),
    "RSA 2047": rsa(2047),
    "EC P-192": curve("1.2.840.10045.3.1.1"),
    "EC P-224": curve("1.3.132.0.33"),
    "DSA": dsa(),
}
STRONG_KEYS = {
    "RSA 2048": rsa(2048),
    "EC P-256": curve("1.2.840.10045.3.1.7"),
    "EC P-521": curve("1.3.132.0.35"),
    "Ed25519": keys.public_key(keys.generate("Ed25519")),
    "an unknown curve": curve("1.2.3.4"),
    "an unreadable key": spki(writer.NULL),
}


@pytest.mark.parametrize("key", WEAK_KEYS.values(), ids=WEAK_KEYS)
def test_key_is_weak(key: PublicKey) -> None:
    """An RSA modulus below 2048 bits, a curve below 256 bits and any DSA key are weak."""
    assert strength.weak_key(with_key(key))


@pytest.mark.parametrize("key", STRONG_KEYS.values(), ids=STRONG_KEYS)
def test_key_is_not_weak(key: PublicKey) -> None:
    """A key at the limit is not weak, and one that cannot be told is not called weak."""
    assert strength.weak_key(with_key(key)) is None


@pytest.mark.parametrize("hash_name", ["md5", "sha1"])
def test_signature_is_weak(hash_name: str) -> None:
    """A signature over MD5 or SHA-1 is weak."""
    signer = root(key=keys.generate("RSA 2048"))
    template_ = template(hash_name=hash_name)
    if hash_name == "md5":  # `cryptography` signs with it no more; the algorithm's name is what is looked at.
        algorithm = keys.signature_algorithm(signer.key, "md5")
        issuer, public_key = signer.certificate.subject, keys.public_key(LEAF_KEY)
        tbs = template_.tbs(public_key, issuer=issuer, algorithm=algorithm, authority_key_identifier=None)
        certificate = Certificate(writer.sequence(tbs, algorithm, writer.bit_string(b"\0")))
    else:
        certificate = signer.sign(template_, keys.public_key(LEAF_KEY))
    assert strength.weak_signature(certificate) == hash_name


@pytest.mark.parametrize("hash_name", ["sha224", "sha256", "sha384", "sha512"])
def test_signature_is_not_weak(hash_name: str) -> None:
    """A signature over a hash of the SHA-2 family is not weak."""
    assert strength.weak_signature(leaf(ROOT, hash_name=hash_name)) is None


@pytest.mark.parametrize(("hash_name", "broken"), [("md2", True), ("md5", True), ("sha1", False), ("sha256", False)])
def test_broken_hash(hash_name: str, *, broken: bool) -> None:
    """MD2 and MD5 are broken; SHA-1 is only outdated."""
    assert strength.is_broken_hash(hash_name) is broken


def test_lifetime_counts_its_last_second() -> None:
    """A certificate that ends one second before the day is over has lived the whole day (RFC 5280 §4.1.2.5)."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = leaf(ROOT, not_before=start, not_after=start + timedelta(days=398) - SECOND)
    assert strength.lifetime(certificate) == timedelta(days=398)


LIMITS = [
    ((2018, 3, 1), None, 825),
    ((2020, 9, 1), 825, 398),
    ((2026, 3, 15), 398, 200),
    ((2027, 3, 15), 200, 100),
    ((2029, 3, 15), 100, 47),
]


@pytest.mark.parametrize(("since", "before", "after"), LIMITS)
def test_limit_begins_with_its_day(since: tuple[int, int, int], before: int | None, after: int) -> None:
    """A limit of the Baseline Requirements (§6.3.2) holds from the first second of its day, and not one earlier."""
    day = datetime(*since, tzinfo=UTC)
    assert (strength.longest_lifetime(day - SECOND), strength.longest_lifetime(day)) == (before, after)
