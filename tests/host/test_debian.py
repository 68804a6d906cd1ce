from pathlib import Path

import pytest

from anchorkeep.host import debian
from anchorkeep.host.debian import CACERTS


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """The root of a system with ca-certificates-java."""
    for name in ("etc/ca-certificates/update.d/jks-keystore", "etc/ssl/certs/java/cacerts"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(b"")
    defaults(tmp_path, "# defaults\n\ncacerts_updates=yes\n")
    return tmp_path


def defaults(system: Path, text: str) -> None:
    """Give the package its settings."""
    (system / "etc" / "default").mkdir(exist_ok=True)
    (system / "etc" / "default" / "cacerts").write_text(text, encoding="ascii")


def store(system: Path) -> Path:
    """Return where the system's store is."""
    return system / CACERTS.relative_to("/")


def test_store_of_the_package_is_recognised(system: Path) -> None:
    """Debian's store is told by its path and the package's hook, with the way that lasts."""
    found = debian.recognise(store(system), root=system)
    assert found is not None
    assert found.certificates == Path("/usr/local/share/ca-certificates")
    assert found.update == ("update-ca-certificates",)
    assert found.returning == ()


def test_store_elsewhere_is_not_the_packages(system: Path) -> None:
    """Another path, a link that was not followed too, is not the package's store."""
    assert debian.recognise(system / "etc" / "ssl" / "certs" / "java" / "other", root=system) is None
    assert debian.recognise(CACERTS, root=system) is None


def test_store_without_the_package_is_nobodys(system: Path) -> None:
    """A store of that path on a system without the package's hook is like any other."""
    (system / "etc/ca-certificates/update.d/jks-keystore").unlink()
    assert debian.recognise(store(system), root=system) is None


def test_removed_entries_of_the_package_come_back(system: Path) -> None:
    """What has the package's form of alias comes back; what was added by hand does not."""
    removed = ("debian:isrg_root_x1.pem", "corp-root", "debian:", "my-debian:x.pem")
    found = debian.recognise(store(system), removed=removed, root=system)
    assert found is not None
    assert found.returning == ("debian:isrg_root_x1.pem",)


@pytest.mark.parametrize("text", ["cacerts_updates=no\n", "", "# cacerts_updates=yes\n"])
def test_nothing_comes_back_where_the_package_is_told_to_leave_the_store(text: str, system: Path) -> None:
    """Without `cacerts_updates=yes` the package changes nothing."""
    defaults(system, text)
    found = debian.recognise(store(system), removed=("debian:a.pem",), root=system)
    assert found is not None
    assert found.returning == ()


def test_unreadable_settings_count_as_kept(system: Path) -> None:
    """Where the package's settings cannot be read, its entries are expected to come back."""
    (system / "etc" / "default" / "cacerts").unlink()
    (system / "etc" / "default" / "cacerts").mkdir()
    found = debian.recognise(store(system), removed=("debian:a.pem",), root=system)
    assert found is not None
    assert found.returning == ("debian:a.pem",)


def test_this_machines_store_is_recognised_where_it_is() -> None:
    """On a Debian with Java, the JDK's cacerts leads to the store that is recognised."""
    if not CACERTS.is_file():
        pytest.skip("needs ca-certificates-java")
    homes = {path.resolve() for path in Path("/usr/lib/jvm").glob("*/lib/security/cacerts")}
    assert CACERTS in homes
    assert debian.recognise(CACERTS) is not None
