import pytest

from anchorkeep.judge import parsers
from anchorkeep.mint import key as keys
from anchorkeep.model import oid
from anchorkeep.model.certificate import Certificate
from anchorkeep.tlv import writer
from tests.judge.conftest import LEAF_KEY, changed, extension, leaf, root, template

ROOT = root()
BROKEN_TIME = writer.encode(0x17, b"never")
BROKEN_EXTENSION = extension(oid.KEY_USAGE, b"\x30\x05")


def signed_as(dotted: str, parameters: bytes) -> Certificate:
    """Return a certificate that names a signature algorithm; the signature itself is none."""
    algorithm = writer.sequence(writer.oid(dotted), parameters)
    issuer = ROOT.certificate.subject
    tbs = template().tbs(keys.public_key(LEAF_KEY), issuer=issuer, algorithm=algorithm, authority_key_identifier=None)
    return Certificate(writer.sequence(tbs, algorithm, writer.bit_string(b"\0")))


# pytest makes an error of every warning, so that each of these also shows that none leaks.
TAKEN = {
    "an ordinary one": leaf(ROOT),
    "one with a serial number of 21 octets": leaf(ROOT, serial_number=1 << 161),
    "one of version 1": leaf(ROOT, version=1),
    "RSA with NULL parameters": signed_as("1.2.840.113549.1.1.11", writer.NULL),
}
REFUSED = {
    "serial number -1": (leaf(ROOT, serial_number=-1), "serial number"),
    "serial number 0": (leaf(ROOT, serial_number=0), "serial number"),
    "EC with NULL parameters": (leaf(ROOT, null_parameters=True), "NULL parameters"),
    "DSA with NULL parameters": (signed_as("2.16.840.1.101.3.4.3.2", writer.NULL), "NULL parameters"),
    "version 2": (leaf(ROOT, version=2), "version"),
    "version 8": (leaf(ROOT, version=8), "version"),
}
NOT_UNDERSTOOD = {
    "nothing": Certificate(b""),
    "no certificate": Certificate(writer.sequence(writer.NULL)),
    "a broken time": leaf(ROOT, not_before=BROKEN_TIME),
    "a broken extension": leaf(ROOT, key_usage=(), extensions=(BROKEN_EXTENSION,)),
    "a broken extension and a negative serial number": leaf(ROOT, key_usage=(), extensions=(BROKEN_EXTENSION,), serial_number=-1),
    "a cut one": Certificate(leaf(ROOT).der[:-1]),
}


@pytest.mark.parametrize("certificate", TAKEN.values(), ids=TAKEN)
def test_certificate_is_taken_by_all(certificate: Certificate) -> None:
    """What all parsers take is refused by none."""
    assert parsers.refusal(certificate) == parsers.Refusal(cryptography=None, openssl=None, ours=None)


@pytest.mark.parametrize(("certificate", "reason"), REFUSED.values(), ids=REFUSED)
def test_strict_parser_alone_refuses(certificate: Certificate, reason: str) -> None:
    """What `cryptography` refuses or warns about, and OpenSSL takes, is refused by the strict parser alone, with its reason."""
    refusal = parsers.refusal(certificate)
    assert reason in (refusal.cryptography or "")
    assert (refusal.openssl, refusal.ours, refusal.is_total) == (None, None, False)


@pytest.mark.parametrize("certificate", NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD)
def test_what_cannot_be_read_is_refused_altogether(certificate: Certificate) -> None:
    """What our own reader does not understand is refused altogether."""
    refusal = parsers.refusal(certificate)
    assert refusal.ours
    assert refusal.is_total


def test_refusal_by_both_others_is_total() -> None:
    """What neither of the two other parsers takes is refused altogether, even where our reader gets on with it."""
    # An ObjectDescriptor where the identifier of keyUsage belongs.
    certificate = Certificate(leaf(ROOT).der.replace(b"\x06\x03\x55\x1d\x0f", b"\x07\x03\x55\x1d\x0f"))
    refusal = parsers.refusal(certificate)
    assert (refusal.ours, refusal.is_total) == (None, True)


def test_certificate_with_a_wrong_signature_is_parsed() -> None:
    """Parsing asks for the form only: a flipped bit in the signature is no parser's business."""
    assert parsers.refusal(changed(leaf(ROOT))) == parsers.Refusal(cryptography=None, openssl=None, ours=None)
