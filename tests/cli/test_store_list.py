"""`store list`: an entry a line for programs, a table for people, and nothing of a stranger's that acts."""

import json
import os
from pathlib import Path

import pytest
from rich.cells import cell_len

from anchorkeep import formats
from tests.conftest import ROOT
from tests.data import stores as raw
from tests.interop import keystores
from tests.peers import stores
from tests.peers.command import piped, run
from tests.peers.terminal import PROGRAM, terminal

GOLDEN = ROOT / "tests" / "data" / "golden"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty directory the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("case", ["jks", "pkcs12"])
def test_screen_is_the_golden_one(case: str, width: int, here: Path, request: pytest.FixtureRequest) -> None:
    """The table is, to the character, the one that was looked at, and fits; `--write-golden` writes it anew."""
    getattr(stores, case)(here / f"store.{case}")
    shown = run("store", "list", f"store.{case}", "--at", stores.AT, width=width)
    golden = GOLDEN / f"store-list-{case}-{width}.txt"
    if request.config.getoption("--write-golden"):
        golden.write_text(shown.out, encoding="utf-8")
    assert (shown.code, shown.out) == (0, golden.read_text(encoding="utf-8"))
    assert "\x1b" not in shown.out


def test_pipe_gets_a_whole_line_an_entry(here: Path) -> None:
    """Into a pipe each entry is one line with its whole fingerprint, however long its alias."""
    stores.jks(here / "store.jks")
    done = piped("store", "list", "store.jks", cwd=here)
    lines = done.stdout.decode().splitlines()
    assert (done.returncode, len(lines)) == (0, 2 + 6)
    held = stores.certificates()
    assert [line.split()[-1] for line in lines[2:]] == [
        held[name].sha256.hex() for name in ("root", "intermediate", "expired", "hostile", "wide", "intermediate")
    ]
    assert all(line.isprintable() for line in lines)


def test_pipe_gets_no_drawing_program(here: Path) -> None:
    """What draws on terminals is not even loaded for a pipe: a list is asked for in scripts, again and again."""
    stores.pkcs12(here / "store.p12")
    script = (
        "import sys\nfrom anchorkeep.cli.main import main\ncode = main(['store', 'list', 'store.p12'])\n"
        "sys.exit(code or ('rich.console' in sys.modules))"
    )
    done = piped("-c", script, cwd=here, program=PROGRAM.parent / "python")
    assert done.returncode == 0, done.stderr.decode()


def test_terminal_gets_a_table(here: Path) -> None:
    """On a terminal of 80 columns nothing runs over the edge."""
    stores.jks(here / "store.jks")
    with terminal(["store", "list", "store.jks", "--at", stores.AT], cwd=here) as screen:
        assert screen.end() == 0
        assert max(map(len, screen.lines)) <= 80
        assert "Steady Root R1" in screen.text


def test_certificate_that_is_over_has_less_than_no_days(here: Path) -> None:
    """Days left are signed: a certificate that ended three days ago has -3."""
    stores.jks(here / "store.jks")
    (line,) = (
        line for line in run("store", "list", "store.jks", "--at", stores.AT, width=200).out.splitlines() if "over" in line
    )
    assert "-3 d" in line


def test_json_names_every_entry(here: Path) -> None:
    """`--json` has every entry in the file's order with its whole fingerprint, and text as it is."""
    stores.jks(here / "store.jks")
    (store,) = json.loads(run("store", "list", "store.jks", "--json", "--at", stores.AT).out)["stores"]
    held = stores.certificates()
    assert (store["storetype"], store["integrity"], store["password"]) == ("jks", "verified", "changeit")
    assert [entry["kind"] for entry in store["entries"]] == [*["certificate"] * 5, "private-key"]
    assert store["entries"][3]["alias"] == stores.HOSTILE_ALIAS
    assert store["entries"][0]["created"] == "2026-11-01T00:00:00Z"
    assert store["entries"][0]["certificates"][0]["sha256"] == held["root"].sha256.hex()
    assert [len(entry["certificates"]) for entry in store["entries"]] == [1, 1, 1, 1, 1, 2]


def test_password_is_tried_and_said(here: Path) -> None:
    """That `changeit` opened a store is said, on stderr."""
    stores.jks(here / "store.jks")
    shown = run("store", "list", "store.jks")
    assert "changeit" in shown.err


def test_password_of_a_file_is_not_repeated(here: Path) -> None:
    """A password that was given opens the store, and is nowhere in what is printed."""
    stores.pkcs12(here / "store.p12", password=stores.SECRET)
    stores.secret(here / "password")
    shown = run("store", "list", "store.p12", "--storepass-file", "password")
    assert (shown.code, shown.err) == (0, "")
    assert stores.SECRET not in shown.out


