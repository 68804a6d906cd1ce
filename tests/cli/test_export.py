"""`export`: the article's three files, nothing overwritten unasked, and names that harm nobody."""

import json
from pathlib import Path

import pytest

from anchorkeep import formats, lab
from tests.conftest import require_jdks
from tests.peers import schemas, steady
from tests.peers.command import Result, run

BOTH = ("export", "--env", "uat", "--env", "production", "--select", "leaf", "--select", "root")


def export(lab_settings: Path, out: Path | str, *words: object) -> Result:
    """Export leaf and root of both environments."""
    return run(*BOTH, "--config", lab_settings, "--out", out, *words)


def digests(directory: Path) -> dict[str, bytes]:
    """Return the files of a directory by name."""
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_two_environments_with_one_root_give_three_certificates(cloud: lab.Cloud, lab_settings: Path, tmp_path: Path) -> None:
    """The article's case: UAT's leaf, Production's leaf, and the root they share, each in a file that says what it is."""
    exported = export(lab_settings, tmp_path / "out", "--format", "der")
    wanted = {
        "acme-uat.flexnetoperations.test-leaf.cer": cloud.chain("uat")[0].der,
        "acme.flexnetoperations.test-leaf.cer": cloud.chain("production")[0].der,
        next(name for name in digests(tmp_path / "out") if "root" in name): cloud.root.der,
    }
    assert (exported.code, digests(tmp_path / "out")) == (0, wanted)
    assert any(name.endswith(f"-{cloud.root.sha256.hex()[:8]}.cer") for name in wanted)


def test_second_run_changes_nothing(lab_settings: Path, tmp_path: Path) -> None:
    """The same export again leaves every file as it is and says so."""
    export(lab_settings, tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    again = export(lab_settings, tmp_path / "out")
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    assert again.out.count("unchanged") == 3


def test_file_that_differs_is_not_overwritten(lab_settings: Path, tmp_path: Path) -> None:
    """A file that holds something else stays, and nothing at all is written beside it."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "acme.flexnetoperations.test-leaf.pem").write_text("mine")
    refused = export(lab_settings, out)
    assert (refused.code, digests(out)) == (1, {"acme.flexnetoperations.test-leaf.pem": b"mine"})


def test_force_overwrites(cloud: lab.Cloud, lab_settings: Path, tmp_path: Path) -> None:
    """`--force` replaces what differs."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "acme.flexnetoperations.test-leaf.pem").write_text("mine")
    assert export(lab_settings, out, "--force").code == 0
    assert (
        formats.loads((out / "acme.flexnetoperations.test-leaf.pem").read_bytes()).certificates == cloud.chain("production")[:1]
    )


def test_dry_run_writes_nothing(lab_settings: Path, tmp_path: Path) -> None:
    """`--dry-run` names the files and makes none."""
    planned = export(lab_settings, tmp_path / "out", "--dry-run")
    assert (planned.out.count("would be written"), (tmp_path / "out").exists()) == (3, False)


@pytest.mark.parametrize(
    ("format_", "suffix"),
    [("der", ".cer"), ("pem", ".pem"), ("bundle", ".pem"), ("p7b", ".p7b"), ("p7b-pem", ".p7b"), ("sst", ".sst")],
)
def test_every_format_is_read_back(format_: str, suffix: str, cloud: lab.Cloud, lab_settings: Path, tmp_path: Path) -> None:
    """Each format holds the whole path and nothing else, under its suffix."""
    out = tmp_path / "out"
    run("export", "acme-uat.flexnetoperations.test", "--connect", cloud.endpoints("uat")[0].connect, "--config", lab_settings,
        "--format", format_, "--out", out)  # fmt: skip
    held = [certificate for path in out.glob(f"*{suffix}") for certificate in formats.loads(path.read_bytes()).certificates]
    assert sorted(item.der for item in held) == sorted(item.der for item in (*cloud.chain("uat"), cloud.root))


def test_der_on_standard_output_holds_one(lab_settings: Path) -> None:
    """DER of several certificates on stdout is refused as a usage error, with the way out."""
    refused = export(lab_settings, "-", "--format", "der")
    assert (refused.code, refused.raw) == (2, b"")


def test_json_report_keeps_its_schema(lab_settings: Path, tmp_path: Path) -> None:
    """`--json` gives what the schema of its version promises."""
    schemas.validate(json.loads(export(lab_settings, tmp_path / "out", "--json").out))


def test_sheet_has_what_a_page_shows(cloud: lab.Cloud, lab_settings: Path, tmp_path: Path) -> None:
    """`--sheet` prints the fingerprints of what is exported, in the form of vendors' pages."""
    sheet = export(lab_settings, tmp_path / "out", "--sheet").out
    lines = cloud.root.sha256[:16].hex(":").upper(), cloud.root.sha256[16:].hex(":").upper()
    assert all(line in sheet for line in lines)


def test_clean_pem_has_no_comments(lab_settings: Path) -> None:
    """`--clean` leaves the blocks alone."""
    clean = export(lab_settings, "-", "--clean").raw
    assert clean == formats.dumps(formats.loads(clean).certificates, format="pem", comments=False)
    assert b"#" in export(lab_settings, "-").raw


def hostile_files(directory: Path) -> None:
    """Write a chain whose leaf has a hostile name, and settings that name its root."""
    pki = steady.make()
    (directory / "chain.pem").write_bytes(formats.dumps([pki.hostile, pki.intermediate], format="pem", comments=False))
    (directory / "root.pem").write_bytes(formats.dumps([pki.root], format="pem"))
    path = directory / "anchorkeep.toml"
    path.write_text('[pools]\njava = false\nsystem = false\nfiles = ["root.pem"]\n')
    path.chmod(0o600)


def test_hostile_name_becomes_a_safe_file_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file named after a hostile certificate has letters, digits and hyphens, and stays in its directory."""
    monkeypatch.chdir(tmp_path)
    hostile_files(tmp_path)
    run("export", "./chain.pem", "--at", "2026-11-23", "--select", "leaf", "--out", "out")
    (name,) = (path.name for path in (tmp_path / "out").iterdir())
    assert name.removesuffix(".pem").replace("-", "").isalnum()
    assert name.isascii()


def test_hostile_name_makes_no_second_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comments of a PEM file cannot be taken for a certificate: one block, and boundaries on lines of their own only."""
    monkeypatch.chdir(tmp_path)
    hostile_files(tmp_path)
    data = run("export", "./chain.pem", "--at", "2026-11-23", "--select", "leaf", "--out", "-").raw
    assert data.isascii()
    assert data.count(b"-----BEGIN") == 1
    assert formats.loads(data).certificates == (steady.make().hostile,)


def test_store_is_exported_whole(tmp_path: Path) -> None:
    """Every certificate of a JDK's cacerts is written into one file of PEM; a leaf of it is refused with what to do."""
    store = require_jdks()[-1] / "lib" / "security" / "cacerts"
    bundle = tmp_path / "roots.pem"
    exported = run("export", store, "--select", "all", "--format", "bundle", "--out", bundle)
    assert exported.code == 0
    held = formats.loads(store.read_bytes(), name="cacerts", password="changeit").certificates
    assert formats.loads(bundle.read_bytes(), name="bundle").certificates == held
    refused = run("export", store, "--select", "leaf", "--out", tmp_path / "leaf")
    assert (refused.code, "has no leaf" in " ".join(refused.err.split())) == (1, True)
