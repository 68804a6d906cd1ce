"""`keytool -exportcert`: the certificate of an entry, to a file or to stdout."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep.cli import keytool_certificate as printed
from anchorkeep.cli import keytool_import, keytool_list, keytool_store, render
from anchorkeep.errors import FileError, RefusedError
from anchorkeep.host import replacement
from anchorkeep.model.truststore import certificate_of
from anchorkeep.text import visible

if TYPE_CHECKING:
    from anchorkeep.cli.keytool_line import Request


def run(request: Request) -> None:
    """Export the certificate of an entry, a key's own for a key."""
    found = keytool_store.to_read(request)
    keytool_list.warn_unverified(found)
    alias, named = request.get("alias") or keytool_import.DEFAULT_ALIAS, request.get("file")
    certificate = certificate_of(found.entry(alias))
    if certificate is None:
        raise RefusedError(f"java.lang.Exception: Alias <{visible(alias)}> has no certificate")
    data = printed.armored(certificate).encode() if "rfc" in request.flags else certificate.der
    if named is None:
        render.out_bytes(data)
    else:
        _write(named, data)
        sys.stderr.write(f"Certificate stored in file <{visible(named)}>\n")
    weak = printed.weaknesses(certificate, "The certificate", with_signature=False)
    printed.warn(request, [*weak, *printed.of_format(found.store, keytool_store.path(request))])


def _write(named: str, data: bytes) -> None:
    """Write a file at once or not at all; what is no file, as a pipe, is written to as it is."""
    path = Path(named)
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
    except OSError as error:
        raise FileError(f"java.io.FileNotFoundException: {visible(named)} ({visible(error.strerror or 'unknown')})") from error
    replacement.replace(path, data)
