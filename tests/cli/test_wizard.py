"""The wizard of `export`, driven through a real terminal to its end, and interrupted at every question."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from anchorkeep import formats
from tests.conftest import require_tool
from tests.peers.command import run
from tests.peers.terminal import COLUMNS, DOWN, END, ENTER, ERASE, INTERRUPT, PROGRAM, SPACE, UP, Terminal, terminal

SERVICE, HOST, WHICH, FORMAT = "Export from which service", "Host, host:port", "Which certificates", "Which format"
PLACE, REVIEW, NOW, DIGITS = "Where to", "Is this right", "And now", "First 8 digits"

#: The way through with nothing but Enter: environment uat, its root, PEM, the directory `certificates`.
PLAIN = ((SERVICE, ENTER), (WHICH, ENTER), (FORMAT, ENTER), (PLACE, ENTER), (REVIEW, ENTER))


@dataclass(frozen=True, kw_only=True)
class Site:
    """A lab, and settings that name its services: with its root, and without."""

    directory: Path
    settings: Path
    bare: Path

    @property
    def root(self) -> bytes:
        """The root's DER."""
        return formats.loads((self.directory / "root.pem").read_bytes()).certificates[0].der

    def misbehave(self, mode: str) -> None:
        """Let UAT misbehave."""
        assert run("lab", "misbehave", mode, "--env", "uat", "--dir", self.directory).code == 0


@pytest.fixture(scope="module")
def lab_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Run a lab, as a user would start one."""
    directory = tmp_path_factory.mktemp("site") / "lab"
    subprocess.run([PROGRAM, "lab", "up", "--dir", directory], check=True, capture_output=True)
    try:
        settings = directory / "anchorkeep.toml"
        bare = directory.parent / "bare.toml"
        bare.write_text("\n".join(line for line in settings.read_text().splitlines() if not line.startswith("files")))
        bare.chmod(0o600)
        yield Site(directory=directory, settings=settings, bare=bare)
    finally:
        subprocess.run([PROGRAM, "lab", "down", "--dir", directory], check=True, capture_output=True)


@pytest.fixture
def site(lab_site: Site) -> Site:
    """Return the lab, whose services behave."""
    lab_site.misbehave("none")
    return lab_site


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Return an empty directory to work in."""
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


