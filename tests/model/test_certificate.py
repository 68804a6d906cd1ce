import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anchorkeep import mint, tlv
from anchorkeep.errors import CertificateError, TLVError
from anchorkeep.model import oid
from anchorkeep.model.certificate import MAX_EXTENSIONS, Certificate
from anchorkeep.model.extension import Extension
from anchorkeep.model.name import Name
from anchorkeep.tlv import writer
from tests.peers.samples import KEY, certificate

PLAIN = certificate()
PROPERTIES = [name for name, item in vars(Certificate).items() if hasattr(item, "fget") or hasattr(item, "func")]


def extra(dotted: str, value: bytes, *, critical: bool = False) -> Extension:
    """Return an extension."""
    return Extension(oid=dotted, critical=critical, value=value)


def parts_of(found: Certificate) -> list[bytes]:
    """Return the three parts of a certificate."""
    return [node.raw for node in tlv.read(found.der).children()]


def with_algorithm(algorithm: bytes) -> Certificate:
    """Return the plain certificate under another signature algorithm."""
    tbs, _, signature = parts_of(PLAIN)
    return Certificate(writer.sequence(tbs, algorithm, signature))


def with_fields(change: Callable[[list[bytes]], list[bytes]]) -> Certificate:
    """Return the plain certificate with the fields of its signed part changed."""
    tbs, algorithm, signature = parts_of(PLAIN)
    fields = [node.raw for node in tlv.read(tbs).children()]
    return Certificate(writer.sequence(writer.sequence(*change(fields)), algorithm, signature))


def test_certificate_says_what_was_put_in() -> None:
    """A certificate that mint wrote says of itself what mint was told."""
    assert PLAIN.version == 3
    assert PLAIN.serial_number == 4711
    assert str(PLAIN.subject) == str(PLAIN.issuer) == "CN=leaf.example, O=Example GmbH, C=DE"
    assert PLAIN.not_before == datetime(2026, 1, 1, tzinfo=UTC)
    assert PLAIN.not_after == datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC)
    assert PLAIN.public_key.label == "EC P-256"
    assert PLAIN.signature_label == "ecdsa-with-SHA256"
    assert PLAIN.signature_hash == "sha256"
    assert PLAIN.signature_parameters is None
    assert PLAIN.has_matching_algorithms
    assert PLAIN.key_usage == {"digitalSignature"}
    assert [item.value for item in PLAIN.subject_alt_names] == ["leaf.example", "*.leaf.example", "192.0.2.1", "2001:db8::1"]
    assert PLAIN.problem is None


def test_identity_is_the_bytes() -> None:
    """Certificates of the same bytes are equal and of one hash; one flipped bit of a signature makes another."""
    flipped = bytearray(PLAIN.der)
    flipped[-1] ^= 1
    assert {PLAIN, Certificate(bytes(PLAIN.der))} == {PLAIN}
    assert Certificate(bytes(flipped)) != PLAIN
    assert PLAIN.sha256 == hashlib.sha256(PLAIN.der).digest()
    assert PLAIN.sha1 == hashlib.sha1(PLAIN.der, usedforsecurity=False).digest()


def test_repr_is_a_fingerprint() -> None:
    """A certificate shows the start of its fingerprint, no text of a stranger's."""
    assert repr(PLAIN) == f"<Certificate {PLAIN.sha256.hex()[:16]}>"


