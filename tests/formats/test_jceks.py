from datetime import UTC, datetime

import pytest

from anchorkeep.errors import StoreFormatError
from anchorkeep.formats import java_key, jceks
from anchorkeep.formats.recipe import Recipe
from anchorkeep.model.truststore import (
    Integrity,
    KeyForm,
    Part,
    PrivateKeyEntry,
    ProtectedKey,
    Protection,
    Scheme,
    SecretKeyEntry,
    TrustedCertEntry,
    TrustStore,
)
from anchorkeep.tlv import writer
from tests.data.java import NULL, STREAM, class_desc, jceks_secret, of_class, sealed_key
from tests.data.java import jceks as build
from tests.data.stores import PASSWORD, certificate, jks_key, jks_trusted

LEAF, ROOT = certificate("leaf"), certificate("root", serial=2)
RECIPE = Recipe(at=datetime(2026, 11, 23, tzinfo=UTC), entropy=bytes, password=PASSWORD)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DIGEST = Protection(part=Part.INTEGRITY, scheme=Scheme.DIGEST, algorithm="SHA-1")


def read(data: bytes) -> TrustStore:
    """Read a store with its password."""
    return jceks.loads(data, password=PASSWORD, name="store")


def sealed_with(iterations: int) -> Protection:
    """Return how JCEKS protects keys by itself."""
    return Protection(part=Part.KEYS, scheme=Scheme.JAVA, algorithm="PBEWithMD5AndTripleDES", iterations=iterations)


@pytest.mark.parametrize("version", [1, 2])
def test_entries_of_every_kind_come_in_order(version: int) -> None:
    """Certificates, private keys and secret keys come in the file's order, also two secret keys side by side."""
    data = build(
        jks_trusted("root", ROOT, version=version),
        jceks_secret("aes"),
        jceks_secret("hmac"),
        jks_key("server", [LEAF, ROOT], version=version),
        version=version,
    )
    store = read(data)
    assert (store.format, store.integrity) == ("jceks", Integrity.VERIFIED)
    assert store.entries == (
        TrustedCertEntry(certificate=ROOT, alias="root", created=EPOCH),
        SecretKeyEntry(alias="aes", created=EPOCH),
        SecretKeyEntry(alias="hmac", created=EPOCH),
        PrivateKeyEntry(alias="server", chain=(LEAF, ROOT), created=EPOCH),
    )


def test_a_secret_key_that_looks_like_entries_is_one() -> None:
    """A sealed key that holds the bytes of whole entries, streams included, is one entry."""
    hostile = sealed_key(jks_trusted("evil", LEAF) + jceks_secret("evil") + STREAM)
    data = build(jceks_secret("aes", hostile), jks_trusted("root", ROOT))
    store = read(data)
    assert [entry.alias for entry in store.entries] == ["aes", "root"]
    assert jceks.dump(store, RECIPE) == data


def test_how_keys_are_protected_is_said_once() -> None:
    """Private and secret keys of JCEKS are protected in one way, those that came from JKS in another; each is listed once."""
    own = ProtectedKey(form=KeyForm.ENCRYPTED, data=java_key.lock_jceks(b"key", password="other", entropy=bytes))
    old = ProtectedKey(form=KeyForm.ENCRYPTED, data=java_key.lock_jks(b"key", password="other", entropy=bytes))
    chain = (certificate(),)
    keys = tuple(PrivateKeyEntry(alias=f"key{number}", chain=chain, key=key) for number, key in enumerate((own, old, own)))
    few = sealed_key(parameters=writer.sequence(writer.octet_string(b"saltsalt"), writer.integer(20)))
    store = read(jceks.dump(TrustStore(format="jceks", entries=keys), RECIPE))
    assert store.protection == (
        DIGEST,
        sealed_with(200_000),
        Protection(part=Part.KEYS, scheme=Scheme.JAVA, algorithm="Sun's JKS key protector"),
    )
    secrets = read(build(jceks_secret("a"), jceks_secret("b", few), jceks_secret("c")))
    assert secrets.protection == (DIGEST, sealed_with(200_000), sealed_with(20))


@pytest.mark.parametrize(
    "stream",
    [
        sealed_key(algorithm="PBEWithSHA1AndDESede"),
        sealed_key(parameters=b"no parameters"),
        sealed_key(parameters=writer.sequence(writer.octet_string(b"saltsalt"), writer.integer(0))),
        STREAM + of_class(class_desc("javax.crypto.SealedObject")),
    ],
    ids=["algorithm", "parameters", "iterations", "fields"],
)
def test_a_secret_key_of_another_making_is_carried(stream: bytes) -> None:
    """A secret key whose object does not say how it is protected is carried all the same, and nothing is claimed."""
    data = build(jceks_secret("aes", stream))
    store = read(data)
    assert store.protection == (DIGEST,)
    assert jceks.dump(store, RECIPE) == data


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (jceks_secret("aes", STREAM + NULL), r"JCEKS entry 1 \('aes'\): .* holds something that is no object"),
        (jceks_secret("aes\n", STREAM[:2] + b"\0\4"), r"JCEKS entry 1 \('aes\\n'\): no serialized Java object"),
        (jceks_secret("aes", sealed_key()[:-1]), r"JCEKS entry 1 \('aes'\): string: length 22 exceeds the 21 bytes left"),
        (b"\0\0\0\4\0\1a" + bytes(8), r"kind 4; 1 \(private key\), 2 \(trusted certificate\), 3 \(secret key\) are known"),
    ],
)  # fmt: skip
def test_what_is_broken_is_named(entry: bytes, expected: str) -> None:
    """A broken entry is an error that names it and what is wrong."""
    with pytest.raises(StoreFormatError, match=expected):
        read(build(entry))
