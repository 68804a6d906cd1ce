import re

import pytest

from anchorkeep import formats
from anchorkeep.errors import UnsupportedEntryError
from anchorkeep.formats import capability
from anchorkeep.formats.capability import CAPABILITIES, TITLES
from anchorkeep.model.truststore import OtherEntry, OtherKind, PrivateKeyEntry, SecretKeyEntry, TrustedCertEntry
from tests.data.stores import certificate

LEAF = certificate("leaf")
TRUSTED = TrustedCertEntry(certificate=LEAF, alias="t")
KEY = PrivateKeyEntry(alias="k", chain=(LEAF,))
SECRET = SecretKeyEntry(alias="s")
CRL = OtherEntry(kind=OtherKind.CRL, data=b"")
UNKNOWN = OtherEntry(kind=OtherKind.UNKNOWN, data=b"")


@pytest.mark.parametrize(
    ("format_name", "held"),
    [
        ("pem", (TRUSTED,)),
        ("pkcs7", (TRUSTED,)),
        ("sst", (TRUSTED, CRL)),
        ("jks", (TRUSTED, KEY)),
        ("jceks", (TRUSTED, KEY, SECRET)),
        ("pkcs12", (TRUSTED, KEY, SECRET)),
        ("bks", (TRUSTED, KEY, SECRET)),
    ],
)
def test_each_format_holds_its_kinds(format_name: str, held: tuple[object, ...]) -> None:
    """A format can be given its kinds of entry and no others."""
    found = tuple(entry for entry in (TRUSTED, KEY, SECRET, CRL, UNKNOWN) if CAPABILITIES[format_name].can_hold(entry))
    assert found == held


def test_every_format_has_a_title_and_is_read() -> None:
    """What can be written can be read, and all have a name for people."""
    assert set(CAPABILITIES) < set(formats.READ)
    assert set(TITLES) == set(formats.READ)


@pytest.mark.parametrize(
    ("name", "format_name", "expected"),
    [
        ("cacerts", "jks", None),
        ("a.jks", "jks", None),
        ("a.JKS", "pkcs12", "The name ends in .jks, but the file is a PKCS#12 store; its content decides."),
        ("a.p12", "jks", "The name ends in .p12, but the file is a JKS store; its content decides."),
        ("/x.y/a.crt", "der", None),
        ("/x.jks/trust", "pem", None),
        ("a.keystore", "bks", None),
        ("a.p7b", "pem", None),
        ("a.pem", "der", "The name ends in .pem, but the file is a DER file; its content decides."),
        ("a.\x1b", "der", None),
    ],
)
def test_a_wrong_suffix_is_a_note(name: str, format_name: str, expected: str | None) -> None:
    """A name that promises another format than the content has is said; one that promises nothing is not."""
    assert formats.suffix_note(name, format=format_name) == expected


def test_a_suffix_promises_the_usual_format_first() -> None:
    """Of what a suffix may mean, the usual one comes first; an unknown one promises nothing."""
    assert capability.promised("dir.d/A.CRT") == ("pem", "der")
    assert capability.promised("trust") == ()


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (KEY, r"^Entry 3 \('k'\) is a private key with its certificates, which a PEM file cannot be given\.$"),
        (SECRET, r"^Entry 3 \('s'\) is a secret key, "),
        (CRL, r"^Entry 3 is a certificate revocation list, "),
        (UNKNOWN, r"^Entry 3 is an entry of an unknown kind, "),
        (SecretKeyEntry(alias="\x1b"), r"^Entry 3 \('\\x1b'\) is"),
    ],
)
def test_a_refusal_names_the_entry(entry: TrustedCertEntry, expected: str) -> None:
    """What cannot be held is named with its number, its alias made harmless, and its kind."""
    error = capability.refusal(entry, number=3, format="pem")
    assert isinstance(error, UnsupportedEntryError)
    assert re.search(expected, error.message)
    with pytest.raises(UnsupportedEntryError, match=r"^Entry 2"):
        list(capability.certificates((TRUSTED, entry), format="pem"))


def test_certificates_pass() -> None:
    """Entries that are certificates alone come as they are."""
    assert list(capability.certificates((TRUSTED, TRUSTED), format="pem")) == [TRUSTED, TRUSTED]
