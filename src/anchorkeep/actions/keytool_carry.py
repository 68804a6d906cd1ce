"""Entries on their way from one keystore into another, and a keystore that becomes one of another format where it stands."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep.actions import store_encoding, store_password, store_write
from anchorkeep.errors import RefusedError, UnsupportedEntryError
from anchorkeep.host import hold, replacement
from anchorkeep.model import naming
from anchorkeep.model.edit import Change
from anchorkeep.model.truststore import Entry, PrivateKeyEntry, SecretKeyEntry, TrustedCertEntry, TrustStore
from anchorkeep.text import visible

if TYPE_CHECKING:
    from anchorkeep.actions.store_write import Terms

#: Old stores beside a new one.
_MAX_OLD = 99


def carried(entry: Entry, alias: str, *, opener: str, format: str, password: str, terms: Terms) -> Entry:  # noqa: A002
    """
    Return an entry as a store of a format keeps it.

    Args:
        entry: as it stands in its own store.
        alias: its alias to be.
        opener: what opens its key.
        format: of the store it goes to.
        password: what its key is sealed with there.
        terms: how it is written.

    Raises:
        StoreIntegrityError: the key does not open.
        UnsupportedEntryError: a secret key that another format keeps.
    """
    match entry:
        case TrustedCertEntry():
            return TrustedCertEntry(certificate=entry.certificate, alias=alias, created=entry.created)
        case PrivateKeyEntry():
            sealed = store_password.relocked(entry, opener, format=format, password=password, terms=terms)
            return replace(sealed, alias=alias, native=None)
        case SecretKeyEntry(key=None) if format == "jceks":
            return replace(entry, alias=alias)
        case SecretKeyEntry() if format == "pkcs12":
            return replace(store_password.relocked(entry, opener, format=format, password=password, terms=terms), alias=alias)
        case _:
            message = f"{naming.described([entry])} does not go into a store of another format"
            raise UnsupportedEntryError(message, remedy="Use the JDK's own keytool for it.")


def migrate(path: Path, entries: tuple[Entry, ...], *, format: str, password: str, terms: Terms) -> Path:  # noqa: A002
    """
    Replace a store by one of another format with these entries, and keep the old one beside it as `.old`, or `.old2` and so on.

    Returns:
        Where the old one is kept.

    Raises:
        RefusedError: there are too many old ones, or what was read back is not what was to be written.
        AnchorkeepError: as for `store_write.create`.
    """
    with hold.hold(path, patience=terms.patience) as held:
        if held.data is None:
            raise RefusedError("The store is gone.")
        wanted = TrustStore(format=format, entries=entries)
        bound = store_encoding.encode(wanted, format=format, recipe=terms.recipe(password, is_new=True))
        kept = _free_beside(path)
        replacement.create(kept, held.data, mode=0o600)
        lines = store_write.summary(Change(added=entries))
        store_write.carry_out(held, bound.data, read_back=bound.read_back, summary=lines, terms=terms)
    return kept


def _free_beside(path: Path) -> Path:
    names = (Path(f"{path}.old{number if number > 1 else ''}") for number in range(1, _MAX_OLD + 1))
    found = next((name for name in names if not os.path.lexists(name)), None)
    if found is None:
        raise RefusedError(f"There are {_MAX_OLD} old stores beside {visible(str(path))}.", remedy="Remove some of them.")
    return found
