"""
Open and seal keys as Bouncy Castle's BKS keeps them: salt, iterations, and behind them the key under 3DES.

What is sealed is not PKCS#8 alone: the kind of key, its format and its algorithm's name stand before the octets, each as
java.io.DataOutputStream writes it.

Source: org.bouncycastle.jcajce.provider.keystore.bc.BcKeyStoreSpi of Bouncy Castle, tried with 1.72. What its oldest releases
sealed with another derivation ("Broken" and "Old" among its names of algorithms) is carried and not opened.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from anchorkeep import tlv
from anchorkeep.errors import StoreFormatError, StoreIntegrityError, TLVError, UsageError
from anchorkeep.formats import limits, pbe_cipher
from anchorkeep.formats.javaio import DataInput, encode_utf
from anchorkeep.formats.pbe import Password
from anchorkeep.formats.pbe_cipher import Pbes1
from anchorkeep.tlv import reader

if TYPE_CHECKING:
    from collections.abc import Callable

#: pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292 Appendix C).
_TRIPLE_DES = "1.2.840.113549.1.12.1.3"
_SALT_SIZE = 20
#: Bouncy Castle itself takes 1,024 to 2,047, by chance, and opens any number.
ITERATIONS = 10_000

#: What Java calls the key of each algorithm (RFC 3279 §2.3, RFC 8410 §3); Bouncy Castle opens a private key without it.
_NAMES = {
    "1.2.840.113549.1.1.1": "RSA",
    "1.2.840.113549.1.1.10": "RSASSA-PSS",
    "1.2.840.10040.4.1": "DSA",
    "1.2.840.10045.2.1": "EC",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
}
_PKCS8 = frozenset({"PKCS#8", "PKCS8"})


class KeyKind(IntEnum):
    """What kind of key it is."""

    PRIVATE = 0
    PUBLIC = 1
    SECRET = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainKey:
    """A key as it stands unsealed: its kind, the format of its octets (`PKCS#8`, `X.509`, `RAW`), its algorithm, its octets."""

    kind: int
    format: str
    algorithm: str
    octets: bytes = field(repr=False)

    @property
    def is_pkcs8(self) -> bool:
        """Whether it is a private key whose octets are a PrivateKeyInfo."""
        return self.kind == KeyKind.PRIVATE and self.format in _PKCS8


def read_plain(source: DataInput) -> PlainKey:
    """Read a key that is not sealed; a `StoreFormatError` where it is cut off."""
    kind = source.uint8(what="kind of key")
    key_format = source.utf(what="format of the key")
    algorithm = source.utf(what="algorithm of the key")
    return PlainKey(kind=kind, format=key_format, algorithm=algorithm, octets=source.counted(what="key"))


def iterations(sealed: bytes) -> int | None:
    """Return the iterations that a sealed key says it took, None where it is no such key or beyond the bounds."""
    try:
        return _split(sealed)[0].iterations
    except StoreFormatError:
        return None


def unlock(sealed: bytes, *, password: str) -> bytes:
    """
    Open a private key and return its PKCS#8 PrivateKeyInfo.

    Args:
        sealed: the key as it stands in a store.
        password: of the key, any text.

    Raises:
        StoreIntegrityError: the password is wrong, or the key was changed.
        StoreFormatError: the octets are no such key or another kind of one, or ask for more work than the bounds allow.
    """
    encryption, content = _split(sealed)
    for plain in pbe_cipher.decrypted(encryption, content, password=Password(password)):
        source = DataInput(plain, end=len(plain), place="a key of a BKS store")
        try:
            key = read_plain(source)
        except StoreFormatError:
            continue  # Of wrong keys, one in 256 gives an end that looks like padding.
        if not source.left and key.is_pkcs8 and _algorithm(key.octets):
            return key.octets
        if not source.left and key.kind in {KeyKind.PUBLIC, KeyKind.SECRET}:
            raise StoreFormatError("A key of a BKS store is no private key.")
    message = "The password of a private key is wrong, or the key was changed; nobody can tell which."
    raise StoreIntegrityError(message, remedy="Try again with the key's own password.")


def lock(pkcs8: bytes, *, password: str, entropy: Callable[[int], bytes]) -> bytes:
    """
    Seal a PKCS#8 PrivateKeyInfo as a BKS store keeps it.

    Args:
        pkcs8: the key.
        password: of the key, any text but none; Bouncy Castle opens no key under an empty one.
        entropy: gives the salt of 20 octets.

    Raises:
        UsageError: the password is empty.
        StoreFormatError: the octets are no PrivateKeyInfo.
    """
    if not password:
        raise UsageError("A key of a BKS store needs a password; an empty one does not open it.", remedy="Give one.")
    algorithm = _algorithm(pkcs8)
    if not algorithm:
        raise StoreFormatError("A private key for a BKS store is no PKCS#8 PrivateKeyInfo.")
    name = _NAMES.get(algorithm, algorithm)
    head = bytes((KeyKind.PRIVATE,)) + encode_utf("PKCS#8") + encode_utf(name)
    plain = head + len(pkcs8).to_bytes(4, "big") + pkcs8
    encryption = Pbes1(algorithm=_TRIPLE_DES, salt=entropy(_SALT_SIZE), iterations=ITERATIONS)
    content = pbe_cipher.encrypted(encryption, plain, password=Password(password))
    return _SALT_SIZE.to_bytes(4, "big") + encryption.salt + ITERATIONS.to_bytes(4, "big") + content


def _split(sealed: bytes) -> tuple[Pbes1, bytes]:
    source = DataInput(sealed, end=len(sealed), place="a sealed key of a BKS store")
    salt = source.counted(what="salt")
    count = source.int32(what="iterations")
    if not 0 < len(salt) <= limits.MAX_SALT or not 0 < count <= limits.MAX_ITERATIONS:
        message = f"A sealed key of a BKS store with a salt of {len(salt):,} octets and {count:,} iterations"
        bounds = f"1 to {limits.MAX_SALT:,} octets and 1 to {limits.MAX_ITERATIONS:,} iterations are read"
        raise StoreFormatError(f"{message}; {bounds}.")
    return Pbes1(algorithm=_TRIPLE_DES, salt=salt, iterations=count), source.take(source.left, what="key")


def _algorithm(pkcs8: bytes) -> str:
    """Return the algorithm of a PrivateKeyInfo (RFC 5958 §2), empty where the octets are none."""
    try:
        version, algorithm, key = tlv.read(pkcs8).children(reader.SEQUENCE, at_least=3)[:3]
        if (version.tag, key.tag) != (reader.INTEGER, reader.OCTET_STRING):
            return ""
        return algorithm.children(reader.SEQUENCE, at_least=1)[0].expect(reader.OID).oid()
    except TLVError:
        return ""
