"""`keytool -importkeystore`: one entry of a store or all of them go into another, in whatever format."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep.actions import keytool, keytool_carry
from anchorkeep.cli import keytool_certificate as printed
from anchorkeep.cli import keytool_list, keytool_prompt, keytool_store
from anchorkeep.errors import FileError, RefusedError, StoreIntegrityError
from anchorkeep.model.truststore import Entry
from anchorkeep.text import visible

if TYPE_CHECKING:
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

    def free_alias(self, alias: str, taken: frozenset[str]) -> str | None:
        """Return the alias under which an entry goes in, None where it shall not."""
        if alias not in taken:
            return alias
        shown = visible(alias)
        if "noprompt" in self.request.flags:
            sys.stderr.write(f"Warning: Overwriting existing alias {shown} in destination keystore\n")
            return alias
        if keytool_prompt.is_agreed(f"Existing entry alias {shown} exists, overwrite?"):
            return alias
        answer = keytool_prompt.answer("Enter new alias name\t(RETURN to cancel import for this entry):  ")
        if answer is None:
            raise RefusedError("java.lang.Exception: no alias was given")
        return answer.lower() or None


def run(request: Request) -> None:
    """Import entries, or say why not."""
    named, kind = request.get("srckeystore"), request.get("deststoretype")
    if named is None:
        raise RefusedError("java.lang.Exception: Must specify -srckeystore")
    alias = request.get("srcalias")
    if alias is None and request.values.keys() & {"destalias", "srckeypass"}:
        message = "If alias not specified, destalias and srckeypass must not be specified"
        raise RefusedError(f"java.lang.Exception: {message}")
    path = Path(request.get("destkeystore") or Path.home() / ".keystore")
    if not _is_same(Path(named), path):
        sys.stderr.write(f"Importing keystore {visible(named)} to {visible(str(path))}...\n")
    is_same = _is_same(Path(named), path)
    if is_same and (alias is not None or kind is None):
        raise RefusedError("java.lang.Exception: a store is migrated in its place as a whole, with -deststoretype")
    target, secret = _target(request, path, is_new=is_same or not path.exists())
    source, opener = _source(request, Path(named))
    names = keytool.opened_as(kind) if kind is not None else None
    format_ = (names or ("pkcs12",))[0] if target is None else target.store.format
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
    taken = frozenset(work.target.entries) if work.target is not None else frozenset()
    name = work.free_alias((work.request.get("destalias") or alias).lower(), taken)
    if name is None:
        return
    new = (work.carried(alias, entry, name),)
    _put(work, new)


def _import_all(work: _Import, *, is_same: bool) -> None:
    taken = frozenset(work.target.entries) if work.target is not None else frozenset()
    new: list[Entry] = []
    left = 0
    for alias, entry in work.source.entries.items():
        name = work.free_alias(alias, taken)
        if name is None:
            left += 1
            sys.stderr.write(f"Entry for alias {visible(alias)} not imported.\n")
            if keytool_prompt.is_agreed("Do you want to quit the import process?"):
                break
            continue
        new.append(work.carried(alias, entry, name))
        sys.stderr.write(f"Entry for alias {visible(alias)} successfully imported.\n")
    sys.stderr.write(f"Import command completed:  {len(new)} entries successfully imported, {left} entries failed or cancelled\n")
    if is_same:
        _migrate(work, tuple(new))
        return
    _put(work, tuple(new))


def _put(work: _Import, new: tuple[Entry, ...]) -> None:
    if not new:
        return
    kind = keytool.TYPES[work.format][0]
    written = keytool.put_all(work.path, new, password=work.password, type_name=kind, terms=work.terms)
    weak = [line for entry in new for line in keytool_list.weaknesses(entry, f"<{visible(entry.alias or '')}>")]
    printed.warn([*weak, *printed.of_format(written.after, work.path)])


def _migrate(work: _Import, new: tuple[Entry, ...]) -> None:
    kept = keytool_carry.migrate(work.path, new, format=work.format, password=work.password, terms=work.terms)
    shown, before = visible(str(work.path)), work.source.type
    kind = keytool.TYPES[work.format][0]
    text = f'Migrated "{shown}" to {kind}. The {before} keystore is backed up as "{visible(str(kept))}".'
    printed.warn([text])


def _target(request: Request, path: Path, *, is_new: bool) -> tuple[Keystore | None, str]:
    """Return the target as it is, None where it is to be made, and its password."""
    question, secret = "Enter destination keystore password:  ", request.get("deststorepass")
    if is_new:
        if secret is None:
            secret = keytool_prompt.new_password(question)
        keytool_store.require_long(secret)
        return None, secret
    if secret is None:
        secret = keytool_prompt.store_password(question)
    return keytool.read(path, password=secret, type_name=request.get("deststoretype")), secret


def _source(request: Request, path: Path) -> tuple[Keystore, str | None]:
    """Return the source and the password that opened it."""
    if not path.exists():
        raise FileError(f"java.io.FileNotFoundException: {visible(str(path))} (No such file or directory)")
    secret = request.get("srcstorepass")
    if secret is None:
        secret = keytool_prompt.password("Enter source keystore password:  ")
    found = keytool.read(path, password=secret or None, type_name=request.get("srcstoretype"))
    keytool_list.warn_unverified(found, where="the srckeystore")
    return found, secret or None


def _is_same(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except OSError:
        return False
