"""What a program needs to be told so that it trusts by a store, and what is to be known before it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anchorkeep.actions.store import DEFAULT_PASSWORD
from anchorkeep.text import shell_word

if TYPE_CHECKING:
    from pathlib import Path

#: What Java calls the formats that it takes for `javax.net.ssl.trustStoreType`.
_TYPES = {"jks": "JKS", "jceks": "JCEKS", "pkcs12": "PKCS12", "bks": "BKS"}
#: Formats whose certificates Java reads without a password.
_OPEN = frozenset({"jks", "jceks"})
_REPLACES = (
    "This replaces Java's default roots: every service that the program talks to is judged by this store alone. "
    "--with-default-roots takes the default ones in."
)
_JOINED = "This replaces Java's default roots. The store holds those of today too, which follow no update of the runtime."
_UNTOLD = (
    "-Djavax.net.ssl.trustStorePassword= is left out, with the store's password: on a command line every user of the machine "
    "sees it. Write it and the options above into a file that only the program's user may read, and start: java @FILE (from "
    "Java 9 on; under Java 8 the program has to set the property itself)."
)
_PROVIDER = "BKS is Bouncy Castle's: the program needs its provider."
_BUNDLE = (
    "Java takes no such file for a trust store. OpenSSL and curl take it in the place of their default roots: SSL_CERT_FILE="
)
_NO_CONSUMER = (
    "Java takes no such file for a trust store: name one that ends in .p12, or convert it with `anchorkeep store convert`."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """
    What a program is to be told.

    Attributes:
        options: options of `java`, each a word for a POSIX shell; empty for a format that Java takes for no trust store.
        notes: what to know of them, one sentence or two each; safe to print.
    """

    options: tuple[str, ...]
    notes: tuple[str, ...]


def settings(path: Path, *, format: str, password: str | None, has_default_roots: bool) -> Settings:  # noqa: A002 (what it is)
    """
    Return what a program is to be told so that it trusts by a store; a password of its own is never in it.

    Args:
        path: the store, as a person named it.
        format: its format.
        password: what opens it, None where nothing does.
        has_default_roots: whether the runtime's own roots were merged in.
    """
    place = shell_word(str(path.absolute()))
    if format not in _TYPES:
        return Settings(options=(), notes=(f"{_BUNDLE}{place}" if format == "pem" else _NO_CONSUMER,))
    options = [_property("trustStore", place), _property("trustStoreType", _TYPES[format])]
    notes = [_JOINED if has_default_roots else _REPLACES]
    if password is not None and format not in _OPEN:
        if password == DEFAULT_PASSWORD:
            options.append(_property("trustStorePassword", password))
        else:
            notes.append(_UNTOLD)
    if format == "bks":
        notes.append(_PROVIDER)
    return Settings(options=tuple(options), notes=tuple(notes))


def _property(name: str, value: str) -> str:
    return f"-Djavax.net.ssl.{name}={value}"
