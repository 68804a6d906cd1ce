"""
Encryption with a password, both ways: PBES1 as PKCS#12 has it (RFC 7292 Appendix C) and PBES2 (RFC 8018 §6.2).

Rules kept here:
- what does not decrypt is the wrong password or tampering, which nobody can tell apart;
- what is encrypted again keeps its algorithm, key size and iterations, and never its salt or initialization vector.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

from anchorkeep.errors import StoreFormatError, UnsupportedFormatError
from anchorkeep.formats import pbe, rc2
from anchorkeep.formats.pbe import Pbkdf2
from anchorkeep.model.truststore import Scheme
from anchorkeep.tlv import reader, writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm

    from anchorkeep import tlv
    from anchorkeep.formats.pbe import Password
    from anchorkeep.model.java import JavaVersion

_PBES2 = "1.2.840.113549.1.5.13"
_TRIPLE_DES_PBE = "1.2.840.113549.1.12.1.3"
_AES_128 = "2.16.840.1.101.3.4.1.2"
_AES_256 = "2.16.840.1.101.3.4.1.42"

# What Java 17 writes by itself: iterations and salt of encryption and MAC (security properties keystore.pkcs12.*).
ITERATIONS = 10_000
SALT_SIZE = 20


class _Transform(Protocol):
    """Encrypts whole blocks in CBC mode, or decrypts them."""

    def __call__(self, content: bytes, *, key: bytes, vector: bytes, encrypts: bool) -> bytes: ...


class Cipher(NamedTuple):
    """A block cipher in CBC mode: its name in Java's algorithms, the octets of its key and block, and what it does."""

    name: str
    key_size: int
    block: int
    transform: _Transform


def _aes(content: bytes, *, key: bytes, vector: bytes, encrypts: bool) -> bytes:
    from cryptography.hazmat.primitives.ciphers.algorithms import AES

    return _cbc(AES(key), content, vector=vector, encrypts=encrypts)


def _triple_des(content: bytes, *, key: bytes, vector: bytes, encrypts: bool) -> bytes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES

    try:
        return _cbc(TripleDES(key), content, vector=vector, encrypts=encrypts)
    except UnsupportedAlgorithm:
        raise UnsupportedFormatError("This machine's OpenSSL has no 3DES, with which the store is encrypted.") from None


def _two_key_triple_des(content: bytes, *, key: bytes, vector: bytes, encrypts: bool) -> bytes:
    return _triple_des(content, key=key + key[:8], vector=vector, encrypts=encrypts)


def _cbc(algorithm: BlockCipherAlgorithm, content: bytes, *, vector: bytes, encrypts: bool) -> bytes:
    from cryptography.hazmat.primitives import ciphers
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    cipher = ciphers.Cipher(algorithm, CBC(vector))
    context = cipher.encryptor() if encrypts else cipher.decryptor()
    return context.update(content) + context.finalize()


def _rc2(content: bytes, *, key: bytes, vector: bytes, encrypts: bool) -> bytes:
    transform = rc2.encrypt_cbc if encrypts else rc2.decrypt_cbc
    return transform(content, key=key, effective_bits=8 * len(key), initialization_vector=vector)


