"""Peers that misbehave: one connection each, in a thread, with blocking sockets."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

Behaviour = Callable[[socket.socket], None]
#: Seconds between two bytes of a server that drips; the pace of a misbehaviour, not of a test.
DRIP = 0.01


@contextlib.contextmanager
def peer(behaviour: Behaviour, *, host: str = "127.0.0.1") -> Iterator[int]:
    """Listen on a loopback port, let `behaviour` have the first connection, and give the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener:
        thread = threading.Thread(target=_serve, args=(listener, behaviour), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        # Closing would not wake a thread that still waits for its connection.
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
    thread.join()


@contextlib.contextmanager
def full_listener() -> Iterator[int]:
    """Give a port that answers no connection: its queue is full, and further packets are dropped."""
    with contextlib.ExitStack() as opened:
        listener = opened.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port: int = listener.getsockname()[1]
        for _ in range(4):
            waiting = opened.enter_context(socket.socket())
            waiting.setblocking(False)  # noqa: FBT003 (the name of the method says what it is)
            waiting.connect_ex(("127.0.0.1", port))
        yield port


def says(answer: bytes) -> Behaviour:
    """Return a server that reads what comes first, answers, and closes."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    return behave


def greets(banner: bytes) -> Behaviour:
    """Return a server that speaks first and then waits for the client, forever."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(banner)
        _wait_for_end(connection)

    return behave


def scripted(greeting: bytes, *pieces: bytes) -> Behaviour:
    """Return a server that greets, answers each thing it reads with the next piece, and then waits for the end."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(greeting)
        for piece in pieces:
            connection.recv(65536)
            connection.sendall(piece)
        _wait_for_end(connection)

    return behave


def is_silent(connection: socket.socket) -> None:
    """Never answer."""
    _wait_for_end(connection)


def resets(connection: socket.socket) -> None:
    """Read what comes first, then reset the connection."""
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def drips(connection: socket.socket) -> None:
    """Announce a record of 16 KiB and send it a byte at a time."""
    connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
    while True:
        connection.sendall(b"\x00")
        time.sleep(DRIP)


def floods(piece: bytes) -> Behaviour:
    """Return a server that sends the same bytes as long as anybody takes them."""

    def behave(connection: socket.socket) -> None:
        while True:
            connection.sendall(piece)

    return behave


def _serve(listener: socket.socket, behaviour: Behaviour) -> None:
    with contextlib.suppress(OSError):
        connection, _ = listener.accept()
        with connection:
            behaviour(connection)


def _wait_for_end(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass
