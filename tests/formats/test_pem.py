from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep import formats
from anchorkeep.errors import StoreFormatError, UnsupportedEntryError, UnsupportedFormatError, UsageError
from anchorkeep.formats import pem, pem_block, pkcs7
from anchorkeep.formats.recipe import Recipe
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import PrivateKeyEntry, TrustedCertEntry, TrustStore
from anchorkeep.tlv import writer
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
        (BOTH[:-30], r"begun in line \d+ has no END\."),
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


def test_a_key_that_is_encrypted_the_old_way_is_named_so() -> None:
    """A key under RFC 1421's headers is called an encrypted one, as that of PKCS#8 is."""
    key = armored(b"key", "RSA PRIVATE KEY").replace(b"\n", b"\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,00\n\n", 1)
    with pytest.raises(UnsupportedFormatError, match="this holds an encrypted private key and no certificate"):
        read(key)


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
    assert formats.dumps([LEAF, ROOT], format="pem", comments=False) == pem_block.armor(
        LEAF.der, label="CERTIFICATE"
    ) + pem_block.armor(ROOT.der, label="CERTIFICATE")


OTHER = certificate("other", serial=3)
RECIPE = Recipe(at=datetime(2026, 1, 1, tzinfo=UTC), entropy=bytes)
# What OpenSSL 3.0 appends for `x509 -trustout -addtrust serverAuth -addreject emailProtection -setalias name`.
TRUST = writer.sequence(
    writer.sequence(writer.oid("1.3.6.1.5.5.7.3.1")),
    writer.explicit(0, writer.oid("1.3.6.1.5.5.7.3.4")),
    writer.text("nämé"),
)
LEAF_TEXT = b"0 s:CN = leaf\n   i:CN = root\n" + armored(LEAF.der)
ROOT_TEXT = b"\n# the root\n\n# of all\n" + armored(ROOT.der + TRUST, "TRUSTED CERTIFICATE")
OTHER_TEXT = b"Bag Attributes\n    friendlyName: other\n" + armored(OTHER.der, "X509 CERTIFICATE")
KEY_TEXT = b"Key Attributes: <No Attributes>\n" + armored(b"no key", "RSA PRIVATE KEY").replace(
    b"KEY-----\n", b"KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,00\n\n", 1
)
CRL_TEXT = b"# revoked\n" + armored(b"no list", "X509 CRL")
HEAD = b"## Roots of a company.\n##\n\n"
TAIL = b"\nthe end, without a line end"
# A file with everything there is: three certificates, with a key and a list between them.
FULL = HEAD + LEAF_TEXT + KEY_TEXT + ROOT_TEXT + CRL_TEXT + OTHER_TEXT + TAIL

ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "lf": bytes,
    "crlf": lambda text: text.replace(b"\n", b"\r\n"),
    "cr": lambda text: text.replace(b"\n", b"\r"),
    "mark": lambda text: b"\xef\xbb\xbf" + text,
    "utf-16-le": lambda text: b"\xff\xfe" + text.decode().encode("utf-16-le"),
    "utf-16-be": lambda text: b"\xfe\xff" + text.decode().replace("\n", "\r\n").encode("utf-16-be"),
}


def written(data: bytes, edit: Callable[[tuple[TrustedCertEntry, ...]], tuple[TrustedCertEntry, ...]] = tuple) -> bytes:
    """Return what is written of a file after an edit of its entries."""
    store = formats.loads(data)
    assert all(isinstance(entry, TrustedCertEntry) for entry in store.entries)
    return formats.write(replace(store, entries=edit(store.entries)), format="pem", recipe=RECIPE)  # type: ignore[arg-type]


def fresh(item: Certificate) -> bytes:
    """Return a new block with its comments."""
    return b"\n" + formats.dumps([item], format="pem")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_untouched_file_is_written_as_it_was(encoding: str) -> None:
    """Comments, keys, lists, headers, line ends, marks and encodings of an untouched file come back byte for byte."""
    data = ENCODINGS[encoding](FULL)
    assert formats.loads(data).certificates == (LEAF, ROOT, OTHER)
    assert written(data) == data


texts = st.text("ab \t#:-\n\r", max_size=20).filter(lambda text: "-----" not in text)


