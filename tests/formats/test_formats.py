"""The table of codecs: what a file is, its content says; and rules that hold for every format."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep import formats
from anchorkeep.errors import (
    AnchorkeepError,
    StoreFormatError,
    StoreIntegrityError,
    UnsupportedEntryError,
    UnsupportedFormatError,
    UsageError,
)
from anchorkeep.formats import limits, pkcs7, shape
from anchorkeep.formats.capability import CAPABILITIES
from anchorkeep.formats.recipe import Recipe
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import KeyForm, OtherEntry, OtherKind, PrivateKeyEntry, TrustedCertEntry, TrustStore
from anchorkeep.tlv import writer
from tests.data import stores
from tests.data.stores import PASSWORD, armored, certificate

LEAF, ROOT = certificate("leaf"), certificate("root", serial=2)

KEY_ALGORITHM = writer.sequence(writer.oid("1.2.840.113549.1.1.1"), writer.NULL)
ENCRYPTION = stores.pbes2(stores.pbkdf2())

# A file of each format, which holds LEAF and then ROOT.
SAMPLES = {
    "pem": armored(LEAF.der) + b"# comment\n" + armored(ROOT.der),
    "der": LEAF.der + ROOT.der,
    "pkcs7": pkcs7.dumps([LEAF, ROOT]),
    "pkcs12": stores.pfx(stores.encrypted_part(stores.cert_bag(LEAF)), stores.plain_part(stores.cert_bag(ROOT))),
    "jks": stores.jks(stores.jks_trusted("leaf", LEAF), stores.jks_key("root", [ROOT])),
    "jceks": stores.sealed(b"\xce\xce\xce\xce" + stores.jks(stores.jks_trusted("l", LEAF), stores.jks_key("r", [ROOT]))[4:-20]),
    "bks": stores.bks(stores.bks_trusted("l", LEAF), stores.bks_entry(4, "r", stores.bks_sealed(), ROOT)),
    "sst": stores.sst(stores.sst_element(11, b"l\0\0\0"), stores.sst_element(32, LEAF.der), stores.sst_element(32, ROOT.der)),
}

certificates = st.builds(
    certificate,
    st.text(max_size=40),
    st.text(max_size=40),
    serial=st.integers(-(2**70), 2**70),
    padding=st.integers(0, 300),
)


@pytest.mark.parametrize("name", formats.READ)
def test_content_tells_the_format(name: str) -> None:
    """Each format is told by its content, and its certificates come in order."""
    assert formats.detect(SAMPLES[name]) == name
    store = formats.loads(SAMPLES[name], password=PASSWORD, name="misleading.txt")
    assert (store.format, store.certificates) == (name, (LEAF, ROOT))


@pytest.mark.parametrize("name", formats.READ)
def test_truncation_is_refused_everywhere(name: str) -> None:
    """A file cut off at any byte is an error of ours and nothing else, unless only its last line end or a whole entry went."""
    whole = SAMPLES[name]
    harmless = {"pem": {len(whole) - 1, len(armored(LEAF.der))}, "der": {len(LEAF.der)}}.get(name, set())
    # A PEM file that ends before its second block is told from a comment is whole, and holds one certificate.
    if name == "pem":
        harmless |= set(range(len(armored(LEAF.der)) - 1, len(armored(LEAF.der) + b"# comment\n-----BEGI") + 1))
    for length in range(len(whole)):
        if length in harmless:
            formats.loads(whole[:length])
            continue
        for password in (PASSWORD, None):
            with pytest.raises(AnchorkeepError):
                formats.loads(whole[:length], password=password)


@given(st.lists(certificates, min_size=1, max_size=6), st.sampled_from(["pem", "pkcs7", "pkcs7-pem", "sst"]), st.booleans())
def test_what_is_written_is_read(chain: list[Certificate], format_name: str, comments: bool) -> None:  # noqa: FBT001
    """Whatever is written in a format is read back, in order and byte for byte."""
    written = formats.dumps(chain, format=format_name, comments=comments)
    assert list(formats.loads(written).certificates) == chain


RECIPE = Recipe(at=datetime(2026, 1, 1, tzinfo=UTC), entropy=lambda size: bytes(range(size)), password=PASSWORD)


@pytest.mark.parametrize("source", formats.READ)
@pytest.mark.parametrize("target", CAPABILITIES)
def test_certificates_go_between_all_formats(source: str, target: str) -> None:
    """The certificates of any file are written as a store of any format, and read back in order."""
    found = formats.loads(SAMPLES[source], password=PASSWORD).certificates
    entries = tuple(TrustedCertEntry(certificate=item, alias=f"a{at}") for at, item in enumerate(found))
    data = formats.write(TrustStore(format=source, entries=entries), format=target, recipe=RECIPE)
    assert formats.detect(data) == target
    store = formats.loads(data, password=PASSWORD)
    assert store.certificates == (LEAF, ROOT)
    assert [entry.alias for entry in store.entries] == (["a0", "a1"] if CAPABILITIES[target].has_aliases else [None, None])


@pytest.mark.parametrize("name", CAPABILITIES)
def test_an_untouched_store_keeps_its_entries(name: str) -> None:
    """A store of each format that is read and written says the same again; without a password of its own, in the same bytes."""
    store = formats.loads(SAMPLES[name], password=PASSWORD)
    data = formats.write(store, format=name, recipe=RECIPE)
    assert formats.loads(data, password=PASSWORD) == store
    if not CAPABILITIES[name].has_password or name in {"jks", "jceks"}:
        assert data == SAMPLES[name]


@pytest.mark.parametrize("name", CAPABILITIES)
def test_what_a_format_cannot_be_is_refused(name: str) -> None:
    """An entry that a format cannot be given, no entries where it needs one, and a missing password are refused."""
    capability = CAPABILITIES[name]
    unknown = TrustStore(format="sst", entries=(OtherEntry(kind=OtherKind.UNKNOWN, data=b""),))
    with pytest.raises(UnsupportedEntryError, match="Entry 1 is an entry of an unknown kind"):
        formats.write(unknown, format=name, recipe=RECIPE)
    empty = TrustStore(format=name, entries=())
    if capability.can_be_empty:
        assert formats.loads(formats.write(empty, format=name, recipe=RECIPE), password=PASSWORD).entries == ()
    else:
        with pytest.raises(UsageError, match="Without a certificate"):
            formats.write(empty, format=name, recipe=RECIPE)
    if capability.needs_password:
        with pytest.raises(UsageError, match="Without a password"):
            formats.write(empty, format=name, recipe=replace(RECIPE, password=None))


def test_a_format_that_is_not_written_is_refused() -> None:
    """A DER file, and what is no format, are no store to write."""
    for name, shown in (("der", "der"), ("\x1b", r"\\x1b")):
        with pytest.raises(UsageError, match=f"No format '{shown}' of a store to write"):
            formats.write(TrustStore(format="der", entries=()), format=name, recipe=RECIPE)


KEY = writer.sequence(writer.integer(0), KEY_ALGORITHM, writer.octet_string(b"private"))


@pytest.mark.parametrize("name", ["jks", "jceks", "pkcs12", "bks"])
def test_keys_go_between_all_formats(name: str) -> None:
    """A key that is locked for a format stands in a store of it, opens with its own password, and with no other."""
    key = formats.lock(KEY, format=name, recipe=replace(RECIPE, password="key password"))
    store = TrustStore(format=name, entries=(PrivateKeyEntry(alias="k", chain=(LEAF, ROOT), key=key),))
    (entry,) = formats.loads(formats.write(store, format=name, recipe=RECIPE), password=PASSWORD).entries
    assert isinstance(entry, PrivateKeyEntry)
    assert entry.chain == (LEAF, ROOT)
    assert entry.key
    assert formats.unlock(entry.key, password="key password") == KEY
    with pytest.raises(StoreIntegrityError):
        formats.unlock(entry.key, password=PASSWORD)


def test_a_key_needs_a_password_and_a_format_that_keeps_keys() -> None:
    """A key is locked without a password for PKCS#12 alone, where it stands plain, and for no format without keys."""
    plain = replace(RECIPE, password=None)
    key = formats.lock(KEY, format="pkcs12", recipe=plain)
    assert (key.form, formats.unlock(key, password="")) == (KeyForm.PLAIN, KEY)
    for name in ("jks", "jceks", "bks"):
        with pytest.raises(UsageError, match="keeps no private key"):
            formats.lock(KEY, format=name, recipe=plain)
    for name in ("pem", "pkcs7", "sst", "der"):
        with pytest.raises(UsageError, match="No private key can be kept"):
            formats.lock(KEY, format=name, recipe=RECIPE)


