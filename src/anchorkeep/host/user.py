"""Who runs this process."""

from __future__ import annotations

import os


def is_root() -> bool:
    """Return whether the process acts as root, who may write where nobody else may."""
    return os.geteuid() == 0
