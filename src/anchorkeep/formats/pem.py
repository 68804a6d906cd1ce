"""
Read and write certificates in textual encoding (RFC 7468), as programs and people have mixed it with other things.

Rules kept here:
- text between blocks is a comment; private keys and other blocks are passed over and never decoded;
- what was read and not touched is written as the same bytes, comments, keys and line ends included. The text before a block goes
  with it; of the text before the first one, its last paragraph.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from anchorkeep import tlv
from anchorkeep.errors import StoreFormatError, TLVError, UnsupportedEntryError, UnsupportedFormatError
from anchorkeep.formats import capability, limits, pem_block, pem_trust
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import TrustedCertEntry, TrustStore
from anchorkeep.text import ascii_line, counted, visible
from anchorkeep.tlv import reader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from anchorkeep.formats.recipe import Recipe

_PARAGRAPH_END = re.compile(rb"(?:\A|\n)[ \t\r]*\n")

_CERTIFICATE = frozenset({"CERTIFICATE", "X509 CERTIFICATE"})
#: OpenSSL's form: the certificate, and behind it what `pem_trust` reads.
_TRUSTED = "TRUSTED CERTIFICATE"
_CONTAINER = frozenset({"PKCS7", "PKCS #7 SIGNED DATA", "CMS"})
_HOLDERS = _CERTIFICATE | _CONTAINER | {_TRUSTED}

# What a file without certificates holds, and what to do.
_ENCRYPTED_KEY = "ENCRYPTED PRIVATE KEY"
_KEYS_REMEDY = "Private keys are not read. Give the file with the certificate that belongs to it."
_OTHERS = {
    "OPENSSH PRIVATE KEY": ("an OpenSSH private key", "SSH keys hold no X.509 certificate."),
    _ENCRYPTED_KEY: ("an encrypted private key", _KEYS_REMEDY),
    "X509 CRL": ("a certificate revocation list (CRL)", "It lists revoked certificates and holds none."),
    "CERTIFICATE REQUEST": ("a certificate request (CSR)", "Give what the CA issued for it."),
    "NEW CERTIFICATE REQUEST": ("a certificate request (CSR)", "Give what the CA issued for it."),
    "PUBLIC KEY": ("a public key", "Give the file with the certificate that belongs to it."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """
    A block with certificates as it was read, shared by the entries it gave.

    Attributes:
        number: its place among the blocks with certificates, from 0.
        text: what belongs to it of the text before it, and the block.
        certificates: what it holds; several in PKCS#7.
        alias: its name in OpenSSL's form, None where it has none.
        trust: in OpenSSL's form, the octets behind the certificate.
    """

    number: int
    text: bytes = field(repr=False)
    certificates: tuple[Certificate, ...]
    alias: str | None
    trust: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """
    A file as it was read. Its text, in which private keys may stand, is never shown.

    Attributes:
        mark: the byte order mark, empty where there is none; it tells the encoding.
        head: the text before the first piece that does not belong to it.
        pieces: the blocks with certificates.
        others: the other blocks, each with the text before it, and behind how many pieces it stands.
        labels: what these are called.
        tail: what follows the last block.
        line_end: how its lines end.
    """

    mark: bytes = b""
    head: bytes = field(default=b"", repr=False)
    pieces: tuple[_Piece, ...] = ()
    others: tuple[tuple[int, bytes], ...] = field(default=(), repr=False)
    labels: tuple[str, ...] = ()
    tail: bytes = field(default=b"", repr=False)
    line_end: bytes = b"\n"


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
    mark, text = pem_block.decoded_text(data, name=name)
    head, position = b"", 0
    pieces: list[_Piece] = []
    others: list[tuple[int, bytes]] = []
    labels: list[str] = []
    held = 0
    for block in pem_block.blocks(text, name=name):
        if len(pieces) + len(others) == limits.MAX_ENTRIES:
            raise StoreFormatError(f"{name}: more than {limits.MAX_ENTRIES:,} blocks.")
        if block.label in _HOLDERS:
            if not position:
                position = _last_paragraph(text[: block.start])
                head = text[:position]
            piece = _piece(block, number=len(pieces), text=text[position : block.end], name=name, container=container)
            pieces.append(piece)
            held += len(piece.certificates)
            if held > limits.MAX_ENTRIES:
                raise StoreFormatError(f"{name}: more than {limits.MAX_ENTRIES:,} certificates.")
        else:
            others.append((len(pieces), text[position : block.end]))
            labels.append(_ENCRYPTED_KEY if block.is_encrypted else block.label)
        position = block.end
    if not pieces:
        raise _without_certificates(labels, name=name)
    native = _File(
        mark=mark,
        head=head,
        pieces=tuple(pieces),
        others=tuple(others),
        labels=tuple(labels),
        tail=text[position:],
        line_end=_line_end(text),
    )
    entries = tuple(
        TrustedCertEntry(
            certificate=certificate,
            alias=piece.alias,
            is_distrusted=bool(piece.trust) and pem_trust.is_distrusted(piece.trust),
            native=piece,
        )
        for piece in pieces
        for certificate in piece.certificates
    )
    return TrustStore(format="pem", entries=entries, native=native)


def dump(store: TrustStore, recipe: Recipe, *, container: Callable[[bytes, Sequence[TrustedCertEntry], Recipe], bytes]) -> bytes:
    """
    Return the store's certificates as blocks in their order, with all else that its file held.

    A PKCS#7 block of which some certificates are gone is written again with the others. An alias of a new entry is not written,
    for there is no place for it.

    Args:
        store: the entries, with what `loads` kept of their file.
        recipe: handed on.
        container: returns a PKCS#7 structure with those certificates instead of its own.

    Raises:
        UnsupportedEntryError: an entry that is no certificate, or another alias of one that was read.
        StoreFormatError: a certificate's bytes cannot be embedded in PKCS#7.
    """
    entries = tuple(capability.certificates(store.entries, format="pem"))
    file = store.native if isinstance(store.native, _File) else _File()
    parts = [file.head]
    others = list(reversed(file.others))
    number = 0
    for piece, run in groupby(entries, key=lambda entry: _own_piece(entry, file=file)):
        members = tuple(run)
        if piece is None:
            parts += (_afresh(entry, file=file, is_first=not any(parts) and not at) for at, entry in enumerate(members))
        else:
            while others and others[-1][0] <= piece.number:
                parts.append(others.pop()[1])
            _raise_for_alias(members, piece=piece, number=number + 1)
            parts += _again(piece, members, recipe=recipe, line_end=file.line_end, container=container)
        number += len(members)
    parts += (text for _, text in reversed(others))
    return _encoded_text([*parts, file.tail], file=file)


def besides(store: TrustStore) -> tuple[str, ...]:
    """Return what the file holds that no entry says, as private keys and OpenSSL's purposes; a phrase each, safe to print."""
    labels = Counter(store.native.labels if isinstance(store.native, _File) else ())
    phrases = [f"{counted(number, 'block')} called {visible(label, limit=60)}" for label, number in labels.items()]
    if number := sum(isinstance(entry.native, _Piece) and pem_trust.has_purposes(entry.native.trust) for entry in store.entries):
        phrases.append(f"the purposes for which OpenSSL trusts or rejects {counted(number, 'certificate')}")
    return tuple(phrases)


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
        written.append(pem_block.armor(certificate.der, label="CERTIFICATE"))
    return b"".join(written)


