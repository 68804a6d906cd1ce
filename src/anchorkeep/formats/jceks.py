"""
Read and write JCEKS, Java's key store that holds secret keys too (com.sun.crypto.provider.JceKeyStore, versions 1 and 2).

What it shares with JKS, and all rules, stand in `java_store`. Java opens private keys in it that are protected as in JKS, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.formats import java_key, java_store
from anchorkeep.formats.java_entry import Dialect

if TYPE_CHECKING:
    from anchorkeep.formats.recipe import Recipe
    from anchorkeep.model.truststore import TrustStore

MAGIC = b"\xce\xce\xce\xce"

_JCEKS = Dialect(format="jceks", magic=MAGIC, protectors=java_key.ALGORITHMS, has_secrets=True)


def loads(data: bytes, *, password: str | None, name: str) -> TrustStore:
    """Read a JCEKS store; see `java_store.loads`."""
    return java_store.loads(data, dialect=_JCEKS, password=password, name=name)


def dump(store: TrustStore, recipe: Recipe) -> bytes:
    """Return the file of a JCEKS store; see `java_store.dump`."""
    return java_store.dump(store, recipe, dialect=_JCEKS)
