"""
Find lists of root certificates: Mozilla's, as certifi's wheel brings it, and the system's bundle.

Only Mozilla's list makes a root public, so it is taken only as Mozilla's: distributions let certifi answer
with the system's bundle, and companies append the CAs of their inspecting proxies to its file. Both would
make a private root look public.
"""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from anchorkeep.errors import FileError
from anchorkeep.host import file
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.metadata import Distribution

#: The system's bundle on Debian, Red Hat, SUSE and on Alpine, the BSDs and macOS.
SYSTEM_BUNDLES = (
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/ca-bundle.pem"),
    Path("/etc/ssl/cert.pem"),
)
_LIST = "cacert.pem"
#: Bytes of a RECORD; certifi's has 1,200.
_MAX_RECORD = 1024 * 1024
#: Bytes of the list; it has 280,000.
_MAX_LIST = 8 * 1024 * 1024
_REMEDY = "Install certifi from its wheel, into an environment of its own."


@dataclass(frozen=True, slots=True, kw_only=True)
class RootList:
    """
    Mozilla's root certificates, byte for byte as in the wheel that was installed.

    Attributes:
        data: PEM with comments.
        version: certifi's version, which is the day of the list: `2026.10.18`.
        dated: that day, None where the version is none.
        path: where the list was read.
    """

    data: bytes
    version: str
    dated: date | None
    path: Path

    @property
    def label(self) -> str:
        """The list in a line: `certifi 2026.10.18`."""
        return f"certifi {visible(self.version, limit=40)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """
    An installed distribution, as its dist-info directory tells.

    Attributes:
        version: its version.
        place: the directory that its record is relative to.
        record: its RECORD, rows of path, hash and size.
    """

    version: str
    place: Path
    record: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRootList:
    """
    Why there is no list that can be taken for Mozilla's; without it no root is public.

    Attributes:
        reason: one sentence; safe to print.
        remedy: what to do; safe to print.
    """

    reason: str
    remedy: str = _REMEDY


def mozilla() -> RootList | MissingRootList:
    """
    Return Mozilla's list if certifi's own file holds what its wheel brought, else why not.

    The file must lie in certifi's package, be no link, and have the SHA-256 that the RECORD of its
    distribution names (https://packaging.python.org/en/latest/specifications/recording-installed-packages/).
    One who can change the list and the record alike is not noticed: they could change this program too.
    """
    try:
        import certifi

        named, package = Path(certifi.where()), Path(certifi.__file__).parent
        distribution = _beside(package) or _distribution()
    except ImportError:  # Also PackageNotFoundError: certifi without metadata, as in a bundle.
        return MissingRootList(reason="certifi is not installed, or not as a distribution.")
    return examine(named, package, distribution=distribution)


def _distribution() -> Distribution:
    import importlib.metadata

    return importlib.metadata.distribution("certifi")


def _beside(package: Path) -> Installation | None:
    """
    Return what the one dist-info directory beside the package says, None where there is none, or more than one.

    `importlib.metadata` says the same, and costs a tenth of a whole look at a service to import.
    """
    found = [path for path in package.parent.glob("certifi-*.dist-info") if path.is_dir()]
    if len(found) != 1:
        return None
    try:
        record = file.read(found[0] / "RECORD", limit=_MAX_RECORD).decode("utf-8", errors="replace")
    except FileError:
        return None
    return Installation(
        version=found[0].name.removeprefix("certifi-").removesuffix(".dist-info"), place=package.parent, record=record
    )


def examine(named: Path, package: Path, *, distribution: Distribution | Installation) -> RootList | MissingRootList:
    """
    Return the list that certifi names if it is its wheel's own, else why not.

    Args:
        named: the file that certifi answers with.
        package: the directory certifi was imported from.
        distribution: what is known of its installation.
    """
    own = package / _LIST
    if named.resolve() != package.resolve() / _LIST:
        reason = (
            f"certifi names {visible(str(named.resolve()))}, expected {visible(str(own))}: "
            "a distribution's certifi is the system's bundle."
        )
        return MissingRootList(reason=reason)
    expected = _recorded(package, distribution)
    if expected is None:
        return MissingRootList(reason=f"No record tells what {visible(str(own))} should hold.")
    try:
        data = file.read(own, limit=_MAX_LIST)
    except FileError as error:
        return MissingRootList(reason=error.message)
    got = hashlib.sha256(data).hexdigest()
    if got != expected:
        reason = f"{visible(str(own))} was changed: expected SHA-256 {expected}, got {got}."
        return MissingRootList(reason=reason)
    return RootList(data=data, version=distribution.version, dated=day(distribution.version), path=own)


def system_bundles(candidates: Sequence[Path] = SYSTEM_BUNDLES) -> tuple[Path, ...]:
    """Return the system's bundles that exist, each once though several paths lead to it."""
    found: dict[Path, Path] = {}
    for path in candidates:
        try:
            if path.is_file():
                found.setdefault(path.resolve(), path)
        except OSError:  # In a directory that may not be searched.
            continue
    return tuple(found.values())


def day(version: str) -> date | None:
    """Return the day that a version of certifi names (`2026.10.18`, `2026.10.18.post1`), else None."""
    match = re.fullmatch(r"(\d{4})\.(\d{1,2})\.(\d{1,2})(?:[.+-].*)?", version, flags=re.ASCII)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def _recorded(package: Path, distribution: Distribution | Installation) -> str | None:
    """Return the SHA-256 that the record of the very installation in `package` names for the list, in hex."""
    for name, hash_, place in _entries(distribution):
        mode, _, value = hash_.partition("=")
        if PurePosixPath(name) != PurePosixPath("certifi", _LIST) or mode != "sha256":
            continue
        if place.resolve() != package.resolve() / _LIST:
            return None
        try:
            # The record leaves the padding out.
            return base64.urlsafe_b64decode(value + "=").hex()
        except (binascii.Error, ValueError):
            return None
    return None


def _entries(distribution: Distribution | Installation) -> Iterator[tuple[str, str, Path]]:
    """Yield the files of an installation: name, hash as `mode=value`, and where it lies."""
    if isinstance(distribution, Installation):
        for row in csv.reader(distribution.record.splitlines()):
            if len(row) >= 2:  # noqa: PLR2004 (path, hash, size)
                yield row[0], row[1], distribution.place / row[0]
        return
    for entry in distribution.files or ():
        if entry.hash is not None:
            yield str(entry), f"{entry.hash.mode}={entry.hash.value}", Path(str(distribution.locate_file(entry)))
