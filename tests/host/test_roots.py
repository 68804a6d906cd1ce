import base64
import hashlib
import os
import shutil
import subprocess
import sys
from datetime import date
from importlib.metadata import Distribution, distribution
from pathlib import Path

import certifi
import pytest

from anchorkeep.host import roots
from anchorkeep.host.roots import MissingRootList, RootList

PRIVATE = b"\n# Example Corp Inspection CA\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

# What a program sees in an environment of its own.
SCRIPT = """
from anchorkeep.host import roots
found = roots.mozilla()
print(found.label if isinstance(found, roots.RootList) else found.reason)
"""

# As in Debian's python3-certifi 2022.9.24-1: the package answers with the system's bundle, its own list lies unused.
DEBIAN = "def where() -> str:\n    return '/etc/ssl/certs/ca-certificates.crt'\n"


class Site:
    """A copy of the installed certifi in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        installed = Path(str(distribution("certifi").locate_file("")))
        metadata = f"certifi-{distribution('certifi').version}.dist-info"
        self.directory = directory
        self.package = shutil.copytree(installed / "certifi", directory / "certifi")
        self.metadata = shutil.copytree(installed / metadata, directory / metadata)
        self.list = self.package / "cacert.pem"
        self.record = self.metadata / "RECORD"

    def edit_record(self, old: str, new: str) -> None:
        """Replace text that the record holds."""
        text = self.record.read_text()
        assert old in text
        self.record.write_text(text.replace(old, new))

    def seen_by_program(self) -> str:
        """What a fresh interpreter finds that has this directory in front of its path."""
        environment = {**os.environ, "PYTHONPATH": str(self.directory)}
        return subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
        ).stdout.strip()

    def examine(self, named: Path | None = None) -> RootList | MissingRootList:
        """Examine this installation, or one that names another file."""
        return roots.examine(named or self.list, self.package, distribution=Distribution.at(self.metadata))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An unchanged copy."""
    return Site(tmp_path / "site")


def recorded_hash(data: bytes) -> str:
    """Return the hash as a record writes it."""
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def reason(found: RootList | MissingRootList) -> str:
    """Return why there is no list."""
    assert isinstance(found, MissingRootList)
    assert found.remedy
    return found.reason


def test_list_of_the_wheel_is_mozillas() -> None:
    """The list in certifi's wheel is taken, byte for byte, with its version as date."""
    found = roots.mozilla()
    assert isinstance(found, RootList)
    assert found.data == Path(certifi.where()).read_bytes()
    assert found.version == certifi.__version__.replace(".0", ".")
    assert found.dated is not None
    assert found.dated.strftime("%Y.%m.%d") == certifi.__version__
    assert found.label == f"certifi {found.version}"


def test_unchanged_copy_is_accepted(site: Site) -> None:
    """An unchanged installation elsewhere is Mozilla's list in a program of its own, so the others fail for a reason."""
    assert site.seen_by_program() == f"certifi {distribution('certifi').version}"


