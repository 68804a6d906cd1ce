"""The roots that a Java runtime of this machine comes with, to be merged into a store that replaces them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anchorkeep.actions import store as stores
from anchorkeep.errors import UsageError
from anchorkeep.host import file, jre
from anchorkeep.model import naming
from anchorkeep.model.truststore import TrustedCertEntry, TrustStore
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from anchorkeep.model.certificate import Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultRoots:
    """
    What a runtime trusts by default.

    Attributes:
        store: its trust store, whose integrity was checked.
        source: which runtime's, and where it was read; safe to print.
    """

    store: TrustStore
    source: str


def read(java_home: Path | None, *, is_only: bool = False) -> DefaultRoots:
    """
    Return the default roots of the first runtime of this machine.

    Args:
        java_home: where to look first, as JAVA_HOME names it; None for nowhere.
        is_only: whether a runtime must be there, and none other is looked for: a person named it.

    Raises:
        UsageError: there is no runtime.
        StoreIntegrityError: its trust store's integrity cannot be checked.
        RefusedError: others may write its trust store.
        AnchorkeepError: its trust store cannot be read.
    """
    named = jre.inspect(java_home) if is_only and java_home is not None else None
    found = (named,) if named is not None else () if is_only else jre.find(java_home)
    if not found:
        message = "No Java runtime is found here, so there are no default roots to take."
        raise UsageError(message, remedy="Set JAVA_HOME, or name one with --for jre:PATH.")
    # Everything in it is merged, and its password is everybody's: that its owner alone writes it is what vouches for it.
    cacerts = found[0].cacerts
    opened = stores.loads(file.read_protected(cacerts), path=cacerts)
    stores.require_verified(opened)
    return DefaultRoots(store=opened.store, source=f"{found[0].label} ({visible(str(found[0].cacerts))})")


def told(roots: DefaultRoots, public: Collection[Certificate]) -> tuple[str, ...]:
    """
    Return what is to be said of default roots that are merged, one sentence each; safe to print.

    Args:
        roots: the default roots.
        public: the roots of Mozilla's list: what is not of it may be somebody's own, as that of a proxy which inspects TLS.
    """
    trusted = frozenset(roots.store.trusted)
    others = [
        entry
        for entry in roots.store.entries
        if isinstance(entry, TrustedCertEntry) and entry.certificate in trusted and entry.certificate not in public
    ]
    taken = f"The default roots are those of {roots.source}."
    if not others:
        return (taken,)
    return (taken, f"Of them these are not of Mozilla's list, and are trusted for every name: {naming.described(others)}.")
