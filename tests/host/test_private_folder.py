import os
import stat
from pathlib import Path

import pytest

from anchorkeep.errors import FileError, RefusedError
from anchorkeep.host import private_folder
from tests.host.conftest import NOBODY


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A private folder, its links followed, with one in it."""
    path = tmp_path.resolve() / "base"
    private_folder.make(path / "inner", remedy="")
    return path


def number(path: Path, *names: str) -> int | None:
    """Open a folder and return its number in the file system."""
    with private_folder.opened(path, *names, remedy="elsewhere") as folder:
        return None if folder is None else os.fstat(folder).st_ino


def test_folder_is_made_private_with_those_above(base: Path) -> None:
    """Each folder that is made is its owner's alone; one that is there stays as it is."""
    assert [stat.S_IMODE(path.stat().st_mode) for path in (base, base / "inner")] == [0o700, 0o700]
    base.chmod(0o750)
    private_folder.make(base / "inner", remedy="")
    assert stat.S_IMODE(base.stat().st_mode) == 0o750


def test_folder_that_cannot_be_made_is_told_with_the_remedy(base: Path) -> None:
    """A file in its place is an error of ours."""
    (base / "file").touch()
    with pytest.raises(FileError, match="Cannot make the directory") as caught:
        private_folder.make(base / "file" / "a", remedy="elsewhere")
    assert caught.value.remedy == "elsewhere"


def test_folder_is_not_made_in_another_users(base: Path) -> None:
    """Root makes no folder where a user could exchange it."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to make a file of another user")
    os.chown(base, NOBODY, NOBODY)
    with pytest.raises(RefusedError, match="user id 65534"):
        private_folder.make(base / "new", remedy="elsewhere")
    assert not (base / "new").exists()


def test_folder_is_opened(base: Path) -> None:
    """The private folder and one in it are opened, also where a link leads to the first."""
    (base.parent / "link").symlink_to("base")
    assert number(base) == base.stat().st_ino
    assert number(base, "inner") == number(base.parent / "link", "inner") == (base / "inner").stat().st_ino


def test_missing_folder_is_none(base: Path) -> None:
    """Where the private folder, one in it or one above it is not there, there is none."""
    assert number(base, "absent") is number(base / "absent") is number(base / "absent" / "a") is None


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("inner")])
def test_what_is_no_folder_is_an_error(make: object, base: Path) -> None:
    """A file, and a link in the private folder, are errors of ours."""
    make(base / "a")  # type: ignore[operator]
    with pytest.raises(FileError, match="Cannot read"):
        number(base, "a")


def test_folder_that_others_may_write_is_refused_by_its_path(base: Path) -> None:
    """Each folder is looked at, and the one that is open is named."""
    (base / "inner").chmod(0o720)
    assert number(base)
    with pytest.raises(RefusedError, match=rf"{base}/inner may be written by others \(permissions 0720\)"):
        number(base, "inner")


def test_remedy_is_fit_for_a_shell(base: Path) -> None:
    """A folder whose name a shell would act on is quoted in the command that mends it."""
    (base / "a;b").mkdir(mode=0o700)
    (base / "a;b").chmod(0o720)
    with pytest.raises(RefusedError) as caught:
        number(base, "a;b")
    assert caught.value.remedy.endswith(f"chmod go-w '{base}/a;b'")


def test_folder_of_another_user_is_refused(base: Path) -> None:
    """A folder of another user is refused with the remedy, also by root."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to make a file of another user")
    os.chown(base / "inner", NOBODY, NOBODY)
    with pytest.raises(RefusedError, match="inner belongs to another user") as caught:
        number(base, "inner")
    assert caught.value.remedy == "elsewhere"


def test_descriptors_are_closed(base: Path) -> None:
    """What was opened is closed, after a failure too."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    number(base, "inner")
    (base / "file").touch()
    with pytest.raises(FileError):
        number(base, "file")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
