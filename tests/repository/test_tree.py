"""The tree keeps the house's rules: tests mirror modules, no file knows one machine, every wall stands."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import require_tool

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "anchorkeep"
TESTS = ROOT / "tests"

# Folders of tests about more than one module. `peers` holds no tests, but the programs that tests talk to.
FREE_FOLDERS = {
    *(
        "browser",
        "conformance",
        "crash",
        "data",
        "faults",
        "fuzz",
        "interop",
        "peers",
        "property",
        "repository",
        "typing",
    ),
}

# Rooms that hold rules and values, so that a verdict can be repeated from bytes and a time.
PURE_ROOMS = {"consumers", "errors", "formats", "judge", "mint", "model", "text", "tlv"}

# Written apart, so that this file does not hold what it forbids.
REGISTRIES = {".".join(parts) for parts in [("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("deb", "debian", "org")]}


def mirrors(test: Path) -> bool:
    """Tell whether a file below tests stands where the house wants it: beside the module that it tests."""
    folder, name = test.parent, test.stem
    if folder.parts and folder.parts[0] in FREE_FOLDERS:
        return True
    if name in {"__init__", "conftest"}:
        return True
    module = PACKAGE / folder / name.removeprefix("test_")
    # tests/formats/test_formats.py tests the room itself: src/anchorkeep/formats/__init__.py.
    room = PACKAGE / folder / "__init__.py"
    itself = bool(folder.parts) and name == f"test_{folder.name}" and room.is_file()
    return name.startswith("test_") and (itself or module.with_suffix(".py").is_file() or module.is_dir())


def machine_words() -> set[str]:
    """Return what names this machine or its sources of packages: hosts and directories in pip's settings."""
    listing = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
    words = set(REGISTRIES)
    for line in listing.stdout.splitlines():
        key, _, value = line.partition("=")
        if key.rpartition(".")[2] in {"index-url", "extra-index-url", "find-links", "trusted-host"}:
            words.update(filter(None, (place(word) for word in value.strip("'\"").split())))
    return words


def place(word: str) -> str:
    """Return the host of a URL, the directory of a file URL, or a word that is either as it is."""
    url = urlsplit(word)
    return url.hostname or url.path


def whole(words: set[str]) -> re.Pattern[str]:
    """Return a pattern that finds hosts, with or without a subdomain, and paths, but no longer names."""
    before = {True: r"(?<![\w.-])", False: r"(?<![\w-])"}
    return re.compile("|".join(rf"{before[word[0] == '/']}{re.escape(word)}(?![\w-])" for word in sorted(words)))


def tracked_files() -> tuple[Path, ...]:
    """Return the files that git tracks, or would."""
    git = require_tool("git")
    command = [git, "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, capture_output=True, check=False)
    if listing.returncode != 0:
        pytest.skip("needs a git checkout")
    paths = (ROOT / name for name in listing.stdout.decode().split("\0") if name)
    return tuple(path for path in paths if path.is_file() and not path.is_symlink())


def imports_contracts() -> dict[str, dict[str, list[str]]]:
    """Return the contracts of import-linter by their id."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["id"]: contract for contract in settings["tool"]["importlinter"]["contracts"]}


@pytest.mark.parametrize("path", sorted(TESTS.rglob("*.py")), ids=lambda path: path.relative_to(TESTS).as_posix())
def test_tests_mirror_modules(path: Path) -> None:
    """A test module stands where the module it tests stands, or in a folder that is about several."""
    assert mirrors(path.relative_to(TESTS))


@pytest.mark.parametrize("name", ["test_nothing_of_this_name.py", "model/test_nothing.py", "nowhere/test_text.py", "text.py"])
def test_stray_test_is_found(name: str) -> None:
    """A test without its module is found."""
    assert not mirrors(Path(name))


def test_no_file_names_this_machine() -> None:
    """No tracked file names a registry, a source of packages of this machine, or where the checkout is."""
    pattern = whole(machine_words() | {str(ROOT)})
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked_files()
        for match in pattern.finditer(path.read_bytes().decode(errors="replace"))
    ]
    assert not found


@pytest.mark.parametrize(
    "text",
    [
        "https://packages.example/simple",
        "host files.packages.example:443",
        "file:///srv/checkout/src",
        "cd /srv/checkout",
    ],
)
def test_name_of_machine_is_found(text: str) -> None:
    """A registry's host in a URL, and a path below the checkout, are found."""
    assert whole({"packages.example", "/srv/checkout"}).search(text)


@pytest.mark.parametrize("text", ["my-packages.example", "/srv/checkout-2", "../srv/checkout", "packages.examples"])
def test_longer_name_is_left_alone(text: str) -> None:
    """A name that only holds one of the words is no finding."""
    assert not whole({"packages.example", "/srv/checkout"}).search(text)


def test_pure_rooms_are_walled() -> None:
    """Every pure room that exists stands in the contract that keeps clock, socket and file out."""
    existing = {room for room in PURE_ROOMS if (PACKAGE / room).is_dir() or (PACKAGE / f"{room}.py").is_file()}
    assert {f"anchorkeep.{room}" for room in existing} == set(imports_contracts()["pure"]["source_modules"])


def test_codecs_are_walled() -> None:
    """Once there are codecs, a contract keeps them apart."""
    assert (PACKAGE / "formats").is_dir() == ("codecs" in imports_contracts())


def test_dependencies_are_locked() -> None:
    """Every dependency of the package is locked, with hashes, in both lists."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.match(r"[\w.-]+", line)[0].lower() for line in project["dependencies"]}
    for lock in ("base.txt", "dev.txt"):
        text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
        assert names <= set(re.findall(r"^([\w.-]+)==.*\\\n +--hash=sha256:", text, flags=re.MULTILINE))
