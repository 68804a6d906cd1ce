"""How a store looks in full on a terminal: how it is protected, which Java opens it, its entries one below the other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from anchorkeep.cli import certificate_view, render, store_entry
from anchorkeep.errors import CertificateError
from anchorkeep.model.truststore import OtherEntry, PrivateKeyEntry, TrustedCertEntry
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from anchorkeep.actions.store import Opened
    from anchorkeep.actions.store_verify import Examined
    from anchorkeep.judge.opening import Opening
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.finding import Finding
    from anchorkeep.model.truststore import Entry, Protection

#: Certificates named of which the same is so.
_NAMED = 3


def full(item: Examined, entries: Sequence[Entry], *, details: bool) -> RenderableType:
    """
    Return a store in full.

    Args:
        item: the store.
        entries: those to show, in their order.
        details: every field and extension of every certificate.
    """
    parts: list[RenderableType] = [_heading(item.opened), render.indented(_facts(item.opened))]
    parts += ["", render.text("Which Java opens it", "bold"), render.indented(_openings(item.openings))]
    if item.findings:
        parts += ["", render.text("Findings", "bold"), render.indented(render.findings(together(item.findings)))]
    for entry in entries:
        parts += ["", render.text(f"{store_entry.alias(entry)}  ({store_entry.kind(entry)})", "bold")]
        parts += [render.indented(part) for part in _entry(entry, details=details)]
    return Group(*parts)


def short(item: Examined) -> RenderableType:
    """Return in short whether a store is in order: who does not open it, and what is to be said of it."""
    closed = [each for each in item.openings if not (each.opens and each.opens_keys)]
    parts: list[RenderableType] = [_heading(item.opened)]
    if closed:
        parts.append(render.indented(_openings(closed)))
    elif item.openings:
        names = "every Java" if len(item.openings) > 1 else _named(item.openings[0])
        parts.append(render.indented(render.text(f"{names} opens it", "green")))
    if item.findings:
        parts.append(render.indented(render.findings(together(item.findings))))
    else:
        parts.append(render.indented(render.text("✓ Nothing to object to.", "green")))
    return Group(*parts)


def notes(opened: Opened, *, is_one_of_several: bool, is_judged: bool = False) -> None:
    """
    Say on stderr what is to be said of the reading of a store.

    Args:
        opened: the store.
        is_one_of_several: whether it is to be said of which one.
        is_judged: whether its findings are shown too, which say some of it.
    """
    which = f"{render.path(opened.path)}: " if is_one_of_several else ""
    for item in opened.notes:
        if not (is_judged and item in opened.doubts):
            render.say(f"! {which}{item}")


def together(findings: Sequence[Finding]) -> list[Finding]:
    """
    Return findings, those of many certificates that differ in the certificate's name alone as one, where the first stands.

    A runtime's own store has a dozen old roots of which the same is so.
    """
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for number, item in enumerate(findings):
        said = _said_of_one(item)
        groups.setdefault((item.id, item.remedy, said or str(number)), []).append(item)
    return [_of_many(items) for items in groups.values()]


def _said_of_one(item: Finding) -> str:
    """Return what a finding says behind the name of the one certificate that it is about, empty where it is no such finding."""
    if len(item.certificates) != 1:
        return ""
    name = f"{item.certificates[0].title} "
    return item.message.removeprefix(name) if item.message.startswith(name) else ""


def _of_many(items: Sequence[Finding]) -> Finding:
    if len(items) == 1:
        return items[0]
    names = ", ".join(item.certificates[0].title for item in items[:_NAMED])
    more = f" and {len(items) - _NAMED:,} more" if len(items) > _NAMED else ""
    return replace(items[0], message=f"{names}{more}: each {_said_of_one(items[0])}")


def _heading(opened: Opened) -> Text:
    return render.text(store_entry.heading(opened), "bold")


def _facts(opened: Opened) -> RenderableType:
    store = opened.store
    rows: list[tuple[str, RenderableType | str]] = [("entries", store_entry.counts(store.entries))]
    rows += [(str(item.part), _protection(item)) for item in store.protection]
    return render.facts(rows)


def _protection(item: Protection) -> str:
    rounds = "" if item.iterations is None else f", {counted(item.iterations, 'iteration')}"
    return f"{visible(item.algorithm)}{rounds}"


def _openings(items: Iterable[Opening]) -> RenderableType:
    return render.facts([(_named(item), _opening(item)) for item in items])


def _named(item: Opening) -> str:
    """Return what to call a runtime: one found at a path is known by its number alone."""
    label = visible(item.java.label)
    return f"Java {label}" if label[:1].isdigit() else label


def _opening(item: Opening) -> Text:
    if not item.opens:
        word, style = "no", "red"
    elif not item.opens_keys:
        word, style = "its certificates, not its keys", "yellow"
    else:
        word, style = "yes", "green"
    reason = f", {item.reason}" if item.reason else ""
    return Text.assemble(
        render.text(word, style), render.text(reason), render.text("" if item.is_proved else "  (modelled, not proved)", "dim")
    )


def _entry(entry: Entry, *, details: bool) -> list[RenderableType]:
    parts: list[RenderableType] = []
    if not isinstance(entry, OtherEntry) and entry.created is not None:
        parts.append(render.facts([("created", f"{entry.created:%Y-%m-%d %H:%M:%S} UTC")]))
    match entry:
        case TrustedCertEntry():
            parts.append(_certificate(entry.certificate, details=details))
        case PrivateKeyEntry():
            for number, item in enumerate(entry.chain):
                parts += ["", _certificate(item, details=details)] if number else [_certificate(item, details=details)]
        case OtherEntry():
            parts.append(render.text(f"{entry.kind}, {counted(len(entry.data), 'octet')}: carried, not read", "dim"))
        case _:
            parts.append(render.text("a secret key: carried, not read", "dim"))
    return parts


def _certificate(certificate: Certificate, *, details: bool) -> RenderableType:
    if details:
        return certificate_view.details(certificate, heading=certificate.title, sources="")
    try:
        rows: list[tuple[str, RenderableType | str]] = [
            ("subject", str(certificate.subject)),
            ("issuer", str(certificate.issuer)),
            ("valid", f"{certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}"),
            ("key", f"{certificate.public_key.label}, signed with {certificate.signature_label}"),
        ]
    except CertificateError as error:
        rows = [("problem", error.message)]
    return render.facts([*rows, ("SHA-256", certificate_view.fingerprint(certificate.sha256))])
