import errno
import os
from pathlib import Path

import pytest

from anchorkeep.errors import FileError
from anchorkeep.host import failure


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left"), "Cannot write a: the disk is full."),
        (OSError(errno.EIO, "Input/output error"), "Cannot write a: input/output error."),
        (OSError("without a number"), "Cannot write a: it failed."),
        (ValueError("embedded null byte"), "Cannot write a: no path is like this."),
    ],
)
def test_errors_of_the_system_are_told_in_words(error: OSError | ValueError, said: str) -> None:
    """An error of the system is told with what was done to what, and stays its cause."""
    with pytest.raises(FileError) as caught:
        failure.fail("write", Path("a"), error=error)
    assert caught.value.message == said
    assert caught.value.__cause__ is error


def test_regular_file_passes(tmp_path: Path) -> None:
    """A regular file is none of what is refused; a directory is refused by its name, a link as what leads to itself."""
    (tmp_path / "a").touch()
    (tmp_path / "link").symlink_to("a")
    failure.require_regular(tmp_path / "a", (tmp_path / "a").stat())
    with pytest.raises(FileError, match="is a directory, expected a regular file"):
        failure.require_regular(tmp_path, tmp_path.stat())
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        failure.require_regular(tmp_path / "link", (tmp_path / "link").lstat())
