"""How one certificate looks in full: every field and every extension."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from anchorkeep import tlv
from anchorkeep.cli import render
from anchorkeep.errors import CertificateError, TLVError
from anchorkeep.model import extension, oid
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.chain import CertificationPath
    from anchorkeep.model.extension import Extension, GeneralName

#: Names and octets of one extension that are shown.
_MAX_NAMES = 200
_MAX_OCTETS = 64
#: Columns from which 16 octets with colons fit beside the longest name of a field.
_WIDE = 76


def colons(digest: bytes) -> str:
    """Return a fingerprint as people compare it: upper case with colons, as keytool and browsers print it."""
    return digest.hex(":").upper()


def fingerprint(digest: bytes) -> str:
    """Return a fingerprint in lines of 16 octets, 8 on a narrow screen, which fit beside a name and break at no odd place."""
    octets = 16 if render.width() >= _WIDE else 8
    return "\n".join(colons(digest[start : start + octets]) for start in range(0, len(digest), octets))


def details(certificate: Certificate, *, heading: str, sources: str) -> RenderableType:
    """Return every field of a certificate with its extensions, as far as they can be read."""
    rows: list[tuple[str, RenderableType | str]] = [("found in", sources)] if sources else []
    try:
        rows += _fields(certificate)
        rows += [(_SHORT.get(item.oid, visible(item.label)), _extension(item)) for item in certificate.extensions]
    except CertificateError as error:
        rows.append(("problem", error.message))
    rows += [("SHA-256", fingerprint(certificate.sha256)), ("SHA-1", colons(certificate.sha1))]
    return Group(render.text(heading, "bold"), render.indented(render.facts(rows)))


def path_line(path: CertificationPath, number: int) -> Text:
    """Return a path in a line: what it leads over and what keeps it from verifying."""
    titles = " ← ".join(certificate.title for certificate in reversed(path.certificates))
    state = "verifies" if path.verifies else ", ".join(dict.fromkeys(item.id for item in path.problems)) or "incomplete"
    return render.text(f"path {number}: {titles}  ({state})")


def _fields(certificate: Certificate) -> list[tuple[str, RenderableType | str]]:
    serial = certificate.serial_number
    octets = abs(serial).to_bytes((abs(serial).bit_length() + 7) // 8 or 1, "big")
    return [
        ("subject", str(certificate.subject)),
        ("issuer", str(certificate.issuer)),
        ("serial number", ("-" if serial < 0 else "") + colons(octets[:_MAX_OCTETS])),
        ("valid", f"{certificate.not_before:%Y-%m-%d %H:%M:%S} to {certificate.not_after:%Y-%m-%d %H:%M:%S} UTC"),
        ("public key", certificate.public_key.label),
        ("SPKI pin", certificate.public_key.pin),
        ("signature", certificate.signature_label),
        ("version", str(certificate.version)),
    ]


def _extension(item: Extension) -> Text:
    show = _SHOW.get(item.oid, _hex)
    try:
        shown = show(item.value)
    except TLVError as error:
        shown = f"cannot be read: {error.message}"
    return Text.assemble(render.text("critical  " if item.critical else "", "yellow"), render.text(shown))


def _hex(value: bytes) -> str:
    shown = value[:_MAX_OCTETS].hex()
    return f"{shown}… ({counted(len(value), 'octet')})" if len(value) > _MAX_OCTETS else shown


def _basic_constraints(value: bytes) -> str:
    decoded = extension.basic_constraints(value)
    if not decoded.is_ca:
        return "no CA"
    return "CA" if decoded.path_length is None else f"CA, at most {counted(decoded.path_length, 'intermediate')} below"


def _key_usage(value: bytes) -> str:
    uses = extension.key_usage(value)
    return ", ".join(name for name in extension.KEY_USAGES if name in uses) or "none"


def _names(names: Iterable[GeneralName]) -> str:
    listed = list(names)
    shown = ", ".join(f"{name.kind} {visible(name.value)}" for name in listed[:_MAX_NAMES])
    return f"{shown} and {len(listed) - _MAX_NAMES} more" if len(listed) > _MAX_NAMES else shown or "none"


def _constraints(value: bytes) -> str:
    decoded = extension.name_constraints(value)
    return f"permitted: {_names(decoded.permitted)}; excluded: {_names(decoded.excluded)}"


def _authority(value: bytes) -> str:
    decoded = extension.authority_key_identifier(value)
    return _hex(decoded.key_identifier) if decoded.key_identifier else "no key identifier"


def _access(value: bytes) -> str:
    pairs = extension.access_descriptions(value)
    return ", ".join(f"{oid.ACCESS_METHODS.get(method, method)} {visible(place.value)}" for method, place in pairs[:_MAX_NAMES])


def _identifiers(table: dict[str, str], read: Callable[[bytes], tuple[str, ...]]) -> Callable[[bytes], str]:
    def show(value: bytes) -> str:
        return ", ".join(f"{table[item]} ({item})" if item in table else item for item in read(value)[:_MAX_NAMES])

    return show


def _timestamps(value: bytes) -> str:
    """Read a SignedCertificateTimestampList (RFC 6962 §3.3): the log and the time of each; signatures are not checked."""
    octets = tlv.read(value).octets()
    shown: list[str] = []
    position = 2
    while position + 2 < len(octets) and len(shown) < _MAX_TIMESTAMPS:
        size = int.from_bytes(octets[position : position + 2], "big")
        entry = octets[position + 2 : position + 2 + size]
        if len(entry) != size or size < 41:  # noqa: PLR2004 (version, log id, time)
            return f"{_hex(value)} (cannot be read)"
        moment = datetime.fromtimestamp(min(int.from_bytes(entry[33:41], "big"), _LAST_MOMENT) / 1000, UTC)
        shown.append(f"log {entry[1:9].hex()}… at {moment:%Y-%m-%d %H:%M:%S} UTC")
        position += 2 + size
    return "\n".join(shown) or "none"


_MAX_TIMESTAMPS = 20
#: The end of the year 9999 in milliseconds since the epoch: what a date can hold.
_LAST_MOMENT = 253_402_300_799_000
_SHORT = {oid.SIGNED_CERTIFICATE_TIMESTAMPS: "SCT list"}
_SHOW: dict[str, Callable[[bytes], str]] = {
    oid.BASIC_CONSTRAINTS: _basic_constraints,
    oid.SIGNED_CERTIFICATE_TIMESTAMPS: _timestamps,
    oid.KEY_USAGE: _key_usage,
    oid.EXTENDED_KEY_USAGE: _identifiers(oid.PURPOSES, extension.extended_key_usage),
    oid.CERTIFICATE_POLICIES: _identifiers(oid.POLICIES, extension.policies),
    oid.SUBJECT_ALT_NAME: lambda value: _names(extension.general_names(value)),
    oid.NAME_CONSTRAINTS: _constraints,
    oid.SUBJECT_KEY_IDENTIFIER: lambda value: _hex(extension.subject_key_identifier(value)),
    oid.AUTHORITY_KEY_IDENTIFIER: _authority,
    oid.AUTHORITY_INFORMATION_ACCESS: _access,
    oid.CRL_DISTRIBUTION_POINTS: lambda value: _names(extension.distribution_points(value)),
}
