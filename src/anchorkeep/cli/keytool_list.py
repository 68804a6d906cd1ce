"""`keytool -list`: the entries that Java sees, sorted by alias."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from anchorkeep.cli import keytool_certificate as printed
from anchorkeep.cli import keytool_store, options
from anchorkeep.model.truststore import Integrity, OtherEntry, PrivateKeyEntry, SecretKeyEntry, TrustedCertEntry
from anchorkeep.text import visible

if TYPE_CHECKING:
    from datetime import datetime

    from anchorkeep.actions.keytool import Keystore
    from anchorkeep.cli.keytool_line import Request
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.truststore import Entry

_STARS = "*****************  WARNING WARNING WARNING  *****************"
_RULE = "*******************************************"
_KINDS = {TrustedCertEntry: "trustedCertEntry", PrivateKeyEntry: "PrivateKeyEntry", SecretKeyEntry: "SecretKeyEntry"}


def run(request: Request) -> None:
    """List a store, or the one entry that was named."""
    found = keytool_store.to_read(request)
    warn_unverified(found)
    now = options.now()
    of_format = printed.of_format(found.store, keytool_store.path(request))
    alias = request.get("alias")
    if alias is not None:
        entry = found.entry(alias)
        out = _entry(alias, entry, request.flags, now=now)
        sys.stdout.write(out)
        printed.warn(request, [*weaknesses(entry, "The certificate"), *of_format])
        return
    entries = sorted(found.entries.items())
    number = "1 entry" if len(entries) == 1 else f"{len(entries)} entries"
    sys.stdout.write(f"Keystore type: {found.type}\nKeystore provider: {found.provider}\n\nYour keystore contains {number}\n\n")
    for name, entry in entries:
        sys.stdout.write(_entry(name, entry, request.flags, now=now))
        if request.flags & {"rfc", "v"}:
            sys.stdout.write(f"\n\n{_RULE}\n{_RULE}\n\n\n")
    weak = [line for name, entry in entries for line in weaknesses(entry, f"<{visible(name)}>")]
    printed.warn(request, [*weak, *of_format])


def warn_unverified(found: Keystore, *, where: str = "your keystore") -> None:
    """Say on stderr where nobody vouches for what a store holds."""
    if found.store.integrity is not Integrity.NOT_CHECKED:
        return
    whose = "your keystore password." if where == "your keystore" else "the srckeystore password."
    lines = (f"The integrity of the information stored in {where}", "has NOT been verified!  In order to verify its integrity,")
    framed = "".join(f"* {line:<58}*\n" for line in (*lines, f"you must provide {whose}"))
    sys.stderr.write(f"\n{_STARS}\n{framed}{_STARS}\n\n")


def _entry(alias: str, entry: Entry, flags: frozenset[str], *, now: datetime) -> str:
    made = None if isinstance(entry, OtherEntry) else entry.created
    shown, date, kind = visible(alias), printed.day(made or now), _KINDS[type(entry)]
    chain = _chain(entry)
    if not flags & {"rfc", "v"}:
        mark = f"Certificate fingerprint (SHA-256): {printed.fingerprint(chain[0].sha256)}\n" if chain else ""
        return f"{shown}, {date}, {kind}, \n{mark}"
    head = f"Alias name: {shown}\nCreation date: {date}\nEntry type: {kind}\n"
    bodies = [_body(certificate, flags, is_trusted=isinstance(entry, TrustedCertEntry)) for certificate in chain]
    if isinstance(entry, PrivateKeyEntry) and bodies:
        numbered = "".join(f"Certificate[{number}]:\n{body}" for number, body in enumerate(bodies, start=1))
        return f"{head}Certificate chain length: {len(bodies)}\n{numbered}"
    return head + "".join(f"\n{body}" for body in bodies)


def _body(certificate: Certificate, flags: frozenset[str], *, is_trusted: bool) -> str:
    if "rfc" in flags:
        return printed.armored(certificate)
    return "".join(f"{line}\n" for line in printed.lines(certificate, is_trusted=is_trusted))


def _chain(entry: Entry) -> tuple[Certificate, ...]:
    match entry:
        case TrustedCertEntry():
            return (entry.certificate,)
        case PrivateKeyEntry():
            return entry.chain
        case _:
            return ()


def weaknesses(entry: Entry, label: str) -> list[str]:
    """Return keytool's warnings on the certificates of an entry that was trusted before."""
    chain = _chain(entry)
    found: list[str] = []
    for number, certificate in enumerate(chain, start=1):
        which = label if len(chain) == 1 else f"{label} #{number} of {len(chain)}"
        is_signed = isinstance(entry, PrivateKeyEntry) and not certificate.is_self_issued
        found += printed.weaknesses(certificate, which, with_signature=is_signed)
    return found
