"""
What goes into a store: the certificates of files, of services, and of what is known beforehand.

Rules kept here:
- a file is taken as it is, for a person named it; its integrity must have been checked where it has any;
- a service, or a record of one, is looked at as by `show`, and what nobody but the network vouches for goes in only with its
  fingerprint, whichever part of the chain is asked for.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anchorkeep.actions import roots
from anchorkeep.actions import store as stores
from anchorkeep.cli import columns, store_password
from anchorkeep.errors import RefusedError, UsageError
from anchorkeep.formats import evidence
from anchorkeep.host import file
from anchorkeep.judge.decision import ASK
from anchorkeep.model import edit
from anchorkeep.model.chain import FailedObservation
from anchorkeep.model.finding import Severity
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from anchorkeep.actions.selection import Part
    from anchorkeep.actions.show import Report
    from anchorkeep.model.certificate import Certificate

#: What is known beforehand and can be taken as a whole.
POOLS = ("mozilla", "java", "system")


def gather(
    asked: Mapping[str, Any], pools: Sequence[str], *, parts: Sequence[str], accepted: Collection[bytes], at: datetime | None
) -> tuple[Certificate, ...]:
    """
    Return the certificates to put into a store, each once: those of the pools first, then those of each target in order.

    Args:
        asked: the targets and how to reach them, as the options of `options.sources` name it; none is fine where there are pools.
            What looks at services is loaded only where there is one to be looked at.
        pools: names of `POOLS`.
        parts: which certificates of a chain; none takes the root of a service's, and all of a file.
        accepted: SHA-256 fingerprints that a person vouches for.
        at: the time to judge for, None for now.

    Raises:
        RefusedError: a part is not there, or nothing but the network vouches for it.
        StoreIntegrityError: a file's integrity cannot be checked.
        AnchorkeepError: a target cannot be read.
    """
    environments: tuple[str, ...] = asked["environments"]
    password = store_password.given(asked["storepass_file"], asked["storepass_env"], option="srcstorepass")
    is_observed = bool(parts or asked["servername"] or asked["connect"] or asked["starttls"])
    held = {text: None if is_observed else _held(text, password, accepted) for text in dict.fromkeys(asked["targets"])}
    others = tuple(text for text, certificates in held.items() if certificates is None)
    chosen: list[tuple[Certificate, ...]] = []
    if others or environments:
        chosen = _observed({**asked, "targets": others}, parts, accepted, at)
    seen = dict(zip(others, chosen[len(environments) :], strict=True))
    groups = [_known(pools, asked["config"]), *chosen[: len(environments)], *(held[text] or seen[text] for text in held)]
    return tuple(dict.fromkeys(certificate for group in groups for certificate in group))


def _known(pools: Sequence[str], config: Path | None) -> tuple[Certificate, ...]:
    """Return what is known beforehand in the pools that are named."""
    if not pools:
        return ()
    from anchorkeep.cli import settings

    places = settings.load(config).places
    asked = replace(places, mozilla="mozilla" in pools, java="java" in pools, system="system" in pools, files=())
    gathered = roots.gather(asked)
    for note in gathered.notes:
        columns.say(f"! {note}")
    return tuple(dict.fromkeys(certificate for certificate, _ in gathered.pool.entries))


def _held(text: str, password: str | None, accepted: Collection[bytes]) -> tuple[Certificate, ...] | None:
    """
    Return the certificates that a file says to trust, and those of it that a person vouches for.

    None where the target is no file, or a record of what a service showed.
    """
    if "://" in text or not (text == "-" or file.is_named(text)):
        return None
    data = file.read_stdin() if text == "-" else file.read(Path(text))
    if evidence.is_evidence(data):
        if text == "-":
            raise UsageError("A record of what a service showed is not taken from standard input.", remedy="Name a file.")
        return None
    name = "standard input" if text == "-" else text
    opened = store_password.verified(Path(name), password, option="srcstorepass", data=data)
    store = opened.store
    said = (*(f"{visible(name)}: {note}" for note in opened.notes), roots.beside(store, name=name), stores.untagged(opened))
    for note in filter(None, said):
        columns.say(f"! {note}")
    if not store.certificates:
        raise RefusedError(f"{visible(name)} holds no certificate.")
    edit.require_trusted(store, accepted=accepted)
    vouched = (certificate for certificate in store.certificates if certificate.sha256 in accepted)
    chosen = tuple(dict.fromkeys((*store.trusted, *vouched)))
    if not chosen:
        message = f"{visible(name)} holds no certificate that is to be trusted"
        message += ", only those of its private keys." if store.has_private_keys else "."
        raise RefusedError(message, remedy="Say which with --select, or with --accept-fingerprint and its SHA-256.")
    return chosen


def _observed(
    asked: dict[str, Any], parts: Sequence[str], accepted: Collection[bytes], at: datetime | None
) -> list[tuple[Certificate, ...]]:
    """
    Look at services, records and files in which a part was asked for, and choose; of each environment and target by itself.

    What is found wrong with a chain is said, and is no reason to refuse what is vouched for.
    """
    from anchorkeep.actions.selection import Part
    from anchorkeep.cli import looking, outcome, render

    wanted = [Part(part) for part in parts] or [Part.ROOT]
    groups = looking.look_at_each(looking.request(asked), at=at)
    for report in (report for group in groups for report in group if outcome.of_findings(report.findings, Severity.WARNING)):
        render.say(render.text(report.subject.label, "bold"))
        render.say(render.indented(render.findings(report.findings)))
    return [tuple(item for report in group for item in _vouched(report, wanted, accepted)) for group in groups]


def _vouched(report: Report, parts: Sequence[Part], accepted: Collection[bytes]) -> tuple[Certificate, ...]:
    """Return the parts of what was seen, where something known beforehand vouches for them, or a person."""
    from anchorkeep.actions import selection

    if not isinstance(report.outcome, FailedObservation):
        for certificate, reason in selection.unvouched(report, parts):
            if certificate.sha256 not in accepted:
                message = f"{report.subject.label}: {certificate.title} was not added: {reason}."
                fingerprint = certificate.sha256.hex()
                remedy = f"{ASK}; then add --accept-fingerprint {fingerprint}"
                raise RefusedError(message, remedy=remedy)
    return tuple(item.certificate for item in selection.choose(report, parts, accepted=accepted))
