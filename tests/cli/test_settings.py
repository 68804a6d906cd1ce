from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.actions.roots import Places
from anchorkeep.cli import settings
from anchorkeep.cli.settings import AIA, Settings
from anchorkeep.errors import AnchorkeepError, FileError, RefusedError, UsageError
from anchorkeep.host import user

ONE = '[environments.{name}]\nendpoints = ["{name}.example.test"]\n'


def write(path: Path, text: str | bytes, *, mode: int = 0o644) -> Path:
    """Write a settings file with those permissions."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)
    return path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty directory the current one."""
    directory = tmp_path / "here"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the user's own settings file, which is not there yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "anchorkeep" / "anchorkeep.toml"


def loaded(directory: Path, text: str | bytes) -> Settings:
    """Return the settings of a text."""
    return settings.load(write(directory / "anchorkeep.toml", text))


def test_file_named_comes_first(here: Path, users: Path, tmp_path: Path) -> None:
    """The file of `--config` is taken, whatever else is there."""
    write(here / "anchorkeep.toml", ONE.format(name="here"))
    write(users, ONE.format(name="users"))
    named = write(tmp_path / "named.toml", ONE.format(name="named"))
    assert list(settings.load(named).environments) == ["named"]


def test_file_here_comes_before_the_users(here: Path, users: Path) -> None:
    """`./anchorkeep.toml` is taken, not merged with the user's."""
    write(here / "anchorkeep.toml", ONE.format(name="here"))
    write(users, ONE.format(name="users"))
    assert list(settings.load(None).environments) == ["here"]


@pytest.mark.usefixtures("here")
def test_users_file_is_the_last(users: Path) -> None:
    """The user's own file is taken where there is none here."""
    write(users, ONE.format(name="users"))
    said = settings.load(None)
    assert (list(said.environments), said.path) == (["users"], users)


@pytest.mark.usefixtures("here", "users")
def test_no_file_is_the_defaults() -> None:
    """Without any file there are no environments, and roots are looked for everywhere."""
    assert settings.load(None) == Settings()


@pytest.mark.usefixtures("here")
def test_users_file_is_below_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without XDG_CONFIG_HOME the user's file is below ~/.config."""
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    path = write(tmp_path / ".config" / "anchorkeep" / "anchorkeep.toml", ONE.format(name="home"))
    assert settings.load(None).path == path


