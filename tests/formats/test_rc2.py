import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.formats import rc2

# RFC 2268 §5: key, effective bits, plaintext, ciphertext.
VECTORS = [
    ("0000000000000000", 63, "0000000000000000", "ebb773f993278eff"),
    ("ffffffffffffffff", 64, "ffffffffffffffff", "278b27e42e2f0d49"),
    ("3000000000000000", 64, "1000000000000001", "30649edf9be7d2c2"),
    ("88", 64, "0000000000000000", "61a8a244adacccf0"),
    ("88bca90e90875a", 64, "0000000000000000", "6ccf4308974c267f"),
    ("88bca90e90875a7f0f79c384627bafb2", 64, "0000000000000000", "1a807d272bbe5db1"),
    ("88bca90e90875a7f0f79c384627bafb2", 128, "0000000000000000", "2269552ab0f85ca6"),
    ("88bca90e90875a7f0f79c384627bafb216f80a6f85920584c42fceb0be255daf1e", 129, "0000000000000000", "5b78d3a43dfff1f1"),
]


@pytest.mark.parametrize(("key", "bits", "plain", "cipher"), VECTORS)
def test_the_vectors_of_the_standard_hold(key: str, bits: int, plain: str, cipher: str) -> None:
    """Each test vector of RFC 2268 §5 decrypts to its plaintext, and encrypts to its ciphertext."""
    expanded = rc2.expand_key(bytes.fromhex(key), effective_bits=bits)
    words = rc2.decrypt_block(struct.unpack("<4H", bytes.fromhex(cipher)), expanded)
    assert struct.pack("<4H", *words).hex() == plain
    words = rc2.encrypt_block(struct.unpack("<4H", bytes.fromhex(plain)), expanded)
    assert struct.pack("<4H", *words).hex() == cipher


def test_blocks_are_chained() -> None:
    """In CBC mode each block is mixed with the one before it, the first with the vector."""
    block = bytes.fromhex("ebb773f993278eff")
    plain = rc2.decrypt_cbc(block * 2, key=bytes(8), effective_bits=63, initialization_vector=b"vectors!")
    assert plain == b"vectors!" + block
    encrypted = rc2.encrypt_cbc(plain, key=bytes(8), effective_bits=63, initialization_vector=b"vectors!")
    assert encrypted == block * 2


@given(st.binary(max_size=64), st.binary(min_size=1, max_size=16), st.binary(min_size=8, max_size=8))
def test_what_is_encrypted_decrypts(content: bytes, key: bytes, vector: bytes) -> None:
    """Whatever is encrypted decrypts under the same key and vector, and under another vector differs in the first block."""
    content = content[: len(content) // 8 * 8]
    encrypted = rc2.encrypt_cbc(content, key=key, effective_bits=8 * len(key), initialization_vector=vector)
    assert rc2.decrypt_cbc(encrypted, key=key, effective_bits=8 * len(key), initialization_vector=vector) == content
    other = bytes(octet ^ 1 for octet in vector)
    changed = rc2.decrypt_cbc(encrypted, key=key, effective_bits=8 * len(key), initialization_vector=other)
    assert (changed == content) is not bool(content)
    assert changed[8:] == content[8:]
