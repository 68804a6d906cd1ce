"""The certificates of `-file`, or of stdin where no file is named, read as Java's certificate factory reads them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep import formats
from anchorkeep.errors import FileError, StoreFormatError
from anchorkeep.formats import limits, pem_block
from anchorkeep.host import file
from anchorkeep.text import visible

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate

#: What keytool says of input that it cannot take.
NO_CERTIFICATE = "java.lang.Exception: Input not an X.509 certificate"
#: What `-printcert` says of it.
NO_INPUT = "java.lang.Exception: Failed to parse input"
_LABELS = frozenset({"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"})


def certificates(named: str | None, *, formats_read: frozenset[str], refusal: str) -> tuple[Certificate, ...]:
    """
    Return the certificates of a file or of stdin, at least one, in order.

    Args:
        named: the file, None for stdin.
        formats_read: the formats that are taken.
        refusal: the message where it is none of them.

    Raises:
        FileError: there is no such file.
        StoreFormatError: it holds no certificate, or the first cannot be read.
    """
    data = sys.stdin.buffer.read(limits.MAX_BYTES + 1) if named is None else _read(named)
    try:
        held = formats.loads(data, name=named or "stdin").certificates if _is_read(data, formats_read) else ()
    except StoreFormatError:
        held = ()
    if not held or held[0].problem is not None:
        raise StoreFormatError(refusal)
    return held


def _read(named: str) -> bytes:
    path = Path(named)
    shown = visible(named)
    if not path.exists():
        raise FileError(f"java.io.FileNotFoundException: {shown} (No such file or directory)")
    if path.is_dir():
        raise FileError(f"java.io.FileNotFoundException: {shown} (Is a directory)")
    return file.read(path)


def _is_read(data: bytes, formats_read: frozenset[str]) -> bool:
    """Tell whether data is of one of the formats; of PEM Java looks at the first block, which must be a certificate or PKCS#7."""
    found = formats.detect(data)
    if found != "pem":
        return found in formats_read
    _, text = pem_block.decoded_text(data, name="input")
    first = next(iter(pem_block.blocks(text, name="input")), None)
    return first is not None and (first.label in _LABELS or ("pkcs7" in formats_read and first.label == "PKCS7"))
