"""
Write a first settings file: environments with their endpoints, for FlexNet Operations from the site's name alone.

Host names follow the vendor's documented patterns; vanity hosts, under which producers run the same service, are added by hand.
"""

from __future__ import annotations

import re
from pathlib import Path

import tomlkit

from anchorkeep.errors import RefusedError, UsageError
from anchorkeep.host import file, replacement
from anchorkeep.text import visible

#: FlexNet Operations' hosts: portal (producer, end user, SOAP, REST) and compliance (what license servers talk to).
FLEXNET = {
    "uat": ("{site}-uat.flexnetoperations.com", "{site}-uat.compliance.flexnetoperations.com"),
    "production": ("{site}.flexnetoperations.com", "{site}.compliance.flexnetoperations.com"),
}
# What the file says of itself, in lines that fit a terminal.
_HEAD = ("Anchorkeep's settings.", "Environments are named on the command line: anchorkeep show uat")
_EXAMPLE = ("An endpoint is a host, host:port, or a table:", "{ target = ..., connect = ..., servername = ... }")
_FLEXNET_HINT = ("Add vanity hosts, under which your portal is reached too, by hand.",)
# A trust store that is to be, for whoever takes the marks away.
_STORE = (
    "Trust stores that `anchorkeep apply` makes and keeps as they are to be:",
    "[[stores]]",
    'path = "truststore.p12"',
    'environments = ["uat"]',
)
#: One label (RFC 1123 §2.1), and short enough for `-uat` behind it.
_SITE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,57}[a-z0-9])?")


def settings_text(site: str | None) -> str:
    """
    Return the text of a settings file.

    Args:
        site: the organisation's name in FlexNet Operations' host names (`acme`, `flex1234`); None leaves an example.

    Raises:
        UsageError: the site is no host label.
    """
    if site is not None and site.lower().endswith("-uat"):
        message = f"'{visible(site)}' names the UAT host already."
        raise UsageError(message, remedy="Leave -uat away: both environments are written.")
    if site is not None and not _SITE.fullmatch(site.lower()):
        message = f"'{visible(site)}' is no site ID: expected letters, digits and hyphens, as in flex1234."
        raise UsageError(message, remedy="It is the first part of your portal's host name.")
    document = tomlkit.document()
    for line in (*_HEAD, *(_EXAMPLE if site is None else _FLEXNET_HINT)):
        document.add(tomlkit.comment(line))
    document.add(tomlkit.nl())
    environments = tomlkit.table(is_super_table=True)
    for name, patterns in FLEXNET.items():
        hosts = [pattern.format(site=site.lower()) for pattern in patterns] if site else [f"{name}.example.com"]
        environments.append(name, _environment(hosts))
    document.append("environments", environments)
    document.append("pools", _pools())
    document.add(tomlkit.nl())
    for line in _STORE:
        document.add(tomlkit.comment(line))
    return tomlkit.dumps(document)


def write(path: Path, text: str, *, force: bool) -> None:
    """
    Write the settings file; one that is there is kept unless `force`.

    Raises:
        RefusedError: the file is there.
        FileError: it cannot be written.
    """
    if file.is_present(path):
        file.refuse_if_writable_by_others(path)
    if file.is_present(path) and not force:
        raise RefusedError(f"{visible(str(path))} is there and was left alone.", remedy="Use --force to replace it.")
    replacement.replace(path, text.encode())


def _environment(hosts: list[str]) -> tomlkit.items.Table:
    endpoints = tomlkit.array()
    for host in hosts:
        entry = tomlkit.inline_table()
        entry.append("target", host)
        endpoints.append(entry)
    endpoints.multiline(multiline=True)
    table = tomlkit.table()
    table.append("endpoints", endpoints)
    return table


def _pools() -> tomlkit.items.Table:
    table = tomlkit.table()
    table.add(tomlkit.comment("Where roots are looked for. Only Mozilla's list makes a root public."))
    for name in ("mozilla", "java", "system"):
        table.append(name, True)
    table.append("files", tomlkit.array())
    return table
