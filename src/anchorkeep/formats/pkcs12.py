"""
Read and write PKCS#12 stores (RFC 7292).

Rules kept here:
- the MAC is verified before anything is decrypted or believed;
- private and secret keys are never decrypted; their certificates are found by localKeyId and by issuer, as Java does;
- a certificate without Java's trustedKeyUsage is kept and marked, since Java does not see it;
- the order is the file's, and every bag of the file is in some entry;
- white space and zeros behind the structure, which Java and OpenSSL pass over, are kept; other bytes there may be half of a file;
- what is written again keeps its algorithms, key sizes and iterations, under new salts, unless a Java is named for which others
  would be chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep import tlv
from anchorkeep.errors import (
    StoreFormatError,
    StoreIntegrityError,
    TLVError,
    UnsupportedEntryError,
    UnsupportedFormatError,
    UsageError,
)
from anchorkeep.formats import limits, pbe, pbe_cipher, pkcs8, pkcs12_bags, pkcs12_safe
from anchorkeep.formats.pkcs12_bags import CertificateBag, KeyBag, SecretBag
from anchorkeep.formats.pkcs12_layout import Layout, Safe
from anchorkeep.model.truststore import Integrity, KeyForm, Part, Protection, Scheme, TrustStore
from anchorkeep.text import visible
from anchorkeep.tlv import reader, writer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from anchorkeep.formats.pbe import Mac, Pbmac1
    from anchorkeep.formats.pbe_cipher import Encryption
    from anchorkeep.formats.recipe import Recipe
    from anchorkeep.formats.work import Work
    from anchorkeep.model.truststore import Entry

_VERSION = 3
_DATA = "1.2.840.113549.1.7.1"
_ENCRYPTED_DATA = "1.2.840.113549.1.7.6"
_EXPLICIT_0 = 0xA0
_IMPLICIT_0 = frozenset({0x80, 0xA0})

_EITHER = "the password is wrong, or the PKCS#12 store was changed; nobody can tell which."
_TRY_AGAIN = "Try again with the right password."


def loads(data: bytes, *, password: str | None, name: str, work: Work | None = None) -> TrustStore:
    """
    Read a PKCS#12 store in DER or BER, its entries in the file's order.

    Without a password a store is read whose certificates are not encrypted; its MAC, if it has one, is then not checked. A store
    without a MAC has integrity `NONE` whatever the password.

    Args:
        data: the file's bytes.
        password: verifies the MAC and decrypts; may be empty, which is not the same as None.
        name: what to call the file, printable.
        work: what may be spent, where other passwords share it.

    Raises:
        StoreIntegrityError: the password is wrong or the store was changed; or it needs a password and none was given.
        UnsupportedFormatError: an algorithm or a kind of content that is not read.
        StoreFormatError: the structure is broken or beyond the bounds.
    """
    try:
        secret = None if password is None else pbe.Password(password, work=work)
        pfx = tlv.read_prefix(data)
        padding = _padding(data[pfx.end :])
        auth_safe, mac_data = _pfx(pfx)
        mac, integrity = _checked(mac_data, auth_safe, secret)
        layout = Layout(safes=tuple(_safes(auth_safe, secret)), mac=mac, padding=padding)
        entries = layout.entries
    except TLVError as error:
        raise StoreFormatError(f"{name}: the PKCS#12 structure is broken: {error.message}.") from None
    except (StoreFormatError, StoreIntegrityError) as error:
        raise type(error)(f"{name}: {error.message}", remedy=error.remedy) from None
    return TrustStore(
        format="pkcs12",
        entries=entries,
        integrity=integrity,
        protection=tuple(dict.fromkeys(_protection(layout))),
        native=layout,
    )


def dump(store: TrustStore, recipe: Recipe) -> bytes:
    """
    Return a PKCS#12 store with these entries.

    Bags that nobody touched are written octet for octet, in the safes in which they were found; safes keep their order, and the
    entries of each the store's. A store that had neither encryption nor MAC gets none. A certificate of a private key's chain is
    found again by its issuer's name, so that one added to the store may lengthen a chain, as it does in Java.

    Args:
        store: its entries; private keys plain, or encrypted with PBES1 or PBES2 under any password, secret keys encrypted so.
        recipe: with a password wherever the store is encrypted or has a MAC; a new store without one gets neither.

    Raises:
        UsageError: a password is missing, or the Java that is to read the store would not open it with this one.
        UnsupportedEntryError: an entry that cannot be written, or that this Java would not open.
    """
    found = store.native if isinstance(store.native, Layout) else None
    layout = found or Layout(safes=(), mac=None if recipe.password is None else _new_mac(recipe))
    is_protected = layout.mac is not None or any(safe.encryption for safe in layout.safes)
    password = _password(recipe, is_new=found is None, is_protected=is_protected)
    safe = _authenticated_safe(layout, store.entries, recipe, password)
    content = writer.sequence(writer.oid(_DATA), writer.explicit(0, writer.octet_string(safe)))
    mac_data = b""
    if layout.mac is not None and password is not None:
        is_suited = recipe.java is None or layout.mac.scheme is _mac_scheme(recipe)
        mac = layout.mac.fresh(recipe.entropy) if is_suited else _new_mac(recipe, found=layout.mac)
        mac_data = mac.encode(next(mac.codes(safe, password=password)))
    return writer.sequence(writer.integer(_VERSION), content, mac_data) + layout.padding


def _padding(rest: bytes) -> bytes:
    """Return what follows the structure, which may say nothing."""
    if rest.strip(b"\0\t\n\r "):
        message = (
            f"{len(rest):,} bytes follow the PKCS#12 structure. Java and OpenSSL pass over them, but two files may be in one."
        )
        raise StoreFormatError(message, remedy=f"Cut them off, if they are none of it: head -c -{len(rest)} FILE > STORE")
    return rest


def _pfx(node: tlv.Node) -> tuple[bytes, tlv.Node | None]:
    """Return the authenticated safe and the MacData (RFC 7292 §4)."""
    version, content_info, *optional = node.children(reader.SEQUENCE, at_least=2)
    if pbe.count(version) != _VERSION:
        raise UnsupportedFormatError(f"A PKCS#12 store of version {version.integer()}; version 3 is known.")
    kind, content = content_info.children(reader.SEQUENCE, at_least=2)[:2]
    if kind.oid() != _DATA:
        message = f"The PKCS#12 store is protected by a signature ({kind.oid()}), not by a password."
        raise UnsupportedFormatError(message)
    auth_safe = content.children(_EXPLICIT_0, at_least=1)[0]
    return pkcs12_bags.octets(auth_safe), optional[0] if optional else None


def _checked(mac_data: tlv.Node | None, auth_safe: bytes, password: pbe.Password | None) -> tuple[Mac | Pbmac1 | None, Integrity]:
    if mac_data is None:
        return None, Integrity.NONE
    mac, code = pbe.mac(mac_data)
    if password is None:
        return mac, Integrity.NOT_CHECKED
    if not mac.verifies(code, auth_safe, password=password):
        raise StoreIntegrityError(_EITHER, remedy=_TRY_AGAIN)
    return mac, Integrity.VERIFIED


def _safes(auth_safe: bytes, password: pbe.Password | None) -> Iterator[Safe]:
    """Yield the parts of a store (RFC 7292 §4.1, §5.1)."""
    most = limits.MAX_ENTRIES
    for number, content_info in enumerate(tlv.read(auth_safe).children(reader.SEQUENCE), start=1):
        kind, content = content_info.children(reader.SEQUENCE, at_least=2)[:2]
        inner = content.children(_EXPLICIT_0, at_least=1)[0]
        if kind.oid() == _DATA:
            contents, encryption = tlv.read(pkcs12_bags.octets(inner)), None
        elif kind.oid() == _ENCRYPTED_DATA:
            contents, encryption = _decrypted(inner, password, number=number)
        else:
            message = f"Part {number} of the PKCS#12 store is of type {kind.oid()}, perhaps encrypted to a public key."
            raise UnsupportedFormatError(message)
        bags = pkcs12_bags.read(contents, most=most)
        most -= pkcs12_bags.count(bags)
        yield Safe(encryption=encryption, contents=contents.data, bags=bags)


def _decrypted(encrypted_data: tlv.Node, password: pbe.Password | None, *, number: int) -> tuple[tlv.Node, Encryption]:
    """Return the SafeContents of an EncryptedData (RFC 5652 §8), and how it was encrypted."""
    if password is None:
        message = f"a password is needed: part {number} of the PKCS#12 store is encrypted."
        raise StoreIntegrityError(message, remedy="Give a password that is not empty.")
    content_info = encrypted_data.children(reader.SEQUENCE, at_least=2)[1]
    _, algorithm, *content = content_info.children(reader.SEQUENCE, at_least=2)
    if not content or content[0].tag not in _IMPLICIT_0:
        raise StoreFormatError(f"Part {number} of the PKCS#12 store has no encrypted content.")
    encryption = pbe_cipher.parse(algorithm)
    for plain in pbe_cipher.decrypted(encryption, content[0].octets(), password=password):
        try:
            return tlv.read(plain).expect(reader.SEQUENCE), encryption
        except TLVError:
            continue
    raise StoreIntegrityError(_EITHER, remedy=_TRY_AGAIN)


def _protection(layout: Layout) -> Iterator[Protection]:
    """Yield how each part is protected, in the file's order, the integrity last."""
    for safe in layout.safes:
        bags = pkcs12_bags.flat(safe.bags)
        if safe.encryption or any(isinstance(bag, CertificateBag) for bag in bags):
            has_certificates = any(isinstance(bag, CertificateBag) for bag in bags) or not bags
            yield _protected(Part.CERTIFICATES if has_certificates else Part.KEYS, safe.encryption)
        for bag in bags:
            if isinstance(bag, KeyBag) and bag.key.form is KeyForm.PLAIN:
                yield _protected(Part.KEYS, safe.encryption)
            elif isinstance(bag, (KeyBag, SecretBag)) and (encryption := _key_encryption(bag)):
                yield _protected(Part.KEYS, encryption)
    yield _protected(Part.INTEGRITY, layout.mac)


