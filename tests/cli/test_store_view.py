from dataclasses import replace
from pathlib import Path

import pytest

from anchorkeep.cli import store_view
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.finding import Finding, Severity
from tests.data import stores
from tests.peers.command import run

NAMES = ("one", "two", "three", "four", "five")


def finding(certificate: Certificate, *, said: str = "is odd", id_: str = "certificate-malformed") -> Finding:
    """Return a note about a certificate."""
    message = f"{certificate.title} {said}"
    return Finding(id=id_, severity=Severity.NOTE, message=message, remedy="Ask.", certificates=(certificate,))


def test_same_of_many_is_said_once() -> None:
    """Findings that differ in the certificate's name alone are one, which names some and counts the rest."""
    (shown,) = store_view.together([finding(stores.certificate(name)) for name in NAMES])
    assert (shown.message, shown.remedy) == ("one, two, three and 2 more: each is odd", "Ask.")
    (shown,) = store_view.together([finding(stores.certificate(name)) for name in NAMES[:2]])
    assert shown.message == "one, two: each is odd"


def test_what_differs_stays_apart() -> None:
    """A finding of its own stays as it is: another text, another identifier, no name at its beginning, the whole store."""
    one, two, three, four = (finding(stores.certificate(name)) for name in NAMES[:4])
    items = [
        one,
        finding(stores.certificate("two"), said="is old"),
        replace(three, id="weak-key"),
        replace(four, message="Something is odd"),
        replace(four, message="Something is odd"),
        replace(two, certificates=()),
        replace(two, certificates=(*one.certificates, *two.certificates)),
    ]
    assert store_view.together(items) == items
    assert store_view.together([]) == []


@pytest.mark.parametrize("command", ["show", "verify"])
def test_weak_check_is_said_once(tmp_path: Path, command: str) -> None:
    """What is a finding is no note beside it; `list`, which has no findings, has the note."""
    path = tmp_path / "old.bks"
    path.write_bytes(stores.bks(stores.bks_trusted("one", stores.certificate("one")), version=1))
    judged, listed = run("store", command, path, width=300), run("store", "list", path, width=300)
    assert ("16 bits" in judged.err, "integrity-key-short" in judged.out) == (False, True)
    assert ("changeit" in judged.err, "16 bits" in listed.err) == (True, True)
