"""A TrustStore or an AnchorkeepError, nothing else, and bounded work: what `formats.loads` owes to any bytes."""

import random
from collections.abc import Callable

import pytest

from anchorkeep import formats
from anchorkeep.errors import AnchorkeepError
from anchorkeep.formats import limits, pkcs7
from anchorkeep.model.truststore import TrustStore
from anchorkeep.tlv import writer
from tests.data import stores
from tests.data.stores import PASSWORD, armored, cert_bag, certificate, key_bag, sst_element
from tests.formats.test_pkcs12 import rfc_9579

LEAF, MIDDLE, ROOT = certificate("leaf", "middle"), certificate("middle", "root"), certificate("root")

SAMPLES: dict[str, bytes] = {
    "pem": b"# comment\r\n" + armored(LEAF.der) + armored(b"key", "PRIVATE KEY") + armored(ROOT.der, "TRUSTED CERTIFICATE"),
    "pem-pkcs7": armored(pkcs7.dumps([LEAF, ROOT]), "PKCS7"),
    "der": LEAF.der + ROOT.der,
    "pkcs7": pkcs7.dumps([LEAF, MIDDLE, ROOT]),
    "pkcs7-ber": stores.indefinite(
        0x30, writer.oid(stores.SIGNED_DATA),
        stores.indefinite(0xA0, stores.indefinite(
            0x30, writer.integer(1), b"\x31\0", stores.indefinite(0x30, writer.oid(stores.DATA)),
            stores.indefinite(0xA0, LEAF.der, ROOT.der), b"\x31\0",
        )),
    ),
    "pkcs12": stores.pfx(
        stores.encrypted_part(cert_bag(ROOT, stores.friendly_name("root"), stores.trusted_key_usage())),
        stores.plain_part(
            key_bag(stores.local_key_id(b"1")), cert_bag(LEAF, stores.local_key_id(b"1")), cert_bag(MIDDLE),
        ),
    ),
    "pkcs12-plain": stores.pfx(
        stores.plain_part(
            key_bag(stores.local_key_id(b"Time 1777863721500")),
            cert_bag(LEAF, stores.friendly_name("leaf"), stores.local_key_id(b"Time 1777863721500")),
            stores.bag(6, writer.sequence(cert_bag(MIDDLE))),
            cert_bag(ROOT, stores.trusted_key_usage()),
        ),
        password=None,
    ),
    "pkcs12-pbmac1": rfc_9579(),
    "jks": stores.jks(stores.jks_trusted("würzel", ROOT), stores.jks_key("server", [LEAF, MIDDLE])),
    "jks-1": stores.jks(stores.jks_trusted("root", ROOT, version=1), version=1),
    "sst": stores.sst(
        sst_element(11, "würzel\0".encode("utf-16-le")), sst_element(3, bytes(20)), sst_element(32, ROOT.der),
        sst_element(32, LEAF.der),
        sst_element(33, stores.crl()), sst_element(2, b""), sst_element(34, pkcs7.dumps([LEAF]), encoding=0x10001),
    ),
}  # fmt: skip

# In each of eleven samples; 4,400 in all.
MUTATIONS = 400
DEEP_MUTATIONS = 20_000


def flip(data: bytearray, chance: random.Random) -> None:
    """Flip one bit."""
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def replace(data: bytearray, chance: random.Random) -> None:
    """Put a byte where it hurts: an end of a range, or a length."""
    data[chance.randrange(len(data))] = chance.choice((0x00, 0x01, 0x30, 0x7F, 0x80, 0x81, 0x84, 0xA0, 0xFE, 0xFF))


