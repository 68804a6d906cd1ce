"""How tests ask for TLS in clear: an `Opening` and a handshake over a blocking socket, without the product's own network code."""

import socket

from anchorkeep.observe.handshake import ClientHandshake, client_context
from anchorkeep.observe.starttls import PROTOCOLS, Opening

#: Seconds without a byte after which a peer is given up.
PATIENCE = 30.0


def ask(name: str, port: int, *, host: str = "service.test") -> tuple[bytes, ...]:
    """Return the certificates, in DER and as sent, of a server on a port of this machine that must give its go-ahead."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        opening = open_over(connection, name, host=host)
        assert opening.failure is None, opening.failure
        handshake = ClientHandshake(client_context(), host)
        connection.sendall(opening.wrap(handshake.start()))
        while not handshake.is_done:
            data = connection.recv(4096)
            answer = handshake.receive(opening.unwrap(data)) if data else handshake.close()
            connection.sendall(opening.wrap(answer))
        assert handshake.failure is None, handshake.failure
        return tuple(certificate.der for certificate in handshake.certificates)


def open_over(connection: socket.socket, name: str, *, host: str = "service.test") -> Opening:
    """Carry out a dialogue over a connection; return it when it is over."""
    opening = Opening(PROTOCOLS[name], host)
    connection.sendall(opening.start())
    while not opening.is_done:
        data = connection.recv(4096)
        connection.sendall(opening.receive(data) if data else opening.close())
    return opening
