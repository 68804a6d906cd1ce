import os
from pathlib import Path

import pytest

from anchorkeep.errors import FileError, RefusedError
from anchorkeep.host import way
from anchorkeep.host.way import Link
from tests.host.conftest import NOBODY


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """A folder with a store, and the temporary folder's own links followed."""
    folder = tmp_path.resolve() / "real"
    folder.mkdir()
    (folder / "trust.jks").write_bytes(b"store")
    return folder


def descriptors() -> int:
    """Return how many descriptors are open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def needs_root() -> None:
    """Skip who cannot make files of other users."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to make files of another user")


def test_way_without_links_is_the_path(real: Path) -> None:
    """A path without links leads where it says."""
    assert way.destination(real / "trust.jks") == (real / "trust.jks", ())


def test_missing_file_has_a_way(real: Path) -> None:
    """A file that does not exist is in the folder that does."""
    assert way.destination(real / "new.jks") == (real / "new.jks", ())


def test_relative_way_starts_here(real: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path starts at the current directory, and two dots lead above a folder."""
    monkeypatch.chdir(real)
    assert way.destination(Path("../real/trust.jks"))[0] == real / "trust.jks"


def test_links_are_followed_and_told(real: Path) -> None:
    """Links to the file and to folders on the way, relative and absolute, are followed in order, and each is told."""
    first, second = real.parent / "first", real.parent / "second"
    first.symlink_to("second/trust.jks")
    second.symlink_to(real)
    told = (Link(path=first, target="second/trust.jks"), Link(path=second, target=str(real)))
    assert way.destination(first) == (real / "trust.jks", told)


def test_two_dots_after_a_link_lead_above_its_target(real: Path) -> None:
    """Two dots behind a link lead above the folder that the link leads to, as the system has it, not above the link's."""
    (real.parent / "deep" / "deeper").mkdir(parents=True)
    (real / "link").symlink_to("../deep/deeper")
    assert way.destination(real / "link" / ".." / "a")[0] == real.parent / "deep" / "a"


def test_broken_link_leads_to_a_file_that_is_not_there(real: Path) -> None:
    """A link to nothing leads where the file would be."""
    (real / "link").symlink_to("absent.jks")
    assert way.destination(real / "link")[0] == real / "absent.jks"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("absent/a", "no such file or directory"),
        ("trust.jks/a", "not a directory"),
        ("loop", "round in a circle"),
        ("loop/a", "round in a circle"),
        ("x" * 300, "too long"),
        ("a\0b", "no path is like this"),
        ("..", "is a directory"),
    ],
)
def test_way_that_does_not_lead_on_is_refused(name: str, reason: str, real: Path) -> None:
    """A missing folder, a file in place of one, a link to itself and impossible names are errors of ours."""
    (real / "loop").symlink_to("loop")
    with pytest.raises(FileError, match=reason):
        way.destination(real / name)


def test_root_itself_is_a_directory() -> None:
    """The root of all folders is no file."""
    with pytest.raises(FileError, match="is a directory"):
        way.destination(Path("/"))


def test_missing_current_directory_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path from a directory that was removed is an error of ours."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(FileError, match="no such file"):
        way.destination(Path("a"))


def test_descriptors_are_closed(real: Path) -> None:
    """A walk, one that fails too, leaves no descriptor open."""
    before = descriptors()
    way.destination(real / "trust.jks")
    with pytest.raises(FileError):
        way.destination(real / "absent" / "a")
    assert descriptors() == before


def test_own_link_is_followed_by_everybody(shared_directory: Path, request: pytest.FixtureRequest) -> None:
    """Who is not root follows links wherever they are: with the rights of that user alone."""
    (shared_directory / "link").symlink_to("a")
    request.getfixturevalue("as_nobody")
    assert way.destination(shared_directory / "link")[0].name == "a"


def test_link_in_a_strangers_folder_is_not_followed_by_root(real: Path) -> None:
    """Root does not follow a link in another user's folder to a file of root's: the user could lead it to any."""
    needs_root()
    home = real.parent / "home"
    home.mkdir()
    (home / "trust.jks").symlink_to(real / "trust.jks")
    os.chown(home, NOBODY, NOBODY)
    with pytest.raises(RefusedError, match=r"home on the way belongs to user id 65534") as caught:
        way.destination(home / "trust.jks")
    assert str(real / "trust.jks") in caught.value.remedy


def test_strangers_link_in_an_open_folder_is_not_followed_by_root(real: Path) -> None:
    """In a folder as /tmp, root follows a link of its own and not one of another user."""
    needs_root()
    shared = real.parent / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    (shared / "own").symlink_to(real / "trust.jks")
    (shared / "strange").symlink_to(real / "trust.jks")
    os.lchown(shared / "strange", NOBODY, NOBODY)
    assert way.destination(shared / "own")[0] == real / "trust.jks"
    with pytest.raises(RefusedError, match=r"strange on the way belongs to user id 65534"):
        way.destination(shared / "strange")


@pytest.mark.parametrize(("mode", "reason"), [(0o777, "is open to everybody"), (0o775, "is open to group id 7")])
def test_link_through_a_folder_that_others_may_write_is_not_followed_by_root(mode: int, reason: str, real: Path) -> None:
    """Without the sticky bit everybody, or whoever is in its group, can exchange what is in such a folder."""
    needs_root()
    real.parent.joinpath("link").symlink_to("open/trust.jks")
    (real.parent / "open").mkdir()
    (real.parent / "open").chmod(mode)
    os.chown(real.parent / "open", 0, 7)
    with pytest.raises(RefusedError, match=f"open on the way {reason}"):
        way.destination(real.parent / "link")
    (real.parent / "open").chmod(mode | 0o1000)
    assert way.destination(real.parent / "link")[0].name == "trust.jks"


def test_strangers_link_to_the_strangers_file_is_followed_by_root(real: Path) -> None:
    """A user's link to that user's own file does nothing that the user could not do."""
    needs_root()
    (real.parent / "link").symlink_to("real/trust.jks")
    for path in (real, real / "trust.jks"):
        os.chown(path, NOBODY, NOBODY)
    os.lchown(real.parent / "link", NOBODY, NOBODY)
    assert way.destination(real.parent / "link")[0] == real / "trust.jks"


def test_strangers_folder_without_links_is_entered_by_root(real: Path) -> None:
    """Without a link on the way, the owner of a folder leads root to nothing but that folder."""
    needs_root()
    os.chown(real, NOBODY, NOBODY)
    assert way.destination(real / "trust.jks")[0] == real / "trust.jks"
