import pytest

from anchorkeep import formats
from anchorkeep.errors import StoreFormatError, UnsupportedFormatError
from anchorkeep.formats import pkcs7
from anchorkeep.model.certificate import Certificate
from anchorkeep.tlv import writer
from tests.data.stores import DATA, SIGNED_DATA, certificate, indefinite

LEAF, ROOT = certificate("leaf", padding=9), certificate("root", serial=2)


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
