"""A certificate as keytool prints it, and what it says of weak ones; the words are those of JDK 25."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from anchorkeep.cli import keytool_extension, keytool_name
from anchorkeep.formats import pem_block
from anchorkeep.model import oid
from anchorkeep.model.truststore import TrustedCertEntry
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from anchorkeep.cli.keytool_line import Request
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.truststore import TrustStore

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CURVES = {"P-256": "secp256r1", "P-384": "secp384r1", "P-521": "secp521r1", "P-224": "secp224r1"}
#: Bits of a key for RSA or DSA below which Java warns, and below which it refuses.
_WEAK_BITS, _REFUSED_BITS = 2048, 1024
_BROKEN = frozenset({"md2", "md5", "sha1"})


def day(moment: datetime) -> str:
    """Return the day of a moment, in the zone of this machine."""
    local = moment.astimezone()
    return f"{_MONTHS[local.month - 1]} {local.day}, {local.year}"


def lines(certificate: Certificate, *, is_trusted: bool = False) -> list[str]:
    """
    Return what keytool -v says of a certificate; safe to print. The signature of one that is trusted is not called weak.

    Raises:
        CertificateError: it cannot be read.
    """
    return [
        f"Owner: {keytool_name.text(certificate.subject)}",
        f"Issuer: {keytool_name.text(certificate.issuer)}",
        f"Serial number: {certificate.serial_number:x}",
        f"Valid from: {_moment(certificate.not_before)} until: {_moment(certificate.not_after)}",
        "Certificate fingerprints:",
        f"\t SHA1: {fingerprint(certificate.sha1)}",
        f"\t SHA256: {fingerprint(certificate.sha256)}",
        f"Signature algorithm name: {signature(certificate)}{'' if is_trusted else _signature_mark(certificate)}",
        f"Subject Public Key Algorithm: {key(certificate)}{_mark(certificate)}",
        f"Version: {certificate.version}",
        *keytool_extension.described(certificate),
    ]


def fingerprint(digest: bytes) -> str:
    """Return a fingerprint with colons."""
    return digest.hex(":").upper()


def armored(certificate: Certificate) -> str:
    """Return a certificate in PEM; lines end with a line feed, where keytool's end differently from version to version."""
    return pem_block.armor(certificate.der, label="CERTIFICATE").decode()


def signature(certificate: Certificate) -> str:
    """Return the signature algorithm as Java calls it."""
    dotted = certificate.signature_algorithm
    if dotted == oid.RSASSA_PSS:
        return "RSASSA-PSS"
    label, digest, family = oid.SIGNATURES.get(dotted, (dotted, None, ""))
    return f"{digest.upper()}with{'ECDSA' if family == 'EC' else family}" if digest is not None else label


def key(certificate: Certificate) -> str:
    """Return the public key as keytool describes it."""
    public = certificate.public_key
    if public.algorithm == "EC":
        name = public.label.removeprefix("EC ")
        return f"{public.bits}-bit EC ({_CURVES.get(name, name)}) key"
    if public.algorithm in {"Ed25519", "Ed448"}:
        return f"{public.algorithm} key"
    return f"{public.bits}-bit {public.algorithm} key"


def weaknesses(certificate: Certificate, label: str, *, with_signature: bool) -> list[str]:
    """Return keytool's warnings on a certificate; what is trusted as it stands is not asked for its signature."""
    found: list[str] = []
    if with_signature and certificate.signature_hash in _BROKEN:
        end = "." if certificate.signature_hash == "sha1" else " and is disabled."
        found.append(f"{label} uses the {signature(certificate)} signature algorithm which is considered a security risk{end}")
    if is_weak(certificate):
        is_refused = certificate.public_key.bits < _REFUSED_BITS
        end = " and is disabled." if is_refused else ". It will be disabled in a future update."
        found.append(f"{label} uses a {key(certificate)} which is considered a security risk{end}")
    return found


def is_weak(certificate: Certificate) -> bool:
    """Whether Java warns of the size of a certificate's key."""
    return certificate.public_key.algorithm in {"RSA", "DSA"} and certificate.public_key.bits < _WEAK_BITS


def warn(request: Request, found: Iterable[str]) -> None:
    """Print warnings on stderr where there are any; those of the command line, of options given twice, come first."""
    ignored = "All except the last one will be ignored."
    if shown := [*(f"The -{name} option is specified multiple times. {ignored}" for name in request.repeated), *found]:
        sys.stdout.flush()
        sys.stderr.write("\nWarning:\n" + "".join(f"{line}\n" for line in shown))


def of_format(store: TrustStore, path: Path) -> list[str]:
    """Return what keytool says of a store with keys in one of Java's own formats."""
    if store.format == "pkcs12" or all(isinstance(entry, TrustedCertEntry) for entry in store.entries):
        return []
    shown = visible(str(path))
    advice = f'"keytool -importkeystore -srckeystore {shown} -destkeystore {shown} -deststoretype pkcs12"'
    said = f"The {store.format.upper()} keystore uses a proprietary format. It is recommended to migrate to PKCS12"
    return [f"{said} which is an industry standard format using {advice}."]


def _signature_mark(certificate: Certificate) -> str:
    if certificate.signature_hash not in _BROKEN:
        return ""
    return " (weak)" if certificate.signature_hash == "sha1" else " (disabled)"


def _mark(certificate: Certificate) -> str:
    if not is_weak(certificate):
        return ""
    return " (disabled)" if certificate.public_key.bits < _REFUSED_BITS else " (weak)"


def _moment(moment: datetime) -> str:
    local = moment.astimezone()
    clock = f"{local:%H:%M:%S} {local.tzname()} {local.year}"
    return f"{_DAYS[local.weekday()]} {_MONTHS[local.month - 1]} {local.day:02} {clock}"