def test_relative_xdg_directory_is_ignored(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative XDG_CONFIG_HOME does not count, as its specification has it: a directory unpacked here says nothing."""
    monkeypatch.setenv("XDG_CONFIG_HOME", "config")
    monkeypatch.setenv("HOME", str(tmp_path))
    write(here / "config" / "anchorkeep" / "anchorkeep.toml", ONE.format(name="planted"))
    assert settings.load(None).path is None


def no_home() -> Path:
    """Do as `Path.home` where the user has no entry and HOME is not set."""
    raise RuntimeError("Could not determine home directory.")


def test_without_a_home_there_is_only_here(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without a home, as in a container, has settings here or none."""
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setattr(Path, "home", no_home)
    assert settings.load(None).path is None
    write(here / "anchorkeep.toml", ONE.format(name="here"))
    assert list(settings.load(None).environments) == ["here"]


def test_without_a_home_there_is_no_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where state would go is an error that says what to set."""
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr(Path, "home", no_home)
    with pytest.raises(UsageError) as caught:
        settings.state_directory()
    assert "XDG_STATE_HOME" in caught.value.remedy


def test_state_is_below_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """State is kept below XDG_STATE_HOME, or ~/.local/state."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert settings.state_directory() == tmp_path / "anchorkeep"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert settings.state_directory() == tmp_path / ".local" / "state" / "anchorkeep"


def test_histories_are_kept_where_they_are_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ANCHORKEEP_STATE names the folder of backups and histories; without it that is root's, or below the user's state."""
    monkeypatch.setenv("ANCHORKEEP_STATE", str(tmp_path))
    assert settings.archive_directory() == tmp_path
    monkeypatch.delenv("ANCHORKEEP_STATE")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    expected = Path("/var/lib/anchorkeep") if user.is_root() else tmp_path / "anchorkeep"
    assert settings.archive_directory() == expected


@pytest.mark.parametrize("text", ["", "state", "./state", "~/state"])
def test_state_folder_is_absolute(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative ANCHORKEEP_STATE would be another folder in each directory, and is refused."""
    monkeypatch.setenv("ANCHORKEEP_STATE", text)
    with pytest.raises(UsageError, match="ANCHORKEEP_STATE") as caught:
        settings.archive_directory()
    assert "begins with /" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "expected"), [("0", datetime(1970, 1, 1, tzinfo=UTC)), ("1790000000", datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC))]
)
def test_source_date_is_read(text: str, expected: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """SOURCE_DATE_EPOCH is seconds since 1970; without it there is no such date."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", text)
    assert settings.source_date() == expected
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert settings.source_date() is None


@pytest.mark.parametrize("text", ["", "-1", "1e9", " 1", "1.5", "٣", "253402300800", "9" * 5000])
def test_source_date_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no date of the calendar is a usage error, never a guess."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", text)
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH") as caught:
        settings.source_date()
    assert "git log -1 --format=%ct" in caught.value.remedy


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666, 0o777])
def test_file_that_others_may_write_is_refused(mode: int, here: Path) -> None:
    """A settings file that others may write says where to connect in their name, and is refused."""
    write(here / "anchorkeep.toml", ONE.format(name="here"), mode=mode)
    with pytest.raises(RefusedError, match="may be written by others") as caught:
        settings.load(None)
    assert "chmod go-w" in caught.value.remedy


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o444])
def test_file_that_others_may_read_is_taken(mode: int, here: Path) -> None:
    """Settings are no secret."""
    write(here / "anchorkeep.toml", ONE.format(name="here"), mode=mode)
    assert list(settings.load(None).environments) == ["here"]


def test_missing_file_named_is_an_error(tmp_path: Path) -> None:
    """A file that `--config` names must be there."""
    with pytest.raises(FileError, match="no such file"):
        settings.load(tmp_path / "missing.toml")


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.symlink_to("nowhere")], ids=["directory", "broken link"])
def test_what_is_no_file_is_not_passed_over(make: object, here: Path, users: Path) -> None:
    """A directory or a broken link named anchorkeep.toml is an error, and the user's file does not stand in for it."""
    make(here / "anchorkeep.toml")
    write(users, ONE.format(name="users"))
    with pytest.raises(FileError):
        settings.load(None)


def test_huge_file_is_refused(tmp_path: Path) -> None:
    """A file of five megabytes is no settings file."""
    with pytest.raises(FileError, match="expected at most"):
        loaded(tmp_path, b"#" * 5_000_000)


@pytest.mark.parametrize(
    "text",
    [
        b"[environments",
        b"a = 1\na = 2\n",
        b"\xff\xfe",
        b"a = " + b"[" * 100_000,
        b"a = " + b"{a=" * 50_000,
        b"a = " + b"9" * 10_000,
        b"a = 2026-02-30",
        b"\0",
        b"[environments.uat]\nendpoints = ['\x1b[31m']\n",
    ],
)
def test_what_is_no_toml_is_refused(text: bytes, tmp_path: Path) -> None:
    """A file that is no TOML is an error that names the file and, safely, the reason."""
    with pytest.raises(UsageError, match=r"anchorkeep\.toml is not TOML") as caught:
        loaded(tmp_path, text)
    assert caught.value.message.isprintable()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[environment.uat]", r"anchorkeep\.toml: unknown key 'environment'\. Did you mean 'environments'\?"),
        ("[pool]", r"anchorkeep\.toml: unknown key 'pool'\. Did you mean 'pools'\?"),
        ("x = 1", r"unknown key 'x'\. Known are: environments, pools, aia, stores\."),
        ("[pools]\nfile = []", r"pools: unknown key 'file'\. Did you mean 'files'\?"),
        ("[pools]\nmozila = true", r"pools: unknown key 'mozila'\. Did you mean 'mozilla'\?"),
        ("[environments.uat]\nendpoint = []", r"environments\.uat: unknown key 'endpoint'\. Did you mean 'endpoints'\?"),
        (
            '[environments.uat]\nendpoints = [{ target = "a.example", conect = "b:1" }]',
            r"environments\.uat, endpoint 1: unknown key 'conect'\. Did you mean 'connect'\?",
        ),
        (
            '[environments.uat]\nendpoints = ["a.example", { tagret = "b.example" }]',
            r"environments\.uat, endpoint 2: unknown key 'tagret'\. Did you mean 'target'\?",
        ),
        ('"\\u001b[31m" = 1', r"unknown key '\\x1b\[31m'\. Known are: environments, pools, aia, stores\."),
    ],
)
def test_unknown_key_names_the_nearest(text: str, message: str, tmp_path: Path) -> None:
    """A key that is not known is an error at every level, and the nearest known one is named."""
    with pytest.raises(UsageError, match=message):
        loaded(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("environments = 1", "environments is not a table"),
        ("pools = []", "pools is not a table"),
        ("environments = { uat = 1 }", r"environments\.uat is not a table"),
        ("[environments.uat]", r"environments\.uat names no endpoints"),
        ("[environments.uat]\nendpoints = []", r"environments\.uat names no endpoints"),
        ('[environments.uat]\nendpoints = "a.example"', r"environments\.uat names no endpoints"),
        ("[environments.uat]\nendpoints = [1]", r"endpoint 1 is neither a host nor a table"),
        ("[environments.uat]\nendpoints = [{}]", r"endpoint 1 names no target"),
        ("[environments.uat]\nendpoints = [{ target = 1 }]", r"endpoint 1: target is not text"),
        ('[environments.uat]\nendpoints = [{ target = "a.example", connect = 1 }]', r"endpoint 1: connect is not text"),
        ('[environments.uat]\nendpoints = [{ target = "a.example", servername = [] }]', "servername is not text"),
        ('[environments.uat]\nendpoints = [{ target = "a.example", connect = "b" }]', "endpoint 1: 'b' names no port"),
        ('[environments.uat]\nendpoints = [""]', r"environments\.uat, endpoint 1: '' is no host name"),
        ('[environments.uat]\nendpoints = ["a.example", "a b"]', r"environments\.uat, endpoint 2: 'a b' is no host name"),
        ("[pools]\nmozilla = 1", r"pools\.mozilla is not true or false"),
        ('[pools]\njava = "yes"', r"pools\.java is not true or false"),
        ('[pools]\nfiles = "a.pem"', r"pools\.files is not a list of texts"),
        ("aia = true", "aia is not a table"),
        ("[aia]\nenabled = 1", r"aia\.enabled is not true or false"),
        ('[aia]\nallow_private = "yes"', r"aia\.allow_private is not true or false"),
        ("[aia]\nports = 80", r"aia\.ports is not a list of ports"),
        ("[aia]\nports = [0]", r"aia\.ports is not a list of ports"),
        ("[aia]\nports = [65536]", r"aia\.ports is not a list of ports"),
        ("[aia]\nports = [true]", r"aia\.ports is not a list of ports"),
        ("[pools]\nfiles = [1]", r"pools\.files is not a list of texts"),
    ],
)
def test_value_of_the_wrong_type_is_named(text: str, message: str, tmp_path: Path) -> None:
    """A value that is not of its type is an error that says where it stands."""
    with pytest.raises(UsageError, match=rf"^{tmp_path}/anchorkeep\.toml.*{message}"):
        loaded(tmp_path, text)


