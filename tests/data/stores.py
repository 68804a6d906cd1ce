"""
Files of certificates made by hand: what the codecs must read, down to forms that no program here writes.

Certificates are well-formed and their signatures are not, for no codec looks at them.
"""

import hashlib
import hmac
import struct
from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from anchorkeep.formats import pbe
from anchorkeep.model.certificate import Certificate
from anchorkeep.tlv import writer

PASSWORD = "changeit"
SALT = b"saltsalt"

DATA = "1.2.840.113549.1.7.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
ENCRYPTED_DATA = "1.2.840.113549.1.7.6"
BAG = "1.2.840.113549.1.12.10.1."
SHA256 = "2.16.840.1.101.3.4.2.1"
HMAC_SHA256 = "1.2.840.113549.2.9"
HMAC_SHA512 = "1.2.840.113549.2.11"
PBES2 = "1.2.840.113549.1.5.13"
PBKDF2 = "1.2.840.113549.1.5.12"
PBMAC1 = "1.2.840.113549.1.5.14"
AES128 = "2.16.840.1.101.3.4.1.2"


def name(common_name: str) -> bytes:
    """Return a Name with that common name, or without any attribute."""
    if not common_name:
        return writer.sequence()
    return writer.sequence(writer.set_of(writer.sequence(writer.oid("2.5.4.3"), writer.text(common_name))))


def certificate(subject: str = "leaf", issuer: str = "root", *, serial: int = 1, padding: int = 0) -> Certificate:
    """Return a version 1 certificate of that subject; `padding` octets make its signature longer."""
    algorithm = writer.sequence(writer.oid("1.2.840.113549.1.1.11"), writer.NULL)
    key = writer.sequence(
        writer.sequence(writer.oid("1.2.840.113549.1.1.1"), writer.NULL),
        writer.bit_string(writer.sequence(writer.integer(3), writer.integer(65537))),
    )
    validity = writer.sequence(writer.encode(0x17, b"260101000000Z"), writer.encode(0x17, b"270101000000Z"))
    tbs = writer.sequence(writer.integer(serial), algorithm, name(issuer), validity, name(subject), key)
    return Certificate(writer.sequence(tbs, algorithm, writer.bit_string(b"signature" + bytes(padding))))


def indefinite(tag: int, *parts: bytes) -> bytes:
    """Return a constructed node of indefinite length (BER)."""
    return bytes((tag, 0x80)) + b"".join(parts) + b"\0\0"


def crl() -> bytes:
    """Return the beginning of a CRL, whole as a structure."""
    algorithm = writer.sequence(writer.oid("1.2.840.113549.1.1.11"))
    tbs = writer.sequence(algorithm, name("root"), writer.encode(0x17, b"260101000000Z"))
    return writer.sequence(tbs, algorithm, writer.bit_string(b"signature"))


def request() -> bytes:
    """Return a certificate request."""
    algorithm = writer.sequence(writer.oid("1.2.840.113549.1.1.11"))
    key = writer.sequence(writer.sequence(writer.oid("1.2.840.113549.1.1.1")), writer.bit_string(b"key"))
    tbs = writer.sequence(writer.integer(0), name("leaf"), key, writer.explicit(0))
    return writer.sequence(tbs, algorithm, writer.bit_string(b"signature"))


def java_utf(text: str) -> bytes:
    """Return a string as java.io.DataOutputStream.writeUTF does, for characters below U+10000."""
    encoded = text.encode("utf-8", "surrogatepass").replace(b"\0", b"\xc0\x80")
    return struct.pack(">H", len(encoded)) + encoded


def jks_certificate(item: Certificate, *, version: int = 2, kind: str = "X.509") -> bytes:
    """Return a certificate as it stands in a JKS store."""
    prefix = java_utf(kind) if version == 2 else b""
    return prefix + struct.pack(">i", len(item.der)) + item.der


def jks_trusted(alias: str, item: Certificate, *, milliseconds: int = 0, version: int = 2, kind: str = "X.509") -> bytes:
    """Return a trusted entry of a JKS store."""
    head = struct.pack(">i", 2) + java_utf(alias) + struct.pack(">q", milliseconds)
    return head + jks_certificate(item, version=version, kind=kind)


def jks_key(alias: str, chain: Sequence[Certificate], *, milliseconds: int = 0, version: int = 2) -> bytes:
    """Return a private key entry of a JKS store; the key is no key."""
    head = struct.pack(">i", 1) + java_utf(alias) + struct.pack(">q", milliseconds)
    key = b"sealed private key"
    certificates = b"".join(jks_certificate(item, version=version) for item in chain)
    return head + struct.pack(">i", len(key)) + key + struct.pack(">i", len(chain)) + certificates


