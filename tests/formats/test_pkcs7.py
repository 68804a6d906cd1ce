from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep import formats
from anchorkeep.errors import StoreFormatError, UnsupportedEntryError, UnsupportedFormatError, UsageError
from anchorkeep.formats import pkcs7
from anchorkeep.formats.recipe import Recipe
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import PrivateKeyEntry, TrustedCertEntry, TrustStore
from anchorkeep.tlv import writer
from tests.data.stores import DATA, SIGNED_DATA, certificate, indefinite

LEAF, ROOT = certificate("leaf", padding=9), certificate("root", serial=2)
RECIPE = Recipe(at=datetime(2026, 1, 1, tzinfo=UTC), entropy=bytes)


def signed(*optional: bytes, kind: str = SIGNED_DATA) -> bytes:
    """Return signed data with what follows the content."""
    inner = writer.sequence(writer.integer(1), writer.set_of(), writer.sequence(writer.oid(DATA)), *optional, writer.set_of())
    return writer.sequence(writer.oid(kind), writer.explicit(0, inner))


def test_order_and_bytes_are_kept() -> None:
    """Certificates come out of PKCS#7 in the order and with the bytes they went in with, also where DER would sort them."""
    for chain in ([LEAF, ROOT], [ROOT, LEAF], [LEAF, LEAF]):
        store = formats.loads(pkcs7.dumps(chain))
        assert (store.format, list(store.certificates)) == ("pkcs7", chain)


def test_indefinite_lengths_are_read() -> None:
    """A PKCS#7 file with indefinite lengths throughout is read."""
    inner = indefinite(
        0x30,
        writer.integer(1),
        indefinite(0x31),
        indefinite(0x30, writer.oid(DATA)),
        indefinite(0xA0, LEAF.der, ROOT.der),
        indefinite(0x31),
    )
    data = indefinite(0x30, writer.oid(SIGNED_DATA), indefinite(0xA0, inner))
    assert formats.loads(data).certificates == (LEAF, ROOT)


def test_crls_beside_certificates_are_left_out() -> None:
    """CRLs in the same file are no certificates."""
    assert formats.loads(signed(writer.explicit(0, LEAF.der), writer.explicit(1, b"\x30\x00"))).certificates == (LEAF,)


@pytest.mark.parametrize("optional", [(), (writer.explicit(0),), (writer.explicit(1, b"\x30\x00"),)])
def test_without_certificates_it_is_refused(optional: tuple[bytes, ...]) -> None:
    """Signed data without a certificate is refused, never an empty store."""
    with pytest.raises(StoreFormatError, match="holds no certificate"):
        formats.loads(signed(*optional))


def test_attribute_certificates_are_named() -> None:
    """An attribute certificate is refused rather than lost."""
    with pytest.raises(UnsupportedFormatError, match=r"certificate 2 .* is no X\.509"):
        formats.loads(signed(writer.explicit(0, LEAF.der, writer.explicit(2))))


def test_other_messages_are_named() -> None:
    """A PKCS#7 message that is not signed data is refused by name."""
    with pytest.raises(UnsupportedFormatError, match="without certificates"):
        formats.loads(signed(kind="1.2.840.113549.1.7.3"))


def test_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """More certificates than the bound are refused."""
    monkeypatch.setattr(formats.limits, "MAX_ENTRIES", 1)
    with pytest.raises(StoreFormatError, match="more than 1 certificates"):
        formats.loads(pkcs7.dumps([LEAF, ROOT]))


@pytest.mark.parametrize("der", [b"", b"\x04\x00", LEAF.der + b"\0", LEAF.der[:-1]])
def test_loose_bytes_are_not_embedded(der: bytes) -> None:
    """What is no single structure is not put into PKCS#7, since it would break the whole file."""
    with pytest.raises(StoreFormatError, match=r"Certificate 2 .* cannot be put into PKCS#7"):
        pkcs7.dumps([LEAF, Certificate(der)])


