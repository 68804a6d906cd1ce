"""`show` as a person sees it: golden screens at 80 and 120 columns, evidence that can be read back."""

import json
from pathlib import Path

import pytest
from rich.cells import cell_len

from anchorkeep import formats
from anchorkeep.actions import evidence
from tests.peers import reports, schemas, steady
from tests.peers.command import run

GOLDEN = Path(__file__).resolve().parents[1] / "data" / "golden"
AT = "2026-11-23T12:00"
CASES = {
    "good": ("leaf", True, True),
    "expired": ("expired", True, True),
    "wide": ("wide", True, True),
    "hostile": ("hostile", True, True),
    "intermediate-missing": ("leaf", False, True),
    "root-unknown": ("leaf", True, False),
}


def place(directory: Path, leaf: str, *, intermediate: bool = True, root: bool = True) -> None:
    """Put a chain, the root and settings that name it into a directory."""
    pki = steady.make()
    chain = [getattr(pki, leaf), *([pki.intermediate] if intermediate else [])]
    (directory / "chain.pem").write_bytes(formats.dumps(chain, format="pem", comments=False))
    (directory / "root.pem").write_bytes(formats.dumps([pki.root], format="pem"))
    files = '["root.pem"]' if root else "[]"
    settings = directory / "anchorkeep.toml"
    settings.write_text(f"[pools]\njava = false\nsystem = false\nmozilla = false\nfiles = {files}\n")
    settings.chmod(0o600)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty directory the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("case", [*CASES, "details"])
def test_screen_is_the_golden_one(case: str, width: int, here: Path, request: pytest.FixtureRequest) -> None:
    """The screen is, to the character, the one that was looked at; `--write-golden` writes it anew."""
    leaf, intermediate, root = CASES.get(case, ("leaf", True, True))
    place(here, leaf, intermediate=intermediate, root=root)
    words = ["--details"] if case == "details" else []
    shown = run("show", "./chain.pem", "--servername", steady.HOST, "--at", AT, *words, width=width)
    golden = GOLDEN / f"show-{case}-{width}.txt"
    if request.config.getoption("--write-golden"):
        golden.write_text(shown.out, encoding="utf-8")
    assert shown.out == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [40, 59, 60, 80, 99, 100, 120])
@pytest.mark.parametrize("case", CASES)
def test_no_line_is_longer_than_the_screen(case: str, width: int, here: Path) -> None:
    """No line takes more columns than there are, wide characters counted as two."""
    leaf, intermediate, root = CASES[case]
    place(here, leaf, intermediate=intermediate, root=root)
    shown = run("show", "./chain.pem", "--servername", steady.HOST, "--at", AT, "--details", width=width)
    assert max(cell_len(line) for line in shown.out.splitlines()) <= width


@pytest.mark.parametrize(("width", "shown"), [(40, (False, False)), (80, (True, False)), (100, (True, True))])
def test_names_have_room(width: int, shown: tuple[bool, bool], here: Path) -> None:
    """Names of the path stand in one line on a narrow screen, which is left to them and the time that is left."""
    place(here, "leaf")
    lines = run("show", "./chain.pem", "--servername", steady.HOST, "--at", AT, width=width).out.splitlines()
    (line,) = [line for line in lines if "Steady TLS CA 1" in line]
    assert ("intermediate" in line, "this file" in line) == shown
    assert line.endswith("years")


def test_certificates_of_a_file_were_not_sent(here: Path) -> None:
    """What a file holds is said to be in the file; what evidence of a service holds was sent."""
    place(here, "leaf")
    assert "sent" not in run("show", "./chain.pem", "--at", AT, "--details", width=120).out
    (here / "seen.json").write_text(json.dumps(evidence.document([reports.good()])))
    seen = run("show", "./seen.json", width=120).out
    assert ("  sent  " in seen, "this file" in seen) == (True, False)


@pytest.mark.parametrize(
    ("case", "code"), [("good", 0), ("expired", 1), ("hostile", 1), ("intermediate-missing", 1), ("root-unknown", 1)]
)
def test_exit_code_tells_of_findings(case: str, code: int, here: Path) -> None:
    """A note leaves the exit code at 0, a warning or an error makes it 1."""
    leaf, intermediate, root = CASES[case]
    place(here, leaf, intermediate=intermediate, root=root)
    assert run("show", "./chain.pem", "--servername", steady.HOST, "--at", AT).code == code


def test_fail_on_moves_the_line(here: Path) -> None:
    """`--fail-on note` makes a note a failure, `--fail-on error` lets a warning pass."""
    place(here, "hostile")
    words = ("show", "./chain.pem", "--servername", steady.HOST, "--at", AT, "--fail-on")
    assert [run(*words, level).code for level in ("note", "warning", "error")] == [1, 1, 0]


@pytest.mark.parametrize("case", CASES)
def test_json_keeps_its_schema(case: str, here: Path) -> None:
    """`--json` and `--save` give what the schema of their version promises."""
    leaf, intermediate, root = CASES[case]
    place(here, leaf, intermediate=intermediate, root=root)
    words = ("show", "./chain.pem", "--servername", steady.HOST, "--at", AT)
    schemas.validate(json.loads(run(*words, "--json", "--save", "saved.json").out))
    schemas.validate(json.loads((here / "saved.json").read_text("utf-8")))


