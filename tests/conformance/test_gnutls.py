"""Our verdicts for GnuTLS against Debian's GnuTLS itself, which is asked with purpose, name and time set."""

import subprocess
from pathlib import Path

from anchorkeep.formats import pem
from anchorkeep.judge.budget import Budget, BudgetExceededError
from anchorkeep.judge.runtimes import gnutls
from anchorkeep.mint import Authority
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.runtime import GnuTLSRuntime
from anchorkeep.model.verdict import Kind, Question
from tests.conformance import variants, verifiers
from tests.conftest import require_tool
from tests.judge.conftest import leaf

GNUTLS = GnuTLSRuntime(label="gnutls", version=(3, 7))
# GnuTLS compares millions of names with subtrees in these two and refuses; our budget ends before, and it cannot be told.
_NOT_TOLD = {"pathological::nc-dos-1", "pathological::nc-dos-2"}
# A store without certificates is a kind of its own here; GnuTLS looks for an issuer in it.
_SAME = {Kind.EMPTY_STORE: Kind.UNKNOWN_ISSUER}


def differences(questions: dict[str, Question]) -> dict[str, str]:
    """Return the cases in which verdict or kind of failure differ, with both."""
    found = {}
    for label, question in questions.items():
        theirs = verifiers.gnutls(question)
        try:
            ours = gnutls.judge(question, GNUTLS, Budget())
        except BudgetExceededError:
            found[label] = "not told"
            continue
        kind = None if ours.kind is None else _SAME.get(ours.kind, ours.kind)
        if ours.is_trusted != theirs.is_trusted or (kind is not None and kind not in theirs.kinds):
            found[label] = f"{ours.outcome} {ours.kind}, GnuTLS {theirs}"
    return found


def test_matrix_has_no_difference() -> None:
    """On every chain of the matrix the verdict and the kind of failure are GnuTLS's."""
    assert differences(dict(variants.matrix())) == {}


def test_limbo_differs_where_it_cannot_be_told(vectors: Path) -> None:
    """On all of x509-limbo the verdict and the kind of failure are GnuTLS's, but for two that cost more than a budget."""
    assert differences(dict(variants.limbo(vectors))) == dict.fromkeys(_NOT_TOLD, "not told")


def test_matrix_is_not_one_sided() -> None:
    """Of the matrix GnuTLS accepts many and refuses many."""
    answers = [verifiers.gnutls(question).is_trusted for question in variants.matrix().values()]
    assert 100 < sum(answers) < len(answers) - 100


def test_tool_says_what_its_library_says(tmp_path: Path) -> None:
    """`certtool --verify` accepts and refuses, at the moment of the test, what the library does then."""
    top, middle, lasting = lasting_chain()
    for sent, anchors in (([lasting, middle], [top]), ([lasting, middle], [middle]), ([lasting], [top])):
        question = variants.question(sent, anchors)
        assert ask_tool(question, tmp_path) == verifiers.gnutls(question).is_trusted


def test_tool_alone_refuses_a_pinned_leaf(tmp_path: Path) -> None:
    """A leaf that is sent alone and trusted itself is refused by `certtool`, which forbids it, and accepted by the library."""
    _, _, lasting = lasting_chain()
    question = variants.question([lasting], [lasting])
    assert not ask_tool(question, tmp_path)
    assert verifiers.gnutls(question).is_trusted
    assert gnutls.judge(question, GNUTLS, Budget()).is_trusted


def lasting_chain() -> tuple[Authority, Authority, Certificate]:
    """Return a root, a CA and a leaf that are valid whenever the tests run."""
    top, middle, end = variants.plain()
    return top, middle, leaf(middle, not_after=end.not_after.replace(year=2035))


def ask_tool(question: Question, directory: Path) -> bool:
    """Return whether `certtool --verify` accepts a chain now."""
    chain, trusted = directory / "chain.pem", directory / "anchors.pem"
    chain.write_bytes(pem.dumps(question.chain, comments=False))
    trusted.write_bytes(pem.dumps(question.anchors.certificates, comments=False))
    command = [require_tool("certtool"), "--verify", "--verify-hostname", question.name or "", "--load-ca-certificate", trusted]
    command += ["--verify-purpose", "1.3.6.1.5.5.7.3.1", "--infile", chain]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
