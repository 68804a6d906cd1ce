from pathlib import Path

import pytest

from anchorkeep.cli import settings_table
from anchorkeep.errors import UsageError

WHERE = Path("some.toml")


def test_value_of_its_type_is_returned() -> None:
    """What has the type it must is returned; what is not there is the default."""
    assert settings_table.table({"a": {"b": 1}}, "a", WHERE) == {"b": 1}
    assert settings_table.table({}, "a", WHERE) == {}
    assert settings_table.flag({"b": False}, "a.b", WHERE) is False
    assert settings_table.flag({}, "a.b", WHERE, otherwise=False) is False
    assert (settings_table.text({"a": "b"}, "a", "x"), settings_table.text({}, "a", "x")) == ("b", None)
    assert (settings_table.ports([1, 65535], "x"), settings_table.strings(["a"], "x")) == ((1, 65535), ["a"])


@pytest.mark.parametrize("port", [0, 65536, "1", True, 1.0])
def test_what_is_no_port_is_refused(port: object) -> None:
    """A port is a whole number from 1 to 65535."""
    with pytest.raises(UsageError, match="is not a list of ports"):
        settings_table.ports([port], "x")


def test_what_is_not_text_is_refused() -> None:
    """A number where a text must be is an error that names the key and is safe to print."""
    with pytest.raises(UsageError, match=r"^a\\x1b: b is not text\.$"):
        settings_table.text({"b": 1}, "b", "a\x1b")


def test_unknown_key_is_told_from_known_ones() -> None:
    """A key that is not known is refused with the nearest, or with all where none is near; known ones pass."""
    settings_table.only_known({"path": 1}, ("path", "for"), "x")
    with pytest.raises(UsageError, match=r"unknown key 'pth'\. Did you mean 'path'\?"):
        settings_table.only_known({"pth": 1}, ("path", "for"), "x")
    with pytest.raises(UsageError, match=r"unknown key 'z'\. Known are: path, for\."):
        settings_table.only_known({"z": 1}, ("path", "for"), "x")
    assert settings_table.nearest("a", ()) == ""
