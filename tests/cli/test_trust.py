"""`trust`: from a service to a store that trusts it, and nothing that nobody vouches for."""

import json
from pathlib import Path

import pytest

from anchorkeep import formats, lab
from anchorkeep.cli import trust_source
from anchorkeep.errors import UsageError
from anchorkeep.lab import hostile
from anchorkeep.model.certificate import Certificate
from tests.data import stores as raw
from tests.peers.command import Result, run
from tests.peers.terminal import ENTER, terminal


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the current directory an empty one, on a machine without a JDK: what Java proves has tests of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(trust_source, "jdk", lambda *_: None)
    return tmp_path


def accepted(*certificates: Certificate) -> list[str]:
    """Return the options that vouch for certificates."""
    return [word for item in certificates for word in ("--accept-fingerprint", item.sha256.hex())]


def trust(lab_settings: Path, *words: object, store: str = "store.p12") -> Result:
    """Let a store here trust UAT, or what the words say beside it."""
    return run("trust", "--config", lab_settings, "--env", "uat", "--store", store, *words)


def held(name: str = "store.p12") -> tuple[Certificate, ...]:
    """Return what a store here trusts."""
    return formats.loads(Path(name).read_bytes(), password=raw.PASSWORD, name=name).trusted


def test_store_is_made_and_a_second_run_changes_nothing(cloud: lab.Cloud, lab_settings: Path) -> None:
    """Two environments' root goes into a new store with its fingerprint; the second run needs no word and writes nothing."""
    done = trust(lab_settings, "--env", "production", *accepted(cloud.root))
    assert (done.code, held()) == (0, (cloud.root,)), done.err
    assert f"-Djavax.net.ssl.trustStore={Path('store.p12').absolute()}" in done.out.splitlines()
    assert "✓ all 4 services  OpenSSL" in done.out
    assert "replaces Java's default roots" in done.err
    before = Path("store.p12").read_bytes()
    again = trust(lab_settings, "--env", "production")
    assert (again.code, Path("store.p12").read_bytes()) == (0, before), again.err
    assert "unchanged" in again.out


def test_private_root_needs_its_fingerprint(cloud: lab.Cloud, lab_settings: Path) -> None:
    """Without the fingerprint of the very certificate nothing is written, though a file of the settings names the root."""
    for words in ([], accepted(cloud.chain("uat")[0]), accepted(cloud.chain("uat")[1])):
        refused = trust(lab_settings, *words)
        assert (refused.code, Path("store.p12").exists()) == (1, False)
        assert "was not added" in refused.err
    assert "of no certificate that is wanted" in refused.err


def test_refusal_is_told_as_json(cloud: lab.Cloud, lab_settings: Path) -> None:
    """A machine is told which fingerprint is wanted, and for which services."""
    document = json.loads(trust(lab_settings, "--json").out)
    (anchor,) = document["anchors"]
    assert (document["state"], anchor["verdict"]) == ("refused", "needed")
    assert anchor["certificate"]["sha256"] == cloud.root.sha256.hex()
    assert anchor["targets"] == [endpoint.host for endpoint in cloud.endpoints("uat")]


def test_result_is_told_as_json(cloud: lab.Cloud, lab_settings: Path) -> None:
    """A machine is told what was written, what was proved, and what a program is to be told."""
    document = json.loads(trust(lab_settings, "--json", *accepted(cloud.root)).out)
    assert (document["state"], document["storetype"], document["entries"]) == ("created", "pkcs12", 1)
    assert {proof["state"] for proof in document["proofs"] if proof["verifier"].startswith("OpenSSL")} == {"proved"}
    assert len(document["settings"]["options"]) == 3
    assert json.loads(trust(lab_settings, "--json").out)["state"] == "unchanged"


def test_dry_run_writes_nothing(cloud: lab.Cloud, lab_settings: Path, here: Path) -> None:
    """`--dry-run` does everything but the write."""
    before = sorted(here.iterdir())
    planned = trust(lab_settings, "--dry-run", *accepted(cloud.root))
    assert (planned.code, "would be written" in planned.out, sorted(here.iterdir())) == (0, True, before)


