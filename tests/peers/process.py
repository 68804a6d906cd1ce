"""Foreign servers as processes: started, ready when they listen, and ended with the test."""

import contextlib
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

#: Times a server is looked for, and seconds between two looks; a server that needs longer is broken.
ATTEMPTS = 400
PACE = 0.05


def free_port() -> int:
    """Return a loopback port on which nothing listens at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def server(command: Sequence[str | Path], *, port: int, log: Path) -> Iterator[int]:
    """Run a server that listens on `port`; give the port once it does, end the server afterwards."""
    with log.open("wb") as output, running(command, stdout=output) as process:
        await_listening(process, port, log)
        yield port


@contextlib.contextmanager
def running(command: Sequence[str | Path], *, stdout: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the block ends."""
    process = subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.PIPE,
        stdout=stdout,  # type: ignore[call-overload]
        stderr=subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def await_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return once a process listens on a port of this machine; fail with its log when it ends before, or never does."""
    for _ in range(ATTEMPTS):
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PACE)
            break
    raise AssertionError(f"nothing listens on {port}: {log.read_text('utf-8', 'replace')}")
