"""
Read PKCS#12 stores (RFC 7292) for their certificates.

Rules kept here:
- the MAC is verified before anything is decrypted or believed;
- private keys are never decrypted; their certificates are found by localKeyId and by issuer, as Java does;
- a certificate without Java's trustedKeyUsage is kept and marked, since Java does not see it;
- the order is the file's, and every certificate of the file is in some entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anchorkeep import tlv
from anchorkeep.errors import (
    StoreFormatError,
    StoreIntegrityError,
    TLVError,
    UnsupportedFormatError,
)
from anchorkeep.formats import limits, pbe
from anchorkeep.formats.pkcs12_entries import CertificateBag, KeyBag, entries
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import Integrity, TrustStore
from anchorkeep.text import visible
from anchorkeep.tlv import reader

if TYPE_CHECKING:
    from collections.abc import Iterator

_VERSION = 3
_DATA = "1.2.840.113549.1.7.1"
_ENCRYPTED_DATA = "1.2.840.113549.1.7.6"
_EXPLICIT_0 = 0xA0
_IMPLICIT_0 = frozenset({0x80, 0xA0})

_BAG = "1.2.840.113549.1.12.10.1."
_KEY_BAG, _SHROUDED_KEY_BAG, _CERT_BAG = _BAG + "1", _BAG + "2", _BAG + "3"
_CRL_BAG, _SECRET_BAG, _SAFE_CONTENTS_BAG = _BAG + "4", _BAG + "5", _BAG + "6"
_WITHOUT_CERTIFICATES = frozenset({_CRL_BAG, _SECRET_BAG})
_X509_CERTIFICATE = "1.2.840.113549.1.9.22.1"

_FRIENDLY_NAME = "1.2.840.113549.1.9.20"
_LOCAL_KEY_ID = "1.2.840.113549.1.9.21"
_TRUSTED_KEY_USAGE = "2.16.840.1.113894.746875.1.1"  # Oracle's; its value names usages, and Java looks only whether it is there

_EITHER = "the password is wrong, or the PKCS#12 store was changed; nobody can tell which."
_TRY_AGAIN = "Try again with the right password."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attributes:
    """What the attributes of a bag say (RFC 7292 §4.2)."""

    alias: str | None = None
    key_id: bytes | None = None
    is_trusted: bool = False


def loads(data: bytes, *, password: str | None, name: str) -> TrustStore:
    """
    Read a PKCS#12 store in DER or BER, its entries in the file's order.

    Without a password a store is read whose certificates are not encrypted; its MAC, if it has one, is then not checked. A store
    without a MAC has integrity `NONE` whatever the password.

    Args:
        data: the file's bytes.
        password: verifies the MAC and decrypts; may be empty, which is not the same as None.
        name: what to call the file, printable.

    Raises:
        StoreIntegrityError: the password is wrong or the store was changed; or it needs a password and none was given.
        UnsupportedFormatError: an algorithm or a kind of content that is not read.
        StoreFormatError: the structure is broken or beyond the bounds.
    """
    try:
        secret = None if password is None else pbe.Password(password)
        auth_safe, mac_data = _pfx(tlv.read(data))
        integrity = _integrity(mac_data, auth_safe, secret)
        bags = tuple(_bags(auth_safe, secret))
    except TLVError as error:
        raise StoreFormatError(f"{name}: the PKCS#12 structure is broken: {error.message}.") from None
    except (StoreFormatError, StoreIntegrityError) as error:
        raise type(error)(f"{name}: {error.message}", remedy=error.remedy) from None
    return TrustStore(format="pkcs12", entries=entries(bags), integrity=integrity)


def _pfx(node: tlv.Node) -> tuple[bytes, tlv.Node | None]:
    """Return the authenticated safe and the MacData (RFC 7292 §4)."""
    version, content_info, *optional = node.children(reader.SEQUENCE, at_least=2)
    if version.expect(reader.INTEGER).integer() != _VERSION:
        raise UnsupportedFormatError(f"A PKCS#12 store of version {version.integer()}; version 3 is known.")
    kind, content = content_info.children(reader.SEQUENCE, at_least=2)[:2]
    if kind.oid() != _DATA:
        message = f"The PKCS#12 store is protected by a signature ({kind.oid()}), not by a password."
        raise UnsupportedFormatError(message)
    auth_safe = content.children(_EXPLICIT_0, at_least=1)[0]
    return _octets(auth_safe), optional[0] if optional else None


def _integrity(mac_data: tlv.Node | None, auth_safe: bytes, password: pbe.Password | None) -> Integrity:
    if mac_data is None:
        return Integrity.NONE
    if password is None:
        return Integrity.NOT_CHECKED
    if not pbe.verifies(mac_data, auth_safe, password=password):
        raise StoreIntegrityError(_EITHER, remedy=_TRY_AGAIN)
    return Integrity.VERIFIED


def _bags(auth_safe: bytes, password: pbe.Password | None) -> Iterator[CertificateBag | KeyBag]:
    """Yield the bags of all safes that concern certificates (RFC 7292 §4.1, §5.1)."""
    count = 0
    for number, content_info in enumerate(tlv.read(auth_safe).children(reader.SEQUENCE), start=1):
        kind, content = content_info.children(reader.SEQUENCE, at_least=2)[:2]
        inner = content.children(_EXPLICIT_0, at_least=1)[0]
        if kind.oid() == _DATA:
            safe_contents = tlv.read(_octets(inner))
        elif kind.oid() == _ENCRYPTED_DATA:
            safe_contents = _decrypted(inner, password, number=number)
        else:
            message = f"Part {number} of the PKCS#12 store is of type {kind.oid()}, perhaps encrypted to a public key."
            raise UnsupportedFormatError(message)
        for bag in _safe_bags(safe_contents, nesting=0):
            count += 1
            if count > limits.MAX_ENTRIES:
                raise StoreFormatError(f"More than {limits.MAX_ENTRIES:,} entries.")
            yield bag


def _decrypted(encrypted_data: tlv.Node, password: pbe.Password | None, *, number: int) -> tlv.Node:
    """Return the SafeContents of an EncryptedData (RFC 5652 §8)."""
    if password is None:
        message = f"a password is needed: part {number} of the PKCS#12 store is encrypted."
        raise StoreIntegrityError(message, remedy="Give the store's password; an empty one is a password too.")
    content_info = encrypted_data.children(reader.SEQUENCE, at_least=2)[1]
    _, algorithm, *content = content_info.children(reader.SEQUENCE, at_least=2)
    if not content or content[0].tag not in _IMPLICIT_0:
        raise StoreFormatError(f"Part {number} of the PKCS#12 store has no encrypted content.")
    for plain in pbe.decrypted(algorithm, content[0].octets(), password=password):
        try:
            return tlv.read(plain).expect(reader.SEQUENCE)
        except TLVError:
            continue
    raise StoreIntegrityError(_EITHER, remedy=_TRY_AGAIN)


def _safe_bags(safe_contents: tlv.Node, *, nesting: int) -> Iterator[CertificateBag | KeyBag]:
    if nesting > limits.MAX_NESTED_SAFES:
        raise StoreFormatError(f"Safes are nested deeper than {limits.MAX_NESTED_SAFES}.")
    safe_contents.expect(reader.SEQUENCE)
    for node in safe_contents.iterate():
        kind, value, *optional = node.children(reader.SEQUENCE, at_least=2)
        dotted = kind.oid()
        content = value.children(_EXPLICIT_0, at_least=1)[0]
        if dotted == _SAFE_CONTENTS_BAG:
            yield from _safe_bags(content, nesting=nesting + 1)
            continue
        attributes = _attributes(optional[0]) if optional else _Attributes()
        if dotted in {_KEY_BAG, _SHROUDED_KEY_BAG}:
            yield KeyBag(alias=attributes.alias, key_id=attributes.key_id)
        elif dotted == _CERT_BAG:
            yield CertificateBag(
                certificate=_certificate(content),
                alias=attributes.alias,
                key_id=attributes.key_id,
                is_trusted=attributes.is_trusted,
            )
        elif dotted not in _WITHOUT_CERTIFICATES:
            raise UnsupportedFormatError(f"The PKCS#12 store holds a bag of type {dotted}, which is not known.")


def _certificate(cert_bag: tlv.Node) -> Certificate:
    """Return the certificate of a CertBag (RFC 7292 §4.2.3)."""
    kind, value = cert_bag.children(reader.SEQUENCE, at_least=2)[:2]
    if kind.oid() != _X509_CERTIFICATE:
        raise UnsupportedFormatError(f"The PKCS#12 store holds a certificate of type {kind.oid()}; only X.509 is read.")
    return Certificate(_octets(value.children(_EXPLICIT_0, at_least=1)[0]))


def _attributes(container: tlv.Node) -> _Attributes:
    alias: str | None = None
    key_id: bytes | None = None
    is_trusted = False
    for attribute in container.children(reader.SET):
        kind, values = attribute.children(reader.SEQUENCE, at_least=2)[:2]
        value = next(values.expect(reader.SET).iterate(), None)
        dotted = kind.oid()
        if dotted == _TRUSTED_KEY_USAGE:
            is_trusted = True
        elif dotted == _FRIENDLY_NAME and value is not None:
            alias = _alias(value)
        elif dotted == _LOCAL_KEY_ID and value is not None:
            key_id = value.octets()
    return _Attributes(alias=alias, key_id=key_id, is_trusted=is_trusted)


def _alias(value: tlv.Node) -> str:
    alias = value.text()
    if len(alias) > limits.MAX_ALIAS:
        shown = visible(alias, limit=60)
        raise StoreFormatError(f"An alias of {len(alias):,} characters ('{shown}'); at most {limits.MAX_ALIAS:,} are read.")
    return alias


def _octets(node: tlv.Node) -> bytes:
    """Return the content of an OCTET STRING, also of a constructed one (BER)."""
    if node.tag & ~reader.CONSTRUCTED != reader.OCTET_STRING:
        node.expect(reader.OCTET_STRING)
    return node.octets()