def test_debians_certifi_is_refused(site: Site) -> None:
    """Debian's certifi, which answers with the system's bundle, is not Mozilla's list."""
    (site.package / "core.py").write_text(DEBIAN)
    (site.package / "__init__.py").write_text("from .core import where\n__version__ = '2022.09.24'\n")
    shutil.rmtree(site.metadata)
    egg_info = site.directory / "certifi-2022.9.24.egg-info"
    egg_info.mkdir()
    (egg_info / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: certifi\nVersion: 2022.9.24\n")
    (egg_info / "top_level.txt").write_text("certifi\n")
    seen = site.seen_by_program()
    assert "/etc/ssl/certs/ca-certificates.crt" in seen
    assert "the system's bundle" in seen


def test_list_with_an_added_certificate_is_refused(site: Site) -> None:
    """A list to which an inspection CA was appended is refused in a program of its own, with both hashes."""
    expected = hashlib.sha256(site.list.read_bytes()).hexdigest()
    with site.list.open("ab") as stream:
        stream.write(PRIVATE)
    got = hashlib.sha256(site.list.read_bytes()).hexdigest()
    seen = site.seen_by_program()
    assert "was changed" in seen
    assert f"expected SHA-256 {expected}, got {got}" in seen


def test_flipped_byte_is_refused(site: Site) -> None:
    """A list of the right length with one byte flipped is refused."""
    assert isinstance(site.examine(), RootList)
    data = bytearray(site.list.read_bytes())
    data[len(data) // 2] ^= 1
    site.list.write_bytes(data)
    assert "was changed" in reason(site.examine())


def test_link_to_another_list_is_refused(site: Site) -> None:
    """A list that is a symbolic link is refused even where it leads to the same bytes."""
    shutil.move(site.list, site.directory / "elsewhere.pem")
    site.list.symlink_to(site.directory / "elsewhere.pem")
    assert "elsewhere.pem" in reason(site.examine())


def test_patched_answer_is_refused(site: Site) -> None:
    """A certifi that was patched to answer with another copy of the same bytes is refused."""
    other = shutil.copy(site.list, site.directory / "other.pem")
    assert "other.pem" in reason(site.examine(named=Path(other)))


def test_package_behind_a_link_is_accepted(site: Site, tmp_path: Path) -> None:
    """A whole environment behind a symbolic link is still the wheel's own."""
    (tmp_path / "link").symlink_to(site.directory)
    linked = tmp_path / "link" / "certifi"
    metadata = Distribution.at(tmp_path / "link" / site.metadata.name)
    assert isinstance(roots.examine(linked / "cacert.pem", linked, distribution=metadata), RootList)


def test_record_of_another_installation_is_refused(site: Site, tmp_path: Path) -> None:
    """The record of one installation says nothing about the list of another."""
    other = Site(tmp_path / "other")
    found = roots.examine(site.list, site.package, distribution=Distribution.at(other.metadata))
    assert "No record" in reason(found)


def test_missing_record_is_refused(site: Site) -> None:
    """A certifi without RECORD, as distributions leave it, is refused."""
    site.record.unlink()
    assert "No record" in reason(site.examine())


@pytest.mark.parametrize("value", ["", "sha256=", "sha256=A", "sha256=!!!!", "md5=AAAAAAAAAAAAAAAAAAAAAA"])
def test_record_without_sound_hash_is_refused(value: str, site: Site) -> None:
    """A record that has no SHA-256 for the list vouches for nothing."""
    site.edit_record(f"sha256={recorded_hash(site.list.read_bytes())}", value)
    assert isinstance(site.examine(), MissingRootList)


def test_missing_list_is_refused(site: Site) -> None:
    """A record whose list is gone is a reason, not a crash."""
    site.list.unlink()
    assert "no such file" in reason(site.examine())


def test_missing_certifi_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program without certifi gets a reason."""
    monkeypatch.setitem(sys.modules, "certifi", None)
    assert "not installed" in reason(roots.mozilla())


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("2026.10.18", date(2026, 10, 18)),
        ("2025.1.31", date(2025, 1, 31)),
        ("2024.08.30", date(2024, 8, 30)),
        ("2022.12.7.post1", date(2022, 12, 7)),
        ("2022.12.7+corp.1", date(2022, 12, 7)),
        ("2022.13.7", None),
        ("2022.12", None),
        ("2022.12.345", None),
        ("1.2.3", None),
        ("", None),
    ],
)
def test_version_is_a_day(version: str, expected: date | None) -> None:
    """A version of certifi is the day of its list; what is no day is None."""
    assert roots.day(version) == expected


def test_system_bundle_is_found_once(tmp_path: Path) -> None:
    """A bundle that two paths lead to is found once, by the first; what is no file is left."""
    (tmp_path / "ca.crt").write_bytes(b"")
    (tmp_path / "link.pem").symlink_to("ca.crt")
    (tmp_path / "other.pem").write_bytes(b"")
    candidates = [tmp_path / name for name in ("absent", "ca.crt", "link.pem", ".", "other.pem")]
    assert roots.system_bundles(candidates) == (tmp_path / "ca.crt", tmp_path / "other.pem")


def test_bundle_that_may_not_be_seen_is_left(tmp_path: Path) -> None:
    """A bundle behind a name that the system refuses is left, the others are found."""
    (tmp_path / "ca.crt").write_bytes(b"")
    assert roots.system_bundles([tmp_path / ("x" * 300), tmp_path / "ca.crt"]) == (tmp_path / "ca.crt",)


def test_record_beside_the_package_says_what_metadata_says() -> None:
    """The short way to the record of the installation gives what `importlib.metadata` gives."""
    package = Path(certifi.__file__).parent
    short, long = roots._beside(package), roots._distribution()
    assert isinstance(short, roots.Installation)
    assert short.version == long.version
    assert roots._recorded(package, short) == roots._recorded(package, long) is not None


def test_two_installations_side_by_side_are_not_guessed_between(tmp_path: Path) -> None:
    """Where two dist-info directories claim the package, the short way says nothing."""
    (tmp_path / "certifi").mkdir()
    for version in ("2026.1.1", "2026.2.2"):
        (tmp_path / f"certifi-{version}.dist-info").mkdir()
    assert roots._beside(tmp_path / "certifi") is None
