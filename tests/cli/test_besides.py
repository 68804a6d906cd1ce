import json
from pathlib import Path

import pytest

from anchorkeep import lab
from anchorkeep.cli.outcome import Exit
from anchorkeep.lab import Mode
from tests.peers import schemas
from tests.peers.command import Result, run


def show(lab_settings: Path, *words: object, width: int = 100) -> Result:
    """Show UAT's portal, on a screen that is wide enough for a line each."""
    return run("show", "--env", "uat", "--config", lab_settings, *words, width=width)


def test_types_of_key_are_shown_in_a_line_each(cloud: lab.Cloud, lab_settings: Path) -> None:
    """Both certificates of a server that has two are shown, and which of them is the one above."""
    cloud.misbehave(Mode.DUAL_KEYS, "uat")
    seen = show(lab_settings, "--both-key-types", width=160)
    assert "RSA key    another, RSA 2048, until" in seen.out
    assert "ECDSA key  the same, EC P-256, until" in seen.out


def test_type_that_is_not_there_is_said_to_be_missing(cloud: lab.Cloud, lab_settings: Path) -> None:
    """A server without an RSA certificate is said to have none."""
    assert cloud.chain("uat")
    seen = show(lab_settings, "--both-key-types")
    assert "RSA key    no certificate of that type" in seen.out


def test_what_could_not_be_told_is_not_said_to_be_missing(cloud: lab.Cloud, lab_settings: Path) -> None:
    """Of a server of TLS 1.3 alone nothing is claimed."""
    cloud.misbehave(Mode.TLS_1_3_ONLY, "uat")
    seen = show(lab_settings, "--both-key-types")
    assert "no certificate of that type" not in seen.out
    assert "could not tell" in seen.out
    assert seen.code == Exit.UNKNOWN


def test_types_of_key_cannot_be_told_without_tls_1_2(cloud: lab.Cloud, lab_settings: Path) -> None:
    """Where no version is allowed in which a type can be asked for, nothing is asked, that is said, and the code is 3."""
    cloud.misbehave(Mode.DUAL_KEYS, "uat")
    seen = show(lab_settings, "--both-key-types", "--min-tls", "1.3")
    words = " ".join(seen.out.split())
    assert "could not tell; only TLS 1.3 may be offered" in words
    assert "RSA key no chain (not-attempted)" in words
    assert (seen.code, seen.err) == (Exit.UNKNOWN, "")
    assert show(lab_settings, "--both-key-types", "--min-tls", "1.2").code == Exit.FINE


def test_open_question_comes_after_a_finding(cloud: lab.Cloud, lab_settings: Path) -> None:
    """What could not be told does not hide what is known to be bad."""
    cloud.misbehave(Mode.EXPIRED, "uat")
    assert show(lab_settings, "--both-key-types", "--min-tls", "1.3").code == Exit.FINDING


def test_open_question_is_told_in_bulk_too(cloud: lab.Cloud, lab_settings: Path) -> None:
    """A line says what could not be told, as the screen does, with the same code."""
    assert cloud.chain("uat")
    seen = show(lab_settings, "--both-key-types", "--min-tls", "1.3", "--jsonl")
    told = [json.loads(line)["observations"][0] for line in seen.out.splitlines()]
    assert [{look["failure"]["reason"] for look in item["key_types"]} for item in told] == [{"not-attempted"}] * 2
    assert seen.code == Exit.UNKNOWN


def test_nodes_are_shown_with_their_addresses(cloud: lab.Cloud, lab_settings: Path) -> None:
    """The node of an address that is no name is that address itself."""
    seen = show(lab_settings, "--all-addresses")
    port = cloud.endpoints("uat")[0].target.port
    assert f"nodes  127.0.0.1:{port}: the same, EC P-256" in seen.out


def test_other_way_is_shown(cloud: lab.Cloud, lab_settings: Path) -> None:
    """Another chain by another way is shown and is a finding; the exit code is that of its severity."""
    seen = show(lab_settings, "--compare-proxy", f"http://{cloud.inspection}", width=160)
    assert f"compared  through the proxy http://{cloud.inspection}: another, EC P-256" in seen.out
    assert "[interception-difference]" in seen.out
    assert "looks like the CA of mitmproxy" in seen.out
    assert seen.code == Exit.FINDING


def test_nothing_is_shown_that_was_not_asked_for(cloud: lab.Cloud, lab_settings: Path) -> None:
    """Without the options there is no line of nodes, keys and ways, and no key of theirs in the JSON."""
    cloud.misbehave(Mode.NODES_DIFFER, "uat")
    plain = show(lab_settings)
    assert not any(word in plain.out for word in ("nodes ", "RSA key", "compared "))
    (first, *_) = json.loads(show(lab_settings, "--json").out)["observations"]
    assert not {"nodes", "key_types", "other_ways", "others"} & first.keys()


def test_json_holds_to_the_schema(cloud: lab.Cloud, lab_settings: Path) -> None:
    """Evidence with every further look is as its schema says, and can be read again."""
    cloud.misbehave(Mode.DUAL_KEYS, "uat")
    proxy = f"http://{cloud.inspection}"
    words = ("--all-addresses", "--both-key-types", "--compare-proxy", proxy, "--json")
    seen = show(lab_settings, *words)
    document = json.loads(seen.out)
    schemas.validate(document)
    (first, *_) = document["observations"]
    assert [len(first[key]) for key in ("nodes", "key_types", "other_ways")] == [1, 2, 1]
    assert len(first["others"]) == 3
    again = run("show", "-", "--json", "--config", lab_settings, stdin=seen.raw)
    assert [len(item["certificates"]) for item in json.loads(again.out)["observations"]] == [2, 2]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://proxy:21", "--compare-proxy"),
        ("http://", "--compare-proxy"),
        ("http://user:secret@proxy:3128", "the command line is seen by everyone"),
    ],
)
def test_url_that_is_no_proxys_is_refused(url: str, words: str, lab_settings: Path) -> None:
    """A proxy that cannot be one, and a password on the command line, are refused before anything is asked."""
    seen = show(lab_settings, "--compare-proxy", url)
    assert seen.code == Exit.USAGE
    assert words in seen.err
    assert "secret" not in seen.err


def test_addresses_are_refused_behind_a_proxy(cloud: lab.Cloud, lab_settings: Path) -> None:
    """Every address of a name that a proxy looks up cannot be had, and is not pretended to be."""
    seen = show(lab_settings, "--all-addresses", "--proxy", f"http://{cloud.tunnel}")
    assert seen.code == Exit.USAGE
    assert "--proxy none" in seen.err


def test_file_has_no_further_looks(lab_settings: Path) -> None:
    """A file is looked at once, whatever is asked for."""
    target = ("show", lab_settings.parent / "root.pem", "--config", lab_settings)
    assert run(*target, "--all-addresses", "--both-key-types", "--compare-proxy", "none") == run(*target)
