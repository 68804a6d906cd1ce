import gc
import weakref

import pytest

from anchorkeep.errors import CertificateError
from anchorkeep.judge import memory
from anchorkeep.model.certificate import Certificate


class Counted:
    """A question about certificates that counts how often it is worked out."""

    def __init__(self, size: int) -> None:
        self.times = 0
        self.ask = memory.by_fingerprint(size)(self._compute)

    def _compute(self, *certificates: Certificate) -> int:
        self.times += 1
        return sum(len(certificate.der) for certificate in certificates)


def some(number: int) -> Certificate:
    """Return a certificate of its own bytes."""
    return Certificate(number.to_bytes(4, "big"))


def test_same_bytes_are_asked_once() -> None:
    """Two certificates of the same bytes have one answer, worked out once."""
    question = Counted(10)
    assert (question.ask(some(1)), question.ask(some(1)), question.times) == (4, 4, 1)


def test_other_bytes_are_asked_anew() -> None:
    """Another certificate, another pair, and the pair the other way round, are questions of their own."""
    question = Counted(10)
    for asked in ([some(1)], [some(2)], [some(1), some(2)], [some(2), some(1)]):
        question.ask(*asked)
    assert question.times == 4


def test_what_was_not_asked_for_long_is_forgotten() -> None:
    """Beyond its size the memory forgets what was asked longest ago, and keeps what was asked since."""
    question = Counted(2)
    for number in (1, 2, 1, 3):
        question.ask(some(number))
    assert question.times == 3
    question.ask(some(1))
    assert question.times == 3
    question.ask(some(2))
    assert question.times == 4


def test_certificate_is_not_kept() -> None:
    """A certificate that was asked about may go."""

    class Watched(Certificate):
        __hash__ = Certificate.__hash__

    question, certificate = Counted(10), Watched(b"0")
    gone = weakref.ref(certificate)
    question.ask(certificate)
    del certificate
    gc.collect()
    assert gone() is None
    assert (question.ask(Certificate(b"0")), question.times) == (1, 1)


def test_error_is_not_remembered() -> None:
    """A question that raised is asked again."""
    times: list[None] = []

    @memory.by_fingerprint(10)
    def refuse(certificate: Certificate) -> None:
        times.append(None)
        raise CertificateError(str(certificate))

    for _ in range(2):
        with pytest.raises(CertificateError):
            refuse(some(1))
    assert len(times) == 2
