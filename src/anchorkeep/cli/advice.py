"""What the wizard of `export` explains: which certificates to take and why, who reads which format, what to do with the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.actions.export import Format
from anchorkeep.actions.selection import Part
from anchorkeep.cli import command_line, render
from anchorkeep.errors import CertificateError
from anchorkeep.judge.strength import LIFETIMES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from rich.console import RenderableType

    from anchorkeep.actions.export import Written
    from anchorkeep.actions.show import Report
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.endpoint import Endpoint

#: A format's line: how the files look, and who reads them.
READERS = {
    "pem": "PEM, one file each: OpenSSL, keytool, most of Unix",
    "der": "DER, one .cer file each: Windows, keytool, appliances",
    "bundle": "one PEM file: curl, Python, Node.js, web servers",
    "p7b": "PKCS#7, one .p7b file: Windows",
    "p7b-pem": "PKCS#7 as PEM, one .p7b file: openssl pkcs7",
    "sst": "Microsoft's serialized store, one .sst file: Windows",
}
_WINDOWS = frozenset({"der", "p7b", "sst"})


def parts(reports: Sequence[Report]) -> RenderableType:
    """Return which certificates there are to take, and what speaks for and against each."""
    return render.facts([(str(part), _reason(reports, part)) for part in (Part.ROOT, Part.INTERMEDIATES, Part.LEAF, Part.SENT)])


def _reason(reports: Sequence[Report], part: Part) -> str:
    if part is Part.ROOT:
        if not any(item.best and item.best.root for item in reports):
            return "Not here: the path ends before a root that is known."
        return (
            "Advised. Whoever trusts the root accepts whatever it vouches for, so renewals of the certificates below it "
            "need nothing from you, and one root often serves UAT and Production alike."
        )
    if part is Part.INTERMEDIATES:
        return "Only for a program that cannot get them from the server. They are replaced now and then, without notice."
    if part is Part.SENT:
        return "Exactly what the server sends, in its order, whoever vouches for it. For records rather than for trust."
    since, days = LIFETIMES[-1]
    return (
        f"! Trust in it ends with each renewal{_soonest(reports)}. Public ones live {days} days at most from "
        f"{since:%Y-%m-%d} on, so a store that holds one needs an update at least every {days} days."
    )


def _soonest(reports: Sequence[Report]) -> str:
    """Return when the first leaf ends, nothing where that cannot be read."""
    try:
        ends = [(item.best.certificates[0].not_after, item.at) for item in reports if item.best]
    except CertificateError:
        return ""
    if not ends:
        return ""
    last, at = min(ends)
    return f", this one's at the latest on {last:%Y-%m-%d} ({_days(last, at)})"


def _days(last: datetime, at: datetime) -> str:
    days = (last - at).days
    return f"in {days} d" if days >= 0 else f"{-days} d ago"


def title(part: Part, reports: Sequence[Report]) -> str:
    """Return a part as a choice: its name and the certificates it stands for."""
    names = list(dict.fromkeys(item.title for report in reports for item in _certificates(report, part)))
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    advised = "  (advised)" if part is Part.ROOT and names else ""
    return f"{part!s:<13}  {names[0]}{more}{advised}" if names else f"{part!s:<13}"


def is_there(part: Part, reports: Sequence[Report]) -> bool:
    """Whether any of the reports has a certificate of the part."""
    return any(_certificates(report, part) for report in reports)


def _certificates(report: Report, part: Part) -> tuple[Certificate, ...]:
    path = report.best
    if part is Part.SENT:
        return report.sent
    if path is None:
        return ()
    if part is Part.ROOT:
        return (path.root,) if path.root else ()
    return path.certificates[:1] if part is Part.LEAF else path.certificates[1 : -1 if path.is_complete else None]


def next_steps(
    written: Sequence[Written], format_: Format, *, chosen: frozenset[Part], endpoint: Endpoint | None
) -> list[tuple[str, str]]:
    """Return what to do with the files: whom it is for, and the command lines, the first file standing for all."""
    path = next(item.path for item in written)
    if Part.ROOT not in chosen:
        return [("look at it", _shell("anchorkeep", "show", _separated(path)))]
    steps: list[tuple[str, str]] = []
    if format_ in {Format.DER, Format.PEM}:
        words = ("keytool", "-importcert", "-alias", path.stem, "-file", str(path), "-keystore", "truststore.p12")
        steps.append(("Java", _shell(*words)))
    if format_ in {Format.PEM, Format.BUNDLE} and endpoint is not None:
        # curl(1): `--connect-to HOST1:PORT1:HOST2:PORT2`, where an empty HOST1 and PORT1 stand for any.
        elsewhere = ("--connect-to", f"::{endpoint.connect}") if endpoint.connect else ()
        steps.append(("curl", _shell("curl", "--cacert", str(path), *elsewhere, f"https://{endpoint.label}/")))
    if str(format_) in _WINDOWS:
        # A backtick at the end of a line continues it (about_Parsing).
        where = r"-CertStoreLocation Cert:\LocalMachine\Root"
        steps.append(("PowerShell", f"Import-Certificate `\n  -FilePath {_powershell(str(path))} `\n  {where}"))
    return steps or [("look at it", _shell("anchorkeep", "show", _separated(path)))]


def _shell(*words: str) -> str:
    return command_line.lines(words, width=render.width() - 4)


def _separated(path: Path) -> str:
    """Return a path as a TARGET, which is a file only with a separator in it."""
    return str(path) if len(path.parts) > 1 else f"./{path}"


def _powershell(text: str) -> str:
    """Return text as PowerShell's literal string (about_Quoting_Rules), where a quote is written twice."""
    return "'" + text.replace("'", "''") + "'"
