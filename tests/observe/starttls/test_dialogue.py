import pytest

from anchorkeep.observe.starttls import dialogue


@pytest.mark.parametrize("make", [dialogue.not_offered, dialogue.refused, dialogue.unavailable, dialogue.broken])
def test_every_error_has_a_reason_and_a_remedy(make: object) -> None:
    """Each kind of end has its own stable reason, and says what to do."""
    error = make("It said no.")  # type: ignore[operator]
    assert (error.message, bool(error.reason), bool(error.remedy)) == ("It said no.", True, True)


def test_words_are_quoted_harmlessly() -> None:
    """A server's words are decoded without an error, and shown without doing anything."""
    line = dialogue.text(b"caf\xc3\xa9 \x1b[1m\r\n")
    assert line == "caf\\xc3\\xa9 \x1b[1m"
    assert dialogue.quoted(line).isprintable()
