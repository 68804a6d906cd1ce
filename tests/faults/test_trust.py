"""What must not become trust: services that disagree, are down, expired, intercepted or hostile, and stores that are odd."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from anchorkeep import formats, lab
from anchorkeep.actions import store
from anchorkeep.cli.outcome import Exit
from anchorkeep.lab.cloud import now
from anchorkeep.lab.mode import Mode
from anchorkeep.model.certificate import Certificate
from anchorkeep.tlv import writer
from tests.data import stores
from tests.peers.command import Result, run
from tests.peers.lab import running, write_settings
from tests.peers.terminal import ENTER, terminal


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep settings and state of whoever runs the tests away, and prove with OpenSSL alone: `tests/interop` starts JVMs."""
    monkeypatch.setenv("ANCHORKEEP_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.setattr("anchorkeep.cli.trust_source.jdk", lambda *_: None)


def trust(settings: Path, path: Path, *words: object, accepted: tuple[Certificate, ...] = ()) -> Result:
    """Run `trust` for a store, with the fingerprints of certificates."""
    vouched = [word for item in accepted for word in ("--accept-fingerprint", item.sha256.hex())]
    return run("trust", "--config", settings, "--store", path, *words, *vouched)


def trusted(path: Path) -> tuple[Certificate, ...]:
    """Return what a store trusts, nothing where there is none."""
    return store.read(path).store.trusted if path.exists() else ()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the store is to be."""
    return tmp_path / "truststore.p12"


def two_roots(cloud: lab.Cloud, settings: Path) -> tuple[Certificate, ...]:
    """Let UAT move to a root of its own, and return both, the old one first."""
    cloud.rotate("root", "uat")
    (settings.parent / "root.pem").write_bytes(formats.dumps(cloud.roots, format="pem"))
    return cloud.roots


def test_services_with_different_roots_each_get_theirs(cloud: lab.Cloud, lab_settings: Path, path: Path) -> None:
    """Two environments under two roots come to a store with both, each accepted by its own fingerprint."""
    roots = two_roots(cloud, lab_settings)
    assert trust(lab_settings, path, "--env", "uat", "--env", "production", accepted=roots).code == Exit.FINE
    assert set(trusted(path)) == set(roots)


@pytest.mark.parametrize("which", [0, 1])
def test_word_for_one_root_is_none_for_another(which: int, cloud: lab.Cloud, lab_settings: Path, path: Path) -> None:
    """Where only one of two roots was accepted nothing is written, not even that one."""
    roots = two_roots(cloud, lab_settings)
    seen = trust(lab_settings, path, "--env", "uat", "--env", "production", accepted=(roots[which],))
    assert (seen.code, path.exists(), roots[1 - which].sha256.hex() in seen.err) == (Exit.FINDING, False, True)


@pytest.mark.parametrize("mode", [Mode.CLOSES_EARLY, Mode.GARBAGE, Mode.HTTP])
def test_service_that_is_down_stops_all(mode: Mode, cloud: lab.Cloud, lab_settings: Path, path: Path) -> None:
    """One service that shows no chain keeps everything from being written; nobody can tell what it would need."""
    cloud.misbehave(mode, "uat")
    seen = trust(lab_settings, path, "--env", "uat", "--env", "production", accepted=(cloud.root,))
    assert (seen.code, path.exists()) == (Exit.UNKNOWN, False)


def test_service_that_is_down_may_be_left_out(cloud: lab.Cloud, lab_settings: Path, path: Path) -> None:
    """With --partial the others' anchors are written, and the exit code still tells."""
    cloud.misbehave(Mode.CLOSES_EARLY, "uat")
    seen = trust(lab_settings, path, "--env", "uat", "--env", "production", "--partial", accepted=(cloud.root,))
    assert (seen.code, trusted(path)) == (Exit.UNKNOWN, (cloud.root,))


def test_nothing_that_answers_is_nothing_to_trust(cloud: lab.Cloud, lab_settings: Path, path: Path) -> None:
    """Where no service answers there is no store, --partial or not."""
    cloud.misbehave(Mode.CLOSES_EARLY)
    for words in ((), ("--partial",)):
        seen = trust(lab_settings, path, "--env", "uat", *words, accepted=(cloud.root,))
        assert (seen.code, path.exists()) == (Exit.UNKNOWN, False)


@pytest.mark.usefixtures("cloud")
def test_root_under_another_alias_stays(lab_settings: Path, path: Path) -> None:
    """A store that holds the root under an alias of its own needs no word and no second entry; its bytes stay."""
    assert run("store", "new", path, lab_settings.parent / "root.pem", "--alias", "mine").code == Exit.FINE
    before = path.read_bytes()
    assert trust(lab_settings, path, "--env", "uat").code == Exit.FINE
    assert path.read_bytes() == before


UNTRUSTED = [
    Mode.EXPIRED,
    Mode.NOT_YET_VALID,
    Mode.WRONG_NAME,
    Mode.SELF_SIGNED,
    Mode.UNKNOWN_CA,
    Mode.NO_INTERMEDIATE,
    Mode.SHA1,
    Mode.WEAK_KEY,
]


@pytest.mark.parametrize("mode", UNTRUSTED)
def test_chain_that_does_not_verify_is_no_source(mode: Mode, cloud: lab.Cloud, lab_settings: Path, path: Path) -> None:
    """A chain that does not verify for its name and time gives no anchor, though every certificate was accepted."""
    cloud.misbehave(mode, "uat")
    shown = json.loads(run("show", "uat", "--config", lab_settings, "--json").out)
    words = [word for sha256 in fingerprints(shown) for word in ("--accept-fingerprint", sha256)]
    for strategy in ("root", "leaf"):
        seen = trust(lab_settings, path, "--env", "uat", "--strategy", strategy, *words)
        assert (seen.code, path.exists()) == (Exit.FINDING, False)


def fingerprints(shown: dict[str, Any]) -> set[str]:
    """Return the SHA-256 of every certificate that was seen or found."""
    return {
        item["sha256"]
        for observation in shown["observations"]
        for key in ("certificates", "found")
        for item in observation.get(key, [])
    }


def test_untrusted_chain_needs_every_fingerprint(cloud: lab.Cloud, lab_settings: Path, path: Path) -> None:
    """--from-untrusted-chain alone adds nothing, and what it adds is proved all the same: an expired leaf is not."""
    cloud.misbehave(Mode.EXPIRED, "uat")
    words = ("--env", "uat", "--from-untrusted-chain")
    assert (trust(lab_settings, path, *words).code, path.exists()) == (Exit.FINDING, False)
    seen = trust(lab_settings, path, *words, accepted=(cloud.root,))
    assert (seen.code, path.exists(), "not proved" in seen.err) == (Exit.FINDING, False, True)
    assert trust(lab_settings, path, *words, "--force-unproved", accepted=(cloud.root,)).code == Exit.FINE
    assert trusted(path) == (cloud.root,)


def through_inspection(cloud: lab.Cloud) -> tuple[str, ...]:
    """Return the words that go through the proxy that makes certificates of its own."""
    return ("--env", "uat", "--proxy", f"http://{cloud.inspection}")


def inspector(cloud: lab.Cloud) -> Certificate:
    """Return the root of the proxy that inspects."""
    return cloud.state.inspector.certificate


def test_inspected_chain_is_no_source(cloud: lab.Cloud, lab_settings: Path, path: Path) -> None:
    """A chain that is seen only through an inspecting proxy gives no anchor, though the settings and a person know its root."""
    (lab_settings.parent / "root.pem").write_bytes(formats.dumps((*cloud.roots, inspector(cloud)), format="pem"))
    seen = trust(lab_settings, path, *through_inspection(cloud), accepted=(cloud.root, inspector(cloud)))
    assert (seen.code, path.exists()) == (Exit.FINDING, False)


def test_inspected_chain_may_be_taken_by_fingerprint(cloud: lab.Cloud, lab_settings: Path, path: Path) -> None:
    """Who works behind such a proxy may take its root, by --from-untrusted-chain and its fingerprint, and by neither alone."""
    (lab_settings.parent / "root.pem").write_bytes(formats.dumps((*cloud.roots, inspector(cloud)), format="pem"))
    words = (*through_inspection(cloud), "--from-untrusted-chain")
    assert (trust(lab_settings, path, *words).code, path.exists()) == (Exit.FINDING, False)
    assert trust(lab_settings, path, *words, accepted=(inspector(cloud),)).code == Exit.FINE
    assert trusted(path) == (inspector(cloud),)


def test_root_that_the_store_rejects_stays_rejected(cloud: lab.Cloud, lab_settings: Path, tmp_path: Path) -> None:
    """A root that the store itself rejects for TLS servers is not put beside the entry that rejects it."""
    path = tmp_path / "rejecting.pem"
    # What OpenSSL's `TRUSTED CERTIFICATE` says behind a certificate that it rejects for TLS servers (X509_CERT_AUX, reject).
    rejected = writer.sequence(writer.explicit(0, writer.oid("1.3.6.1.5.5.7.3.1")))
    path.write_bytes(stores.armored(cloud.root.der + rejected, "TRUSTED CERTIFICATE"))
    before = path.read_bytes()
    seen = trust(lab_settings, path, "--env", "uat", accepted=(cloud.root,))
    assert (seen.code, path.read_bytes()) == (Exit.FINDING, before)


def test_store_for_an_old_java_is_one(cloud: lab.Cloud, lab_settings: Path, path: Path) -> None:
    """`--for java8` makes a store that every Java 8 opens."""
    assert trust(lab_settings, path, "--env", "uat", "--for", "java8", accepted=(cloud.root,)).code == Exit.FINE
    assert run("store", "verify", path, "--for", "java8").code == Exit.FINE


def test_store_for_another_java_is_written_for_this(cloud: lab.Cloud, lab_settings: Path, path: Path) -> None:
    """A store that the Java asked for does not open is written for it, though no entry changes; the second time nothing is."""
    words = ("--env", "uat", "--for")
    assert trust(lab_settings, path, *words, "java17", accepted=(cloud.root,)).code == Exit.FINE
    assert run("store", "verify", path, "--for", "java8").code == Exit.FINDING
    assert trust(lab_settings, path, *words, "java8").code == Exit.FINE
    assert run("store", "verify", path, "--for", "java8").code == Exit.FINE
    before = path.read_bytes()
    assert trust(lab_settings, path, *words, "java8").code == Exit.FINE
    assert path.read_bytes() == before


def test_password_that_the_java_cannot_take_is_refused(cloud: lab.Cloud, lab_settings: Path, path: Path) -> None:
    """A store that no rewriting opens for the Java asked for, since its password is not ASCII, is refused and stays."""
    (secret := path.with_name("secret")).write_text("gehéim")
    secret.chmod(0o600)
    words = ("--env", "uat", "--storepass-file", secret, "--for")
    assert trust(lab_settings, path, *words, "java25", accepted=(cloud.root,)).code == Exit.FINE
    before = path.read_bytes()
    assert trust(lab_settings, path, *words, "java8").code == Exit.USAGE
    assert path.read_bytes() == before


def test_expired_root_is_no_anchor(tmp_path: Path, path: Path) -> None:
    """A root that has expired is not added by its fingerprint, nor with --from-untrusted-chain: the proof fails then."""
    with running(lambda: now() - timedelta(days=60)) as cloud:
        settings = write_settings(cloud, tmp_path)
        for words in ((), ("--from-untrusted-chain",)):
            seen = trust(settings, path, "--env", "uat", *words, accepted=(cloud.root,))
            assert (seen.code, path.exists()) == (Exit.FINDING, False)


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_hostile_names_reach_no_terminal(words: tuple[str, ...], cloud: lab.Cloud, lab_settings: Path, path: Path) -> None:
    """Names that a server made up to move the cursor or to say other things are escaped in plan, question and remedy."""
    cloud.misbehave(Mode.HOSTILE_NAMES, "uat")
    for strategy in ("root", "leaf", "chain"):
        seen = trust(lab_settings, path, "--env", "uat", "--strategy", strategy, *words)
        assert seen.code == Exit.FINDING
        assert all(line.isprintable() for line in (seen.out + seen.err).splitlines())


def test_hostile_names_reach_no_question_raw(cloud: lab.Cloud, lab_settings: Path, path: Path) -> None:
    """A person who is asked for the digits of a certificate with a hostile name sees it escaped, and no sequence of it acts."""
    cloud.misbehave(Mode.HOSTILE_NAMES, "uat")
    words = ["trust", "--config", lab_settings, "--env", "uat", "--store", path, "--strategy", "leaf"]
    with terminal(words, cwd=path.parent, environment={"ANCHORKEEP_STATE": str(path.parent / "state")}) as screen:
        screen.answer("First 8 digits", ENTER)
        assert screen.end() == Exit.FINDING
    raw = bytes(screen.raw).decode()
    assert not any(sequence in raw for sequence in ("\x1b[31mred", "\x1b]0;", "\x9b", "\u202e", "\u2066"))
    assert "good.example\\n-----BEGIN" in screen.flat
    assert not path.exists()
