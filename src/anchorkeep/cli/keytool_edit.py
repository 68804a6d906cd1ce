"""`keytool -delete`, `-changealias` and `-storepasswd`: what is changed without a word where it works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.actions import keytool, store_password
from anchorkeep.cli import keytool_certificate as printed
from anchorkeep.cli import keytool_prompt, keytool_store
from anchorkeep.errors import RefusedError

if TYPE_CHECKING:
    from anchorkeep.actions.store_write import Written
    from anchorkeep.cli.keytool_line import Request
    from anchorkeep.cli.keytool_store import Place


def delete(request: Request) -> None:
    """Delete an entry, a key as well as a certificate."""
    place = keytool_store.to_change(request)
    alias = request.get("alias") or _asked("Enter alias name:  ")
    terms = keytool_store.terms("delete", place.path)
    written = keytool.delete(place.path, alias, password=place.password, terms=terms)
    _close(request, place, written)


def change_alias(request: Request) -> None:
    """Give an entry another alias."""
    place = keytool_store.to_change(request)
    alias = request.get("alias") or "mykey"
    destination = request.get("destalias") or _asked("Enter destination alias name:  ")
    terms = keytool_store.terms("changealias", place.path)
    written = keytool.rename(place.path, alias, destination, password=place.password, terms=terms)
    _close(request, place, written)


def change_password(request: Request) -> None:
    """Give a store another password; in PKCS#12 its keys have the same one."""
    place = keytool_store.to_change(request)
    new = request.get("new")
    if new is None:
        new = keytool_prompt.other_password()
    keytool_store.require_long(new, what="New password")
    if new == place.password:
        return
    terms = keytool_store.terms("storepasswd", place.path)
    written = store_password.change(place.path, new_password=new, password=place.password, terms=terms)
    _close(request, place, written)


def _close(request: Request, place: Place, written: Written) -> None:
    keytool_store.say_stored(request, place.path)
    printed.warn(request, printed.of_format(written.after, place.path))


def _asked(question: str) -> str:
    answer = keytool_prompt.line(question)
    if not answer:
        raise RefusedError("java.lang.Exception: no alias was given")
    return answer
