"""`keytool -printcert`: the certificates of a file, or those that a server sends."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from anchorkeep.cli import keytool_certificate as printed
from anchorkeep.cli import keytool_file, options
from anchorkeep.errors import RefusedError, UsageError
from anchorkeep.model.chain import ObservedChain
from anchorkeep.model.endpoint import Endpoint

if TYPE_CHECKING:
    from anchorkeep.cli.keytool_line import Request
    from anchorkeep.model.certificate import Certificate

_READ = frozenset({"pem", "der", "pkcs7"})
_UNDERLINE = "===================================="
#: Seconds for a server.
_TIMEOUT = 10.0


def run(request: Request) -> None:
    """Print certificates, in words or with `-rfc` in PEM."""
    server = request.get("sslserver")
    if server is not None:
        _print_sent(request, server)
        return
    held = keytool_file.certificates(request.get("file"), formats_read=_READ, refusal=keytool_file.NO_INPUT)
    is_armored = "rfc" in request.flags
    for number, certificate in enumerate(held, start=1):
        head = f"Certificate[{number}]:\n" if len(held) > 1 else ""
        tail = "\n" if len(held) > number else ""
        sys.stdout.write(f"{head}{_body(certificate, is_armored=is_armored)}{tail}")
    if not is_armored:
        _warn(request, held)


def _print_sent(request: Request, server: str) -> None:
    """Print what a server sends; nothing of it is verified."""
    from anchorkeep.observe.connection import observe

    try:
        endpoint = Endpoint.parse(server)
    except UsageError as error:
        raise RefusedError(f"java.lang.Exception: {error.message}") from error
    seen = asyncio.run(observe(endpoint, clock=options.now, timeout=_TIMEOUT))
    if not isinstance(seen, ObservedChain) or not seen.certificates:
        raise RefusedError("java.lang.Exception: No certificate from the SSL server")
    is_armored = "rfc" in request.flags
    for number, certificate in enumerate(seen.certificates):
        if is_armored:
            sys.stdout.write(printed.armored(certificate))
        else:
            sys.stdout.write(f"Certificate #{number}\n{_UNDERLINE}\n{_body(certificate, is_armored=False)}\n")
    if not is_armored:
        _warn(request, seen.certificates)


def _body(certificate: Certificate, *, is_armored: bool) -> str:
    return printed.armored(certificate) if is_armored else "".join(f"{line}\n" for line in printed.lines(certificate))


def _warn(request: Request, held: tuple[Certificate, ...]) -> None:
    number = len(held)
    labels = [f"Certificate #{index} of {number}" if number > 1 else "The certificate" for index in range(1, number + 1)]
    pairs = zip(held, labels, strict=True)
    found = [line for certificate, label in pairs for line in printed.weaknesses(certificate, label, with_signature=True)]
    printed.warn(request, found)
