import subprocess
import sys

import pytest

from anchorkeep.host import user

SCRIPT = "import os\nfrom anchorkeep.host import user\nif os.geteuid() == 0: os.setuid(65534)\nprint(user.is_root())"


def test_nobody_is_not_root() -> None:
    """A process of another user is not root's, nor one of root's that has become another user's."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_root_is_root() -> None:
    """A process of root's is."""
    done = subprocess.run(["id", "-u"], capture_output=True, text=True, check=True)
    if done.stdout != "0\n":
        pytest.skip("needs to be run as root")
    assert user.is_root()
