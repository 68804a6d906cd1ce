import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from anchorkeep.errors import RefusedError
from anchorkeep.host import attributes
from tests.conftest import require_tool
from tests.host.conftest import NOBODY


@pytest.fixture
def old(tmp_path: Path) -> Iterator[int]:
    """A file to be like, open."""
    (tmp_path / "old").write_bytes(b"old")
    descriptor = os.open(tmp_path / "old", os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


@pytest.fixture
def new(tmp_path: Path) -> Iterator[int]:
    """A file that is to be like it, open."""
    descriptor = os.open(tmp_path / "new", os.O_RDWR | os.O_CREAT, 0o600)
    yield descriptor
    os.close(descriptor)


def acl(path: Path, *rules: str) -> str:
    """Give a file or a folder an access control list, and return what it has then."""
    if subprocess.run([require_tool("setfacl"), *rules, path], check=False).returncode:
        pytest.skip("needs a file system with access control lists")
    shown = subprocess.run([require_tool("getfacl"), "-cEn", path], check=True, capture_output=True, text=True)
    return shown.stdout


def extended(path: Path, name: str, value: bytes) -> None:
    """Give a file an extended attribute, or skip where the file system has none of its kind."""
    try:
        os.setxattr(path, name, value)
    except OSError as error:
        pytest.skip(f"needs a file system with {name}: {error}")


@pytest.mark.parametrize("mode", [0o600, 0o444, 0o640, 0o4755])
def test_mode_is_kept(mode: int, old: int, new: int) -> None:
    """A new file gets the old one's permissions, also those that are no permissions to read or write."""
    os.fchmod(old, mode)
    attributes.give(new, attributes.read(old), shown="old")
    assert attributes.read(new) == attributes.read(old)
    assert attributes.read(new).mode == mode


def test_owner_is_kept_by_root(old: int, new: int) -> None:
    """A new file of root's gets the old one's owner and group, and its mode after that."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to make a file of another user")
    os.fchown(old, NOBODY, 7)
    os.fchmod(old, 0o2750)
    attributes.give(new, attributes.read(old), shown="old")
    assert attributes.read(new) == attributes.read(old)


def test_owner_that_cannot_be_kept_is_refused(old: int, new: int, request: pytest.FixtureRequest) -> None:
    """Who may not give a file away is told so, with both numbers."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to make a file of another user")
    wanted = attributes.read(old)
    os.fchown(new, NOBODY, NOBODY)
    request.getfixturevalue("as_nobody")
    with pytest.raises(RefusedError, match=r"would not keep its owner and group \(0:0\): operation not permitted") as caught:
        attributes.give(new, wanted, shown="old")
    assert caught.value.remedy


def test_extended_attributes_are_kept(old: int, new: int, tmp_path: Path) -> None:
    """A new file gets the old one's extended attributes, whatever octets they hold, and loses its own."""
    extended(tmp_path / "old", "user.origin", b"\0\xff")
    extended(tmp_path / "new", "user.inherited", b"x")
    attributes.give(new, attributes.read(old), shown="old")
    assert os.listxattr(new) == ["user.origin"]
    assert os.getxattr(new, "user.origin") == b"\0\xff"


def test_access_control_list_is_kept(old: int, new: int, tmp_path: Path) -> None:
    """A new file gets the old one's access control list, with a mask below the group's permissions."""
    listed = acl(tmp_path / "old", "-m", "u:65534:r,g:7:rw,m::r")
    attributes.give(new, attributes.read(old), shown="old")
    assert acl(tmp_path / "new", "-m", "m::r") == listed


def test_list_inherited_from_the_folder_is_taken_away(old: int, tmp_path: Path) -> None:
    """A folder's default access control list does not open a file that has none."""
    acl(tmp_path, "-d", "-m", "u:65534:rw")
    descriptor = os.open(tmp_path / "late", os.O_RDWR | os.O_CREAT, 0o600)
    assert os.listxattr(descriptor) == ["system.posix_acl_access"]
    attributes.give(descriptor, attributes.read(old), shown="old")
    assert attributes.read(descriptor) == attributes.read(old)
    os.close(descriptor)


def test_signed_content_is_refused(old: int, new: int, tmp_path: Path) -> None:
    """A file whose attributes sign its content has no successor."""
    extended(tmp_path / "old", "security.ima", b"\x04\x04" + b"\0" * 32)
    with pytest.raises(RefusedError, match=r"signature of its content \(security\.ima\)"):
        attributes.give(new, attributes.read(old), shown="old")


def test_attribute_that_cannot_be_kept_is_refused(old: int, new: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An attribute that the system does not take ends in an error that names it."""
    extended(tmp_path / "old", "user.origin", b"x")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "setxattr", refuse)
    with pytest.raises(RefusedError, match=r"attribute user\.origin: no space left"):
        attributes.give(new, attributes.read(old), shown="old")


def test_attribute_that_is_not_kept_is_noticed(old: int, new: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file system that takes an attribute and does not keep it is noticed."""
    extended(tmp_path / "old", "user.origin", b"x")
    monkeypatch.setattr(os, "setxattr", lambda *_: None)
    with pytest.raises(RefusedError, match="would not keep its extended"):
        attributes.give(new, attributes.read(old), shown="old")


def test_lost_right_is_noticed(old: int, new: int) -> None:
    """A file that lost what it was given is refused, and the loss named."""
    wanted = attributes.read(old)
    attributes.give(new, wanted, shown="old")
    attributes.require(new, wanted, shown="old")
    os.fchmod(new, 0o666)
    with pytest.raises(RefusedError, match="would not keep its mode"):
        attributes.require(new, wanted, shown="old")


def test_file_system_without_attributes_has_none(old: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without extended attributes is like a file that has none; another failure is one."""
    expected = attributes.read(old)

    def refuse(code: int) -> None:
        def refusing(_: int) -> list[str]:
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(os, "listxattr", refusing)

    refuse(95)
    assert attributes.read(old) == expected
    refuse(5)
    with pytest.raises(OSError, match="Input/output"):
        attributes.read(old)
