import pytest

from anchorkeep import formats
from anchorkeep.errors import StoreFormatError, UnsupportedFormatError
from anchorkeep.formats import pem, pkcs7
from anchorkeep.model.certificate import Certificate
from tests.data.stores import armored, certificate

LEAF, ROOT = certificate("leaf"), certificate("root", serial=2)
BOTH = armored(LEAF.der) + armored(ROOT.der)
KEY = b"-----BEGIN PRIVATE KEY-----\n!!! never decoded !!!\n-----END PRIVATE KEY-----\n"


def read(data: bytes) -> tuple[Certificate, ...]:
    """Return the certificates of a PEM file."""
    store = formats.loads(data, name="list.pem")
    assert store.format == "pem"
    return store.certificates


@pytest.mark.parametrize(
    "data",
    [
        BOTH,
        BOTH.replace(b"\n", b"\r\n"),
        BOTH.replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + BOTH,
        BOTH.decode().encode("utf-16"),
        b"\xfe\xff" + BOTH.decode().encode("utf-16-be"),
        BOTH.rstrip(b"\n"),
        b"# subject: leaf\n\n" + BOTH + b"and more text\n",
        b"0 s:CN=leaf\n" + BOTH,
        KEY + BOTH + KEY,
        BOTH.replace(b"-----\n", b"----- \t\n"),
        b"".join(b"  " + line for line in BOTH.splitlines(keepends=True)),
        BOTH.replace(b"CERTIFICATE", b"X509 CERTIFICATE"),
        armored(LEAF.der) + armored(ROOT.der + b"\x30\x02\x05\x00", "TRUSTED CERTIFICATE"),
        armored(pkcs7.dumps([LEAF, ROOT]), "PKCS7"),
        armored(pkcs7.dumps([LEAF, ROOT]), "CMS"),
        armored(pkcs7.dumps([LEAF, ROOT]), "PKCS #7 SIGNED DATA"),
        armored(pkcs7.dumps([LEAF, ROOT])),
    ],
    ids=[
        "plain",
        "crlf",
        "cr",
        "utf-8-mark",
        "utf-16-le",
        "utf-16-be",
        "no-last-line-end",
        "comments",
        "comment-like-der",
        "private-keys",
        "trailing-blanks",
        "indented",
        "x509-label",
        "trusted-label",
        "pkcs7-label",
        "cms-label",
        "long-pkcs7-label",
        "pkcs7-called-certificate",
    ],
)
def test_every_certificate_is_read(data: bytes) -> None:
    """Every certificate of a PEM file is read in order, whatever stands around it."""
    assert read(data) == (LEAF, ROOT)


def test_what_is_no_certificate_inside_is_kept() -> None:
    """A CERTIFICATE block that holds something else is kept byte for byte, with its problem."""
    (kept,) = read(armored(b"\x30\x03\x02\x01"))
    assert kept.der == b"\x30\x03\x02\x01"
    assert kept.problem


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (BOTH.replace(b"\nMI", b"\nM!", 1), r"list.pem: block 1 \(line 1, CERTIFICATE\): line 2 is not base64"),
        (b"#\n" + BOTH[:-40] + b"\n-----END CERTIFICATE-----\n", r"block 2 \(line \d+, CERTIFICATE\): line \d+ is not base64"),
        (armored(LEAF.der) + b"-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----\n", "block 2 .* is empty"),
        (BOTH[:-10], "damaged boundary"),
        (BOTH[:-30], r"begun in line \d+ has no END; is the file cut off\?"),
        (BOTH.replace(b"BEGIN CERTIFICATE-----", b"BEGIN CERTIFICATE----", 1), "line 1: .* is a damaged boundary"),
        (BOTH.replace(b"-----END CERTIFICATE-----\n", b"", 1), "begun in line 1 has no END before line"),
        (BOTH.replace(b"-----BEGIN CERTIFICATE-----\n", b"", 1), "line .*: END CERTIFICATE without its BEGIN"),
        (BOTH.replace(b"END CERTIFICATE", b"END X509 CERTIFICATE", 1), "END X509 CERTIFICATE without its BEGIN"),
        (armored(b"\x30\x82", "TRUSTED CERTIFICATE"), "block 1 .* is broken"),
        (armored(b"\x30\x00", "PKCS7"), "block 1 .*PKCS#7 structure is broken"),
        (BOTH.decode().encode("utf-16") + b"\x00", "not UTF-16 throughout"),
    ],
    ids=[
        "not-base64",
        "wrong-padding",
        "empty",
        "cut-in-boundary",
        "cut-in-body",
        "damaged-begin",
        "no-end",
        "no-begin",
        "other-end",
        "broken-trusted",
        "broken-pkcs7",
        "broken-utf-16",
    ],
)
def test_damage_is_refused_with_its_place(data: bytes, expected: str) -> None:
    """A damaged block is an error that names the block and its line."""
    with pytest.raises(StoreFormatError, match=expected):
        read(data)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("OPENSSH PRIVATE KEY", "an OpenSSH private key"),
        ("ENCRYPTED PRIVATE KEY", "an encrypted private key"),
        ("RSA PRIVATE KEY", "a private key"),
        ("X509 CRL", "a certificate revocation list \\(CRL\\)"),
        ("NEW CERTIFICATE REQUEST", "a certificate request \\(CSR\\)"),
        ("PUBLIC KEY", "a public key"),
        ("PGP MESSAGE \x1b[2J", r"a block called PGP MESSAGE \\x1b\[2J"),
    ],
)
def test_a_file_without_certificates_is_named(label: str, expected: str) -> None:
    """A PEM file of something else is refused by the name of what it holds."""
    with pytest.raises(UnsupportedFormatError, match=f"this holds {expected} and no certificate"):
        read(armored(b"secret", label))


