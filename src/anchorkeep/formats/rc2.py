"""
RC2 in CBC mode (RFC 2268), which PKCS#12 files of OpenSSL 1 and of Java before 8u301 use with a 40 bit key.

It protects nothing any more; it is here so that old stores can be read, and edited for the programs that read nothing newer.
The library's own RC2 takes 128 bit keys only.
"""

from __future__ import annotations

import struct

BLOCK = 8

# RFC 2268 §2: a permutation of the octets, from the digits of pi.
_PI = bytes.fromhex(
    "d978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2179a59f587b34f1361456d8d09817d32"
    "bd8f40eb86b77b0bf09521225c6b4e8254d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626"
    "6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed708e8eade8052eef784aa72ac354d6a2a"
    "961ad2715a1549744b9fd05e0418a4ecc2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731"
    "2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a90d38341bab33ffb0bb480c5fb9b1cd2e"
    "c5f3db47e5a59c770aa62068fe7fc1ad"
)
_EXPANDED = 128  # octets of the expanded key
_MASK = 0xFFFF
# §4: the rounds of mixing between two of mashing, backwards the same as forwards.
_ROUNDS = (5, 6, 5)


def decrypt_cbc(content: bytes, *, key: bytes, effective_bits: int, initialization_vector: bytes) -> bytes:
    """
    Decrypt whole blocks of 8 octets; the padding stays.

    Args:
        content: a multiple of 8 octets.
        key: 1 to 128 octets.
        effective_bits: the strength that the key is cut to.
        initialization_vector: 8 octets.
    """
    expanded = expand_key(key, effective_bits=effective_bits)
    previous = struct.unpack("<4H", initialization_vector)
    plain = bytearray()
    for block in struct.iter_unpack("<4H", content):
        words = decrypt_block(block, expanded)
        plain += struct.pack("<4H", *(word ^ mask for word, mask in zip(words, previous, strict=True)))
        previous = block
    return bytes(plain)


def encrypt_cbc(content: bytes, *, key: bytes, effective_bits: int, initialization_vector: bytes) -> bytes:
    """Encrypt whole blocks of 8 octets, padded by the caller; the arguments are those of `decrypt_cbc`."""
    expanded = expand_key(key, effective_bits=effective_bits)
    previous: tuple[int, ...] = struct.unpack("<4H", initialization_vector)
    encrypted = bytearray()
    for block in struct.iter_unpack("<4H", content):
        previous = encrypt_block(tuple(word ^ mask for word, mask in zip(block, previous, strict=True)), expanded)
        encrypted += struct.pack("<4H", *previous)
    return bytes(encrypted)


def expand_key(key: bytes, *, effective_bits: int) -> tuple[int, ...]:
    """Return the 64 words of a key (RFC 2268 §2)."""
    octets = bytearray(key.ljust(_EXPANDED, b"\0"))
    length = len(key)
    for index in range(length, _EXPANDED):
        octets[index] = _PI[(octets[index - 1] + octets[index - length]) & 0xFF]
    kept = (effective_bits + 7) // 8
    mask = 0xFF >> (8 * kept - effective_bits)
    octets[_EXPANDED - kept] = _PI[octets[_EXPANDED - kept] & mask]
    for index in range(_EXPANDED - kept - 1, -1, -1):
        octets[index] = _PI[octets[index + 1] ^ octets[index + kept]]
    return struct.unpack("<64H", octets)


def encrypt_block(block: tuple[int, ...], key: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Encrypt four words (RFC 2268 §3)."""
    a, b, c, d = block
    at = 0
    for round_number, mixes in enumerate(_ROUNDS):
        if round_number:
            a = (a + key[d & 63]) & _MASK
            b = (b + key[a & 63]) & _MASK
            c = (c + key[b & 63]) & _MASK
            d = (d + key[c & 63]) & _MASK
        for _ in range(mixes):
            a = (a + key[at] + (d & c) + (~d & b)) & _MASK
            a = (a << 1 | a >> 15) & _MASK
            b = (b + key[at + 1] + (a & d) + (~a & c)) & _MASK
            b = (b << 2 | b >> 14) & _MASK
            c = (c + key[at + 2] + (b & a) + (~b & d)) & _MASK
            c = (c << 3 | c >> 13) & _MASK
            d = (d + key[at + 3] + (c & b) + (~c & a)) & _MASK
            d = (d << 5 | d >> 11) & _MASK
            at += 4
    return a, b, c, d


def decrypt_block(block: tuple[int, ...], key: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Decrypt four words (RFC 2268 §4); written out, since this loop is all the time that reading an old store takes."""
    a, b, c, d = block
    at = 63
    for round_number, mixes in enumerate(_ROUNDS):
        if round_number:
            d = (d - key[c & 63]) & _MASK
            c = (c - key[b & 63]) & _MASK
            b = (b - key[a & 63]) & _MASK
            a = (a - key[d & 63]) & _MASK
        for _ in range(mixes):
            d = ((d >> 5 | d << 11) - key[at] - (c & b) - (~c & a)) & _MASK
            c = ((c >> 3 | c << 13) - key[at - 1] - (b & a) - (~b & d)) & _MASK
            b = ((b >> 2 | b << 14) - key[at - 2] - (a & d) - (~a & c)) & _MASK
            a = ((a >> 1 | a << 15) - key[at - 3] - (d & c) - (~d & b)) & _MASK
            at -= 4
    return a, b, c, d