@pytest.mark.parametrize("case", CASES)
def test_evidence_is_a_target(case: str, here: Path) -> None:
    """What `--save` wrote is read back, and is judged as it was for the time it was made."""
    leaf, intermediate, root = CASES[case]
    place(here, leaf, intermediate=intermediate, root=root)
    run("show", "./chain.pem", "--servername", steady.HOST, "--at", AT, "--save", "evidence.json")
    first = json.loads(run("show", "./chain.pem", "--servername", steady.HOST, "--at", AT, "--json").out)["observations"][0]
    again = json.loads(run("show", "./evidence.json", "--at", AT, "--json").out)["observations"][0]
    assert (again["findings"], again["paths"], again["certificates"]) == (
        first["findings"],
        first["paths"],
        first["certificates"],
    )


def test_evidence_on_standard_input(here: Path) -> None:
    """Evidence is read from standard input too."""
    place(here, "leaf")
    document = run("show", "./chain.pem", "--servername", steady.HOST, "--json")
    assert run("show", "-", stdin=document.raw).code == 0


def test_changed_evidence_is_refused(here: Path) -> None:
    """Evidence whose bytes are not those its fingerprints name is refused."""
    place(here, "leaf")
    document = json.loads(run("show", "./chain.pem", "--json").out)
    certificates = document["observations"][0]["certificates"]
    certificates[0]["der"], certificates[1]["der"] = certificates[1]["der"], certificates[0]["der"]
    refused = run("show", "-", stdin=json.dumps(document).encode())
    assert (refused.code, "changed after it was written" in " ".join(refused.err.split())) == (1, True)


def test_save_keeps_a_file_that_is_there(here: Path) -> None:
    """`--save` does not overwrite a file unless it is forced."""
    place(here, "leaf")
    Path("evidence.json").write_text("mine")
    refused = run("show", "./chain.pem", "--servername", steady.HOST, "--at", AT, "--save", "evidence.json")
    assert (refused.code, Path("evidence.json").read_text()) == (1, "mine")
    assert run("show", "./chain.pem", "--servername", steady.HOST, "--at", AT, "--save", "evidence.json", "--force").code == 0


def test_store_is_listed(here: Path) -> None:
    """Roots that have nothing to do with each other are listed, each by its name and the start of its SHA-256."""
    place(here, "leaf")
    run_roots = [getattr(steady.make(), name) for name in ("leaf", "hostile", "wide", "expired", "root")]
    Path("many.pem").write_bytes(formats.dumps(run_roots, format="pem"))
    shown = run("show", "./many.pem", "--at", AT)
    assert all(certificate.sha256.hex()[:16] in shown.out for certificate in run_roots)


def test_revocation_is_said_not_to_be_checked(here: Path) -> None:
    """Every summary says that revocation was not checked."""
    place(here, "leaf")
    assert "Not checked: revocation" in run("show", "./chain.pem", "--at", AT).out


def test_store_without_a_finding_ends_well(here: Path) -> None:
    """Roots that do not belong together make no finding about a leaf or a path, and evidence claims no path."""
    place(here, "leaf", root=False)
    roots = [steady.make().root, *(reports.authority(f"Root {number}", f"r{number}").certificate for number in range(3))]
    Path("many.pem").write_bytes(formats.dumps(roots, format="pem"))
    shown = run("show", "./many.pem", "--at", AT)
    (seen,) = json.loads(run("show", "./many.pem", "--at", AT, "--json").out)["observations"]
    assert (shown.code, seen["verifies"], seen["paths"], seen["findings"]) == (0, False, [], [])
    assert run("show", "./many.pem", "--at", AT, "--details").code == 0


def test_store_with_a_hostile_name_says_so(here: Path) -> None:
    """What is wrong with a certificate of a store itself is printed below the list, and makes the exit code 1."""
    place(here, "leaf", root=False)
    roots = [steady.make().hostile, *(reports.authority(f"Root {number}", f"r{number}").certificate for number in range(4))]
    Path("many.pem").write_bytes(formats.dumps(roots, format="pem"))
    shown = run("show", "./many.pem", "--at", AT)
    assert (shown.code, "[hostile-name]" in shown.out, "5 certificates" in shown.out) == (1, True, True)


def test_self_signed_leaf_stands_alone(here: Path) -> None:
    """A self-signed leaf is drawn as what it is; no issuer is said to be missing, as one is for a leaf that has one."""
    place(here, "lone", intermediate=False)
    shown = run("show", "./chain.pem", "--servername", steady.HOST, "--at", AT)
    assert ("self-signed" in shown.out, "not found" in shown.out, "└─" in shown.out) == (True, False, False)
    place(here, "leaf", intermediate=False)
    assert "not found" in run("show", "./chain.pem", "--servername", steady.HOST, "--at", AT).out


def test_root_of_a_file_alone_is_from_the_file(here: Path) -> None:
    """A root that the file alone holds is from the file, not from a server."""
    place(here, "leaf", root=False)
    pki = steady.make()
    Path("chain.pem").write_bytes(formats.dumps([pki.leaf, pki.intermediate, pki.root], format="pem"))
    shown = run("show", "./chain.pem", "--at", AT).out
    assert ("the file itself, and nowhere else" in shown, "the server itself" in shown) == (True, False)
