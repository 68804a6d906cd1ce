import re
import shlex
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.text import ascii_line, counted, plain, shell_word, visible

# Any text there can be, surrogates included, with what is dangerous drawn often.
HOSTILE = (
    "\x00\x07\n\r\t\x1b\x7f\x85\xa0\xad\u0301\u034f\u061c\u115f\u200b\u200e\u202e\u2028\u2066\u2800\ufe0f\ufeff\ud800"
    "\U000e0041-\\ "
)
TEXTS = st.text(st.characters() | st.sampled_from(HOSTILE))
LIMITS = st.integers(0, 60)
CUT = re.compile(r"(?:…|\.\.\.) \([\d,]+ more characters\)\Z")


@given(TEXTS)
def test_what_is_shown_is_printable(text: str) -> None:
    """Whatever a stranger wrote, what is shown has no control, format, bidirectional or line-end character."""
    shown = visible(text)
    assert not {unicodedata.category(letter) for letter in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert shown.isprintable()
    assert len(shown.splitlines()) <= 1


@given(TEXTS, LIMITS)
def test_length_is_kept(text: str, limit: int) -> None:
    """What is shown is within the limit, apart from the words that tell how much is missing."""
    assert len(CUT.sub("", visible(text, limit=limit))) <= limit


@given(TEXTS)
def test_harmless_text_is_not_changed_again(text: str) -> None:
    """Text without a backslash, once shown, is shown as it is: nothing is escaped for no reason."""
    shown = visible(text, limit=10_000)
    harmless = shown.replace("\\", "/")
    assert visible(harmless, limit=20_000) == harmless


@given(TEXTS, TEXTS)
def test_different_texts_look_different(one: str, other: str) -> None:
    """Two texts are shown alike only if they are the same."""
    assert (visible(one, limit=10_000) == visible(other, limit=10_000)) == (one == other)


@given(st.text(st.sampled_from("ab \\n\nx0ae\x1b")), st.text(st.sampled_from("ab \\n\nx0ae\x1b")))
def test_escape_is_told_from_text_that_looks_like_one(one: str, other: str) -> None:
    """A backslash and an `n` are not shown as a line end is."""
    assert (visible(one) == visible(other)) == (one == other)


@given(TEXTS)
def test_ascii_line_is_one_line_of_ascii(text: str) -> None:
    """A line for other programs is printable ASCII on one line, whatever a stranger wrote."""
    line = ascii_line(text)
    assert line.isascii()
    assert line.isprintable()
    assert len(line.splitlines()) <= 1


@given(st.text(st.sampled_from("-\\x2d\n…B"), max_size=60), LIMITS)
def test_ascii_line_is_no_boundary(text: str, limit: int) -> None:
    """A line for other programs never holds the five hyphens of a PEM boundary, cut or not."""
    assert "-----" not in ascii_line(text, limit=limit)


@given(TEXTS, LIMITS)
def test_length_of_ascii_line_is_kept(text: str, limit: int) -> None:
    """A line for other programs is within the limit, apart from escaped hyphens and the words at a cut."""
    line = CUT.sub("", ascii_line(text, limit=limit))
    assert len(line.replace("\\x2d", "-")) <= limit


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Example CA", "Example CA"),
        ("Zürich 東京", "Zürich 東京"),
        ("[/red]", "[/red]"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u00a0b", "a\\xa0b"),
        ("\U000e0041", "\\U000e0041"),
        ("a\\nb", "a\\\\nb"),
        ("\udcff", "\\udcff"),
        ("\u115f\ufe0f\u2800", "\\u115f\\ufe0f\\u2800"),
        ("e\u0301", "e\u0301"),
        ("\u0301e", "\\u0301e"),
        ("e" + "\u0301" * 6, "e" + "\u0301" * 4 + "\\u0301" * 2),
        ("e" + "\u20dd" * 5, "e" + "\u20dd" * 4 + "\\u20dd"),
        ("", ""),
    ],
)
def test_text_is_shown(text: str, shown: str) -> None:
    """What is harmless stays as it is, and what is not becomes the escape one would expect."""
    assert visible(text) == shown


def test_cut_says_how_much_is_missing() -> None:
    """Text beyond the limit is cut, and the number of characters of the text that are missing is told."""
    assert visible("a" * 1_300, limit=10) == "a" * 10 + "… (1,290 more characters)"
    assert ascii_line("a" * 11, limit=10) == "a" * 10 + "... (1 more characters)"


def test_text_of_the_limit_is_not_cut() -> None:
    """Text exactly as long as the limit is shown whole."""
    assert visible("ä" * 10, limit=10) == "ä" * 10


def test_escape_is_not_cut_in_the_middle() -> None:
    """An escape that no longer fits is left out whole."""
    assert visible("ab\n", limit=3) == "ab… (1 more characters)"


def test_pem_block_in_a_name_is_harmless() -> None:
    """A name with line ends and a PEM block in it becomes one line without a boundary."""
    line = ascii_line("x\n-----BEGIN CERTIFICATE-----\nMIIB")
    assert line == "x\\n----\\x2dBEGIN CERTIFICATE----\\x2d\\nMIIB"


@pytest.mark.parametrize(("number", "words"), [(0, "0 roots"), (1, "1 root"), (2, "2 roots"), (1_234, "1,234 roots")])
def test_number_has_its_noun(number: int, words: str) -> None:
    """The noun is in the plural for every number but one."""
    assert counted(number, "root") == words


def test_several_lines_keep_their_ends_and_nothing_else() -> None:
    """Text that nobody escaped comes through with its line ends, and without any other control character."""
    assert plain("a\x1b[31mb\u202ec\nd") == "a\\x1b[31mb\\u202ec\nd"


def test_harmless_text_is_left_alone() -> None:
    """Text that is harmless comes through as it is."""
    assert plain("Zürich [/red] 株式会社\n") == "Zürich [/red] 株式会社\n"


@given(TEXTS.filter(bool))
def test_shell_word_is_one_word(text: str) -> None:
    """A shell reads one word, of which nothing is cut and nothing acts, and which no program takes for an option."""
    word = shell_word(text)
    (read,) = shlex.split(f"rm {word} && true")[1:2]
    assert visible(word, limit=10_000) == word.replace("\\", "\\\\")
    assert read.removeprefix("./") == visible(text, limit=10_000).removeprefix("./")
    assert not read.startswith("-")


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/etc/ssl/trust.jks", "/etc/ssl/trust.jks"),
        ("a b;reboot.jks", "'a b;reboot.jks'"),
        ("$(reboot)", "'$(reboot)'"),
        ("-rf", "./-rf"),
        ("it's", "'it'\"'\"'s'"),
        ("a" * 300 + " ", "'" + "a" * 300 + " '"),
    ],
)
def test_shell_word_is_quoted_where_it_must_be(path: str, word: str) -> None:
    """A plain path stays as it is; one that a shell would act on is quoted, a long one whole."""
    assert shell_word(path) == word
