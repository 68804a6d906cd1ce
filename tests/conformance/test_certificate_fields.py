"""Our reading of certificates against that of two other programs, on every certificate that can be had here."""

import base64
import json
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import certifi
import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from OpenSSL import crypto

from anchorkeep import mint, tlv
from anchorkeep.host import roots
from anchorkeep.mint import Template
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.extension import GeneralName
from anchorkeep.model.name import Name

KEY_USAGES = {
    "digital_signature": "digitalSignature",
    "content_commitment": "nonRepudiation",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
    "encipher_only": "encipherOnly",
    "decipher_only": "decipherOnly",
}
KINDS = {
    x509.DNSName: "dNSName",
    x509.RFC822Name: "rfc822Name",
    x509.UniformResourceIdentifier: "URI",
    x509.DirectoryName: "directoryName",
    x509.IPAddress: "iPAddress",
    x509.RegisteredID: "registeredID",
    x509.OtherName: "otherName",
}


# What `cryptography` raises where it cannot read a field: the last two for a constraint on an address without a mask, and for
# the size of a key that has one size only.
NO_OPINION = (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, TypeError, AttributeError)


def decoded(pem: str) -> Iterator[bytes]:
    """Yield the certificates of a text."""
    pattern = r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----"
    for block in re.findall(pattern, pem, flags=re.DOTALL):
        yield base64.b64decode(block)


def their_name(name: x509.Name) -> list[tuple[str, str]]:
    """Return the attributes as pairs of type and text."""
    return [(item.oid.dotted_string, item.value) for item in name]  # type: ignore[misc]


def our_name(name: Name) -> list[tuple[str, str]]:
    """Return the attributes as pairs of type and text."""
    return [(item.oid, item.value) for item in name.attributes]


def their_general_name(name: x509.GeneralName) -> tuple[str, Any]:
    """Return kind and value, both as text."""
    kind = KINDS[type(name)]
    match name:
        case x509.DirectoryName():
            return kind, their_name(name.value)
        case x509.RegisteredID():
            return kind, name.value.dotted_string
        case x509.IPAddress() if hasattr(name.value, "netmask"):
            return kind, f"{name.value.network_address}/{name.value.netmask}"
        case x509.OtherName():
            return kind, name.type_id.dotted_string
        case _:
            return kind, str(name.value)


def our_general_name(name: GeneralName) -> tuple[str, Any]:
    """Return kind and value, both as text."""
    if name.kind == "directoryName":
        return name.kind, our_name(Name(name.raw))
    if name.kind == "otherName":
        return name.kind, tlv.read_prefix(name.raw).oid()
    if name.kind in {"dNSName", "rfc822Name", "URI"}:
        # Octets outside ASCII, which these may not hold, are Latin-1 to us and UTF-8 to them.
        return name.kind, name.value.encode("latin-1").decode()
    return name.kind, name.value


def their_key_digest(certificate: x509.Certificate) -> bytes:
    """Return the digest of the key as it stands; a key that `cryptography` writes in another form than it read has none."""
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key not in certificate.tbs_certificate_bytes:
        raise ValueError(key)
    return sha256(key).digest()


def their_extension(kind: Any, read: Callable[[Any], Any]) -> Callable[[x509.Certificate], Any]:
    """Return a reader of one extension, which gives None where it is absent."""

    def reading(certificate: x509.Certificate) -> Any:
        try:
            return read(certificate.extensions.get_extension_for_class(kind).value)
        except x509.ExtensionNotFound:
            return None

    return reading


def their_key_usage(value: x509.KeyUsage) -> set[str]:
    """Return the bits by name; two of them may only be asked about where a third is set."""
    asked = KEY_USAGES if value.key_agreement else list(KEY_USAGES)[:7]
    return {KEY_USAGES[name] for name in asked if getattr(value, name)}


def general_names(names: Any) -> list[tuple[str, Any]]:
    """Return kind and value of each."""
    return [their_general_name(name) for name in names or ()]