@given(st.lists(st.tuples(texts, st.sampled_from(["CERTIFICATE", "X509 CRL", "PRIVATE KEY"])), max_size=5), texts)
def test_whatever_stands_between_is_kept(drawn: list[tuple[str, str]], tail: str) -> None:
    """Any text before, between and behind blocks comes back byte for byte."""
    parts = [text.encode() + b"\n" + armored(LEAF.der, label) for text, label in [*drawn, ("", "CERTIFICATE")]]
    data = b"".join(parts) + tail.encode()
    assert written(data) == data


@given(
    st.lists(st.tuples(texts, st.sampled_from(["CERTIFICATE", "X509 CRL", "PRIVATE KEY"])), max_size=6),
    st.lists(st.booleans(), min_size=8, max_size=8),
    st.sampled_from(list(ENCODINGS)),
)
def test_an_edit_loses_nothing_else(drawn: list[tuple[str, str]], gone: list[bool], encoding: str) -> None:
    """Whichever certificates go, the others and every other block stay, in their order."""
    labels = [*(label for _, label in drawn), "CERTIFICATE"]
    parts = [
        f"{text}\n".encode() + armored(certificate(f"c{at}").der, label)
        for at, (text, label) in enumerate([*drawn, ("", "CERTIFICATE")])
    ]
    data = ENCODINGS[encoding](b"".join(parts))
    goes = dict(zip(formats.loads(data).certificates[:-1], gone, strict=False))
    edited = written(data, lambda entries: tuple(entry for entry in entries if not goes.get(entry.certificate)))
    mark, text = pem_block.decoded_text(edited, name="x")
    left = [pem_block.decoded(block, name="x") for block in pem_block.blocks(text, name="x")]
    whole = [certificate(f"c{at}") for at in range(len(labels))]
    assert left == [item.der for item, label in zip(whole, labels, strict=True) if label != "CERTIFICATE" or not goes.get(item)]
    assert edited.startswith(mark)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    ("gone", "kept"),
    [
        (0, HEAD + KEY_TEXT + ROOT_TEXT + CRL_TEXT + OTHER_TEXT + TAIL),
        (1, HEAD + LEAF_TEXT + KEY_TEXT + CRL_TEXT + OTHER_TEXT + TAIL),
        (2, HEAD + LEAF_TEXT + KEY_TEXT + ROOT_TEXT + CRL_TEXT + TAIL),
    ],
)
def test_a_block_goes_with_its_comments(gone: int, kept: bytes, encoding: str) -> None:
    """A certificate goes with the text since the block before, the first with its paragraph; all else stays as it was."""
    data = written(ENCODINGS[encoding](FULL), lambda entries: entries[:gone] + entries[gone + 1 :])
    assert data == ENCODINGS[encoding](kept)


def test_a_first_block_alone_keeps_the_text_above_its_paragraph() -> None:
    """Blank lines between a first block and its paragraph do not save that; blanks in a line make it no text."""
    data = b"head\n \t\nAlias name: leaf\n\n\n" + armored(LEAF.der) + armored(ROOT.der)
    assert written(data, lambda entries: entries[1:]) == b"head\n \t\n" + armored(ROOT.der)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_new_block_stands_in_its_place(encoding: str) -> None:
    """A new certificate is written where it stands, with comments, in the file's own line ends and encoding."""
    new = TrustedCertEntry(certificate=OTHER, alias="not written")
    data = ENCODINGS[encoding](LEAF_TEXT + ROOT_TEXT + b"cut")
    # What follows the last block is the end of the file, whatever comes before it.
    expected = LEAF_TEXT + fresh(OTHER) + ROOT_TEXT + fresh(OTHER) + b"cut"
    assert written(data, lambda entries: (entries[0], new, entries[1], new)) == ENCODINGS[encoding](expected)


def test_a_last_line_gets_its_end_before_a_new_block() -> None:
    """A block without a line end behind it gets one when another follows."""
    data = armored(LEAF.der).rstrip(b"\n")
    new = TrustedCertEntry(certificate=OTHER)
    assert written(data, lambda entries: (*entries, new)) == data + b"\n" + fresh(OTHER)


def test_another_order_keeps_each_block_once() -> None:
    """Entries in another order take their blocks along; keys and lists are all there once."""
    data = written(FULL, lambda entries: entries[::-1])
    assert [data.count(text) for text in (LEAF_TEXT, ROOT_TEXT, OTHER_TEXT, KEY_TEXT, CRL_TEXT, HEAD, TAIL)] == [1] * 7
    assert formats.loads(data).certificates == (OTHER, ROOT, LEAF)