def _encoded_text(parts: Sequence[bytes], *, file: _File) -> bytes:
    """Join the parts, each on a line of its own, as the file was encoded."""
    lines: list[bytes] = []
    for part in filter(None, parts):
        if lines and not lines[-1].endswith((b"\n", b"\r")):
            lines.append(file.line_end)
        lines.append(part)
    return pem_block.encoded_text(b"".join(lines), mark=file.mark)


def _line_end(text: bytes) -> bytes:
    if b"\r\n" in text:
        return b"\r\n"
    return b"\r" if b"\r" in text and b"\n" not in text else b"\n"


def _last_paragraph(text: bytes) -> int:
    """Return where the last lines begin that have no blank line between them; blank lines behind them belong to them."""
    normalized = pem_block.normalized(text)
    return max((found.end() for found in _PARAGRAPH_END.finditer(normalized, 0, len(normalized.rstrip()))), default=0)


def _own_piece(entry: TrustedCertEntry, *, file: _File) -> _Piece | None:
    """Return the piece of this file that gave the entry, None for one that is new or whose certificate is another now."""
    piece = entry.native
    if not isinstance(piece, _Piece) or file.pieces[piece.number : piece.number + 1] != (piece,):
        return None
    return piece if entry.certificate in piece.certificates else None


def _raise_for_alias(entries: Sequence[TrustedCertEntry], *, piece: _Piece, number: int) -> None:
    if any(entry.alias != piece.alias for entry in entries):
        message = f"Entry {number}: a PEM file has no place for another alias."
        raise UnsupportedEntryError(message, remedy="Convert the file to a format with aliases, as PKCS#12.")


