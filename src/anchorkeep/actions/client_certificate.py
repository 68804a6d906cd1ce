"""Read a client certificate with its private key: PEM in one file or two, or PKCS#12."""

from __future__ import annotations

from anchorkeep import formats
from anchorkeep.errors import StoreFormatError, StoreIntegrityError, UsageError
from anchorkeep.mint import PrivateKey
from anchorkeep.mint.key import public_key
from anchorkeep.model.certificate import Certificate
from anchorkeep.observe.approach import ClientIdentity

#: Bytes of a file with a certificate, its chain and its key: real ones stay below 100 KB.
MAX_FILE = 1024 * 1024
_PASSWORD_REMEDY = "Give its password with --cert-pass-file or --cert-pass-env."  # noqa: S105 (names of options)


def loads(data: bytes, *, name: str, key: bytes | None = None, password: str | None = None) -> ClientIdentity:
    """
    Read a client certificate, its chain and its key. Nothing is verified but that certificate and key belong together.

    Args:
        data: PEM or DER with certificates, or PKCS#12.
        name: what to call it in messages, printable.
        key: the file with the private key in PEM; None where it is in `data`.
        password: of the key, or of the PKCS#12 file; None where it has none.

    Returns:
        The identity: the key's certificate first, then the others in the file's order.

    Raises:
        UsageError: there is no key, or no certificate that belongs to it.
        StoreFormatError: what is there cannot be read.
        StoreIntegrityError: the password is wrong or missing.
    """
    if formats.detect(data) == "pkcs12":
        if key is not None:
            raise UsageError(f"{name} is PKCS#12, which holds its key itself: leave --key out.")
        private, certificates = _from_pkcs12(data, name, password)
    else:
        certificates = formats.loads(data, name=name).certificates
        private = _from_pem(data if key is None else key, name, password, has_own_file=key is not None)
    return _identity(private, certificates, name)


def _from_pem(data: bytes, name: str, password: str | None, *, has_own_file: bool) -> PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if b"PRIVATE KEY-----" not in data:
        where = "The file of --key" if has_own_file else name
        raise UsageError(f"{where} holds no private key in PEM.", remedy="" if has_own_file else "Name it with --key.")
    secret = None if password is None or b"ENCRYPTED" not in data else password.encode()
    try:
        return _known(load_pem_private_key(data, secret), name)
    except TypeError:  # Encrypted, and no password was given.
        raise StoreIntegrityError(f"The private key of {name} is encrypted.", remedy=_PASSWORD_REMEDY) from None
    except UnsupportedAlgorithm:
        raise StoreFormatError(f"The private key of {name} is of a kind that is not used here.") from None
    except ValueError:
        # The library's reasons may quote what they read.
        if secret is None:
            raise StoreFormatError(f"The private key of {name} is broken.") from None
        raise StoreIntegrityError(f"The private key of {name} cannot be decrypted.", remedy="Check its password.") from None


def _from_pkcs12(data: bytes, name: str, password: str | None) -> tuple[PrivateKey, tuple[Certificate, ...]]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

    try:
        store = load_pkcs12(data, None if password is None else password.encode())
    except UnsupportedAlgorithm:
        raise StoreFormatError(f"{name} uses an algorithm that is not read here.") from None
    except ValueError:
        raise StoreIntegrityError(
            f"{name} cannot be opened: the password is wrong or missing, or the file is broken.", remedy=_PASSWORD_REMEDY
        ) from None
    if store.key is None:
        raise UsageError(f"{name} holds no private key.", remedy="A client certificate is presented with its key.")
    found = [item.certificate for item in (store.cert, *store.additional_certs) if item is not None]
    return _known(store.key, name), tuple(Certificate(item.public_bytes(Encoding.DER)) for item in found)


def _known(key: object, name: str) -> PrivateKey:
    if not isinstance(key, PrivateKey):
        raise StoreFormatError(f"The private key of {name} is of a kind that is not used here: expected EC, RSA or Ed25519.")
    return key


def _identity(key: PrivateKey, certificates: tuple[Certificate, ...], name: str) -> ClientIdentity:
    spki = public_key(key)
    leaf = next((item for item in certificates if item.public_key == spki), None)
    if leaf is None:
        raise UsageError(f"No certificate of {name} belongs to the private key.", remedy="Check that both files are of one pair.")
    return ClientIdentity(chain=(leaf, *(item for item in certificates if item != leaf)), key=key)