def _protected(part: Part, by: Encryption | Mac | Pbmac1 | None) -> Protection:
    if by is None:
        return Protection(part=part, scheme=Scheme.PLAIN, algorithm="none")
    return Protection(part=part, scheme=by.scheme, algorithm=by.name, iterations=by.iterations)


def _key_encryption(bag: KeyBag | SecretBag) -> Encryption | None:
    return pkcs8.encryption(bag.key.data) if bag.key else None


def _password(recipe: Recipe, *, is_new: bool, is_protected: bool) -> pbe.Password | None:
    """Return the password to write with, None for a store without protection; refuse what its reader would not open."""
    java = recipe.java
    if not is_protected:
        return None  # Every Java opens such a store: measured from 11.0.9 on, by its source so since 8.
    if recipe.password is None:
        message = "The PKCS#12 store is protected by a password, without which it cannot be written."
        raise UsageError(message, remedy="Give the store's password; an empty one is a password too.")
    if not recipe.password.isascii() and (is_new or recipe.is_new_password or java) and not (java and java.opens_other_passwords):
        reader_of = visible(java.label) if java else "Java before 25"
        message = f"A PKCS#12 store with a password beyond ASCII is not opened by {reader_of}."
        raise UsageError(message, remedy="Choose a password of ASCII characters, or name a Java from 25 on as its reader.")
    return pbe.Password(recipe.password)


