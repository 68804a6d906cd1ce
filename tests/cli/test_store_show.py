"""`store show` and `verify`: how a store is protected, which Java opens it, and exit codes that say whether it is in order."""

import json
from pathlib import Path

import pytest

from anchorkeep import formats
from tests.conftest import ROOT
from tests.data import stores as raw
from tests.interop import keystores
from tests.peers import stores
from tests.peers.command import run

GOLDEN = ROOT / "tests" / "data" / "golden"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty directory the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("command", ["show", "verify"])
@pytest.mark.parametrize("case", ["jks", "pkcs12"])
def test_screen_is_the_golden_one(case: str, command: str, width: int, here: Path, request: pytest.FixtureRequest) -> None:
    """The screen is, to the character, the one that was looked at, and fits; `--write-golden` writes it anew."""
    getattr(stores, case)(here / f"store.{case}")
    shown = run("store", command, f"store.{case}", "--at", stores.AT, width=width)
    golden = GOLDEN / f"store-{command}-{case}-{width}.txt"
    if request.config.getoption("--write-golden"):
        golden.write_text(shown.out, encoding="utf-8")
    assert shown.out == golden.read_text(encoding="utf-8")
    assert "\x1b" not in shown.out


def test_store_in_order_is_fine(here: Path) -> None:
    """A store that every Java opens, and of which there is nothing to say but notes, exits with 0."""
    (here / "good.jks").write_bytes(raw.jks(raw.jks_trusted("mine", stores.certificates()["root"])))
    shown = run("store", "verify", "good.jks", "--at", stores.AT)
    assert (shown.code, "every Java opens it" in shown.out) == (0, True)


def test_finding_makes_the_code(here: Path) -> None:
    """An entry that Java does not see is a warning: 1, unless only errors are to fail."""
    stores.pkcs12(here / "store.p12")
    codes = [run("store", "verify", "store.p12", "--at", stores.AT, *words).code for words in ((), ("--fail-on", "error"))]
    assert codes == [1, 0]


def test_named_java_must_open_it(here: Path) -> None:
    """With `--for` the one runtime is judged: what it does not open is 1, whatever is to fail."""
    (here / "chain.pem").write_bytes(formats.dumps([stores.certificates()["root"]], format="pem"))
    run("store", "new", "new.p12", "./chain.pem")
    codes = [
        run("store", "verify", "new.p12", "--at", stores.AT, "--fail-on", "error", "--for", java).code
        for java in ("java11", "java17", "java25")
    ]
    assert codes == [1, 0, 0]
    assert run("store", "verify", "new.p12", "--for", "jre:/nowhere").code == 2


def test_entry_is_shown_alone(here: Path) -> None:
    """`--alias` shows one entry; a name that none has is a usage error."""
    stores.jks(here / "store.jks")
    shown = run("store", "show", "store.jks", "--alias", "over", "--at", stores.AT)
    assert ("over  (trusted)" in shown.out, "weit  (trusted)" in shown.out) == (True, False)
    assert run("store", "show", "store.jks", "--alias", "nobody").code == 2


def test_details_show_every_field(here: Path) -> None:
    """`--details` shows extensions too."""
    stores.jks(here / "store.jks")
    words = ("store", "show", "store.jks", "--alias", "steady-root-r1", "--at", stores.AT)
    assert ("keyUsage" in run(*words, "--details").out, "keyUsage" in run(*words).out) == (True, False)


def test_json_has_what_the_screen_has(here: Path) -> None:
    """In JSON stand protection, runtimes and findings, each finding with the fingerprints it is about."""
    stores.pkcs12(here / "store.p12")
    (store,) = json.loads(run("store", "show", "store.p12", "--json", "--at", stores.AT).out)["stores"]
    assert [item["part"] for item in store["protection"]] == ["certificates", "integrity"]
    assert {item["java"] for item in store["openings"]} >= {"Java 17", "Java 21", "Java 25"}
    assert {item["is_proved"] for item in store["openings"] if "Java 8" in item["java"]} == {False}
    wide = stores.certificates()["wide"].sha256.hex()
    assert any(wide in finding["certificates"] for finding in store["findings"])


def test_one_store_hides_no_other(here: Path) -> None:
    """Of several stores each is shown, and the worst code counts: 1 before 3."""
    stores.pkcs12(here / "store.p12")
    (here / "good.jks").write_bytes(raw.jks(raw.jks_trusted("mine", stores.certificates()["root"])))
    shown = run("store", "verify", "good.jks", "nowhere", "store.p12", "--at", stores.AT)
    assert shown.code == 1
    assert ["good.jks" in shown.out, "store.p12" in shown.out, "nowhere" in shown.err] == [True, True, True]
    assert run("store", "verify", "good.jks", "nowhere", "--at", stores.AT).code == 3


@pytest.mark.interop
@pytest.mark.parametrize("version", keystores.JRES)
def test_own_store_of_a_runtime_is_opened_by_it(version: str) -> None:
    """Of each runtime's own store it is said that this runtime opens it."""
    home = keystores.jre(version)
    document = json.loads(
        run("store", "verify", home / "lib" / "security" / "cacerts", "--for", f"jre:{home}", "--json", "--at", stores.AT).out
    )
    assert [item["opens"] for item in document["stores"][0]["openings"]] == [True]
    store = home / "lib" / "security" / "cacerts"
    assert f"Java {version} opens it" in run("store", "verify", store, "--for", f"jre:{home}", "--at", stores.AT).out
