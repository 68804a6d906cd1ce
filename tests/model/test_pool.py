from anchorkeep import mint
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.pool import Pool, Source, SourceKind
from tests.peers.samples import certificate

ONE = certificate(serial_number=1)
TWO = certificate(serial_number=2)
OTHER = certificate(subject=mint.name.build(("CN", "other")))
BROKEN = Certificate(b"\x30\0")
MOZILLA = Source(kind=SourceKind.MOZILLA, name="certifi 2026.10.18")
SYSTEM = Source(kind=SourceKind.SYSTEM, name="/etc/ssl/certs/ca-certificates.crt")


def test_every_place_is_kept() -> None:
    """A certificate found in two places has both, in the order they were looked at, each once."""
    pool = Pool.of([ONE, ONE], SYSTEM) | Pool.of([ONE], MOZILLA)
    assert pool.sources(ONE) == (SYSTEM, MOZILLA)
    assert pool.certificates == (ONE,)
    assert pool.sources(TWO) == ()


def test_only_mozilla_makes_public() -> None:
    """A root is public where Mozilla's list has it; the system's bundle alone does not make it so."""
    pool = Pool.of([ONE, TWO], SYSTEM) | Pool.of([ONE], MOZILLA)
    assert pool.is_public(ONE)
    assert not pool.is_public(TWO)
    assert not any(
        Pool.of([ONE], Source(kind=kind, name="x")).is_public(ONE) for kind in SourceKind if kind is not SourceKind.MOZILLA
    )


def test_subject_leads_to_certificates() -> None:
    """All certificates of a subject are found by it, in order; others are not, and a broken one is no obstacle."""
    pool = Pool.of([BROKEN, TWO, OTHER, ONE], SYSTEM)
    assert pool.by_subject(ONE.subject.canonical) == (TWO, ONE)
    assert pool.by_subject(OTHER.subject.canonical) == (OTHER,)
    assert pool.by_subject(b"") == ()
    assert pool.certificates == (BROKEN, TWO, OTHER, ONE)


def test_empty_pool_knows_nothing() -> None:
    """A pool without entries has no certificate and makes none public."""
    assert Pool().certificates == ()
    assert not Pool().is_public(ONE)
