"""
Fuzz: `python -m tests.fuzz [NAME...] [--seconds 20] [--jobs 2]`; without a name every target, each in a process of its own.

Exits with 1 on a finding, which is kept in `tests/fuzz/findings/NAME`, where `test_targets.py` holds it from then on. What was
found worth keeping stays in `.tools/fuzz`, so that the next run goes on from there.
"""

import argparse
import base64
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fuzz import seeds
from tests.fuzz.targets import TARGETS

CHECKOUT = Path(__file__).resolve().parents[2]
FINDINGS = Path(__file__).parent / "findings"
KEPT = CHECKOUT / ".tools" / "fuzz"
#: Seconds for one input, and MiB for the process; both are findings where they are exceeded.
_PATIENCE, _MEMORY = 25, 1024
#: Bytes of an input at most: more than any seed, and little enough for many a second.
_LONGEST = 16 * 1024
#: Characters of what a process said before it failed.
_SHOWN = 6_000
#: Seconds in which a process starts and reads its corpus.
_START = 300


def main() -> int:
    """Fuzz what was asked for, print a line for each target, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz the readers of foreign bytes.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(TARGETS)}; all without one")
    parser.add_argument("--seconds", type=int, default=20, help="for each target")
    parser.add_argument("--jobs", type=int, default=2, help="targets at a time")
    wanted = parser.parse_args()
    if unknown := set(wanted.names) - set(TARGETS):
        parser.error(f"no target {', '.join(sorted(unknown))}")
    names = wanted.names or list(TARGETS)
    if importlib.util.find_spec("atheris") is None:
        _say(f"Skipped {', '.join(names)}: atheris has no wheel for this Python or system.")
        return 0
    _write_seeds(names)
    with ThreadPoolExecutor(wanted.jobs) as pool:
        good = list(pool.map(lambda name: _fuzz(name, wanted.seconds), names))
    return 0 if all(good) else 1


def _write_seeds(names: list[str]) -> None:
    """Put the seeds beside what earlier runs kept; those of other programs are made once."""
    made = KEPT / "written"
    if not made.is_dir():
        with tempfile.TemporaryDirectory() as directory:
            files = seeds.written(Path(directory))
        for format_name, found in files.items():
            for data in found:
                _keep(data, made / format_name)
    for name in names:
        target = TARGETS[name]
        others = (made / target.format).glob("*") if target.format else ()
        for data in (*target.seeds, *(path.read_bytes() for path in others)):
            _keep(data, KEPT / name)


def _keep(data: bytes, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def _fuzz(name: str, seconds: int) -> bool:
    findings = FINDINGS / name
    findings.mkdir(parents=True, exist_ok=True)
    known = set(findings.iterdir())
    options = [
        "-print_final_stats=1",
        f"-max_total_time={seconds}",
        f"-timeout={_PATIENCE}",
        f"-rss_limit_mb={_MEMORY}",
        f"-max_len={_LONGEST}",
    ]
    command = [sys.executable, "-m", "tests.fuzz.child", name, *options, f"-artifact_prefix={findings}{os.sep}", str(KEPT / name)]
    try:
        done = subprocess.run(
            command, cwd=CHECKOUT, capture_output=True, text=True, errors="replace", check=False, timeout=seconds + _START
        )
    except subprocess.TimeoutExpired:
        _say(f"{name}: did not end")
        return False
    found = set(findings.iterdir()) - known
    if not any(findings.iterdir()):
        findings.rmdir()
    tried = re.findall(r"^stat::number_of_executed_units: *(\d+)", done.stderr, re.MULTILINE)
    covered = re.findall(r"\bcov: (\d+)", done.stderr)
    what = f"{int(tried[-1]) if tried else 0:,} inputs, {covered[-1] if covered else 0} branches"
    if done.returncode == 0:
        _say(f"{name}: {what}: held")
        return True
    # In base64 too: where a run in a clone that is thrown away found it, the file is gone.
    kept = (f"{path}: {base64.b64encode(path.read_bytes()).decode()}" for path in sorted(found))
    _say("\n".join((f"{name}: {what}: FOUND", (done.stdout + done.stderr)[-_SHOWN:], *kept)))
    return False


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