def files(directory: Path) -> dict[str, bytes]:
    """Return the files below a directory by name."""
    return {path.name: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def walk(screen: Terminal, *steps: tuple[str, str]) -> None:
    """Answer one question after the other."""
    seen: dict[str, int] = {}
    for question, keys in steps:
        seen[question] = seen.get(question, 0) + 1
        screen.answer(question, keys, times=seen[question])


def said(screen: Terminal, purpose: str) -> str:
    """Return the command line that the wizard gives for a purpose, as it stands on the screen."""
    found = re.search(rf"^{purpose}:\n((?:.*\\\n)*.*)$", screen.text, re.MULTILINE)
    assert found, screen.text
    return found[1]


def erased(text: str) -> str:
    """Return the keys that replace a proposal by a text."""
    return ERASE * 100 + text + ENTER


def test_wizard_comes_to_its_end(site: Site, here: Path) -> None:
    """Enter at every question writes the root of the first environment, and says so."""
    with terminal(["export", "--config", site.settings], cwd=here) as screen:
        walk(screen, *PLAIN)
        assert (screen.end(), screen.is_sane) == (0, True)
        (name, data), *others = files(here).items()
        assert (formats.loads(data).certificates[0].der, others) == (site.root, [])
        assert f"written certificates/{name}" in screen.flat


def test_command_at_the_end_does_the_same(site: Site, here: Path) -> None:
    """The command line that the wizard ends with, given to a shell as it stands, finds everything done."""
    with terminal(["export", "--wizard", "--config", site.settings, "--timeout", "9"], cwd=here) as screen:
        walk(
            screen,
            (SERVICE, DOWN + ENTER),
            (WHICH, DOWN + DOWN + SPACE + ENTER),
            (FORMAT, UP + ENTER),
            (PLACE, erased("a place's")),
            (REVIEW, ENTER),
        )
        assert screen.end() == 0
        line = said(screen, "the same again")
    again = subprocess.run(
        ["bash", "-c", line.replace("anchorkeep", str(PROGRAM), 1)], cwd=here, capture_output=True, text=True, check=True
    )
    assert again.stdout.count("unchanged") == len(files(here)) == 2
    assert "--env production" in line
    assert "--timeout 9.0" in line


def test_wizard_shows_what_show_shows(site: Site, here: Path) -> None:
    """The chain, the reasons and exactly what would be written are on the screen before anything is."""
    with terminal(["export", "--wizard", "--config", site.settings], cwd=here) as screen:
        walk(screen, *PLAIN[:4])
        seen = screen.await_text(REVIEW)
        assert re.search("└─ Anchorkeep Lab .* CA 1", seen)
        assert "Advised." in seen
        assert "every 47 days" in seen
        assert formats.loads((site.directory / "root.pem").read_bytes()).certificates[0].sha256.hex() in seen
        assert files(here) == {}
        screen.type(INTERRUPT)
        screen.end()


def test_no_line_is_wider_than_the_terminal(site: Site, here: Path) -> None:
    """From the first question to the last line nothing runs over the edge of 80 columns."""
    with terminal(["export", "--config", site.settings], cwd=here) as screen:
        for question, keys in PLAIN:
            screen.await_text(question)
            assert max(map(len, screen.lines)) <= COLUMNS
            screen.type(keys)
        screen.end()
        assert max(map(len, screen.lines)) <= COLUMNS


@pytest.mark.parametrize("count", range(1, len(PLAIN) + 1), ids=["service", "certificates", "format", "place", "review"])
def test_interruption_leaves_nothing(count: int, site: Site, here: Path) -> None:
    """Ctrl-C at a question ends with 130: nothing written, no traceback, the terminal as it was."""
    with terminal(["export", "--config", site.settings], cwd=here) as screen:
        walk(screen, *PLAIN[: count - 1], (PLAIN[count - 1][0], INTERRUPT))
        assert (screen.end(), files(here), screen.is_sane) == (130, {}, True)
        assert "Traceback" not in screen.text


@pytest.mark.parametrize("key", [INTERRUPT, END], ids=["Ctrl-C", "Ctrl-D"])
def test_interruption_of_a_typed_host(key: str, site: Site, here: Path) -> None:
    """Ctrl-C and Ctrl-D where a host is to be typed leave nothing."""
    with terminal(["export", "--config", site.settings], cwd=here) as screen:
        walk(screen, (SERVICE, UP + ENTER), (HOST, key))
        assert (screen.end(), files(here), screen.is_sane) == (130, {}, True)
        assert "Traceback" not in screen.text


def test_interruption_while_looking(site: Site, here: Path) -> None:
    """Ctrl-C while a service keeps the wizard waiting ends it."""
    site.misbehave("never-answers")
    with terminal(["export", "--config", site.settings, "--timeout", "100"], cwd=here) as screen:
        walk(screen, (SERVICE, ENTER))
        screen.await_text(r"which service\? uat")
        screen.type(INTERRUPT)
        assert (screen.end(), files(here), screen.is_sane) == (130, {}, True)
        assert "Traceback" not in screen.text


def test_lost_terminal_ends_the_wizard(site: Site, here: Path) -> None:
    """A wizard whose terminal goes away ends too, and writes nothing."""
    with terminal(["export", "--config", site.settings], cwd=here) as screen:
        walk(screen, *PLAIN[:4])
        screen.await_text(REVIEW)
        screen.hang_up()
        assert screen.process.wait(60) != 0
        assert files(here) == {}


def test_host_that_is_none_is_asked_for_again(site: Site, here: Path) -> None:
    """What is no target is said at once, and asked for again."""
    with terminal(["export", "--config", site.settings], cwd=here) as screen:
        walk(screen, (SERVICE, UP + ENTER), (HOST, "no such host" + ENTER))
        assert "✗" in screen.await_text(SERVICE, times=2)
        walk(screen, (f"{SERVICE}.*{SERVICE}", INTERRUPT))
        assert screen.end() == 130


def test_service_that_cannot_be_reached_is_asked_for_again(site: Site, here: Path) -> None:
    """A service that cannot be looked at is shown with its failure, and another may be named."""
    site.misbehave("closes-early")
    with terminal(["export", "--wizard", "uat", "--config", site.settings], cwd=here) as screen:
        assert "✗ handshake" in screen.await_text(SERVICE)
        screen.type(DOWN + ENTER)
        walk(screen, *PLAIN[1:])
        assert screen.end() == 0
        assert "--env production" in screen.flat


def test_hearsay_needs_its_fingerprint(site: Site, here: Path) -> None:
    """A root that the server alone brought is not taken on a `y`, but on what its fingerprint begins with."""
    site.misbehave("root-sent")
    digest = formats.loads((site.directory / "root.pem").read_bytes()).certificates[0].sha256
    with terminal(["export", "--config", site.bare], cwd=here) as screen:
        walk(screen, *PLAIN[:2], (DIGITS, "y" + ENTER))
        walk(screen, ("That is not how", "00000000" + ENTER))
        screen.answer("That is not how", digest.hex()[:7] + ENTER, times=2)
        screen.answer("That is not how", digest[:4].hex(":").upper() + ENTER, times=3)
        walk(screen, *PLAIN[2:])
        asked = run(
            "export", "--env", "uat", "--config", site.bare, "--select", "root", "--accept-fingerprint", digest.hex(), "--dry-run"
        )
        assert screen.end() == asked.code
        assert f"--accept-fingerprint \\ {digest.hex()}" in screen.flat
    assert [formats.loads(data).certificates[0].der for data in files(here).values()] == [site.root]


def test_no_fingerprint_leads_back_to_the_choice(site: Site, here: Path) -> None:
    """Who cannot compare types nothing, is asked anew which certificates, and can stop there."""
    site.misbehave("root-sent")
    with terminal(["export", "--config", site.bare], cwd=here) as screen:
        walk(screen, *PLAIN[:2], (DIGITS, ENTER))
        screen.answer(WHICH, INTERRUPT, times=2)
        assert (screen.end(), files(here)) == (130, {})


def test_interruption_of_the_fingerprint(site: Site, here: Path) -> None:
    """Ctrl-C where a fingerprint is to be typed leaves nothing."""
    site.misbehave("root-sent")
    with terminal(["export", "--config", site.bare], cwd=here) as screen:
        walk(screen, *PLAIN[:2], (DIGITS, INTERRUPT))
        assert (screen.end(), files(here), screen.is_sane) == (130, {}, True)


def test_unknown_root_cannot_be_marked(site: Site, here: Path) -> None:
    """A root that is not there is said to be so; nothing marked is asked for again; what was sent can be had."""
    with terminal(["export", "--config", site.bare], cwd=here) as screen:
        walk(screen, (SERVICE, ENTER), (WHICH, ENTER))
        assert "Not here: the path ends" in screen.await_text("Nothing is marked")
        screen.answer(WHICH, UP + SPACE + ENTER, times=2)
        walk(screen, *PLAIN[2:])
        assert screen.end() == 1  # As `export --select sent` ends: the findings are of severity error.
        assert len(files(here)) == 2


def conflict(site: Site, here: Path) -> Path:
    """Write a file that is in the wizard's way."""
    run("export", "--env", "uat", "--select", "root", "--config", site.settings, "--out", here / "certificates")
    (path,) = (here / "certificates").iterdir()
    path.write_text("mine")
    return path


@pytest.mark.parametrize("key", [INTERRUPT, ENTER], ids=["Ctrl-C", "another place"])
def test_file_that_differs_is_kept(key: str, site: Site, here: Path) -> None:
    """A file that holds something else is found at the review, and stays unless it is to be replaced."""
    path = conflict(site, here)
    with terminal(["export", "--config", site.settings], cwd=here) as screen:
        walk(screen, *PLAIN[:4], (NOW, key))
        if key == ENTER:
            screen.answer(PLACE, erased("elsewhere"), times=2)
            screen.answer(REVIEW, ENTER)
        assert (screen.end(), path.read_text()) == (130 if key == INTERRUPT else 0, "mine")
        assert (here / "elsewhere").exists() == (key == ENTER)


def test_file_that_differs_is_replaced_on_request(site: Site, here: Path) -> None:
    """Replacing is the last choice, is reviewed, and is in the command line at the end."""
    path = conflict(site, here)
    with terminal(["export", "--config", site.settings], cwd=here) as screen:
        walk(screen, *PLAIN[:4], (NOW, DOWN * 2 + ENTER), (REVIEW, ENTER))
        assert screen.end() == 0
        assert "--force" in screen.flat
    assert formats.loads(path.read_bytes()).certificates[0].der == site.root


def test_stop_writes_nothing(site: Site, here: Path) -> None:
    """The last choice of the review stops."""
    with terminal(["export", "--config", site.settings], cwd=here) as screen:
        walk(screen, *PLAIN[:4], (REVIEW, UP + ENTER))
        assert (screen.end(), files(here)) == (1, {})
        assert "Nothing was written." in screen.text


def test_review_leads_back(site: Site, here: Path) -> None:
    """From the review one gets back to certificates, format and place; what was answered stands as the proposal."""
    with terminal(["export", "--config", site.settings], cwd=here) as screen:
        walk(screen, *PLAIN[:4], (REVIEW, DOWN + ENTER))
        screen.answer(WHICH, DOWN * 2 + SPACE + ENTER, times=2)
        screen.answer(PLACE, ENTER, times=2)
        screen.answer(REVIEW, DOWN * 2 + ENTER, times=2)
        screen.answer(FORMAT, DOWN + ENTER, times=2)
        screen.answer(PLACE, ENTER, times=3)
        screen.answer(REVIEW, DOWN * 3 + ENTER, times=3)
        screen.answer(PLACE, erased("one.p7b"), times=4)
        screen.answer(REVIEW, INTERRUPT, times=4)
        screen.end()
        assert "--format" not in screen.flat
        assert "would be written one.p7b" in screen.flat


def test_der_of_several_in_one_file_is_asked_for_again(site: Site, here: Path) -> None:
    """A place that cannot hold what was chosen is said at once."""
    with terminal(["export", "--format", "der", "--select", "path", "--config", site.settings], cwd=here) as screen:
        walk(screen, *PLAIN[:3], (PLACE, erased("one.cer")))
        screen.await_text("DER holds one certificate")
        screen.answer(PLACE, erased("many/"), times=2)
        walk(screen, (REVIEW, ENTER))
        assert (screen.end(), len(files(here / "many"))) == (0, 3)


def test_dry_run_writes_nothing(site: Site, here: Path) -> None:
    """`--dry-run` goes for the wizard too."""
    with terminal(["export", "--dry-run", "--config", site.settings], cwd=here) as screen:
        walk(screen, *PLAIN)
        assert (screen.end(), files(here)) == (0, {})


def test_hostile_names_stay_text(site: Site, here: Path) -> None:
    """Names in certificates and settings reach the terminal without a control character, in choices too."""
    site.misbehave("hostile-names")
    hostile = here / "hostile.toml"
    lines = site.settings.read_text().replace("[environments.uat]", '[environments."\\u001b]0;pwned\\u0007\\u202euat"]')
    hostile.write_text(lines.replace("root.pem", str(site.directory / "root.pem")))
    hostile.chmod(0o600)
    with terminal(["export", "--config", hostile, "--dry-run"], cwd=here) as screen:
        walk(screen, PLAIN[0], (WHICH, SPACE + DOWN * 2 + SPACE + ENTER), *PLAIN[2:])
        screen.end()
        assert (screen.screen.title, b"\x07" in screen.raw, "\u202e".encode() in screen.raw) == ("", False, False)
        assert "\\x1b]0;pwned\\x07\\u202euat" in screen.flat
        assert max(map(len, screen.lines)) <= COLUMNS


@pytest.mark.parametrize(
    "argv", [("export",), ("export", "--wizard"), ("export", "--wizard", "uat"), ("export", "--wizard", "--json")]
)
def test_without_terminal_it_is_wrong_use(argv: tuple[str, ...]) -> None:
    """Without a terminal nothing is asked: no target is a usage error, and so is `--wizard`."""
    result = run(*argv)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("✗ ")


@pytest.mark.parametrize("option", ["--json", "--sheet"])
def test_machine_is_not_asked(option: str, here: Path) -> None:
    """With an option for machines, export alone is a usage error on a terminal too."""
    with terminal(["export", option], cwd=here) as screen:
        assert screen.end() == 2
        assert "No target." in screen.text


def test_small_terminal_will_do(site: Site, here: Path) -> None:
    """A terminal of 24 lines, over which the chain has run, serves the questions as well."""
    with terminal(["export", "--config", site.settings], cwd=here, rows=24) as screen:
        walk(screen, *PLAIN)
        assert (screen.end(), screen.is_sane, len(files(here))) == (0, True, 1)


def test_keytool_line_is_one_that_keytool_takes(site: Site, here: Path) -> None:
    """What the wizard says for Java, given the password that keytool asks for, makes a store with the root."""
    require_tool("keytool")
    with terminal(["export", "--config", site.settings], cwd=here) as screen:
        walk(screen, *PLAIN)
        screen.end()
        line = said(screen, "Java")
    words = [*shlex.split(line.replace("\\\n", " ")), "-noprompt", "-storepass", "changeit"]
    subprocess.run(words, cwd=here, check=True, capture_output=True)
    assert [item.der for item in formats.loads((here / "truststore.p12").read_bytes(), password="changeit").certificates] == [
        site.root
    ]


def test_curl_line_trusts_the_service(site: Site, here: Path) -> None:
    """What the wizard says for curl connects to the lab and accepts its certificate by the root that was written."""
    require_tool("curl")
    with terminal(["export", "--config", site.settings], cwd=here) as screen:
        walk(screen, *PLAIN)
        screen.end()
        line = said(screen, "curl")
    talk = subprocess.run(["bash", "-c", f"{line} --verbose"], cwd=here, check=False, capture_output=True, text=True).stderr
    assert "SSL certificate verify ok" in talk
