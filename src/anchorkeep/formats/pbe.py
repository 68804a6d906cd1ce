"""
Passwords turned into keys, and what they open: the encryption and the integrity check of PKCS#12.

Rules kept here:
- iterations, salts and the sum of all work are bounded before any is done;
- a password has more than one encoding: RFC 7292 wants UTF-16 with a terminator, PBES2 takes UTF-8, and of the empty one both an
  empty string and a lone terminator are in use, so every form that programs write is tried;
- whatever does not decrypt is the wrong password or tampering, which nobody can tell apart.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from anchorkeep.errors import StoreFormatError, UnsupportedFormatError
from anchorkeep.formats import limits, rc2
from anchorkeep.tlv import reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from anchorkeep import tlv

_PBES2 = "1.2.840.113549.1.5.13"
_PBMAC1 = "1.2.840.113549.1.5.14"
_PBKDF2 = "1.2.840.113549.1.5.12"

# Hash functions, and the pseudo-random functions HMAC makes of them (RFC 8018 B.1).
_HASHES = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_HMACS = {
    "1.2.840.113549.2.7": "sha1",
    "1.2.840.113549.2.8": "sha224",
    "1.2.840.113549.2.9": "sha256",
    "1.2.840.113549.2.10": "sha384",
    "1.2.840.113549.2.11": "sha512",
}
# PBMAC1 keys are as long as their hash; more would multiply the iterations.
_MAX_KEY = 64
# What the derived octets are for (RFC 7292 B.3).
_FOR_KEY, _FOR_VECTOR, _FOR_MAC = 1, 2, 3


class _Cipher(NamedTuple):
    """A block cipher in CBC mode: the octets of its key and block, and how it decrypts (key, vector, content)."""

    key_size: int
    block: int
    decrypt: Callable[[bytes, bytes, bytes], bytes]


def _aes(key: bytes, vector: bytes, content: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    decryptor = Cipher(AES(key), CBC(vector)).decryptor()
    return decryptor.update(content) + decryptor.finalize()


def _triple_des(key: bytes, vector: bytes, content: bytes) -> bytes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    try:
        decryptor = Cipher(TripleDES(key), CBC(vector)).decryptor()
    except UnsupportedAlgorithm:
        raise UnsupportedFormatError("This machine's OpenSSL has no 3DES, with which the store is encrypted.") from None
    return decryptor.update(content) + decryptor.finalize()


def _two_key_triple_des(key: bytes, vector: bytes, content: bytes) -> bytes:
    return _triple_des(key + key[:8], vector, content)


def _rc2(key: bytes, vector: bytes, content: bytes) -> bytes:
    if len(content) > limits.MAX_RC2_BYTES:
        message = f"{len(content):,} bytes are encrypted with RC2; at most {limits.MAX_RC2_BYTES:,} are read."
        raise StoreFormatError(message, remedy="Convert the store to AES: openssl pkcs12 or keytool -importkeystore.")
    return rc2.decrypt_cbc(content, key=key, effective_bits=8 * len(key), initialization_vector=vector)


# RFC 7292 Appendix C.
_PBES1 = {
    "1.2.840.113549.1.12.1.3": _Cipher(24, 8, _triple_des),
    "1.2.840.113549.1.12.1.4": _Cipher(16, 8, _two_key_triple_des),
    "1.2.840.113549.1.12.1.5": _Cipher(16, 8, _rc2),
    "1.2.840.113549.1.12.1.6": _Cipher(5, 8, _rc2),
}
# RFC 8018 B.2, RFC 3565 §4.1.
_PBES2_CIPHERS = {
    "1.2.840.113549.3.7": _Cipher(24, 8, _triple_des),
    "2.16.840.1.101.3.4.1.2": _Cipher(16, 16, _aes),
    "2.16.840.1.101.3.4.1.22": _Cipher(24, 16, _aes),
    "2.16.840.1.101.3.4.1.42": _Cipher(32, 16, _aes),
}
_NAMES = {
    "1.2.840.113549.1.12.1.1": "RC4 with 128 bits",
    "1.2.840.113549.1.12.1.2": "RC4 with 40 bits",
    "1.2.840.113549.1.5.3": "DES with MD5",
    "1.2.840.113549.1.5.10": "DES with SHA-1",
    "1.3.6.1.4.1.11591.4.11": "scrypt",
}


class Password:
    """A password in every encoding that programs use, and the work that may still be spent on it. Never shown."""

    __slots__ = ("_left", "as_bmp", "as_utf8")

    def __init__(self, text: str) -> None:
        """Encode the password; `text` may be empty."""
        self._left = limits.MAX_TOTAL_ITERATIONS
        # RFC 7292 B.1 ends a password with two zero octets; OpenSSL's NULL password has not even these.
        self.as_bmp = (text.encode("utf-16-be", "surrogatepass") + b"\0\0",) + (() if text else (b"",))
        # Java tries an empty password again as a lone NUL (PKCS12KeyStore.RetryWithZero).
        self.as_utf8 = (text.encode("utf-8", "surrogatepass"),) + (() if text else (b"\0",))

    def spend(self, iterations: int) -> None:
        """Take iterations off what is left; a `StoreFormatError` where that is too little, before they are made."""
        if not 0 < iterations <= limits.MAX_ITERATIONS:
            message = f"{iterations:,} iterations of a key derivation; 1 to {limits.MAX_ITERATIONS:,} are done."
            raise StoreFormatError(message, remedy="Java refuses such a store too.")
        self._left -= iterations
        if self._left < 0:
            raise StoreFormatError(f"The store asks for more than {limits.MAX_TOTAL_ITERATIONS:,} iterations in all.")


def decrypted(algorithm: tlv.Node, content: bytes, *, password: Password) -> Iterator[bytes]:
    """
    Yield what the content may say, one value for each encoding of the password under which its padding fits.

    Args:
        algorithm: the AlgorithmIdentifier (RFC 7292 Appendix C, RFC 8018 §6.2).
        content: the encrypted octets.
        password: the password.

    Raises:
        UnsupportedFormatError: an algorithm that is not read.
        StoreFormatError: parameters beyond the bounds.
        TLVError: broken parameters.
    """
    kind, *parameters = algorithm.children(reader.SEQUENCE, at_least=2)
    dotted = kind.oid()
    if dotted == _PBES2:
        cipher, keys = _pbes2(parameters[0], password)
    elif dotted in _PBES1:
        cipher, keys = _PBES1[dotted], _pbes1(_PBES1[dotted], parameters[0], password)
    else:
        raise _unsupported("encrypted with", dotted)
    if not content or len(content) % cipher.block:
        return
    for key, vector in keys:
        plain = _unpadded(cipher.decrypt(key, vector, content), cipher.block)
        if plain is not None:
            yield plain


def verifies(mac_data: tlv.Node, content: bytes, *, password: Password) -> bool:
    """
    Tell whether the MacData (RFC 7292 §4, PBMAC1 of RFC 9579) fits the content under the password.

    Raises:
        UnsupportedFormatError: an algorithm that is not read.
        StoreFormatError: parameters beyond the bounds.
        TLVError: a broken structure.
    """
    digest_info, salt_node, *rest = mac_data.children(reader.SEQUENCE, at_least=2)
    algorithm, expected = digest_info.children(reader.SEQUENCE, at_least=2)[:2]
    kind, *parameters = algorithm.children(reader.SEQUENCE, at_least=1)
    dotted = kind.oid()
    if dotted == _PBMAC1 and parameters:
        hash_name, keys = _pbmac1(parameters[0], password)
    elif dotted in _HASHES:
        hash_name = _HASHES[dotted]
        iterations = rest[0].integer() if rest else 1
        keys = _mac_keys(hash_name, _salt(salt_node), iterations, password)
    else:
        raise _unsupported("protected by a MAC with", dotted)
    octets = expected.octets()
    return any(hmac.compare_digest(hmac.digest(key, content, hash_name), octets) for key in keys)


def derive(secret: bytes, *, salt: bytes, iterations: int, purpose: int, size: int, hash_name: str) -> bytes:
    """
    Derive octets from an encoded password (RFC 7292 B.2).

    Args:
        secret: the password as UTF-16 with its terminator.
        salt: the salt.
        iterations: how often each hash is hashed again; bounded by the caller.
        purpose: 1 for a key, 2 for an initialization vector, 3 for a MAC's key.
        size: octets wanted.
        hash_name: the hash function.
    """
    function: Callable[[bytes], hashlib._Hash] = partial(getattr(hashlib, hash_name), usedforsecurity=False)
    block = function(b"").block_size
    diversifier = bytes((purpose,)) * block
    mixed = _filled(salt, block) + _filled(secret, block)
    derived = b""
    while True:
        digest = function(diversifier + mixed).digest()
        for _ in range(iterations - 1):
            digest = function(digest).digest()
        derived += digest
        if len(derived) >= size:
            return derived[:size]
        addend = int.from_bytes(_filled(digest, block)[:block], "big") + 1
        pieces = (mixed[start : start + block] for start in range(0, len(mixed), block))
        mixed = b"".join(_sum(piece, addend, block) for piece in pieces)


def _sum(piece: bytes, addend: int, block: int) -> bytes:
    return ((int.from_bytes(piece, "big") + addend) % (1 << 8 * block)).to_bytes(block, "big")


def _filled(octets: bytes, block: int) -> bytes:
    """Repeat the octets up to a multiple of the block (RFC 7292 B.2, steps 2 and 3)."""
    if not octets:
        return b""
    size = block * -(-len(octets) // block)
    return (octets * -(-size // len(octets)))[:size]


def _pbes1(cipher: _Cipher, parameters: tlv.Node, password: Password) -> Iterator[tuple[bytes, bytes]]:
    salt_node, count = parameters.children(reader.SEQUENCE, at_least=2)[:2]
    salt, iterations = _salt(salt_node), count.integer()
    for secret in password.as_bmp:
        # The vector's one digest costs the iterations once, the key's once for each 20 octets.
        password.spend(iterations)
        vector = derive(secret, salt=salt, iterations=iterations, purpose=_FOR_VECTOR, size=cipher.block, hash_name="sha1")
        for _ in range(0, cipher.key_size, 20):
            password.spend(iterations)
        key = derive(secret, salt=salt, iterations=iterations, purpose=_FOR_KEY, size=cipher.key_size, hash_name="sha1")
        yield key, vector


def _pbes2(parameters: tlv.Node, password: Password) -> tuple[_Cipher, Iterator[tuple[bytes, bytes]]]:
    derivation, scheme = parameters.children(reader.SEQUENCE, at_least=2)[:2]
    kind, vector_node = scheme.children(reader.SEQUENCE, at_least=2)[:2]
    cipher = _PBES2_CIPHERS.get(kind.oid())
    if cipher is None:
        raise _unsupported("encrypted with", kind.oid())
    vector = vector_node.octets()
    if len(vector) != cipher.block:
        raise StoreFormatError(f"An initialization vector has {len(vector)} octets, expected {cipher.block}.")
    return cipher, product(_pbkdf2(derivation, password, size=cipher.key_size), (vector,))


def _pbkdf2(derivation: tlv.Node, password: Password, *, size: int | None) -> Iterator[bytes]:
    """Yield the key for each encoding (RFC 8018 §5.2, A.2); `size` is None where the parameters must name it (RFC 9579 §4)."""
    kind, *rest = derivation.children(reader.SEQUENCE, at_least=1)
    if kind.oid() != _PBKDF2 or not rest:
        raise _unsupported("protected by the key derivation", kind.oid())
    salt_node, count, *optional = rest[0].children(reader.SEQUENCE, at_least=2)
    named = next((node.integer() for node in optional if node.tag == reader.INTEGER), size)
    if named is None or not 0 < named <= _MAX_KEY or size not in {None, named}:
        raise StoreFormatError(f"A key of {named} octets is derived, expected {size or f'1 to {_MAX_KEY}'}.")
    pseudo_random = next((node for node in optional if node.tag == reader.SEQUENCE), None)
    hash_name = _hmac(pseudo_random) if pseudo_random else "sha1"
    salt, iterations = _salt(salt_node), count.integer()
    for secret in password.as_utf8:
        password.spend(iterations)
        yield hashlib.pbkdf2_hmac(hash_name, secret, salt, iterations, named)


def _pbmac1(parameters: tlv.Node, password: Password) -> tuple[str, Iterator[bytes]]:
    derivation, scheme = parameters.children(reader.SEQUENCE, at_least=2)[:2]
    return _hmac(scheme), _pbkdf2(derivation, password, size=None)


def _mac_keys(hash_name: str, salt: bytes, iterations: int, password: Password) -> Iterator[bytes]:
    size = hashlib.new(hash_name, usedforsecurity=False).digest_size
    for secret in password.as_bmp:
        password.spend(iterations)
        yield derive(secret, salt=salt, iterations=iterations, purpose=_FOR_MAC, size=size, hash_name=hash_name)


def _hmac(algorithm: tlv.Node) -> str:
    dotted = algorithm.children(reader.SEQUENCE, at_least=1)[0].oid()
    if dotted not in _HMACS:
        raise _unsupported("protected by the pseudo-random function", dotted)
    return _HMACS[dotted]


def _salt(node: tlv.Node) -> bytes:
    salt = node.expect(reader.OCTET_STRING).octets()
    if len(salt) > limits.MAX_SALT:
        raise StoreFormatError(f"A salt of {len(salt):,} bytes; at most {limits.MAX_SALT:,} are taken.")
    return salt


def _unpadded(plain: bytes, block: int) -> bytes | None:
    """Return the content without its padding (RFC 8018 §6.1.1, step 4), None where that is none."""
    count = plain[-1]
    if not 0 < count <= block or plain[-count:] != bytes((count,)) * count:
        return None
    return plain[:-count]


def _unsupported(what: str, dotted: str) -> UnsupportedFormatError:
    message = f"The PKCS#12 store is {what} {_NAMES.get(dotted, dotted)}, which is not read."
    return UnsupportedFormatError(message, remedy="Convert it with the program that made it, to AES and SHA-256.")