def test_own_password_is_never_shown(cloud: lab.Cloud, lab_settings: Path, here: Path) -> None:
    """A store with a password of its own is made and used with it, and the password stands in no output."""
    (here / "password").write_text("s3cret-word\n")
    (here / "password").chmod(0o600)
    words = ("--storepass-file", "password")
    done = trust(lab_settings, *words, *accepted(cloud.root))
    assert (done.code, "s3cret" in done.out + done.err, "trustStorePassword" in done.out) == (0, False, False)
    assert formats.loads((here / "store.p12").read_bytes(), password="s3cret-word").trusted == (cloud.root,)
    assert trust(lab_settings).code == 1
    assert trust(lab_settings, *words).code == 0


def test_service_that_is_down_stops_everything_unless_left_out(cloud: lab.Cloud, lab_settings: Path, here: Path) -> None:
    """One service that cannot be reached keeps the store from being written; `--partial` leaves it out, and the code tells."""
    with lab_settings.open("a") as settings:
        settings.write('\n[environments.down]\nendpoints = [{ target = "down.test", connect = "127.0.0.1:1" }]\n')
    refused = trust(lab_settings, "--env", "down", *accepted(cloud.root))
    assert (refused.code, (here / "store.p12").exists()) == (3, False)
    assert ("down.test" in refused.err, "--partial writes the store for the others" in refused.err) == (True, True)
    part = trust(lab_settings, "--env", "down", "--partial", *accepted(cloud.root))
    assert (part.code, held()) == (3, (cloud.root,))
    nothing = run("trust", "--config", lab_settings, "--env", "down", "--partial", "--store", "none.p12")
    assert (nothing.code, (here / "none.p12").exists(), "--partial writes" in nothing.err) == (3, False, False)


def test_expired_chain_is_no_source(cloud: lab.Cloud, lab_settings: Path) -> None:
    """A chain that does not verify now gives nothing, with or without its fingerprint, unless it is taken as it is and proved."""
    cloud.misbehave(lab.Mode.EXPIRED, "uat")
    refused = trust(lab_settings, *accepted(cloud.root))
    assert (refused.code, "no source of anchors" in refused.err) == (1, True)
    unproved = trust(lab_settings, "--from-untrusted-chain", *accepted(cloud.root))
    assert (unproved.code, "was not proved" in unproved.err, Path("store.p12").exists()) == (1, True, False)
    forced = trust(lab_settings, "--from-untrusted-chain", "--force-unproved", *accepted(cloud.root))
    assert (forced.code, held()) == (0, (cloud.root,))


def test_failed_proof_is_told_in_every_way(cloud: lab.Cloud, lab_settings: Path) -> None:
    """A proof that fails stands in the document and on the screen, and where it was written all the same in the history."""
    cloud.misbehave(lab.Mode.EXPIRED, "uat")
    words = ("--from-untrusted-chain", *accepted(cloud.root))
    refused = trust(lab_settings, "--json", *words)
    document = json.loads(refused.out)
    proofs = {proof["state"] for proof in document["proofs"] if proof["verifier"].startswith("OpenSSL")}
    assert (refused.code, document["state"], proofs) == (1, "refused", {"refused"})
    assert "✗ all 2 services  OpenSSL" in trust(lab_settings, *words).out
    assert json.loads(trust(lab_settings, "--json", *words, "--force-unproved").out)["is_forced"]
    document = json.loads(run("store", "history", "store.p12", "--json").out)
    assert '"Not proved: ' in json.dumps(document)
    assert "Not proved: " in run("store", "history", "store.p12").out


def test_prune_removes_what_an_earlier_strategy_added(cloud: lab.Cloud, lab_settings: Path) -> None:
    """The leaf that was trusted goes when the root takes its place."""
    leaf = cloud.chain("uat")[0]
    assert trust(lab_settings, "--strategy", "leaf", *accepted(leaf)).code == 0
    done = trust(lab_settings, "--prune", *accepted(cloud.root))
    assert (done.code, held()) == (0, (cloud.root,))


