"""`anchorkeep export`: write certificates of a chain to files, or to stdout."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from anchorkeep.actions import export, selection
from anchorkeep.actions.export import Format, State
from anchorkeep.actions.selection import Chosen, Part
from anchorkeep.cli import looking, options, outcome, render, sheet
from anchorkeep.errors import AnchorkeepError, UsageError
from anchorkeep.formats import evidence
from anchorkeep.host import file
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anchorkeep.actions.export import Written
    from anchorkeep.actions.show import Report

SCHEMA = "anchorkeep.export"
VERSION = 1
_STDOUT = "-"


@click.command("export")
@options.targets
@click.option(
    "--select",
    "parts",
    type=click.Choice([str(part) for part in Part]),
    multiple=True,
    default=("path",),
    show_default=True,
    help="Which certificates; repeatable. 'sent' is exactly what the server sent.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice([str(item) for item in Format]),
    default="pem",
    show_default=True,
    help="How they are written; bundle is one PEM file a target.",
)
@click.option("--out", metavar="PATH", default=".", help="Directory, file, or - for stdout.  [default: .]")
@click.option("--clean", is_flag=True, help="PEM without comments.")
@click.option("--force", is_flag=True, help="Overwrite files that hold something else.")
@click.option("--dry-run", is_flag=True, help="Say what would be written.")
@click.option("--accept-fingerprint", "accepted", multiple=True, metavar="SHA256", help="Vouch for one certificate; repeatable.")
@click.option("--sheet", "as_sheet", is_flag=True, help="Print names, fingerprints and dates to compare with the vendor's page.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON on stdout.")
@options.AT
@options.FAIL_ON
def command(
    *,
    parts: tuple[str, ...],
    format_: str,
    out: str,
    clean: bool,
    force: bool,
    dry_run: bool,
    accepted: tuple[str, ...],
    as_sheet: bool,
    as_json: bool,
    at: str | None,
    fail_on: str,
    **shared: Any,  # noqa: ANN401
) -> int:
    """
    Export certificates of each TARGET: leaf, intermediates, root, the whole path, what was sent, or all.

    Formats: der (.cer), pem, bundle (one PEM file a target), p7b (PKCS#7, DER) and p7b-pem. A certificate of several targets is
    written once. What only the network vouches for needs its fingerprint.
    """
    if out == _STDOUT and as_json:
        raise UsageError("--out - and --json both want stdout.")
    reports = looking.look(looking.request(shared), at=options.moment(at))
    vouched = frozenset(_fingerprint(text) for text in accepted)
    chosen, codes = _choose(reports, [Part(part) for part in parts], vouched)
    codes += [outcome.of_report(item, outcome.severity(fail_on)) for item in reports]
    for report in reports:
        if report.findings and outcome.of_findings(report.findings, outcome.severity(fail_on)):
            render.say(render.text(report.subject.label, "bold"))
            render.say(render.indented(render.findings(report.findings)))
    if not chosen:
        _report((), as_json=as_json, as_sheet=False)
        return outcome.worst(codes or [outcome.Exit.FINDING])
    if out == _STDOUT:
        render.out_bytes(export.encode(export.together(chosen), Format(format_), comments=not clean))
        return outcome.worst(codes)
    written = export.write(_plan(chosen, Format(format_), out, comments=not clean), force=force, dry_run=dry_run)
    _report(written, as_json=as_json, as_sheet=as_sheet)
    return outcome.worst(codes)


def _choose(
    reports: Sequence[Report], parts: Sequence[Part], accepted: frozenset[bytes]
) -> tuple[list[Chosen], list[outcome.Exit]]:
    """Choose from every report; one that refuses is said and does not keep the others from being exported."""
    chosen: list[Chosen] = []
    codes: list[outcome.Exit] = []
    for report in reports:
        try:
            chosen += selection.choose(report, parts, accepted=accepted)
        except AnchorkeepError as error:
            render.error(error)
            codes.append(outcome.of_report(report, outcome.severity("error")) or outcome.of_error(error))
    return chosen, codes


def _plan(chosen: Sequence[Chosen], format_: Format, out: str, *, comments: bool) -> list[tuple[Path, export.ExportFile]]:
    """Return paths and files: names of our own in a directory, or everything in the one file that was named."""
    path = Path(out)
    is_named_so = out.endswith(tuple(filter(None, (os.sep, os.altsep))))
    if is_named_so or file.is_directory(path) or (not path.suffix and not file.is_present(path)):
        return [(path / item.name, item) for item in export.plan(chosen, format_, comments=comments)]
    items = export.together(chosen)
    data = export.encode(items, format_, comments=comments)
    return [(path, export.ExportFile(name=path.name, data=data, chosen=items))]


def _report(written: Sequence[Written], *, as_json: bool, as_sheet: bool) -> None:
    if as_json:
        render.out_raw(json.dumps({"format": SCHEMA, "version": VERSION, "files": [_record(item) for item in written]}, indent=2))
        return
    if as_sheet:
        render.out(sheet.table([entry for item in written for entry in item.file.chosen]))
        return
    for item in written:
        certificates = item.file.chosen
        what = certificates[0].role if len(certificates) == 1 else counted(len(certificates), "certificate")
        render.out(
            render.text(f"{item.state}  {render.path(item.path)}  ({what})", "" if item.state is State.UNCHANGED else "bold")
        )
        for entry in certificates:
            render.out(render.indented(render.text(f"SHA-256 {entry.certificate.sha256.hex()}", "dim")))


def _record(item: Written) -> dict[str, Any]:
    return {
        "path": str(item.path),
        "state": str(item.state),
        "size": len(item.file.data),
        "certificates": [
            evidence.certificate(entry.certificate) | {"role": entry.role, "target": entry.report.subject.label}
            for entry in item.file.chosen
        ],
    }


def _fingerprint(text: str) -> bytes:
    try:
        digest = bytes.fromhex(text.replace(":", "").strip())
    except ValueError:
        digest = b""
    if len(digest) != 32:  # noqa: PLR2004 (SHA-256)
        raise UsageError(f"'{visible(text)}' is no SHA-256 fingerprint: expected 64 hexadecimal digits, colons allowed.")
    return digest