def test_jks_is_listed_without_its_password(here: Path) -> None:
    """A JKS store whose password is not known is listed, and it is said that nobody vouches for it."""
    stores.jks(here / "store.jks", password=stores.SECRET)
    shown = run("store", "list", "store.jks")
    assert (shown.code, "integrity not checked" in shown.out) == (0, True)
    assert "not checked" in " ".join(shown.err.split())


def test_wrong_password_is_refused(here: Path) -> None:
    """With a wrong password nothing of the store is shown."""
    stores.jks(here / "store.jks")
    stores.secret(here / "password")
    shown = run("store", "list", "store.jks", "--storepass-file", "password")
    assert (shown.code, shown.out) == (1, "")
    assert stores.SECRET not in shown.err


def test_one_store_hides_no_other(here: Path) -> None:
    """Of several stores those that can be read are listed, and the worst code counts."""
    stores.jks(here / "one.jks")
    stores.pkcs12(here / "two.p12")
    (here / "text").write_text("hello\n")
    shown = run("store", "list", "one.jks", "text", "nowhere", "two.p12")
    assert shown.code == 1
    assert [name in shown.out for name in ("one.jks", "two.p12")] == [True, True]
    assert [name in shown.err for name in ("text", "nowhere")] == [True, True]
    assert run("store", "list", "one.jks", "nowhere").code == 3


def test_file_of_certificates_is_a_store(here: Path) -> None:
    """A PEM file is listed without a column of aliases, which it has none of."""
    held = stores.certificates()
    (here / "chain.pem").write_bytes(formats.dumps([held["root"], held["intermediate"]], format="pem"))
    shown = run("store", "list", "chain.pem")
    assert (shown.code, "alias" in shown.out, shown.out.count("certificate")) == (0, False, 2)


def test_link_is_said(here: Path) -> None:
    """That a link was followed is said, with where it leads."""
    stores.jks(here / "store.jks")
    (here / "link").symlink_to("store.jks")
    shown = run("store", "list", "link")
    assert (shown.code, "store.jks" in shown.err) == (0, True)


def test_narrow_screen_is_not_overrun(here: Path) -> None:
    """On 40 columns nothing runs over the edge, and what was left out for that is said; on 80 nothing is."""
    stores.jks(here / "store.jks")
    narrow, wide = run("store", "list", "store.jks", width=40), run("store", "list", "store.jks", width=80)
    assert max(map(cell_len, narrow.out.splitlines())) <= 40
    assert ["kind and SHA-256 have no room" in " ".join(shown.err.split()) for shown in (narrow, wide)] == [True, False]


def test_empty_store_is_listed(here: Path) -> None:
    """A store of no entries is a store."""
    (here / "empty.jks").write_bytes(raw.jks())
    shown = run("store", "list", "empty.jks")
    assert (shown.code, "0 entries" in shown.out) == (0, True)


@pytest.mark.slow
def test_ten_thousand_entries_are_listed(here: Path) -> None:
    """A store of 10,000 entries is listed whole."""
    held = stores.certificates()["root"]
    (here / "large.jks").write_bytes(raw.jks(*(raw.jks_trusted(f"entry-{number}", held) for number in range(10_000))))
    done = piped("store", "list", "large.jks", cwd=here)
    lines = done.stdout.decode().splitlines()
    assert (done.returncode, len(lines), lines[-1].split()[0]) == (0, 10_002, "entry-9999")


@pytest.mark.interop
@pytest.mark.parametrize("version", keystores.JRES)
def test_keytool_lists_the_same(version: str) -> None:
    """The aliases and fingerprints of each runtime's own store are those that its keytool lists."""
    home = keystores.jre(version)
    store = home / "lib" / "security" / "cacerts"
    (found,) = json.loads(run("store", "list", store, "--json").out)["stores"]
    listed = keystores.listed(home, store, password="changeit")
    assert {entry["alias"]: [entry["certificates"][0]["sha256"]] for entry in found["entries"]} == listed


def test_what_may_be_read_is_asked_by_reading(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a file may be read is found by reading it; one that cannot be told is no usage error that hides the others."""
    stores.jks(here / "store.jks")
    monkeypatch.setattr(os, "access", lambda *_words, **_options: False)
    shown = run("store", "list", "store.jks", "nowhere.jks")
    assert (shown.code, "weit" in shown.out, "Usage" in shown.err) == (3, True, False)


def test_note_names_its_store_among_several(here: Path) -> None:
    """Of several stores each note begins with its store's path, in every command that takes several; of one it need not."""
    stores.jks(here / "one.jks")
    stores.jks(here / "two.jks")
    for words in (("list",), ("show",), ("verify",), ("diff",)):
        notes = [line for line in run("store", *words, "one.jks", "two.jks", width=200).err.splitlines() if line.startswith("! ")]
        assert {line.split(":")[0] for line in notes} == {"! one.jks", "! two.jks"}, words
    assert "! It was opened" in run("store", "list", "one.jks").err
