"""Our verdicts for OpenSSL against Debian's OpenSSL itself, which is asked with purpose, name, time and level set."""

import subprocess
from pathlib import Path

import pytest

from anchorkeep.formats import pem
from anchorkeep.judge.budget import Budget
from anchorkeep.judge.runtimes import openssl
from anchorkeep.model.runtime import OpenSSLRuntime
from anchorkeep.model.verdict import Kind, Question, Verdict
from tests.conformance import variants, verifiers
from tests.conftest import require_tool

# In strict form our path check is that of the library that pyOpenSSL brings, and what it demands has changed since Debian's.
_STRICT = {
    "rfc5280::san::noncritical-with-empty-subject": "3.0 wants a subjectAltName beside an empty subject critical, 4.0 does not.",
    "rfc5280::root-non-critical-basic-constraints": "3.0 wants a root's basicConstraints critical, 4.0 does not.",
    "webpki::aki::root-with-aki-authoritycertissuer": "4.0 refuses half an authorityKeyIdentifier, 3.0 does not look.",
    "webpki::aki::root-with-aki-authoritycertserialnumber": "4.0 refuses half an authorityKeyIdentifier, 3.0 does not look.",
}
# A store without certificates is a kind of its own here; OpenSSL looks for an issuer in it.
_SAME = {Kind.EMPTY_STORE: Kind.UNKNOWN_ISSUER}


def judge(question: Question, runtime: OpenSSLRuntime) -> Verdict:
    """Return our verdict."""
    return openssl.judge(question, runtime, Budget())


def runtime(*, partial: bool = False, strict: bool = False, level: int = 2) -> OpenSSLRuntime:
    """Return Debian's OpenSSL."""
    return OpenSSLRuntime(label="openssl", version=(3, 0), is_partial=partial, is_strict=strict, security_level=level)


def differences(questions: dict[str, Question], *, partial: bool, strict: bool = False, level: int = 2) -> dict[str, str]:
    """Return the cases in which verdict or kind of failure differ, with both."""
    chosen, found = runtime(partial=partial, strict=strict, level=level), {}
    for label, question in questions.items():
        ours = judge(question, chosen)
        theirs = verifiers.openssl(question, is_partial=partial, is_strict=strict, level=level)
        kind = None if ours.kind is None else _SAME.get(ours.kind, ours.kind)
        if ours.is_trusted != theirs.is_trusted or (kind is not None and kind not in theirs.kinds):
            found[label] = f"{ours.outcome} {ours.kind}, OpenSSL {theirs}"
    return found


@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize("partial", [False, True])
def test_matrix_has_no_difference(partial: bool, level: int) -> None:  # noqa: FBT001 (pytest's way)
    """On every chain of the matrix the verdict and the kind of failure are OpenSSL's."""
    assert differences(dict(variants.matrix()), partial=partial, level=level) == {}


@pytest.mark.parametrize("partial", [False, True])
def test_limbo_has_no_difference(vectors: Path, partial: bool) -> None:  # noqa: FBT001 (pytest's way)
    """On all of x509-limbo the verdict and the kind of failure are OpenSSL's."""
    assert differences(dict(variants.limbo(vectors)), partial=partial) == {}


def test_strict_differs_where_the_library_is_newer(vectors: Path) -> None:
    """In strict form the verdicts differ in what the two libraries demand, and nowhere else."""
    assert set(differences(dict(variants.limbo(vectors)), partial=True, strict=True)) == set(_STRICT)


def test_matrix_is_not_one_sided() -> None:
    """Of the matrix OpenSSL accepts many and refuses many, and partial chains make a difference."""
    answers = {label: verifiers.openssl(question).is_trusted for label, question in variants.matrix().items()}
    partial = {label: verifiers.openssl(question, is_partial=True).is_trusted for label, question in variants.matrix().items()}
    assert len(answers) > 300
    assert 100 < sum(answers.values()) < sum(partial.values()) < len(answers) - 100


@pytest.mark.parametrize("partial", [False, True])
def test_tool_says_what_its_library_says(tmp_path: Path, partial: bool) -> None:  # noqa: FBT001 (pytest's way)
    """`openssl verify` gives the verdicts of the library as it is asked here, on a sample of the matrix."""
    for label, question in list(variants.matrix().items())[::12]:
        if question.anchors.certificates and question.name and "\0" not in question.name:
            assert ask_tool(question, tmp_path, partial=partial) == verifiers.openssl(question, is_partial=partial).is_trusted, (
                label
            )


def ask_tool(question: Question, directory: Path, *, partial: bool) -> bool:
    """Return whether `openssl verify` accepts a chain."""
    parts = {"leaf": question.chain[:1], "others": question.chain, "anchors": question.anchors.certificates}
    files = {name: directory / f"{name}.pem" for name in parts}
    for name, certificates in parts.items():
        files[name].write_bytes(pem.dumps(certificates, comments=False))
    assert question.name is not None
    check = "-verify_ip" if question.name[-1].isdigit() else "-verify_hostname"
    command = [require_tool("openssl"), "verify", "-no-CApath", "-no-CAstore", "-purpose", "sslserver", "-auth_level", "2"]
    command += ["-attime", str(int(question.at.timestamp())), check, question.name, "-CAfile", files["anchors"]]
    command += ["-untrusted", files["others"], *(["-partial_chain"] if partial else []), files["leaf"]]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
