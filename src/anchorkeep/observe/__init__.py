"""
The network edge: ask a TLS service for its chain, and present one.

`observe` gives what the server sent or why nothing could be had. Nothing is verified here: verdicts are made in
`anchorkeep.judge` from the recorded bytes. What speaks TLS (`handshake`) knows no socket, and what knows sockets (`connection`)
knows no TLS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from anchorkeep.observe.connection import DEFAULT_TIMEOUT, observe

__all__ = ["DEFAULT_TIMEOUT", "observe"]


def __getattr__(name: str) -> object:
    """Load what needs OpenSSL when it is asked for: to say how to approach a service needs none of it."""
    if name not in __all__:
        raise AttributeError(name)
    from anchorkeep.observe import connection

    return getattr(connection, name)
