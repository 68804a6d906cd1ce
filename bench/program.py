"""Whole processes: `anchorkeep show` of a service on loopback beside `keytool -printcert -sslserver`, and `anchorkeep --help`."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep import formats
from bench import estate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anchorkeep.model.certificate import Certificate

#: The installed command.
PROGRAM = str(Path(sys.executable).with_name("anchorkeep"))
_LAUNCH = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """
    What a process cost, as medians.

    Attributes:
        wall: seconds from start to end.
        cpu: seconds, user and system.
        memory: the peak of its resident memory in MiB.
    """

    wall: float
    cpu: float
    memory: float


def show_and_keytool(rounds: int) -> tuple[Cost, Cost | None]:
    """Return the costs of both, run in turn; None where there is no keytool."""
    keytool = shutil.which("keytool")
    with estate.running(1) as services:
        target = f"{estate.ADDRESS}:{services.port}"
        ours = [PROGRAM, "show", target, "--fail-on", "error"]
        if keytool is None:
            return run_in_turn([ours], rounds, root=services.root)[0], None
        first, second = run_in_turn([ours, [keytool, "-printcert", "-sslserver", target]], rounds, root=services.root)
        return first, second


def help_text(rounds: int) -> Cost:
    """Return the cost of `anchorkeep --help`."""
    return run_in_turn([[PROGRAM, "--help"]], rounds)[0]


def run_in_turn(
    commands: Sequence[Sequence[str]], rounds: int, *, root: Certificate | None = None, on_terminal: bool = False
) -> list[Cost]:
    """
    Run each command once a round and return the medians of each; the first round only fills the system's caches.

    With `root`, the settings of where they run know it.
    """
    costs: list[list[Cost]] = [[] for _ in commands]
    with tempfile.TemporaryDirectory() as directory:
        if root is not None:
            write_settings(Path(directory), root)
        for number in range(rounds + 1):
            for command, found in zip(commands, costs, strict=True):
                cost = run_once(command, Path(directory), on_terminal=on_terminal)
                if number:
                    found.append(cost)
    return [median(found) for found in costs]


def median(costs: Sequence[Cost]) -> Cost:
    """Return the median of each figure."""
    return Cost(
        wall=statistics.median(item.wall for item in costs),
        cpu=statistics.median(item.cpu for item in costs),
        memory=statistics.median(item.memory for item in costs),
    )


def write_settings(directory: Path, root: Certificate) -> None:
    """Write settings into a directory that name a root among the pools."""
    (directory / "root.pem").write_bytes(formats.dumps([root], format="pem"))
    settings = directory / "anchorkeep.toml"
    settings.write_text('[pools]\nfiles = ["root.pem"]\n')
    settings.chmod(0o600)


def run_once(command: Sequence[str], directory: Path, *, on_terminal: bool = False) -> Cost:
    """Run a command in a directory, with the settings and the state there; its output goes into a file, as into a pipe."""
    environment = os.environ | {"XDG_CONFIG_HOME": str(directory), "ANCHORKEEP_STATE": str(directory / "state")}
    output = directory / "output"
    output.write_text("")
    launched = [sys.executable, "-I", "-S", str(_LAUNCH), "tty" if on_terminal else str(output), *command]
    done = subprocess.run(launched, capture_output=True, check=True, cwd=directory, env=environment)
    told = json.loads(done.stdout)
    if told["code"]:
        message = f"{command[0]} ended with {told['code']}: {output.read_text(errors='replace')[-2000:]}"
        raise RuntimeError(message)
    return Cost(wall=told["wall"], cpu=told["cpu"], memory=told["memory"])
