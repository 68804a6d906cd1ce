"""
Private keys by themselves: PrivateKeyInfo and EncryptedPrivateKeyInfo (PKCS#8, RFC 5958), as PKCS#12 keeps them.

Rules kept here:
- what does not decrypt to a private key is the wrong password or tampering, which nobody can tell apart;
- a key is never looked into further than its structure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep import tlv
from anchorkeep.errors import InputError, StoreFormatError, StoreIntegrityError, TLVError
from anchorkeep.formats import pbe_cipher
from anchorkeep.formats.pbe import Password
from anchorkeep.model.truststore import KeyForm, ProtectedKey
from anchorkeep.tlv import reader, writer

if TYPE_CHECKING:
    from anchorkeep.formats.pbe_cipher import Encryption
    from anchorkeep.formats.recipe import Recipe


def unlock(key: ProtectedKey, *, password: str) -> bytes:
    """
    Return the PrivateKeyInfo of a key, in DER or BER.

    Args:
        key: plain, or encrypted with PBES1 or PBES2.
        password: of the key; may be empty; not looked at for a plain one.

    Raises:
        StoreIntegrityError: the password is wrong or the key was changed.
        UnsupportedFormatError: an algorithm that is not read.
        StoreFormatError: the structure is broken or beyond the bounds.
    """
    if key.form is KeyForm.PLAIN:
        return key.data
    try:
        algorithm, content = tlv.read(key.data).children(reader.SEQUENCE, at_least=2)[:2]
        encryption, octets = pbe_cipher.parse(algorithm), content.octets()
    except TLVError as error:
        raise StoreFormatError(f"The structure of an encrypted private key is broken: {error.message}.") from None
    for plain in pbe_cipher.decrypted(encryption, octets, password=Password(password)):
        if _is_private_key(plain):
            return plain
    message = "the password of a private key is wrong, or the key was changed; nobody can tell which."
    raise StoreIntegrityError(message, remedy="Try again with the key's own password.")


def lock(private_key: bytes, *, recipe: Recipe, found: ProtectedKey | None = None) -> ProtectedKey:
    """
    Return a key as a PKCS#12 store of that recipe keeps it: encrypted as its Java opens it, plain where there is no password.

    Args:
        private_key: the PrivateKeyInfo; not looked at.
        recipe: password, entropy and the Java that is to read it.
        found: the key as it stood; encrypted as PKCS#12 has it, its algorithm, key size and iterations stay, unless that Java
            would not open them, and then the iterations do.
    """
    if recipe.password is None:
        return ProtectedKey(form=KeyForm.PLAIN, data=private_key)
    before = encryption(found.data) if found and found.form is KeyForm.ENCRYPTED else None
    pattern = pbe_cipher.pattern(is_legacy=pbe_cipher.is_legacy(recipe.java))
    chosen = (pbe_cipher.suited(before, recipe.java) if before else pattern).fresh(recipe.entropy)
    content = pbe_cipher.encrypted(chosen, private_key, password=Password(recipe.password))
    return ProtectedKey(form=KeyForm.ENCRYPTED, data=writer.sequence(chosen.encode(), writer.octet_string(content)))


def encryption(data: bytes) -> Encryption | None:
    """Return how an EncryptedPrivateKeyInfo is encrypted, None where that is not known here; nothing is decrypted."""
    try:
        return pbe_cipher.parse(tlv.read(data).children(reader.SEQUENCE, at_least=2)[0])
    except InputError:
        return None


def _is_private_key(plain: bytes) -> bool:
    """Tell a PrivateKeyInfo from what a wrong key makes of it (RFC 5958 §2)."""
    try:
        version, algorithm, key = tlv.read(plain).children(reader.SEQUENCE, at_least=3)[:3]
    except TLVError:
        return False
    return (version.tag, algorithm.tag, key.tag) == (reader.INTEGER, reader.SEQUENCE, reader.OCTET_STRING)