def _authenticated_safe(layout: Layout, entries: Sequence[Entry], recipe: Recipe, password: pbe.Password | None) -> bytes:
    """Return the parts that hold the entries, each encrypted (RFC 7292 §4.1); a function, so that what is plain ends with it."""
    encryption = _encryption(layout, recipe) if password else None
    safes = pkcs12_safe.arranged(layout, entries, at=recipe.at, encryption=encryption)
    _require_keys(safes, recipe)
    return writer.sequence(*(_part(safe, recipe, password) for safe in safes))


def _mac_scheme(recipe: Recipe) -> Scheme:
    return Scheme.MAC_SHA1 if pbe_cipher.is_legacy(recipe.java) else Scheme.MAC_SHA2


def _new_mac(recipe: Recipe, *, found: Mac | Pbmac1 | None = None) -> Mac:
    """Return a check for the recipe's Java, of no fewer iterations than one that was found."""
    digest = pbe.SHA1 if _mac_scheme(recipe) is Scheme.MAC_SHA1 else pbe.SHA256
    iterations = max(pbe_cipher.ITERATIONS, (found and found.iterations) or 0)
    return pbe.Mac(digest=digest, salt=recipe.entropy(pbe_cipher.SALT_SIZE), iterations=iterations)


def _encryption(layout: Layout, recipe: Recipe) -> Encryption:
    """Return what a new safe is encrypted with, but for salt and vector: as another one is, or as the MAC is of."""
    found = next((safe.encryption for safe in layout.safes if safe.encryption), None)
    is_old = layout.mac is not None and layout.mac.scheme is Scheme.MAC_SHA1
    return found or pbe_cipher.pattern(is_legacy=pbe_cipher.is_legacy(recipe.java) or (recipe.java is None and is_old))


def _part(safe: Safe, recipe: Recipe, password: pbe.Password | None) -> bytes:
    """Return the ContentInfo of a part (RFC 7292 §5.1; RFC 5652 §8)."""
    if safe.encryption is None or password is None:
        return writer.sequence(writer.oid(_DATA), writer.explicit(0, writer.octet_string(safe.contents)))
    encryption = pbe_cipher.suited(safe.encryption, recipe.java).fresh(recipe.entropy)
    content = writer.implicit(0, pbe_cipher.encrypted(encryption, safe.contents, password=password))
    info = writer.sequence(writer.oid(_DATA), encryption.encode(), content)
    data = writer.sequence(writer.integer(0), info)
    return writer.sequence(writer.oid(_ENCRYPTED_DATA), writer.explicit(0, data))


def _require_keys(safes: tuple[Safe, ...], recipe: Recipe) -> None:
    """Refuse a key that the Java which is to read the store would not open."""
    if not (java := recipe.java) or not pbe_cipher.is_legacy(java):
        return
    for bag in Layout(safes=safes, mac=None).bags:
        encryption = _key_encryption(bag) if isinstance(bag, (KeyBag, SecretBag)) else None
        if encryption and encryption.scheme is Scheme.PBES2:
            alias = visible(bag.attributes.alias or "", limit=60)
            message = (
                f"The key of the entry '{alias}' is encrypted with {encryption.name}, which {visible(java.label)} does not open."
            )
            raise UnsupportedEntryError(
                message,
                remedy="Have `store convert` encrypt it anew for that Java, or take it out first with `store remove --keys`.",
            )
