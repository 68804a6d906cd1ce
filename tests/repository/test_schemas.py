"""The schemas of the JSON are sound, documented, and what the tests hold every output to."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.conftest import ROOT
from tests.peers import schemas

FILES = sorted(schemas.DIRECTORY.glob("*.json"))
PAGE = (ROOT / "docs" / "reference" / "json.md").read_text(encoding="utf-8")


def evidence(**changes: object) -> dict[str, Any]:
    """Return an empty document of evidence, with changes."""
    return {"format": "anchorkeep.evidence", "version": 1, "product": "p", "not_checked": [], "observations": []} | changes


def objects(schema: object) -> list[dict[str, Any]]:
    """Return every schema of an object with named members within a schema."""
    if isinstance(schema, list):
        return [found for item in schema for found in objects(item)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if "properties" in schema and "type" in schema else []
    return own + [found for item in schema.values() for found in objects(item)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_schema_is_sound(path: Path) -> None:
    """A schema is one, has the name of its file, and the page of JSON links it."""
    schema = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    name, _, version = path.stem.rpartition("-")
    assert schema["$id"] == f"urn:anchorkeep:{name}:{version}"
    assert f"schema/{path.name}" in PAGE


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_schema_knows_every_member(path: Path) -> None:
    """No object may hold a member that the schema does not name: what is printed and not promised would go unseen."""
    found = objects(json.loads(path.read_text(encoding="utf-8")))
    outer = [item for item in found if "$schema" not in item]
    assert [item for item in outer if item.get("additionalProperties", True) is True] == []


@pytest.mark.parametrize("words", [("--json",), ("--jsonl",)])
@pytest.mark.parametrize("changes", [{"version": "1"}, {"observations": [{}]}, {"not_checked": None}])
def test_output_that_breaks_its_schema_is_refused(words: tuple[str, ...], changes: dict[str, object]) -> None:
    """What a command prints with `--json` or `--jsonl` fails the test that ran it where its schema is not kept."""
    schemas.validate_output(("show",), json.dumps(evidence(**changes)))
    with pytest.raises((jsonschema.ValidationError, AssertionError)):
        schemas.validate_output(("show", *words), json.dumps(evidence(**changes)))


def test_output_without_a_schema_is_refused() -> None:
    """A format that no schema describes fails too; one that keeps its schema passes."""
    schemas.validate_output(("show", "--json"), json.dumps(evidence()))
    with pytest.raises(AssertionError, match=r"no new-1\.json"):
        schemas.validate_output(("new", "--json"), json.dumps(evidence(format="anchorkeep.new")))


def test_saved_evidence_is_held_to_its_schema(tmp_path: Path) -> None:
    """A file that `--save` named is looked at as what is printed is."""
    saved = tmp_path / "saved.json"
    saved.write_text(json.dumps(evidence()))
    schemas.validate_output(("show", "--save", str(saved)), "")
    saved.write_text(json.dumps(evidence(product=1)))
    with pytest.raises(jsonschema.ValidationError):
        schemas.validate_output(("show", "--save", str(saved)), "")