def test_a_new_file_has_comments_and_blocks() -> None:
    """A new file is what an export writes."""
    store = TrustStore(format="jks", entries=tuple(TrustedCertEntry(certificate=item, alias="a") for item in (LEAF, ROOT)))
    assert formats.write(store, format="pem", recipe=RECIPE) == formats.dumps([LEAF, ROOT], format="pem")


@pytest.mark.parametrize(
    ("trust", "alias"),
    [
        (TRUST, "nämé"),
        (writer.sequence(), None),
        (writer.sequence(writer.text("x")), "x"),
        (writer.sequence(writer.octet_string(b"key id")), None),
        (b"", None),
        (b"\x30\x05", None),
        (b"\x05\0", None),
    ],
)
def test_the_alias_of_openssl_is_read(trust: bytes, alias: str | None) -> None:
    """OpenSSL's TRUSTED CERTIFICATE gives its alias; whatever stands behind the certificate is kept."""
    data = armored(LEAF.der + trust, "TRUSTED CERTIFICATE")
    (entry,) = formats.loads(data).entries
    assert isinstance(entry, TrustedCertEntry)
    assert (entry.certificate, entry.alias) == (LEAF, alias)
    assert written(data) == data


def test_what_openssl_trusts_goes_into_another_file() -> None:
    """A TRUSTED CERTIFICATE of another file, or of a file that is written anew, keeps what OpenSSL said of it."""
    (entry,) = formats.loads(armored(ROOT.der + TRUST, "TRUSTED CERTIFICATE")).entries
    block = pem_block.armor(ROOT.der + TRUST, label="TRUSTED CERTIFICATE")
    data = written(LEAF_TEXT, lambda entries: (*entries, entry))  # type: ignore[arg-type]
    assert data.startswith(LEAF_TEXT)
    assert data.endswith(block)
    assert formats.write(TrustStore(format="pem", entries=(entry,)), format="pem", recipe=RECIPE).endswith(block)


def test_what_openssl_trusts_stays_with_its_certificate() -> None:
    """What OpenSSL said of a certificate is not said of another one that takes its entry."""
    (entry,) = formats.loads(armored(ROOT.der + TRUST, "TRUSTED CERTIFICATE")).entries
    assert isinstance(entry, TrustedCertEntry)
    store = TrustStore(format="pem", entries=(replace(entry, certificate=LEAF),))
    assert formats.write(store, format="pem", recipe=RECIPE) == formats.dumps([LEAF], format="pem")


@pytest.mark.parametrize("alias", ["new", None])
def test_an_alias_of_openssl_is_the_entrys_own(alias: str | None) -> None:
    """A TRUSTED CERTIFICATE of another file has the alias that its entry has now, and the purposes that it had."""
    purposes = (writer.sequence(writer.oid("1.3.6.1.5.5.7.3.4")), writer.explicit(0, writer.oid("1.3.6.1.5.5.7.3.1")))
    key_id = writer.octet_string(b"key id")
    trust = writer.sequence(*purposes, writer.text("old"), key_id)
    (entry,) = formats.loads(armored(ROOT.der + trust, "TRUSTED CERTIFICATE")).entries
    assert isinstance(entry, TrustedCertEntry)
    store = TrustStore(format="pem", entries=(replace(entry, alias=alias),))
    expected = writer.sequence(*purposes, *([writer.text(alias)] if alias else []), key_id)
    data = formats.write(store, format="pem", recipe=RECIPE)
    assert data.endswith(pem_block.armor(ROOT.der + expected, label="TRUSTED CERTIFICATE"))
    assert formats.loads(data).entries == store.entries


def test_a_certificate_that_is_another_now_is_written_afresh() -> None:
    """An entry that was given another certificate keeps its place, and neither comment nor block of the old one."""
    data = written(LEAF_TEXT + OTHER_TEXT, lambda entries: (replace(entries[0], certificate=ROOT), entries[1]))
    assert data == formats.dumps([ROOT], format="pem") + OTHER_TEXT


BUNDLE = b"# bundle\n" + armored(pkcs7.dumps([ROOT, OTHER]), "PKCS7")


