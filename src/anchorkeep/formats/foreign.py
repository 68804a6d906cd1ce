"""
Name what is no certificate file: formats that are recognised and not read, and everything else by its first bytes.

Rules kept here:
- a format that people confuse with a certificate is called by its name, with what to do next;
- what is not recognised is described by its first bytes, which are shown escaped.
"""

from __future__ import annotations

import re

from anchorkeep import tlv
from anchorkeep.errors import StoreFormatError, TLVError, UnsupportedFormatError
from anchorkeep.formats.shape import Shape
from anchorkeep.text import visible

_EXPORT = "Export the certificates from it as PEM, PKCS#12 or JKS with the program that made it."
_ASK_CERTIFICATE = "Give the file with the certificate that belongs to it."

#: How Bouncy Castle's own stores begin: a version of 0 to 2, and the octets of a salt. Which of the two it is, `bks` tells.
BOUNCY_CASTLE = re.compile(rb"\0\0\0[\0\1\2]\0\0\0[\x01-\xff]")

# How a file of a known kind begins, what it is, and what to do.
_BEGINNINGS: tuple[tuple[re.Pattern[bytes], str, str], ...] = (
    (
        BOUNCY_CASTLE,
        "a Bouncy Castle UBER store, or a BKS store of version 0 or 1 that is damaged in its first entry",
        "Convert it with the Bouncy Castle provider: keytool -importkeystore -srcstoretype UBER -deststoretype PKCS12.",
    ),
    (
        re.compile(rb"7H\x03\x02\0\0\0\0X509KEY"),
        "a key database of IBM's (CMS, .kdb)",
        "Convert it to PKCS#12 with IBM's gskcapicmd -keydb -convert.",
    ),
    (
        re.compile(rb"\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE),
        "a web page (HTML)",
        "A download probably gave an error or log-in page: open it in a browser, and fetch the certificate anew.",
    ),
    (re.compile(rb"\s*<\?xml\b", re.IGNORECASE), "an XML document", _EXPORT),
    (re.compile(rb"ssh-|ecdsa-sha2-|sk-ssh-"), "an OpenSSH public key", "SSH keys hold no X.509 certificate."),
    (re.compile(rb"PuTTY-User-Key-File"), "a PuTTY private key", "SSH keys hold no X.509 certificate."),
    (re.compile(rb"PK\x03\x04"), "a ZIP or JAR archive", "Unpack it and give the certificate file."),
    (re.compile(rb"\x1f\x8b"), "a gzip archive", "Unpack it and give the certificate file."),
)

# Structures that are recognised by `shape`.
_SHAPES = {
    Shape.CRL: "It lists revoked certificates and holds none. Revocation is not checked here.",
    Shape.CSR: "It asks for a certificate and is none. Give what the CA issued for it.",
    Shape.PRIVATE_KEY: "Private keys are not read. " + _ASK_CERTIFICATE,
    Shape.ENCRYPTED_PRIVATE_KEY: "Private keys are not read. " + _ASK_CERTIFICATE,
    Shape.PUBLIC_KEY: _ASK_CERTIFICATE,
    Shape.BCFKS: "Convert it with the Bouncy Castle provider: keytool -importkeystore -srcstoretype BCFKS -deststoretype PKCS12.",
    Shape.OTHER_PKCS7: "Only signed data carries certificates for others to read.",
}

_BASE64_ONLY = re.compile(rb"MI[A-Za-z0-9+/=\s]{62,}")
_SHOWN_BYTES = 16


def refusal(data: bytes, *, name: str, shape: Shape | None) -> StoreFormatError:
    """
    Return the error for data that no codec reads.

    Args:
        data: the file's bytes.
        name: what to call the file.
        shape: what `formats.shape.of` says of the data.
    """
    label = visible(name)
    if not data:
        return StoreFormatError(f"{label}: the file is empty.", remedy="Was it downloaded completely?")
    if shape in _SHAPES:
        return UnsupportedFormatError(f"{label}: this is {shape}.", remedy=_SHAPES[shape])
    for beginning, what, remedy in _BEGINNINGS:
        if beginning.match(data):
            return UnsupportedFormatError(f"{label}: this is {what}.", remedy=remedy)
    if data.lstrip()[:1] in {b"{", b"["}:
        return StoreFormatError(f"{label}: this is not a certificate file; it looks like JSON.")
    if _BASE64_ONLY.match(data):
        remedy = "Put the line -----BEGIN CERTIFICATE----- before it and -----END CERTIFICATE----- behind it."
        return StoreFormatError(f"{label}: this looks like base64 without its BEGIN and END lines.", remedy=remedy)
    is_part = data[:1] == b"\x30" or not data.strip(b"\0")
    message = f"{label}: this is not a certificate file; {_described(data)}"
    return StoreFormatError(message, remedy="Was the file copied completely?" if is_part else "")


def _described(data: bytes) -> str:
    """Say what the first bytes look like."""
    start = data[:_SHOWN_BYTES]
    if start[:1] == b"\x30":
        try:
            tlv.read_prefix(data)
        except TLVError as error:
            return f"it begins like DER but is broken or cut off: {error.message}."
        return "it is DER or BER of a structure that is not known here."
    hexadecimal = start.hex(" ").upper()
    if not data.strip(b"\0"):
        return f"its {len(data):,} bytes are all zero."
    try:
        text = data[: 4 * _SHOWN_BYTES].decode("ascii")
    except UnicodeDecodeError:
        return f"it begins with the bytes {hexadecimal}."
    return f'it begins with "{visible(text, limit=60)}".'
