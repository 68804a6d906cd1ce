"""The envelope of documents in the state folder: what is believed, and what is not."""

import json

import pytest

from anchorkeep.errors import InputError
from anchorkeep.host import envelope


def opened(data: bytes) -> object:
    """Return the value of a document of version 2."""
    return envelope.loads(
        data, lambda document: document["value"][0], format="a-format", version=2, title="The thing", remedy="Move it."
    )


def test_what_was_written_is_read() -> None:
    """A document comes back out of its envelope."""
    assert opened(envelope.dumps({"value": ["\u00fc"]}, format="a-format", version=2)) == "\u00fc"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 100_000,
        b"1e999",
        b"{}",
        b'{"format": "another", "version": 2, "value": [1]}',
        b'{"format": "a-format", "version": 2}',
        b'{"format": "a-format", "version": 2, "value": []}'.replace(b"[]", b"null"),
    ],
)
def test_anything_else_is_damaged(data: bytes) -> None:
    """Other bytes, another format and content of the wrong shape are refused, with what to do."""
    with pytest.raises(InputError, match=r"^The thing is damaged") as caught:
        opened(data)
    assert caught.value.remedy == "Move it."


def test_another_version_is_named() -> None:
    """A version that is not read is named, with the one that is, and nothing of it reaches a terminal raw."""
    with pytest.raises(InputError, match=r"^The thing has version 3\\x1b, expected 2") as caught:
        opened(json.dumps({"format": "a-format", "version": "3\x1b", "value": [1]}).encode())
    assert "\x1b" not in caught.value.message
