"""`anchorkeep store`: read, make, edit, convert and compare stores of certificates, of every format, without a JVM."""

from __future__ import annotations

import click

from anchorkeep.cli.lazy_group import LazyGroup

#: Command, its place in `cli`, its line in the help; `LazyGroup` imports what is called.
_COMMANDS = {
    "list": ("store_list", "List what stores hold: alias, subject, days left, fingerprint."),
    "show": ("store_show.show", "Show stores in full: protection, which Java opens them, entries."),
    "verify": ("store_show.verify", "Check stores: integrity, which Java opens them, what is over."),
    "diff": ("store_diff", "Compare two stores by the certificates in them."),
    "new": ("store_make.new", "Make a store."),
    "add": ("store_make.add", "Add certificates to a store."),
    "remove": ("store_edit.remove", "Remove entries of a store."),
    "rename": ("store_edit.rename", "Give an entry another alias."),
    "merge": ("store_edit.merge", "Add what other stores trust."),
    "convert": ("store_convert.convert", "Write a store in another format, or for another Java."),
    "passwd": ("store_convert.passwd", "Give a store another password."),
    "history": ("store_history.history", "List the changes that were made to stores."),
    "undo": ("store_history.undo", "Take a change back."),
}


@click.group("store", cls=LazyGroup, listed=_COMMANDS)
def command() -> None:
    """
    Read, make, edit, convert and compare stores: PKCS#12, JKS, JCEKS, BKS, PEM, PKCS#7 and SST.

    Every change is written beside the old file, read back, and put in its place in one step; the old content is kept, and `undo`
    brings it back. Without a password option, `changeit` and the empty password are tried, and on a terminal one is asked for.
    """
