"""What `--version` prints: this program and the parts whose version decides what it sees."""

from __future__ import annotations

from datetime import UTC, datetime

from anchorkeep import __version__
from anchorkeep.cli import render
from anchorkeep.text import visible

#: Mozilla's list changed every few weeks in 2026; one that is a quarter old misses removals.
MAX_LIST_AGE_DAYS = 90


def show() -> None:
    """Print the versions; warn on stderr about an old list of roots."""
    import cryptography
    import OpenSSL
    from cryptography.hazmat.backends.openssl import backend

    from anchorkeep.host import roots

    listed = roots.mozilla()
    rows = [
        ("anchorkeep", __version__),
        ("OpenSSL", visible(OpenSSL.SSL.OpenSSL_version(OpenSSL.SSL.OPENSSL_VERSION).decode())),
        ("pyOpenSSL", OpenSSL.__version__),
        ("cryptography", f"{cryptography.__version__} with {backend.openssl_version_text()}"),
    ]
    if isinstance(listed, roots.RootList):
        dated = f"root list of {listed.dated}" if listed.dated else "a root list without a date"
        rows.append(("certifi", f"{visible(listed.version)}, {dated}"))
    render.out(render.facts(rows))
    warn(listed)


def warn(listed: object) -> None:
    """Say on stderr when there is no list of public roots, or only an old one."""
    from anchorkeep.host import roots

    if isinstance(listed, roots.MissingRootList):
        render.say(f"! No root counts as public: {listed.reason} {listed.remedy}")
    elif isinstance(listed, roots.RootList) and listed.dated is not None:
        age = (datetime.now(UTC).date() - listed.dated).days
        if age > MAX_LIST_AGE_DAYS:
            render.say(f"! Mozilla's list is {age} days old; update certifi.")
