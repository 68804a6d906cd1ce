"""`keytool -importkeystore`: one entry of a store or all of them go into another, in whatever format."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep.actions import keytool, keytool_carry
from anchorkeep.cli import keytool_certificate as printed
from anchorkeep.cli import keytool_list, keytool_prompt, keytool_store
from anchorkeep.errors import FileError, RefusedError, StoreFormatError, StoreIntegrityError
from anchorkeep.model import alias as aliases
from anchorkeep.model.truststore import Entry, SecretKeyEntry
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Container

    from anchorkeep.actions.keytool import Keystore
    from anchorkeep.actions.store_write import Terms
    from anchorkeep.cli.keytool_line import Request

#: How often a person may mistype the password of a key.
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Import:
    """
    One import.

    Attributes:
        request: what was asked for.
        source: the store to take from.
        opener: its password, None where it was read without one.
        target: the store to be, None where there is no file yet.
        path: where that is.
        format: its format.
        password: its password.
        terms: how it is written.
    """

    request: Request
    source: Keystore
    opener: str | None = field(repr=False)
    target: Keystore | None
    path: Path
    format: str
    password: str = field(repr=False)
    terms: Terms

    def carried(self, alias: str, entry: Entry, new_alias: str) -> Entry:
        """Return an entry as the target keeps it, its key opened with what opens it."""
        opener = self.request.get("srckeypass") or self.opener or ""
        for left in range(_ATTEMPTS, -1, -1):
            own = self.request.get("destkeypass") or opener
            secret = self.password if self.format == "pkcs12" else own
            try:
                return keytool_carry.carried(
                    entry, new_alias, opener=opener, format=self.format, password=secret, terms=self.terms
                )
            except StoreIntegrityError:
                if not left:
                    break
                opener = keytool_prompt.password(f"Enter key password for <{visible(alias)}>")
        raise RefusedError("java.lang.Exception: Too many failures - try later")

    def free_alias(self, alias: str, wanted: str, taken: Container[str]) -> str | None:
        """Return the alias under which an entry goes in, None where it shall not."""
        if wanted not in taken:
            return wanted
        shown = visible(wanted)
        if "noprompt" in self.request.flags:
            sys.stderr.write(f"Warning: Overwriting existing alias {shown} in destination keystore\n")
            return wanted
        if keytool_prompt.is_agreed(f"Existing entry alias {shown} exists, overwrite?"):
            return wanted
        answer = keytool_prompt.answer("Enter new alias name\t(RETURN to cancel import for this entry):  ")
        if answer is None:
            raise RefusedError("java.lang.Exception: no alias was given")
        if not answer:
            sys.stderr.write(f"Entry for alias {visible(alias)} not imported.\n")
        return aliases.folded(answer) or None


def run(request: Request) -> None:
    """Import entries, or say why not."""
    named, kind = request.get("srckeystore"), request.get("storetype")
    if named is None:
        raise RefusedError("java.lang.Exception: Please specify -srckeystore")
    path = keytool_store.path(request)
    _require_source(Path(named))
    is_same = _is_same(Path(named), path)
    if not is_same:
        sys.stderr.write(f"Importing keystore {visible(named)} to {visible(str(path))}...\n")
    alias = request.get("alias")
    if alias is None and request.values.keys() & {"destalias", "srckeypass"}:
        message = "if alias not specified, destalias and srckeypass must not be specified"
        raise RefusedError(f"java.lang.Exception: {message}")
    if is_same and (alias is not None or kind is None):
        raise RefusedError("java.lang.Exception: a store is migrated in its place as a whole, with -deststoretype")
    names = keytool.opened_as(kind) if kind is not None else None
    target, secret = _target(request, path, is_new=is_same or not path.exists())
    source, opener = _source(request, Path(named))
    format_ = (names or ("pkcs12",))[0] if target is None else target.store.format
    keytool_store.warn_of_key_password(request, format_, secret, option="destkeypass")
    terms = keytool_store.terms("importkeystore", path)
    work = _Import(
        request=request, source=source, opener=opener, target=target, path=path, format=format_, password=secret, terms=terms
    )
    if alias is not None:
        _import_one(work, alias)
    else:
        _import_all(work, is_same=is_same)


def _import_one(work: _Import, alias: str) -> None:
    entry = work.source.entry(alias)
    taken = work.target.entries if work.target is not None else {}
    name = work.free_alias(alias, aliases.folded(work.request.get("destalias") or alias), taken)
    if name is None:
        return
    new = (work.carried(alias, entry, name),)
    _put(work, new)


def _import_all(work: _Import, *, is_same: bool) -> None:
    taken = set(work.target.entries) if work.target is not None else set()
    # By alias: one that is given to two entries is the later one's.
    new: dict[str, Entry] = {}
    done = 0
    for alias, entry in work.source.entries.items():
        name = work.free_alias(alias, alias, taken)
        if name is None:
            continue
        if work.format == "jks" and isinstance(entry, SecretKeyEntry):
            said = "java.security.KeyStoreException: Cannot store non-PrivateKeys"
            shown = visible(alias)
            sys.stderr.write(f"Problem importing entry for alias {shown}: {said}.\nEntry for alias {shown} not imported.\n")
            if "noprompt" not in work.request.flags and keytool_prompt.is_agreed("Do you want to quit the import process?"):
                break
            continue
        new[name] = work.carried(alias, entry, name)
        taken.add(name)
        done += 1
        sys.stderr.write(f"Entry for alias {visible(alias)} successfully imported.\n")
    left = len(work.source.entries) - done
    sys.stderr.write(f"Import command completed:  {done} entries successfully imported, {left} entries failed or cancelled\n")
    if is_same:
        _migrate(work, tuple(new.values()))
        return
    _put(work, tuple(new.values()))


def _put(work: _Import, new: tuple[Entry, ...]) -> None:
    if not new:
        return
    kind = keytool.TYPES[work.format][0]
    written = keytool.put_all(work.path, new, password=work.password, type_name=kind, terms=work.terms)
    keytool_store.say_stored(work.request, work.path)
    weak = [line for entry in new for line in keytool_list.weaknesses(entry, f"<{visible(entry.alias or '')}>")]
    printed.warn(work.request, [*weak, *printed.of_format(written.after, work.path)])


def _migrate(work: _Import, new: tuple[Entry, ...]) -> None:
    kept = keytool_carry.migrate(work.path, new, format=work.format, password=work.password, terms=work.terms)
    shown, before = visible(str(work.path)), work.source.type
    kind = keytool.TYPES[work.format][0]
    text = f'Migrated "{shown}" to {kind}. The {before} keystore is backed up as "{visible(str(kept))}".'
    keytool_store.say_stored(work.request, work.path)
    printed.warn(work.request, [text])


def _target(request: Request, path: Path, *, is_new: bool) -> tuple[Keystore | None, str]:
    """Return the target as it is, None where it is to be made, and its password."""
    question, secret = "Enter destination keystore password:  ", request.get("storepass")
    if is_new:
        if secret is None:
            secret = keytool_prompt.new_password(question)
        keytool_store.require_long(secret)
        return None, secret
    if secret is None:
        secret = keytool_prompt.store_password(question)
    return keytool.read(path, password=secret, type_name=request.get("storetype")), secret


def _source(request: Request, path: Path) -> tuple[Keystore, str | None]:
    """Return the source and the password that opened it."""
    if not path.exists():
        raise FileError(f"java.io.FileNotFoundException: {visible(str(path))} (No such file or directory)")
    secret = request.get("srcstorepass")
    if secret is None:
        secret = keytool_prompt.password("Enter source keystore password:  ") or None
    found = keytool.read(path, password=secret, type_name=request.get("srcstoretype"))
    keytool_list.warn_unverified(found, where="the srckeystore")
    return found, secret


def _require_source(path: Path) -> None:
    """Look whether there is a file that could be a source."""
    try:
        size = path.stat().st_size
    except OSError:
        return
    if not size:
        raise StoreFormatError(f"java.lang.Exception: Source keystore file exists, but is empty: {visible(str(path))}")


def _is_same(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except OSError:
        return False
