"""Our verdicts for Java against real runtimes, whose trust managers are asked with time and name set and revocation off."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from anchorkeep.host import java_runtime
from anchorkeep.host.jre import inspect
from anchorkeep.judge.budget import Budget, BudgetExceededError
from anchorkeep.judge.runtimes import java
from anchorkeep.model.runtime import JavaRuntime
from anchorkeep.model.verdict import Kind, Question
from tests.conformance import java_variants, javas, variants
from tests.interop.keystores import OUTER_JRES, jre

#: A hundred CAs of one name, out of order: no path in Java, our budget ends before. On the wire both have long been refused.
_NOT_TOLD = dict.fromkeys(
    (
        "pathological::pathological-chain-same-subject-distinct-key",
        "pathological::pathological-chain-same-subject-same-key",
    ),
    "not told",
)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the compiled program."""
    return javas.program(tmp_path_factory.mktemp("verdicts"))


@cache
def runtime(version: str) -> JavaRuntime:
    """Return what is read of a runtime from its disk."""
    found = inspect(jre(version))
    assert found is not None
    runtime = java_runtime.read(found)
    assert runtime is not None
    return runtime


def differences(version: str, program: Path, questions: dict[str, Question]) -> dict[str, str]:
    """Return the questions on which verdict or kind of failure differ, with both."""
    found = {}
    for label, answer in javas.answers(jre(version), program, questions).items():
        try:
            ours = java.trust_manager(questions[label], runtime(version), Budget())
        except BudgetExceededError:
            found[label] = "not told"
            continue
        if ours.is_trusted != answer.is_trusted or ours.kind is not answer.kind:
            found[label] = f"{ours.outcome} {ours.kind}, Java {answer.kind or answer.text}"
    return found


@pytest.mark.parametrize("version", OUTER_JRES)
def test_matrix_has_no_difference(version: str, program: Path) -> None:
    """On every chain of the matrix the verdict and the kind of failure are Java's."""
    assert differences(version, program, {**variants.matrix(), **java_variants.matrix()}) == {}


@pytest.mark.parametrize("version", OUTER_JRES)
def test_limbo_differs_where_it_cannot_be_told(version: str, program: Path, vectors: Path) -> None:
    """On x509-limbo the verdict and the kind of failure are Java's, but for two that cost more than a budget."""
    assert differences(version, program, dict(variants.limbo(vectors))) == _NOT_TOLD


def test_matrix_is_not_one_sided(program: Path) -> None:
    """Of the matrix Java accepts many and refuses many, for a dozen kinds of failure."""
    answers = javas.answers(jre("25.0.2"), program, variants.matrix()).values()
    assert 100 < sum(answer.is_trusted for answer in answers) < len(answers) - 90
    assert len({answer.kind for answer in answers}) > 10


@pytest.mark.parametrize("count", [10, 11])
def test_wire_takes_ten_certificates(count: int) -> None:
    """A chain of eleven certificates fails before the trust manager is asked, one of ten does not."""
    top, middle, end = variants.plain()
    question = variants.question([end, *[middle] * (count - 1)], [top])
    verdict = java.judge(question, runtime("25.0.2"), Budget())
    assert (verdict.kind is Kind.TOO_MANY) == (count > java.MAX_CHAIN)
    assert java.trust_manager(question, runtime("25.0.2"), Budget()).kind is not Kind.TOO_MANY


def test_wire_takes_a_message_of_32_kib() -> None:
    """A chain of more bytes than a handshake message may have fails though it is short."""
    top, _, end = variants.plain()
    long = variants.below(top, "Long", extensions=(variants.extension("1.2.3.4.6", b"\x04\x82\x80\x00" + bytes(0x8000)),))
    question = variants.question([end, long], [top])
    assert java.judge(question, runtime("25.0.2"), Budget()).kind is Kind.TOO_MANY
    assert java.judge(replace(question, chain=(end,)), runtime("25.0.2"), Budget()).kind is Kind.UNKNOWN_ISSUER