def test_text_that_only_speaks_of_blocks_is_refused() -> None:
    """UTF-16 text in which no line begins a block holds no certificate."""
    with pytest.raises(StoreFormatError, match="no block of certificates"):
        read("see -----BEGIN CERTIFICATE-----".encode("utf-16"))


def test_encrypted_certificates_are_named() -> None:
    """An encrypted CERTIFICATE block is refused as encrypted, not as broken base64."""
    block = BOTH.replace(b"\n", b"\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,00\n\n", 1)
    with pytest.raises(UnsupportedFormatError, match="is encrypted"):
        read(block)


def test_pkcs7_of_another_kind_is_named() -> None:
    """An enveloped message in a PKCS7 block is refused as not supported."""
    enveloped = bytes.fromhex("300f06092a864886f70d010703a0023000")
    with pytest.raises(UnsupportedFormatError, match=r"block 1 .*not signed data"):
        read(armored(enveloped, "PKCS7"))


def test_private_keys_never_reach_a_message() -> None:
    """An error in a file with a private key shows nothing of the key."""
    with pytest.raises(StoreFormatError) as caught:
        read(KEY + BOTH[:-30])
    assert "never" not in str(caught.value)


def test_too_many_blocks_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """More blocks than the bound are refused."""
    monkeypatch.setattr(formats.limits, "MAX_ENTRIES", 1)
    with pytest.raises(StoreFormatError, match="more than 1 blocks"):
        read(BOTH)


@pytest.mark.parametrize("length", [1, 47, 48, 49, 96, 1000])
def test_lines_have_64_columns(length: int) -> None:
    """A block is written 64 columns wide, and reads back as it was."""
    written = pem.armor(b"x" * length, label="CERTIFICATE")
    lines = written.split(b"\n")
    assert all(len(line) == 64 for line in lines[1:-3])
    assert 0 < len(lines[-3]) <= 64
    assert read(written)[0].der == b"x" * length


def test_comments_are_one_ascii_line_each() -> None:
    """A hostile name in a comment stays one ASCII line that begins no block."""
    name = f"x\n{armored(ROOT.der).decode()}\n\u202e\x1b[31m ü"
    hostile = certificate(name, "root")
    written = formats.dumps([hostile], format="pem")
    comments = written.split(b"-----BEGIN CERTIFICATE-----")[0].splitlines()
    assert [line.split(b":")[0] for line in comments] == [b"# subject", b"# issuer", b"# valid", b"# SHA-256"]
    assert written.isascii()
    assert b"\x1b" not in written
    assert read(written) == (hostile,)


def test_comments_say_what_the_certificate_says() -> None:
    """The comments name subject, issuer, dates and fingerprint."""
    lines = formats.dumps([LEAF, ROOT], format="pem").decode().splitlines()
    assert lines[:3] == ["# subject: CN=leaf", "# issuer: CN=root", "# valid: 2026-01-01 .. 2027-01-01"]
    assert lines[3] == "# SHA-256: " + LEAF.sha256.hex(":").upper()
    assert lines.count("") == 1


def test_comments_of_what_cannot_be_read_say_so() -> None:
    """The comment of a certificate that cannot be read says so and names its fingerprint."""
    junk = Certificate(b"\x30\x00")
    written = formats.dumps([junk], format="pem").decode()
    assert written.startswith("# this certificate cannot be read: ")
    assert junk.sha256.hex(":").upper() in written


def test_without_comments_there_are_only_blocks() -> None:
    """Without comments a PEM file is its blocks and nothing else."""
    assert formats.dumps([LEAF, ROOT], format="pem", comments=False) == pem.armor(LEAF.der, label="CERTIFICATE") + pem.armor(
        ROOT.der, label="CERTIFICATE"
    )