# RFC 7292 Appendix C.
_PBES1 = {
    _TRIPLE_DES_PBE: Cipher("DESede", 24, 8, _triple_des),
    "1.2.840.113549.1.12.1.4": Cipher("DESede_112", 16, 8, _two_key_triple_des),
    "1.2.840.113549.1.12.1.5": Cipher("RC2_128", 16, 8, _rc2),
    "1.2.840.113549.1.12.1.6": Cipher("RC2_40", 5, 8, _rc2),
}
# RFC 8018 B.2, RFC 3565 §4.1.
_PBES2_CIPHERS = {
    "1.2.840.113549.3.7": Cipher("DESede", 24, 8, _triple_des),
    _AES_128: Cipher("AES_128", 16, 16, _aes),
    "2.16.840.1.101.3.4.1.22": Cipher("AES_192", 24, 16, _aes),
    _AES_256: Cipher("AES_256", 32, 16, _aes),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pbes1:
    """
    Encryption with the derivation of RFC 7292 and SHA-1.

    Attributes:
        algorithm: its object identifier.
        salt: the salt, from which the initialization vector is derived too.
        iterations: as the parameters have them; bounded when a key is derived.
    """

    algorithm: str
    salt: bytes
    iterations: int

    @property
    def scheme(self) -> Scheme:
        """The family of algorithms."""
        return Scheme.PBES1

    @property
    def cipher(self) -> Cipher:
        """The cipher itself."""
        return _PBES1[self.algorithm]

    @property
    def name(self) -> str:
        """Java's name of the algorithm, as `PBEWithSHA1AndRC2_40`; for 3DES with two keys one in its manner."""
        return f"PBEWithSHA1And{self.cipher.name}"

    def encode(self) -> bytes:
        """Return the AlgorithmIdentifier in DER."""
        parameters = writer.sequence(writer.octet_string(self.salt), writer.integer(self.iterations))
        return writer.sequence(writer.oid(self.algorithm), parameters)

    def fresh(self, entropy: Callable[[int], bytes]) -> Pbes1:
        """Return the same encryption with another salt, as long as this one."""
        return replace(self, salt=entropy(len(self.salt)))

    def keys(self, password: Password) -> Iterator[tuple[bytes, bytes]]:
        """Yield key and initialization vector for each encoding of the password."""
        cipher = self.cipher
        for secret in password.as_bmp:
            # The vector's one digest costs the iterations once, the key's once for each 20 octets.
            password.work.spend(self.iterations, times=1 + -(-cipher.key_size // 20))
            vector = self._derived(secret, pbe.FOR_VECTOR, cipher.block)
            yield self._derived(secret, pbe.FOR_KEY, cipher.key_size), vector

    def _derived(self, secret: bytes, purpose: int, size: int) -> bytes:
        return pbe.derive(secret, salt=self.salt, iterations=self.iterations, purpose=purpose, size=size, hash_name="sha1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pbes2:
    """
    Encryption with PBKDF2 and a cipher of its own.

    Attributes:
        algorithm: the cipher's object identifier.
        derivation: how the key is made.
        vector: the initialization vector.
    """

    algorithm: str
    derivation: Pbkdf2
    vector: bytes

    @property
    def scheme(self) -> Scheme:
        """The family of algorithms."""
        return Scheme.PBES2

    @property
    def iterations(self) -> int:
        """As the parameters have them."""
        return self.derivation.iterations

    @property
    def cipher(self) -> Cipher:
        """The cipher itself."""
        return _PBES2_CIPHERS[self.algorithm]

    @property
    def name(self) -> str:
        """Java's name of the algorithm, as `PBEWithHmacSHA256AndAES_256`."""
        return f"PBEWith{pbe.hash_label(self.derivation)}And{self.cipher.name}"

    def encode(self) -> bytes:
        """Return the AlgorithmIdentifier in DER."""
        scheme = writer.sequence(writer.oid(self.algorithm), writer.octet_string(self.vector))
        return writer.sequence(writer.oid(_PBES2), writer.sequence(self.derivation.encode(), scheme))

    def fresh(self, entropy: Callable[[int], bytes]) -> Pbes2:
        """Return the same encryption with another salt and initialization vector, as long as these."""
        return replace(self, derivation=self.derivation.fresh(entropy), vector=entropy(len(self.vector)))

    def keys(self, password: Password) -> Iterator[tuple[bytes, bytes]]:
        """Yield key and initialization vector for each encoding of the password."""
        return ((key, self.vector) for key in self.derivation.keys(password, size=self.cipher.key_size))


#: An encryption with its parameters.
Encryption = Pbes1 | Pbes2


def parse(algorithm: tlv.Node) -> Encryption:
    """
    Read an AlgorithmIdentifier of RFC 7292 Appendix C or RFC 8018 §6.2; no key is derived.

    Raises:
        UnsupportedFormatError: an algorithm that is not read.
        StoreFormatError: parameters beyond the bounds.
        TLVError: broken parameters.
    """
    kind, *parameters = algorithm.children(reader.SEQUENCE, at_least=2)
    dotted = kind.oid()
    if dotted == _PBES2:
        return _pbes2(parameters[0])
    if dotted in _PBES1:
        salt, iterations = parameters[0].children(reader.SEQUENCE, at_least=2)[:2]
        return Pbes1(algorithm=dotted, salt=pbe.salt(salt), iterations=pbe.count(iterations))
    raise pbe.unsupported("encrypted with", dotted)


def is_legacy(java: JavaVersion | None) -> bool:
    """Return whether a runtime opens nothing newer than PBES1 and SHA-1."""
    return java is not None and not java.opens_pbes2


def pattern(*, is_legacy: bool, iterations: int = ITERATIONS) -> Encryption:
    """Return what a new store is encrypted with, Java 17's own algorithm or 3DES; salt and vector are to be made `fresh`."""
    if is_legacy:
        return Pbes1(algorithm=_TRIPLE_DES_PBE, salt=bytes(SALT_SIZE), iterations=iterations)
    derivation = Pbkdf2(salt=bytes(SALT_SIZE), iterations=iterations, prf=pbe.HMAC_SHA256)
    return Pbes2(algorithm=_AES_256, derivation=derivation, vector=bytes(_PBES2_CIPHERS[_AES_256].block))


def suited(encryption: Encryption, java: JavaVersion | None) -> Encryption:
    """Return an encryption where it is what a runtime would be written, its iterations aside; else as strong a one for it."""
    if java is None:
        return encryption
    wanted = {_TRIPLE_DES_PBE} if is_legacy(java) else {_AES_128, _AES_256}
    if encryption.algorithm in wanted:
        return encryption
    return pattern(is_legacy=is_legacy(java), iterations=max(ITERATIONS, encryption.iterations))


def decrypted(encryption: Encryption, content: bytes, *, password: Password) -> Iterator[bytes]:
    """Yield what the content may say, one value for each encoding of the password under which its padding fits."""
    cipher = encryption.cipher
    if not content or len(content) % cipher.block:
        return
    for key, vector in encryption.keys(password):
        if cipher.transform is _rc2:
            password.work.spend_rc2(len(content))
        plain = _unpadded(cipher.transform(content, key=key, vector=vector, encrypts=False), cipher.block)
        if plain is not None:
            yield plain


def encrypted(encryption: Encryption, plain: bytes, *, password: Password) -> bytes:
    """Return the encrypted content, under the password's first encoding."""
    cipher = encryption.cipher
    padding = cipher.block - len(plain) % cipher.block
    if cipher.transform is _rc2:
        password.work.spend_rc2(len(plain) + padding)
    key, vector = next(encryption.keys(password))
    return cipher.transform(plain + bytes((padding,)) * padding, key=key, vector=vector, encrypts=True)


def _pbes2(parameters: tlv.Node) -> Pbes2:
    derivation, scheme = parameters.children(reader.SEQUENCE, at_least=2)[:2]
    kind, vector_node = scheme.children(reader.SEQUENCE, at_least=2)[:2]
    cipher = _PBES2_CIPHERS.get(kind.oid())
    if cipher is None:
        raise pbe.unsupported("encrypted with", kind.oid())
    vector = vector_node.octets()
    if len(vector) != cipher.block:
        raise StoreFormatError(f"An initialization vector has {len(vector)} octets, expected {cipher.block}.")
    return Pbes2(algorithm=kind.oid(), derivation=Pbkdf2.parse(derivation), vector=vector)


def _unpadded(plain: bytes, block: int) -> bytes | None:
    """Return the content without its padding (RFC 8018 §6.1.1, step 4), None where that is none."""
    count = plain[-1]
    if not 0 < count <= block or plain[-count:] != bytes((count,)) * count:
        return None
    return plain[:-count]
