"""The words of keytool: what is taken, what is refused before anything is read."""

from pathlib import Path

import pytest

from anchorkeep.cli import keytool_line
from anchorkeep.errors import RefusedError, UsageError


def test_names_count_whatever_their_case() -> None:
    """Commands and options are found in upper case and under their old names, as keytool finds them."""
    request = keytool_line.parse(["-IMPORT", "-Alias", "Root", "-NOPROMPT"])
    assert (request.command, request.get("alias"), request.flags) == ("importcert", "Root", {"noprompt"})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-genkeypair", "-alias", "a"], "not in the subset"),
        (["-certreq"], "not in the subset"),
        (["-list", "-providername", "SunPKCS11"], "not in the subset"),
        (["-printcert", "-jarfile", "x.jar"], "not in the subset"),
        (["-bogus"], "Illegal option:  -bogus"),
        (["list"], "Illegal option:  list"),
        (["-list", "extra"], "Illegal option:  extra"),
        (["-list", "-alias:env", "x"], "Illegal option:  -alias:env"),
        (["-list", "-storepass:web", "x"], "Unknown password type: web"),
        (["-list", "-alias"], "needs an argument"),
        (["-list", "-v", "-rfc"], "Must not specify both"),
        (["-list", "-storepass:env", "ANCHORKEEP_NO_SUCH"], "Cannot find environment variable"),
    ],
)
def test_what_is_not_taken_is_refused(words: list[str], message: str) -> None:
    """A command, option or modifier that is not in the subset, or lacks its value, is refused and named."""
    with pytest.raises(UsageError, match=message):
        keytool_line.parse(words)


def test_refusal_comes_before_a_password_is_read(tmp_path: Path) -> None:
    """An option that is not in the subset is refused though the password's file, named before it, is missing."""
    with pytest.raises(UsageError, match="not in the subset"):
        keytool_line.parse(["-list", "-storepass:file", str(tmp_path / "none"), "-protected"])


def test_password_is_in_no_repr() -> None:
    """A request that is printed by accident shows no password."""
    request = keytool_line.parse(["-list", "-storepass", "secret-1"])
    assert request.get("storepass") == "secret-1"
    assert "secret-1" not in repr(request)


def test_only_a_password_on_the_command_line_is_exposed(tmp_path: Path) -> None:
    """A password from a file is no exposure, one in the words is; of the file the first line counts."""
    (tmp_path / "pw").write_text("secret-1\nmore\n")
    hidden = keytool_line.parse(["-list", "-storepass:file", str(tmp_path / "pw")])
    assert (hidden.get("storepass"), hidden.exposed) == ("secret-1", ())
    assert keytool_line.parse(["-list", "-storepass", "x"]).exposed == ("storepass",)


def test_hostile_word_is_escaped() -> None:
    """An option with a terminal's commands in it is shown escaped."""
    with pytest.raises(UsageError) as caught:
        keytool_line.parse(["-list", "-\x1b[2J"])
    assert "\x1b" not in str(caught.value)


def test_value_that_looks_like_a_command_is_none() -> None:
    """The command may stand anywhere, and what stands where a value is due is that value."""
    request = keytool_line.parse(["-alias", "-delete", "-v", "-list", "-file", "unused"])
    assert (request.command, request.get("alias")) == ("list", "-delete")
    with pytest.raises(RefusedError, match="both -list and -delete were specified"):
        keytool_line.parse(["-list", "-alias", "x", "-delete"])
