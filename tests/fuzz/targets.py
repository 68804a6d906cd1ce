"""
What each fuzz target owes to any bytes: a value or an `InputError`, and, of a store, the same again when it is written and read.

A store's integrity check would keep nearly all of a fuzzer's inputs from being believed: each is tried as it is, and once more
with the check made good.
"""

import contextlib
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from unittest import mock

from anchorkeep import formats, tlv
from anchorkeep.errors import AnchorkeepError, CertificateError, InputError, TLVError, UnsupportedEntryError, UsageError
from anchorkeep.formats import evidence, java_object, limits, pbe
from anchorkeep.formats.capability import CAPABILITIES
from anchorkeep.formats.javaio import DataInput
from anchorkeep.formats.recipe import Recipe
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import KeyForm, ProtectedKey, TrustStore
from anchorkeep.tlv import writer
from tests.data import java, stores
from tests.data.stores import PASSWORD
from tests.fuzz import seeds

_AT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
#: More work than any seed asks for, and little enough for many inputs a second.
_ITERATIONS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """
    Something that reads bytes.

    Attributes:
        hold: reads them, and fails where what is owed to them is not given.
        seeds: good inputs to begin with.
        format: of files that other programs write for it, None where there are none.
    """

    hold: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    format: str | None = None


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Lower the bounds of work, so that a count that was mutated is none; that they are kept is then proved too."""
    with (
        mock.patch.object(limits, "MAX_ITERATIONS", _ITERATIONS),
        mock.patch.object(limits, "MAX_TOTAL_ITERATIONS", 2 * _ITERATIONS),
    ):
        yield


def _hold_message(error: AnchorkeepError) -> None:
    assert str(error).isprintable()


def _hold_file(data: bytes, *, password: str | None = None) -> None:
    """Read a file of any format, look at all that it holds, and write it again."""
    try:
        store = formats.loads(data, password=password, name="fuzz\n")
    except InputError as error:
        _hold_message(error)
        return
    assert len(store.entries) <= len(data)
    for certificate in set(store.certificates):
        _look_at(certificate)
    _write_again(store, password)


def _look_at(certificate: Certificate) -> None:
    assert certificate.title.isprintable()
    assert certificate.problem is None or certificate.problem.isprintable()
    with contextlib.suppress(CertificateError):
        assert str(certificate.subject).isprintable()
        assert certificate.public_key.label.isprintable()


def _write_again(store: TrustStore, password: str | None) -> None:
    """Write a store as it is, and without its first entry: what is read then is what was written."""
    capability = CAPABILITIES.get(store.format)
    if capability is None or (capability.needs_password and password is None):
        return
    recipe = Recipe(at=_AT, entropy=lambda size: b"\x5a" * size, password=password)
    for wanted in (store, replace(store, entries=store.entries[1:])):
        try:
            data = formats.write(wanted, format=store.format, recipe=recipe)
        except (UnsupportedEntryError, UsageError) as error:
            _hold_message(error)
            continue
        found = formats.loads(data, password=password)
        assert found.format == store.format
        assert found.entries == wanted.entries


def _hold_store(data: bytes, *, mended: Callable[[bytes], bytes]) -> None:
    _hold_file(data)
    _hold_file(data, password=PASSWORD)
    _hold_file(mended(data), password=PASSWORD)


def _mended_java(data: bytes) -> bytes:
    return stores.sealed(data[:-20])


def _mended_bks(data: bytes) -> bytes:
    try:
        version, size = struct.unpack_from(">ii", data)
        [iterations] = struct.unpack_from(">i", data, 8 + size) if 0 <= size <= limits.MAX_SALT else (0,)
    except struct.error:
        return data
    if not 0 < iterations <= _ITERATIONS:
        return data
    salt, content = data[8 : 8 + size], data[12 + size : -20]
    secret = PASSWORD.encode("utf-16-be") + b"\0\0"
    key = pbe.derive(secret, salt=salt, iterations=1, purpose=3, size=20 if version == 2 else 2, hash_name="sha1")
    head = data[: 8 + size] + struct.pack(">i", 1)
    return head + content + stores.hmac.digest(key, content, "sha1")


def _mended_pkcs12(data: bytes) -> bytes:
    """Return the same authenticated safe with a MAC that holds; what is not so far a PKCS#12 store stays as it is."""
    try:
        safe = tlv.read(data).children(0x30)[1].children(0x30)[1].children()[0].octets()
    except (TLVError, IndexError):
        return data
    return stores.sealed_pfx(safe, stores.mac_data(safe, secret=PASSWORD.encode("utf-16-be") + b"\0\0"))


