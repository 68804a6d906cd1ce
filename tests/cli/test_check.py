"""`check`: what each runtime says of a service with a store, and how the command ends."""

import json
from pathlib import Path

import jsonschema
import pytest

from anchorkeep import lab
from tests.conftest import ROOT
from tests.interop.keystores import jre
from tests.peers.command import Result, run

SCHEMA = json.loads((ROOT / "docs" / "reference" / "schema" / "check-1.json").read_text())


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the current directory an empty one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(*certificates: Path | str, java: str = "java8") -> None:
    """Make the store that is checked."""
    done = run("store", "new", "store.p12", *certificates, "--for", java)
    assert done.code == 0, done.err


@pytest.fixture
def certificates(cloud: lab.Cloud, here: Path) -> dict[str, str]:
    """Return files of a leaf, its issuer and the root of UAT's first service."""
    leaf, issuer, *_ = cloud.chain("uat")
    parts = {"leaf": leaf, "issuer": issuer, "root": cloud.root}
    for name, certificate in parts.items():
        (here / f"{name}.cer").write_bytes(certificate.der)
    return {name: f"./{name}.cer" for name in parts}


def check(lab_settings: Path, *words: object) -> Result:
    """Check the store here for UAT."""
    return run("check", "store.p12", "--config", lab_settings, "--env", "uat", *words)


def document(lab_settings: Path, *words: object) -> dict[str, dict[str, object]]:
    """Return the first service's verdicts by runtime."""
    found = json.loads(check(lab_settings, "--json", *words).out)
    jsonschema.validate(found, SCHEMA)
    first = found["verdicts"][0]["target"]
    return {item["runtime"]: item for item in found["verdicts"] if item["target"] == first}


def test_runtimes_differ_on_an_intermediate(lab_settings: Path, certificates: dict[str, str]) -> None:
    """A store that holds the issuing CA alone is enough for Java and a partial chain, and not for OpenSSL's default."""
    made(certificates["issuer"])
    told = check(lab_settings, "--runtime", "java17", "--runtime", "openssl-3.0", "--runtime", "openssl-3.0-partial")
    assert told.code == 1
    lines = [line.strip() for line in told.out.splitlines()]
    assert any(line.startswith(("✓ java17", "! java17")) for line in lines), told.out
    assert any(line.startswith("✗ openssl-3.0: refused") for line in lines)
    assert any(line.startswith(("✓ openssl-3.0-partial", "! openssl-3.0-partial")) for line in lines)
    assert "assumed" in told.err


def test_leaf_dies_with_its_certificate_and_java_does_not_see_it(lab_settings: Path, certificates: dict[str, str]) -> None:
    """A pinned leaf is trusted by Java whatever its dates say, so nothing known ends it; a partial chain has a day."""
    made(certificates["leaf"])
    found = document(lab_settings, "--runtime", "java25", "--runtime", "openssl-3.0-partial")
    assert (found["java25"]["outcome"], found["java25"]["until"]) == ("trusted", None)
    assert found["openssl-3.0-partial"]["until"] is not None


def test_event_that_is_near_is_foreseen(lab_settings: Path, certificates: dict[str, str]) -> None:
    """Trusted now but not for as long as is asked for ends with 4; for a shorter time with 0."""
    made(certificates["root"])
    assert check(lab_settings, "--runtime", "java17", "--within", "3650").code == 4
    near = check(lab_settings, "--runtime", "java17", "--within", "0")
    assert (near.code, "trusted until" in near.out, "then:" in near.out) == (0, True, True), near.err


def test_refusal_says_why(lab_settings: Path, certificates: dict[str, str]) -> None:
    """At a time when the leaf is over the reason is its end, and it names the certificate."""
    made(certificates["root"])
    (found,) = document(lab_settings, "--runtime", "java21", "--at", "2199-01-01").values()
    assert found["outcome"] == "refused"
    assert [reason["kind"] for reason in found["reasons"]] == ["expired"]  # type: ignore[index,attr-defined]


def test_store_that_a_java_cannot_open_is_told_apart(lab_settings: Path, certificates: dict[str, str]) -> None:
    """A store with modern protection is refused for an old Java because it does not open it, not for want of an anchor."""
    made(certificates["root"], java="java17")
    (found,) = document(lab_settings, "--runtime", str(jre("11.0.9"))).values()
    assert found["outcome"] == "refused"
    assert "does not open the store" in str(found["reasons"])
    (newer,) = document(lab_settings, "--runtime", str(jre("25.0.2"))).values()
    assert newer["outcome"] == "trusted"


def test_java_8_is_said_to_be_modelled(lab_settings: Path, certificates: dict[str, str]) -> None:
    """Wherever Java 8 is shown it says that its rules were modelled and not proved."""
    made(certificates["root"])
    told = check(lab_settings, "--runtime", "java8", "--json")
    assert "java8 (modelled, not proved)" in told.out
    assert "java8 (modelled, not proved): trusted" in check(lab_settings, "--runtime", "java8").out


def test_runtimes_of_the_machine_are_the_default(lab_settings: Path, certificates: dict[str, str]) -> None:
    """Without a word the Javas of this machine and OpenSSL are asked."""
    made(certificates["root"])
    found = document(lab_settings)
    assert any(label.startswith("openssl (") for label in found)
    assert {item["family"] for item in found.values()} <= {"java", "openssl"}


def test_unknown_runtime_is_a_mistake_of_use(lab_settings: Path, certificates: dict[str, str]) -> None:
    """A name or a folder that is no runtime is refused with the names there are."""
    made(certificates["root"])
    for word in ("java9", str(Path.cwd())):
        told = check(lab_settings, "--runtime", word)
        assert (told.code, "java17" in told.err) == (2, True)


def test_service_that_is_down_could_not_be_told(certificates: dict[str, str]) -> None:
    """What presented nothing is neither trusted nor refused."""
    made(certificates["root"])
    told = run("check", "store.p12", "127.0.0.1:1", "--runtime", "openssl")
    assert (told.code, "nothing was presented" in told.out) == (3, True), told.err
    record = json.loads(run("check", "store.p12", "127.0.0.1:1", "--runtime", "openssl", "--json").out)
    jsonschema.validate(record, SCHEMA)
    assert record["verdicts"][0]["outcome"] == "not-seen"