def cut(data: bytearray, chance: random.Random) -> None:
    """Take a range away."""
    start = chance.randrange(len(data))
    del data[start : start + chance.randint(1, 1 + len(data) // 4)]


def repeat(data: bytearray, chance: random.Random) -> None:
    """Put a range in once more, somewhere else."""
    start = chance.randrange(len(data))
    position = chance.randrange(len(data))
    data[position:position] = data[start : start + chance.randint(1, 200)]


def splice(data: bytearray, chance: random.Random) -> None:
    """Continue with another sample."""
    other = chance.choice(list(SAMPLES.values()))
    data[chance.randrange(len(data)) :] = other[chance.randrange(len(other)) :]


def noise(data: bytearray, chance: random.Random) -> None:
    """Write over a range with random bytes."""
    start = chance.randrange(len(data))
    data[start : start + 8] = chance.randbytes(8)


CHANGES: tuple[Callable[[bytearray, random.Random], None], ...] = (flip, flip, replace, replace, cut, repeat, splice, noise)


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return the data with one to four changes."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4))):
        if changed:
            chance.choice(CHANGES)(changed, chance)
    return bytes(changed)


def hold(data: bytes) -> None:
    """Read the data with and without its password, and hold what `loads` promises."""
    for password in (None, PASSWORD, ""):
        try:
            store = formats.loads(data, password=password, name="fuzz\n")
        except AnchorkeepError as error:
            message = error.message
        else:
            message = store.format
            assert isinstance(store, TrustStore)
            assert sum(len(item.der) for item in set(store.certificates)) <= 2 * len(data)
        assert message.isprintable()


def try_mutations(name: str, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read mutations of one sample; lower bounds make a count that was mutated no work, and prove that they are kept."""
    monkeypatch.setattr(limits, "MAX_ITERATIONS", 3_000)
    monkeypatch.setattr(limits, "MAX_TOTAL_ITERATIONS", 6_000)
    for seed in range(number):
        chance = random.Random(f"{name} {seed}")
        data = mutated(SAMPLES[name], chance)
        try:
            hold(data)
        except Exception as error:
            error.add_note(f"sample {name}, seed {seed}: {data.hex()}")
            raise


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_themselves_are_read(name: str) -> None:
    """Every sample that is mutated is a good one."""
    password = "1234" if name == "pkcs12-pbmac1" else PASSWORD
    assert formats.loads(SAMPLES[name], password=password).certificates


@pytest.mark.parametrize("name", SAMPLES)
def test_mutations_are_read_or_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is done to a file, it is read or refused with an error of ours."""
    try_mutations(name, MUTATIONS, monkeypatch)


@pytest.mark.deep
@pytest.mark.parametrize("name", SAMPLES)
def test_many_mutations_are_read_or_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, fifty times as often."""
    try_mutations(name, DEEP_MUTATIONS, monkeypatch)


MIB = 1024 * 1024
LARGE: dict[str, Callable[[], bytes]] = {
    "indefinite": lambda: b"\x30\x80" * (8 * MIB),
    "sequences": lambda: writer.sequence(b"\x30\x00" * (8 * MIB)),
    "certificates": lambda: ROOT.der * (16 * MIB // len(ROOT.der)),
    "begins": lambda: b"-----BEGIN X-----\n" * 100_000,
    "dashes": lambda: b"-----BEGIN " + b"-" * (16 * MIB),
    "private-keys": lambda: b"-----BEGIN A-----\n-----END A-----\n" * 120_000,
    "blanks": lambda: b" " * (16 * MIB),
    "blanks-begin": lambda: b"\t" * (4 * MIB) + b"-----BEGIN X-----\n" + b" " * (4 * MIB),
    "base64": lambda: b"MI" + b"A" * (16 * MIB),
    "jks": lambda: stores.jks(*[stores.jks_trusted("a", ROOT)] * 100_000),
    "jks-chains": lambda: stores.jks(*[stores.jks_key("a", [ROOT] * 100)] * 400),
    "sst": lambda: stores.sst(*[sst_element(32, b"")] * 100_000),
    "sst-properties": lambda: stores.sst(*[sst_element(1, b"")] * 2_000_000),
    "sst-many-properties": lambda: stores.sst(*[sst_element(1, b"") * 100 + sst_element(32, b"")] * 10_001),
    "sst-lists": lambda: stores.sst(*[sst_element(33, b"")] * 1_000_000),
    "pkcs12-keys": lambda: stores.pfx(
        stores.plain_part(
            *(key_bag(stores.local_key_id(b"%d" % number)) for number in range(5_000)),
            *(cert_bag(certificate("leaf", "0"), stores.local_key_id(b"%d" % number)) for number in range(5_000)),
            *(cert_bag(certificate(str(number), str(number + 1))) for number in range(200)),
        )
    ),
    "pkcs12-octets": lambda: stores.sealed_pfx(stores.indefinite(0x24, *[b"\x04\x01\x30"] * (2 * MIB))),
}


@pytest.mark.deep
@pytest.mark.parametrize("kind", LARGE)
def test_large_files_end(kind: str) -> None:
    """A large file made to be slow is read or refused; a reader whose work grew with the square would not end here."""
    hold(LARGE[kind]())
