import os
import subprocess
from pathlib import Path

import pytest

from anchorkeep.errors import FileError, RefusedError
from anchorkeep.host import obstacle


def refuse(path: Path) -> None:
    """Look for obstacles."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        obstacle.refuse(folder, path)
    finally:
        os.close(folder)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store in a folder of its own."""
    path = tmp_path / "trust.jks"
    path.write_bytes(b"old")
    return path


def test_plain_store_has_no_obstacle(store: Path) -> None:
    """A store of one name, ours and writable, can be replaced; a new one beside it can be made."""
    refuse(store)
    refuse(store.with_name("new.jks"))


def test_second_name_is_an_obstacle(store: Path) -> None:
    """A store with several names would be replaced under one of them alone."""
    store.with_name("second").hardlink_to(store)
    with pytest.raises(RefusedError, match="has 2 names") as caught:
        refuse(store)
    assert f"cp -a {store}" in caught.value.remedy


def test_remedy_does_to_a_shell_only_what_it_says(tmp_path: Path) -> None:
    """A store whose name a shell would act on is quoted in the command that mends it."""
    store = tmp_path / "a b;touch c;'$(touch d).jks"
    store.write_bytes(b"old")
    store.with_name("second").hardlink_to(store)
    with pytest.raises(RefusedError) as caught:
        refuse(store)
    subprocess.run(["sh", "-c", caught.value.remedy.partition(": ")[2]], check=True, cwd=tmp_path)
    refuse(store)
    assert {path.name for path in tmp_path.iterdir()} == {store.name, "second"}


def test_store_of_another_user_is_an_obstacle(shared_directory: Path, request: pytest.FixtureRequest) -> None:
    """A store of another user would become ours, though its folder would allow it."""
    path = shared_directory / "a"
    path.write_bytes(b"old")
    path.chmod(0o666)
    request.getfixturevalue("as_nobody")
    with pytest.raises(RefusedError, match=r"belongs to another user \(user id 0\)"):
        refuse(path)


def test_protected_store_is_an_obstacle(shared_directory: Path, request: pytest.FixtureRequest) -> None:
    """Who took away the right to write a store meant it, though its folder would allow to replace it."""
    request.getfixturevalue("as_nobody")
    path = shared_directory / "a"
    path.write_bytes(b"old")
    refuse(path)
    path.chmod(0o444)
    with pytest.raises(RefusedError, match=r"may not be written \(permissions 0444\)") as caught:
        refuse(path)
    assert "chmod u+w" in caught.value.remedy


def test_protected_folder_is_an_obstacle(shared_directory: Path, request: pytest.FixtureRequest) -> None:
    """A folder that takes no file takes no new store either."""
    request.getfixturevalue("as_nobody")
    folder = shared_directory / "folder"
    folder.mkdir()
    (folder / "a").write_bytes(b"old")
    folder.chmod(0o555)
    for name in ("a", "new"):
        with pytest.raises(RefusedError, match=r"folder may not be written"):
            refuse(folder / name)


@pytest.mark.parametrize(("make", "kind"), [(Path.mkdir, "a directory"), (os.mkfifo, "a FIFO")])
def test_no_regular_file_is_no_store(make: object, kind: str, tmp_path: Path) -> None:
    """A directory and a FIFO are refused by their names."""
    make(tmp_path / "a")  # type: ignore[operator]
    with pytest.raises(FileError, match=f"is {kind}"):
        refuse(tmp_path / "a")


def test_system_without_proc_knows_no_mounts(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where /proc is not there, a mounted file is left to the system, which refuses to replace it."""

    def refuse_to_read(*_: object, **__: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", refuse_to_read)
    refuse(store)
