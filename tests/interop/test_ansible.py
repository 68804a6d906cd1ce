"""The play of the how-to is what it says: its command runs, and its document has what the play looks at."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from anchorkeep import lab
from anchorkeep.cli.outcome import Exit
from tests.conftest import ROOT
from tests.peers.command import run

PAGE = ROOT / "docs" / "howto" / "ansible.md"
SETTINGS = "/etc/acme/anchorkeep.toml"


@pytest.fixture
def settings(cloud: lab.Cloud, lab_settings: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write settings with a store for UAT."""
    monkeypatch.setenv("ANCHORKEEP_STATE", str(lab_settings.parent / "state"))
    # A JVM's start takes longer than all else.
    monkeypatch.setattr("anchorkeep.cli.trust_source.jdk", lambda *_: None)
    store = f'[[stores]]\npath = "uat.p12"\nenvironments = ["uat"]\naccept = ["{cloud.root.sha256.hex()}"]\n'
    lab_settings.write_text(f"{lab_settings.read_text()}\n{store}")
    return lab_settings


def play() -> str:
    """Return the play of the how-to."""
    found = re.search(r"^```yaml\n(.*?)^```$", PAGE.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


def argv(settings: Path, *, is_check: bool) -> list[str]:
    """Return the words that the play runs, without the program's own."""
    (line,) = re.findall(r'argv: "\{\{ (.*) \}\}"', play())
    always, checking = (re.findall(r"'([^']*)'", part) for part in line.split(" + "))
    words = [*always, *(checking if is_check else [])]
    assert (words[0], SETTINGS in words) == ("anchorkeep", True)
    return [str(settings) if word == SETTINGS else word for word in words[1:]]


def test_command_of_the_play_does_what_it_says(settings: Path) -> None:
    """The command of the play tells a change before it is made, makes it, and finds none afterwards, also by its exit code."""
    seen = [run(*argv(settings, is_check=is_check)) for is_check in (True, False, False, True)]
    assert [json.loads(item.out)["changed"] for item in seen] == [True, True, False, False]
    assert [item.code for item in seen] == [Exit.FINDING, Exit.FINE, Exit.FINE, Exit.FINE]


def test_play_looks_at_members_that_there_are(settings: Path) -> None:
    """Every member of the document that the play names is there."""
    document = json.loads(run(*argv(settings, is_check=True)).out)
    named = set(re.findall(r"from_json\)\.(\w+)", play()))
    assert named == {"changed", "failed", "diff", "stores"}
    assert named <= document.keys()
    assert "failed" in document["stores"][0]


def test_ansible_runs_the_play(settings: Path) -> None:
    """Ansible itself, where it is installed, reports a change once and none the second time."""
    program = shutil.which("ansible-playbook")
    if program is None:
        pytest.skip("needs ansible-playbook, which no part of the product does")
    handler = play().index("      ansible.builtin.service:")
    text = play()[:handler].replace(SETTINGS, str(settings)).replace("- hosts: all", "- hosts: all\n  gather_facts: false")
    path = settings.parent / "play.yml"
    path.write_text(f"{text}      ansible.builtin.debug:\n        msg: restarted\n")
    found = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    python = f"ansible_python_interpreter={sys.executable}"
    command = [program, "-i", "localhost,", "-c", "local", "-e", python, str(path)]
    for words, changed in ((("--check",), 1), ((), 1), ((), 0)):
        done = subprocess.run(
            [*command, *words], env={**os.environ, "PATH": found}, capture_output=True, text=True, check=False, timeout=120
        )
        assert (done.returncode, f"changed={changed} " in done.stdout) == (0, True), done.stdout + done.stderr
