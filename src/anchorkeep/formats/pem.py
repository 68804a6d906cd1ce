"""
Read and write certificates in textual encoding (RFC 7468), as programs and people have mixed it with other things.

Rules kept here:
- text between blocks is a comment; line ends of any system, a byte order mark and UTF-16 (what PowerShell's `>` writes) are read;
- private keys and other blocks are passed over and never decoded;
- a boundary line that does not fit is an error, for a damaged boundary would lose a certificate without a word.
"""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING, NamedTuple

from anchorkeep import tlv
from anchorkeep.errors import StoreFormatError, TLVError, UnsupportedFormatError
from anchorkeep.formats import limits
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import TrustedCertEntry, TrustStore
from anchorkeep.text import ascii_line, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# What comes before it on the line is looked at afterwards: with a literal in front, the search is seventeen times as fast.
# The match takes the line's rest, so that no line is looked at twice.
_BOUNDARY = re.compile(rb"-----(BEGIN|END)([^\n]*)")
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/ \t]*={0,2}[ \t]*")
_BEGIN = b"-----BEGIN"
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_COLUMNS = 64  # RFC 7468 §2

_CERTIFICATE = frozenset({"CERTIFICATE", "X509 CERTIFICATE"})
#: OpenSSL's form: the certificate, and behind it for which purposes it is trusted.
_TRUSTED = "TRUSTED CERTIFICATE"
_CONTAINER = frozenset({"PKCS7", "PKCS #7 SIGNED DATA", "CMS"})

# What a file without certificates holds, and what to do.
_KEYS_REMEDY = "Private keys are not read. Give the file with the certificate that belongs to it."
_OTHERS = {
    "OPENSSH PRIVATE KEY": ("an OpenSSH private key", "SSH keys hold no X.509 certificate."),
    "ENCRYPTED PRIVATE KEY": ("an encrypted private key", _KEYS_REMEDY),
    "X509 CRL": ("a certificate revocation list (CRL)", "It lists revoked certificates and holds none."),
    "CERTIFICATE REQUEST": ("a certificate request (CSR)", "Give what the CA issued for it."),
    "NEW CERTIFICATE REQUEST": ("a certificate request (CSR)", "Give what the CA issued for it."),
    "PUBLIC KEY": ("a public key", "Give the file with the certificate that belongs to it."),
}


class Block(NamedTuple):
    """
    One block of a file.

    Attributes:
        number: its place among all blocks, from 1.
        line: the line of its BEGIN, from 1.
        label: what stands behind BEGIN.
        body: the lines between the boundaries, each ended by a line feed.
    """

    number: int
    line: int
    label: str
    body: bytes

    @property
    def place(self) -> str:
        """Where it is, for a message."""
        return f"block {self.number} (line {self.line}, {visible(self.label, limit=60)})"


def is_pem(data: bytes) -> bool:
    """Whether a line of the data begins a block."""
    if data.startswith(_UTF16_MARKS):
        return _BEGIN in data.replace(b"\0", b"")
    if _BEGIN not in data:
        return False
    return next(_boundaries(data.removeprefix(_UTF8_MARK).replace(b"\r", b"\n")), None) is not None


def loads(data: bytes, *, name: str, container: Callable[[bytes], Sequence[Certificate]]) -> TrustStore:
    """
    Read every certificate of the file, in its order.

    What a CERTIFICATE block holds is kept as it is, also when it cannot be read as a certificate.

    Args:
        data: the file's bytes.
        name: what to call the file, printable.
        container: reads the certificates of a PKCS#7 structure.

    Raises:
        UnsupportedFormatError: there are blocks, but none with certificates.
        StoreFormatError: a boundary or the base64 of a certificate is broken; the message names block and line.
    """
    entries: list[TrustedCertEntry] = []
    others: list[Block] = []
    for block in blocks(data, name=name):
        if block.label in _CERTIFICATE or block.label == _TRUSTED or block.label in _CONTAINER:
            found = _certificates(block, name=name, container=container)
            entries.extend(TrustedCertEntry(certificate=certificate) for certificate in found)
        else:
            others.append(block)
        if len(entries) + len(others) > limits.MAX_ENTRIES:
            raise StoreFormatError(f"{name}: more than {limits.MAX_ENTRIES:,} blocks.")
    if not entries:
        raise _without_certificates(others, name=name)
    return TrustStore(format="pem", entries=tuple(entries))


