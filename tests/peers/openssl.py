"""`openssl s_server` as a peer that presents a chain, byte for byte as it is configured."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import require_tool
from tests.peers import process
from tests.peers.pki import Presented


def command(directory: Path, presented: Presented, port: int, *options: str) -> list[str | Path]:
    """Return the command of a server that sends the chain as configured; its files are written into a directory."""
    key, leaf, rest, _ = presented.write(directory)
    chain: list[str | Path] = ["-cert_chain", rest] if rest.stat().st_size else []
    server = [require_tool("openssl"), "s_server", "-accept", str(port), "-quiet"]
    return [*server, "-key", key, "-cert", leaf, *chain, *options]


@contextlib.contextmanager
def served(directory: Path, presented: Presented, *options: str) -> Iterator[int]:
    """Run the server until the block ends; give its port."""
    port = process.free_port()
    with process.server(command(directory, presented, port, *options), port=port, log=directory / "s_server.out"):
        yield port
