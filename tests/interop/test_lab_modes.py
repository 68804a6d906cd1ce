"""Every way in which a service of the lab misbehaves gives its finding or failure and its exit code, over a real connection."""

import json
from pathlib import Path

import pytest

from anchorkeep import formats, lab
from anchorkeep.cli.outcome import Exit
from anchorkeep.lab import Mode
from anchorkeep.observe import resolve
from tests.peers.command import Result, run

FINDINGS = {
    Mode.NO_INTERMEDIATE: ("intermediate-missing", Exit.FINDING),
    Mode.REVERSED: ("chain-order", Exit.FINDING),
    Mode.DUPLICATE: ("certificate-duplicate", Exit.FINDING),
    Mode.UNRELATED: ("certificate-unrelated", Exit.FINDING),
    Mode.ROOT_SENT: ("root-sent", Exit.FINE),
    Mode.EXPIRED: ("expired", Exit.FINDING),
    Mode.NOT_YET_VALID: ("not-yet-valid", Exit.FINDING),
    Mode.WRONG_NAME: ("name-mismatch", Exit.FINDING),
    Mode.SELF_SIGNED: ("self-signed", Exit.FINDING),
    Mode.HOSTILE_NAMES: ("hostile-name", Exit.FINDING),
    Mode.SHA1: ("weak-signature", Exit.FINDING),
    Mode.WEAK_KEY: ("weak-key", Exit.FINDING),
    Mode.MANY: ("certificate-unrelated", Exit.FINDING),
    Mode.UNKNOWN_CA: ("root-unknown", Exit.FINDING),
    Mode.NULL_PARAMETERS: ("certificate-malformed", Exit.FINE),
    Mode.NEGATIVE_SERIAL: ("certificate-malformed", Exit.FINE),
    Mode.AIA: ("intermediate-missing", Exit.FINDING),
    Mode.CLIENT_CERTIFICATE: ("client-certificate-requested", Exit.FINE),
}
#: Modes that plain `show` takes for proper; with what else they give it away.
BESIDES = {
    Mode.TLS_1_3_ONLY: (("--both-key-types",), "key-types-unknown"),
    Mode.NODES_DIFFER: (("--all-addresses",), "nodes-differ"),
}
#: Modes in which nothing is wrong, with the fact that shows them.
PROPER = {
    Mode.DUAL_KEYS: (
        ("--both-key-types",),
        lambda seen: [bool(look["certificates"]) for look in seen["key_types"]] == [True, True],
    ),
    Mode.TLS_1_2_ONLY: ((), lambda seen: seen["tls_version"] == "TLSv1.2"),
}
FAILURES = {
    Mode.TOO_LARGE: "certificate-message-too-large",
    Mode.SLOW: "timeout",
    Mode.NEVER_ANSWERS: "timeout",
    Mode.DRIP: "timeout",
    Mode.GARBAGE: "garbage",
    Mode.CLOSES_EARLY: "closed",
    Mode.HTTP: "not-tls",
    Mode.BANNER: "not-tls",
}


def show(lab_settings: Path, *words: object) -> Result:
    """Show UAT's services as JSON."""
    return run("show", "--env", "uat", "--config", lab_settings, "--json", *words)


def ids(result: Result) -> list[set[str]]:
    """Return the findings of each observation by their ids."""
    return [{item["id"] for item in seen["findings"]} for seen in json.loads(result.out)["observations"]]


def test_every_mode_has_its_line() -> None:
    """No mode of the lab is without the finding or failure that it must give."""
    assert {Mode.NONE} | FINDINGS.keys() | BESIDES.keys() | PROPER.keys() | FAILURES.keys() == set(Mode)


def test_a_service_that_behaves_gives_a_note_only(lab_settings: Path) -> None:
    """The lab's services are fine but for their private root."""
    seen = show(lab_settings)
    assert (ids(seen), seen.code) == ([{"root-private"}] * 2, Exit.FINE)


@pytest.mark.parametrize("mode", FINDINGS, ids=str)
def test_misbehaviour_is_found(mode: Mode, cloud: lab.Cloud, lab_settings: Path) -> None:
    """The finding that belongs to the mode is there, and the exit code that belongs to its severity."""
    cloud.misbehave(mode, "uat")
    seen = show(lab_settings)
    wanted, code = FINDINGS[mode]
    assert (all(wanted in found for found in ids(seen)), seen.code) == (True, code)


