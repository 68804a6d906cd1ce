"""
Hold what services present against a store, as each of several runtimes judges it: trusted or not, until when, and why not.

Nothing is written and no runtime is run. A store that a runtime cannot open trusts nothing there, and is told apart from one that
lacks an anchor.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep.errors import UsageError
from anchorkeep.host import java_runtime, jre
from anchorkeep.judge import java_anchors
from anchorkeep.judge.opening import opening
from anchorkeep.judge.outlook import Outlook, outlook
from anchorkeep.judge.runtimes import java_table, table
from anchorkeep.model.runtime import JavaRuntime
from anchorkeep.model.trust_anchors import TrustAnchors
from anchorkeep.model.verdict import Kind, Question, refused
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anchorkeep.actions.show import Report
    from anchorkeep.actions.store import Opened
    from anchorkeep.judge.assess import Judged

#: Runtimes that can be named besides Java's.
NAMES = (*java_table.LABELS, "openssl", "openssl-partial", "gnutls", "webpki", "webpki-permissive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """
    What one runtime says of one service.

    Attributes:
        report: the service and what it presents.
        runtime: whose rules were applied.
        outlook: what it says now and until when, None where the service presented nothing.
    """

    report: Report
    runtime: Judged
    outlook: Outlook | None


def runtimes(named: Sequence[str], java_home: Path | None) -> tuple[Judged, ...]:
    """
    Return the runtimes of those names, or paths of Java runtimes; of none the Javas of this machine, and OpenSSL.

    Raises:
        UsageError: there is no such name, or no Java whose rules are known at that path.
    """
    if named:
        return tuple(dict.fromkeys(map(_named, named)))
    found = (java_runtime.read(item) for item in jre.find(java_home))
    openssl = table.known("openssl")
    return tuple(item for item in (*found, openssl) if item is not None)


def _named(text: str) -> Judged:
    known = table.known(text)
    if known is not None:
        return known
    path = Path(text)
    found = jre.inspect(path) if path.is_dir() else None
    runtime = None if found is None else java_runtime.read(found)
    if runtime is None:
        message = f"{visible(text, limit=200)} is no runtime whose rules are known, and no Java's directory."
        raise UsageError(message, remedy=f"Name one of {', '.join(NAMES)}, or the directory of a Java.")
    return runtime


def check(opened: Opened, reports: Sequence[Report], judges: Sequence[Judged]) -> tuple[Checked, ...]:
    """
    Return what each runtime says of each service, the services in their order.

    Args:
        opened: the store.
        reports: what the services present, each judged for its own time.
        judges: the runtimes.
    """
    everywhere = TrustAnchors(tuple(dict.fromkeys(opened.store.trusted)))
    anchors = {False: everywhere, True: TrustAnchors(java_anchors.anchors(opened.store, with_keys=True))}
    found = []
    for report in reports:
        for runtime in judges:
            told = _outlook(opened, report, runtime, anchors[isinstance(runtime, JavaRuntime)]) if report.sent else None
            found.append(Checked(report=report, runtime=runtime, outlook=told))
    return tuple(found)


def _outlook(opened: Opened, report: Report, runtime: Judged, anchors: TrustAnchors) -> Outlook:
    if isinstance(runtime, JavaRuntime):
        opens = opening(opened.store, runtime.version, password=opened.password)
        if not opens.opens:
            return Outlook(verdict=refused(Kind.NOT_READ, f"It does not open the store: {opens.reason}. {opens.remedy}".rstrip()))
    name = None if report.subject.endpoint is None else report.subject.endpoint.reference_identity
    told = outlook(Question(chain=report.sent, anchors=anchors, name=name, at=report.at), runtime)
    if told.verdict.kind is Kind.EMPTY_STORE and opened.store.certificates:
        message = "It sees no trusted certificate in the store, though the file holds some: they are not marked as trusted."
        return replace(told, verdict=refused(Kind.EMPTY_STORE, message))
    return told
