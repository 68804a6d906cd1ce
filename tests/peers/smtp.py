"""A mail server as a process: `smtp.py PORT KEY CHAIN` says enough of SMTP for STARTTLS (RFC 3207), by Python's own TLS."""

import contextlib
import socketserver
import ssl
import sys


class Session(socketserver.StreamRequestHandler):
    """One connection: greeting, EHLO, STARTTLS, handshake."""

    def handle(self) -> None:
        """Say what RFC 3207 §5 shows."""
        self.wfile.write(b"220 mail.test ESMTP\r\n")
        while line := self.rfile.readline(1000):
            if line.upper().startswith(b"EHLO"):
                self.wfile.write(b"250-mail.test\r\n250-PIPELINING\r\n250 STARTTLS\r\n")
            elif line.upper().startswith(b"STARTTLS"):
                self.wfile.write(b"220 Ready to start TLS\r\n")
                with contextlib.suppress(OSError), context.wrap_socket(self.connection, server_side=True) as tls:
                    tls.recv(1)
                return
            else:
                self.wfile.write(b"502 5.5.1 Command not implemented\r\n")


if __name__ == "__main__":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[2])
    with socketserver.ThreadingTCPServer(("127.0.0.1", int(sys.argv[1])), Session) as server:
        server.serve_forever()
