"""What tests of several rooms need: foreign tools, JDKs, shared vectors, and how Hypothesis draws."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The lab as a fixture: `cloud`.
pytest_plugins = ["tests.peers.lab"]

ROOT = Path(__file__).resolve().parent.parent

# Unpacked by tools/debian-packages.sh; a package that would start a daemon is not installed.
UNPACKED_TOOLS = ROOT / ".tools" / "usr" / "sbin"

JVM_DIRECTORY = Path("/usr/lib/jvm")

# The Debian package that brings a tool, where its name is another.
PACKAGES = {
    "certtool": "gnutls-bin",
    "certutil": "libnss3-tools",
    "getfacl": "acl",
    "gnutls-cli": "gnutls-bin",
    "gnutls-serv": "gnutls-bin",
    "java": "default-jdk-headless",
    "javac": "default-jdk-headless",
    "keytool": "default-jdk-headless",
    "pk12util": "libnss3-tools",
    "setfacl": "acl",
    "setfattr": "attr",
    "unshare": "util-linux",
}

# The same examples in every run, so that a red run is red again; no deadline, for time is not what is tested.
settings.register_profile("steady", derandomize=True, deadline=None, database=None)
# `.ci/run` fuzzes a little longer, with the seed it names.
settings.register_profile("sample", max_examples=500, deadline=None, database=None, print_blob=True)
# `make deep`: new examples each time, printed so that a failure can be repeated.
settings.register_profile(
    "deep",
    max_examples=5_000,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def _without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the proxies of whoever runs the tests away: every peer is on this machine."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def find_tool(name: str) -> Path | None:
    """Return where a foreign tool is, on PATH or unpacked below `.tools`, or None."""
    found = shutil.which(name) or shutil.which(name, path=str(UNPACKED_TOOLS))
    return Path(found) if found else None


def require_tool(name: str) -> Path:
    """
    Return the path of a foreign tool; without it the test is skipped, and fails under CI=true.

    Call it from a test or a fixture, never while tests are collected: `tool = require_tool("certtool")`.
    """
    found = find_tool(name)
    if found is None:
        missing(f"needs {name}: Debian package {PACKAGES.get(name, name)} (tools/debian-packages.sh)")
    return found


def jdks() -> tuple[Path, ...]:
    """Return the home of every JDK on this machine that has a keytool: links resolved, each once, sorted."""
    homes = {keytool.resolve().parent.parent for keytool in JVM_DIRECTORY.glob("*/bin/keytool")}
    return tuple(sorted(homes))


def require_jdks() -> tuple[Path, ...]:
    """Return `jdks()`, at least one; without any the test is skipped, and fails under CI=true."""
    homes = jdks()
    if not homes:
        missing("needs a JDK: Debian package default-jdk-headless (tools/debian-packages.sh)")
    return homes


def missing(reason: str) -> None:
    """Skip the running test by name; under CI=true, where everything must be there, fail it."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def vectors() -> Path:
    """
    Return the directory of shared vectors: $ANCHORKEEP_VECTORS, or `shared/vectors` beside the checkout.

    They are no part of the checkout, so a test that finds none is skipped everywhere.
    """
    directory = Path(os.environ.get("ANCHORKEEP_VECTORS") or ROOT.parent / "shared" / "vectors")
    if not directory.is_dir():
        pytest.skip(f"needs the shared vectors: no directory {directory} (set ANCHORKEEP_VECTORS)")
    return directory


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--write-golden`, which writes golden files anew instead of comparing with them."""
    parser.addoption("--write-golden", action="store_true", help="write golden files anew; look at what changed")
