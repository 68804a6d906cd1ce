from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.utils import CryptographyDeprecationWarning
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import crypto

from anchorkeep.mint import Authority, Template, key, name, self_signed
from anchorkeep.mint.template import key_identifier
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.extension import KEY_USAGES, Extension
from anchorkeep.tlv import writer
from tests.peers.authorities import AT, entropy, openssl_verify

ROOT = Authority.root("Root", at=AT, days=30, entropy=entropy())
KEY = key.generate()
TEMPLATE = Template(
    subject=name.build(("CN", "leaf")),
    serial_number=1,
    not_before=AT,
    not_after=AT.replace(day=20),
    dns_names=("leaf.test",),
)


def sign(template: Template) -> Certificate:
    """Return a template's certificate below the root."""
    return ROOT.sign(template, key.public_key(KEY))


@pytest.mark.interop
def test_negative_serial_number_is_written(tmp_path: Path) -> None:
    """A negative serial number is written; OpenSSL reads and verifies it, `cryptography` warns."""
    certificate = sign(replace(TEMPLATE, serial_number=-1027))
    assert certificate.serial_number == -1027
    theirs = crypto.load_certificate(crypto.FILETYPE_ASN1, certificate.der)
    assert theirs.get_serial_number() == -1027
    with pytest.warns(CryptographyDeprecationWarning, match="negative"):
        x509.load_der_x509_certificate(certificate.der)
    assert openssl_verify([certificate], [ROOT.certificate], tmp_path) == "leaf: OK"


@pytest.mark.interop
def test_null_parameters_are_openssls_alone(tmp_path: Path) -> None:
    """An EC signature algorithm with NULL parameters verifies in OpenSSL; `cryptography` refuses it."""
    certificate = sign(replace(TEMPLATE, null_parameters=True))
    assert certificate.signature_parameters == writer.NULL
    assert sign(TEMPLATE).signature_parameters is None
    assert certificate.has_matching_algorithms
    assert openssl_verify([certificate], [ROOT.certificate], tmp_path) == "leaf: OK"
    with pytest.raises(ValueError, match="signature_alg"):
        x509.load_der_x509_certificate(certificate.der)


@pytest.mark.parametrize("kind", ["EC P-256", "RSA 2048"])
@pytest.mark.parametrize("hash_name", ["sha1", "sha256", "sha384", "sha512"])
def test_hash_is_the_one_asked_for(kind: str, hash_name: str) -> None:
    """The certificate names the hash of the template, and its signature verifies with it."""
    signer = key.generate(kind)
    certificate = self_signed(replace(TEMPLATE, hash_name=hash_name), signer)
    assert certificate.signature_hash == hash_name
    assert signer.public_key() == x509.load_der_x509_certificate(certificate.der).public_key()
    function = getattr(hashes, hash_name.upper())()
    scheme = (padding.PKCS1v15(), function) if kind.startswith("RSA") else (ec.ECDSA(function),)
    signer.public_key().verify(certificate.signature, certificate.tbs, *scheme)


def test_weak_key_can_be_made() -> None:
    """An RSA key of 1,024 bits is made for the tests that warn of it."""
    certificate = self_signed(TEMPLATE, key.generate("RSA 1024"))
    assert certificate.public_key.label == "RSA 1024"


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_becomes_a_name(common_name: str, organization: str) -> None:
    """Whatever text a name is made of stands in the certificate, character for character."""
    certificate = sign(replace(TEMPLATE, subject=name.build(("O", organization), ("CN", common_name))))
    assert certificate.subject.get("2.5.4.3") == common_name
    assert certificate.subject.organization == organization
    assert certificate.problem is None


@given(st.sets(st.sampled_from(KEY_USAGES), min_size=1))
def test_key_usage_is_read_back(usages: set[str]) -> None:
    """Every set of key usages is what `cryptography` and we read from the certificate."""
    certificate = sign(replace(TEMPLATE, key_usage=tuple(usages)))
    assert certificate.key_usage == usages
    if not usages & {"encipherOnly", "decipherOnly"}:
        theirs = x509.load_der_x509_certificate(certificate.der).extensions.get_extension_for_class(x509.KeyUsage)
        assert theirs.value.key_cert_sign == ("keyCertSign" in usages)
        assert theirs.value.digital_signature == ("digitalSignature" in usages)


def test_odd_dates_are_written_as_they_stand() -> None:
    """A time that is given as bytes stands in the certificate byte for byte."""
    odd = writer.encode(0x17, b"2611011200Z")
    certificate = sign(replace(TEMPLATE, not_before=odd))
    assert odd in certificate.der
    assert certificate.not_before == AT.replace(hour=12)


def test_years_from_2050_are_generalized_times() -> None:
    """A date past 2049 is written as GeneralizedTime and read back (RFC 5280 §4.1.2.5)."""
    certificate = sign(replace(TEMPLATE, not_after=AT.replace(year=9999, month=12, day=31)))
    assert b"\x18\x0f99991231000000Z" in certificate.der
    assert x509.load_der_x509_certificate(certificate.der).not_valid_after_utc == certificate.not_after


def test_version_1_has_no_extensions() -> None:
    """A version 1 certificate carries no version field and no extensions."""
    certificate = sign(replace(TEMPLATE, version=1))
    assert certificate.version == 1
    assert certificate.extensions == ()


def test_issuer_can_be_a_lie() -> None:
    """The template's issuer comes before the name of who signs."""
    lie = name.build(("CN", "Somebody Else"))
    assert sign(replace(TEMPLATE, issuer=lie)).issuer == lie
    assert sign(TEMPLATE).issuer == ROOT.certificate.subject


def test_extra_extensions_come_last_as_they_stand() -> None:
    """An extension that is handed in is written after the others, octet for octet."""
    extra = Extension(oid="1.2.3.4", critical=True, value=b"\xff\x00")
    assert sign(replace(TEMPLATE, extensions=(extra,))).extensions[-1] == extra


def test_identifiers_can_be_left_out() -> None:
    """Without the identifiers and basicConstraints the certificate has none of them."""
    bare = replace(
        TEMPLATE,
        has_subject_key_identifier=False,
        has_authority_key_identifier=False,
        has_basic_constraints=False,
        key_usage=(),
        dns_names=(),
    )
    assert sign(bare).extensions == ()
    assert sign(TEMPLATE).subject_key_identifier == key_identifier(key.public_key(KEY))


def test_subject_alt_name_is_critical_without_a_subject() -> None:
    """An empty subject makes subjectAltName critical (RFC 5280 §4.2.1.6), a subject does not."""
    empty = name.build()
    assert sign(replace(TEMPLATE, subject=empty)).extension("2.5.29.17").critical
    assert not sign(TEMPLATE).extension("2.5.29.17").critical
