"""OpenSSL's TRUSTED CERTIFICATE blocks are read, kept and moved without a change to what OpenSSL says of them."""

import datetime as dt
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from anchorkeep import formats
from anchorkeep.formats.recipe import Recipe
from anchorkeep.model.truststore import TrustedCertEntry, TrustStore
from tests.conftest import require_tool
from tests.data.pki import chain
from tests.interop.keystores import run

pytestmark = pytest.mark.interop

(_, MIDDLE, ROOT, _), _ = chain()
RECIPE = Recipe(at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), entropy=bytes)

SETTINGS = {
    "alias": (["-setalias", "Würzel 1"], "Würzel 1"),
    "trust": (["-addtrust", "serverAuth", "-addreject", "emailProtection"], None),
    "all": (["-setalias", "all", "-addtrust", "clientAuth", "-addreject", "anyExtendedKeyUsage"], "all"),
    "nothing": (["-trustout"], None),
}


def said(path: Path) -> str:
    """Return what openssl says of a trusted certificate, its purposes and alias included."""
    return run(require_tool("openssl"), "x509", "-in", path, "-noout", "-text", "-alias")


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_openssl_says_is_kept(tmp_path: Path, setting: str) -> None:
    """A block of openssl is read with its alias, and after an edit and in a new file openssl says the same of it."""
    options, alias = SETTINGS[setting]
    (tmp_path / "root.pem").write_bytes(formats.dumps([ROOT], format="pem"))
    path = tmp_path / "trusted.pem"
    run(require_tool("openssl"), "x509", "-in", tmp_path / "root.pem", "-trustout", *options, "-out", path)
    assert b"BEGIN TRUSTED CERTIFICATE" in path.read_bytes()
    before = said(path)
    store = formats.loads(path.read_bytes())
    assert [(entry.certificate, entry.alias) for entry in store.entries] == [(ROOT, alias)]  # type: ignore[union-attr]
    added = TrustedCertEntry(certificate=MIDDLE)
    for written in (
        formats.write(replace(store, entries=(*store.entries, added)), format="pem", recipe=RECIPE),
        formats.write(TrustStore(format="pem", entries=(*store.entries, added)), format="pem", recipe=RECIPE),
    ):
        path.write_bytes(written)
        assert said(path) == before
        assert formats.loads(written).certificates == (ROOT, MIDDLE)
    plain = said(tmp_path / "root.pem")
    assert (before == plain) is (setting == "nothing")


@pytest.mark.parametrize(
    ("options", "is_distrusted"),
    [
        (["-addreject", "serverAuth"], True),
        (["-addreject", "anyExtendedKeyUsage"], True),
        (["-addreject", "emailProtection"], False),
        (["-addtrust", "emailProtection"], True),
        (["-addtrust", "serverAuth"], False),
        (["-addtrust", "anyExtendedKeyUsage"], False),
        ([], False),
    ],
)
def test_what_openssl_says_of_servers_is_heeded(tmp_path: Path, options: list[str], is_distrusted: bool) -> None:  # noqa: FBT001
    """A root is distrusted where openssl itself, asked for TLS servers, does not end a path in it."""
    (tmp_path / "root.pem").write_bytes(formats.dumps([ROOT], format="pem"))
    path = tmp_path / "trusted.pem"
    run(require_tool("openssl"), "x509", "-in", tmp_path / "root.pem", *options, "-trustout", "-out", path)
    store = formats.loads(path.read_bytes())
    assert bool(store.distrusted) is is_distrusted
    assert store.trusted == (() if is_distrusted else (ROOT,))
    command = (require_tool("openssl"), "verify", "-purpose", "sslserver", "-CAfile", str(path), str(tmp_path / "root.pem"))
    asked = subprocess.run(command, capture_output=True, check=False)
    assert bool(asked.returncode) is is_distrusted
