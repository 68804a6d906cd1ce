"""Each form of an entry in the properties that switch algorithms off, as real runtimes take it."""

from pathlib import Path

import pytest

from anchorkeep.host import java_runtime
from anchorkeep.host.jre import inspect
from anchorkeep.judge.budget import Budget
from anchorkeep.judge.runtimes import java, java_table
from anchorkeep.model.runtime import JavaRuntime
from tests.conformance import javas, variants
from tests.interop.keystores import jre
from tests.judge.conftest import AT

_DAY = f"{AT:%Y-%m-%d}"
_SHORT = ("EC keySize < 257", "SHA256 usage TLSServer", f"EC denyAfter {_DAY}")
_RULES = (
    *_SHORT,
    "EC keySize < 256",
    "EC keySize >= 256",
    "RSA keySize < 4096",
    "secp256r1",
    "secp384r1",
    "SHA256withECDSA",
    "SHA256",
    "SHA-256",
    "EC",
    "ECDSA denyAfter 2000-01-01",
    "ECDSA denyAfter 2199-01-01",
    "EC denyAfter 2199-01-01",
    f"SHA256 denyAfter {_DAY}",
    "SHA256 jdkCA",
    "SHA256 usage TLSClient",
    "SHA256 usage SignedJAR",
    "EC keySize < 257 & usage TLSClient",
    "EC keySize < 257 & usage TLSServer",
)
_CASES = [pytest.param(rule, marks=() if rule in _SHORT else pytest.mark.deep) for rule in _RULES]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the compiled program."""
    return javas.program(tmp_path_factory.mktemp("verdicts"))


@pytest.mark.parametrize("version", [pytest.param("17.0.2", marks=pytest.mark.deep), "25.0.2"])
@pytest.mark.parametrize("which", ["certpath", "tls"])
@pytest.mark.parametrize("rule", _CASES)
def test_entry_is_taken_as_java_takes_it(rule: str, which: str, version: str, program: Path, tmp_path: Path) -> None:
    """An entry by itself in either property refuses in Java what it refuses here, for the same kind of failure."""
    top, middle, end = variants.plain()
    question = variants.question([end, middle], [top])
    properties = tmp_path / "java.security"
    properties.write_text(f"jdk.{which}.disabledAlgorithms={rule}\n")
    (theirs,) = javas.answers(jre(version), program, {"": question}, f"-Djava.security.properties={properties}").values()
    found = inspect(jre(version))
    assert found is not None
    runtime = java_runtime.read(found)
    assert runtime is not None
    given = (rule, runtime.tls_disabled) if which == "certpath" else (runtime.certpath_disabled, rule)
    changed = JavaRuntime(label=version, version=runtime.version, certpath_disabled=given[0], tls_disabled=given[1])
    ours = java.trust_manager(question, changed, Budget())
    assert (ours.is_trusted, ours.kind) == (theirs.is_trusted, theirs.kind), theirs.text


@pytest.mark.parametrize(("label", "version"), [("java11", "11.0.13"), ("java21", "21.0.8")])
def test_table_says_what_the_release_says(label: str, version: str) -> None:
    """The properties and policies of a release by name are those that stand in the `java.security` that they were read from."""
    known, found = java_table.known(label), inspect(jre(version))
    assert known is not None
    assert found is not None
    runtime = java_runtime.read(found)
    assert runtime is not None
    assert (known.certpath_disabled, known.tls_disabled) == (runtime.certpath_disabled, runtime.tls_disabled)
    assert known.distrust == runtime.distrust
