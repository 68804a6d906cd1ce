from pathlib import Path

import pytest

from anchorkeep.actions import default_roots
from anchorkeep.errors import RefusedError, StoreIntegrityError, UsageError
from tests.data import stores

ONE, TWO = stores.certificate("one"), stores.certificate("two")


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    """Return a Java runtime that trusts two certificates."""
    home = tmp_path / "jre"
    (home / "lib" / "security").mkdir(parents=True)
    (home / "release").write_text('JAVA_VERSION="17.0.9"\nIMPLEMENTOR="Somebody"\n')
    both = stores.jks(stores.jks_trusted("one", ONE), stores.jks_trusted("two", TWO))
    (home / "lib" / "security" / "cacerts").write_bytes(both)
    return home


@pytest.mark.parametrize("is_only", [False, True])
def test_roots_of_the_runtime_named_are_read(runtime: Path, is_only: bool) -> None:  # noqa: FBT001
    """The runtime named comes first, and its name and place are told."""
    found = default_roots.read(runtime, is_only=is_only)
    assert found.store.trusted == (ONE, TWO)
    assert found.source == f"Java 17.0.9 (Somebody) ({runtime / 'lib' / 'security' / 'cacerts'})"


def test_runtime_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """Where a person named a runtime no other one is taken."""
    with pytest.raises(UsageError, match="No Java runtime"):
        default_roots.read(tmp_path / "none", is_only=True)


def test_roots_that_nobody_vouches_for_are_refused(runtime: Path) -> None:
    """A trust store whose integrity cannot be checked gives nothing."""
    cacerts = runtime / "lib" / "security" / "cacerts"
    cacerts.write_bytes(stores.jks(stores.jks_trusted("one", ONE), password="other"))
    with pytest.raises(StoreIntegrityError):
        default_roots.read(runtime, is_only=True)


def test_roots_that_others_may_write_are_refused(runtime: Path) -> None:
    """The password of a runtime's trust store is everybody's, so one that others may write gives nothing."""
    (runtime / "lib" / "security" / "cacerts").chmod(0o666)
    with pytest.raises(RefusedError, match="may be written by others"):
        default_roots.read(runtime, is_only=True)


def test_what_is_not_of_mozillas_list_is_named(runtime: Path) -> None:
    """A root that somebody added to the runtime is named, one of Mozilla's list is not."""
    found = default_roots.read(runtime, is_only=True)
    source, others = default_roots.told(found, {ONE})
    assert ("17.0.9" in source, "two" in others, "'one'" in others) == (True, True, False)
    assert len(default_roots.told(found, {ONE, TWO})) == 1
