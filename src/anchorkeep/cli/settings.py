"""
Read `anchorkeep.toml` and the environment; nothing else in the product reads either.

The first of these that exists is taken: `--config`, `./anchorkeep.toml`, the user's own. A file that others may write is refused,
since who writes it says where to connect and which files to believe; a key that is not known is an error.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anchorkeep.actions.roots import Places
from anchorkeep.cli import proxies, settings_table, starttls
from anchorkeep.cli.proxies import Variables
from anchorkeep.errors import UsageError
from anchorkeep.host import file
from anchorkeep.model.endpoint import Endpoint
from anchorkeep.observe.approach import Proxy
from anchorkeep.text import visible

if TYPE_CHECKING:
    from anchorkeep.actions.desired import DesiredStore

FILE_NAME = "anchorkeep.toml"
_STATE = "ANCHORKEEP_STATE"
#: https://reproducible-builds.org/specs/source-date-epoch/
_SOURCE_DATE = "SOURCE_DATE_EPOCH"
#: The last second of the year 9999.
_LAST_SECOND = 253_402_300_799
#: Bytes of a settings file; a thousand endpoints need 100 KB.
_MAX_SETTINGS = 4 * 1024 * 1024
_KNOWN = {
    "": ("environments", "pools", "aia", "stores"),
    "environment": ("endpoints", "proxy"),
    "endpoint": ("target", "connect", "servername", "starttls"),
    "pools": ("mozilla", "java", "system", "files"),
    "aia": ("enabled", "allow_private", "ports"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AIA:
    """
    Whether and where issuers that were not sent are fetched.

    Attributes:
        enabled: whether they are fetched at all.
        allow_private: whether addresses of private networks and of this machine may be asked.
        ports: ports that may be asked besides 80 and 443.
    """

    enabled: bool = True
    allow_private: bool = False
    ports: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """
    What the settings file says.

    Attributes:
        path: the file, None when there is none.
        environments: endpoints by the environment's name, in the file's order.
        places: where to look for certificates.
        aia: whether and where issuers are fetched.
        proxies: the proxy of each environment that names one, None for `none`.
        variables: what the variables of the environment say about proxies.
        stores: the stores that are to be, in the file's order.
    """

    path: Path | None = None
    environments: dict[str, tuple[Endpoint, ...]] = field(default_factory=dict)
    places: Places = field(default_factory=Places)
    aia: AIA = field(default_factory=AIA)
    proxies: dict[str, Proxy | None] = field(default_factory=dict)
    variables: Variables = field(default_factory=Variables)
    stores: tuple[DesiredStore, ...] = ()

    def endpoints(self, name: str) -> tuple[Endpoint, ...]:
        """
        Return the endpoints of an environment.

        Raises:
            UsageError: there is no such environment.
        """
        if name in self.environments:
            return self.environments[name]
        where = f"{self.path} names {', '.join(self.environments) or 'none'}" if self.path else f"there is no {FILE_NAME}"
        raise UsageError(
            f"No environment '{visible(name)}': {visible(where)}.{settings_table.nearest(name, tuple(self.environments))}",
            remedy="Make a settings file with: anchorkeep init",
        )


def load(config: Path | None) -> Settings:
    """
    Return the settings of the file named, of the one here, or of the user's; the defaults where there is none.

    Raises:
        FileError: the file cannot be read.
        RefusedError: others may write it.
        UsageError: it does not say what it must.
    """
    path = config or next((item for item in candidates() if file.is_present(item)), None)
    if path is None:
        return Settings(places=Places(java_home=java_home()), variables=Variables.of(os.environ))
    import tomllib

    data = file.read_protected(path, limit=_MAX_SETTINGS)
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # Also what is no UTF-8, and numbers of thousands of digits.
        raise UsageError(f"{visible(str(path))} is not TOML: {visible(str(error))}.") from None
    return _settings(document, path)


def candidates() -> tuple[Path, ...]:
    """Return where a settings file is looked for, in order."""
    try:
        return (Path(FILE_NAME), _user_directory("XDG_CONFIG_HOME", Path(".config")) / FILE_NAME)
    except UsageError:  # Who has no home has no settings there.
        return (Path(FILE_NAME),)


def state_directory() -> Path:
    """
    Return the directory of the user's state.

    Raises:
        UsageError: nobody knows where the user's home is.
    """
    return _user_directory("XDG_STATE_HOME", Path(".local", "state"))


def cache_directory() -> Path | None:
    """Return the directory of what can be made anew at any time, None where nobody knows where the user's home is."""
    try:
        return _user_directory("XDG_CACHE_HOME", Path(".cache"))
    except UsageError:
        return None


def archive_directory() -> Path:
    """
    Return the folder of the stores' backups and histories: of ANCHORKEEP_STATE, else of the machine for root, else of the user.

    Raises:
        UsageError: it is not known where the user's home is, or ANCHORKEEP_STATE is no absolute path.
    """
    from anchorkeep.host import archive, user

    named = os.environ.get(_STATE)
    if named is None:
        return archive.default_directory(os.environ, is_root=user.is_root())
    if not Path(named).is_absolute():
        message = f"{_STATE} is '{visible(named)}', which is no absolute path."
        raise UsageError(message, remedy=f"Set {_STATE} to a path that begins with /, or unset it.")
    return Path(named)


