"""
Write chosen certificates to files: deterministic names, parsed back before anything is replaced, nothing overwritten unasked.

The story: choose, plan the files, look at what is there, write. All files are planned and checked before the first is written.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep import formats
from anchorkeep.errors import FileError, RefusedError, UsageError
from anchorkeep.host import file, replacement
from anchorkeep.model.alias import slug
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from anchorkeep.actions.selection import Chosen
    from anchorkeep.model.certificate import Certificate

#: Characters of a name made from an endpoint: host names go up to 253, file names up to 255 with all that follows.
_MAX_HOST = 180


class Format(StrEnum):
    """How certificates are written."""

    DER = "der"
    PEM = "pem"
    BUNDLE = "bundle"
    PKCS7 = "p7b"
    PKCS7_PEM = "p7b-pem"
    SST = "sst"


# Each format's suffix and codec.
_SUFFIXES = {
    Format.DER: ".cer",
    Format.PEM: ".pem",
    Format.BUNDLE: ".pem",
    Format.PKCS7: ".p7b",
    Format.PKCS7_PEM: ".p7b",
    Format.SST: ".sst",
}
_CODECS = {
    Format.DER: "der",
    Format.PEM: "pem",
    Format.BUNDLE: "pem",
    Format.PKCS7: "pkcs7",
    Format.PKCS7_PEM: "pkcs7-pem",
    Format.SST: "sst",
}
#: Formats that hold one certificate a file when written into a directory.
_SINGLE = frozenset({Format.DER, Format.PEM})


class State(StrEnum):
    """What became of a file."""

    WRITTEN = "written"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    PLANNED = "would be written"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFile:
    """
    A file to be written.

    Attributes:
        name: its name, without a directory; only `a-z 0-9 . _ -`.
        data: its bytes, which were parsed back and hold exactly `chosen`.
        chosen: the certificates in it, in order.
    """

    name: str
    data: bytes
    chosen: tuple[Chosen, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file with its path and what became of it."""

    file: ExportFile
    path: Path
    state: State


def encode(chosen: Sequence[Chosen], format_: Format, *, comments: bool = True) -> bytes:
    """
    Return certificates as one file's bytes, parsed back and compared with what was chosen.

    Raises:
        UsageError: DER holds one certificate, and there are more.
        RefusedError: what was read back is not what was chosen.
    """
    certificates = [item.certificate for item in chosen]
    if format_ is Format.DER and len(certificates) != 1:
        message = f"DER holds one certificate, {counted(len(certificates), 'certificate')} are chosen."
        raise UsageError(message, remedy="Name a directory, or use --format pem or p7b.")
    data = formats.dumps(certificates, format=_CODECS[format_], comments=comments)
    again = formats.loads(data, name="what was just encoded").certificates
    if not _equal(again, certificates, ordered=format_ not in {Format.PKCS7, Format.PKCS7_PEM}):
        message = f"Reading back what was encoded gave {counted(len(again), 'certificate')}, not the {len(certificates)} chosen."
        raise RefusedError(message)
    return data


def plan(chosen: Sequence[Chosen], format_: Format, *, comments: bool = True) -> tuple[ExportFile, ...]:
    """
    Return the files to write into a directory: one a certificate, or one a target where the format holds many.

    Certificates chosen for several targets are written once. Names follow from the certificates and targets alone.
    """
    groups: list[tuple[str, tuple[Chosen, ...]]]
    if format_ in _SINGLE:
        groups = [(_certificate_stem(item), (item,)) for item in once(chosen)]
    else:
        groups = [(_target_stem(items[0]), tuple(items)) for items in _by_target(chosen)]
    files: dict[str, ExportFile] = {}
    for stem, items in groups:
        data = encode(items, format_, comments=comments)
        marks = ("", f"-{items[0].certificate.sha256.hex()[:8]}", f"-{hashlib.sha256(data).hexdigest()}")
        names = (f"{stem}{mark}{_SUFFIXES[format_]}" for mark in marks)
        name = next(name for name in names if name not in files or files[name].data == data)
        files[name] = ExportFile(name=name, data=data, chosen=items)
    return tuple(files.values())


