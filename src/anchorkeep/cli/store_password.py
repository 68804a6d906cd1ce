"""
The password of a store: from a file, from a variable, or asked for on a terminal; never from the command line itself.

Where none is given, `changeit` and the empty one are tried, and a person at a terminal is asked when neither fits.
"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

import click

from anchorkeep.cli import options
from anchorkeep.errors import StoreIntegrityError, UsageError
from anchorkeep.model.truststore import Integrity
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from anchorkeep.actions.store import Opened

#: How often a person may mistype.
_ATTEMPTS = 3


def given(storepass_file: Path | None, storepass_env: str | None, *, option: str = "storepass") -> str | None:
    """Return the password of the options, None where none is given; see `options.password`."""
    return options.password(storepass_file, storepass_env, option=option)


def to_be(file_: Path | None, variable: str | None, *, option: str) -> str | None:
    """
    Return the password that a new store is to have, None where none is given.

    Raises:
        UsageError: it is empty: a secret that is not there would make a store that nothing protects.
    """
    found = given(file_, variable, option=option)
    if found == "":
        name = f"The first line of {visible(str(file_))}" if file_ is not None else f"The variable '{visible(variable or '')}'"
        raise UsageError(f"{name} is empty, and would be the new store's password.", remedy="Write the password there.")
    return found


def read(path: Path, password: str | None, *, option: str = "storepass") -> Opened:
    """
    Read a store, and ask for its password where none is given, none that is known to everybody fits, and somebody is there.

    Raises:
        AnchorkeepError: as for `store.read`.
    """
    from anchorkeep.actions import store

    with advised(password, options=(option,)):
        try:
            return store.read(path, password=password)
        except StoreIntegrityError:
            if password is not None or not can_be_asked():
                raise
    return _asked(path, lambda answer: store.read(path, password=answer))


def verified(path: Path, password: str | None, *, option: str, data: bytes | None = None) -> Opened:
    """
    Read a store that something is to be taken from, and ask for its password where `read` would.

    A store that can be read without one is asked for too: its integrity must be checked before anything of it is believed.

    Args:
        path: where it is, or what to call it.
        password: the one given, None where none is.
        option: what the options that would give it begin with.
        data: its bytes where they were read before.

    Raises:
        StoreIntegrityError: no password opens it, or its integrity was not checked.
        AnchorkeepError: as for `store.read`.
    """
    from anchorkeep.actions import store

    def opened(tried: str | None) -> Opened:
        found = store.read(path, password=tried) if data is None else store.loads(data, path=path, password=tried)
        store.require_verified(found)
        return found

    with advised(password, options=(option,)):
        try:
            return opened(password)
        except StoreIntegrityError:
            if password is not None or not can_be_asked():
                raise
    return _asked(path, opened)


def for_reading(path: Path, password: str | None) -> str | None:
    """Return the password to read a store with: the one given, or the one that was asked for where `read` would ask."""
    if password is not None or not can_be_asked():
        return password
    from anchorkeep.actions.store import Origin

    opened = read(path, None)
    return opened.password if opened.origin is Origin.GIVEN else None


def for_change(path: Path, password: str | None, *, option: str = "storepass") -> str | None:
    """
    Return the password to change a store with: the one given, else on a terminal the one that was asked for, else None to try.

    Also a store that can be read without one is asked for, since its integrity must be checked before it is changed.
    """
    if password is not None or not can_be_asked():
        return password
    from anchorkeep.actions import store

    with advised(password, options=(option,)):
        try:
            opened = store.read(path)
            if opened.store.integrity is not Integrity.NOT_CHECKED:
                return None
        except StoreIntegrityError:
            pass
    return _asked(path, lambda answer: store.read(path, password=answer)).password


def chosen(password: str | None, *, what: str, option: str) -> str:
    """
    Return a new password: the one given, else the one typed twice.

    Raises:
        UsageError: none is given and nobody can be asked.
    """
    if password is not None:
        return password
    if not can_be_asked():
        raise UsageError(f"No {what} is given.", remedy=f"Use --{option}-file or --{option}-env; there is no terminal to ask on.")
    return _typed(what[:1].upper() + what[1:], twice=True)


def can_be_asked() -> bool:
    """Whether somebody sits at a terminal to be asked."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


@contextlib.contextmanager
def advised(*passwords: str | None, options: tuple[str, ...] = ("storepass",), path: Path | None = None) -> Iterator[None]:
    """
    Say of a store that no well-known password opens how to give its own.

    Args:
        passwords: those that were given, one for each option.
        options: what the options that would give them begin with.
        path: the store that the first option is for, where there are two; all that does not concern it is the second's.
    """
    try:
        yield
    except StoreIntegrityError as error:
        # What is said of a store begins with its name.
        is_second = path is not None and not error.message.startswith(f"{visible(str(path))}:")
        if passwords[is_second] is not None:
            raise
        remedy = f"Give its own with --{options[is_second]}-file or --{options[is_second]}-env."
        raise StoreIntegrityError(error.message, remedy=remedy) from None


def _asked(path: Path, opened: Callable[[str], Opened]) -> Opened:
    """Ask until the store opens with what was typed, and no longer than a person mistypes."""
    from anchorkeep.cli import render

    for attempt in range(1, _ATTEMPTS + 1):
        answer = _typed(f"Password of {visible(str(path))}")
        try:
            return opened(answer)
        except StoreIntegrityError as error:
            if attempt == _ATTEMPTS:
                raise
            render.error(error)
    raise AssertionError  # The last attempt raises or returns.


def _typed(question: str, *, twice: bool = False) -> str:
    """
    Ask for a password, which is not shown.

    Raises:
        UsageError: what was typed is no UTF-8; octets of another encoding would make a password that nobody can type elsewhere.
    """
    try:
        answer: str = click.prompt(
            question, hide_input=True, default=None if twice else "", show_default=False, confirmation_prompt=twice, err=True
        )
        answer.encode("utf-8")
    except UnicodeError:
        raise UsageError("What was typed is no UTF-8.", remedy="Set the terminal to UTF-8, or use a file.") from None
    return answer
