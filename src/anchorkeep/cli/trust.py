"""`anchorkeep trust`: from services to a store that trusts them, with a strategy, a decision and a proof."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from anchorkeep.actions import trust, trust_plan
from anchorkeep.actions.proof_failure import UnprovedError
from anchorkeep.actions.trust_plan import Left, Wish
from anchorkeep.cli import (
    columns,
    looking,
    options,
    outcome,
    question,
    render,
    settings,
    store_change,
    store_options,
    store_password,
    store_record,
    trust_record,
    trust_source,
    trust_view,
    vouching,
)
from anchorkeep.errors import RefusedError, UsageError
from anchorkeep.formats.capability import TITLES
from anchorkeep.host import file
from anchorkeep.judge.decision import ASK
from anchorkeep.judge.strategy import Strategy
from anchorkeep.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from anchorkeep.actions.default_roots import DefaultRoots
    from anchorkeep.actions.show import Report
    from anchorkeep.actions.store_write import Written
    from anchorkeep.actions.trust import Trusted
    from anchorkeep.actions.trust_plan import Plan
    from anchorkeep.model.truststore import TrustStore


@click.command("trust")
@click.option("--store", "path", type=options.PATH, required=True, help="The store; made where there is none yet.")
@click.option(
    "--strategy",
    type=click.Choice([str(item) for item in Strategy]),
    default=str(Strategy.ROOT),
    show_default=True,
    help="Which certificates of a chain become anchors.",
)
@click.option("--set", "named", type=options.PATH, multiple=True, help="root-set of a private CA: a file of its other roots.")
@click.option("--accept-fingerprint", "accepted", multiple=True, metavar="SHA256", help="Vouch for one certificate; repeatable.")
@click.option(
    "--from-untrusted-chain",
    is_flag=True,
    help="Take a chain that does not verify or may be intercepted; every certificate needs its fingerprint.",
)
@click.option("--with-default-roots", is_flag=True, help="Take the roots of the Java runtime in too.")
@click.option("--prune", is_flag=True, help="Remove what was added earlier for these services and is no longer needed.")
@click.option("--partial", is_flag=True, help="Leave services out that give no anchor, instead of writing nothing.")
@click.option("--force-unproved", is_flag=True, help="Write the store though a proof fails; the history tells.")
@store_options.STORETYPE
@store_options.for_java
@store_options.own_password
@store_options.writing
@options.sources
def command(
    *,
    path: Path,
    storetype: str | None,
    own_password_file: Path | None,
    own_password_env: str | None,
    java: str | None,
    reproducible: bool,
    dry_run: bool,
    as_json: bool,
    force_unproved: bool,
    **asked: Any,  # noqa: ANN401
) -> int:
    """
    Let the store at --store trust every TARGET: a service, a URL, an environment.

    Roots of Mozilla's list, and what lies on a path that verifies up to one, are taken without a question; everything else needs
    its fingerprint, told by whoever runs the service. The new store is proved with OpenSSL, and with Java where there is a JDK,
    before anything is replaced. Twice changes nothing.
    """
    terms = store_options.terms(dry_run=dry_run, java=java, reproducible=reproducible)
    is_new = not file.is_present(path)
    given = (store_password.to_be if is_new else store_password.given)(own_password_file, own_password_env, option="storepass")
    format_ = store_options.format_of(path, storetype)
    password = given if is_new else store_password.for_change(path, given)
    held = None if is_new else store_password.verified(path, password, option="storepass").store
    if held is not None and storetype not in {None, held.format}:
        message = f"{render.path(path)} is {TITLES[held.format]} already; --storetype is for a new store."
        raise UsageError(message, remedy="Leave it out, or convert the store with `anchorkeep store convert`.")
    said = settings.load(asked["config"])
    defaults = trust_source.defaults(java, said) if asked.pop("with_default_roots") else None
    wish = _wish(asked, defaults)
    request = looking.request(asked)
    # What is added is judged for now, a record too: that a chain verified once is no reason to trust it.
    reports = looking.look(request, at=options.now())
    planned = _decided(reports, wish, held, as_json=as_json)
    if planned.is_stopped or planned.needed:
        return _refuse(planned, path, as_json=as_json)
    notes = () if defaults is None else trust_source.told(defaults, reports)
    for note in () if as_json else notes:
        render.say(f"! {note}")  # Before anything is written: a root of nobody's list may be a proxy's.
    prover = trust.prover(
        jdk=trust_source.jdk(java, said), clock=options.now, timeout=request.timeout, cache=settings.cache_directory()
    )
    with store_password.advised(given), _told(path, as_json=as_json):
        trusted = trust.carry_out(
            planned, path, prover=prover, terms=terms, format=format_, password=password, is_forced=force_unproved
        )
    _tell(dataclasses.replace(trusted, written=_noted(trusted.written, notes if as_json else ())), as_json=as_json)
    return outcome.worst(_codes(planned))


def _wish(asked: dict[str, Any], defaults: DefaultRoots | None) -> Wish:
    """Take what is wanted out of the options."""
    strategy, named = Strategy(asked.pop("strategy")), asked.pop("named")
    if named and strategy is not Strategy.ROOT_SET:
        raise UsageError("--set goes with --strategy root-set.")
    return Wish(
        strategy=strategy,
        named=trust_source.named(named, password=_password_of_set(asked)) if named else (),
        accepted=frozenset(map(options.fingerprint, asked.pop("accepted"))),
        is_untrusted_taken=asked.pop("from_untrusted_chain"),
        is_partial=asked.pop("partial"),
        is_pruned=asked.pop("prune"),
        defaults=None if defaults is None else defaults.store,
    )


def _password_of_set(asked: dict[str, Any]) -> str | None:
    """Return the password of the targets, which is that of the files of `--set` too."""
    return store_password.given(asked["storepass_file"], asked["storepass_env"], option="srcstorepass")


def _decided(reports: Sequence[Report], wish: Wish, held: TrustStore | None, *, as_json: bool) -> Plan:
    """Plan, show the plan, and ask a person at a terminal for what is wanted."""
    planned = trust_plan.plan(reports, wish, held=held)
    is_asked = not as_json and bool(planned.needed) and not planned.is_stopped and question.can_be_asked()
    if not as_json:
        render.out(trust_view.plan(planned, is_asked=is_asked))
    if planned.unused and not any(isinstance(item, Left) for item in planned.targets):
        noun = counted(len(planned.unused), "accepted fingerprint")
        render.say(f"! {noun} of no certificate that is wanted: {', '.join(item.hex() for item in planned.unused)}")
    if not is_asked:
        return planned
    typed = frozenset(
        choice.certificate.sha256 for choice in planned.needed if vouching.is_vouched(choice.certificate, choice.decision.reason)
    )
    decided = trust_plan.plan(reports, dataclasses.replace(wish, accepted=wish.accepted | typed), held=held)
    if decided.needed:
        # Without the fingerprint itself: who could not type it shall not paste it from here.
        message = f"{decided.needed[0].certificate.title} was not added: its fingerprint was not typed. Nothing was written."
        raise RefusedError(message, remedy=f"{ASK}; then start again.")
    return decided


@contextlib.contextmanager
def _told(path: Path, *, as_json: bool) -> Iterator[None]:
    """Show what the verifiers said before the error that it led to."""
    try:
        yield
    except UnprovedError as error:
        if as_json:
            store_record.out(trust_record.refused(error.plan, path, proofs=error.proofs))
        else:
            render.out(trust_view.proofs(error.proofs))
        raise


def _refuse(planned: Plan, path: Path, *, as_json: bool) -> int:
    """Say what keeps the store from being written."""
    if as_json:
        store_record.out(trust_record.refused(planned, path))
    for item in planned.left:
        render.error(RefusedError(f"{item.report.subject.label}: {item.reason}", remedy=item.remedy))
    if planned.needed and not planned.is_stopped:
        trust_plan.require_decided(planned)
    others = " --partial writes the store for the others." if planned.left and planned.served else ""
    render.say(f"Nothing was written.{others}")
    return outcome.worst(_codes(planned) or [outcome.Exit.FINDING])


def _codes(planned: Plan) -> list[outcome.Exit]:
    """Return a code for each service that gives no anchor: one that was not seen is one that nobody can tell about."""
    return [outcome.Exit.UNKNOWN if item.is_unseen else outcome.Exit.FINDING for item in planned.left]


def _noted(written: Written, notes: tuple[str, ...]) -> Written:
    return dataclasses.replace(written, notes=(*notes, *written.notes))


def _tell(trusted: Trusted, *, as_json: bool) -> None:
    """Print what was done, and what the consumer is to be told."""
    with store_change.told(trusted.written.path, trusted.written.state):
        if as_json:
            store_record.out(trust_record.done(trusted))
            return
        for sentence in trusted.written.notes:
            render.say(f"! {sentence}")
        render.out_whole(trust_view.result(trusted))
        render.out(trust_view.proofs(trusted.proofs))
        # Whole lines, however long, that can be copied as they stand.
        columns.out("".join(f"{option}\n" for option in trusted.settings.options))
        for sentence in trusted.settings.notes:
            render.say(f"! {sentence}")
