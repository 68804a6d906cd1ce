"""Users without rights, and disks that take no more."""

import os
import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

NOBODY = 65_534


@pytest.fixture
def shared_directory() -> Iterator[Path]:
    """A directory in which every user may write, and whose parents every user may pass."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o777)
        yield directory


@pytest.fixture
def as_nobody() -> Iterator[None]:
    """The rest of the test runs as a user without rights, as which root would not notice permissions."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to become another user")
    os.seteuid(NOBODY)
    yield
    os.seteuid(0)


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file may grow beyond ten bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