def written(data: bytes, *certificates: Certificate) -> bytes:
    """Return what is written of a file with those certificates instead of its own."""
    store = formats.loads(data)
    return formats.write(
        replace(store, entries=tuple(TrustedCertEntry(certificate=item) for item in certificates)), format="pkcs7", recipe=RECIPE
    )


@given(st.lists(st.sampled_from([LEAF, ROOT, certificate("x")]), min_size=1, max_size=4), st.binary(max_size=20))
def test_what_is_read_is_written(chain: list[Certificate], crl: bytes) -> None:
    """Untouched signed data is written as the same bytes, revocation lists and indefinite lengths included."""
    lists = writer.explicit(1, writer.encode(0x30, crl))
    data = signed(writer.explicit(0, *(item.der for item in chain)), lists)
    loose = indefinite(0x30, writer.oid(SIGNED_DATA), data[data.index(b"\xa0") :])
    for item in (data, loose, pkcs7.dumps(chain)):
        assert formats.write(formats.loads(item), format="pkcs7", recipe=RECIPE) == item


def test_an_edit_keeps_all_else() -> None:
    """After an edit revocation lists and signers are what they were, also where the file had indefinite lengths."""
    lists = writer.explicit(1, stores_crl := b"\x30\x03\x02\x01\x05")
    data = signed(writer.explicit(0, LEAF.der, ROOT.der), lists)
    assert written(data, ROOT) == signed(writer.explicit(0, ROOT.der), lists)
    assert written(data, ROOT, LEAF, LEAF) == signed(writer.explicit(0, ROOT.der, LEAF.der, LEAF.der), lists)
    inner = indefinite(0x30, writer.integer(1), writer.set_of(), writer.sequence(writer.oid(DATA)),
        indefinite(0xA0, LEAF.der, ROOT.der), lists, indefinite(0x31))  # fmt: skip
    loose = indefinite(0x30, writer.oid(SIGNED_DATA), indefinite(0xA0, inner))
    edited = written(loose, LEAF)
    assert formats.loads(edited).certificates == (LEAF,)
    assert stores_crl in edited


def test_a_new_file_has_no_signer() -> None:
    """A store of another format is written as signed data without a signer."""
    store = TrustStore(format="jks", entries=(TrustedCertEntry(certificate=LEAF, alias="a"),))
    assert formats.write(store, format="pkcs7", recipe=RECIPE) == pkcs7.dumps([LEAF])


def test_what_cannot_be_written_is_refused() -> None:
    """Keys, no certificate at all, and loose bytes are refused before anything is written."""
    data = pkcs7.dumps([LEAF])
    store = formats.loads(data)
    with pytest.raises(UnsupportedEntryError, match="a PKCS#7 file cannot be given"):
        formats.write(replace(store, entries=(PrivateKeyEntry(alias="k", chain=(LEAF,)),)), format="pkcs7", recipe=RECIPE)
    with pytest.raises(UsageError, match="Without a certificate"):
        written(data)
    with pytest.raises(StoreFormatError, match=r"Certificate 1 .* cannot be put into PKCS#7"):
        written(data, Certificate(b"\x30"))


def test_what_else_a_file_holds_is_told() -> None:
    """Content, revocation lists and signatures are told; of a file of certificates alone, nothing is, nor of another format's."""
    certificates = writer.explicit(0, LEAF.der)
    content = writer.sequence(writer.oid(DATA), writer.explicit(0, writer.octet_string(b"signed")))
    signer = writer.encode(0x31, writer.sequence(writer.integer(1)))
    members = (writer.integer(1), writer.set_of(), content, certificates, writer.explicit(1, writer.sequence()), signer)
    full = writer.sequence(writer.oid(SIGNED_DATA), writer.explicit(0, writer.sequence(*members)))
    assert formats.besides(formats.loads(full)) == ("signed content", "revocation lists", "signatures")
    assert formats.besides(formats.loads(pkcs7.dumps([LEAF]))) == ()
    assert formats.besides(TrustStore(format="pkcs7", entries=())) == ()
    assert formats.besides(formats.loads(LEAF.der)) == ()
