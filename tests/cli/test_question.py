"""The door to prompt_toolkit; its questions themselves are asked in test_wizard.py, on a terminal."""

import pytest
from rich.cells import cell_len

from anchorkeep.cli import question, render
from anchorkeep.cli.question import Answer
from anchorkeep.lab import hostile

HOSTILE = (hostile.COMMON_NAME, hostile.ORGANIZATION, hostile.DNS_NAME, "\x9b1m\x07\r\n", "世" * 100, "x" * 500)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_text_comes_through_harmless(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What prompt_toolkit is given is one line without control characters, and fits on the terminal."""
    monkeypatch.setenv("COLUMNS", "80")
    render.forget_streams()
    (choice,) = question._choices([Answer(title=text, value=1)], margin=6, check=True)
    render.forget_streams()
    assert isinstance(choice.title, str)
    assert choice.title.isprintable()
    assert cell_len(choice.title) <= 74


def test_impossible_answer_cannot_be_chosen() -> None:
    """An answer that is not possible is disabled, though it was to be chosen beforehand."""
    (choice,) = question._choices([Answer(title="a", value=1, is_chosen=True, is_possible=False)], margin=6, check=True)
    assert (bool(choice.disabled), choice.checked) == (True, False)


def test_nobody_is_asked_without_a_terminal() -> None:
    """Where stdin or stdout is no terminal, nothing can be asked."""
    assert not question.can_be_asked()