def blocks(data: bytes, *, name: str) -> Iterator[Block]:
    """Yield the blocks of a file in order; a boundary that does not fit is a `StoreFormatError`."""
    text = _normalized(data, name=name)
    line, counted_to = 1, 0
    begun: tuple[int, str, int] | None = None
    number = 0
    for boundary in _boundaries(text):
        line += text.count(b"\n", counted_to, boundary.start())
        counted_to = boundary.start()
        label = _label(boundary, name=name, line=line)
        if boundary[1] == b"BEGIN":
            if begun:
                raise StoreFormatError(f"{name}: the block begun in line {begun[0]} has no END before line {line}.")
            begun = (line, label, boundary.end() + 1)
            continue
        if begun is None or begun[1] != label:
            raise StoreFormatError(f"{name}: line {line}: END {visible(label, limit=60)} without its BEGIN.")
        number += 1
        yield Block(number=number, line=begun[0], label=label, body=text[begun[2] : boundary.start()])
        begun = None
    if begun:
        raise StoreFormatError(f"{name}: the block begun in line {begun[0]} has no END; is the file cut off?")


def dumps(certificates: Sequence[Certificate], *, comments: bool) -> bytes:
    """
    Return the certificates as blocks in their order, 64 columns wide, each line ended by a line feed (RFC 7468 §3).

    Args:
        certificates: what to write.
        comments: whether subject, issuer, dates and SHA-256 stand before each block, one ASCII line each.
    """
    written = []
    for number, certificate in enumerate(certificates):
        if comments:
            written += [b"\n" if number else b"", _comment(certificate)]
        written.append(armor(certificate.der, label="CERTIFICATE"))
    return b"".join(written)


def armor(content: bytes, *, label: str) -> bytes:
    """Return one block."""
    encoded = binascii.b2a_base64(content, newline=False)
    lines = (encoded[start : start + _COLUMNS] for start in range(0, len(encoded), _COLUMNS))
    return b"-----BEGIN %b-----\n%b\n-----END %b-----\n" % (label.encode(), b"\n".join(lines), label.encode())


def _normalized(data: bytes, *, name: str) -> bytes:
    if data.startswith(_UTF16_MARKS):
        try:
            data = data.decode("utf-16").encode("utf-8", "replace")
        except UnicodeDecodeError:
            raise StoreFormatError(f"{name}: it begins as UTF-16 text, but is not UTF-16 throughout.") from None
    data = data.removeprefix(_UTF8_MARK)
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data


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


def _certificates(block: Block, *, name: str, container: Callable[[bytes], Sequence[Certificate]]) -> Sequence[Certificate]:
    der = _decoded(block, name=name)
    if block.label == _TRUSTED:
        return (Certificate(_without_trust(der, block=block, name=name)),)
    # Windows' `certutil -encode` calls whatever it encodes a CERTIFICATE.
    if block.label in _CONTAINER or _begins_with_identifier(der):
        try:
            return container(der)
        except StoreFormatError as error:
            raise type(error)(f"{name}: {block.place}: {error.message}", remedy=error.remedy) from None
    return (Certificate(der),)


def _decoded(block: Block, *, name: str) -> bytes:
    if b":" in block.body and b"ENCRYPTED" in block.body:
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


def _begins_with_identifier(der: bytes) -> bool:
    """Whether the first node inside is an OBJECT IDENTIFIER, as in ContentInfo and never in a certificate."""
    try:
        node = tlv.read_prefix(der)
    except TLVError:
        return False
    return node.tag == tlv.reader.SEQUENCE and der[node.content_start : node.content_start + 1] == b"\x06"


def _without_trust(der: bytes, *, block: Block, name: str) -> bytes:
    try:
        return tlv.read_prefix(der).raw
    except TLVError as error:
        raise StoreFormatError(f"{name}: {block.place} is broken: {error.message}.") from None


def _without_certificates(others: list[Block], *, name: str) -> StoreFormatError:
    if not others:
        return StoreFormatError(f"{name}: no block of certificates in this text.")
    label = others[0].label
    what, remedy = _OTHERS.get(label, (f"a block called {visible(label, limit=60)}", ""))
    if label not in _OTHERS and label.endswith("PRIVATE KEY"):
        what, remedy = "a private key", _KEYS_REMEDY
    return UnsupportedFormatError(f"{name}: this holds {what} and no certificate.", remedy=remedy)


def _comment(certificate: Certificate) -> bytes:
    problem = certificate.problem
    if problem:
        lines = [f"this certificate cannot be read: {problem}"]
    else:
        lines = [
            f"subject: {certificate.subject}",
            f"issuer: {certificate.issuer}",
            f"valid: {certificate.not_before:%Y-%m-%d} .. {certificate.not_after:%Y-%m-%d}",
        ]
    lines.append(f"SHA-256: {certificate.sha256.hex(':').upper()}")
    return "".join(f"# {ascii_line(line)}\n" for line in lines).encode("ascii")
