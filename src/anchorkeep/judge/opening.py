"""
Which Java opens a store.

The rules are those of OpenJDK 11.0.9, 11.0.13, 17.0.2, 21.0.8 and 25.0.2, as they were measured; those of Java 8 are modelled
after the same sources and its release notes, and not proved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anchorkeep.model.java import JavaVersion
from anchorkeep.model.truststore import Part, Protection, Scheme

if TYPE_CHECKING:
    from anchorkeep.model.truststore import TrustStore

#: The runtimes that a store is judged for: those whose rules differ, the oldest update of each.
RUNTIMES: tuple[JavaVersion, ...] = (
    JavaVersion(label="Java 8 before 8u301", numbers=(8,)),
    JavaVersion(label="Java 8 from 8u301", numbers=(8, 0, 301)),
    JavaVersion(label="Java 11 before 11.0.12", numbers=(11,)),
    JavaVersion(label="Java 11 from 11.0.12", numbers=(11, 0, 12)),
    JavaVersion(label="Java 17", numbers=(17,)),
    JavaVersion(label="Java 21", numbers=(21,)),
    JavaVersion(label="Java 25", numbers=(25,)),
)
#: Formats that a Java runtime opens by itself.
OWN = frozenset({"jks", "jceks", "pkcs12"})

#: Iterations of one key derivation that a runtime makes (sun.security.pkcs12.PKCS12KeyStore, MAX_ITERATION_COUNT).
_MAX_ITERATIONS = 5_000_000
#: What the runtimes open, by their names for it: of PBES2 neither AES with keys of 192 bits nor Triple DES, and of PBES1 no
#: Triple DES with two keys.
_KNOWN = {
    Scheme.PBES1: re.compile(r"PBEWithSHA1And(?:DESede|RC2_40|RC2_128)"),
    Scheme.PBES2: re.compile(r"PBEWithHmacSHA(?:1|224|256|384|512)AndAES_(?:128|256)"),
    Scheme.MAC_SHA1: re.compile(r"HmacPBESHA1"),
    Scheme.MAC_SHA2: re.compile(r"HmacPBESHA(?:224|256|384|512)"),
}
_MODERN = frozenset({Scheme.PBES2, Scheme.MAC_SHA2})
#: What to do about each obstacle.
_CONVERT = "Convert it for the oldest Java that is to read it: `anchorkeep store convert --for`."
_TO_ANOTHER = "Convert it into a format that Java opens: `anchorkeep store convert --storetype pkcs12`."
_RENEW = "Give it a password of ASCII characters: `anchorkeep store passwd`."
_FEWER = "Have its keys written with fewer, as by `openssl pkcs12 -export -iter 10000`."
_SEAL = "Convert the store under a password, which seals its keys."
#: The last release without a runtime here to prove the rules with.
_MODELLED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """
    Whether one Java runtime opens a store.

    Attributes:
        java: the runtime; its label is for people: `Java 11 before 11.0.12`.
        opens: whether it opens it and finds its certificates, given the right password.
        opens_keys: whether it also opens the store's private keys; True where there are none.
        reason: why not, part of a sentence without the runtime's name; for one that opens all, what must be told to it
            (`as a store of type JCEKS`), or an empty string. Safe to print.
        remedy: what removes that reason, one sentence; empty where it opens all.
        is_proved: whether the rule was measured with a real runtime; False for Java 8.
    """

    java: JavaVersion
    opens: bool
    opens_keys: bool
    reason: str
    remedy: str
    is_proved: bool


def opening(store: TrustStore, java: JavaVersion, *, password: str | None) -> Opening:
    """
    Return whether one runtime opens a store.

    Whether it sees each entry is not judged here, nor are a key's own password and the providers that an installation adds.

    Args:
        store: as it was read.
        java: the runtime.
        password: the store's, None where it has none or it is not known; looked at for characters beyond ASCII only.
    """
    is_proved = java.feature > _MODELLED
    if store.format not in OWN:
        reason = _FOREIGN.get(store.format, "Java takes it for no store; keytool -importcert reads its certificates")
        return Opening(java=java, opens=False, opens_keys=False, reason=reason, remedy=_TO_ANOTHER, is_proved=is_proved)
    is_ascii = password is None or password.isascii()
    for_all = next(_obstacles(store, java, is_ascii=is_ascii), None)
    obstacle = for_all or next(_obstacles_of_keys(store, java, is_ascii=is_ascii), None)
    hint = "as a store of type JCEKS" if store.format == "jceks" else ""
    reason, remedy = obstacle or (hint, "")
    return Opening(java=java, opens=not for_all, opens_keys=not obstacle, reason=reason, remedy=remedy, is_proved=is_proved)


def openings(store: TrustStore, *, password: str | None) -> tuple[Opening, ...]:
    """Return for each of `RUNTIMES` whether it opens a store, the oldest first."""
    return tuple(opening(store, java, password=password) for java in RUNTIMES)


_FOREIGN = {"bks": "only Bouncy Castle's provider opens it, which no runtime brings with it"}


# Why something is not opened, and what removes that.
_Obstacle = tuple[str, str]


def _obstacles(store: TrustStore, java: JavaVersion, *, is_ascii: bool) -> Iterator[_Obstacle]:
    """Say why a runtime does not open a store at all: its password first, without which nothing helps; MAC, certificates."""
    if store.format != "pkcs12":
        return
    needing = [item for item in store.protection if item.part is not Part.KEYS and item.scheme is not Scheme.PLAIN]
    if not is_ascii and needing:
        yield from _of_password(needing, java)
    for item in needing:
        yield from _of_algorithm(item, java)


def _obstacles_of_keys(store: TrustStore, java: JavaVersion, *, is_ascii: bool) -> Iterator[_Obstacle]:
    """Say why a runtime does not open private keys in a store that it opens."""
    keys = [item for item in store.protection if item.part is Part.KEYS]
    # Sun's own protector of JKS takes any text, that of JCEKS is a PBE cipher as those of PKCS#12 are.
    if not is_ascii and store.format != "jks":
        yield from _of_password(keys, java)
    for item in keys:
        if item.scheme is Scheme.PLAIN:
            yield "it does not see a key that is not encrypted", _SEAL
        elif item.scheme is not Scheme.JAVA:
            yield from _of_algorithm(item, java)


def _of_algorithm(item: Protection, java: JavaVersion) -> Iterator[_Obstacle]:
    known = _KNOWN.get(item.scheme)
    if known is None or not known.fullmatch(item.algorithm):
        yield f"it knows no {item.algorithm}", _CONVERT
    elif item.scheme in _MODERN and not java.opens_pbes2:
        yield f"it has no {item.algorithm} yet", _CONVERT
    if item.iterations is not None and item.iterations > _MAX_ITERATIONS:
        yield f"{item.iterations:,} iterations are more than the {_MAX_ITERATIONS:,} it makes", _FEWER


def _of_password(items: list[Protection], java: JavaVersion) -> Iterator[_Obstacle]:
    """Say why a password beyond ASCII does not open a part: 25 is the first to take one, and for PBES2 and MACs alone."""
    if items and not java.opens_other_passwords:
        yield "it takes no password beyond ASCII", _RENEW
    elif any(item.scheme is Scheme.PBES1 for item in items):
        yield "under PBES1 it takes no password beyond ASCII", _RENEW
