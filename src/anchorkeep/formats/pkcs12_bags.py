"""
The bags of a PKCS#12 store (RFC 7292 §4.2): read with their octets kept, made anew, and changed in one attribute.

Rules kept here:
- a bag is its octets: what is not understood of one is carried, and a change leaves every other octet of its value and of its
  attributes as it stands;
- nothing is decrypted here: a private key is carried as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from anchorkeep import tlv
from anchorkeep.errors import StoreFormatError, TLVError
from anchorkeep.formats import limits
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import KeyForm, ProtectedKey
from anchorkeep.text import visible
from anchorkeep.tlv import reader, writer

if TYPE_CHECKING:
    from collections.abc import Iterable

_BAG = "1.2.840.113549.1.12.10.1."
_KEY_BAG, _SHROUDED_KEY_BAG, _CERT_BAG = _BAG + "1", _BAG + "2", _BAG + "3"
_CRL_BAG, _SECRET_BAG, _SAFE_CONTENTS_BAG = _BAG + "4", _BAG + "5", _BAG + "6"
_KEY_FORMS = {_KEY_BAG: KeyForm.PLAIN, _SHROUDED_KEY_BAG: KeyForm.ENCRYPTED}
_KEY_BAGS = {form: dotted for dotted, form in _KEY_FORMS.items()}
_X509_CERTIFICATE = "1.2.840.113549.1.9.22.1"
_X509_CRL = "1.2.840.113549.1.9.23.1"

_FRIENDLY_NAME = "1.2.840.113549.1.9.20"
_LOCAL_KEY_ID = "1.2.840.113549.1.9.21"
_TRUSTED_KEY_USAGE = "2.16.840.1.113894.746875.1.1"  # Oracle's; its value names usages, and Java looks only whether it is there
_ANY_USAGE = "2.5.29.37.0"
_EXPLICIT_0 = 0xA0
_BMP_STRING = 0x1E


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """
    What the attributes of a bag say, as far as it is understood (RFC 7292 §4.2).

    Attributes:
        alias: friendlyName, None where there is none.
        key_id: localKeyId, None where there is none.
        is_trusted: whether there is Java's trustedKeyUsage.
    """

    alias: str | None = None
    key_id: bytes | None = None
    is_trusted: bool = False


_NO_ATTRIBUTES = Attributes()


# Two bags with the same octets are two bags, so they are told apart by identity.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bag:
    """
    A bag of an unknown type, and what all bags have.

    Attributes:
        node: the SafeBag as it stands, in DER or BER, within the safe it was read from: no copy is made of it.
        attributes: what its attributes say.
    """

    node: tlv.Node = field(repr=False)
    attributes: Attributes = _NO_ATTRIBUTES

    @property
    def raw(self) -> bytes:
        """The octets of the SafeBag."""
        return self.node.raw


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CertificateBag(Bag):
    """A bag with an X.509 certificate."""

    certificate: Certificate


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeyBag(Bag):
    """A bag with a private key, encrypted or not."""

    key: ProtectedKey


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SecretBag(Bag):
    """A bag with a secret; `key` is the EncryptedPrivateKeyInfo as which Java keeps a secret key, None where it is no such."""

    key: ProtectedKey | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrlBag(Bag):
    """A bag with an X.509 revocation list."""

    crl: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nest(Bag):
    """A bag with bags in it, or with none (RFC 7292 §4.2.6)."""

    bags: tuple[Bag, ...]


_AnyBag = TypeVar("_AnyBag", bound=Bag)


def read(contents: tlv.Node, *, most: int, nesting: int = 0) -> tuple[Bag, ...]:
    """
    Return the bags of a SafeContents, in order.

    Args:
        contents: the node.
        most: how many bags there may be, those in nests and the nests themselves counted.
        nesting: how many nests are around it.

    Raises:
        StoreFormatError: too many bags, nested too deeply, or an alias that is too long.
        TLVError: a broken structure.
    """
    if nesting > limits.MAX_NESTED_SAFES:
        raise StoreFormatError(f"Safes are nested deeper than {limits.MAX_NESTED_SAFES}.")
    bags: list[Bag] = []
    for node in contents.expect(reader.SEQUENCE).iterate():
        if most <= 0:
            raise StoreFormatError(f"More than {limits.MAX_ENTRIES:,} entries.")
        bag = _bag(node, most=most - 1, nesting=nesting)
        most -= count((bag,))
        bags.append(bag)
    return tuple(bags)


def count(bags: Iterable[Bag]) -> int:
    """Return how many bags there are, those in nests and the nests themselves counted."""
    return sum(1 + count(bag.bags) if isinstance(bag, Nest) else 1 for bag in bags)


def flat(bags: Iterable[Bag]) -> tuple[Bag, ...]:
    """Return the bags in order, those in nests in the place of their nests."""
    return tuple(inner for bag in bags for inner in (flat(bag.bags) if isinstance(bag, Nest) else (bag,)))


def safe_contents(bags: Iterable[Bag]) -> bytes:
    """Return a SafeContents of these bags, each with its octets as they stand."""
    return writer.sequence(*(bag.raw for bag in bags))


def certificate_bag(certificate: Certificate, attributes: Attributes = _NO_ATTRIBUTES) -> CertificateBag:
    """Return a new bag with a certificate (RFC 7292 §4.2.3)."""
    value = writer.sequence(writer.oid(_X509_CERTIFICATE), writer.explicit(0, writer.octet_string(certificate.der)))
    raw = _encoded(writer.oid(_CERT_BAG), value, _attribute_set(attributes))
    return CertificateBag(node=tlv.read(raw), attributes=attributes, certificate=certificate)


def key_bag(key: ProtectedKey, attributes: Attributes) -> KeyBag:
    """Return a new bag with a private key, which is plain or an EncryptedPrivateKeyInfo (RFC 7292 §4.2.1, §4.2.2)."""
    raw = _encoded(writer.oid(_KEY_BAGS[key.form]), key.data, _attribute_set(attributes))
    return KeyBag(node=tlv.read(raw), attributes=attributes, key=key)


def renamed(bag: _AnyBag, alias: str | None) -> _AnyBag:
    """Return the bag under another friendlyName, or without one."""
    attributes = replace(bag.attributes, alias=alias)
    return replace(bag, node=_with_attribute(bag.node, _FRIENDLY_NAME, _friendly_name(attributes)), attributes=attributes)


def with_key_id(bag: _AnyBag, key_id: bytes) -> _AnyBag:
    """Return the bag with another localKeyId."""
    attributes = replace(bag.attributes, key_id=key_id)
    return replace(bag, node=_with_attribute(bag.node, _LOCAL_KEY_ID, _local_key_id(attributes)), attributes=attributes)


def with_trust(bag: _AnyBag, *, is_trusted: bool) -> _AnyBag:
    """Return the bag with Java's trustedKeyUsage, or without."""
    attributes = replace(bag.attributes, is_trusted=is_trusted)
    node = _with_attribute(bag.node, _TRUSTED_KEY_USAGE, _trusted_key_usage(attributes))
    return replace(bag, node=node, attributes=attributes)


