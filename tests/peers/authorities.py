"""Values for the tests of mint: a time, a seeded entropy, and what OpenSSL thinks of a chain."""

import ssl
import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from anchorkeep.model.certificate import Certificate
from tests.conftest import require_tool

AT = datetime(2026, 11, 1, tzinfo=UTC)
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def entropy(seed: int = 1) -> Callable[[int], bytes]:
    """Return a source of bytes that is the same in every run."""
    return Random(seed).randbytes


def pem(certificates: Sequence[Certificate]) -> bytes:
    """Return certificates as the standard library's PEM, so that no code of ours stands between."""
    return "".join(ssl.DER_cert_to_PEM_cert(certificate.der) for certificate in certificates).encode()


def openssl_verify(
    chain: Sequence[Certificate],
    roots: Sequence[Certificate],
    directory: Path,
    *,
    host: str | None = None,
    at: datetime = NOON,
) -> str:
    """Return what `openssl verify -x509_strict` says of a leaf-first chain: `leaf: OK`, or why not."""
    for file, certificates in (("leaf", chain[:1]), ("untrusted", chain[1:]), ("roots", roots)):
        (directory / file).write_bytes(pem(certificates))
    command = [require_tool("openssl"), "verify", "-x509_strict", "-attime", str(int(at.timestamp())), "-CAfile", "roots"]
    command += ["-untrusted", "untrusted"] if chain[1:] else []
    command += ["-purpose", "sslserver", "-verify_hostname", host] if host else []
    result = subprocess.run([*command, "leaf"], check=False, capture_output=True, cwd=directory, text=True)
    return (result.stdout + result.stderr).strip()
