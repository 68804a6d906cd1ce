"""
Open and seal private keys as Java's own key stores keep them: an EncryptedPrivateKeyInfo under one of two algorithms of Sun's.

- JKS (sun.security.provider.KeyProtector): the key is combined with a stream of SHA-1 digests of password and salt, and a digest
  of password and key stands behind it.
- JCEKS (com.sun.crypto.provider.KeyProtector): PBEWithMD5AndTripleDES, whose key and initialization vector come from MD5 over
  each half of the salt. Java opens JKS's form in a JCEKS store too, never the other way round.

Neither is more than an obstacle by today's measure; they are what these stores can hold.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import NamedTuple

from anchorkeep import tlv
from anchorkeep.errors import StoreFormatError, StoreIntegrityError, TLVError, UsageError
from anchorkeep.formats import limits
from anchorkeep.model.truststore import Part, Protection, Scheme
from anchorkeep.tlv import reader, writer

#: The algorithms' object identifiers, in Sun's own arc.
JKS = "1.3.6.1.4.1.42.2.17.1.1"
JCEKS = "1.3.6.1.4.1.42.2.19.1"
#: Both, for who has to tell these keys from those of other formats.
ALGORITHMS = frozenset({JKS, JCEKS})

_DIGEST_SIZE = 20
_SALT_SIZE = 20
_PBE_SALT_SIZE = 8
_BLOCK = 8
#: What Java writes since 8u161 (the security property jdk.jceks.iterationCount).
_ITERATIONS = 200_000
_MAX_INT = 2**31 - 1


class _Sealed(NamedTuple):
    """The parts of an EncryptedPrivateKeyInfo."""

    algorithm: str
    parameters: tuple[tlv.Node, ...]
    content: bytes


def algorithm(data: bytes) -> str | None:
    """Return the object identifier of the algorithm that an EncryptedPrivateKeyInfo names, None where the octets are none."""
    try:
        return _split(data).algorithm
    except TLVError:
        return None


def protection(data: bytes) -> Protection | None:
    """Return how a key of `ALGORITHMS` is protected, None for any other octets."""
    try:
        sealed = _split(data)
        if sealed.algorithm == JKS:
            return Protection(part=Part.KEYS, scheme=Scheme.JAVA, algorithm="Sun's JKS key protector")
        if sealed.algorithm == JCEKS:
            return pbe_protection(_parameters(sealed)[1])
    except TLVError:
        pass
    return None


def pbe_protection(iterations: int) -> Protection:
    """Return what JCEKS's own protection of keys is called."""
    return Protection(part=Part.KEYS, scheme=Scheme.JAVA, algorithm="PBEWithMD5AndTripleDES", iterations=iterations)


def unlock(data: bytes, *, password: str) -> bytes:
    """
    Open a key under one of `ALGORITHMS` and return its PKCS#8 PrivateKeyInfo.

    Args:
        data: an EncryptedPrivateKeyInfo.
        password: of the key, any text.

    Raises:
        StoreIntegrityError: the password is wrong, or the key was changed.
        StoreFormatError: the octets are no such key, or ask for more work than the bounds allow.
    """
    try:
        sealed = _split(data)
        if sealed.algorithm == JKS:
            return _unlock_jks(sealed.content, password)
        if sealed.algorithm == JCEKS:
            return _unlock_jceks(sealed, password)
    except TLVError as error:
        raise StoreFormatError(f"A private key of a Java key store cannot be read: {error.message}.") from None
    raise StoreFormatError(f"A private key under algorithm {sealed.algorithm}, which is none of Java's key stores.")


def lock_jks(pkcs8: bytes, *, password: str, entropy: Callable[[int], bytes]) -> bytes:
    """Seal a PKCS#8 PrivateKeyInfo as a JKS store keeps it, under any password; `entropy` gives the salt of 20 octets."""
    secret = _utf16(password)
    salt = entropy(_SALT_SIZE)
    digest = hashlib.sha1(secret + pkcs8, usedforsecurity=False).digest()
    return _join(JKS, writer.NULL, salt + _whiten(pkcs8, secret=secret, salt=salt) + digest)


def lock_jceks(pkcs8: bytes, *, password: str, entropy: Callable[[int], bytes]) -> bytes:
    """
    Seal a PKCS#8 PrivateKeyInfo as a JCEKS store keeps it, with Java's own 200,000 iterations.

    Args:
        pkcs8: the key.
        password: of the key, printable ASCII: Java up to 21 takes no other for this algorithm.
        entropy: gives the salt of 8 octets.

    Raises:
        UsageError: the password holds something else.
    """
    if not (password.isascii() and (password.isprintable() or not password)):
        message = "A key of a JCEKS store is protected by a password of printable ASCII characters; Java opens no other."
        raise UsageError(message, remedy="Choose such a password, or write PKCS#12.")
    salt = entropy(_PBE_SALT_SIZE)
    key, vector = _derive(password.encode("ascii"), salt=salt, iterations=_ITERATIONS)
    count = _BLOCK - len(pkcs8) % _BLOCK
    content = _cipher(pkcs8 + bytes((count,)) * count, key=key, vector=vector, decrypt=False)
    parameters = writer.sequence(writer.octet_string(salt), writer.integer(_ITERATIONS))
    return _join(JCEKS, parameters, content)


