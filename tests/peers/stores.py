"""Stores that tests of the command line read and change: of a PKI that is always the same, and of hostile names."""

from pathlib import Path

from anchorkeep.model.certificate import Certificate
from tests.data import stores
from tests.peers import steady

#: The moment that golden screens are drawn for, as `--at` takes it.
AT = "2026-11-23T12:00"
#: A password that no guess finds.
SECRET = "geheim-Passwort-4711"
HOSTILE_ALIAS = "evil\x1b[31m\u202e\nalias [red]"
#: 2026-11-01T00:00Z, in milliseconds.
_CREATED = 1_793_491_200_000


def certificates() -> dict[str, Certificate]:
    """Return certificates by name: CAs, one that is over, one whose name is hostile, one that is wide."""
    pki = steady.make()
    return {
        "root": pki.root,
        "intermediate": pki.intermediate,
        "expired": pki.expired,
        "hostile": pki.hostile,
        "wide": pki.wide,
    }


def jks(path: Path, *, password: str = stores.PASSWORD) -> Path:
    """Write a JKS store with an entry of every kind that it can hold, and return its path."""
    held = certificates()
    entries = [
        stores.jks_trusted("steady-root-r1", held["root"], milliseconds=_CREATED),
        stores.jks_trusted("a-rather-long-alias-that-nobody-would-choose-by-hand", held["intermediate"], milliseconds=_CREATED),
        stores.jks_trusted("over", held["expired"], milliseconds=_CREATED),
        stores.jks_trusted(HOSTILE_ALIAS, held["hostile"], milliseconds=_CREATED),
        stores.jks_trusted("weit", held["wide"], milliseconds=_CREATED),
        stores.jks_key("key", [held["intermediate"], held["root"]], milliseconds=_CREATED),
    ]
    path.write_bytes(stores.jks(*entries, password=password))
    return path


def pkcs12(path: Path, *, password: str = stores.PASSWORD) -> Path:
    """Write a PKCS#12 store whose certificates are encrypted: one that Java trusts and one that it does not see."""
    held = certificates()
    part = stores.encrypted_part(
        stores.cert_bag(held["root"], stores.friendly_name("steady-root-r1"), stores.trusted_key_usage()),
        stores.cert_bag(held["wide"], stores.friendly_name("untagged")),
        password=password.encode(),
    )
    path.write_bytes(stores.pfx(part, password=password))
    return path


def secret(path: Path) -> Path:
    """Write the password that no guess finds into a file, and return its path."""
    path.write_text(SECRET + "\n", encoding="utf-8")
    path.chmod(0o600)
    return path