def source_date() -> datetime | None:
    """
    Return the date of SOURCE_DATE_EPOCH, which builds that are to be the same again set; None where it is not set.

    Raises:
        UsageError: it is no number of seconds since 1970.
    """
    text = os.environ.get(_SOURCE_DATE)
    if text is None:
        return None
    # Twelve digits reach beyond the calendar, and `int` alone would take more than ASCII's.
    if re.fullmatch("[0-9]{1,12}", text) and int(text) <= _LAST_SECOND:
        return datetime.fromtimestamp(int(text), UTC)
    message = f"{_SOURCE_DATE} is '{visible(text)}', which is no number of seconds since 1970."
    raise UsageError(message, remedy=f"Set it as by {_SOURCE_DATE}=$(git log -1 --format=%ct), or unset it.")


def _user_directory(variable_: str, otherwise: Path) -> Path:
    """Return our directory below that of the XDG Base Directory Specification, which has relative paths ignored."""
    named = Path(os.environ.get(variable_, ""))
    if named.is_absolute():
        return named / "anchorkeep"
    try:
        return Path.home() / otherwise / "anchorkeep"
    except RuntimeError:  # A user without an entry, as containers have.
        raise UsageError("It is not known where your home directory is.", remedy=f"Set HOME or {variable_}.") from None


def variable(name: str) -> str | None:
    """Return an environment variable that an option names, None where it is not set."""
    return os.environ.get(name)


def java_home() -> Path | None:
    """Return what JAVA_HOME names, None where it is not set."""
    home = variable("JAVA_HOME")
    return Path(home) if home else None


def columns() -> int | None:
    """Return the width that COLUMNS asks for, None where it does not."""
    text = os.environ.get("COLUMNS", "")
    return int(text) or None if re.fullmatch("[0-9]{1,4}", text) else None


def _settings(document: dict[str, Any], path: Path) -> Settings:
    settings_table.only_known(document, _KNOWN[""], str(path))
    environments = settings_table.table(document, "environments", path)
    pools = settings_table.table(document, "pools", path)
    settings_table.only_known(pools, _KNOWN["pools"], f"{path}, pools")
    aia = settings_table.table(document, "aia", path)
    settings_table.only_known(aia, _KNOWN["aia"], f"{path}, aia")
    files = settings_table.strings(pools.get("files", []), f"{path}, pools.files")
    tables = {name: item for name, item in environments.items() if isinstance(item, dict)}
    named = {name: _proxy(item, f"{path}, environments.{name}") for name, item in tables.items() if "proxy" in item}
    if any(item is not None and item.password is not None for item in named.values()):
        file.refuse_if_readable_by_others(path)
    return Settings(
        path=path,
        environments={name: _environment(name, item, path) for name, item in environments.items()},
        proxies=named,
        variables=Variables.of(os.environ),
        stores=_stores(document, path),
        places=Places(
            mozilla=settings_table.flag(pools, "pools.mozilla", path),
            java=settings_table.flag(pools, "pools.java", path),
            system=settings_table.flag(pools, "pools.system", path),
            files=tuple(path.parent / item for item in files),
            java_home=java_home(),
        ),
        aia=AIA(
            enabled=settings_table.flag(aia, "aia.enabled", path),
            allow_private=settings_table.flag(aia, "aia.allow_private", path, otherwise=False),
            ports=settings_table.ports(aia.get("ports", []), f"{path}, aia.ports"),
        ),
    )


def _stores(document: dict[str, Any], path: Path) -> tuple[DesiredStore, ...]:
    if "stores" not in document:
        return ()
    from anchorkeep.cli import desired_stores

    return desired_stores.parse(document["stores"], path, environments=tuple(document.get("environments", {})))


def _environment(name: str, item: object, path: Path) -> tuple[Endpoint, ...]:
    where = f"{path}, environments.{name}"
    if not isinstance(item, dict):
        raise UsageError(f"{visible(where)} is not a table.")
    settings_table.only_known(item, _KNOWN["environment"], where)
    listed = item.get("endpoints")
    if not isinstance(listed, list) or not listed:
        raise UsageError(f"{visible(where)} names no endpoints.", remedy='Write: endpoints = ["host.example"]')
    return tuple(_endpoint(entry, f"{where}, endpoint {number}") for number, entry in enumerate(listed, start=1))


def _proxy(item: dict[str, Any], where: str) -> Proxy | None:
    text = item["proxy"]
    if not isinstance(text, str):
        raise UsageError(f"{visible(where)}: proxy is not text.")
    return proxies.parse(text, where=f"{visible(where)}: proxy")


def _endpoint(entry: object, where: str) -> Endpoint:
    said = {"target": entry} if isinstance(entry, str) else entry
    if not isinstance(said, dict):
        raise UsageError(f"{visible(where)} is neither a host nor a table with a target.")
    settings_table.only_known(said, _KNOWN["endpoint"], where)
    if "target" not in said:
        raise UsageError(f"{visible(where)} names no target.", remedy='Write: { target = "host.example" }')
    for key, value in said.items():
        if not isinstance(value, str):
            raise UsageError(f"{visible(where)}: {key} is not text.")
    try:
        return starttls.endpoint(
            said["target"], connect=said.get("connect"), server_name=said.get("servername"), protocol=said.get("starttls")
        )
    except UsageError as error:
        raise UsageError(f"{visible(where)}: {error.message}") from None