def _hold_bags(data: bytes) -> None:
    _hold_file(stores.pfx(stores.plain_part(data)), password=PASSWORD)


def _hold_evidence(data: bytes) -> None:
    try:
        found = evidence.loads(data, name="fuzz\n")
    except InputError as error:
        _hold_message(error)
    else:
        assert found


def _hold_node(data: bytes) -> None:
    """Read every node as everything that it might be."""
    try:
        nodes = [tlv.read(data)]
    except TLVError:
        return
    for node in nodes:
        assert node.raw == data[node.start : node.end]
        for read in (node.integer, node.boolean, node.oid, node.octets, node.bits, node.text, node.time):
            with contextlib.suppress(TLVError):
                read()
        with contextlib.suppress(TLVError):
            nodes += node.children() if len(nodes) < 1_000 else ()


def _hold_object(data: bytes) -> None:
    source = DataInput(data, end=len(data), place="fuzz")
    try:
        java_object.read(source)
    except InputError as error:
        _hold_message(error)
    else:
        assert 0 < source.position <= len(data)


def _hold_key(data: bytes) -> None:
    """Open a key of every form."""
    for form in KeyForm:
        try:
            opened = formats.unlock(ProtectedKey(form=form, data=data), password=PASSWORD)
        except InputError as error:
            _hold_message(error)
        else:
            assert opened or not data


def _sealed_keys() -> tuple[bytes, ...]:
    plain = writer.sequence(
        writer.integer(0), writer.sequence(writer.oid("1.2.840.113549.1.1.1"), writer.NULL), writer.octet_string(b"key")
    )
    recipe = Recipe(at=_AT, entropy=lambda size: b"\x5a" * size, password=PASSWORD)
    locked = (formats.lock(plain, format=name, recipe=recipe).data for name in ("jks", "jceks", "pkcs12"))
    return (plain, *locked)


def _plain(name: str) -> Target:
    return Target(hold=_hold_file, seeds=tuple(seeds.SAMPLES[name]), format=name)


def _store(name: str, mended: Callable[[bytes], bytes]) -> Target:
    return Target(hold=lambda data: _hold_store(data, mended=mended), seeds=tuple(seeds.SAMPLES[name]), format=name)


_OBSERVATION = b"""{"format": "anchorkeep.evidence", "version": 1, "observations": [{"endpoint": {"host": "a.test", "port": 443,
"connect": null, "server_name": null, "starttls": null}, "observed_at": "2026-02-03T04:05:06Z", "address": "192.0.2.1:443",
"proxy": null, "failure": null, "tls_version": "TLSv1.3", "cipher": null, "client_certificate_requested": false,
"certificates": []}]}"""

#: Every target by its name.
TARGETS: Mapping[str, Target] = {
    **{name: _plain(name) for name in ("pem", "der", "pkcs7", "sst")},
    "jks": _store("jks", _mended_java),
    "jceks": _store("jceks", _mended_java),
    "bks": _store("bks", _mended_bks),
    "pkcs12": _store("pkcs12", _mended_pkcs12),
    "pkcs12-bags": Target(
        hold=_hold_bags,
        seeds=(
            stores.cert_bag(seeds.ROOT, stores.friendly_name("root"), stores.trusted_key_usage()),
            stores.key_bag(stores.local_key_id(b"1")) + stores.cert_bag(seeds.LEAF, stores.local_key_id(b"1")),
        ),
    ),
    "key": Target(hold=_hold_key, seeds=_sealed_keys()),
    "evidence": Target(hold=_hold_evidence, seeds=(_OBSERVATION,)),
    "tlv": Target(hold=_hold_node, seeds=(seeds.ROOT.der, *seeds.SAMPLES["pkcs7"], *seeds.SAMPLES["pkcs12"])),
    "java_object": Target(hold=_hold_object, seeds=(java.sealed_key(),)),
}
