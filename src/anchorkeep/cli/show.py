"""`anchorkeep show`: what a service presents, its path to a root, days left and findings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from anchorkeep.cli import besides, bulk_order, chain_view, looking, options, outcome, render
from anchorkeep.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anchorkeep.actions.nodes import Wanted
    from anchorkeep.actions.show import Report
    from anchorkeep.model.certificate import Certificate


@click.command("show")
@options.targets
@besides.options
@bulk_order.options_of_bulk
@options.AT
@click.option("--details", is_flag=True, help="Every field and extension of every certificate, and every path.")
@click.option("--json", "as_json", is_flag=True, help="Evidence as JSON on stdout; can be read as a TARGET later.")
@click.option("--save", type=click.Path(path_type=Path, readable=False, dir_okay=False), help="Write the evidence to a file too.")
@click.option("--force", is_flag=True, help="Overwrite the file of --save.")
@options.FAIL_ON
def command(*, at: str | None, details: bool, as_json: bool, save: Path | None, force: bool, fail_on: str, **shared: Any) -> int:  # noqa: ANN401
    """
    Show what each TARGET presents: the chain, its path up to a root, days left, findings with remedies.

    TARGET is host[:port], a URL, an environment of the settings, or a file, as ./chain or chain.pem (certificates, a store,
    evidence); - reads standard input. --from FILE names services instead, one a line, as many as there are. Revocation
    (OCSP, CRL) is not checked.
    """
    from anchorkeep.actions import evidence

    asked = besides.wanted(shared)
    wish = bulk_order.order(shared)
    request = looking.request(shared)
    if wish.is_stream:
        if as_json or save is not None:
            raise UsageError("--json and --save go with neither --from nor --jsonl.", remedy="Write: --jsonl > FILE")
        from anchorkeep.cli import bulk

        least = outcome.severity(fail_on)
        return bulk.stream(request, wish, at=options.moment(at), wanted=asked, details=details, fail_on=least)
    reports = looking.look(request, at=options.moment(at), wanted=asked, concurrency=_at_a_time(wish, asked))
    if as_json or save is not None:
        document = json.dumps(evidence.document(reports), indent=2)
        if save is not None:
            evidence.save(save, document.encode() + b"\n", force=force)
            render.say(f"Saved {render.path(save)}.")
        if as_json:
            render.out_raw(document)
    if not as_json:
        _print(reports, details=details)
    return outcome.worst(outcome.of_report(item, outcome.severity(fail_on)) for item in reports)


def _at_a_time(wish: bulk_order.Order, asked: Wanted | None) -> int | None:
    """Return how many services are looked at together, None for the usual number."""
    if wish.concurrency is None:
        return None
    from anchorkeep.cli import bulk

    return bulk.concurrency(wish, asked)


def _print(reports: Sequence[Report], *, details: bool) -> None:
    """Print a screen for each report; of equal chains the first is shown."""
    seen: dict[tuple[Certificate, ...], str] = {}
    for index, item in enumerate(reports):
        if index:
            render.out("")
        twin = seen.setdefault(item.sent, item.subject.label) if item.sent else item.subject.label
        if item.is_list and not details:
            render.out(chain_view.listing(item))
        else:
            render.out(chain_view.report(item, details=details, same_as=twin if twin != item.subject.label else None))
