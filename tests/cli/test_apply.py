import contextlib
import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from anchorkeep import formats, lab
from anchorkeep.actions import store
from anchorkeep.actions.proof import Proof, State
from anchorkeep.cli import render
from anchorkeep.cli.main import main
from anchorkeep.cli.outcome import Exit
from anchorkeep.lab.mode import Mode
from tests.peers.command import Result, run


@pytest.fixture(autouse=True)
def _without_java(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prove with OpenSSL alone: a JVM's start takes longer than all else; `tests/interop` has it."""
    monkeypatch.setattr("anchorkeep.cli.trust_source.jdk", lambda *_: None)


def listed(settings: Path, *stores: str) -> Path:
    """Add stores to the settings of a lab."""
    text = "".join(f"\n[[stores]]\n{item}\n" for item in stores)
    settings.write_text(settings.read_text() + text)
    return settings


def wanted(cloud: lab.Cloud, name: str = "uat.p12", environment: str = "uat", **more: str) -> str:
    """Return the table of a store that accepts the lab's root."""
    lines = {
        "path": f'"{name}"',
        "environments": f'["{environment}"]',
        "accept": f'["{cloud.root.sha256.hex()}"]',
        **more,
    }
    return "\n".join(f"{key} = {value}" for key, value in lines.items())


def applied(settings: Path, *words: str) -> tuple[dict[str, Any], Result]:
    """Run `apply` and return its document."""
    seen = run("apply", "--json", "--config", settings, *words)
    return json.loads(seen.out), seen


def test_stores_are_made_and_then_left(cloud: lab.Cloud, lab_settings: Path) -> None:
    """Every store of the settings is made; a second run finds them as they are to be, and writes nothing."""
    settings = listed(lab_settings, wanted(cloud), wanted(cloud, "production.jks", "production"))
    first, seen = applied(settings)
    assert (seen.code, first["changed"], first["failed"]) == (Exit.FINE, True, False)
    assert [item["state"] for item in first["stores"]] == ["created", "created"]
    paths = [settings.parent / "uat.p12", settings.parent / "production.jks"]
    assert [store.read(path).store.trusted for path in paths] == [(cloud.root,), (cloud.root,)]
    before = [path.read_bytes() for path in paths]
    second, seen = applied(settings)
    assert (seen.code, second["changed"], second["diff"]) == (Exit.FINE, False, [])
    assert [item["state"] for item in second["stores"]] == ["unchanged", "unchanged"]
    assert [path.read_bytes() for path in paths] == before


def test_check_writes_nothing(cloud: lab.Cloud, lab_settings: Path) -> None:
    """With --check nothing is written, what would change is told, and the exit code is 1 until it is as it is to be."""
    settings = listed(lab_settings, wanted(cloud))
    document, seen = applied(settings, "--check")
    assert (seen.code, document["changed"], document["failed"], document["is_check"]) == (Exit.FINDING, True, False, True)
    assert document["stores"][0]["state"] == "would be written"
    assert not (settings.parent / "uat.p12").exists()
    assert run("apply", "--config", settings).code == Exit.FINE
    assert applied(settings, "--check")[1].code == Exit.FINE


def test_difference_is_told(cloud: lab.Cloud, lab_settings: Path) -> None:
    """What Ansible shows as a difference is the store's entries before and after, a line each."""
    settings = listed(lab_settings, wanted(cloud))
    path = settings.parent / "uat.p12"
    assert run("store", "new", path, "--pool", "mozilla").code == Exit.FINE
    document, _ = applied(settings)
    (told,) = document["diff"]
    after, before = set(told["after"].splitlines()), set(told["before"].splitlines())
    (new,) = after - before
    assert (before <= after, cloud.root.sha256.hex() in new, told["after_header"]) == (True, True, str(path))
    assert [item["sha256"] for item in document["stores"][0]["added"]] == [cloud.root.sha256.hex()]


def test_root_under_another_alias_is_enough(cloud: lab.Cloud, lab_settings: Path) -> None:
    """A store that holds the root under a person's own alias is as it is to be."""
    settings = listed(lab_settings, wanted(cloud))
    path = settings.parent / "uat.p12"
    assert run("store", "new", path, settings.parent / "root.pem", "--alias", "mine").code == Exit.FINE
    before = path.read_bytes()
    document, seen = applied(settings)
    assert (seen.code, document["changed"], path.read_bytes()) == (Exit.FINE, False, before)


def test_store_that_fails_keeps_no_other(cloud: lab.Cloud, lab_settings: Path) -> None:
    """Without its fingerprint a private root is refused, the remedy is a line of settings, and the other store is written."""
    settings = listed(lab_settings, wanted(cloud, "first.p12", accept="[]"), wanted(cloud, "second.p12"))
    document, seen = applied(settings)
    failed, done = document["stores"]
    assert (seen.code, document["failed"], document["changed"]) == (Exit.FINDING, True, True)
    assert (failed["state"], done["state"]) == ("failed", "created")
    assert f'accept = ["{cloud.root.sha256.hex()}"]' in failed["remedy"]
    assert not (settings.parent / "first.p12").exists()


def test_fingerprint_of_another_certificate_is_no_word_for_this(cloud: lab.Cloud, lab_settings: Path) -> None:
    """An accepted fingerprint counts for the certificate that has it: the intermediate's does not let the root in."""
    other = cloud.chain("uat")[1].sha256.hex()
    settings = listed(lab_settings, wanted(cloud, accept=f'["{other}"]'))
    assert applied(settings)[1].code == Exit.FINDING
    assert not (settings.parent / "uat.p12").exists()


def test_service_that_is_down_keeps_its_stores(cloud: lab.Cloud, lab_settings: Path) -> None:
    """Where a service cannot be reached its store is not written, and the exit code says that nobody can tell."""
    cloud.misbehave(Mode.CLOSES_EARLY, "uat")
    settings = listed(lab_settings, wanted(cloud), wanted(cloud, "production.p12", "production"))
    document, seen = applied(settings)
    assert (seen.code, [item["state"] for item in document["stores"]]) == (Exit.UNKNOWN, ["failed", "created"])
    assert not (settings.parent / "uat.p12").exists()


def test_service_that_is_down_may_be_left_out(cloud: lab.Cloud, lab_settings: Path) -> None:
    """With --partial the others' roots are written, what was left out is named, and the exit code stays."""
    cloud.misbehave(Mode.CLOSES_EARLY, "uat")
    settings = listed(lab_settings, wanted(cloud, environments='["uat", "production"]'))
    document, seen = applied(settings, "--partial")
    (done,) = document["stores"]
    assert (seen.code, done["state"], document["failed"]) == (Exit.UNKNOWN, "created", False)
    assert {item["endpoint"].partition(":")[0] for item in done["left_out"]} == {item.host for item in cloud.endpoints("uat")}


def test_worst_store_counts(cloud: lab.Cloud, lab_settings: Path) -> None:
    """A runtime that nobody knows is a usage error of its store alone, and the worst of several codes."""
    settings = listed(
        lab_settings, wanted(cloud, **{"for": '"java6"'}), wanted(cloud, "second.p12", accept="[]"), wanted(cloud, "c.p12")
    )
    document, seen = applied(settings)
    assert (seen.code, [item["state"] for item in document["stores"]]) == (Exit.USAGE, ["failed", "failed", "created"])


@pytest.mark.parametrize("key", ["password_file", "password_env"])
def test_password_is_taken(key: str, cloud: lab.Cloud, lab_settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store has the password of the file or of the variable that the settings name, and is opened with it again."""
    monkeypatch.setenv("STORE_PASSWORD", "a secret")
    (lab_settings.parent / "secret").write_text("a secret\n")
    (lab_settings.parent / "secret").chmod(0o600)
    value = '"secret"' if key == "password_file" else '"STORE_PASSWORD"'
    settings = listed(lab_settings, wanted(cloud, **{key: value}))
    assert applied(settings)[1].code == Exit.FINE
    opened = store.read(settings.parent / "uat.p12", password="a secret")
    assert (opened.store.trusted, opened.origin) == ((cloud.root,), store.Origin.GIVEN)
    assert applied(settings)[0]["changed"] is False
    monkeypatch.setenv("STORE_PASSWORD", "another")
    (lab_settings.parent / "secret").write_text("another\n")
    assert applied(settings)[1].code == Exit.FINDING


def test_password_that_is_not_there_fails_its_store(cloud: lab.Cloud, lab_settings: Path) -> None:
    """A variable that is not set is a usage error of its store; no store is made under a guess."""
    settings = listed(lab_settings, wanted(cloud, password_env='"NO_SUCH_VARIABLE"'))
    document, seen = applied(settings)
    assert (seen.code, "NO_SUCH_VARIABLE" in document["stores"][0]["message"]) == (Exit.USAGE, True)
    assert not (settings.parent / "uat.p12").exists()


def test_root_that_left_is_pruned(cloud: lab.Cloud, lab_settings: Path) -> None:
    """Where the settings say so, a root that was added and is no longer needed goes when the service moves to another."""
    old, said = cloud.root, lab_settings.read_text()
    assert applied(listed(lab_settings, wanted(cloud, prune="true")))[1].code == Exit.FINE
    cloud.rotate("root")
    (lab_settings.parent / "root.pem").write_bytes(formats.dumps(cloud.roots, format="pem"))
    lab_settings.write_text(said)
    settings = listed(lab_settings, wanted(cloud, prune="true"))
    document, seen = applied(settings)
    assert (seen.code, [item["sha256"] for item in document["stores"][0]["removed"]]) == (Exit.FINE, [old.sha256.hex()])
    assert store.read(settings.parent / "uat.p12").store.trusted == (cloud.root,)


def test_person_is_told(cloud: lab.Cloud, lab_settings: Path) -> None:
    """For a person each store is a line with its entries, and why one failed stands on stderr."""
    settings = listed(lab_settings, wanted(cloud), wanted(cloud, "second.p12", accept="[]"))
    seen = run("apply", "--config", settings, width=200)
    assert seen.code == Exit.FINDING
    assert [line.split()[0] for line in seen.out.splitlines() if line and not line.startswith(" ")] == ["created", "failed"]
    assert (cloud.root.sha256.hex()[:8] in seen.out, "accept = [" in " ".join(seen.err.split())) == (True, True)


def test_settings_without_stores_are_a_usage_error(lab_settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without stores, or without settings, there is nothing to apply: where was looked is said, and what to write."""
    seen = run("apply", "--config", lab_settings, width=200)
    assert (seen.code, "[[stores]]" in seen.err, 'environments = ["uat"]' in seen.err) == (Exit.USAGE, True, True)
    monkeypatch.chdir(tmp_path)
    lab_settings.unlink()
    seen = run("apply", width=200)
    assert (seen.code, str(tmp_path / "anchorkeep.toml") in seen.err, "anchorkeep init" in seen.err) == (Exit.USAGE, True, True)


def test_file_of_roots_that_is_missing_is_named_with_its_place(lab_settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file of roots that is not there, which setting names it and where it was looked for is said."""
    monkeypatch.chdir(lab_settings.parent)
    root = lab_settings.parent / "root.pem"
    root.unlink()
    listed(lab_settings, 'path = "a.p12"\nenvironments = ["uat"]')
    seen = run("apply", "--config", lab_settings.name, width=200)
    assert (seen.code, "pools.files" in seen.err, str(root) in seen.err) == (Exit.UNKNOWN, True, True)


def test_store_that_is_not_proved_may_be_written_by_hand(
    cloud: lab.Cloud, lab_settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store whose proof fails says so with what the verifiers said; the command of its remedy writes that very store."""
    (lab_settings.parent / "pass word").write_text("a secret\n")
    (lab_settings.parent / "pass word").chmod(0o600)
    settings = listed(lab_settings, wanted(cloud, password_file='"pass word"', prune="true", **{"for": '"java17"'}))

    def prove(*_: object) -> tuple[Proof, ...]:
        return tuple(
            Proof(endpoint=item.host, verifier="OpenSSL 3", state=State.REFUSED, detail="No.") for item in cloud.endpoints("uat")
        )

    monkeypatch.setattr("anchorkeep.actions.trust.prover", lambda **_: prove)
    document, seen = applied(settings)
    (failed,) = document["stores"]
    assert (seen.code, failed["state"], {proof["state"] for proof in failed["proofs"]}) == (Exit.FINDING, "failed", {"refused"})
    assert "--force-unproved writes" not in failed["remedy"]
    words = shlex.split(failed["remedy"].partition("is: anchorkeep ")[2])
    assert run(*[word for word in words if word != "--force-unproved"]).code == Exit.FINDING
    assert not (settings.parent / "uat.p12").exists()
    assert run(*words).code == Exit.FINE
    assert store.read(settings.parent / "uat.p12", password="a secret").store.trusted == (cloud.root,)


def test_fingerprint_that_nothing_needs_is_told(cloud: lab.Cloud, lab_settings: Path) -> None:
    """An accepted fingerprint that is of no certificate which is wanted is named, so that it can be taken out of the settings."""
    other = "ab" * 32
    settings = listed(lab_settings, wanted(cloud, accept=f'["{cloud.root.sha256.hex()}", "{other}"]'))
    assert applied(settings)[0]["stores"][0]["unused_fingerprints"] == [other]
    assert other in run("apply", "--config", settings, width=200).err


def test_default_roots_are_merged(cloud: lab.Cloud, lab_settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the default roots of a runtime the store holds them too, once, and where they are from is told."""
    home = tmp_path / "jre"
    (home / "lib" / "security").mkdir(parents=True)
    (home / "release").write_text('JAVA_VERSION="17.0.2"\n')
    assert run("store", "new", home / "lib" / "security" / "cacerts", "--pool", "mozilla").code == Exit.FINE
    monkeypatch.setenv("JAVA_HOME", str(home))
    settings = listed(lab_settings, wanted(cloud, with_default_roots="true"))
    document, seen = applied(settings)
    held = store.read(settings.parent / "uat.p12").store.trusted
    assert (seen.code, cloud.root in held, len(held) > 100) == (Exit.FINE, True, True)
    assert any(str(home) in note for note in document["stores"][0]["notes"])
    assert applied(settings)[0]["changed"] is False


def test_set_of_a_private_root_is_what_the_settings_name(cloud: lab.Cloud, lab_settings: Path) -> None:
    """A private CA's set is the files named, each certificate with its own fingerprint."""
    old = cloud.root
    cloud.rotate("root")
    (lab_settings.parent / "root.pem").write_bytes(formats.dumps(cloud.roots, format="pem"))
    both = f'["{old.sha256.hex()}", "{cloud.root.sha256.hex()}"]'
    table = {"strategy": '"root-set"', "set": '["root.pem"]'}
    said = lab_settings.read_text()
    assert applied(listed(lab_settings, wanted(cloud, **table)))[1].code == Exit.FINDING
    lab_settings.write_text(said)
    settings = listed(lab_settings, wanted(cloud, **table, accept=both))
    assert applied(settings)[1].code == Exit.FINE
    assert set(store.read(settings.parent / "uat.p12").store.trusted) == {old, cloud.root}


def test_store_for_another_java_is_written_for_the_one_that_is_wanted(cloud: lab.Cloud, lab_settings: Path) -> None:
    """Where the settings come to want an older Java, the store is a change though no entry is, and then it is as it is to be."""
    said = lab_settings.read_text()
    assert applied(listed(lab_settings, wanted(cloud)))[1].code == Exit.FINE
    lab_settings.write_text(said)
    settings = listed(lab_settings, wanted(cloud, **{"for": '"java8"'}))
    assert applied(settings, "--check")[0]["changed"] is True
    assert applied(settings)[0]["stores"][0]["state"] == "replaced"
    assert run("store", "verify", settings.parent / "uat.p12", "--for", "java8").code == Exit.FINE
    assert applied(settings)[0]["changed"] is False


def test_inspected_environment_is_no_source(cloud: lab.Cloud, lab_settings: Path) -> None:
    """An environment that the settings reach through a proxy which inspects gives no anchor, whatever they accept."""
    inspector = cloud.state.inspector.certificate
    (lab_settings.parent / "root.pem").write_bytes(formats.dumps((*cloud.roots, inspector), format="pem"))
    said = lab_settings.read_text().replace("[environments.uat]", f'[environments.uat]\nproxy = "http://{cloud.inspection}"')
    lab_settings.write_text(said)
    accept = f'["{cloud.root.sha256.hex()}", "{inspector.sha256.hex()}"]'
    document, seen = applied(listed(lab_settings, wanted(cloud, accept=accept)))
    assert (seen.code, document["stores"][0]["state"]) == (Exit.FINDING, "failed")
    assert not (lab_settings.parent / "uat.p12").exists()


def test_output_that_is_full_keeps_no_store_from_being_written(
    cloud: lab.Cloud, lab_settings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the result cannot be printed the stores are written all the same, and that is said."""
    settings = listed(lab_settings, wanted(cloud), wanted(cloud, "production.p12", "production"))
    with contextlib.suppress(OSError), Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        render.forget_streams()
        assert main(["apply", "--json", "--config", str(settings)]) == Exit.UNKNOWN
    assert "was created, but the result cannot be written" in " ".join(capsys.readouterr().err.split())
    assert all((settings.parent / name).exists() for name in ("uat.p12", "production.p12"))
