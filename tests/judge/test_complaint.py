import pytest

from anchorkeep.errors import InputError
from anchorkeep.judge import complaint
from anchorkeep.judge.cause import MEANINGS, Cause
from anchorkeep.judge.complaint_table import TABLE

TRACE = b"""javax.net.ssl.SSLHandshakeException: PKIX path building failed: java.security.cert.CertPathBuilderException: \
unable to find valid certification path to requested target
\tat java.base/sun.security.ssl.Alert.createSSLException(Alert.java:131)
Caused by: java.security.InvalidAlgorithmParameterException: the trustAnchors parameter must be non-empty
GET https://flex1113-uat.compliance.example.com:443/flexnet/services
"""


def test_more_telling_text_speaks() -> None:
    """Of several texts the one that tells more is taken, the others are quoted, and the host is found."""
    found = complaint.read(TRACE, name="trace.txt")
    assert found is not None
    assert (found.program, found.line, found.causes[0]) == ("Java", 3, Cause.STORE_ABSENT)
    assert found.names == ("flex1113-uat.compliance.example.com:443",)
    assert [line[:9] for line in found.others] == ["javax.net"]


@pytest.mark.parametrize(
    ("line", "program", "cause"),
    [
        ("java.security.cert.CertificateException: No name matching a.example found", "Java", Cause.NAME_MISMATCH),
        (
            "certificate issued after 2024-11-11 and anchored by a distrusted legacy Entrust root CA",
            "Java",
            Cause.DISTRUSTED,
        ),
        ("verify error:num=20:unable to get local issuer certificate", "OpenSSL", Cause.ROOT_UNKNOWN),
        ("curl: (60) SSL certificate problem: certificate has expired", "OpenSSL", Cause.EXPIRED),
        ("ssl.SSLCertVerificationError: certificate verify failed: self-signed certificate", "OpenSSL", Cause.ROOT_UNKNOWN),
        ("Error: UNABLE_TO_VERIFY_LEAF_SIGNATURE", "Node.js", Cause.INTERMEDIATE_NOT_SENT),
        ("The remote certificate is invalid because of errors: UntrustedRoot", ".NET", Cause.ROOT_UNKNOWN),
        ("x509: certificate is valid for a.example, not b.example", "Go", Cause.NAME_MISMATCH),
        ("The certificate is NOT trusted. The certificate issuer is unknown.", "GnuTLS", Cause.ROOT_UNKNOWN),
    ],
)
def test_programs_are_told_apart(line: str, program: str, cause: Cause) -> None:
    """Each program's text leads to its cause."""
    found = complaint.read(line.encode(), name="-")
    assert found is not None
    assert (found.program, found.causes[0]) == (program, cause)


def test_powershell_writes_another_encoding() -> None:
    """A log in UTF-16 with its mark is read too."""
    found = complaint.read("PKIX path building failed".encode("utf-16"), name="-")
    assert found is not None
    assert Cause.ROOT_UNKNOWN in found.causes


def test_text_from_outside_is_made_safe() -> None:
    """What is quoted has no control characters, and is cut."""
    found = complaint.read(b"\x1b[31mPKIX path building failed " + b"A" * 5000, name="-")
    assert found is not None
    assert "\x1b" not in found.quoted
    assert len(found.quoted) < 400


def test_other_text_says_nothing() -> None:
    """A log about something else has no complaint; one that is too long is refused with what to do."""
    assert complaint.read(b"all is well\nhttps://", name="-") is None
    with pytest.raises(InputError, match="at most 1,048,576"):
        complaint.read(bytes(complaint.MAX_BYTES + 1), name="huge.log")


def test_table_can_be_found() -> None:
    """Every text is in lower case, is there once, can mean something, and is not hidden by a shorter one before it."""
    texts = [row.text for row in TABLE]
    assert len(set(texts)) == len(texts)
    for index, row in enumerate(TABLE):
        assert row.text == row.text.lower()
        assert row.causes
        assert not any(earlier in row.text for earlier in texts[:index]), row.text
    assert set(MEANINGS) == set(Cause)