def test_endpoints_are_read(tmp_path: Path) -> None:
    """An endpoint is a host, a host with a port, or a table that says where to connect and which name to ask for."""
    said = loaded(
        tmp_path,
        '[environments.uat]\nendpoints = ["a.example", "[::1]:8443",'
        ' { target = "b.example", connect = "127.0.0.1:1", servername = "c.example" }]\n'
        '[environments."with space"]\nendpoints = ["d.example"]\n',
    )
    first, second, third = said.endpoints("uat")
    assert (str(first), str(second), str(third)) == ("a.example:443", "[::1]:8443", "b.example:443")
    assert (str(third.connect), third.server_name) == ("127.0.0.1:1", "c.example")
    assert list(said.environments) == ["uat", "with space"]


def test_pool_files_lie_beside_the_settings(here: Path, tmp_path: Path) -> None:
    """A relative pool file is found from the settings file, wherever the command runs; an absolute one is as it stands."""
    said = loaded(tmp_path / "etc", '[pools]\nmozilla = false\nfiles = ["roots/a.pem", "/srv/b.pem"]')
    assert here != tmp_path
    assert said.places == Places(mozilla=False, files=(tmp_path / "etc" / "roots" / "a.pem", Path("/srv/b.pem")))


def test_issuer_urls_are_set(tmp_path: Path) -> None:
    """Issuers are fetched from the internet unless the settings say otherwise."""
    assert loaded(tmp_path, "").aia == AIA(enabled=True, allow_private=False, ports=())
    said = loaded(tmp_path, "[aia]\nenabled = false\nallow_private = true\nports = [8080, 65535]")
    assert said.aia == AIA(enabled=False, allow_private=True, ports=(8080, 65535))