def lay_out(chosen: Sequence[Chosen], format_: Format, *, out: str, comments: bool = True) -> list[tuple[Path, ExportFile]]:
    """
    Return paths and files for what was named as the place: names of our own in a directory, or everything in the one file named.

    A directory is what is one, what ends with a separator, and a name without a suffix under which nothing is there yet.

    Raises:
        UsageError: DER holds one certificate, and the one file would need more.
        RefusedError: what was read back is not what was chosen.
    """
    path = Path(out)
    is_named_so = out.endswith(tuple(filter(None, (os.sep, os.altsep))))
    if is_named_so or file.is_directory(path) or (not path.suffix and not file.is_present(path)):
        return [(path / item.name, item) for item in plan(chosen, format_, comments=comments)]
    items = together(chosen)
    data = encode(items, format_, comments=comments)
    return [(path, ExportFile(name=path.name, data=data, chosen=items))]


def write(files: Iterable[tuple[Path, ExportFile]], *, force: bool, dry_run: bool) -> tuple[Written, ...]:
    """
    Write files that are not there or hold the same; all are looked at before the first is written.

    Raises:
        RefusedError: a file is there, holds something else, and `force` is not given; or it came there after all were looked at.
        FileError: a file cannot be read or written.
    """
    planned = [(path, item, _present(path, item)) for path, item in files]
    for path, _, present in planned:
        if present is State.REPLACED and not force:
            message = f"{visible(str(path))} is there and holds something else; nothing was written."
            raise RefusedError(message, remedy="Compare the two, then use --force or another directory.")
    return tuple(_write(path, item, present, dry_run=dry_run) for path, item, present in planned)


def once(chosen: Sequence[Chosen]) -> tuple[Chosen, ...]:
    """Return each certificate once, as it was chosen first."""
    found: dict[Certificate, Chosen] = {}
    for item in chosen:
        found.setdefault(item.certificate, item)
    return tuple(found.values())


def together(chosen: Sequence[Chosen]) -> tuple[Chosen, ...]:
    """Return what goes into one file: all of one target as it was chosen, of several targets each certificate once."""
    return tuple(chosen) if len({id(item.report) for item in chosen}) == 1 else once(chosen)


def _present(path: Path, item: ExportFile) -> State:
    try:
        present = file.read(path) if file.is_present(path) else None
    except FileError:
        # Only a link that leads nowhere and a file that may not be read or is too large can be replaced, if that is forced.
        if not file.is_file(path) and file.is_present(Path(os.path.realpath(path))):
            raise
        present = b""
    if present is None:
        return State.WRITTEN
    return State.UNCHANGED if present == item.data else State.REPLACED


def _write(path: Path, item: ExportFile, present: State, *, dry_run: bool) -> Written:
    if present is State.UNCHANGED:
        return Written(file=item, path=path, state=present)
    if dry_run:
        return Written(file=item, path=path, state=State.PLANNED)
    replacement.make_directory(path.parent)
    (replacement.create if present is State.WRITTEN else replacement.replace)(path, item.data)
    return Written(file=item, path=path, state=present)


def _certificate_stem(item: Chosen) -> str:
    if item.role == "leaf" and item.report.subject.endpoint is not None:
        return f"{_host(item)}-leaf"
    return f"{slug(item.certificate.title)}-{item.certificate.sha256.hex()[:8]}"


def _target_stem(item: Chosen) -> str:
    return _host(item) if item.report.subject.endpoint is not None else slug(Path(item.report.subject.label).stem)


def _host(item: Chosen) -> str:
    """Return the endpoint as a file name: a host name is safe by its own rules, colons of an address become hyphens."""
    endpoint = item.report.subject.endpoint
    assert endpoint is not None  # noqa: S101 (callers look first)
    label = re.sub(r"[^a-z0-9._-]", "-", endpoint.label.lower().replace("[", "").replace("]", ""))
    return label.lstrip(".-")[:_MAX_HOST] or "host"


def _by_target(chosen: Sequence[Chosen]) -> list[list[Chosen]]:
    groups: dict[int, list[Chosen]] = {}
    for item in chosen:
        groups.setdefault(id(item.report), []).append(item)
    return list(groups.values())


def _equal(got: Sequence[Certificate], wanted: Sequence[Certificate], *, ordered: bool) -> bool:
    if ordered:
        return list(got) == list(wanted)
    return sorted(item.der for item in got) == sorted(item.der for item in wanted)
