"""The reference of findings says of every finding that exists, and of no other, how bad it is, what it means and what to do."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
JUDGE = ROOT / "src" / "anchorkeep" / "judge"
REFERENCE = ROOT / "docs" / "reference" / "findings.md"

# What makes a finding or a path's problem, which becomes one.
MAKERS = {"_finding", "Finding", "PathProblem"}


def made_ids(source: str) -> set[str]:
    """Return the identifiers that a module's source gives to findings and problems."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
            values = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "id")]
            found.update(value.value for value in values if isinstance(value, ast.Constant))
    return found


def finding_ids(pattern: str = "*.py") -> set[str]:
    """Return the identifiers that the rules in modules of such a name can give."""
    return set().union(*(made_ids(path.read_text(encoding="utf-8")) for path in JUDGE.glob(pattern)))


def sections() -> dict[str, str]:
    """Return the reference's text on each finding by its identifier."""
    parts = re.split(r"^### `([a-z0-9-]+)`$", REFERENCE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_finding_is_documented() -> None:
    """The reference and the rules know the same findings."""
    assert set(sections()) == finding_ids()


def test_finding_is_documented_once() -> None:
    """No finding has two sections."""
    headings = re.findall(r"^### `(.+)`$", REFERENCE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(headings) == len(set(headings))


def test_every_section_says_all_three() -> None:
    """Each section says how bad it is, what it means and what to do."""
    pattern = r"\n\n\*\*Severity:\*\* (note|warning|error)\b[^\n]*\n\n\*\*Meaning:\*\* \S.*?\n\n\*\*Remedy:\*\* \S"
    assert not [name for name, text in sections().items() if not re.match(pattern, text, flags=re.DOTALL)]


def test_findings_are_found_in_a_source() -> None:
    """Identifiers are found whichever way they are given."""
    source = "yield _finding('a-b', NOTE, text)\nPathProblem(id='c', position=0)\nFinding(severity=NOTE, id='d')\nother('e')"
    assert made_ids(source) == {"a-b", "c", "d"}


def test_finding_without_a_fixed_id_is_left_out() -> None:
    """A finding made from a problem has the problem's identifier, which is found where the problem is made."""
    assert made_ids("_finding(problem.id, ERROR, problem.message)") == set()
