"""How a report looks on a terminal: the path as a tree down from the root, days left, facts of the leaf, findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from anchorkeep.cli import certificate_view, looks_view, render
from anchorkeep.errors import CertificateError
from anchorkeep.judge import identity
from anchorkeep.model.chain import FailedObservation
from anchorkeep.model.pool import SourceKind
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from anchorkeep.actions.show import Report
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.chain import CertificationPath
    from anchorkeep.model.pool import Source

#: Said once under every summary, since silence would be taken for a check.
NOT_CHECKED = "Not checked: revocation (OCSP, CRL)."
_SHORT_SOURCES = {
    SourceKind.MOZILLA: "Mozilla's list",
    SourceKind.JAVA: "a Java cacerts",
    SourceKind.SYSTEM: "system bundle",
    SourceKind.FILE: "your file",
    SourceKind.AIA: "its issuer URL",
    SourceKind.EVIDENCE: "evidence",
}
#: Names of a leaf that the summary shows.
_NAMES = 6
_MANY_PATHS = 10
#: Columns from which there is room for the place each certificate was found in, and for its role and its last day.
_WIDE, _NARROW = 100, 60


def report(item: Report, *, details: bool = False, same_as: str | None = None) -> RenderableType:
    """
    Return a report of one subject, ready to print.

    Args:
        item: the report.
        details: every field of every certificate, and every path.
        same_as: the label of a subject shown before that sent the same certificates, which then are not shown again.
    """
    parts: list[RenderableType] = [_heading(item)]
    if isinstance(item.outcome, FailedObservation):
        parts.append(_failed(item.outcome))
        return Group(*parts)
    if same_as is not None:
        parts.append(render.indented(render.text(f"the same certificates as {same_as}", "dim")))
    elif item.best is not None:
        parts += [render.indented(_tree(item, item.best)), render.indented(_summary(item, item.best))]
    elif item.is_list:
        parts.append(render.indented(_count(item)))
    else:
        what = "The file holds no certificate." if item.is_from_file else "No certificate was sent."
        parts.append(render.indented(render.text(what)))
    looks = looks_view.views(item)
    if looks is not None:
        parts.append(render.indented(looks))
    if details and same_as is None:
        parts += [render.indented(part) for part in _details(item)]
    if item.findings:
        parts += ["", render.indented(render.findings(item.findings)), ""]
    elif same_as is None:
        parts.append("")
    if not item.is_list:
        parts.append(render.indented(_verdict(item)))
    return Group(*parts)


def listing(item: Report) -> RenderableType:
    """Return the certificates of a store as a list with findings; they have nothing to do with each other."""
    table = Table.grid(padding=(0, 2))
    table.add_column(ratio=1, overflow="fold")
    for name in ("until", "key", "SHA-256"):
        table.add_column(name, no_wrap=True)
    for certificate in item.sent:
        table.add_row(
            render.text(certificate.title),
            render.text(_until(certificate)),
            render.text(_key(certificate), "dim"),
            render.text(certificate.sha256.hex()[:16], "dim"),
        )
    parts: list[RenderableType] = [_heading(item), render.indented(table), render.indented(_count(item))]
    if item.findings:
        parts += ["", render.indented(render.findings(item.findings))]
    return Group(*parts)


def _count(item: Report) -> Text:
    return render.text(counted(len(item.sent), "certificate"), "dim")


def _heading(item: Report) -> Text:
    line = Text(no_wrap=False, overflow="fold")
    line.append_text(render.text(item.subject.label, "bold"))
    if item.subject.environment:
        line.append_text(render.text(f"  {visible(item.subject.environment)}", "cyan"))
    outcome = item.outcome
    if not isinstance(outcome, FailedObservation):
        facts = [visible(fact) for fact in (outcome.tls_version, outcome.cipher) if fact]
        line.append_text(render.text("".join(f"  {fact}" for fact in facts), "dim"))
    if outcome.address is not None:
        line.append_text(render.text(f"  {outcome.address}", "dim"))
    if outcome.proxy is not None:
        line.append_text(render.text(f"  through the proxy {outcome.proxy}", "dim"))
    if item.at != outcome.observed_at or item.subject.recorded is not None:
        line.append_text(render.text(f"  as of {item.at:%Y-%m-%d %H:%M} UTC", "dim"))
    return line


def _failed(outcome: FailedObservation) -> RenderableType:
    failure = outcome.failure
    line = Text.assemble(
        ("✗ ", "bold red"), render.text(f"{failure.stage}: {failure.message}"), render.text(f"  [{failure.reason}]", "dim")
    )
    return render.indented(Group(line, render.remedy(failure.remedy)) if failure.remedy else line)


def _tree(item: Report, path: CertificationPath) -> Table:
    """Return the path as a tree, the root on top; a narrow screen is left to the names and the time that is left."""
    width = render.width()
    # The source is the first to go, for the summary names the root's.
    shown = ("role", "source", "until") if width >= _WIDE else ("role", "until") if width >= _NARROW else ()
    table = Table.grid(padding=(0, 2))
    table.add_column(ratio=1, overflow="fold")
    for _ in shown:
        table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    downward = list(reversed(path.certificates))
    has_gap = not path.is_complete and not item.is_self_signed
    if has_gap:
        table.add_row(render.text(f"? {_issuer(path.certificates[-1])}", "yellow"), render.text("not found", "yellow"))
    for depth, certificate in enumerate(downward):
        level = depth + has_gap
        branch = "" if level == 0 else "   " * (level - 1) + "└─ "
        facts = {
            "role": render.text("self-signed" if item.is_self_signed else _role(path, certificate), "dim"),
            "source": render.text(_short_source(item.sources(certificate), certificate == path.root), "dim"),
            "until": render.text(_until(certificate)),
        }
        table.add_row(_titled(branch, certificate), *(facts[name] for name in shown), _left(certificate, item.at))
    return table


def _titled(branch: str, certificate: Certificate) -> RenderableType:
    """Return the title behind its branch; a title that needs more lines stays right of the branch."""
    if not branch:
        return render.text(certificate.title, "bold")
    grid = Table.grid()
    grid.add_column(no_wrap=True, width=len(branch))
    grid.add_column(ratio=1, overflow="fold")
    grid.add_row(render.text(branch, "dim"), render.text(certificate.title))
    return grid


def _summary(item: Report, path: CertificationPath) -> RenderableType:
    leaf = path.certificates[0]
    rows: list[tuple[str, RenderableType | str]] = []
    try:
        names = identity.presented(leaf)
        more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
        rows.append(("names", (", ".join(visible(name, limit=80) for name in names[:_NAMES]) + more) or "none"))
        rows.append(("key", f"{leaf.public_key.label}, signed with {leaf.signature_label}"))
    except CertificateError as error:
        rows.append(("problem", error.message))
    rows.append(("SHA-256", certificate_view.fingerprint(leaf.sha256)))
    if path.root is not None:
        places = [source.name for source in item.pool.sources(path.root)]
        origin = "file" if item.is_from_file else "server"
        named = "; ".join(visible(place, limit=120) for place in places)
        rows.append(("root from", named or f"the {origin} itself, and nowhere else"))
    if item.search is not None and len(item.search.paths) > 1:
        others = [other for other in item.search.paths[1:_MANY_PATHS] if other.is_complete]
        if others:
            rows.append(("other paths", "; ".join(f"to {other.certificates[-1].title}" for other in others)))
    return Group("", render.facts(rows))


def _details(item: Report) -> Iterator[RenderableType]:
    shown = dict.fromkeys((*item.sent, *(item.best.certificates if item.best else ())))
    for number, certificate in enumerate(shown, start=1):
        sources = ", ".join(visible(source.name, limit=120) for source in item.sources(certificate))
        yield ""
        yield certificate_view.details(certificate, heading=f"{number}. {certificate.title}", sources=sources)
    if item.search is not None:
        yield ""
        for number, path in enumerate(item.search.paths[:_MANY_PATHS], start=1):
            yield certificate_view.path_line(path, number)


def _verdict(item: Report) -> RenderableType:
    """Say in one line what the best path comes to."""
    path = item.best
    if path is None:
        return render.text("✗ Nothing to judge.", "bold red")
    name = item.outcome.endpoint.reference_identity if item.outcome.endpoint else None
    whom = f" for {visible(name)}" if name else ""
    if path.verifies:
        kind = "a public root" if path.is_public else "a root that is not public"
        line = render.text(f"✓ Verifies{whom} up to {kind}; {_days(path, item.at)}.", "green")
    else:
        line = render.text(f"✗ Does not verify{whom}.", "bold red")
    return Group(line, render.text(NOT_CHECKED, "dim"))


def _days(path: CertificationPath, at: datetime) -> str:
    first = min(path.certificates, key=lambda certificate: certificate.not_after)
    return f"{counted((first.not_after - at).days, 'day')} left"


def _role(path: CertificationPath, certificate: Certificate) -> str:
    if certificate == path.root:
        return "root"
    return "leaf" if certificate == path.certificates[0] else "intermediate"


def _short_source(sources: tuple[Source, ...], is_root: bool) -> str:  # noqa: FBT001 (a private step)
    """Return the one place to name: for a root the most telling, else that it was sent."""
    order = [
        SourceKind.MOZILLA,
        SourceKind.FILE,
        SourceKind.SYSTEM,
        SourceKind.JAVA,
        SourceKind.SENT,
        SourceKind.AIA,
        SourceKind.EVIDENCE,
    ]
    if not is_root:
        order.insert(0, SourceKind.SENT)
    found = {source.kind: _SHORT_SOURCES.get(source.kind, source.name) for source in sources}
    return next((found[kind] for kind in order if kind in found), "")


def _until(certificate: Certificate) -> str:
    try:
        return f"{certificate.not_after:%Y-%m-%d}"
    except CertificateError:
        return "?"


def _key(certificate: Certificate) -> str:
    try:
        return certificate.public_key.label
    except CertificateError:
        return "?"


def _issuer(certificate: Certificate) -> str:
    try:
        return certificate.issuer.title
    except CertificateError:
        return "(an issuer that cannot be read)"


def _left(certificate: Certificate, at: datetime) -> Text:
    """Return what is left of a certificate's time, signed: an expired one has none."""
    try:
        first, last = certificate.not_before, certificate.not_after
    except CertificateError:
        return Text("?")
    if at < first:
        return render.text("not yet valid", "bold red")
    days = (last - at).days
    if days < 0:
        return render.text(f"expired {(at - last).days} d ago", "bold red")
    if days >= 730:  # noqa: PLR2004 (from two years on, days say nothing to a person)
        return render.text(f"{days // 365} years", "dim")
    return render.text(f"{days} days", "yellow" if days < 15 else "green")  # noqa: PLR2004 (two weeks)
