import os
from pathlib import Path

import pytest

from anchorkeep.host import jre
from tests.conftest import require_jdks


def runtime(home: Path, release: str | bytes | None = None, *, cacerts: str = "lib/security/cacerts") -> Path:
    """Lay out what of a runtime is looked at."""
    (home / cacerts).parent.mkdir(parents=True)
    (home / cacerts).write_bytes(b"\xfe\xed\xfe\xed")
    if release is not None:
        (home / "release").write_bytes(release.encode() if isinstance(release, str) else release)
    return home


def test_jdks_of_this_machine_are_found() -> None:
    """Every JDK installed here is found once, with the version its own release file has."""
    homes = require_jdks()
    found = {item.home: item for item in jre.find(None)}
    assert set(homes) <= set(found)
    for home in homes:
        item = found[home]
        assert f'JAVA_VERSION="{item.version}"\n' in (home / "release").read_text()
        assert f'IMPLEMENTOR="{item.vendor}"\n' in (home / "release").read_text()
        assert item.cacerts.read_bytes()


def test_java_home_comes_first(tmp_path: Path) -> None:
    """The runtime of JAVA_HOME comes first, though it is also found below a root, and is there once."""
    first, second = runtime(tmp_path / "a"), runtime(tmp_path / "b")
    assert [item.home for item in jre.find(second, [tmp_path])] == [second, first]


def test_links_are_one_runtime(tmp_path: Path) -> None:
    """A runtime that several names lead to is found once, under its own."""
    home = runtime(tmp_path / "jvm" / "java-17")
    (tmp_path / "jvm" / "default").symlink_to("java-17")
    assert [item.home for item in jre.find(tmp_path / "jvm" / "default", [tmp_path / "jvm"])] == [home]


def test_release_is_read(tmp_path: Path) -> None:
    """Version and vendor are those of the release file, and make the label."""
    runtime(tmp_path / "a", 'IMPLEMENTOR="Eclipse Adoptium"\nJAVA_VERSION="25.0.3"\nMODULES="java.base"\n')
    (item,) = jre.find(None, [tmp_path])
    assert (item.version, item.vendor) == ("25.0.3", "Eclipse Adoptium")
    assert item.label == "Java 25.0.3 (Eclipse Adoptium)"


@pytest.mark.parametrize("release", [None, "", "JAVA_VERSION=17", 'JAVA_VERSION=""', b"\xff\xfe\0", b"A" * 100_000])
def test_runtime_without_usable_release_is_found(release: str | bytes | None, tmp_path: Path) -> None:
    """A runtime whose release file is missing, broken or huge is found, and claims no version."""
    runtime(tmp_path / "a", release)
    (item,) = jre.find(None, [tmp_path])
    assert (item.version, item.vendor, item.label) == (None, None, "Java")


def test_release_that_never_ends_is_left(tmp_path: Path) -> None:
    """A FIFO in place of the release file holds nothing up."""
    os.mkfifo(runtime(tmp_path / "a") / "release")
    assert [item.version for item in jre.find(None, [tmp_path])] == [None]


def test_hostile_release_is_shown_harmless(tmp_path: Path) -> None:
    """A terminal escape in a release file reaches the label only escaped."""
    runtime(tmp_path / "a", 'JAVA_VERSION="17\x1b[31m"\nIMPLEMENTOR="a\u202eb"\n')
    (item,) = jre.find(None, [tmp_path])
    assert item.label == "Java 17\\x1b[31m (a\\u202eb)"


def test_jdk_8_is_found(tmp_path: Path) -> None:
    """A JDK 8, whose trust store lies in the JRE within it, is found once, as the JDK."""
    home = runtime(tmp_path / "jdk8", 'JAVA_VERSION="1.8.0_402"\n', cacerts="jre/lib/security/cacerts")
    (item,) = jre.find(None, [tmp_path])
    assert (item.home, item.cacerts) == (home, home / "jre/lib/security/cacerts")


def test_bundle_of_macos_is_found(tmp_path: Path) -> None:
    """A runtime in a bundle, as on macOS, is found by its home within."""
    runtime(tmp_path / "temurin-25.jdk" / "Contents" / "Home")
    assert [item.home for item in jre.find(None, [tmp_path])] == [tmp_path / "temurin-25.jdk" / "Contents" / "Home"]


def test_what_is_no_runtime_is_left(tmp_path: Path) -> None:
    """Files, directories without a trust store, links in a circle, and roots that are missing hold no runtime."""
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    (tmp_path / "directory" / "lib" / "security" / "cacerts").mkdir(parents=True)
    (tmp_path / "circle").symlink_to("circle")
    assert jre.find(tmp_path / "absent", [tmp_path, tmp_path / "absent", tmp_path / "file"]) == ()


def test_listing_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more entries of a directory are looked at than the limit."""
    monkeypatch.setattr(jre, "_MAX_ENTRIES", 3)
    for number in range(5):
        runtime(tmp_path / str(number))
    assert len(jre.find(None, [tmp_path])) == 3
