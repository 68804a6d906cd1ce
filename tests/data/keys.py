"""A store with a private key that can be opened, in each format that holds keys, and what the key is."""

from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from anchorkeep import formats
from anchorkeep.formats.recipe import Recipe
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.java import JavaVersion
from anchorkeep.model.truststore import PrivateKeyEntry, SecretKeyEntry, TrustedCertEntry, TrustStore
from tests.data import pki, stores
from tests.peers.terms import AT

FORMATS = ("jks", "jceks", "pkcs12", "bks")


@lru_cache
def pkcs8() -> bytes:
    """Return the leaf's key."""
    return load_pem_private_key(pki.chain()[1], None).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def chain() -> tuple[Certificate, ...]:
    """Return the leaf's chain, leaf first."""
    return pki.chain()[0][:3]


def write(
    path: Path, format_name: str, *, password: str = "changeit", key_password: str | None = None, java: JavaVersion | None = None
) -> Path:
    """Write a store with the key, under its own password where one is given, and its root."""
    calls = iter(range(1, 250))
    recipe = Recipe(at=AT, entropy=lambda size: bytes((next(calls),)) * size, password=key_password or password, java=java)
    key = formats.lock(pkcs8(), format=format_name, recipe=recipe)
    entries = (
        PrivateKeyEntry(alias="key", chain=chain(), created=AT, key=key),
        TrustedCertEntry(alias="root", certificate=chain()[2], created=AT),
    )
    recipe = Recipe(at=AT, entropy=recipe.entropy, password=password, java=java)
    store = TrustStore(format=format_name, entries=entries)
    path.write_bytes(formats.write(store, format=format_name, recipe=recipe))
    return path


def opened(path: Path, password: str, *, key_password: str | None = None) -> bytes:
    """Return the one private key of a store, opened."""
    store = formats.loads(path.read_bytes(), password=password)
    (entry,) = (entry for entry in store.entries if isinstance(entry, PrivateKeyEntry))
    assert entry.key is not None
    return formats.unlock(entry.key, password=key_password or password)


def write_secrets(path: Path, *passwords: str) -> Path:
    """Write a PKCS#12 store under `changeit` with a secret under each password, as Java seals one: `secret1`, `secret2`, ..."""
    bags = []
    for number, password in enumerate(passwords, start=1):
        recipe = Recipe(at=AT, entropy=bytes, password=password)
        sealed = formats.lock(secret(number), format="pkcs12", recipe=recipe).data
        bags.append(stores.bag(5, stores.secret(sealed), stores.friendly_name(f"secret{number}")))
    path.write_bytes(stores.pfx(stores.plain_part(*bags)))
    return path


def secret(number: int) -> bytes:
    """Return an AES key as Java wraps it, in the structure of a private one."""
    algorithm = stores.writer.sequence(stores.writer.oid("2.16.840.1.101.3.4.1"))
    return stores.writer.sequence(stores.writer.integer(0), algorithm, stores.writer.octet_string(bytes((number,)) * 16))


def secrets(path: Path, password: str, *, key_password: str | None = None) -> list[bytes]:
    """Return the secret keys of a store, opened."""
    store = formats.loads(path.read_bytes(), password=password)
    keys = [entry.key for entry in store.entries if isinstance(entry, SecretKeyEntry)]
    return [formats.unlock(key, password=key_password or password) for key in keys if key is not None]
