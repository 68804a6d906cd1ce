"""What a certificate is to say: a value, and its bytes as a TBSCertificate (RFC 5280 §4.1)."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime

from anchorkeep import tlv
from anchorkeep.model import oid
from anchorkeep.model.extension import KEY_USAGES, Extension
from anchorkeep.model.key import PublicKey
from anchorkeep.model.name import Name
from anchorkeep.tlv import writer

EMPTY_NAME = Name(b"\x30\x00")
CA_KEY_USAGE = ("keyCertSign", "cRLSign")
LEAF_KEY_USAGE = ("digitalSignature",)


@dataclass(frozen=True, slots=True, kw_only=True)
class NameConstraints:
    """
    Subtrees of names (RFC 5280 §4.2.1.10).

    Attributes:
        permitted_dns: names in and below which DNS names must lie; empty: any.
        permitted_ip: networks in CIDR form in which addresses must lie; empty: any.
        excluded_dns: names in and below which none may lie.
        excluded_ip: networks in which none may lie.
    """

    permitted_dns: tuple[str, ...] = ()
    permitted_ip: tuple[str, ...] = ()
    excluded_dns: tuple[str, ...] = ()
    excluded_ip: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """
    A certificate to be: all but key and signature. Nothing is checked: odd certificates are the point.

    Attributes:
        subject: whose it is.
        issuer: who is named as issuer; None: whoever signs.
        serial_number: any integer, negative ones included.
        not_before: aware, UTC; or the encoded time, byte for byte.
        not_after: inclusive; as `not_before`.
        version: 1, 2 or 3; below 3 there are no extensions.
        is_ca: cA in basicConstraints, which is critical.
        has_basic_constraints: whether the extension is there at all.
        path_length: pathLenConstraint, None for none.
        key_usage: names of the bits; empty: no such extension.
        extended_key_usage: purposes, dotted; empty: no such extension.
        dns_names: dNSNames of subjectAltName, written as UTF-8 whatever they hold.
        ip_addresses: iPAddresses of subjectAltName, in text form.
        name_constraints: None: no such extension.
        has_subject_key_identifier: whether subjectKeyIdentifier is there.
        has_authority_key_identifier: whether authorityKeyIdentifier is there.
        extensions: more of them, after the others, as they stand.
        hash_name: what is hashed for the signature: `sha256`, `sha1`, ...; Ed25519 has none.
        null_parameters: NULL in the parameters of both signature algorithms, also where there should be none.
    """

    subject: Name
    serial_number: int
    not_before: datetime | bytes
    not_after: datetime | bytes
    issuer: Name | None = None
    version: int = 3
    is_ca: bool = False
    has_basic_constraints: bool = True
    path_length: int | None = None
    key_usage: tuple[str, ...] = LEAF_KEY_USAGE
    extended_key_usage: tuple[str, ...] = ()
    dns_names: tuple[str, ...] = ()
    ip_addresses: tuple[str, ...] = ()
    name_constraints: NameConstraints | None = None
    has_subject_key_identifier: bool = True
    has_authority_key_identifier: bool = True
    extensions: tuple[Extension, ...] = ()
    hash_name: str = "sha256"
    null_parameters: bool = False

    def tbs(
        self,
        public_key: PublicKey,
        *,
        issuer: Name,
        algorithm: bytes,
        authority_key_identifier: bytes | None,
    ) -> bytes:
        """
        Return the TBSCertificate.

        Args:
            public_key: the subject's.
            issuer: who signs; the template's own `issuer` comes before it.
            algorithm: the AlgorithmIdentifier of the signature.
            authority_key_identifier: the identifier of the issuer's key, None where it is not known.
        """
        return writer.sequence(
            writer.explicit(0, writer.integer(self.version - 1)) if self.version > 1 else b"",
            writer.integer(self.serial_number),
            algorithm,
            (self.issuer or issuer).der,
            writer.sequence(_time(self.not_before), _time(self.not_after)),
            self.subject.der,
            public_key.der,
            self._extensions(public_key, authority_key_identifier),
        )

    def _extensions(self, public_key: PublicKey, authority_key_identifier: bytes | None) -> bytes:
        if self.version < 3:  # noqa: PLR2004 (RFC 5280 §4.1.2.9: extensions are of version 3)
            return b""
        encoded = [_extension(item) for item in (*self._own(public_key, authority_key_identifier), *self.extensions)]
        return writer.explicit(3, writer.sequence(*encoded)) if encoded else b""

    def _own(self, public_key: PublicKey, authority_key_identifier: bytes | None) -> list[Extension]:
        own: list[Extension] = []

        def add(dotted: str, value: bytes, *, critical: bool = False) -> None:
            own.append(Extension(oid=dotted, critical=critical, value=value))

        if self.has_basic_constraints:
            add(oid.BASIC_CONSTRAINTS, _basic_constraints(self.is_ca, self.path_length), critical=True)
        if self.key_usage:
            add(oid.KEY_USAGE, _key_usage(self.key_usage), critical=True)
        if self.extended_key_usage:
            add(oid.EXTENDED_KEY_USAGE, writer.sequence(*map(writer.oid, self.extended_key_usage)))
        if self.dns_names or self.ip_addresses:
            # RFC 5280 §4.2.1.6: critical where the subject is empty.
            value = _subject_alt_names(self.dns_names, self.ip_addresses)
            add(oid.SUBJECT_ALT_NAME, value, critical=self.subject.is_empty)
        if self.name_constraints is not None:
            add(oid.NAME_CONSTRAINTS, _name_constraints(self.name_constraints), critical=True)
        if self.has_subject_key_identifier:
            add(oid.SUBJECT_KEY_IDENTIFIER, writer.octet_string(key_identifier(public_key)))
        if self.has_authority_key_identifier and authority_key_identifier is not None:
            add(oid.AUTHORITY_KEY_IDENTIFIER, writer.sequence(writer.implicit(0, authority_key_identifier)))
        return own


def key_identifier(public_key: PublicKey) -> bytes:
    """Return the identifier of a key: 160 bits of SHA-256 over its BIT STRING (RFC 7093 §2, method 1)."""
    bits = tlv.read(public_key.der).children(0x30, at_least=2)[1].bits()
    return hashlib.sha256(bits).digest()[:20]


def _time(moment: datetime | bytes) -> bytes:
    return moment if isinstance(moment, bytes) else writer.time(moment)


def _extension(item: Extension) -> bytes:
    critical = writer.boolean(True) if item.critical else b""  # noqa: FBT003 (DER leaves out FALSE, the default)
    return writer.sequence(writer.oid(item.oid), critical, writer.octet_string(item.value))


def _basic_constraints(is_ca: bool, path_length: int | None) -> bytes:  # noqa: FBT001 (the value is all there is)
    return writer.sequence(
        writer.boolean(True) if is_ca else b"",  # noqa: FBT003 (as above)
        b"" if path_length is None else writer.integer(path_length),
    )


def _key_usage(names: tuple[str, ...]) -> bytes:
    """Write a named BIT STRING, trailing zero bits removed (X.690 §11.2.2)."""
    bits = 0
    for used in names:
        bits |= 1 << (15 - KEY_USAGES.index(used))
    content = bits.to_bytes(2, "big").rstrip(b"\0")
    unused = (content[-1] & -content[-1]).bit_length() - 1
    return writer.bit_string(content, unused)


def _subject_alt_names(dns_names: tuple[str, ...], ip_addresses: tuple[str, ...]) -> bytes:
    return writer.sequence(
        *(writer.implicit(2, value.encode("utf-8", "surrogatepass")) for value in dns_names),
        *(writer.implicit(7, ipaddress.ip_address(value).packed) for value in ip_addresses),
    )


def _name_constraints(constraints: NameConstraints) -> bytes:
    permitted = _subtrees(constraints.permitted_dns, constraints.permitted_ip)
    excluded = _subtrees(constraints.excluded_dns, constraints.excluded_ip)
    return writer.sequence(
        writer.explicit(0, *permitted) if permitted else b"",
        writer.explicit(1, *excluded) if excluded else b"",
    )


def _subtrees(dns: tuple[str, ...], networks: tuple[str, ...]) -> list[bytes]:
    ranges = [ipaddress.ip_network(network) for network in networks]
    return [
        *(writer.sequence(writer.implicit(2, value.encode())) for value in dns),
        *(writer.sequence(writer.implicit(7, r.network_address.packed + r.netmask.packed)) for r in ranges),
    ]