def test_signed_part_is_exact() -> None:
    """The signed bytes and the signature are those over which the key verifies."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    KEY.public_key().verify(PLAIN.signature, PLAIN.tbs, ec.ECDSA(hashes.SHA256()))  # type: ignore[call-arg,union-attr]


@pytest.mark.parametrize(
    "found",
    [
        certificate(serial_number=-4711),
        certificate(serial_number=0),
        certificate(null_parameters=True),
        certificate(subject=Name(b"\x30\0")),
        certificate(not_before=b"\x17\x11260101000000+0100"),
        certificate(version=1, dns_names=(), ip_addresses=()),
    ],
    ids=["negative-serial", "zero-serial", "null-parameters", "empty-subject", "offset-in-time", "version-1"],
)
def test_odd_certificate_is_read(found: Certificate) -> None:
    """What stricter parsers refuse is read without a problem and without a warning."""
    assert found.problem is None
    assert found.public_key.label == "EC P-256"


def test_oddities_are_kept() -> None:
    """A negative serial number stays negative, NULL parameters are told, an empty subject is named by its SAN."""
    assert certificate(serial_number=-4711).serial_number == -4711
    assert certificate(null_parameters=True).signature_parameters == writer.NULL
    assert certificate(subject=Name(b"\x30\0")).title == "leaf.example"
    assert certificate(subject=Name(b"\x30\0"), dns_names=(), ip_addresses=()).title == "(no name)"


def test_title_is_harmless() -> None:
    """A hostile subject or SAN reaches the title only escaped and cut."""
    hostile = "[/red]\n-----BEGIN CERTIFICATE-----\u202e" + "a" * 200
    subject = certificate(subject=mint.name.build(("CN", hostile))).title
    san = certificate(subject=Name(b"\x30\0"), dns_names=(hostile,)).title
    assert subject.startswith("[/red]\\n-----BEGIN CERTIFICATE-----\\u202eaaa")
    assert san.isprintable()
    assert len(subject) < 140 > len(san)


@settings(max_examples=300)
@given(st.data())
def test_damaged_certificate_is_no_crash(data: st.DataObject) -> None:
    """With any octets changed, every property gives a value or the errors promised, and `problem` a line or None."""
    damaged = bytearray(PLAIN.der)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    found = Certificate(bytes(damaged))
    for name in PROPERTIES:
        try:
            value = getattr(found, name)
            if isinstance(value, Name):
                _ = (value.canonical, value.title, str(value), value.attributes)
        except (CertificateError, TLVError):
            assert found.problem is not None or name in {"signature_hash", "version"}
    assert found.title.isprintable()
    assert found.problem is None or found.problem.isprintable()


@pytest.mark.parametrize("percent", range(100))
def test_truncated_certificate_is_a_problem(percent: int) -> None:
    """A certificate that ends early has a problem, keeps its bytes and fingerprint, and still has a title."""
    found = Certificate(PLAIN.der[: len(PLAIN.der) * percent // 100])
    assert found.problem is not None
    assert found.problem.startswith("Not a certificate: ")
    assert found.sha256.hex()[:16] in found.title
    with pytest.raises(CertificateError):
        _ = found.serial_number


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (Certificate(b""), "Not a certificate"),
        (Certificate(PLAIN.der + b"\0"), "1 bytes follow the node"),
        (Certificate(writer.sequence(*parts_of(PLAIN), writer.NULL)), "More than three parts"),
        (with_fields(lambda fields: fields[:6]), "Fields are missing"),
        (with_fields(lambda fields: [fields[0], writer.NULL, *fields[2:]]), "Expected tag 0x02, got 0x05"),
        (with_fields(lambda fields: [*fields[:4], writer.sequence(), *fields[5:]]), "at least 2 nodes inside"),
        (with_fields(lambda fields: [*fields[:4], writer.sequence(writer.NULL, writer.NULL), *fields[5:]]), "Expected a time"),
        (
            with_fields(lambda fields: [*fields[:7], writer.explicit(3, writer.sequence(writer.sequence(writer.NULL)))]),
            "at least 2",
        ),
        (with_algorithm(writer.sequence()), "A field cannot be read"),
        (certificate(extensions=(extra(oid.NAME_CONSTRAINTS, b"\x05\0"),)), "The extension nameConstraints cannot be read"),
        (certificate(extensions=tuple(extra(f"1.2.{n}", b"") for n in range(MAX_EXTENSIONS + 1))), "expected at most 512"),
    ],
)
def test_problem_is_told(found: Certificate, message: str) -> None:
    """What cannot be read has a problem that says which part and why."""
    assert found.problem is not None
    assert message in found.problem


@pytest.mark.parametrize(
    ("property_name", "found"),
    [
        ("basic_constraints", certificate(has_basic_constraints=False)),
        ("key_usage", certificate(key_usage=())),
        ("extended_key_usage", PLAIN),
        ("name_constraints", PLAIN),
        ("subject_key_identifier", certificate(has_subject_key_identifier=False)),
        ("authority_key_identifier", certificate(has_authority_key_identifier=False)),
    ],
)
def test_absent_extension_is_none(property_name: str, found: Certificate) -> None:
    """An extension that is absent is None, which is not the same as an empty one."""
    assert getattr(found, property_name) is None


def test_first_of_two_extensions_counts() -> None:
    """An extension that is there twice is listed twice, and the first is the one that is read."""
    twice = certificate(extensions=(extra(oid.KEY_USAGE, writer.bit_string(b"\x06")),))
    assert [item.oid for item in twice.extensions].count(oid.KEY_USAGE) == 2
    assert twice.key_usage == {"digitalSignature"}
    assert twice.extension("1.2.3.4") is None


def test_criticality_is_read() -> None:
    """An extension is critical where it says so, and not where it says nothing or false."""
    found = certificate(extensions=(extra("1.2.3", b"", critical=True), extra("1.2.4", b"")))
    assert [item.critical for item in found.extensions[-2:]] == [True, False]


@pytest.mark.parametrize(
    ("changes", "is_ca"),
    [
        ({"is_ca": True}, True),
        ({"is_ca": False}, False),
        ({"has_basic_constraints": False}, False),
        ({"version": 1}, True),
        ({"version": 1, "issuer": mint.name.build(("CN", "other"))}, False),
    ],
)
def test_ca_is_told(changes: dict[str, Any], is_ca: bool) -> None:  # noqa: FBT001
    """A CA says so; only a self-issued certificate of version 1 is one without saying."""
    assert certificate(**changes).is_ca is is_ca


def test_self_issued_is_by_name() -> None:
    """A certificate whose subject and issuer differ only in case is self-issued, another issuer is not."""
    assert certificate(issuer=mint.name.build(("C", "de"), ("O", "EXAMPLE GmbH"), ("CN", "leaf.example"))).is_self_issued
    assert not certificate(issuer=mint.name.build(("CN", "other"))).is_self_issued


def test_two_algorithms_are_noticed() -> None:
    """A certificate whose outer signature algorithm is not the signed one says so."""
    assert not with_algorithm(writer.sequence(writer.oid("1.2.840.10045.4.1"))).has_matching_algorithms


def pss(*parameters: bytes) -> bytes:
    """Return RSASSA-PSS with parameters."""
    return writer.sequence(writer.oid(oid.RSASSA_PSS), *parameters)


SHA_384 = writer.explicit(0, writer.sequence(writer.oid("2.16.840.1.101.3.4.2.2"), writer.NULL))


@pytest.mark.parametrize(
    ("algorithm", "hash_name", "label"),
    [
        (pss(writer.sequence(SHA_384)), "sha384", "RSASSA-PSS"),
        (pss(writer.sequence()), "sha1", "RSASSA-PSS"),
        (pss(writer.sequence(writer.explicit(2, writer.integer(32)))), "sha1", "RSASSA-PSS"),
        (pss(writer.sequence(writer.explicit(0, writer.sequence(writer.oid("1.2.3"))))), None, "RSASSA-PSS"),
        (pss(), None, "RSASSA-PSS"),
        (writer.sequence(writer.oid("1.3.101.112")), None, "Ed25519"),
        (writer.sequence(writer.oid("1.2.840.113549.1.1.4"), writer.NULL), "md5", "md5WithRSAEncryption"),
        (writer.sequence(writer.oid("1.2.3.4")), None, "1.2.3.4"),
    ],
)
def test_hash_of_signature(algorithm: bytes, hash_name: str | None, label: str) -> None:
    """The hash that was signed follows from the algorithm, or in RSASSA-PSS from its parameters, whose default is SHA-1."""
    found = with_algorithm(algorithm)
    assert (found.signature_hash, found.signature_label) == (hash_name, label)


def test_broken_pss_parameters_are_an_error() -> None:
    """RSASSA-PSS with parameters that cannot be read is an error, not a guess."""
    with pytest.raises(CertificateError, match="A field cannot be read"):
        _ = with_algorithm(pss(writer.NULL)).signature_hash
