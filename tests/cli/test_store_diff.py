"""`store diff`: certificates are compared, whatever they are called and whatever format they stand in."""

import json
from pathlib import Path

import pytest

from anchorkeep import formats
from tests.data import stores as raw
from tests.peers import stores
from tests.peers.command import run


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the current directory one with stores that share a certificate."""
    monkeypatch.chdir(tmp_path)
    held = stores.certificates()
    (tmp_path / "one.jks").write_bytes(raw.jks(raw.jks_trusted("mine", held["root"]), raw.jks_trusted("weit", held["wide"])))
    (tmp_path / "two.pem").write_bytes(formats.dumps([held["root"], held["hostile"]], format="pem"))
    (tmp_path / "same.pem").write_bytes(formats.dumps([held["wide"], held["root"]], format="pem"))
    return tmp_path


def test_same_certificates_are_no_difference() -> None:
    """Two stores of the same certificates are the same, across formats, orders and aliases."""
    shown = run("store", "diff", "one.jks", "same.pem")
    assert (shown.code, "2 certificates in both, and no other" in shown.out) == (0, True)


def test_difference_is_named_by_side() -> None:
    """What only one side holds is named with its alias, escaped; the exit code is 1."""
    shown = run("store", "diff", "one.jks", "two.pem")
    assert shown.code == 1
    first, _, second = shown.out.partition("in two.pem only")
    assert ("weit" in first, "good.example" in second, "\x1b" in shown.out) == (True, True, False)


def test_both_are_shown_on_request() -> None:
    """`--both` shows what both hold, under which aliases."""
    assert "mine" not in run("store", "diff", "one.jks", "two.pem").out
    assert "mine" in run("store", "diff", "one.jks", "two.pem", "--both").out


def test_json_tells_aliases_of_both_sides() -> None:
    """In JSON every certificate has its aliases on either side."""
    document = json.loads(run("store", "diff", "one.jks", "same.pem", "--json").out)
    assert (document["is_same"], document["only_first"], document["only_second"]) == (True, [], [])
    assert [(item["first"], item["second"]) for item in document["both"]] == [(["mine"], [None]), (["weit"], [None])]


def test_sides_may_have_passwords_of_their_own(here: Path) -> None:
    """The password of the first store is tried on the second, unless that has its own."""
    stores.pkcs12(here / "secret.p12", password=stores.SECRET)
    stores.secret(here / "password")
    assert run("store", "diff", "one.jks", "secret.p12", "--deststorepass-file", "password").code == 0
    refused = run("store", "diff", "one.jks", "secret.p12")
    assert (refused.code, "--deststorepass-file" in refused.err) == (1, True)


def test_side_that_cannot_be_read_is_not_guessed() -> None:
    """Against a file that is not there nothing is compared: could not tell."""
    shown = run("store", "diff", "one.jks", "nowhere.jks")
    assert (shown.code, shown.out) == (3, "")
