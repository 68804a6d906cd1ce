import pytest

from anchorkeep.model import java


@pytest.mark.parametrize(
    ("text", "label", "opens"),
    [
        ("1.8.0_292", "8u292", False),
        ("1.8.0_301", "8u301", True),
        ("1.8.0", "8u0", False),
        ("11.0.9.1", "11.0.9", False),
        ("11.0.12", "11.0.12", True),
        ("15.0.2", "15.0.2", False),
        ("17", "17.0.0", True),
        ("25.0.2", "25.0.2", True),
    ],
)
def test_what_a_runtime_says_of_itself_is_read(text: str, label: str, *, opens: bool) -> None:
    """Old and new forms of a version are read, and the first updates with PBES2 are told from those before them."""
    version = java.parse(text)
    assert version is not None
    assert (version.label, version.opens_pbes2) == (label, opens)


def test_what_is_no_version_is_none() -> None:
    """A text that does not begin with a number gives no version."""
    assert java.parse("unknown") is None


def test_every_update_of_a_release_counts_its_oldest() -> None:
    """A release as a whole opens PBES2 only if each of its updates does."""
    assert [java.every(feature).opens_pbes2 for feature in java.MAJOR] == [False, False, True, True, True]


def test_passwords_beyond_ascii_are_for_the_newest() -> None:
    """Of the releases only 25 opens a store under a password that is not ASCII."""
    assert [java.every(feature).opens_other_passwords for feature in java.MAJOR] == [False, False, False, False, True]
