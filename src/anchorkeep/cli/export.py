"""`anchorkeep export`: write certificates of a chain to files, or to stdout."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from anchorkeep.actions import export, selection
from anchorkeep.actions.export import Format
from anchorkeep.actions.selection import Chosen, Part
from anchorkeep.cli import completion, export_view, looking, options, outcome, question, render, sheet, wizard
from anchorkeep.errors import AnchorkeepError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anchorkeep.actions.export import Written
    from anchorkeep.actions.show import Report

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
@click.option(
    "--out",
    metavar="PATH",
    default=".",
    shell_complete=completion.files,
    help="Directory (with a / at its end), file, or - for stdout.  [default: .]",
)
@click.option("--wizard", "as_wizard", is_flag=True, help="Ask for everything; so does export alone on a terminal.")
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
    as_wizard: bool,
    at: str | None,
    fail_on: str,
    **shared: Any,  # noqa: ANN401
) -> int:
    """
    Export certificates of each TARGET: leaf, intermediates, root, the whole path, what was sent, or all.

    Formats: der (.cer), pem, bundle (one PEM file a target), p7b (PKCS#7, DER), p7b-pem and sst (Microsoft's serialized store). A
    certificate of several targets is written once. What only the network vouches for needs its fingerprint.
    """
    if as_sheet and (as_json or out == _STDOUT):
        raise UsageError("--sheet goes neither with --json nor with --out -.")
    if out == _STDOUT and as_json:
        raise UsageError("--out - and --json both want stdout.")
    request = looking.request(shared)
    vouched = frozenset(map(options.fingerprint, accepted))
    if _is_for_wizard(request, as_wizard=as_wizard, to_machine=as_json or as_sheet or out == _STDOUT):
        return wizard.run(request, at=options.moment(at), accepted=vouched, fail_on=outcome.severity(fail_on))
    reports = looking.look(request, at=options.moment(at))
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
    written = export.write(export.lay_out(chosen, Format(format_), out=out, comments=not clean), force=force, dry_run=dry_run)
    _report(written, as_json=as_json, as_sheet=as_sheet)
    return outcome.worst(codes)


def _is_for_wizard(request: looking.Request, *, as_wizard: bool, to_machine: bool) -> bool:
    """Whether questions are to be asked: on request, or since nothing else was said on a terminal."""
    if not as_wizard:
        return not (request.targets or request.environments or to_machine) and question.can_be_asked()
    if to_machine:
        raise UsageError("--wizard goes with none of --json, --sheet and --out -.")
    if not question.can_be_asked():
        raise UsageError("--wizard asks questions, and there is no terminal.", remedy="Name targets and options instead.")
    return True


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


def _report(written: Sequence[Written], *, as_json: bool, as_sheet: bool) -> None:
    if as_json:
        render.out_raw(json.dumps(export_view.document(written), indent=2))
    elif as_sheet:
        render.out(sheet.table([entry for item in written for entry in item.file.chosen]))
        render.say(export_view.files(written))
    elif written:
        render.out(export_view.files(written))
