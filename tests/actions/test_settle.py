import tomllib
from pathlib import Path

import pytest

from anchorkeep.actions import settle
from anchorkeep.actions.roots import Places
from anchorkeep.cli import settings
from anchorkeep.errors import FileError, RefusedError, UsageError


def hosts(text: str, directory: Path) -> dict[str, list[str]]:
    """Return the environments of a settings file's text as our own reader takes it."""
    path = directory / "anchorkeep.toml"
    settle.write(path, text, force=True)
    said = settings.load(path)
    return {name: [str(item) for item in endpoints] for name, endpoints in said.environments.items()}


def test_flexnet_environments(tmp_path: Path) -> None:
    """A site has its portal and its compliance host, in UAT and in Production."""
    assert hosts(settle.settings_text("flex1234"), tmp_path) == {
        "uat": ["flex1234-uat.flexnetoperations.com:443", "flex1234-uat.compliance.flexnetoperations.com:443"],
        "production": ["flex1234.flexnetoperations.com:443", "flex1234.compliance.flexnetoperations.com:443"],
    }


def test_example_environments(tmp_path: Path) -> None:
    """Without a site there is an example to be changed."""
    assert hosts(settle.settings_text(None), tmp_path) == {
        "uat": ["uat.example.com:443"],
        "production": ["production.example.com:443"],
    }


@pytest.mark.parametrize("site", [None, "acme"])
def test_pools_are_the_defaults(site: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new settings file looks for roots where none would."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    path = tmp_path / "anchorkeep.toml"
    settle.write(path, settle.settings_text(site), force=False)
    assert settings.load(path).places == Places()


@pytest.mark.parametrize("site", [None, "acme"])
def test_text_is_the_same_every_time(site: str | None) -> None:
    """The text depends on the site alone, and says in comments what to do with it."""
    text = settle.settings_text(site)
    assert text == settle.settings_text(site)
    assert text.startswith("# ")
    assert tomllib.loads(text)["pools"] == {"mozilla": True, "java": True, "system": True, "files": []}


@pytest.mark.parametrize("site", ["a", "acme", "flex1234", "a-b", "7", "a" * 59])
def test_host_label_is_a_site(site: str, tmp_path: Path) -> None:
    """A host label is a site ID, and its hosts are host names."""
    assert hosts(settle.settings_text(site), tmp_path)["production"][0] == f"{site}.flexnetoperations.com:443"


def test_site_in_capitals_is_the_same_site() -> None:
    """Host names know no case."""
    assert settle.settings_text("ACME") == settle.settings_text("acme")


@pytest.mark.parametrize(
    "site",
    [
        "",
        "-acme",
        "acme-",
        "a" * 60,
        "ac me",
        "acme.example",
        "acme_1",
        "äcme",
        "acme\n",
        'acme"',
        'x", connect = "evil.example:443',
        'x"}]\n[pools]\nfiles = ["/tmp/evil"]\n#',
        "{site}",
        "\x1b[31m",
    ],
)
def test_what_is_no_label_is_no_site(site: str) -> None:
    """Nothing but a host label gets into the settings, so that nobody can write their own lines through it."""
    with pytest.raises(UsageError, match="is no site ID") as caught:
        settle.settings_text(site)
    assert caught.value.message.isprintable()


def test_settings_that_are_there_stay(tmp_path: Path) -> None:
    """A settings file is not overwritten unasked."""
    path = tmp_path / "anchorkeep.toml"
    path.write_text("# mine\n")
    with pytest.raises(RefusedError, match="left alone"):
        settle.write(path, "# new\n", force=False)
    assert path.read_text() == "# mine\n"


def test_settings_are_replaced_by_force(tmp_path: Path) -> None:
    """A person may have it replaced."""
    path = tmp_path / "anchorkeep.toml"
    path.write_text("# mine\n")
    settle.write(path, "# new\n", force=True)
    assert path.read_text() == "# new\n"


def test_missing_directory_is_an_error(tmp_path: Path) -> None:
    """A directory that is not there is said."""
    with pytest.raises(FileError):
        settle.write(tmp_path / "nowhere" / "anchorkeep.toml", "", force=False)
