import pytest

from anchorkeep.cli import columns


def test_rows_stand_below_each_other() -> None:
    """Cells of a column begin at one place, and no line ends with blanks."""
    assert columns.lines([("a", "bb", ""), ("ccc", "d", "e")]) == "a    bb\nccc  d   e\n"


def test_wide_letters_count_for_two() -> None:
    """A letter that takes two columns is counted so."""
    assert columns.lines([("株式", "x"), ("abcd", "y")]) == "株式  x\nabcd  y\n"


@pytest.mark.parametrize("cell", ["a\nb", "a\x1b[2Jb", "a\u202eb"])
def test_cell_cannot_break_its_line(cell: str) -> None:
    """Whatever a cell holds, its row is one line without control characters."""
    (line,) = columns.lines([(cell, "end")]).splitlines()
    assert line.isprintable()
    assert line.endswith("end")


def test_result_and_talk_part(capsys: pytest.CaptureFixture[str]) -> None:
    """Results go to stdout, talk to stderr, neither with a control character."""
    columns.out("result\x07\n")
    columns.say("talk\x07")
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("result\\x07\n", "talk\\x07\n")