def test_default_roots_are_those_of_the_runtime_named(cloud: lab.Cloud, lab_settings: Path, here: Path) -> None:
    """`--with-default-roots` takes the roots of the runtime of `--for`, and names what is not of Mozilla's list."""
    runtime = here / "jre"
    (runtime / "lib" / "security").mkdir(parents=True)
    (runtime / "release").write_text('JAVA_VERSION="17.0.9"\n')
    own = raw.certificate("one")
    (runtime / "lib" / "security" / "cacerts").write_bytes(raw.jks(raw.jks_trusted("one", own)))
    done = trust(lab_settings, "--with-default-roots", "--for", "jre:jre", *accepted(cloud.root))
    assert (done.code, set(held())) == (0, {cloud.root, own}), done.err
    assert "not of Mozilla's list" in done.err
    assert trust(lab_settings, "--with-default-roots", "--for", "jre:none", *accepted(cloud.root)).code == 2


def test_named_set_needs_its_strategy_and_fingerprints(cloud: lab.Cloud, lab_settings: Path) -> None:
    """The further roots of a private CA are those of a file, each with its fingerprint."""
    other = raw.certificate("two")
    Path("set.pem").write_bytes(formats.dumps([other], format="pem"))
    assert trust(lab_settings, "--set", "set.pem").code == 2
    words = ("--strategy", "root-set", "--set", "set.pem")
    assert trust(lab_settings, *words, *accepted(cloud.root)).code == (1 if other.not_after > cloud.root.not_before else 0)


def test_format_of_a_store_that_is_there_stays(cloud: lab.Cloud, lab_settings: Path, here: Path) -> None:
    """Another format than the store has is a usage error, and nothing is written; its own may be named."""
    assert trust(lab_settings, "--storetype", "jks", *accepted(cloud.root)).code == 0
    before = (here / "store.p12").read_bytes()
    assert trust(lab_settings, "--storetype", "pkcs12").code == 2
    assert (trust(lab_settings, "--storetype", "jks").code, (here / "store.p12").read_bytes()) == (0, before)


def test_hostile_names_are_escaped(cloud: lab.Cloud, lab_settings: Path) -> None:
    """What a hostile server writes into its certificate is escaped in the plan, and in the reason it was refused for."""
    cloud.misbehave(lab.Mode.HOSTILE_NAMES, "uat")
    refused = trust(lab_settings, "--strategy", "leaf")
    assert "\x1b" not in refused.out + refused.err
    acted_upon = {character for character in hostile.COMMON_NAME if not character.isprintable()} - {"\n"}
    assert not acted_upon & set(refused.out + refused.err)


def test_person_types_the_first_digits(cloud: lab.Cloud, lab_settings: Path, here: Path) -> None:
    """On a terminal the fingerprint is not shown before it is typed: wrong digits and `y` accept nothing, right ones do."""
    digest = cloud.root.sha256.hex()
    words = ["trust", "--config", lab_settings, "--env", "uat", "--store", "store.p12"]
    environment = {"ANCHORKEEP_STATE": str(here / "state")}
    with terminal(words, cwd=here, environment=environment) as screen:
        screen.await_text("First 8 digits")
        assert digest[:8] not in screen.flat
        screen.answer("First 8 digits", "y" + ENTER)
        screen.answer("First 8 digits", digest[:7] + ENTER, times=2)
        screen.answer("First 8 digits", digest[:8].upper() + ENTER, times=3)
        assert screen.end() == 0
    assert held() == (cloud.root,)


def test_person_who_types_nothing_refuses(cloud: lab.Cloud, lab_settings: Path, here: Path) -> None:
    """Enter alone writes nothing, and what was not typed is not shown to be pasted."""
    words = ["trust", "--config", lab_settings, "--env", "uat", "--store", "store.p12"]
    with terminal(words, cwd=here, environment={"ANCHORKEEP_STATE": str(here / "state")}) as screen:
        screen.answer("First 8 digits", ENTER)
        assert screen.end() == 1
        assert "was not typed" in screen.flat
        assert cloud.root.sha256.hex()[:8] not in screen.flat
    assert not (here / "store.p12").exists()


def test_jdk_of_nowhere_is_none() -> None:
    """A runtime that is not there is an error of the request."""
    with pytest.raises(UsageError):
        trust_source.store_options.runtime("jre:none")
