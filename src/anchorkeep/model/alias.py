"""
Aliases: the names of a store's entries, and which of them every runtime finds again.

Rules kept here:
- an alias that is made here is lower case, for Java's JKS looks up only such;
- none contains ` [jdk`: in a runtime's own store that mark makes a root one of the JDK's, which SHA-1 is refused under;
- two aliases that differ by case alone are one: a store that has both hides one of them from Java.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from typing import TYPE_CHECKING

from anchorkeep.errors import UsageError
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from anchorkeep.model.certificate import Certificate

#: Characters of a name made from a certificate's title.
_MAX_SLUG = 60
#: Characters of an alias that a person gives. Java's own limit is 65,535 bytes, which no table shows.
_MAX_GIVEN = 1_000
#: The digits of the fingerprint that tell two certificates of one subject apart.
_DIGITS = 8
_JDK = " [jdk"


def slug(text: str) -> str:
    """Return text as part of a file name or alias: lower case ASCII letters, digits and single hyphens; never empty."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_MAX_SLUG].strip("-") or "certificate"


def default(certificate: Certificate) -> str:
    """Return the alias that a certificate gets where nobody names one: `<slug>-<first 8 digits of its SHA-256>`."""
    return f"{slug(certificate.title)}-{certificate.sha256.hex()[:_DIGITS]}"


def free(certificate: Certificate | None, *, taken: Container[str], wanted: str | None = None) -> str:
    """
    Return an alias that no other entry has.

    Args:
        certificate: what to name it after, the leaf of a key's chain; None for an entry without any.
        taken: the aliases there are, each as `folded` returns it.
        wanted: the alias to keep if it can be, in lower case; None makes one.

    Returns:
        `wanted` where it is free and may be written, else `default`, with more digits where somebody took care that it is taken.
    """
    return next(alias for alias in _candidates(certificate, wanted) if alias not in taken)


def folded(alias: str) -> str:
    """Return what an alias is compared by: itself in lower case, as Java looks it up."""
    return alias.lower()


def is_fit(alias: str) -> bool:
    """Return whether an alias may be written anew: whether `refuse_unfit` lets it pass."""
    try:
        refuse_unfit(alias)
    except UsageError:
        return False
    return True


def refuse_unfit(alias: str) -> None:
    """
    Refuse an alias that must not be written anew; those found in a store stay as they are.

    Raises:
        UsageError: it is empty, too long, has upper case, ` [jdk`, surrogates, or characters that a terminal would act upon.
    """
    shown = visible(alias, limit=60)
    if not alias.strip():
        raise UsageError("An alias is empty.", remedy="Give one, or leave it out: then one is made from the certificate.")
    if len(alias) > _MAX_GIVEN:
        raise UsageError(f"The alias '{shown}' has {len(alias):,} characters; at most {_MAX_GIVEN:,} are written.")
    if alias != folded(alias):
        message = f"The alias '{shown}' has upper case letters; Java's JKS never finds such an entry."
        raise UsageError(message, remedy=f"Write it in lower case: '{visible(folded(alias), limit=60)}'.")
    if _JDK in alias:
        message = f"The alias '{shown}' contains '{_JDK}', by which Java tells its own roots from others."
        raise UsageError(message, remedy="Choose another alias.")
    if visible(alias, limit=_MAX_GIVEN * 10).replace("\\\\", "\\") != alias:
        raise UsageError(f"The alias '{shown}' has characters that cannot be seen.", remedy="Choose another alias.")


def _candidates(certificate: Certificate | None, wanted: str | None) -> Iterator[str]:
    if wanted is not None and is_fit(folded(wanted)):
        yield folded(wanted)
    long = "key"
    if certificate is not None:
        yield default(certificate)
        long = f"{slug(certificate.title)}-{certificate.sha256.hex()}"
    yield long
    yield from (f"{long}-{number}" for number in itertools.count(2))