@pytest.mark.parametrize("text", ["", None])
@pytest.mark.usefixtures("here", "users")
def test_java_home_is_kept(text: str | None, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """JAVA_HOME is where a runtime is looked for, with and without a settings file."""
    monkeypatch.setenv("JAVA_HOME", "/opt/jdk")
    if text is not None:
        write(here / "anchorkeep.toml", text)
    assert settings.load(None).places.java_home == Path("/opt/jdk")


@pytest.mark.usefixtures("here", "users")
def test_empty_java_home_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty JAVA_HOME names no directory, least of all this one."""
    monkeypatch.setenv("JAVA_HOME", "")
    assert settings.load(None).places.java_home is None


def test_missing_environment_names_the_nearest(tmp_path: Path) -> None:
    """An environment that is not there is an error that names the file, those there are, and the nearest."""
    said = loaded(tmp_path, ONE.format(name="uat") + ONE.format(name="production"))
    with pytest.raises(UsageError, match=r"No environment 'prodction': .*names uat, production\. Did you mean 'production'"):
        said.endpoints("prodction")


def test_missing_settings_are_named() -> None:
    """Without a settings file there is no environment, and how to make one is said."""
    with pytest.raises(UsageError, match=r"there is no anchorkeep\.toml") as caught:
        Settings().endpoints("uat")
    assert "anchorkeep init" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120", 120),
        ("1", 1),
        ("", None),
        ("0", None),
        ("-1", None),
        ("wide", None),
        ("10000", None),
        ("٣", None),
        ("9" * 5000, None),
    ],
)
def test_columns_are_a_sensible_number(text: str, expected: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """COLUMNS counts where it is a number that a screen can have."""
    monkeypatch.setenv("COLUMNS", text)
    assert settings.columns() == expected


def test_variable_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that an option names is read from the environment."""
    monkeypatch.setenv("STORE_PASSWORD", "public")
    assert settings.variable("STORE_PASSWORD") == "public"
    assert settings.variable("NO_SUCH_VARIABLE") is None


values = st.recursive(
    st.booleans() | st.integers(-5, 5) | st.text(max_size=8) | st.sampled_from(["a.example", "::1", "b:1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["environments", "pools", "endpoints", "target", "connect", "servername", "files", "java", "x"]),
            inner,
        )
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["environments", "pools"]), values))
def test_any_document_is_settings_or_an_error(document: dict[str, object]) -> None:
    """Whatever a TOML document holds, it is settings or one of our errors."""
    said = ""
    try:
        settings._settings(document, Path("some.toml"))
    except AnchorkeepError as error:
        said = error.message
    assert said.isprintable()