def test_a_key_of_jceks_needs_another_lock_for_jks() -> None:
    """A key is refused by a format whose readers do not open it in that form."""
    key = formats.lock(KEY, format="jceks", recipe=RECIPE)
    store = TrustStore(format="jceks", entries=(PrivateKeyEntry(alias="k", chain=(LEAF,), key=key),))
    for name in ("jks", "bks"):
        with pytest.raises(UnsupportedEntryError, match="protected like this one"):
            formats.write(store, format=name, recipe=RECIPE)


@given(certificates)
def test_one_certificate_is_written_as_it_is(one: Certificate) -> None:
    """A DER file is the certificate."""
    assert formats.dumps([one], format="der") == one.der
    assert formats.loads(one.der).certificates == (one,)


@given(st.binary(max_size=300))
def test_any_certificate_bytes_are_kept(content: bytes) -> None:
    """What a store holds as a certificate is kept byte for byte, whatever it is."""
    odd = Certificate(content)
    for data in (
        stores.jks(stores.jks_trusted("odd", odd)),
        stores.pfx(stores.plain_part(stores.cert_bag(odd))),
        stores.bks(stores.bks_trusted("odd", odd)),
        formats.dumps([odd], format="sst"),
    ):
        assert formats.loads(data, password=PASSWORD).certificates == (odd,)


