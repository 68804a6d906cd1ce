"""A sheet of certificates to lay beside a vendor's page: names, dates and fingerprints, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType

from anchorkeep.actions.export import once
from anchorkeep.cli import certificate_view, render
from anchorkeep.errors import CertificateError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anchorkeep.actions.selection import Chosen
    from anchorkeep.model.certificate import Certificate


def table(chosen: Sequence[Chosen]) -> RenderableType:
    """Return the certificates one below the other, each once."""
    parts: list[RenderableType] = []
    for item in once(chosen):
        parts += _entry(item)
    return Group(*parts)


def _entry(item: Chosen) -> list[RenderableType]:
    certificate = item.certificate
    rows: list[tuple[str, RenderableType | str]] = [
        ("role", item.role),
        *_dated(certificate),
        ("SHA-256", certificate_view.fingerprint(certificate.sha256)),
        ("SHA-1", certificate_view.fingerprint(certificate.sha1)),
    ]
    return [render.text(certificate.title, "bold"), render.indented(render.facts(rows)), ""]


def _dated(certificate: Certificate) -> list[tuple[str, RenderableType | str]]:
    try:
        return [
            ("subject", str(certificate.subject)),
            ("issuer", str(certificate.issuer)),
            ("serial number", f"{certificate.serial_number:x}"),
            ("valid", f"{certificate.not_before:%Y-%m-%d %H:%M:%S} to {certificate.not_after:%Y-%m-%d %H:%M:%S} UTC"),
        ]
    except CertificateError as error:
        return [("problem", error.message)]