def jks(*entries: bytes, version: int = 2, password: str = PASSWORD, count: int | None = None) -> bytes:
    """Return a JKS store with its digest."""
    head = b"\xfe\xed\xfe\xed" + struct.pack(">ii", version, len(entries) if count is None else count)
    return sealed(head + b"".join(entries), password=password)


def sealed(body: bytes, *, password: str = PASSWORD) -> bytes:
    """Return a JKS store's bytes with the digest behind them."""
    digest = hashlib.sha1(password.encode("utf-16-be") + b"Mighty Aphrodite" + body, usedforsecurity=False)
    return body + digest.digest()


def sst_element(number: int, value: bytes, *, encoding: int = 1, length: int | None = None) -> bytes:
    """Return an element of a serialized store: a property, a certificate (32), a CRL (33) or a CTL (34)."""
    return struct.pack("<III", number, encoding, len(value) if length is None else length) + value


def sst(*elements: bytes, end: bytes = bytes(12)) -> bytes:
    """Return a serialized store."""
    return b"\0\0\0\0CERT" + b"".join(elements) + end


def attribute(dotted: str, *values: bytes) -> bytes:
    """Return an attribute of a bag."""
    return writer.sequence(writer.oid(dotted), writer.set_of(*values))


def friendly_name(alias: str) -> bytes:
    """Return the attribute that holds the alias."""
    return attribute("1.2.840.113549.1.9.20", writer.encode(0x1E, alias.encode("utf-16-be")))


def local_key_id(key_id: bytes) -> bytes:
    """Return the attribute that joins a key and its certificate."""
    return attribute("1.2.840.113549.1.9.21", writer.octet_string(key_id))


def trusted_key_usage() -> bytes:
    """Return Java's attribute of trusted certificates."""
    return attribute("2.16.840.1.113894.746875.1.1", writer.oid("2.5.29.37.0"))


def bag(number: int, content: bytes, *attributes: bytes) -> bytes:
    """Return a SafeBag of one of the six types."""
    optional = (writer.set_of(*attributes),) if attributes else ()
    return writer.sequence(writer.oid(f"{BAG}{number}"), writer.explicit(0, content), *optional)


def cert_bag(item: Certificate, *attributes: bytes, kind: str = "1.2.840.113549.1.9.22.1") -> bytes:
    """Return the bag of a certificate."""
    content = writer.sequence(writer.oid(kind), writer.explicit(0, writer.octet_string(item.der)))
    return bag(3, content, *attributes)


def key_bag(*attributes: bytes) -> bytes:
    """Return the bag of an encrypted private key, which is none."""
    return bag(2, writer.sequence(writer.octet_string(b"sealed private key")), *attributes)


def secret(value: bytes, kind: str = f"{BAG}2") -> bytes:
    """Return the content of a bag for a secret, of the type that Java writes: an EncryptedPrivateKeyInfo."""
    return writer.sequence(writer.oid(kind), writer.explicit(0, writer.octet_string(value)))


def plain_part(*bags: bytes) -> bytes:
    """Return a ContentInfo with bags that are not encrypted."""
    content = writer.octet_string(writer.sequence(*bags))
    return writer.sequence(writer.oid(DATA), writer.explicit(0, content))


def pbkdf2(*, iterations: int = 1, prf: str | None = HMAC_SHA256, key_size: int | None = None, salt: bytes = SALT) -> bytes:
    """Return the AlgorithmIdentifier of PBKDF2."""
    size = (writer.integer(key_size),) if key_size is not None else ()
    function = (writer.sequence(writer.oid(prf), writer.NULL),) if prf else ()
    parameters = writer.sequence(writer.octet_string(salt), writer.integer(iterations), *size, *function)
    return writer.sequence(writer.oid(PBKDF2), parameters)


def pbes2(derivation: bytes, *, cipher: str = AES128, vector: bytes = bytes(16)) -> bytes:
    """Return the AlgorithmIdentifier of PBES2."""
    scheme = writer.sequence(writer.oid(cipher), writer.octet_string(vector))
    return writer.sequence(writer.oid(PBES2), writer.sequence(derivation, scheme))


def encrypted_part(*bags: bytes, password: bytes = PASSWORD.encode()) -> bytes:
    """Return a ContentInfo with bags under AES-128 and PBKDF2 with HMAC-SHA-256 and one iteration."""
    return encrypted_content(writer.sequence(*bags), password=password)


def encrypted_content(plain: bytes, *, password: bytes = PASSWORD.encode()) -> bytes:
    """Return a ContentInfo with anything as its encrypted content."""
    key = hashlib.pbkdf2_hmac("sha256", password, SALT, 1, 16)
    count = 16 - len(plain) % 16
    encryptor = Cipher(AES(key), CBC(bytes(16))).encryptor()
    content = encryptor.update(plain + bytes((count,)) * count) + encryptor.finalize()
    return sealed_part(pbes2(pbkdf2()), writer.implicit(0, content))


