import pytest

from anchorkeep import formats
from anchorkeep.errors import StoreFormatError
from tests.data.stores import certificate, request

LEAF, ROOT = certificate("leaf"), certificate("root", serial=2)


def test_one_certificate_is_read() -> None:
    """A DER file of one certificate is read byte for byte."""
    store = formats.loads(LEAF.der)
    assert (store.format, store.certificates) == ("der", (LEAF,))


def test_several_in_a_row_are_read() -> None:
    """Certificates one behind the other are all read, in order."""
    assert formats.loads(LEAF.der + ROOT.der).certificates == (LEAF, ROOT)


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (b"\n", "certificate 2 is broken"),
        (ROOT.der[:-1], "certificate 2 is broken"),
        (request(), "after 1 certificates, is no certificate"),
    ],
    ids=["line-end", "cut", "request"],
)
def test_what_follows_must_be_certificates(rest: bytes, expected: str) -> None:
    """Something else behind a certificate is refused, with its place."""
    with pytest.raises(StoreFormatError, match=expected):
        formats.loads(LEAF.der + rest)


def test_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """More certificates than the bound are refused."""
    monkeypatch.setattr(formats.limits, "MAX_ENTRIES", 1)
    with pytest.raises(StoreFormatError, match="more than 1 certificates"):
        formats.loads(LEAF.der + ROOT.der)
