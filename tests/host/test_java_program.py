import asyncio
import zipfile
from pathlib import Path

import pytest

from anchorkeep.host import java_program
from anchorkeep.host.jre import Jre

#: What the compiler below leaves: it counts its runs, and writes a class of its own name into the folder after `-d`.
COMPILER = """#!/bin/sh
echo run >>"{count}"
while [ "$1" != -d ]; do shift; done
echo classes >"$2/TrustProof.class"
"""


@pytest.fixture
def jdk(tmp_path: Path) -> Jre:
    """Lay out a JDK whose compiler is a shell script."""
    return laid_out(tmp_path, COMPILER)


def laid_out(directory: Path, compiler: str, version: str = "17.0.2") -> Jre:
    """Lay out a JDK with a compiler."""
    home = directory / version
    (home / "bin").mkdir(parents=True)
    program = home / "bin" / "javac"
    program.write_text(compiler.format(count=directory / "count"))
    program.chmod(0o700)
    return Jre(home=home, version=version, vendor=None, cacerts=home / "cacerts")


def compiled(jdk: Jre, cache: Path | None) -> bool:
    """Lay the program out in a new folder, and return whether its classes are what is run; else it is the source."""
    folder = jdk.home / f"run-{len(list(jdk.home.glob('run-*')))}"
    folder.mkdir(mode=0o700)
    *_, place, program = asyncio.run(java_program.lay_out(jdk, folder, cache=cache))
    if program == "TrustProof":
        with zipfile.ZipFile(place) as archive:
            assert archive.read("TrustProof.class") == b"classes\n"
        return True
    assert b"class TrustProof" in Path(program).read_bytes()
    return False


def runs(directory: Path) -> int:
    """Return how often a compiler ran."""
    count = directory / "count"
    return len(count.read_text().splitlines()) if count.exists() else 0


def kept(cache: Path) -> list[Path]:
    """Return what is kept."""
    return sorted((cache / "java").iterdir())


def test_program_is_compiled_once(jdk: Jre, tmp_path: Path) -> None:
    """The first run compiles, those after it find the classes; nobody but their owner may write them."""
    cache = tmp_path / "cache"
    assert (compiled(jdk, cache), compiled(jdk, cache), runs(tmp_path)) == (True, True, 1)
    (archive,) = kept(cache)
    assert [path.stat().st_mode & 0o077 for path in (archive, archive.parent)] == [0, 0]


def test_each_jdk_has_its_own(jdk: Jre, tmp_path: Path) -> None:
    """Classes of one JDK are not run by another, nor by another version in the same place."""
    cache = tmp_path / "cache"
    other = laid_out(tmp_path, COMPILER, "21.0.8")
    newer = Jre(home=jdk.home, version="17.0.3", vendor=None, cacerts=jdk.cacerts)
    assert [compiled(item, cache) for item in (jdk, other, newer)] == [True] * 3
    assert (runs(tmp_path), len(kept(cache))) == (3, 3)


def test_without_a_place_the_source_is_run(jdk: Jre, tmp_path: Path) -> None:
    """Where nothing may be kept nothing is compiled beforehand."""
    assert not compiled(jdk, None)
    (tmp_path / "file").write_text("no folder")
    assert not compiled(jdk, tmp_path / "file")
    assert runs(tmp_path) == 0


@pytest.mark.parametrize("compiler", ["#!/bin/sh\nexit 1\n", "#!/bin/sh\nexit 0\n", "no program"])
def test_compiler_that_fails_leaves_the_source(compiler: str, tmp_path: Path) -> None:
    """Of a compiler that fails, writes nothing or cannot be started nothing is kept."""
    cache = tmp_path / "cache"
    assert not compiled(laid_out(tmp_path, compiler), cache)
    assert kept(cache) == []


@pytest.mark.parametrize("who", ["folder", "archive"])
def test_classes_that_others_may_write_are_not_run(who: str, jdk: Jre, tmp_path: Path) -> None:
    """What others could have written is not run: of the folder the source is, of the file new classes are."""
    cache = tmp_path / "cache"
    assert compiled(jdk, cache)
    (archive,) = kept(cache)
    with zipfile.ZipFile(archive, "w") as planted:
        planted.writestr("TrustProof.class", "planted")
    (archive.parent if who == "folder" else archive).chmod(0o777)
    assert compiled(jdk, cache) == (who == "archive")


def test_link_is_not_followed(jdk: Jre, tmp_path: Path) -> None:
    """A link in place of the classes is not followed: the source is run."""
    cache = tmp_path / "cache"
    assert compiled(jdk, cache)
    (archive,) = kept(cache)
    archive.rename(tmp_path / "elsewhere")
    archive.symlink_to(tmp_path / "elsewhere")
    assert not compiled(jdk, cache)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", None])
def test_damaged_classes_are_made_anew(damage: bytes | None, jdk: Jre, tmp_path: Path) -> None:
    """Classes that are cut, or of which a bit is another, are compiled again and kept."""
    cache = tmp_path / "cache"
    assert compiled(jdk, cache)
    (archive,) = kept(cache)
    archive.write_bytes(archive.read_bytes().replace(b"classes", b"clasSes") if damage is None else damage)
    assert (compiled(jdk, cache), compiled(jdk, cache), runs(tmp_path)) == (True, True, 2)
