import json
from pathlib import Path

import pytest

from anchorkeep.actions import evidence
from anchorkeep.actions.show import Report
from anchorkeep.errors import FileError, RefusedError
from anchorkeep.formats import evidence as codec
from tests.peers import reports
from tests.peers.reports import pki


def written(*found: Report) -> bytes:
    """Return reports as an evidence file."""
    return json.dumps(evidence.document(found)).encode()


def test_document_is_read_back() -> None:
    """What was seen is read back as it was, failures too."""
    found = (reports.good(), reports.failed())
    assert codec.loads(written(*found)) == tuple(item.outcome for item in found)


def test_document_says_what_it_is() -> None:
    """A document names its format and version, who wrote it and what nobody looked at."""
    document = evidence.document([])
    assert (document["format"], document["version"], document["observations"]) == ("anchorkeep.evidence", 1, [])
    assert document["product"].startswith("anchorkeep ")
    assert document["not_checked"] == ["revocation"]


def test_certificates_that_were_not_sent_say_where_they_were_found() -> None:
    """The root of the path is in the document with its place, beside what was sent."""
    (observation,) = evidence.document([reports.good()])["observations"]
    assert [item["sha256"] for item in observation["certificates"]] == [pki().leaf.sha256.hex(), pki().intermediate.sha256.hex()]
    (root,) = observation["found"]
    assert (root["sha256"], root["sources"]) == (pki().root.sha256.hex(), [{"kind": "file", "name": "some file"}])


def test_paths_and_verdict_are_kept() -> None:
    """The best path stands first, by fingerprints, with the verdict."""
    (observation,) = evidence.document([reports.good()])["observations"]
    best = [item.sha256.hex() for item in (pki().leaf, pki().intermediate, pki().root)]
    assert observation["paths"][0]["certificates"] == best
    assert (observation["verifies"], observation["paths"][0]["not_sent"]) == (True, 1)


def test_problem_of_path_is_kept() -> None:
    """A path that does not verify says why, and at which certificate."""
    report = reports.report((pki().expired, pki().intermediate), reports.pool(pki().root))
    (observation,) = evidence.document([report])["observations"]
    assert not observation["verifies"]
    assert [(item["id"], item["position"]) for item in observation["paths"][0]["problems"]] == [("expired", 0)]
    assert "expired" in [item["id"] for item in observation["findings"]]


def test_finding_names_its_certificates() -> None:
    """A finding is written with its severity's word and the fingerprints it is about."""
    report = reports.report((pki().leaf, pki().leaf, pki().intermediate), reports.pool(pki().root))
    finding = next(item for item in report.findings if item.id == "certificate-duplicate")
    assert evidence.finding(finding) == {
        "id": "certificate-duplicate",
        "severity": "warning",
        "message": finding.message,
        "remedy": finding.remedy,
        "certificates": [pki().leaf.sha256.hex()],
    }


def test_failure_has_no_verdict() -> None:
    """A service that could not be looked at has a failure, no paths and does not verify."""
    (observation,) = evidence.document([reports.failed()])["observations"]
    assert (observation["verifies"], observation["paths"], observation["found"]) == (False, [], [])
    assert observation["failure"]["reason"] == "refused"
    assert "certificates" not in observation


def test_document_of_hostile_names_is_ascii() -> None:
    """Whatever names hold, the document is one that every program can read."""
    report = reports.report((pki().hostile, pki().wide, pki().intermediate), reports.pool(pki().root))
    data = written(report)
    assert data.isascii()
    assert codec.loads(data) == (report.outcome,)


def test_file_is_written(tmp_path: Path) -> None:
    """Evidence is written where there was nothing."""
    evidence.save(tmp_path / "evidence.json", b"{}", force=False)
    assert (tmp_path / "evidence.json").read_bytes() == b"{}"


def test_file_that_is_there_stays(tmp_path: Path) -> None:
    """Evidence of last month is not overwritten unasked."""
    path = tmp_path / "evidence.json"
    path.write_bytes(b"last month's")
    with pytest.raises(RefusedError, match="left alone"):
        evidence.save(path, b"{}", force=False)
    assert path.read_bytes() == b"last month's"


def test_file_is_replaced_by_force(tmp_path: Path) -> None:
    """A person may have it replaced."""
    path = tmp_path / "evidence.json"
    path.write_bytes(b"last month's")
    evidence.save(path, b"{}", force=True)
    assert path.read_bytes() == b"{}"


def test_missing_directory_is_an_error(tmp_path: Path) -> None:
    """A directory that is not there is said."""
    with pytest.raises(FileError):
        evidence.save(tmp_path / "nowhere" / "evidence.json", b"{}", force=False)