def with_key(bag: KeyBag, key: ProtectedKey) -> KeyBag:
    """Return the bag with another key, or with the same one encrypted anew."""
    _, _, *attributes = bag.node.children(reader.SEQUENCE, at_least=2)
    raw = _encoded(writer.oid(_KEY_BAGS[key.form]), key.data, b"".join(node.raw for node in attributes))
    return replace(bag, node=tlv.read(raw), key=key)


def with_secret(bag: SecretBag, key: ProtectedKey) -> SecretBag:
    """Return the bag with another secret key of the same type, or with the same one encrypted anew."""
    kind, value, *attributes = bag.node.children(reader.SEQUENCE, at_least=2)
    type_of = value.children(_EXPLICIT_0, at_least=1)[0].children(reader.SEQUENCE, at_least=2)[0]
    secret = writer.sequence(type_of.raw, writer.explicit(0, writer.octet_string(key.data)))
    return replace(bag, node=tlv.read(_encoded(kind.raw, secret, b"".join(node.raw for node in attributes))), key=key)


def with_bags(nest: Nest, bags: tuple[Bag, ...]) -> Nest:
    """Return the nest with other bags in it."""
    kind, _, *attributes = nest.node.children(reader.SEQUENCE, at_least=2)
    raw = _encoded(kind.raw, safe_contents(bags), b"".join(node.raw for node in attributes))
    return replace(nest, node=tlv.read(raw), bags=bags)


def octets(node: tlv.Node) -> bytes:
    """Return the content of an OCTET STRING, also of a constructed one (BER)."""
    if node.tag & ~reader.CONSTRUCTED != reader.OCTET_STRING:
        node.expect(reader.OCTET_STRING)
    return node.octets()