@pytest.mark.parametrize(
    ("certificates", "format_name", "expected"),
    [
        ([LEAF], "jks", "No format 'jks' to write"),
        ([LEAF], "\x1b", r"No format '\\"),
        ([], "pem", "No certificate to write"),
        ([LEAF, ROOT], "der", "got 2 certificates"),
    ],
    ids=["unknown", "hostile", "none", "two-in-der"],
)
def test_what_cannot_be_written_is_refused(certificates: list[Certificate], format_name: str, expected: str) -> None:
    """A format or number of certificates that cannot be is a usage error."""
    with pytest.raises(UsageError, match=expected):
        formats.dumps(certificates, format=format_name)


def bcfks() -> bytes:
    """Return the outline of a BCFKS store: encrypted content, and the check of its integrity."""
    content = writer.sequence(ENCRYPTION, writer.octet_string(b"content"))
    return writer.sequence(content, writer.sequence(KEY_ALGORITHM, stores.pbkdf2(), writer.octet_string(b"code")))


UNSUPPORTED: dict[str, tuple[bytes, str]] = {
    "uber": (b"\0\0\0\1\0\0\0\x14" + bytes(range(24)) + bytes(range(100, 164)), "a Bouncy Castle UBER store"),
    "bcfks": (bcfks(), "a Bouncy Castle FIPS store"),
    "kdb": (b"7H\x03\x02\0\0\0\0X509KEY" + bytes(20), "a key database of IBM's"),
    "html": (b"\r\n  <!DOCTYPE HTML><title>Forbidden</title>", "a web page"),
    "html-bare": (b"<html lang=en>", "a web page"),
    "xml": (b"<?xml version='1.0'?><Error/>", "an XML document"),
    "ssh": (b"ssh-ed25519 AAAA me@host", "an OpenSSH public key"),
    "putty": (b"PuTTY-User-Key-File-3: ssh-rsa", "a PuTTY private key"),
    "zip": (b"PK\x03\x04\x14\0", "a ZIP or JAR archive"),
    "gzip": (b"\x1f\x8b\x08\0", "a gzip archive"),
    "crl": (stores.crl(), "a certificate revocation list"),
    "csr": (stores.request(), "a certificate request"),
    "pkcs8": (writer.sequence(writer.integer(0), KEY_ALGORITHM, writer.octet_string(b"key")), "a private key"),
    "pkcs1": (writer.sequence(*[writer.integer(0)] * 9), "a private key"),
    "sec1": (writer.sequence(writer.integer(1), writer.octet_string(b"key")), "a private key"),
    "sealed": (writer.sequence(ENCRYPTION, writer.octet_string(b"key")), "an encrypted private key"),
    "public": (writer.sequence(KEY_ALGORITHM, writer.bit_string(b"key")), "a public key"),
    "enveloped": (writer.sequence(writer.oid("1.2.840.113549.1.7.3"), writer.explicit(0)), "a PKCS#7 message"),
}

