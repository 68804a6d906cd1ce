"""
The network edge: ask a TLS service for its chain, and present one.

`observe` gives what the server sent or why nothing could be had. Nothing is verified here: verdicts are made in
`anchorkeep.judge` from the recorded bytes. What speaks TLS (`handshake`) knows no socket, and what knows sockets (`connection`)
knows no TLS.
"""

from anchorkeep.observe.connection import DEFAULT_TIMEOUT, observe

__all__ = ["DEFAULT_TIMEOUT", "observe"]
