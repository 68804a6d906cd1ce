from typing import Any

import pytest

from anchorkeep.judge.runtimes import openssl_purpose
from anchorkeep.model import oid
from anchorkeep.model.verdict import Kind
from tests.judge.conftest import below, extension, leaf, root

ROOT = root()
NETSCAPE = "2.16.840.1.113730.1.1"
CLIENT, ANY = "1.3.6.1.5.5.7.3.2", "2.5.29.37.0"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"extended_key_usage": ()},
        {"extended_key_usage": (CLIENT, oid.SERVER_AUTH)},
        {"extended_key_usage": ("2.16.840.1.113730.4.1",)},
        {"key_usage": ("keyAgreement",)},
        {"extensions": (extension(NETSCAPE, b"\x03\x02\x06\x40"),)},
    ],
)
def test_leaf_serves(changes: dict[str, Any]) -> None:
    """A leaf with serverAuth, or without any restriction, serves."""
    assert openssl_purpose.problem(leaf(ROOT, **changes), is_leaf=True) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"extended_key_usage": (CLIENT,)},
        {"extended_key_usage": (ANY,)},
        {"key_usage": ("nonRepudiation",)},
        {"extensions": (extension(NETSCAPE, b"\x03\x02\x07\x80"),)},
        {"extensions": (extension(NETSCAPE, b"\x03\x01\x00"),)},
        {"extensions": (extension(NETSCAPE, b"\x04"),)},
    ],
)
def test_leaf_does_not_serve(changes: dict[str, Any]) -> None:
    """A leaf that is restricted to something else does not, "any" purpose and a type that cannot be read included."""
    reason = openssl_purpose.problem(leaf(ROOT, **changes), is_leaf=True)
    assert reason is not None
    assert reason.kind is Kind.WRONG_PURPOSE


def test_purpose_of_a_ca_is_its_ekus() -> None:
    """A CA for clients does not serve, one without extended key usage does, whatever its key usage is."""
    assert openssl_purpose.problem(below(ROOT).certificate, is_leaf=False) is None
    assert openssl_purpose.problem(below(ROOT, extended_key_usage=(CLIENT,)).certificate, is_leaf=False) is not None


@pytest.mark.parametrize(("octet", "serves"), [(0x04, True), (0x02, False)])
def test_netscape_type_makes_a_ca(octet: int, serves: bool) -> None:  # noqa: FBT001 (pytest's way)
    """Of a CA that is one by its Netscape type alone, the type must be that of TLS."""
    kind = extension(NETSCAPE, bytes((3, 2, 0, octet)))
    old = below(ROOT, has_basic_constraints=False, key_usage=(), extensions=(kind,)).certificate
    assert (openssl_purpose.problem(old, is_leaf=False) is None) is serves
