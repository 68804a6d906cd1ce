"""
Fail if a room's tests leave more of it untried than the house allows.

Reads the data file of the last `pytest --cov` run. Both figures count: lines, and branches taken both ways.
Usage: `coverage-floor.py ROOM...`; a room that does not exist is a failure, not a pass.
"""

import json
import subprocess
import sys
from pathlib import Path

FLOOR = 95.0  # per cent, of lines and of branches

PACKAGE = Path("src/anchorkeep")


def percentages(room: str) -> tuple[float, float]:
    """Return the covered lines and branches of a room, in per cent; nothing run at all is 0."""
    include = f"--include={PACKAGE / room}/*"
    command = [sys.executable, "-m", "coverage", "json", "--quiet", "-o", "-", include]
    report = subprocess.run(command, check=False, capture_output=True, text=True)
    if report.returncode != 0:
        print(report.stdout.strip() or report.stderr.strip())
        return 0.0, 0.0
    totals = json.loads(report.stdout)["totals"]
    lines = 100 * totals["covered_lines"] / totals["num_statements"]
    branches = 100 * totals["covered_branches"] / totals["num_branches"] if totals["num_branches"] else 100.0
    return lines, branches


def main(rooms: list[str]) -> int:
    """Print each room's figures; return 1 if one is below the floor."""
    below = False
    for room in rooms:
        if not (PACKAGE / room).is_dir():
            print(f"{room}: no such room")
            below = True
            continue
        lines, branches = percentages(room)
        below = below or min(lines, branches) < FLOOR
        print(f"{room}: {lines:.1f} % of lines, {branches:.1f} % of branches (floor {FLOOR:.0f} %)")
    return int(below)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
