"""
Read and write JKS, the key store that Java wrote by default until 8 (sun.security.provider.JavaKeyStore, versions 1 and 2).

What it shares with JCEKS, and all rules, stand in `java_store`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.formats import java_key, java_store
from anchorkeep.formats.java_entry import Dialect

if TYPE_CHECKING:
    from anchorkeep.formats.recipe import Recipe
    from anchorkeep.model.truststore import TrustStore

MAGIC = b"\xfe\xed\xfe\xed"

_JKS = Dialect(format="jks", magic=MAGIC, protectors=frozenset({java_key.JKS}), has_secrets=False)


def loads(data: bytes, *, password: str | None, name: str) -> TrustStore:
    """Read a JKS store; see `java_store.loads`."""
    return java_store.loads(data, dialect=_JKS, password=password, name=name)


def dump(store: TrustStore, recipe: Recipe) -> bytes:
    """Return the file of a JKS store; see `java_store.dump`."""
    return java_store.dump(store, recipe, dialect=_JKS)
