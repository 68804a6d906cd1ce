from pathlib import Path

import pytest

from anchorkeep.actions import java
from anchorkeep.errors import UsageError
from anchorkeep.model.java import JavaVersion


def runtime(folder: Path, release: str) -> Path:
    """Make what a runtime's home looks like."""
    (folder / "lib" / "security").mkdir(parents=True)
    (folder / "lib" / "security" / "cacerts").write_bytes(b"")
    (folder / "release").write_text(release, encoding="utf-8")
    return folder


@pytest.mark.parametrize(("name", "feature"), [("java8", 8), ("java11", 11), ("java17", 17), ("java21", 21), ("java25", 25)])
def test_release_is_named(name: str, feature: int) -> None:
    """A release's name stands for every update of it."""
    assert java.named(name) == JavaVersion(label=name, numbers=(feature,))


def test_runtime_on_this_machine_is_named(tmp_path: Path) -> None:
    """A runtime's version is what its release file says."""
    home = runtime(tmp_path / "jre", 'JAVA_VERSION="11.0.9"\n')
    assert java.named(f"jre:{home}").numbers == (11, 0, 9)


def test_runtime_without_a_version_is_refused(tmp_path: Path) -> None:
    """A runtime that does not tell its version cannot be written for."""
    home = runtime(tmp_path / "jre", 'IMPLEMENTOR="somebody"\nJAVA_VERSION="unknown"\n')
    with pytest.raises(UsageError, match="does not tell its version"):
        java.named(f"jre:{home}")


@pytest.mark.parametrize("text", ["", "java9", "Java8", "17", "jre:", "jre:/nowhere\n", "/usr/lib/jvm"])
def test_other_names_are_refused(text: str) -> None:
    """What names no runtime is refused in a line that can be printed."""
    with pytest.raises(UsageError, match="Java runtime") as caught:
        java.named(text)
    assert str(caught.value).isprintable()
