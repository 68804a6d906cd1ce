"""
Passwords turned into keys (RFC 7292 Appendix B, RFC 8018 §5.2), and the integrity check that PKCS#12 makes with them.

Rules kept here:
- iterations, salts and the sum of all work are bounded before any is done;
- a password has more than one encoding: RFC 7292 wants UTF-16 with a terminator, PBES2 takes UTF-8, and of the empty one both an
  empty string and a lone terminator are in use, so every form that programs write is tried; the first is the one to write with.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from anchorkeep.errors import StoreFormatError, UnsupportedFormatError
from anchorkeep.formats import limits
from anchorkeep.formats.work import Work
from anchorkeep.model.truststore import Scheme
from anchorkeep.tlv import reader, writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from anchorkeep import tlv

_PBMAC1 = "1.2.840.113549.1.5.14"
_PBKDF2 = "1.2.840.113549.1.5.12"

SHA1, SHA256 = "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1"
HMAC_SHA256 = "1.2.840.113549.2.9"

# Hash functions, and the pseudo-random functions HMAC makes of them (RFC 8018 B.1).
_HASHES = {
    SHA1: "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    SHA256: "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_HMACS = {
    "1.2.840.113549.2.7": "sha1",
    "1.2.840.113549.2.8": "sha224",
    HMAC_SHA256: "sha256",
    "1.2.840.113549.2.10": "sha384",
    "1.2.840.113549.2.11": "sha512",
}
# Octets of a derived key: PBMAC1's is as long as its hash, SHA-512 at most. Each digest that it is made of takes all iterations.
_MAX_KEY = 64
# Octets of a number: what needs more is refused by every bound there is, and is not worth being printed.
_MAX_COUNT = 8
# What the derived octets are for (RFC 7292 B.3).
FOR_KEY, FOR_VECTOR, FOR_MAC = 1, 2, 3

_NAMES = {
    "1.2.840.113549.1.12.1.1": "RC4 with 128 bits",
    "1.2.840.113549.1.12.1.2": "RC4 with 40 bits",
    "1.2.840.113549.1.5.3": "DES with MD5",
    "1.2.840.113549.1.5.10": "DES with SHA-1",
    "1.3.6.1.4.1.11591.4.11": "scrypt",
}


class Password:
    """A password in every encoding that programs use, and the work that may still be spent on it. Never shown."""

    __slots__ = ("as_bmp", "as_utf8", "work")

    def __init__(self, text: str, *, work: Work | None = None) -> None:
        """Encode the password; `text` may be empty. Without `work`, what a whole store may cost is this password's own."""
        self.work = Work() if work is None else work
        # RFC 7292 B.1 ends a password with two zero octets; OpenSSL's NULL password has not even these.
        self.as_bmp = (text.encode("utf-16-be", "surrogatepass") + b"\0\0",) + (() if text else (b"",))
        # Java tries an empty password again as a lone NUL (PKCS12KeyStore.RetryWithZero).
        self.as_utf8 = (text.encode("utf-8", "surrogatepass"),) + (() if text else (b"\0",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pbkdf2:
    """
    The key derivation of PBES2 and PBMAC1 with its parameters (RFC 8018 §5.2, A.2).

    Attributes:
        salt: the salt.
        iterations: as the parameters have them; bounded when a key is derived.
        key_size: octets of the key where the parameters name them.
        prf: the pseudo-random function's object identifier; None where the parameters leave it at HMAC-SHA-1.
    """

    salt: bytes
    iterations: int
    key_size: int | None = None
    prf: str | None = None

    @classmethod
    def parse(cls, algorithm: tlv.Node) -> Pbkdf2:
        """Read an AlgorithmIdentifier; another derivation's is an `UnsupportedFormatError`."""
        kind, *rest = algorithm.children(reader.SEQUENCE, at_least=1)
        if kind.oid() != _PBKDF2 or not rest:
            raise unsupported("protected by the key derivation", kind.oid())
        salt_node, iterations, *optional = rest[0].children(reader.SEQUENCE, at_least=2)
        size = next((count(node) for node in optional if node.tag == reader.INTEGER), None)
        function = next((_hmac(node) for node in optional if node.tag == reader.SEQUENCE), None)
        return cls(salt=salt(salt_node), iterations=count(iterations), key_size=size, prf=function)

    @property
    def hash_name(self) -> str:
        """The hash function that HMAC is made of."""
        return _HMACS[self.prf] if self.prf else "sha1"

    def encode(self) -> bytes:
        """Return the AlgorithmIdentifier in DER."""
        size = (writer.integer(self.key_size),) if self.key_size is not None else ()
        function = (_algorithm(self.prf),) if self.prf else ()
        parameters = writer.sequence(writer.octet_string(self.salt), writer.integer(self.iterations), *size, *function)
        return writer.sequence(writer.oid(_PBKDF2), parameters)

    def fresh(self, entropy: Callable[[int], bytes]) -> Pbkdf2:
        """Return the same derivation with another salt, as long as this one."""
        return replace(self, salt=entropy(len(self.salt)))

    def keys(self, password: Password, *, size: int | None) -> Iterator[bytes]:
        """Yield the key for each encoding; `size` is None where the parameters must name it (RFC 9579 §4)."""
        named = self.key_size if self.key_size is not None else size
        if named is None or not 0 < named <= _MAX_KEY or size not in {None, named}:
            raise StoreFormatError(f"A key of {named} octets is derived, expected {size or f'1 to {_MAX_KEY}'}.")
        digest_size = hashlib.new(self.hash_name, usedforsecurity=False).digest_size
        for secret in password.as_utf8:
            password.work.spend(self.iterations, times=-(-named // digest_size))
            yield hashlib.pbkdf2_hmac(self.hash_name, secret, self.salt, self.iterations, named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mac:
    """
    The integrity check with a key of RFC 7292's own derivation (§4, B.4).

    Attributes:
        digest: the hash function's object identifier.
        salt: the salt.
        iterations: as they stand, None where they are left at one.
    """

    digest: str
    salt: bytes
    iterations: int | None

    @property
    def scheme(self) -> Scheme:
        """The family of algorithms."""
        return Scheme.MAC_SHA1 if self.digest == SHA1 else Scheme.MAC_SHA2

    @property
    def name(self) -> str:
        """Java's name of the algorithm, as `HmacPBESHA256`."""
        return f"HmacPBE{_HASHES[self.digest].upper()}"

    def codes(self, content: bytes, *, password: Password) -> Iterator[bytes]:
        """Yield the code of the content for each encoding of the password."""
        hash_name = _HASHES[self.digest]
        size = hashlib.new(hash_name, usedforsecurity=False).digest_size
        iterations = 1 if self.iterations is None else self.iterations
        for secret in password.as_bmp:
            password.work.spend(iterations)
            key = derive(secret, salt=self.salt, iterations=iterations, purpose=FOR_MAC, size=size, hash_name=hash_name)
            yield hmac.digest(key, content, hash_name)

    def verifies(self, code: bytes, content: bytes, *, password: Password) -> bool:
        """Tell whether the code is the content's under any encoding of the password."""
        return any(hmac.compare_digest(found, code) for found in self.codes(content, password=password))

    def fresh(self, entropy: Callable[[int], bytes]) -> Mac:
        """Return the same check with another salt, as long as this one."""
        return replace(self, salt=entropy(len(self.salt)))

    def encode(self, code: bytes) -> bytes:
        """Return the MacData in DER."""
        info = writer.sequence(_algorithm(self.digest), writer.octet_string(code))
        iterations = () if self.iterations is None else (writer.integer(self.iterations),)
        return writer.sequence(info, writer.octet_string(self.salt), *iterations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pbmac1:
    """
    The integrity check of RFC 9579, with a key of PBKDF2.

    Attributes:
        derivation: how the key is made.
        function: the object identifier of the HMAC.
        unused: what stands in the place of RFC 7292's salt and iterations, in DER or BER.
    """

    derivation: Pbkdf2
    function: str
    unused: bytes

    @property
    def scheme(self) -> Scheme:
        """The family of algorithms."""
        return Scheme.PBMAC1

    @property
    def iterations(self) -> int:
        """As the parameters have them."""
        return self.derivation.iterations

    @property
    def name(self) -> str:
        """What to call the algorithm; Java has no name for it."""
        return f"PBMAC1 with Hmac{_HMACS[self.function].upper()}"

    def codes(self, content: bytes, *, password: Password) -> Iterator[bytes]:
        """Yield the code of the content for each encoding of the password."""
        for key in self.derivation.keys(password, size=None):
            yield hmac.digest(key, content, _HMACS[self.function])

    def verifies(self, code: bytes, content: bytes, *, password: Password) -> bool:
        """Tell whether the code is the content's under any encoding of the password."""
        return any(hmac.compare_digest(found, code) for found in self.codes(content, password=password))

    def fresh(self, entropy: Callable[[int], bytes]) -> Pbmac1:
        """Return the same check with another salt, as long as this one."""
        return replace(self, derivation=self.derivation.fresh(entropy))

    def encode(self, code: bytes) -> bytes:
        """Return the MacData in DER."""
        parameters = writer.sequence(self.derivation.encode(), _algorithm(self.function))
        algorithm = writer.sequence(writer.oid(_PBMAC1), parameters)
        return writer.sequence(writer.sequence(algorithm, writer.octet_string(code)), self.unused)


def mac(mac_data: tlv.Node) -> tuple[Mac | Pbmac1, bytes]:
    """
    Read a MacData (RFC 7292 §4; PBMAC1 of RFC 9579): the check, and the code that it must give.

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
        derivation, function = parameters[0].children(reader.SEQUENCE, at_least=2)[:2]
        unused = b"".join(node.raw for node in (salt_node, *rest))
        return Pbmac1(derivation=Pbkdf2.parse(derivation), function=_hmac(function), unused=unused), expected.octets()
    if dotted in _HASHES:
        iterations = count(rest[0]) if rest else None
        return Mac(digest=dotted, salt=salt(salt_node), iterations=iterations), expected.octets()
    raise unsupported("protected by a MAC with", dotted)


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


def salt(node: tlv.Node) -> bytes:
    """Return the octets of a salt, bounded."""
    octets = node.expect(reader.OCTET_STRING).octets()
    if len(octets) > limits.MAX_SALT:
        raise StoreFormatError(f"A salt of {len(octets):,} bytes; at most {limits.MAX_SALT:,} are taken.")
    return octets


def count(node: tlv.Node) -> int:
    """Return a number of iterations or octets; one that is beyond every bound is refused here."""
    if len(node.content) > _MAX_COUNT:
        raise StoreFormatError(f"A number of {len(node.content):,} bytes where iterations or octets are counted.")
    return node.expect(reader.INTEGER).integer()


def hash_label(derivation: Pbkdf2) -> str:
    """Return the pseudo-random function as Java's names have it, as `HmacSHA256`."""
    return f"Hmac{derivation.hash_name.upper()}"


def unsupported(what: str, dotted: str) -> UnsupportedFormatError:
    """Return the error for an algorithm that is not read."""
    message = f"It is {what} {_NAMES.get(dotted, dotted)}, which is not read."
    return UnsupportedFormatError(message, remedy="Convert it with the program that made it, to AES and SHA-256.")


def _sum(piece: bytes, addend: int, block: int) -> bytes:
    return ((int.from_bytes(piece, "big") + addend) % (1 << 8 * block)).to_bytes(block, "big")


def _filled(octets: bytes, block: int) -> bytes:
    """Repeat the octets up to a multiple of the block (RFC 7292 B.2, steps 2 and 3)."""
    if not octets:
        return b""
    size = block * -(-len(octets) // block)
    return (octets * -(-size // len(octets)))[:size]


def _hmac(algorithm: tlv.Node) -> str:
    dotted = algorithm.children(reader.SEQUENCE, at_least=1)[0].oid()
    if dotted not in _HMACS:
        raise unsupported("protected by the pseudo-random function", dotted)
    return dotted


def _algorithm(dotted: str) -> bytes:
    """Return the AlgorithmIdentifier of a hash or HMAC; both have NULL parameters (RFC 8017 A.2.4, RFC 8018 B.1.2)."""
    return writer.sequence(writer.oid(dotted), writer.NULL)
