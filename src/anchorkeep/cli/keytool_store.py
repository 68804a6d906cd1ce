"""Which store the words of keytool mean, and its password, asked for where none is given."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep.actions import keytool
from anchorkeep.actions.store_write import Terms
from anchorkeep.cli import keytool_prompt, options, settings
from anchorkeep.errors import FileError, RefusedError
from anchorkeep.host import jre
from anchorkeep.text import visible

if TYPE_CHECKING:
    from anchorkeep.actions.keytool import Keystore
    from anchorkeep.cli.keytool_line import Request

_PASSWORD = "Enter keystore password:  "  # noqa: S105 (a question)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """
    A store that is to be changed.

    Attributes:
        path: where it is, or will be.
        type: the type that was asked for, None for what it is.
        password: its password.
        found: what it holds, None where there is no file yet.
    """

    path: Path
    type: str | None
    password: str = field(repr=False)
    found: Keystore | None


def path(request: Request) -> Path:
    """
    Return where the store is: `-keystore`, the runtime's own, or the user's `.keystore`.

    Raises:
        RefusedError: `-cacerts` beside another store.
        FileError: there is no runtime.
    """
    named = request.get("keystore")
    if "cacerts" in request.flags:
        if named is not None or request.get("storetype") is not None:
            message = "The -keystore or -storetype option cannot be used with the -cacerts option"
            raise RefusedError(f"java.lang.IllegalArgumentException: {message}")
        return cacerts()
    return Path(named) if named is not None else Path.home() / ".keystore"


def cacerts() -> Path:
    """
    Return the trust store of the runtime that JAVA_HOME names, else of the first one found.

    Raises:
        FileError: there is none.
    """
    found = jre.find(settings.java_home())
    if not found:
        raise FileError(
            "java.lang.Exception: no Java runtime is here", remedy="Set JAVA_HOME, or name its cacerts with -keystore."
        )
    return found[0].cacerts


def to_read(request: Request) -> Keystore:
    """Return the store that is to be read; without a password its integrity is not checked."""
    where = path(request)
    _require(where, request)
    secret = request.get("storepass")
    if secret is None:
        # What is typed may be nothing, which opens without a password; what is given is one, be it empty.
        secret = keytool_prompt.password(_PASSWORD) or None
    found = keytool.read(where, password=secret, type_name=request.get("storetype"))
    warn_of_key_password(request, found.store.format, secret)
    return found


def to_change(request: Request, *, may_be_new: bool = False) -> Place:
    """
    Return the store that is to be changed, verified by its password.

    Raises:
        RefusedError: a new store's password is too short.
        FileError: there is none, and it may not be new.
        GivenUp: nobody gave a password.
    """
    where, kind, secret = path(request), request.get("storetype"), request.get("storepass")
    is_new = may_be_new and not where.exists()
    if not is_new:
        _require(where, request)
    elif kind is not None:
        keytool.opened_as(kind)
    if secret is None:
        secret = keytool_prompt.new_password(_PASSWORD) if is_new else keytool_prompt.store_password(_PASSWORD)
    if is_new:
        require_long(secret)
        warn_of_key_password(request, keytool.opened_as(kind or "PKCS12")[0], secret)
        return Place(path=where, type=kind, password=secret, found=None)
    found = keytool.read(where, password=secret, type_name=kind)
    warn_of_key_password(request, found.store.format, secret)
    return Place(path=where, type=kind, password=secret, found=found)


def warn_of_key_password(request: Request, format: str, secret: str | None, *, option: str = "keypass") -> None:  # noqa: A002
    """Say that a PKCS#12 store has no other password for its keys."""
    own = request.get(option)
    if format == "pkcs12" and own is not None and secret is not None and own != secret:
        said = "Different store and key passwords not supported for PKCS12 KeyStores."
        sys.stderr.write(f"Warning:  {said} Ignoring user-specified -{option} value.\n")


def say_stored(request: Request, where: Path) -> None:
    """Say with -v that a store was written."""
    if "v" in request.flags:
        sys.stderr.write(f"[Storing {visible(str(where))}]\n")


def require_long(secret: str, *, what: str = "Keystore password") -> None:
    """Refuse a new password that keytool would not take."""
    if len(secret) < keytool_prompt.SHORTEST:
        raise RefusedError(f"java.lang.Exception: {what} must be at least {keytool_prompt.SHORTEST} characters")


def terms(command: str, where: Path) -> Terms:
    """Return the terms of a write; what the history keeps of the command holds no password."""
    now = options.now()
    return Terms(
        at=settings.source_date() or now,
        now=now,
        state=settings.archive_directory(),
        command=(f"keytool -{command}", where.name),
    )


def _require(where: Path, request: Request) -> None:
    """Say of a file that is not there, empty or of no such type what keytool says, before a password is asked for."""
    kind = request.get("storetype")
    if kind is not None:
        keytool.opened_as(kind)
    keytool.require(where)
