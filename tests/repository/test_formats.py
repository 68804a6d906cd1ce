"""docs/reference/formats.md says what the codecs do: which formats there are, what they hold, and every bound."""

import re
from pathlib import Path

from anchorkeep import formats
from anchorkeep.formats import capability, limits
from anchorkeep.formats.capability import CAPABILITIES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "formats.md").read_text(encoding="utf-8")


def rows(first: str) -> list[list[str]]:
    """Return the cells of the table whose head begins with that word."""
    table = PAGE.split(f"\n| {first} |", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_every_format_is_in_the_table() -> None:
    """Each format has a row, which says whether it is written, what it keeps, and by which suffixes it goes."""
    table = {cells[0].strip("`"): cells[1:] for cells in rows("format")}
    assert set(table) == set(formats.READ)
    for name, (is_read, is_written, suffixes, _, aliases, dates, password) in table.items():
        found = CAPABILITIES.get(name)
        assert is_read == "yes"
        assert (is_written == "yes") is (found is not None)
        for suffix in suffixes.strip("`").split():
            assert name in capability.promised(f"x{suffix}")
        if found:
            assert password == ("must be" if found.needs_password else "can be" if found.has_password else "none")
            assert (aliases == "yes") is found.has_aliases
            assert (dates == "yes") is found.has_dates


def test_every_bound_is_in_the_table() -> None:
    """The page has each bound once, with its number."""
    bounds = sorted(value for name, value in vars(limits).items() if name.startswith("MAX_"))
    assert sorted(int(cells[1].replace(",", "")) for cells in rows("of what")) == bounds


def test_every_format_has_a_section() -> None:
    """What is written has a section that tells how."""
    headings = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert headings[:6] == ["JKS and JCEKS", "PKCS#12", "BKS", "PEM", "PKCS#7", "SST"]
