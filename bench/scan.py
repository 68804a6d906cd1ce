"""
Bulk: `anchorkeep show --from LIST --jsonl` of thousands of services that are 100 ms away, and of 200 beside the peers.

The services run in another process, which waits 100 ms before each ServerHello. sslyze is run from an environment of its own,
which is made for the run where pip can fetch it, and is no dependency; keytool looks at one address a process, as many at a time
as there are cores and as many again.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench import estate, program

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.estate import Estate
    from bench.program import Cost

#: Seconds before a service answers.
DELAY = 0.1
#: Hosts that the peers are asked for.
PEER_HOSTS = 200
#: Services after which the resident size is taken for the first time, and how often as many are looked at until the last.
FIRST, TIMES = 2_000, 10
#: Seconds for the download of a peer.
_PATIENCE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """Resident MiB after the first services, and after the last, and how many those were."""

    first: float
    last: float
    after_first: int
    after_last: int


class Bulk:
    """Services to be looked at in bulk, and what looking at them costs."""

    def __init__(self, services: Estate, directory: Path) -> None:
        """Write settings that know the services' root into a directory."""
        self._services = services
        self._directory = directory
        program.write_settings(directory, services.root)

    def cost(self, count: int) -> Cost:
        """Return what `count` services cost in one process; a service that is not told, or does not verify, is an error."""
        self._list("list", [(name, 443) for name in self._services.names[:count]])
        cost = program.run_once(self._command("list"), self._directory)
        with (self._directory / "output").open() as output:
            good = sum(_verifies(line) for line in output if line.startswith("{"))  # What is said on stderr is there too.
        if good != count:
            message = f"expected {count} services that verify, got {good}"
            raise RuntimeError(message)
        return cost

    def growth(self, first: int, times: int) -> Grown | None:
        """Return the resident size after the first services and after the last; None where /proc does not tell it."""
        if not Path("/proc/self/status").is_file():
            return None
        # The names there are, under other ports where they do not suffice: all lead to the one address anyhow.
        names = self._services.names
        ports = range(1, -(-first * times // len(names)) + 1)
        wanted = [(name, port) for port in ports for name in names][: first * times]
        self._list("long", wanted)
        environment = os.environ | {"XDG_CONFIG_HOME": str(self._directory)}
        sizes: list[float] = []
        command = self._command("long")
        with subprocess.Popen(
            command, cwd=self._directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as one:
            assert one.stdout is not None  # noqa: S101 (asked for above)
            for number, _ in enumerate(one.stdout, start=1):
                if number in {first, len(wanted)}:
                    sizes.append(_resident(one.pid))
        return Grown(first=sizes[0], last=sizes[1], after_first=first, after_last=len(wanted))

    def keytool(self, count: int) -> Cost | None:
        """Return what as many calls of keytool cost, some at a time; None where it cannot be had."""
        keytool, xargs = shutil.which("keytool"), shutil.which("xargs")
        if keytool is None or xargs is None:
            return None
        target = f"{estate.ADDRESS}:{self._services.port}"
        (self._directory / "targets").write_text(f"{target}\n" * count)
        at_a_time = str(2 * (os.cpu_count() or 1))
        command = [xargs, "-a", "targets", "-n", "1", "-P", at_a_time, keytool, "-printcert", "-sslserver"]
        return program.run_once(command, self._directory)

    def sslyze(self, count: int) -> Cost | None:
        """Return what `sslyze --certinfo` costs; None where it cannot be had."""
        sslyze = _sslyze(self._directory)
        if sslyze is None:
            return None
        lines = [f"{name}:{self._services.port}{{{estate.ADDRESS}}}" for name in self._services.names[:count]]
        (self._directory / "targets").write_text("\n".join(lines) + "\n")
        told = self._directory / "sslyze.json"
        command = [sslyze, "--certinfo", "--quiet", "--json_out", str(told), "--targets_in", "targets"]
        cost = program.run_once(command, self._directory)
        seen = sum(item["connectivity_status"] == "COMPLETED" for item in json.loads(told.read_text())["server_scan_results"])
        if seen != count:
            message = f"sslyze saw {seen} of {count} services"
            raise RuntimeError(message)
        return cost

    def _list(self, name: str, services: Sequence[tuple[str, int]]) -> None:
        (self._directory / name).write_text("".join(f"{host}:{port}\n" for host, port in services))

    def _command(self, name: str) -> list[str]:
        target = f"{estate.ADDRESS}:{self._services.port}"
        return [program.PROGRAM, "show", "--from", name, "--jsonl", "--connect", target, "--timeout", "60", "--fail-on", "error"]


@contextlib.contextmanager
def running(count: int) -> Iterator[Bulk]:
    """Run `count` services until the block ends."""
    with estate.running(count, delay_seconds=DELAY) as services, tempfile.TemporaryDirectory() as directory:
        yield Bulk(services, Path(directory))


def _verifies(line: str) -> bool:
    [seen] = json.loads(line)["observations"]
    return bool(seen["verifies"])


def _resident(process: int) -> float:
    """Return the resident memory of a process in MiB."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    message = "the system does not tell the resident size"
    raise RuntimeError(message)


def _sslyze(directory: Path) -> str | None:
    """Install sslyze into an environment of its own; None where that cannot be done."""
    home = directory / "sslyze"
    try:
        subprocess.run([sys.executable, "-m", "venv", home], check=True, capture_output=True, timeout=_PATIENCE)
        pip = [home / "bin" / "python", "-m", "pip", "install", "--quiet", "sslyze"]
        subprocess.run(pip, check=True, capture_output=True, timeout=_PATIENCE)
    except (subprocess.SubprocessError, OSError):
        return None
    return str(home / "bin" / "sslyze")
