from pathlib import Path

import pytest

from anchorkeep.host import java_runtime
from anchorkeep.host.jre import Jre, inspect
from anchorkeep.model.runtime import JavaRuntime
from tests.conftest import require_jdks
from tests.interop.keystores import OUTER_JRES, jre


def made(home: Path, version: str | None = "25.0.2", properties: str | None = "", place: str = "conf/security") -> Jre:
    """Return a runtime of that version with those properties, and no cacerts."""
    if properties is not None:
        (home / place).mkdir(parents=True)
        (home / place / "java.security").write_text(properties)
    return Jre(home=home, version=version, vendor="V\x1b", cacerts=home / "cacerts")


def read(jre: Jre) -> JavaRuntime:
    """Return the runtime's value."""
    found = java_runtime.read(jre)
    assert found is not None
    return found


@pytest.mark.parametrize("version", OUTER_JRES)
def test_real_runtime_is_read(version: str) -> None:
    """A real runtime gives its version, properties and policies, and nothing has to be assumed."""
    found = inspect(jre(version))
    assert found is not None
    runtime = read(found)
    assert runtime.version.label == version
    assert "RSA keySize < 1024" in runtime.certpath_disabled
    assert "include" not in runtime.certpath_disabled
    assert {policy.name for policy in runtime.distrust} >= {"SYMANTEC_TLS"}
    assert runtime.assumed == ()
    assert ("secp112r1" in runtime.tls_disabled) == version.startswith("11.")
    assert bool(runtime.jdk_cas) == (version in {"11.0.9", "21.0.8"})


def test_machine_jdk_is_read_through_its_links() -> None:
    """A JDK whose properties are links, as Debian's to /etc, is read like any other."""
    for home in require_jdks():
        found = inspect(home)
        assert found is not None
        assert read(found).assumed == ()


def test_what_cannot_be_read_is_assumed_and_said(tmp_path: Path) -> None:
    """Without properties and cacerts the release's own tables stand in, each named; the vendor's name is made safe."""
    runtime = read(made(tmp_path, properties=None))
    assert runtime.assumed == ("its java.security cannot be read", "the JDK's own roots: its cacerts cannot be read")
    assert runtime.certpath_disabled.startswith("MD2")
    assert runtime.distrust
    assert "\x1b" not in runtime.label


def test_properties_are_read_as_java_reads_them(tmp_path: Path) -> None:
    """Comments, continued lines, blanks around the sign, and the last assignment of a name."""
    text = "# jdk.tls.disabledAlgorithms=NO\njdk.certpath.disabledAlgorithms = MD2, \\\n   RSA keySize < 4096\n"
    text += "jdk.tls.disabledAlgorithms=A\njdk.tls.disabledAlgorithms:B\njdk.security.caDistrustPolicies=\n"
    runtime = read(made(tmp_path, properties=text))
    assert runtime.certpath_disabled == "MD2, RSA keySize < 4096"
    assert runtime.tls_disabled == "B"
    assert runtime.distrust == ()


def test_properties_of_java_8_lie_elsewhere(tmp_path: Path) -> None:
    """Of a JDK 8 the properties lie below jre/lib, and its label says that its rules were not proved."""
    runtime = read(made(tmp_path, "1.8.0_402", "jdk.tls.disabledAlgorithms=X\n", "jre/lib/security"))
    assert (runtime.tls_disabled, runtime.is_proved) == ("X", False)
    assert runtime.label.endswith("(modelled, not proved)")


def test_release_between_goes_by_the_one_before(tmp_path: Path) -> None:
    """A release without long support is judged by the rules of the last one before it that has, which is said."""
    assert "its rules are those of Java 17" in read(made(tmp_path, "19.0.2")).assumed


@pytest.mark.parametrize(("version", "expected"), [("25.0.2", "X"), ("21.0.8", "Y")])
def test_include_is_followed_from_24_on(tmp_path: Path, version: str, expected: str) -> None:
    """A line that includes another file counts in Java 25 and is ignored by 21."""
    found = made(tmp_path, version, "jdk.tls.disabledAlgorithms=Y\ninclude more.security\n")
    (tmp_path / "conf" / "security" / "more.security").write_text("jdk.tls.disabledAlgorithms=X\n")
    assert read(found).tls_disabled == expected


def test_endless_and_missing_includes_end(tmp_path: Path) -> None:
    """A file that includes itself, and one that is not there, end and are said."""
    found = made(tmp_path, properties="include java.security\n")
    assert any("more than 32 included files" in note for note in read(found).assumed)
    (tmp_path / "conf" / "security" / "java.security").write_text("include none\n")
    assert any("none cannot be read" in note for note in read(found).assumed)


def test_unknown_words_are_said(tmp_path: Path) -> None:
    """An entry and a policy that are not understood are named, never passed over in silence."""
    text = "jdk.certpath.disabledAlgorithms=MD2, RSA moonPhase full\njdk.security.caDistrustPolicies=NEW_TLS,ENTRUST_TLS\n"
    runtime = read(made(tmp_path, properties=text))
    assert [policy.name for policy in runtime.distrust] == ["ENTRUST_TLS"]
    assert any("moonPhase" in note for note in runtime.assumed)
    assert any("NEW_TLS" in note for note in runtime.assumed)


@pytest.mark.parametrize("version", [None, "strange"])
def test_unknown_version_has_no_rules(tmp_path: Path, version: str | None) -> None:
    """A runtime that does not tell its version is not judged for."""
    assert java_runtime.read(made(tmp_path, version)) is None