def _bag(node: tlv.Node, *, most: int, nesting: int) -> Bag:
    kind, value, *optional = node.children(reader.SEQUENCE, at_least=2)
    dotted = kind.oid()
    content = value.children(_EXPLICIT_0, at_least=1)[0]
    attributes = _meaning(optional[0]) if optional else _NO_ATTRIBUTES
    if dotted == _CERT_BAG:
        type_of, certificate = _typed(content)
        if type_of == _X509_CERTIFICATE:
            return CertificateBag(node=node, attributes=attributes, certificate=Certificate(octets(certificate)))
    elif dotted in _KEY_FORMS:
        return KeyBag(node=node, attributes=attributes, key=ProtectedKey(form=_KEY_FORMS[dotted], data=content.raw))
    elif dotted == _SECRET_BAG:
        return SecretBag(node=node, attributes=attributes, key=_secret(content))
    elif dotted == _CRL_BAG and (crl := _crl(content)) is not None:
        return CrlBag(node=node, attributes=attributes, crl=crl)
    elif dotted == _SAFE_CONTENTS_BAG:
        return Nest(node=node, attributes=attributes, bags=read(content, most=most, nesting=nesting + 1))
    return Bag(node=node, attributes=attributes)


def _typed(content: tlv.Node) -> tuple[str, tlv.Node]:
    """Return the type and the value of a CertBag or CRLBag (RFC 7292 §4.2.3, §4.2.4)."""
    kind, value = content.children(reader.SEQUENCE, at_least=2)[:2]
    return kind.oid(), value.children(_EXPLICIT_0, at_least=1)[0]


def _secret(content: tlv.Node) -> ProtectedKey | None:
    """
    Return a SecretBag's key (RFC 7292 §4.2.5), None where its value is no EncryptedPrivateKeyInfo in an OCTET STRING.

    Java writes the one type, that of a shrouded key bag, and reads each (PKCS12KeyStore.loadSafeContents).
    """
    try:
        data = octets(_typed(content)[1])
        algorithm, encrypted = tlv.read(data).children(reader.SEQUENCE, at_least=2)[:2]
    except TLVError:
        return None
    is_key = algorithm.tag == reader.SEQUENCE and encrypted.tag == reader.OCTET_STRING
    return ProtectedKey(form=KeyForm.ENCRYPTED, data=data) if is_key else None


def _crl(content: tlv.Node) -> bytes | None:
    """Return the revocation list of a CRLBag (RFC 7292 §4.2.4), None where it is something else, which is carried unread."""
    try:
        kind, value = _typed(content)
        return octets(value) if kind == _X509_CRL else None
    except TLVError:
        return None


def _meaning(container: tlv.Node) -> Attributes:
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
    return Attributes(alias=alias, key_id=key_id, is_trusted=is_trusted)


def _alias(value: tlv.Node) -> str:
    alias = value.text()
    if len(alias) > limits.MAX_ALIAS:
        shown = visible(alias, limit=60)
        raise StoreFormatError(f"An alias of {len(alias):,} characters ('{shown}'); at most {limits.MAX_ALIAS:,} are read.")
    return alias


def _encoded(kind: bytes, value: bytes, attributes: bytes) -> bytes:
    return writer.sequence(kind, writer.explicit(0, value), attributes)


def _attribute_set(attributes: Attributes) -> bytes:
    """Return the bagAttributes, or nothing where there are none."""
    encoded = (_friendly_name(attributes), _local_key_id(attributes), _trusted_key_usage(attributes))
    present = [attribute for attribute in encoded if attribute]
    return writer.set_of(*present) if present else b""


def _friendly_name(attributes: Attributes) -> bytes:
    if attributes.alias is None:
        return b""
    value = writer.encode(_BMP_STRING, attributes.alias.encode("utf-16-be", "surrogatepass"))
    return writer.sequence(writer.oid(_FRIENDLY_NAME), writer.set_of(value))


def _local_key_id(attributes: Attributes) -> bytes:
    if attributes.key_id is None:
        return b""
    return writer.sequence(writer.oid(_LOCAL_KEY_ID), writer.set_of(writer.octet_string(attributes.key_id)))


def _trusted_key_usage(attributes: Attributes) -> bytes:
    """Return Java's mark of a trusted certificate, for any usage, as keytool writes it."""
    if not attributes.is_trusted:
        return b""
    return writer.sequence(writer.oid(_TRUSTED_KEY_USAGE), writer.set_of(writer.oid(_ANY_USAGE)))


def _with_attribute(bag: tlv.Node, dotted: str, attribute: bytes) -> tlv.Node:
    """Return a SafeBag with one attribute put in the place of its like, or behind the others; empty, it is taken out."""
    kind, value, *optional = bag.children(reader.SEQUENCE, at_least=2)
    kept: list[bytes] = []
    for node in optional[0].children(reader.SET) if optional else ():
        if node.children(reader.SEQUENCE, at_least=2)[0].oid() != dotted:
            kept.append(node.raw)
        elif attribute:
            kept.append(attribute)
            attribute = b""
    kept.append(attribute)
    attributes = writer.encode(reader.SET, *kept) if any(kept) else b""
    return tlv.read(writer.sequence(kind.raw, value.raw, attributes, *(node.raw for node in optional[1:])))