STRANGE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "the file is empty"),
    "evidence": (b' {"anchorkeep": 1}', "not a certificate file; it looks like JSON"),
    "base64": (armored(LEAF.der).split(b"-----")[2].strip(), "looks like base64 without its BEGIN"),
    "zero": (bytes(100), "its 100 bytes are all zero"),
    "png": (b"\x89PNG\r\n\x1a\n", "begins with the bytes 89 50 4E 47 0D 0A 1A 0A"),
    "text": (b"hello\x1b[31m\n", r'begins with "hello\\x1b\[31m\\n"'),
    "truncated": (LEAF.der[:-1], "begins like DER but is broken or cut off: A length of"),
    "one-byte": (b"\x30", "begins like DER but is broken or cut off: The data ends"),
    "unknown": (writer.sequence(writer.NULL), "DER or BER of a structure that is not known"),
    "unknown-oid": (writer.sequence(writer.oid("1.2.3")), "DER or BER of a structure that is not known"),
    "unknown-number": (writer.sequence(writer.integer(1), writer.NULL), "DER or BER of a structure that is not known"),
    "unknown-pair": (writer.sequence(writer.sequence(), writer.sequence()), "DER or BER of a structure"),
    "half-bcfks": (
        writer.sequence(writer.sequence(ENCRYPTION, writer.octet_string(b"")), writer.sequence(KEY_ALGORITHM)),
        "DER or BER of a structure",
    ),
    "unknown-signed": (writer.sequence(writer.sequence(), writer.bit_string(b"")), "DER or BER of a structure"),
    "mid-line": (b'"-----BEGIN CERTIFICATE-----\\nMIIC"', "not a certificate file; it begins with"),
}


@pytest.mark.parametrize("kind", UNSUPPORTED)
def test_what_is_recognised_is_named(kind: str) -> None:
    """A format that is recognised and not read is called by its name, with a remedy."""
    data, expected = UNSUPPORTED[kind]
    with pytest.raises(UnsupportedFormatError, match=f"this is {expected}") as caught:
        formats.loads(data)
    assert caught.value.remedy
    assert formats.detect(data) is None


@pytest.mark.parametrize("kind", STRANGE)
def test_what_is_strange_is_described(kind: str) -> None:
    """What is not recognised is described by its first bytes, escaped."""
    data, expected = STRANGE[kind]
    with pytest.raises(StoreFormatError, match=expected) as caught:
        formats.loads(data)
    assert caught.value.message.isprintable()


def test_the_name_of_the_file_is_made_harmless() -> None:
    """A hostile file name does nothing in a message."""
    for data in (b"", SAMPLES["pem"][:-30], SAMPLES["jks"][:-30]):
        with pytest.raises(StoreFormatError, match=r"^a\\nb\\x1b: "):
            formats.loads(data, name="a\nb\x1b")


def test_a_file_beyond_the_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """More bytes than the bound are refused before anything is read."""
    monkeypatch.setattr(formats.limits, "MAX_BYTES", 3)
    with pytest.raises(StoreFormatError, match="4 bytes are too many"):
        formats.loads(b"0000")


@pytest.mark.parametrize("name", list(CAPABILITIES))
def test_a_store_is_written_up_to_what_is_read(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A store of as many bytes and entries as are read is written, and one with more of either is refused before that."""
    entries = [TrustedCertEntry(certificate=item, alias=item.sha256.hex()) for item in (LEAF, ROOT)]
    store = TrustStore(format=name, entries=tuple(entries))
    data = formats.write(store, format=name, recipe=RECIPE)
    monkeypatch.setattr(limits, "MAX_BYTES", len(data))
    monkeypatch.setattr(limits, "MAX_ENTRIES", len(store.entries))
    formats.loads(formats.write(store, format=name, recipe=RECIPE), password=RECIPE.password)
    monkeypatch.setattr(limits, "MAX_BYTES", len(data) - 1)
    with pytest.raises(UnsupportedEntryError, match=f"would have {len(data):,} bytes; with more than {len(data) - 1:,} it"):
        formats.write(store, format=name, recipe=RECIPE)
    monkeypatch.setattr(limits, "MAX_ENTRIES", len(store.entries) - 1)
    with pytest.raises(UnsupportedEntryError, match="would have 2 entries; with more than 1 it is not read again"):
        formats.write(store, format=name, recipe=RECIPE)


def test_shapes_are_told_from_broken_parts() -> None:
    """A broken part inside makes a structure unknown, not an error."""
    assert shape.of(writer.sequence(b"\x06\x01\x80")) is None
    assert shape.of(writer.sequence(writer.sequence(b"\x02\x05"), writer.bit_string(b""))) is None


@pytest.mark.parametrize("load", [formats.loads])
def test_a_password_is_left_alone_where_there_is_none(load: Callable[..., TrustStore]) -> None:
    """A password for a format without one changes nothing."""
    assert load(SAMPLES["der"], password="x") == load(SAMPLES["der"])