@pytest.fixture
def two_addresses(lab_settings: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the lab's services a name with two addresses, as a resolver would know it, and return settings that use it."""
    ask = resolve.socket.getaddrinfo

    def getaddrinfo(host: bytes, port: int, **options: object) -> list[object]:
        if host != b"nodes.test":
            return ask(host, port, **options)
        return [item for node in ("127.0.0.1", "127.0.0.2") for item in ask(node, port, **options)]

    monkeypatch.setattr(resolve.socket, "getaddrinfo", getaddrinfo)
    lab_settings.write_text(lab_settings.read_text().replace("127.0.0.1:", "nodes.test:"))
    return lab_settings


@pytest.mark.parametrize("mode", BESIDES, ids=str)
def test_misbehaviour_is_found_by_a_second_look(mode: Mode, cloud: lab.Cloud, two_addresses: Path) -> None:
    """The finding is there with the option that looks for it; without the option, and without the mode, it is not."""
    options, wanted = BESIDES[mode]
    behaving = ids(show(two_addresses, *options))
    cloud.misbehave(mode, "uat")
    plain, looked = ids(show(two_addresses)), ids(show(two_addresses, *options))
    assert not any(wanted in found for found in (*behaving, *plain))
    assert all(wanted in found for found in looked)


@pytest.mark.parametrize("mode", PROPER, ids=str)
def test_proper_mode_shows_in_a_fact(mode: Mode, cloud: lab.Cloud, lab_settings: Path) -> None:
    """Nothing is found, and the fact that the mode is about is there; without the mode it is not."""
    options, is_there = PROPER[mode]

    def facts() -> tuple[list[set[str]], list[bool]]:
        seen = show(lab_settings, *options)
        return ids(seen), [is_there(item) for item in json.loads(seen.out)["observations"]]

    assert facts() == ([{"root-private"}] * 2, [False] * 2)
    cloud.misbehave(mode, "uat")
    assert facts() == ([{"root-private"}] * 2, [True] * 2)


@pytest.mark.parametrize(
    "words", [("--compare-proxy", "inspection"), ("--proxy", "inspection", "--compare-proxy", "none")], ids=str
)
def test_inspection_is_found(words: tuple[str, ...], cloud: lab.Cloud, lab_settings: Path) -> None:
    """The lab's inspecting proxy is found by the difference it makes and by its CA's name, from either side."""
    seen = show(lab_settings, *(f"http://{cloud.inspection}" if word == "inspection" else word for word in words))
    assert all({"interception-difference", "interception-known-issuer"} <= found for found in ids(seen))
    assert seen.code == Exit.FINDING


@pytest.mark.parametrize("words", [("--compare-proxy", "tunnel"), ("--proxy", "tunnel", "--compare-proxy", "none")], ids=str)
def test_tunnel_is_no_inspection(words: tuple[str, ...], cloud: lab.Cloud, lab_settings: Path) -> None:
    """The lab's tunnelling proxy makes no difference."""
    seen = show(lab_settings, *(f"http://{cloud.tunnel}" if word == "tunnel" else word for word in words))
    assert (ids(seen), seen.code) == ([{"root-private"}] * 2, Exit.FINE)


@pytest.mark.parametrize("mode", FAILURES, ids=str)
def test_failure_is_an_answer(mode: Mode, cloud: lab.Cloud, lab_settings: Path) -> None:
    """The failure that belongs to the mode is recorded, with exit code 3, and Production is shown all the same."""
    cloud.misbehave(mode, "uat")
    seen = run("show", "uat", "production", "--config", lab_settings, "--json", "--timeout", "1")
    observations = json.loads(seen.out)["observations"]
    reasons = [item["failure"] and item["failure"]["reason"] for item in observations]
    assert (reasons, seen.code) == ([FAILURES[mode]] * 2 + [None] * 2, Exit.UNKNOWN)


def test_slow_service_is_shown_to_who_waits(cloud: lab.Cloud, lab_settings: Path) -> None:
    """What is a failure for the impatient is a chain as any other within the usual time; each stage counts by itself too."""
    cloud.misbehave(Mode.SLOW, "uat")
    seen = show(lab_settings)
    assert (ids(seen), seen.code) == ([{"root-private"}] * 2, Exit.FINE)
    assert show(lab_settings, "--stage-timeout", "0.5").code == Exit.UNKNOWN


@pytest.mark.parametrize("mode", [*FINDINGS, *BESIDES, *PROPER, Mode.NONE], ids=str)
def test_what_was_sent_is_exported_byte_for_byte(mode: Mode, cloud: lab.Cloud, lab_settings: Path) -> None:
    """`export --select sent` gives the certificates as the service presents them, duplicates, strays and all oddities."""
    cloud.misbehave(mode, "uat")
    service = cloud.endpoints("uat")[0]
    target = (service.host, "--connect", service.connect, "--config", lab_settings)
    exported = run("export", *target, "--select", "sent", "--clean", "--out", "-")
    assert formats.loads(exported.raw).certificates == cloud.chain("uat")


def test_rotation_shows_in_the_difference(cloud: lab.Cloud, lab_settings: Path, tmp_path: Path) -> None:
    """A new root is a warning against evidence from before; a new leaf is none."""
    before = tmp_path / "before.json"
    before.write_bytes(show(lab_settings).raw)
    cloud.rotate("leaf", "uat")
    renewed = run("diff", before, "uat", "--config", lab_settings)
    cloud.rotate("root", "uat")
    moved = run("diff", before, "uat", "--config", lab_settings)
    assert (renewed.code, moved.code) == (Exit.FINE, Exit.FINDING)


def test_new_root_that_nobody_knows_is_not_exported(cloud: lab.Cloud, lab_settings: Path, tmp_path: Path) -> None:
    """After a move to a root that is in no pool, `export` refuses the root; a cross-signature leads back to the known one."""
    cloud.rotate("root", "uat")
    out = tmp_path / "out"
    refused = run("export", "--env", "uat", "--config", lab_settings, "--select", "root", "--out", out)
    assert (refused.code, out.exists()) == (Exit.FINDING, False)
    cloud.rotate("root", "uat", has_cross_sign=True)


def test_cross_signature_leads_to_the_old_root(cloud: lab.Cloud, lab_settings: Path) -> None:
    """A new root that the old one cross-signed verifies up to the old one."""
    cloud.rotate("root", "uat", has_cross_sign=True)
    seen = json.loads(show(lab_settings).out)["observations"][0]
    assert (seen["verifies"], seen["paths"][0]["certificates"][-1]) == (True, cloud.roots[0].sha256.hex())
