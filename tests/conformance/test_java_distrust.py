"""Our tables of distrusted roots against every Java's own policies, for every root that it and Debian ship."""

import struct
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest

from anchorkeep import formats
from anchorkeep.host.jre import inspect
from anchorkeep.judge.runtimes import java_table
from anchorkeep.model import java as versions
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import TrustedCertEntry
from tests.conftest import require_jdks
from tests.interop.keystores import JRES, compiled, jre

_OPENED = "java.base/sun.security.validator=ALL-UNNAMED"
_DEBIAN = Path("/etc/ssl/certs/ca-certificates.crt")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the compiled program."""
    return compiled("Distrust", tmp_path_factory.mktemp("distrust"))


def shipped(path: Path) -> dict[bytes, Certificate]:
    """Return the certificates of a store by fingerprint."""
    store = formats.loads(path.read_bytes(), password="changeit", name=str(path))
    each = (entry.certificate for entry in store.entries if isinstance(entry, TrustedCertEntry))
    return {certificate.sha256: certificate for certificate in each}


def refused(home: Path, program: Path, roots: list[Certificate]) -> dict[str, tuple[date, set[bytes]]]:
    """Return what a runtime's own policies say: by name the first day whose leaves are refused, and the roots."""
    data = struct.pack(">i", len(roots)) + b"".join(struct.pack(">i", len(root.der)) + root.der for root in roots)
    command = [str(home / "bin" / "java"), "--add-opens", _OPENED, "-cp", str(program), "Distrust"]
    result = subprocess.run(command, input=data, capture_output=True, check=True, timeout=120)
    found: dict[str, tuple[date, set[bytes]]] = {}
    for line in result.stdout.decode().splitlines():
        number, policy, first = line.split("\t")
        known = found.setdefault(policy, (date.fromisoformat(first), set()))
        assert known[0] == date.fromisoformat(first)
        known[1].add(roots[int(number)].sha256)
    return found


def homes() -> dict[str, Path]:
    """Return every runtime by its version: the unpacked ones and the machine's JDKs."""
    found = {version: jre(version) for version in JRES}
    inspected = (inspect(home) for home in require_jdks())
    return found | {runtime.version or "": runtime.home for runtime in inspected if runtime is not None}


def test_tables_are_the_runtimes_own(program: Path) -> None:
    """For each runtime the policies that it has refuse exactly the roots of our table, from exactly our day on."""
    every = homes()
    roots = {key: root for home in every.values() for key, root in shipped(home / "lib" / "security" / "cacerts").items()}
    roots |= shipped(_DEBIAN) if _DEBIAN.is_file() else {}
    asked = 0
    for label, home in every.items():
        version = versions.parse(label)
        assert version is not None
        theirs = refused(home, program, list(roots.values()))
        assert java_table.unknown_policies(tuple(theirs)) == ()
        for policy in java_table.policies(tuple(theirs), version):
            first, distrusted = theirs[policy.name]
            assert policy.after is not None
            assert (policy.after + timedelta(microseconds=1)).date() == first, (label, policy.name)
            assert policy.roots & roots.keys() == distrusted, (label, policy.name)
            asked += len(distrusted)
    assert asked > 16 * len(every)


def test_names_of_releases() -> None:
    """Every release with long support has its name; Java 8, of which there is none to ask, says so."""
    for label in java_table.LABELS:
        runtime = java_table.known(label)
        assert runtime is not None
        assert runtime.is_proved == (label != "java8")
        assert ("not proved" in runtime.label) == (label == "java8")
        assert runtime.assumed
    assert java_table.known("java12") is None
