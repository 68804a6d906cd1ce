"""A store that was cut off is refused with what was found, where, and what to do."""

import pytest

from anchorkeep import formats
from anchorkeep.errors import StoreFormatError, StoreIntegrityError
from tests.data import stores

ONE, TWO = stores.certificate("one"), stores.certificate("two")
_BAGS = [stores.cert_bag(item, stores.trusted_key_usage()) for item in (ONE, TWO)]
STORES = {
    "jks": stores.jks(stores.jks_trusted("one", ONE), stores.jks_trusted("two", TWO)),
    "bks": stores.bks(stores.bks_trusted("one", ONE), stores.bks_trusted("two", TWO)),
    "pkcs12": stores.pfx(stores.encrypted_part(*_BAGS)),
    "sst": formats.dumps([ONE, TWO], format="sst"),
    "pkcs7": formats.dumps([ONE, TWO], format="pkcs7"),
    "pem": formats.dumps([ONE, TWO], format="pem"),
    "der": ONE.der,
}
#: What an error of each format names beside the file: the byte, the line, or the least that there must be.
PLACES = {
    "jks": "expected at least",
    "bks": r"\(at byte \d+\)",
    "pkcs12": r"\(at byte \d+\)",
    "sst": r"at byte \d+",
    "pkcs7": r"\(at byte \d+\)",
    "pem": r"line \d+",
    "der": r"\(at byte \d+\)",
}
#: What is told to do.
REMEDIES = ("Was the file copied completely?", "It was cut off: take it from a backup.")


@pytest.mark.parametrize("format_name", STORES)
def test_beginning_of_a_store_is_told_from_none(format_name: str) -> None:
    """Where a store ends too early, the error names the place and says that the file may not be whole."""
    data = STORES[format_name]
    # JKS and BKS have their digest or key behind so many bytes; from there on a wrong password looks the same.
    end = {"jks": 31, "bks": 39, "pem": data.rfind(b"-----END")}.get(format_name, len(data) - 1)
    with pytest.raises(StoreFormatError, match=PLACES[format_name]) as caught:
        formats.loads(data[:end], password=stores.PASSWORD, name="store")
    assert caught.value.remedy in REMEDIES
    assert formats.loads(data, password=stores.PASSWORD, name="store").certificates[0] == ONE


@pytest.mark.parametrize("format_name", ["jks", "bks"])
def test_end_of_a_store_may_be_a_wrong_password(format_name: str) -> None:
    """Where the check of a store is cut off with it, nobody can tell that from a wrong password, and both are said."""
    with pytest.raises(StoreIntegrityError, match=r"password is wrong, or .* cut off"):
        formats.loads(STORES[format_name][:-1], password=stores.PASSWORD, name="store")