def test_a_block_of_pkcs7_is_edited() -> None:
    """A PKCS#7 block goes with its certificates, and is written again with those of them that are left, where they stand."""
    data = LEAF_TEXT + BUNDLE
    assert written(data, lambda entries: entries[:1]) == LEAF_TEXT
    assert written(data, lambda entries: (*entries[1:], entries[0])) == BUNDLE + LEAF_TEXT
    alone = b"# bundle\n" + pem_block.armor(pkcs7.dumps([OTHER]), label="PKCS7")
    assert written(data, lambda entries: (entries[0], entries[2])) == LEAF_TEXT + alone
    crlf = ENCODINGS["crlf"](data)
    assert written(crlf, lambda entries: (entries[0], entries[2])) == ENCODINGS["crlf"](LEAF_TEXT + alone)
    swapped = b"# bundle\n" + pem_block.armor(pkcs7.dumps([OTHER, ROOT]), label="PKCS7")
    assert written(BUNDLE, lambda entries: entries[::-1]) == swapped
    split = written(data, lambda entries: (entries[1], entries[0], entries[2]))
    assert formats.loads(split).certificates == (ROOT, LEAF, OTHER)


def test_what_else_a_block_of_pkcs7_holds_is_kept() -> None:
    """Revocation lists in a PKCS#7 block stay when a certificate goes."""
    whole = pkcs7.dumps([ROOT, OTHER])
    inner = [writer.integer(1), writer.set_of(), writer.sequence(writer.oid("1.2.840.113549.1.7.1"))]
    crls = writer.explicit(1, b"\x30\x03\x02\x01\x05")
    head = writer.oid("1.2.840.113549.1.7.2")

    def signed(*items: Certificate) -> bytes:
        parts = (*inner, writer.explicit(0, *(item.der for item in items)), crls, writer.set_of())
        return armored(writer.sequence(head, writer.explicit(0, writer.sequence(*parts))), "CMS")

    assert crls not in whole
    left = formats.loads(written(signed(ROOT, OTHER), lambda entries: entries[1:]))
    assert left.certificates == (OTHER,)
    data = written(signed(ROOT, OTHER), lambda entries: entries[1:])
    assert data.replace(b"\n", b"") == signed(OTHER).replace(b"\n", b"")


def test_a_new_file_has_a_block_for_each_certificate() -> None:
    """Certificates of a PKCS#7 block go into another file one by one."""
    entries = formats.loads(BUNDLE).entries
    anew = formats.write(TrustStore(format="pem", entries=entries), format="pem", recipe=RECIPE)
    assert anew == formats.dumps([ROOT, OTHER], format="pem")


def test_an_entry_may_stand_twice() -> None:
    """An entry that stands twice is written twice."""
    data = written(LEAF_TEXT + OTHER_TEXT, lambda entries: (entries[0], entries[0], entries[1], entries[0]))
    assert data == LEAF_TEXT * 2 + OTHER_TEXT + LEAF_TEXT


@pytest.mark.parametrize(
    ("trust", "has"),
    [
        (TRUST, True),
        (writer.sequence(writer.sequence(writer.oid("1.3.6.1.5.5.7.3.1"))), True),
        (writer.sequence(writer.explicit(0, writer.oid("1.3.6.1.5.5.7.3.4"))), True),
        (writer.sequence(writer.text("x")), False),
        (writer.sequence(), False),
        (b"\x30\x05", False),
    ],
)
def test_purposes_are_told(trust: bytes, has: bool) -> None:  # noqa: FBT001
    """Whether OpenSSL trusts or rejects a certificate for some purposes is told, for no other format keeps that."""
    store = formats.loads(armored(LEAF.der + trust, "TRUSTED CERTIFICATE"))
    expected = ("the purposes for which OpenSSL trusts or rejects 1 certificate",) if has else ()
    assert formats.besides(store) == expected


SERVER, MAIL, ANY = (writer.oid(number) for number in ("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.4", "2.5.29.37.0"))


