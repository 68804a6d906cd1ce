"""
Files of certificates: bytes to values and back. What a file is, its content says, never its name.

Rules kept here:
- one codec a module, and none knows another, so that a fault in one breaks no other;
- no entry is lost: what a container holds as a certificate is kept byte for byte in the file's order, understood or not;
- every bound on size, count, depth and work is in `limits`;
- codecs of key stores, which bring ciphers with them, are loaded when a file asks for them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from anchorkeep.errors import StoreFormatError, UnsupportedEntryError, UsageError
from anchorkeep.formats import der, foreign, limits, pem, pem_block, pkcs7, shape, sst
from anchorkeep.formats.capability import CAPABILITIES, TITLES, refusal, suffix_note
from anchorkeep.formats.shape import Shape
from anchorkeep.model.truststore import KeyForm, OtherEntry, ProtectedKey, TrustedCertEntry, TrustStore
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from anchorkeep.formats.recipe import Recipe
    from anchorkeep.formats.work import Work
    from anchorkeep.model.certificate import Certificate

__all__ = ["READ", "WRITTEN", "besides", "detect", "doubt", "dumps", "loads", "lock", "suffix_note", "unlock", "write"]

_SHAPES = {Shape.CERTIFICATE: "der", Shape.PKCS7: "pkcs7", Shape.PKCS12: "pkcs12"}
_MAGICS = ((b"\xfe\xed\xfe\xed", "jks"), (b"\xce\xce\xce\xce", "jceks"), (sst.MAGIC, "sst"))


class _KeyStore(Protocol):
    """What each module of a store with a password has; it is loaded with the first file that asks for it."""

    def loads(self, data: bytes, *, password: str | None, name: str) -> TrustStore: ...

    def dump(self, store: TrustStore, recipe: Recipe) -> bytes: ...


class _DerivingStore(_KeyStore, Protocol):
    """What each module has of a store whose password costs work before it is known to be wrong."""

    def loads(self, data: bytes, *, password: str | None, name: str, work: Work | None = None) -> TrustStore: ...


def _pkcs12() -> _DerivingStore:
    from anchorkeep.formats import pkcs12

    return pkcs12


def _jks() -> _KeyStore:
    from anchorkeep.formats import jks

    return jks


def _jceks() -> _KeyStore:
    from anchorkeep.formats import jceks

    return jceks


def _bks() -> _DerivingStore:
    from anchorkeep.formats import bks

    return bks


# Each codec by the name of its format; they take the data, what to call it, the password, and what it may cost.
_CODECS: dict[str, Callable[[bytes, str, str | None, Work | None], TrustStore]] = {
    "pem": lambda data, name, *_: pem.loads(data, name=name, container=_contained),
    "der": lambda data, name, *_: der.loads(data, name=name),
    "pkcs7": lambda data, name, *_: pkcs7.loads(data, name=name),
    "pkcs12": lambda data, name, password, work: _pkcs12().loads(data, password=password, name=name, work=work),
    "jks": lambda data, name, password, _: _jks().loads(data, password=password, name=name),
    "jceks": lambda data, name, password, _: _jceks().loads(data, password=password, name=name),
    "bks": lambda data, name, password, work: _bks().loads(data, password=password, name=name, work=work),
    "sst": lambda data, name, *_: sst.loads(data, name=name),
}

_DUMPERS: dict[str, Callable[[TrustStore, Recipe], bytes]] = {
    "pem": lambda store, recipe: pem.dump(store, recipe, container=_contained_anew),
    "pkcs7": pkcs7.dump,
    "pkcs12": lambda store, recipe: _pkcs12().dump(store, recipe),
    "jks": lambda store, recipe: _jks().dump(store, recipe),
    "jceks": lambda store, recipe: _jceks().dump(store, recipe),
    "bks": lambda store, recipe: _bks().dump(store, recipe),
    "sst": sst.dump,
}

_WRITERS: dict[str, Callable[[Sequence[Certificate], bool], bytes]] = {
    "der": lambda certificates, _: certificates[0].der,
    "pem": lambda certificates, comments: pem.dumps(certificates, comments=comments),
    "pkcs7": lambda certificates, _: pkcs7.dumps(certificates),
    "pkcs7-pem": lambda certificates, _: pem_block.armor(pkcs7.dumps(certificates), label="PKCS7"),
    "sst": lambda certificates, _: sst.dumps(TrustedCertEntry(certificate=item) for item in certificates),
}

#: The formats that `loads` reads and `dumps` writes; those that `write` writes are in `capability.CAPABILITIES`.
READ = tuple(_CODECS)
WRITTEN = tuple(_WRITERS)


def detect(data: bytes) -> str | None:
    """Return the format of the data, one of `READ`, by its content; None where it is none of them."""
    for magic, format_name in _MAGICS:
        if data.startswith(magic):
            return format_name
    if found := _SHAPES.get(shape.of(data)):  # type: ignore[arg-type]  # None is in no table
        return found
    if foreign.BOUNCY_CASTLE.match(data):
        from anchorkeep.formats import bks

        return "bks" if bks.is_bks(data) else None
    return "pem" if pem_block.is_pem(data) else None


def loads(data: bytes, *, password: str | None = None, name: str = "input", work: Work | None = None) -> TrustStore:
    """
    Read the certificates of a file, whatever its format, with every entry in the file's order.

    No password is tried but the one given. Nothing is verified but a store's own integrity check, and that only with a password:
    neither signatures nor dates, nor that a certificate can be understood (`Certificate.problem` tells).

    Args:
        data: the file's bytes.
        password: of a JKS, JCEKS, PKCS#12 or BKS store; other formats have none and leave it alone.
        name: what to call the file in messages; any text.
        work: what key derivations may cost, where several passwords are tried and share it; None for one password's own.

    Raises:
        StoreIntegrityError: the password is wrong or the store was changed, which cannot be told apart; or it needs a password.
        TooMuchWorkError: key derivations cost more than that.
        UnsupportedFormatError: a format that is recognised and not read; the message names it.
        StoreFormatError: no certificate file, a broken one, or one beyond the bounds of `limits`.
    """
    label = visible(name)
    if len(data) > limits.MAX_BYTES:
        raise StoreFormatError(f"{label}: {len(data):,} bytes are too many for a certificate file; at most {limits.MAX_BYTES:,}.")
    found = detect(data)
    if found is None:
        raise foreign.refusal(data, name=name, shape=shape.of(data))
    return _CODECS[found](data, label, password, work)


def dumps(certificates: Sequence[Certificate], *, format: str, comments: bool = True) -> bytes:  # noqa: A002 (what it is)
    """
    Return a file that holds exactly these certificates in this order, each byte for byte.

    Args:
        certificates: at least one; for `der` exactly one.
        format: one of `WRITTEN`: `der`, `pem`, `pkcs7` (DER, without a signer), `pkcs7-pem` or `sst` (without properties).
        comments: whether in `pem` subject, issuer, dates and SHA-256 stand before each block, one ASCII line each.

    Raises:
        UsageError: no such format, or not a number of certificates it can hold.
        StoreFormatError: a certificate's bytes cannot be embedded in PKCS#7.
    """
    if format not in _WRITERS:
        raise UsageError(f"No format '{visible(format)}' to write; there are {', '.join(WRITTEN)}.")
    if not certificates:
        raise UsageError("No certificate to write.")
    if format == "der" and len(certificates) != 1:
        message = f"A DER file holds one certificate, got {counted(len(certificates), 'certificate')}."
        raise UsageError(message, remedy="Choose pem or pkcs7, or write each into a file of its own.")
    return _WRITERS[format](certificates, comments)


def write(store: TrustStore, *, format: str, recipe: Recipe) -> bytes:  # noqa: A002 (what it is)
    """
    Return a store's file: what was read and not touched as it stood, all else written afresh, in the order of `store.entries`.

    Nothing is written that the format cannot hold, and nothing is left out. Whether a runtime sees each entry is not checked.

    Args:
        store: the entries, with what their codec keeps of the file they came from.
        format: one of `capability.CAPABILITIES`; another than `store.format` writes a new file.
        recipe: the password, chance, the date of new entries, and the runtime that is to read it. A password for a format without
            one is left alone.

    Raises:
        UsageError: no such format, a store that the format cannot be without entries, or a password that is missing or that the
            reader would not open.
        UnsupportedEntryError: an entry that the format cannot be given, or not in this form; or more than `loads` would read.
        StoreFormatError: a certificate's bytes or a property that would break the file.
    """
    capability = CAPABILITIES.get(format)
    if capability is None:
        message = f"No format '{visible(format)}' of a store to write; there are {', '.join(CAPABILITIES)}."
        raise UsageError(message)
    if capability.needs_password and recipe.password is None:
        raise UsageError(
            f"Without a password {TITLES[format]} cannot be written.", remedy="Give the password that it is to have."
        )
    if not (store.entries or capability.can_be_empty):
        raise UsageError(f"Without a certificate {TITLES[format]} cannot be written.", remedy="Remove the file instead.")
    if len(store.entries) > limits.MAX_ENTRIES:
        raise _too_large(f"{len(store.entries):,} entries", limits.MAX_ENTRIES)
    for number, entry in enumerate(store.entries, start=1):
        # What is of no kind that others know is carried by its own codec, where it was found.
        if not capability.can_hold(entry) and not (isinstance(entry, OtherEntry) and store.format == format):
            raise refusal(entry, number=number, format=format)
    data = _DUMPERS[format](store, recipe)
    if len(data) > limits.MAX_BYTES:
        raise _too_large(f"{len(data):,} bytes", limits.MAX_BYTES)
    if detect(data) != format:  # As PEM whose first block is gone, so that strange octets before the next one are its beginning.
        message = f"Without what stood first, the rest of the file would not be known again for {TITLES[format]}."
        raise UnsupportedEntryError(message, remedy="Make a new store of its certificates: anchorkeep store convert")
    return data


def besides(store: TrustStore) -> tuple[str, ...]:
    """
    Return what a store's file holds that no entry says, and that goes into no other format; a phrase each, safe to print.

    Such as private keys beside the certificates of a PEM file, the purposes of OpenSSL's TRUSTED CERTIFICATE, and revocation
    lists of PKCS#7. `write` keeps it in the format it was found in.
    """
    match store.format:
        case "pem":
            return pem.besides(store)
        case "pkcs7":
            return pkcs7.besides(store)
        case _:
            return ()


def doubt(store: TrustStore) -> str:
    """Return a sentence on why even a verified integrity of this store vouches for little; empty where nothing is to be said."""
    if store.format != "bks":
        return ""
    from anchorkeep.formats import bks

    return bks.doubt(store)


def unlock(key: ProtectedKey, *, password: str) -> bytes:
    """
    Return a private key as PKCS#8 PrivateKeyInfo in DER (RFC 5958 §2).

    Args:
        key: as it stands in a store.
        password: of the key, which need not be that of the store; not looked at for a plain key.

    Raises:
        StoreIntegrityError: the password is wrong or the key was changed, which cannot be told apart.
        StoreFormatError: the octets are no such key, or ask for more work than the bounds allow.
    """
    from anchorkeep.formats import bks_key, java_key, pkcs8

    if key.form is KeyForm.BKS:
        return bks_key.unlock(key.data, password=password)
    if key.form is KeyForm.ENCRYPTED and java_key.algorithm(key.data) in java_key.ALGORITHMS:
        return java_key.unlock(key.data, password=password)
    return pkcs8.unlock(key, password=password)


def lock(pkcs8: bytes, *, format: str, recipe: Recipe, found: ProtectedKey | None = None) -> ProtectedKey:  # noqa: A002
    """
    Return a private key as a store of that format keeps it.

    Args:
        pkcs8: PKCS#8 PrivateKeyInfo in DER; not checked.
        format: `jks`, `jceks`, `pkcs12` or `bks`.
        recipe: the key's password, chance, and the runtime that is to read it.
        found: the key as it stood, whose protection PKCS#12 keeps as far as that runtime opens it; None for a new key.

    Raises:
        UsageError: the password is missing, or the reader would not open a key under it.
    """
    from anchorkeep.formats import pkcs8 as pkcs8_codec

    if format == "pkcs12":
        return pkcs8_codec.lock(pkcs8, recipe=recipe, found=found)
    if recipe.password is None:
        raise UsageError(f"Without a password {TITLES[format]} keeps no private key.", remedy="Give the password of the key.")
    from anchorkeep.formats import bks_key, java_key

    password, entropy = recipe.password, recipe.entropy
    match format:
        case "jks":
            return ProtectedKey(form=KeyForm.ENCRYPTED, data=java_key.lock_jks(pkcs8, password=password, entropy=entropy))
        case "jceks":
            return ProtectedKey(form=KeyForm.ENCRYPTED, data=java_key.lock_jceks(pkcs8, password=password, entropy=entropy))
        case "bks":
            return ProtectedKey(form=KeyForm.BKS, data=bks_key.lock(pkcs8, password=password, entropy=entropy))
        case _:
            raise UsageError(f"No private key can be kept in {TITLES.get(format, visible(format))}.")


def _too_large(size: str, most: int) -> UnsupportedEntryError:
    message = f"The store would have {size}; with more than {most:,} it is not read again."
    return UnsupportedEntryError(message, remedy="Put the entries into several stores.")


def _contained(data: bytes) -> Sequence[Certificate]:
    return pkcs7.loads(data, name="PKCS#7").certificates


def _contained_anew(data: bytes, entries: Sequence[TrustedCertEntry], recipe: Recipe) -> bytes:
    return pkcs7.dump(replace(pkcs7.loads(data, name="PKCS#7"), entries=tuple(entries)), recipe)