# Each field: how we read it, how `cryptography` does.
FIELDS: dict[str, tuple[Callable[[Certificate], Any], Callable[[x509.Certificate], Any]]] = {
    "version": (lambda c: c.version, lambda x: x.version.value + 1),
    "serial_number": (lambda c: c.serial_number, lambda x: x.serial_number),
    "subject": (lambda c: our_name(c.subject), lambda x: their_name(x.subject)),
    "issuer": (lambda c: our_name(c.issuer), lambda x: their_name(x.issuer)),
    "not_before": (lambda c: c.not_before, lambda x: x.not_valid_before_utc),
    "not_after": (lambda c: c.not_after, lambda x: x.not_valid_after_utc),
    "tbs": (lambda c: c.tbs, lambda x: x.tbs_certificate_bytes),
    "signature": (lambda c: c.signature, lambda x: x.signature),
    "signature_algorithm": (lambda c: c.signature_algorithm, lambda x: x.signature_algorithm_oid.dotted_string),
    "signature_hash": (
        lambda c: c.signature_hash,
        lambda x: x.signature_hash_algorithm and x.signature_hash_algorithm.name,
    ),
    "sha256": (lambda c: c.sha256, lambda x: x.fingerprint(hashes.SHA256())),
    "sha1": (lambda c: c.sha1, lambda x: x.fingerprint(hashes.SHA1())),  # noqa: S303
    "key bits": (lambda c: c.public_key.bits, lambda x: x.public_key().key_size),  # type: ignore[union-attr]
    "key digest": (
        lambda c: c.public_key.sha256,
        their_key_digest,
    ),
    "extensions": (
        lambda c: [(item.oid, item.critical) for item in c.extensions],
        lambda x: [(item.oid.dotted_string, item.critical) for item in x.extensions],
    ),
    "subject_alt_names": (
        lambda c: [our_general_name(name) for name in c.subject_alt_names],
        lambda x: their_extension(x509.SubjectAlternativeName, general_names)(x) or [],
    ),
    "basic_constraints": (
        lambda c: c.basic_constraints and (c.basic_constraints.is_ca, c.basic_constraints.path_length),
        their_extension(x509.BasicConstraints, lambda v: (v.ca, v.path_length)),
    ),
    "key_usage": (lambda c: c.key_usage, their_extension(x509.KeyUsage, their_key_usage)),
    "extended_key_usage": (
        lambda c: c.extended_key_usage and list(c.extended_key_usage),
        their_extension(x509.ExtendedKeyUsage, lambda v: [item.dotted_string for item in v]),
    ),
    "name_constraints": (
        lambda c: (
            c.name_constraints
            and (
                [our_general_name(name) for name in c.name_constraints.permitted],
                [our_general_name(name) for name in c.name_constraints.excluded],
            )
        ),
        their_extension(
            x509.NameConstraints, lambda v: (general_names(v.permitted_subtrees), general_names(v.excluded_subtrees))
        ),
    ),
    "subject_key_identifier": (
        lambda c: c.subject_key_identifier,
        their_extension(x509.SubjectKeyIdentifier, lambda v: v.digest),
    ),
    "authority_key_identifier": (
        lambda c: (
            c.authority_key_identifier and (c.authority_key_identifier.key_identifier, c.authority_key_identifier.serial_number)
        ),
        their_extension(x509.AuthorityKeyIdentifier, lambda v: (v.key_identifier, v.authority_cert_serial_number)),
    ),
}


def compare(der: bytes, seen: Counter[str]) -> Iterator[str]:
    """Yield each disagreement about a certificate; count the fields on which `cryptography` has an opinion."""
    ours = Certificate(der)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            theirs = x509.load_der_x509_certificate(der)
        except ValueError:
            seen["refused"] += 1
            yield from compare_with_openssl(ours)
            return
        for field, (our_reading, their_reading) in FIELDS.items():
            try:
                expected = their_reading(theirs)
            except NO_OPINION:
                continue
            seen[field] += 1
            got = our_reading(ours)
            if got != expected:
                yield f"{ours!r} {field}: expected {expected!r}, got {got!r}"


def compare_with_openssl(ours: Certificate) -> Iterator[str]:
    """Yield each disagreement about a certificate with OpenSSL, which reads what `cryptography` refuses."""
    theirs = crypto.load_certificate(crypto.FILETYPE_ASN1, ours.der)
    pairs = {
        "serial_number": (ours.serial_number, theirs.get_serial_number()),
        "version": (ours.version, theirs.get_version() + 1),
        "subject": (
            [(item.label, item.value.encode()) for item in ours.subject.attributes],
            theirs.get_subject().get_components(),
        ),
        "issuer": (
            [(item.label, item.value.encode()) for item in ours.issuer.attributes],
            theirs.get_issuer().get_components(),
        ),
        "not_before": (ours.not_before, openssl_time(theirs.get_notBefore())),
        "not_after": (ours.not_after, openssl_time(theirs.get_notAfter())),
        "sha256": (ours.sha256.hex(":").upper().encode(), theirs.digest("sha256")),
        "signature_algorithm": (ours.signature_label.encode(), theirs.get_signature_algorithm()),
        "key bits": (ours.public_key.bits, theirs.get_pubkey().bits()),
    }
    for field, (got, expected) in pairs.items():
        if field in {"subject", "issuer"}:
            got = [(label.encode(), value) for label, value in got]  # type: ignore[union-attr,str-unpack]  # noqa: PLW2901
        if got != expected:
            yield f"{ours!r} {field}: expected {expected!r}, got {got!r}"


