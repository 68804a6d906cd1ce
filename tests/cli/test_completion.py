"""`completion`: the scripts, sourced by real shells on a real terminal."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from anchorkeep.cli import completion
from tests.conftest import require_tool
from tests.peers.command import run
from tests.peers.terminal import PROGRAM, Terminal, terminal

SHELLS = ("bash", "zsh", "fish")

SETTINGS = """
[environments.uat]
endpoints = ["a.example"]
[environments.useful]
endpoints = ["b.example"]
[environments."u $(touch pwned)"]
endpoints = ["c.example"]
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Return a directory with settings, a file and a directory."""
    for name, text in {"anchorkeep.toml": SETTINGS, "other.toml": SETTINGS.replace("uat", "unusual")}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    (tmp_path / "store.jks").touch()
    (tmp_path / "directory").mkdir()
    return tmp_path


@pytest.fixture
def bash(here: Path) -> Iterator[Terminal]:
    """Yield an interactive bash that has read the script, and finds the program on its PATH."""
    path = f"{PROGRAM.parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "PS1": "$ ", "HISTFILE": "", "INPUTRC": "/dev/null"}
    arguments = ["--norc", "--noprofile", "-i"]
    with terminal(arguments, cwd=here, environment=environment, program=require_tool("bash")) as screen:
        screen.type('bind "set enable-bracketed-paste off"; bind "set bell-style none"\n')
        screen.type('eval "$(anchorkeep completion bash)"; echo re""ady\n')
        screen.await_text("ready")
        yield screen


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("anchorkeep ex", "anchorkeep export "),
        ("anchorkeep lab misb", "anchorkeep lab misbehave "),
        ("anchorkeep store verif", "anchorkeep store verify "),
        ("anchorkeep store new new.p12 --storetype jc", "anchorkeep store new new.p12 --storetype jceks "),
        ("anchorkeep lab misbehave no-inter", "anchorkeep lab misbehave no-intermediate "),
        ("anchorkeep export --accept", "anchorkeep export --accept-fingerprint "),
        ("anchorkeep export --format bun", "anchorkeep export --format bundle "),
        ("anchorkeep show ua", "anchorkeep show uat "),
        ("anchorkeep show --env use", "anchorkeep show --env useful "),
        ("anchorkeep show --config other.toml --env un", "anchorkeep show --config other.toml --env unusual "),
        ("anchorkeep show ./sto", "anchorkeep show ./store.jks "),
        ("anchorkeep export a.example --out dir", "anchorkeep export a.example --out directory/"),
        ("anchorkeep lab up --dir dir", "anchorkeep lab up --dir directory/"),
        ("anchorkeep completion f", "anchorkeep completion fish "),
    ],
)
def test_bash_completes(typed: str, completed: str, bash: Terminal) -> None:
    """The tab key completes commands, options, their values, environments, files and directories."""
    bash.type(f"echo ; {typed}\t")
    bash.await_text(f"echo ; {completed}".rstrip())
    bash.type("END")
    assert f"echo ; {completed}END" in bash.await_text("END")


@pytest.mark.parametrize("typed", ["anchorkeep sho w", "anchorkeep show nowhere", "anchorkeep lab serv"])
def test_bash_leaves_what_it_does_not_know(typed: str, bash: Terminal) -> None:
    """Where nothing fits, a hidden command included, what was typed stays."""
    bash.type(f"echo ; {typed}\tEND")
    assert f"echo ; {typed}END" in bash.await_text("END")


def test_environment_that_a_shell_would_run_is_not_proposed(here: Path, bash: Terminal) -> None:
    """The name of an environment never becomes part of a command."""
    bash.type("anchorkeep show u\t\t")
    assert "pwned" not in bash.await_text("uat useful")
    bash.type("\x15echo do''ne\n")
    bash.await_text("done")
    assert not (here / "pwned").exists()


def test_zsh_completes(here: Path) -> None:
    """The tab key completes commands and environments in zsh, where there is one."""
    zsh = shutil.which("zsh")
    if zsh is None:
        pytest.skip("needs zsh, which no test requires: Debian package zsh")
    environment = {"PATH": f"{PROGRAM.parent}:{os.environ['PATH']}", "PS1": "$ "}
    with terminal(["-f", "-i"], cwd=here, environment=environment, program=Path(zsh)) as screen:
        screen.type('autoload -U compinit; compinit -u -D; eval "$(anchorkeep completion zsh)"; echo re""ady\n')
        screen.await_text("ready")
        screen.type("anchorkeep exp\t")
        screen.await_text("anchorkeep export")
        screen.type("--env ua\tEND")
        assert "anchorkeep export --env uat END" in screen.await_text("END")


def test_fish_completes(here: Path) -> None:
    """Fish proposes commands, options and environments, where there is one."""
    fish = shutil.which("fish")
    if fish is None:
        pytest.skip("needs fish, which no test requires: Debian package fish")
    environment = os.environ | {"PATH": f"{PROGRAM.parent}:{os.environ['PATH']}", "HOME": str(here)}
    for line, proposed in (
        ("anchorkeep exp", "export"),
        ("anchorkeep show --env ua", "uat"),
        ("anchorkeep init --fl", "--flexnet"),
    ):
        script = f'anchorkeep completion fish | source; complete -C "{line}"'
        command = [fish, "--no-config", "-c", script]
        result = subprocess.run(command, cwd=here, env=environment, capture_output=True, text=True, check=True)
        assert proposed in result.stdout.split()


@pytest.mark.parametrize("shell", SHELLS)
def test_script_is_printed(shell: str) -> None:
    """Each script is printed whole on stdout, and nothing is said on stderr."""
    result = run("completion", shell)
    assert (result.code, result.err) == (0, "")
    assert "_ANCHORKEEP_COMPLETE" in result.out
    assert "%(" not in result.out


def test_unknown_shell_is_wrong_use() -> None:
    """A shell for which there is no script is a usage error."""
    assert run("completion", "tcsh").code == 2


@pytest.mark.parametrize("text", [None, "environments = 3", "\x00"])
def test_settings_that_cannot_be_read_propose_nothing(text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without settings, or with broken ones, no environment is proposed and nothing is said."""
    monkeypatch.chdir(tmp_path)
    if text is not None:
        Path("anchorkeep.toml").write_text(text)
    assert completion.environments(click.Context(click.Command("show")), click.Option(["--env"]), "") == []
