"""
Textual encoding (RFC 7468): blocks between boundary lines, as programs and people have mixed them with other text.

Rules kept here:
- line ends of any system, a byte order mark and UTF-16 (what PowerShell's `>` writes) are read;
- a boundary line that does not fit is an error, for a damaged boundary would lose a certificate without a word;
- a block is decoded when its octets are asked for: a private key is never.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from anchorkeep.errors import StoreFormatError, UnsupportedFormatError
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

# What comes before it on the line is looked at afterwards: with a literal in front, the search is seventeen times as fast.
# The match takes the line's rest, so that no line is looked at twice.
_BOUNDARY = re.compile(rb"-----(BEGIN|END)([^\n]*)")
# Possessive: two repetitions that share the blanks would try every way to part them.
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/ \t]*+={0,2}[ \t]*+")
_BEGIN = b"-----BEGIN"
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_COLUMNS = 64  # RFC 7468 §2


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """
    One block of a file. What it holds, which may be a private key, is never shown.

    Attributes:
        number: its place among all blocks, from 1.
        line: the line of its BEGIN, from 1.
        label: what stands behind BEGIN.
        body: the lines between the boundaries, each ended by a line feed.
        start: where the line of its BEGIN begins, in bytes.
        end: behind the line of its END.
    """

    number: int
    line: int
    label: str
    body: bytes = field(repr=False)
    start: int
    end: int

    @property
    def place(self) -> str:
        """Where it is, for a message."""
        return f"block {self.number} (line {self.line}, {visible(self.label, limit=60)})"

    @property
    def is_encrypted(self) -> bool:
        """Whether its headers say that it is encrypted (RFC 1421 §4.6.1.1)."""
        return b":" in self.body and b"ENCRYPTED" in self.body


def is_pem(data: bytes) -> bool:
    """Whether a line of the data begins a block."""
    if data[:2] in _UTF16_MARKS:
        return _BEGIN in data.replace(b"\0", b"")
    if _BEGIN not in data:
        return False
    return next(_boundaries(normalized(data.removeprefix(_UTF8_MARK))), None) is not None


def blocks(text: bytes, *, name: str) -> Iterator[Block]:
    """Yield the blocks of a text in order; a boundary that does not fit is a `StoreFormatError`."""
    text = normalized(text)
    line, counted_to = 1, 0
    begun: tuple[int, str, re.Match[bytes]] | None = None
    number = 0
    for boundary in _boundaries(text):
        line += text.count(b"\n", counted_to, boundary.start())
        counted_to = boundary.start()
        label = _label(boundary, name=name, line=line)
        if boundary[1] == b"BEGIN":
            if begun:
                raise StoreFormatError(f"{name}: the block begun in line {begun[0]} has no END before line {line}.")
            begun = (line, label, boundary)
            continue
        if begun is None or begun[1] != label:
            raise StoreFormatError(f"{name}: line {line}: END {visible(label, limit=60)} without its BEGIN.")
        number += 1
        yield Block(
            number=number,
            line=begun[0],
            label=label,
            body=text[begun[2].end() + 1 : boundary.start()],
            start=text.rfind(b"\n", 0, begun[2].start()) + 1,
            end=boundary.end() + 1,
        )
        begun = None
    if begun:
        raise StoreFormatError(
            f"{name}: the block begun in line {begun[0]} has no END.", remedy="Was the file copied completely?"
        )


def armor(content: bytes, *, label: str) -> bytes:
    """Return one block."""
    encoded = binascii.b2a_base64(content, newline=False)
    lines = (encoded[start : start + _COLUMNS] for start in range(0, len(encoded), _COLUMNS))
    return b"-----BEGIN %b-----\n%b\n-----END %b-----\n" % (label.encode(), b"\n".join(lines), label.encode())


def decoded_text(data: bytes, *, name: str) -> tuple[bytes, bytes]:
    """Return the byte order mark and the text behind it, as it stands or, of UTF-16, as UTF-8."""
    if encoding := _UTF16_MARKS.get(data[:2]):
        try:
            return data[:2], data[2:].decode(encoding).encode()
        except UnicodeDecodeError:
            raise StoreFormatError(f"{name}: it begins as UTF-16 text, but is not UTF-16 throughout.") from None
    mark = _UTF8_MARK if data.startswith(_UTF8_MARK) else b""
    return mark, data[len(mark) :]


def encoded_text(text: bytes, *, mark: bytes) -> bytes:
    """Return the text as it was encoded behind that byte order mark."""
    encoding = _UTF16_MARKS.get(mark)
    return mark + (text.decode().encode(encoding) if encoding else text)


def normalized(text: bytes) -> bytes:
    """Return the text with line feeds as line ends, and every character where it was."""
    return text.replace(b"\r\n", b" \n").replace(b"\r", b"\n") if b"\r" in text else text


def _boundaries(text: bytes) -> Iterator[re.Match[bytes]]:
    """Yield the lines that begin, after blanks, as a boundary does."""
    for found in _BOUNDARY.finditer(text):
        start = text.rfind(b"\n", 0, found.start()) + 1
        if not text[start : found.start()].strip(b" \t"):
            yield found


def _label(boundary: re.Match[bytes], *, name: str, line: int) -> str:
    rest = boundary[2].rstrip()
    if not (rest.startswith(b" ") and rest.endswith(b"-----")):
        shown = visible(boundary[0].decode("latin-1"), limit=60)
        raise StoreFormatError(
            f'{name}: line {line}: "{shown}" is a damaged boundary; expected -----BEGIN or END, a label, -----.'
        )
    return rest[1:-5].decode("latin-1")


def decoded(block: Block, *, name: str) -> bytes:
    """Return the octets of a block; an encrypted one is an `UnsupportedFormatError`, anything but base64 a `StoreFormatError`."""
    if block.is_encrypted:
        message = f"{name}: {block.place} is encrypted (RFC 1421)."
        raise UnsupportedFormatError(message, remedy="Decrypt it first with the program that made it.")
    try:
        der = binascii.a2b_base64(block.body.translate(None, b"\n\t "), strict_mode=True)
    except binascii.Error as error:
        line = _broken_line(block)
        raise StoreFormatError(f"{name}: {block.place}: line {line} is not base64: {error}.") from None
    if not der:
        raise StoreFormatError(f"{name}: {block.place} is empty.")
    return der


def _broken_line(block: Block) -> int:
    """Return the first line with something other than base64, or the last one where the fault is in the padding."""
    lines = block.body.rstrip(b"\n").split(b"\n")
    for number, line in enumerate(lines, start=block.line + 1):
        if not _BASE64_LINE.fullmatch(line):
            return number
    return block.line + len(lines)
