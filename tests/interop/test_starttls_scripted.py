"""
Scripted peers with real TLS behind the script: SQL Server, which Debian does not have, and news as the RFC prints it.

The peer's side is written from the specifications and the standard library alone.
"""

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.peers.asking import PATIENCE, ask
from tests.peers.pki import present

#: What a peer does before TLS, and how it carries the bytes of the handshake.
Peer = Callable[[socket.socket, ssl.SSLContext], None]


def news(connection: socket.socket, context: ssl.SSLContext) -> None:
    """Play the server of RFC 4642 §2.2.3, then TLS."""
    lines = connection.makefile("rb")
    connection.sendall(b"200 NNTP Service available, posting allowed\r\n")
    assert lines.readline() == b"CAPABILITIES\r\n"
    for line in ("101 Capability list:", "VERSION 2", "READER", "IHAVE", "STARTTLS", "LIST ACTIVE NEWSGROUPS", "."):
        connection.sendall(line.encode() + b"\r\n")
    assert lines.readline() == b"STARTTLS\r\n"
    connection.sendall(b"382 Continue with TLS negotiation\r\n")
    with context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=True) as tls:
        tls.recv(1)


def sql_server(connection: socket.socket, context: ssl.SSLContext) -> None:
    """Play the server of [MS-TDS] 3.3.5.1 and 3.3.5.2: PRELOGIN in a table response, then TLS in packets of type 12."""
    kind, request = packet(connection)
    assert (kind, request[0]) == (0x12, 0)
    # VERSION at 0x0b, six bytes; ENCRYPTION at 0x11, one byte: ENCRYPT_ON.
    answer = bytes.fromhex("00000b0006 0100110001 ff") + bytes.fromhex("100010030000 01")
    connection.sendall(struct.pack(">BBHHBB", 0x04, 0x01, 8 + len(answer), 0, 1, 0) + answer)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_side=True)
    is_done = False
    while not is_done:
        try:
            tls.do_handshake()
            is_done = True
        except ssl.SSLWantReadError:
            pass
        send_in_packets(connection, outgoing.read())
        if not is_done:
            kind, data = packet(connection)
            assert kind == 0x12
            incoming.write(data)
    # To close now would reset the connection under the handshake's last flight.
    connection.recv(1)


def packet(connection: socket.socket) -> tuple[int, bytes]:
    """Read one packet: [MS-TDS] 2.2.3.1, type, status, length with these eight bytes, SPID, number, window."""
    kind, _, length, _, _, _ = struct.unpack(">BBHHBB", exactly(connection, 8))
    return kind, exactly(connection, length - 8)


def exactly(connection: socket.socket, size: int) -> bytes:
    """Read that many bytes."""
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        assert more
        data += more
    return data


def send_in_packets(connection: socket.socket, data: bytes) -> None:
    """Send a message in packets that are far smaller than they may be, so that records are cut."""
    pieces = [data[start : start + 500] for start in range(0, len(data), 500)]
    for number, piece in enumerate(pieces, start=1):
        status = 0x01 if number == len(pieces) else 0
        connection.sendall(struct.pack(">BBHHBB", 0x12, status, 8 + len(piece), 0, number, 0) + piece)


@pytest.mark.parametrize(
    ("name", "peer", "version"),
    [
        ("nntp", news, ssl.TLSVersion.TLSv1_3),
        ("mssql", sql_server, ssl.TLSVersion.TLSv1_2),
        ("mssql", sql_server, ssl.TLSVersion.TLSv1_3),
    ],
)
def test_chain_is_the_configured_one(tmp_path: Path, name: str, peer: Peer, version: ssl.TLSVersion) -> None:
    """The chain that a scripted server sends after its go-ahead is the configured one, byte for byte."""
    presented = present()
    key, _, _, whole = presented.write(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(whole, key)
    context.maximum_version = version
    # A session ticket of TLS 1.3 would come when the client has gone.
    context.num_tickets = 0
    broken: list[BaseException] = []

    def serve(listener: socket.socket) -> None:
        try:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(PATIENCE)
                peer(connection, context)
        except (AssertionError, OSError) as error:
            broken.append(error)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        seen = ask(name, listener.getsockname()[1])
        thread.join(PATIENCE)
    assert (seen, broken) == (presented.der, [])
