"""Chains that large sites really sent between 2023 and 2026: each has a path, and OpenSSL says the same of it."""

import json
import re
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import certifi
import pytest
from OpenSSL import crypto

from anchorkeep.judge import inspection, paths
from anchorkeep.judge.paths import PathSearch
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.finding import Severity
from anchorkeep.model.pool import Pool, Source, SourceKind

#: X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY of OpenSSL's x509_vfy.h.
MISSING = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """What a site sent at a time, leaf first, and the root that was found for it then."""

    host: str
    at: datetime
    sent: tuple[Certificate, ...]
    roots: tuple[Certificate, ...]


def decoded(*texts: str) -> tuple[Certificate, ...]:
    """Return the certificates of PEM texts."""
    pattern = r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----"
    return tuple(Certificate(b64decode(block)) for text in texts for block in re.findall(pattern, text, flags=re.DOTALL))


@cache
def captures(directory: Path) -> tuple[Capture, ...]:
    """Return all captures."""
    lines = (directory / "real-chains-2023-2026.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(
        Capture(
            host=record["host"],
            # Not the day it was recorded: one of them was recorded five days after its leaf had expired.
            at=datetime.fromisoformat(record["validation_time"]),
            sent=decoded(record["leaf"], *record["intermediates"]),
            roots=decoded(*record["roots"]),
        )
        for record in map(json.loads, lines)
    )


@cache
def mozillas() -> Pool:
    """Return certifi's list as it is today."""
    return Pool.of(decoded(certifi.contents()), Source(kind=SourceKind.MOZILLA, name="certifi"))


def known(capture: Capture) -> Pool:
    """Return what is known beforehand: certifi's list, and the root of the record, which may have left it since."""
    return mozillas() | Pool.of(capture.roots, Source(kind=SourceKind.FILE, name="roots of the record"))


def search(capture: Capture, *, at: datetime | None = None) -> PathSearch:
    """Return the paths of a capture, for its host, at its date or another."""
    return paths.build(capture.sent, known(capture), at=at or capture.at, name=capture.host)


def openssl_code(capture: Capture, *, at: datetime, roots: Sequence[Certificate]) -> int:
    """Return what OpenSSL says of a capture: 0, or the number of its error."""
    store = crypto.X509Store()
    for certificate in roots:
        store.add_cert(crypto.load_certificate(crypto.FILETYPE_ASN1, certificate.der))
    store.set_time(at.replace(tzinfo=None))
    leaf, *others = (crypto.load_certificate(crypto.FILETYPE_ASN1, certificate.der) for certificate in capture.sent)
    try:
        crypto.X509StoreContext(store, leaf, others).verify_certificate()
    except crypto.X509StoreContextError as error:
        return int(error.errors[0])
    return 0


def test_every_capture_verifies_at_its_date(vectors: Path) -> None:
    """Each of the 184 chains has a complete path that verifies at its date for its host."""
    failing = [(item.host, item.at) for item in captures(vectors) if not search(item).paths[0].verifies]
    assert (len(captures(vectors)), failing) == (184, [])


def test_no_capture_exhausts_the_search(vectors: Path) -> None:
    """Real chains need a small part of the budget."""
    searches = [search(item) for item in captures(vectors)]
    assert not [item for item in searches if item.exhausted is not None]
    assert max(item.steps for item in searches) <= 50
    assert max(item.signature_checks for item in searches) <= 50


def test_no_capture_has_an_error(vectors: Path) -> None:
    """At its date no chain that a large site sent has a finding that is an error."""
    errors = [
        (item.host, item.at, finding.id)
        for item in captures(vectors)
        for finding in inspection.inspect(item.sent, search(item), known(item), name=item.host)
        if finding.severity is Severity.ERROR
    ]
    assert errors == []


@pytest.mark.parametrize("days", [0, -4000, 1000], ids=["at its date", "long before", "long after"])
def test_openssl_agrees_at_any_time(vectors: Path, days: int) -> None:
    """OpenSSL's verdict on each chain is ours, at its date and when it is not valid."""
    for capture in captures(vectors):
        at = capture.at + timedelta(days=days)
        ours = search(capture, at=at).paths[0].verifies
        assert (openssl_code(capture, at=at, roots=known(capture).certificates) == 0) is ours
        assert ours is (days == 0)


def test_openssl_agrees_without_a_root(vectors: Path) -> None:
    """Without any root known, neither OpenSSL nor we find a path that verifies."""
    for capture in captures(vectors):
        assert openssl_code(capture, at=capture.at, roots=()) == MISSING
        assert not paths.build(capture.sent, Pool(), at=capture.at, name=capture.host).paths[0].verifies


def test_openssl_agrees_without_the_intermediates(vectors: Path) -> None:
    """With the leaf alone, neither OpenSSL nor we find a path."""
    for capture in captures(vectors):
        alone = Capture(host=capture.host, at=capture.at, sent=capture.sent[:1], roots=capture.roots)
        assert openssl_code(alone, at=alone.at, roots=known(alone).certificates) == MISSING
        assert not search(alone).paths[0].verifies


def test_another_host_is_a_mismatch(vectors: Path) -> None:
    """No chain verifies for a host that it is not for."""
    for capture in captures(vectors):
        path = paths.build(capture.sent, known(capture), at=capture.at, name="www.example.org").paths[0]
        assert [problem.id for problem in path.problems] == ["name-mismatch"]