@pytest.mark.parametrize(
    ("trust", "is_distrusted"),
    [
        (b"", False),
        (writer.sequence(), False),
        (writer.sequence(writer.text("x")), False),
        (writer.sequence(writer.explicit(0, SERVER)), True),
        (writer.sequence(writer.explicit(0, ANY)), True),
        (writer.sequence(writer.explicit(0, MAIL)), False),
        (writer.sequence(writer.explicit(0, MAIL + SERVER)), True),
        (writer.sequence(writer.sequence(MAIL)), True),
        (writer.sequence(writer.sequence()), True),
        (writer.sequence(writer.sequence(SERVER)), False),
        (writer.sequence(writer.sequence(ANY)), False),
        (writer.sequence(writer.sequence(MAIL, SERVER)), False),
        (writer.sequence(writer.sequence(SERVER), writer.explicit(0, SERVER)), True),
        (TRUST, False),
        (b"\x30\x05", True),
        (writer.sequence(writer.explicit(0, writer.text("x"))), True),
        (SERVER, True),
        (writer.sequence(writer.explicit(0, SERVER), writer.explicit(0, MAIL)), True),
        (writer.sequence(writer.sequence(SERVER), writer.sequence(MAIL)), True),
    ],
)
def test_what_openssl_rejects_for_servers_is_distrusted(trust: bytes, is_distrusted: bool) -> None:  # noqa: FBT001
    """Rejected for servers or anything, trusted for others alone, or not readable: it is not trusted; otherwise it is."""
    store = formats.loads(armored(LEAF.der + trust, "TRUSTED CERTIFICATE"))
    assert [entry.certificate for entry in store.distrusted] == ([LEAF] if is_distrusted else [])
    assert store.trusted == (() if is_distrusted else (LEAF,))
    assert store.certificates == (LEAF,)


def test_what_else_a_file_holds_is_told() -> None:
    """Blocks that are no certificates, and what OpenSSL trusts, are told by name; of a file of certificates, nothing is."""
    assert formats.besides(formats.loads(FULL + b"\n" + armored(b"x", "X509 CRL") + armored(b"y", "\x1b"))) == (
        "1 block called ENCRYPTED PRIVATE KEY",
        "2 blocks called X509 CRL",
        r"1 block called \x1b",
        "the purposes for which OpenSSL trusts or rejects 1 certificate",
    )
    assert formats.besides(formats.loads(BOTH)) == ()
    assert formats.besides(TrustStore(format="pem", entries=(TrustedCertEntry(certificate=LEAF),))) == ()


def test_too_many_certificates_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """More certificates than the bound are refused, also in fewer blocks."""
    monkeypatch.setattr(formats.limits, "MAX_ENTRIES", 2)
    assert read(BUNDLE) == (ROOT, OTHER)
    with pytest.raises(StoreFormatError, match="more than 2 certificates"):
        read(LEAF_TEXT + BUNDLE)


def test_certificates_are_counted_while_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the certificate that is one too many the reading ends: of ten blocks of two, the second is the last one opened."""
    monkeypatch.setattr(formats.limits, "MAX_ENTRIES", 10)
    opened: list[bytes] = []

    def container(data: bytes) -> tuple[Certificate, ...]:
        opened.append(data)
        return (ROOT,) * 6

    with pytest.raises(StoreFormatError, match="more than 10 certificates"):
        pem.loads(BUNDLE * 10, name="x", container=container)
    assert len(opened) == 2


def test_no_key_is_in_a_representation() -> None:
    """What is kept of a file does not show the keys that stand in it, before, between and behind its certificates."""
    key = armored(b"s3cr3t" * 20, "PRIVATE KEY")
    store = formats.loads(key + LEAF_TEXT + key + OTHER_TEXT + key)
    line = key.splitlines()[1].decode()
    assert all(line not in repr(item) for item in (store, store.native, *(entry.native for entry in store.entries)))
    assert written(key + LEAF_TEXT) == key + LEAF_TEXT


def test_what_cannot_be_written_is_refused() -> None:
    """Keys, another alias, and a file without a certificate are refused."""
    store = formats.loads(LEAF_TEXT)
    with pytest.raises(UnsupportedEntryError, match="a PEM file cannot be given"):
        formats.write(replace(store, entries=(PrivateKeyEntry(alias="k", chain=(LEAF,)),)), format="pem", recipe=RECIPE)
    with pytest.raises(UnsupportedEntryError, match="Entry 1: a PEM file has no place for another alias"):
        written(LEAF_TEXT, lambda entries: (replace(entries[0], alias="new"),))
    with pytest.raises(UsageError, match="Without a certificate"):
        written(LEAF_TEXT, lambda _: ())