def _again(
    piece: _Piece,
    entries: Sequence[TrustedCertEntry],
    *,
    recipe: Recipe,
    line_end: bytes,
    container: Callable[[bytes, Sequence[TrustedCertEntry], Recipe], bytes],
) -> Sequence[bytes]:
    """Return a piece as it was read, once for each time it is wanted, or with those of its certificates that are left."""
    if len(piece.certificates) == 1:
        return [piece.text] * len(entries)
    if tuple(entry.certificate for entry in entries) == piece.certificates:
        return [piece.text]
    (block,) = pem_block.blocks(piece.text, name="PEM")
    content = container(pem_block.decoded(block, name="PEM"), entries, recipe)
    return piece.text[: block.start], pem_block.armor(content, label=block.label).replace(b"\n", line_end)


def _afresh(entry: TrustedCertEntry, *, file: _File, is_first: bool) -> bytes:
    """Return a block with comments before it; what OpenSSL's form said in another file is kept."""
    trust = _trust(entry)
    block = pem_block.armor(entry.certificate.der + trust, label=_TRUSTED if trust else "CERTIFICATE")
    text = (b"" if is_first else b"\n") + _comment(entry.certificate) + block
    return text.replace(b"\n", file.line_end)


def _piece(
    block: pem_block.Block, *, number: int, text: bytes, name: str, container: Callable[[bytes], Sequence[Certificate]]
) -> _Piece:
    der, alias, trust = pem_block.decoded(block, name=name), None, b""
    if block.label == _TRUSTED:
        certificates: tuple[Certificate, ...]
        der, trust = _split_trust(der, block=block, name=name)
        alias, certificates = pem_trust.alias(trust), (Certificate(der),)
    # Windows' `certutil -encode` calls whatever it encodes a CERTIFICATE.
    elif block.label in _CONTAINER or _begins_with_identifier(der):
        try:
            certificates = tuple(container(der))
        except StoreFormatError as error:
            raise type(error)(f"{name}: {block.place}: {error.message}", remedy=error.remedy) from None
    else:
        certificates = (Certificate(der),)
    return _Piece(number=number, text=text, certificates=certificates, alias=alias, trust=trust)


def _begins_with_identifier(der: bytes) -> bool:
    """Whether the first node inside is an OBJECT IDENTIFIER, as in ContentInfo and never in a certificate."""
    try:
        node = tlv.read_prefix(der)
    except TLVError:
        return False
    return node.tag == reader.SEQUENCE and der[node.content_start : node.content_start + 1] == b"\x06"


def _split_trust(der: bytes, *, block: pem_block.Block, name: str) -> tuple[bytes, bytes]:
    try:
        end = tlv.read_prefix(der).end
    except TLVError as error:
        raise StoreFormatError(f"{name}: {block.place} is broken: {error.message}.") from None
    return der[:end], der[end:]


def _trust(entry: TrustedCertEntry) -> bytes:
    """Return the CertAux of an entry of another file, its alias as it is now; empty where its certificate is another now."""
    piece = entry.native
    if not isinstance(piece, _Piece) or entry.certificate not in piece.certificates:
        return b""
    return piece.trust if entry.alias == piece.alias else pem_trust.renamed(piece.trust, entry.alias)


def _without_certificates(labels: list[str], *, name: str) -> StoreFormatError:
    if not labels:
        return StoreFormatError(f"{name}: no block of certificates in this text.")
    label = labels[0]
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
