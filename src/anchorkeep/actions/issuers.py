"""
Complete a path whose next issuer was not sent and is in no pool, with what its certificates name (caIssuers).

The story: ask for the issuers of the path's last certificate, put what came into the pool as candidates, search again; up to
three times. A signature decides what is an issuer; where a root was fetched this way it stays hearsay.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from anchorkeep.actions import show
from anchorkeep.errors import CertificateError
from anchorkeep.judge import retrieval, signature
from anchorkeep.judge.signature import Signature
from anchorkeep.model.chain import ObservedChain
from anchorkeep.model.pool import Pool, Source, SourceKind
from anchorkeep.model.retrieval import Retrieval
from anchorkeep.observe import aia
from anchorkeep.observe.aia import Allowance

if TYPE_CHECKING:
    from anchorkeep.actions.show import Report
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.observe.aia import Retriever

#: Certificates above the chain that are fetched one after the other. Real chains lack one, with a cross-signed root two.
MAX_HOPS = 3
#: Seconds for one chain in all: as many requests as hops, each as long as one may be.
MAX_SECONDS = 15.0


def is_wanting(report: Report) -> bool:
    """
    Return whether a path lacks an issuer that its last certificate says where to find.

    Only for a service: a file is looked at as it stands, and causes no request.
    """
    return bool(
        report.subject.recorded is None
        and isinstance(report.outcome, ObservedChain)
        and report.best is not None
        and not report.best.is_complete
        and _locations(report.best.certificates[-1])
    )


async def complete(report: Report, retriever: Retriever) -> Report:
    """
    Return the report with the issuers that could be fetched, judged anew for the same moment, and a note for each failure.

    A report that lacks no issuer is returned as it is.
    """
    attempts: list[Retrieval] = []
    try:
        async with asyncio.timeout(MAX_SECONDS):
            allowance = Allowance()
            for _ in range(MAX_HOPS):
                above = await _climb(report, retriever, allowance, attempts)
                if above is None:
                    break
                report = above
    except TimeoutError:
        last = report.best.certificates[-1] if report.best else report.sent[-1]
        message = f"A chain may take {MAX_SECONDS:g} s in all, and they are over."
        attempts.append(Retrieval(certificate=last, url=_locations(last)[0], reason="timeout", message=message))
    notes = retrieval.inspect(attempts)
    return replace(report, findings=(*report.findings, *notes)) if notes else report


async def _climb(report: Report, retriever: Retriever, allowance: Allowance, attempts: list[Retrieval]) -> Report | None:
    """Ask for the issuer of the path's last certificate, and return the report with it; None where nothing is to be won."""
    if not is_wanting(report) or report.best is None:
        return None
    last = report.best.certificates[-1]
    approach = report.subject.approach
    for url in _locations(last):
        found = await retriever.retrieve(last, url, allowance=allowance, proxy=approach.proxy if approach else None)
        if found.reason is None and not any(signature.check(last, item) is Signature.VALID for item in found.certificates):
            message = f"What was there did not sign {last.title}."
            found = replace(found, reason="wrong-certificate", message=message)
        attempts.append(found)
        if found.reason is None:
            pool = report.pool | Pool.of(found.certificates, Source(kind=SourceKind.AIA, name=url))
            above = show.judge(report.subject, report.outcome, pool=pool, at=report.at)
            return above if above.best and above.best.certificates != report.best.certificates else None
    return None


def _locations(certificate: Certificate) -> tuple[str, ...]:
    try:
        return () if certificate.is_self_issued else aia.locations(certificate)
    except CertificateError:
        return ()
