import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.errors import StoreFormatError, UnsupportedFormatError
from anchorkeep.formats import pem_block
from tests.data.stores import armored

TEXT = b"one\r\n" + armored(b"first").replace(b"\n", b"\r\n") + b"two\r" + armored(b"second", "X").replace(b"\n", b"\r") + b"end"


def test_blocks_know_their_place() -> None:
    """Of each block number, line, label and extent are told, whatever ends its lines."""
    first, second = pem_block.blocks(TEXT, name="x")
    assert (first.number, first.line, first.label) == (1, 2, "CERTIFICATE")
    assert (second.number, second.line, second.label) == (2, 6, "X")
    assert TEXT[: first.start] == b"one\r\n"
    assert TEXT[first.end : second.start] == b"two\r"
    assert TEXT[second.end :] == b"end"
    assert [pem_block.decoded(block, name="x") for block in (first, second)] == [b"first", b"second"]
    assert second.place == "block 2 (line 6, X)"


def test_an_end_without_a_line_end_is_an_end() -> None:
    """The extent of a last block goes to the end of the text and not beyond what is there."""
    text = armored(b"x").rstrip(b"\n")
    (block,) = pem_block.blocks(text, name="x")
    assert text[block.start : block.end] == text


@given(st.binary(max_size=300))
def test_normalized_text_keeps_every_place(text: bytes) -> None:
    """Line ends become line feeds without moving anything else."""
    normalized = pem_block.normalized(text)
    assert len(normalized) == len(text)
    assert b"\r" not in normalized
    assert normalized.split(b"\n").__len__() == len(text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"))


@given(st.text(max_size=50), st.sampled_from([b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"]))
def test_an_encoded_text_is_decoded(text: str, mark: bytes) -> None:
    """What was encoded behind a mark is decoded to the same text, and the other way round."""
    data = pem_block.encoded_text(text.encode(), mark=mark)
    if mark or not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        assert pem_block.decoded_text(data, name="x") == (mark, text.encode())


@pytest.mark.parametrize("length", [1, 47, 48, 49, 96, 1000])
def test_lines_have_64_columns(length: int) -> None:
    """A block is written 64 columns wide, and reads back as it was."""
    written = pem_block.armor(b"x" * length, label="CERTIFICATE")
    lines = written.split(b"\n")
    assert all(len(line) == 64 for line in lines[1:-3])
    assert 0 < len(lines[-3]) <= 64
    (block,) = pem_block.blocks(written, name="x")
    assert pem_block.decoded(block, name="x") == b"x" * length


@pytest.mark.parametrize(
    ("text", "error", "expected"),
    [
        (armored(b"x").replace(b"\nIA", b"\n!A").replace(b"eA==", b"e!=="), StoreFormatError, r"line 2 is not base64"),
        (armored(b""), StoreFormatError, "is empty"),
        (b"-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\n\nAA==\n-----END X-----\n", UnsupportedFormatError, r"is encrypted"),
    ],
    ids=["base64", "empty", "encrypted"],
)
def test_what_does_not_decode_is_named(text: bytes, error: type[StoreFormatError], expected: str) -> None:
    """A block that cannot be decoded is an error that names it."""
    (block,) = pem_block.blocks(text, name="x")
    with pytest.raises(error, match=rf"^x: block 1 \(line 1, .*{expected}"):
        pem_block.decoded(block, name="x")


def test_a_line_that_is_no_base64_is_looked_at_once() -> None:
    """A million blanks before a wrong character are passed once: were each way to part them tried, this would never end."""
    text = b"-----BEGIN X-----\nMIIB" + b" " * 1_000_000 + b"!\n-----END X-----\n"
    (block,) = pem_block.blocks(text, name="x")
    with pytest.raises(StoreFormatError, match="line 2 is not base64"):
        pem_block.decoded(block, name="x")


def test_what_a_block_holds_is_not_shown() -> None:
    """A block can be printed without what it holds, which may be a private key."""
    (block,) = pem_block.blocks(armored(b"secret", "PRIVATE KEY"), name="x")
    assert block.body.decode().strip() not in repr(block)
    assert "PRIVATE KEY" in repr(block)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"\r\n-----BEGIN X-----\r\n", r"x: the block begun in line 2 has no END\."),
        (b"-----END X-----", "x: line 1: END X without its BEGIN"),
        (b"-----BEGIN X----", "x: line 1: .* is a damaged boundary"),
    ],
)
def test_a_boundary_that_does_not_fit_is_refused(text: bytes, expected: str) -> None:
    """A boundary without its other half, or a damaged one, is an error that names its line."""
    with pytest.raises(StoreFormatError, match=expected):
        list(pem_block.blocks(text, name="x"))


@pytest.mark.parametrize(
    ("data", "is_pem"),
    [
        (b"a\r-----BEGIN X-----", True),
        (b"\xef\xbb\xbf-----BEGIN X-----", True),
        ("-----BEGIN X-----".encode("utf-16"), True),
        (b"see -----BEGIN X-----", False),
        (b"nothing", False),
    ],
)
def test_a_line_tells_pem(data: bytes, is_pem: bool) -> None:  # noqa: FBT001
    """A text with a line that begins a block is PEM."""
    assert pem_block.is_pem(data) is is_pem
