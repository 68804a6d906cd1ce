"""Change a store's password, as keytool does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from anchorkeep import formats
from anchorkeep.actions import store_write
from anchorkeep.errors import StoreIntegrityError, UnsupportedEntryError, UsageError
from anchorkeep.formats.capability import CAPABILITIES, TITLES
from anchorkeep.model import naming
from anchorkeep.model.edit import Change
from anchorkeep.model.truststore import Entry, PrivateKeyEntry, ProtectedKey, SecretKeyEntry, TrustStore
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from pathlib import Path

    from anchorkeep.actions.store import Opened
    from anchorkeep.actions.store_write import Terms, Written
    from anchorkeep.formats.recipe import Recipe

#: What keytool asks of a password at least.
SHORTEST = 6


def change(path: Path, *, new_password: str, password: str | None = None, terms: Terms) -> Written:
    """
    Give a store another password.

    In PKCS#12 every private and secret key is sealed again under the new password, with algorithm, key size and iterations found.
    In JKS, JCEKS and BKS an entry has a password of its own, which stays what it is, as with keytool; that is noted where the
    store holds keys.

    Args:
        path: the store.
        new_password: the password to be; at least 6 characters, as keytool wants it.
        password: the one it has, as for `store.read`.
        terms: how it is written.

    Raises:
        UsageError: the format has no password, the store has no protection, or the new one is too short or cannot be used.
        StoreIntegrityError: the store, or a key in it, does not open.
        UnsupportedEntryError: a secret in PKCS#12 that is no key as Java keeps one, and cannot be sealed again.
        AnchorkeepError: as for `store_edit.add`.
    """
    if len(new_password) < SHORTEST:
        raise UsageError(f"The new password has {counted(len(new_password), 'character')}; keytool wants {SHORTEST} at least.")

    def edit(opened: Opened) -> tuple[TrustStore, Change]:
        _require_password(opened)
        if opened.store.format != "pkcs12":
            return opened.store, Change()
        opener, entries = opened.password or "", opened.store.entries
        # All are opened before anything is written.
        sealed = [relocked(entry, opener, format="pkcs12", password=new_password, terms=terms) for entry in entries]
        return replace(opened.store, entries=tuple(sealed)), Change()

    written = store_write.revise(path, edit, password=password, terms=terms, new_password=new_password)
    return replace(written, notes=(*written.notes, *_of_keys(written.after)))


def relocked(entry: Entry, opener: str, *, format: str, password: str | None, terms: Terms) -> Entry:  # noqa: A002
    """
    Return an entry with its key sealed anew; one without a key, as a certificate's, is returned as it is.

    Args:
        entry: as it stands; a secret key's has to stay in PKCS#12.
        opener: the password that opens its key.
        format: of the store that is to hold it.
        password: what it is to be sealed with.
        terms: how it is written.

    Raises:
        StoreIntegrityError: the key does not open.
        UnsupportedEntryError: a secret that is no key which can be opened here.
        UsageError: it cannot be sealed with that password for that runtime.
    """
    match entry:
        case SecretKeyEntry(key=None):
            message = f"The secret {naming.described([entry])} is carried as it is and cannot be sealed under another password."
            raise UnsupportedEntryError(message, remedy="Take it out first with `store remove --keys`.")
        case SecretKeyEntry(key=ProtectedKey() as key) | PrivateKeyEntry(key=ProtectedKey() as key):
            label = naming.described([entry])
            return replace(entry, key=_sealed(key, opener, label=label, format=format, recipe=terms.recipe(password)))
        case _:
            return entry


def _sealed(key: ProtectedKey, opener: str, *, label: str, format: str, recipe: Recipe) -> ProtectedKey:  # noqa: A002
    try:
        pkcs8 = formats.unlock(key, password=opener)
    except StoreIntegrityError as error:
        message = f"The key {label} does not open with this password; nothing was written."
        raise StoreIntegrityError(message, remedy="Give the key the store's password first, with keytool -keypasswd.") from error
    return formats.lock(pkcs8, format=format, recipe=recipe, found=key)


def _require_password(opened: Opened) -> None:
    shown = visible(str(opened.path))
    if not CAPABILITIES[opened.store.format].has_password:
        raise UsageError(f"{shown} is {TITLES[opened.store.format]}, which has no password.")
    if opened.password is None:
        message = f"{shown} has no password, and its entries are not encrypted."
        raise UsageError(message, remedy="Convert it into a new store, which gets one.")


def _of_keys(store: TrustStore) -> tuple[str, ...]:
    keys = [entry for entry in store.entries if isinstance(entry, PrivateKeyEntry | SecretKeyEntry)]
    if not keys or store.format == "pkcs12":
        return ()
    note = (
        f"The passwords of its {counted(len(keys), 'key')} are their own and stay what they are: a server that is given the "
        "store's password only will not open them any more. Change each with `keytool -keypasswd`, or convert it to PKCS#12."
    )
    return (note,)