def sealed_part(algorithm: bytes, *content: bytes) -> bytes:
    """Return a ContentInfo of EncryptedData with an algorithm and, if any, the content."""
    info = writer.sequence(writer.oid(DATA), algorithm, *content)
    data = writer.sequence(writer.integer(0), info)
    return writer.sequence(writer.oid(ENCRYPTED_DATA), writer.explicit(0, data))


def mac_data(safe: bytes, *, secret: bytes, iterations: int | None = 1, digest: str = SHA256) -> bytes:
    """Return a MacData with HMAC-SHA-256 over the safe, the key derived as RFC 7292 has it."""
    key = pbe.derive(secret, salt=SALT, iterations=iterations or 1, purpose=3, size=32, hash_name="sha256")
    info = writer.sequence(
        writer.sequence(writer.oid(digest), writer.NULL), writer.octet_string(hmac.digest(key, safe, "sha256"))
    )
    count = () if iterations is None else (writer.integer(iterations),)
    return writer.sequence(info, writer.octet_string(SALT), *count)


def pbmac1_data(safe: bytes, *, password: str = PASSWORD, prf: str = HMAC_SHA512, key_size: int | None = 64) -> bytes:
    """Return a MacData with PBMAC1 (RFC 9579): PBKDF2 and HMAC, both with SHA-512."""
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), SALT, 1, key_size or 64)
    algorithm = writer.sequence(
        writer.oid(PBMAC1),
        writer.sequence(pbkdf2(prf=prf, key_size=key_size), writer.sequence(writer.oid(HMAC_SHA512), writer.NULL)),
    )
    info = writer.sequence(algorithm, writer.octet_string(hmac.digest(key, safe, "sha512")))
    return writer.sequence(info, writer.octet_string(b"NOT USED"))


def pfx(*parts: bytes, password: str | None = PASSWORD) -> bytes:
    """Return a PKCS#12 store of these parts; without a password it has no MAC."""
    safe = writer.sequence(*parts)
    if password is None:
        return sealed_pfx(safe)
    return sealed_pfx(safe, mac_data(safe, secret=password.encode("utf-16-be") + b"\0\0"))


def sealed_pfx(safe: bytes, *mac: bytes, version: int = 3, kind: str = DATA) -> bytes:
    """Return a PKCS#12 store around an authenticated safe, with or without a MAC."""
    info = writer.sequence(writer.oid(kind), writer.explicit(0, writer.octet_string(safe)))
    return writer.sequence(writer.integer(version), info, *mac)


def armored(content: bytes, label: str = "CERTIFICATE") -> bytes:
    """Return a PEM block, written independently of the codec."""
    import base64

    text = base64.encodebytes(content)
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (label.encode(), text, label.encode())


def bks_entry(kind: int, alias: str, body: bytes, *chain: Certificate, milliseconds: int = 0) -> bytes:
    """Return an entry of a BKS store: its kind, alias, date and chain, and the body that the kind asks for."""
    head = bytes((kind,)) + java_utf(alias) + struct.pack(">qi", milliseconds, len(chain))
    return head + b"".join(jks_certificate(item) for item in chain) + body


def bks_trusted(alias: str, item: Certificate, *, milliseconds: int = 0) -> bytes:
    """Return a certificate entry of a BKS store."""
    return bks_entry(1, alias, jks_certificate(item), milliseconds=milliseconds)


def bks_plain_key(kind: int = 0, *, key_format: str = "PKCS#8", key: bytes = b"key") -> bytes:
    """Return a key as it stands unsealed in a BKS store: 0 is a private, 1 a public, 2 a secret one."""
    return bytes((kind,)) + java_utf(key_format) + java_utf("RSA") + struct.pack(">i", len(key)) + key


def bks_sealed(content: bytes = b"sealed private key", *, salt: bytes = SALT, iterations: int = 1024) -> bytes:
    """Return the body of a sealed key of a BKS store, which is no key."""
    sealed = struct.pack(">i", len(salt)) + salt + struct.pack(">i", iterations) + content
    return struct.pack(">i", len(sealed)) + sealed


def bks(
    *entries: bytes, version: int = 2, password: str = PASSWORD, salt: bytes = SALT, iterations: int = 10, end: bytes = b"\0"
) -> bytes:
    """Return a BKS store with its integrity check."""
    content = b"".join(entries) + end
    # Before version 2, 20 octets were taken for 20 bits.
    size = 20 if version == 2 else 2
    secret = password.encode("utf-16-be") + b"\0\0" if password else b""
    key = pbe.derive(secret, salt=salt, iterations=iterations, purpose=3, size=size, hash_name="sha1")
    head = struct.pack(">ii", version, len(salt)) + salt + struct.pack(">i", iterations)
    return head + content + hmac.digest(key, content, "sha1")
