"""How many files and connections this process may have open at a time."""

from __future__ import annotations

import sys


def make_room(wanted: int) -> int:
    """
    Let this process have that many descriptors if the system lets it, and return how many of them it may have.

    The limit is only ever raised, and no further than the system's hard limit (setrlimit(2)); where there are no such limits,
    everything wanted may be had.
    """
    if sys.platform == "win32":
        return wanted
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    except (OSError, ValueError):  # Some systems allow less than their hard limit says.
        return soft
    return most