def openssl_time(text: bytes | None) -> datetime:
    """Return the time of a GeneralizedTime as OpenSSL prints it."""
    return datetime.strptime((text or b"").decode(), "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def refused(key: str, **changes: Any) -> Certificate:
    """Return a certificate with NULL in the parameters of its signature algorithm, and with the changes."""
    template = Template(
        subject=mint.name.build(("C", "DE"), ("CN", "odd.example")),
        serial_number=4711,
        not_before=datetime(2026, 1, 1, tzinfo=UTC),
        not_after=datetime(2026, 12, 31, tzinfo=UTC),
        null_parameters=True,
    )
    return mint.self_signed(replace(template, **changes), mint.key.generate(key))


def check(certificates: set[bytes]) -> Counter[str]:
    """Demand that there is no disagreement; return how many certificates each field was compared for."""
    seen: Counter[str] = Counter()
    assert not [line for der in sorted(certificates) for line in compare(der, seen)]
    return seen


def test_roots_of_mozilla_are_read_alike() -> None:
    """Every field of every root in Mozilla's list is read as `cryptography` reads it."""
    certificates = set(decoded(Path(certifi.where()).read_text(encoding="utf-8")))
    seen = check(certificates)
    assert len(certificates) > 100
    assert {seen[field] for field in FIELDS} == {len(certificates)}


def test_roots_of_the_system_are_read_alike() -> None:
    """Every field of every root in the system's bundle is read as `cryptography` reads it."""
    bundles = roots.system_bundles()
    if not bundles:
        pytest.skip("needs a system's bundle: Debian package ca-certificates")
    certificates = {der for path in bundles for der in decoded(path.read_text(encoding="utf-8"))}
    seen = check(certificates)
    assert seen["subject"] + seen["refused"] == len(certificates) > 100


def test_real_chains_are_read_alike(vectors: Path) -> None:
    """Every field of every certificate that large sites sent in two years is read as `cryptography` reads it."""
    certificates: set[bytes] = set()
    with (vectors / "real-chains-2023-2026.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            certificates.update(decoded(line.replace("\\n", "\n")))
    seen = check(certificates)
    assert len(certificates) > 150
    assert seen["refused"] == 0
    assert {seen[field] for field in FIELDS} == {len(certificates)}


def test_certificates_of_limbo_are_read_alike(vectors: Path) -> None:
    """Every field that `cryptography` reads in x509-limbo's malformed certificates we read alike."""
    text = (vectors / "x509-limbo.json").read_text(encoding="utf-8")
    certificates: set[bytes] = set()
    for case in json.loads(text)["testcases"]:
        for pem in (*case["trusted_certs"], *case["untrusted_intermediates"], case["peer_certificate"]):
            certificates.update(decoded(pem))
    seen = check(certificates)
    assert len(certificates) > 400
    assert seen["subject"] + seen["refused"] == len(certificates)
    assert min(seen[field] for field in FIELDS) > 850


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"serial_number": -(2**159)},
        {"serial_number": 0},
        {"version": 1},
        {"subject": Name(b"\x30\0")},
        {"subject": mint.name.build(("CN", "one"), ("CN", "Zürich"), ("O", "東京"))},
        {"not_before": datetime(1949, 12, 31, tzinfo=UTC), "not_after": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)},
        {"hash_name": "sha384"},
    ],
    ids=lambda changes: ",".join(changes) or "plain",
)
@pytest.mark.parametrize("key", ["EC P-256", "EC P-521"])
def test_refused_certificate_is_read_as_openssl_does(changes: dict[str, Any], key: str) -> None:
    """A certificate that `cryptography` refuses for the NULL parameters of JDK 11 is read as OpenSSL reads it."""
    seen: Counter[str] = Counter()
    assert not list(compare(refused(key, **changes).der, seen))
    assert seen == {"refused": 1}


def test_disagreement_with_openssl_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A field that we read otherwise than OpenSSL is reported."""
    monkeypatch.setattr(Certificate, "version", 7)
    assert [line for line in compare(refused("EC P-256").der, Counter()) if "version: expected 3, got 7" in line]


@pytest.mark.parametrize("field", FIELDS)
def test_disagreement_is_noticed(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A field that we read otherwise is reported, so that agreement means something."""
    der = next(decoded(Path(certifi.where()).read_text(encoding="utf-8")))
    monkeypatch.setitem(FIELDS, field, (lambda _: "something else", FIELDS[field][1]))
    (line,) = compare(der, Counter())
    assert f" {field}: " in line
