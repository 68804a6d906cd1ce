"""The schemas that the program promises its JSON keeps; `tests.peers.command` holds all that it prints to them."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from referencing import Registry, Resource

from tests.conftest import ROOT

DIRECTORY = ROOT / "docs" / "reference" / "schema"
#: One line of `--jsonl`, which is one of several documents.
LINE = "show-lines-1"


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    """Return what holds documents to the schema of a file, named without its suffix."""
    known = [json.loads(path.read_text("utf-8")) for path in DIRECTORY.glob("*.json")]
    registry: Registry[Any] = Registry().with_resources((item["$id"], Resource.from_contents(item)) for item in known)
    schema = json.loads((DIRECTORY / f"{name}.json").read_text("utf-8"))
    return jsonschema.Draft202012Validator(schema, registry=registry)


def validate(document: dict[str, Any]) -> None:
    """Hold a document to the schema that its format and version name; without one it fails, for nobody could rely on it."""
    name = f"{document['format'].removeprefix('anchorkeep.')}-{document['version']}"
    assert (DIRECTORY / f"{name}.json").is_file(), f"docs/reference/schema has no {name}.json"
    validator(name).validate(document)


def validate_lines(printed: str | bytes) -> None:
    """Hold each line of `--jsonl` to its schema."""
    for line in printed.splitlines():
        validator(LINE).validate(json.loads(line))


def validate_output(argv: tuple[str, ...], printed: str) -> None:
    """Hold what a command printed to its schema, where it was asked for JSON and printed anything; files of `--save` too."""
    if "--jsonl" in argv:
        validate_lines(printed)
    elif "--json" in argv and printed:
        validate(json.loads(printed))
    if "--save" in argv[:-1]:
        saved = Path(argv[argv.index("--save") + 1])
        if saved.is_file() and saved.read_bytes().startswith(b"{"):
            validate(json.loads(saved.read_text("utf-8")))