def _split(data: bytes) -> _Sealed:
    """Take an EncryptedPrivateKeyInfo apart (RFC 5958 section 3)."""
    identifier, content = tlv.read(data).children(reader.SEQUENCE, at_least=2)[:2]
    dotted, *parameters = identifier.children(reader.SEQUENCE, at_least=1)
    return _Sealed(dotted.expect(reader.OID).oid(), tuple(parameters), content.expect(reader.OCTET_STRING).octets())


def _join(dotted: str, parameters: bytes, content: bytes) -> bytes:
    return writer.sequence(writer.sequence(writer.oid(dotted), parameters), writer.octet_string(content))


def _utf16(password: str) -> bytes:
    return password.encode("utf-16-be", "surrogatepass")


def _wrong() -> StoreIntegrityError:
    message = "The password of a private key is wrong, or the key was changed; nobody can tell which."
    return StoreIntegrityError(message, remedy="Try again with the key's own password.")


def _whiten(octets: bytes, *, secret: bytes, salt: bytes) -> bytes:
    """Combine octets with the stream of digests, which both seals and opens."""
    stream, digest = bytearray(), salt
    while len(stream) < len(octets):
        digest = hashlib.sha1(secret + digest, usedforsecurity=False).digest()
        stream += digest
    size = len(octets)
    return (int.from_bytes(octets, "big") ^ int.from_bytes(stream[:size], "big")).to_bytes(size, "big")


def _unlock_jks(content: bytes, password: str) -> bytes:
    if len(content) < _SALT_SIZE + _DIGEST_SIZE:
        raise StoreFormatError(f"A private key of JKS with {len(content)} octets; salt and digest alone have 40.")
    secret = _utf16(password)
    salt, sealed, expected = content[:_SALT_SIZE], content[_SALT_SIZE:-_DIGEST_SIZE], content[-_DIGEST_SIZE:]
    plain = _whiten(sealed, secret=secret, salt=salt)
    if not hmac.compare_digest(hashlib.sha1(secret + plain, usedforsecurity=False).digest(), expected):
        raise _wrong()
    return plain


def _parameters(sealed: _Sealed) -> tuple[bytes, int]:
    """Return salt and iterations of PBEWithMD5AndTripleDES."""
    if len(sealed.parameters) != 1:
        message = "The algorithm has no parameters"
        raise TLVError(message, offset=0)
    return pbe_parameters(sealed.parameters[0])


def pbe_parameters(node: tlv.Node) -> tuple[bytes, int]:
    """Return salt and iterations of a PBEParameter (RFC 8018 A.3); refuse a count that Java's int does not hold."""
    salt, count = node.children(reader.SEQUENCE, at_least=2)[:2]
    iterations = count.expect(reader.INTEGER).integer()
    if not 0 < iterations <= _MAX_INT:
        message = "A number of iterations that cannot be"
        raise TLVError(message, offset=count.start)
    return salt.expect(reader.OCTET_STRING).octets(), iterations


def _unlock_jceks(sealed: _Sealed, password: str) -> bytes:
    salt, iterations = _parameters(sealed)
    if len(salt) != _PBE_SALT_SIZE or iterations > limits.MAX_ITERATIONS:
        message = f"A private key of JCEKS with a salt of {len(salt)} octets and {iterations:,} iterations"
        raise StoreFormatError(f"{message}; 8 octets and at most {limits.MAX_ITERATIONS:,} iterations are read.")
    if len(sealed.content) % _BLOCK or not sealed.content:
        raise StoreFormatError(f"A private key of JCEKS with {len(sealed.content):,} octets, which are no whole blocks.")
    # Java up to 21 takes ASCII alone, whose UTF-8 is the same; 25 takes any text as UTF-8.
    secret = password.encode("utf-8", "surrogatepass")
    key, vector = _derive(secret, salt=salt, iterations=iterations)
    padded = _cipher(sealed.content, key=key, vector=vector, decrypt=True)
    count = padded[-1]
    plain = padded[:-count]
    if not 1 <= count <= _BLOCK or padded[-count:] != bytes((count,)) * count or not _is_key(plain):
        raise _wrong()
    return plain


def _derive(secret: bytes, *, salt: bytes, iterations: int) -> tuple[bytes, bytes]:
    """Return the key of 24 octets and the initialization vector of 8: MD5, again and again, over each half and the password."""
    first, second = salt[:4], salt[4:]
    if first == second:  # Else both would give the same; Java turns the first round (PBES1Core.deriveCipherKey).
        first = first[::-1]
    derived = b""
    for half in (first, second):
        digest = half
        for _ in range(iterations):
            digest = hashlib.md5(digest + secret, usedforsecurity=False).digest()
        derived += digest
    return derived[:-_BLOCK], derived[-_BLOCK:]


def _cipher(octets: bytes, *, key: bytes, vector: bytes, decrypt: bool) -> bytes:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    cipher = Cipher(TripleDES(key), CBC(vector))
    context = cipher.decryptor() if decrypt else cipher.encryptor()
    return context.update(octets) + context.finalize()


def _is_key(octets: bytes) -> bool:
    """Return whether the octets have the outline of a PrivateKeyInfo, which a wrong password does not give by chance."""
    try:
        version, identifier, content = tlv.read(octets).children(reader.SEQUENCE, at_least=3)[:3]
        identifier.children(reader.SEQUENCE, at_least=1)[0].expect(reader.OID)
    except TLVError:
        return False
    return (version.tag, content.tag) == (reader.INTEGER, reader.OCTET_STRING)
